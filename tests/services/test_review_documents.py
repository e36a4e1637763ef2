"""Documents that somebody sends for the review of a decision: heard, opened by the reviewer, gone with the case."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from dsr.errors import Incomplete, NotAllowed, WrongState
from dsr.models import Event, Review, ReviewMaterial, SubjectRequest
from dsr.policies import Caller, reviewing
from dsr.services import evidence, history, review
from dsr.services.reviews import concluding, working
from dsr.services.storage import vault
from notifications.models import Forgotten
from tests import builders, papers, reviews
from tests.clock import Clock
from tests.drain import drain
from verification.evidence import AFTER_OUTCOME
from verification.models import Evidence, Opening, Purpose, Why
from verification.uploads import Clean

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage_of_its_own")]
PERSON = Caller.person()
BOOKING = Clean("image/png", b"\x89PNG of a booking, as it was written anew")


def send(request: SubjectRequest, clock: Clock, data: Any = BOOKING, **more: Any) -> Evidence:
    given = {"by": PERSON, "at": clock.tick(), **more}
    return evidence.receive(request.submission_id, Purpose.REPRESENTATION, data, **given)


def look(piece: Evidence, clock: Clock, by: Caller) -> bytes:
    return evidence.look(piece.pk, Why.CHECK, by=by, at=clock.tick())[1]


def files() -> list[str]:
    return list(vault().list_prefix("evidence/"))


def lacks() -> set[str]:
    return {each.field for each in reviewing.missing(Review.objects.select_related("decision").latest("number"))}


def test_document_is_written_anew_and_counts_as_what_the_person_says(clock: Clock) -> None:
    request = reviews.filed(clock(), decision_wrong="")
    working.link(request.pk, reviews.decision(clock()).pk, by=builders.hal(), at=clock())
    rita = reviews.reviewer()
    working.take(request.pk, by=rita, at=clock.tick())
    working.ask(request.pk, by=rita, at=clock.tick())
    working.none_sent(request.pk, by=rita, at=clock.tick(days=settings.REVIEW_ASK_DAYS + 1))

    piece = send(request, clock, papers.photo())

    found = Review.objects.get()
    assert (found.represented_at, found.none_sent_at) == (clock.now, None)
    assert (piece.destroy_at, files()) == (None, [piece.vault_name])
    assert piece.data_key_id not in (request.submission.data_key_id, found.data_key_id)
    assert Event.objects.get(verb="evidence_received").data == {"evidence": str(piece.pk), "purpose": "representation"}
    assert builders.again(request).turn == "staff"


def test_document_sent_before_anybody_found_the_decision_is_heard_as_well(clock: Clock) -> None:
    request = reviews.filed(clock(), decision_wrong="")
    send(request, clock)

    working.link(request.pk, reviews.decision(clock()).pk, by=builders.hal(), at=clock.tick())

    assert Review.objects.get().represented_at == clock.now


def test_nothing_is_decided_before_the_reviewer_has_opened_every_document(clock: Clock) -> None:
    rita = reviews.reviewer()
    request = reviews.worked(clock(), rita)
    first, second = send(request, clock), send(request, clock)
    look(first, clock, rita)

    with pytest.raises(WrongState, match="every document that the person sent") as refused:
        concluding.uphold(request.pk, reviews.conclusion(), by=rita, at=clock.tick())
    assert (refused.value.code, lacks()) == ("record-incomplete", {"material_document"})
    look(second, clock, rita)
    concluding.uphold(request.pk, reviews.conclusion(), by=rita, at=clock.tick())

    opened = ReviewMaterial.objects.filter(name="document").values_list("document", "at")
    assert list(opened) == list(Opening.objects.order_by("id").values_list("evidence_id", "at"))
    assert {pk for pk, _at in opened} == {first.pk, second.pk}


def test_opening_one_is_an_act_of_the_reviewer_whose_time_counts(clock: Clock) -> None:
    rita = reviews.reviewer()
    request = reviews.taken(clock(), rita)
    piece = send(request, clock)
    before = Review.objects.get()

    evidence.look(piece.pk, Why.CHECK, by=rita, at=clock.tick(seconds=70))

    after = Review.objects.get()
    assert before.beat_at is not None
    passed = int((clock.now - before.beat_at).total_seconds())
    assert (after.active_seconds - before.active_seconds, after.beat_at) == (passed, clock.now)


def test_another_reviewer_opens_each_anew(clock: Clock) -> None:
    rita, ralf = reviews.reviewer(), reviews.reviewer("ralf")
    request = reviews.taken(clock(), rita)
    piece = send(request, clock)
    look(piece, clock, rita)
    working.hand_over(request.pk, "Rita is ill.", by=builders.hal(), at=clock.tick())
    working.take(request.pk, by=ralf, at=clock.tick())
    assert "material_document" in lacks()

    with pytest.raises(NotAllowed):
        look(piece, clock, rita)
    assert look(piece, clock, ralf) == BOOKING.data

    assert "material_document" not in lacks()


def test_second_review_takes_more_and_opens_all(clock: Clock) -> None:
    rita, ralf = reviews.reviewer(), reviews.reviewer("ralf")
    request = reviews.worked(clock(), rita)
    first = send(request, clock)
    look(first, clock, rita)
    concluding.uphold(request.pk, reviews.conclusion(), by=rita, at=clock.tick())
    with pytest.raises(WrongState) as closed:
        send(request, clock)
    assert closed.value.code == "evidence-not-asked"

    concluding.again(request.pk, by=PERSON, at=clock.tick())
    second = send(request, clock)
    working.take(request.pk, by=ralf, at=clock.tick())
    look(second, clock, ralf)
    assert "material_document" in lacks()
    look(first, clock, ralf)

    assert "material_document" not in lacks()


def test_nobody_but_the_reviewer_opens_one(clock: Clock) -> None:
    request = reviews.taken(clock(), reviews.reviewer())
    piece = send(request, clock)

    for barred in (PERSON, builders.hal(), builders.vera(), builders.ivy(), Caller.system()):
        with pytest.raises(NotAllowed) as answered:
            look(piece, clock, barred)
        assert answered.value.code == "not-the-reviewer"

    assert not Opening.objects.exists()
    assert not ReviewMaterial.objects.filter(name="document").exists()


@pytest.mark.parametrize("data", [b"", b"MZ\x90 an executable", b"<svg onload='x'/>", b"x" * 10_500_000])
def test_file_that_is_not_taken_leaves_nothing_behind(clock: Clock, data: bytes) -> None:
    request = reviews.filed(clock(), decision_wrong="")
    working.link(request.pk, reviews.decision(clock()).pk, by=builders.hal(), at=clock())

    with pytest.raises(Incomplete) as answered:
        send(request, clock, data)

    assert answered.value.code == "file-not-accepted"
    assert (files(), Evidence.objects.count(), Review.objects.get().represented_at) == ([], 0, None)


def test_six_are_as_many_as_are_kept(clock: Clock) -> None:
    request = reviews.filed(clock())
    for _number in range(evidence.MOST):
        send(request, clock)

    with pytest.raises(WrongState) as answered:
        send(request, clock)

    assert answered.value.code == "evidence-full"


def test_it_outlives_the_outcome_and_goes_with_the_case(clock: Clock) -> None:
    rita = reviews.reviewer()
    request = reviews.worked(clock(), rita)
    piece = send(request, clock)
    look(piece, clock, rita)
    concluding.uphold(request.pk, reviews.conclusion(), by=rita, at=clock.tick())
    drain(clock.tick(days=60))
    assert files() == [piece.vault_name]

    drain(clock.tick(days=settings.CASE_KEPT_DAYS + 1))

    row = Evidence.objects.select_related("data_key").get()
    assert (files(), row.vault_name, row.destroyed_at is not None) == ([], "", True)
    with pytest.raises(Forgotten):
        row.data_key.key_bytes()
    assert ReviewMaterial.objects.filter(document=piece.pk).exists(), "that it was opened stays with the decision"
    assert history.verify().whole


def test_it_goes_days_after_a_review_that_the_person_took_back(clock: Clock) -> None:
    request = reviews.taken(clock(), reviews.reviewer())
    piece = send(request, clock)

    review.withdraw(request.pk, by=PERSON, at=clock.tick())
    drain(clock.tick())
    piece.refresh_from_db()
    kept = files()
    drain(clock.tick(days=8))

    assert builders.again(request).outcome == "withdrawn"
    assert piece.destroy_at is not None
    assert piece.destroy_at - AFTER_OUTCOME <= clock.now - timedelta(days=8)
    assert (kept, files()) == ([piece.vault_name], [])
