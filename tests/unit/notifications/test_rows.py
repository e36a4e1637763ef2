"""Rows of several tables inserted at once are the rows that were meant."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications.models import DataKey, Message
from notifications.rows import insert, write

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 5, 9, 30, 1, 234567, tzinfo=UTC)


def message(key: DataKey, **changes: object) -> Message:
    values = {
        "kind": "note",
        "language": "en",
        "data_key": key,
        "about": key.pk,
        "due_at": AT,
        "created_at": AT,
        "to_sealed": b"\x00'%s;\xff\\",
        "tries": [{"at": "'; --", "n": 1, "deep": [None, True, "%(x)s"]}],
        "dedupe_key": "it's \\ \u00e9\u4e2d %s %% ;\n",
    }
    return Message(**{**values, **changes})


def values(row: Message | DataKey) -> dict[str, object]:
    return dict(type(row).objects.filter(pk=row.pk).values().get())


def test_rows_read_back_as_they_were() -> None:
    key = DataKey.new(AT)
    one, other = message(key), message(key, dedupe_key=None, to_sealed=None, tries=[])

    insert(key, one, other)

    for row in (key, one, other):
        expected = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
        found = {name: bytes(value) if isinstance(value, memoryview) else value for name, value in values(row).items()}
        assert found == expected
        assert not row._state.adding


def test_rows_are_the_same_as_saved_ones() -> None:
    key = DataKey.new(AT)
    inserted, saved = message(key, dedupe_key="a"), message(key, dedupe_key="b")

    insert(key, inserted)
    saved.save(force_insert=True)

    one, other = values(inserted), values(saved)
    assert {name for name in one if one[name] != other[name]} == {"id", "dedupe_key"}


def test_keys_and_defaults_of_the_database_are_left_to_it() -> None:
    insert(User(username="ada"), User(username="hal"), ContentType(app_label="a", model="b"))

    assert User.objects.filter(username__in=("ada", "hal"), pk__isnull=False).count() == 2
    assert ContentType.objects.get(app_label="a").pk


def test_rows_of_one_table_share_a_statement() -> None:
    keys = [DataKey.new(AT) for _ in range(3)]

    with CaptureQueriesContext(connection) as captured:
        insert(*keys, *(message(key, dedupe_key=None) for key in keys))

    inserts = [query for query in captured.captured_queries if "INSERT" in query["sql"]]
    assert len(inserts) == (1 if connection.vendor == "postgresql" else 2)


def test_one_bad_row_leaves_none() -> None:
    key = DataKey.new(AT)

    with pytest.raises(IntegrityError), transaction.atomic():
        insert(key, message(key), message(key, state="lost", dedupe_key=None))

    assert not DataKey.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_rows_need_no_transaction_around_them() -> None:
    key, other = DataKey.new(AT), DataKey.new(AT)

    with pytest.raises(IntegrityError):
        insert(key, message(key), message(key, state="lost", dedupe_key=None))
    insert(other, message(other))

    assert [row.pk for row in DataKey.objects.all()] == [other.pk]
    assert Message.objects.get().data_key_id == other.pk


def test_writes_named_fields_new_rows_and_those_that_were_not_there_yet() -> None:
    key, other = DataKey.new(AT), DataKey.new(AT)
    known, wrong = message(key, attempts=3), message(key, dedupe_key=None)
    insert(key, known, wrong)
    wrong.error_code, wrong.tries, wrong.kind = "busy", [{"code": "busy"}], "not named"
    repeated, fresh = message(key, attempts=9), message(key, dedupe_key="fresh")

    with transaction.atomic():
        write(changed=[(wrong, ["error_code", "tries"]), (known, [])], new=[other], once=[repeated, fresh])

    changed = values(wrong)
    assert (changed["error_code"], changed["tries"], changed["kind"]) == ("busy", [{"code": "busy"}], "note")
    assert values(known)["attempts"] == 3
    assert values(other)["id"] == other.pk
    assert set(Message.objects.values_list("pk", flat=True)) == {known.pk, wrong.pk, fresh.pk}


def test_writes_in_one_exchange_where_the_database_takes_one() -> None:
    key = DataKey.new(AT)
    insert(key)
    one, other = message(key), message(key, dedupe_key=None)

    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        write(changed=[(key, ["created_at"])], new=[other], once=[one])
        write()

    assert len(captured.captured_queries) == (1 if connection.vendor == "postgresql" else 3)


def test_a_bad_row_ends_the_transaction_it_was_written_in() -> None:
    key, other = DataKey.new(AT), DataKey.new(AT)
    insert(key)

    with pytest.raises(IntegrityError), transaction.atomic():
        write(new=[other, message(key, state="lost")])

    assert not DataKey.objects.filter(pk=other.pk).exists()


def test_rows_are_gone_by_the_values_of_their_fields() -> None:
    key = DataKey.new(AT)
    said = {"kept": ("note", "en"), "other kind": ("word", "de"), "one": ("note", "de"), "two": ("note", "fr")}
    rows = {name: message(key, kind=kind, language=lang, dedupe_key=name) for name, (kind, lang) in said.items()}
    insert(key, *rows.values())

    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        new = message(key, language="de", dedupe_key="one")
        write(gone=[(Message, {"kind": ["note"], "language": ["de", "fr", "%s"]})], new=[new])

    assert set(Message.objects.all()) == {rows["kept"], rows["other kind"], new}
    if connection.vendor == "postgresql":
        assert len(captured.captured_queries) == 1
