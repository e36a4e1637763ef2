"""Reviews of automated decisions: who may, what has to be on record, and when a change is in effect."""

from datetime import date, timedelta

import pytest

from dsr.errors import Conflict, Incomplete, NotAllowed, WrongState
from dsr.lifecycle import Outcome, State
from dsr.models import AutomatedDecision, DecidedPerson, Effect, Event, Review
from dsr.policies import Caller, reason_against, reviewing
from dsr.rights import Right
from dsr.services import housekeeping, review, threads
from dsr.services.reviews import concluding, effects, figures, heard, recording, working
from notifications import letters
from notifications.models import Forgotten, Message
from tests import builders, reviews
from tests.drain import drain

pytestmark = pytest.mark.django_db(transaction=True)


def _letters(kind: str) -> int:
    return Message.objects.filter(kind=kind).count()


# --- What systems tell -----------------------------------------------------------------------------------------------


def test_decision_told_twice_is_one_decision_and_another_under_its_number_is_refused(clock):
    first, is_new = recording.record(reviews.told(clock()), by=reviews.robot(), at=clock())
    second, again = recording.record(reviews.told(clock()), by=reviews.robot(), at=clock())

    with pytest.raises(Conflict) as refused:
        recording.record(reviews.told(clock(), output="something else"), by=reviews.robot(), at=clock())

    assert (is_new, again, first.pk) == (True, False, second.pk)
    assert refused.value.code == "decision-differs"
    assert AutomatedDecision.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"who": {}}, "who"),
        ({"who": {"shoe_size": ["44"]}}, "who"),
        ({"owner_email": ""}, "confirm"),
        ({"owner_email": "nobody"}, "confirm"),
        ({"owner_email": "", "confirm_url": "ftp://x.example", "confirm_secret": reviews.SECRET}, "confirm"),
        ({"owner_email": "", "confirm_url": "https://x.example/d", "confirm_secret": "short"}, "confirm"),
        ({"kind": "weather"}, "kind"),
        ({"output": "bell \x07"}, "output"),
    ],
)
def test_decision_that_cannot_be_kept_is_refused_at_its_field(clock, changes, field):
    with pytest.raises(Incomplete) as refused:
        recording.record(reviews.told(clock(), **changes), by=reviews.robot(), at=clock())

    assert field in refused.value.problems


def test_decision_is_forgotten_after_three_years_but_not_while_it_is_reviewed(clock):
    found = reviews.decision(clock())
    other = reviews.decision(clock(), reference="SUS-2")
    request = reviews.filed(clock())
    working.link(request.pk, found.pk, by=builders.hal(), at=clock())

    housekeeping.housekeep(clock.now + timedelta(days=3 * 365))
    kept = AutomatedDecision.objects.filter(forgotten_at=None).count()
    housekeeping.housekeep(clock.now + timedelta(days=3 * 366))

    found.refresh_from_db()
    other.refresh_from_db()
    assert kept == 2
    assert found.forgotten_at is None
    assert other.forgotten_at is not None
    assert not DecidedPerson.objects.filter(decision=other).exists()
    with pytest.raises(Forgotten):
        other.open("output")


# --- Which decision --------------------------------------------------------------------------------------------------


def test_person_can_be_linked_to_a_decision_about_them_or_that_they_name_and_to_no_other(clock):
    mine = reviews.decision(clock())
    named = reviews.decision(clock(), reference="SUS-9", who={"email": ["old.address@example.org"]})
    strange = reviews.decision(clock(), reference="SUS-3", who={"email": [builders.MAX]})
    request = reviews.filed(clock(), decision_id="SUS-9")

    with pytest.raises(Incomplete):
        working.link(request.pk, strange.pk, by=builders.hal(), at=clock())
    working.link(request.pk, mine.pk, by=builders.hal(), at=clock())
    working.link(request.pk, named.pk, by=builders.hal(), at=clock())

    assert Review.objects.get().decision_id == named.pk


def test_decision_that_no_system_told_is_written_down_by_hand_and_marked_as_such(clock):
    request = reviews.filed(clock())
    known = working.ByHand(
        "billing", "account_approval", clock.now, "Not enough history.", "No account.", "olga@staff.example.org"
    )

    working.record_by_hand(request.pk, known, by=builders.hal(), at=clock.tick())

    found = Review.objects.select_related("decision").get()
    assert found.decision.by_hand
    assert "rule_version" not in {each.field for each in reviewing.missing(found)}


# --- Who may review --------------------------------------------------------------------------------------------------


def _against(request, by, clock):
    error = reason_against(builders.again(request), "take_review", by, clock.now)
    return error.code if error else ""


