"""The wrong door: data of a customer's, an applicant, another brand, another company, and part that stays ours."""

from typing import Any

import pytest

from dsr.lifecycle import Outcome, State
from dsr.models import Customer, Referral, SubjectRequest, Submission
from dsr.rights import SPECS, Right
from dsr.services import history
from notifications.ids import uuid7
from notifications.models import Message
from tests import builders
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.api import client as api
from tests.interfaces.public.visitor import Visitor
from tests.journeys import roads
from tests.journeys.roads import ROADS, WEB, Desk
from tests.unit.rules.packs import DEMO

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("systems", "storage_of_its_own")]
TEXT = "What you ask about is not ours to answer for."
APPLICANT, CUSTOMER, END_USER = "Job applicant", "Customer or account holder", "End user"


@pytest.fixture(autouse=True)
def directory(settings: Any) -> None:
    """The directory of the demonstration."""
    settings.RULES_DIR = DEMO


@pytest.fixture
def shop(clock: Clock, db: None) -> Customer:
    """A customer on whose behalf data is processed."""
    return Customer.objects.create(
        id=uuid7(clock()), name="Blue Parcel", contact="privacy@parcel.example", since=clock()
    )


def on_the_web(
    visitor: Visitor, who: str, *rights: Right, about: str = "", passing: str = "Ask here, and pass nothing on"
) -> Submission:
    """Ada fills in the form; whoever else may answer is shown to her on the way, and does not stop her."""
    visitor.open("/requests/new/").choose(who)
    if about:
        visitor.choose(about)
    visitor.press("Continue")
    if about or who == APPLICANT:
        assert "nobody is turned away" in visitor.text
        visitor.choose(passing).press("Continue")
    visitor.fill("Country", "IE").press("Continue")
    visitor.choose(*(str(SPECS[right].title) for right in rights)).press("Continue")
    if any(SPECS[right].questions for right in rights):
        visitor.press("Continue")
    visitor.fill("Mail address", builders.ADA).fill("Your name", "Ada Lovelace").press("Continue")
    visitor.press("Send the request")
    assert visitor.status == 200, visitor.text
    return Submission.objects.latest("received_at")


def on_the_phone(who: str, *rights: Right, **said: Any) -> Submission:
    """Sam files what Ada says."""
    body = api.filing(*map(str, rights), who={"relationship": who, "name": "Ada Lovelace"}, **said)
    filed = api.sam().post("/submissions", body)
    assert filed.status == 201, filed.json
    assert bool(filed.json["elsewhere"]) == bool(said.get("about") or who == "job_applicant")
    return Submission.objects.get(reference=filed.json["reference"])


def told(submission: Submission, kind: str, clock: Clock) -> str:
    """Return what went out, on one line."""
    drain(clock.tick())
    return " ".join(builders.sent_text(submission, kind).split())


def seen(visitor: Visitor, submission: Submission, clock: Clock) -> str:
    """Return what stands on the page of the request, opened by the link of the first letter that has one."""
    links = [letter.tracker for letter in builders.letters_to(submission, "routed") if "key=" in letter.tracker]
    assert links
    return visitor.open(links[-1].partition("://")[2].partition("/")[2].join(("/", ""))).text


def for_right(submission: Submission, right: Right) -> SubjectRequest:
    return builders.again(submission.requests.get(right=right))


@pytest.mark.parametrize("road", ROADS)
def test_an_applicant_is_sent_to_the_desk_for_applicants_with_everything(
    road: str, visitor: Visitor, clock: Clock
) -> None:
    if road == WEB:
        submission = on_the_web(visitor, APPLICANT, Right.ACCESS, Right.PORTABILITY)
    else:
        submission = on_the_phone("job_applicant", Right.ACCESS, Right.PORTABILITY)
    request = for_right(submission, Right.ACCESS)

    Desk(road).move("vera", request, "redirect", text=TEXT, door="recruiting", pass_on=True, whole=True)

    letter = told(submission, "routed", clock)
    for said in ("Recruiting privacy desk", "privacy@twilio.com", "Global Applicant Privacy Notice", TEXT, "English"):
        assert said in letter
    assert "We have passed it on" in letter
    assert {each.outcome for each in submission.requests.all()} == {Outcome.REDIRECTED}
    assert {row.number is not None and row.number in letter for row in Referral.objects.all()} == {True}
    passed = told(submission, "passed_on", clock)
    assert builders.ADA in passed
    [line, _other] = Referral.objects.order_by("id")
    Desk(road).move("hal", request, "referral_answered", referral=str(line.pk), word="taken")
    line.refresh_from_db()
    assert line.confirmed_at is not None
    assert history.verify(submission.reference).whole


