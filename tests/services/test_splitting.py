"""One message that asks for several rights, or for another than was read."""

from datetime import timedelta

import pytest

from dsr.errors import Incomplete, NotAllowed, WrongState
from dsr.lifecycle import Outcome, State
from dsr.models import DeadlineKind, Event
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import history, misreading, review, splitting, threads, weighing
from dsr.services.erasure import waiting
from dsr.services.splitting import More
from tests import builders
from tests.drain import drain

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_the_words_also_ask_for_keeps_reference_and_day(clock, systems):
    first = builders.in_review(Right.ACCESS, at=clock())
    received = first.received_at

    added = splitting.add_right(
        first.pk, More("portability", "They write: in a file."), by=builders.hal(), at=clock.tick(days=2)
    )
    [letter] = builders.letters_to(first.submission, "right_added")
    drain(clock.now)

    assert (added.submission_id, added.received_at) == (first.submission_id, received)
    assert added.due_on == first.due_on
    assert builders.again(added).state == State.IN_REVIEW
    assert builders.again(added).searched_at is not None
    assert builders.again(first).state == State.IN_REVIEW
    assert letter.due_on == added.due_on
    assert history.verify(first.submission.reference).whole


def test_more_is_asked_where_the_added_right_asks_more(clock, systems):
    first = builders.in_review(Right.ACCESS, at=clock())
    more = More("deletion", "They write: then delete it.", {"consequences": "yes"})

    added = splitting.add_right(first.pk, more, by=builders.hal(), at=clock.tick())

    assert builders.again(added).state == State.VERIFYING
    kinds = {letter.kind for letter in builders.letters_to(first.submission)}
    assert kinds >= {"right_added", "identity_asked"}


@pytest.mark.parametrize("right", ["access", "marketing_opt_out", "child_account", "appeal", "correction"])
def test_only_what_can_be_asked_here_and_was_not_is_added(right, clock, systems):
    first = builders.in_review(Right.ACCESS, at=clock())

    with pytest.raises(Incomplete):
        splitting.add_right(first.pk, More(right, "They write so."), by=builders.hal(), at=clock.tick())


def test_nothing_that_needs_a_proof_is_added_before_the_address_is_confirmed(clock, systems):
    first = builders.only(builders.file(Right.ACCESS, at=clock()).submission)

    with pytest.raises(WrongState):
        splitting.add_right(first.pk, More("portability", "So."), by=builders.hal(), at=clock.tick())
    added = splitting.add_right(first.pk, More("be_informed", "So."), by=builders.hal(), at=clock.tick())
    assert builders.again(added).state == State.FULFILLING


# --- What was read into a message by mistake --------------------------------------------------------------------------


def _misread(clock, right=Right.DELETION):
    """Ada wrote a mail that asks for a copy; Hal read into it that she wants something more."""
    first = builders.in_review(Right.ACCESS, at=clock(), channel="email")
    more = More(right, "They write: I am done with you.", builders.DETAILS.get(right, {}))
    return first, splitting.add_right(first.pk, more, by=builders.hal(), at=clock.tick(days=1))


def _closed(request, clock):
    misreading.propose(request.pk, "You were done with the form.", by=builders.hal(), at=clock.tick())
    misreading.close(request.pk, by=builders.vera(), at=clock.tick())
    return builders.again(request)


def test_what_was_misread_ends_by_two_people_and_is_told(clock, systems):
    first, added = _misread(clock)

    proposed = misreading.propose(added.pk, "You wrote of a form.", by=builders.hal(), at=clock.tick())
    with pytest.raises(NotAllowed) as alone:
        misreading.close(added.pk, by=builders.hal(), at=clock.tick())
    ended = misreading.close(added.pk, by=builders.vera(), at=clock.tick())
    [letter] = builders.letters_to(first.submission, "misunderstood")
    drain(clock.tick())

    assert (proposed.state, proposed.proposal, proposed.turn) == (State.VERIFYING, "unasked", "staff")
    assert alone.value.code == "not-your-move"
    assert (ended.state, ended.outcome, ended.turn) == (State.CLOSED, Outcome.MISUNDERSTOOD, "nobody")
    assert letter.reason == "You wrote of a form."
    assert "If you did mean it" in builders.sent_text(first.submission, "misunderstood")
    assert builders.again(first).state == State.IN_REVIEW
    assert history.verify(first.submission.reference).whole
    assert "form" not in str(list(Event.objects.values_list("data", flat=True)))


