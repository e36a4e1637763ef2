"""Going on after a doubt, a hold or a stop: nobody is left without a way, and nothing of before counts by itself."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from dsr import demands
from dsr.lifecycle import Outcome, State
from dsr.models import Deadline, DeadlineKind, Event, Post, SubjectRequest, Submission, Vouched
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import (
    identity,
    proving,
    review,
    stopping,
    threads,
)
from dsr.services._moves import holding
from dsr.services.identifiers import known_identifiers
from dsr.services.storage import vault
from notifications.models import Message
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from verification.proofs import Method

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage_of_its_own")]
PERSON = Caller.person()
CLAIMS = {"account": (organisation.ADA_NUMBER,)}


@pytest.fixture(autouse=True)
def _console(clock: Clock, tmp_path: Path) -> None:
    organisation.console(tmp_path, clock())


def stop(submission: Submission, clock: Clock) -> None:
    """Somebody on file says that it was not them."""
    with holding(submission_id=submission.pk) as case:
        stopping.stop_all(case, clock.tick())


def letters(submission: Submission, kind: str) -> int:
    return Message.objects.filter(about=submission.pk, kind=kind).count()


def test_rung_on_the_row_follows_what_is_known_of_the_claims(clock: Clock) -> None:
    filed = builders.file(at=clock(), identifiers=CLAIMS)
    at_first = builders.only(filed.submission).identity_floor
    drain(clock.tick())
    vouched = builders.only(filed.submission)
    other = builders.file(at=clock.tick(), email="ada@home.example.net", identifiers=CLAIMS)
    drain(clock.tick())

    found = builders.only(other.submission)
    proving.go_without(other.submission.pk, by=PERSON, at=clock.tick())

    assert (at_first, vouched.identity_floor, found.identity_floor) == (2, 1, 2)
    assert vouched.submission.vouched == Vouched.ON_FILE
    assert builders.only(other.submission).identity_floor == 1


def test_person_who_confirmed_before_the_look_is_told_what_more_is_asked(clock: Clock) -> None:
    filed = builders.file(at=clock(), email="ada@home.example.net", identifiers={"account": ("A-9",)})
    builders.confirm(filed.submission, clock.tick())
    before = letters(filed.submission, "identity_asked")
    drain(clock.tick())

    assert (before, letters(filed.submission, "identity_asked")) == (0, 1)
    missing = demands.missing(builders.only(filed.submission))
    assert missing is not None
    assert missing.code == "identifiers-unproved"


def test_second_doubt_is_told_though_the_first_was_given_up_with_the_claim(clock: Clock) -> None:
    request = builders.in_review(at=clock())

    proving.ask_more(request.pk, "other", "Odd.", by=builders.hal(), at=clock.tick())
    SubjectRequest.objects.filter(pk=request.pk).update(identity_doubts=0)
    proving.ask_more(request.pk, "other", "Odd again.", by=builders.hal(), at=clock.tick())

    assert letters(request.submission, "identity_asked") == 2


def test_proof_of_before_does_not_count_for_a_request_taken_up_again(clock: Clock) -> None:
    """Neither the old link nor the sweep may take it in: the mailbox may have changed hands since."""
    request = builders.in_review(at=clock())
    proving.ask_more(request.pk, "other", "Odd.", by=builders.hal(), at=clock.tick())
    proving.end_unproved(request.pk, "Nobody answers.", by=builders.vera(), at=clock.tick())
    SubjectRequest.objects.update(identity_doubts=0)
    identity.reopen(request.submission_id, by=PERSON, at=clock.tick())

    drain(clock.tick(days=settings.LAPSE_AFTER_DAYS - settings.LAPSE_WARNING_DAYS + 1))
    warned = builders.again(request)
    drain(clock.tick(days=settings.LAPSE_WARNING_DAYS + 1))

    assert (warned.state, warned.submission.verified_level) == (State.VERIFYING, 0)
    assert letters(request.submission, "lapse_warning") == 1
    assert builders.again(request).outcome == Outcome.UNVERIFIED


def test_after_a_stop_the_person_has_a_link_and_the_time_again(clock: Clock) -> None:
    builders.dora()
    filed = builders.file(at=clock())
    drain(clock.tick())
    stop(filed.submission, clock)
    drain(clock.tick(days=settings.LAPSE_AFTER_DAYS + 1))
    request = builders.only(filed.submission)
    assert request.state == State.VERIFYING
    assert letters(filed.submission, "lapse_warning") == 0

    stopping.resume(request.pk, "She rang.", by=builders.vera(), at=clock.tick())

    ends = Deadline.objects.get(request=request, kind=DeadlineKind.LAPSE, done_at=None)
    assert ends.due_at == clock() + timedelta(days=settings.LAPSE_AFTER_DAYS)
    builders.confirm(filed.submission, clock.tick())
    assert builders.only(filed.submission).state == State.IN_REVIEW


def test_after_a_stop_whoever_has_to_prove_more_is_told_so_again(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    proving.ask_more(request.pk, "other", "Odd.", by=builders.hal(), at=clock.tick())
    stop(request.submission, clock)

    stopping.resume(request.pk, "She rang.", by=builders.vera(), at=clock.tick())

    assert letters(request.submission, "identity_asked") == 2


def test_what_was_released_is_not_handed_over_while_it_is_held(clock: Clock) -> None:
    request = builders.prepared(clock())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    stopping.hold(request.pk, "Wait.", by=builders.hal(), at=clock.tick())

    drain(clock.tick(hours=1))
    held = builders.again(request).state
    drain(clock.tick(hours=72))

    assert (held, builders.again(request).state) == (State.FULFILLING, State.READY)


def test_hold_that_is_lifted_lets_the_answer_be_built_at_once(clock: Clock) -> None:
    request = builders.prepared(clock())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    stopping.hold(request.pk, "Wait.", by=builders.hal(), at=clock.tick())
    drain(clock.tick(hours=1))

    stopping.lift_hold(request.pk, "All is well.", by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    assert builders.again(request).state == State.READY


def test_what_is_told_to_everybody_is_not_held(clock: Clock) -> None:
    filed = builders.file(Right.ACCESS, Right.BE_INFORMED, at=clock())
    access = filed.submission.requests.get(right="access")
    stopping.hold(access.pk, "Wait.", by=builders.hal(), at=clock.tick())

    drain(clock.tick())

    assert filed.submission.requests.get(right="be_informed").state == State.READY


def test_word_from_a_person_of_whom_more_is_asked_is_a_message(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    threads.ask(request.pk, "Which years?", by=builders.hal(), at=clock.tick())
    proving.ask_more(request.pk, "other", "Odd.", by=builders.hal(), at=clock.tick())

    threads.write_from_person(request.pk, "Why do you ask?", by=PERSON, at=clock.tick())

    assert Event.objects.filter(request=request, verb="message").count() == 1
    assert Post.objects.filter(request=request, direction="from_person").count() == 1


def test_contact_that_nobody_proved_finds_nothing(clock: Clock) -> None:
    """A colleague may know who asks before anybody has read the mail; the address in the request is still a claim."""
    filed = builders.file(at=clock())
    with holding(submission_id=filed.submission.pk) as case:
        proving.record(case, Method.CALL_BACK, by=builders.ivy(), at=clock.tick(), proved={})

    assert known_identifiers(Submission.objects.get()) == {}


def test_proof_of_an_earlier_release_still_finds_by_the_contact(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    Submission.objects.update(proved_sealed=None)

    assert known_identifiers(builders.again(request).submission) == {"email": [builders.ADA]}


def test_hold_that_was_renewed_ends_on_its_own_date(clock: Clock) -> None:
    """The sweep found the first date and the second hold at the same time."""
    request = builders.in_review(at=clock())
    stopping.hold(request.pk, "Wait.", by=builders.hal(), at=clock.tick())
    stale = Deadline.objects.get(kind=DeadlineKind.HOLD_ENDS)
    clock.now = stale.due_at
    stopping.hold(request.pk, "Wait longer.", by=builders.hal(), at=clock())

    stopping.hold_over(stale, clock.tick())
    between = Submission.objects.get().held_until
    drain(clock.tick(hours=73))

    assert between is not None
    assert Submission.objects.get().held_until is None
    assert Event.objects.filter(verb="hold_over").count() == 1


def test_request_of_an_earlier_release_has_the_systems_asked_where_that_is_needed(clock: Clock) -> None:
    """It was filed without the date of a look, under a law that now gives call records to a channel of record alone."""
    filed = builders.file(at=clock(), country="US", region="TX")
    Deadline.objects.filter(kind=DeadlineKind.LOOK).delete()

    builders.confirm(filed.submission, clock.tick())
    waits = builders.only(filed.submission).state
    drain(clock.tick())

    assert waits == State.VERIFYING
    assert builders.only(filed.submission).state == State.IN_REVIEW


def test_what_was_found_before_a_doubt_is_gone_once_it_is_searched_for_anew(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    before = set(vault().list_prefix("parcels/"))
    proving.ask_more(request.pk, "other", "Odd.", by=builders.hal(), at=clock.tick())
    builders.prove(request.submission, clock.tick())
    drain(clock.tick())

    after = set(vault().list_prefix("parcels/"))
    assert builders.again(request).state == State.IN_REVIEW
    assert (len(before), len(after), before & after) == (1, 1, set())
