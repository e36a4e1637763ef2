"""People at the wrong door: directed to the customer, who is told, and named to nobody who did not know of it."""

from dataclasses import fields
from datetime import timedelta

import pytest

from dsr.errors import Incomplete, NotFound
from dsr.lifecycle import State
from dsr.models import Customer, Known, Referral
from dsr.rights import Right
from dsr.services import referring, review
from dsr.services.referring import Elsewhere
from notifications.ids import uuid7
from notifications.models import Message
from tests import builders

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "We handle this for one of our customers; their notice says how they are reached."


@pytest.fixture
def shop(clock, db):
    """A customer whose end user turns up."""
    return Customer.objects.create(
        id=uuid7(clock()), name="Blue Parcel", contact="privacy@parcel.example", agreement="DPA 7", since=clock()
    )


@pytest.fixture
def asked(clock, systems):
    """Ada, an end user, asks for a copy; the systems have been searched."""
    return builders.in_review(Right.ACCESS, at=clock(), relationship="end_user")


def words(letter):
    """Everything that a letter can show."""
    return " ".join(str(getattr(letter, each.name)) for each in fields(letter))


@pytest.mark.parametrize(
    ("known", "told"), [(Known.NOT, ""), (Known.NAMED, "Blue Parcel"), (Known.PROVED, "Blue Parcel")]
)
def test_a_customer_is_named_only_to_who_named_it_or_proved_it(known, told, asked, shop, clock):
    review.refer(asked.pk, Elsewhere(shop.pk, known), by=builders.hal(), at=clock.tick())

    [letter] = builders.letters_to(asked.submission, "referred")
    assert letter.customer == told
    assert ("Blue Parcel" in words(letter)) == bool(told)


def test_the_customer_is_told_what_is_asked_and_nothing_of_who_asks(asked, shop, clock):
    review.refer(asked.pk, Elsewhere(shop.pk, Known.NAMED), by=builders.hal(), at=clock.tick())

    [letter] = builders.letters_to(asked.submission, "customer_told")
    message = Message.objects.get(kind="customer_told")
    assert message.open("to") == "privacy@parcel.example"
    assert (letter.reference, letter.agreement) == (asked.submission.reference, "DPA 7")
    assert not any(word in words(letter) for word in (builders.ADA, "Ada", "Lovelace"))
    assert letter.due_on == clock.now.date() + timedelta(days=7)  # five business days, from a Thursday


def test_the_request_goes_on_with_the_rest_and_the_line_stays(asked, shop, clock):
    where = Elsewhere(shop.pk, Known.NAMED, ("customer_account_data",))

    review.refer(asked.pk, where, by=builders.hal(), at=clock.tick())

    assert builders.again(asked).state == State.IN_REVIEW
    row = Referral.objects.get()
    assert row.told_person_at == row.told_customer_at == clock.now
    held = asked.withholdings.get()
    assert (held.category, held.ground) == ("customer_account_data", review.PROCESSED)


def test_a_customers_word_is_noted_once(asked, shop, clock):
    review.refer(asked.pk, Elsewhere(shop.pk, Known.NAMED), by=builders.hal(), at=clock.tick())
    row = Referral.objects.get()

    referring.answered(asked.pk, row.pk, by=builders.hal(), at=clock.tick(days=1))

    row.refresh_from_db()
    assert row.confirmed_at == clock.now
    with pytest.raises(NotFound):
        referring.answered(asked.pk, row.pk, by=builders.hal(), at=clock.tick())


def test_words_for_the_person_do_not_name_a_customer_that_they_did_not(asked, shop, clock):
    vera = builders.vera()

    with pytest.raises(Incomplete):
        review.redirect(asked.pk, "Please ask blue parcel.", Elsewhere(shop.pk), by=vera, at=clock.tick())
    review.redirect(asked.pk, TEXT, Elsewhere(shop.pk), by=vera, at=clock.tick())

    row = Referral.objects.get()
    assert (builders.again(asked).outcome, row.customer, row.known) == ("redirected", shop, "")
    assert "Blue Parcel" not in words(builders.letters_to(asked.submission, "closed")[-1])


def test_nobody_is_directed_to_a_customer_that_is_not_in_the_directory(asked, shop, clock):
    Customer.objects.update(active=False)

    for where in (Elsewhere(shop.pk), Elsewhere(None, Known.NAMED), Elsewhere(None, "", ("no_such_data",))):
        with pytest.raises(Incomplete):
            review.refer(asked.pk, where, by=builders.hal(), at=clock.tick())
    assert not Referral.objects.exists()
