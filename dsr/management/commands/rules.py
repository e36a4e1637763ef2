"""``manage.py rules``: check the rule files, explain a date, make the holiday tables. Needs no database."""

import json
from argparse import ArgumentParser
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dsr.deadlines import local_date
from dsr.rules import (
    RIGHT_WORDS,
    Clock,
    ClockEvent,
    EventKind,
    Notice,
    NotInRules,
    RulePack,
    RulesBroken,
    load,
    pack,
)
from dsr.rules.calendars import SOURCES, as_toml
from dsr.rules.explaining import Explanation, explain
from dsr.rules.files import SHIPPED

YEARS_AHEAD = 2
"""How far a holiday table must reach beyond today, unless the place announces its days one year at a time."""


class Command(BaseCommand):
    """Work with the rule files."""

    help = "Check the rule files, explain a date, or make the frozen holiday tables."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One sub-command each."""
        parts = parser.add_subparsers(dest="part", required=True)

        check = parts.add_parser("check", help="read every rule file and list every mistake")
        check.add_argument("--dir", type=Path, help="a folder over the shipped rules, instead of RULES_DIR")
        check.add_argument("--json", action="store_true", dest="as_json")

        why = parts.add_parser("explain", help="the clocks of a request, and why")
        why.add_argument("--regime", required=True, help="such as eu_gdpr")
        why.add_argument("--right", required=True, choices=RIGHT_WORDS, metavar="RIGHT")
        why.add_argument("--received", required=True, help="2026-03-05, 2026-03-05T09:30, or with an offset")
        why.add_argument("--event", action="append", default=[], metavar="KIND=DATE", help="may be given several times")
        why.add_argument("--as-of", metavar="DATE", help="the day from which to look at it")
        why.add_argument("--json", action="store_true", dest="as_json")

        tables = parts.add_parser("calendars", help="make the holiday tables from the installed library")
        tables.add_argument("--write", action="store_true", help="into the shipped rule files; otherwise shown")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run one of them."""
        getattr(self, f"_{options['part']}")(options)

    def _check(self, options: dict[str, Any]) -> None:
        try:
            rules = load(SHIPPED, options["dir"]) if options["dir"] else pack()
        except RulesBroken as broken:
            rows = [{"file": p.file, "key": p.key, "message": p.message} for p in broken.problems]
            if options["as_json"]:
                self._print({"ok": False, "problems": rows})
                raise SystemExit(1) from None
            raise CommandError(str(broken)) from None
        found = _contents(rules, timezone.now().date())
        if options["as_json"]:
            self._print({"ok": True, "problems": [], **found})
            return
        for kind in ("notices", "regimes", "refusals", "calendars"):
            self.stdout.write(f"{kind}: {', '.join(found[kind])}")
        for warning in found["warnings"]:
            self.stdout.write(self.style.WARNING(warning))
        self.stdout.write(self.style.SUCCESS(f"all good, version {rules.version}"))

    def _explain(self, options: dict[str, Any]) -> None:
        try:
            found = _explanation(options)
        except (NotInRules, RulesBroken) as error:
            raise CommandError(str(error)) from None
        except OverflowError:
            raise CommandError("the dates run past the end of the calendar") from None
        if options["as_json"]:
            self._print(found.as_dict())
        else:
            self.stdout.writelines(f"{line}\n" for line in _told(found))

    def _calendars(self, options: dict[str, Any]) -> None:
        for source in SOURCES:
            if options["write"]:
                (SHIPPED / "calendars" / f"{source.id}.toml").write_text(as_toml(source), encoding="utf-8")
            else:
                self.stdout.write(as_toml(source))

    def _print(self, answer: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=2))


def _contents(rules: RulePack, today: date) -> dict[str, Any]:
    """What a sound pack holds, and which of its holiday tables end soon."""
    return {
        "version": rules.version,
        "organisation": rules.organisation,
        "notices": [f"{notice.id} {notice.version}" for notice in rules.notices],
        "regimes": [f"{regime.id} {regime.window.opens}" for regime in rules.regimes],
        "refusals": sorted(rules.refusals),
        "calendars": sorted(rules.calendars),
        "warnings": [
            f"the holidays of {table.id} are known until {table.last} only; upgrade and run `rules calendars --write`"
            for table in rules.calendars.values()
            if table.last.year < today.year + (0 if table.yearly else YEARS_AHEAD)
        ],
    }


def _explanation(options: dict[str, Any]) -> Explanation:
    rules = pack()
    notice = _notice(rules)
    zone = notice.seat_for(options["regime"]).zone
    received = _moment(options["received"], zone, "--received")
    regime = rules.regime(options["regime"], received)
    events = [ClockEvent(EventKind.RECEIVED, received), *(_event(text, zone) for text in options["event"])]
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


def _event(text: str, zone: str) -> ClockEvent:
    kind, equals, day = text.partition("=")
    kinds = [member.value for member in EventKind if member is not EventKind.RECEIVED]
    if not equals or kind not in kinds:
        raise CommandError(f"--event: saw {text!r}; write KIND=DATE with one of {', '.join(kinds)}")
    return ClockEvent(EventKind(kind), _moment(day, zone, f"--event {kind}"))


def _told(found: Explanation) -> Iterable[str]:
    """The explanation for somebody at a terminal."""
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
    for segment in clock.segments:
        sign = "+" if segment.counts else " "
        yield f"  {sign} {segment.start} to {segment.end}  {segment.because}"
