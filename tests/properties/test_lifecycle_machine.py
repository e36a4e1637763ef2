"""Hypothesis drives every machine with every move by every actor and keeps its own account of what is possible."""

# ruff: noqa: E731, PT017 - each rule is one act, tried by somebody; what is raised is what is looked at

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from dsr import reckoning
from dsr.deadlines import local_date
from dsr.errors import RecourseError
from dsr.lifecycle import BY_VERB, State
from dsr.models import Deadline, DeadlineKind, Event, ItemDecision, SubjectRequest, System, Window
from dsr.policies import Caller
from dsr.rights import OFFERED, SPECS, Right
from dsr.services import acting, arguing, correction, delivery, history, identity, review, search, threads, weighing
from dsr.services.choices import desk
from dsr.services.erasure import waiting
from notifications.models import Message
from tests import builders, organisation
from tests.drain import drain
from tests.properties.driving import PATIENCE, drive
from tests.properties.reviewing import Reviewing
from verification import mail

PEOPLE = ("person", "sam", "hal", "vera")
GROUNDS = {
    Right.DELETION: "legal_claims",
    Right.RESTRICTION: "legal_claims",
    Right.CORRECTION: "accuracy_confirmed",
    Right.AUTOMATED_DECISION_REVIEW: "out_of_scope_law",
}
"""On what a right may be refused; what is handed over, because it names others."""
NEEDS_NO_PROOF = "accuracy_confirmed"
"""The one of them that the case itself shows."""
TELLS = {"take_up", "ask", "refuse", "refuse_late", "redirect", "withdraw", "reissue", "lapse", "reopen"}
TELLS |= {"ask_representations", "uphold", "overturn", "record_effect", "decide_objection"}
"""Moves that promise the person a message."""
ENDED = ("in_effect", "objection_over")
"""Letters that say that every system minds it."""


