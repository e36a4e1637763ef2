"""The embedded broker: a queue in an SQLite file, as a transport of kombu.

For one machine without a broker of its own. A message is a row; taking it leases the row, acknowledging deletes it, and
a lease that runs out makes it available again. A process that is killed therefore loses nothing, and no reader can meet
half a message, which the file-per-message transport cannot promise (see docs/decisions/0003).
"""

import json
import sqlite3
from contextlib import suppress
from pathlib import Path
from queue import Empty
from threading import Lock
from time import time
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, virtual

SCHEME = "embedded"
#: How long a taken message stays with its taker, in seconds. Longer than any task; tasks are safe to run twice.
LEASE = 120.0
#: Bells nobody answered for this long, in seconds, are thrown away: the rows they point to have long been swept.
FORGET = 24 * 3600.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    tag TEXT NOT NULL UNIQUE,
    visible_at REAL NOT NULL,
    put_at REAL NOT NULL,
    payload TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS message_waiting ON message (queue, visible_at);
"""
_FIND = "SELECT id FROM message WHERE queue = ? AND visible_at <= ? ORDER BY visible_at, id LIMIT 1"
_TAKE = "UPDATE message SET visible_at = ? WHERE id = ? AND visible_at <= ? RETURNING payload"


class Channel(virtual.Channel):
    """One connection to the file. Consumers poll it; tasks acknowledge from threads of their own."""

    do_restore = False  # a lease gives back what was not acknowledged

    def __init__(self, connection: Any, **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)
        options: dict[str, Any] = connection.client.transport_options
        self._lease = float(options.get("visibility_timeout", LEASE))
        path = Path(options["path"])
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = Lock()
        self._file = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode=WAL")
        self._file.execute("PRAGMA synchronous=NORMAL")
        self._file.executescript(_SCHEMA)
        self._file.execute("DELETE FROM message WHERE put_at < ?", [time() - FORGET])

    def _run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._file.execute(statement, values).fetchall()

    def _put(self, queue: str, message: dict[str, Any], **_: Any) -> None:
        now, tag = time(), message["properties"]["delivery_tag"]
        self._run(
            "INSERT INTO message (queue, tag, visible_at, put_at, payload) VALUES (?, ?, ?, ?, ?)",
            *(queue, tag, now, now, json.dumps(message)),
        )

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        now = time()
        # Looking first costs no write lock, and an idle queue is looked at ten times a second.
        for (row,) in self._run(_FIND, queue, now):
            for (payload,) in self._run(_TAKE, now + self._lease, row, now):
                message: dict[str, Any] = json.loads(payload)
                return message
        raise Empty

    def basic_consume(self, queue: str, no_ack: bool, *args: Any, **kwargs: Any) -> Any:
        """Every consumer acknowledges: without that a lease would bring each message back."""
        if no_ack:
            raise NotImplementedError("the embedded broker needs acknowledgements")
        return super().basic_consume(queue, no_ack, *args, **kwargs)

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        """Done: the row goes."""
        super().basic_ack(delivery_tag, multiple)
        self._run("DELETE FROM message WHERE tag = ?", delivery_tag)

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Not done: available again at once, or thrown away."""
        self.qos.ack(delivery_tag)
        if requeue:
            self._run("UPDATE message SET visible_at = ? WHERE tag = ?", time(), delivery_tag)
        else:
            self._run("DELETE FROM message WHERE tag = ?", delivery_tag)

    def _purge(self, queue: str) -> int:
        return len(self._run("DELETE FROM message WHERE queue = ? RETURNING id", queue))

    def _size(self, queue: str) -> int:
        return int(self._run("SELECT count(*) FROM message WHERE queue = ?", queue)[0][0])

    def _delete(self, queue: str, *args: Any, **kwargs: Any) -> None:
        self._purge(queue)

    def close(self) -> None:
        """Give back what this channel took and did not finish, then let go of the file."""
        if not self.closed:
            qos: Any = self.qos
            for tag in list(qos._delivered):
                if tag not in qos._dirty:
                    with suppress(sqlite3.Error):
                        self._run("UPDATE message SET visible_at = ? WHERE tag = ?", time(), tag)
        super().close()
        with self._lock:
            self._file.close()


class Transport(virtual.Transport):
    """Registered under `embedded://`; the option `path` names the file."""

    Channel = Channel
    driver_type = SCHEME
    driver_name = "sqlite3"
    default_port = 0
    polling_interval = 0.1
    connection_errors = (*virtual.Transport.connection_errors, sqlite3.Error, OSError)
    channel_errors = (*virtual.Transport.channel_errors, sqlite3.Error)

    def driver_version(self) -> str:
        """Version of the library behind it."""
        return sqlite3.sqlite_version


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
