"""The pause while an objection is weighed: data is kept and not used, and used again only after the person was told.

GDPR Art 18(1)(d), 18(3)
"""

from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import override

from dsr.deadlines import local_date
from dsr.models import DeadlineKind, Role, SubjectRequest, System, TaskKind
from dsr.rights import Right
from dsr.services import clocks, letters, links, taskwork, telling
from dsr.services._moves import Case
from dsr.services.restriction import NOTICE


def begin(case: Case, request: SubjectRequest, at: datetime) -> None:
    """Have every system of ours keep the data without using it, inside the caller's transaction."""
    if request.right != Right.OBJECTION:
        return
    request.deadlines.filter(kind=DeadlineKind.LIFT, done_at=None).update(done_at=at)
    request.restrictions.filter(lifted_at=None).update(told_at=None, ends_at=None)
    for system_id in System.objects.filter(active=True, role=Role.OWN).order_by("key").values_list("pk", flat=True):
        taskwork.make(case, request, system_id, TaskKind.RESTRICT, at=at, terms={"pause": True})


def end(request: SubjectRequest, at: datetime) -> date | None:
    """Set the day on which the pause ends, inside the transaction in which the person is told. None without a pause."""
    taskwork.call_off(request)
    if not request.restrictions.filter(lifted_at=None).update(told_at=at, ends_at=at + NOTICE):
        return None
    clocks.set_back(request, DeadlineKind.LIFT, at + NOTICE)
    return local_date(at + NOTICE, request.submission.zone)


def end_unweighed(case: Case, request: SubjectRequest, at: datetime) -> None:
    """End the pause of an objection that is over without a decision, and tell the person before it ends."""
    if request.right != Right.OBJECTION or (ends_on := end(request, at)) is None:
        return
    submission = case.submission
    with override(submission.language):
        letter = letters.RestrictionEnds(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            reason=_("Your objection is not weighed any further, so the use of your data is not paused any longer."),
            ends_on=ends_on,
            remedies=telling.remedies(submission),
            tracker=links.tracker(submission.reference, telling.tracker_pass(case, at)),
        )
    telling.tell_in(case, letter, at=at, dedupe=f"pause:{request.pk}:{request.version}", about=[request])
