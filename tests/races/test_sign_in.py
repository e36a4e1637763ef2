"""Signing in under many hands: a state is used once, and one yes counts once."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from notifications.models import DataKey
from tests.clock import Clock
from tests.together import kinds, together
from tests.unit.verification import forger as forging
from tests.unit.verification.forger import CLIENT, Forger
from verification import oidc
from verification.models import Check, CheckState

pytestmark = pytest.mark.django_db(transaction=True)
ABOUT = UUID("0198a000-0000-7000-8000-000000000001")


@pytest.fixture
def forger(settings: Any) -> Iterator[Forger]:
    with forging.running() as forger:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = forger.issuer, CLIENT
        yield forger


@pytest.fixture
def key(clock: Clock) -> DataKey:
    key = DataKey.new(clock())
    key.save()
    return key


def begun(forger: Forger, key: DataKey, clock: Clock) -> tuple[oidc.Started, str]:
    """A sign-in that the console is ready to vouch for, and its state."""
    started = oidc.begin(ABOUT, key, clock(), redirect_uri="https://privacy.example.org/back/")
    sent = parse_qs(urlsplit(started.url).query)
    forger.vouch(forger.claims(sent["nonce"][0], clock()))
    return started, sent["state"][0]


def test_code_is_exchanged_once_however_often_it_is_brought(forger: Forger, key: DataKey, clock: Clock) -> None:
    started, state = begun(forger, key, clock)

    results = together(
        [lambda: oidc.come_back(state, started.browser, clock(), code="the-code", issuer=forger.issuer)] * 6
    )

    assert kinds(results) == {"Returned": 1, "Unknown": 5}, results
    assert forger.times("/token") == 1


def test_many_answers_are_one(forger: Forger, key: DataKey, clock: Clock) -> None:
    started, state = begun(forger, key, clock)
    token = oidc.come_back(state, started.browser, clock(), code="the-code", issuer=forger.issuer).token

    results = together(
        [lambda: oidc.finish(token, started.browser, clock())] * 4
        + [lambda: oidc.disown(token, started.browser, clock())] * 4
    )

    assert kinds(results) == {"Returned": 1, "Unknown": 7}, results
    assert Check.objects.get().state in (CheckState.PASSED, CheckState.FAILED)


@pytest.mark.parametrize("_round", range(5))
def test_begun_anew_while_it_comes_back(forger: Forger, key: DataKey, clock: Clock, _round: int) -> None:
    """Either the one that came back was first, or it is over: never are two of them alive."""
    started, state = begun(forger, key, clock)

    results = together(
        [
            lambda: oidc.come_back(state, started.browser, clock(), code="the-code", issuer=forger.issuer),
            lambda: oidc.begin(ABOUT, key, clock(), redirect_uri="https://privacy.example.org/back/"),
        ]
    )

    assert kinds(results).keys() <= {"Returned", "Started", "Unknown", "Expired"}, results
    assert Check.objects.filter(state=CheckState.OPEN).count() == 1
