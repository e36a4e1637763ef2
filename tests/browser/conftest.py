"""The demonstration organisation behind a real server, and a watched browser in front of it."""

import threading
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from dsr import demo
from dsr.connectors import close_all
from dsr.demo import http_service
from dsr.demo.load import load
from dsr.demo.places import Places
from tests.browser.neighbours import move_in
from tests.browser.watching import Watch
from tests.drain import drain


@pytest.fixture(scope="session")
def marketing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """Load the demonstration's people once and run its web service: the folder, and the port."""
    folder = tmp_path_factory.mktemp("demonstration")
    load(Places(folder))
    service = http_service.serve(0, folder)
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield folder, service.server_address[1]
    service.shutdown()
    service.server_close()
    thread.join()


@pytest.fixture
def support(marketing: tuple[Path, int], settings: Any, transactional_db: None) -> Iterator[Path]:
    """The demonstration organisation with its four systems and its staff; the folder that an owner searches by hand."""
    settings.DATA_DIR, settings.DEMO_PORT = marketing
    settings.DECISION_NETWORKS = [ip_network("127.0.0.1/32")]
    settings.DEMO_ACCOUNTS_URL = settings.DEMO_MESSAGING_URL = ""
    demo.load_once(timezone.now())
    yield Places(settings.DATA_DIR).support
    close_all()


@pytest.fixture
def watch(chromium: Browser, live_server: Any, support: Path, settings: Any) -> Iterator[Watch]:
    """Windows on the service, run by a real server in threads of its own."""
    settings.BASE_URL = live_server.url
    watch = Watch(chromium, live_server.url)
    yield watch
    watch.close()


@pytest.fixture
def neighbours(support: Path) -> None:
    """Other people's requests in other states, so that the queue is one."""
    move_in(timezone.now())


def work() -> datetime:
    """What worker and scheduler do meanwhile, until nothing is due."""
    at = timezone.now()
    drain(at)
    return at
