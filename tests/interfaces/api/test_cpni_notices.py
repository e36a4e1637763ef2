"""Having the notice on CPNI sent through the interface."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from dsr.models import CpniEntry, CpniLetter, Scope
from notifications.models import Message
from tests import builders
from tests.interfaces.api import client
from tests.interfaces.api.client import Api

pytestmark = pytest.mark.django_db
BODY: dict[str, Any] = {"account": "AC-1007", "email": builders.ADA, "consented": True}


@pytest.fixture
def ines(db: None) -> Api:
    """Integrates a campaign system: scope integrator."""
    return Api(client.token(builders.staff("ines"), Scope.INTEGRATOR))


def test_notice_is_queued_and_entered(ines: Api) -> None:
    said = ines.post("/choices/cpni/notices", BODY)

    assert said.status == 201
    entry = CpniEntry.objects.get()
    assert (said.json["number"], said.json["version"]) == (entry.pk, entry.notice_version)
    assert entry.kind == "notice_sent"
    assert date.fromisoformat(said.json["runs_out"]) == entry.day + timedelta(days=30)
    assert said.json["receipt"]["choice"] == "notice_sent"
    assert Message.objects.get().about == CpniLetter.objects.get().pk
    asked = ines.get("/choices/cpni", account="AC-1007", purpose="new_services", campaign="spring")
    assert asked.json["because"] == "waiting"


def test_same_key_sends_once_and_another_repeats(ines: Api) -> None:
    first, again = (ines.post("/choices/cpni/notices", BODY, key="k1") for _ in range(2))
    other = ines.post("/choices/cpni/notices", {**BODY, "version": "spring"}, key="k2")

    assert first.json == again.json
    assert (other.status, other.json["version"]) == (201, "spring")
    assert (CpniEntry.objects.count(), Message.objects.count()) == (2, 2)


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({"consented": False}, {"#/consented"}),
        ({"email": "nobody at all"}, {"#/email"}),
        ({"account": ""}, {"#/account"}),
        ({"version": "x" * 41}, {"#/version"}),
    ],
)
def test_what_cannot_be_sent_is_told_at_its_place(ines: Api, change: dict[str, Any], places: set[str]) -> None:
    answered = ines.post("/choices/cpni/notices", {**BODY, **change})

    assert (answered.code, answered.places) == ("incomplete", places)
    assert (CpniEntry.objects.count(), Message.objects.count()) == (0, 0)


def test_consent_must_be_said(ines: Api) -> None:
    said = {name: value for name, value in BODY.items() if name != "consented"}

    assert ines.post("/choices/cpni/notices", said).places == {"#/consented"}


@pytest.mark.parametrize("scope", sorted(set(Scope.values) - {Scope.INTEGRATOR.value}))
def test_only_integrators_send(scope: str) -> None:
    other = Api(client.token(builders.staff("other"), scope))

    assert other.post("/choices/cpni/notices", BODY).code == "insufficient-scope"


def test_address_is_in_no_row_in_clear(ines: Api) -> None:
    ines.post("/choices/cpni/notices", BODY)

    rows = [str(row) for model in (CpniEntry, CpniLetter, Message) for row in model.objects.values()]

    assert builders.ADA not in "".join(rows)
    assert CpniEntry.objects.get().at <= timezone.now()
