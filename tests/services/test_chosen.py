"""Choices filed as rights: they stand with the filing, wait for no proof, and close once every system minds them."""

from datetime import timedelta

import pytest

from dsr.choices.marketing import Act, Purpose, Scope, Via
from dsr.errors import Incomplete, NotAllowed, WrongState
from dsr.lifecycle import CHOSEN, State
from dsr.models import Choice, CpniEntry, Event, LedgerEntry, SubjectRequest, Suppression, System, Window
from dsr.policies import Caller
from dsr.rights import OFFERED, SPECS, Right
from dsr.services import history, intake, review, threads
from dsr.services.choices import asking, deciding, desk, requested
from dsr.services.mandated import AgentClaim
from notifications import sealing
from notifications.models import Message
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.statements import counted
from verification.models import Challenge

pytestmark = pytest.mark.django_db
MARKETING = Right.MARKETING_OPT_OUT
HOURS = timedelta(hours=1)


@pytest.fixture
def mailers(clock: Clock) -> System:
    """A system that leaves people out by hand."""
    return organisation.mailers(clock())


def _again(request: SubjectRequest) -> SubjectRequest:
    return builders.again(request)


def _allowed(clock: Clock, kind: str = "email", value: str = builders.ADA) -> bool:
    use = asking.Use(Purpose.MARKETING, Scope("email"))
    return asking.check(sealing.listing_digests(kind, value), use, clock()).allowed


def _report(system: System, clock: Clock) -> None:
    drain(clock())
    waiting = Window.objects.filter(system=system, done_at=None).values_list("pk", flat=True)
    desk.report(system.pk, list(waiting), clock.tick())


def _letters(request: SubjectRequest) -> list[str]:
    found = Message.objects.filter(about=request.submission_id).order_by("created_at", "id")
    return list(found.values_list("kind", flat=True))


def _verbs(request: SubjectRequest) -> list[str]:
    return list(Event.objects.filter(request=request).order_by("seq").values_list("verb", flat=True))


# --- Filing ----------------------------------------------------------------------------------------------------------


def test_choice_stands_at_once_beside_a_right_that_waits_for_proof(mailers: System, clock: Clock) -> None:
    filed = builders.file(Right.ACCESS, MARKETING, at=clock())

    access, choice = filed.requests
    assert (access.state, choice.state) == (State.VERIFYING, State.FULFILLING)
    assert not _allowed(clock)
    assert _letters(choice) == ["confirm_address"]
    [letter] = builders.letters_to(filed.submission, "confirm_address")
    assert letter.rights == (str(SPECS[Right.ACCESS].title),), "what needs no proof does not hang on the confirmation"
    assert choice.choice is not None
    assert (choice.choice.via, choice.choice.at, choice.choice.entered_by) == (Via.FORM, clock(), "")
    assert history.verify(filed.submission.reference).whole


def test_nobody_is_asked_to_confirm_an_address_for_choices_alone(mailers: System, clock: Clock) -> None:
    filed = builders.file(MARKETING, Right.TARGETED_ADVERTISING_OPT_OUT, at=clock())

    assert filed.challenge_id is None
    assert not Challenge.objects.exists()
    assert _letters(filed.requests[0]) == ["received"]


def test_choice_ends_at_once_where_no_system_has_to_be_told(clock: Clock) -> None:
    request = _again(builders.file(MARKETING, at=clock()).requests[0])

    assert (request.state, request.outcome, request.turn) == (State.CLOSED, "fulfilled", "nobody")
    assert _verbs(request) == ["file", "choose", "in_effect"]
    assert sorted(_letters(request)) == ["in_effect", "received"]
    assert request.submission.purge_at is not None


@pytest.mark.parametrize("right", sorted(CHOSEN & OFFERED - {Right.CPNI_OPT_OUT}))
def test_each_choice_is_about_what_its_right_says(right: Right, mailers: System, clock: Clock) -> None:
    request = builders.file(right, at=clock()).requests[0]

    assert request.choice is not None
    assert set(Suppression.objects.values_list("purpose", flat=True)) == {request.choice.purpose}
    assert request.choice.windows.count() == 1
    assert request.choice.purpose in right or right is Right.SENSITIVE_DATA_LIMIT


@pytest.mark.parametrize("given", ["phone", "account"])
def test_choice_stands_for_whatever_the_person_gives(given: str, clock: Clock) -> None:
    more = {"phone": "+353 20 910 0001"} if given == "phone" else {"identifiers": {"account": ("A-1",)}}

    builders.file(MARKETING, at=clock(), **more)

    assert not _allowed(clock)
    assert not _allowed(clock, given, "+353209100001" if given == "phone" else "A-1")


