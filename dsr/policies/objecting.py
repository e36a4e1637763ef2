"""Objections: paused while they are weighed, weighed use by use, decided by two people, over once all is stopped."""

from datetime import datetime

from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.choices import uses
from dsr.errors import WrongState
from dsr.models import Proposal, SubjectRequest, TaskKind, TaskState, Weighed
from dsr.policies.base import Caller, need
from dsr.policies.time import check_lawful
from notifications.models import Forgotten


def wanted(request: SubjectRequest) -> list[str]:
    """Return the uses that are to be weighed, none once the person was forgotten."""
    try:
        said = request.open_json("details").get(uses.OBJECTED, "")
    except Forgotten:
        return []
    return uses.named(said)


@need
def pause_applied(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Every system keeps the data without using it, or its owner was asked to, or somebody decided to go on without."""
    pausing = request.tasks.filter(kind=TaskKind.RESTRICT, state__in=(TaskState.WAITING, TaskState.STUCK))
    if pausing.exists():
        raise WrongState(
            _("Not every system has paused the use of the data yet, and nothing is weighed before."), code="not-paused"
        )


@need
def all_weighed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Every use that the person objects to has been weighed."""
    done = set(request.weighings.order_by().values_list("use", flat=True))
    if not done or set(wanted(request)) - done:
        raise WrongState(_("Weigh every use first that the person objects to."), code="not-weighed")


@need
def decision_proposed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody proposed to decide as it was weighed."""
    if request.proposal not in (Proposal.RELEASE, Proposal.REFUSE):
        raise WrongState(_("Nobody has proposed what was weighed yet."), code="not-prepared")


@need
def decision_in_time(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """No law's last day for telling that something goes on has gone by; what only stops can be told any day."""
    if _something_goes_on(request):
        check_lawful(reckoning.against_refusing(request, at))


@need
def decision_is_late(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """A law's last day for telling that something goes on has gone by, which the letter then says."""
    if not _something_goes_on(request) or reckoning.against_refusing(request, at) is None:
        raise WrongState(_("It is not too late, so decide in the ordinary way."), code="decision-in-time")


def _something_goes_on(request: SubjectRequest) -> bool:
    if request.proposal == Proposal.REFUSE:
        return True
    return request.weighings.exclude(outcome=Weighed.STOP).exists()


@need
def stops_confirmed(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Every system has confirmed that it stopped what has to stop; nothing is to be confirmed where nothing has to."""
    stops = request.weighings.exclude(outcome=Weighed.GO_ON).exists()
    if stops and (request.choice is None or request.choice.effective_at is None):
        raise WrongState(_("Not every system has confirmed yet that it stopped."), code="stops-open")
