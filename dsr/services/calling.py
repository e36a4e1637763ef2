"""Ringing back: only the number that was on file counts, never one from the request, and each look is recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from dsr.deadlines import local_date
from dsr.errors import NotAllowed, WrongState
from dsr.lifecycle import State
from dsr.models import Event, SubjectRequest, Submission, Vouched
from dsr.policies import NEEDS, Caller
from dsr.reckoning import rules_of
from dsr.services._moves import holding
from notifications import sealing
from notifications.models import Forgotten

SHOWN = "number_shown"
"""The event that says who looked at the number on file."""


@dataclass(frozen=True, slots=True)
class OnFile:
    """The numbers that may be rung; where there are none, why, as a code and as a sentence for the checker."""

    numbers: tuple[str, ...] = ()
    code: str = ""
    sentence: str = ""


def on_file(submission: Submission, at: datetime) -> OnFile:
    """Return the numbers of record of the person who is asked for. Opens what the systems said; asks them nothing.

    Where identifiers are claimed, it is the number of whoever those belong to: every one of them must lead to it, as
    somebody who claims another's account together with a number of their own would otherwise be rung themselves. A
    number that was changed lately is none of record (47 CFR 64.2010(e)).
    """
    if submission.looked_at is None:
        return OnFile(code="not-looked", sentence=_("The systems have not been asked yet whose number is on file."))
    try:
        standing = submission.open_json("standing")
    except Forgotten:
        return OnFile(code="purged", sentence=_("The personal data of this case has been deleted."))
    said = _asked_for(submission, standing)
    shared = _shared([each.get("on_file", {}).get("phone", ()) for each in said])
    if not shared:
        return OnFile(code="no-number", sentence=_("No telephone number was on file, so nobody can be rung."))
    latest = max((each.get("changed", {}).get("phone", "") for each in said), default="")
    days = rules_of(submission).ladder.record_days
    if latest > local_date(at - timedelta(days=days), submission.zone).isoformat():
        sentence = _("The number on file was changed on %(day)s, which is too lately: do not ring it.")
        day = date_format(date.fromisoformat(latest), "j F Y")
        return OnFile(code="number-changed", sentence=sentence % {"day": day})
    return OnFile(shared)


def _asked_for(submission: Submission, standing: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    claims = [said for name, said in sorted(standing.items()) if name != "contact"]
    if not claims or submission.vouched == Vouched.DROPPED:
        return [standing["contact"]] if "contact" in standing else []
    return claims


def _shared(listed: list[list[str]]) -> tuple[str, ...]:
    """Return the numbers that stand in every list, as the first has them."""
    marked = [{sealing.fingerprint("phone", number): number for number in numbers} for numbers in listed]
    if not marked:
        return ()
    common = set(marked[0]).intersection(*marked[1:])
    return tuple(number for mark, number in marked[0].items() if mark in common)


def check_can_show(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Raise the first reason why this caller may not see the number on file: NotAllowed or WrongState."""
    if not by.roles or by.user is None or not by.user.has_perm("dsr.check_identity"):
        raise NotAllowed(_("Only colleagues who check who people are can do this."), code="not-checker")
    NEEDS["not_own_case"](request, by, at)
    if request.state == State.CLOSED:
        raise WrongState(_("The request is closed, so nobody needs to be rung."))
    found = on_file(request.submission, at)
    if not found.numbers:
        raise WrongState(found.sentence, code=found.code)


def show(request_id: UUID, *, by: Caller, at: datetime) -> tuple[str, ...]:
    """Put on record that somebody looks at the number on file in order to ring it, and return it.

    Raises NotFound, NotAllowed, and WrongState where there is none of record.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id)
        check_can_show(request, by, at)
        case.record(SHOWN, by=by, at=at, request=request)
        return on_file(case.submission, at).numbers


def check_was_rung(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Raise WrongState unless there is a number of record and this caller has looked at it.

    Whoever has not seen that number has rung another one.
    """
    found = on_file(request.submission, at)
    if not found.numbers:
        raise WrongState(found.sentence, code=found.code)
    seen = Event.objects.filter(submission=request.submission, verb=SHOWN, actor_id=str(by.user_id or ""))
    if not seen.exists():
        raise WrongState(_("Look at the number on file first, and ring that one."), code="number-not-shown")
