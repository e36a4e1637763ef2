"""Proving a ground: nobody agrees to one before it is said where its proof lies and what answers its questions."""

from datetime import date
from typing import Any

import pytest

from dsr.errors import Incomplete, NotAllowed, NotFound, WrongState
from dsr.lifecycle import Outcome, State
from dsr.models import Argument, Event, SubjectRequest
from dsr.policies import Caller
from dsr.rights import Right
from dsr.rules import pack
from dsr.selectors.earlier import earlier
from dsr.services import arguing, correction, history, review, telling
from notifications.delivery import sent_body
from notifications.models import Message
from tests import builders
from tests.clock import Clock
from tests.drain import drain

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]
REASON = "It would tell her what Max wrote in confidence."
PROOF = arguing.Proof("document", "Safe 4, folder 17", "The legal team", date(2026, 3, 1))
CONDUCT = ("manifestly_unfounded", "excessive_repetitive", "abuse_of_right")


@pytest.fixture
def request_(clock: Clock, systems: Any, storage_of_its_own: None) -> SubjectRequest:
    """A request at the desk, all systems searched."""
    return builders.in_review(at=clock())


def _proposed(request: SubjectRequest, clock: Clock, ground: str) -> None:
    review.propose_refusal(request.pk, ground, REASON, by=builders.hal(), at=clock.tick())


def _answers(ground: str) -> dict[str, str]:
    kinds = {"text": "See the file.", "date": "2026-02-01", "count": "3", "yes_no": "yes"}
    return {each.id: each.must or kinds[each.kind] for each in pack().refusal(ground).checklist}


# --- the second person -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ground", CONDUCT)
def test_ground_of_conduct_needs_every_answer_and_the_officer(
    request_: SubjectRequest, clock: Clock, ground: str
) -> None:
    _proposed(request_, clock, ground)
    with pytest.raises(WrongState) as unproved:
        review.refuse(request_.pk, by=builders.dora(), at=clock.tick())
    builders.argue(request_, clock.tick())
    with pytest.raises(NotAllowed) as no_officer:
        review.refuse(request_.pk, by=builders.vera(), at=clock.tick())

    refused = review.refuse(request_.pk, by=builders.dora(), at=clock.tick())

    assert (unproved.value.code, no_officer.value.code) == ("not-argued", "not-officer")
    assert pack().refusal(ground).title in no_officer.value.sentence
    assert (refused.state, refused.outcome) == (State.CLOSED, Outcome.REFUSED)


def test_ground_that_no_law_leaves_to_the_officer_is_any_approvers_once_it_is_proved(
    request_: SubjectRequest, clock: Clock
) -> None:
    _proposed(request_, clock, "third_party_rights")
    with pytest.raises(WrongState) as unproved:
        review.refuse(request_.pk, by=builders.vera(), at=clock.tick())
    builders.argue(request_, clock.tick())

    refused = review.refuse(request_.pk, by=builders.vera(), at=clock.tick())

    assert unproved.value.code == "not-argued"
    assert refused.outcome == Outcome.REFUSED


def test_ground_that_the_case_itself_shows_needs_no_more_than_reasons(request_: SubjectRequest, clock: Clock) -> None:
    _proposed(request_, clock, "not_verified")

    assert review.refuse(request_.pk, by=builders.vera(), at=clock.tick()).outcome == Outcome.REFUSED


def test_answer_that_speaks_against_the_ground_stops_it(request_: SubjectRequest, clock: Clock) -> None:
    _proposed(request_, clock, "abuse_of_right")
    builders.argue(request_, clock.tick(), apart_from_motives="no")

    with pytest.raises(WrongState) as refused:
        review.refuse(request_.pk, by=builders.dora(), at=clock.tick())

    assert refused.value.code == "argued-against"
    assert "motives and manners" in refused.value.sentence


