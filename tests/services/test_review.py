"""Deciding: by people who may, on grounds that the law gives, by two of them, and told to the person."""

from typing import Any

import pytest
from django.db import Error, transaction

from dsr.errors import Incomplete, NotAllowed, NotFound, Stale, WrongState
from dsr.lifecycle import Actor, Outcome, State, Turn
from dsr.models import Event, Post, SubjectRequest
from dsr.policies import Caller
from dsr.rights import Right
from dsr.rules import pack
from dsr.services import history, links, review, telling
from notifications import letters
from notifications.models import Message
from tests import builders
from tests.clock import Clock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]
REASON = "It would tell her what Max wrote in confidence."


@pytest.fixture
def request_(clock: Clock, systems: Any, storage_of_its_own: None) -> SubjectRequest:
    """A request at the desk, all systems searched."""
    return builders.in_review(at=clock())


def _unchanged(request: SubjectRequest) -> bool:
    now = builders.again(request)
    return (now.version, now.state, now.proposal) == (request.version, request.state, request.proposal)


def _letters(kind: str) -> list[Message]:
    return list(Message.objects.select_related("data_key").filter(kind=kind))


# --- assigning -------------------------------------------------------------------------------------------------------


def test_request_is_given_to_a_colleague_and_back_to_the_queue(request_: SubjectRequest, clock: Clock) -> None:
    vera = builders.staff("vera")

    given = review.assign(request_.pk, vera.pk, by=builders.hal(), at=clock.tick())
    back = review.assign(request_.pk, None, by=builders.hal(), at=clock.tick())

    assert (given.assignee_id, back.assignee_id) == (vera.pk, None)
    assert [event.data for event in Event.objects.filter(verb="assign")] == [{"assignee": vera.pk}, {"assignee": None}]


@pytest.mark.parametrize("who", ["sam", "max", "gone", "nobody"])
def test_request_is_given_to_nobody_who_cannot_work_it(request_: SubjectRequest, clock: Clock, who: str) -> None:
    user = builders.staff(who, *(("work_requests",) if who == "gone" else ()))
    user.is_active = who != "gone"
    user.save()

    with pytest.raises(Incomplete):
        review.assign(request_.pk, 10**6 if who == "nobody" else user.pk, by=builders.hal(), at=clock.tick())

    assert _unchanged(request_)


# --- holding back ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("category", "ground", "reason", "system", "field"),
    [
        ("contact_data", "because", REASON, "", "ground"),
        ("contact_data", "", REASON, "", "ground"),
        ("shoe_size", "third_party_rights", REASON, "", "category"),
        ("contact_data", "third_party_rights", "", "", "reason"),
        ("contact_data", "third_party_rights", " \n ", "", "reason"),
        ("contact_data", "third_party_rights", "a\x00b", "", "reason"),
        ("contact_data", "third_party_rights", "x" * 10_001, "", "reason"),
        ("contact_data", "third_party_rights", REASON, "cellar", "system"),
    ],
)
def test_holding_back_needs_category_ground_and_reason(
    request_: SubjectRequest, clock: Clock, category: str, ground: str, reason: str, system: str, field: str
) -> None:
    with pytest.raises(Incomplete) as refused:
        review.withhold(request_.pk, category, ground, reason, by=builders.hal(), at=clock.tick(), system_key=system)

    assert refused.value.field == field
    assert _unchanged(request_)
    assert not request_.withholdings.exists()


def test_reason_of_a_withholding_is_sealed_and_history_holds_its_code_only(
    request_: SubjectRequest, clock: Clock
) -> None:
    review.withhold(request_.pk, "contact_data", "third_party_rights", REASON, by=builders.hal(), at=clock.tick())

    row = request_.withholdings.select_related("request__submission__data_key").get()
    assert row.open("reason") == REASON
    assert Event.objects.get(verb="withhold").data == {
        "category": "contact_data",
        "ground": "third_party_rights",
        "system": "",
    }


