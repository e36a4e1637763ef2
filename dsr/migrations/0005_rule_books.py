"""Keep every version of the rules that a submission is pinned to, and let nobody change one."""

from importlib import import_module
from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models.functions import Now

TABLE = "dsr_rulebook"
_triggers: Any = import_module("dsr.migrations.0002_append_only")


def protect(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers; the function that they call came with those of history."""
    postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in (_triggers.POSTGRESQL_TABLE,) if postgresql else _triggers.SQLITE_TABLE:
        schema_editor.execute(statement.format(table=TABLE), params=None)


def release(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers."""
    postgresql = schema_editor.connection.vendor == "postgresql"
    for name in ("no_change", "no_truncate") if postgresql else ("no_update", "no_delete"):
        where = f" ON {TABLE}" if postgresql else ""
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_{name}{where}", params=None)


class Migration(migrations.Migration):
    """The table of rule books, and its triggers."""

    dependencies = (("dsr", "0004_watch"),)
    operations = (
        migrations.CreateModel(
            name="RuleBook",
            fields=[
                (
                    "version",
                    models.CharField(
                        editable=False, max_length=64, primary_key=True, serialize=False, verbose_name="version"
                    ),
                ),
                ("form", models.PositiveSmallIntegerField(editable=False, verbose_name="form")),
                ("documents", models.BinaryField(verbose_name="documents")),
                ("made_at", models.DateTimeField(db_default=Now(), editable=False, verbose_name="first used")),
            ],
            options={"verbose_name": "rule book", "verbose_name_plural": "rule books", "ordering": ("made_at",)},
        ),
        migrations.RunPython(protect, release),
    )
