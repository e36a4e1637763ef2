"""What can happen to a request, drawn at random: under every law that ships, and under some that are invented."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import strategies as st

from dsr.rules import ClockEvent, EventKind, Regime
from dsr.rules.happened import ASKED, GIVEN
from dsr.rules.words import PauseEvent
from tests.unit.rules.laws import A_MONTH, ENGLAND, THIRTY_DAYS, TWO_MONTHS_MORE, eu_like, law, uk_like
from tests.unit.rules.packs import shipped

_BUSINESS = {"id": "respond", "kind": "respond", "n": 15, "unit": "business_day"}
_EVERY_STOP = {"identity": "start_later", "clarification": "exclude_inclusive", "fee": "toll"}
INVENTED = (
    eu_like(),
    uk_like(),
    law(A_MONTH, extension=TWO_MONTHS_MORE, pauses=_EVERY_STOP),
    law({**A_MONTH, "inclusive": True}, extension=TWO_MONTHS_MORE, pauses=_EVERY_STOP),
    law(
        {**THIRTY_DAYS, "safe": "day_before"},
        extension={"n": 60, "unit": "day", "max_total_days": 75},
        pauses=_EVERY_STOP,
    ),
    law({**THIRTY_DAYS, "inclusive": True}, extension={"unit": "day"}, pauses={"clarification": "exclude_inclusive"}),
    law({**_BUSINESS, "safe": "no_holidays"}, extension={"n": 10, "unit": "business_day"}, pauses=_EVERY_STOP),
    law(_BUSINESS, extension={"n": 1, "unit": "month"}, pauses={"clarification": "toll", "fee": "exclude_inclusive"}),
    law(A_MONTH, extension={"n": 10, "unit": "day", "times": 2}, pauses=_EVERY_STOP, calendar=ENGLAND),
)
"""Laws whose clocks stop in every way, which few of those that ship do."""


@dataclass(frozen=True)
class Case:
    """A right under a law, and what happened to a request for it, in order."""

    regime: Regime
    right: str
    events: tuple[ClockEvent, ...]

    @property
    def received(self) -> date:
        """The day of receipt."""
        return self.events[0].on


@st.composite
def rights(draw: st.DrawFn) -> tuple[Regime, str]:
    """A law, half of the time one that ships, and a right that it knows."""
    if draw(st.booleans()):
        return draw(st.sampled_from(INVENTED)), "access"
    row = draw(st.sampled_from(shipped().regimes))
    return row, draw(st.sampled_from(row.rights)).right


def that_can_be_put_off() -> st.SearchStrategy[tuple[Regime, str]]:
    """A law that ships, and a right the answer to which it lets be put off."""
    pairs = [(row, known.right) for row in shipped().regimes for known in row.rights if row.extension_for(known.right)]
    return st.sampled_from(pairs)


def days(first: date, last: date) -> st.SearchStrategy[date]:
    """Any day, and more often the ends of months, the turns of the year and leap days."""
    inside = [date(year, month, day) for year in range(first.year, last.year + 1) for month, day in _AWKWARD]
    leap = [date(year, 2, 29) for year in range(first.year, last.year + 1) if year % 4 == 0]
    awkward = [day for day in (*inside, *leap) if first <= day <= last]
    return st.one_of(st.dates(first, last), st.sampled_from(awkward)) if awkward else st.dates(first, last)


_PAIRS = tuple((ask, give) for ask, what in ASKED.items() for give, of in GIVEN.items() if what == of)
_AWKWARD = ((1, 29), (1, 30), (1, 31), (2, 28), (3, 31), (8, 31), (11, 30), (12, 24), (12, 31))


def receipts(regime: Regime, right: str) -> st.SearchStrategy[date]:
    """The days on which the law gives the right to somebody, within reach of the holiday tables."""
    opens = max(regime.window.opens, regime.known_right(right).opens or date.min, date(2018, 1, 1))
    closes = min(regime.window.closes or date.max, max(date(2033, 12, 31), opens + timedelta(days=400)))
    return days(opens, closes)


@st.composite
def cases(draw: st.DrawFn, *, ends: bool = True, chooses: bool = True, once: bool = False, asks: bool = False) -> Case:
    """A request with a history that can have happened, lawful or not.

    Without ``ends`` nothing is decided, unless it ``chooses`` no extension names a day, and ``once`` is how often there
    is one: of two, it hangs on what came before whether the first is lawful and so the second is not. With ``asks`` the
    first thing is a question that does not begin the clock, and the second its answer.
    """
    regime, right = draw(rights())
    received = draw(receipts(regime, right))
    kinds = [kind for kind in EventKind if kind is not EventKind.RECEIVED]
    if not ends:
        kinds = [kind for kind in kinds if kind in ASKED or kind in GIVEN or kind is EventKind.EXTENDED]
    events, on, still = [ClockEvent(EventKind.RECEIVED, received)], received, set[str]()
    drawn: list[tuple[EventKind, int]] = draw(
        st.lists(st.tuples(st.sampled_from(kinds), st.integers(0, 45)), max_size=8)
    )
    if asks:
        whats = [what for what in ASKED.values() if not begins(regime, right, what)]
        asked, given = draw(st.sampled_from([pair for pair in _PAIRS if ASKED[pair[0]] in whats]))
        first: list[tuple[EventKind, int]] = [(asked, draw(st.integers(0, 45))), (given, draw(st.integers(0, 45)))]
        drawn = [*first, *drawn]
    for kind, gap in drawn:
        if (ASKED.get(kind) in still) or (kind is EventKind.CLARIFICATION_GIVEN and "clarification" not in still):
            continue
        if once and kind is EventKind.EXTENDED and any(event.kind is kind for event in events):
            continue
        on += timedelta(days=gap)
        still = (still | {ASKED[kind]}) if kind in ASKED else still - {GIVEN.get(kind, "")}
        until = None
        if chooses and kind is EventKind.EXTENDED and draw(st.booleans()):
            until = on + timedelta(days=draw(st.integers(0, 90)))
        events.append(ClockEvent(kind, on, until))
    return Case(regime, right, tuple(events))


def begins(regime: Regime, right: str, what: PauseEvent) -> bool:
    """Whether the answer to this question is what the clock begins with."""
    rule = regime.pause_for(what, right)
    return rule is not None and rule.mode == "start_later"


def unbroken(spans: list[tuple[date, date]]) -> bool:
    """Whether runs of days follow each other without a gap and without an overlap."""
    return all((after[0] - before[1]).days == 1 for before, after in pairwise(spans))
