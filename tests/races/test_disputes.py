"""Complaints, appeals, reports and referrals under many hands: each is answered once, and each ends one way."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dsr.errors import RecourseError
from dsr.lifecycle import Outcome, State
from dsr.models import (
    AgeFinding,
    Customer,
    Deadline,
    DeadlineKind,
    Event,
    Found,
    Referral,
    SubjectRequest,
    Submission,
)
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import history, purging, referring, review, sheltering
from dsr.services.complaints import answering, appeals, looking
from dsr.services.referring import Elsewhere
from notifications.ids import uuid7
from notifications.models import Message
from tests import builders, contesting, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.together import together

pytestmark = pytest.mark.django_db(transaction=True)
PERSON = Caller.person()
ROUNDS = range(4)
"""How often two different acts meet: which of them comes first is not ours to say."""
DIRECTED = "Another organisation decides about these data; their notice says how they are reached."


@pytest.fixture(autouse=True)
def _world(clock: Clock, tmp_path: Path, settings: Any, db: None) -> None:
    """One real system, and a vault of the test's own."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    organisation.desk(tmp_path, clock())


def _codes(*acts: Callable[[], object]) -> list[str]:
    """Do all at once; return what each came to, "" for what was done. Nothing unforeseen may be raised."""
    found = together(acts)
    for each in found:
        assert isinstance(each, RecourseError) or not isinstance(each, Exception), repr(each)
    return [each.code if isinstance(each, RecourseError) else "" for each in found]


def _made(request: SubjectRequest, *verbs: str) -> int:
    return Event.objects.filter(request=request, verb__in=verbs).count()


def _told(submission: Submission, kind: str) -> int:
    return Message.objects.filter(about=submission.pk, kind=kind).count()


def _whole(*requests: SubjectRequest) -> None:
    """What must hold whatever has happened."""
    for request in requests:
        now = builders.again(request)
        assert history.verify(now.submission.reference).whole
        assert (now.state == State.CLOSED) == bool(now.outcome) == (now.closed_at is not None)
        assert Event.objects.filter(request=now).latest("seq").to_state == now.state


def _approvers() -> list[Caller]:
    return [
        Caller.of_user(builders.staff(name, "work_requests", "approve_requests"), "admin")
        for name in ("vera", "wilma", "xenia")
    ]


# --- Complaints ------------------------------------------------------------------------------------------------------


def test_complaint_that_many_answer_at_once_is_answered_once(clock: Clock) -> None:
    request = contesting.proposed(contesting.complained(clock()), clock.tick())

    codes = _codes(*(partial(answering.answer, request.pk, by=by, at=clock.tick(minutes=5)) for by in _approvers()))

    assert sorted(codes) == ["", "wrong-state", "wrong-state"]
    assert _made(request, "answer_complaint") == _told(request.submission, "complaint_answered") == 1
    _whole(request)


def test_complaint_that_many_take_on_at_once_is_with_the_last_of_them_alone(clock: Clock) -> None:
    request = contesting.complained(clock())
    takers = _approvers()

    codes = _codes(*(partial(looking.take, request.pk, by=by, at=clock()) for by in takers))

    now = builders.again(request)
    assert codes == ["", "", ""]
    last = Event.objects.filter(request=request, verb="take_complaint").latest("seq")
    assert str(now.investigator_id) == last.actor_id
    for by in takers:
        add = partial(looking.add_finding, request.pk, contesting.finding(), by=by, at=clock.tick())
        [code] = _codes(add)
        assert code == ("" if by.user_id == now.investigator_id else "not-investigator")
    _whole(request)


def test_findings_that_are_added_at_once_each_have_a_number(clock: Clock) -> None:
    request = contesting.complained(clock())
    looking.take(request.pk, by=contesting.ines(), at=clock())
    add = partial(looking.add_finding, request.pk, contesting.finding(), by=contesting.ines(), at=clock.tick())

    assert _codes(add, add, add, add) == [""] * 4

    assert sorted(request.findings.values_list("number", flat=True)) == [1, 2, 3, 4]
    _whole(request)


