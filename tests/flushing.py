"""Emptying the database between tests although history refuses to be deleted."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations

#: What the migrations fill and no test changes; filled again after each flush, it would cost more than the test.
KEPT = {"django_content_type", "auth_permission"}


def install() -> None:
    """Let the flush of the test runner, and nothing else, past the triggers of the history tables.

    On the class and not on one connection: beside the event loop of a browser's driver Django makes others.
    """
    operations = type(connection.ops)
    flush, written = operations.execute_sql_flush, operations.sql_flush
    modules = ("0002_append_only", "0005_rule_books", "0008_cpni", "0014_incidents", "0029_cases")
    triggers: list[Any] = [import_module(f"dsr.migrations.{name}") for name in modules]

    def all_but_the_kept(self: BaseDatabaseOperations, style: Any, tables: Iterable[str], **options: Any) -> list[str]:
        emptied = sorted(set(tables) - KEPT)
        return (
            _deleting(self, emptied)
            if self.connection.vendor == "postgresql"
            else written(self, style, emptied, **options)
        )

    def past_the_triggers(self: BaseDatabaseOperations, sql_list: Iterable[str]) -> None:
        if self.connection.vendor == "postgresql":
            # Triggers of the ordinary kind do not fire for a replica, and only a superuser may play one.
            flush(self, ["SET session_replication_role = replica", *sql_list, "SET session_replication_role = DEFAULT"])
            return
        with self.connection.schema_editor() as editor:
            for each in triggers:
                each.release(None, editor)
        flush(self, sql_list)
        with self.connection.schema_editor() as editor:
            for each in triggers:
                each.protect(None, editor)

    operations.sql_flush = all_but_the_kept  # type: ignore[method-assign]
    operations.execute_sql_flush = past_the_triggers  # type: ignore[method-assign]


def _deleting(operations: BaseDatabaseOperations, tables: list[str]) -> list[str]:
    """One round trip that deletes: a truncation makes new files for every table and its indexes, full or empty.

    Like a truncation it waits for whoever is still writing, so that no row arrives after it.
    """
    names = [operations.quote_name(table) for table in tables]
    deleted = [f"DELETE FROM {name}" for name in names]
    return ["; ".join([f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE", *deleted])]
