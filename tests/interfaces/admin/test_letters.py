from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dsr.models import Event
from notifications import delivery, outbox
from notifications.models import Message
from tests import builders
from tests.interfaces.admin.desk import QUEUE, sheet, signed_in, text

LETTERS = "/admin/notifications/message/"


@pytest.fixture
def hal(db):
    return signed_in("hal")


@pytest.fixture
def refused(clock, db, postbox):
    """A letter that the mail server refuses for good, about Ada's request."""
    postbox.answer = lambda word, line: "550 no such user" if word == "RCPT" else None
    filed = builders.file(at=clock())
    delivery.deliver_due(clock(), limit=10)
    return outbox.about(filed.submission.pk).get()


@pytest.fixture
def returned(clock, db):
    """A letter that came back."""
    filed = builders.file(at=clock())
    delivery.deliver_due(clock(), limit=10)
    message = outbox.about(filed.submission.pk).get()
    assert delivery.bounced(message.transport_id, "5.1.1", clock() + timedelta(minutes=1))
    return outbox.about(filed.submission.pk).get()


def page(letter):
    return reverse("admin:notifications_message_change", args=(letter.pk,))


def act(client, letter, what, **data):
    return client.post(reverse(f"admin:notifications_message_{what}", args=(letter.pk,)), data, follow=True)


def references(client, query=""):
    return [row.reference for row in client.get(f"{LETTERS}?{query}").context["cl"].result_list]


def test_list_begins_with_letters_that_did_not_get_through(hal, refused, clock):
    builders.file(at=clock(), email="max@example.org")
    delivery.deliver_due(clock(), limit=10)

    found = references(hal)

    assert len(found) >= 1
    assert Message.objects.get(pk=refused.pk).state == "failed"
    assert all(row.state in ("failed", "bounced") for row in hal.get(LETTERS).context["cl"].result_list)


def test_letters_of_one_case_are_found_by_its_reference(hal, clock, db):
    submission = builders.file(at=clock()).submission
    builders.file(at=clock(), email="max@example.org")

    assert references(hal, f"q={submission.reference.lower()}") == [submission.reference]
    assert references(hal, "q=nonsense") == []
    assert references(hal, "which=waiting") != []


def test_letter_shows_tries_and_codes_but_neither_address_nor_text(hal, refused):
    said = text(hal.get(page(refused)))

    assert refused.error_code in said
    assert builders.ADA not in said
    assert "Ada" not in said


def test_failed_letter_is_sent_again_and_that_is_on_record(hal, refused):
    act(hal, refused, "again")

    letter = Message.objects.get(pk=refused.pk)
    assert letter.state == "waiting"
    assert letter.due_at <= timezone.now()
    assert Event.objects.get(verb="letter_sent_again").data["message"] == str(refused.pk)


def test_failed_letter_is_sent_again_from_the_worksheet(hal, refused):
    request = builders.only(Event.objects.earliest("id").submission)

    answer = act(hal, refused, "again", back=str(request.pk))

    assert answer.redirect_chain[-1][0] == sheet(request)


def test_worksheet_shows_the_letter_in_trouble(hal, refused):
    request = builders.only(Event.objects.earliest("id").submission)

    said = text(hal.get(sheet(request)))

    assert "not delivered" in said
    assert reverse("admin:notifications_message_again", args=(refused.pk,)) in said


def test_returned_letter_is_not_sent_to_the_same_address_again(hal, returned):
    answer = act(hal, returned, "again")

    assert "Only a letter that failed can be sent again." in text(answer)
    assert Message.objects.get(pk=returned.pk).state == "bounced"
    assert "is not sent there again" in text(hal.get(page(returned)))
    assert not Event.objects.filter(verb="letter_sent_again").exists()


def test_seeing_to_a_letter_takes_it_off_the_list(hal, returned):
    act(hal, returned, "note")

    assert references(hal) == []
    assert Event.objects.filter(verb="letter_noted").count() == 1
    assert "needs no attention" in text(act(hal, returned, "note"))


def test_text_of_a_letter_is_shown_for_a_reason_that_stays(hal, returned):
    said = text(hal.post(page(returned), {"reason": "She says she got nothing."}))

    assert "Confirm" in said
    event = Event.objects.get(verb="revealed")
    assert event.data["letter"] == "confirm_address"
    assert builders.ADA not in str(event.data)


def test_text_of_a_letter_is_not_shown_without_a_reason(hal, returned):
    said = text(hal.post(page(returned), {"reason": " "}))

    assert 'class="r-post"' not in said
    assert not Event.objects.filter(verb="revealed").exists()


@pytest.mark.parametrize("name", ["sam", "audrey"])
def test_text_of_a_letter_is_for_those_who_may_see_personal_values(name, returned):
    client = signed_in(name)

    said = text(client.post(page(returned), {"reason": "Curious."}))

    assert "Your account may not see personal values." in said
    assert not Event.objects.filter(verb="revealed").exists()


@pytest.mark.parametrize(
    ("name", "state"), [("hal", "waiting"), ("sam", "waiting"), ("audrey", "failed"), ("syl", "failed")]
)
def test_letters_are_sent_again_by_those_who_work_with_people(name, state, refused):
    act(signed_in(name), refused, "again")

    assert Message.objects.get(pk=refused.pk).state == state


def test_letter_that_is_not_there_is_not_found(hal, db):
    assert hal.get(f"{LETTERS}{uuid4()}/change/").status_code == 404
    assert hal.get(f"{LETTERS}nonsense/change/").status_code == 404


def test_list_costs_the_same_however_many_letters_it_shows(hal, refused, clock):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            hal.get(LETTERS)
        return len(captured)

    few = statements()
    for number in range(5):
        builders.file(at=clock(), email=f"p{number}@example.org")
    delivery.deliver_due(clock(), limit=10)

    assert len(references(hal)) == 6
    assert statements() == few <= 8


def test_queue_opens_from_a_letter(hal, returned):
    reference = Event.objects.earliest("id").submission.reference

    assert f"{QUEUE}?q={reference}" in text(hal.get(page(returned)))
