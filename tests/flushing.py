"""Emptying the database between tests although history refuses to be deleted."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations


def install() -> None:
    """Let the flush of the test runner, and nothing else, past the triggers of the history tables.

    On the class and not on one connection: beside the event loop of a browser's driver Django makes others.
    """
    operations = type(connection.ops)
    flush = operations.execute_sql_flush
    modules = ("0002_append_only", "0005_rule_books", "0008_cpni", "0014_incidents")
    triggers: list[Any] = [import_module(f"dsr.migrations.{name}") for name in modules]

    def past_the_triggers(self: BaseDatabaseOperations, sql_list: Iterable[str]) -> None:
        if self.connection.vendor == "postgresql":
            # Triggers of the ordinary kind do not fire for a replica, and only a superuser may play one. The token
            # table that ours replaces still refers to users, and Django no longer knows of it.
            emptied = [statement.rstrip(";") + " CASCADE" for statement in sql_list]
            flush(self, ["SET session_replication_role = replica", *emptied, "SET session_replication_role = DEFAULT"])
            return
        with self.connection.schema_editor() as editor:
            for each in triggers:
                each.release(None, editor)
        flush(self, sql_list)
        with self.connection.schema_editor() as editor:
            for each in triggers:
                each.protect(None, editor)

    operations.execute_sql_flush = past_the_triggers  # type: ignore[method-assign]
