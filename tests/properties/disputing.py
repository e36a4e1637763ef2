"""The parts of the machine in which people disagree: complaints, appeals, and what is found about a child's account."""

# ruff: noqa: E731 - each rule is one act, tried by somebody

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from dsr import reckoning
from dsr.lifecycle import COMPLAINTS, State
from dsr.models import AgeFinding, Event, Found, SubjectRequest
from dsr.rights import Right
from dsr.services import review, sheltering
from dsr.services.complaints import answering, appeals, looking
from tests import builders, contesting

PEOPLE = ("person", "sam", "hal", "vera")
COURT = (*PEOPLE, "ines", "olga")
"""Those who may come upon an appeal: two of them had no part in anything yet."""


def mostly(one: str, others: Sequence[str] = PEOPLE) -> st.SearchStrategy[str]:
    """Somebody who tries something: most often who may, as long as nothing else is amiss."""
    return st.sampled_from((*(one,) * (2 * len(others)), *others))


def likely(holds: Callable[[Any], object]) -> Callable[[Any], Any]:
    """Have a rule tried where something holds, and now and then where it does not."""
    return precondition(lambda self: bool(holds(self)) or self.now.second % 5 == 0)


UNANSWERED = {"refused", "partly_fulfilled", "nothing_held", "unverified", "redirected", "upheld", "partly_overturned"}
UNANSWERED |= {"partly_justified", "not_justified", "not_established"}
"""How something ends that was not answered in full, counted by hand."""
DECIDES = {"prepare", "propose_refusal", "argue_refusal", "propose_answer", "approve", "refuse", "refuse_late"}
DECIDES |= {"withhold", "decide_item", "answer_complaint", "redirect", "weigh", "propose_decision", "decide_objection"}
DECIDES |= {"uphold", "overturn"}
"""By what somebody has a part in what is appealed against."""
SAYS = {
    "child": sheltering.Assessment(Found.CHILD, "The file says so.", ("birth_date",)),
    "grown": sheltering.Assessment(Found.NOT_CHILD, "Her contract says forty.", ("signed_contract",)),
}
_COMPLAINTS = precondition(lambda self: self.right in COMPLAINTS)
_REPORTS = precondition(lambda self: self.right == Right.CHILD_ACCOUNT)


class Complaining:
    """Rules about complaints: looked into by one, answered by another."""

    right: Right
    investigator, findings, asked = "", 0, 0

    @rule(who=mostly("hal"))
    @_COMPLAINTS
    @likely(lambda self: not self.investigator)
    def take_complaint(self: Any, who: str) -> None:
        act = lambda by: looking.take(self.request_id, by=by, at=self.now)
        if self.attempt("take_complaint", who, act, not self.proposal):
            self.investigator = who

    def looks_into(self: Any, who: str) -> tuple[bool, bool]:
        """What has to hold before somebody writes something down."""
        return not self.proposal, self.investigator == who

    @rule(who=mostly("hal"), verdict=st.sampled_from(["justified", "not_justified", "not_established"]))
    @_COMPLAINTS
    @likely(lambda self: self.investigator and not self.proposal)
    def add_finding(self: Any, who: str, verdict: str) -> None:
        count = self.request().findings.count() + 1
        found = contesting.finding(verdict=verdict, reason=f"In week {count} and {self.now}: {contesting.REASON}")
        act = lambda by: looking.add_finding(self.request_id, found, by=by, at=self.now)
        if self.attempt("add_finding", who, act, *self.looks_into(who)):
            self.findings += 1

    @rule(who=mostly("hal"))
    @_COMPLAINTS
    @likely(lambda self: self.investigator and not self.proposal)
    def drop_finding(self: Any, who: str) -> None:
        last = self.request().findings.order_by("number").last()
        if last is None:
            return
        act = lambda by: looking.drop_finding(self.request_id, last.number, by=by, at=self.now)
        if self.attempt("drop_finding", who, act, *self.looks_into(who)):
            self.findings -= 1

    @rule(who=mostly("hal"))
    @_COMPLAINTS
    @likely(lambda self: self.investigator and not self.proposal)
    def enquire(self: Any, who: str) -> None:
        act = lambda by: looking.enquire(self.request_id, "The mail team", "Which list?", by=by, at=self.now)
        if self.attempt("enquire", who, act, *self.looks_into(who)):
            self.asked += 1

    @rule(who=mostly("hal"))
    @_COMPLAINTS
    @likely(lambda self: self.asked)
    def note_reply(self: Any, who: str) -> None:
        waits = self.request().enquirys.filter(replied_at=None).first()
        if waits is None:
            return
        act = lambda by: looking.note_reply(self.request_id, waits.number, "March.", by=by, at=self.now)
        if self.attempt("note_reply", who, act, *self.looks_into(who)):
            self.asked -= 1

    @rule(who=mostly("hal"))
    @_COMPLAINTS
    @likely(lambda self: self.findings and not self.asked)
    def propose_answer(self: Any, who: str) -> None:
        act = lambda by: answering.propose(self.request_id, contesting.ANSWER, by=by, at=self.now)
        whole = self.findings > 0, self.asked == 0
        if self.attempt("propose_answer", who, act, *self.looks_into(who), *whole):
            self.proposal, self.preparer = "answer", who

    @rule(who=mostly("vera"))
    @_COMPLAINTS
    @likely(lambda self: self.proposal == "answer")
    def answer_complaint(self: Any, who: str) -> None:
        act = lambda by: answering.answer(self.request_id, by=by, at=self.now)
        needs = self.proposal == "answer", self.preparer != who
        if self.attempt("answer_complaint", who, act, *needs):
            self.question = False

    @invariant()
    def no_outcome_without_findings(self: Any) -> None:
        """A complaint that was answered has findings, each with reasons, and its outcome is theirs."""
        request = self.request()
        if request.right not in COMPLAINTS or request.state != State.CLOSED or request.outcome == "withdrawn":
            return
        verdicts = set(request.findings.exclude(reason_sealed=None).values_list("verdict", flat=True))
        assert verdicts
        assert (request.outcome == "justified") == (verdicts == {"justified"})
        assert not request.enquirys.filter(replied_at=None).exists()


