"""Answering an authority: prepared by one, approved by a second, sent, put off by the authority, and closed."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from dsr import caselife
from dsr.caselife import CaseOutcome
from dsr.deadlines import local_date
from dsr.errors import Incomplete
from dsr.models import AuthorityCase
from dsr.policies import Caller
from dsr.policies.cases import check_can_make
from dsr.services.cases import dates, road
from dsr.services.cases.entering import check_letter_days
from dsr.services.complaints.looking import one_line
from dsr.services.threads import checked_text


def prepare(
    case_id: UUID, text: str, place: str = "", *, by: Caller, at: datetime, expect: int | None = None
) -> AuthorityCase:
    """Propose what to answer; ``place`` is where its documents are."""
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB["prepare"], by, at)
        text, place = checked_text(text), one_line(place, "place") if place.strip() else ""
        road.move(case, "prepare", by=by, at=at, text=text, by_id=by.user_id)
        case.seal("answer", text)
        case.seal("place", place)
    return case


def send_back(case_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None) -> AuthorityCase:
    """Have the answer prepared anew, with the reason."""
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB["send_back"], by, at)
        road.move(case, "send_back", by=by, at=at, text=checked_text(reason, "reason"))
    return case


def approve(case_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> AuthorityCase:
    """Agree with the answer as it is proposed, as the second person."""
    with road.holding(case_id, expect=expect) as case:
        road.move(case, "approve", by=by, at=at, by_id=by.user_id)
    return case


def record_sent(
    case_id: UUID, sent_on: date, place: str, *, by: Caller, at: datetime, expect: int | None = None
) -> AuthorityCase:
    """Note on which day the answer went out, and where what was sent is kept."""
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB["record_sent"], by, at)
        _check_past(sent_on, case, at, "sent_on")
        place = one_line(place, "place")
        days = {"sent_on": sent_on.isoformat(), "due_on": case.due_on.isoformat()}
        data: road.Facts = {**days, "late": int(sent_on > case.due_on)}
        road.move(case, "record_sent", by=by, at=at, data=data, text=place, sent_on=sent_on)
        case.seal("place", place)
        dates.watch(case, at)
    return case


def write_again(
    case_id: UUID,
    received_on: date,
    due_on: date,
    text: str,
    *,
    by: Caller,
    at: datetime,
    expect: int | None = None,
) -> AuthorityCase:
    """Take in another letter of the authority in a case that was answered, with its own day."""
    return _begun(case_id, "write_again", received_on, due_on, text, by, at, expect)


def reopen(
    case_id: UUID,
    received_on: date,
    due_on: date,
    text: str,
    *,
    by: Caller,
    at: datetime,
    expect: int | None = None,
) -> AuthorityCase:
    """Take a closed case up again, as the authority did; whom it is about is not forgotten meanwhile."""
    return _begun(case_id, "reopen", received_on, due_on, text, by, at, expect)


def extend(
    case_id: UUID,
    due_on: date,
    granted_on: date,
    place: str,
    *,
    by: Caller,
    at: datetime,
    expect: int | None = None,
) -> AuthorityCase:
    """Note that the authority gave more time, with the day on which it did and where that is proved."""
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB["extend"], by, at)
        _check_past(granted_on, case, at, "granted_on")
        if due_on <= case.due_on:
            raise Incomplete(_("The new day is not after the one that holds now."), field="due_on")
        data = {"was": case.due_on.isoformat(), "due_on": due_on.isoformat(), "granted_on": granted_on.isoformat()}
        road.move(case, "extend", by=by, at=at, data=data, text=one_line(place, "place"), due_on=due_on)
        dates.watch(case, at)
    return case


def close(
    case_id: UUID,
    outcome: str,
    ended_on: date,
    text: str,
    *,
    by: Caller,
    at: datetime,
    expect: int | None = None,
) -> AuthorityCase:
    """Close a case as the authority ended it. Impossible while something that it ordered is not confirmed as done."""
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB["close"], by, at)
        if outcome not in set(CaseOutcome):
            raise Incomplete(_("Choose how the authority ended it."), field="outcome")
        _check_past(ended_on, case, at, "ended_on")
        data = {"outcome": outcome, "ended_on": ended_on.isoformat()}
        text = checked_text(text)
        road.move(case, "close", by=by, at=at, data=data, text=text, outcome=outcome, ended_on=ended_on)
        _ended(case, at)
    return case


def drop(
    case_id: UUID, ended_on: date, text: str, *, by: Caller, at: datetime, expect: int | None = None
) -> AuthorityCase:
    """Close a case that the authority let go before it was answered."""
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB["drop"], by, at)
        _check_past(ended_on, case, at, "ended_on")
        data = {"outcome": str(CaseOutcome.WITHDRAWN), "ended_on": ended_on.isoformat()}
        road.move(case, "drop", by=by, at=at, data=data, text=checked_text(text), ended_on=ended_on)
        _ended(case, at)
    return case


def _begun(
    case_id: UUID,
    verb: str,
    received_on: date,
    due_on: date,
    text: str,
    by: Caller,
    at: datetime,
    expect: int | None,
) -> AuthorityCase:
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB[verb], by, at)
        if problems := check_letter_days(received_on, due_on, local_date(at, case.zone)):
            raise Incomplete(next(iter(problems.values())), problems=problems)
        data = {"received_on": received_on.isoformat(), "due_on": due_on.isoformat()}
        road.move(case, verb, by=by, at=at, data=data, text=checked_text(text), due_on=due_on)
        case.purge_at = None
        dates.watch(case, at)
    return case


def _ended(case: AuthorityCase, at: datetime) -> None:
    case.warn_at, case.purge_at = None, at + timedelta(days=settings.CASE_KEPT_DAYS)


def _check_past(day: date, case: AuthorityCase, at: datetime, field: str) -> None:
    if not case.received_on <= day <= local_date(at, case.zone):
        raise Incomplete(_("Enter a day between the one of the authority's letter and today."), field=field)
