"""What a draft of other rules would change: every date, and why; nothing is written, and no more than a batch held."""

import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import models

from dsr.models import Event, SubjectRequest, Submission
from dsr.policies import Caller
from dsr.rights import Right
from dsr.rules import loader
from dsr.selectors import filings
from dsr.services import review, timing, whatif
from notifications.ids import uuid7
from notifications.models import DataKey
from tests import builders, lawbook
from tests.clock import Clock
from tests.statements import counted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]
TUESDAY, WEDNESDAY = date(2026, 4, 7), date(2026, 4, 8)
A_HOLIDAY = {
    "file": "calendars/IE.toml",
    "key": "years.2026.04-07",
    "what": "holiday",
    "old": None,
    "new": "Day of the Rules",
}


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """One public holiday more, on the day on which answers to what came in on 5 March are due."""
    return lawbook.with_holiday(tmp_path / "draft", "04-07")


def _run(*arguments: str) -> str:
    out = StringIO()
    call_command("rules", "simulate", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def _as_json(draft: Path, since: str = "2026-03-01") -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(_run("--draft", str(draft), "--since", since, "--json"))
    return answer


def _tables() -> list[tuple[type[models.Model], int]]:
    return [(model, model._default_manager.count()) for model in (Submission, SubjectRequest, Event)]


def test_every_date_that_would_move_is_listed_with_what_moves_it(clock: Clock, draft: Path) -> None:
    submission = builders.file(at=clock()).submission
    before = _tables(), builders.only(submission).due_on

    answer = _as_json(draft)

    moved = {(row["clock"], row["was"], row["now"], row["promised"]) for row in answer["moved"]}
    assert moved == {
        ("respond", "2026-04-07", "2026-04-08", True),
        ("notice", "2026-04-07", "2026-04-08", False),
        ("refuse", "2026-04-07", "2026-04-08", False),
    }
    assert {(row["reference"], row["right"], row["regime"]) for row in answer["moved"]} == {
        (submission.reference, "access", "eu_gdpr")
    }
    assert all(row["why"] == [A_HOLIDAY] for row in answer["moved"])
    assert (answer["checked"], answer["promised_dates_moved"], answer["proposals"]) == (1, 1, [])
    assert (_tables(), builders.only(submission).due_on) == before


def test_closed_requests_are_replayed_and_earlier_ones_are_not(clock: Clock, draft: Path) -> None:
    request = builders.in_review(at=clock())
    review.withdraw(request.pk, by=Caller.person(), at=clock.tick())

    assert _as_json(draft)["checked"] == 1
    assert len(_as_json(draft)["moved"]) == 3
    assert _as_json(draft, "2026-03-06") == {
        "moved": [],
        "checked": 0,
        "promised_dates_moved": 0,
        "proposals": [],
        "rules_unreadable": 0,
    }


def test_what_happened_is_replayed_too(clock: Clock, tmp_path: Path) -> None:
    request = builders.in_review(at=clock())
    timing.extend(request.pk, "complexity", "There is a lot.", by=builders.hal(), at=clock.tick(days=2))
    draft = lawbook.with_short_extension(tmp_path / "draft")

    (moved,) = _as_json(draft)["moved"]

    assert (moved["clock"], moved["was"], moved["now"]) == ("respond", "2026-06-05", "2026-05-05")
    assert [(why["key"], why["old"], why["new"]) for why in moved["why"]] == [("extension.n", 2, 1)]


def test_the_table_for_people_says_the_same(clock: Clock, draft: Path) -> None:
    submission = builders.file(at=clock()).submission

    head, *rows, summary = _run("--draft", str(draft), "--since", "2026-03-01").splitlines()

    assert head.split()[:4] == ["reference", "right", "clock", "law"]
    assert len(rows) == 3
    assert all(row.startswith(submission.reference) for row in rows)
    assert 'promised: calendars/IE.toml years.2026.04-07: nothing -> "Day of the Rules"' in rows[0]
    assert summary == "1 requests checked: 3 dates would move, 1 of them promised."


def test_other_laws_that_would_be_proposed_are_counted_by_place(clock: Clock, tmp_path: Path) -> None:
    for _ in range(2):
        builders.file(at=clock.tick())
    builders.file(at=clock.tick(), country="BR")
    draft = lawbook.replaced(tmp_path / "draft", lawbook.GDPR, 'where = ["EEA"]', 'where = ["DE"]')

    (found,) = _as_json(draft)["proposals"]

    assert (found["country"], found["region"], found["submissions"]) == ("IE", "", 2)
    assert "eu_gdpr" in found["was"]
    assert "eu_gdpr" not in found["now"]


def test_the_same_rules_move_nothing(clock: Clock, tmp_path: Path) -> None:
    builders.file(Right.ACCESS, Right.PORTABILITY, at=clock())
    (tmp_path / "draft").mkdir()

    answer = _as_json(tmp_path / "draft")

    assert (answer["checked"], answer["moved"]) == (2, [])


def test_a_draft_with_mistakes_is_refused_with_all_of_them(clock: Clock, draft: Path, capsys: Any) -> None:
    (draft / "service.toml").write_text('organization = "nobody"\n')
    (draft / "stray.toml").write_text("")

    with pytest.raises(CommandError) as told:
        _run("--draft", str(draft), "--since", "2026-03-01")
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("rules", "simulate", "--draft", str(draft), "--since", "2026-03-01", "--json", stdout=out)

    problems = json.loads(out.getvalue())["problems"]
    assert {problem["file"] for problem in problems} == {"service.toml", "stray.toml"}
    assert all(problem["message"] in str(told.value) for problem in problems)
    assert ended.value.code == 1


# --- However many there are ------------------------------------------------------------------------------------------


def _copies(pattern: Submission, number: int) -> None:
    """Rows as a filing writes them, many times over."""
    (request,) = SubjectRequest.objects.filter(submission=pattern)
    events = list(Event.objects.filter(submission=pattern))
    for _ in range(number):
        key = DataKey.new(pattern.received_at)
        key.save(force_insert=True)
        pattern.pk, request.pk = uuid7(pattern.received_at), uuid7(pattern.received_at)
        pattern.reference, pattern.data_key = pattern.pk.hex[-11:], key
        pattern.save(force_insert=True)
        request.submission = pattern
        SubjectRequest.objects.bulk_create([request])
        Event.objects.bulk_create(
            [
                Event(
                    submission=pattern, request=request, seq=event.seq, at=event.at, verb=event.verb, actor=event.actor,
                    via=event.via, data=event.data, prev_hash=event.prev_hash, hash=event.hash,
                )
                for event in events
            ]
        )  # fmt: skip


def _replayed(draft: Path, batch: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[whatif.Replayed]:
    monkeypatch.setattr(filings.stream, "__kwdefaults__", {"batch": batch})
    return whatif.simulate(loader.draft(draft), datetime(2026, 3, 1, tzinfo=UTC))


def test_statements_grow_with_batches_and_with_nothing_else(
    clock: Clock, draft: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _copies(builders.file(at=clock()).submission, 11)

    with counted() as one_batch:
        whole = list(_replayed(draft, 100, monkeypatch))
    with counted() as three_batches:
        parts = list(_replayed(draft, 4, monkeypatch))

    assert whole == parts
    assert len({each.reference for each in whole}) == 12
    assert len(one_batch) == 3 + 1  # and one that finds no further batch
    assert len(three_batches) == 3 * 3 + 1


def test_memory_does_not_grow_with_what_is_replayed(clock: Clock, draft: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _copies(builders.file(at=clock()).submission, 1_999)
    found = _replayed(draft, 100, monkeypatch)
    next(found)

    tracemalloc.start()
    early = _peak(found, 300)
    whole = _peak(found, 1_700)
    tracemalloc.stop()

    assert whole < early * 1.5


def _peak(found: Iterator[whatif.Replayed], number: int) -> int:
    """The most memory that was held while so many were replayed."""
    tracemalloc.reset_peak()
    for _ in range(number - 1):
        next(found)
    return tracemalloc.get_traced_memory()[1]
