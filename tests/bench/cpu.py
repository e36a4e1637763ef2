"""Processor time of processes, from /proc: the one measure that busy neighbours hardly change."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import psycopg

_TICK = 1 / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    # The name in brackets may hold anything, so what follows the last bracket is split.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def tree(root: int) -> list[int]:
    """Return a process and everything it started that still runs."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parents[int(entry.name)] = int(_stat(int(entry.name))[1])
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def backends(url: str) -> list[int]:
    """Return the processes of PostgreSQL that serve a database; none of them is seen when it runs elsewhere."""
    with psycopg.connect(url, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    return [pid for (pid,) in rows]


def seconds(pids: Iterable[int]) -> float:
    """Return the processor seconds that processes have used."""
    total = 0
    for pid in pids:
        with suppress(OSError):
            fields = _stat(pid)
            total += int(fields[11]) + int(fields[12])
    return total * _TICK
