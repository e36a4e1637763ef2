"""What the retention schedule says of one kind of a person's data on one day. Pure: it reads no clock and no disk.

Of the rows that hold for the person the strictest wins, whichever law it stands in. A row that yields to a request
protects nothing against one. Periods are counted as all dates of the service are: the day of the event is not
counted, and the last day still belongs to the period, so an invoice of 5 March 2020 that is kept for six years may go
from 6 March 2026.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from pydantic import ValidationError

from dsr.rules.problems import Problem, RulesBroken, told
from dsr.rules.schema.retention import Lasting, RetentionRule, Schedule
from dsr.rules.words import RetentionEvent

CHANGES = "changes to the retention schedule"
"""What a mistake in a change names in place of a file."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether one kind of data may go on a day because the person asks.

    ``erase`` is false where all of it is kept. With ``before`` only records may go whose own day, the day of
    ``event``, lies before that one. ``rule_id`` is the row that decides; ``ground`` is what the person is told where
    something is kept, and empty where nothing is. ``ceiling`` is never shorter than ``floor``.
    """

    category: str
    erase: bool
    before: date | None
    rule_id: str
    ground: str
    event: str
    floor: str
    ceiling: str
    plain: str
    source: str

    def of_records(self, event: str) -> "Verdict":
        """What it comes to for records whose own day is that of ``event``: without the right day all are kept."""
        if self.before is None or event == self.event:
            return self
        return replace(self, erase=False, before=None)

    @property
    def keeps_all(self) -> bool:
        """Whether nothing may go."""
        return not self.erase


def verdict(
    schedule: Schedule,
    category: str,
    country: str,
    region: str,
    regimes: Sequence[str],
    on: date,
    *,
    language: str | None = None,
) -> Verdict:
    """What may go of a category of somebody's data on ``on``. ``regimes`` are the laws that hold for the person.

    Raises NotInRules where the schedule says nothing of the category.
    """
    rules = schedule.applying(category, country, region, regimes)
    rule = min(rules, key=lambda rule: _strictness(rule, on))
    days = {each.event for each in rules if not each.yields}
    # No record has two days of its own, so what is protected from two of them is kept whole.
    before = rule.least.before(on) if rule.least and not rule.yields and len(days) == 1 else None
    return Verdict(
        category=category,
        erase=rule.yields or before is not None,
        before=before,
        rule_id=rule.id,
        ground=rule.ground or "",
        event=rule.event,
        floor=rule.floor,
        ceiling=_ceiling(rules, rule, on),
        plain=rule.wording("plain", language),
        source=rule.source,
    )


def until(found: Verdict, day: date) -> date | None:
    """The last day on which a record of ``day`` is protected; None where no day ends it, or nothing protects it.

    It may go on every later day: ``day < verdict(..., on).before`` exactly where ``on > until(found, day)``.
    """
    return Lasting.of(found.floor).after(day) if found.before is not None else None


def ends(found: Verdict, day: date) -> date | None:
    """The last day on which a record of ``day`` may be kept at all; None where the schedule sets none."""
    return Lasting.of(found.ceiling).after(day) if found.ceiling else None


def _strictness(rule: RetentionRule, on: date) -> tuple[int, date, bool]:
    """The smallest is the strictest: kept whole, then the longest floor, then the shortest ceiling.

    Of two that come to the same the one for the place goes before the one that holds everywhere.
    """
    anywhere = not rule.jurisdictions
    if rule.yields:
        return 2, Lasting.of(rule.ceiling).after(on) if rule.ceiling else date.max, anywhere
    if rule.least is None:
        return 0, date.min, anywhere
    return 1, rule.least.before(on), anywhere


def _ceiling(rules: Iterable[RetentionRule], decides: RetentionRule, on: date) -> str:
    """The shortest ceiling of those that count from the same event; never shorter than the floor that decides."""
    found = [rule.ceiling for rule in rules if rule.ceiling and rule.event == decides.event]
    shortest = min(found, key=lambda written: Lasting.of(written).after(on), default="")
    if shortest and decides.floor and not Lasting.of(decides.floor).fits(Lasting.of(shortest)):
        return decides.floor
    return shortest


# --- Why --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Considered:
    """One row that holds for a person's data. ``inherited`` names the category that it was taken from, if another."""

    rule: RetentionRule
    inherited: str
    before: date | None
    decides: bool


