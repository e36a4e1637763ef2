"""Hypothesis drives time under every law that ships: nothing the law forbids is ever reached, and the reason is told.

What the law allows is counted here once more from its rows, day by day, without the code that is under test.
"""

# ruff: noqa: PT017 - each rule is one act, tried by somebody; what is raised is what is looked at

import calendar
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dsr.deadlines import local_date
from dsr.errors import RecourseError, Unlawful
from dsr.lifecycle import State
from dsr.models import Deadline, DeadlineKind, Event, SubjectRequest
from dsr.policies import Caller
from dsr.rules import Regime, pack
from dsr.services import review, threads, timing
from dsr.services._moves import open_moves
from notifications.models import Message
from tests import builders, organisation
from tests.properties.driving import PATIENCE, drive

DAY = timedelta(days=1)
RECEIVED = date(2026, 3, 5)
LAWS = sorted(row.id for row in pack().regimes if row.window.covers(RECEIVED) and row.knows("access", RECEIVED))
RICH = ("eu_gdpr", "uk_gdpr", "us_ca_ccpa", "ch_fadp")
"""Laws that pause, charge, put off and refuse in ways of their own: tried more often than the others."""
PAUSES = ("exclude_inclusive", "toll", "start_later")


def counted(regime: Regime, n: int, unit: str, still: set[date], begun: date = RECEIVED) -> date:
    """The last day of a period from the day on which it began, by walking through the calendar."""
    still = {day for day in still if day >= begun}
    rule = regime.answer_rule("access")
    if unit == "business_day":
        day = begun
        while n:
            day += DAY
            n -= regime.working.is_working(day) and day not in still
    elif unit == "month":
        year, month = divmod(begun.month - 1 + n, 12)
        year, month = begun.year + year, month + 1
        day = date(year, month, min(begun.day, calendar.monthrange(year, month)[1])) + len(still) * DAY
    else:
        day = begun + (n + len(still)) * DAY
    while rule.roll == "next" and not regime.working.is_working(day):
        day += DAY
    return day