def test_whoever_proposed_it_does_not_end_it(clock, systems):
    _, added = _misread(clock)
    misreading.propose(added.pk, "You wrote of a form.", by=builders.vera(), at=clock.tick())

    with pytest.raises(NotAllowed) as alone:
        misreading.close(added.pk, by=builders.vera(), at=clock.tick())

    assert alone.value.code == "four-eyes"


def test_what_is_sent_back_waits_for_the_person_as_before(clock, systems):
    _, added = _misread(clock)
    misreading.propose(added.pk, "You wrote of a form.", by=builders.hal(), at=clock.tick())

    review.send_back(added.pk, "They did ask.", by=builders.vera(), at=clock.tick())

    back = builders.again(added)
    assert (back.state, back.proposal, back.turn, back.reason_sealed) == (State.VERIFYING, "", "person", None)


def test_person_says_that_it_was_meant_and_loses_nothing(clock, systems):
    first, added = _misread(clock)
    ended = _closed(added, clock)
    before = (ended.received_at, ended.due_on, ended.last_on)

    again = misreading.go_on(ended.pk, by=Caller.person(), at=clock.tick(days=3))

    assert (again.state, again.outcome, again.closed_at) == (State.VERIFYING, "", None)
    assert (again.received_at, again.due_on, again.last_on) == before
    assert again.deadlines.filter(kind=DeadlineKind.RESPOND, done_at=None).exists()
    assert again.deadlines.filter(kind=DeadlineKind.LAPSE, done_at=None, due_at__gt=clock.now).exists()
    assert again.open_json("details") == {"consequences": "yes"}
    assert len(builders.letters_to(first.submission, "right_added")) == 2
    with pytest.raises(WrongState) as meant:
        misreading.propose(again.pk, "All the same.", by=builders.hal(), at=clock.tick())
    assert meant.value.code == "asked-for"
    assert history.verify(first.submission.reference).whole


def test_what_lay_at_the_desk_goes_on_there_with_its_open_question(clock, systems):
    _, added = _misread(clock, Right.PORTABILITY)
    drain(clock.tick())
    threads.ask(added.pk, "Which files?", by=builders.hal(), at=clock.tick())
    asked_at = builders.again(added).question_at
    ended = _closed(added, clock)
    drain(clock.tick())

    again = misreading.go_on(ended.pk, by=Caller.person(), at=clock.tick(days=2))
    searching = (again.state, again.searched_at, again.question_at, again.turn)
    drain(clock.tick())

    assert ended.question_at is None
    assert searching == (State.IN_REVIEW, None, asked_at, "systems")
    assert builders.again(added).searched_at is not None
    assert builders.again(added).due_on == added.due_on


@pytest.mark.parametrize("day", ["before", "after"])
def test_date_that_was_missed_meanwhile_is_missed(day, clock, systems):
    _, added = _misread(clock, Right.PORTABILITY)
    drain(clock.tick())
    ended = _closed(added, clock)
    at = ended.due_at + timedelta(days=1 if day == "after" else -1)

    misreading.go_on(ended.pk, by=Caller.person(), at=at)
    drain(at)

    missed = Event.objects.filter(request=added, verb="miss").exists()
    assert missed == (day == "after")


def test_what_the_person_chose_on_the_form_is_never_a_misunderstanding(clock, systems):
    filed = builders.file(Right.ACCESS, Right.PORTABILITY, at=clock())

    with pytest.raises(WrongState) as chosen:
        misreading.propose(filed.requests[1].pk, "No.", by=builders.hal(), at=clock.tick())

    assert chosen.value.code == "asked-for"


def test_something_of_the_message_has_to_stand(clock, systems):
    first, added = _misread(clock, Right.PORTABILITY)
    review.withdraw(first.pk, by=Caller.person(), at=clock.tick())

    with pytest.raises(WrongState) as alone:
        misreading.propose(added.pk, "Not asked.", by=builders.hal(), at=clock.tick())

    assert alone.value.code == "nothing-else-stands"


