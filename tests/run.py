"""Runs the suite on the services that answer, or on the embedded default, and says which.

Environment: `DATABASE_URL`, `BROKER_URL`, `MARIADB_URL` name services at other places than the usual local ones;
`EMBEDDED=1` ignores all of them; `REQUIRE_SERVICES=1` makes a missing one a failure; `JOBS` is the number of processes.
Arguments go to pytest.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pymysql
import redis

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "recourse_test_"


def find_postgres(urls: Sequence[str]) -> str | None:
    """The first address where databases may be made."""
    for url in urls:
        with suppress(psycopg.Error), psycopg.connect(url, connect_timeout=2) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
            if row and row[0]:
                return url
    return None


def find_redis(url: str) -> str | None:
    """The address, if Redis answers there."""
    try:
        redis.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2).ping()
    except redis.RedisError:
        return None
    return url


def find_mariadb(url: str) -> str | None:
    """The address, if MariaDB or MySQL answers there."""
    parts = urlsplit(url)
    try:
        pymysql.connect(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or 3306,
            user=parts.username or "root",
            password=parts.password or "",
            connect_timeout=2,
        ).close()
    except pymysql.Error:
        return None
    return url


def find_chromium() -> str | None:
    """A browser that Playwright can drive."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return None


def drop_leftovers(url: str) -> None:
    """Remove databases of earlier runs whose process is gone; only on this machine can that be told."""
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        return
    with psycopg.connect(url, autocommit=True) as connection:
        for name in _left(connection):
            with suppress(psycopg.Error):
                connection.execute(psycopg.sql.SQL("DROP DATABASE IF EXISTS {}").format(psycopg.sql.Identifier(name)))


def _left(connection: psycopg.Connection) -> Iterator[str]:
    rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [PREFIX + "%"]).fetchall()
    for (name,) in rows:
        run = name.removeprefix(PREFIX).partition("_")[0]
        if run.isdigit() and not Path(f"/proc/{run}").exists():
            yield name


def environment() -> dict[str, str]:
    """The variables the tests run under; prints which services they mean."""
    env = dict(os.environ)
    chromium = find_chromium()
    found: dict[str, str | None] = {"Chromium": chromium}
    if env.get("EMBEDDED") == "1":
        print("Testing the embedded default: SQLite and a broker in a file (EMBEDDED=1).")
        for name in ("DATABASE_URL", "BROKER_URL", "CACHE_URL", "REQUIRE_SERVICES"):
            env.pop(name, None)
    else:
        local = [f"postgres://{user}@127.0.0.1:5432/postgres" for user in ("postgres", env.get("USER", "root"))]
        given = env.get("DATABASE_URL")
        postgres = find_postgres([given] if given else [*local, "postgres://postgres:postgres@127.0.0.1:5432/postgres"])
        broker = find_redis(env.get("BROKER_URL") or "redis://127.0.0.1:6379/9")
        mariadb = find_mariadb(env.get("MARIADB_URL") or "mysql://root@127.0.0.1:3306/")
        found |= {"PostgreSQL": postgres, "Redis": broker, "MariaDB": mariadb}
        if postgres:
            drop_leftovers(postgres)
            env |= {"DATABASE_URL": postgres, "TEST_POSTGRES_URL": postgres}
        if broker:
            env |= {"BROKER_URL": broker, "CACHE_URL": broker, "TEST_REDIS_URL": broker}
        if mariadb:
            env["TEST_MARIADB_URL"] = mariadb
        print(f"Testing on {'PostgreSQL' if postgres else 'the embedded default (SQLite)'}.")
    if chromium:
        env["TEST_CHROMIUM"] = chromium
    for name, place in found.items():
        print(f"  {name}: {'answers' if place else 'not found; tests that need it are left out'}")
    missing = [name for name, place in found.items() if not place]
    if missing and env.get("REQUIRE_SERVICES") == "1":
        sys.exit(f"REQUIRE_SERVICES=1, but not found: {', '.join(missing)}. Start or install them, or leave it unset.")
    return env


def main() -> int:
    """Run pytest and hand back its exit code."""
    env = environment()
    env["TEST_RUN"] = str(os.getpid())
    sys.stdout.flush()
    jobs = ["-n", env.get("JOBS", "2"), "--dist", "loadgroup"]
    return subprocess.call([sys.executable, "-m", "pytest", *jobs, *sys.argv[1:]], cwd=ROOT, env=env)


if __name__ == "__main__":
    sys.exit(main())
