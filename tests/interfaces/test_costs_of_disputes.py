"""Complaints, appeals, reports of children, referrals and reviews cost as many statements however much there is."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from dsr.api import authentication, throttles
from dsr.lifecycle import State
from dsr.models import Customer, Found, Referral, SubjectRequest, Submission
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import review, sheltering, telling
from dsr.services.complaints import answering, appeals, looking
from dsr.services.referring import Elsewhere
from dsr.services.reviews import concluding, working
from notifications.ids import uuid7
from tests import builders, contesting, reviews
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.admin import desk
from tests.interfaces.api import client as api
from tests.interfaces.public.visitor import Visitor
from tests.services.conftest import storage_of_its_own, systems
from tests.statements import counted

__all__ = ["storage_of_its_own", "systems"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("systems", "storage_of_its_own")]
PERSON = Caller.person()
FEW, MANY = 1, 4
Make = Callable[[Clock, int], SubjectRequest]
Given = dict[str, Any]


@pytest.fixture(autouse=True)
def _time_stands_still(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", clock)
    monkeypatch.setattr(authentication, "BELIEVED", 0.0)
    authentication.forget()
    throttles.forget()


# --- What there is one of, or many ------------------------------------------------------------------------------------


def looked_into(clock: Clock, number: int) -> SubjectRequest:
    """A complaint with as many findings, enquiries and promises."""
    request = contesting.complained(clock.tick())
    ines, owner = contesting.ines(), builders.staff("hal").username
    looking.take(request.pk, by=ines, at=clock.tick())
    for each in range(1, number + 1):
        found = contesting.finding(point=f"Point {each}.", reason=f"In week {each}: {contesting.REASON}")
        looking.add_finding(request.pk, found, by=ines, at=clock.tick())
        looking.enquire(request.pk, "The mail team", f"What of week {each}?", by=ines, at=clock.tick())
        looking.note_reply(request.pk, each, "Nothing.", by=ines, at=clock.tick())
        looking.promise(request.pk, f"Done {each}.", owner, date(2027, 1, each), by=ines, at=clock.tick())
    return builders.again(request)


def to_answer(clock: Clock, number: int) -> SubjectRequest:
    """A complaint whose answer is proposed."""
    request = looked_into(clock, number)
    answering.propose(request.pk, contesting.ANSWER, by=contesting.ines(), at=clock.tick())
    return builders.again(request)


def answered(clock: Clock, number: int) -> SubjectRequest:
    """A complaint that was answered."""
    request = to_answer(clock, number)
    answering.answer(request.pk, by=builders.vera(), at=clock.tick())
    return builders.again(request)


def contested(clock: Clock, number: int) -> SubjectRequest:
    """A refused request with appeals that were taken back."""
    parent = contesting.refused(clock.tick())
    for _ in range(number):
        review.withdraw(contesting.appealed(parent, clock.tick()).pk, by=PERSON, at=clock.tick())
    return builders.again(parent)


def appeal(clock: Clock, number: int) -> SubjectRequest:
    """An appeal after others."""
    return contesting.appealed(contested(clock, number - 1), clock.tick())


def ruled(clock: Clock, number: int, decision: str = "upheld") -> SubjectRequest:
    """An appeal that somebody proposed to decide."""
    found = appeal(clock, number)
    appeals.propose(found.pk, decision, contesting.WHY, by=contesting.ines(), at=clock.tick())
    return builders.again(found)


def reported(clock: Clock, number: int) -> SubjectRequest:
    """A report whose account was looked for as often."""
    request = builders.only(builders.file(Right.CHILD_ACCOUNT, at=clock.tick(), email=builders.MAX).submission)
    for _ in range(number):
        sheltering.find_account(request.pk, by=builders.hal(), at=clock.tick(), account=builders.ADA)
        drain(clock.tick())
    return builders.again(request)


def found_grown(clock: Clock, number: int) -> SubjectRequest:
    """A report on which a second person has to agree."""
    request = reported(clock, number)
    said = sheltering.Assessment(Found.NOT_CHILD, "Her contract says forty.", ("signed_contract",))
    sheltering.assess(request.pk, said, by=builders.hal(), at=clock.tick())
    return builders.again(request)


def shop(clock: Clock) -> Customer:
    """A customer of the directory."""
    known = {"contact": "privacy@parcel.example", "agreement": "DPA 7", "since": clock()}
    return Customer.objects.get_or_create(name="Blue Parcel", defaults={"id": uuid7(clock()), **known})[0]


def referred(clock: Clock, number: int) -> SubjectRequest:
    """A request whose person was directed to a customer as often."""
    request = builders.in_review(at=clock.tick(), relationship="end_user")
    for _ in range(number):
        review.refer(request.pk, Elsewhere(shop(clock).pk, "named"), by=builders.hal(), at=clock.tick())
    return builders.again(request)


def reviewed(clock: Clock, number: int) -> SubjectRequest:
    """A review with as many points and openings."""
    vera = reviews.reviewer("vera")
    decision = reviews.decision(clock.tick(), reference=f"SUS-{uuid7(clock.tick())}")
    request = reviews.filed(clock.tick())
    working.link(request.pk, decision.pk, by=builders.hal(), at=clock.tick())
    working.take(request.pk, by=vera, at=clock.tick())
    for each in range(1, number + 1):
        for material in ("decision", "inputs", "representations"):
            working.open_material(request.pk, material, by=vera, at=clock.tick())
        working.raise_point(request.pk, f"She travelled, {each}.", by=vera, at=clock.tick())
        working.answer_point(request.pk, each, "The records show it.", by=vera, at=clock.tick())
    working.weigh(request.pk, "The roaming records.", by=vera, at=clock.tick())
    working.ease(request.pk, "none", "Nothing is lost in these days.", by=vera, at=clock.tick())
    return builders.again(request)


def upheld(clock: Clock, number: int) -> SubjectRequest:
    """A review that let a decision stand."""
    request, words = reviewed(clock, number), reviews.conclusion(reasons=f"{uuid7(clock.tick())} {reviews.REASONS}")
    return concluding.uphold(request.pk, words, by=reviews.reviewer("vera"), at=clock.tick())


def _costs(make: Make, clock: Clock, spend: Callable[[SubjectRequest], None]) -> tuple[int, int]:
    """Count what one and the same costs where there is little and where there is much; what is read once, is read."""
    spent = []
    for number in (FEW, FEW, MANY):
        request = make(clock, number)
        with counted() as statements:
            spend(request)
        spent.append(len(statements))
    return spent[1], spent[2]


# --- Reading ---------------------------------------------------------------------------------------------------------

READ = [
    pytest.param(answered, "/complaint", 8, id="complaint"),
    pytest.param(contested, "", 7, id="request-with-appeals"),
    pytest.param(appeal, "", 7, id="appeal"),
    pytest.param(appeal, "/complaint", 8, id="what-an-appeal-is-about"),
    pytest.param(reported, "/account", 7, id="account"),
    pytest.param(referred, "", 7, id="request-directed-elsewhere"),
    pytest.param(reviewed, "/review", 11, id="review"),
    pytest.param(contested, "/moves", 6, id="moves"),
    pytest.param(contested, "/clock", 5, id="clock"),
    pytest.param(contested, "/history", 5, id="history"),
]


@pytest.mark.parametrize(("make", "path", "most"), READ)
def test_reading_by_program_costs_the_same(make: Make, path: str, most: int, clock: Clock) -> None:
    vera = api.vera()

    def read(request: SubjectRequest) -> None:
        answer = vera.get(f"/requests/{request.pk}{path}")
        assert answer.status == 200, answer.json

    few, many = _costs(make, clock, read)

    assert few == many <= most


@pytest.mark.parametrize("right", ["complaint", "appeal", "child_account", "automated_decision_review"])
def test_queue_by_program_costs_the_same(right: str, clock: Clock) -> None:
    makes: dict[str, Make] = {
        "complaint": looked_into,
        "appeal": appeal,
        "child_account": reported,
        "automated_decision_review": reviewed,
    }
    hal = api.hal()

    def read(_last: SubjectRequest) -> None:
        answer = hal.get("/requests", right=right, state="all")
        assert answer.status == 200, answer.json
        assert answer.json["results"]

    few, many = _costs(makes[right], clock, read)

    assert few == many <= 5


SHEETS = [
    pytest.param(looked_into, 35, id="complaint"),
    pytest.param(answered, 30, id="answered-complaint"),
    pytest.param(contested, 29, id="request-with-appeals"),
    pytest.param(appeal, 25, id="appeal"),
    pytest.param(reported, 32, id="report"),
    pytest.param(referred, 34, id="request-directed-elsewhere"),
    pytest.param(reviewed, 50, id="review"),
]


@pytest.mark.parametrize(("make", "most"), SHEETS)
def test_worksheet_costs_the_same(make: Make, most: int, clock: Clock) -> None:
    browser = desk.signed_in("vera")

    def read(request: SubjectRequest) -> None:
        assert browser.get(desk.sheet(request)).status_code == 200

    few, many = _costs(make, clock, read)

    assert few == many <= most


LISTS = [
    pytest.param(looked_into, f"{desk.QUEUE}?right=complaint", id="complaints"),
    pytest.param(appeal, f"{desk.QUEUE}?right=appeal", id="appeals"),
    pytest.param(reported, f"{desk.QUEUE}?right=child_account", id="reports"),
    pytest.param(reviewed, f"{desk.QUEUE}?right=automated_decision_review", id="reviews"),
    pytest.param(referred, "/admin/dsr/referral/", id="register"),
    pytest.param(referred, "/admin/dsr/customer/", id="directory"),
    pytest.param(reviewed, "/admin/dsr/reviewer/", id="reviewers"),
]


@pytest.mark.parametrize(("make", "address"), LISTS)
def test_list_of_the_console_costs_the_same(make: Make, address: str, clock: Clock) -> None:
    browser = desk.signed_in("dora")

    def read(_last: SubjectRequest) -> None:
        assert browser.get(address, follow=True).status_code == 200

    few, many = _costs(make, clock, read)

    assert few == many <= 13


TRACKED = [
    pytest.param(looked_into, id="complaint"),
    pytest.param(answered, id="answered-complaint"),
    pytest.param(contested, id="request-with-appeals"),
    pytest.param(reported, id="report"),
    pytest.param(referred, id="request-directed-elsewhere"),
    pytest.param(upheld, id="review"),
]


@pytest.mark.parametrize("make", TRACKED)
def test_tracker_costs_the_same(make: Make, clock: Clock) -> None:
    def read(request: SubjectRequest) -> None:
        visitor = Visitor().open(telling.tracker_link(Submission.objects.get(pk=request.submission_id), clock()))
        assert visitor.status == 200

    few, many = _costs(make, clock, read)

    assert few == many <= 16


# --- Acting ----------------------------------------------------------------------------------------------------------

NOTHING: Given = {}
FINDING = {
    "point": "Mails came.", "verdict": "justified", "facts": "The list is from March.", "measure": "The promise.",
    "reason": contesting.REASON,
}  # fmt: skip
WORDS = {"reasons": "", "plain": reviews.PLAIN, "alternatives": reviews.ALTERNATIVES, "why_right": reviews.RIGHT}
ACTS = [
    ("ines", looked_into, "add_finding", FINDING, 15),
    ("ines", looked_into, "drop_finding", {"finding": 1}, 15),
    ("ines", looked_into, "enquire", {"whom": "The mail team", "text": "What now?"}, 15),
    ("ines", looked_into, "promise", {"text": "More.", "owner": "hal", "due_on": "2027-05-05"}, 16),
    ("ines", looked_into, "drop_promise", {"remedy": 1}, 15),
    ("ines", looked_into, "news", {"text": "We have asked the mail team."}, 16),
    ("ines", looked_into, "propose_answer", {"text": contesting.ANSWER}, 18),
    ("vera", to_answer, "answer_complaint", NOTHING, 25),
    ("ines", answered, "keep_promise", {"remedy": 1}, 16),
    ("sam", contested, "appeal", {"text": "My own messages were left out."}, 22),
    ("ines", appeal, "propose_ruling", {"decision": "upheld", "text": contesting.WHY}, 15),
    ("vera", ruled, "decide_appeal", NOTHING, 23),
    ("vera", partial(ruled, decision="overturned"), "decide_appeal", NOTHING, 32),
    ("hal", reported, "find_account", {"account": builders.ADA}, 51),
    ("hal", reported, "assess_age", {"finding": "child", "reason": "The file.", "signs": ["birth_date"]}, 34),
    ("vera", found_grown, "confirm_age", NOTHING, 34),
    ("vera", found_grown, "weigh_age_anew", {"reason": "Look at the pictures."}, 17),
    ("hal", referred, "refer", {"known": "", "categories": []}, 17),
    ("vera", referred, "redirect", {"text": "Their notice says how they are reached."}, 28),
    ("vera", reviewed, "raise_point", {"text": "She paid."}, 17),
    ("vera", reviewed, "open_material", {"material": "decision"}, 16),
    ("vera", reviewed, "uphold", WORDS, 37),
    ("sam", upheld, "review_again", NOTHING, 22),
]


@pytest.mark.parametrize(
    ("who", "make", "verb", "given", "most"), ACTS, ids=[f"{row[2]}-{at}" for at, row in enumerate(ACTS)]
)
def test_acting_costs_the_same(who: str, make: Make, verb: str, given: Given, most: int, clock: Clock) -> None:
    contesting.ines()
    caller = api.sam() if who == "sam" else api.Api(api.token(builders.staff(who), "staff"))

    def act(request: SubjectRequest) -> None:
        said = {**given, "reasons": f"{uuid7(clock.tick())} {reviews.REASONS}"} if "reasons" in given else given
        answer = caller.move(request.pk, verb, said or None)
        assert answer.status == 200, answer.json

    few, many = _costs(make, clock, act)

    assert few == many <= most


def test_customers_word_costs_the_same(clock: Clock) -> None:
    hal = api.hal()

    def act(request: SubjectRequest) -> None:
        row = Referral.objects.filter(request=request, confirmed_at=None).earliest("id")
        answer = hal.move(request.pk, "referral_answered", {"referral": str(row.pk)})
        assert answer.status == 200, answer.json
        assert builders.again(request).state == State.IN_REVIEW

    few, many = _costs(referred, clock, act)

    assert few == many <= 17
