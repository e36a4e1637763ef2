"""The register at the console: filtered, opened, and refusals beside the field they are about."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dsr.models import Referral
from dsr.rights import Right
from dsr.services import review
from dsr.services.referring import Elsewhere
from tests import builders
from tests.interfaces.admin import desk
from tests.statements import counted
from tests.unit.rules.packs import DEMO

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/dsr/referral/"


@pytest.fixture(autouse=True)
def directory(settings):
    settings.RULES_DIR = DEMO


def sent(number, at):
    """A complaint that was passed on to Lumen Mail."""
    [request] = builders.file(Right.COMPLAINT, at=at, email=f"p{number}@example.org").requests
    where = Elsewhere(door="lumen_mail", pass_on=True, agreed="said")
    review.redirect(request.pk, "That is theirs.", where, by=builders.vera(), at=at)
    return Referral.objects.get(request=request)


def test_register_shows_what_waits_and_what_is_late_in_as_many_statements_whatever_there_is():
    at = timezone.now()
    new, old = sent(1, at), sent(2, at - timedelta(days=30))
    client = desk.signed_in("vera")
    with counted() as few:
        late = desk.text(client.get(LIST, {"word": "late"}))
    sent(3, at - timedelta(days=30))
    with counted() as many:
        client.get(LIST, {"word": "late"})

    both = desk.text(client.get(LIST, {"word": "open"}))

    assert old.number in late
    assert new.number not in late
    assert new.number in both
    assert old.number in both
    assert len(few) == len(many)


def test_line_says_to_whom_and_in_which_words_and_nobody_can_change_it():
    row = sent(1, timezone.now())
    client = desk.signed_in("vera")

    page = desk.text(client.get(f"{LIST}{row.pk}/change/"))

    assert "Lumen Mail" in page
    assert "another brand" in page
    assert "That is theirs." in page
    assert client.post(f"{LIST}{row.pk}/change/", {"word": "taken"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
    assert desk.signed_in("sam").get(LIST).status_code == 403


def test_what_stands_against_sending_it_is_said_beside_the_field():
    [request] = builders.file(Right.COMPLAINT, at=timezone.now(), door="lumen_mail").requests
    client = desk.signed_in("vera")
    assert "Lumen Mail" in desk.text(client.get(desk.sheet(request)))

    refused = desk.move(client, request, "redirect", text="Theirs.", door="lumen_mail", pass_on="on")

    assert "This tells another organisation who asks" in desk.text(refused)
    assert not Referral.objects.exists()
