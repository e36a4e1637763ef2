"""Choices under many hands: no yes after an opt-out is in, and two who choose at once leave one state."""

from collections.abc import Callable
from time import monotonic

import pytest
from django.utils import timezone

from dsr.choices.marketing import Act, Purpose, Scope, Via
from dsr.models import Choice, Suppression, Window
from dsr.services.choices import asking, windows
from dsr.services.choices.deciding import Wish, decide
from notifications.sealing import listing_digests
from tests import builders, estate
from tests.together import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
USE = asking.Use(Purpose.MARKETING, Scope("email"))


def _choose(act: Act = Act.STOP, who: str = builders.ADA, *, anew: bool = False) -> None:
    now = timezone.now()
    decide(Wish({"email": [who]}, act, Via.PREFERENCES, now, anew=anew), by="", at=now)


def _allowed() -> bool:
    return asking.check(listing_digests("email", builders.ADA), USE, timezone.now()).allowed


def test_campaign_that_asks_while_an_opt_out_is_filed_never_gets_a_stale_yes() -> None:
    filed: list[float] = []
    answers: list[tuple[float, bool]] = []

    def opt_out() -> None:
        while len(answers) < 50:
            pass
        _choose()
        filed.append(monotonic())

    def campaign() -> None:
        until = monotonic() + 30
        while monotonic() < until:
            begun = monotonic()
            answers.append((begun, _allowed()))
            if filed and begun > filed[0] and len(answers) > 200:
                return

    def bulk() -> None:
        until = monotonic() + 30
        while monotonic() < until:
            begun = monotonic()
            (found,) = asking.many([builders.ADA], "email", USE, timezone.now())
            answers.append((begun, found.allowed))
            if filed and begun > filed[0]:
                return

    tasks: list[Callable[[], None]] = [opt_out, *[campaign] * 3, bulk]
    assert together(tasks) == [None] * 5

    before, after = ([allowed for begun, allowed in answers if (begun > filed[0]) is late] for late in (False, True))
    assert any(before)
    assert after
    assert not any(after)


def test_many_who_stop_at_once_leave_one_row_for_each_key() -> None:
    tasks: list[Callable[[], None]] = [lambda: _choose(anew=True) for _each in range(8)]

    assert together(tasks) == [None] * 8

    assert Choice.objects.count() == 8
    assert Suppression.objects.count() == len(listing_digests("email", builders.ADA))


def test_stop_and_resume_at_once_end_as_the_last_of_them_said() -> None:
    _choose()

    assert together([lambda: _choose(Act.RESUME), lambda: _choose(Act.STOP, anew=True)]) == [None] * 2

    rows = {row.stopped for row in Suppression.objects.all()}
    assert len(rows) == 1
    assert rows == {not _allowed()}


def test_two_workers_tell_a_system_each_choice_once_and_settle_all(tmp_path) -> None:
    now = timezone.now()
    estate.estate(estate.sqlite(tmp_path, now), now)
    for number in range(60):
        _choose(who=f"p{number}@example.org")

    found = together([lambda: windows.run_due(timezone.now(), limit=20).confirmed for _each in range(4)])

    assert sum(each for each in found if isinstance(each, int)) == 60, found
    assert not Window.objects.filter(done_at=None).exists()
    assert not Choice.objects.filter(effective_at=None).exists()
