"""Signing in at the organisation's console in a real browser without scripts, and a victim who is lured to do so."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dsr.demo.console.people import by_name
from dsr.models import Submission
from dsr.services import telling
from tests import builders
from tests.browser.watching import Watch, Window
from tests.console import ADA, CODES, Console
from verification.models import Check, CheckState
from verification.proofs import Level, Method

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.serial]
THERE = "Sign in to the demo console"
HERE = "Is this your request?"
TRACKER = "Where your request stands"


def sets_out(window: Window, submission: Submission) -> None:
    """From the tracker to the page that says where it leads."""
    window.open(telling.tracker_link(submission, timezone.now()), TRACKER)
    window.press(THERE, THERE)


def signs_in(window: Window, name: str) -> None:
    """At the console, whose pages are none of ours; what comes next is for the caller to say."""
    who = by_name()[name]
    window.fill("Name", who.name)
    window.fill("Password", who.password)
    window.page.get_by_role("button", name="Sign in").click()
    if who.has_second_factor:
        window.fill("Code from your app", window.page.locator("output").inner_text())
        window.page.get_by_role("button", name="Sign in").click()


def origin(console: Console) -> str:
    return f"http://127.0.0.1:{console.port}"


def test_customer_signs_in_and_says_that_it_is_hers(watch: Watch, console: Console) -> None:
    submission = builders.file(at=timezone.now()).submission
    ada = watch.customer(origin(console))

    sets_out(ada, submission)
    ada.says("We never see your password.", f"127.0.0.1:{console.port}")
    ada.page.get_by_role("link", name="Go on to the demo console").click()
    signs_in(ada, ADA)
    ada.arrived(HERE)
    ada.says("as ada.lovelace@example.org", submission.reference, "a…@example.org")
    assert "code=" not in ada.page.url
    ada.press("Yes, this request is mine", TRACKER)

    ada.says("Thank you, your sign-in is noted for this request.")
    assert ada.page.context.cookies(watch.base) == []
    check = Check.objects.get(method=Method.LOGIN)
    assert (check.state, check.level) == (CheckState.PASSED, Level.KNOWN)


def test_second_factor_and_a_no(watch: Watch, console: Console) -> None:
    submission = builders.file(at=timezone.now()).submission
    somebody = watch.customer(origin(console))

    sets_out(somebody, submission)
    somebody.page.get_by_role("link", name="Go on to the demo console").click()
    signs_in(somebody, CODES)
    somebody.arrived(HERE)
    somebody.says("Another address")
    somebody.press("No, I did not ask for this", "Your sign-in does not count")

    assert Check.objects.get(method=Method.LOGIN).state == CheckState.FAILED


def test_victim_who_follows_somebody_elses_link(watch: Watch, console: Console) -> None:
    submission = builders.file(at=timezone.now(), email=builders.MAX).submission
    attacker, victim = watch.customer(origin(console)), watch.customer(origin(console))

    sets_out(attacker, submission)
    lure: Any = attacker.page.get_by_role("link", name="Go on to the demo console").get_attribute("href")
    victim.page.goto(lure)
    expect(victim.page.get_by_label("Password")).to_be_visible()
    signs_in(victim, ADA)

    victim.arrived("This did not work")
    victim.says("You did not set out from this browser")
    assert Check.objects.get(method=Method.LOGIN).state == CheckState.FAILED
