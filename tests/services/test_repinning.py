"""Requests go over to other rules only when somebody decides it, and everybody whose date moves is told."""

import json
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dsr import reckoning
from dsr.errors import WrongState
from dsr.models import Deadline, Event, Submission
from dsr.policies import Caller
from dsr.rights import Right
from dsr.rules import pack
from dsr.services import history, repinning, review
from tests import builders, lawbook
from tests.clock import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]
TUESDAY, WEDNESDAY = date(2026, 4, 7), date(2026, 4, 8)


@pytest.fixture
def behind(clock: Clock, settings: Any, tmp_path: Path) -> Submission:
    """Two requests that came in before a holiday was added on the day on which they are due."""
    submission = builders.file(Right.ACCESS, Right.PORTABILITY, at=clock()).submission
    settings.RULES_DIR = lawbook.with_holiday(tmp_path / "new", "04-07")
    return submission


def _run(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("rules", "repin", "--reason", "A holiday was announced.", "--by", "hal", *arguments, stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def _dates(submission: Submission) -> set[date]:
    return set(submission.requests.values_list("due_on", flat=True))


def test_every_open_request_goes_over_and_each_date_that_moves_is_told(behind: Submission, clock: Clock) -> None:
    builders.staff("hal")

    answer = _run("--json")

    assert answer["submissions"] == [
        {
            "reference": behind.reference,
            "moved": [
                {"right": "access", "was": "2026-04-07", "now": "2026-04-08"},
                {"right": "portability", "was": "2026-04-07", "now": "2026-04-08"},
            ],
            "refused": None,
        }
    ]
    behind.refresh_from_db()
    assert (behind.rules_version, _dates(behind)) == (pack().version, {WEDNESDAY})
    (letter,) = builders.letters_to(behind, "dates_moved")
    assert [(line.was, line.now) for line in letter.moves] == [(TUESDAY, WEDNESDAY)] * 2
    assert Event.objects.filter(submission=behind, verb="change_rules", actor="analyst").count() == 2
    assert Event.objects.filter(submission=behind, verb="dates_moved").count() == 2
    assert behind.posts.get(direction="note").open("body") == "A holiday was announced."
    assert history.verify(behind.reference).whole
    request = builders.only(behind)
    assert reckoning.governing(reckoning.explain(request), behind.zone).on == WEDNESDAY
    assert Deadline.objects.filter(request=request, kind="respond", due_at=request.due_at).exists()


def test_a_second_run_finds_nothing(behind: Submission) -> None:
    builders.staff("hal")
    _run("--json")
    events = Event.objects.count()

    again = _run("--json")

    assert (again["submissions"], again["repinned"], Event.objects.count()) == ([], 0, events)


def test_trying_it_writes_nothing_and_says_the_same(behind: Submission) -> None:
    builders.staff("hal")
    events = Event.objects.count()

    tried = _run("--json", "--dry-run")

    assert Event.objects.count() == events
    assert _dates(behind) == {TUESDAY}
    assert tried["submissions"] == _run("--json")["submissions"]


def test_only_what_is_named_goes_over(behind: Submission, clock: Clock) -> None:
    builders.staff("hal")

    assert _run("--json", "--since", "2026-03-06")["repinned"] == 0
    assert _run("--json", "--reference", behind.reference)["repinned"] == 1


def test_closed_requests_stay_where_they_are(clock: Clock, settings: Any, tmp_path: Path) -> None:
    request = builders.in_review(at=clock())
    review.withdraw(request.pk, by=Caller.person(), at=clock.tick())
    settings.RULES_DIR = lawbook.with_holiday(tmp_path / "new", "04-07")
    builders.staff("hal")

    assert _run("--json")["submissions"] == []
    assert builders.again(request).due_on == TUESDAY


def test_nobody_goes_over_to_the_rules_in_force_twice(clock: Clock) -> None:
    request = builders.in_review(at=clock())

    with pytest.raises(WrongState) as error:
        repinning.change_rules(request.pk, "To be sure.", by=builders.hal(), at=clock.tick())

    assert error.value.code == "rules-in-force"


@pytest.mark.parametrize("name", ["sam", "nobody"])
def test_only_who_works_on_requests_decides(behind: Submission, name: str) -> None:
    builders.staff("sam")

    with pytest.raises(CommandError, match="nobody who works on requests"):
        call_command("rules", "repin", "--reason", "R", "--by", name, stdout=StringIO())

    assert _dates(behind) == {TUESDAY}


def test_a_case_about_the_one_who_decides_stays_and_says_why(behind: Submission) -> None:
    hal = builders.staff("hal")
    hal.email = builders.ADA
    hal.save()
    out = StringIO()

    with pytest.raises(SystemExit):
        call_command("rules", "repin", "--reason", "R", "--by", "hal", stdout=out)

    assert f"{behind.reference}: stays. This case is about you" in out.getvalue()
    assert _dates(behind) == {TUESDAY}
