"""What has happened to a request, as far as a clock cares: on which day, and which questions are open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from dsr.deadlines import local_date
from dsr.rules.words import PauseEvent


class EventKind(StrEnum):
    """What can happen to a request that a clock may care about."""

    RECEIVED = "received"
    IDENTITY_ASKED = "identity_asked"
    IDENTITY_GIVEN = "identity_given"
    CLARIFICATION_ASKED = "clarification_asked"
    CLARIFICATION_GIVEN = "clarification_given"
    FEE_TOLD = "fee_told"
    FEE_PAID = "fee_paid"
    EXTENDED = "extended"
    REDIRECTED = "redirected"
    DECIDED = "decided"
    APPEALED = "appealed"


ASKED: dict[EventKind, PauseEvent] = {
    EventKind.IDENTITY_ASKED: "identity",
    EventKind.CLARIFICATION_ASKED: "clarification",
    EventKind.FEE_TOLD: "fee",
}
GIVEN: dict[EventKind, PauseEvent] = {
    EventKind.IDENTITY_GIVEN: "identity",
    EventKind.CLARIFICATION_GIVEN: "clarification",
    EventKind.FEE_PAID: "fee",
}

_ANSWERS = (EventKind.DECIDED, EventKind.REDIRECTED)
_ENDS = (*_ANSWERS, EventKind.APPEALED)
"""After these the answer is given, or no longer waited for."""


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """Something that happened, on a day in the controller's own time zone.

    ``until`` is the new date that an extension told; without it the extension is as long as the law allows.
    ``regimes`` are the laws that an extension was made under; none named means all.
    """

    kind: EventKind
    on: date
    until: date | None = None
    regimes: tuple[str, ...] = ()

    @classmethod
    def at(
        cls,
        kind: EventKind,
        instant: datetime,
        zone: str,
        *,
        until: date | None = None,
        regimes: tuple[str, ...] = (),
    ) -> "ClockEvent":
        """An event at an aware instant, seen from ``zone``."""
        return cls(kind, local_date(instant, zone), until, regimes)


@dataclass(frozen=True, slots=True)
class Question:
    """Something that was asked of the person, and when the answer came; None while it is open.

    ``asked`` is None for an answer that came without a question.
    """

    what: PauseEvent
    asked: date | None
    given: date | None


def receipt(events: Iterable[ClockEvent]) -> date:
    """The day of receipt. Raises ValueError unless there is exactly one."""
    days = [event.on for event in events if event.kind is EventKind.RECEIVED]
    if len(days) != 1:
        raise ValueError(f"a request is received once; these events hold {len(days)} receipts")
    return days[0]


def in_order(events: Iterable[ClockEvent]) -> list[ClockEvent]:
    """The events by day, receipt first, otherwise as they were given."""
    return sorted(events, key=lambda event: (event.on, event.kind is not EventKind.RECEIVED))


def seen(events: Sequence[ClockEvent], as_of: date | None) -> Sequence[ClockEvent]:
    """What had happened by the end of ``as_of``; everything where no day is given."""
    if as_of is None:
        return events
    return [event for event in events if event.on <= as_of or event.kind is EventKind.RECEIVED]


def last(events: Sequence[ClockEvent], kind: EventKind) -> ClockEvent | None:
    """The last event of one kind."""
    return next((event for event in reversed(events) if event.kind is kind), None)


def answered(events: Iterable[ClockEvent]) -> date | None:
    """The day on which the request was first decided, or the person sent on to somebody else."""
    return next((event.on for event in events if event.kind in _ANSWERS), None)


def ended(events: Iterable[ClockEvent]) -> date | None:
    """The day on which the request was first decided, the person sent on, or silence appealed against.

    After it nothing moves the date of the answer.
    """
    return next((event.on for event in events if event.kind in _ENDS), None)


def extensions(events: Iterable[ClockEvent]) -> list[ClockEvent]:
    """The times that the answer was put off; what was told after its end is about an appeal."""
    found: list[ClockEvent] = []
    for event in events:
        if event.kind in _ENDS:
            break
        if event.kind is EventKind.EXTENDED:
            found.append(event)
    return found


def appealed(events: Sequence[ClockEvent]) -> tuple[ClockEvent | None, list[ClockEvent]]:
    """The last appeal, if there was one, and what happened after it."""
    for place in reversed(range(len(events))):
        if events[place].kind is EventKind.APPEALED:
            return events[place], list(events[place + 1 :])
    return None, []


def questions(events: Iterable[ClockEvent]) -> list[Question]:
    """The questions that were put, each with its answer, in the order in which they were asked.

    A question that is put again while it is open stays the one question.
    """
    found: list[Question] = []
    still: dict[PauseEvent, int] = {}
    for event in events:
        if (what := ASKED.get(event.kind)) and what not in still:
            still[what] = len(found)
            found.append(Question(what, event.on, None))
        elif what := GIVEN.get(event.kind):
            place = still.pop(what, None)
            if place is None:
                found.append(Question(what, None, event.on))
            else:
                found[place] = Question(what, found[place].asked, event.on)
    return found


def is_open(events: Iterable[ClockEvent], what: PauseEvent) -> bool:
    """Whether a question of one kind waits for its answer."""
    return any(put.what == what and put.given is None for put in questions(events))


def check(events: Sequence[ClockEvent]) -> None:
    """Raise ValueError for what cannot have happened: before receipt, asked twice at once, answered unasked."""
    received = receipt(events)
    still: set[PauseEvent] = set()
    for event in in_order(events):
        if event.on < received:
            raise ValueError(f"{event.kind.value} on {event.on} cannot be before receipt on {received}")
        if what := ASKED.get(event.kind):
            if what in still:
                raise ValueError(f"{event.kind.value} on {event.on}: the question before it is still open")
            still.add(what)
        elif what := GIVEN.get(event.kind):
            if what == "clarification" and what not in still:
                raise ValueError(f"{event.kind.value} on {event.on}: nothing had been asked")
            still.discard(what)
