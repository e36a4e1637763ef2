"""The demonstration, loaded once for all of these tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dsr.connectors import close_all
from dsr.demo.load import load
from dsr.demo.places import Places


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Files of a loaded demonstration."""
    found = Places(tmp_path_factory.mktemp("demo data"))
    load(found)
    return found


@pytest.fixture
def data_dir(tmp_path: Path) -> Places:
    """An empty place."""
    return Places(tmp_path)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_all()
