"""Choices on advertising, sensitive data and disclosure on a page: one step, no proof, the same for every address."""

import json
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from dsr.choices.marketing import Act, Purpose, Scope, Via
from dsr.models import Choice
from dsr.public import throttle
from dsr.rules import loader, pack
from dsr.services.choices import asking
from notifications.sealing import listing_digests
from tests import builders
from tests.architecture.habits import ROOT
from tests.clock import Clock
from tests.interfaces.public.visitor import Visitor

pytestmark = pytest.mark.django_db
BUTTONS = {
    "advertising": ("Do not sell or share my data", Purpose.ADVERTISING, "You have opted out"),
    "sensitive": ("Limit the use of my sensitive data", Purpose.SENSITIVE, "Your limit is recorded"),
    "third-parties": ("Refuse disclosure and other uses", Purpose.DISCLOSURE, "Your refusal is recorded"),
}


@pytest.fixture(params=BUTTONS)
def about(request: pytest.FixtureRequest) -> str:
    """Each of the pages."""
    return str(request.param)


def choose(visitor: Visitor, about: str, *, email: str = "", phone: str = "") -> Visitor:
    visitor.open(f"/preferences/{about}/").fill("Mail address", email).fill("Telephone number", phone)
    return visitor.press(BUTTONS[about][0])


def allowed(purpose: Purpose, kind: str, value: str, clock: Clock) -> bool:
    use = asking.Use(purpose, Scope())
    return asking.check(listing_digests(kind, value), use, clock()).allowed


def test_choice_is_in_effect_at_once_for_what_was_given(visitor: Visitor, clock: Clock, about: str) -> None:
    _button, purpose, title = BUTTONS[about]

    choose(visitor, about, email=f" {builders.ADA.upper()} ", phone="+1 (415) 555-0100")

    assert title in visitor.text
    assert not allowed(purpose, "email", builders.ADA, clock)
    assert not allowed(purpose, "phone", "+14155550100", clock)
    assert all(allowed(each, "email", builders.ADA, clock) for each in Purpose if each is not purpose)
    choice = Choice.objects.get()
    assert (choice.purpose, choice.act, choice.via, choice.at) == (purpose, Act.STOP, Via.FORM, clock())


@pytest.mark.parametrize("given", [{"email": builders.ADA}, {"phone": "0044 20 7946 0000"}], ids=["mail", "phone"])
def test_one_of_the_two_is_enough(visitor: Visitor, about: str, given: dict[str, str]) -> None:
    choose(visitor, about, **given)

    assert visitor.status == 200
    assert BUTTONS[about][2] in visitor.text


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Enter your mail address, your telephone number, or both."),
        ({"email": "ada"}, "Enter a mail address in the form name@example.org."),
        ({"phone": "415 555 0100"}, "Enter the number with its country, such as +1 415 555 0100."),
        ({"phone": "+1"}, "Enter the number with its country, such as +1 415 555 0100."),
        ({"email": builders.ADA, "phone": "none"}, "Enter the number with its country, such as +1 415 555 0100."),
    ],
    ids=["nothing", "no address", "no country", "no number", "words"],
)
def test_what_cannot_be_used_is_said_and_changes_nothing(
    visitor: Visitor, about: str, given: dict[str, str], sentence: str
) -> None:
    choose(visitor, about, **given)

    assert visitor.status == 422
    assert sentence in visitor.text
    assert Choice.objects.count() == 0


def test_nothing_is_asked_but_address_and_number(about: str) -> None:
    html = Client().get(f"/preferences/{about}/").content.decode()

    assert re.findall(r"<(?:input|select|textarea)\b[^>]*\bname=\"([^\"]*)\"", html) == ["email", "phone"]
    assert "captcha" not in html.lower()


def test_receipt_proves_the_choice_and_names_nobody(visitor: Visitor, about: str, tmp_path: Path) -> None:
    choose(visitor, about, email=builders.ADA)
    number = str(Choice.objects.get().pk)
    assert number in visitor.text

    body = visitor.open(visitor.page.links["Download the signed receipt"]).response.content

    file = tmp_path / "receipt.json"
    file.write_bytes(body)
    call_command("verify_receipt", file)
    said = json.loads(body)
    assert (said["number"], said["purpose"], said["choice"]) == (number, BUTTONS[about][1], "stop")
    assert "ada" not in body.decode()


