"""Who comes with what another desk, brand or company answers for is told where to turn; passed on if they agree."""

from dataclasses import fields
from datetime import timedelta

import pytest

from dsr import doors
from dsr.errors import Incomplete, NotFound, WrongState
from dsr.lifecycle import Outcome, State
from dsr.models import Agreed, Customer, LedgerEntry, OtherSays, Post, Referral
from dsr.policies import reason_against
from dsr.rights import Right
from dsr.rules import pack
from dsr.selectors import register
from dsr.services import chasing, history, purging, referring, review
from dsr.services.referring import Elsewhere
from notifications.ids import uuid7
from notifications.models import Message
from tests import builders
from tests.drain import drain
from tests.unit.rules.packs import DEMO

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "That account is not ours to answer for."


@pytest.fixture(autouse=True)
def directory(settings):
    """The directory of the demonstration: a desk for applicants, a brand, a company of the group."""
    settings.RULES_DIR = DEMO


@pytest.fixture
def applicant(clock, systems):
    """Ada applied for a job, and asks here for a copy and for erasure."""
    filed = builders.file(Right.ACCESS, Right.DELETION, at=clock(), relationship="job_applicant")
    return filed.submission


def words(letter):
    """Everything that a letter can show."""
    return " ".join(str(getattr(letter, each.name)) for each in fields(letter))


def by_right(submission, right):
    return submission.requests.get(right=right)


def waits(submission, right=Right.ACCESS):
    return builders.again(by_right(submission, right))


def send(request, door="lumen_mail", clock=None, **more):
    """Vera sends it there."""
    where = Elsewhere(door=door, **more)
    return review.redirect(request.pk, TEXT, where, by=builders.vera(), at=clock.tick())


def test_who_has_applied_is_not_turned_away_and_is_sent_on_with_every_right(applicant, clock):
    request = by_right(applicant, Right.ACCESS)
    assert request.state == State.VERIFYING  # one need not prove who one is to hear where to turn

    send(request, "recruiting", clock, pass_on=True, whole=True)

    outcomes = {each.right: (each.state, each.outcome) for each in applicant.requests.all()}
    assert outcomes == {
        Right.ACCESS: (State.CLOSED, Outcome.REDIRECTED),
        Right.DELETION: (State.CLOSED, Outcome.REDIRECTED),
    }
    [letter] = builders.letters_to(applicant, "routed")
    lines = list(Referral.objects.order_by("id"))
    assert [row.door for row in lines] == ["recruiting", "recruiting"]
    assert len(letter.lines) == 2
    assert all(any(row.number in line for line in letter.lines) for row in lines)
    assert (letter.title, letter.email) == ("Recruiting privacy desk", "privacy@twilio.com")
    assert "key=" not in letter.tracker  # nobody has confirmed the address
    assert history.verify(applicant.reference).whole


def test_the_letter_and_the_page_say_where_to_turn_and_whether_it_was_passed_on(clock, systems):
    request = builders.in_review(Right.ACCESS, at=clock())

    send(request, clock=clock)

    [letter] = builders.letters_to(request.submission, "routed")
    assert not letter.passed_on
    assert letter.due_on is None
    assert letter.languages == "English, German, French"
    drain(clock.now)
    letter_text = builders.sent_text(request.submission, "routed")
    for said in (
        "Lumen Mail",
        "privacy@lumenmail.example",
        "https://lumenmail.example/privacy",
        TEXT,
        "passed nothing on",
    ):
        assert said in letter_text
    told = builders.again(request).open("reason")
    assert "privacy@lumenmail.example" in told
    assert TEXT in told
    row = Referral.objects.get()
    assert (row.told_person_at, row.told_customer_at, row.due_on) == (clock.now, None, None)
    assert register.words(row) == told
    assert not Message.objects.filter(kind="passed_on").exists()


