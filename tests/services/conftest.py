import pytest

from tests import organisation


@pytest.fixture
def systems(clock, tmp_path, db):
    """One real system that is searched."""
    return [organisation.desk(tmp_path, clock())]