class Appealing:
    """Rules about appeals: against what was not answered in full, decided by two who had no part in it."""

    appeal_id: UUID | None = None
    ruling, rules_first, appealed, number = "", "", False, 1

    def is_open(self: Any) -> bool:
        """Whether an appeal waits to be decided."""
        return self.appeal_id is not None

    def may_appeal(self: Any) -> tuple[bool, ...]:
        """What has to hold before somebody appeals."""
        parent = self.request()
        last = reckoning.appeal_until(parent)
        return (
            parent.state == State.CLOSED and parent.outcome in UNANSWERED,
            not self.is_open() and not self.appealed,
            last is not None and self.now.date() <= last,
            self.right != Right.AUTOMATED_DECISION_REVIEW or not self.ended or self.number > 1,
        )

    @rule(who=mostly("person"))
    @likely(lambda self: self.may_appeal()[0])
    def appeal(self: Any, who: str) -> None:
        act = lambda by: appeals.file(self.request_id, "Look again.", by=by, at=self.now)
        if self.attempt("appeal", who, act, *self.may_appeal()):
            found = SubjectRequest.objects.exclude(state=State.CLOSED).get(about=self.request_id)
            self.appeal_id, self.ruling, self.rules_first = found.pk, "", ""

    def tried(self: Any, verb: str, who: str, act: Any, *needs: bool) -> bool:
        """Try a move on the appeal, and hold it against the table as for any other request."""
        parent, right, self.request_id, self.right = self.request_id, self.right, self.appeal_id, Right.APPEAL
        try:
            return bool(self.attempt(verb, who, act, *needs))
        finally:
            self.request_id, self.right = parent, right

    @rule(who=mostly("ines", COURT), ruling=st.sampled_from(["upheld", "partly_overturned", "overturned"]))
    @precondition(lambda self: self.appeal_id is not None)
    def propose_ruling(self: Any, who: str, ruling: str) -> None:
        act = lambda by: appeals.propose(self.appeal_id, ruling, contesting.WHY, by=by, at=self.now)
        if self.tried("propose_ruling", who, act, not self.ruling, who not in self.took_part):
            self.ruling, self.rules_first = ruling, who

    @rule(who=mostly("olga", COURT), sure=st.integers(0, 2))
    @precondition(lambda self: self.appeal_id is not None)
    def send_ruling_back(self: Any, who: str, sure: int) -> None:
        if sure:
            return
        act = lambda by: review.send_back(self.appeal_id, "Look again.", by=by, at=self.now)
        if self.tried("send_back", who, act, bool(self.ruling)):
            self.ruling = self.rules_first = ""

    @rule(who=mostly("olga", COURT))
    @precondition(lambda self: self.appeal_id is not None)
    def decide_appeal(self: Any, who: str) -> None:
        act = lambda by: appeals.decide(self.appeal_id, by=by, at=self.now)
        needs = bool(self.ruling), self.rules_first != who, who not in self.took_part
        if self.tried("decide_appeal", who, act, *needs):
            won, self.appeal_id = self.ruling != "upheld", None
            parent = self.request()
            assert (parent.state == State.CLOSED) == (not won)
            self.appealed = not won
            if won:
                self.taken_up(parent)

    def taken_up(self: Any, parent: SubjectRequest) -> None:
        """What we know of a request anew, once an appeal against it was won."""
        self.proposal = self.preparer = self.argued_by = ""
        self.searched = self.answered = self.question = False
        self.lapsed = False
        if self.right == Right.AUTOMATED_DECISION_REVIEW:
            self.reviewer, self.whole, self.heard, self.number = "", False, True, self.number + bool(self.ended)
            self.ended = ""

    @rule(sure=st.integers(0, 2))
    @precondition(lambda self: self.appeal_id is not None)
    def withdraw_appeal(self: Any, sure: int) -> None:
        if sure:
            return
        act = lambda by: review.withdraw(self.appeal_id, by=by, at=self.now)
        if self.tried("withdraw", "person", act):
            self.appeal_id = None

    @invariant()
    def appeals_are_decided_by_two_others(self: Any) -> None:
        """Whoever proposed or gave a ruling is not the other, and decided nothing of what it is against before."""
        for appeal in SubjectRequest.objects.filter(about=self.request_id, right=Right.APPEAL):
            hands = {appeal.prepared_by_id, appeal.approved_by_id} - {None}
            assert appeal.approved_by_id is None or len(hands) == 2
            before = Event.objects.filter(request=self.request_id, verb__in=DECIDES, at__lt=appeal.received_at)
            assert not hands & {int(each) for each in before.values_list("actor_id", flat=True) if each}
            assert (appeal.state == State.CLOSED) == bool(appeal.outcome)


