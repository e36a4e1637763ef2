"""Cases of authorities: their own day, four eyes, measures, what holds meanwhile, and what the person learns."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError
from django.test.utils import CaptureQueriesContext

from dsr.caselife import CASE_MOVES, CaseState
from dsr.errors import Incomplete, NotAllowed, RecourseError, Stale, WrongState
from dsr.models import AuthorityCase, CaseEntry, CaseLink, Event
from dsr.policies import Caller
from dsr.services import history, review
from dsr.services.cases import authorities, entering, measures, replying, road, telling
from notifications.models import Forgotten, Message
from tests import builders, casework
from tests.casework import again
from tests.clock import Clock
from tests.drain import drain
from tests.services.test_purging_judged import personal
from tests.services.test_purging_kept import readable

pytestmark = pytest.mark.django_db(transaction=True)


def _code(act) -> str:
    with pytest.raises(RecourseError) as refused:
        act()
    return refused.value.code


def _letters(kind: str) -> list[Message]:
    return list(Message.objects.filter(kind=kind))


# --- Entering --------------------------------------------------------------------------------------------------------


def test_officer_is_told_at_once_and_nobody_else(clock: Clock, systems) -> None:
    request = builders.in_review(at=clock())

    case = casework.opened(clock.tick(), request)

    assert [each.about for each in _letters("case_opened")] == [case.pk]
    assert (case.due_on, case.state) == (clock.now.date() + timedelta(days=21), "received")
    assert case.open("reference") == "CNIL-26-4711"
    [entry] = case.entries.all()
    assert (entry.verb, entry.data["colleagues"], entry.data["linked"]) == ("enter", 1, 1)
    assert "Ada" not in repr(entry.data)


def test_those_who_approve_are_told_where_there_is_no_officer(clock: Clock) -> None:
    builders.vera()

    entering.enter(casework.letter(clock()), by=builders.hal(), at=clock())

    assert len(_letters("case_opened")) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"authority": "the neighbours"}, "authority"),
        ({"authority": "ourselves"}, "authority"),
        ({"references": ["AAAAA-AAAAA"]}, "references"),
        ({"reference": " "}, "reference"),
        ({"subject": ""}, "subject"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(clock: Clock, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Incomplete) as refused:
        casework.opened(clock(), **changes)

    assert field in {*(refused.value.problems or {}), refused.value.field}
    assert not AuthorityCase.objects.exists()


def test_day_is_that_of_the_letter_whenever_that_is(clock: Clock) -> None:
    at = clock()
    with pytest.raises(Incomplete) as early:
        casework.opened(at, due_on=at.date() - timedelta(days=1))
    assert set(early.value.problems or {}) == {"due_on"}
    with pytest.raises(Incomplete) as coming:
        casework.opened(at, received_on=at.date() + timedelta(days=1))
    assert set(coming.value.problems or {}) == {"received_on"}

    late = casework.opened(at, received_on=at.date() - timedelta(days=9), due_on=at.date() - timedelta(days=2))

    assert late.due_on < at.date()  # a letter that lay about is entered all the same


def test_authorities_come_from_the_rule_files(clock: Clock) -> None:
    found = {each.id: each.title for each in authorities.known(clock.now.date())}

    assert "local_authority" in found
    assert "California Privacy Protection Agency" in found
    assert "ourselves" not in found


def test_support_hands_a_letter_on_and_sees_nothing_of_the_case(clock: Clock) -> None:
    case = entering.enter(casework.letter(clock()), by=builders.sam(), at=clock())

    assert _code(lambda: entering.note(case.pk, "Hm.", by=builders.sam(), at=clock.tick())) == "not-your-move"
    assert _code(lambda: entering.enter(casework.letter(clock()), by=Caller.person(), at=clock())) == "not-yours"


def test_whoever_it_is_about_does_not_work_on_it(clock: Clock, systems) -> None:
    hal = builders.hal()
    assert hal.user is not None
    request = builders.in_review(at=clock(), email=hal.user.email)
    case = entering.enter(casework.letter(clock(), request), by=builders.vera(), at=clock.tick())

    assert _code(lambda: casework.prepared(case, clock.tick())) == "own-case"


# --- Answering -------------------------------------------------------------------------------------------------------


def test_one_prepares_and_a_second_approves(clock: Clock) -> None:
    case = casework.opened(clock())
    vera = builders.vera()

    assert _code(lambda: replying.approve(case.pk, by=vera, at=clock.tick())) == "wrong-case-state"
    replying.prepare(case.pk, casework.ANSWER, by=vera, at=clock.tick())
    with pytest.raises(NotAllowed) as refused:
        replying.approve(case.pk, by=vera, at=clock.tick())
    assert refused.value.code == "four-eyes"
    assert _code(lambda: replying.approve(case.pk, by=builders.hal(), at=clock.tick())) == "not-your-move"
    replying.approve(case.pk, by=builders.dora(), at=clock.tick())

    assert again(case).state == "approved"
    with pytest.raises(IntegrityError), transaction.atomic():
        AuthorityCase.objects.filter(pk=case.pk).update(approved_by=vera.user)


def test_answer_that_was_sent_is_kept_with_its_day_and_place(clock: Clock) -> None:
    case = casework.opened(clock())
    early = lambda: replying.record_sent(case.pk, clock.now.date(), "x", by=builders.hal(), at=clock())  # noqa: E731
    assert _code(early) == "wrong-case-state"

    casework.answered(case, clock.tick())

    kept = again(case)
    assert (kept.state, kept.sent_on, kept.open("place"), kept.warn_at) == (
        "answered", clock.now.date(), casework.PLACE, None,
    )  # fmt: skip
    assert kept.open("answer") == casework.ANSWER
    assert case.entries.get(verb="record_sent").data["late"] == 0


def test_what_is_sent_back_is_prepared_and_approved_anew(clock: Clock) -> None:
    case = casework.prepared(casework.opened(clock()), clock.tick())
    replying.approve(case.pk, by=builders.vera(), at=clock.tick())

    replying.send_back(case.pk, "The list is missing.", by=builders.hal(), at=clock.tick())

    kept = again(case)
    assert (kept.state, kept.prepared_by, kept.approved_by) == ("received", None, None)
    assert case.entries.get(verb="send_back").open("text") == "The list is missing."


def test_authority_gives_more_time_with_proof(clock: Clock) -> None:
    case = casework.opened(clock())
    hal, today, due_on = builders.hal(), clock.now.date(), case.due_on
    extend = lambda day: replying.extend(case.pk, day, today, "Letter of the third", by=hal, at=clock.tick())  # noqa: E731

    with pytest.raises(Incomplete):
        extend(due_on)
    with pytest.raises(Incomplete) as unproved:
        replying.extend(case.pk, due_on + timedelta(days=5), today, " ", by=hal, at=clock.tick())
    assert unproved.value.field == "place"
    extend(due_on + timedelta(days=14))

    assert again(case).due_on == due_on + timedelta(days=14)
    entry = case.entries.get(verb="extend")
    assert (entry.data["was"], entry.open("text")) == (due_on.isoformat(), "Letter of the third")


def test_authority_that_writes_again_sets_another_day(clock: Clock) -> None:
    case = casework.answered(casework.opened(clock()), clock.tick())
    today = clock.now.date()

    replying.write_again(case.pk, today, today + timedelta(days=5), "And in June?", by=builders.hal(), at=clock.tick())

    kept = again(case)
    assert (kept.state, kept.due_on, kept.sent_on) == ("received", today + timedelta(days=5), None)
    assert kept.warn_at is not None


# --- Measures and the end --------------------------------------------------------------------------------------------


def test_closing_waits_for_each_measure(clock: Clock) -> None:
    case = casework.answered(casework.opened(clock()), clock.tick())
    casework.ordered(case, clock.tick())
    casework.ordered(case, clock.tick())
    vera = builders.vera()

    with pytest.raises(WrongState) as refused:
        casework.closed(case, clock.tick(), "order")
    assert refused.value.code == "measures-open"
    assert "1, 2" in str(refused.value.sentence)
    measures.confirm(case.pk, 1, "Protocol of the deletion", by=vera, at=clock.tick())
    assert _code(lambda: casework.closed(case, clock.tick(), "order")) == "measures-open"
    assert _code(lambda: measures.lift(case.pk, 2, "No.", by=builders.hal(), at=clock.tick())) == "not-your-move"
    measures.lift(case.pk, 2, "The authority took it back.", by=vera, at=clock.tick())
    casework.closed(case, clock.tick(), "order")

    kept = again(case)
    assert (kept.state, kept.outcome, kept.ended_on) == ("closed", "order", clock.now.date())
    done, lifted = case.measures.order_by("number")
    assert (done.done_by, done.open("place"), lifted.done_at) == (vera.user, "Protocol of the deletion", None)


def test_authority_can_let_it_go_and_take_it_up_again(clock: Clock) -> None:
    case = casework.opened(clock())
    today = clock.now.date()

    replying.drop(case.pk, today, "It found nothing in it.", by=builders.vera(), at=clock.tick())
    assert (again(case).state, again(case).outcome) == ("closed", "withdrawn")
    replying.reopen(case.pk, today, today + timedelta(days=9), "Another look.", by=builders.hal(), at=clock.tick())

    kept = again(case)
    assert (kept.state, kept.outcome, kept.purge_at) == ("received", "", None)


def test_each_move_outside_its_states_is_refused(clock: Clock) -> None:
    """Whatever the table does not say cannot be done: asked of each move in each state that is reached."""
    case = casework.opened(clock())
    vera = builders.vera()
    reached = {again(case).state}
    for go in (casework.prepared, lambda one, at: replying.approve(one.pk, by=vera, at=at)):
        _check_table(again(case), vera, clock)
        go(case, clock.tick())
        reached.add(again(case).state)
    _check_table(again(case), vera, clock)
    replying.record_sent(case.pk, clock.now.date(), "x", by=vera, at=clock.tick())
    _check_table(again(case), vera, clock)
    casework.closed(case, clock.tick())
    _check_table(again(case), vera, clock)
    reached |= {"answered", "closed"}

    assert reached == {str(state) for state in CaseState}


def _check_table(case: AuthorityCase, by: Caller, clock: Clock) -> None:
    shown = {step.verb for step in road.moves(case, by, clock())}
    assert shown == {move.verb for move in CASE_MOVES if CaseState(case.state) in move.sources}
    for move in CASE_MOVES:
        if move.verb not in shown:
            with pytest.raises(WrongState) as refused, road.holding(case.pk) as held:
                road.move(held, move.verb, by=by, at=clock())
            assert refused.value.code == "wrong-case-state"


def test_version_that_was_looked_at_counts(clock: Clock) -> None:
    case = casework.opened(clock())
    entering.note(case.pk, "They called.", by=builders.hal(), at=clock.tick(), expect=1)

    with pytest.raises(Stale):
        entering.note(case.pk, "They called.", by=builders.hal(), at=clock.tick(), expect=1)


# --- Its history -----------------------------------------------------------------------------------------------------


def test_history_is_whole_cannot_be_changed_and_says_when_it_was(clock: Clock) -> None:
    case = casework.closed(casework.answered(casework.opened(clock()), clock.tick()), clock.tick())
    assert history.verify().cases == case.chain_seq == 5
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseEntry.objects.filter(case=case, seq=2).update(verb="note")
    with pytest.raises(DatabaseError), transaction.atomic():
        CaseEntry.objects.filter(case=case, seq=2).delete()
    assert history.verify().whole

    AuthorityCase.objects.filter(pk=case.pk).update(chain_head="0" * 64)

    assert f"Case {case.pk}" in history.verify().broken


# --- Its days --------------------------------------------------------------------------------------------------------


def test_day_is_warned_of_before_and_each_day_after(clock: Clock) -> None:
    case = casework.opened(clock())
    entering.assign(case.pk, "hal", by=builders.hal(), at=clock.tick())
    told = lambda: len(_letters("case_due"))  # noqa: E731

    drain(clock.tick(days=13))
    assert told() == 0
    drain(clock.tick(days=2))
    assert told() == 2  # the officer, and whoever works on it
    drain(clock.tick(days=4))
    assert told() == 4
    drain(clock.tick(days=4))
    before = told()
    assert before > 4
    drain(clock.tick(days=1, hours=1))
    assert told() == before + 2
    casework.answered(case, clock.tick())
    drain(clock.tick(days=30))

    assert told() == before + 2


def test_measure_is_warned_of_until_it_is_confirmed(clock: Clock) -> None:
    case = casework.answered(casework.opened(clock()), clock.tick())
    casework.ordered(case, clock.tick(), days=10)

    drain(clock.tick(days=8))
    seen = len(_letters("case_due"))
    measures.confirm(case.pk, 1, "Protocol", by=builders.hal(), at=clock.tick())
    drain(clock.tick(days=30))

    assert seen == len(_letters("case_due")) == 2


# --- What holds meanwhile --------------------------------------------------------------------------------------------


def test_linked_filing_is_not_forgotten_while_the_case_is_open(clock: Clock, systems) -> None:
    request = builders.in_review(at=clock())
    review.withdraw(request.pk, by=Caller.person(), at=clock.tick())
    case = casework.opened(clock.tick(), request)

    drain(clock.tick(days=settings.CASE_KEPT_DAYS + 5))
    assert builders.again(request).submission.purged_at is None
    casework.closed(casework.answered(case, clock.tick()), clock.tick())
    drain(clock.tick(days=31))

    assert builders.again(request).submission.purged_at is not None


def test_words_of_a_case_are_forgotten_after_its_time_and_its_history_stays(clock: Clock) -> None:
    case = casework.ordered(casework.opened(clock()), clock.tick())
    measures.confirm(case.pk, 1, "Protocol", by=builders.hal(), at=clock.tick())
    casework.closed(casework.answered(case, clock.tick()), clock.tick())

    drain(clock.tick(days=settings.CASE_KEPT_DAYS - 1))
    assert readable() >= personal("dsr.AuthorityCase.", "dsr.CaseMeasure.", "dsr.CaseEntry.")
    drain(clock.tick(days=2))

    assert readable() == set()
    with pytest.raises(Forgotten):
        again(case).open("subject")
    assert history.verify().whole
    assert [entry.verb for entry in case.entries.all()][-1] == "purged"
    assert _code(lambda: entering.note(case.pk, "Hm.", by=builders.hal(), at=clock.tick())) == "purged"


def test_filing_is_linked_once_and_can_be_taken_out(clock: Clock, systems) -> None:
    request, other = builders.in_review(at=clock()), builders.in_review(at=clock.tick(), email=builders.MAX)
    case, hal = casework.opened(clock.tick()), builders.hal()
    link = lambda reference, part=None: entering.link(case.pk, reference, part, by=hal, at=clock.tick())  # noqa: E731

    link(request.submission.reference, request.pk)

    assert _code(lambda: link(request.submission.reference.lower())) == "linked-already"
    with pytest.raises(Incomplete) as refused:
        link(other.submission.reference, request.pk)
    assert refused.value.field == "request"
    row = CaseLink.objects.get()
    assert row.request_id == request.pk
    entering.unlink(case.pk, row.pk, "It is another's.", by=hal, at=clock.tick())
    assert not CaseLink.objects.exists()


# --- The person ------------------------------------------------------------------------------------------------------


def test_person_is_told_only_by_somebody_with_words(clock: Clock, systems) -> None:
    request = builders.in_review(at=clock())
    before = Event.objects.filter(submission=request.submission).count()
    letters = len(builders.letters_to(request.submission))
    case = casework.answered(casework.opened(clock.tick(), request), clock.tick())
    assert Event.objects.filter(submission=request.submission).count() == before
    assert len(builders.letters_to(request.submission)) == letters
    link, vera = CaseLink.objects.get(), builders.vera()
    tell = lambda text, by: telling.tell(case.pk, link.pk, text, by=by, at=clock.tick())  # noqa: E731

    assert _code(lambda: tell("The authority asked us.", builders.hal())) == "not-your-move"
    with pytest.raises(Incomplete):
        tell(" ", vera)
    assert link.told_at is None
    tell("The authority asked us about you.", vera)

    [post] = request.submission.posts.all()
    assert post.open("body") == "The authority asked us about you."
    assert len(builders.letters_to(request.submission)) == letters + 1
    assert CaseLink.objects.get().told_at is not None


def test_nobody_can_be_told_where_nobody_is_linked(clock: Clock) -> None:
    case = casework.opened(clock())

    steps = {step.verb: step for step in road.moves(case, builders.vera(), clock())}

    assert steps["tell_person"].because == "No filing of a person is linked to this case."


def test_moves_cost_the_same_however_much_a_case_holds(clock: Clock, systems) -> None:
    case, vera = casework.opened(clock()), builders.vera()
    few = _statements(lambda: road.moves(again(case), vera, clock()))
    for number in range(5):
        request = builders.in_review(at=clock.tick(), email=f"p{number}@example.org")
        entering.link(case.pk, request.submission.reference, by=vera, at=clock.tick())
        casework.ordered(case, clock.tick())

    assert _statements(lambda: road.moves(again(case), vera, clock())) == few <= 4


def _statements(act) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)