def test_words_are_those_of_the_language_of_the_person(clock):
    [door] = [each for each in pack().notice_then(clock.now.date()).doors if each.id == "lumen_mail"]

    told = doors.told(door, "de")

    assert told["responsible"].startswith("Der Newsletter-Dienst")
    assert told["languages"] == "Englisch, Deutsch, Französisch"


def test_nothing_is_passed_on_without_agreement_except_to_a_desk_of_the_same_organisation(clock, systems):
    request = builders.in_review(Right.ACCESS, at=clock())

    with pytest.raises(Incomplete) as refused:
        send(request, clock=clock, pass_on=True)
    assert set(refused.value.problems) == {"agreed"}
    with pytest.raises(Incomplete) as refused:  # the person did not say so when filing
        send(request, clock=clock, pass_on=True, agreed=Agreed.FILED)
    assert set(refused.value.problems) == {"agreed"}
    assert not Referral.objects.exists()
    assert builders.again(request).state == State.IN_REVIEW

    send(request, clock=clock, pass_on=True, agreed=Agreed.SAID)

    [passed] = builders.letters_to(request.submission, "passed_on")
    assert (passed.name, passed.email) == ("Ada Lovelace", builders.ADA)
    message = Message.objects.get(kind="passed_on")
    assert message.open("to") == "privacy@lumenmail.example"


def test_who_agreed_when_filing_is_passed_on_and_word_is_due_in_five_business_days(clock, systems):
    filed = builders.file(Right.ACCESS, at=clock(), door="lumen_mail", may_pass_on=True)
    request = by_right(filed.submission, Right.ACCESS)
    with pytest.raises(Incomplete) as refused:  # whoever typed the address need not be whom it belongs to
        send(request, clock=clock, pass_on=True, agreed=Agreed.FILED)
    assert set(refused.value.problems) == {"pass_on"}
    builders.confirm(filed.submission, clock.tick())

    send(request, clock=clock, pass_on=True, agreed=Agreed.FILED)

    row = Referral.objects.get()
    assert row.due_on == clock.now.date() + timedelta(days=7)  # from a Thursday
    [letter] = builders.letters_to(filed.submission, "routed")
    assert (letter.passed_on, letter.due_on) == (True, row.due_on)


def test_a_door_has_to_answer_people_from_there(clock, systems):
    request = builders.in_review(Right.ACCESS, at=clock(), country="US", region="TX")

    for door in ("harbour_pay", "no_such_door"):
        with pytest.raises(Incomplete) as refused:
            send(request, door, clock)
        assert "door" in refused.value.problems


def test_part_goes_there_and_the_rest_is_answered_here(clock, systems):
    request = builders.in_review(Right.ACCESS, at=clock())
    where = Elsewhere(door="harbour_pay", text="Your payments are theirs.")

    review.refer(request.pk, where, by=builders.hal(), at=clock.tick())

    assert builders.again(request).state == State.IN_REVIEW
    [letter] = builders.letters_to(request.submission, "routed")
    assert letter.part
    assert "dpo@harbourpay.example" in Post.objects.get(request=request).open("body")
    assert "Your payments are theirs." in register.words(Referral.objects.get())
    with pytest.raises(Incomplete) as refused:
        review.refer(request.pk, where, by=builders.hal(), at=clock.tick())
    assert "door" in refused.value.problems
    assert Referral.objects.count() == 1


def test_what_is_answered_by_itself_or_chosen_is_not_sent_away(clock, systems):
    filed = builders.file(Right.MARKETING_OPT_OUT, Right.BE_INFORMED, at=clock())

    for request in filed.requests:
        assert reason_against(request, "redirect", builders.vera(), clock.now) is not None


def test_who_handles_sends_nothing_away_whole_alone(clock, systems):
    request = builders.in_review(Right.ACCESS, at=clock())

    assert reason_against(request, "redirect", builders.hal(), clock.now) is not None
    assert reason_against(request, "refer", builders.hal(), clock.now) is None


