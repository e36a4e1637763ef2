"""Watching whether answers will be in time: warnings to staff at each mark, and word to the person once one is late."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef
from django.utils.translation import override

from dsr import reckoning
from dsr.deadlines import local_date
from dsr.lifecycle import State
from dsr.models import Deadline, DeadlineKind, SubjectRequest
from dsr.policies import Caller
from dsr.rights import SPECS, Right
from dsr.rules import marks
from dsr.rules.marks import Mark
from dsr.services import (
    clocks,
    colleagues,
    letters,
    links,
    pace,
    telling,
)
from dsr.services._moves import Case, holding
from dsr.services.letters import Whose

WARNED: dict[Mark, tuple[Whose, ...]] = {
    Mark.HALF: (Whose.OWNER,),
    Mark.THREE_QUARTERS: (Whose.OWNER,),
    Mark.FIVE_DAYS: (Whose.OWNER, Whose.LEAD),
    Mark.TWO_DAYS: (Whose.LEAD, Whose.DPO),
    Mark.MISSED: (Whose.OWNER, Whose.LEAD, Whose.DPO),
}
"""Who is warned at each mark: the nearer the date, the higher up."""
_PERMISSIONS = {Whose.LEAD: "dsr.lead_requests", Whose.DPO: "dsr.officer_requests"}
_INSTEAD = "dsr.approve_requests"
_LOOK_AGAIN = timedelta(days=1)
"""How long after a look at a request whose clock stands still somebody looks again."""
_AT_ONCE = 500
"""How many old requests one round of housekeeping completes."""
_SYSTEM = Caller.system()


def look(deadline: Deadline, at: datetime) -> None:
    """Look at one request: warn staff of the mark it has reached, or tell the person that the date was missed.

    Whatever comes of it, the row moves on to when somebody has to look next.
    """
    with holding(request_id=deadline.request_id) as case:
        # Read anew under the lock: somebody may have looked meanwhile, or moved the dates.
        row = Deadline.objects.filter(pk=deadline.pk, done_at=None, due_at__lte=at).first()
        if row is None or row.request_id is None:
            return
        request = case.request(row.request_id)
        if request.state in (State.READY, State.CLOSED):
            row.done_at = at
        elif request.waits_for:
            row.due_at = at + _LOOK_AGAIN  # the person is waited for, and the marks are set anew when that is over
        elif request.due_at <= at and request.spec.chooses:
            _not_minded(case, request, row, at)
        elif request.due_at <= at:
            _missed(case, request, row, at)
        else:
            _warn(case, request, row, at)
        row.claimed_until, row.attempts = None, 0
        row.save(update_fields=["due_at", "rule", "done_at", "claimed_until", "attempts"])


def complete(at: datetime) -> tuple[int, int]:
    """Add what requests lack that an earlier release filed: the row that watches them, and by when to start.

    Returns how many got the one and the other, a bounded number at a time.
    """
    unanswered = SubjectRequest.objects.exclude(state__in=(State.READY, State.CLOSED)).order_by()
    watched = Deadline.objects.filter(request=OuterRef("pk"), kind=DeadlineKind.WATCH)
    without = unanswered.filter(~Exists(watched)).values_list("pk", flat=True)[:_AT_ONCE]
    added = sum(_complete(request_id, at) for request_id in list(without))
    unset = SubjectRequest.objects.exclude(state=State.CLOSED).filter(slack_at=None).order_by()[:_AT_ONCE]
    late = list(unset)
    for request in late:
        request.slack_at = pace.start_by(request, pace.known())
    SubjectRequest.objects.bulk_update(late, ("slack_at",))
    return added, len(late)


def _complete(request_id: UUID, at: datetime) -> bool:
    with holding(request_id=request_id) as case:
        request = case.request(request_id)
        if request.state in (State.READY, State.CLOSED):
            return False
        clocks.watch_anew(request, at)
    return True


def _warn(case: Case, request: SubjectRequest, row: Deadline, at: datetime) -> None:
    looks = reckoning.looks(request)
    found = marks.reached(looks, at)
    if found is not None:
        _tell_staff(case, request, found.mark, at)
    then = marks.following(looks, at)
    row.due_at, row.rule = then.at, str(then.mark)


def _not_minded(case: Case, request: SubjectRequest, row: Deadline, at: datetime) -> None:
    """Warn staff that systems do not mind a choice yet. The person hears of it once, when their time is over."""
    _tell_staff(case, request, Mark.MISSED, at)
    row.due_at = marks.day_begins(reckoning.next_word(request, at), case.submission.zone)
    row.rule = clocks.NEXT_WORD


def _missed(case: Case, request: SubjectRequest, row: Deadline, at: datetime) -> None:
    """Apologise, say when the person hears next, and where to take it; again at every such date."""
    submission = case.submission
    next_on = reckoning.next_word(request, at)
    again = row.rule == clocks.NEXT_WORD
    refused = reckoning.deemed_refused(request, at)
    with override(submission.language):
        letter = letters.Overdue(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            right=_title(request),
            was_due_on=request.due_on,
            next_on=next_on,
            remedies=telling.remedies(submission),
            deemed=refused[0].wording("title", submission.language) if refused else "",
            appeal_until=refused[1] if refused else None,
            again=again,
            tracker=links.tracker(submission.reference, telling.tracker_pass(case, at)),
        )
    data = {"was_due_on": request.due_on.isoformat(), "next_on": next_on.isoformat(), "again": again}
    if refused:
        data["deemed_refusal"] = refused[0].id
    case.move(request, "miss", by=_SYSTEM, at=at, data=data)
    telling.tell_in(case, letter, at=at, dedupe=f"missed:{request.pk}:{request.due_on}:{next_on}")
    _tell_staff(case, request, Mark.MISSED, at)
    row.due_at, row.rule = marks.day_begins(next_on, submission.zone), clocks.NEXT_WORD


def _tell_staff(case: Case, request: SubjectRequest, mark: Mark, at: datetime) -> None:
    """Queue a letter to everybody who is warned at a mark: each one letter, as what they are first."""
    submission, today = case.submission, local_date(at, case.submission.zone)
    for user, whose in _warned(request, mark):
        with override(settings.LANGUAGE_CODE):
            letter = letters.StaffWarning(
                reference=submission.reference,
                organisation=telling.organisation(submission),
                right=_title(request),
                due_on=request.due_on,
                mark=mark,
                whose=whose,
                link=links.console(request.pk),
            )
        dedupe = f"watch:{request.pk}:{mark}:{request.due_on}:{today}:{user.pk}"
        telling.tell_other(case, letter, to=user.email, at=at, dedupe=dedupe)


def _warned(request: SubjectRequest, mark: Mark) -> Iterator[tuple[User, Whose]]:
    told: set[int] = set()
    for whose in WARNED[mark]:
        for user, named in _holders(request, whose):
            if user.pk not in told:
                told.add(user.pk)
                yield user, named


def _holders(request: SubjectRequest, whose: Whose) -> Iterable[tuple[User, Whose]]:
    """Return who holds a part. Where nobody has the request the leads do; where nobody leads, those who approve."""
    if whose is Whose.OWNER:
        mine = colleagues.reachable(get_user_model().objects.filter(pk__in=[request.assignee_id]))
        return [(user, whose) for user in mine] or _holders(request, Whose.LEAD)
    people = colleagues.with_permission(_PERMISSIONS[whose]) or colleagues.with_permission(_INSTEAD)
    return [(user, whose) for user in people]


def _title(request: SubjectRequest) -> str:
    return str(SPECS[Right(request.right)].title)