@pytest.mark.parametrize("country", ["IE", "US"])
def test_number_without_its_country_is_one_of_where_the_person_lives(country: str, clock: Clock) -> None:
    given = {"IE": "020 910 0001", "US": "(202) 555-0147"}[country]
    region = {"IE": "", "US": "CA"}[country]

    builders.file(MARKETING, at=clock(), country=country, region=region, phone=given)

    assert not _allowed(clock, "phone", {"IE": "+353209100001", "US": "+12025550147"}[country])


@pytest.mark.parametrize("field", ["phone", "identifiers"])
def test_number_that_no_system_could_know_stops_nothing_and_is_sent_back(field: str, clock: Clock) -> None:
    given = {"phone": "12"} if field == "phone" else {"identifiers": {"phone": ("12",)}}

    with pytest.raises(Incomplete) as refused:
        builders.file(MARKETING, at=clock(), **given)

    assert set(refused.value.problems) == {field}
    builders.file(Right.ACCESS, at=clock(), **given)  # here it only helps less


def test_agent_chooses_for_the_person_and_not_for_themselves(clock: Clock) -> None:
    agent = AgentClaim(kind="signed_permission", name="Agnes Agent", person_email=builders.ADA)
    builders.file(MARKETING, at=clock(), country="US", region="CA", email="agnes@agents.example.org", agent=agent)

    assert not _allowed(clock)
    assert _allowed(clock, value="agnes@agents.example.org")


def test_agent_has_to_say_whom_it_is_about(clock: Clock) -> None:
    agent = AgentClaim(kind="signed_permission", name="Agnes Agent", person_email="")

    with pytest.raises(Incomplete) as refused:
        builders.file(MARKETING, at=clock(), country="US", region="CA", email="agnes@agents.example.org", agent=agent)

    assert set(refused.value.problems) == {"agent.person_email"}
    assert not Choice.objects.exists()


def test_what_came_in_earlier_stands_since_then(mailers: System, clock: Clock) -> None:
    earlier = clock() - 30 * HOURS
    filing = builders.filing(MARKETING, received_at=earlier, channel="phone")

    request = intake.file(filing, by=builders.sam(), at=clock()).requests[0]

    assert request.choice is not None
    assert (request.choice.at, request.choice.via) == (earlier, Via.PHONE)
    assert request.choice.entered_by == str(builders.staff("sam").pk)


def test_what_came_in_before_the_first_notice_is_taken(clock: Clock) -> None:
    filing = builders.filing(MARKETING, received_at=clock() - timedelta(days=360), channel="post")

    request = intake.file(filing, by=builders.sam(), at=clock()).requests[0]

    assert _again(request).state == State.CLOSED


def test_filing_twice_by_the_same_key_chooses_once(mailers: System, clock: Clock) -> None:
    once = {"idempotency_scope": "web", "idempotency_key": "k"}

    first = builders.file(MARKETING, at=clock(), **once)
    second = builders.file(MARKETING, at=clock.tick(), **once)

    assert (second.created, second.submission.pk) == (False, first.submission.pk)
    assert Choice.objects.count() == 1


def test_filing_costs_the_same_whoever_has_chosen_before(mailers: System, clock: Clock) -> None:
    builders.file(MARKETING, at=clock(), email=builders.MAX)
    with counted() as first:
        builders.file(MARKETING, at=clock.tick())
    with counted() as second:
        builders.file(MARKETING, at=clock.tick())

    assert len(second) == len(first) <= 32, "\n".join(first)
    assert Choice.objects.count() == 3


# --- CPNI ------------------------------------------------------------------------------------------------------------


def test_cpni_opt_out_is_entered_in_its_ledger_and_ends_at_once(mailers: System, clock: Clock) -> None:
    request = _again(builders.file(Right.CPNI_OPT_OUT, at=clock()).requests[0])

    entry = CpniEntry.objects.get()
    assert (request.cpni_entry, request.choice) == (entry, None)
    assert (entry.kind, entry.at, entry.authority, entry.channel) == ("opt_out", clock(), "anybody", "web")
    assert (request.state, request.outcome) == (State.CLOSED, "fulfilled")
    assert not Suppression.objects.exists()


