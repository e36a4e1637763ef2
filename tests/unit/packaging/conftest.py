"""Parcels hold a file open; every test lets go of those it opened."""

from collections.abc import Iterator

import pytest

from tests.unit.packaging import samples


@pytest.fixture(autouse=True)
def _parcels_are_closed() -> Iterator[None]:
    yield
    while samples.OPENED:
        samples.OPENED.pop().close()
