"""The pages in a real browser with scripts off: by keyboard and label, on a telephone's width, scanned for barriers."""

import re
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core import mail as django_mail
from playwright.sync_api import Browser, Locator, Page

from dsr.models import Submission
from dsr.public import tickets
from dsr.rights import Right
from dsr.services import delivery, review, telling, threads
from dsr.services.mandated import AgentClaim
from tests import builders, organisation, papers
from tests.drain import drain

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.serial]
VIEWS: dict[str, tuple[int, int, Literal["dark", "light"]]] = {
    "wide": (1280, 800, "light"),
    "narrow": (320, 640, "dark"),
}
"""How each page is looked at. People go through them in the narrow one, where less is in reach."""
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Eyes:
    """Looks at every page: barriers, sideways scrolling, errors of the browser."""

    def __init__(self, page: Page, scanner: Page, base: str) -> None:
        self.page, self.scanner, self.base = page, scanner, base
        self.seen: list[str] = []

    def look(self, name: str) -> None:
        """Fail on what a scan finds, or when the page is wider than the window."""
        # Scripts are off where people are; the scan needs them, so it looks at a copy of what they see.
        html = self.page.content().replace("<head>", f'<head><base href="{self.base}/">', 1)
        self.scanner.unroute_all()
        self.scanner.route(f"{self.base}/copy", lambda route: route.fulfill(body=html, content_type="text/html"))
        self.scanner.goto(f"{self.base}/copy")
        for view, (width, height, scheme) in VIEWS.items():
            self.scanner.set_viewport_size({"width": width, "height": height})
            self.scanner.emulate_media(color_scheme=scheme)
            too_wide = self.scanner.evaluate(_TOO_WIDE)
            found = Axe().run(self.scanner).response["violations"]
            assert not found, f"{name}, {view}: {[(one['id'], one['nodes'][0]['html']) for one in found]}"
            assert too_wide <= 0, f"{name} is {too_wide} pixels wider than the window, {view}"
        self.seen.append(name)

    def visit(self, name: str, address: str) -> None:
        """Open a page and look at it."""
        self.page.goto(f"{self.base}{address.removeprefix('http://localhost:8000')}")
        self.look(name)

    def press(self, button: str, name: str) -> None:
        """Press a button and look at what comes."""
        self.follow(self.page.get_by_role("button", name=button).first, name)

    def follow(self, target: Locator, name: str) -> None:
        """Press what leads to another page and look at that."""
        with self.page.expect_navigation():
            target.click()
        self.look(name)


@pytest.fixture
def eyes(chromium: Browser, live_server: Any) -> Iterator[Eyes]:
    """A window without scripts, and one beside it for the scans."""
    width, height, scheme = VIEWS["narrow"]
    size: Any = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "locale": "en-IE"}
    window = chromium.new_context(**size, java_script_enabled=False)
    # Colours that fade into those of the other scheme would be measured half way.
    beside = chromium.new_context(**size, bypass_csp=True, reduced_motion="reduce")
    yield Eyes(window.new_page(), beside.new_page(), live_server.url)
    assert window.cookies() == []
    window.close()
    beside.close()


def test_a_person_asks_confirms_and_follows_without_scripts(eyes, systems, clock):
    page = eyes.page
    eyes.visit("centre", "/")
    eyes.follow(page.get_by_role("link", name="Ask for this (Get a copy of your data)"), "who")
    eyes.press("Continue", "who, empty")
    assert page.locator(":focus").get_attribute("class") == "problems"
    page.get_by_label("Job applicant").check()
    eyes.press("Continue", "another way")
    eyes.press("Back", "who, again")
    page.get_by_label("Customer or account holder").check()
    eyes.press("Continue", "where")
    page.get_by_label("Country").select_option(label="United States")
    eyes.press("Continue", "region")
    page.get_by_label("California").check()
    eyes.press("Continue", "what")
    page.get_by_label("Take your data elsewhere").check()
    eyes.press("Continue", "details")
    page.go_back()
    assert page.get_by_label("Take your data elsewhere").is_checked()
    eyes.press("Continue", "details, again")
    eyes.press("Continue", "reach")
    page.get_by_label("Mail address").fill("ada")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    eyes.look("reach, mistaken")
    page.get_by_label("Mail address").fill(builders.ADA)
    eyes.press("Continue", "check")
    eyes.press("Change (You live in)", "where, changed")
    page.get_by_label("Country").select_option(label="Ireland")
    eyes.press("Continue", "check again")
    eyes.press("Send the request", "sent")
    submission, sent = Submission.objects.get(), page.url.removeprefix(eyes.base)
    assert page.get_by_text(submission.reference).count()

    page.get_by_label("Six-digit code").fill("000")
    eyes.press("Confirm", "code, mistaken")
    page.get_by_text("No mail, or the code").click()
    eyes.press("Send the mail again", "code, too soon")
    eyes.follow(page.get_by_role("link", name="The address is wrong"), "address")
    eyes.visit("sent, again", sent)
    page.get_by_label("Six-digit code").fill(builders.letters_to(submission, "confirm_address")[-1].code)
    eyes.press("Confirm", "tracker, searching")
    assert page.url.startswith(f"{eyes.base}/requests/{submission.reference}/")


