"""What is read by a prepared statement is what a queryset would have read."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from notifications.models import DataKey, Message
from notifications.reads import Prepared, PreparedSet, among
from notifications.rows import insert

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 5, 9, 30, 1, 234567, tzinfo=UTC)


@pytest.fixture
def rows() -> list[Message]:
    """Messages of two keys, the second without an address."""
    keys = [DataKey.new(AT) for _ in range(2)]
    found = [
        Message(
            id=uuid4(),
            kind=kind,
            language="en",
            data_key=key,
            about=keys[0].pk,
            due_at=AT,
            created_at=AT,
            to_sealed=sealed,
            tries=[{"at": "x", "n": number}],
        )
        for number, (key, kind, sealed) in enumerate(
            [(keys[0], "note", b"\x00\xff"), (keys[1], "note", None), (keys[1], "other", b"")]
        )
    ]
    insert(*keys, *found)
    return found


def values(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_rows_and_what_comes_with_them_are_those_of_the_queryset(rows: list[Message]) -> None:
    query = Message.objects.select_related("data_key").order_by("kind", "id")
    prepared = Prepared(lambda about, kind: query.filter(about=about, kind=kind))

    for kind in ("note", "other", "none"):
        found = prepared.rows(rows[0].about, kind)

        expected = list(query.filter(about=rows[0].about, kind=kind))
        assert [values(row) for row in found] == [values(row) for row in expected]
        assert found == expected
        with CaptureQueriesContext(connection) as captured:
            assert [values(row.data_key) for row in found] == [values(row.data_key) for row in expected]
        assert captured.captured_queries == []
        assert not any(row._state.adding for row in found)


def test_found_row_is_saved_as_any_other(rows: list[Message]) -> None:
    [row] = Prepared(lambda pk: Message.objects.filter(pk=pk)).rows(rows[1].pk)

    row.tries, row.error_code = [], "busy"
    row.save(update_fields=["tries", "error_code"])

    again = Message.objects.get(pk=row.pk)
    assert (again.tries, again.error_code) == ([], "busy")


def test_query_without_keys_is_prepared_too(rows: list[Message]) -> None:
    prepared = Prepared(lambda: DataKey.objects.order_by("id"))

    assert prepared.rows() == list(DataKey.objects.order_by("id"))


def test_text_is_made_once(rows: list[Message]) -> None:
    made = []

    def query(pk: UUID) -> Any:
        made.append(pk)
        return Message.objects.filter(pk=pk)

    prepared = Prepared(query)
    for row in rows:
        assert prepared.rows(row.pk) == [row]

    assert len(made) == 1
    assert made[0] not in {row.pk for row in rows}


def test_number_of_keys_is_that_of_the_query(rows: list[Message]) -> None:
    prepared = Prepared(lambda pk: Message.objects.filter(pk=pk))
    prepared.rows(rows[0].pk)

    with pytest.raises(ValueError, match="zip"):
        prepared.rows(rows[0].pk, rows[1].pk)


def test_locks_as_the_query_says(rows: list[Message]) -> None:
    prepared = Prepared(lambda pk: Message.objects.select_for_update(of=("self",)).filter(pk=pk))

    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        prepared.rows(rows[0].pk)

    locked = 'FOR UPDATE OF "notifications_message"' in captured.captured_queries[0]["sql"]
    assert locked == (connection.vendor == "postgresql")


@pytest.mark.parametrize("number", [0, 1, 2, PreparedSet.MOST, PreparedSet.MOST + 1])
def test_set_of_keys_is_read_as_by_the_queryset(rows: list[Message], number: int) -> None:
    prepared = PreparedSet(lambda keys: Message.objects.filter(pk__in=keys).only("kind").order_by("id"))
    keys = [row.pk for row in rows][:number]
    keys += [uuid4() for _ in range(number - len(keys))]

    for _ in range(2):
        assert prepared.rows(keys) == list(Message.objects.filter(pk__in=keys).order_by("id"))


def test_what_is_not_read_comes_when_it_is_asked_for(rows: list[Message]) -> None:
    prepared = PreparedSet(lambda keys: Message.objects.filter(pk__in=keys).only("kind"))

    [row] = prepared.rows([rows[0].pk])

    assert row.get_deferred_fields() >= {"tries", "language"}
    assert row.language == "en"


def test_texts_are_found_among_thousands(rows: list[Message]) -> None:
    wanted = ["other", *(f"it's % {number}" for number in range(3000))]

    with CaptureQueriesContext(connection) as captured:
        found = list(Message.objects.filter(kind__in=among(wanted), language="en"))

    assert found == [rows[2]]
    assert not Message.objects.filter(kind__in=among(["x"])).exists()
    if connection.vendor == "postgresql":
        assert "unnest" in captured.captured_queries[0]["sql"]
