"""What is wrong is put right or argued beside it; what is argued is kept and not used: from the form to the systems."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator

from dsr.demo.people import ADA, ADA_EMAIL
from dsr.models import Submission
from dsr.services import restriction, worksheets
from tests import builders, papers
from tests.browser import album, letters
from tests.browser.conftest import work
from tests.browser.watching import Watch, Window
from tests.drain import drain

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.serial]
OWNER, MESSAGING_OWNER = "support-owner@example.com", "messaging-owner@example.com"
TRACKER = "Where your request stands"
DETAILS = "What we need to know for this"
CORRECT, RESTRICT = "Correct your data", "Restrict the use of your data"
SHOWS = "Add a document that shows what is right"
DISAGREE = "Say that you do not agree"
WRONG = f"My company, it says {ADA.company}. The register of companies shows the new name since May."
RIGHT = "Lovelace and Daughters"
ALSO_WRONG = f"My job title, it says {ADA.job}. I have left the board, as the minutes of March show."
ALSO_RIGHT = "adviser"
REASON = "The contract of 2 June names you as founder. Send us the minutes, and we look again."
STATEMENT = "I left the board in March. Since then I only advise."
SETTLED = "What you said was wrong has been checked and put right."


def test_person_has_one_thing_put_right_and_disagrees_about_another(watch: Watch, support: Path) -> None:
    ada, vera = watch.window(), watch.desk()
    submission = asks(ada, CORRECT, says_what_is_wrong)
    confirms(ada, "Show that it is you")
    builders.prove(submission, timezone.now())
    work()
    finds_nothing()
    adds_a_document(ada)
    decides(watch.desk(), submission.reference)
    assert in_accounts(support, "company") == ADA.company
    approves(vera, submission.reference, "Approve the correction")

    assert in_accounts(support, "company", "job_title", "note") == (RIGHT, ADA.job, None)
    assert in_marketing(support, "company") == RIGHT
    reads_what_came_of_it(ada)
    disagrees(ada)

    assert in_accounts(support, "job_title", "note") == (ADA.job, STATEMENT)
    vera.page.reload()
    vera.arrived(submission.reference)
    vera.says("The person has added a statement", "keep the person's statement")


def test_person_has_the_use_of_her_data_restricted_until_she_is_told(watch: Watch, support: Path) -> None:
    ada, owner, vera = watch.window(), watch.window(), watch.desk()
    ada.page.set_viewport_size({"width": 360, "height": 740})
    submission = asks(ada, RESTRICT, says_why)
    confirms(ada, TRACKER)
    proposes(watch.desk(), submission.reference)
    approves(vera, submission.reference, "Approve the restriction")
    assert (in_accounts(support, "restricted"), in_marketing(support, "restricted")) == (1, 1)

    cannot_do_it(owner, "Please stop its use: Messaging records")
    goes_on_without(vera, submission.reference)
    acts_by_hand(owner, "Please stop its use: Support files", "It is only stored from now on")
    sees(ada, "It does not end before we have told you.")
    tells_that_it_ends(vera, submission.reference)
    sees(ada, "Your data is kept and not used until", "Our mail says why it ends, and what you can do.")
    assert (in_accounts(support, "restricted"), in_marketing(support, "restricted")) == (1, 1)

    drain(timezone.now() + restriction.NOTICE)
    drain(timezone.now() + restriction.NOTICE)  # the owner is written to a moment later

    assert (in_accounts(support, "restricted"), in_marketing(support, "restricted")) == (0, 0)
    acts_by_hand(owner, "Please allow its use again: Support files", "It may be used again there")
    sees(ada, "The restriction is over, and your data is used again.", "ended on")


def asks(ada: Window, title: str, answers: Callable[[Window], None]) -> Submission:
    """Ask by the form."""
    ada.open("/requests/new/", "How do you know us?")
    ada.choose("Customer or account holder")
    ada.press("Continue", "Where do you live?")
    ada.choose("Country", "Ireland")
    ada.press("Continue", "What would you like to ask for?")
    ada.choose(title)
    ada.press("Continue", DETAILS)
    ada.press("Continue", DETAILS)
    ada.says("There is a problem")
    answers(ada)
    ada.press("Continue", "How can we reach you?")
    ada.fill("Mail address", ADA_EMAIL)
    ada.press("Continue", "Check your answers")
    ada.says(title, ADA_EMAIL)
    ada.press("Send the request", "Your request is with us")
    work()
    return Submission.objects.select_related("data_key").latest("received_at")


def says_what_is_wrong(ada: Window) -> None:
    """Which field, what it holds, what it should hold, and what shows it: of two things."""
    for question, answer in (
        ("What is wrong?", WRONG),
        ("What should it say?", RIGHT),
        ("What else is wrong? (optional)", ALSO_WRONG),
        ("What should that say?", ALSO_RIGHT),
    ):
        ada.fill(question, answer)


def says_why(ada: Window) -> None:
    """The first of the reasons that the law knows."""
    ada.choose("The data is said to be wrong, and that has to be checked first")


def confirms(ada: Window, then: str) -> None:
    """The address, by the link in the mail."""
    ada.open(letters.link(letters.newest(ADA_EMAIL, "Confirm your request"), "/verify/"), "Is this your request?")
    ada.press("Yes, this is my request", then)
    ada.says("Thank you, your address is confirmed.")
    work()


def finds_nothing() -> None:
    """What is searched by hand holds nothing."""
    worksheets.report(_token("Please search Support files"), "nothing_held", "", at=timezone.now())
    work()


def _token(subject: str) -> str:
    return builders.token_in(letters.link(letters.newest(OWNER, subject), "/worksheets/"))


def adds_a_document(ada: Window) -> None:
    """What shows that she is right, before anybody decides."""
    ada.open(letters.link(letters.newest(ADA_EMAIL, "We are working"), "/requests/"), TRACKER)
    ada.follow(SHOWS, SHOWS)
    ada.press("Send the document", SHOWS)
    ada.says("There is a problem", "Choose a file first.")
    picture: Any = {"name": "register.jpg", "mimeType": "image/jpeg", "buffer": papers.photo()}
    ada.page.get_by_label("Document").set_input_files([picture])
    ada.press("Send the document", TRACKER)
    ada.says("Your document is with us.")


def finds(desk: Window, name: str, password: str, reference: str) -> None:
    """Sign in and go to the request. Its page is long, so it is scanned where there is most on it, and not here."""
    desk.sign_in(name, password)
    desk.fill("Find by reference", reference)
    desk.page.get_by_role("button", name="Find", exact=True).click()
    desk.says("What to do")


def decides(hal: Window, reference: str) -> None:
    """Hal reads what is said to be wrong beside what is held, and decides on each by itself."""
    finds(hal, "hal", "hal-handles", reference)
    form = hal.unfold("Show personal values")
    form.get_by_label("Details of the request").check()
    form.get_by_label("Why").fill("To decide on each.")
    form.get_by_role("button").click()
    hal.says(WRONG, ADA.company, ALSO_WRONG, "Documents that show what is right")
    first = _item(hal, 1)
    first.get_by_label("Decision").select_option(label="Put it right")
    for place in ("accounts.customers.company", "marketing.contacts.company"):
        first.get_by_label(place).check()
    _send(hal, first)
    second = _item(hal, 2)
    second.get_by_label("Decision").select_option(label="Leave it as it is")
    second.get_by_label("accounts.customers.job_title").check()
    second.get_by_label("Ground").select_option(label="The data is right as it stands")
    second.get_by_label("Reason").fill(REASON)
    _send(hal, second)
    hal.unfold("Propose to put right what was decided").get_by_role("button").click()
    hal.says("Somebody else must approve it.")
    hal.arrived(reference)
    work()


def _item(desk: Window, number: int) -> Locator:
    item = desk.page.get_by_role("listitem").filter(has=desk.page.get_by_role("heading", name=f"No. {number}"))
    item.locator("summary").get_by_text("Decide on something said to be wrong").click()
    return item


def _send(desk: Window, item: Locator) -> None:
    item.get_by_role("button").click()
    desk.says("Done: Decide on something said to be wrong.")


def approves(vera: Window, reference: str, button: str) -> None:
    """Vera, who is somebody else, agrees, and the systems do it."""
    finds(vera, "vera", "vera-approves", reference)
    vera.unfold(button).get_by_role("button").click()
    vera.says(f"Done: {button}.")
    work()


def reads_what_came_of_it(ada: Window) -> None:
    """Each thing with its decision, and the reasons where there are any."""
    work()
    ada.open(letters.link(letters.newest(ADA_EMAIL, "has been carried out"), "/requests/"), TRACKER)
    ada.says("done in part", "corrected", "left as it is", REASON)


def disagrees(ada: Window) -> None:
    """A statement of her own is kept beside what was not changed."""
    ada.page.get_by_role("link", name=DISAGREE).click()
    ada.arrived(DISAGREE)
    ada.press("Keep my statement", DISAGREE)
    ada.says("There is a problem", "Write something first.")
    ada.fill("Your statement", STATEMENT)
    ada.press("Keep my statement", TRACKER)
    ada.says("Your statement is with us.", STATEMENT)
    album.keep(ada.page, "correct", 1350)
    work()


def proposes(hal: Window, reference: str) -> None:
    """Hal proposes to restrict."""
    finds(hal, "hal", "hal-handles", reference)
    hal.unfold("Propose to restrict").get_by_role("button").click()
    hal.says("Somebody else must approve it.")


def cannot_do_it(owner: Window, task: str) -> None:
    """A system that cannot be told to has an owner, who cannot do it there either and says why."""
    work()  # the owner is written to a moment later
    owner.open(letters.link(letters.newest(MESSAGING_OWNER, "Messaging records"), "/worksheets/"), task)
    owner.choose("I could not do it")
    owner.fill("What should the privacy team know? (optional)", "The records have no such flag.")
    owner.press("Send the report", "Thank you, this worksheet is closed")
    work()


def goes_on_without(vera: Window, reference: str) -> None:
    """Staff read why, and decide; the person is told so."""
    vera.page.reload()
    vera.arrived(reference)
    vera.says("The owner of the system could not do it.")
    form = vera.page.get_by_role("listitem").filter(has_text="Messaging records: restrict")
    form.locator("summary").get_by_text("Go on without a system's part").click()
    form.get_by_label("Reason").fill("It keeps no flag. Nobody queries it for anything but faults.")
    form.get_by_role("button", name="Go on without a system's part").click()
    vera.says("Done: Go on without a system's part.")
    work()


def acts_by_hand(owner: Window, task: str, done: str) -> None:
    """The owner does by hand what a connector does elsewhere, and says so."""
    owner.open(letters.link(letters.newest(OWNER, "Support files"), "/worksheets/"), task)
    owner.choose(done)
    owner.press("Send the report", "Thank you, this worksheet is closed")
    work()


def sees(ada: Window, *words: str) -> None:
    """What the tracker says of it."""
    ada.open(letters.link(letters.newest(ADA_EMAIL, ""), "/requests/"), TRACKER)
    ada.says(*words)


def tells_that_it_ends(vera: Window, reference: str) -> None:
    """Why, a week before it ends, and not without."""
    vera.page.reload()
    form = vera.unfold("Lift the restriction, after telling the person")
    form.get_by_label("Reason").fill(SETTLED)
    form.get_by_role("button").click()
    vera.says("Done: Lift the restriction, after telling the person.")
    vera.arrived(reference)
    work()
    assert SETTLED in letters.newest(ADA_EMAIL, "The restriction of your data ends on")


def in_accounts(support: Path, *columns: str) -> Any:
    """What the database of the accounts holds of Ada."""
    return _row(support.parent / "accounts.sqlite3", "customers", columns)


def in_marketing(support: Path, *columns: str) -> Any:
    """What the service of the marketing holds of her."""
    return _row(support.parent / "marketing.sqlite3", "contacts", columns)


def _row(path: Path, table: str, columns: tuple[str, ...]) -> Any:
    with closing(sqlite3.connect(path)) as file:
        asked = f"SELECT {', '.join(columns)} FROM {table} WHERE email = ?"
        row = file.execute(asked, [ADA_EMAIL]).fetchone()
    return row if len(columns) > 1 else row[0]