class Finding:
    """Rules about a reported account: what one says of it, what takes two, and that the report says nothing."""

    right: Right
    sought, counted, said, settled = False, False, "", False

    @rule(who=mostly("hal"))
    @_REPORTS
    @likely(lambda self: not self.counted)
    def find_account(self: Any, who: str) -> None:
        act = lambda by: sheltering.find_account(self.request_id, by=by, at=self.now, account=builders.ADA)
        if self.attempt("find_account", who, act, not self.settled, not self.proposal):
            self.sought, self.counted = True, False

    @rule(who=mostly("hal"), says=st.sampled_from(sorted(SAYS)))
    @_REPORTS
    @likely(lambda self: self.counted and not self.proposal)
    def assess_age(self: Any, who: str, says: str) -> None:
        act = lambda by: sheltering.assess(self.request_id, SAYS[says], by=by, at=self.now)
        needs = not self.settled, not self.proposal, self.sought, self.counted
        if self.attempt("assess_age", who, act, *needs):
            self.said, self.settled = says, says == "child"
            if says == "grown":
                self.proposal, self.preparer = "refuse", who

    @rule(who=mostly("vera"))
    @_REPORTS
    @likely(lambda self: self.proposal)
    def confirm_age(self: Any, who: str) -> None:
        act = lambda by: sheltering.confirm(self.request_id, by=by, at=self.now)
        if self.attempt("confirm_age", who, act, not self.settled, bool(self.proposal), self.preparer != who):
            self.settled = True

    @rule(who=mostly("vera"))
    @_REPORTS
    @likely(lambda self: self.proposal)
    def weigh_age_anew(self: Any, who: str) -> None:
        act = lambda by: sheltering.weigh_anew(self.request_id, "Look at more.", by=by, at=self.now)
        if self.attempt("weigh_age_anew", who, act, not self.settled, bool(self.proposal)):
            self.proposal = self.preparer = self.said = ""

    @invariant()
    def nobody_lets_a_childs_account_stand_alone(self: Any) -> None:
        """What lets an account stand took two, what shuts it is final, and the report ends in one way alone."""
        if self.right != Right.CHILD_ACCOUNT:
            return
        age = AgeFinding.objects.filter(request=self.request_id).first()
        assert (age is not None and age.final_at is not None) == self.settled
        if age is not None and age.final_at is not None and age.found != Found.CHILD:
            assert age.confirmed_by_id not in (None, age.found_by_id)
        request = self.request()
        assert request.outcome in ("", "fulfilled")
        assert request.state != State.CLOSED or self.settled
