"""Moving data keys from older master keys to the current one. What is sealed under the data keys stays as it is."""

from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

from django.db import transaction
from django.db.models import Count

from notifications import sealing
from notifications.models import DataKey


def rewrap_all(batch: int = 500) -> Iterator[int]:
    """Rewrap what an older key of the ring wraps, a transaction a batch; yields the size of each batch.

    May be stopped anywhere and started again: what is done no longer shows up as something to do.
    """
    current = sealing.current_key_id()
    for key_id in sealing.key_ids():
        if key_id == current:
            continue
        after = UUID(int=0)
        while rows := _next(key_id, after, batch):
            yield _rewrap(rows, current)
            after = rows[-1].pk


def left() -> dict[str, int]:
    """Return how many data keys each older master key still wraps; after `rewrap_all`, what cannot be opened."""
    under = DataKey.objects.filter(wrapped__isnull=False).exclude(wrapped_under=sealing.current_key_id())
    return dict(under.order_by("wrapped_under").values_list("wrapped_under").annotate(number=Count("pk")))


def _next(key_id: str, after: UUID, batch: int) -> list[DataKey]:
    rows = DataKey.objects.filter(wrapped_under=key_id, wrapped__isnull=False, pk__gt=after).order_by("pk")
    return list(rows[:batch])


def _rewrap(rows: list[DataKey], current: str) -> int:
    done = 0
    with transaction.atomic():
        for row in rows:
            assert row.wrapped is not None
            old = bytes(row.wrapped)
            # Only if it is still the same blob: a key forgotten meanwhile must not come back.
            same = DataKey.objects.filter(pk=row.pk, wrapped=old)
            with suppress(sealing.SealBroken):
                done += same.update(wrapped=sealing.rewrap(old), wrapped_under=current)
    return done
