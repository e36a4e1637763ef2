"""Agents and representatives: nothing on their word alone, nothing to them beyond what the paper lets them have."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from dsr.errors import Conflict, Incomplete, NotAllowed, NotFound, WrongState
from dsr.lifecycle import State
from dsr.models import Deadline, DeadlineKind, Signal, SubjectRequest, Submission, Vouched
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import (
    agencies,
    agents,
    calling,
    delivery,
    identifiers,
    identity,
    mandated,
    onfile,
    principals,
    proving,
    review,
    stopping,
)
from dsr.services.agents import Finding
from dsr.services.mandated import AgentClaim
from notifications.models import Message
from tests import builders, lawbook, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.statements import counted
from verification import grants
from verification.models import Challenge, Check, Mandate, MandateState
from verification.proofs import Level, Method

pytestmark = pytest.mark.django_db

AGENT = "mandy@agency.example"
POA = ("dated", "signed_by_principal", "names_agent", "covers_right", "in_force")
LETTER = ("signed", "names_agent", "covers_right", "dated")
TICKS = {
    "signed_permission": LETTER,
    "power_of_attorney": POA,
    "legal_representative": ("appointed", "covers_right", "in_force"),
    "guardian": ("parentage", "not_estranged", "childs_interest"),
    "authorised_representative": ("holds_authority", "covers_account"),
}


def _claim(kind: str = "power_of_attorney", **changes: Any) -> AgentClaim:
    values: dict[str, Any] = {"kind": kind, "name": "Mandy Mandate", "person_email": builders.ADA}
    return AgentClaim(**{**values, **({"child_age": 9} if kind == "guardian" else {}), **changes})


def _file(clock: Clock, *rights: Right, claim: AgentClaim | None = None, **changes: Any) -> Submission:
    changes = {"email": AGENT, "agent": claim or _claim(), **changes}
    return builders.file(*rights, at=clock(), **changes).submission


def _confirmed(clock: Clock, *rights: Right, **changes: Any) -> SubjectRequest:
    """Mandy files for Ada and confirms her own address."""
    submission = _file(clock, *rights, **changes)
    builders.confirm(submission, clock())
    _look(submission, clock)
    return builders.only(submission)


def _look(submission: Submission, clock: Clock) -> None:
    """Have the systems asked, and nothing sent yet: what was sent cannot be read here any more."""
    for deadline in Deadline.objects.filter(submission=submission, kind=DeadlineKind.LOOK, done_at=None):
        onfile.look(deadline, clock())


def _check(request: SubjectRequest, clock: Clock, *ticks: str, **finding: Any) -> SubjectRequest:
    values: dict[str, Any] = {"result": "accepted", "checks": ticks, **finding}
    agents.check(request.pk, Finding(**values), by=_ivy(), at=clock())
    return builders.again(request)


def _ivy() -> Caller:
    return Caller.of_user(builders.staff("ivy", "work_requests", "check_identity"), "admin")


def _mandate(request: SubjectRequest) -> Mandate:
    return Mandate.objects.select_related("data_key").get(about=request.submission_id)


def _say(request: SubjectRequest, clock: Clock, *, yes: bool) -> principals.Seen:
    letter = builders.letters_to(request.submission, "mandate_confirm")[-1]
    act = principals.allow if yes else principals.deny
    return act(builders.token_in(letter.link), at=clock())


def _ready(request: SubjectRequest, clock: Clock) -> SubjectRequest:
    review.prepare(request.pk, by=builders.hal(), at=clock())
    review.approve(request.pk, by=builders.vera(), at=clock())
    drain(clock())
    return builders.again(request)


def _refused(clock: Clock, *rights: Right, claim: AgentClaim, **changes: Any) -> dict[str, str]:
    with pytest.raises(Incomplete) as refused:
        _file(clock, *rights, claim=claim, **changes)
    assert not Submission.objects.exists()
    return dict(refused.value.problems)


# --- Filing ----------------------------------------------------------------------------------------------------------


def test_filing_keeps_both_apart_and_sealed(clock: Clock) -> None:
    submission = _file(clock)

    mandate = Mandate.objects.select_related("data_key").get(about=submission.pk)
    assert submission.for_other
    assert (submission.open("email"), submission.open("name")) == (AGENT, "Ada Lovelace")
    assert (mandate.open("agent_name"), mandate.open("principal_email")) == ("Mandy Mandate", builders.ADA)
    assert (mandate.state, mandate.scope, mandate.may_receive) == (MandateState.CLAIMED, ["access"], False)
    assert identifiers.known_identifiers(submission) == {}


def test_authority_is_filed_in_the_same_exchange_and_costs_a_plain_filing_nothing(clock: Clock) -> None:
    builders.file(at=clock())
    with counted() as plain:
        builders.file(at=clock())
    with counted() as with_agent:
        _file(clock)

    assert len([each for each in with_agent if "verification_mandate" in each]) == 1
    assert len(with_agent) - len(plain) <= 1
    assert not [each for each in plain if "mandate" in each]


@pytest.mark.parametrize(
    ("claim", "field", "says"),
    [
        (_claim("estate"), "agent.kind", "died"),
        (_claim("advocate"), "agent.kind", "Advocate"),
        (_claim("nominee"), "agent.kind", "Nominee"),
        (_claim("sister"), "agent.kind", "Choose"),
        (_claim("signed_permission", person_email=""), "agent.person_email", "own mail address"),
        (_claim("power_of_attorney", person_email=""), "agent.person_email", "otherwise nothing"),
        (_claim("power_of_attorney", person_email="ada"), "agent.person_email", "name@example.org"),
        (_claim("power_of_attorney", person_email=AGENT.upper()), "agent.person_email", "your own address"),
        (_claim("guardian", child_age=None), "agent.child_age", "no document of the child"),
        (_claim("guardian", child_age=16), "agent.child_age", "asks itself"),
        (_claim("power_of_attorney", child_age=9), "agent.child_age", "only asked for"),
        (_claim(name=""), "agent.name", "own name"),
        (_claim(name="Mandy\u202e"), "agent.name", "characters"),
    ],
)
def test_claim_that_cannot_be_used_is_named(clock: Clock, claim: AgentClaim, field: str, says: str) -> None:
    found = _refused(clock, claim=claim)

    assert set(found) == {field}
    assert says in found[field]


def test_refusal_of_a_kind_gives_its_source(clock: Clock) -> None:
    assert "recital 27" in _refused(clock, claim=_claim("estate"))["agent.kind"]


def test_person_acted_for_has_a_name(clock: Clock) -> None:
    assert set(_refused(clock, claim=_claim(), name="")) == {"name"}


def test_same_key_with_another_agent_is_another_filing(clock: Clock) -> None:
    _file(clock, idempotency_scope="web", idempotency_key="k")
    with pytest.raises(Conflict):
        _file(clock, idempotency_scope="web", idempotency_key="k", claim=_claim("legal_representative"))


def test_what_is_told_to_everybody_needs_no_paper(clock: Clock) -> None:
    submission = _file(clock, Right.BE_INFORMED)
    drain(clock())

    assert builders.only(submission).state == State.READY
    assert not Challenge.objects.exists()


# --- Showing and checking --------------------------------------------------------------------------------------------


def test_agents_own_mail_proves_nothing_of_the_person(clock: Clock) -> None:
    request = _confirmed(clock)

    assert (request.state, request.submission.verified_level) == (State.VERIFYING, Level.NOTHING)
    letter = builders.letters_to(request.submission, "mandate_asked")[-1]
    assert letter.checks
    assert "/agents/paper/" in letter.paper
    assert not letter.asks_person


@pytest.mark.parametrize("kind", sorted(set(TICKS) - {"signed_permission"}))
def test_paper_that_shows_everything_opens_the_request(clock: Clock, kind: str) -> None:
    request = _check(_confirmed(clock, claim=_claim(kind)), clock, *TICKS[kind])

    assert request.state == State.IN_REVIEW
    assert (request.submission.verified_level, request.submission.verified_method) == (
        Level.STRONG,
        Method.POWER_OF_ATTORNEY,
    )
    assert not request.submission.of_record
    assert identifiers.known_identifiers(request.submission) == {"email": [builders.ADA]}
    check = Check.objects.get(about=request.submission_id)
    assert (check.method, check.verifier) == (Method.POWER_OF_ATTORNEY, str(builders.staff("ivy").pk))


@pytest.mark.parametrize("kind", sorted(TICKS))
def test_forged_paper_is_not_accepted_without_every_tick(clock: Clock, kind: str) -> None:
    request = _confirmed(clock, claim=_claim(kind))

    for left_out in TICKS[kind]:
        with pytest.raises(Incomplete) as refused:
            _check(request, clock, *(tick for tick in TICKS[kind] if tick != left_out))
        assert set(refused.value.problems) == {"checks"}

    again = builders.again(request)
    assert (again.state, again.submission.proved_sealed) == (State.VERIFYING, None)
    assert _mandate(request).checked_at is None


def test_california_power_of_attorney_needs_notary_or_witnesses(clock: Clock) -> None:
    request = _confirmed(clock, country="US", region="CA", relationship="visitor")

    with pytest.raises(Incomplete, match="notary"):
        _check(request, clock, *POA)

    assert _check(request, clock, *POA, "notary_or_witnesses").state == State.IN_REVIEW


def test_call_detail_needs_the_address_of_record_beside_the_paper(clock: Clock, tmp_path: Path) -> None:
    organisation.contacts(tmp_path, clock(), (builders.ADA, "A-1", "+353861110000", None), told=("phone",))
    request = _confirmed(clock, country="US", region="CA")
    request = _check(request, clock, *POA, "notary_or_witnesses")
    assert (request.state, request.submission.of_record) == (State.VERIFYING, False)

    _say(request, clock, yes=True)

    # Nothing says that the address is on file, so somebody has to ring the number that is.
    assert builders.again(request).state == State.VERIFYING
    calling.show(request.pk, by=_ivy(), at=clock())
    proving.check_identity(request.pk, Method.CALL_BACK, "passed", by=_ivy(), at=clock())
    assert builders.again(request).state == State.IN_REVIEW


def test_child_near_the_age_is_heard(clock: Clock) -> None:
    request = _confirmed(clock, claim=_claim("guardian", child_age=15))

    with pytest.raises(Incomplete, match="heard"):
        _check(request, clock, *TICKS["guardian"])

    assert _check(request, clock, *TICKS["guardian"], "child_heard").state == State.IN_REVIEW


def test_refusal_names_what_is_missing_and_the_agent_may_show_it_again(clock: Clock) -> None:
    request = _confirmed(clock)
    clock.tick(hours=1)
    request = _check(request, clock, "dated", result="refused", reason="The second page is missing.")

    letter = builders.letters_to(request.submission, "mandate_asked")[-1]
    assert len(letter.missing) == len(POA) - 1
    assert "second page" in letter.reason
    assert (_mandate(request).state, request.state) == (MandateState.REFUSED, State.VERIFYING)
    clock.tick(hours=1)
    assert _check(request, clock, *POA).state == State.IN_REVIEW


def test_what_is_not_asked_for_cannot_be_ticked(clock: Clock) -> None:
    request = _confirmed(clock)

    for finding in (
        Finding("accepted", (*POA, "shoe_size")),
        Finding("maybe", POA),
        Finding("accepted", POA, until=clock().date() - timedelta(days=1)),
    ):
        with pytest.raises(Incomplete):
            agents.check(request.pk, finding, by=_ivy(), at=clock())


def test_only_who_checks_identities_checks_papers(clock: Clock) -> None:
    request = _confirmed(clock)

    with pytest.raises(NotAllowed):
        agents.check(request.pk, Finding("accepted", POA), by=builders.hal(), at=clock())


def test_checked_paper_is_not_checked_again_and_one_who_asks_for_himself_has_none(clock: Clock) -> None:
    request = _confirmed(clock, Right.ACCESS, Right.PORTABILITY)
    _check(request, clock, *POA)
    own = builders.file(at=clock()).submission

    assert {each.state for each in request.submission.requests.all()} == {State.IN_REVIEW}
    with pytest.raises(WrongState) as refused:
        _check(builders.only(own), clock, *POA)
    assert refused.value.code == "no-mandate"


# --- The person ------------------------------------------------------------------------------------------------------


def test_signed_permission_counts_once_paper_and_person_say_so(clock: Clock) -> None:
    request = _confirmed(clock, claim=_claim("signed_permission"))
    accepted = _check(request, clock, *LETTER)
    assert accepted.state == State.VERIFYING

    _say(request, clock, yes=True)

    now = builders.again(request)
    assert (now.state, now.submission.verified_level) == (State.IN_REVIEW, Level.CHANNEL)
    assert identifiers.known_identifiers(now.submission) == {"email": [builders.ADA]}
    assert _mandate(request).expires_on == date(2027, 3, 5)


def test_person_may_confirm_before_the_paper_is_seen(clock: Clock) -> None:
    request = _confirmed(clock, claim=_claim("signed_permission"))
    _say(request, clock, yes=True)
    _say(request, clock, yes=True)
    assert builders.again(request).state == State.VERIFYING

    assert _check(request, clock, *LETTER).state == State.IN_REVIEW
    assert request.submission.events.filter(verb="principal_confirmed").count() == 1


def test_person_who_gave_none_stops_everything_and_calls_people(clock: Clock) -> None:
    builders.staff("dora", "officer_requests")
    request = _check(_confirmed(clock, claim=_claim("signed_permission")), clock, *LETTER)

    _say(request, clock, yes=False)

    now = builders.again(request)
    assert now.submission.stopped_at is not None
    assert _mandate(request).state == MandateState.REVOKED
    assert builders.letters_to(now.submission, "staff_called")
    assert builders.letters_to(now.submission, "mandate_ended")
    with pytest.raises(WrongState):
        _check(request, clock, *LETTER)


def test_yes_after_no_changes_nothing(clock: Clock) -> None:
    request = _check(_confirmed(clock, claim=_claim("signed_permission")), clock, *LETTER)
    _say(request, clock, yes=False)

    seen = _say(request, clock, yes=True)

    assert seen.answered == "no"
    assert builders.again(request).state == State.VERIFYING


def test_where_a_power_of_attorney_replaces_it_the_person_is_told_and_not_asked(clock: Clock) -> None:
    request = _check(_confirmed(clock), clock, *POA)

    letter = builders.letters_to(request.submission, "mandate_confirm")[-1]
    assert not letter.link
    principals.withdraw(builders.token_in(letter.withdraw), at=clock())
    assert builders.again(request).submission.stopped_at is not None


@pytest.mark.parametrize("kind", ["guardian", "authorised_representative"])
def test_whom_nobody_has_to_ask_is_not_written_to_unasked(clock: Clock, kind: str) -> None:
    request = _confirmed(clock, claim=_claim(kind, person_email=""), identifiers={"account": ("A-1",)})
    request = _check(request, clock, *TICKS[kind])

    assert not Message.objects.filter(kind="mandate_confirm").exists()
    assert request.state == State.IN_REVIEW


def test_person_takes_the_permission_back_after_release_and_nothing_can_be_downloaded(
    clock: Clock, tmp_path: Path
) -> None:
    organisation.desk(tmp_path, clock())
    request = _check(_confirmed(clock), clock, *POA)
    withdraw = builders.token_in(builders.letters_to(request.submission, "mandate_confirm")[-1].withdraw)
    drain(clock())
    ready = _ready(request, clock)
    assert ready.state == State.READY

    principals.withdraw(withdraw, at=clock() + timedelta(days=1))

    with pytest.raises(WrongState):
        delivery.ask_code(ready.pk, at=clock() + timedelta(days=1))
    stopping.resume(ready.pk, "Rang the person.", by=builders.vera(), at=clock() + timedelta(days=2))
    with pytest.raises(WrongState) as refused:
        delivery.ask_code(ready.pk, at=clock() + timedelta(days=2))
    assert refused.value.code == "no-authority"


def test_staff_take_the_persons_word_that_it_is_over(clock: Clock) -> None:
    request = _check(_confirmed(clock), clock, *POA)

    principals.revoke(request.pk, "Ada rang from the number on file.", by=builders.hal(), at=clock())

    assert _mandate(request).state == MandateState.REVOKED
    assert builders.again(request).submission.stopped_at is not None


# --- What is handed over ---------------------------------------------------------------------------------------------


def test_agent_gets_the_persons_data_and_nothing_of_its_own(clock: Clock, tmp_path: Path) -> None:
    organisation.desk(tmp_path, clock())
    request = _confirmed(clock, email=builders.MAX)
    request = _check(request, clock, *POA)
    drain(clock())
    ready = _ready(request, clock)

    assert mandated.release_address(ready, clock()) == builders.MAX
    with builders.opened(ready, clock()) as package:
        everything = b"".join(package.read(name) for name in package.namelist())
    assert b"Ada Lovelace" in everything
    assert b"Max Stranger" not in everything


def test_answer_goes_to_the_person_where_the_agent_may_not_have_it(clock: Clock, tmp_path: Path) -> None:
    organisation.desk(tmp_path, clock())
    request = _check(_confirmed(clock), clock, *POA, to_person=True)
    drain(clock())
    ready = _ready(request, clock)

    delivery.ask_code(ready.pk, at=clock())

    code = Message.objects.get(kind="download_code")
    assert code.open("to") == builders.ADA
    assert _mandate(request).may_receive is False


def test_advocate_talks_and_does_not_receive(clock: Clock, tmp_path: Path, settings: Any) -> None:
    """As shipped an advocate may only complain; here the rules of an installation let one ask for access, too."""
    was = 'rights = ["complaint", "bcr_complaint"]'
    settings.RULES_DIR = lawbook.replaced(
        tmp_path / "rules", "ladder/mandates.toml", was, was.replace("]", ', "access"]')
    )
    organisation.desk(tmp_path, clock())
    request = _confirmed(clock, claim=_claim("advocate"))
    _say(request, clock, yes=True)
    request = _check(request, clock, "named_by_person")
    drain(clock())
    ready = _ready(request, clock)

    assert mandated.release_address(ready, clock()) == builders.ADA
    assert {message.open("to") for message in Message.objects.filter(kind="answer_ready")} == {AGENT}


def test_nobody_gets_the_answer_while_no_address_of_the_person_is_proved(clock: Clock, tmp_path: Path) -> None:
    organisation.desk(tmp_path, clock())
    request = _check(_confirmed(clock), clock, *POA, to_person=True)
    drain(clock())
    ready = _ready(request, clock)
    submission = ready.submission
    submission.seal_json("proved", {"account": ["A-1"]})
    submission.save(update_fields=["proved_sealed"])

    with pytest.raises(WrongState) as refused:
        delivery.ask_code(ready.pk, at=clock())
    assert refused.value.code == "no-address"


# --- Attacks ---------------------------------------------------------------------------------------------------------


def test_forged_letter_with_an_accomplices_address_finds_nothing_of_the_victim(clock: Clock, tmp_path: Path) -> None:
    """The letter passes, the accomplice says yes, and what is claimed is Ada's: only the accomplice's is searched."""
    organisation.desk(tmp_path, clock())
    accomplice = "accomplice@evil.example"
    request = _confirmed(
        clock, identifiers={"account": ("A-1",)}, claim=_claim("signed_permission", person_email=accomplice)
    )
    _say(request, clock, yes=True)

    request = _check(request, clock, *LETTER)

    assert request.submission.vouched == Vouched.ELSEWHERE
    assert request.state == State.VERIFYING
    assert builders.ADA not in str(identifiers.known_identifiers(request.submission))
    assert Signal.objects.filter(submission=request.submission, code="agent_without_history").exists()


def test_forged_power_of_attorney_is_uncovered_by_the_person_it_names(clock: Clock, tmp_path: Path) -> None:
    builders.staff("dora", "officer_requests")
    organisation.desk(tmp_path, clock())
    request = _check(_confirmed(clock), clock, *POA)
    told = builders.letters_to(request.submission, "mandate_confirm")[-1]
    drain(clock())
    ready = _ready(request, clock)
    challenge = delivery.ask_code(ready.pk, at=clock())
    code = builders.letters_to(ready.submission, "download_code")[-1].code
    session = delivery.open_download(ready.pk, challenge, code, by=Caller.person(), at=clock())

    principals.withdraw(builders.token_in(told.withdraw), at=clock())

    with pytest.raises((WrongState, grants.NoGrant)):
        b"".join(delivery.stream(session, first=None, last=None, at=clock()).chunks)


def test_link_to_the_person_opens_nothing_else(clock: Clock) -> None:
    request = _confirmed(clock, claim=_claim("signed_permission"))
    letter = builders.letters_to(request.submission, "mandate_confirm")[-1]

    assert onfile.alert_of(builders.token_in(letter.link), clock()) is None
    with pytest.raises(NotFound):
        identity.confirm_link(builders.token_in(letter.link), by=Caller.person(), at=clock())
    with pytest.raises(NotFound):
        principals.allow(builders.token_in(letter.withdraw), at=clock())
    assert _mandate(request).principal_confirmed_at is None


def test_asking_the_person_again_and_again_is_not_possible(clock: Clock) -> None:
    for _ in range(30):
        _confirmed(clock, claim=_claim("signed_permission"))
        clock.tick(minutes=5)

    assert Message.objects.filter(kind="mandate_confirm").count() <= 20


def test_checking_and_confirming_cost_few_statements(clock: Clock) -> None:
    request = _confirmed(clock, claim=_claim("signed_permission"))
    letter = builders.letters_to(request.submission, "mandate_confirm")[-1]
    with counted() as checking:
        _check(request, clock, *LETTER)
    with counted() as confirming:
        principals.allow(builders.token_in(letter.link), at=clock())

    assert len(checking) <= 24, len(checking)
    assert len(confirming) <= 30, len(confirming)


def test_answer_to_the_person_needs_an_address_of_theirs(clock: Clock) -> None:
    request = _confirmed(clock, claim=_claim(person_email=""), identifiers={"account": ("A-1",)})

    with pytest.raises(Incomplete) as refused:
        _check(request, clock, *POA, to_person=True)
    assert set(refused.value.problems) == {"to_person"}


def test_paper_that_ends_before_release_releases_nothing(clock: Clock, tmp_path: Path) -> None:
    organisation.desk(tmp_path, clock())
    request = _check(_confirmed(clock), clock, *POA, until=clock().date() + timedelta(days=3))
    drain(clock())
    review.prepare(request.pk, by=builders.hal(), at=clock())

    with pytest.raises(WrongState) as refused:
        review.approve(request.pk, by=builders.vera(), at=clock() + timedelta(days=5))

    assert refused.value.code == "no-authority"
    assert mandated.release_address(builders.again(request), clock() + timedelta(days=5)) == ""


def test_claimed_identifiers_are_searched_by_only_when_shown_or_on_file(clock: Clock, tmp_path: Path) -> None:
    organisation.desk(tmp_path, clock())
    claims = {"account": ("A-2",)}
    request = _confirmed(clock, identifiers=claims, claim=_claim(person_email="ada@elsewhere.example"))
    assert request.submission.vouched == Vouched.ELSEWHERE

    request = _check(request, clock, *POA)

    assert identifiers.known_identifiers(request.submission) == {"email": ["ada@elsewhere.example"]}


def test_claims_that_the_paper_shows_are_searched_by(clock: Clock) -> None:
    request = _confirmed(clock, identifiers={"account": ("A-1",)}, claim=_claim(person_email=""))

    request = _check(request, clock, *POA, claims=True)

    assert identifiers.known_identifiers(request.submission) == {"account": ["A-1"]}


def test_agents_own_address_among_the_identifiers_finds_nothing(clock: Clock) -> None:
    request = _confirmed(clock, email=builders.MAX, identifiers={"email": (builders.MAX, builders.ADA)})

    request = _check(request, clock, *POA, claims=True)

    assert identifiers.known_identifiers(request.submission) == {"email": [builders.ADA]}


@pytest.mark.parametrize(
    "shown", [{"email": [builders.MAX]}, {"account": ["A-2"]}, {"email": [builders.MAX, "x@y.example"]}, {}]
)
def test_sign_in_to_the_agents_own_account_shows_nothing(clock: Clock, shown: dict[str, list[str]]) -> None:
    submission = _file(clock, email=builders.MAX, identifiers={"account": ("A-1",), "email": (builders.MAX,)})

    with pytest.raises(WrongState) as refused:
        mandated.check_sign_in(submission, shown)
    assert refused.value.code == "not-their-account"


@pytest.mark.parametrize("shown", [{"email": [builders.ADA.upper()]}, {"account": ["A-1"], "email": [builders.MAX]}])
def test_sign_in_to_the_persons_account_counts(clock: Clock, shown: dict[str, list[str]]) -> None:
    submission = _file(clock, email=builders.MAX, identifiers={"account": ("A-1",)})

    mandated.check_sign_in(submission, shown)
    mandated.check_sign_in(builders.file(at=clock()).submission, {"email": [builders.MAX]})
    assert submission.for_other


# --- Agencies --------------------------------------------------------------------------------------------------------


def _agency(clock: Clock, level: int = 2, domain: str = "agency.example", **changes: Any) -> Any:
    dora = Caller.of_user(_with_agencies(), "admin")
    return agencies.save(None, agencies.Particulars("The Agency", domain, level, **changes), by=dora, at=clock())


def _with_agencies() -> Any:
    from django.contrib.auth.models import Permission

    user = builders.staff("dora", "officer_requests")
    user.user_permissions.add(*Permission.objects.filter(content_type__model="agency"))
    return type(user).objects.get(pk=user.pk)


def test_agency_is_known_by_the_domain_of_the_confirmed_address(clock: Clock) -> None:
    agency = _agency(clock)
    request = _confirmed(clock, claim=_claim("signed_permission", identity_checked=True))

    assert _mandate(request).agency == agency
    assert not Signal.objects.filter(code="agent_without_history").exists()
    _say(request, clock, yes=True)
    request = _check(request, clock, *LETTER)
    assert (request.submission.verified_level, request.submission.verified_method) == (Level.KNOWN, Method.AGENCY)


@pytest.mark.parametrize(
    ("changes", "email", "says"),
    [
        ({"active": False}, AGENT, True),
        ({}, "mandy@evil-agency.example", True),
        ({}, "mandy@sub.agency.example", True),
        ({"level": 0}, AGENT, True),
        ({}, AGENT, False),
    ],
)
def test_agency_counts_only_as_far_as_it_is_trusted(
    clock: Clock, changes: dict[str, Any], email: str, says: bool
) -> None:
    _agency(clock, **changes)
    request = _confirmed(clock, email=email, claim=_claim("signed_permission", identity_checked=says))
    _say(request, clock, yes=True)

    request = _check(request, clock, *LETTER)

    assert request.submission.verified_level == Level.CHANNEL


@pytest.mark.parametrize("domain", ["gmail.com", "nodots", "a b.example", "-x.example", "mailinator.com"])
def test_domain_at_which_anybody_writes_is_no_agency(clock: Clock, domain: str) -> None:
    with pytest.raises(Incomplete) as refused:
        _agency(clock, domain=domain)
    assert "domain" in refused.value.problems


def test_agency_is_entered_by_the_officer_and_once(clock: Clock) -> None:
    agency = _agency(clock)
    with pytest.raises(Incomplete):
        _agency(clock, domain="AGENCY.example")
    with pytest.raises(NotAllowed):
        agencies.save(agency.pk, agencies.Particulars("X", "x.example"), by=builders.vera(), at=clock())
    request = _confirmed(clock)
    assert [use.reference for use in agencies.uses(agency.pk)] == [request.submission.reference]


# --- Time ------------------------------------------------------------------------------------------------------------


def test_agent_is_reminded_of_the_paper_and_then_it_ends(clock: Clock) -> None:
    request = _confirmed(clock, claim=_claim("signed_permission"))
    clock.tick(days=22)
    drain(clock())

    assert Message.objects.filter(kind="mandate_asked").count() == 2
    assert Message.objects.filter(kind="mandate_confirm").count() == 2
    clock.tick(days=10)
    drain(clock())
    assert builders.again(request).state == State.CLOSED


def test_taken_up_again_everything_is_shown_anew(clock: Clock) -> None:
    request = _confirmed(clock, claim=_claim("signed_permission"))
    _say(request, clock, yes=True)
    clock.tick(days=40)
    drain(clock())
    identity.reopen(request.submission_id, by=Caller.person(), at=clock())
    mandate = _mandate(request)
    assert (mandate.principal_confirmed_at, mandate.agent_confirmed_at) == (None, None)

    builders.confirm(request.submission, clock())

    assert builders.letters_to(request.submission, "mandate_confirm")


def test_forgotten_case_keeps_neither_agent_nor_person(clock: Clock, settings: Any) -> None:
    request = _confirmed(clock, claim=_claim("signed_permission"))
    withdraw = builders.token_in(builders.letters_to(request.submission, "mandate_confirm")[-1].withdraw)
    review.withdraw(request.pk, by=Caller.person(), at=clock())
    clock.tick(days=1 + settings.CASE_KEPT_DAYS)
    drain(clock())

    mandate = Mandate.objects.get(about=request.submission_id)
    assert Submission.objects.get().purged_at is not None
    assert (mandate.agent_fingerprint, mandate.agent_name_sealed, mandate.principal_email_sealed) == ("", None, None)
    left = Challenge.objects.filter(about__in=(mandate.pk, request.submission_id))
    assert {(row.address_fingerprint, row.address_sealed) for row in left} == {("", None)}
    assert principals.withdrawal(withdraw, clock()) is None
