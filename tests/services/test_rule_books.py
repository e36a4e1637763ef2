"""A rule that changes after receipt moves no date: each submission stays under the rules that it came in under."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from dsr import reckoning
from dsr import rulebooks as shelf
from dsr.errors import Unlawful
from dsr.models import Deadline, RuleBook, SubjectRequest, Submission
from dsr.rules import books, loader, pack
from dsr.rules.files import Files
from dsr.services import rulebooks, timing
from tests import builders, lawbook
from tests.clock import Clock
from tests.statements import counted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own", "empty_shelf")]
UNKNOWN = "0" * 32
TUESDAY, WEDNESDAY = date(2026, 4, 7), date(2026, 4, 8)


@pytest.fixture
def empty_shelf() -> Iterator[None]:
    """No book remembered from another test, whose rows are gone."""
    rulebooks.forget()
    shelf.forget()
    yield
    rulebooks.forget()
    shelf.forget()


def _without_book(submission: Submission) -> None:
    """Have it pinned to rules of which no book was kept."""
    Submission.objects.filter(pk=submission.pk).update(rules_version=UNKNOWN)


def _due(request: SubjectRequest) -> tuple[date, date]:
    """The date that is promised and the one that is explained."""
    request = builders.again(request)
    return request.due_on, reckoning.governing(reckoning.explain(request), request.submission.zone).on


def test_a_holiday_that_is_added_after_receipt_moves_nothing(clock: Clock, settings: Any, tmp_path: Path) -> None:
    request = builders.in_review(at=clock())
    rows = set(Deadline.objects.filter(request=request).values_list("kind", "due_at"))
    assert _due(request) == (TUESDAY, TUESDAY)

    settings.RULES_DIR = lawbook.with_holiday(tmp_path / "new", "04-07")

    assert _due(request) == (TUESDAY, TUESDAY)
    assert all(clock.certain for clock in reckoning.explain(builders.again(request)))
    assert set(Deadline.objects.filter(request=request).values_list("kind", "due_at")) == rows
    assert _due(builders.only(builders.file(at=clock()).submission)) == (WEDNESDAY, WEDNESDAY)


def test_what_happens_later_is_counted_by_the_rules_of_receipt(clock: Clock, settings: Any, tmp_path: Path) -> None:
    request = builders.in_review(at=clock())
    settings.RULES_DIR = lawbook.with_short_extension(tmp_path / "new")
    under_new = builders.in_review(at=clock.tick())

    for each in (request, under_new):
        timing.extend(each.pk, "complexity", "There is a lot.", by=builders.hal(), at=clock.tick(days=2))

    assert _due(request) == (date(2026, 6, 5), date(2026, 6, 5))
    assert _due(under_new) == (date(2026, 5, 5), date(2026, 5, 5))


def test_an_extension_is_forbidden_by_the_rules_of_receipt(clock: Clock, settings: Any, tmp_path: Path) -> None:
    settings.RULES_DIR = lawbook.with_short_extension(tmp_path / "short")
    request = builders.in_review(at=clock())
    settings.RULES_DIR = None

    with pytest.raises(Unlawful):
        timing.extend(request.pk, "complexity", "A lot.", date(2026, 5, 20), by=builders.hal(), at=clock.tick(days=2))


def test_a_book_is_kept_once_for_each_version(clock: Clock, settings: Any, tmp_path: Path) -> None:
    with counted() as first:
        builders.file(at=clock())
    with counted() as second:
        builders.file(at=clock.tick())
    settings.RULES_DIR = lawbook.with_holiday(tmp_path / "new", "04-07")
    builders.file(at=clock.tick())

    assert len(first) == len(second) + 1
    assert RuleBook.objects.count() == 2
    assert RuleBook.objects.filter(pk=pack().version).exists()


def test_another_process_that_keeps_the_same_book_does_no_harm(clock: Clock) -> None:
    rulebooks.keep()
    rulebooks.forget()
    rulebooks.keep()

    assert RuleBook.objects.count() == 1


def test_a_book_that_was_read_is_asked_for_no_more(clock: Clock, settings: Any, tmp_path: Path) -> None:
    request = builders.in_review(at=clock())
    settings.RULES_DIR = lawbook.with_holiday(tmp_path / "new", "04-07")
    reckoning.explain(builders.again(request))

    again = builders.again(request)
    with counted() as statements:
        reckoning.explain(again)

    assert len(statements) == 1


def test_a_book_says_the_same_as_the_files() -> None:
    rules = pack()

    found = books.pack_of(rules.version, books.FORM, loader.book_of(rules))

    assert found.version == rules.version
    assert repr(found) == repr(replace(rules, phrases=()))  # phrases bind nobody, so no book holds them


@pytest.mark.parametrize(
    ("form", "book"),
    [
        (books.FORM, b"no book at all"),
        (books.FORM, books.written(Files({"service.toml": {"organisation": "somebody_else"}}, ()))),
        (books.FORM + 1, None),
    ],
    ids=("damaged", "not what was kept", "written by a later program"),
)
def test_a_book_that_cannot_be_read_is_not_taken_for_one(form: int, book: bytes | None) -> None:
    rules = pack()

    with pytest.raises(books.Unreadable):
        books.documents(rules.version, form, loader.book_of(rules) if book is None else book)


@pytest.mark.parametrize("damaged", [False, True], ids=("missing", "damaged"))
def test_a_promise_stands_where_the_book_is_gone(clock: Clock, settings: Any, tmp_path: Path, damaged: bool) -> None:
    submission = builders.file(at=clock()).submission
    _without_book(submission)
    if damaged:
        RuleBook.objects.create(version=UNKNOWN, form=books.FORM, documents=b"nothing to read")
    settings.RULES_DIR = lawbook.with_holiday(tmp_path / "new", "04-07")

    builders.confirm(submission, clock.tick(days=1))

    request = builders.only(submission)
    assert _due(request) == (TUESDAY, WEDNESDAY)
    assert not any(clock.certain for clock in reckoning.explain(request))
    assert builders.letters_to(submission, "dates_moved") == []


def test_an_extension_still_counts_where_the_book_is_gone(clock: Clock, settings: Any, tmp_path: Path) -> None:
    request = builders.in_review(at=clock())
    _without_book(request.submission)
    settings.RULES_DIR = lawbook.with_short_extension(tmp_path / "new")

    timing.extend(request.pk, "complexity", "There is a lot.", by=builders.hal(), at=clock.tick(days=2))

    assert builders.again(request).due_on == date(2026, 5, 5)


def test_nobody_changes_a_book_or_throws_one_away() -> None:
    rulebooks.keep()

    for change in (lambda found: found.update(form=2), lambda found: found.delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(RuleBook.objects.all())

    assert RuleBook.objects.get().form == books.FORM
