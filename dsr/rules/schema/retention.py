"""The retention schedule as data: how long each kind of data is kept, from what day on, why, and what yields.

Its rows stand in ``retention/*.toml``, in as many files as one likes.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator

from dsr.deadlines import add_months
from dsr.rules.places import Area, is_in
from dsr.rules.problems import NotInRules
from dsr.rules.schema.base import Figure, Many, Named, Row, Said, Slug, Worded, place
from dsr.rules.words import BasisWord, RetentionEvent

_PERIOD = re.compile(r"P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?", re.ASCII)
_ONE_DAY = timedelta(days=1)
_REGIME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Lasting:
    """An ISO 8601 period of years, months and days, counted as ``dsr.deadlines`` counts."""

    months: int
    days: int

    @classmethod
    def of(cls, written: str) -> "Lasting":
        """``P18M``, ``P6Y`` or ``P30D``, or those together. Raises ValueError."""
        found = _PERIOD.fullmatch(written)
        if found is None:
            raise ValueError(f"{written!r} is not a period: write P6Y, P18M or P30D")
        years, months, days = (int(part or 0) for part in found.groups())
        return cls(years * 12 + months, days)

    def after(self, day: date) -> date:
        """The last day of the period. That of the event is not counted; a shorter month ends it on its last day."""
        return add_months(day, self.months) + timedelta(days=self.days)

    def before(self, on: date) -> date:
        """The day before which an event must lie for its period to be over on ``on``.

        Exactly: ``day < before(on)`` wherever ``after(day) < on``, and nowhere else, whatever the months are long.
        """
        day = add_months(on - timedelta(days=self.days), -self.months)
        while self.after(day) < on:
            day += _ONE_DAY
        while self.after(day - _ONE_DAY) >= on:
            day -= _ONE_DAY
        return day

    def fits(self, longest: "Lasting") -> bool:
        """Whether it is never longer than another, in whatever month it begins."""
        begins = (date(2000 + month // 12, month % 12 + 1, 1) for month in range(48))
        return all(self.after(day) <= longest.after(day) for day in begins)


def _period(value: str) -> str:
    if value:
        Lasting.of(value)
    return value


def _jurisdiction(value: str) -> str:
    """The id of a regime, or a place."""
    return value if _REGIME.fullmatch(value) else place(value)


Duration = Annotated[str, AfterValidator(_period)]
"""An ISO 8601 period; empty for none."""
Jurisdiction = Annotated[str, AfterValidator(_jurisdiction)]


class RetentionRule(Worded, Figure):
    """How long one kind of data is kept for one purpose, and whether that stands against a request for erasure.

    ``floor`` is how long it is kept at least, ``ceiling`` at most, both counted from ``event``. A row that ``yields``
    protects nothing against a request; any other does, on the ``ground`` that the person is told: for its floor, or
    whole where it has none. ``until_removed`` is kept for as long as it serves, and nothing erases it by itself.
    Without ``jurisdictions`` it holds everywhere.
    """

    id: Slug
    category: Slug
    jurisdictions: Many[Jurisdiction] = ()
    purpose: Said
    legal_basis: BasisWord
    event: RetentionEvent | Literal[""] = ""
    floor: Duration = ""
    ceiling: Duration = ""
    yields: bool
    until_removed: bool = False
    ground: Slug | None = None
    plain: Said

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.floor or self.ceiling) and not self.event:
            raise ValueError("a period is counted from an event: name it")
        if self.floor and self.ceiling and not Lasting.of(self.floor).fits(Lasting.of(self.ceiling)):
            raise ValueError(f"the floor {self.floor} is longer than the ceiling {self.ceiling}")
        if self.until_removed and (self.yields or self.floor or self.ceiling):
            raise ValueError("what stays until it is removed has no period and does not yield")
        if self.yields == (self.ground is not None):
            raise ValueError(
                "a row that yields refuses nothing: take out 'ground'"
                if self.yields
                else "a row that does not yield needs the 'ground' that the person is told"
            )
        if self.confidence == "GKq" and not self.policy:
            raise ValueError("a figure that is still to be checked is a policy at most: set policy = true")
        return self

    @property
    def least(self) -> Lasting | None:
        """How long it is kept at least."""
        return Lasting.of(self.floor) if self.floor else None


class SubCategory(Named):
    """A part of a category of the notice that is kept in a way of its own, and that systems may name.

    What is not said here is that of its ``parent``: a category of a notice, or another such part.
    """

    description: Said
    parent: Slug
    portable: bool | None = None


class KeptLike(Row):
    """A category that is kept as another one is, such as the same thing under the name of an earlier notice."""

    category: Slug
    like: Slug


class RetentionFile(Row):
    """One file of the schedule."""

    rules: Many[RetentionRule] = ()
    sub_categories: Many[SubCategory] = ()
    kept_like: Many[KeptLike] = ()


class Schedule(RetentionFile):
    """Everything in ``retention/*.toml``. The loader adds the areas, and what the notices say is part of what."""

    areas: Many[Area] = ()
    parents: Mapping[str, str | None]
    """The categories of all notices, with the one that each is part of in the latest notice that knows it."""

    def rule(self, rule_id: str) -> RetentionRule:
        """A row by its id. Raises NotInRules."""
        try:
            return self._rules[rule_id]
        except KeyError:
            raise NotInRules(f"the retention schedule has no row {rule_id!r}") from None

    def sub_category(self, category: str) -> SubCategory | None:
        """A part of a category that only the schedule knows; None where the notices know it, or nobody does."""
        return self._sub_categories.get(category)

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """Every category that data may be of: those of the notices, then the parts that only the schedule knows."""
        return (*self.parents, *self._sub_categories)

    def lineage(self, category: str) -> tuple[str, ...]:
        """The category and whatever it takes rows from, nearest first."""
        found: list[str] = []
        following: str | None = category
        while following is not None and following not in found:
            found.append(following)
            following = self.follows(following)
        return tuple(found)

    def follows(self, category: str) -> str | None:
        """The category whose rows hold where this one has none; None at the end."""
        return self._follows.get(category)

    def own(self, category: str) -> tuple[RetentionRule, ...]:
        """The rows of a category itself, wherever they hold."""
        return self._by_category.get(category, ())

    def applying(self, category: str, country: str, region: str, regimes: Sequence[str]) -> tuple[RetentionRule, ...]:
        """The rows that hold for a category of a person's data: its own, or where none does those of its parent.

        Raises NotInRules where no row holds.
        """
        for name in self.lineage(category):
            found = tuple(rule for rule in self.own(name) if self._holds(rule, country, region, regimes))
            if found:
                return found
        raise NotInRules(f"the retention schedule says nothing of {category!r}")

    def _holds(self, rule: RetentionRule, country: str, region: str, regimes: Sequence[str]) -> bool:
        named = rule.jurisdictions
        return not named or bool({*named} & {*regimes}) or is_in(country, region, named, self._areas)

    @cached_property
    def _rules(self) -> Mapping[str, RetentionRule]:
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def _sub_categories(self) -> Mapping[str, SubCategory]:
        return {row.id: row for row in self.sub_categories}

    @cached_property
    def _by_category(self) -> Mapping[str, tuple[RetentionRule, ...]]:
        found: dict[str, list[RetentionRule]] = {}
        for rule in self.rules:
            found.setdefault(rule.category, []).append(rule)
        return {category: tuple(rules) for category, rules in found.items()}

    @cached_property
    def _follows(self) -> Mapping[str, str]:
        """What each category takes rows from that has none: what it is kept like goes before what it is part of."""
        parts = {row.id: row.parent for row in self.sub_categories}
        wholes = {category: parent for category, parent in self.parents.items() if parent is not None}
        return {**wholes, **parts, **{row.category: row.like for row in self.kept_like}}

    @cached_property
    def _areas(self) -> Mapping[str, Area]:
        return {area.id: area for area in self.areas}