def test_every_stage_of_a_request_can_be_seen(eyes, systems, clock):
    asked = builders.in_review(Right.ACCESS, Right.PORTABILITY, at=clock())
    threads.ask(asked.pk, "Which year?", by=builders.hal(), at=clock.tick())
    eyes.visit("tracker, question", telling.tracker_link(asked.submission, clock()))
    for summary in eyes.page.locator("summary").all():
        summary.click()
    eyes.look("tracker, explained")
    eyes.press("Send the message", "tracker, empty message")
    eyes.follow(eyes.page.get_by_role("link", name="Withdraw").first, "withdraw")

    partly = builders.in_review(at=clock.tick())
    review.withhold(partly.pk, "contact_data", "third_party_rights", "A neighbour.", by=builders.hal(), at=clock())
    builders.argue(partly, clock())
    review.prepare(partly.pk, by=builders.hal(), at=clock())
    review.approve(partly.pk, by=builders.vera(), at=clock.tick())
    drain(clock())
    eyes.visit("tracker, ready", telling.tracker_link(partly.submission, clock()))
    eyes.press("Mail me the code", "download, code")
    eyes.page.get_by_label("Six-digit code").fill(builders.letters_to(partly.submission, "download_code")[-1].code)
    eyes.press("Open the download", "download")
    with eyes.page.expect_download() as download:
        eyes.page.get_by_role("link", name="Download the file").click()
    assert download.value.suggested_filename == f"{partly.submission.reference}-1.zip"
    assert download.value.path().stat().st_size == delivery.offer(partly).size  # type: ignore[union-attr]
    eyes.visit("tracker, answered in part", telling.tracker_link(partly.submission, clock()))

    refused = builders.in_review(at=clock.tick())
    review.propose_refusal(refused.pk, "third_party_rights", "Not yours.", by=builders.hal(), at=clock())
    builders.argue(refused, clock.tick())
    review.refuse(refused.pk, by=builders.vera(), at=clock.tick())
    eyes.visit("tracker, refused", telling.tracker_link(refused.submission, clock()))

    informed = builders.file(Right.BE_INFORMED, at=clock.tick()).submission
    drain(clock())
    eyes.visit("sent, no code", f"/requests/new/sent/?ticket={tickets.issue('sent', clock(), submission=informed.pk)}")
    eyes.visit("tracker, statement", telling.tracker_link(informed, clock()))
    eyes.press("Read the answer", "statement")


