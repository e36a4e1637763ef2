"""Runs the suite on the services that answer, or on the embedded default, and says which.

Environment: `DATABASE_URL`, `BROKER_URL`, `MARIADB_URL` name services at other places than the usual local ones;
`EMBEDDED=1` ignores all of them; `REQUIRE_SERVICES=1` makes a missing one a failure; `PATIENCE` is for how many seconds
services may still be starting; `JOBS` is the number of processes. Arguments go to pytest.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.answering import NAMES, Found, addresses, find

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "recourse_test_"


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


def services() -> dict[str, Found]:
    """Every service at its address, or the reason why not; all of them together get the patience of one."""
    until = time.monotonic() + float(os.environ.get("PATIENCE", "10" if _required() else "3"))
    return {name: find(name, addresses(name), until - time.monotonic()) for name in NAMES}


def _required() -> bool:
    return os.environ.get("REQUIRE_SERVICES") == "1"


def environment() -> dict[str, str]:
    """The variables the tests run under; prints which services they mean."""
    env = dict(os.environ)
    chromium = find_chromium()
    found = {"Chromium": Found(chromium, ("no program of that name",))}
    if env.get("EMBEDDED") == "1":
        print("Testing the embedded default: SQLite and a broker in a file (EMBEDDED=1).")
        for name in ("DATABASE_URL", "BROKER_URL", "CACHE_URL", "REQUIRE_SERVICES"):
            env.pop(name, None)
    else:
        found |= services()
        postgres, broker, mariadb = (found[name].url for name in NAMES)
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
    for name, each in found.items():
        print(f"  {name}: {'answers' if each.url else 'not found; tests that need it are left out'}")
        if not each.url:
            print(*(f"    {reason}" for reason in each.why), sep="\n")
    missing = [name for name, each in found.items() if not each.url]
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