def test_complaint_is_withdrawn_or_answered_and_told_so(clock: Clock) -> None:
    for _ in ROUNDS:
        request = contesting.proposed(contesting.complained(clock.tick()), clock.tick())
        vera, at = builders.vera(), clock.tick(minutes=5)

        codes = _codes(
            partial(answering.answer, request.pk, by=vera, at=at),
            partial(review.withdraw, request.pk, by=PERSON, at=at),
        )

        now = builders.again(request)
        assert sorted(codes) == ["", "wrong-state"]
        ended = (_told(now.submission, "complaint_answered"), _told(now.submission, "closed"))
        assert ended == ((0, 1) if now.outcome == Outcome.WITHDRAWN else (1, 0))
        assert now.outcome in (Outcome.WITHDRAWN, Outcome.JUSTIFIED)
        _whole(request)


# --- Appeals ---------------------------------------------------------------------------------------------------------


def test_appeal_that_is_filed_at_once_is_one(clock: Clock) -> None:
    parent = contesting.refused(clock())
    sam, at = builders.sam(), clock.tick()

    codes = _codes(
        *(partial(appeals.file, parent.pk, f"Look again, {n}.", by=PERSON if n % 2 else sam, at=at) for n in range(4))
    )

    assert sorted(codes) == ["", "appeal-open", "appeal-open", "appeal-open"]
    appeal = parent.contested.get()
    assert _made(parent, "appeal") == 1
    assert Message.objects.filter(about=parent.submission_id, dedupe_key=f"appealed:{appeal.pk}").count() == 1
    _whole(parent, appeal)


def test_appeal_that_many_decide_at_once_is_decided_once(clock: Clock) -> None:
    parent = contesting.refused(clock())
    appeal = contesting.appealed(parent, clock.tick())
    appeals.propose(appeal.pk, "overturned", contesting.WHY, by=contesting.ines(), at=clock.tick())

    codes = _codes(*(partial(appeals.decide, appeal.pk, by=by, at=clock.tick()) for by in _approvers()))

    assert sorted(codes) == ["", "wrong-state", "wrong-state"]
    assert _made(parent, "reconsider") == _told(parent.submission, "appeal_decided") == 1
    assert parent.steps.count() == 1  # the systems are searched once
    assert builders.again(parent).state == State.IN_REVIEW
    _whole(parent, appeal)


def test_appeal_that_two_propose_at_once_has_one_proposal_and_no_decider_of_their_own(clock: Clock) -> None:
    appeal = contesting.appealed(contesting.refused(clock()), clock.tick())
    olga, vera, at = contesting.olga(), builders.vera(), clock.tick()

    codes = _codes(
        partial(appeals.propose, appeal.pk, "upheld", contesting.WHY, by=olga, at=at),
        partial(appeals.propose, appeal.pk, "overturned", contesting.WHY, by=vera, at=at),
    )

    now = builders.again(appeal)
    assert sorted(codes) == ["", "already-prepared"]
    assert now.proposed_outcome == ("upheld" if now.prepared_by_id == olga.user_id else "overturned")
    mine = olga if now.prepared_by_id == olga.user_id else vera
    assert _codes(partial(appeals.decide, appeal.pk, by=mine, at=clock.tick())) == ["four-eyes"]
    _whole(appeal)


def test_appeal_is_withdrawn_or_decided_and_reopens_only_what_was_won(clock: Clock) -> None:
    for _ in ROUNDS:
        parent = contesting.refused(clock.tick())
        appeal = contesting.appealed(parent, clock.tick())
        appeals.propose(appeal.pk, "overturned", contesting.WHY, by=contesting.ines(), at=clock.tick())
        olga, at = contesting.olga(), clock.tick()

        codes = _codes(
            partial(appeals.decide, appeal.pk, by=olga, at=at),
            partial(review.withdraw, appeal.pk, by=PERSON, at=at),
        )

        won = builders.again(appeal).outcome == Outcome.OVERTURNED
        assert sorted(codes) == ["", "wrong-state"]
        assert builders.again(parent).state == (State.IN_REVIEW if won else State.CLOSED)
        assert _made(parent, "reconsider") == _told(parent.submission, "appeal_decided") == int(won)
        _whole(parent, appeal)


