"""A deletion from the form to the signed statement, stopped once and gone through once, without scripts."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from dsr.connectors import close_all
from dsr.models import SubjectRequest, Submission
from dsr.packaging import checking
from dsr.rights import Right
from dsr.services import review
from tests import builders, estate
from tests.browser import album, letters
from tests.browser.watching import Watch, Window
from tests.drain import drain

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.serial]
TRACKER = "Where your request stands"
SURE = "Do you really want your data deleted?"
COPY, DELETE = "Get a copy of your data", "Delete your data"


@pytest.fixture
def where(tmp_path: Path, transactional_db: None) -> Iterator[str]:
    """A database that holds what must stay beside what may go; its address."""
    url = estate.sqlite(tmp_path, timezone.now())
    estate.estate(url, timezone.now())
    yield url
    close_all()


@pytest.fixture
def watch(chromium: Browser, live_server: Any, where: str, settings: Any) -> Iterator[Watch]:
    """Windows on the service."""
    settings.BASE_URL = live_server.url
    watch = Watch(chromium, live_server.url)
    yield watch
    watch.close()


def test_person_has_her_data_deleted_and_reads_what_was_done(watch: Watch, where: str, tmp_path: Path) -> None:
    ada = watch.window()
    submission = asks(ada, COPY, DELETE)
    confirms_twice(ada, submission)
    decided(submission)
    waits_for_the_copy(ada, submission)

    drain(timezone.now() + timedelta(days=4))

    reads_what_was_done(ada, submission, tmp_path)
    assert [word for word in estate.ADA_WORDS if word in estate.texts(where)] == ["ada-paid-nothing-yet"]


def test_person_stops_a_deletion_before_it_begins(watch: Watch, where: str) -> None:
    ada = watch.window()
    submission = asks(ada, DELETE)
    confirms_twice(ada, submission)
    decided(submission)
    ada.open(letters.link(letters.newest(builders.ADA, submission.reference), "/requests/"), TRACKER)
    ada.says("until then you can stop it")

    ada.follow(f"Stop it ({DELETE})", f"Withdraw: {DELETE}?")
    ada.press("Yes, withdraw it", TRACKER)

    ada.says("The request is withdrawn.")
    drain(timezone.now() + timedelta(days=4))
    assert "Ada Lovelace" in estate.texts(where)


def asks(ada: Window, *titles: str) -> Submission:
    """Ask by the form, where a deletion is not sent off before it was said once that it is wanted."""
    ada.open("/requests/new/", "How do you know us?")
    ada.choose("Customer or account holder")
    ada.press("Continue", "Where do you live?")
    ada.choose("Country", "Ireland")
    ada.press("Continue", "What would you like to ask for?")
    for title in titles:
        ada.choose(title)
    ada.press("Continue", "What we need to know for this")
    ada.press("Continue", "What we need to know for this")
    ada.says("There is a problem", "An account is closed for good")
    ada.choose("Yes, I know what this means, and I want it")
    album.keep(ada.page, "delete", 900, width=820)
    ada.press("Continue", "How can we reach you?")
    ada.fill("Mail address", builders.ADA)
    ada.press("Continue", "Check your answers")
    ada.says(*titles, "You know what it means")
    ada.press("Send the request", "Your request is with us")
    drain(timezone.now())
    return Submission.objects.select_related("data_key").latest("received_at")


def confirms_twice(ada: Window, submission: Submission) -> None:
    """The address by the mail, who she is by a sign-in, and then once more that she wants it."""
    ada.open(letters.link(letters.newest(builders.ADA, "Confirm your request"), "/verify/"), "Is this your request?")
    ada.press("Yes, this is my request", "Show that it is you")
    drain(timezone.now())
    builders.prove(submission, timezone.now())
    drain(timezone.now())
    ada.open(letters.link(letters.newest(builders.ADA, "Please confirm once more"), "/requests/"), TRACKER)
    ada.says("It is your turn", "Nothing is deleted before you have confirmed it a second time.")
    ada.follow("See what would be deleted, and confirm", SURE)
    ada.says("Stays (1 record)")
    album.keep(ada.page, "delete-confirm", 1200)
    ada.press("Yes, delete my data", TRACKER)
    ada.says("Thank you, the deletion is confirmed.", "It is our turn")


def decided(submission: Submission) -> None:
    """Hal proposes and Vera approves all that was asked."""
    for request in SubjectRequest.objects.filter(submission=submission):
        review.prepare(request.pk, by=builders.hal(), at=timezone.now())
        review.approve(request.pk, by=builders.vera(), at=timezone.now())
    drain(timezone.now())


def waits_for_the_copy(ada: Window, submission: Submission) -> None:
    """The copy is ready, and the deletion has not begun."""
    ada.open(letters.link(letters.newest(builders.ADA, submission.reference), "/requests/"), TRACKER)
    ada.says("ready to collect", "decided, not begun", "until then you can stop it")
    ada.unfold(f"What is deleted, and what stays ({DELETE})")
    album.keep(ada.page, "delete-planned", 1300)


def reads_what_was_done(ada: Window, submission: Submission, folder: Path) -> None:
    """What went and what stays, and the signed statement, which anybody can check."""
    ada.page.reload()
    ada.arrived(TRACKER)
    ada.says("done in part", "What was done, and what was not")
    link = ada.page.get_by_role("link", name=re.compile("Read the signed statement"))
    link.click()
    ada.arrived(f"What was done: {DELETE}")
    ada.says("How to check it", submission.reference)
    album.keep(ada.page, "certificate", 1300)
    with ada.page.expect_download() as caught:
        ada.page.get_by_role("link", name="Download the signed file").click()
    file = folder / caught.value.suggested_filename
    caught.value.save_as(file)
    assert checking.verify(file).ok
    assert SubjectRequest.objects.get(submission=submission, right=Right.DELETION).certificates.count() == 1
