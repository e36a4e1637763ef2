"""Hypothesis drives what people disagree about: the machine of the lifecycle, with all that can be said against it."""

# ruff: noqa: E731 - each rule is one act, tried by somebody

from collections.abc import Callable
from inspect import getmembers, isfunction
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RULE_MARKER, initialize, invariant, precondition, rule

from dsr.lifecycle import COPIED, SEARCHED, State
from dsr.models import Customer, Referral
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import referring, review
from dsr.services.redaction import marking
from dsr.services.referring import Elsewhere
from notifications.ids import uuid7
from tests import builders, contesting
from tests.properties.disputing import DECIDES, Appealing, Complaining, Finding, likely, mostly
from tests.properties.driving import PATIENCE, drive
from tests.properties.test_lifecycle_machine import Lifecycle

DIRECTED = "Another organisation decides about these data; their notice says how they are reached."
_SEARCHED = precondition(lambda self: self.right in SEARCHED)
_COPIED = precondition(lambda self: self.right in COPIED)


class Directing:
    """Rules about the wrong door: part of it or all of it, and the word of whoever it is."""

    @rule(who=mostly("hal"), named=st.booleans())
    @_SEARCHED
    @likely(lambda self: not self.proposal and self.searched)
    def refer(self: Any, who: str, named: bool) -> None:
        where = Elsewhere(self.customer.pk, "named") if named else Elsewhere()
        act = lambda by: review.refer(self.request_id, where, by=by, at=self.now)
        if self.attempt("refer", who, act, not self.proposal):
            self.words_awaited += named

    @rule(who=mostly("vera"), sure=st.integers(0, 2))
    @_SEARCHED
    @likely(lambda self: self.searched)
    def redirect(self: Any, who: str, sure: int) -> None:
        if sure:
            return
        where = Elsewhere(self.customer.pk, "named")
        act = lambda by: review.redirect(self.request_id, DIRECTED, where, by=by, at=self.now)
        if self.attempt("redirect", who, act, not self.begun()):
            self.words_awaited, self.question = self.words_awaited + 1, False

    @rule(who=mostly("hal"))
    @_SEARCHED
    def referral_answered(self: Any, who: str) -> None:
        line = Referral.objects.filter(request=self.request_id, customer__isnull=False).order_by("confirmed_at").last()
        if line is None:
            return
        act = lambda by: referring.answered(self.request_id, line.pk, by=by, at=self.now)
        if self.attempt("referral_answered", who, act, line.confirmed_at is None):
            self.words_awaited -= 1

    @invariant()
    def register_is_whole(self: Any) -> None:
        """Each who was directed somewhere has a line, and whoever was told has a day."""
        lines = Referral.objects.filter(request=self.request_id)
        assert lines.filter(customer__isnull=False, confirmed_at=None).count() == self.words_awaited
        assert (self.request().outcome != "redirected") or lines.exists()
        assert not lines.filter(customer__isnull=False, due_on=None).exists()