def test_a_complaint_can_be_for_somebody_else_too(clock, systems):
    filed = builders.file(Right.COMPLAINT, at=clock())
    [request] = filed.requests

    send(request, clock=clock)

    assert builders.again(request).outcome == Outcome.REDIRECTED
    with pytest.raises(WrongState):
        send(request, clock=clock)
    assert not LedgerEntry.objects.filter(request=request).exists()


def test_the_other_side_is_asked_again_and_leads_hear_of_it_the_second_time(clock, systems):
    lena = builders.staff("lena", "lead_requests")
    request = builders.in_review(Right.ACCESS, at=clock())
    send(request, clock=clock, pass_on=True, agreed=Agreed.SAID)
    row = Referral.objects.get()

    drain(clock.tick(days=7))  # the last day is not over
    assert Message.objects.filter(kind="word_due").count() == 0
    drain(clock.tick(days=1))

    row.refresh_from_db()
    assert row.reminders == 1
    assert Message.objects.filter(kind="passed_on").count() == 2
    assert [message.open("to") for message in Message.objects.filter(kind="word_due")] == [builders.staff("vera").email]
    drain(clock.tick(days=11))  # five business days, with a bank holiday and weekends between
    row.refresh_from_db()
    assert row.reminders == 2
    assert lena.email in {message.open("to") for message in Message.objects.filter(kind="word_due")}

    referring.answered(request.pk, row.pk, OtherSays.NOT_THEIRS, by=builders.hal(), at=clock.tick())
    drain(clock.tick(days=30))

    row.refresh_from_db()
    assert (row.word, row.reminders, row.remind_at) == (OtherSays.NOT_THEIRS, 2, None)
    with pytest.raises(NotFound):
        referring.answered(request.pk, row.pk, by=builders.hal(), at=clock.tick())


def test_a_customer_is_asked_again_too_and_hears_nothing_of_who_asks(clock, systems):
    shop = Customer.objects.create(
        id=uuid7(clock()), name="Blue Parcel", contact="privacy@parcel.example", since=clock()
    )
    request = builders.in_review(Right.ACCESS, at=clock(), relationship="end_user")
    review.refer(request.pk, Elsewhere(shop.pk, "named"), by=builders.hal(), at=clock.tick())
    row = Referral.objects.get()
    assert row.due_on == clock.now.date() + timedelta(days=7)  # the rule files say it, as no agreement does

    chasing.remind(row.pk, request.pk, clock.tick(days=9))

    letter = builders.letters_to(request.submission, "customer_told")[-1]
    assert letter.again
    assert not any(word in words(letter) for word in (builders.ADA, "Ada", "Lovelace"))


def test_a_customers_agreement_goes_before_the_rule(clock, systems):
    shop = Customer.objects.create(
        id=uuid7(clock()), name="Blue Parcel", contact="privacy@parcel.example", answers_within=2, since=clock()
    )
    request = builders.in_review(Right.ACCESS, at=clock(), relationship="end_user")

    review.refer(request.pk, Elsewhere(shop.pk, "named"), by=builders.hal(), at=clock.tick())

    assert Referral.objects.get().due_on == clock.now.date() + timedelta(days=4)


def test_nobody_is_asked_again_once_the_case_is_forgotten(clock, systems):
    request = builders.in_review(Right.ACCESS, at=clock())
    send(request, clock=clock, pass_on=True, agreed=Agreed.SAID)
    submission = request.submission
    submission.refresh_from_db()
    type(submission).objects.filter(pk=submission.pk).update(purge_at=clock.now)
    row = Referral.objects.get()
    assert purging.forget(submission.pk, clock.tick())

    chasing.remind(row.pk, request.pk, clock.tick(days=9))

    row.refresh_from_db()
    assert (row.reminders, row.remind_at) == (0, None)


def test_no_filing_names_a_door_that_does_not_answer_there(clock, systems):
    with pytest.raises(Incomplete) as refused:
        builders.file(Right.ACCESS, at=clock(), country="US", region="TX", door="harbour_pay")

    assert set(refused.value.problems) == {"door"}
