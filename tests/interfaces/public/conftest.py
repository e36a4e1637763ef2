import pytest
from django.utils import timezone

from dsr.public import track
from tests import organisation
from tests.clock import Clock
from tests.interfaces.public.visitor import Visitor


@pytest.fixture(autouse=True)
def _time_stands_still(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages ask the time; here it is the tests'."""
    monkeypatch.setattr(timezone, "now", clock)
    monkeypatch.setattr(track, "PACE", 0.0)


@pytest.fixture
def visitor(db: None) -> Visitor:
    """A browser without scripts and cookies."""
    return Visitor()


@pytest.fixture
def systems(clock, tmp_path, db):
    """One real system that is searched."""
    return [organisation.desk(tmp_path, clock())]
