"""Puts the invented people into the demonstration's systems: files, or servers where addresses of such are given."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa
from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from sqlalchemy.engine import URL, make_url

from dsr.demo import accounts, marketing, messaging, support
from dsr.demo.accounts import Rows
from dsr.demo.places import Places

VERSION = 4
"""Raised whenever the invented data changes; older data is then made anew."""

_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mariadb": "mysql+pymysql",
    "mysql": "mysql+pymysql",
}
_BATCH = 2_000


class NotLoaded(CommandError):
    """A database could not be prepared; the message says what to do."""


def load(places: Places, *, accounts_url: str = "", messaging_url: str = "", at: datetime = accounts.UNTIL) -> None:
    """Load what is missing. A second call finds everything there and costs next to nothing.

    What is meant to have changed lately has been so at `at`, whenever that is; all else is the same on every machine.
    """
    places.folder.mkdir(parents=True, exist_ok=True)
    for url, path, metadata, rows in (
        (accounts_url, places.accounts, accounts.metadata, accounts.rows),
        (messaging_url, places.messaging, messaging.metadata, messaging.rows),
    ):
        if url:
            _on_server(url, metadata, rows)
        else:
            _as_file(path, lambda fresh, m=metadata, r=rows: _fill_file(fresh, m, r))  # type: ignore[misc]
    _freshen(_address(accounts_url) if accounts_url else _file(places.accounts), accounts.freshen, at)
    _freshen(_address(messaging_url) if messaging_url else _file(places.messaging), messaging.freshen, at)
    _as_file(places.marketing, marketing.build)
    if not places.support.exists():
        fresh = Path(tempfile.mkdtemp(dir=places.folder))
        support.build(fresh)
        try:
            fresh.rename(places.support)
        except OSError:  # somebody else was faster
            shutil.rmtree(fresh, ignore_errors=True)


def _freshen(address: URL, freshen: Callable[[sa.Connection, datetime], None], at: datetime) -> None:
    engine = sa.create_engine(address, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        freshen(connection, at)


def _file(path: Path) -> URL:
    return URL.create("sqlite+pysqlite", database=str(path))


def _as_file(path: Path, build: Callable[[Path], None]) -> None:
    """Make a file beside its place and move it there, so that nobody ever sees half of it."""
    if path.exists() and _file_version(path) == VERSION:
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-")
    os.close(handle)
    fresh = Path(name)
    try:
        build(fresh)
        with closing(sqlite3.connect(fresh)) as file:
            file.execute(f"PRAGMA user_version = {VERSION}")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _file_version(path: Path) -> int:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
            return int(file.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error:
        return 0


def _fill_file(path: Path, metadata: sa.MetaData, rows: Callable[[], Rows]) -> None:
    engine = sa.create_engine(_file(path), poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA synchronous = OFF")
        _fill(connection, metadata, rows)


def _fill(connection: sa.Connection, metadata: sa.MetaData, rows: Callable[[], Rows]) -> None:
    metadata.create_all(connection)
    found = rows()
    for table in metadata.sorted_tables:
        for start in range(0, len(found[table.name]), _BATCH):
            connection.execute(table.insert(), found[table.name][start : start + _BATCH])


_version = sa.Table("demo_version", sa.MetaData(), sa.Column("version", sa.Integer, primary_key=True))


def _on_server(url: str, metadata: sa.MetaData, rows: Callable[[], Rows]) -> None:
    """Make the database if it is missing and we may, and fill it in one transaction where the server has such."""
    address = _address(url)
    _make_database(address)
    engine = sa.create_engine(address, poolclass=sa.pool.NullPool)
    if _loaded(engine) == VERSION:
        return
    with engine.begin() as connection:
        metadata.drop_all(connection)
        _version.drop(connection, checkfirst=True)
        _fill(connection, metadata, rows)
        _version.create(connection)
        connection.execute(_version.insert(), {"version": VERSION})


def _loaded(engine: sa.Engine) -> int | None:
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table(_version.name):
                return None
            return connection.execute(sa.select(_version.c.version)).scalar()
    except sa.exc.OperationalError:
        where = engine.url.render_as_string(hide_password=True)
        raise NotLoaded(
            _("%(address)s cannot be used. Is the server running, and does the database exist?") % {"address": where}
        ) from None


def _address(url: str) -> URL:
    scheme = urlsplit(url).scheme
    if scheme not in _DRIVERS:
        raise NotLoaded(_("The address must begin with postgresql:// or mariadb://."))
    address = make_url(url).set(drivername=_DRIVERS[scheme])
    if not (address.database or "").startswith("recourse_"):
        # Tables are dropped in it: that must never hit somebody's own.
        raise NotLoaded(_("The name of a demonstration database must begin with recourse_."))
    return address.update_query_dict({"charset": "utf8mb4"}) if "pymysql" in address.drivername else address


def _make_database(address: URL) -> None:
    home = address.set(database="postgres" if "psycopg" in address.drivername else "")
    engine = sa.create_engine(home, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
    try:
        with engine.connect() as connection:
            name = str(address.database)
            if name not in sa.inspect(connection).get_schema_names() and not _exists(connection, name):
                quoted = connection.dialect.identifier_preparer.quote_identifier(name)
                connection.exec_driver_sql(f"CREATE DATABASE {quoted}")
    except sa.exc.DBAPIError:
        # Not allowed to look or to make: then it must be there already, which connecting to it will tell.
        return


def _exists(connection: sa.Connection, name: str) -> bool:
    if connection.dialect.name != "postgresql":
        return False
    return connection.execute(sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).scalar() == 1
