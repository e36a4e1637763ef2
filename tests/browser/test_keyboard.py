"""The public form with nothing but a keyboard, and without scripts."""

import pytest
from playwright.sync_api import Locator, expect

from dsr.demo.people import ADA_EMAIL
from tests.browser import letters
from tests.browser.conftest import work
from tests.browser.watching import Watch, Window

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.serial]
_FURTHEST = 60
_MARKED = "field => [field, field.parentElement].some(one => getComputedStyle(one).outlineStyle !== 'none')"


class Keyboard:
    """Goes through a page by Tab, and fails where nobody could see where it stands."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._page = window.page
        self._keys = window.page.keyboard

    def to(self, wanted: Locator) -> "Keyboard":
        """Go on to a control."""
        for _step in range(_FURTHEST):
            self._keys.press("Tab")
            focused = self._page.locator(":focus")
            assert focused.evaluate(_MARKED), (
                f"nobody sees that this has the focus: {focused.evaluate('e => e.outerHTML')}"
            )
            if wanted.and_(focused).count():
                return self
        raise AssertionError(f"the keyboard never comes to {wanted}")

    def press(self, key: str, heading: str = "") -> None:
        """Press a key, and wait for the page that it leads to."""
        self._keys.press(key)
        if heading:
            self._window.arrived(heading)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self._keys.type(text)


@pytest.mark.usefixtures("support")
def test_form_is_filled_in_and_confirmed_by_keyboard_alone(watch: Watch) -> None:
    window = watch.window()
    page = window.page
    keyboard = Keyboard(window)
    link, button, box, radio = (
        lambda name, role=role: page.get_by_role(role, name=name, exact=True)
        for role in ("link", "button", "checkbox", "radio")
    )
    window.open("/", "Your data, and what you can ask of us")

    keyboard.to(link("Skip to the content")).press("Enter")
    assert page.locator(":focus").get_attribute("id") == "main"
    keyboard.to(link("Make a request")).press("Enter", "How do you know us?")
    keyboard.to(radio("Customer or account holder")).press("ArrowDown")
    expect(radio("End user")).to_be_checked()
    keyboard.press("ArrowUp")
    keyboard.to(button("Continue")).press("Enter", "Where do you live?")
    keyboard.to(page.get_by_label("Country")).type("Irel")
    keyboard.to(button("Continue")).press("Space", "What would you like to ask for?")
    keyboard.to(box("Be informed")).press("Space")
    keyboard.to(box("Get a copy of your data")).press("Space")
    keyboard.to(button("Continue")).press("Enter", "Is there something in particular?")
    keyboard.to(button("Continue")).press("Enter", "How can we reach you?")
    keyboard.to(page.get_by_label("Mail address")).type("ada")
    keyboard.press("Enter", "How can we reach you?")
    expect(page.get_by_role("alert")).to_be_focused()
    keyboard.to(page.get_by_role("alert").get_by_role("link")).press("Enter")
    expect(page.get_by_label("Mail address")).to_be_focused()
    keyboard.press("Control+A")
    keyboard.type(ADA_EMAIL)
    keyboard.press("Enter", "Check your answers")
    keyboard.to(button("Change (You live in)")).press("Enter", "Where do you live?")
    expect(page.get_by_label("Country")).to_have_value("IE")
    keyboard.to(button("Continue")).press("Enter", "Check your answers")
    keyboard.to(button("Send the request")).press("Enter", "Your request is with us")
    work()
    keyboard.to(page.get_by_label("Six-digit code")).type(
        letters.code(letters.newest(ADA_EMAIL, "Confirm your request"))
    )
    keyboard.press("Enter", "Where your request stands")

    window.says("Thank you, your address is confirmed.")