class LawfulTime(RuleBasedStateMachine):
    """One access request under one law."""

    tried: Counter[tuple[str, str]] = Counter()
    """How often each move was made, and how often a law forbade it: a run in which nothing happens proves nothing."""

    @initialize(law=st.sampled_from(LAWS) | st.sampled_from(RICH), waited=st.sampled_from([0, 0, 3, 25, 50, 100]))
    def arrive(self, law: str, waited: int) -> None:
        """Ada's request is at the desk, and Hal has found which law applies."""
        self.now = datetime(2026, 3, 5, 18, 30, tzinfo=UTC)
        organisation.desk(Path(mkdtemp()), self.now)
        self.hal, self.vera = builders.hal(), builders.vera()
        self.id = builders.in_review(at=self.now).pk
        timing.change_laws(self.id, [law], "She lives there.", by=self.hal, at=self.now)
        self.regime = pack().regime(law, RECEIVED)
        self.rule = self.regime.answer_rule("access")
        self.asked: date | None = None
        self.spans: list[tuple[date, date]] = []
        self.extensions = 0
        self.charged, self.begun = False, RECEIVED
        self.now += waited * DAY

    # --- What the law says, counted here ---

    def today(self) -> date:
        """The day at the controller's seat."""
        return local_date(self.now, self.request().submission.zone)

    def still(self, *, guided: bool = True) -> set[date]:
        """Days on which the clock stood still."""
        pause = self.regime.pause_for("clarification", "access")
        if pause is None or pause.mode not in PAUSES or (pause.mode == "toll" and not guided):
            return set()
        first = 1 if pause.mode == "toll" else 0
        spans = [*self.spans, *([(self.asked, self.today())] if self.asked else [])]
        return {start + n * DAY for start, end in spans for n in range(first, (end - start).days + 1)}

    def first_end(self, *, guided: bool = True) -> date:
        """The last day of the first period."""
        return counted(self.regime, self.rule.n, self.rule.unit, self.still(guided=guided), self.begun)

    def longest(self) -> date | None:
        """How far the answer can be put off, None for no bound."""
        longer = self.regime.extension_for("access")
        assert longer is not None
        if longer.n is None:
            return None
        assert longer.unit == self.rule.unit, "count a law of mixed units here too"
        return counted(self.regime, self.rule.n + longer.n, self.rule.unit, self.still(), self.begun)

    # --- What people try ---

    def attempt(self, verb: str, act: Callable[[], Any]) -> bool:
        """Try a move. A law that forbids it names its rule, says the same when asked before, and changes nothing."""
        self.now += timedelta(minutes=1)
        offered = {move.verb: move for move in open_moves(self.request(), self.hal, self.now)}
        before, letters = self.request().version, self.letters()
        try:
            act()
        except Unlawful as error:
            assert error.rule.startswith(f"{self.regime.id}/")
            assert error.source
            assert (self.request().version, self.letters()) == (before, letters)
            self.tried[verb, "forbidden"] += 1
            if verb in offered and not offered[verb].allowed:
                assert (offered[verb].because, offered[verb].rule) == (error.sentence, error.rule)
            return False
        except RecourseError:
            assert self.request().version == before
            return False
        self.tried[verb, "made"] += 1
        return True

    @rule(days=st.integers(1, 12) | st.integers(20, 60))
    def wait(self, days: int) -> None:
        """Time goes by."""
        self.now += days * DAY

    @rule(later=st.none() | st.integers(-5, 120))
    def extend(self, later: int | None) -> None:
        """Hal puts the answer off, as long as the law allows or to a day of his choice."""
        until = None if later is None else self.request().due_on + later * DAY
        longer = self.regime.extension_for("access")
        ground = longer.grounds[0].id if longer else "complexity"
        letters, latest = self.letters("extended"), self.first_end(guided=False)
        longest = self.longest() if longer else None
        act = lambda: timing.extend(self.id, ground, "It is a lot.", until, by=self.hal, at=self.now)  # noqa: E731
        if not self.attempt("extend", act):
            return
        assert longer is not None, "this law knows no extension"
        self.extensions += 1
        assert self.extensions <= longer.times
        assert self.today() <= latest, "told after the last day"
        reached = self.request().last_on
        assert reached is not None
        assert longest is None or reached <= longest, "beyond the cap"
        assert self.letters("extended") == letters + 1, "told nobody"

    @rule(ground=st.sampled_from(["because", "", "third_party_rights"]))
    def extend_on_an_invented_ground(self, ground: str) -> None:
        """A ground that the law does not know is none."""
        with pytest.raises(RecourseError):
            timing.extend(self.id, ground, "It is a lot.", by=self.hal, at=self.now)

    @rule()
    def clarify(self) -> None:
        """Hal asks what is meant, to stop the clock."""
        pause, due = self.regime.pause_for("clarification", "access"), self.request().last_on
        questions = self.letters("question")
        if not self.attempt("clarify", lambda: timing.clarify(self.id, "Which years?", by=self.hal, at=self.now)):
            return
        assert pause is not None
        assert pause.mode in PAUSES, "this law's clock runs on"
        assert self.asked is None, "one question is open"
        assert due is not None
        assert self.extensions or self.today() <= self.first_end(), "nothing is gained after the date"
        assert self.letters("question") == questions + 1
        self.asked = self.today()

    @rule()
    def answer(self) -> None:
        """Ada answers, or writes."""
        self.now += timedelta(minutes=1)
        if self.request().state == State.CLOSED:
            return
        threads.write_from_person(self.id, "All of them.", by=Caller.person(), at=self.now)
        if self.asked is not None:
            self.spans.append((self.asked, self.today()))
            self.asked = None

    @rule()
    def charge(self) -> None:
        """Hal asks for a fee."""
        fee = self.regime.fee
        told = self.letters("fee_told")
        act = lambda: timing.tell_fee(self.id, "120 CHF", "It is the third copy.", by=self.hal, at=self.now)  # noqa: E731
        if self.attempt("tell_fee", act):
            assert fee is not None
            assert fee.may_charge
            assert self.letters("fee_told") == told + 1
            timing.waive_fee(self.id, by=self.hal, at=self.now)
            self.charged = True
            pause = self.regime.pause_for("fee", "access")
            if pause is not None and pause.mode == "start_later":
                self.begun = self.today()  # the law counts from the day on which the fee is settled

    @rule(wrong=st.sampled_from([False, False, True]))
    def refuse(self, wrong: bool) -> None:
        """Hal proposes to refuse and Vera refuses, in the way that fits the day or in the other."""
        rule_ = self.regime.clock_rule("refuse", "access") or self.rule
        last = counted(self.regime, rule_.n, rule_.unit, self.still())
        late = (self.today() > last and not rule_.policy) != wrong
        if self.request().proposal != "refuse" and not self.attempt("propose_refusal", self._propose):
            return
        sent = self.letters("refused")
        how = review.refuse_late if late else review.refuse
        more = ("It took us too long.",) if late else ()
        verb = "refuse_late" if late else "refuse"
        if not self.attempt(verb, lambda: how(self.id, *more, by=self.vera, at=self.now)):
            return
        if not (self.charged or self.extensions or rule_.policy):
            assert (self.today() > last) == late, (self.today(), last)
        assert self.letters("refused") == sent + 1
        letter = builders.letters_to(self.request().submission, "refused")[-1]
        assert letter.late == late

    def _propose(self) -> None:
        review.propose_refusal(self.id, "third_party_rights", "It names others.", by=self.hal, at=self.now)
        builders.argue(self.request(), self.now, by=self.hal)

    @rule(sure=st.integers(0, 20))
    def withdraw(self, sure: int) -> None:
        """Ada takes it back, paused or not, and is told."""
        if sure:
            return
        closed = self.letters("closed")
        if self.attempt("withdraw", lambda: review.withdraw(self.id, by=self.hal, at=self.now)):
            assert self.letters("closed") == closed + 1

    # --- What must hold at all times ---

    @invariant()
    def promise_is_lawful(self) -> None:
        """What is promised is never later than what is lawful, and the row agrees with the request."""
        if not hasattr(self, "id"):
            return
        request = self.request()
        assert request.last_on is not None
        assert request.due_on <= request.last_on
        rows = Deadline.objects.filter(request=request, kind=DeadlineKind.RESPOND, done_at=None)
        if request.state != State.CLOSED:
            assert [row.due_at for row in rows] == [request.due_at]

    @invariant()
    def every_promise_that_moved_was_told(self) -> None:
        """Each move of a promised date has a letter that tells it."""
        if not hasattr(self, "id"):
            return
        moved = Event.objects.filter(request_id=self.id, verb="dates_moved").count()
        told = sum(self.letters(kind) for kind in ("extended", "dates_moved", "question", "received", "fee_told"))
        assert moved <= told

    def request(self) -> SubjectRequest:
        """The request as it is now."""
        return SubjectRequest.objects.select_related("submission__data_key").get(pk=self.id)

    def letters(self, kind: str = "") -> int:
        """How many letters to the person there are, of one kind or of all."""
        found = Message.objects.filter(about=self.request().submission_id)
        return found.filter(kind=kind).count() if kind else found.count()


@pytest.mark.timeout(PATIENCE)
@pytest.mark.django_db(transaction=True)
def test_no_sequence_of_moves_reaches_what_the_law_forbids():
    LawfulTime.tried.clear()

    drive(LawfulTime, examples=50, steps=15)

    verbs = {verb for verb, _what in LawfulTime.tried}
    assert verbs >= {"extend", "clarify", "refuse"}, LawfulTime.tried
    assert {what for _verb, what in LawfulTime.tried} == {"made", "forbidden"}, LawfulTime.tried


def test_every_law_that_can_govern_an_access_request_is_driven():
    assert {"eu_gdpr", "uk_gdpr", "us_ca_ccpa", "ca_qc", "ch_fadp", "us_va", "default"} <= set(LAWS)