def test_what_proves_a_refusal_is_said_by_who_proposed_it(request_: SubjectRequest, clock: Clock) -> None:
    with pytest.raises(WrongState) as early:
        arguing.argue(request_.pk, PROOF, {}, by=builders.hal(), at=clock.tick())
    _proposed(request_, clock, "third_party_rights")
    with pytest.raises(NotAllowed) as another:
        arguing.argue(request_.pk, PROOF, {}, by=builders.vera(), at=clock.tick())
    builders.argue(request_, clock.tick())
    review.send_back(request_.pk, "Not so.", by=builders.vera(), at=clock.tick())
    review.propose_refusal(request_.pk, "third_party_rights", REASON, by=builders.ivy(), at=clock.tick())

    with pytest.raises(WrongState) as not_hers:
        review.refuse(request_.pk, by=builders.vera(), at=clock.tick())

    assert (early.value.code, another.value.code, not_hers.value.code) == ("no-ground", "not-preparer", "not-argued")


# --- what is put on record -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"earlier_requests": " "}, "answers.earlier_requests"),
        ({"apart_from_motives": "perhaps"}, "answers.apart_from_motives"),
        ({"last_answered": "lately"}, "answers.last_answered"),
        ({"last_answered": "2031-01-01"}, "answers.last_answered"),
        ({"earlier_count": "many"}, "answers.earlier_count"),
        ({"shoe_size": "42"}, "answers.shoe_size"),
    ],
)
def test_answers_fit_the_questions(request_: SubjectRequest, clock: Clock, change: dict[str, str], field: str) -> None:
    _proposed(request_, clock, "excessive_repetitive")
    answers = {**_answers("excessive_repetitive"), **change}

    with pytest.raises(Incomplete) as refused:
        arguing.argue(request_.pk, PROOF, answers, by=builders.hal(), at=clock.tick())

    assert refused.value.field == field
    assert not Argument.objects.exists()


@pytest.mark.parametrize(
    ("proof", "field"),
    [
        (("rumour", "Safe", "Legal", date(2026, 3, 1)), "proof_kind"),
        (("document", "", "Legal", date(2026, 3, 1)), "proof_place"),
        (("document", "Safe", " ", date(2026, 3, 1)), "proof_author"),
        (("document", "Safe", "Legal", date(2031, 3, 1)), "proof_on"),
    ],
)
def test_proof_has_a_kind_a_place_an_author_and_a_day(
    request_: SubjectRequest, clock: Clock, proof: tuple[str, str, str, date], field: str
) -> None:
    _proposed(request_, clock, "third_party_rights")

    with pytest.raises(Incomplete) as refused:
        arguing.argue(request_.pk, arguing.Proof(*proof), {}, by=builders.hal(), at=clock.tick())

    assert refused.value.field == field


def test_record_is_sealed_replaced_and_kept_and_history_holds_codes_only(
    request_: SubjectRequest, clock: Clock
) -> None:
    _proposed(request_, clock, "abuse_of_right")
    for pattern in ("Ada asks daily.", "Ada asks weekly."):
        builders.argue(request_, clock.tick(), pattern=pattern)

    first, second = Argument.objects.select_related("request__submission__data_key").order_by("at")

    assert (first.replaced_at is not None, second.replaced_at) == (True, None)
    assert second.open_json("answers")["pattern"] == "Ada asks weekly."
    assert b"Ada" not in bytes(second.answers_sealed or b"")
    assert [event.data for event in Event.objects.filter(verb="argue_refusal")] == [
        {"ground": "abuse_of_right", "category": ""}
    ] * 2
    assert history.verify().whole


# --- one category ----------------------------------------------------------------------------------------------------


def _held_back(request: SubjectRequest, clock: Clock, category: str = "contact_data", ground: str = "") -> Any:
    ground = ground or "third_party_rights"
    review.withhold(request.pk, category, ground, REASON, by=builders.hal(), at=clock.tick())
    return request.withholdings.latest("at")


def test_what_is_held_back_is_proved_part_by_part_before_it_is_approved(request_: SubjectRequest, clock: Clock) -> None:
    one, other = (_held_back(request_, clock, each) for each in ("contact_data", "customer_account_data"))
    arguing.argue(request_.pk, PROOF, {}, by=builders.hal(), at=clock.tick(), withholding_id=one.pk)
    review.prepare(request_.pk, by=builders.hal(), at=clock.tick())
    with pytest.raises(WrongState) as half:
        review.approve(request_.pk, by=builders.vera(), at=clock.tick())
    arguing.argue(request_.pk, PROOF, {}, by=builders.hal(), at=clock.tick(), withholding_id=other.pk)

    approved = review.approve(request_.pk, by=builders.vera(), at=clock.tick())

    assert half.value.code == "not-argued"
    assert approved.state == State.FULFILLING