def test_proposal_closes_what_it_proposes_until_it_is_sent_back(request_: SubjectRequest, clock: Clock) -> None:
    hal = builders.hal()
    review.withhold(request_.pk, "contact_data", "third_party_rights", REASON, by=hal, at=clock.tick())
    held = request_.withholdings.get()
    review.prepare(request_.pk, by=hal, at=clock.tick())

    for attempt in (
        lambda: review.withhold(request_.pk, "contact_data", "third_party_rights", REASON, by=hal, at=clock.tick()),
        lambda: review.release(request_.pk, held.pk, by=hal, at=clock.tick()),
        lambda: review.prepare(request_.pk, by=hal, at=clock.tick()),
        lambda: review.propose_refusal(request_.pk, "abuse_of_right", REASON, by=hal, at=clock.tick()),
    ):
        with pytest.raises(WrongState) as refused:
            attempt()
        assert refused.value.code == "already-prepared"
    review.send_back(request_.pk, "Hold less back.", by=builders.vera(), at=clock.tick())
    review.release(request_.pk, held.pk, by=hal, at=clock.tick())

    with pytest.raises(NotFound):
        review.release(request_.pk, held.pk, by=hal, at=clock.tick())
    note = Post.objects.select_related("submission__data_key").get()
    assert (note.direction, note.open("body")) == ("note", "Hold less back.")


# --- refusing --------------------------------------------------------------------------------------------------------


def test_refusal_by_two_people_tells_ground_reasons_and_every_way_to_complain(
    request_: SubjectRequest, clock: Clock
) -> None:
    refused = builders.refused(request_, clock.tick(), reason=REASON)

    assert (refused.state, refused.outcome, refused.turn) == (State.CLOSED, Outcome.REFUSED, Turn.NOBODY)
    assert refused.approved_by_id != refused.prepared_by_id
    [letter] = builders.letters_to(request_.submission, "refused")
    assert letter.ground == pack().refusal("abuse_of_right").wording("plain")
    assert letter.law == "General Data Protection Regulation, Art 12(5); CJEU C-526/24"
    assert letter.reason == REASON
    assert letter.remedies == telling.remedies(request_.submission)
    assert letter.remedies
    rendered = letters.render(letter, "en")
    for part in (letter.ground, letter.law, letter.reason, *letter.remedies, request_.submission.reference):
        assert part in rendered.text
    assert REASON not in str(list(Event.objects.values_list("data", flat=True)))
    assert history.verify().whole


def test_refusal_is_not_made_by_who_proposed_it_nor_without_a_proposal(request_: SubjectRequest, clock: Clock) -> None:
    with pytest.raises(WrongState) as early:
        review.refuse(request_.pk, by=builders.vera(), at=clock.tick())
    review.propose_refusal(request_.pk, "abuse_of_right", REASON, by=builders.vera(), at=clock.tick())
    with pytest.raises(NotAllowed) as alone:
        review.refuse(request_.pk, by=builders.vera(), at=clock.tick())
    with pytest.raises(NotAllowed) as not_hers:
        review.refuse(request_.pk, by=builders.sam(), at=clock.tick())
    with pytest.raises(WrongState):
        review.approve(request_.pk, by=builders.vera(), at=clock.tick())

    assert (early.value.code, alone.value.code, not_hers.value.code) == (
        "refusal-not-prepared",
        "four-eyes",
        "not-your-move",
    )
    assert builders.again(request_).state == State.IN_REVIEW


def test_refusal_sent_back_leaves_nothing_of_itself(request_: SubjectRequest, clock: Clock) -> None:
    review.propose_refusal(request_.pk, "abuse_of_right", REASON, by=builders.hal(), at=clock.tick())

    back = review.send_back(request_.pk, "That is no ground.", by=builders.vera(), at=clock.tick())

    assert (back.proposal, back.refusal_ground, back.reason_sealed, back.prepared_by_id) == ("", "", None, None)
    assert not _letters("refused")


@pytest.mark.parametrize(("ground", "reason"), [("because", REASON), ("", REASON), ("abuse_of_right", "  ")])
def test_refusal_needs_a_coded_ground_and_reasons(
    request_: SubjectRequest, clock: Clock, ground: str, reason: str
) -> None:
    with pytest.raises(Incomplete):
        review.propose_refusal(request_.pk, ground, reason, by=builders.hal(), at=clock.tick())

    assert _unchanged(request_)
    assert builders.again(request_).reason_sealed is None


# --- releasing -------------------------------------------------------------------------------------------------------


def test_release_is_approved_by_another_person_even_where_both_may_do_all(
    request_: SubjectRequest, clock: Clock
) -> None:
    wilma = Caller.of_user(builders.staff("wilma", "work_requests", "approve_requests"), "admin")
    review.prepare(request_.pk, by=builders.vera(), at=clock.tick())

    with pytest.raises(NotAllowed) as refused:
        review.approve(request_.pk, by=builders.vera(), at=clock.tick())
    approved = review.approve(request_.pk, by=wilma, at=clock.tick())

    assert refused.value.code == "four-eyes"
    assert (approved.state, approved.approved_by_id) == (State.FULFILLING, wilma.user_id)


