"""One message, several rights: adding what somebody's words also ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from dsr import demands, reckoning
from dsr.errors import Incomplete, WrongState
from dsr.lifecycle import ANSWERED, BY_VERB, IDENTIFIED
from dsr.models import Deadline, DeadlineKind, SubjectRequest
from dsr.policies import check_can_make
from dsr.rights import OFFERED, SPECS, Right
from dsr.rules import ClockEvent, EventKind
from dsr.selectors import asking
from dsr.services import asked, clocks, letters, pace, proving, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.threads import checked_text, keep_note
from notifications.ids import uuid7

_SYSTEM = Caller.system()
ADDED = ANSWERED & OFFERED - {Right.CHILD_ACCOUNT}
"""What can be added: a choice is made by itself, and a child's account is reported by itself."""


@dataclass(frozen=True, slots=True)
class More:
    """A right that the person's words also ask for, with what that right needs to know, and why it is read so."""

    right: str
    reason: str
    details: Mapping[str, str] = field(default_factory=dict)


def add_right(request_id: UUID, more: More, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Add a right to the submission of a request, under the same reference and as of the same day. Returns the new one.

    Raises Incomplete for a right that cannot be added or lacks an answer, and WrongState while the person's address is
    not confirmed, where the right needs that.
    """
    with holding(request_id=request_id) as case:
        old = case.request(request_id, expect=expect)
        check_can_make(old, BY_VERB["add_right"], by, at)
        right = _checked(case, more)
        keep_note(case, old, checked_text(more.reason, "reason"), by, at)
        case.move(old, "add_right", by=by, at=at, data={"right": str(right)})
        added = _new(case, right, more, old.received_at, by, at)
        submission = case.submission
        letter = letters.RightAdded(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            right=str(SPECS[right].title),
            due_on=added.due_on,
            remedies=telling.remedies(submission),
            tracker=telling.door(case, at),
        )
        telling.tell_in(case, letter, at=at, dedupe=f"added:{added.pk}", about=[added])
        proving.admit(case, by=_SYSTEM, at=at)
        asked.tell_open(case, at, again=f"added{added.pk}")
    ring(Bell.WORK, str(added.submission_id))
    return added


def _checked(case: Case, more: More) -> Right:
    if more.right not in ADDED:
        raise Incomplete(_("Choose a right that can be added."), field="right")
    right = Right(more.right)
    if any(request.right == right for request in case.requests()):
        raise Incomplete(_("This is asked for already under this reference."), field="right")
    unknown = set(more.details) - set(SPECS[right].questions)
    if unknown or asking.unanswered(right, more.details):
        raise Incomplete(_("This right needs to know more, or less. Ask the person first."), field="right")
    if right in IDENTIFIED and demands.waits_for_mail(case.submission):
        raise WrongState(_("The person has not confirmed the address yet that letters go to."), code="identity-missing")
    return right


def _new(case: Case, right: Right, more: More, received: datetime, by: Caller, at: datetime) -> SubjectRequest:
    submission = case.submission
    found = reckoning.reckon(submission, right, [ClockEvent.at(EventKind.RECEIVED, received, submission.zone)])
    due = reckoning.governing(found, submission.zone)
    request = SubjectRequest(
        id=uuid7(at),
        submission=submission,
        right=right,
        regime=due.regime,
        received_at=received,
        due_at=due.at,
        due_on=due.on,
        last_on=due.last_on,
    )
    demand = demands.demand_on_filing(submission, right)
    request.identity_floor, request.identity_of_record = demand.level, demand.of_record
    request.seal_json("details", {name: checked_text(text) for name, text in more.details.items()})
    request.slack_at = pace.start_by(request, pace.known())
    request.save(force_insert=True)
    case.adopt(request)
    rows = [*clocks.deadlines(request, found, submission.zone), clocks.watch(request, at)]
    case.record("file", by=by, at=at, request=request, data={"right": str(right), "channel": submission.channel})
    if right in IDENTIFIED:
        case.move(request, "ask_identity", by=_SYSTEM, at=at)
        rows += clocks.lapse(submission, request, at)
    elif request.spec.judges:
        case.move(request, "take_in", by=_SYSTEM, at=at)
    else:
        case.move(request, "begin", by=_SYSTEM, at=at)
        rows.append(clocks.build_now(request, at))
    for row in rows:
        if row.kind == DeadlineKind.ACKNOWLEDGE:
            row.done_at = at  # the letter that tells of it is the acknowledgement
    Deadline.objects.bulk_create(rows)
    return request
