"""An empty database starts with one step that stands for many, and must come to the same end."""

from collections.abc import Iterator
from typing import Any

from django.db.migrations import RunPython
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration

STEPS = MigrationLoader(None, replace_migrations=False)
SQUASHED = next(migration for migration in STEPS.disk_migrations.values() if migration.replaces)


def _last_step() -> tuple[str, str]:
    parents = {parent for key in SQUASHED.replaces for parent in STEPS.disk_migrations[key].dependencies}
    (last,) = set(SQUASHED.replaces) - parents
    return last


def _lasting(migrations: list[Migration]) -> Iterator[Any]:
    """What is done beside tables and columns, and is not of the moment."""
    for migration in migrations:
        for operation in migration.operations:
            if isinstance(operation, RunPython) and not operation.elidable:
                yield operation.code


def _steps() -> list[tuple[str, str]]:
    plan = STEPS.graph.forwards_plan(_last_step())
    return [(app, name) for app, name in plan if app == SQUASHED.app_label]


def test_it_stands_for_every_step_up_to_its_last() -> None:
    assert set(SQUASHED.replaces) == set(_steps())


def test_it_makes_the_same_tables() -> None:
    squashed = MigrationLoader(None).project_state((SQUASHED.app_label, SQUASHED.name))
    stepped = STEPS.project_state(_last_step())
    changes = MigrationAutodetector(stepped, squashed).changes(MigrationGraph())

    assert {
        app: [operation.describe() for migration in migrations for operation in migration.operations]
        for app, migrations in changes.items()
        if app == SQUASHED.app_label
    } == {}
    names = [f"{SQUASHED.app_label}.{model}" for _app, model in stepped.models if _app == SQUASHED.app_label]
    assert len(names) > 50
    for app, model in stepped.models:
        if app == SQUASHED.app_label:
            assert list(stepped.models[app, model].fields) == list(squashed.models[app, model].fields), model


def test_it_protects_the_same_tables_from_changes() -> None:
    stepped = list(_lasting([STEPS.disk_migrations[key] for key in _steps()]))

    assert stepped
    assert list(_lasting([SQUASHED])) == stepped
