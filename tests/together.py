"""Doing things at the same moment, in real threads with connections of their own."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def together(tasks: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Run tasks at once and return what each returned or raised, in their order."""
    gate = Barrier(len(tasks))

    def run(task: Callable[[], T]) -> T | Exception:
        try:
            connections["default"].ensure_connection()
            gate.wait(timeout=30)
            return task()
        except Exception as error:  # noqa: BLE001 - the test judges it
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=len(tasks)) as pool:
        return list(pool.map(run, tasks))


def kinds(results: Sequence[object]) -> dict[str, int]:
    """Count results by the name of their type."""
    counts: dict[str, int] = {}
    for result in results:
        name = type(result).__name__
        counts[name] = counts.get(name, 0) + 1
    return counts
