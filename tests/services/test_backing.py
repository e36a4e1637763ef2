"""Documents that show what is right: taken until it is decided, for those who decide, and kept as long as the case."""

from typing import Any

import pytest
from django.conf import settings

from dsr.errors import Incomplete, NotAllowed, Stale, WrongState
from dsr.models import Deadline, DeadlineKind, Event, SubjectRequest
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import correction, evidence, identity, proving, purging, review, threads, timing
from dsr.services._moves import holding
from dsr.services.storage import vault
from notifications.models import Forgotten
from tests import builders, organisation, papers
from tests.clock import Clock
from tests.drain import drain
from verification.evidence import AFTER_OUTCOME
from verification.models import Evidence, Purpose, Why
from verification.uploads import Clean

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage_of_its_own")]
PERSON = Caller.person()
BILL = Clean("image/png", b"\x89PNG of a bill, as it was written anew")


@pytest.fixture
def request_row(clock: Clock, tmp_path: Any, db: None) -> SubjectRequest:
    """Ada says that her name is wrong, and the desk has found what is held."""
    organisation.desk(tmp_path, clock())
    return builders.in_review(Right.CORRECTION, at=clock())


def hand_in(request: SubjectRequest, clock: Clock, data: Any = BILL, **more: Any) -> Evidence:
    given = {"by": PERSON, "at": clock.tick(), **more}
    return evidence.receive(request.submission_id, Purpose.CORRECTION, data, **given)


def files() -> list[str]:
    return list(vault().list_prefix("evidence/"))


def look(piece: Evidence, clock: Clock, by: Caller | None = None) -> bytes:
    return evidence.look(piece.pk, Why.CHECK, by=by or builders.vera(), at=clock.tick())[1]


