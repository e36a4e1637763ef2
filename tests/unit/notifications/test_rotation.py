"""Rotation: every data key moves to the current master key, may stop half-way, and brings nothing forgotten back."""

import base64
import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from notifications import rotation
from notifications.models import DataKey
from tests.clock import Clock

pytestmark = pytest.mark.django_db
K1 = "k1:" + base64.b64encode(b"\x01" * 32).decode()
K2 = "k2:" + base64.b64encode(b"\x02" * 32).decode()
K3 = "k3:" + base64.b64encode(b"\x03" * 32).decode()


@pytest.fixture
def old_keys(settings: Any, clock: Clock) -> dict[Any, bytes]:
    """Seven data keys from the time of k1, and what each is."""
    settings.FIELD_KEYS = K1
    keys = [DataKey.new(clock.tick()) for _ in range(7)]
    DataKey.objects.bulk_create(keys)
    return {key.pk: key.key_bytes() for key in keys}


def test_rewrap_all_moves_every_key_and_changes_none(settings: Any, old_keys: dict[Any, bytes]) -> None:
    settings.FIELD_KEYS = f"{K2},{K1}"

    batches = list(rotation.rewrap_all(batch=3))

    assert batches == [3, 3, 1]
    assert rotation.left() == {}
    settings.FIELD_KEYS = K2
    assert {key.pk: key.key_bytes() for key in DataKey.objects.all()} == old_keys
    assert set(DataKey.objects.values_list("wrapped_under", flat=True)) == {"k2"}


def test_rewrap_all_goes_on_where_it_stopped(settings: Any, old_keys: dict[Any, bytes]) -> None:
    settings.FIELD_KEYS = f"{K2},{K1}"

    assert next(iter(rotation.rewrap_all(batch=3))) == 3
    assert rotation.left() == {"k1": 4}

    assert sum(rotation.rewrap_all(batch=3)) == 4
    assert list(rotation.rewrap_all()) == []


def test_rewrap_all_does_not_bring_a_forgotten_key_back(
    settings: Any, old_keys: dict[Any, bytes], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FIELD_KEYS = f"{K2},{K1}"
    victim = next(iter(old_keys))
    read = rotation._next

    def forget_meanwhile(*given: Any) -> list[DataKey]:
        rows = read(*given)
        DataKey.objects.get(pk=victim).forget(clock())
        return rows

    monkeypatch.setattr(rotation, "_next", forget_meanwhile)
    done = sum(rotation.rewrap_all())

    assert done == 6
    assert DataKey.objects.get(pk=victim).wrapped is None
    assert rotation.left() == {}


def test_command_tells_what_it_did(settings: Any, old_keys: dict[Any, bytes]) -> None:
    settings.FIELD_KEYS = f"{K2},{K1}"
    out = io.StringIO()

    call_command("rotate_keys", "--json", "--batch", "2", stdout=out)

    assert json.loads(out.getvalue()) == {"current": "k2", "rewrapped": 7, "left": {}}


def test_command_fails_and_names_the_key_that_left_too_early(settings: Any, old_keys: dict[Any, bytes]) -> None:
    settings.FIELD_KEYS = f"{K3},{K2}"

    with pytest.raises(CommandError, match=r"under 'k1' \(7\)"):
        call_command("rotate_keys", stdout=io.StringIO())


def test_command_passes_over_a_key_that_was_damaged(settings: Any, old_keys: dict[Any, bytes]) -> None:
    settings.FIELD_KEYS = f"{K2},{K1}"
    DataKey.objects.filter(pk=next(iter(old_keys))).update(wrapped=b"k1:" + bytes(60))

    with pytest.raises(CommandError, match=r"under 'k1' \(1\)"):
        call_command("rotate_keys", stdout=io.StringIO())

    assert DataKey.objects.filter(wrapped_under="k2").count() == 6


def test_command_refuses_an_empty_batch() -> None:
    with pytest.raises(CommandError, match="--batch: saw 0"):
        call_command("rotate_keys", "--batch", "0")