def test_page_after_it_says_at_once_and_beside_it_what_laws_would_give(visitor: Visitor) -> None:
    choose(visitor, "advertising", email=builders.ADA)

    assert "5 March 2026, 09:30 UTC" in visitor.text
    assert "California Consumer Privacy Act would give 15 business days, until 26 March 2026" in visitor.text
    assert "not before 5 March 2027" in visitor.text
    assert "Only you can allow it again: write to us or call." in visitor.text


def test_who_chose_before_reads_the_same_as_who_did_not(visitor: Visitor, clock: Clock, about: str) -> None:
    def shown(email: str) -> str:
        choose(visitor, about, email=email)
        return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "NUMBER", visitor.text)

    choose(visitor, about, email=builders.ADA)
    clock.tick(days=3)

    assert shown(builders.ADA) == shown(builders.MAX)


def test_machine_that_chooses_for_everybody_is_slowed_down(visitor: Visitor) -> None:
    for _ in range(throttle.POSTS.number):
        choose(visitor, "advertising", email=builders.ADA)
    choose(visitor, "advertising", email=builders.ADA)

    assert visitor.status == 429


@pytest.mark.parametrize("ticket", ["", "x", "x" * 60])
def test_ticket_that_is_none_shows_no_choice(visitor: Visitor, about: str, ticket: str) -> None:
    visitor.open(f"/preferences/{about}/done/?ticket={ticket}")

    assert visitor.status == 404
    assert "This page is over. What you chose stays in effect." in visitor.text


def test_ticket_is_for_the_choice_that_it_is_about(visitor: Visitor) -> None:
    choose(visitor, "advertising", email=builders.ADA)
    ticket = visitor.page.links["Download the signed receipt"].partition("ticket=")[2]

    for other in ("sensitive", "third-parties", "nothing"):
        assert visitor.open(f"/preferences/{other}/done/?ticket={ticket}").status == 404
    assert visitor.open(f"/preferences/advertising/done/?ticket={ticket}").status == 200


# --- Sensitive data --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [0, 60], ids=["older notice", "newer notice"])
def test_use_that_is_limited_already_is_answered_with_its_reason(visitor: Visitor, clock: Clock, days: int) -> None:
    clock.tick(days=days)
    notice = pack().notice_in_force(clock().date())
    offer = notice.offer("sensitive_data_limit")
    assert offer is not None
    assert offer.notes

    visitor.open("/preferences/sensitive/")
    page = visitor.text
    choose(visitor, "sensitive", email=builders.ADA)

    for text in (page, visitor.text):
        assert "It is limited already" in text
        assert offer.notes[0] in text
    kinds = [row for row in notice.categories if row.sensitive]
    assert all(row.title in page and str(row.sensitive) in page for row in kinds)
    used = [row for row in notice.purposes if {each.id for each in kinds} & set(row.categories)]
    assert used
    assert all(row.description in page for row in used)
    assert not allowed(Purpose.SENSITIVE, "email", builders.ADA, clock), "kept, so that it holds if that changes"


def test_nothing_is_limited_already_where_the_notice_does_not_say_so(visitor: Visitor, settings) -> None:
    settings.RULES_DIR = ROOT / "tests" / "fixtures" / "rules"
    loader.forget()

    choose(visitor.open("/preferences/sensitive/"), "sensitive", email=builders.ADA)
    before = visitor.text

    loader.forget()
    assert "Your limit is recorded" in before
    assert "limited already" not in before


# --- Third parties ---------------------------------------------------------------------------------------------------


def test_page_names_those_who_decide_for_themselves_and_nobody_else(visitor: Visitor, clock: Clock) -> None:
    notice = pack().notice_in_force(clock().date())

    visitor.open("/preferences/third-parties/")

    named = {row.title for row in notice.recipients if row.title in visitor.text}
    assert {row.title for row in notice.recipients if row.role == "controller"} <= named
    assert not {row.title for row in notice.recipients if row.role == "processor"} & named


# --- Ways to them ----------------------------------------------------------------------------------------------------


def test_privacy_centre_and_the_pages_lead_to_one_another(visitor: Visitor) -> None:
    at_home = {address for address in visitor.open("/").page.links.values() if address.startswith("/preferences/")}
    from_marketing = set(visitor.open("/preferences/").page.links.values())
    from_advertising = set(visitor.open("/preferences/advertising/").page.links.values())

    assert {"/preferences/advertising/", "/preferences/sensitive/"} <= at_home
    assert {f"/preferences/{about}/" for about in BUTTONS} <= from_marketing
    assert {"/preferences/sensitive/", "/preferences/third-parties/", "/preferences/"} <= from_advertising
