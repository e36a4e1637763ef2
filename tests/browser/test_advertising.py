"""Choices on advertising in a real browser, without scripts: the signal it sends, and what a person says."""

import pytest
from playwright.sync_api import expect

from dsr.models import Suppression
from notifications.sealing import listing_digests
from tests.browser import album
from tests.browser.watching import Watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.serial]
HONOURED = "Your signal was honoured."
PAGES = {
    "/": "Your data, and what you can ask of us",
    "/help/": "Help, and other ways to ask",
    "/requests/new/": "How do you know us?",
    "/requests/track/": "Follow a request",
    "/preferences/cpni/": "No marketing with your call and usage data",
    "/preferences/advertising/": "Your advertising choices",
    "/nothing/here": "There is nothing here",
}


@pytest.mark.usefixtures("support")
@pytest.mark.parametrize("signals", [{"Sec-GPC": "1"}, {"DNT": "1"}], ids=["gpc", "dnt"])
def test_browser_that_sends_a_signal_reads_on_every_page_that_it_was_honoured(watch: Watch, signals) -> None:
    ana, ben = watch.window(signals), watch.window()
    for address, heading in PAGES.items():
        ana.open(address, heading)
        expect(ana.page.get_by_role("status").filter(has_text=HONOURED)).to_be_visible()
        ben.open(address, heading)
        expect(ben.page.get_by_text(HONOURED)).to_have_count(0)


@pytest.mark.usefixtures("support")
def test_page_on_the_choice_tells_one_browser_from_another(watch: Watch) -> None:
    ana, ben = watch.window({"Sec-GPC": "1"}), watch.window()

    ana.open("/", PAGES["/"])
    ana.follow("Your advertising choices", "Your advertising choices")
    ana.says("This browser sends Global Privacy Control.")
    album.keep(ana.page, "advertising", 900, width=820)

    ben.open("/preferences/advertising/", "Your advertising choices")
    ben.says("This browser sends no signal now.")


@pytest.mark.usefixtures("support")
@pytest.mark.parametrize(
    ("name", "page", "button", "done"),
    [
        ("advertising", "Your advertising choices", "Do not sell or share my data", "You have opted out"),
        (
            "sensitive",
            "Limit the use of sensitive data",
            "Limit the use of my sensitive data",
            "Your limit is recorded",
        ),
        (
            "third-parties",
            "Disclosure to others, and other uses",
            "Refuse disclosure and other uses",
            "Your refusal is recorded",
        ),
    ],
)
def test_person_chooses_in_one_step(watch: Watch, name: str, page: str, button: str, done: str) -> None:
    ana = watch.window()

    ana.open(f"/preferences/{name}/", page)
    ana.press(button, page)
    expect(ana.page.locator(":focus")).to_have_class("problems")
    ana.says("Enter your mail address, your telephone number, or both.")
    ana.fill("Mail address", "ana@example.org")
    ana.press(button, done)
    ana.says("In effect since", "In every system by")
    with ana.page.expect_download() as download:
        ana.page.get_by_role("link", name="Download the signed receipt").click()
    assert download.value.suggested_filename.startswith("choice-")

    marks = listing_digests("email", "ana@example.org")
    assert Suppression.objects.filter(digest__in=marks, stopped=True).exists()
