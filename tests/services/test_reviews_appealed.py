"""Appeals against reviews: after the second one only, decided by others, and reviewed once more by somebody new."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from dsr import reckoning
from dsr.errors import RecourseError
from dsr.lifecycle import Outcome, State
from dsr.models import Review
from dsr.policies import Caller, reason_against
from dsr.services import review as desk
from dsr.services.complaints import appeals
from dsr.services.reviews import concluding, effects, working
from tests import builders, contesting, reviews
from tests.clock import Clock
from tests.drain import drain

pytestmark = pytest.mark.django_db(transaction=True)
PERSON = Caller.person()


def _code(act: Callable[[], object]) -> str:
    with pytest.raises(RecourseError) as refused:
        act()
    return refused.value.code


def test_first_review_is_followed_by_the_second_and_not_by_an_appeal(clock: Clock) -> None:
    rita = reviews.reviewer("rita")
    request = builders.again(reviews.upheld(reviews.taken(clock(), rita), rita, clock.tick()))

    [letter] = builders.letters_to(request.submission, "review_decided")
    against = reason_against(request, "appeal", PERSON, clock.tick())

    assert letter.again
    assert letter.appeal_until is None
    assert against is not None
    assert against.code == "review-again-first"
    assert "second review" in against.sentence
    assert reason_against(request, "review_again", PERSON, clock.tick()) is None


def test_second_review_that_lets_it_stand_can_be_appealed_against_and_says_until_when(clock: Clock) -> None:
    request = reviews.twice(clock)

    letter = builders.letters_to(request.submission, "review_decided")[-1]
    assert not letter.again
    assert letter.appeal_until == reckoning.appeal_until(request) == appeals.until(request, clock.tick())
    drain(clock.tick())
    assert "You can appeal to us until" in builders.sent_text(request.submission, "review_decided")

    appeal = contesting.appealed(request, clock.tick())

    assert (appeal.right, appeal.about_id, appeal.state) == ("appeal", request.pk, State.IN_REVIEW)
    assert appeal.due_on == clock.now.date() + timedelta(days=30)  # our own promise, from the day of the appeal


def test_appeal_against_a_review_is_decided_by_nobody_who_reviewed_it(clock: Clock) -> None:
    appeal = contesting.appealed(reviews.twice(clock), clock.tick())

    for name in ("rita", "ralf"):
        by = Caller.of_user(builders.staff(name, "approve_requests"), "admin")
        propose = partial(appeals.propose, appeal.pk, "upheld", contesting.WHY, by=by, at=clock.tick())
        assert _code(propose) == "same-decider"


def test_won_appeal_has_a_third_person_review_it_by_the_day_of_the_appeal(clock: Clock) -> None:
    request = reviews.twice(clock)
    appeal = contesting.appealed(request, clock.tick(days=3))

    contesting.decided(appeal, clock.tick(days=2), "overturned")

    now, third = builders.again(request), Review.objects.get(request=request, number=3)
    assert (now.state, now.outcome, now.turn, now.assignee_id) == (State.IN_REVIEW, "", "staff", None)
    assert now.due_on == builders.again(appeal).due_on
    assert third.reviewer_id is None
    assert third.represented_at is not None
    assert (
        list(Review.objects.filter(request=request, number__lt=3).values_list("verdict", flat=True)) == ["upheld"] * 2
    )
    for name in ("rita", "ralf"):
        by = Caller.of_user(builders.staff(name), "admin")
        assert _code(partial(working.take, request.pk, by=by, at=clock.tick())) == "reviewed-before"
    third_by = reviews.reviewer("rosa", line="care")
    working.take(request.pk, by=third_by, at=clock.tick())
    reviews.work(request, third_by, clock.tick())
    found = reviews.conclusion(reasons=f"{uuid4()} {reviews.REASONS}", verdict="overturned", change="Lift it.")
    concluding.overturn(request.pk, found, by=third_by, at=clock.tick())
    effects.record(request.pk, "Olga Owner", "She signed.", by=builders.hal(), at=clock.tick())
    assert builders.again(request).outcome == Outcome.OVERTURNED


def test_upheld_appeal_leaves_the_review_as_it_is_and_names_where_to_go(clock: Clock) -> None:
    request = reviews.twice(clock)

    appeal = contesting.decided(contesting.appealed(request, clock.tick()), clock.tick(), "upheld")

    [letter] = builders.letters_to(request.submission, "appeal_decided")
    assert letter.upheld
    assert letter.remedies
    assert (builders.again(request).outcome, appeal.outcome) == (Outcome.UPHELD, Outcome.UPHELD)
    assert Review.objects.filter(request=request).count() == 2
    assert _code(lambda: contesting.appealed(request, clock.tick(minutes=5))) == "appeal-decided"


def test_review_that_changes_a_part_is_appealed_against_once_the_change_is_in_effect(clock: Clock) -> None:
    rita, ralf = reviews.reviewer("rita"), reviews.reviewer("ralf", line="trust")
    request = reviews.upheld(reviews.taken(clock(), rita), rita, clock.tick())
    concluding.again(request.pk, by=PERSON, at=clock.tick())
    working.take(request.pk, by=ralf, at=clock.tick())
    reviews.work(request, ralf, clock.tick())
    found = reviews.conclusion(reasons=f"Half of it. {reviews.REASONS}", verdict="partly_overturned", change="Half.")
    concluding.overturn(request.pk, found, by=ralf, at=clock.tick())
    assert _code(lambda: contesting.appealed(request, clock.tick())) == "nothing-to-appeal"
    drain(clock.tick())
    assert "once the change is in effect" in builders.sent_text(request.submission, "review_decided")

    effects.record(request.pk, "Olga Owner", "She signed.", by=builders.hal(), at=clock.tick())

    [letter] = builders.letters_to(request.submission, "review_effect")
    assert letter.appeal_until == reckoning.appeal_until(builders.again(request))
    drain(clock.tick())
    assert "You can appeal to us until" in builders.sent_text(request.submission, "review_effect")
    assert contesting.appealed(request, clock.tick()).state == State.IN_REVIEW


def test_review_that_was_refused_can_be_appealed_against_at_once_and_goes_on_with_another_reviewer(
    clock: Clock,
) -> None:
    request = reviews.taken(clock(), reviews.reviewer("rita"))
    builders.refused(request, clock.tick(), "out_of_scope_law")
    assert builders.letters_to(request.submission, "refused")[-1].appeal_until is not None

    contesting.decided(contesting.appealed(request, clock.tick()), clock.tick())

    again = Review.objects.get(request=request)
    assert (again.number, again.reviewer_id, builders.again(request).state) == (1, None, State.IN_REVIEW)
    working.take(request.pk, by=reviews.reviewer("ralf", line="trust"), at=clock.tick(minutes=5))


def test_refused_review_of_which_nobody_knew_the_decision_goes_on_where_it_stood(clock: Clock) -> None:
    request = reviews.filed(clock())
    desk.propose_refusal(request.pk, "out_of_scope_law", "No machine decided.", by=builders.hal(), at=clock.tick())
    builders.argue(request, clock.tick())
    desk.refuse(request.pk, by=builders.dora(), at=clock.tick())

    contesting.decided(contesting.appealed(request, clock.tick()), clock.tick())

    assert builders.again(request).state == State.IN_REVIEW
    assert not Review.objects.filter(request=request).exists()
