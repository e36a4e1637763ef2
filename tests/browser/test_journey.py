"""The first whole journey, from the privacy centre to the opened package, by everybody who has a part in it."""

import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import expect

from dsr.demo.people import ADA, ADA_EMAIL
from dsr.models import SubjectRequest
from dsr.packaging import checking
from dsr.policies import Caller
from dsr.rights import Right
from tests import builders
from tests.browser import album, letters
from tests.browser.conftest import work
from tests.browser.watching import Watch, Window

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.serial]
OWNER = "support-owner@example.com"
TRACKER = "Where your request stands"
SHEET = "Please search: Support files"
COPY = "Get a copy of your data"
REASON = "Whom you called is also about those you called."


@pytest.mark.usefixtures("neighbours")
def test_person_gets_a_copy_of_her_data_from_the_form_to_the_opened_package(
    watch: Watch, support: Path, tmp_path: Path
) -> None:
    ada = watch.window()
    reference = asks(ada)
    proof = confirms(ada)
    reads_the_statement(ada)
    sheet = reports(watch.window(), support / ADA_EMAIL)
    prepares(watch.desk(), reference)
    approves(watch.desk(), reference)

    package = collects(ada, tmp_path, reference)

    opens(watch, package, reference, whom_she_called(support.parent))
    sees_it_closed(ada, reference, proof, sheet)


def asks(ada: Window) -> str:
    """From the privacy centre through the form; returns the reference."""
    ada.open("/", "Your data, and what you can ask of us")
    album.keep(ada.page, "home", 800)
    ada.follow("Make a request", "How do you know us?")
    ada.choose("Customer or account holder")
    ada.press("Continue", "Where do you live?")
    ada.choose("Country", "Ireland")
    ada.press("Continue", "What would you like to ask for?")
    ada.choose("Be informed")
    ada.choose(COPY)
    ada.press("Continue", "Is there something in particular?")
    ada.press("Continue", "How can we reach you?")
    ada.fill("Mail address", ADA_EMAIL)
    ada.fill("Name", "Ada Lovelace")
    ada.press("Continue", "Check your answers")
    ada.says("Customer or account holder", "Ireland", "Be informed", COPY, ADA_EMAIL, "Ada Lovelace")
    album.keep(ada.page, "check", 1090, width=820)
    ada.press("Send the request", "Your request is with us")
    reference = re.search(r"[2-9A-Z]{5}-[2-9A-Z]{5}", ada.page.title())
    assert reference
    work()
    return reference.group()


def confirms(ada: Window) -> str:
    """By the link in the mail; looking at it, as scanners do, uses nothing up. Returns the link."""
    link = letters.link(letters.newest(ADA_EMAIL, "Confirm your request"), "/verify/")
    for _look in range(2):
        ada.open(link, "Is this your request?")
    ada.press("Yes, this is my request", TRACKER)
    ada.says("Thank you, your address is confirmed.")
    work()
    return link


def reads_the_statement(ada: Window) -> None:
    """The part that needed no proof is ready first."""
    ada.open(letters.link(letters.newest(ADA_EMAIL, "We are working"), "/requests/"), TRACKER)
    ada.says("It is your turn", "ready to collect", "being worked on")
    album.keep(ada.page, "tracker", 1080)
    ada.press("Read the answer", "How Twilio uses your data")
    ada.page.get_by_role("link", name="Back to request").click()
    ada.arrived(TRACKER)
    ada.says("It is our turn", "answered")


def reports(owner: Window, folder: Path) -> str:
    """The owner of a system without a connector hands in what was found. Returns the link."""
    link = letters.link(letters.newest(OWNER, "Please search Support files"), "/worksheets/")
    owner.open(link, SHEET)
    owner.says(ADA_EMAIL)
    for name in ("ticket-1042.eml", "call-notes-2026-05-12.txt"):
        owner.choose("What is it?", "Tickets")
        owner.page.get_by_label("File", exact=True).set_input_files(folder / name)
        owner.press("Add this file", SHEET)
        owner.says(name)
    owner.choose("I searched and found something")
    album.keep(owner.page, "worksheet", 1640, width=820)
    owner.press("Send the report", "Thank you, this worksheet is closed")
    work()
    return link


