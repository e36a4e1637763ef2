"""A browser that opens many pages at once is one browser, and makes one choice."""

import pytest
from django.utils import timezone

from dsr.gpc import Signal
from dsr.models import Choice, Suppression
from dsr.services.choices import signals
from notifications import sealing
from tests import builders
from tests.together import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def test_signal_reported_by_many_at_once_is_one_choice() -> None:
    def hear() -> signals.State:
        at = timezone.now()
        heard = signals.Heard("b-5f0c2a9e71", (Signal.GPC,), at, {"email": [builders.ADA]})
        return signals.hear(heard, by="7", at=at)

    for _ in range(5):
        found = together([hear] * 8)
        assert all(isinstance(each, signals.State) and each.stopped for each in found), found

    assert Choice.objects.count() == 1
    assert Suppression.objects.count() == 2 * len(sealing.key_ids())
