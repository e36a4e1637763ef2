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
    _triggers.protect_table(schema_editor, TABLE)


def release(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers."""
    _triggers.release_table(schema_editor, TABLE)


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
