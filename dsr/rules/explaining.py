"""Why this date? One regime's clocks for one request, as a program or a terminal wants them. No database, no clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dsr.deadlines import WorkCalendar
from dsr.rules import guards
from dsr.rules.clock import Clock, ClockKind, clocks, extended
from dsr.rules.guards import Forbidden
from dsr.rules.happened import ClockEvent, check, in_order, receipt, seen
from dsr.rules.problems import NotInRules
from dsr.rules.schema.regime import Regime


@dataclass(frozen=True, slots=True)
class Explanation:
    """The clocks of one right under one regime, and what cannot be done to them."""

    regime: Regime
    right: str
    zone: str
    events: tuple[ClockEvent, ...]
    clocks: tuple[Clock, ...]
    extended: Clock | None
    forbidden: tuple[Forbidden, ...]
    as_of: date | None = None

    @property
    def answer(self) -> Clock:
        """The clock of the answer, or of the effect."""
        return next(clock for clock in self.clocks if clock.kind.answers)

    @property
    def acknowledge(self) -> Clock | None:
        """The clock of the acknowledgement, if there is one."""
        return next((clock for clock in self.clocks if clock.kind is ClockKind.ACKNOWLEDGE), None)

    @property
    def lawful_acknowledgement(self) -> Clock | None:
        """The clock of an acknowledgement that somebody can insist on; a target of our own is none."""
        found = self.acknowledge
        return found if found and (not found.policy or self.regime.kind == "policy") else None

    def as_dict(self) -> dict[str, Any]:
        """The answer of ``rules explain --json``; dates are ISO 8601.

        ``acknowledge`` is null where the law sets no such date, even if the service has a target of its own, which is
        then among ``clocks``. ``safe`` is the date to promise, the same as ``respond`` where there is no doubt.
        """
        acknowledge, answer = self.lawful_acknowledgement, self.answer
        shown = [*self.clocks, *([self.extended] if self.extended else [])]
        return {
            "regime": self.regime.id,
            "law": self.regime.law,
            "switched_on": self.regime.switched_on,
            "switched_off_because": self.regime.switched_off_because,
            "right": self.right,
            "zone": self.zone,
            "received": receipt(self.events).isoformat(),
            "acknowledge": acknowledge and acknowledge.due.isoformat(),
            "respond": answer.due.isoformat(),
            "extended": self.extended and self.extended.due.isoformat(),
            "safe": answer.promised.isoformat(),
            "waits_for": answer.waits_for,
            "segments": [segment.as_dict() for segment in answer.segments],
            "forbidden": [found.as_dict() for found in self.forbidden],
            "clocks": [clock.as_dict() for clock in shown],
            **self._standing(),
        }

    def _standing(self) -> dict[str, Any]:
        if self.as_of is None:
            return {}
        left = (self.answer.promised - self.as_of).days
        return {"as_of": self.as_of.isoformat(), "days_left": left, "overdue": self.as_of > self.answer.due}


@dataclass(frozen=True, slots=True)
class Together:
    """The clocks of one right under several laws at once: for each thing to do the earliest date governs."""

    each: tuple[Explanation, ...]

    @property
    def governing(self) -> Explanation:
        """The law that promises the answer first."""
        return min(self.each, key=lambda found: found.answer.promised)

    def as_dict(self) -> dict[str, Any]:
        """The answer of ``rules explain --json`` for several laws.

        ``governs`` names the law that each date comes from. ``extended`` is how far the answer can go if it is put off
        wherever a law allows that; null where one of them makes that useless. Every law is shown whole in ``regimes``.
        """
        dates = {
            "acknowledge": _earliest((found, found.lawful_acknowledgement) for found in self.each),
            "respond": _earliest((found, found.answer) for found in self.each),
            "extended": _earliest((found, found.extended or found.answer) for found in self.each),
        }
        if dates["extended"] and dates["respond"] and dates["extended"][1] <= dates["respond"][1]:
            dates["extended"] = None
        governing = self.governing
        dates["safe"] = (governing.regime.id, governing.answer.promised)
        return {
            "right": governing.right,
            "governs": {name: found and found[0] for name, found in dates.items()},
            **{name: found and found[1].isoformat() for name, found in dates.items()},
            "forbidden": [{"regime": one.regime.id, **ban.as_dict()} for one in self.each for ban in one.forbidden],
            "regimes": [found.as_dict() for found in self.each],
        }


def _earliest(found: Iterable[tuple[Explanation, Clock | None]]) -> tuple[str, date] | None:
    """The earliest of some dates and the law that it comes from; the one that was named first where they are equal."""
    dates = [(one.regime.id, clock.due) for one, clock in found if clock]
    return min(dates, key=lambda pair: pair[1], default=None)


def explain(
    regime: Regime,
    right: str,
    events: Sequence[ClockEvent],
    *,
    zone: str,
    calendar: WorkCalendar | None = None,
    as_of: date | None = None,
) -> Explanation:
    """What follows from ``events`` under ``regime``, seen on ``as_of`` if a day is given.

    Raises NotInRules for a right that the regime does not know on the day of receipt, ValueError for events that
    cannot have happened.
    """
    received = receipt(events)
    if not regime.knows(right, received):
        opens = regime.known_right(right).opens
        raise NotInRules(f"{regime.id} knows {right!r} from {opens}; this request came in on {received}")
    check(events)
    if as_of is not None and as_of < received:
        raise ValueError(f"on {as_of} the request had not come in; it was received on {received}")
    working, events = calendar or regime.working, seen(events, as_of)
    kept, left_out = guards.allowed(regime, right, in_order(events), working)
    bans = [*guards.standing_bans(regime, right, kept, working, as_of), guards.fee(regime, right)]
    return Explanation(
        regime=regime,
        right=right,
        zone=zone,
        events=tuple(events),
        clocks=clocks(regime, right, events, calendar=working, as_of=as_of),
        extended=extended(regime, right, events, calendar=working, as_of=as_of),
        forbidden=tuple(ban for ban in dict.fromkeys([*left_out, *bans]) if ban),
        as_of=as_of,
    )
