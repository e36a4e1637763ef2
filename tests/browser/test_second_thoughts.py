"""Asking from the United States, by the code; having second thoughts; finding the way back without the link."""

import re

import pytest
from django.core import mail
from playwright.sync_api import expect

from dsr.demo.people import ADA_EMAIL, MAX_EMAIL
from dsr.ids import new_reference
from tests.browser import letters
from tests.browser.conftest import work
from tests.browser.watching import Watch, Window

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.serial]
TRACKER = "Where your request stands"
TAKE = "Take your data elsewhere"
REASON = "It is the same as last week's."


@pytest.mark.usefixtures("support")
def test_person_withdraws_and_comes_back_by_a_mailed_link(watch: Watch) -> None:
    ada = watch.window()
    reference = asks_in_the_united_states(ada)
    writes(ada)
    proposes_and_may_not_approve(watch.desk(), reference)
    withdraws(ada)

    link = asks_for_the_link(ada, reference)

    ada.open(link, TRACKER)
    ada.says("Closed", "withdrawn")
    ada.open(f"/requests/{reference}/", "You need a new link")


def asks_in_the_united_states(ada: Window) -> str:
    """From a card of the privacy centre, with the right chosen by it; confirmed by the code, right there."""
    ada.open("/", "Your data, and what you can ask of us")
    ada.follow(f"Ask for this ({TAKE})", "How do you know us?")
    ada.press("Continue", "How do you know us?")
    ada.says("There is a problem")
    ada.choose("Customer or account holder")
    ada.press("Continue", "Where do you live?")
    ada.choose("Country", "United States")
    ada.press("Continue", "Where in the country?")
    ada.choose("Somewhere else in the country")
    ada.press("Continue", "What would you like to ask for?")
    expect(ada.page.get_by_label(TAKE)).to_be_checked()
    ada.press("Continue", "Is there something in particular?")
    ada.press("Continue", "How can we reach you?")
    ada.fill("Mail address", ADA_EMAIL)
    ada.press("Continue", "Check your answers")
    ada.press("Send the request", "Your request is with us")
    work()
    ada.fill("Six-digit code", letters.code(letters.newest(ADA_EMAIL, "Confirm your request")))
    ada.press("Confirm", TRACKER)
    work()
    found = re.search(r"[2-9A-Z]{5}-[2-9A-Z]{5}", ada.page.title())
    assert found
    return found.group()


def writes(ada: Window) -> None:
    """A message to the staff."""
    ada.fill("Your message", "Only my messages, please.")
    ada.press("Send the message", TRACKER)
    ada.says("Your message is with us.", "Only my messages, please.")


def proposes_and_may_not_approve(vera: Window, reference: str) -> None:
    """Vera may approve, but not what she has proposed herself; the page says so instead of showing the button."""
    vera.sign_in("vera", "vera-approves")
    vera.fill("Find by reference", reference.replace("-", " ").lower())
    vera.press("Find", reference)
    vera.says("Only my messages, please.")
    form = vera.unfold("Propose to refuse")
    form.get_by_label("Ground").select_option(index=1)
    form.get_by_label("Reason").fill(REASON)
    form.get_by_role("button").click()
    vera.says("Done: Propose to refuse.", REASON, "You prepared this answer, so somebody else must approve it.")
    vera.arrived(reference)
    expect(vera.page.locator("summary").get_by_text("Refuse", exact=True)).to_have_count(0)


def withdraws(ada: Window) -> None:
    """Asked once more, with the way back beside it. What was proposed and not decided reaches nobody."""
    ada.follow(f"Withdraw this request ({TAKE})", f"Withdraw: {TAKE}?")
    ada.press("Yes, withdraw it", TRACKER)
    ada.says("The request is withdrawn.", "Closed")
    expect(ada.page.get_by_text(REASON)).to_have_count(0)
    work()
    assert "You withdrew your request" in letters.newest(ADA_EMAIL, "is closed")


def asks_for_the_link(ada: Window, reference: str) -> str:
    """The page says the same whether or not there is such a request; only the right address gets a mail."""
    answers, before = set(), len(mail.outbox)
    for typed, address in ((reference, MAX_EMAIL), (new_reference(), ADA_EMAIL), (reference.lower(), ADA_EMAIL)):
        ada.open("/requests/track/", "Follow a request")
        ada.fill("Reference", typed)
        ada.fill("Mail address", address)
        ada.press("Mail me the link", "Look at your mail")
        answers.add(ada.page.locator("main").inner_text())
    work()
    assert len(answers) == 1
    assert [message.to for message in mail.outbox[before:]] == [[ADA_EMAIL]]
    return letters.link(letters.newest(ADA_EMAIL, "The link to your request"), "/requests/")
