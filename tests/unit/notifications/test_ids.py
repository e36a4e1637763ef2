"""Ids of rows: of the seventh version, in the order of time, and of making where the instant is one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

from notifications.ids import uuid7

AT = datetime(2026, 3, 5, 9, 30, 0, 123_000, tzinfo=UTC)


def test_id_holds_its_version_its_variant_and_its_millisecond() -> None:
    made = uuid7(AT)

    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == int(AT.timestamp() * 1000)


def test_ids_of_one_instant_keep_the_order_in_which_they_were_made() -> None:
    uuid7(AT + timedelta(days=1))  # an earlier test may have counted far within the same instant
    made = [uuid7(AT) for _ in range(1_500)]

    assert made == sorted(made)
    assert len(set(made)) == 1_500


def test_ids_are_in_the_order_of_time() -> None:
    made = [uuid7(AT + timedelta(milliseconds=number)) for number in range(50)]

    assert made == sorted(made)


def test_no_id_is_made_twice_by_many_threads() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _number: uuid7(AT), range(20_000)))

    assert len(set(made)) == 20_000
