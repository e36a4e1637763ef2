"""Data keys: they seal, they are forgotten for good, and the database holds them to it."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from notifications import sealing
from notifications.models import DataKey, Forgotten
from notifications.sealing import SealBroken
from tests.clock import Clock

pytestmark = pytest.mark.django_db


def test_seal_opens_again_when_the_row_was_read_back(clock: Clock) -> None:
    key = DataKey.new(clock())
    blob = key.seal("Ada Lovelace", "submission:1:name")
    key.save()

    read = DataKey.objects.get(pk=key.pk)

    assert read.unseal(blob, "submission:1:name") == "Ada Lovelace"
    assert read.unseal(memoryview(blob), "submission:1:name") == "Ada Lovelace"
    assert read.key_bytes() == key.key_bytes()


def test_unseal_unwraps_once(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    DataKey.new(clock()).save()
    read = DataKey.objects.get()
    calls: list[bytes] = []
    unwrap = sealing.unwrap

    def counting(blob: bytes) -> bytes:
        calls.append(blob)
        return unwrap(blob)

    monkeypatch.setattr(sealing, "unwrap", counting)

    blobs = [read.seal(str(number), "a") for number in range(5)]
    texts = [read.unseal(blob, "a") for blob in blobs]

    assert texts == ["0", "1", "2", "3", "4"]
    assert len(calls) == 1


def test_forget_destroys_the_key_for_good(clock: Clock) -> None:
    key = DataKey.new(clock())
    blob = key.seal("Ada", "a")
    key.save()

    key.forget(clock())

    read = DataKey.objects.get(pk=key.pk)
    assert read.wrapped is None
    assert read.forgotten_at == clock()
    for each in (key, read):
        with pytest.raises(Forgotten):
            each.unseal(blob, "a")
        with pytest.raises(Forgotten):
            each.seal("Ada", "a")


def test_forget_changes_nothing_when_done_twice(clock: Clock) -> None:
    key = DataKey.new(clock())
    key.save()
    key.forget(clock())
    first = clock()

    DataKey.objects.get(pk=key.pk).forget(clock.tick(days=1))

    assert DataKey.objects.get(pk=key.pk).forgotten_at == first


def test_unseal_refuses_what_another_key_sealed(clock: Clock) -> None:
    blob = DataKey.new(clock()).seal("Ada", "a")

    with pytest.raises(SealBroken):
        DataKey.new(clock()).unseal(blob, "a")


@pytest.mark.parametrize("fields", [{"wrapped": None}, {"forgotten_at": "2026-03-05T09:30Z"}])
def test_database_refuses_a_key_half_forgotten(clock: Clock, fields: dict[str, Any]) -> None:
    key = DataKey.new(clock())
    key.save()

    with pytest.raises(IntegrityError), transaction.atomic():
        DataKey.objects.filter(pk=key.pk).update(**fields)


def test_key_shows_nothing_when_printed(clock: Clock) -> None:
    key = DataKey.new(clock())

    assert key.key_bytes().hex() not in repr(key) + str(key)
    assert str(key) == str(key.pk)
