"""Appeals: against what, until when, by whom they are decided, when, and what follows."""

from datetime import UTC, date, datetime

import pytest
from django.utils.formats import date_format

from dsr import reckoning
from dsr.errors import RecourseError
from dsr.models import Deadline, DeadlineKind, Event
from dsr.policies import Caller, reason_against
from dsr.rights import Right
from dsr.services import review, timing, weighing
from dsr.services.complaints import appeals
from tests import builders, contesting
from tests.clock import Clock
from tests.drain import drain

pytestmark = pytest.mark.django_db(transaction=True)


def _code(act) -> str:
    with pytest.raises(RecourseError) as refused:
        act()
    return refused.value.code


# --- Making one ------------------------------------------------------------------------------------------------------


def test_letter_that_refuses_says_until_when_one_can_appeal(clock: Clock, systems) -> None:
    parent = contesting.refused(clock())

    (letter,) = builders.letters_to(parent.submission, "refused")

    assert letter.appeal_until == reckoning.appeal_until(parent) == appeals.until(parent, clock())
    drain(clock.tick())
    last = date_format(letter.appeal_until, "j F Y")
    assert f"You can appeal to us until {last}" in " ".join(builders.sent_text(parent.submission, "refused").split())


def test_appeal_is_a_request_of_its_own_under_the_same_reference_and_is_confirmed(clock: Clock, systems) -> None:
    parent = contesting.refused(clock())

    appeal = contesting.appealed(parent, clock.tick())

    assert (appeal.right, appeal.state, appeal.turn) == ("appeal", "in_review", "staff")
    assert appeal.about_id == parent.pk
    assert appeal.submission_id == parent.submission_id
    assert builders.again(parent).state == "closed"
    letter = builders.letters_to(appeal.submission, "received")[-1]
    assert letter.due_on == appeal.due_on
    assert Deadline.objects.filter(request=appeal, kind=DeadlineKind.RESPOND, done_at=None).exists()
    assert builders.again(parent).submission.purge_at is None


@pytest.mark.parametrize(
    ("place", "received", "appealed", "regime", "due_on"),
    [
        (("US", "VA"), date(2026, 6, 15), date(2026, 8, 3), "us_va", date(2026, 10, 2)),
        (("IE", ""), date(2026, 6, 15), date(2026, 7, 1), "default", date(2026, 7, 31)),
        (("BR", ""), date(2026, 6, 15), date(2026, 7, 1), "default", date(2026, 7, 31)),
    ],
)
def test_each_law_sets_when_an_appeal_is_decided_and_our_promise_where_it_sets_none(
    clock, systems, place, received, appealed, regime, due_on
) -> None:
    at = datetime(received.year, received.month, received.day, 15, tzinfo=UTC)
    parent = contesting.refused(at, country=place[0], region=place[1])

    appeal = contesting.appealed(parent, datetime(appealed.year, appealed.month, appealed.day, 15, tzinfo=UTC))

    assert (appeal.regime, appeal.due_on) == (regime, due_on)
    [answer] = [each for each in reckoning.explain(appeal) if each.kind.answers]
    assert answer.due == due_on


def test_second_appeal_waits_for_the_first_and_there_is_one_only(clock: Clock, systems) -> None:
    parent = contesting.refused(clock())
    appeal = contesting.appealed(parent, clock.tick())

    assert _code(lambda: appeals.file(parent.pk, "Once more.", by=Caller.person(), at=clock.tick())) == "appeal-open"
    contesting.decided(appeal, clock.tick(), "upheld")
    assert (
        _code(lambda: appeals.file(parent.pk, "Again.", by=Caller.person(), at=clock.tick(minutes=5)))
        == "appeal-decided"
    )


def test_withdrawn_appeal_can_be_made_again(clock: Clock, systems) -> None:
    parent = contesting.refused(clock())
    review.withdraw(contesting.appealed(parent, clock.tick()).pk, by=Caller.person(), at=clock.tick())

    assert contesting.appealed(parent, clock.tick()).state == "in_review"


def test_late_appeal_is_told_until_when_it_could_be_made_and_what_is_left(clock: Clock, systems) -> None:
    parent = contesting.refused(clock())
    last = reckoning.appeal_until(parent)
    assert last == date(2026, 9, 1)  # 180 days of our own after 5 March

    in_time = reason_against(parent, "appeal", Caller.person(), datetime(2026, 9, 1, 20, tzinfo=UTC))
    late = reason_against(parent, "appeal", Caller.person(), datetime(2026, 9, 2, 9, tzinfo=UTC))

    assert in_time is None
    assert late is not None
    assert late.code == "appeal-late"
    assert "1 September 2026" in late.sentence
    assert "authority" in late.sentence


