"""What every test can rely on: no network but loopback, no bell, a clock, and services where they answer."""

import ipaddress
import os
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from dsr.services import doorbell
from tests.clock import Clock

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.console import Console

#: Marker -> (variable that the runner sets where the service answers, its name).
SERVICES = {
    "postgres": ("TEST_POSTGRES_URL", "PostgreSQL"),
    "redis": ("TEST_REDIS_URL", "Redis"),
    "mariadb": ("TEST_MARIADB_URL", "MariaDB"),
    "browser": ("TEST_CHROMIUM", "Chromium"),
}
LEFT_OUT = "left out: "


class NetworkBlocked(RuntimeError):
    """A test tried to leave the machine. Not an OSError, so that no code under test can take it for a failure."""


def _loopback(address: Any) -> bool:
    host = address[0] if isinstance(address, tuple) else ""
    if host in ("localhost", ""):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


class _Guarded(socket.socket):
    def connect(self, address: Any) -> None:
        self._check(address)
        super().connect(address)

    def connect_ex(self, address: Any) -> int:
        self._check(address)
        return super().connect_ex(address)

    def _check(self, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _loopback(address):
            raise NetworkBlocked(f"a test may only reach loopback, not {address!r}")


def pytest_configure(config: pytest.Config) -> None:
    """Close the network before anything is collected."""
    socket.socket = _Guarded  # type: ignore[misc]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep serial tests on one worker, and those with a browser on one, a module at a time.

    The browser's driver bears no second one beside it, so the modules that use it must not take turns.
    """

    def module_of_a_browser(item: pytest.Item) -> str:
        return item.nodeid.partition("::")[0] if item.get_closest_marker("browser") else ""

    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
        elif item.get_closest_marker("serial"):
            item.add_marker(pytest.mark.xdist_group("serial"))
    items.sort(key=module_of_a_browser)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out what needs a service that does not answer; where all are required, that is a failure."""
    for marker, (variable, name) in SERVICES.items():
        if item.get_closest_marker(marker) and not os.environ.get(variable):
            if os.environ.get("REQUIRE_SERVICES") == "1":
                pytest.fail(f"{name} is required (REQUIRE_SERVICES=1) and does not answer", pytrace=False)
            pytest.skip(f"{LEFT_OUT}{name}")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say what was left out, and for want of what."""
    counts: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if LEFT_OUT in reason:
            name = reason.partition(LEFT_OUT)[2]
            counts[name] = counts.get(name, 0) + 1
    if counts:
        terminalreporter.section("left out")
        for name, count in sorted(counts.items()):
            terminalreporter.line(f"{count} test(s) that need {name}")


@pytest.fixture(scope="session", autouse=True)
def _flush_past_triggers() -> None:
    """History cannot be deleted, but the next test needs an empty table."""
    from tests import flushing

    flushing.install()


@pytest.fixture
def clock() -> Clock:
    """A fixed instant that moves when told."""
    return Clock()


@pytest.fixture(autouse=True)
def _silent_bell() -> Iterator[None]:
    """Rows are the queue: tests drain it themselves. What tests the bell installs it."""
    doorbell.install(None)
    yield
    doorbell.install(None)


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Throttles, heartbeats and paces of one test are not those of the next."""
    from django.core.cache import cache

    from dsr.services import pace

    cache.clear()
    pace.forget()


@pytest.fixture(scope="session")
def _console(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Console]":
    from tests import console

    with console.running(tmp_path_factory.mktemp("console")) as running:
        yield running


@pytest.fixture
def console(_console: "Console", settings: Any) -> "Console":
    """A real OpenID provider, a process of its own, at which the people of the service under test sign in."""
    return _console.install(settings)


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """A PostgreSQL server where databases may be made; mark the test `postgres`."""
    return os.environ["TEST_POSTGRES_URL"]


@pytest.fixture(scope="session")
def redis_url() -> str:
    """A Redis database of the tests' own; mark the test `redis`."""
    return os.environ["TEST_REDIS_URL"]


@pytest.fixture(scope="session")
def mariadb_url() -> str:
    """A MariaDB server where databases may be made; mark the test `mariadb`."""
    return os.environ["TEST_MARIADB_URL"]


#: Chromium without what it does of its own accord: it would ask foreign hosts for updates, experiments and models.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium() -> "Iterator[Browser]":
    """A real browser for the tests of one module; mark them `browser`.

    There is one of these for everybody: its driver keeps an event loop in this thread and does not bear a second one.
    Django takes that loop for a reason to refuse its database, so that is allowed for as long.
    """
    from django.db import connections
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=os.environ["TEST_CHROMIUM"], args=list(QUIET))
        yield browser
        browser.close()
        connections.close_all()  # those that were made beside the loop are not found again without it
