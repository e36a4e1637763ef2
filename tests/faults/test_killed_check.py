"""Somebody is killed with SIGKILL while it is found out who asks: no proof comes of it, and nothing is done twice."""

import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dsr.errors import WrongState
from dsr.lifecycle import State
from dsr.models import Alert, Deadline, DeadlineKind, Event, Submission, Vouched
from dsr.policies import Caller
from dsr.services import evidence, facts, history, storage
from notifications.models import Message
from tests import builders, organisation, papers
from tests import outpost as outposts
from tests.drain import drain
from tests.faults.processes import House, eventually, leases_run_out
from tests.outpost import Outpost
from verification.errors import CheckError
from verification.models import Check, CheckState, Evidence, Purpose, Why

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]
PERSON = Caller.person()
AT_HOME = "ada@home.example.net"
CLAIMS = {"account": (organisation.ADA_NUMBER,)}
_BEGIN = """
import os, signal, django
django.setup()
from datetime import UTC, datetime
from uuid import UUID
from dsr.models import Deadline
from dsr.policies import Caller
from dsr.services import evidence, facts
from verification.evidence import Erased
def die(*args, **more):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _now() -> datetime:
    return datetime.now(UTC)


def _dies(house: House, script: str) -> None:
    """Run a few lines in a process of their own, which does not live to see their end."""
    process = house.start("dying", sys.executable, "-c", _BEGIN + script, DJANGO_SETTINGS_MODULE="dsr.settings")
    assert process.wait(timeout=60) == -signal.SIGKILL, house.said("dying")


def test_worker_killed_between_asking_and_recording_is_replaced(house: House, outpost: Outpost, tmp_path: Path) -> None:
    organisation.console(tmp_path, _now())
    outposts.enter(outpost, _now())
    outpost.holds_up = {"/standing"}
    filed = builders.file(at=_now(), email=AT_HOME, identifiers=CLAIMS)
    first = house.worker("first")
    assert outpost.going.wait(timeout=60), house.said("first")
    house.kill(first)
    between = Submission.objects.get()
    assert (between.looked_at, between.vouched, Alert.objects.count()) == (None, Vouched.OPEN, 0)

    outpost.holds_up.clear()
    outpost.released.set()
    leases_run_out()
    house.worker("second")
    eventually(lambda: Submission.objects.get().looked_at, "the second look")
    house.end()

    assert Submission.objects.get().vouched == Vouched.ELSEWHERE
    assert Event.objects.filter(verb="looked").count() == 1
    assert Alert.objects.filter(channel="email").count() == 1
    assert Message.objects.filter(kind="somebody_asked").count() == 1
    assert history.verify(filed.submission.reference).broken == ""


def test_killed_between_bytes_and_row_the_next_sweep_says_that_they_are_gone(house: House) -> None:
    filed = builders.file(at=_now())
    wanted = [Purpose.IDENTITY]
    piece = evidence.receive(filed.submission.pk, Purpose.IDENTITY, papers.photo(), by=PERSON, at=_now(), wanted=wanted)
    Evidence.objects.update(destroy_at=_now())
    Deadline.objects.filter(kind=DeadlineKind.EVIDENCE).update(due_at=_now())
    row = Deadline.objects.get(kind=DeadlineKind.EVIDENCE)

    _dies(house, f"Erased.note = die\nevidence.destroy_due(Deadline.objects.get(pk={row.pk}), datetime.now(UTC))")

    row.refresh_from_db()
    between = Evidence.objects.get(pk=piece.pk)
    assert (row.done_at, between.destroyed_at, between.vault_name) == (None, None, piece.vault_name)
    assert list(storage.vault().list_prefix("evidence/")) == []
    with pytest.raises(WrongState, match="destroyed"):
        evidence.look(piece.pk, Why.CHECK, by=builders.ivy(), at=_now())
    leases_run_out()
    drain(_now() + timedelta(minutes=1))
    assert Evidence.objects.get(pk=piece.pk).destroyed_at is not None
    assert Event.objects.filter(verb="evidence_destroyed").count() == 1
    assert not Deadline.objects.filter(kind=DeadlineKind.EVIDENCE, done_at=None).exists()
    assert history.verify(filed.submission.reference).broken == ""


def test_killed_between_the_answers_and_their_result_is_a_try_without_one(house: House, tmp_path: Path) -> None:
    """The answers are not taken a second time, nothing is proved by them, and the person may begin anew."""
    organisation.console(tmp_path, _now())
    filed = builders.file(at=_now(), email=AT_HOME, identifiers=CLAIMS)
    drain(_now())
    quiz = facts.begin(filed.submission.pk, by=PERSON, at=_now())
    answers = {question.name: organisation.ANSWERS.get(question.name, "") for question in quiz.questions}
    given = f"UUID('{filed.submission.pk}'), UUID('{quiz.check_id}'), {answers!r}"

    _dies(
        house,
        f"facts._conclude = die\nfacts.answer({given}, signed='Ada', by=Caller.person(), at=datetime.now(UTC))",
    )

    assert Submission.objects.get().verified_level == 0
    assert builders.only(filed.submission).state == State.VERIFYING
    with pytest.raises(CheckError):
        facts.answer(filed.submission.pk, quiz.check_id, answers, signed="Ada", by=PERSON, at=_now())
    assert facts.open_quiz(filed.submission.pk, at=_now()) is None
    again = facts.begin(filed.submission.pk, by=PERSON, at=_now())
    right = {question.name: organisation.ANSWERS.get(question.name, "") for question in again.questions}
    assert facts.answer(filed.submission.pk, again.check_id, right, signed="Ada", by=PERSON, at=_now())
    assert set(Check.objects.values_list("state", flat=True)) == {CheckState.ENDED, CheckState.PASSED}
    assert history.verify(filed.submission.reference).broken == ""
