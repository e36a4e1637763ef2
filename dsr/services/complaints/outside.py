"""Where a complaint goes beside us: to which body, under what number, by when it is answered, and what came of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import override

from dsr import reckoning
from dsr.deadlines import Reckoning, day_ends, local_date, reckon
from dsr.errors import Incomplete, NotFound, WrongState
from dsr.lifecycle import BY_VERB
from dsr.models import DaySetBy, Deadline, DeadlineKind, OutsideReference, OutsideResult, SubjectRequest
from dsr.policies import check_can_make
from dsr.rights import SPECS, Right
from dsr.rules.routes import Route
from dsr.services import colleagues, letters, links, telling, threads
from dsr.services._moves import Caller, Case, holding
from dsr.services.complaints import routes
from dsr.services.complaints.looking import one_line
from dsr.services.threads import checked_text
from notifications.ids import uuid7

_AHEAD = timedelta(days=3)
_AGAIN = timedelta(days=7)
_OURS = frozenset({"ourselves"})
"""The one step of the ladder that is no outside body: the company that sent the data is another one."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What is known of a matter that went to an outside body. Without ``due_on`` the rule sets a day, if it has one."""

    body: str
    received_on: date
    owner: str
    reference: str = ""
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of it there."""

    result: str
    ended_on: date
    text: str


def bodies(request: SubjectRequest) -> tuple[Route, ...]:
    """Return the outside bodies that a complaint can go to, by the ladder of its notice and laws."""
    return routes.ladder(request.submission, request.right, ours=_OURS)


def title_of(request: SubjectRequest, body: str) -> str:
    """Return what a body is called, or its id where the ladder does not know it any more."""
    return next((route.who for route in bodies(request) if route.id == body), body)


def day_by_rule(request: SubjectRequest, body: str, received_on: date) -> Reckoning | None:
    """Return by when a body is answered by its own rules, with the reasons; None where the ladder names no time."""
    notice = reckoning.notice_of(request.submission)
    row = next((row for row in notice.complaint_routes if row.id == body and row.answer is not None), None)
    if row is None or row.answer is None:
        return None
    rules = reckoning.rules_of(request.submission)
    regime = rules.regime(request.regime, local_date(request.received_at, request.submission.zone))
    return reckon(received_on, row.answer.period, rules.calendar_for(notice, regime), row.answer.source)


def note(request_id: UUID, taken: Taken, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Note that the matter went to an outside body. Raises Incomplete for a body that its ladder does not have."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["note_outside"], by, at)
        row = _checked(request, taken, by, at)
        case.move(request, "note_outside", by=by, at=at, data={"number": row.number, "body": row.body, **_day(row)})
        row.save(force_insert=True)
        _watch(case, request, row)
    return request


def redate(
    request_id: UUID, number: int, due_on: date, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Note that the body set another day; the reason is kept as a note among staff."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["redate_outside"], by, at)
        row = _open(request, number)
        if due_on < row.received_on:
            raise Incomplete(_("The day is before the one on which it was received."), field="due_on")
        was = _day(row)
        row.due_on, row.set_by = due_on, DaySetBy.LETTER
        post = threads.keep_note(case, request, checked_text(reason, "reason"), by, at)
        data = {"number": number, "was": was.get("due_on", ""), "post": str(post.pk), **_day(row)}
        case.move(request, "redate_outside", by=by, at=at, data=data)
        row.save(update_fields=["due_on", "set_by"])
        _watch(case, request, row)
    return request


def end(
    request_id: UUID, number: int, ended: Ended, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Note what came of it there, and when. What comes after it on the ladder is open to the person then."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["end_outside"], by, at)
        row = _open(request, number)
        if ended.result not in OutsideResult.values:
            raise Incomplete(_("Choose what came of it."), field="result")
        if not row.received_on <= ended.ended_on <= local_date(at, case.submission.zone):
            raise Incomplete(_("Enter a day between the one on which it was received and today."), field="ended_on")
        row.result, row.ended_on = ended.result, ended.ended_on
        row.seal("outcome", checked_text(ended.text))
        data = {"number": number, "result": ended.result, "ended_on": ended.ended_on.isoformat()}
        case.move(request, "end_outside", by=by, at=at, data=data)
        row.save(update_fields=["result", "ended_on", "outcome_sealed"])
        Deadline.objects.filter(request=request, kind=DeadlineKind.OUTSIDE, ordinal=number).update(done_at=at)
    return request


def look(deadline: Deadline, at: datetime) -> None:
    """Warn whoever works on it of the day that comes, and once it is over the leads, too, every week until it ended."""
    with holding(request_id=deadline.request_id) as case:
        row = Deadline.objects.filter(pk=deadline.pk, done_at=None, due_at__lte=at).first()
        if row is None or row.request_id is None:
            return
        request = case.request(row.request_id)
        found = request.outsidereferences.select_related("owner").filter(number=row.ordinal, ended_on=None).first()
        if found is None or found.due_on is None or case.submission.purged_at is not None:
            row.done_at = at
        else:
            _warn(case, request, found, found.due_on, row.due_at, at)
            over = day_ends(found.due_on, case.submission.zone)
            row.due_at = over if at < over else at + _AGAIN
        row.claimed_until, row.attempts = None, 0
        row.save(update_fields=["due_at", "done_at", "claimed_until", "attempts"])


def _warn(
    case: Case, request: SubjectRequest, found: OutsideReference, due_on: date, mark: datetime, at: datetime
) -> None:
    late = local_date(at, case.submission.zone) > due_on
    people = {found.owner.pk: found.owner}
    if late:
        people |= {user.pk: user for user in colleagues.with_permission("dsr.lead_requests")}
    for user in people.values():
        with override(settings.LANGUAGE_CODE):
            letter = letters.OutsideDue(
                reference=case.submission.reference,
                organisation=telling.organisation(case.submission),
                right=str(SPECS[Right(request.right)].title),
                body=title_of(request, found.body),
                due_on=due_on,
                late=late,
                link=links.console(request.pk),
            )
        dedupe = f"outside:{found.pk}:{mark.isoformat()}:{user.pk}"
        telling.tell_other(case, letter, to=user.email, at=at, dedupe=dedupe)


def _checked(request: SubjectRequest, taken: Taken, by: Caller, at: datetime) -> OutsideReference:
    problems: dict[str, str] = {}
    if taken.body not in {route.id for route in bodies(request)}:
        problems["body"] = _("Choose a body from the ladder of this complaint.")
    if taken.received_on > local_date(at, request.submission.zone):
        problems["received_on"] = _("This day is still to come.")
    if taken.due_on is not None and taken.due_on < taken.received_on:
        problems["due_on"] = _("The day is before the one on which it was received.")
    owner = get_user_model().objects.filter(username=taken.owner, is_active=True).first()
    if owner is None:
        problems["owner"] = _("Choose a colleague who sees to it.")
    if problems or owner is None:
        raise Incomplete(next(iter(problems.values())), problems=problems)
    counted = None if taken.due_on else day_by_rule(request, taken.body, taken.received_on)
    due_on = counted.due if counted else taken.due_on
    set_by = DaySetBy.RULE if counted else DaySetBy.LETTER if due_on else DaySetBy.NOBODY
    last = request.outsidereferences.aggregate(last=Max("number"))["last"] or 0
    row = OutsideReference(
        id=uuid7(at),
        request=request,
        number=last + 1,
        at=at,
        by=by.user,
        body=taken.body,
        received_on=taken.received_on,
        due_on=due_on,
        set_by=set_by,
        owner=owner,
    )
    if taken.reference.strip():
        row.seal("reference", one_line(taken.reference, "reference"))
    return row


def _day(row: OutsideReference) -> dict[str, str]:
    return {"due_on": row.due_on.isoformat(), "set_by": row.set_by} if row.due_on else {}


def _open(request: SubjectRequest, number: int) -> OutsideReference:
    row = request.outsidereferences.filter(number=number).first()
    if row is None:
        raise NotFound(_("There is nothing with this number."))
    if row.ended_on is not None:
        raise WrongState(_("It is over there already."), code="nothing-outside")
    row.request = request
    return row


def _watch(case: Case, request: SubjectRequest, row: OutsideReference) -> None:
    """Have whoever works on it warned three days before the day, as it stands now."""
    dates = Deadline.objects.filter(request=request, kind=DeadlineKind.OUTSIDE, ordinal=row.number)
    dates.delete()
    if row.due_on is not None:
        due_at = day_ends(row.due_on, case.submission.zone) - _AHEAD
        dates.create(
            submission=case.submission, request=request, kind=DeadlineKind.OUTSIDE, ordinal=row.number, due_at=due_at
        )