def _forgotten_meanwhile(clock: Clock, act: Callable[[SubjectRequest], Callable[[], object]], *, appealed: bool) -> str:
    """Let the day come on which a refused case is forgotten, and do something with it at that moment."""
    parent = contesting.refused(clock.tick())
    purge = Deadline.objects.get(submission=parent.submission, kind=DeadlineKind.PURGE)
    if appealed:
        contesting.appealed(parent, clock.tick())
    doing, at = act(parent), purge.due_at + timedelta(minutes=1)

    [code, _none] = _codes(doing, partial(purging.purge, purge, at))

    now = Submission.objects.get(pk=parent.submission_id)
    gone = now.purged_at is not None
    assert gone == bool(code)  # what was done is not forgotten, and what was forgotten was not done
    assert gone == (now.email_fingerprint == "")
    assert _made(parent, "reconsider", "appeal") == (0 if gone else 1 + appealed)
    assert history.verify(now.reference).whole
    return code


def test_appeal_that_is_filed_while_the_case_is_forgotten_is_taken_whole_or_not_at_all(
    clock: Clock, settings: Any
) -> None:
    settings.CASE_KEPT_DAYS = 3
    at = lambda: clock.tick(days=3, minutes=1)  # noqa: E731

    def file(parent: SubjectRequest) -> Callable[[], object]:
        return partial(appeals.file, parent.pk, "Look again.", by=PERSON, at=at())

    assert {_forgotten_meanwhile(clock, file, appealed=False) for _ in ROUNDS} <= {"", "purged"}


def test_request_whose_appeal_is_won_is_not_forgotten_at_that_moment(clock: Clock, settings: Any) -> None:
    settings.CASE_KEPT_DAYS = 3

    def decide(parent: SubjectRequest) -> Callable[[], object]:
        appeal = parent.contested.get()
        appeals.propose(appeal.pk, "overturned", contesting.WHY, by=contesting.ines(), at=clock.tick())
        return partial(appeals.decide, appeal.pk, by=contesting.olga(), at=clock.tick(days=3))

    assert {_forgotten_meanwhile(clock, decide, appealed=True) for _ in ROUNDS} == {""}


# --- A child's account -----------------------------------------------------------------------------------------------


def _sought(clock: Clock) -> SubjectRequest:
    """A report whose account Hal has found."""
    request = builders.only(builders.file(Right.CHILD_ACCOUNT, at=clock.tick()).submission)
    sheltering.find_account(request.pk, by=builders.hal(), at=clock.tick(), account=builders.ADA)
    drain(clock.now)
    return request


def test_account_that_two_look_for_at_once_has_one_case(clock: Clock) -> None:
    request = builders.only(builders.file(Right.CHILD_ACCOUNT, at=clock.tick()).submission)
    at = clock.tick()

    codes = _codes(
        *(partial(sheltering.find_account, request.pk, by=by, at=at, account=builders.ADA) for by in _approvers())
    )

    assert codes == ["", "", ""]
    age = AgeFinding.objects.get(request=request)
    open_ones = SubjectRequest.objects.filter(submission__sheltered=True).exclude(state=State.CLOSED)
    assert set(open_ones.values_list("submission_id", flat=True)) == {age.shelter_id}  # an earlier look is given up
    _whole(request)