def test_what_falls_while_it_is_proposed_keeps_the_other_open(clock, systems):
    first, added = _misread(clock, Right.PORTABILITY)
    misreading.propose(added.pk, "Not asked.", by=builders.hal(), at=clock.tick())
    review.withdraw(first.pk, by=Caller.person(), at=clock.tick())

    with pytest.raises(WrongState) as alone:
        misreading.close(added.pk, by=builders.vera(), at=clock.tick())

    assert alone.value.code == "nothing-else-stands"


def test_what_was_answered_once_is_not_misunderstood(clock, systems):
    _, added = _misread(clock, Right.PORTABILITY)
    drain(clock.tick())
    review.prepare(added.pk, by=builders.hal(), at=clock.tick())
    review.approve(added.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    with pytest.raises(WrongState):
        misreading.propose(added.pk, "Not asked.", by=builders.hal(), at=clock.tick())


def test_erasure_that_the_person_confirmed_was_meant(clock, systems):
    _, added = _misread(clock)
    builders.prove(added.submission, clock.tick())
    drain(clock.tick())
    if builders.again(added).state != State.IN_REVIEW:
        pytest.fail(builders.again(added).state)
    waiting.confirm(added.pk, by=Caller.person(), at=clock.tick())

    with pytest.raises(WrongState) as meant:
        misreading.propose(added.pk, "Not asked.", by=builders.hal(), at=clock.tick())

    assert meant.value.code == "asked-for"


def test_pause_of_an_objection_ends_with_notice_and_begins_anew(clock, systems):
    first, added = _misread(clock, Right.OBJECTION)
    drain(clock.tick())
    paused = added.restrictions.filter(lifted_at=None, ends_at=None).count()
    ended = _closed(added, clock)
    ending = added.restrictions.filter(lifted_at=None, ends_at__isnull=False).count()

    again = misreading.go_on(ended.pk, by=Caller.person(), at=clock.tick())

    assert paused == ending > 0
    assert added.restrictions.filter(lifted_at=None, ends_at=None).count() == paused
    assert (again.state, again.approved_at) == (State.IN_REVIEW, None)
    assert builders.letters_to(first.submission, "restriction_ends")


def test_proposal_of_a_misunderstanding_decides_no_objection(clock, systems):
    _, added = _misread(clock, Right.OBJECTION)
    drain(clock.tick())
    for use in ("sales_insights", "profiling"):
        weighing.weigh(added.pk, builders.stops(use), by=builders.hal(), at=clock.tick())
    misreading.propose(added.pk, "Not asked.", by=builders.hal(), at=clock.tick())

    with pytest.raises(WrongState):
        weighing.decide(added.pk, by=builders.vera(), at=clock.tick())


def test_complaint_that_nobody_made_ends_and_goes_on(clock, systems):
    _, added = _misread(clock, Right.COMPLAINT)
    ended = _closed(added, clock)

    again = misreading.go_on(ended.pk, by=builders.sam(), at=clock.tick())

    assert (ended.outcome, again.state, again.turn) == (Outcome.MISUNDERSTOOD, State.IN_REVIEW, "staff")


def test_two_that_both_look_misread_cannot_both_end(clock, systems):
    first, added = _misread(clock, Right.PORTABILITY)
    more = More("be_informed", "They ask why.")
    splitting.add_right(first.pk, more, by=builders.hal(), at=clock.tick())
    drain(clock.tick())
    review.withdraw(first.pk, by=Caller.person(), at=clock.tick())

    ended = _closed(added, clock)

    assert ended.outcome == Outcome.MISUNDERSTOOD  # the answer about being informed stands


def test_purged_case_is_not_gone_on_with(clock, systems):
    first, added = _misread(clock, Right.PORTABILITY)
    ended = _closed(added, clock)
    review.withdraw(first.pk, by=Caller.person(), at=clock.tick())
    drain(clock.tick(days=4000))

    with pytest.raises(WrongState) as gone:
        misreading.go_on(ended.pk, by=Caller.person(), at=clock.tick())

    assert gone.value.code == "purged"
