"""Callers of the interface."""

import pytest

from dsr.api import authentication, throttles
from tests.interfaces.api import client
from tests.interfaces.api.client import Api


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test asked is not held against the next, and what it found out is not believed."""
    throttles.forget()
    monkeypatch.setattr(authentication, "BELIEVED", 0.0)
    authentication.forget()


@pytest.fixture
def sam(db: None) -> Api:
    """Answers the phone: scope agent."""
    return client.sam()


@pytest.fixture
def hal(db: None) -> Api:
    """Handles: scope staff."""
    return client.hal()


@pytest.fixture
def vera(db: None) -> Api:
    """Approves, and may see personal values: scope staff."""
    return client.vera()


@pytest.fixture
def dora(db: None) -> Api:
    """Answers for data protection: scope staff."""
    return client.dora()


@pytest.fixture
def audrey(db: None) -> Api:
    """Audits: scope auditor."""
    return client.audrey()


@pytest.fixture
def stranger(db: None) -> Api:
    """Has no token."""
    return Api()