def test_nothing_to_appeal_against_what_is_open_answered_or_withdrawn(clock: Clock, systems) -> None:
    request = builders.in_review(at=clock())
    refused = reason_against(request, "appeal", Caller.person(), clock.tick())
    assert refused is not None
    assert refused.code == "nothing-to-appeal"

    review.withdraw(request.pk, by=Caller.person(), at=clock.tick())
    refused = reason_against(builders.again(request), "appeal", Caller.person(), clock.tick())
    assert refused is not None
    assert refused.code == "nothing-to-appeal"


def test_silence_that_the_law_takes_for_a_refusal_can_be_appealed_against(clock: Clock, systems) -> None:
    at = datetime(2026, 3, 5, 15, tzinfo=UTC)
    request = builders.in_review(at=at, country="CA", region="QC")
    assert reason_against(request, "appeal", Caller.person(), at) is not None

    appeal = contesting.appealed(request, datetime(2026, 5, 5, 15, tzinfo=UTC))
    contesting.decided(appeal, datetime(2026, 5, 6, 15, tzinfo=UTC))

    parent = builders.again(request)
    assert parent.state == "in_review"
    assert parent.due_on == appeal.due_on


def test_support_and_staff_make_it_for_the_person(clock: Clock, systems) -> None:
    parent = contesting.refused(clock())

    appeal = contesting.appealed(parent, clock.tick(), by=builders.sam())

    assert Event.objects.filter(request=parent, verb="appeal", actor="support").count() == 1
    assert appeal.state == "in_review"


# --- Deciding one ----------------------------------------------------------------------------------------------------


def test_nobody_decides_who_had_a_part_in_it(clock: Clock, systems) -> None:
    appeal = contesting.appealed(contesting.refused(clock()), clock.tick())

    propose = lambda by: appeals.propose(appeal.pk, "upheld", contesting.WHY, by=by, at=clock.tick())  # noqa: E731

    assert _code(lambda: propose(builders.hal())) == "same-decider"
    assert _code(lambda: propose(builders.dora())) == "same-decider"
    propose(contesting.ines())
    assert _code(lambda: appeals.decide(appeal.pk, by=builders.dora(), at=clock.tick())) == "same-decider"


def test_appeal_takes_two_people(clock: Clock, systems) -> None:
    appeal = contesting.appealed(contesting.refused(clock()), clock.tick())
    appeals.propose(appeal.pk, "upheld", contesting.WHY, by=contesting.olga(), at=clock.tick())

    assert _code(lambda: appeals.decide(appeal.pk, by=contesting.olga(), at=clock.tick())) == "four-eyes"


def test_decision_needs_its_own_words(clock: Clock, systems) -> None:
    appeal = contesting.appealed(contesting.refused(clock()), clock.tick())

    assert (
        _code(lambda: appeals.propose(appeal.pk, "upheld", "We stand by it.", by=contesting.ines(), at=clock.tick()))
        == "incomplete"
    )
    assert (
        _code(lambda: appeals.propose(appeal.pk, "maybe", contesting.WHY, by=contesting.ines(), at=clock.tick()))
        == "incomplete"
    )


def test_upheld_decision_names_the_attorney_general(clock: Clock, systems) -> None:
    parent = contesting.refused(clock(), country="US", region="VA")
    appeal = contesting.appealed(parent, clock.tick())

    contesting.decided(appeal, clock.tick(), "upheld")

    [letter] = builders.letters_to(appeal.submission, "appeal_decided")
    assert letter.upheld
    assert letter.due_on is None
    assert any("https://www.oag.state.va.us" in line for line in letter.remedies)
    assert builders.again(appeal).outcome == "upheld"
    assert builders.again(parent).state == "closed"


@pytest.mark.parametrize("decision", ["overturned", "partly_overturned"])
def test_won_appeal_takes_the_request_up_again_with_a_new_date(clock: Clock, systems, decision: str) -> None:
    parent = contesting.refused(clock(), country="US", region="VA")
    appeal = contesting.appealed(parent, clock.tick(days=20))

    contesting.decided(appeal, clock.tick(days=2), decision)

    again, ended = builders.again(parent), builders.again(appeal)
    assert (again.state, again.outcome, again.proposal) == ("in_review", "", "")
    assert again.due_on == ended.due_on
    [letter] = builders.letters_to(appeal.submission, "appeal_decided")
    assert not letter.upheld
    assert letter.due_on == again.due_on
    moved = Event.objects.filter(request=parent, verb="dates_moved").latest("seq")
    assert moved.data["now"] == again.due_on.isoformat()