def test_each_thing_that_makes_a_reviewer_dependent_has_a_sentence_of_its_own(clock):
    request = reviews.filed(clock())
    found = reviews.decision(clock(), involved=["fred", "boss"])
    working.link(request.pk, found.pk, by=builders.hal(), at=clock())
    boss = builders.staff("boss")

    said = {
        "not-a-reviewer": builders.hal(),
        "not-trained": reviews.reviewer("old", trained_on=date(2023, 1, 1)),
        "no-authority": reviews.reviewer("weak", kinds=["account_approval"]),
        "took-part": reviews.reviewer("fred"),
        "in-line": reviews.reviewer("lina", line="fraud"),
        "": reviews.reviewer(),
    }

    assert {code: _against(request, by, clock) for code, by in said.items()} == {code: code for code in said}
    assert _against(request, reviews.reviewer("near", systems=["accounts"]), clock) == "in-line"
    assert _against(request, reviews.reviewer("under", reports_to=boss), clock) == "in-line"
    assert _against(request, reviews.reviewer("gone", active=False), clock) == "not-a-reviewer"
    robot = Caller(builders.hal().roles, "api", None)
    assert _against(request, robot, clock) == "not-human"


def test_nobody_reviews_a_decision_about_themselves(clock):
    ruth = reviews.reviewer("ruth")
    request = reviews.filed(clock(), decision_id="SUS-5")
    about_ruth = reviews.decision(clock(), reference="SUS-5", who={"email": ["ruth@staff.example.org"]})
    working.link(request.pk, about_ruth.pk, by=builders.hal(), at=clock())

    assert _against(request, ruth, clock) == "own-decision"


def test_two_cannot_review_and_another_takes_over_with_nothing_read(clock):
    request, ralf = reviews.worked(clock()), reviews.reviewer("ralf")

    with pytest.raises(WrongState) as refused:
        working.take(request.pk, by=ralf, at=clock.tick())
    working.hand_over(request.pk, "Rita is ill.", by=builders.hal(), at=clock.tick())
    working.take(request.pk, by=ralf, at=clock.tick())

    assert refused.value.code == "review-taken"
    lacks = {each.field for each in reviewing.missing(Review.objects.get())}
    assert lacks == {"material_decision", "material_inputs", "material_representations"}


# --- The record ------------------------------------------------------------------------------------------------------


def test_each_part_of_the_record_that_is_missing_has_its_own_sentence_and_none_is_left_when_it_is_whole(clock):
    rita = reviews.reviewer()
    request = reviews.taken(clock(), rita)
    before = reviewing.missing(Review.objects.select_related("decision").get())

    with pytest.raises(WrongState) as refused:
        concluding.uphold(request.pk, reviews.conclusion(), by=rita, at=clock.tick())
    reviews.work(request, rita, clock.tick())

    assert {each.field for each in before} == {
        "material_decision", "material_inputs", "material_representations", "weighed", "points", "measure",
    }  # fmt: skip
    assert list(refused.value.because) == [each.sentence for each in before]
    assert reviewing.missing(Review.objects.select_related("decision").get()) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rule_version": ""}, "rule_version"),
        ({"inputs": {}}, "inputs"),
        ({"output": ""}, "output"),
        ({"effect": ""}, "effect"),
        ({"notice_at": None}, "notice"),
    ],
)
def test_what_the_system_did_not_tell_keeps_the_review_open(clock, changes, field):
    rita = reviews.reviewer()
    request = reviews.worked(clock(), rita, **changes)

    with pytest.raises(WrongState) as refused:
        concluding.uphold(request.pk, reviews.conclusion(), by=rita, at=clock.tick())

    lacks = reviewing.missing(Review.objects.select_related("decision").get())
    assert {each.field for each in lacks} == {field}
    assert refused.value.code == "record-incomplete"


def test_an_unanswered_point_keeps_it_open(clock):
    rita = reviews.reviewer()
    request = reviews.worked(clock(), rita)
    working.raise_point(request.pk, "Her number was ported.", by=rita, at=clock.tick())

    with pytest.raises(WrongState):
        concluding.uphold(request.pk, reviews.conclusion(), by=rita, at=clock.tick())

    assert [each.field for each in reviewing.missing(Review.objects.select_related("decision").get())] == ["answers"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reasons": "Looks right."}, "reasons"),
        ({"reasons": "The decision was right. " * 20}, "reasons"),
        ({"plain": "No."}, "plain"),
        ({"plain": reviews.REASONS}, "plain"),
        ({"plain": reviews.PLAIN + " There was a device farm match."}, "plain"),
        ({"alternatives": "None."}, "alternatives"),
        ({"why_right": ""}, "why_right"),
    ],
)
def test_reasons_that_are_a_stamp_are_refused_and_nothing_is_decided(clock, changes, field):
    rita = reviews.reviewer()
    request = reviews.worked(clock(), rita)

    with pytest.raises(Incomplete) as refused:
        concluding.uphold(request.pk, reviews.conclusion(**changes), by=rita, at=clock.tick())

    assert field in refused.value.problems
    assert builders.again(request).state == State.IN_REVIEW


