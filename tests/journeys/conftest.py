import pytest
from django.utils import timezone

from dsr.api import authentication, throttles
from tests.clock import Clock


@pytest.fixture(autouse=True)
def _time_stands_still(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages and API ask the time; here it is the tests'. What one test asked is not held against the next."""
    monkeypatch.setattr(timezone, "now", clock)
    monkeypatch.setattr(authentication, "BELIEVED", 0.0)
    authentication.forget()
    throttles.forget()
