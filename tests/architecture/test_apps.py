"""What the import contracts cannot see: migrations and templates also point one way only."""

import pytest
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

MAY_KNOW = {
    "notifications": {"notifications"},
    "verification": {"verification", "notifications"},
    "dsr": {"dsr", "verification", "notifications", "auth", "contenttypes", "knox", "__setting__"},
}


@pytest.mark.parametrize("app", MAY_KNOW)
def test_migrations_depend_downwards_only(app: str) -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    own = {key: migration for key, migration in loader.disk_migrations.items() if key[0] == app}

    known = {dependency[0] for migration in own.values() for dependency in migration.dependencies}

    assert known <= MAY_KNOW[app]


@pytest.mark.parametrize("app", MAY_KNOW)
def test_relations_point_downwards_only(app: str) -> None:
    related = {
        field.related_model._meta.app_label if field.related_model else ""
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete and not isinstance(field.related_model, str)
    }

    assert related <= MAY_KNOW[app] | {""}
