"""What a browser says reaches the systems that have to do with advertising, and nobody is told whose browser it is."""

from collections.abc import Mapping, Sequence

import pytest

from dsr.choices.marketing import Act, Purpose, Via
from dsr.errors import Incomplete
from dsr.gpc import Signal
from dsr.models import Choice, Window
from dsr.services import systems
from dsr.services.choices import deciding, signals
from notifications.sealing import listing_digests
from tests import builders
from tests.clock import Clock
from tests.drain import drain
from tests.outpost import Outpost, outpost

__all__ = ["outpost"]
pytestmark = pytest.mark.django_db
BROWSER = "b-5f0c2a9e71"


@pytest.fixture
def service(outpost: Outpost, clock: Clock) -> Outpost:
    """A service that leaves people out of what it is told to."""
    config = outpost.config(abilities=["suppress"])
    systems.enter(systems.Entry("ads", "Ads", "Olga Owner", "olga@staff.example.org", "http", config), at=clock())
    return outpost


def hear(clock: Clock, identifiers: Mapping[str, Sequence[str]] | None = None, browser: str = BROWSER) -> signals.State:
    heard = signals.Heard(browser, (Signal.GPC,), clock(), identifiers or {})
    return signals.hear(heard, by="7", at=clock())


def test_systems_are_told_of_the_person_and_not_of_the_browser(service: Outpost, clock: Clock) -> None:
    hear(clock, {"email": [builders.ADA]})

    drain(clock())

    (told,) = service.holdings.told
    assert told["body"]["identifiers"] == {"email": [builders.ADA]}
    assert told["body"]["purposes"] == ["advertising"]
    choice = Choice.objects.get()
    assert choice.effective_at is not None
    assert choice.who_sealed is None


def test_no_system_is_told_of_a_browser_that_is_nobodys(service: Outpost, clock: Clock) -> None:
    hear(clock)

    drain(clock())

    assert service.holdings.told == []
    assert Window.objects.count() == 0
    assert Choice.objects.get().effective_at == clock()


def test_systems_are_told_once_however_many_pages_are_looked_at(service: Outpost, clock: Clock) -> None:
    for _ in range(20):
        hear(clock, {"email": [builders.ADA]})
        drain(clock.tick(minutes=1))

    assert len(service.holdings.told) == 1


def test_second_browser_of_a_person_adds_itself(service: Outpost, clock: Clock) -> None:
    hear(clock, {"email": [builders.ADA]})
    clock.tick(days=1)

    second = hear(clock, {"email": [builders.ADA]}, browser="b-on-the-telephone")

    assert (second.new, second.since) == (True, clock())
    assert signals.state(listing_digests("browser", "b-on-the-telephone")).stopped
    assert signals.state(listing_digests("browser", BROWSER)).stopped


def test_nobody_is_opted_in_by_a_browser(clock: Clock) -> None:
    wish = deciding.Wish(
        identifiers={"browser": [BROWSER]}, act=Act.RESUME, via=Via.SIGNAL, at=clock(), purpose=Purpose.ADVERTISING
    )

    with pytest.raises(Incomplete) as refused:
        deciding.decide(wish, by="", at=clock())

    assert set(refused.value.problems) == {"via"}