def test_cpni_opt_out_needs_the_account_and_the_right_country(clock: Clock) -> None:
    without = builders.filing(Right.CPNI_OPT_OUT, wants=(intake.Want(Right.CPNI_OPT_OUT),))
    for filing, problem in (
        (without, "cpni_opt_out.cpni_account"),
        (builders.filing(Right.CPNI_OPT_OUT, country="IE", region=""), "rights"),
    ):
        with pytest.raises(Incomplete) as refused:
            intake.file(filing, by=Caller.person(), at=clock())
        assert set(refused.value.problems) == {problem}
    assert not CpniEntry.objects.exists()


# --- The end ---------------------------------------------------------------------------------------------------------


def test_request_closes_when_the_last_system_confirms_and_the_letter_names_it(mailers: System, clock: Clock) -> None:
    filed = builders.file(Right.ACCESS, MARKETING, at=clock())
    request = filed.requests[1]

    _report(mailers, clock)

    request = _again(request)
    assert (request.state, request.outcome, request.closed_at) == (State.CLOSED, "fulfilled", clock())
    [entry] = LedgerEntry.objects.filter(request=request)
    assert (entry.system, entry.outcome, entry.at) == (mailers, "suppressed", clock())
    [letter] = builders.letters_to(filed.submission, "in_effect")
    assert [line.partition(":")[0] for line in letter.systems] == ["The mailers"]
    assert not letter.was_late
    assert _verbs(request) == ["file", "choose", "in_effect"]
    assert _again(filed.requests[0]).state == State.VERIFYING
    assert history.verify(filed.submission.reference).whole


def test_request_that_was_left_open_by_a_dead_worker_is_closed_by_the_next_round(
    mailers: System, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = builders.file(MARKETING, at=clock()).requests[0]
    with monkeypatch.context() as patch:
        patch.setattr(requested, "BATCH", 0)
        _report(mailers, clock)
    assert _again(request).state == State.FULFILLING

    drain(clock.tick())
    drain(clock.tick())

    assert _again(request).state == State.CLOSED
    assert _letters(request).count("in_effect") == 1


def test_whoever_wants_it_again_ends_the_request_truthfully(mailers: System, clock: Clock) -> None:
    request = builders.file(MARKETING, at=clock()).requests[0]
    wish = deciding.Wish({"email": [builders.ADA]}, Act.RESUME, Via.PREFERENCES, clock.tick())
    deciding.decide(wish, by="", at=clock())

    drain(clock.tick())

    request = _again(request)
    assert (request.state, request.outcome) == (State.CLOSED, "withdrawn")
    assert "closed" in _letters(request)
    assert not LedgerEntry.objects.exists()


@pytest.fixture
def late(mailers: System, clock: Clock) -> SubjectRequest:
    """A request of somebody whom neither of two systems minds in time."""
    organisation.mailers(clock(), "marketing", key="callers")
    builders.staff("lena", "lead_requests")
    request = builders.file(MARKETING, at=clock()).requests[0]
    for hours in (1, 25, 49, 73, 74, 100, 200):
        drain(request.received_at + hours * HOURS)
    clock.tick(hours=201)
    return request


def test_person_is_told_once_that_it_is_late(late: SubjectRequest) -> None:
    told = [kind for kind in _letters(late) if kind not in ("received", "staff_warning")]

    assert told == ["choice_late"]
    assert Event.objects.get(request=late, verb="late").data == {"systems": 2}
    assert _verbs(late).count("late") == 1
    assert not Message.objects.filter(kind="choice_late").exclude(about=late.submission_id).exists()
    assert _again(late).state == State.FULFILLING


def test_person_is_told_that_it_is_done_after_all(late: SubjectRequest, clock: Clock) -> None:
    for system in System.objects.all():
        assert _again(late).state == State.FULFILLING
        desk.report(system.pk, list(Window.objects.values_list("pk", flat=True)), clock.tick())

    assert _again(late).outcome == "fulfilled"
    [letter] = builders.letters_to(late.submission, "in_effect")
    assert letter.was_late
    assert not Message.objects.filter(kind="choice_done").exists()


# --- What is not possible --------------------------------------------------------------------------------------------


def test_choice_is_neither_withdrawn_nor_refused(mailers: System, clock: Clock) -> None:
    request = builders.file(MARKETING, at=clock()).requests[0]

    with pytest.raises((WrongState, NotAllowed)):
        review.withdraw(request.pk, by=Caller.person(), at=clock.tick())
    with pytest.raises((WrongState, NotAllowed)):
        review.propose_refusal(request.pk, "legal_claims", "No.", by=builders.hal(), at=clock.tick())

    threads.write_from_person(request.pk, "Thank you.", by=Caller.person(), at=clock.tick())
    assert _verbs(request)[-1] == "message"
