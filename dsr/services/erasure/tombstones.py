"""Whom not to take in again: keyed hashes of those who were erased, asked at imports and after a restore."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile

from django.db import transaction

from dsr.connectors import Connector
from dsr.logs import get_logger
from dsr.models import Tombstone
from dsr.services.erasure.terms import Place
from notifications import sealing

log = get_logger(__name__)

BATCH = 1_000
ERASURE = "erasure"
SETTLED = timedelta(minutes=10)
"""No transaction that lays a tombstone takes longer."""


@dataclass(frozen=True, slots=True)
class Known:
    """One identifier of somebody who was erased, as it was given to us, and since when."""

    given: str
    at: datetime
    place: Place


def lay(identifiers: Mapping[str, Iterable[str]], place: Place, at: datetime) -> None:
    """Remember by keyed hash that the person of these identifiers was erased. Doing it twice does it once."""
    pairs = [(kind, value) for kind, values in identifiers.items() for value in values]
    kinds = {sealing.listing_digest(kind, value): kind for kind, value in pairs}  # spellings of one count once
    stones = [
        Tombstone(
            kind=kind,
            digest=digest,
            purpose=ERASURE,
            country=place.country,
            region=place.region,
            regimes=list(place.regimes),
            at=at,
        )
        for digest, kind in kinds.items()
    ]
    Tombstone.objects.bulk_create(
        stones,
        update_conflicts=True,
        unique_fields=["digest", "purpose"],
        update_fields=["at", "country", "region", "regimes"],
    )


def returned(identifiers: Mapping[str, Iterable[str]], digests: Iterable[str], *, by: str) -> int:
    """Forget it again for people who came back of their own accord. Returns how many tombstones that were.

    ``digests`` are hashes that a system made itself. There is no case whose history could tell it, and nothing is to
    be kept that knows the person: the log says who reported how many, and when.
    """
    pairs = [(kind, value) for kind, values in identifiers.items() for value in values]
    marks = [*digests, *(mark for kind, value in pairs for mark in sealing.listing_digests(kind, value))]
    with transaction.atomic():
        stones = [Tombstone.objects.filter(digest__in=some, purpose=ERASURE) for some in _batches(marks)]
        lifted = sum(some.delete()[0] for some in stones)
    log.info("erased people returned", id=by, count=lifted)
    return lifted


def check(kind: str, values: Sequence[str]) -> list[Known]:
    """Return those of some identifiers that belong to somebody who was erased, in the order given."""
    marks = {value: sealing.listing_digests(kind, value) for value in values}
    stones = _stones([mark for each in marks.values() for mark in each])
    known = ((value, stones[mark]) for value, each in marks.items() for mark in each if mark in stones)
    return [_known(value, stone) for value, stone in known]


def check_digests(digests: Sequence[str]) -> list[Known]:
    """The same for hashes that a system made itself, with the key that its operator was given."""
    stones = _stones(digests)
    return [_known(digest, stones[digest]) for digest in dict.fromkeys(digests) if digest in stones]


def _stones(digests: Sequence[str]) -> dict[str, Tombstone]:
    rows = (Tombstone.objects.filter(digest__in=some, purpose=ERASURE) for some in _batches(digests))
    return {row.digest: row for some in rows for row in some}


def _batches(digests: Sequence[str]) -> Iterator[Sequence[str]]:
    return (digests[start : start + BATCH] for start in range(0, len(digests), BATCH))


def _known(given: str, stone: Tombstone) -> Known:
    return Known(given, stone.at, Place(stone.country, stone.region, tuple(stone.regimes)))


def feed(after: int, limit: int, at: datetime) -> list[Tombstone]:
    """Return the tombstones whose ids follow one, in order, up to the first that may not have settled yet.

    An id is given before its row can be seen, so a reader that runs ahead of a slow writer would miss that row for
    ever. Whoever had a tombstone before keeps its id; whoever was lifted and erased again gets a new one.
    """
    rows = Tombstone.objects.filter(purpose=ERASURE, id__gt=after).order_by("id")[:limit]
    return list(takewhile(lambda row: row.at <= at - SETTLED, rows))


def found_again(connector: Connector) -> Iterator[tuple[str, Known]]:
    """Yield the kind and value of everybody whom a system knows although they were erased."""
    for kind in sorted(connector.identifiers()):
        values = connector.roster(kind)
        while batch := list(islice(values, BATCH)):
            yield from ((kind, known) for known in check(kind, batch))
