"""One real system that is searched, a browser without scripts, and one time for pages, programs and the test."""

import pytest
from django.utils import timezone

from dsr.api import authentication, throttles
from dsr.public import track
from tests.clock import Clock
from tests.interfaces.public.visitor import Visitor
from tests.services.conftest import storage_of_its_own, systems

__all__ = ["storage_of_its_own", "systems"]


@pytest.fixture(autouse=True)
def _time_stands_still(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages and API ask the time; here it is the tests'. What one test asked is not held against the next."""
    monkeypatch.setattr(timezone, "now", clock)
    monkeypatch.setattr(track, "PACE", 0.0)
    monkeypatch.setattr(authentication, "BELIEVED", 0.0)
    authentication.forget()
    throttles.forget()


@pytest.fixture
def visitor(db: None) -> Visitor:
    """A browser without scripts and cookies."""
    return Visitor()
