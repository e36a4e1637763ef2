"""The part of the machine in which a human reviews what a machine decided: each step tried by everybody."""

# ruff: noqa: E731 - each rule is one act, tried by somebody

from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from dsr.lifecycle import State
from dsr.models import Effect, Review
from dsr.rights import Right
from dsr.services.reviews import concluding, effects, working
from tests import reviews

PEOPLE = ("person", "sam", "hal", "vera")
_REVIEWS = precondition(lambda self: self.right == Right.AUTOMATED_DECISION_REVIEW)


class Reviewing:
    """Rules that a machine of the lifecycle has besides its own; Hal and Vera may both review."""

    right: Right
    linked, whole, heard, ended = False, False, False, ""
    reviewer, first, number = "", "", 1

    def prepare_reviews(self: Any) -> None:
        """Enter the reviewers, and tell the decision."""
        for name in ("hal", "vera"):
            reviews.reviewer(name)
        self.decision_id = reviews.decision(self.now, reference=f"P-{uuid4()}").pk

    @rule(who=st.sampled_from(PEOPLE))
    @_REVIEWS
    def link(self: Any, who: str) -> None:
        act = lambda by: working.link(self.request_id, self.decision_id, by=by, at=self.now)
        if self.attempt("link_decision", who, act, not self.proposal, not self.reviewer):
            self.linked = True

    @rule(who=st.sampled_from(PEOPLE))
    @_REVIEWS
    def take(self: Any, who: str) -> None:
        act = lambda by: working.take(self.request_id, by=by, at=self.now)
        free = self.linked and not self.reviewer and who != self.first
        if self.attempt("take_review", who, act, free, not self.proposal):
            self.reviewer = who

    @rule(who=st.sampled_from(PEOPLE), sure=st.integers(0, 3))
    @_REVIEWS
    def hand_over(self: Any, who: str, sure: int) -> None:
        if sure:
            return
        act = lambda by: working.hand_over(self.request_id, "Somebody else.", by=by, at=self.now)
        if self.attempt("hand_over", who, act, bool(self.reviewer)):
            self.reviewer, self.whole = "", False

    @rule()
    @precondition(lambda self: self.right == Right.AUTOMATED_DECISION_REVIEW and self.reviewer and not self.whole)
    def study(self: Any) -> None:
        if self.request().state == State.IN_REVIEW:
            reviews.work(self.request(), self.callers[self.reviewer], self.now)
            self.whole = True

    @rule(who=st.sampled_from(PEOPLE))
    @_REVIEWS
    def ask_what_they_say(self: Any, who: str) -> None:
        act = lambda by: working.ask(self.request_id, by=by, at=self.now)
        self.attempt("ask_representations", who, act, self.reviewer == who)

    def may_decide(self: Any, who: str) -> tuple[bool, ...]:
        """What has to hold before somebody decides."""
        return not self.proposal, bool(self.reviewer) and self.reviewer == who, self.whole, self.heard

    @rule(who=st.sampled_from(PEOPLE))
    @_REVIEWS
    def uphold(self: Any, who: str) -> None:
        found = reviews.conclusion(reasons=f"{uuid4()} {reviews.REASONS}")
        act = lambda by: concluding.uphold(self.request_id, found, by=by, at=self.now)
        if self.attempt("uphold", who, act, *self.may_decide(who)):
            self.ended, self.question = "uphold", False

    @rule(who=st.sampled_from(PEOPLE))
    @_REVIEWS
    def overturn(self: Any, who: str) -> None:
        found = reviews.conclusion(reasons=f"{uuid4()} {reviews.REASONS}", verdict="overturned", change="Lift it.")
        act = lambda by: concluding.overturn(self.request_id, found, by=by, at=self.now)
        if self.attempt("overturn", who, act, *self.may_decide(who)):
            self.ended, self.question = "overturn", False

    @rule(who=st.sampled_from(PEOPLE))
    @_REVIEWS
    def retry_effect(self: Any, who: str) -> None:
        act = lambda by: effects.retry(self.request_id, by=by, at=self.now)
        self.attempt("retry_effect", who, act)

    @rule(who=st.sampled_from(PEOPLE))
    @_REVIEWS
    def record_effect(self: Any, who: str) -> None:
        act = lambda by: effects.record(self.request_id, "Olga", "On paper.", by=by, at=self.now)
        if self.attempt("record_effect", who, act, self.reviewer != who):
            assert self.request().outcome == "overturned"

    @rule(who=st.sampled_from(PEOPLE))
    @_REVIEWS
    def review_again(self: Any, who: str) -> None:
        act = lambda by: concluding.again(self.request_id, by=by, at=self.now)
        if self.attempt("review_again", who, act, self.ended == "uphold", self.number == 1):
            self.first, self.reviewer, self.whole, self.ended, self.number = self.reviewer, "", False, "", 2

    def waits_for_effect(self: Any) -> bool:
        """Whether what was changed has an owner: the service, that tries again, or staff."""
        review = Review.objects.filter(request=self.request()).latest("number")
        return review.effect == Effect.WAITING or (review.effect == Effect.STUCK and self.request().turn == "staff")