def test_officer_agrees_to_a_part_held_back_on_a_ground_of_the_officers(request_: SubjectRequest, clock: Clock) -> None:
    _held_back(request_, clock, ground="law_forbids_telling")
    builders.argue(request_, clock.tick())
    review.prepare(request_.pk, by=builders.hal(), at=clock.tick())
    with pytest.raises(NotAllowed) as refused:
        review.approve(request_.pk, by=builders.vera(), at=clock.tick())

    approved = review.approve(request_.pk, by=builders.dora(), at=clock.tick())

    assert refused.value.code == "not-officer"
    assert approved.state == State.FULFILLING


def test_part_that_is_not_held_back_cannot_be_proved(request_: SubjectRequest, clock: Clock) -> None:
    part = _held_back(request_, clock)
    with pytest.raises(Incomplete) as unnamed:
        arguing.argue(request_.pk, PROOF, {}, by=builders.hal(), at=clock.tick())
    _held_back(request_, clock, "customer_account_data")
    review.release(request_.pk, part.pk, by=builders.hal(), at=clock.tick())

    with pytest.raises(NotFound):
        arguing.argue(request_.pk, PROOF, {}, by=builders.hal(), at=clock.tick(), withholding_id=part.pk)
    assert unnamed.value.field == "withholding"


@pytest.mark.parametrize(
    ("categories", "outcome", "says"),
    [
        (("contact_data",), Outcome.PARTLY_FULFILLED, "We have done part of what you asked"),
        (("contact_data", "customer_account_data"), Outcome.REFUSED, "We cannot give you any of the data"),
    ],
)
def test_letter_tells_of_each_category_why_and_by_what_law_and_what_can_be_done(
    request_: SubjectRequest, clock: Clock, categories: tuple[str, ...], outcome: Outcome, says: str
) -> None:
    for category in categories:
        _held_back(request_, clock, category)
    builders.argue(request_, clock.tick())
    review.prepare(request_.pk, by=builders.hal(), at=clock.tick())
    review.approve(request_.pk, by=builders.vera(), at=clock.tick())
    drain(clock())

    body = _sent("answer_ready")
    drain(clock.tick(days=60))
    ended = builders.again(request_)

    assert (ended.state, ended.outcome) == (State.CLOSED, outcome)
    assert ended.approved_by_id not in (None, ended.prepared_by_id)
    assert says in body
    assert body.count(REASON) == len(categories)
    assert body.count(pack().refusal("third_party_rights").plain) == len(categories)
    assert body.count("General Data Protection Regulation, Art 15(4), 20(4)") == len(categories)
    assert all(way in body for way in telling.remedies(request_.submission))


def _sent(kind: str) -> str:
    """Return the text of a letter as it went out."""
    body = sent_body(Message.objects.select_related("data_key").get(kind=kind))
    assert body is not None
    return body.text


# --- repetition ------------------------------------------------------------------------------------------------------


def test_earlier_requests_of_the_same_address_are_told_and_no_others(request_: SubjectRequest, clock: Clock) -> None:
    builders.in_review(at=clock.tick(), email="max@example.net")
    later = builders.in_review(Right.PORTABILITY, at=clock.tick(days=3))

    found = earlier(later)

    assert [(row.reference, row.right, row.received_at) for row in found] == [
        (request_.submission.reference, "access", request_.received_at)
    ]
    assert earlier(request_) == []


def test_field_among_others_is_not_refused_on_a_ground_that_answers_the_whole_request(clock: Clock) -> None:
    request = builders.in_review(Right.CORRECTION, at=clock())
    decision = correction.Decision("refuse", ground="manifestly_unfounded", reason="No.")

    with pytest.raises(Incomplete) as refused:
        correction.decide_item(request.pk, 1, decision, by=builders.hal(), at=clock.tick())

    assert refused.value.field == "ground"


def test_person_and_support_prove_nothing(request_: SubjectRequest, clock: Clock) -> None:
    _proposed(request_, clock, "third_party_rights")

    for by in (Caller.person(), builders.sam(), Caller.system()):
        with pytest.raises(NotAllowed):
            arguing.argue(request_.pk, PROOF, {}, by=by, at=clock.tick())
