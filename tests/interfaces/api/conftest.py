"""Callers of the interface."""

import pytest

from dsr.api import throttles
from tests.interfaces.api import client
from tests.interfaces.api.client import Api


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    """What one test asked is not held against the next."""
    throttles.forget()


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
def audrey(db: None) -> Api:
    """Audits: scope auditor."""
    return client.audrey()


@pytest.fixture
def stranger(db: None) -> Api:
    """Has no token."""
    return Api()