def test_account_that_two_find_to_be_a_childs_at_once_is_shut_once(clock: Clock) -> None:
    request = _sought(clock)
    said = sheltering.Assessment(Found.CHILD, "The file says so.", ("birth_date",))

    codes = _codes(*(partial(sheltering.assess, request.pk, said, by=by, at=clock.tick()) for by in _approvers()))

    assert sorted(codes) == ["", "age-settled", "age-settled"]
    parts = SubjectRequest.objects.filter(submission__sheltered=True)
    assert Event.objects.filter(request__in=parts, verb="shut").count() == 1
    assert Event.objects.filter(request__in=parts, verb="prepare").count() == 1
    drain(clock.tick())
    assert parts.get(right=Right.RESTRICTION).tasks.count() == 1
    _whole(request, *parts)


def test_two_who_agree_and_disagree_at_once_settle_it_one_way(clock: Clock) -> None:
    for _ in ROUNDS:
        request = _sought(clock)
        said = sheltering.Assessment(Found.NOT_CHILD, "Her contract says that she is forty.", ("signed_contract",))
        sheltering.assess(request.pk, said, by=builders.hal(), at=clock.tick())
        vera, dora, at = builders.vera(), builders.dora(), clock.tick()

        codes = _codes(
            partial(sheltering.confirm, request.pk, by=vera, at=at),
            partial(sheltering.weigh_anew, request.pk, "Look at the pictures, too.", by=dora, at=at),
        )

        age = AgeFinding.objects.get(request=request)
        confirmed = codes[0] == ""
        assert sorted(map(bool, codes)) == [False, True]
        assert (age.final_at is not None) == confirmed
        assert age.confirmed_by_id == (vera.user_id if confirmed else None)
        assert age.found == (Found.NOT_CHILD if confirmed else "")
        _whole(request)


# --- The wrong door --------------------------------------------------------------------------------------------------


@pytest.fixture
def shop(clock: Clock, db: None) -> Customer:
    """A customer whose end user turns up."""
    return Customer.objects.create(
        id=uuid7(clock()), name="Blue Parcel", contact="privacy@parcel.example", agreement="DPA 7", since=clock()
    )


def test_request_that_many_direct_elsewhere_at_once_has_one_line_in_the_register(clock: Clock, shop: Customer) -> None:
    request = builders.in_review(at=clock(), relationship="end_user")
    where = Elsewhere(shop.pk, "named")

    codes = _codes(
        *(partial(review.redirect, request.pk, DIRECTED, where, by=by, at=clock.tick()) for by in _approvers())
    )

    assert sorted(codes) == ["", "wrong-state", "wrong-state"]
    assert Referral.objects.filter(request=request).count() == 1
    assert _told(request.submission, "customer_told") == _told(request.submission, "closed") == 1
    assert builders.again(request).outcome == Outcome.REDIRECTED
    _whole(request)


def test_request_is_directed_elsewhere_or_answered_here(clock: Clock, shop: Customer) -> None:
    for _ in ROUNDS:
        request = builders.prepared(clock.tick(), relationship="end_user")
        vera, wilma, _x = _approvers()

        codes = _codes(
            partial(review.redirect, request.pk, DIRECTED, Elsewhere(shop.pk, "named"), by=vera, at=clock.tick()),
            partial(review.approve, request.pk, by=wilma, at=clock.tick()),
        )

        now = builders.again(request)
        assert sorted(codes) == ["", "wrong-state"]
        assert (now.outcome == Outcome.REDIRECTED) == (Referral.objects.filter(request=request).count() == 1)
        assert (now.state == State.FULFILLING) == (codes[1] == "")
        _whole(request)


def test_customers_word_that_two_note_at_once_is_noted_once(clock: Clock, shop: Customer) -> None:
    request = builders.in_review(at=clock(), relationship="end_user")
    review.refer(request.pk, Elsewhere(shop.pk, "named"), by=builders.hal(), at=clock.tick())
    line, at = Referral.objects.get(), clock.tick(days=1)

    codes = _codes(*(partial(referring.answered, request.pk, line.pk, by=by, at=at) for by in _approvers()))

    assert sorted(codes) == ["", "not-found", "not-found"]
    assert _made(request, "referral_answered") == 1
    _whole(request)