def prepares(hal: Window, reference: str) -> None:
    """Hal finds the request in the queue, holds something back and proposes to give the rest."""
    hal.sign_in("hal", "hal-handles")
    hal.follow("Requests", "Requests")
    album.keep(hal.page, "queue", 790)
    hal.fill("Find by reference", ADA_EMAIL)
    hal.press("Find", "Requests")
    row = hal.page.get_by_role("row", name=re.compile(f"{reference} .*in review"))
    row.get_by_role("link").click()
    hal.arrived(f"{reference} Access")

    form = hal.unfold("Hold something back")
    form.get_by_label("Data category").select_option(label="Call Records")
    form.get_by_label("In which system").select_option(label="Messaging records")
    form.get_by_label("Ground").select_option(label="It would disclose somebody else")
    form.get_by_label("Reason").fill(REASON)
    form.get_by_role("button").click()
    hal.says("Done: Hold something back.", REASON)
    # What proves the ground has a form of its own, which its own tests fill in.
    held = SubjectRequest.objects.get(submission__reference=reference, right=Right.ACCESS)
    builders.argue(held, timezone.now(), by=Caller.of_user(User.objects.get(username="hal"), "admin"))
    hal.page.reload()
    hal.arrived(f"{reference} Access")
    hal.unfold("Propose to give the data").get_by_role("button").click()

    hal.says("hal proposes to give the data. Somebody else must approve it.")
    expect(hal.page.locator("summary", has_text="Approve and release")).to_have_count(0)
    hal.arrived(reference)
    album.keep(hal.page, "review", 1280)


def approves(vera: Window, reference: str) -> None:
    """Vera, who is somebody else, finds it by its reference and releases it."""
    vera.sign_in("vera", "vera-approves")
    vera.follow(reference, reference)
    vera.says("hal proposes to give the data.", REASON)
    vera.unfold("Approve and release").get_by_role("button").click()
    vera.says("Done: Approve and release.")
    vera.arrived(reference)
    work()
    vera.page.reload()
    vera.arrived(reference)
    vera.says("not downloaded yet")


def collects(ada: Window, folder: Path, reference: str) -> Path:
    """Ada comes by the mail that tells her; the link alone opens nothing, the fresh code does. Returns the file."""
    ada.open(letters.link(letters.newest(ADA_EMAIL, f"The answer to your request {reference}"), "/requests/"), TRACKER)
    ada.says("It is your turn", REASON)
    ada.press("Mail me the code", "Enter the code for the download")
    work()
    code = letters.code(letters.newest(ADA_EMAIL, "is your code for request"))
    ada.fill("Six-digit code", "000000" if code != "000000" else "111111")
    ada.press("Open the download", "Enter the code for the download")
    ada.says("This is not the code in the newest mail.")
    ada.fill("Six-digit code", code)
    ada.press("Open the download", COPY)
    with ada.page.expect_download() as caught:
        ada.page.get_by_role("link", name="Download the file").click()
    package = folder / caught.value.suggested_filename
    caught.value.save_as(package)
    return package


def whom_she_called(folder: Path) -> list[str]:
    """What Hal holds back; nothing else in the demonstration names these numbers beside Ada."""
    with closing(sqlite3.connect(folder / "messaging.sqlite3")) as file:
        found = [number for (number,) in file.execute("SELECT to_number FROM calls WHERE from_number = ?", [ADA.phone])]
    assert found
    return found


def opens(watch: Watch, package: Path, reference: str, held_back: list[str]) -> None:
    """The file is what was signed, its page opens from disk, and what was held back is nowhere in it."""
    verdict = checking.verify(package)
    assert (verdict.ok, verdict.reference) == (True, reference), verdict.faults
    unpacked = package.with_suffix("")
    with zipfile.ZipFile(package) as members:
        members.extractall(unpacked)
    everything = {path.relative_to(unpacked): path.read_bytes() for path in unpacked.rglob("*") if path.is_file()}
    assert not [(path, number) for path, data in everything.items() for number in held_back if number.encode() in data]
    assert any(b"nobody reaches me on my Cork number" in data for data in everything.values())
    page = watch.file(unpacked / "OPEN-ME.html")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text(REASON).first).to_be_visible()
    album.keep(page, "package", 1400)


def sees_it_closed(ada: Window, reference: str, proof: str, sheet: str) -> None:
    """Everything is answered; links that have done their work say where things stand."""
    ada.open(proof, "Your address is confirmed")
    ada.press("See where it stands", TRACKER)
    ada.says("Closed", REASON)
    ada.open(sheet, "Thank you, this worksheet is closed")
