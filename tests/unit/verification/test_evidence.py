"""Pieces of evidence: kept under keys of their own, opened on the record, gone whatever happens on the way."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from notifications.models import DataKey, Forgotten
from notifications.sealing import SealBroken, seal, unseal
from tests.clock import Clock
from verification import evidence
from verification.models import Evidence, Opening, Purpose, Why
from verification.uploads import Clean

pytestmark = pytest.mark.django_db
ABOUT = UUID("0198a000-0000-7000-8000-000000000001")
DOCUMENT = Clean("image/png", b"pixels")


class Shelf:
    """Keeps what is sealed in memory, as any keeper of bytes would."""

    def __init__(self) -> None:
        self.things: dict[str, bytes] = {}
        self.before_deleting: Callable[[], None] = lambda: None

    def put(self, name: str, data: bytes, key: bytes) -> None:
        self.things[name] = seal(key, data, context=name)

    def get(self, name: str, key: bytes) -> bytes:
        return unseal(key, self.things[name], context=name)

    def delete(self, name: str) -> bool:
        self.before_deleting()
        return self.things.pop(name, None) is not None


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def keep(shelf: Shelf, clock: Clock, about: UUID = ABOUT, purpose: Purpose = Purpose.IDENTITY) -> Evidence:
    kept = evidence.keep(about, purpose, DOCUMENT, keeper=shelf, within="evidence/x", at=clock())
    return kept.write()


def test_piece_has_a_key_of_its_own_and_a_last_day(shelf: Shelf, clock: Clock) -> None:
    one, other = keep(shelf, clock), keep(shelf, clock)

    assert one.data_key_id != other.data_key_id
    assert (one.purpose, one.media_type, one.size) == ("identity", "image/png", 6)
    assert one.destroy_at == clock() + timedelta(days=30)
    assert shelf.get(one.vault_name, one.data_key.key_bytes()) == b"pixels"
    with pytest.raises(SealBroken):
        shelf.get(one.vault_name, other.data_key.key_bytes())


def test_bytes_without_a_row_cannot_be_opened_by_anybody(shelf: Shelf, clock: Clock) -> None:
    kept = evidence.keep(ABOUT, Purpose.IDENTITY, DOCUMENT, keeper=shelf, within="evidence/x", at=clock())

    assert list(shelf.things) == [kept.piece.vault_name]
    assert not Evidence.objects.exists()
    assert not DataKey.objects.exists()


def test_bytes_that_cannot_be_kept_leave_nothing(shelf: Shelf, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(shelf, "put", full)

    with pytest.raises(TimeoutError):
        keep(shelf, clock)
    assert not Evidence.objects.exists()


def test_opening_is_on_record_before_anything_can_be_read(shelf: Shelf, clock: Clock) -> None:
    piece = keep(shelf, clock)

    opened = evidence.open(piece, by="7", why=Why.CHECK, at=clock.tick())
    row = Opening.objects.get()
    data = opened.read(shelf)

    assert (row.evidence_id, row.by, row.why, row.at) == (piece.pk, "7", "check", clock())
    assert data == b"pixels"


def test_reason_for_opening_is_one_of_a_few(shelf: Shelf, clock: Clock) -> None:
    piece = keep(shelf, clock)

    with pytest.raises(IntegrityError), transaction.atomic():
        evidence.open(piece, by="7", why="curious", at=clock())  # type: ignore[arg-type]


def test_destroying_forgets_the_key_deletes_the_bytes_and_empties_the_row(shelf: Shelf, clock: Clock) -> None:
    piece = keep(shelf, clock)
    copied = shelf.things[piece.vault_name]

    done = evidence.destroy(piece, keeper=shelf, at=clock.tick())

    row = Evidence.objects.get()
    assert done is True
    assert (row.vault_name, row.media_type, row.size, row.destroyed_at) == ("", "", None, clock())
    assert (row.purpose, row.received_at) == ("identity", piece.received_at)
    assert shelf.things == {}
    assert row.data_key.wrapped is None
    with pytest.raises(Forgotten):
        row.data_key.key_bytes()
    assert b"pixels" not in copied


def test_destroying_twice_is_boring(shelf: Shelf, clock: Clock) -> None:
    piece = keep(shelf, clock)
    evidence.destroy(piece, keeper=shelf, at=clock.tick())
    when = clock()

    assert evidence.destroy(Evidence.objects.get(), keeper=shelf, at=clock.tick()) is False
    assert evidence.destroy(piece, keeper=shelf, at=clock.tick()) is False
    assert Evidence.objects.get().destroyed_at == when


@pytest.mark.parametrize("stop", ["before the bytes", "after the bytes"])
def test_stop_on_the_way_leaves_it_due_and_unreadable(
    shelf: Shelf, clock: Clock, stop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    piece = keep(shelf, clock)

    def crash(*_args: object) -> None:
        raise SystemError

    if stop == "before the bytes":
        shelf.before_deleting = crash
    else:
        monkeypatch.setattr(evidence.Erased, "note", crash)
    with pytest.raises(SystemError):
        evidence.destroy(piece, keeper=shelf, at=clock.tick())
    row = Evidence.objects.get()
    assert row.destroyed_at is None
    assert row.vault_name == piece.vault_name
    assert evidence.due(ABOUT, clock()) == [row]
    with pytest.raises(evidence.Gone):
        evidence.open(row, by="7", why=Why.CHECK, at=clock())

    monkeypatch.undo()
    shelf.before_deleting = lambda: None

    assert evidence.destroy(row, keeper=shelf, at=clock.tick()) is True
    assert shelf.things == {}


def test_bytes_in_use_are_not_erased(shelf: Shelf, clock: Clock) -> None:
    piece = keep(shelf, clock)

    with pytest.raises(ValueError, match="release it first"):
        evidence.erase(piece, shelf)
    assert shelf.things


def test_what_is_destroyed_between_recording_and_reading_is_gone(shelf: Shelf, clock: Clock) -> None:
    piece = keep(shelf, clock)
    opened = evidence.open(piece, by="7", why=Why.CHECK, at=clock())
    del shelf.things[piece.vault_name]

    with pytest.raises(evidence.Gone):
        opened.read(shelf)


def test_day_moves_forward_only(shelf: Shelf, clock: Clock) -> None:
    piece = keep(shelf, clock)

    evidence.keep_until(ABOUT, clock() + timedelta(days=7))
    evidence.keep_until(ABOUT, clock() + timedelta(days=9))

    assert Evidence.objects.get().destroy_at == clock() + timedelta(days=7)
    assert evidence.due(ABOUT, clock() + timedelta(days=6, hours=23)) == []
    assert evidence.due(ABOUT, clock() + timedelta(days=7)) == [piece]


def test_table_holds_no_row_that_is_half_destroyed(shelf: Shelf, clock: Clock) -> None:
    piece = keep(shelf, clock)

    for half in ({"vault_name": ""}, {"destroyed_at": clock()}, {"destroyed_at": clock(), "vault_name": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Evidence.objects.filter(pk=piece.pk).update(**half)