class Redacting:
    """Rules about what is taken out because it is about others: marked by one, looked over by another."""

    @rule(who=mostly("hal"))
    @_COPIED
    @likely(lambda self: len(self.marks) < 3)
    def mark(self: Any, who: str) -> None:
        passage = f"Grace Hopper {len(self.marks)}"
        wanted = marking.Marking("text", "name", "third_party_rights", "She rang for Ada.", passage=passage)
        act = lambda by: marking.mark(self.request_id, wanted, by=by, at=self.now)
        if self.attempt("mark", who, act, self.searched, not self.proposal):
            row = self.request().marks.latest("id")
            self.marks[row.pk] = (who, False)

    @rule(who=mostly("vera"))
    @_COPIED
    @likely(lambda self: any(not seen for _by, seen in self.marks.values()))
    def look_over(self: Any, who: str) -> None:
        theirs = [pk for pk, (by, seen) in self.marks.items() if not seen and by != who]
        act = lambda by: marking.look_over(self.request_id, by=by, at=self.now)
        if self.attempt("look_over", who, act, bool(theirs)):
            self.marks |= {pk: (self.marks[pk][0], True) for pk in theirs}

    @rule(who=mostly("hal"))
    @_COPIED
    @likely(lambda self: len(self.marks) > 1)
    def unmark(self: Any, who: str) -> None:
        if not self.marks:
            return
        one = next(iter(self.marks))
        act = lambda by: marking.unmark(self.request_id, one, by=by, at=self.now)
        if self.attempt("unmark", who, act, not self.proposal):
            del self.marks[one]

    @invariant()
    def nothing_is_released_with_marks_unseen(self: Any) -> None:
        """What was approved was looked over by somebody who did not mark it; the counts are those of the marks."""
        request = self.request()
        unseen = request.marks.filter(state="marked", looked_at=None)
        assert request.marks_unseen == unseen.count() == sum(not seen for _by, seen in self.marks.values())
        assert request.marks_standing == len(self.marks)
        for row in request.marks.exclude(looked_by=None):
            assert row.looked_by_id != row.by_id
        if request.approved_at is not None and request.state in (State.FULFILLING, State.READY):
            assert not unseen.exists()


def _not_drawn(act: Callable[..., None]) -> Callable[..., None]:
    """Return what a rule does, as a method that is no rule."""

    def method(self: Any, *given: Any, **named: Any) -> None:
        act(self, *given, **named)

    return method


class Disputes(Complaining, Appealing, Finding, Directing, Redacting, Lifecycle):
    """One request, and what can be said against how it is dealt with. Which rules are drawn, each machine says."""

    RIGHTS: ClassVar[tuple[Right, ...]] = ()
    BESIDES: ClassVar[frozenset[str]] = frozenset()
    """Rules of the machine of the lifecycle that are drawn, too; that machine draws all of them for every right."""
    OWN: ClassVar[tuple[type, ...]] = ()

    def __init_subclass__(cls) -> None:
        """Have only those rules drawn that a machine names; the others stay as they are, to be called."""
        super().__init_subclass__()
        drawn = {name for part in cls.OWN for name in vars(part)} | cls.BESIDES
        for name, each in getmembers(cls, isfunction):
            if hasattr(each, RULE_MARKER) and name not in drawn:
                setattr(cls, name, _not_drawn(each))

    @initialize(data=st.data(), ahead=st.integers(0, 3))
    def file(self, data: st.DataObject, ahead: int) -> None:
        """Ada files; most runs begin further on."""
        right = data.draw(st.sampled_from(self.RIGHTS))
        self.marks: dict[UUID, tuple[str, bool]] = {}
        self.took_part: set[str] = set()
        self.words_awaited, self.appeal_id, self.appealed, self.ruling = 0, None, False, ""
        self.investigator, self.findings, self.asked = "", 0, 0
        self.sought, self.counted, self.said, self.settled = False, False, "", False
        self.linked, self.whole, self.heard, self.ended = False, False, False, ""
        self.reviewer, self.first, self.number = "", "", 1
        super().file(right, "searched")
        self.callers |= {"ines": contesting.ines(), "olga": contesting.olga()}
        names = {"id": uuid7(self.now), "contact": "privacy@parcel.example", "since": self.now}
        self.customer = Customer.objects.get_or_create(name="Blue Parcel", defaults=names)[0]
        if ahead:
            self.go_ahead()

    def go_ahead(self) -> None:
        """Bring the request to where there is something to say against it."""

    def attempt(self, verb: str, who: str, act: Callable[[Caller], Any], *needs: bool) -> bool:
        """Try a move; whoever decides something has a part in it from then on."""
        if verb == "approve":
            needs = (*needs, all(seen for _by, seen in self.marks.values()))
        done = super().attempt(verb, who, act, *needs)
        if done and verb in DECIDES and self.right != Right.APPEAL:
            self.took_part.add(who)
        return done

    def is_at_the_desk(self) -> bool:
        """Whether somebody decides on it now."""
        return bool(self.request().state == State.IN_REVIEW)

    @rule(who=mostly("hal"))
    @likely(lambda self: self.searched and not self.proposal and self.is_at_the_desk())
    def prepare(self, who: str) -> None:
        """Somebody proposes to do as asked."""
        super().prepare(who)

    @rule(who=mostly("vera"))
    @likely(lambda self: self.proposal == "release" and self.is_at_the_desk())
    def approve(self, who: str) -> None:
        """Somebody approves what was proposed."""
        super().approve(who)

    @rule(who=mostly("vera"))
    @likely(lambda self: self.now.second % 3 == 0 and self.proposal and self.is_at_the_desk())
    def send_back(self, who: str) -> None:
        """Somebody sends back what was proposed."""
        super().send_back(who)

    @rule(who=mostly("hal"))
    @likely(lambda self: not self.proposal and self.is_at_the_desk())
    def propose_refusal(self, who: str) -> None:
        """Somebody proposes to refuse it."""
        super().propose_refusal(who)

    @rule(who=mostly("hal"))
    @likely(lambda self: self.proposal == "refuse" and self.is_at_the_desk())
    def argue(self, who: str) -> None:
        """Somebody says what proves it."""
        super().argue(who)

    @rule(who=mostly("vera"))
    @likely(lambda self: self.proposal == "refuse" and self.is_at_the_desk())
    def refuse(self, who: str) -> None:
        """Somebody refuses what was proposed."""
        super().refuse(who)

    @rule()
    def work(self) -> None:
        """The workers catch up, and the account is counted that somebody had looked for."""
        super().work()
        self.counted = self.sought

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        """Days pass while the workers run."""
        super().wait(days)
        self.counted = self.sought


