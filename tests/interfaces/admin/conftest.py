"""What the tests of the console share."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from dsr.models import System
from tests import organisation
from tests.clock import Clock
from tests.postbox import postbox

__all__ = ["postbox"]


@pytest.fixture
def clock() -> Clock:
    """An instant two days ago: the console itself looks at the clock on the wall."""
    return Clock(timezone.now() - timedelta(days=2))


@pytest.fixture
def systems(clock: Clock, tmp_path: Path, db: None) -> list[System]:
    """One real system that is searched."""
    return [organisation.desk(tmp_path, clock())]