@pytest.mark.parametrize("road", ROADS)
def test_another_brand_is_named_with_how_to_reach_it_and_hears_nothing_unless_the_person_agrees(
    road: str, visitor: Visitor, clock: Clock
) -> None:
    if road == WEB:
        submission = on_the_web(visitor, CUSTOMER, Right.ACCESS, about="Lumen Mail")
    else:
        submission = on_the_phone("customer", Right.ACCESS, about="lumen_mail")
    request = roads.proved(for_right(submission, Right.ACCESS), clock)

    refused = api.vera().move(request.pk, "redirect", {"text": TEXT, "door": "lumen_mail", "pass_on": True})
    assert refused.places == {"#/agreed"}
    Desk(road).move("vera", request, "redirect", text=TEXT, door="lumen_mail", pass_on="" if road == WEB else False)

    page = seen(visitor, submission, clock)
    letter = told(submission, "routed", clock)
    for said in ("Lumen Mail", "privacy@lumenmail.example", TEXT):
        assert said in letter
        assert said in page
    assert "passed nothing on" in letter
    assert not Message.objects.filter(kind="passed_on").exists()


@pytest.mark.parametrize("road", ROADS)
def test_another_company_gets_it_where_the_person_agreed_and_is_asked_again_for_its_word(
    road: str, visitor: Visitor, clock: Clock
) -> None:
    if road == WEB:
        agreed = "Ask here, and let us pass it on"
        submission = on_the_web(visitor, CUSTOMER, Right.ACCESS, about="Harbour Pay Limited", passing=agreed)
    else:
        submission = on_the_phone("customer", Right.ACCESS, about="harbour_pay", may_pass_on=True)
    assert submission.may_pass_on
    request = roads.proved(for_right(submission, Right.ACCESS), clock)

    how = {"text": TEXT, "door": "harbour_pay", "pass_on": True, "agreed": "filed"}
    Desk(road).move("vera", request, "redirect", **how)

    letter = told(submission, "routed", clock)
    assert "dpo@harbourpay.example" in letter
    assert "We have passed it on" in letter
    assert Message.objects.get(kind="passed_on").open("to") == "dpo@harbourpay.example"
    drain(clock.tick(days=9))
    assert Referral.objects.get().reminders == 1
    again = " ".join(builders.sent_text(submission, "passed_on").split())
    assert "We wrote to you about this before" in again


@pytest.mark.parametrize("road", ROADS)
@pytest.mark.parametrize("known", ["", "named"])
def test_a_customer_decides_and_is_named_only_to_who_named_it(
    road: str, known: str, shop: Customer, visitor: Visitor, clock: Clock
) -> None:
    if road == WEB:
        submission = on_the_web(visitor, END_USER, Right.ACCESS)
    else:
        submission = on_the_phone("end_user", Right.ACCESS)
    request = roads.proved(for_right(submission, Right.ACCESS), clock)

    Desk(road).move("vera", request, "redirect", text=TEXT, customer=str(shop.pk), known=known)

    drain(clock.tick())
    everything = " ".join(
        builders.sent_text(submission, message.kind)
        for message in Message.objects.filter(about=submission.pk).exclude(kind="customer_told")
    )
    assert "Blue Parcel" not in everything  # the colleague's words do not name it, and nothing of ours does
    assert Message.objects.get(kind="customer_told").open("to") == "privacy@parcel.example"
    customer = builders.sent_text(submission, "customer_told")
    assert builders.ADA not in customer
    assert "Lovelace" not in customer
    assert builders.again(request).outcome == Outcome.REDIRECTED


@pytest.mark.parametrize("road", ROADS)
def test_part_goes_elsewhere_and_what_is_ours_is_answered_here(
    road: str, shop: Customer, visitor: Visitor, clock: Clock
) -> None:
    if road == WEB:
        submission = on_the_web(visitor, END_USER, Right.ACCESS, about="Harbour Pay Limited")
    else:
        submission = on_the_phone("end_user", Right.ACCESS, about="harbour_pay")
    request = roads.proved(for_right(submission, Right.ACCESS), clock)
    desk = Desk(road)

    desk.move("hal", request, "refer", door="harbour_pay", text="Your payments are theirs.", categories=[])
    desk.move("hal", request, "refer", customer=str(shop.pk), known="named", categories=["customer_account_data"])

    assert builders.again(request).state == State.IN_REVIEW
    assert "dpo@harbourpay.example" in seen(visitor, submission, clock)
    parts = told(submission, "routed", clock)
    assert "dpo@harbourpay.example" in parts
    assert "With the rest we go on here" in parts
    assert "Blue Parcel" in told(submission, "referred", clock)
    assert Referral.objects.count() == 2
