"""``rules explain``: from the arguments to the clocks of a request, and from those to lines for a terminal."""

from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import CommandError

from dsr.deadlines import local_date
from dsr.rules import RIGHT_WORDS, Clock, ClockEvent, EventKind, Notice, RulePack, pack
from dsr.rules.explaining import Explanation, Together, explain


def arguments(parser: ArgumentParser) -> None:
    """What can be said to the command."""
    parser.add_argument(
        "--regime", action="append", required=True, metavar="ID", help="such as eu_gdpr; several govern together"
    )
    parser.add_argument("--right", required=True, choices=RIGHT_WORDS, metavar="RIGHT")
    parser.add_argument("--received", required=True, help="2026-03-05, 2026-03-05T09:30, or with an offset")
    parser.add_argument("--event", action="append", default=[], metavar="KIND=DATE", help="may be given several times")
    parser.add_argument(
        "--until", action="append", default=[], metavar="DATE", help="the new date that an extension told"
    )
    parser.add_argument("--as-of", metavar="DATE", help="the day from which to look at it")
    parser.add_argument("--json", action="store_true", dest="as_json")


def explanation(options: dict[str, Any]) -> Explanation | Together:
    """What follows: under one law, or under several together. Raises CommandError and NotInRules."""
    rules = pack()
    notice = _notice(rules)
    names = list(dict.fromkeys(options["regime"]))
    found = [_one(rules, notice, name, options) for name in names]
    return found[0] if len(found) == 1 else Together(tuple(found))


def _one(rules: RulePack, notice: Notice, name: str, options: dict[str, Any]) -> Explanation:
    zone = notice.seat_for(name).zone
    received = _moment(options["received"], zone, "--received")
    regime = rules.regime(name, received)
    events = [ClockEvent(EventKind.RECEIVED, received), *_events(options["event"], options["until"], zone)]
    as_of = _moment(options["as_of"], zone, "--as-of") if options["as_of"] else None
    calendar = rules.calendar_for(notice, regime)
    try:
        return explain(regime, options["right"], events, zone=zone, calendar=calendar, as_of=as_of)
    except ValueError as error:
        raise CommandError(str(error)) from None


def _notice(rules: RulePack) -> Notice:
    """The newest notice of the organisation that the service runs for: it says where the controller sits."""
    return max((n for n in rules.notices if n.id == rules.organisation), key=lambda notice: notice.version)


def _moment(text: str, zone: str, option: str) -> date:
    """A day in the controller's zone, from a date or a time; a time without an offset is already there."""
    try:
        at = datetime.fromisoformat(text)
        return local_date(at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone)), zone)
    except (ValueError, OverflowError):
        raise CommandError(f"{option}: saw {text!r}; write 2026-03-05, 2026-03-05T09:30 or with an offset") from None


def _events(texts: Sequence[str], untils: Sequence[str], zone: str) -> Iterator[ClockEvent]:
    """The events as given; the new dates belong to the extensions in the order of both."""
    told = [_moment(text, zone, "--until") for text in untils]
    for text in texts:
        kind, on = _event(text, zone)
        until = told.pop(0) if kind is EventKind.EXTENDED and told else None
        yield ClockEvent(kind, on, until)
    if told:
        raise CommandError("--until: it is the new date of an extension; add --event extended=DATE, told on that day")


def _event(text: str, zone: str) -> tuple[EventKind, date]:
    kind, equals, day = text.partition("=")
    kinds = [member.value for member in EventKind if member is not EventKind.RECEIVED]
    if not equals or kind not in kinds:
        raise CommandError(f"--event: saw {text!r}; write KIND=DATE with one of {', '.join(kinds)}")
    return EventKind(kind), _moment(day, zone, f"--event {kind}")


def lines(found: Explanation | Together) -> Iterator[str]:
    """The explanation for somebody at a terminal."""
    if isinstance(found, Explanation):
        yield from _told(found)
        return
    first = found.governing
    yield f"{first.right}: {first.answer.promised:%A %d %B %Y} is the earliest, under {first.regime.id}"
    for one in found.each:
        yield ""
        yield from _told(one)


def _told(found: Explanation) -> Iterable[str]:
    yield f"{found.right} under {found.regime.wording('title')} ({found.regime.law})"
    if not found.regime.switched_on:
        yield f"switched off: {found.regime.switched_off_because}"
    for clock in (*found.clocks, *([found.extended] if found.extended else [])):
        yield from _told_clock(clock)
    for ban in found.forbidden:
        yield f"not allowed: {ban.verb}. {ban.because}"


def _told_clock(clock: Clock) -> Iterable[str]:
    mark = "a target of our own" if clock.policy else clock.source
    yield f"\n{clock.kind}: {clock.due:%A %d %B %Y}  ({mark}; {clock.confidence})"
    if clock.safe:
        yield f"  promised: {clock.safe:%A %d %B %Y}, on the strictest reading"
    if clock.waits_for:
        yield f"  at the earliest: it waits for an answer ({clock.waits_for})"
    if not clock.certain:
        yield "  uncertain: the holiday table does not reach that far"
    for segment in clock.segments:
        sign = "+" if segment.counts else " "
        yield f"  {sign} {segment.start} to {segment.end}  {segment.because}"
