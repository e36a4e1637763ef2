"""The pages of signing in: one cookie, one question, and nothing that counts without a yes from the same browser."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from dsr.lifecycle import Outcome
from dsr.models import Submission
from dsr.policies import Caller
from dsr.public import pages, throttle, tickets
from dsr.public.sent import AGAIN, SENT
from dsr.services import review, telling
from tests import builders
from tests.clock import Clock
from tests.console import ADA, CODES, Console, Person, parameters
from tests.interfaces.public.visitor import Page, Visitor
from verification.models import Check, CheckState
from verification.proofs import Method

pytestmark = pytest.mark.django_db
COOKIE = "sign-in"
TO = "Go on to the demo console"
YES, NO = "Yes, this request is mine", "No, I did not ask for this"


class Browser(Visitor):
    """One that takes the one cookie that there is."""

    def _arrived(self, response: Any, address: str) -> "Browser":
        assert set(self.client.cookies) <= {COOKIE}
        kept = self.client.cookies.get(COOKIE)
        self.client.cookies.pop(COOKIE, None)
        try:
            if response.status_code in (302, 303):
                if kept is not None:
                    self.client.cookies[COOKIE] = kept.value
                return self.open(response["Location"])  # type: ignore[return-value]
            super()._arrived(response, address)
        finally:
            if kept is not None and kept.value:
                self.client.cookies[COOKIE] = kept.value
        return self


@pytest.fixture
def clock(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The real time: a real provider tells it."""
    clock.now = datetime.now(UTC)
    return clock


@pytest.fixture
def submission(db: None, clock: Clock) -> Submission:
    return builders.file(at=clock()).submission


def form(submission: Submission) -> dict[str, str]:
    """What the tracker's form sends."""
    link = telling.tracker_link(submission, timezone.now())
    return {"reference": submission.reference, "key": builders.token_in(link)}


def set_out(submission: Submission, **sent: str) -> Browser:
    """Press the button that begins it."""
    browser = Browser()
    return browser._arrived(browser.client.post("/verify/login/", sent or form(submission)), "/verify/login/")


def came_back(browser: Browser, name: str = ADA) -> Browser:
    """Sign in, and follow the address that the console sends one back to."""
    address = Person(name).go(browser.page.links[TO])
    return browser.open(address)  # type: ignore[return-value]


def test_page_says_where_it_leads_before_it_leads_there(console: Console, submission: Submission) -> None:
    browser = set_out(submission)

    assert browser.status == 200
    assert f"127.0.0.1:{console.port}" in browser.text
    assert submission.reference in browser.text
    assert urlsplit(browser.page.links[TO]).netloc == f"127.0.0.1:{console.port}"
    assert "One cookie" in browser.text
    assert "No cookies" not in browser.text


def test_tracker_leads_there_while_something_waits(console: Console, submission: Submission) -> None:
    sent = form(submission)
    browser = Browser()
    browser.open(pages.tracker_address(sent["reference"], sent["key"]))

    browser.press("Sign in to the demo console")

    assert browser.address == "/verify/login/"
    assert TO in browser.page.links


def test_tracker_says_nothing_of_a_console_that_is_not_there(submission: Submission) -> None:
    sent = form(submission)

    assert "Sign in" not in Visitor().open(pages.tracker_address(sent["reference"], sent["key"])).text


def test_cookie_is_short_and_for_this_host_alone(console: Console, submission: Submission, settings: Any) -> None:
    settings.SECURE = True

    response = Browser().client.post("/verify/login/", form(submission), secure=True)

    cookie = response.cookies["__Host-sign-in"]
    assert (cookie["path"], cookie["domain"], cookie["max-age"]) == ("/", "", 900)
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
    assert cookie.value not in response.content.decode()
    assert response["Cache-Control"] == "no-store, private"


def test_no_page_may_send_a_form_elsewhere(console: Console, submission: Submission) -> None:
    browser = set_out(submission)

    assert "form-action 'self'" in browser.response["Content-Security-Policy"]
    assert all(form.action.startswith("/") for form in browser.page.forms)


