"""The review of an automated decision for the person: where it stands, what was decided and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.lifecycle import Outcome, State
from dsr.models import Effect, Review, SubjectRequest, review_of
from dsr.policies import Caller, can_make
from dsr.public import timeline
from dsr.rights import Right
from dsr.selectors.tracker import text_of
from dsr.services import evidence

ENDS: Mapping[Outcome, str | Promise] = {
    Outcome.UPHELD: gettext_lazy("A person has looked at the decision, and it stands. Below it says why."),
    Outcome.OVERTURNED: gettext_lazy("The decision is changed, and the change is in effect. Below it says why."),
    Outcome.PARTLY_OVERTURNED: gettext_lazy(
        "The decision is changed in part, and the change is in effect. Below it says why."
    ),
}
"""How a review ends, besides the ways in which every request may end."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step on the way, and whether it is behind us."""

    title: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What the tracker shows of a review. Nothing of what went into the decision: that may hold what is withheld."""

    stages: tuple[Stage, ...]
    sentence: str
    until: date | None
    reason: str
    may_add: bool
    may_ask_again: bool
    number: int


def of(request: SubjectRequest, at: datetime) -> Seen | None:
    """Return where a review stands; None for what is none, and before anybody knows who asks."""
    if request.right != Right.AUTOMATED_DECISION_REVIEW or request.state in (State.RECEIVED, State.VERIFYING):
        return None
    review = review_of(request)
    return Seen(
        stages=tuple(_stages(request, review)),
        sentence=_sentence(request, review),
        until=review.asked_until if review and request.state == State.IN_REVIEW and review.asked_until else None,
        reason=text_of(review, "plain") if review and review.concluded_at else "",
        may_add=evidence.backing_of(request) is not None and request.submission.purged_at is None,
        may_ask_again=can_make(request, "review_again", Caller.person(), at),
        number=review.number if review else 1,
    )


def _stages(request: SubjectRequest, review: Review | None) -> Iterator[Stage]:
    yield Stage(_("We found the decision that you mean"), review is not None)
    yield Stage(_("A person who had no part in it has taken the review"), bool(review and review.taken_at))
    heard = bool(review and (review.represented_at or review.none_sent_at))
    yield Stage(_("You were heard, or had the time for it"), heard)
    yield Stage(_("It is decided"), bool(review and review.concluded_at))
    if review and review.effect:
        yield Stage(_("The system has confirmed the change"), review.effect == Effect.CONFIRMED)


def _sentence(request: SubjectRequest, review: Review | None) -> str:
    if request.state == State.CLOSED:
        return str(ENDS.get(Outcome(request.outcome), ""))
    if request.state == State.FULFILLING:
        if review and review.effect == Effect.STUCK:
            return _(
                "The decision is changed, but the system that decided has not confirmed that the change is in effect. "
                "People are looking after it; you need to do nothing."
            )
        return _("The decision is changed. The system that decided has to confirm it; you need to do nothing.")
    if review is None:
        return _("We are looking for the decision that you mean. You need to do nothing.")
    if review.taken_at is None:
        return _("A person who had no part in the decision will look at it. You need to do nothing.")
    if review.asked_until and not review.represented_at:
        day = timeline.long_day(review.asked_until)
        return _("A person is looking at the decision. You can say what you think of it until %(day)s.") % {"day": day}
    return _("A person is looking at the decision, with what you have said. You need to do nothing.")
