"""Reads about the windows of choices: what is open and late in each system, and how long systems took."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Sum

from dsr.models import EffectDay, System, Window

MOST_COUNTED = 1_000
"""Counted no further than this, so that it costs the same on a bad day."""
LONGER = 9999
PARTS = (1, 6, 24, 48, 72, LONGER)
"""Into which parts of hours the time to effect is counted; the last is what was late."""


@dataclass(frozen=True, slots=True)
class SystemNow:
    """One system at one moment. Numbers end at `MOST_COUNTED`, which ``more`` says."""

    system: System
    open: int
    late: int
    with_owner: int
    first_due: datetime | None

    @property
    def more(self) -> bool:
        """Whether more are open than were counted."""
        return self.open >= MOST_COUNTED


@dataclass(frozen=True, slots=True)
class Times:
    """How many choices took how long in one system."""

    system: System
    numbers: Sequence[int]
    """By `PARTS`."""
    total: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", sum(self.numbers))

    @property
    def in_time(self) -> int:
        """Return how many of a hundred were in time, rounded down: a hundred only if all were."""
        return 100 * (self.total - self.numbers[-1]) // self.total if self.total else 0


def now(at: datetime) -> list[SystemNow]:
    """Return each system that has to do with choices, in four statements a system."""
    systems = System.objects.filter(active=True).order_by("name").only("key", "name", "leaves_out")
    return [_now(system, at) for system in systems if system.leaves_out]


def _now(system: System, at: datetime) -> SystemNow:
    waiting = Window.objects.filter(system=system, done_at=None, choice__invented=False)
    return SystemNow(
        system=system,
        open=waiting[:MOST_COUNTED].count(),
        late=waiting.filter(must_by__lt=at)[:MOST_COUNTED].count(),
        with_owner=waiting.filter(with_owner_at__isnull=False)[:MOST_COUNTED].count(),
        first_due=waiting.order_by("must_by", "id").values_list("must_by", flat=True).first(),
    )


def times(at: datetime, days: int = 30) -> list[Times]:
    """Return how long the systems took in the last days, in one statement and a row a system and part."""
    found: dict[System, dict[int, int]] = {}
    since: date = (at - timedelta(days=days)).date()
    sums = EffectDay.objects.filter(day__gte=since).order_by().values_list("system", "within").annotate(Sum("number"))
    rows = list(sums)
    systems = System.objects.in_bulk({system for system, _within, _number in rows})
    for system, within, number in rows:
        found.setdefault(systems[system], {})[within] = number
    ordered = sorted(found, key=lambda system: system.name)
    return [Times(system, [found[system].get(part, 0) for part in PARTS]) for system in ordered]


def open_choices(at: datetime) -> tuple[int, int]:
    """Return how many windows are open and how many of them late; counted to ten thousand."""
    most = 10 * MOST_COUNTED
    waiting = Window.objects.filter(done_at=None)
    return waiting[:most].count(), waiting.filter(must_by__lt=at)[:most].count()