def test_customer_signs_in_and_says_yes(console: Console, submission: Submission) -> None:
    browser = came_back(set_out(submission))
    assert browser.status == 200
    assert "You signed in to the demo console as ada.lovelace@example.org." in browser.text
    assert submission.reference in browser.text
    assert "Another address" not in browser.text
    assert Check.objects.get(method=Method.LOGIN).state == CheckState.OPEN

    browser.press(YES)

    assert browser.address.startswith(f"/requests/{submission.reference}/?key=")
    assert "your sign-in is noted for this request" in browser.text
    assert COOKIE not in browser.client.cookies
    assert Check.objects.get(method=Method.LOGIN).state == CheckState.PASSED


def test_question_has_an_address_without_a_code_and_can_be_reloaded(console: Console, submission: Submission) -> None:
    browser = came_back(set_out(submission))

    assert parameters(browser.address).keys() == {"pass"}
    assert browser.open(browser.address).status == 200
    assert YES in browser.text


def test_no_is_heard(console: Console, submission: Submission) -> None:
    browser = came_back(set_out(submission))
    address = browser.address

    browser.press(NO)

    assert "Your sign-in does not count" in browser.text
    assert Check.objects.get(method=Method.LOGIN).state == CheckState.FAILED
    assert browser.open(address).status in (403, 404)


def test_neither_yes_nor_no_asks_again(console: Console, submission: Submission) -> None:
    browser = came_back(set_out(submission))
    token = parameters(browser.address)["pass"]

    browser._arrived(browser.client.post("/verify/login/back/", {"pass": token}), "/verify/login/back/")

    assert YES in browser.text
    assert Check.objects.get(method=Method.LOGIN).state == CheckState.OPEN


def test_request_that_writes_elsewhere_is_pointed_out(console: Console, submission: Submission) -> None:
    browser = came_back(set_out(submission), CODES)

    assert "Another address" in browser.text
    assert "a…@example.org" in browser.text


@pytest.mark.parametrize("purpose", [SENT, AGAIN])
def test_ticket_begins_it_too_and_opens_no_tracker(
    console: Console, submission: Submission, clock: Clock, purpose: str
) -> None:
    ticket = tickets.issue(purpose, clock(), submission=submission.pk)
    browser = came_back(set_out(submission, ticket=ticket))

    browser.press(YES)

    assert "Thank you for signing in" in browser.text
    assert "key=" not in browser.response.content.decode()


# --- Somebody else ---------------------------------------------------------------------------------------------------


def test_victim_who_was_lured_signs_in_for_nothing(console: Console, submission: Submission, clock: Clock) -> None:
    """Max sends Ada the address that he was given. She signs in at the true console, and comes back here."""
    attackers = builders.file(at=clock(), email=builders.MAX).submission
    his = set_out(attackers)
    address = Person(ADA).go(his.page.links[TO])

    hers = Browser()
    hers.open(address)

    assert hers.status == 403
    assert "You did not set out from this browser" in hers.text
    assert Check.objects.get(method=Method.LOGIN).state == CheckState.FAILED
    assert his.open(address).status == 404


def test_cookie_of_another_sign_in_does_not_help(console: Console, submission: Submission, clock: Clock) -> None:
    attackers = builders.file(at=clock(), email=builders.MAX).submission
    his, hers = set_out(attackers), set_out(submission)
    address = Person(ADA).go(his.page.links[TO])

    assert hers.open(address).status == 403
    assert not Check.objects.filter(state=CheckState.PASSED).exists()


def test_yes_of_another_browser_does_not_count(console: Console, submission: Submission) -> None:
    browser = came_back(set_out(submission))
    _address, sent = browser.sending(YES)

    response = Browser().client.post("/verify/login/back/", sent)

    assert response.status_code == 403
    assert Check.objects.get(method=Method.LOGIN).state == CheckState.OPEN


def test_yes_that_another_site_sends_does_not_count(console: Console, submission: Submission) -> None:
    browser = came_back(set_out(submission))
    _address, sent = browser.sending(YES)

    response = browser.client.post("/verify/login/back/", sent, headers={"Sec-Fetch-Site": "cross-site"})

    assert response.status_code == 403
    assert Check.objects.get(method=Method.LOGIN).state == CheckState.OPEN


