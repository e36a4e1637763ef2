"""Let the database itself refuse to change history."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TABLES = ("dsr_event", "dsr_checkpoint")

POSTGRESQL = """
CREATE OR REPLACE FUNCTION recourse_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""
POSTGRESQL_TABLE = """
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION recourse_append_only();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION recourse_append_only();
"""
SQLITE_TABLE = (
    """
CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
""",
    """
CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
""",
)


def protect_table(schema_editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """Create the triggers of one table."""
    postgresql = schema_editor.connection.vendor == "postgresql"
    for statement in (POSTGRESQL_TABLE,) if postgresql else SQLITE_TABLE:
        schema_editor.execute(statement.format(table=table), params=None)


def release_table(schema_editor: BaseDatabaseSchemaEditor, table: str) -> None:
    """Drop the triggers of one table."""
    postgresql = schema_editor.connection.vendor == "postgresql"
    for name in ("no_change", "no_truncate") if postgresql else ("no_update", "no_delete"):
        where = f" ON {table}" if postgresql else ""
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {table}_{name}{where}", params=None)


def protect(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the function that refuses, and the triggers that call it."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL, params=None)
    for table in TABLES:
        protect_table(schema_editor, table)


def release(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers."""
    for table in TABLES:
        release_table(schema_editor, table)


class Migration(migrations.Migration):
    """Triggers on the history tables."""

    dependencies = (("dsr", "0001_core"),)
    operations = (migrations.RunPython(protect, release),)
