"""Somebody who has read one mail wants the answer sent on: every way of the ladder to what that takes, no dead end."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dsr.errors import WrongState
from dsr.lifecycle import State
from dsr.models import SubjectRequest
from dsr.policies import Caller, can_make
from dsr.public import proofs
from dsr.rights import Right
from dsr.services import asked, calling, facts, proving, stopping, threads
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage_of_its_own")]
PERSON = Caller.person()


@pytest.fixture
def ready(clock: Clock, tmp_path: Path, db: Any) -> SubjectRequest:
    """The answer of somebody without an account, who has read one mail and nothing more."""
    organisation.console(tmp_path, clock())
    request = builders.ready(clock(), right=Right.PORTABILITY, relationship="visitor")
    drain(clock.tick())
    assert request.submission.verified_level == 1
    return builders.again(request)


def _may(request: SubjectRequest, clock: Clock) -> bool:
    return can_make(builders.again(request), "name_receiver", PERSON, clock())


def _choice(request: SubjectRequest, clock: Clock) -> proofs.Choice:
    now = builders.again(request)
    return proofs.choice(now.submission, [now], clock())


def test_every_way_but_a_document_is_offered_and_nothing_is_demanded(ready: SubjectRequest, clock: Clock) -> None:
    choice = _choice(ready, clock)

    assert {option.method for option in choice.options} == {"facts", "call_back"}
    [wish] = choice.waiting
    assert wish.is_wish
    assert not asked.open_for(ready.submission, [ready])
    assert not builders.letters_to(ready.submission, "identity_asked")
    assert not _may(ready, clock)


def test_two_facts_are_enough(ready: SubjectRequest, clock: Clock) -> None:
    quiz = facts.begin(ready.submission_id, by=PERSON, at=clock.tick())

    assert facts.answer(ready.submission_id, quiz.check_id, organisation.ANSWERS, by=PERSON, at=clock.tick())

    assert _may(ready, clock)
    assert builders.again(ready).state == State.READY
    assert not _choice(ready, clock).waiting
    with pytest.raises(WrongState):
        facts.begin(ready.submission_id, by=PERSON, at=clock.tick())


def test_wrong_facts_change_nothing(ready: SubjectRequest, clock: Clock) -> None:
    quiz = facts.begin(ready.submission_id, by=PERSON, at=clock.tick())
    invented = dict.fromkeys(organisation.ANSWERS, "1")

    assert not facts.answer(ready.submission_id, quiz.check_id, invented, by=PERSON, at=clock.tick())

    assert not _may(ready, clock)
    assert builders.again(ready).state == State.READY


@pytest.mark.parametrize("result", ["passed", "failed"])
def test_call_to_the_number_on_file_is_asked_for_made_and_over(
    result: str, ready: SubjectRequest, clock: Clock
) -> None:
    threads.call_for_help(ready.submission_id, "Please ring me.", by=PERSON, at=clock.tick())
    waiting = builders.again(ready).turn
    calling.show(ready.pk, by=builders.ivy(), at=clock.tick())

    proving.check_identity(ready.pk, "call_back", result, by=builders.ivy(), at=clock.tick())

    assert waiting == "staff"
    assert builders.again(ready).turn == "person"
    assert _may(ready, clock) == (result == "passed")


def test_once_enough_is_proved_nobody_is_rung(ready: SubjectRequest, clock: Clock) -> None:
    quiz = facts.begin(ready.submission_id, by=PERSON, at=clock.tick())
    facts.answer(ready.submission_id, quiz.check_id, organisation.ANSWERS, by=PERSON, at=clock.tick())

    with pytest.raises(WrongState):
        proving.check_identity(ready.pk, "call_back", "passed", by=builders.ivy(), at=clock.tick())
    with pytest.raises(WrongState):
        threads.call_for_help(ready.submission_id, "Ring me.", by=PERSON, at=clock.tick())


def test_nothing_is_offered_while_somebody_on_file_says_no(ready: SubjectRequest, clock: Clock) -> None:
    stopping.stop_for(ready.pk, "She rang.", by=builders.hal(), at=clock.tick())

    assert not _choice(ready, clock).options
    with pytest.raises(WrongState):
        facts.begin(ready.submission_id, by=PERSON, at=clock.tick())


def test_a_copy_asks_for_nothing_more(clock: Clock, tmp_path: Path) -> None:
    organisation.console(tmp_path, clock())
    request = builders.ready(clock(), relationship="visitor")

    assert not asked.for_sending(request.submission, [request])
    with pytest.raises(WrongState):
        proving.check_identity(request.pk, "call_back", "passed", by=builders.ivy(), at=clock.tick())


def test_ways_of_somebody_with_an_account_begin_with_a_sign_in(console: Any, clock: Clock, tmp_path: Path) -> None:
    organisation.console(tmp_path, clock())
    request = builders.ready(clock(), right=Right.PORTABILITY)

    [wish] = asked.for_sending(request.submission, [request])

    assert wish.ways[0] == "login"
    assert {"facts", "call_back"} <= set(wish.ways)
    assert "document" not in wish.ways


def test_answer_that_is_over_is_sent_to_nobody(ready: SubjectRequest, clock: Clock) -> None:
    drain(clock() + timedelta(days=60))

    assert not asked.for_sending(ready.submission, [builders.again(ready)])