def test_the_words_of_the_machine_are_nobodys_own_reasons(clock):
    rita = reviews.reviewer()
    request = reviews.worked(clock(), rita, output=reviews.REASONS)

    with pytest.raises(Incomplete) as refused:
        concluding.uphold(request.pk, reviews.conclusion(), by=rita, at=clock.tick())

    assert set(refused.value.problems) == {"reasons"}


def test_the_reasons_of_another_review_are_refused_however_they_are_set(clock):
    rita = reviews.reviewer()
    first = reviews.worked(clock(), rita)
    concluding.uphold(first.pk, reviews.conclusion(), by=rita, at=clock.tick())
    second = reviews.worked(clock.tick(), rita, reference="SUS-2")

    again = reviews.conclusion(reasons=reviews.REASONS.upper().replace(" ", "  "))
    with pytest.raises(Incomplete) as refused:
        concluding.uphold(second.pk, again, by=rita, at=clock.tick())

    assert set(refused.value.problems) == {"reasons"}


# --- Being heard -----------------------------------------------------------------------------------------------------


def test_nothing_sent_is_noted_only_after_the_person_was_asked_and_the_day_has_gone_by(clock, settings):
    rita, request = reviews.reviewer(), reviews.filed(clock(), decision_wrong="")
    working.link(request.pk, reviews.decision(clock()).pk, by=builders.hal(), at=clock())
    working.take(request.pk, by=rita, at=clock())

    with pytest.raises(WrongState) as unasked:
        working.none_sent(request.pk, by=rita, at=clock.tick())
    working.ask(request.pk, by=rita, at=clock.tick())
    with pytest.raises(WrongState) as early:
        working.none_sent(request.pk, by=rita, at=clock.tick())
    working.none_sent(request.pk, by=rita, at=clock.tick(days=settings.REVIEW_ASK_DAYS + 1))

    assert (unasked.value.code, early.value.code) == ("not-asked", "not-due")
    assert _letters("representations_asked") == 1
    assert "representations" not in {
        each.field for each in reviewing.missing(Review.objects.select_related("decision").get())
    }


def test_what_the_person_writes_while_it_is_reviewed_is_heard_and_undoes_that_nothing_was_sent(clock):
    request = reviews.filed(clock(), decision_wrong="")
    working.link(request.pk, reviews.decision(clock()).pk, by=builders.hal(), at=clock())

    threads.write_from_person(request.pk, "It was me.", by=Caller.person(), at=clock.tick())

    assert Review.objects.get().represented_at == clock.now
    assert Event.objects.filter(request=request, verb="represent").count() == 1


# --- Deciding, and the effect ----------------------------------------------------------------------------------------


def test_upheld_closes_at_once_with_the_reasons(clock):
    rita = reviews.reviewer()
    request = reviews.worked(clock(), rita)

    concluding.uphold(request.pk, reviews.conclusion(), by=rita, at=clock.tick())

    found = builders.again(request)
    letter = builders.letters_to(found.submission, "review_decided")[-1]
    assert (found.state, found.outcome) == (State.CLOSED, Outcome.UPHELD)
    assert letter.reason == reviews.PLAIN
    assert letter.again


def test_changed_waits_for_the_owner_who_confirms_by_worksheet(clock):
    request = reviews.changed(clock())
    waiting = builders.again(request)
    effects.run_due(clock.tick())
    [letter] = _of_review("effect_worksheet")
    token = builders.token_in(letter.link)

    sheet = effects.look(token, clock.now)
    effects.report(token, "Olga Owner", at=clock.tick())

    found = builders.again(request)
    assert waiting.state == State.FULFILLING
    assert sheet.change == "Lift the suspension."
    assert (found.state, found.outcome) == (State.CLOSED, Outcome.OVERTURNED)
    assert builders.letters_to(found.submission, "review_effect")
    assert effects.look(token, clock.now).is_done


def _of_review(kind: str):
    found = Message.objects.filter(kind=kind).exclude(context_sealed=None)
    return [letters.unpack(row.kind, row.open("context")) for row in found]


