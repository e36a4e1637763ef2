"""An authority writes: its day, two people, more time, a measure, the end; and the person reads of none of it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone

from dsr.models import AuthorityCase, CaseLink
from dsr.rights import Right
from dsr.services import history, telling
from notifications.delivery import sent_body
from notifications.models import Message
from tests import builders, casework
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.admin import desk
from tests.interfaces.api import client as api
from tests.interfaces.public.visitor import Visitor
from tests.journeys import roads
from tests.journeys.roads import API, ROADS, WEB, Desk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("systems", "storage_of_its_own")]
WORDS = ("Quittenbrot", "CNIL", "authority asks", "folder 12")
"""What stands in the case and nowhere else."""


def _day(days: int = 0) -> str:
    return (timezone.now().date() + timedelta(days=days)).isoformat()


def _entered(road: str, reference: str) -> AuthorityCase:
    """Hal enters the letter, about the filing of this reference."""
    letter: dict[str, Any] = {
        "authority": casework.AUTHORITY,
        "office": "CNIL",
        "reference": "Quittenbrot 4711",
        "received_on": _day(),
        "due_on": _day(21),
        "subject": "The authority asks about Quittenbrot.",
    }
    if road == API:
        made = api.hal().post("/cases", {**letter, "references": [reference]}, key="letter")
        assert made.status == 201, made.json
        return AuthorityCase.objects.get(pk=UUID(made.json["id"]))
    answer = desk.signed_in("hal").post("/admin/dsr/authoritycase/add/", {**letter, "references": reference})
    assert answer.status_code == 302, desk.text(answer)
    return AuthorityCase.objects.get()


def _move(road: str, who: str, case: AuthorityCase, verb: str, **given: Any) -> int:
    """Make a move as the road makes it, and return the status."""
    if road == API:
        answered = getattr(api, who)().post(f"/cases/{case.pk}/moves/{verb}", given or None)
        return int(answered.status)
    data = {"version": casework.again(case).version, **given}
    link = reverse("admin:dsr_authoritycase_move", args=(case.pk, verb))
    return int(desk.signed_in(who).post(link, data).status_code)


@pytest.mark.parametrize("road", ROADS)
def test_authority_writes(road: str, visitor: Visitor, clock: Clock) -> None:
    done = 302 if road == WEB else 200
    desk.colleague("dora") if road == WEB else api.dora()
    filed = roads.by_web(visitor, Right.ACCESS, clock) if road == WEB else roads.by_api(Right.ACCESS)
    request = roads.proved(filed, clock)
    before = _read(visitor, request, clock)

    case = _entered(road, request.submission.reference)
    [told] = Message.objects.filter(kind="case_opened")
    assert "/admin/dsr/authoritycase/" in told.open("context")
    assert _move(road, "hal", case, "prepare", text="Quittenbrot was deleted.", place="folder 12") == done
    assert _move(road, "hal", case, "approve") == 403
    assert _move(road, "vera", case, "approve") == done
    assert _move(road, "hal", case, "extend", due_on=_day(30), granted_on=_day(), place="folder 12") == done
    assert _move(road, "hal", case, "record_sent", sent_on=_day(), place="folder 12") == done
    assert _move(road, "hal", case, "order_measure", text="Delete Quittenbrot.", owner="hal", due_on=_day(9)) == done
    ended = {"outcome": "order", "ended_on": _day(), "text": "Quittenbrot is to go."}
    assert _move(road, "vera", case, "close", **ended) == 409
    assert _read(visitor, request, clock) == before

    ready = Desk(road).approve(request, clock)
    package = builders.opened(ready, clock.tick())
    drain(clock.tick())
    everything = [package.read(name).decode(errors="replace") for name in package.namelist()]
    everything += [_read(visitor, request, clock), *_letters(request)]
    assert [word for word in WORDS for text in everything if word in text] == []

    assert _move(road, "vera", case, "confirm_measure", measure=1, place="folder 12") == done
    link = CaseLink.objects.get()
    assert _move(road, "vera", case, "tell_person", link=str(link.pk), text="CNIL asked us about you.") == done
    assert "CNIL asked us about you." in _read(visitor, request, clock)
    assert _move(road, "vera", case, "close", **ended) == done

    kept = casework.again(case)
    assert (kept.state, kept.outcome, kept.due_on.isoformat()) == ("closed", "order", _day(30))
    made = ["enter", "prepare", "approve", "extend", "record_sent", "order_measure", "confirm_measure", "tell_person"]
    assert [entry.verb for entry in kept.entries.all()] == [*made, "close"]
    assert history.verify().whole


def _read(visitor: Visitor, request: Any, clock: Clock) -> str:
    """What the person's page says now."""
    return str(visitor.open(telling.tracker_link(request.submission, clock())).text)


def _letters(request: Any) -> list[str]:
    """Every letter to the person, as it went out."""
    sent = Message.objects.filter(about=request.submission_id).select_related("data_key")
    return [body.text for message in sent if (body := sent_body(message)) is not None]