def test_somebody_asks_for_another_and_the_other_says_yes(eyes, systems, clock):
    page = eyes.page
    eyes.visit("agents", "/agents/")
    eyes.follow(page.get_by_role("link", name="Start"), "agent")
    eyes.press("Continue", "agent, empty")
    assert page.locator(":focus").get_attribute("class") == "problems"
    page.get_by_label("Parent or guardian").check()
    page.get_by_label("Your own name, or that of your organisation").fill("Mandy Mandate")
    eyes.press("Continue", "who, for another")
    page.get_by_label("Customer or account holder").check()
    eyes.press("Continue", "where, for another")
    page.get_by_label("Country").select_option(label="Ireland")
    eyes.press("Continue", "what, for another")
    page.get_by_label("Get a copy of your data").check()
    eyes.press("Continue", "details, for another")
    eyes.press("Continue", "person")
    eyes.press("Continue", "person, empty")
    page.get_by_label("The person's name").fill("Ada Lovelace")
    page.get_by_label("How old is the child?").fill("9")
    page.get_by_label("The person's account number").fill("A-1")
    eyes.press("Continue", "reach, for another")
    page.get_by_label("Your own mail address").fill("mandy@agency.example")
    eyes.press("Continue", "check, for another")
    eyes.press("Send the request", "sent, for another")
    submission = Submission.objects.select_related("data_key").get()
    token = builders.confirm(submission, clock()).tracker_token
    eyes.visit("paper", builders.letters_to(submission, "mandate_asked")[-1].paper)
    eyes.press("Send this file", "paper, none")
    eyes.visit("tracker, paper", f"/requests/{submission.reference}/?key={token}")

    claim = AgentClaim(kind="signed_permission", name="Mandy Mandate", person_email=builders.ADA)
    other = builders.file(at=clock(), email="mandy@agency.example", agent=claim).submission
    builders.confirm(other, clock())
    asked = builders.letters_to(other, "mandate_confirm")[-1]
    eyes.visit("permission", asked.link)
    eyes.press("Yes, I gave this permission", "permission, given")
    eyes.visit("permission, to take back", asked.withdraw)
    eyes.press("Take the permission back", "permission, taken back")
    eyes.visit("paper, for nobody", "/agents/paper/")


def test_an_owner_fills_in_a_worksheet(eyes, clock, tmp_path):
    organisation.cabinet(clock())
    builders.in_review(at=clock())
    mails = " ".join(str(message.body) for message in django_mail.outbox)
    link = re.findall(r"\S+/worksheets/\?key=\S+", mails)[-1]
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ada")

    eyes.visit("worksheet", link)
    eyes.page.get_by_label("File", exact=True).set_input_files(letter)
    eyes.press("Add this file", "worksheet, with a file")
    eyes.press("Send the report", "worksheet, mistaken")
    eyes.page.get_by_label("I searched and found something").check()
    eyes.press("Send the report", "worksheet, done")


def test_files_are_added_beside_a_correction_and_to_a_task(eyes, clock, tmp_path):
    organisation.cabinet(clock())
    picture = tmp_path / "bill.png"
    picture.write_bytes(papers.encoded(papers.picture(), "PNG"))
    wrong = builders.in_review(Right.CORRECTION, at=clock())
    eyes.visit("tracker, correction", telling.tracker_link(wrong.submission, clock()))
    eyes.follow(eyes.page.get_by_role("link", name="Add a document that shows"), "documents")
    eyes.press("Send the document", "documents, none chosen")
    eyes.page.get_by_label("Document", exact=True).set_input_files(picture)
    eyes.press("Send the document", "tracker, document added")
    eyes.follow(eyes.page.get_by_role("link", name="Add a document that shows"), "documents, one there")

    kept = builders.in_review(Right.RESTRICTION, at=clock.tick())
    review.prepare(kept.pk, by=builders.hal(), at=clock())
    review.approve(kept.pk, by=builders.vera(), at=clock.tick())
    drain(clock())
    drain(clock.tick(minutes=1))
    mails = [
        str(message.body) for message in django_mail.outbox if "only be stored" in " ".join(str(message.body).split())
    ]
    eyes.visit("task", re.findall(r"\S+/worksheets/\?key=\S+", mails[-1])[-1])
    eyes.press("Add this file", "task, no file chosen")
    eyes.page.get_by_label("File", exact=True).set_input_files(picture)
    eyes.press("Add this file", "task, with a file")


def test_pages_that_say_what_is_wrong_are_pages_too(eyes, systems, clock):
    lapsed = builders.file(at=clock())
    link = builders.letters_to(lapsed.submission, "confirm_address")[-1].link
    eyes.visit("confirm", link)
    clock.tick(days=8)
    eyes.visit("confirm, expired", link)
    clock.tick(days=22)
    drain(clock())
    eyes.visit("tracker, lapsed", telling.tracker_link(lapsed.submission, clock()))
    others = {
        "help": "/help/",
        "accessibility": "/accessibility/",
        "track": "/requests/track/",
        "closed door": f"/requests/{lapsed.submission.reference}/",
        "unknown link": "/verify/?key=x",
        "ticket ended": "/requests/new/sent/?ticket=x",
        "download ended": "/downloads/?ticket=x",
        "worksheet ended": "/worksheets/?key=x",
        "nothing here": "/nothing/here",
        "wrong method": "/verify/again/",
    }
    for name, address in others.items():
        eyes.visit(name, address)
    assert len(eyes.seen) == len(others) + 3
