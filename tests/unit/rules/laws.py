"""Invented laws, one for each way in which a clock can behave, and requests with a history under them."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from dsr.deadlines import WorkCalendar
from dsr.rules import Clock, ClockEvent, ClockKind, EventKind, Regime, clocks
from tests.unit.rules.packs import shipped

FIGURE = {"source": "s.1", "confidence": "C"}
A_MONTH = {"id": "respond", "kind": "respond", "n": 1, "unit": "month", "roll": "next"}
THIRTY_DAYS = {"id": "respond", "kind": "respond", "n": 30, "unit": "day"}
TWO_MONTHS_MORE = {"n": 2, "unit": "month"}
ENGLAND = WorkCalendar(
    "GB-ENG",
    "bank holidays in England",
    "Europe/London",
    date(2026, 1, 1),
    date(2027, 12, 31),
    holidays={
        date(2026, 4, 3): "Good Friday",
        date(2026, 4, 6): "Easter Monday",
        date(2026, 5, 4): "Early May bank holiday",
        date(2026, 5, 25): "Spring bank holiday",
        date(2026, 12, 25): "Christmas Day",
        date(2026, 12, 28): "Boxing Day (substitute)",
    },
)


def law(
    answer: dict[str, Any],
    *others: dict[str, Any],
    extension: dict[str, Any] | None = None,
    pauses: dict[str, str] | None = None,
    calendar: WorkCalendar | None = None,
    **more: Any,
) -> Regime:
    """A law with one clock for the answer, ``others`` beside it, and for each event in ``pauses`` what it does."""
    grounds = [{"id": "complexity", "title": "The request is complex"}]
    longer = extension and {"grounds": grounds, "must_state": ["new_date"], **_cited(extension, "s.2")}
    document: dict[str, Any] = {
        "id": "invented",
        "title": "Invented Act",
        "law": "Invented Act 2026",
        "kind": "law",
        "covers": "Nobody.",
        "window": {"from": date(2020, 1, 1)},
        "calendar": "IE",
        "working": calendar or shipped().calendars["IE"],
        "proposal": {"where": ["IE"]},
        "authorities": [{"title": "The authority", **FIGURE}],
        "rights": [{"right": right, "name": right, **FIGURE} for right in ("access", "deletion", "marketing_opt_out")],
        "clocks": [_cited(row, "s.1") for row in (answer, *others)],
        "extension": longer,
        "pauses": [
            _cited({"event": event, "mode": mode, "policy": mode == "toll"}, f"s.3 {event}")
            for event, mode in (pauses or {}).items()
        ],
    }
    return Regime.model_validate({**document, **more})


def _cited(row: dict[str, Any], source: str) -> dict[str, Any]:
    return {"source": source, "confidence": "C", **row}


def uk_like(**more: Any) -> Regime:
    """A month that begins with proof of identity and stands still for clarification, as Art 12A of the UK GDPR says."""
    pauses = {"identity": "start_later", "clarification": "exclude_inclusive", "fee": "start_later"}
    first = {**A_MONTH, "safe": "day_before"}
    return law(first, extension=TWO_MONTHS_MORE, pauses=pauses, calendar=ENGLAND, **more)


def eu_like(**more: Any) -> Regime:
    """A month, or three, which only guidance lets stand still, as under the GDPR; Irish holidays."""
    pauses = {"identity": "toll", "clarification": "toll"}
    return law(A_MONTH, extension=TWO_MONTHS_MORE, pauses=pauses, **more)


def story(received: str, *events: str) -> list[ClockEvent]:
    """What happened, each as ``identity_asked=2026-03-10``, or ``extended=2026-03-20>2026-05-01`` with its new date."""
    told = [ClockEvent(EventKind.RECEIVED, date.fromisoformat(received))]
    for event in events:
        kind, _, day = event.partition("=")
        on, _, until = day.partition(">")
        told.append(ClockEvent(EventKind(kind), date.fromisoformat(on), date.fromisoformat(until) if until else None))
    return told


def dates(
    regime: Regime,
    events: Sequence[ClockEvent],
    right: str = "access",
    as_of: date | None = None,
    calendar: WorkCalendar | None = None,
) -> dict[ClockKind, Clock]:
    """Every clock of one request by what it is about."""
    return {clock.kind: clock for clock in clocks(regime, right, events, as_of=as_of, calendar=calendar)}


def answer(regime: Regime, events: Sequence[ClockEvent], right: str = "access", as_of: date | None = None) -> Clock:
    """The clock of the answer."""
    return next(clock for clock in clocks(regime, right, events, as_of=as_of) if clock.kind.answers)
