"""More is asked than a code: every way to show who one is, in a browser without scripts, and somebody who stops it.

What the person claims is taken in as the help desk does it; the form itself asks for nothing to be found by.
"""

from typing import Any

import pytest
from django.utils import timezone

from dsr.demo.people import ADA, ADA_EMAIL
from dsr.models import Submission
from dsr.services import telling
from tests import builders, papers
from tests.browser import album, letters
from tests.browser.conftest import work
from tests.browser.watching import Watch, Window

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.serial]
TRACKER = "Where your request stands"
CHOICES = "Show that it is you"
STRANGER = "somebody.new@example.net"


@pytest.mark.usefixtures("support")
def test_person_is_asked_for_more_and_somebody_on_file_stops_it(watch: Watch) -> None:
    person = watch.window()
    submission = _claims(watch)
    confirms(person, submission)
    answers_wrongly(person)
    shows_a_document(person)
    calls_for_help(person)

    stops(watch.window())

    person.follow("Back to your request", TRACKER)
    person.says("A person is looking at something and will write to you. You need to do nothing.")
    person.page.go_back()
    person.page.reload()
    person.arrived("A person is looking at something")


def _claims(watch: Watch) -> Submission:
    filed = builders.file(
        at=timezone.now(), email=STRANGER, channel="support", identifiers={"account": (ADA.account,)}
    ).submission
    work()
    return filed


def confirms(person: Window, submission: Submission) -> None:
    """By the link from the mail, twice; the second click shows the same."""
    link = letters.link(letters.newest(STRANGER, "Confirm your request"), "/verify/")
    person.open(link, "Is this your request?")
    person.press("Yes, this is my request", CHOICES)
    person.says("Thank you, your address is confirmed.", "Answer two questions on recent dealings", "account number")
    album.keep(person.page, "show-that-it-is-you", 1500, width=820)
    person.open(link, "Your address is confirmed")
    person.press("See where it stands", CHOICES)
    person.open(telling.tracker_link(submission, timezone.now()), TRACKER)
    person.says("It is your turn", "Show us that it is you; then we go on.")
    person.follow("What is asked, why, and every way", CHOICES)


def answers_wrongly(person: Window) -> None:
    """A page of errors keeps what was typed; then nothing applies, and that is not enough."""
    person.follow("Go to the questions", "Questions on your dealings with us")
    person.press("Begin", "Your answers")
    album.keep(person.page, "questions", 1200, width=820)
    person.page.get_by_label("Your answer").first.fill("no idea at all, I am afraid")
    person.press("Send the answers", "Your answers")
    person.says("There is a problem")
    for box in person.page.get_by_label("This does not apply to me").all():
        box.check()
    person.page.get_by_label("Your answer").first.fill("")
    person.press("Send the answers", "That was not enough")
    person.press("Try other questions", "Your answers")
    person.follow("Choose another way", CHOICES)


def shows_a_document(person: Window) -> None:
    """Covered, once; nothing of it is shown again."""
    person.follow("Show a document", "Show a document")
    album.keep(person.page, "document", 1100, width=820)
    person.press("Send the picture", "Show a document")
    person.says("There is a problem", "Cover what we do not need, then tick that you did.")
    picture: Any = {"name": "card.jpg", "mimeType": "image/jpeg", "buffer": papers.photo()}
    person.page.get_by_label("Picture of the document").set_input_files([picture])
    person.choose("Everything that is not needed is covered")
    person.press("Send the picture", CHOICES)
    person.says("The document is with us.", "A person here is looking at what you sent")
    person.follow("Show a document", "Show a document")
    person.says("What is here already")
    person.follow("Choose another way", CHOICES)


def calls_for_help(person: Window) -> None:
    """Being rung, and a person who helps: never a dead end."""
    person.fill("When can we reach you?", "After five")
    person.press("Ring me", CHOICES)
    person.says("Somebody will ring the number on file, if there is one.")
    person.fill("What should we know?", "I have moved.")
    person.press("I can do none of these: help me", CHOICES)
    person.says("Your message is with us.")


def stops(ada: Window) -> None:
    """Ada, who is on file, was told, and did not ask. Looking as a scanner does changes nothing."""
    link = letters.link(letters.newest(ADA_EMAIL, ""), "/verify/alert/")
    for _look in range(2):
        ada.open(link, "Was this you?")
    album.keep(ada.page, "was-this-you", 900, width=820)
    ada.press("It was not me: stop it", "It is stopped")
    ada.open(link, "It is stopped")
    ada.open("/verify/alert/?key=nothing", "This link opens nothing")


@pytest.mark.usefixtures("support")
def test_person_tries_a_text_message_and_is_told_nothing_of_numbers(watch: Watch) -> None:
    person, at = watch.window(), timezone.now()
    filed = builders.file(at=at, email="asks.from.new.york@example.org", country="US", region="NY").submission
    builders.confirm(filed, at)
    work()
    person.open(telling.tracker_link(filed, at), TRACKER)
    person.follow("What is asked, why, and every way", CHOICES)
    person.says("It has to be one that was on file for at least 30 days, or a sign-in with the password.")
    person.follow("Use a text message", "A code by text message")
    person.press("Send the code", "Enter the code")
    person.says("If a number is on file, a text message is on its way to it.")
    person.fill("Six-digit code", "12")
    person.press("Confirm", "Enter the code")
    person.says("There is a problem")
    person.page.locator("summary").get_by_text("No message, or the code does not work?").click()
    person.press("Send another code", "Enter the code")
    person.says("No further message was sent")
    person.fill("Six-digit code", "123456")
    person.press("Confirm", "Enter the code")
    person.says("This is not the code in the newest text message.")

    person.follow("Choose another way", CHOICES)


@pytest.mark.usefixtures("support")
def test_person_goes_on_without_what_was_claimed_and_without_a_document(watch: Watch) -> None:
    person, submission = watch.window(), _claims(watch)
    confirms(person, submission)

    person.press("Go on without it", TRACKER)

    person.says("We go on without it, and search only by your mail address.")
    work()
    statement = builders.in_review(at=timezone.now(), email="asks.plainly@example.org", country="IE").submission
    door = telling.tracker_grant(statement.pk, timezone.now())
    person.open(f"/verify/document/?reference={statement.reference}&key={door}", "We do not ask for a document")
    person.follow("What is asked, and how to show it", "Nothing more is asked of you")
