"""Callers of the interface."""

import pytest

from tests.interfaces.api import client
from tests.interfaces.api.client import Api


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
