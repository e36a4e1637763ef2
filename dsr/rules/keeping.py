"""What can be wrong with the retention schedule as a whole: a category left out, a reference to nothing."""

from collections.abc import Iterator, Mapping, Sequence

from dsr.rules.checks import Home, Known, Path, dangling, translations
from dsr.rules.problems import Problem
from dsr.rules.schema.refusal import Refusal
from dsr.rules.schema.retention import RetentionFile, Schedule

RIGHT = "deletion"
"""The right that a ground must be one for: it is where a floor is told."""


def problems(
    files: Mapping[str, RetentionFile], schedule: Schedule, refusals: Sequence[Refusal], known: Known
) -> Iterator[Problem]:
    """Mistakes in the files of the schedule, given by their paths; ``schedule`` is what they make together."""
    grounds = {row.id: row for row in refusals}
    seen: set[tuple[str, str]] = set()
    for path, file in files.items():
        for loc, message in (
            *_twice(file, seen),
            *translations(file),
            *_references(file, schedule),
            *_jurisdictions(file, known),
            *_grounds(file, grounds),
            *_days(file, schedule),
        ):
            yield Home(path).problem(loc, message)
    for category in schedule.categories:
        lineage = schedule.lineage(category)
        if not any(not rule.jurisdictions for name in lineage for rule in schedule.own(name)):
            yield Problem("retention", "rules", f"no row that holds everywhere says how long {category!r} is kept")


def _twice(file: RetentionFile, seen: set[tuple[str, str]]) -> Iterator[tuple[Path, str]]:
    """What is named twice, in one file or in two."""
    named = (
        *((("rules", n, "id"), row.id) for n, row in enumerate(file.rules)),
        *((("sub_categories", n, "id"), row.id) for n, row in enumerate(file.sub_categories)),
        *((("kept_like", n, "category"), row.category) for n, row in enumerate(file.kept_like)),
    )
    for loc, name in named:
        if (loc[0], name) in seen:
            yield loc, f"{name!r} is used twice"
        seen.add((loc[0], name))


def _references(file: RetentionFile, schedule: Schedule) -> Iterator[tuple[Path, str]]:
    categories, where = schedule.categories, "the categories of the notices and of the schedule"
    for n, rule in enumerate(file.rules):
        yield from dangling(("rules", n, "category"), rule.category, categories, where)
    for n, part in enumerate(file.sub_categories):
        here = ("sub_categories", n)
        yield from dangling((*here, "parent"), part.parent, categories, where)
        if part.id in schedule.parents:
            yield (*here, "id"), f"{part.id!r} is a category of a notice already"
        if _circular(schedule, part.id):
            yield (*here, "parent"), f"{part.id!r} is part of itself"
    for n, kept in enumerate(file.kept_like):
        here = ("kept_like", n)
        yield from dangling((*here, "category"), kept.category, categories, where)
        yield from dangling((*here, "like"), kept.like, categories, where)
        if _circular(schedule, kept.category):
            yield (*here, "like"), f"{kept.category!r} is kept like itself"
        if schedule.own(kept.category):
            yield (*here, "category"), f"{kept.category!r} has rows of its own"


def _circular(schedule: Schedule, category: str) -> bool:
    return schedule.follows(schedule.lineage(category)[-1]) is not None


def _jurisdictions(file: RetentionFile, known: Known) -> Iterator[tuple[Path, str]]:
    for n, rule in enumerate(file.rules):
        here = ("rules", n, "jurisdictions")
        laws = [name for name in rule.jurisdictions if name.islower()]
        areas = [name for name in rule.jurisdictions if name.isupper() and name.isalpha() and len(name) > 2]
        yield from dangling(here, laws, known.regimes, "regimes")
        yield from dangling(here, areas, known.areas, "the areas in areas.toml")


def _grounds(file: RetentionFile, grounds: Mapping[str, Refusal]) -> Iterator[tuple[Path, str]]:
    for n, rule in enumerate(file.rules):
        here: Path = ("rules", n, "ground")
        yield from dangling(here, rule.ground, grounds, "the grounds of refusal")
        ground = grounds.get(rule.ground or "")
        if ground and RIGHT not in ground.rights:
            yield here, f"{ground.id!r} is no ground on which erasure may be refused"
        if ground and ground.scope != "category":
            yield here, f"{ground.id!r} answers a whole request, and not one category"


def _days(file: RetentionFile, schedule: Schedule) -> Iterator[tuple[Path, str]]:
    """No record has two days of its own, so all that protects one category counts from the same event."""
    for n, rule in enumerate(file.rules):
        first = next((other.event for other in schedule.own(rule.category) if other.floor and not other.yields), "")
        if rule.floor and not rule.yields and rule.event != first:
            message = (
                f"another row that protects {rule.category!r} counts from {first!r}; let a part of it have its own"
            )
            yield ("rules", n, "event"), message
