import pytest

from tests import organisation


@pytest.fixture
def systems(clock, tmp_path, db):
    """One real system that is searched."""
    return [organisation.desk(tmp_path, clock())]


@pytest.fixture
def storage_of_its_own(settings, tmp_path):
    """A vault with nothing in it, so that a test can say what is there."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
