"""Emptying the database between tests although history refuses to be deleted."""

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from django.db import connection


def install() -> None:
    """Let the flush of the test runner, and nothing else, past the triggers of the history tables."""
    flush = connection.ops.execute_sql_flush
    triggers: Any = import_module("dsr.migrations.0002_append_only")

    def past_the_triggers(sql_list: Iterable[str]) -> None:
        if connection.vendor == "postgresql":
            # Triggers of the ordinary kind do not fire for a replica, and only a superuser may play one. The token
            # table that ours replaces still refers to users, and Django no longer knows of it.
            emptied = [statement.rstrip(";") + " CASCADE" for statement in sql_list]
            flush(["SET session_replication_role = replica", *emptied, "SET session_replication_role = DEFAULT"])
            return
        with connection.schema_editor() as editor:
            triggers.release(None, editor)
        flush(sql_list)
        with connection.schema_editor() as editor:
            triggers.protect(None, editor)

    connection.ops.execute_sql_flush = past_the_triggers  # type: ignore[method-assign]
