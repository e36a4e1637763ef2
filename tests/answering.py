"""Whether PostgreSQL, Redis and MariaDB answer, and if not, why.

`python -m tests.answering Redis` prints the address and ends with 0, or says the reason and ends with 1.
`python -m tests.answering port 6379` prints that port of loopback if it is free, or else another that is.

Environment: `DATABASE_URL`, `BROKER_URL`, `MARIADB_URL` name one place each; without them it is the usual local one, at
`POSTGRES_PORT`, `REDIS_PORT`, `MARIADB_PORT`. `PATIENCE` is for how many seconds a service may still be starting.
"""

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import urlsplit

import psycopg
import pymysql
import redis

NAMES = ("PostgreSQL", "Redis", "MariaDB")


class CannotMakeDatabases(Exception):
    """The server answers, but this login is of no use to tests."""


@dataclass(frozen=True)
class Found:
    """A service that answers at `url`, or what was tried and what came of it."""

    url: str | None
    why: tuple[str, ...] = ()


def _postgres(url: str) -> None:
    with psycopg.connect(url, connect_timeout=2) as connection:
        row = connection.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if not row or not row[0]:
        raise CannotMakeDatabases("it answers, but this login may not make databases")


def _redis(url: str) -> None:
    with closing(redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2)) as client:
        client.ping()  # a Redis that loads, or could not save, refuses already this
        client.set(f"recourse_answers_{os.getpid()}", "1", px=1000)  # a full one, or a replica, only this


def _mariadb(url: str) -> None:
    parts = urlsplit(url)
    pymysql.connect(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 3306,
        user=parts.username or "root",
        password=parts.password or "",
        connect_timeout=2,
    ).close()


ASK: dict[str, Callable[[str], None]] = {"PostgreSQL": _postgres, "Redis": _redis, "MariaDB": _mariadb}
ERRORS = (psycopg.Error, redis.RedisError, pymysql.Error, CannotMakeDatabases)


def addresses(name: str) -> list[str]:
    """Where a service is looked for."""
    env = os.environ
    if name == "Redis":
        return [env.get("BROKER_URL") or f"redis://127.0.0.1:{env.get('REDIS_PORT', '6379')}/9"]
    if name == "MariaDB":
        return [env.get("MARIADB_URL") or f"mysql://root@127.0.0.1:{env.get('MARIADB_PORT', '3306')}/"]
    if given := env.get("DATABASE_URL"):
        return [given]
    users = dict.fromkeys(("postgres", env.get("USER", "root"), "postgres:postgres"))
    return [f"postgres://{user}@127.0.0.1:{env.get('POSTGRES_PORT', '5432')}/postgres" for user in users]


def _place(url: str) -> str:
    """The address without the login: what may be printed."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else f"{parts.hostname}"


def _tried(name: str, urls: Sequence[str]) -> Iterator[tuple[str, str]]:
    for url in urls:
        try:
            ASK[name](url)
        except ERRORS as error:
            said = " ".join(str(error).split())
            yield url, f"{_place(url)}: {type(error).__name__}: {said}"
        else:
            yield url, ""


def find(name: str, urls: Sequence[str], patience: float = 0) -> Found:
    """The first address of a service that can be used, asked until the patience (seconds) is over."""
    until = time.monotonic() + patience
    while True:
        why = []
        for url, reason in _tried(name, urls):
            if not reason:
                return Found(url)
            why.append(reason)
        if time.monotonic() >= until:
            return Found(None, tuple(dict.fromkeys(why)))
        time.sleep(0.5)


def free_port(wanted: int) -> int:
    """Return the wanted port of loopback, or another one where that is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    sys.exit("no port of 127.0.0.1 is free")


def main(arguments: Sequence[str]) -> int:
    """Answer for one service, or for one port."""
    if len(arguments) == 2 and arguments[0] == "port":
        print(free_port(int(arguments[1])))
        return 0
    if len(arguments) != 1 or arguments[0] not in NAMES:
        sys.exit(f"usage: python -m tests.answering {' | '.join(NAMES)} | port NUMBER")
    found = find(arguments[0], addresses(arguments[0]), float(os.environ.get("PATIENCE", "10")))
    if found.url is None:
        print("; ".join(found.why), file=sys.stderr)
        return 1
    print(found.url)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