def test_request_that_was_taken_up_again_is_answered_after_all(clock: Clock, systems) -> None:
    parent = contesting.refused(clock())
    contesting.decided(contesting.appealed(parent, clock.tick()), clock.tick())
    drain(clock.tick(minutes=5))

    review.prepare(parent.pk, by=builders.hal(), at=clock.tick())
    review.approve(parent.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    assert builders.again(parent).state == "ready"
    assert builders.opened(parent, clock.tick()).namelist()


def test_new_refusal_after_a_won_appeal_can_be_appealed_against(clock: Clock, systems) -> None:
    parent = contesting.refused(clock())
    contesting.decided(contesting.appealed(parent, clock.tick()), clock.tick())
    drain(clock.tick(minutes=5))
    builders.refused(parent, clock.tick())

    assert contesting.appealed(parent, clock.tick()).state == "in_review"


def test_part_that_was_withheld_can_be_appealed_against_and_comes_after_all(clock: Clock, systems) -> None:
    request = builders.in_review(at=clock())
    review.withhold(
        request.pk, "contact_data", "third_party_rights", "It names others.", by=builders.hal(), at=clock.tick()
    )
    builders.argue(request, clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    builders.opened(request, clock.tick())
    assert builders.again(request).outcome == "partly_fulfilled"

    contesting.decided(contesting.appealed(request, clock.tick()), clock.tick())
    drain(clock.tick(minutes=5))
    held = builders.again(request).withholdings.get(lifted_at=None)
    review.release(request.pk, held.pk, by=builders.hal(), at=clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    builders.opened(request, clock.tick())

    assert builders.again(request).outcome == "fulfilled"


def test_refused_erasure_that_falls_is_confirmed_and_carried_out(clock: Clock, systems) -> None:
    parent = contesting.refused(clock(), Right.DELETION, "legal_claims")
    contesting.decided(contesting.appealed(parent, clock.tick()), clock.tick())
    drain(clock.tick(minutes=5))

    again = builders.again(parent)
    assert again.state == "in_review"
    builders.settle(again, clock.tick())
    review.prepare(parent.pk, by=builders.hal(), at=clock.tick())
    review.approve(parent.pk, by=builders.vera(), at=clock.tick())

    assert builders.again(parent).state == "fulfilling"


def test_decision_on_an_appeal_is_put_off_where_the_law_lets_it(clock: Clock, systems) -> None:
    parent = contesting.refused(clock(), country="US", region="CO")
    appeal = contesting.appealed(parent, clock.tick(days=1))
    was = appeal.due_on

    timing.extend(appeal.pk, "complexity", "There is much to look at.", by=contesting.ines(), at=clock.tick())

    assert builders.again(appeal).due_on > was
    [letter] = builders.letters_to(appeal.submission, "extended")
    assert letter.due_on == builders.again(appeal).due_on
    assert (
        _code(lambda: timing.extend(appeal.pk, "complexity", "More.", by=contesting.ines(), at=clock.tick()))
        == "forbidden-by-law"
    )


def test_request_that_lapsed_is_identified_anew_where_the_appeal_is_won(clock: Clock, systems) -> None:
    filed = builders.file(at=clock())
    drain(clock.tick(days=40))
    parent = builders.only(filed.submission)
    assert parent.outcome == "unverified"

    contesting.decided(contesting.appealed(parent, clock.tick()), clock.tick())

    assert builders.again(parent).state == "verifying"


def test_nobody_decides_who_weighed_the_objection_that_is_appealed_against(clock: Clock, systems) -> None:
    request = builders.in_review(Right.OBJECTION, at=clock())
    drain(clock.tick())
    for use in ("sales_insights", "profiling"):
        weighing.weigh(request.pk, builders.goes_on(use), by=builders.hal(), at=clock.tick())
    weighing.propose(request.pk, by=builders.hal(), at=clock.tick())
    weighing.decide(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    appeal = contesting.appealed(builders.again(request), clock.tick())

    propose = lambda by: appeals.propose(appeal.pk, "upheld", contesting.WHY, by=by, at=clock.tick())  # noqa: E731

    assert _code(lambda: propose(builders.hal())) == "same-decider"
    assert _code(lambda: propose(builders.vera())) == "same-decider"
    propose(contesting.ines())