def test_never_confirmed_stays_open_overdue_says_why_and_staff_have_a_way_on(clock):
    rita = reviews.reviewer()
    request = reviews.changed(clock(), rita)
    drain(clock.tick())
    drain(clock.tick(days=3))
    stuck = Review.objects.get()
    drain(clock.tick(days=60))
    late = builders.again(request)

    with pytest.raises(NotAllowed) as own:
        effects.record(request.pk, "Olga", "Signed on paper.", by=rita, at=clock.tick())
    effects.retry(request.pk, by=builders.hal(), at=clock.tick())
    again = Review.objects.get().effect
    effects.record(request.pk, "Olga Owner", "Signed on paper, in the file.", by=builders.hal(), at=clock.tick())

    assert (stuck.effect, stuck.code) == (Effect.STUCK, "owner_silent")
    assert (late.state, late.turn) == (State.FULFILLING, "staff")
    assert Event.objects.filter(request=request, verb="miss").exists()
    assert own.value.code == "four-eyes"
    assert again == Effect.WAITING
    assert builders.again(request).outcome == Outcome.OVERTURNED


def test_withdrawn_is_not_carried_out_any_more(clock):
    request = reviews.changed(clock())
    review.withdraw(request.pk, by=Caller.person(), at=clock.tick())

    drain(clock.tick())

    assert Review.objects.get().effect == Effect.NONE
    assert _letters("effect_worksheet") == 0
    assert builders.again(request).outcome == Outcome.WITHDRAWN


# --- A second review -------------------------------------------------------------------------------------------------


def test_second_review_is_once_by_another_under_the_same_reference_with_a_date_of_its_own(clock):
    rita, ralf = reviews.reviewer(), reviews.reviewer("ralf")
    request = reviews.worked(clock(), rita)
    concluding.uphold(request.pk, reviews.conclusion(), by=rita, at=clock.tick(days=20))
    first_due = builders.again(request).due_on

    concluding.again(request.pk, by=Caller.person(), at=clock.tick(days=20))
    anew = builders.again(request)
    refused = _against(request, rita, clock)
    working.take(request.pk, by=ralf, at=clock.tick())
    reviews.work(request, ralf, clock.tick())
    own = reviews.conclusion(reasons="Second look: " + reviews.PLAIN, plain="Second: " + reviews.PLAIN)
    concluding.uphold(request.pk, own, by=ralf, at=clock.tick())

    assert (anew.state, anew.outcome) == (State.IN_REVIEW, "")
    assert anew.due_on > first_due
    assert refused == "reviewed-before"
    third = reason_against(builders.again(request), "review_again", Caller.person(), clock.now)
    assert third is not None
    assert third.code == "reviewed-twice"


# --- Figures ---------------------------------------------------------------------------------------------------------


def test_time_is_counted_from_act_to_act_and_no_pause_counts_for_long(clock):
    rita = reviews.reviewer()
    request = reviews.taken(clock(), rita)
    working.open_material(request.pk, "decision", by=rita, at=clock.tick(seconds=90))
    working.open_material(request.pk, "inputs", by=rita, at=clock.tick(hours=3))

    assert Review.objects.get().active_seconds == 90 + int(heard.IDLE.total_seconds())


def test_a_streak_of_upheld_raises_the_alarm_and_small_figures_are_left_out(clock, settings):
    settings.REVIEW_STREAK_ALARM = 2
    rita = reviews.reviewer()
    for number in range(2):
        request = reviews.worked(clock.tick(days=1), rita, reference=f"SUS-{number}")
        own = reviews.conclusion(reasons=f"Case {number}: {reviews.REASONS}")
        concluding.uphold(request.pk, own, by=rita, at=clock.tick())

    found, before = figures.of(clock.now), figures.of(clock.now - timedelta(days=30))

    [row] = found.reviewers
    assert (row.username, row.streak, row.alarm, found.alarms) == ("rita", 2, True, 1)
    assert (found.decided, found.overturned_share, found.median_active_seconds) == (None, None, None)
    assert (before.decided, before.reviewers) == (0, ())


def test_somebody_who_cannot_sign_in_needs_no_more_than_the_mail_they_read(clock):
    filed = builders.file(Right.AUTOMATED_DECISION_REVIEW, at=clock(), country="JP")

    builders.confirm(filed.submission, clock.tick())

    request = builders.only(filed.submission)
    assert request.state == State.IN_REVIEW
    assert (request.regime, request.turn) == ("default", "staff")
    assert request.due_at > clock.now