def test_database_itself_refuses_one_person_in_both_roles(request_: SubjectRequest, clock: Clock) -> None:
    vera = builders.staff("vera")
    review.prepare(request_.pk, by=builders.vera(), at=clock.tick())

    with pytest.raises(Error), transaction.atomic():
        SubjectRequest.objects.filter(pk=request_.pk).update(approved_by=vera)


def test_nobody_handles_a_case_about_themselves(request_: SubjectRequest, clock: Clock) -> None:
    ada = builders.staff("ada", "work_requests", "approve_requests")
    ada.email = builders.ADA.upper()
    ada.save()
    herself = Caller.of_user(builders.staff("ada"), "admin")

    for attempt in (
        lambda: review.prepare(request_.pk, by=herself, at=clock.tick()),
        lambda: review.assign(request_.pk, None, by=herself, at=clock.tick()),
        lambda: review.redirect(request_.pk, "There.", by=herself, at=clock.tick()),
    ):
        with pytest.raises(NotAllowed) as refused:
            attempt()
        assert refused.value.code == "own-case"

    assert _unchanged(request_)


def test_decision_on_an_old_look_is_refused(request_: SubjectRequest, clock: Clock) -> None:
    seen = request_.version
    review.assign(request_.pk, builders.staff("hal").pk, by=builders.hal(), at=clock.tick())

    with pytest.raises(Stale):
        review.prepare(request_.pk, by=builders.hal(), at=clock.tick(), expect=seen)
    review.prepare(request_.pk, by=builders.hal(), at=clock.tick(), expect=seen + 1)


# --- ending ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [Actor.PERSON, Actor.SUPPORT, Actor.ANALYST])
def test_withdrawing_is_confirmed_whoever_does_it_and_cannot_be_done_twice(
    request_: SubjectRequest, clock: Clock, who: Actor
) -> None:
    callers = {Actor.PERSON: Caller.person(), Actor.SUPPORT: builders.sam(), Actor.ANALYST: builders.hal()}

    withdrawn = review.withdraw(request_.pk, by=callers[who], at=clock.tick())
    with pytest.raises(WrongState):
        review.withdraw(request_.pk, by=callers[who], at=clock.tick())

    assert (withdrawn.outcome, withdrawn.closed_at is not None) == (Outcome.WITHDRAWN, True)
    assert Event.objects.get(verb="withdraw").actor == who
    [letter] = builders.letters_to(request_.submission, "closed")
    assert letter.outcome == "withdrawn"


def test_letter_about_the_end_lets_nobody_in_who_never_confirmed_the_address(clock: Clock) -> None:
    filed, read = builders.file(at=clock()), builders.in_review(at=clock.tick())

    for request in (builders.only(filed.submission), read):
        review.withdraw(request.pk, by=builders.hal(), at=clock.tick())

    (unread,), (opens,) = (builders.letters_to(each.submission, "closed") for each in (filed, read))
    assert unread.tracker == links.tracker(filed.submission.reference)
    assert f"/requests/{read.submission.reference}/?key=" in opens.tracker


def test_withdrawing_one_right_leaves_the_other_alone(clock: Clock) -> None:
    filed = builders.file(Right.ACCESS, Right.PORTABILITY, at=clock())
    builders.confirm(filed.submission, clock.tick())
    one, other = filed.submission.requests.order_by("id")

    review.withdraw(one.pk, by=Caller.person(), at=clock.tick())

    assert builders.again(one).state == State.CLOSED
    assert builders.again(other).state == State.IN_REVIEW
    assert set(other.steps.values_list("state", flat=True)) == {"waiting"}


def test_redirecting_tells_where_to_turn_and_is_for_the_approver(request_: SubjectRequest, clock: Clock) -> None:
    with pytest.raises(NotAllowed):
        review.redirect(request_.pk, "Ask your employer.", by=builders.hal(), at=clock.tick())
    with pytest.raises(Incomplete):
        review.redirect(request_.pk, "  ", by=builders.vera(), at=clock.tick())
    closed = review.redirect(request_.pk, "Ask your employer.", by=builders.vera(), at=clock.tick())

    assert closed.outcome == Outcome.REDIRECTED
    [letter] = builders.letters_to(request_.submission, "closed")
    assert letter.explanation == "Ask your employer."
