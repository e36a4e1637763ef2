"""A choice stands at once, and each system has its time to let it take effect: tried, warned about, told the truth."""

import pytest

from dsr.choices.marketing import Act, Purpose, Scope, Via
from dsr.models import Choice, Suppression
from dsr.services.choices import asking, deciding
from dsr.services.choices.deciding import Wish, decide
from notifications import sealing
from notifications.models import DataKey
from tests import builders
from tests.clock import Clock

pytestmark = pytest.mark.django_db


def _stop(clock: Clock, **more: object) -> deciding.Decided:
    wish = Wish(identifiers={"email": [builders.ADA]}, act=Act.STOP, via=Via.ONE_CLICK, at=clock(), **more)  # type: ignore[arg-type]
    return decide(wish, by="", at=clock())


def _allowed(clock: Clock, channel: str = "email") -> bool:
    marks = sealing.listing_digests("email", builders.ADA)
    return asking.check(marks, asking.Use(Purpose.MARKETING, Scope(channel)), clock()).allowed


def test_nothing_is_sent_from_the_moment_of_the_choice_on(clock: Clock) -> None:
    assert _allowed(clock)

    _stop(clock)

    assert not _allowed(clock)
    assert not _allowed(clock, channel="sms")


def test_nobody_is_known_any_more_where_no_system_has_to_be_told(clock: Clock) -> None:
    choice = _stop(clock).choice

    kept = Choice.objects.get(pk=choice.pk)
    assert kept.effective_at == clock()
    assert kept.who_sealed is None
    assert DataKey.objects.get(pk=kept.data_key_id).wrapped is None
    assert {row.digest for row in Suppression.objects.all()} == set(sealing.listing_digests("email", builders.ADA))


def test_same_choice_again_changes_nothing_and_gets_the_same_receipt(clock: Clock) -> None:
    first = _stop(clock)
    clock.tick()

    second = _stop(clock)

    assert (second.new, second.receipt) == (False, first.receipt)
    assert Choice.objects.count() == 1