def explain(
    schedule: Schedule, category: str, country: str, region: str, regimes: Sequence[str], on: date
) -> tuple[Considered, ...]:
    """Every row that was considered for a verdict, the one that decides first. Raises NotInRules."""
    rules = sorted(
        schedule.applying(category, country, region, regimes), key=lambda rule: (*_strictness(rule, on), rule.id)
    )
    decides = verdict(schedule, category, country, region, regimes, on).rule_id
    found = [
        Considered(
            rule,
            rule.category if rule.category != category else "",
            rule.least.before(on) if rule.least and not rule.yields else None,
            rule.id == decides,
        )
        for rule in rules
    ]
    return tuple(sorted(found, key=lambda each: not each.decides))


def listed(schedule: Schedule) -> Iterator[tuple[str, str, tuple[RetentionRule, ...]]]:
    """Every category with the one that its rows are taken from, empty where they are its own, and those rows."""
    for category in schedule.categories:
        whence = next((name for name in schedule.lineage(category) if schedule.own(name)), category)
        yield category, whence if whence != category else "", schedule.own(whence)


# --- Changes by people ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What somebody sets otherwise in one row; None leaves a thing as the files have it, "" takes a period out.

    ``ground`` is needed where a row that yielded no longer does.
    """

    rule_id: str
    floor: str | None = None
    ceiling: str | None = None
    event: RetentionEvent | Literal[""] | None = None
    yields: bool | None = None
    ground: str | None = None


def with_changes(schedule: Schedule, changes: Iterable[RuleChange]) -> Schedule:
    """The schedule with changes laid over it, a later one over an earlier.

    Raises RulesBroken with all that is wrong: a row that is not there, a floor above its ceiling, no ground.
    """
    rules = {rule.id: rule for rule in schedule.rules}
    problems: list[Problem] = []
    for change in changes:
        rule = rules.get(change.rule_id)
        if rule is None:
            problems.append(Problem(CHANGES, change.rule_id, "there is no such row"))
            continue
        try:
            rules[rule.id] = RetentionRule.model_validate({**rule.model_dump(), **_set(rule, change)})
        except ValidationError as error:
            problems += [
                Problem(CHANGES, ".".join([rule.id, *map(str, loc)]), message)
                for loc, message in told(error, RetentionRule)
            ]
    if problems:
        raise RulesBroken(problems)
    kept = {name: getattr(schedule, name) for name in Schedule.model_fields}
    return Schedule.model_validate({**kept, "rules": tuple(rules.values())})


def _set(rule: RetentionRule, change: RuleChange) -> dict[str, object]:
    given = {name: getattr(change, name) for name in ("floor", "ceiling", "event", "yields", "ground")}
    found = {name: value for name, value in given.items() if value is not None}
    if found.get("yields", rule.yields):
        found["ground"] = None
    return found


# --- What if ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that was taken under a schedule: for whom, of what, on which day, and what came of it.

    ``ref`` is for whoever passes it in.
    """

    ref: str
    category: str
    country: str
    region: str
    regimes: tuple[str, ...]
    on: date
    before: date | None
    ground: str


def would_change(
    old: Schedule, new: Schedule, decisions: Iterable[Decision]
) -> list[tuple[Decision, Verdict, Verdict]]:
    """The decisions that would have come out differently under ``new``, with the verdicts of both.

    What differs is what may go, from when, or on which ground; other words or another source for the same change
    nothing. Raises NotInRules for a category that one of the two does not know.
    """
    found = []
    for decision in decisions:
        asked = (decision.category, decision.country, decision.region, decision.regimes, decision.on)
        was, now = verdict(old, *asked), verdict(new, *asked)
        if _comes_to(was) != _comes_to(now):
            found.append((decision, was, now))
    return found


def _comes_to(found: Verdict) -> tuple[object, ...]:
    return found.erase, found.before, found.before and found.event, found.ground
