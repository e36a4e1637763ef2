"""Denying the use of CPNI on a page: at once, for whoever enters a number, and the same answer for every number."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command

from dsr.choices.cpni import Because
from dsr.models import CpniEntry
from dsr.public import throttle
from dsr.services.choices import cpni
from tests.clock import Clock
from tests.interfaces.public.visitor import Visitor
from tests.statements import counted

pytestmark = pytest.mark.django_db


def deny(visitor: Visitor, account: str) -> Visitor:
    return visitor.open("/preferences/cpni/").fill("Account number", account).press("Deny the use")


def test_privacy_centre_leads_to_the_page(visitor: Visitor) -> None:
    visitor.open("/")
    (link,) = [words for words in visitor.page.links if words.startswith("Do it here, at once") and "CPNI" in words]

    visitor.follow(link)

    assert "You need not show who you are" in visitor.text


def test_denial_takes_effect_at_once_and_a_receipt_proves_it(visitor: Visitor, clock: Clock, tmp_path) -> None:
    deny(visitor, " AC-1007 ")

    assert "The use for marketing is denied" in visitor.text
    found = cpni.ask("ac-1007", "new_services", moment=clock())
    assert (found.standing.because, CpniEntry.objects.get().channel) == (Because.OPTED_OUT, "web")
    file = tmp_path / "receipt.json"
    file.write_bytes(visitor.open(visitor.page.links["Download the signed receipt"]).response.content)
    call_command("verify_receipt", file)
    assert json.loads(file.read_text())["choice"] == "opt_out"
    assert visitor.response["Content-Disposition"].startswith("attachment")
    assert "1007" not in file.read_text()


def test_nothing_entered_is_an_error_and_changes_nothing(visitor: Visitor) -> None:
    deny(visitor, "  ")

    assert visitor.status == 422
    assert "Enter the number of the account." in visitor.text
    assert CpniEntry.objects.count() == 0


def test_known_and_unknown_accounts_get_the_same_answer(visitor: Visitor, clock: Clock) -> None:
    costs = set()
    deny(visitor, "AC-1")
    for account in ("AC-1", "AC-2"):
        with counted() as statements:
            deny(visitor, account)
        assert "The use for marketing is denied" in visitor.text
        costs.add(len([sql for sql in statements if sql.startswith("UPDATE")]))

    assert len(costs) == 1


@pytest.mark.parametrize("place", ["done", "receipt"])
def test_ticket_that_is_forged_or_over_shows_no_choice(visitor: Visitor, clock: Clock, place: str) -> None:
    deny(visitor, "AC-1")
    ticket = visitor.page.links["Download the signed receipt"].partition("ticket=")[2]
    clock.now += timedelta(days=2)

    for given in (ticket, "x", "", ticket[:-3]):
        visitor.open(f"/preferences/cpni/{place}/?ticket={given}")
        assert visitor.status == 404
        assert "This page is over. What you chose stays in effect." in visitor.text


def test_machine_that_denies_for_everybody_is_slowed_down(visitor: Visitor) -> None:
    for _ in range(throttle.POSTS.number):
        deny(visitor, "AC-1")
    deny(visitor, "AC-1")

    assert visitor.status == 429
    assert CpniEntry.objects.count() == throttle.POSTS.number
