"""The hourly round: what has served goes, what is still needed stays, and doing it twice changes nothing."""

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.management import call_command

from dsr.models import ApiToken, Event, IdempotentAnswer
from dsr.services import housekeeping, storage
from notifications.models import DataKey
from tests import builders
from tests.clock import Clock
from verification import checks, grants
from verification.models import Check, CheckState, Grant
from verification.proofs import Method

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]


def test_round_over_nothing_does_nothing(clock: Clock) -> None:
    assert set(housekeeping.housekeep(clock()).values()) == {0}


def test_remembered_answers_go_after_two_days(clock: Clock) -> None:
    for number, age in enumerate((timedelta(hours=47), timedelta(hours=49))):
        IdempotentAnswer.objects.create(scope="user:1", key=str(number), digest="", at=clock() - age)

    assert housekeeping.housekeep(clock())["answers_forgotten"] == 1
    assert IdempotentAnswer.objects.get().key == "0"


def test_tokens_that_ended_go(clock: Clock) -> None:
    for days in (1, 400):
        ApiToken.objects.create(user=builders.staff("sam"), expiry=timedelta(days=days), scopes=["agent"])

    assert housekeeping.housekeep(datetime.now(UTC) + timedelta(days=2))["tokens_expired"] == 1
    assert ApiToken.objects.count() == 1


def test_sessions_that_ended_go(clock: Clock) -> None:
    for name, ends in (("old", datetime(2020, 1, 1, tzinfo=UTC)), ("new", datetime(2999, 1, 1, tzinfo=UTC))):
        Session.objects.create(session_key=name, session_data="", expire_date=ends)

    housekeeping.housekeep(clock())

    assert Session.objects.get().session_key == "new"


def test_grants_go_a_month_after_they_ended(clock: Clock) -> None:
    for days in (1, 40):
        grants.issue("tracker", UUID(int=days), clock(), lasts=timedelta(days=days))

    assert housekeeping.housekeep(clock.tick(days=30))["grants_ended"] == 0
    assert housekeeping.housekeep(clock.tick(days=2))["grants_ended"] == 1
    assert Grant.objects.count() == 1


def test_checks_that_nobody_came_back_to_lose_their_workings(clock: Clock) -> None:
    key = DataKey.new(clock())
    key.save()
    checks.begin(UUID(int=1), key, Method.LOGIN, {"nonce": "n"}, clock(), lasts=timedelta(minutes=15))

    assert housekeeping.housekeep(clock.tick(minutes=14))["checks_ended"] == 0
    assert housekeeping.housekeep(clock.tick(minutes=1))["checks_ended"] == 1
    check = Check.objects.get()
    assert (check.state, check.workings_sealed, check.token_hash) == (CheckState.ENDED, None, None)


def test_files_of_crashed_writers_go_and_answers_stay(clock: Clock) -> None:
    builders.ready(clock())
    [kept] = storage.vault().list_prefix("packages/")
    writing = storage.vault().writer("packages/half", bytes(32))
    writing.__enter__().write(b"half")

    swept = housekeeping.housekeep(datetime.now(UTC) + timedelta(days=2))["files_swept"]

    assert swept == 1
    assert list(storage.vault().list_prefix("packages/")) == [kept]


def test_uploads_of_killed_processes_go_after_an_hour(clock: Clock, settings: Any, tmp_path: Path) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "tmp"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    for minutes in (59, 61):
        with TemporaryUploadedFile("proof.pdf", "application/pdf", 0, None) as upload:
            path = Path(upload.temporary_file_path())
            left = Path(shutil.copy(path, path.with_name(f"{minutes}{path.name}")))
        touched = (clock() - timedelta(minutes=minutes)).timestamp()
        os.utime(left, (touched, touched))

    first, second = (housekeeping.housekeep(clock())["uploads_swept"] for _round in range(2))

    assert (first, second) == (1, 0)
    assert [path.name[:2] for path in settings.FILE_UPLOAD_TEMP_DIR.iterdir()] == ["59"]


def test_round_done_twice_is_done_once(clock: Clock) -> None:
    builders.ready(clock())
    later = datetime.now(UTC) + timedelta(hours=1)

    first, second = housekeeping.housekeep(later), housekeeping.housekeep(later)

    assert first["events_signed"] == Event.objects.count()
    assert set(second.values()) == {0}


def test_command_does_the_round_by_hand(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sweep", "--housekeeping", "--json")

    assert '"files_swept": 0' in capsys.readouterr().out
