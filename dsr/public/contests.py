"""What the tracker shows of complaints and appeals: what was found and promised, where to go, and how to appeal."""

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.lifecycle import APPEALED, COMPLAINTS, Outcome, State
from dsr.models import SubjectRequest
from dsr.policies.complaints import APPEALABLE
from dsr.rights import Right
from dsr.rules.routes import Route, next_step
from dsr.selectors import queue
from dsr.selectors.tracker import Sight, text_of
from dsr.services.complaints import appeals, routes
from dsr.services.complaints.answering import VERDICTS

OUTCOMES: dict[str, str | Promise] = {
    Outcome.JUSTIFIED: gettext_lazy("you are right"),
    Outcome.PARTLY_JUSTIFIED: gettext_lazy("you are right in part"),
    Outcome.NOT_JUSTIFIED: gettext_lazy("we do not agree"),
    Outcome.NOT_ESTABLISHED: gettext_lazy("not found out"),
    Outcome.UPHELD: gettext_lazy("the decision stands"),
    Outcome.PARTLY_OVERTURNED: gettext_lazy("changed in part"),
    Outcome.OVERTURNED: gettext_lazy("changed"),
}
_CLOSED: dict[str, str | Promise] = {
    Outcome.JUSTIFIED: gettext_lazy("We have answered your complaint. You are right; below is what we do about it."),
    Outcome.PARTLY_JUSTIFIED: gettext_lazy("We have answered your complaint. You are right in part."),
    Outcome.NOT_JUSTIFIED: gettext_lazy("We have answered your complaint, and do not agree. Below is why."),
    Outcome.NOT_ESTABLISHED: gettext_lazy("We have answered your complaint. We could not find out what happened."),
    Outcome.UPHELD: gettext_lazy("We have looked at it again. The decision stands; below is why."),
    Outcome.PARTLY_OVERTURNED: gettext_lazy("We have looked at it again and changed part of it."),
    Outcome.OVERTURNED: gettext_lazy("We have looked at it again and changed it."),
}


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a complaint as the person reads it."""

    point: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pledge:
    """What was promised, by when, and whether it is done."""

    what: str
    due_on: date
    done: bool


@dataclass(frozen=True, slots=True)
class Contest:
    """What there is beside an answer. ``appeal_until`` is the last day for an appeal, where one can be made now."""

    points: tuple[Point, ...]
    pledges: tuple[Pledge, ...]
    nearest: tuple[Route, ...]
    appeal_until: date | None


def of(sight: Sight, request: SubjectRequest, at: datetime) -> Contest | None:
    """Return what the tracker shows of a complaint, an appeal, or how to appeal; None where there is none of it."""
    closed = request.state == State.CLOSED
    until = _until(request, at)
    if request.right not in COMPLAINTS | {Right.APPEAL}:
        return Contest((), (), (), until) if until else None
    if not closed or request.outcome in (Outcome.WITHDRAWN, Outcome.MISUNDERSTOOD):
        return Contest((), (), (), until)
    mine, matter = request.pk, {request.pk, request.about_id}
    been = [row for row in sight.outside if row.request_id in matter]
    return Contest(
        tuple(
            Point(text_of(row, "point"), str(VERDICTS[row.verdict]), text_of(row, "reason"))
            for row in sight.findings
            if row.request_id == mine
        ),
        tuple(
            Pledge(text_of(row, "what"), row.due_on, row.done_at is not None)
            for row in sight.remedies
            if row.request_id == mine
        ),
        next_step(routes.left(request, been)),
        until,
    )


def _until(request: SubjectRequest, at: datetime) -> date | None:
    if Right(request.right) not in APPEALED:
        return None
    may = request.outcome in APPEALABLE if request.state == State.CLOSED else queue.is_overdue(request, at)
    return appeals.until(request, at) if may else None


def badge(request: SubjectRequest) -> str:
    """Return the badge of a complaint or an appeal that is closed; "" for anything else."""
    return str(OUTCOMES.get(request.outcome, "")) if request.right in COMPLAINTS | {Right.APPEAL} else ""


def sentence(request: SubjectRequest) -> str:
    """Say where a complaint or an appeal stands; "" for anything else."""
    if request.right not in COMPLAINTS | {Right.APPEAL} or request.question_at is not None:
        return ""
    if request.state == State.CLOSED:
        return str(_CLOSED.get(request.outcome, ""))
    if request.right == Right.APPEAL:
        return _("Somebody who had no part in the decision looks at it again. You need to do nothing.")
    if request.investigator_id is None:
        return _("Your complaint is with us, and somebody will look into it. You need to do nothing.")
    return _("Somebody is looking into your complaint. You need to do nothing.")
