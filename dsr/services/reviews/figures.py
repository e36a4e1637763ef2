"""Figures that show whether reviews are more than a stamp, worked out from the rows as of any moment."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.conf import settings
from django.db.models import Q

from dsr.lifecycle import State
from dsr.models import Review, SubjectRequest, Verdict
from dsr.rights import Right

SMALL = 5
"""A figure about fewer people than this could be told apart, so it is not given."""
OVER = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Reviewers:
    """One reviewer: how many, how fast, and how many in a row that let the decision stand. ``alarm``: look closer."""

    username: str
    decided: int
    median_seconds: int
    streak: int
    alarm: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """The reviews that were decided in a year up to an instant, and those that are open. None where too few."""

    until: datetime
    decided: int | None
    overturned_share: float | None
    median_active_seconds: int | None
    median_queue_seconds: int | None
    heard_share: float | None
    unconfirmed: int
    open: int | None
    oldest_open_days: int | None
    reviewers: tuple[Reviewers, ...]
    alarms: int


def of(until: datetime) -> Figures:
    """Return the figures as of an instant, in three statements."""
    rows = list(
        Review.objects.filter(concluded_at__gt=until - OVER, concluded_at__lte=until)
        .select_related("reviewer", "request")
        .order_by("concluded_at", "pk")
    )
    enough = len(rows) >= SMALL
    changed = sum(row.verdict != Verdict.UPHELD for row in rows)
    heard = sum(row.represented_at is not None for row in rows)
    waited = [row.taken_at - row.request.received_at for row in rows if row.taken_at]
    open_since = _open(until)
    people = tuple(_reviewers(rows))
    return Figures(
        until=until,
        decided=_or_none(len(rows)),
        overturned_share=round(changed / len(rows), 3) if enough else None,
        median_active_seconds=int(median(row.active_seconds for row in rows)) if enough else None,
        median_queue_seconds=int(median(each.total_seconds() for each in waited)) if len(waited) >= SMALL else None,
        heard_share=round(heard / len(rows), 3) if enough else None,
        unconfirmed=_unconfirmed(until),
        open=_or_none(len(open_since)),
        oldest_open_days=(until - min(open_since)).days if len(open_since) >= SMALL else None,
        reviewers=people,
        alarms=sum(each.alarm for each in people),
    )


def _or_none(number: int) -> int | None:
    return number if number == 0 or number >= SMALL else None


def _unconfirmed(until: datetime) -> int:
    """How many changed decisions no system had confirmed: nought is the only good figure, so it is always told."""
    changed = Review.objects.filter(concluded_at__lte=until).exclude(verdict=Verdict.UPHELD)
    return changed.filter(Q(effect_at=None) | Q(effect_at__gt=until)).exclude(effect="").count()


def _open(until: datetime) -> Sequence[datetime]:
    rows = SubjectRequest.objects.filter(right=Right.AUTOMATED_DECISION_REVIEW, received_at__lte=until)
    rows = rows.filter(~Q(state=State.CLOSED) | Q(closed_at__gt=until))
    return list(rows.order_by().values_list("received_at", flat=True))


def _reviewers(rows: Iterable[Review]) -> Iterable[Reviewers]:
    by_name: dict[str, list[Review]] = {}
    for row in rows:
        if row.reviewer is not None:
            by_name.setdefault(row.reviewer.get_username(), []).append(row)
    for name, mine in sorted(by_name.items()):
        streak = streak_of([row.verdict for row in mine])
        yield Reviewers(
            username=name,
            decided=len(mine),
            median_seconds=int(median(row.active_seconds for row in mine)),
            streak=streak,
            alarm=streak >= settings.REVIEW_STREAK_ALARM,
        )


def streak_of(verdicts: Sequence[str]) -> int:
    """Return how many at the end of a list, in a row, let the decision stand."""
    number = 0
    for verdict in reversed(verdicts):
        if verdict != Verdict.UPHELD:
            break
        number += 1
    return number