class Lifecycle(Reviewing, RuleBasedStateMachine):
    """One request of one right, and what we know about it from the outside."""

    sure, decided, unsure = True, True, False
    """Whether an erasure is confirmed, everything to correct decided, and it ended for want of a confirmation."""

    @property
    def ground(self) -> str:
        """On what the right may be refused."""
        return GROUNDS.get(self.right, "third_party_rights")

    @initialize(right=st.sampled_from(sorted(OFFERED)), start=st.sampled_from(["filed", "confirmed", "searched"]))
    def file(self, right: Right, start: str) -> None:
        """Ada files; many runs start further on, because most of the moves lie behind the search."""
        self.now = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
        self.callers = {
            "person": Caller.person(),
            "sam": builders.sam(),
            "hal": builders.hal(),
            "vera": builders.vera(),
        }
        self.folder = Path(mkdtemp())
        # An earlier run may have left its systems, which would be searched, too.
        System.objects.update(active=False)
        organisation.desk(self.folder, self.now)
        if SPECS[right].chooses:
            organisation.mailers(self.now)
        self.filed = builders.file(right, at=self.now)
        self.right = right
        self.request_id = self.filed.requests[0].pk
        if right == Right.AUTOMATED_DECISION_REVIEW:
            self.prepare_reviews()
        self.searched, self.question = False, False
        self.proposal, self.preparer, self.argued_by = "", "", ""
        self.answered, self.lapsed = False, False
        self.sure, self.decided, self.unsure = right != Right.DELETION, right != Right.CORRECTION, False
        self.weighed: set[str] = set()
        judged = right in (Right.AUTOMATED_DECISION_REVIEW, Right.OBJECTION)
        if (SPECS[right].searches or judged) and start != "filed":
            self.confirm()
            if start == "searched":
                self.work()

    # --- What people do ----------------------------------------------------------------------------------------------

    def attempt(self, verb: str, who: str, act: Callable[[Caller], Any], *needs: bool) -> bool:
        """Try a move, and hold what happened against the table and our own account of the needs."""
        self.now += timedelta(seconds=7)
        move, before = BY_VERB[verb], self.request()
        events, messages = self.events(), Message.objects.filter(about=self.filed.submission.pk).count()
        possible = (
            self.right in move.rights
            and State(before.state) in move.sources
            and bool(self.callers[who].roles & move.actors)
            and all(needs)
        )
        try:
            act(self.callers[who])
        except RecourseError as error:
            assert not possible, (verb, who, error.code)
            assert self.request().version == before.version
            assert self.events() == events
            return False
        assert possible, (verb, who, before.state)
        assert [event.verb for event in Event.objects.order_by("id")[events:]].count(verb) == 1
        if verb in TELLS:
            assert Message.objects.filter(about=self.filed.submission.pk).count() > messages
        return True

    @rule(who=st.sampled_from(PEOPLE), sure=st.integers(0, 7))
    def withdraw(self, who: str, sure: int) -> None:
        if sure:
            return
        act = lambda by: review.withdraw(self.request_id, by=by, at=self.now)
        if self.attempt("withdraw", who, act, not self.begun()):
            self.lapsed = self.question = False

    def begun(self) -> bool:
        """Whether a system has been told to do something that cannot be taken back."""
        if self.right == Right.OBJECTION:  # a pause ends again; what is decided does not
            return self.request().choice_id is not None
        return self.request().tasks.filter(attempts__gt=0).exists()

    @property
    def minded(self) -> bool:
        """Whether systems have to mind something, and owners say that they do."""
        return SPECS[self.right].chooses or self.right == Right.OBJECTION

    @rule(who=st.sampled_from(PEOPLE), use=st.sampled_from(["sales_insights", "profiling"]))
    @precondition(lambda self: self.right == Right.OBJECTION)
    def weigh(self, who: str, use: str) -> None:
        act = lambda by: weighing.weigh(self.request_id, builders.stops(use), by=by, at=self.now)
        if self.attempt("weigh", who, act, self.searched, not self.proposal):
            self.weighed.add(use)

    @rule(who=st.sampled_from(PEOPLE))
    @precondition(lambda self: self.right == Right.OBJECTION)
    def propose_decision(self, who: str) -> None:
        act = lambda by: weighing.propose(self.request_id, by=by, at=self.now)
        if self.attempt("propose_decision", who, act, not self.proposal, len(self.weighed) == 2):
            self.proposal, self.preparer = "release", who

    @rule(who=st.sampled_from(PEOPLE))
    @precondition(lambda self: self.right == Right.OBJECTION)
    def decide_objection(self, who: str) -> None:
        act = lambda by: weighing.decide(self.request_id, by=by, at=self.now)
        self.attempt("decide_objection", who, act, bool(self.proposal), self.preparer != who)

    @rule(who=st.sampled_from(PEOPLE))
    def confirm_erasure(self, who: str) -> None:
        act = lambda by: waiting.confirm(self.request_id, by=by, at=self.now)
        if self.attempt("confirm_erasure", who, act, not self.sure):
            self.sure = True

    @rule(who=st.sampled_from(PEOPLE))
    @precondition(lambda self: self.right == Right.CORRECTION)
    def decide_item(self, who: str) -> None:
        decision = correction.Decision(ItemDecision.CORRECT, ("desk.customers.name",))
        act = lambda by: correction.decide_item(self.request_id, 1, decision, by=by, at=self.now)
        if self.attempt("decide_item", who, act, self.searched, not self.proposal):
            self.decided = True

    @rule(who=st.sampled_from(PEOPLE))
    def halt(self, who: str) -> None:
        act = lambda by: acting.halt(self.request_id, "Look again.", by=by, at=self.now)
        if self.attempt("halt", who, act):
            self.proposal, self.preparer, self.searched = "", "", False

    @rule(who=st.sampled_from(PEOPLE))
    @precondition(lambda self: self.unsure)
    def take_up(self, who: str) -> None:
        act = lambda by: waiting.take_up(self.request_id, by=by, at=self.now)
        if self.attempt("take_up", who, act):
            self.proposal, self.preparer, self.searched, self.unsure = "", "", False, False

    @rule(who=st.sampled_from(PEOPLE))
    def prepare(self, who: str) -> None:
        act = lambda by: review.prepare(self.request_id, by=by, at=self.now)
        if self.attempt("prepare", who, act, self.searched, not self.proposal, self.decided):
            self.proposal, self.preparer = "release", who

    @rule(who=st.sampled_from(PEOPLE))
    def propose_refusal(self, who: str) -> None:
        act = lambda by: review.propose_refusal(self.request_id, self.ground, "It has to be so.", by=by, at=self.now)
        if self.attempt("propose_refusal", who, act, not self.proposal, not self.begun()):
            self.proposal, self.preparer = "refuse", who

    @rule(who=st.sampled_from(PEOPLE))
    def argue(self, who: str) -> None:
        """Somebody says what proves a ground: of the refusal, or of the next thing held back."""
        part = None if self.proposal == "refuse" else (self.unproved().first() or self.held_back().first())
        today = local_date(self.now, self.request().submission.zone)
        proof = arguing.Proof("document", "Safe 4", "The legal team", today)
        key = part.pk if part else None
        act = lambda by: arguing.argue(self.request_id, proof, {}, by=by, at=self.now, withholding_id=key)
        is_theirs = not self.proposal or self.preparer == who
        if self.attempt("argue_refusal", who, act, is_theirs, part is not None or self.proposal == "refuse"):
            self.argued_by = self.argued_by if part else who

    def held_back(self) -> Any:
        """What is held back now."""
        return self.request().withholdings.filter(lifted_at=None)

    def unproved(self) -> Any:
        """What is held back and not proved, where that has to be."""
        return (
            self.held_back()
            .exclude(arguments__replaced_at=None, arguments__isnull=False)
            .exclude(ground=NEEDS_NO_PROOF)
        )

    def proved(self) -> bool:
        """Whether whoever proposed to refuse has proved it, where that has to be."""
        return self.ground == NEEDS_NO_PROOF or self.argued_by == self.preparer

    @rule(who=st.sampled_from(PEOPLE))
    def send_back(self, who: str) -> None:
        act = lambda by: review.send_back(self.request_id, "Look again.", by=by, at=self.now)
        if self.attempt("send_back", who, act, bool(self.proposal)):
            self.proposal = self.preparer = ""

    @rule(who=st.sampled_from(PEOPLE))
    def approve(self, who: str) -> None:
        act = lambda by: review.approve(self.request_id, by=by, at=self.now)
        if self.attempt(
            "approve",
            who,
            act,
            self.proposal == "release",
            self.preparer != who,
            self.searched,
            self.sure,
            not self.unproved().exists(),
        ):
            self.question = False

    @rule(who=st.sampled_from(PEOPLE))
    def refuse(self, who: str) -> None:
        act = lambda by: review.refuse(self.request_id, by=by, at=self.now)
        self.attempt(
            "refuse", who, act, self.proposal == "refuse", self.preparer != who, not self.late(), self.proved()
        )

    @rule(who=st.sampled_from(PEOPLE))
    def refuse_late(self, who: str) -> None:
        act = lambda by: review.refuse_late(self.request_id, "It took us too long.", by=by, at=self.now)
        self.attempt(
            "refuse_late", who, act, self.proposal == "refuse", self.preparer != who, self.late(), self.proved()
        )

    def late(self) -> bool:
        """Whether the law's day for a refusal has gone by; test_lawful_time holds that to a count of its own."""
        return reckoning.against_refusing(self.request(), self.now) is not None

    @rule(who=st.sampled_from(PEOPLE))
    def ask(self, who: str) -> None:
        act = lambda by: threads.ask(self.request_id, "Which years?", by=by, at=self.now)
        if self.attempt("ask", who, act):
            self.question = True

    @rule()
    def answer(self) -> None:
        heard = self.right == Right.AUTOMATED_DECISION_REVIEW and self.request().state == State.IN_REVIEW
        verb = "answer" if self.question else "represent" if heard else "message"
        act = lambda by: threads.write_from_person(self.request_id, "All of them.", by=by, at=self.now)
        if self.attempt(verb, "person", act):
            self.question, self.heard = False, self.heard or heard

    @rule(who=st.sampled_from(PEOPLE))
    def withhold(self, who: str) -> None:
        act = lambda by: review.withhold(
            self.request_id, "contact_data", self.ground, "It has to be so.", by=by, at=self.now
        )
        possible = not self.proposal, State(self.request().state) == State.IN_REVIEW
        if self.attempt("withhold", who, act, *possible) and self.right == Right.DELETION:
            self.searched = False  # what would go is counted anew

    @rule(who=st.sampled_from(PEOPLE))
    def retry_system(self, who: str) -> None:
        step = self.request().steps.first()
        if step is None:
            return
        act = lambda by: search.retry(self.request_id, step.pk, by=by, at=self.now)
        if self.attempt("retry_system", who, act, not self.proposal):
            self.searched = False

    @rule(who=st.sampled_from(PEOPLE))
    def reopen(self, who: str) -> None:
        if self.lapsed:
            act = lambda by: identity.reopen(self.filed.submission.pk, by=by, at=self.now)
            if self.attempt("reopen", who, act):
                self.lapsed = False

    @rule(who=st.sampled_from(PEOPLE))
    def reissue(self, who: str) -> None:
        act = lambda by: delivery.reissue(self.request_id, by=by, at=self.now)
        if self.answered:
            self.attempt("reissue", who, act)

    @rule()
    @precondition(lambda self: self.request().state == State.VERIFYING)
    def confirm(self) -> None:
        """Ada proves control of the address."""
        self.now += timedelta(seconds=7)
        started = mail.remind(self.filed.submission.pk, self.now)
        identity.confirm_link(started.token, by=Caller.person(), at=self.now)
        builders.prove(self.filed.submission, self.now)
        assert self.request().state == State.IN_REVIEW
        self.searched = False

    # --- What time does ----------------------------------------------------------------------------------------------

    @rule()
    def work(self) -> None:
        """The workers catch up."""
        before = self.request()
        drain(self.now)
        after = self.request()
        if before.state == State.IN_REVIEW:
            self.searched = True
        if before.state == State.FULFILLING and SPECS[self.right].acts:
            assert after.state == (State.FULFILLING if after.act_at else State.CLOSED)
        elif before.state == State.FULFILLING and (self.is_done_elsewhere() or self.minded):
            assert after.state == State.FULFILLING  # until the owner reports
        elif before.state == State.FULFILLING:
            assert after.state == State.READY
            self.answered = True

    @rule()
    @precondition(lambda self: self.minded and self.request().state == State.FULFILLING)
    def report(self) -> None:
        """The owners report that it is done; a choice ends with the last of them, and is said to be."""
        self.now += timedelta(seconds=7)
        drain(self.now)
        for window in Window.objects.filter(choice=self.request().choice):
            desk.report(window.system_id, [window.pk], self.now)
        assert self.request().outcome == "fulfilled"
        assert Message.objects.filter(about=self.filed.submission.pk, kind__in=ENDED).count() == 1

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        """Days pass while the workers run."""
        before = self.request()
        self.now += timedelta(days=days)
        drain(self.now)
        after = self.request()
        if before.state == State.IN_REVIEW:
            self.searched = True
        if before.state == State.FULFILLING and not (self.is_done_elsewhere() or self.minded):
            self.answered = True
        if before.state == State.IN_REVIEW and after.state == State.CLOSED and self.right != Right.CHILD_ACCOUNT:
            self.unsure, self.question = True, False  # a question ends with the request
            assert not self.sure
        if before.state == State.VERIFYING and after.state == State.CLOSED:
            self.lapsed = True

    # --- What must hold at all times ---------------------------------------------------------------------------------

    @invariant()
    def state_follows_from_history(self) -> None:
        """The last event that names a state names the present one, and the chain is whole."""
        request = self.request()
        states = Event.objects.filter(request=request).order_by("seq").values_list("to_state", flat=True)
        assert list(states)[-1] == request.state
        assert history.verify(self.filed.submission.reference).whole

    @invariant()
    def closed_exactly_with_an_outcome(self) -> None:
        """Closed, an outcome and a date go together."""
        request = self.request()
        assert (request.state == State.CLOSED) == bool(request.outcome) == (request.closed_at is not None)

    @invariant()
    def nobody_is_stuck(self) -> None:
        """Whoever is waited for has a date."""
        request = self.request()
        if request.state == State.VERIFYING:
            assert Deadline.objects.filter(request=request, kind=DeadlineKind.LAPSE, done_at=None).exists()
        if request.state == State.READY:
            assert Deadline.objects.filter(request=request, kind=DeadlineKind.EXPIRY, done_at=None).exists()
        if request.state == State.FULFILLING and SPECS[self.right].acts:
            assert request.act_at
            assert Deadline.objects.filter(request=request, kind=DeadlineKind.ACT, done_at=None).exists()
        elif request.state == State.FULFILLING and self.minded:
            assert Window.objects.filter(choice=request.choice, done_at=None).exists()
        elif request.state == State.FULFILLING and self.right == Right.AUTOMATED_DECISION_REVIEW:
            assert self.waits_for_effect()
        elif request.state == State.FULFILLING:
            assert Deadline.objects.filter(request=request, kind=DeadlineKind.BUILD, done_at=None).exists()

    @invariant()
    def two_people_decide(self) -> None:
        """Whoever prepared did not approve."""
        request = self.request()
        assert request.approved_by_id is None or request.approved_by_id != request.prepared_by_id
        if SPECS[self.right].second_person and request.state in (State.FULFILLING, State.READY):
            assert request.approved_at is not None

    def is_done_elsewhere(self) -> bool:
        """Whether it ends by what systems or their owners do, and not by something that is handed over."""
        spec = SPECS[self.right]
        return spec.acts or spec.chooses or spec.judges

    def request(self) -> SubjectRequest:
        """The request as it is now."""
        return SubjectRequest.objects.select_related("submission__data_key").get(pk=self.request_id)

    def events(self) -> int:
        """How many events there are."""
        return Event.objects.count()


@pytest.mark.timeout(PATIENCE)
@pytest.mark.django_db(transaction=True)
def test_no_sequence_of_moves_leaves_the_machine():
    drive(Lifecycle, examples=16, steps=30)
