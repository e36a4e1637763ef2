"""Why this date? One regime's clocks for one request, as a program or a terminal wants them. No database, no clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from dsr.deadlines import WorkCalendar
from dsr.rules.clock import Clock, ClockEvent, ClockKind, EventKind, clocks, extended, receipt, unsupported
from dsr.rules.problems import NotInRules
from dsr.rules.schema.regime import Regime


@dataclass(frozen=True, slots=True)
class Explanation:
    """The clocks of one right under one regime, and what cannot be done to them."""

    regime: Regime
    right: str
    zone: str
    events: tuple[ClockEvent, ...]
    acknowledge: Clock | None
    respond: Clock
    extended: Clock | None
    forbidden: tuple[tuple[str, str], ...]
    unsupported: tuple[ClockEvent, ...]
    as_of: date | None = None

    def as_dict(self) -> dict[str, object]:
        """The answer of ``rules explain --json``; dates are ISO 8601.

        ``acknowledge`` is null where the law sets no such date, even if the service has a target of its own, which is
        then among ``clocks``. ``safe`` is the date to promise, the same as ``respond`` where there is no doubt.
        """
        lawful = self.acknowledge if self.acknowledge and self._binding(self.acknowledge) else None
        shown = [clock for clock in (self.acknowledge, self.respond, self.extended) if clock]
        return {
            "regime": self.regime.id,
            "law": self.regime.law,
            "right": self.right,
            "zone": self.zone,
            "received": receipt(self.events).isoformat(),
            "acknowledge": lawful and lawful.due.isoformat(),
            "respond": self.respond.due.isoformat(),
            "extended": self.extended and self.extended.due.isoformat(),
            "safe": self.respond.promised.isoformat(),
            "segments": [segment.as_dict() for segment in self.respond.segments],
            "forbidden": [{"verb": verb, "because": because} for verb, because in self.forbidden],
            "unsupported": [{"kind": event.kind.value, "on": event.on.isoformat()} for event in self.unsupported],
            "clocks": [clock.as_dict() for clock in shown],
            **self._standing(),
        }

    def _binding(self, clock: Clock) -> bool:
        return not clock.policy or self.regime.kind == "policy"

    def _standing(self) -> dict[str, object]:
        if self.as_of is None:
            return {}
        left = (self.respond.promised - self.as_of).days
        return {"as_of": self.as_of.isoformat(), "days_left": left, "overdue": self.as_of > self.respond.due}


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
    _possible(events, received)
    by_kind = {clock.kind: clock for clock in clocks(regime, right, events, calendar=calendar)}
    respond = by_kind[ClockKind.RESPOND]
    longest = extended(regime, right, events, calendar=calendar)
    return Explanation(
        regime=regime,
        right=right,
        zone=zone,
        events=tuple(events),
        acknowledge=by_kind.get(ClockKind.ACKNOWLEDGE),
        respond=respond,
        extended=longest,
        forbidden=tuple(_forbidden(regime, respond, longest, as_of)),
        unsupported=unsupported(events),
        as_of=as_of,
    )


def _possible(events: Sequence[ClockEvent], received: date) -> None:
    for event in events:
        if event.kind is not EventKind.RECEIVED and event.on < received:
            raise ValueError(f"{event.kind.value} on {event.on} cannot be before receipt on {received}")


def _forbidden(regime: Regime, respond: Clock, longest: Clock | None, as_of: date | None) -> Iterator[tuple[str, str]]:
    """What nobody may do, each with the reason."""
    if longest is None:
        yield "extend", _("%(law)s allows no extension for this right.") % {"law": regime.title}
    elif as_of and as_of > respond.due:
        facts = {"rule": longest.source, "day": respond.due.isoformat()}
        yield "extend", _("The person had to be told by %(day)s (%(rule)s).") % facts