class Complaints(Disputes):
    """Complaints, from the first finding to the appeal against the answer."""

    RIGHTS = (Right.COMPLAINT, Right.BCR_COMPLAINT)
    OWN = (Complaining, Appealing)
    BESIDES = frozenset({"withdraw", "send_back", "wait"})

    def go_ahead(self) -> None:
        """Hal has taken it on and knows of one point."""
        for act in (self.take_complaint, self.add_finding):
            act("hal", *(["not_justified"] if act == self.add_finding else []))


class Reports(Disputes):
    """Reports of a child's account."""

    RIGHTS = (Right.CHILD_ACCOUNT,)
    OWN = (Finding,)
    BESIDES = frozenset({"withdraw", "wait", "work"})

    def go_ahead(self) -> None:
        """Hal had the account looked for, and it was counted."""
        self.find_account("hal")
        self.work()


class Refusals(Disputes):
    """What was searched and refused, directed elsewhere or released without what is about others."""

    RIGHTS = (Right.ACCESS, Right.PORTABILITY, Right.DELETION, Right.CORRECTION)
    OWN = (Appealing, Directing)
    BESIDES = frozenset({"prepare", "approve", "propose_refusal", "argue", "refuse", "send_back", "work", "wait"})
    BESIDES |= {"confirm_erasure", "decide_item"}

    def go_ahead(self) -> None:
        """Hal proposed to refuse it, Dora did, and Ada appeals; Hal would rule on that himself."""
        builders.refused(self.request(), self.now, self.ground, reason="It has to be so.")
        self.took_part = {"hal"}
        self.appeal("person")
        self.propose_ruling("hal", "upheld")


class Copies(Disputes):
    """What is handed over without what is about others."""

    RIGHTS = (Right.ACCESS, Right.PORTABILITY)
    OWN = (Redacting,)
    BESIDES = frozenset({"prepare", "approve", "send_back", "work", "retry_system", "reissue"})

    def go_ahead(self) -> None:
        """Hal marked something and proposes to release it; Vera would, although nobody looked at the mark."""
        for act, who in ((self.mark, "hal"), (self.prepare, "hal"), (self.approve, "vera")):
            act(who)


@pytest.mark.timeout(PATIENCE)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("machine", [Complaints, Reports, Refusals, Copies])
def test_no_dispute_leaves_the_machine(machine: type[Disputes]) -> None:
    drive(machine, examples=4, steps=40)
