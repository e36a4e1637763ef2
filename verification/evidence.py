"""Files that somebody was asked for: kept under a key of their own, opened on the record, destroyed for good.

Bytes go through a `Keeper` that the caller passes, as where files lie is not known here. Destroying has three steps,
each of which may be done again: the key is forgotten, the bytes are deleted, and then the row says so. A stop between
two leaves no byte that can be read, and no row that says more than is so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from django.db.models import Q, QuerySet, Subquery

from notifications.ids import uuid7
from notifications.models import DataKey, Forgotten
from verification.errors import CheckError
from verification.models import Evidence, Opening, Purpose, Why
from verification.uploads import Clean

AFTER_OUTCOME: Final = timedelta(days=7)
"""How long what is no identity document is kept once the outcome is there."""
AT_MOST: Final = timedelta(days=30)
"""How long a piece is kept when nobody decides anything."""
WITH_THE_CASE: Final = frozenset({Purpose.CORRECTION, Purpose.REPRESENTATION})
"""What is no proof of who asks, but part of what was decided: it has a day of its own only where nothing was."""


class Gone(CheckError):
    """It has been destroyed, or is just being."""

    code = "evidence-gone"


class Keeper(Protocol):
    """Keeps bytes by name, each sealed with the 32 bytes of its key."""

    def put(self, name: str, data: bytes, key: bytes) -> None:
        """Keep bytes, all or none."""

    def get(self, name: str, key: bytes) -> bytes:
        """Return the bytes. Raises LookupError when there are none of that name."""

    def delete(self, name: str) -> bool:
        """Delete the bytes; False when they were gone already."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A piece whose bytes are kept and whose row is not written yet. Its key is nowhere but here."""

    piece: Evidence

    def write(self) -> Evidence:
        """Write key and row, in the caller's transaction."""
        self.piece.data_key.save(force_insert=True)
        self.piece.save(force_insert=True)
        return self.piece


def keep(about: UUID, purpose: Purpose, document: Clean, *, keeper: Keeper, within: str, at: datetime) -> Kept:
    """Keep the bytes of a document under a new key, below the name ``within``, and return its row to be written.

    Bytes come first: a row without bytes would promise something. Bytes whose row is never written cannot be opened by
    anybody, as their key is lost with this process.
    """
    pk = uuid7(at)
    piece = Evidence(
        id=pk,
        about=about,
        purpose=purpose,
        data_key=DataKey.new(at),
        vault_name=f"{within}/{pk}",
        media_type=document.media_type,
        size=len(document.data),
        received_at=at,
        destroy_at=None if purpose in WITH_THE_CASE else at + AT_MOST,
    )
    keeper.put(piece.vault_name, document.data, piece.data_key.key_bytes())
    return Kept(piece)


def live(about: UUID | Subquery) -> QuerySet[Evidence]:
    """Return the pieces about a thing that are not destroyed, oldest first."""
    rows = Evidence.objects.filter(about=about, destroyed_at=None).select_related("data_key")
    return rows.order_by("received_at", "id")


def due(about: UUID, at: datetime) -> list[Evidence]:
    """Return the pieces about a thing whose time has come."""
    return list(live(about).filter(destroy_at__lte=at))


@dataclass(frozen=True, slots=True)
class Opened:
    """A piece that may be read, because its opening is on record."""

    piece: Evidence

    def read(self, keeper: Keeper) -> bytes:
        """Return the bytes. Raises Gone when they were destroyed meanwhile."""
        try:
            return keeper.get(self.piece.vault_name, self.piece.data_key.key_bytes())
        except (Forgotten, LookupError):
            raise Gone from None


def open(piece: Evidence, *, by: str, why: Why, at: datetime) -> Opened:
    """Record that somebody opens a piece, in the caller's transaction; only what that returns can be read.

    ``by`` names the colleague by id. Raises Gone for a piece that is destroyed or to be destroyed.
    """
    if is_gone(piece):
        raise Gone
    Opening.objects.create(evidence=piece, by=by, why=why, at=at)
    return Opened(piece)


def is_gone(piece: Evidence) -> bool:
    """Say whether nobody can read a piece any more, though its bytes may still be on their way out."""
    return piece.destroyed_at is not None or piece.data_key.forgotten_at is not None


def keep_until(about: UUID, when: datetime) -> None:
    """Set when pieces about a thing are destroyed that are not already to go before that, or with the thing itself."""
    Evidence.objects.filter(about=about, destroyed_at=None, destroy_at__gt=when).update(destroy_at=when)


def readable(about: UUID | Subquery, purpose: Purpose) -> QuerySet[Evidence]:
    """Return the pieces of one purpose that somebody can still read, oldest first."""
    return live(about).filter(purpose=purpose, data_key__forgotten_at=None)


def date_with_the_case(about: UUID, purpose: Purpose, when: datetime | None) -> None:
    """Set when pieces are destroyed that go with the thing they are about, unless they are released: None, with it."""
    kept = Evidence.objects.filter(about=about, purpose=purpose, destroyed_at=None)
    kept.filter(data_key__forgotten_at=None).update(destroy_at=when)


def release(pieces: Iterable[Evidence], at: datetime) -> None:
    """Forget the keys of some pieces, in the caller's transaction. From its end on nobody can read them."""
    for piece in pieces:
        piece.data_key.forget(at)
        later = Q(destroy_at__gt=at) | Q(destroy_at=None)
        Evidence.objects.filter(later, pk=piece.pk, destroyed_at=None).update(destroy_at=at)


@dataclass(frozen=True, slots=True)
class Erased:
    """A piece whose bytes are gone. Only now its row may say so."""

    piece: Evidence

    def note(self, at: datetime) -> bool:
        """Empty the row of all but what it was for and when. False when that was done before."""
        waiting = Evidence.objects.filter(pk=self.piece.pk, destroyed_at=None)
        return bool(waiting.update(destroyed_at=at, vault_name="", media_type="", size=None))


def erase(piece: Evidence, keeper: Keeper) -> Erased:
    """Delete the bytes of a piece that was released. Already gone is done. Raises ValueError for one in use."""
    if not is_gone(piece):
        raise ValueError("release it first, so that nothing can be read of what a crash would leave behind")
    if piece.vault_name:
        keeper.delete(piece.vault_name)
    return Erased(piece)


def destroy(piece: Evidence, *, keeper: Keeper, at: datetime) -> bool:
    """Destroy one piece, outside any transaction. False when that was done before."""
    release([piece], at)
    return erase(piece, keeper).note(at)
