"""Choices on advertising in a real browser, without scripts: the signal it sends, and what a person says."""

import pytest
from playwright.sync_api import expect

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