def refused(request: SubjectRequest, clock: Clock) -> SubjectRequest:
    """Two people leave it as it is, and the request ends."""
    reason = "It is the name in your passport."
    review.propose_refusal(request.pk, "accuracy_confirmed", reason, by=builders.hal(), at=clock.tick())
    review.refuse(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    return builders.again(request)


def test_document_is_kept_written_anew_without_a_day_of_its_own(request_row: SubjectRequest, clock: Clock) -> None:
    piece = hand_in(request_row, clock, papers.photo())

    assert (piece.purpose, piece.destroy_at, files()) == ("correction", None, [piece.vault_name])
    assert piece.data_key_id != request_row.submission.data_key_id
    assert not Deadline.objects.filter(kind=DeadlineKind.EVIDENCE, done_at=None).exists()
    event = Event.objects.get(verb="evidence_received")
    assert event.data == {"evidence": str(piece.pk), "purpose": "correction"}


@pytest.mark.parametrize("data", [b"", b"MZ\x90 an executable", b"<svg onload='x'/>", b"x" * 10_500_000])
def test_file_that_is_not_taken_leaves_nothing_behind(request_row: SubjectRequest, clock: Clock, data: bytes) -> None:
    with pytest.raises(Incomplete) as answered:
        hand_in(request_row, clock, data)

    assert answered.value.code == "file-not-accepted"
    assert (files(), Evidence.objects.count()) == ([], 0)


def test_it_brings_the_request_to_staff(request_row: SubjectRequest, clock: Clock) -> None:
    threads.ask(request_row.pk, "Since when?", by=builders.hal(), at=clock.tick())
    before = builders.again(request_row).turn

    hand_in(request_row, clock)

    assert (before, builders.again(request_row).turn) == ("person", "staff")


def test_nobody_decides_who_looked_before_it_came(request_row: SubjectRequest, clock: Clock) -> None:
    reason = "It is the name in your passport."
    review.propose_refusal(request_row.pk, "accuracy_confirmed", reason, by=builders.hal(), at=clock.tick())
    seen = builders.again(request_row).version
    hand_in(request_row, clock)

    with pytest.raises(Stale):
        review.refuse(request_row.pk, by=builders.vera(), at=clock.tick(), expect=seen)


def test_clock_that_waits_for_word_about_a_fee_goes_on_waiting(clock: Clock, tmp_path: Any, db: None) -> None:
    organisation.desk(tmp_path, clock())
    request = builders.in_review(Right.CORRECTION, at=clock(), country="CH")
    timing.tell_fee(request.pk, "100 CHF", "Nine archives.", by=builders.hal(), at=clock.tick())

    hand_in(request, clock)

    after = builders.again(request)
    assert (after.turn, after.waits_for) == ("person", "fee")


def test_nothing_is_taken_for_another_right_or_once_it_is_decided(request_row: SubjectRequest, clock: Clock) -> None:
    other = builders.in_review(Right.ACCESS, at=clock.tick(), email=builders.MAX)
    ended = refused(request_row, clock)

    for request in (other, ended):
        with pytest.raises(WrongState) as answered:
            hand_in(request, clock)
        assert answered.value.code == "evidence-not-asked"
    assert files() == []


def test_six_are_as_many_as_are_kept_and_do_not_crowd_out_who_asks(request_row: SubjectRequest, clock: Clock) -> None:
    for _number in range(evidence.MOST):
        hand_in(request_row, clock)

    with pytest.raises(WrongState) as answered:
        hand_in(request_row, clock)

    assert answered.value.code == "evidence-full"
    evidence.receive(
        request_row.submission_id, Purpose.IDENTITY, BILL, by=PERSON, at=clock.tick(), wanted=[Purpose.IDENTITY]
    )


def test_whoever_decides_opens_it_on_record_and_whoever_may_see_nothing_does_not(
    request_row: SubjectRequest, clock: Clock
) -> None:
    piece = hand_in(request_row, clock)

    assert look(piece, clock) == BILL.data
    for barred in (PERSON, builders.hal(), builders.ivy(), Caller.system()):
        with pytest.raises(NotAllowed):
            look(piece, clock, barred)

    [event] = Event.objects.filter(verb="evidence_opened")
    assert event.data == {"evidence": str(piece.pk), "purpose": "correction", "why": "check"}


def test_whoever_decides_opens_no_document_of_identity(request_row: SubjectRequest, clock: Clock) -> None:
    piece = evidence.receive(
        request_row.submission_id, Purpose.IDENTITY, BILL, by=PERSON, at=clock.tick(), wanted=[Purpose.IDENTITY]
    )

    with pytest.raises(NotAllowed, match="may not open evidence"):
        look(piece, clock)


def test_it_stays_when_proofs_of_who_asks_go(request_row: SubjectRequest, clock: Clock) -> None:
    piece = hand_in(request_row, clock)
    for purpose in (Purpose.IDENTITY, Purpose.DECLARATION):
        evidence.receive(request_row.submission_id, purpose, BILL, by=PERSON, at=clock.tick(), wanted=list(Purpose))

    with holding(request_id=request_row.pk) as case:
        evidence.let_go(case, Purpose.IDENTITY, at=clock.tick())
        evidence.served(case, at=clock.tick())
    drain(clock.tick(days=40))

    assert files() == [piece.vault_name]
    assert look(piece, clock) == BILL.data


def test_it_outlives_the_outcome_and_goes_with_the_case(request_row: SubjectRequest, clock: Clock) -> None:
    piece = hand_in(request_row, clock)
    evidence.receive(
        request_row.submission_id, Purpose.IDENTITY, BILL, by=PERSON, at=clock.tick(), wanted=[Purpose.IDENTITY]
    )
    assert refused(request_row, clock).state == "closed"
    drain(clock.tick(days=60))
    assert files() == [piece.vault_name]
    assert look(piece, clock) == BILL.data

    drain(clock.tick(days=settings.CASE_KEPT_DAYS + 1))

    row = Evidence.objects.get(pk=piece.pk)
    assert (files(), row.vault_name, row.destroyed_at is not None) == ([], "", True)
    with pytest.raises(Forgotten):
        row.data_key.key_bytes()
    with pytest.raises(WrongState) as answered:
        look(piece, clock)
    assert answered.value.code == "evidence-gone"


def test_purging_that_was_killed_deletes_the_bytes_with_the_next_sweep(
    request_row: SubjectRequest, clock: Clock
) -> None:
    hand_in(request_row, clock)
    refused(request_row, clock)
    at = clock.tick(days=settings.CASE_KEPT_DAYS + 1)

    assert purging.forget(request_row.submission_id, at)
    assert (len(files()), Evidence.objects.get().data_key.wrapped) == (1, None)
    drain(at)

    assert files() == []
    assert Evidence.objects.get().destroyed_at == at


# --- where nothing was decided ---------------------------------------------------------------------------------------


@pytest.fixture
def verifying(clock: Clock, tmp_path: Any, db: None) -> SubjectRequest:
    """Somebody says that Ada's name is wrong, and has not shown yet who asks."""
    organisation.desk(tmp_path, clock())
    return builders.only(builders.file(Right.CORRECTION, at=clock()).submission)


def lapsed(request: SubjectRequest, clock: Clock) -> SubjectRequest:
    drain(clock.tick(days=28))
    return builders.again(request)


def test_document_goes_days_after_a_request_lapsed_that_nobody_proved(verifying: SubjectRequest, clock: Clock) -> None:
    piece = hand_in(verifying, clock)
    ended = lapsed(verifying, clock)
    piece.refresh_from_db()
    assert (ended.outcome, ended.closed_at, files()) == ("unverified", clock(), [piece.vault_name])
    assert piece.destroy_at == clock() + AFTER_OUTCOME

    drain(clock.tick(days=7))

    piece.refresh_from_db()
    assert (files(), piece.destroyed_at) == ([], clock())
    with pytest.raises(Forgotten):
        piece.data_key.key_bytes()
    assert Event.objects.get(verb="evidence_destroyed").data["evidence"] == str(piece.pk)
    assert not Deadline.objects.filter(kind=DeadlineKind.EVIDENCE, done_at=None).exists()


@pytest.mark.parametrize("end", ["withdrawn", "redirected", "unverified"])
def test_document_goes_days_after_a_request_ended_undecided(
    request_row: SubjectRequest, clock: Clock, end: str
) -> None:
    hand_in(request_row, clock)
    if end == "withdrawn":
        review.withdraw(request_row.pk, by=PERSON, at=clock.tick())
    elif end == "redirected":
        review.redirect(request_row.pk, "Ask them.", by=builders.vera(), at=clock.tick())
    else:
        proving.ask_more(request_row.pk, "other", "Odd.", by=builders.hal(), at=clock.tick())
        proving.end_unproved(request_row.pk, "Nobody answers.", by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    assert (builders.again(request_row).outcome, len(files())) == (end, 1)

    drain(clock.tick(days=8))

    assert files() == []


def test_document_goes_though_another_request_of_the_case_goes_on(clock: Clock, tmp_path: Any, db: None) -> None:
    organisation.desk(tmp_path, clock())
    filed = builders.file(Right.CORRECTION, Right.ACCESS, at=clock())
    builders.confirm(filed.submission, clock.tick())
    correction, access = (filed.submission.requests.get(right=right) for right in (Right.CORRECTION, Right.ACCESS))
    hand_in(correction, clock)

    review.withdraw(correction.pk, by=PERSON, at=clock.tick())
    drain(clock.tick(days=8))

    assert (files(), builders.again(access).closed_at) == ([], None)


def test_document_stays_with_a_case_in_which_one_thing_was_decided(request_row: SubjectRequest, clock: Clock) -> None:
    piece = hand_in(request_row, clock)
    decision = correction.Decision("refuse", ground="accuracy_confirmed", reason="It is the name in your passport.")
    correction.decide_item(request_row.pk, 1, decision, by=builders.hal(), at=clock.tick())

    review.withdraw(request_row.pk, by=PERSON, at=clock.tick())
    drain(clock.tick(days=60))

    piece.refresh_from_db()
    assert (files(), piece.destroy_at) == ([piece.vault_name], None)


def test_document_is_kept_when_the_request_is_taken_up_again_in_these_days(
    verifying: SubjectRequest, clock: Clock
) -> None:
    piece = hand_in(verifying, clock)
    lapsed(verifying, clock)
    identity.reopen(verifying.submission_id, by=PERSON, at=clock.tick(days=6))
    drain(clock.tick())
    piece.refresh_from_db()
    assert piece.destroy_at is None

    drain(clock.tick(days=10))
    again = files()
    lapsed(verifying, clock)
    drain(clock.tick(days=8))

    assert (again, files()) == ([piece.vault_name], [])
