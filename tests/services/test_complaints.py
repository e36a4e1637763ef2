"""Complaints: whose hands they are in, what an answer needs, what it says, and what was promised in it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dsr import reckoning
from dsr.errors import Incomplete, NotAllowed, RecourseError, WrongState
from dsr.models import Deadline, DeadlineKind, Event, Remedy
from dsr.policies import Caller, reason_against
from dsr.rights import Right
from dsr.services import review
from dsr.services.complaints import answering, looking, promises, routes
from notifications.models import Message
from tests import builders, contesting
from tests.clock import Clock
from tests.contesting import ines
from tests.drain import drain

pytestmark = pytest.mark.django_db(transaction=True)


def _code(act) -> str:
    with pytest.raises(RecourseError) as refused:
        act()
    return refused.value.code


# --- Taking it in ----------------------------------------------------------------------------------------------------


def test_complaint_needs_no_proof_and_is_acknowledged_at_once(clock: Clock) -> None:
    request = contesting.complained(clock())

    assert (request.state, request.identity_floor, request.turn) == ("in_review", 0, "staff")
    [letter] = builders.letters_to(request.submission)
    assert letter.kind == "received"
    assert letter.due_on == request.due_on
    assert not Deadline.objects.filter(request=request, kind=DeadlineKind.ACKNOWLEDGE, done_at=None).exists()


@pytest.mark.parametrize(
    ("right", "place", "received", "regime", "due_on"),
    [
        # The thirtieth day counts from the day after for what we promise ourselves; the acknowledgement has its own.
        (Right.COMPLAINT, ("GB", ""), date(2026, 7, 1), "uk_complaint", date(2026, 7, 31)),
        (Right.COMPLAINT, ("IE", ""), date(2026, 6, 15), "dpf", date(2026, 7, 30)),
        (Right.COMPLAINT, ("CH", ""), date(2026, 6, 15), "dpf", date(2026, 7, 30)),
        (Right.COMPLAINT, ("US", "CA"), date(2026, 6, 15), "default", date(2026, 7, 15)),
        (Right.COMPLAINT, ("BR", ""), date(2026, 6, 15), "default", date(2026, 7, 15)),
        (Right.BCR_COMPLAINT, ("IE", ""), date(2026, 6, 15), "default", date(2026, 7, 15)),
    ],
)
def test_earliest_of_the_laws_governs_a_complaint(clock, right, place, received, regime, due_on) -> None:
    at = datetime(received.year, received.month, received.day, 9, tzinfo=UTC)

    request = contesting.complained(at, right, country=place[0], region=place[1])

    assert (request.regime, request.due_on) == (regime, due_on)


def test_uk_complaint_is_acknowledged_within_thirty_days_with_the_first_counted(clock) -> None:
    request = contesting.complained(datetime(2026, 7, 1, 9, tzinfo=UTC), country="GB")

    [acknowledge] = [each for each in reckoning.explain(request) if each.kind == "acknowledge"]
    assert acknowledge.due == date(2026, 7, 30)


def test_australian_customer_is_answered_in_fifteen_working_days(clock) -> None:
    request = contesting.complained(datetime(2026, 6, 15, 9, tzinfo=UTC), country="AU")

    assert request.regime == "au_telco_complaint"
    assert request.due_on == date(2026, 7, 6)


def test_request_that_is_named_is_tied_only_where_it_is_the_same_persons(clock: Clock, systems) -> None:
    about = builders.in_review(at=clock())
    named = {"complaint_reference": about.submission.reference.lower()}

    own = contesting.complained(clock.tick(), details=named)
    other = contesting.complained(clock.tick(), details=named, email=builders.MAX)
    wrong = contesting.complained(clock.tick(), details={"complaint_reference": "no idea"})

    assert own.about_id == about.pk
    assert other.about_id is None
    assert wrong.about_id is None
    ours, theirs = (builders.letters_to(each.submission)[-1] for each in (own, other))
    assert ours.rights == theirs.rights  # nobody learns from the answer whether there was such a request


def test_subject_that_is_no_subject_is_refused(clock: Clock) -> None:
    with pytest.raises(Incomplete) as refused:
        contesting.complained(clock(), details={"complaint_subject": "weather"})

    assert set(refused.value.problems) == {"complaint.complaint_subject"}


# --- Whose hands -----------------------------------------------------------------------------------------------------


def test_whoever_handled_it_neither_looks_into_it_nor_answers(clock: Clock, systems) -> None:
    about = contesting.refused(clock())
    request = contesting.complained(clock.tick(), details={"complaint_reference": about.submission.reference})

    assert _code(lambda: looking.take(request.pk, by=builders.hal(), at=clock.tick())) == "concerns-you"
    contesting.proposed(request, clock.tick())
    assert _code(lambda: answering.answer(request.pk, by=builders.dora(), at=clock.tick())) == "concerns-you"
    answering.answer(request.pk, by=contesting.olga(), at=clock.tick())

    assert builders.again(request).outcome == "justified"


def test_complaint_about_the_officer_is_not_the_officers(clock: Clock) -> None:
    request = contesting.complained(clock(), details={"complaint_subject": "officer"})

    refused = reason_against(request, "take_complaint", builders.dora(), clock.tick())

    assert refused is not None
    assert refused.code == "concerns-you"
    assert "data protection officer" in refused.sentence
    looking.take(request.pk, by=ines(), at=clock.tick())


def test_only_who_took_it_on_puts_down_what_was_found(clock: Clock) -> None:
    request = contesting.complained(clock())

    add = lambda by: looking.add_finding(request.pk, contesting.finding(), by=by, at=clock.tick())  # noqa: E731

    assert _code(lambda: add(ines())) == "no-investigator"
    looking.take(request.pk, by=ines(), at=clock.tick())
    assert _code(lambda: add(builders.hal())) == "not-investigator"
    add(ines())
    assert request.findings.count() == 1


def test_second_person_answers(clock: Clock) -> None:
    request = contesting.complained(clock())
    olga = contesting.olga()
    looking.take(request.pk, by=olga, at=clock.tick())
    looking.add_finding(request.pk, contesting.finding(), by=olga, at=clock.tick())
    answering.propose(request.pk, contesting.ANSWER, by=olga, at=clock.tick())

    with pytest.raises(NotAllowed) as refused:
        answering.answer(request.pk, by=olga, at=clock.tick())

    assert refused.value.code == "four-eyes"


# --- What an answer needs --------------------------------------------------------------------------------------------


def test_answer_is_complete_only_with_findings_and_replies(clock: Clock) -> None:
    request = contesting.complained(clock())
    looking.take(request.pk, by=ines(), at=clock.tick())
    propose = lambda: answering.propose(request.pk, contesting.ANSWER, by=ines(), at=clock.tick())  # noqa: E731

    assert _code(propose) == "findings-open"
    looking.enquire(request.pk, "The mail team", "Which list was used?", by=ines(), at=clock.tick())
    looking.add_finding(request.pk, contesting.finding(), by=ines(), at=clock.tick())
    assert _code(propose) == "enquiries-open"
    looking.note_reply(request.pk, 1, "That of March.", by=ines(), at=clock.tick())
    propose()

    assert builders.again(request).proposed_outcome == "justified"


@pytest.mark.parametrize(
    "text",
    [
        "We are sorry for any inconvenience.",
        "Dear [name], we have looked into your complaint and found that nothing went wrong in your case at all.",
        "We have looked into it and found {{ finding }} in your case, for which we are very sorry indeed today.",
        "We looked into XXX and found that nothing at all went wrong in your case, for which there is a reason.",
    ],
)
def test_set_phrase_or_gap_is_no_answer(clock: Clock, text: str) -> None:
    request = contesting.looked_into(contesting.complained(clock()), clock.tick())

    with pytest.raises(Incomplete):
        answering.propose(request.pk, text, by=ines(), at=clock.tick(minutes=1))


def test_two_points_with_the_same_reasons_are_not_answered(clock: Clock) -> None:
    request = contesting.looked_into(
        contesting.complained(clock()), clock.tick(), contesting.finding(), contesting.finding(point="Calls came, too.")
    )

    with pytest.raises(Incomplete):
        answering.propose(request.pk, contesting.ANSWER, by=ines(), at=clock.tick(minutes=1))


@pytest.mark.parametrize(
    ("verdicts", "outcome"),
    [
        (["justified"], "justified"),
        (["justified", "justified"], "justified"),
        (["justified", "not_justified"], "partly_justified"),
        (["partly"], "partly_justified"),
        (["not_justified", "not_established"], "not_justified"),
        (["not_established"], "not_established"),
        (["justified", "not_established"], "partly_justified"),
    ],
)
def test_outcome_follows_from_the_findings(verdicts: list[str], outcome: str) -> None:
    assert answering.outcome_of(verdicts) == outcome


def test_answer_that_was_sent_back_can_be_proposed_anew(clock: Clock) -> None:
    request = contesting.proposed(contesting.complained(clock()), clock.tick())

    review.send_back(request.pk, "Say more of May.", by=builders.vera(), at=clock.tick(minutes=3))
    looking.drop_finding(request.pk, 1, by=ines(), at=clock.tick())
    looking.add_finding(request.pk, contesting.finding(verdict="partly"), by=ines(), at=clock.tick())
    answering.propose(request.pk, contesting.ANSWER, by=ines(), at=clock.tick())

    assert builders.again(request).proposed_outcome == "partly_justified"


# --- What it says ----------------------------------------------------------------------------------------------------


def test_answer_tells_points_reasons_promises_and_the_next_step_but_no_facts_of_the_file(clock: Clock) -> None:
    builders.hal()
    request = contesting.looked_into(contesting.complained(clock()), clock.tick())
    due_on = clock.now.date() + timedelta(days=20)
    looking.promise(
        request.pk, "The list is brought up to date each day.", "hal", due_on, by=ines(), at=clock.tick(minutes=1)
    )
    answering.propose(request.pk, contesting.ANSWER, by=ines(), at=clock.tick())
    answering.answer(request.pk, by=builders.vera(), at=clock.tick())

    [letter] = builders.letters_to(request.submission, "complaint_answered")
    assert letter.outcome == "justified"
    assert "Mails came although" in letter.findings[0]
    assert contesting.REASON in letter.findings[0]
    assert letter.text == contesting.ANSWER
    assert "The list is brought up to date each day." in letter.promises[0]
    assert any("JAMS" in line for line in letter.next_steps)
    assert not any("arbitration" in line.lower() for line in letter.next_steps)
    assert "from March" not in repr(letter)


def test_history_of_a_complaint_says_nothing_of_its_content(clock: Clock) -> None:
    request = contesting.answered(contesting.complained(clock()), clock.tick())

    told = repr(list(Event.objects.filter(request=request).values_list("verb", "data")))

    assert "Mails came" not in told
    assert "justified" in told


def test_news_is_told_behind_the_link(clock: Clock) -> None:
    request = contesting.looked_into(contesting.complained(clock()), clock.tick())

    looking.news(request.pk, "We have asked the mail team.", by=ines(), at=clock.tick(minutes=1))

    [letter] = builders.letters_to(request.submission, "complaint_news")
    assert letter.due_on == request.due_on
    assert "mail team" not in repr(letter)


# --- The ladder ------------------------------------------------------------------------------------------------------

LADDER = [
    ("IE", "", {"jams", "truste", "irish_dpc", "local_authority", "commerce"}),
    (
        "GB",
        "",
        {
            "jams",
            "truste",
            "local_authority",
            "commerce",
            "Information Commissioner's Office, becoming the Information Commission",
        },
    ),
    ("CH", "", {"jams", "truste", "local_authority", "commerce"}),
    ("US", "CA", {"truste", "local_authority"}),
    ("US", "VA", {"truste", "local_authority", "Attorney General of Virginia"}),
    ("BR", "", {"truste", "local_authority"}),
    ("AU", "", {"truste", "local_authority", "Telecommunications Industry Ombudsman (TIO)"}),
]


@pytest.mark.parametrize(("country", "region", "expected"), LADDER)
def test_next_step_is_that_of_where_somebody_lives(clock: Clock, country: str, region: str, expected: set[str]) -> None:
    request = contesting.complained(clock.tick(days=100), country=country, region=region)

    found = routes.ladder(request.submission, request.right)

    nearest = {route.id for route in found if route.open and route.step == 2}
    assert expected <= nearest
    assert ("jams" in nearest) == (country in ("IE", "GB", "CH"))
    assert "ourselves" not in {route.id for route in found}
    assert "courts" in {route.id for route in found}


def test_arbitration_opens_only_after_its_three_steps(clock: Clock) -> None:
    submission = contesting.complained(clock()).submission

    def is_open(*tried: str) -> bool:
        return next(
            route.open for route in routes.ladder(submission, "complaint", tried) if route.id == "annex_i_arbitration"
        )

    assert not is_open()
    assert not is_open("jams")
    assert is_open("jams", "commerce")
    assert "jams" not in {route.id for route in routes.ladder(submission, "complaint", ("jams",))}


def test_binding_rules_have_a_ladder_of_their_own(clock: Clock) -> None:
    request = contesting.complained(clock(), Right.BCR_COMPLAINT)

    found = routes.ladder(request.submission, request.right)

    assert [route.id for route in found] == ["bcr_authority", "bcr_court"]
    assert all(route.open for route in found)


# --- Promises --------------------------------------------------------------------------------------------------------


def test_promise_is_warned_of_until_it_is_kept(clock: Clock) -> None:
    hal = builders.hal()
    request = contesting.looked_into(contesting.complained(clock()), clock.tick())
    due_on = clock.now.date() + timedelta(days=20)
    looking.promise(request.pk, "The list is brought up to date.", "hal", due_on, by=ines(), at=clock.tick(minutes=1))
    answering.propose(request.pk, contesting.ANSWER, by=ines(), at=clock.tick())
    answering.answer(request.pk, by=builders.vera(), at=clock.tick())
    told = lambda: Message.objects.filter(about=request.submission_id, kind="promise_due").count()  # noqa: E731

    drain(clock.tick())
    assert told() == 0
    drain(clock.tick(days=18))
    assert told() == 1
    drain(clock.tick(days=4))
    assert told() == 2
    promises.keep(request.pk, 1, by=hal, at=clock.tick())
    drain(clock.tick(days=30))

    assert told() == 2
    assert Remedy.objects.get(request=request).done_by == hal.user
    with pytest.raises(WrongState) as refused:
        promises.keep(request.pk, 1, by=hal, at=clock.tick())
    assert refused.value.code == "promise-kept"


def test_promise_needs_a_colleague_and_a_day_to_come(clock: Clock) -> None:
    request = contesting.looked_into(contesting.complained(clock()), clock.tick())
    later, before = clock.now.date() + timedelta(days=9), clock.now.date() - timedelta(days=1)

    for owner, day, field in (("nobody", later, "owner"), ("ines", before, "due_on")):
        with pytest.raises(Incomplete) as refused:
            looking.promise(request.pk, "It is put right.", owner, day, by=ines(), at=clock.tick(minutes=1))
        assert refused.value.field == field


def test_person_withdraws_a_complaint(clock: Clock) -> None:
    request = contesting.complained(clock())

    review.withdraw(request.pk, by=Caller.person(), at=clock.tick())

    assert builders.again(request).outcome == "withdrawn"