def test_looking_does_not_say_yes(console: Console, submission: Submission) -> None:
    browser = came_back(set_out(submission))

    browser.open(f"{browser.address}&answer=yes")

    assert YES in browser.text
    assert Check.objects.get(method=Method.LOGIN).state == CheckState.OPEN


def test_head_uses_nothing_up(console: Console, submission: Submission) -> None:
    browser = set_out(submission)
    address = Person().go(browser.page.links[TO])

    assert browser.client.head(address).status_code == 200
    assert YES in browser.open(address).text


# --- What goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        {"x": "y"}, {"ticket": "nonsense"}, {"reference": "7K3MX-9TCRA", "key": "nonsense"}, {"reference": "\x00"},
        {"ticket": "A" * 5000, "key": "B" * 5000},
    ],
)  # fmt: skip
def test_nobody_sets_out_without_link_or_ticket(console: Console, submission: Submission, sent: dict[str, str]) -> None:
    browser = set_out(submission, **sent)

    assert browser.status == 404
    assert not Check.objects.filter(method=Method.LOGIN).exists()


def test_key_of_one_request_begins_nothing_for_another(console: Console, submission: Submission, clock: Clock) -> None:
    other = builders.file(at=clock(), email=builders.MAX).submission

    browser = set_out(submission, **{**form(submission), "reference": other.reference})

    assert browser.status == 404


def test_without_a_console_the_page_says_so(submission: Submission) -> None:
    browser = set_out(submission)

    assert browser.status == 404
    assert "not offered here" in browser.text


def test_console_that_is_down_costs_nothing(console: Console, submission: Submission, settings: Any) -> None:
    settings.OIDC_ISSUER = "http://127.0.0.1:1/o"

    browser = set_out(submission)

    assert browser.status == 503
    assert "cannot be reached" in browser.text


def test_person_who_turned_back_can_try_again(console: Console, submission: Submission) -> None:
    browser = set_out(submission)
    state = parameters(browser.page.links[TO])["state"]

    browser.open(f"/verify/login/back/?state={state}&error=access_denied&error_description=<script>alert(1)</script>")

    assert browser.status == 409
    assert "without having signed in" in browser.text
    assert "alert(1)" not in browser.response.content.decode()
    assert set_out(submission).status == 200


def test_quarter_of_an_hour_later_it_is_over(console: Console, submission: Submission, clock: Clock) -> None:
    browser = came_back(set_out(submission))
    clock.tick(minutes=15)

    browser.press(YES)

    assert browser.status == 410
    assert "More than a quarter of an hour" in browser.text


def test_setting_out_often_is_stopped(console: Console, submission: Submission) -> None:
    sent = form(submission)
    for _ in range(20):
        assert set_out(submission, **sent).status == 200

    browser = set_out(submission, **sent)

    assert browser.status == 429
    assert int(browser.response["Retry-After"]) > 0


def test_network_that_tries_too_often_is_stopped(
    console: Console, submission: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "LINKS", throttle.Allowance("links", 1, throttle.LINKS.window))
    sent = form(submission)
    set_out(submission, **sent)

    assert set_out(submission, **sent).status == 429


def test_closed_request_needs_no_sign_in(console: Console, clock: Clock, systems: list[object]) -> None:
    request = builders.in_review(at=clock())
    review.withdraw(request.pk, by=Caller.person(), at=clock())
    assert builders.again(request).outcome == Outcome.WITHDRAWN

    assert set_out(request.submission).status == 409


@pytest.mark.parametrize("query", ["", "?pass=", "?pass=nonsense", "?state=", "?state=%00", "?state=x&code=y&iss=z"])
def test_coming_back_from_nowhere_is_a_page(console: Console, submission: Submission, query: str) -> None:
    browser = Browser()

    browser.open(f"/verify/login/back/{query}")

    assert browser.status == 404
    assert "Go back to your request" in browser.text


def test_page_to_begin_cannot_be_opened_by_hand(console: Console, submission: Submission) -> None:
    assert Visitor().open("/verify/login/").status == 405


def test_address_on_the_way_out_is_escaped(console: Console, submission: Submission) -> None:
    response = set_out(submission).response

    page = Page(response.content.decode())
    assert pages.tracker_address(submission.reference, "") not in page.links.values()
    assert "&amp;state=" in response.content.decode()
