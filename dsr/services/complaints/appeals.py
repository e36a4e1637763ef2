"""Appeals: a decision looked at again, by somebody else, under the same reference and with a date of its own."""

from datetime import date, datetime
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.deadlines import local_date
from dsr.errors import Incomplete
from dsr.lifecycle import BY_VERB, Outcome, State
from dsr.models import Deadline, DeadlineKind, SubjectRequest
from dsr.policies import can_make, check_can_make
from dsr.policies.complaints import WON
from dsr.rights import SPECS, Right
from dsr.services import clocks, identity, letters, search, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.complaints import routes
from dsr.services.complaints.answering import check_own_words
from dsr.services.doorbell import Bell, ring
from dsr.services.erasure import waiting
from dsr.services.reviews import working
from dsr.services.threads import checked_text
from notifications.ids import uuid7

DECISIONS = (Outcome.UPHELD, Outcome.PARTLY_OVERTURNED, Outcome.OVERTURNED)
_SYSTEM = Caller.system()


def until(request: SubjectRequest, at: datetime, by: Caller | None = None) -> date | None:
    """Return the last day on which somebody can appeal against a request now; None where that cannot be done."""
    if not can_make(request, "appeal", by or Caller.person(), at):
        return None
    return reckoning.appeal_until(request) or local_date(at, request.submission.zone)


def file(request_id: UUID, text: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Have a decision looked at again, for the reasons that the person gives, and confirm that to them.

    Returns the request that it is against. Raises WrongState with the sentence that says what is left.
    """
    with holding(request_id=request_id) as case:
        parent = case.request(request_id, expect=expect)
        check_can_make(parent, BY_VERB["appeal"], by, at)
        appeal = _new(case, parent, checked_text(text), at)
        case.move(parent, "appeal", by=by, at=at, data={"appeal": str(appeal.pk)})
        found = reckoning.reckon_of(appeal, [each.event for each in reckoning.happened(appeal)])
        clocks.stamp(appeal, reckoning.governing(found, case.submission.zone))
        appeal.save(force_insert=True)
        case.adopt(appeal)
        data = {"right": appeal.right, "channel": by.via, "about": str(parent.pk)}
        case.record("file", by=by, at=at, request=appeal, data=data)
        rows = [*clocks.deadlines(appeal, found, case.submission.zone), clocks.watch(appeal, at)]
        Deadline.objects.bulk_create(rows)
        case.move(appeal, "take_in", by=_SYSTEM, at=at)
        case.needs_staff(appeal)
        _confirm(case, appeal, at)
    return parent


def _new(case: Case, parent: SubjectRequest, text: str, at: datetime) -> SubjectRequest:
    appeal = SubjectRequest(
        id=uuid7(at),
        submission=case.submission,
        right=str(Right.APPEAL),
        about=parent,
        regime=parent.regime,
        received_at=at,
        identity_floor=0,
    )
    appeal.seal_json("details", {"appeal": text})
    return appeal


def _confirm(case: Case, appeal: SubjectRequest, at: datetime) -> None:
    submission = case.submission
    letter = letters.Received(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        rights=(str(SPECS[Right.APPEAL].title),),
        how=telling.handling([appeal]),
        identity=letters.IdentityCheck.NOT_NEEDED,
        due_on=appeal.due_on,
        remedies=telling.remedies(submission),
        tracker=telling.door(case, at),
    )
    telling.tell_in(case, letter, at=at, dedupe=f"appealed:{appeal.pk}", about=[appeal])


def propose(
    request_id: UUID, decision: str, text: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Propose what to decide on an appeal, with reasons for the person."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["propose_ruling"], by, at)
        if decision not in DECISIONS:
            raise Incomplete(_("Choose whether the decision stands, stands in part, or falls."), field="decision")
        request.seal("reason", check_own_words(text))
        data = {"decision": decision}
        case.move(request, "propose_ruling", by=by, at=at, data=data, by_id=by.user_id, outcome=decision)
    return request


def decide(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Decide an appeal as proposed, as the second person, and tell it; what falls is taken up again at once."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        data = {"outcome": request.proposed_outcome}
        case.move(request, "decide_appeal", by=by, at=at, data=data, by_id=by.user_id)
        parent = request.about
        assert parent is not None
        won = request.outcome in WON
        if won:
            _take_up(case, parent, by, at)
        case.take_moved()  # the letter below tells the new date
        _tell(case, request, parent, at, won=won)
    return request


def _take_up(case: Case, parent: SubjectRequest, by: Caller, at: datetime) -> None:
    """Go on with what was appealed against, under the same reference, from where it can be decided anew."""
    if parent.state != State.CLOSED:
        case.recount(parent, at=at, because="decide_appeal")
        return
    if parent.outcome == Outcome.UNVERIFIED:
        identity.take_up(case, [parent], by=by, at=at)
        return
    case.move(parent, "reconsider", by=_SYSTEM, at=at)
    if parent.right == Right.AUTOMATED_DECISION_REVIEW:
        working.take_up(parent, at)
    if not parent.packages.exists():  # what was found is looked at again, and an answer sets a day of its own
        Deadline.objects.filter(request=parent, kind=DeadlineKind.DESTROY, done_at=None).delete()
    if can_make(parent, "search", _SYSTEM, at):
        search.begin(case, parent, by=_SYSTEM, at=at)
        ring(Bell.WORK, str(case.submission.pk))
    if parent.right == Right.DELETION and parent.confirmed_at is None:
        waiting.ask(case, parent, at)


def _tell(case: Case, request: SubjectRequest, parent: SubjectRequest, at: datetime, *, won: bool) -> None:
    submission = case.submission
    with translation.override(submission.language):
        nearest, further = routes.lines(request)
        letter = letters.AppealDecided(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            right=str(SPECS[Right(parent.right)].title),
            upheld=not won,
            partly=request.outcome == Outcome.PARTLY_OVERTURNED,
            reason=request.open("reason"),
            remedies=(*nearest, *further),
            due_on=parent.due_on if won else None,
            tracker=telling.tracker_link(submission, at),
        )
    telling.tell_in(case, letter, at=at, dedupe=f"appeal:{request.pk}:{request.version}", about=[request])
