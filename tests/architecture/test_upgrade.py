"""While a release is rolled out, processes of the one before write to the database of the new one, and must be able to.

What they do not know of must have a value without them: a column that is added is empty or has a default that the
database itself gives, and nothing that they use goes away.
"""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model
from django.db.models.fields import NOT_PROVIDED

from dsr.models import Submission
from notifications.models import DataKey
from tests import builders
from tests.clock import Clock

BEFORE = {"dsr": "0005_rule_books", "notifications": "0002_report_trouble", "verification": "0001_initial"}
"""The last migrations of the release before."""
TAKES_AWAY = (migrations.RemoveField, migrations.RenameField, migrations.DeleteModel, migrations.RenameModel)


def _since() -> Iterator[tuple[str, migrations.Migration]]:
    for (app, name), migration in sorted(MigrationLoader(None, replace_migrations=False).disk_migrations.items()):
        if app in BEFORE and name > BEFORE[app]:
            yield f"{app}.{name}", migration


def _models_before() -> Iterator[type[Model]]:
    state = MigrationLoader(None, replace_migrations=False).project_state(list(BEFORE.items()))
    for model in state.apps.get_models():
        if model._meta.app_label in BEFORE:
            yield model


def test_there_is_something_to_look_at() -> None:
    assert {name.partition(".")[0] for name, _ in _since()} == set(BEFORE)
    assert {model._meta.db_table for model in _models_before()} >= {"dsr_submission", "verification_challenge"}


def test_nothing_that_is_in_use_goes_away() -> None:
    taken = [
        f"{name}: {operation.describe()}"
        for name, migration in _since()
        for operation in migration.operations
        if isinstance(operation, TAKES_AWAY)
    ]

    assert taken == []


def test_every_column_that_is_added_has_a_value_without_being_named() -> None:
    without = [
        f"{name}: {operation.model_name}.{operation.name}"
        for name, migration in _since()
        for operation in migration.operations
        if isinstance(operation, migrations.AddField)
        and not operation.field.null
        and operation.field.db_default is NOT_PROVIDED
        and _is_older(operation.model_name)
    ]

    assert without == []


def _is_older(model: str) -> bool:
    return any(older._meta.model_name == model.lower() for older in _models_before())


@pytest.mark.django_db
def test_database_itself_gives_what_the_release_before_does_not_name() -> None:
    lacking = []
    for model in _models_before():
        known = {field.column for field in model._meta.concrete_fields}
        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, model._meta.db_table)
        lacking += [
            f"{model._meta.db_table}.{column.name}"
            for column in columns
            if column.name not in known and not column.null_ok and column.default is None
        ]

    assert lacking == []


@pytest.mark.django_db(transaction=True)
def test_row_of_the_release_before_is_taken_and_read(clock: Clock) -> None:
    """Written as it writes it: with the columns that it knows of, and no others."""
    filed = builders.file(at=clock()).submission
    older = next(model for model in _models_before() if model._meta.db_table == "dsr_submission")
    other = ("id", "reference", "data_key_id")
    names = ", ".join(f'"{field.column}"' for field in older._meta.concrete_fields if field.column not in other)
    key, pk = DataKey.new(clock()), uuid4()
    key.save()
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO dsr_submission (id, reference, data_key_id, {names}) SELECT %s, %s, %s, {names}"
            " FROM dsr_submission WHERE id = %s",
            [pk.hex, "OLDER-AAAAA", key.pk.hex, filed.pk.hex],
        )

    found = Submission.objects.get(pk=pk)
    assert (found.vouched, found.for_other, found.signed_in, found.of_record) == ("", False, False, False)
    assert (found.stopped_at, found.held_until, found.looked_at, found.origin_fingerprint) == (None, None, None, "")
    assert found.open_json("proved") == {}
