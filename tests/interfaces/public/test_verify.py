"""Confirming the address: by link or code, from any browser, without a dead end."""

import pytest

from dsr.lifecycle import State
from dsr.models import Submission
from dsr.policies import Caller
from dsr.public import tickets
from dsr.rights import Right
from dsr.services import identity
from notifications import outbox
from tests import builders
from tests.interfaces.public.visitor import Visitor
from tests.statements import counted
from verification import mail

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def filed(clock, db):
    """Ada has filed and not confirmed."""
    return builders.file(at=clock()).submission


def the_link(submission: Submission) -> str:
    return str(builders.letters_to(submission, "confirm_address")[-1].link)


def the_code(submission: Submission) -> str:
    return str(builders.letters_to(submission, "confirm_address")[-1].code)


def confirmation(visitor: Visitor, submission: Submission, clock) -> Visitor:
    """Stand on the page that follows the form."""
    return visitor.open(f"/requests/new/sent/?ticket={tickets.issue('sent', clock(), submission=submission.pk)}")


def state(submission: Submission) -> State:
    return State(builders.only(submission).state)


def test_opening_the_link_uses_nothing_up_and_pressing_the_button_confirms(visitor, filed, clock):
    for _look in range(5):
        visitor.open(the_link(filed))
        assert visitor.status == 200
        assert "Is this your request?" in visitor.text
    assert state(filed) is State.VERIFYING

    visitor.press("Yes, this is my request")

    assert state(filed) is State.IN_REVIEW
    assert "Thank you, your address is confirmed." in visitor.text
    assert visitor.address.startswith(f"/requests/{filed.reference}/?key=")


def test_a_second_click_shows_the_state_and_leads_in(visitor, filed, clock):
    link = the_link(filed)
    visitor.open(link).press("Yes, this is my request")

    visitor.open(link)
    assert "was confirmed before" in visitor.text
    visitor.press("See where it stands")

    assert "Where your request stands" in visitor.text


def test_a_confirmed_link_that_is_too_old_says_so_and_opens_nothing(visitor, filed, clock):
    link = the_link(filed)
    visitor.open(link).press("Yes, this is my request")
    clock.tick(days=8)

    visitor.open(link).press("See where it stands")

    assert visitor.status == 410
    assert "too old" in visitor.text
    assert visitor.page.links["Have a new link mailed"] == "/requests/track/"


def test_an_expired_link_sends_a_new_mail_to_the_same_address(visitor, filed, clock):
    link = the_link(filed)
    clock.tick(days=8)

    visitor.open(link)
    assert visitor.status == 410
    visitor.press("Send a new mail")

    assert "A mail is on its way to a…@example.org" in visitor.text
    visitor.fill("Six-digit code", the_code(filed)).press("Confirm")
    assert state(filed) is State.IN_REVIEW


def test_a_link_to_an_address_that_was_corrected_tells_its_holder_nothing(visitor, filed, clock):
    link = the_link(filed)
    challenge = mail.current(filed.pk)
    assert challenge is not None
    identity.readdress(challenge.pk, "right@example.org", at=clock.tick(minutes=2))

    visitor.open(link)

    assert visitor.status == 410
    assert filed.reference not in visitor.text
    assert visitor.page.forms == []
    visitor.client.post("/verify/", {"key": builders.token_in(link)})
    assert state(filed) is State.VERIFYING


@pytest.mark.parametrize("key", ["", "x", "\x00", "a" * 5000, "Zm9v" * 12, "\u202e", "%ff"])
def test_an_unknown_link_gets_a_page_with_a_way_on(visitor, filed, key):
    visitor.open("/verify/")
    without = visitor.text
    answer = visitor.client.get("/verify/", {"key": key})
    visitor._arrived(answer, "/verify/")

    assert answer.status_code == 404
    assert visitor.text == without
    assert "/requests/track/" in visitor.page.links.values()
    assert visitor.client.post("/verify/", {"key": key}).status_code == 404


def test_code_confirms_on_the_page_with_the_reference(visitor, filed, clock):
    confirmation(visitor, filed, clock)
    assert filed.reference in visitor.text
    assert "a…@example.org" in visitor.text
    assert builders.ADA not in visitor.response.content.decode()
    code = the_code(filed)

    visitor.fill("Six-digit code", f" {code[:3]}-{code[3:]} ").press("Confirm")

    assert state(filed) is State.IN_REVIEW
    assert "Thank you, your address is confirmed." in visitor.text


def test_a_wrong_code_can_be_tried_again_and_then_renewed(visitor, filed, clock):
    confirmation(visitor, filed, clock)
    code = the_code(filed)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"

    visitor.fill("Six-digit code", wrong).press("Confirm")
    assert visitor.status == 422
    assert "You can try 4 more times." in visitor.text
    for _again in range(4):
        visitor.fill("Six-digit code", wrong).press("Confirm")
    assert "too many wrong codes" in visitor.text
    visitor.fill("Six-digit code", code).press("Confirm")
    assert state(filed) is State.VERIFYING

    clock.tick(minutes=2)
    visitor.press("Send the mail again").fill("Six-digit code", the_code(filed)).press("Confirm")
    assert state(filed) is State.IN_REVIEW


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "٤٢٤٢٤٢", "12345\x00", "1" * 100])
def test_what_is_no_code_uses_no_try_up(visitor, filed, clock, code):
    confirmation(visitor, filed, clock)

    visitor.fill("Six-digit code", code).press("Confirm")

    assert visitor.status == 422
    challenge = mail.current(filed.pk)
    assert challenge is not None
    assert challenge.tries == 0


def test_an_old_code_is_replaced_by_a_new_one(visitor, filed, clock):
    confirmation(visitor, filed, clock)
    clock.tick(minutes=31)

    visitor.fill("Six-digit code", the_code(filed)).press("Confirm")
    assert "valid for half an hour" in visitor.text
    visitor.press("Send the mail again").fill("Six-digit code", the_code(filed)).press("Confirm")

    assert state(filed) is State.IN_REVIEW


def test_asking_again_at_once_says_when_it_is_possible(visitor, filed, clock):
    confirmation(visitor, filed, clock)

    visitor.press("Send the mail again")

    assert visitor.status == 429
    assert int(visitor.response["Retry-After"]) == 60
    assert "1 minute" in visitor.text
    visitor.fill("Six-digit code", the_code(filed)).press("Confirm")
    assert state(filed) is State.IN_REVIEW


def test_a_mistyped_address_is_corrected_and_the_first_code_dies(visitor, clock):
    filed = builders.file(at=clock(), email="ada@exmaple.org").submission
    first = the_code(filed)
    clock.tick(minutes=2)

    confirmation(visitor, filed, clock).follow("The address is wrong: correct it")
    visitor.fill("Your mail address", builders.ADA).press("Send the mail there")
    assert "a…@example.org" in visitor.text

    visitor.fill("Six-digit code", first).press("Confirm")
    assert state(filed) is State.VERIFYING
    visitor.fill("Six-digit code", the_code(filed)).press("Confirm")
    assert state(filed) is State.IN_REVIEW
    assert builders.only(filed).submission.open("email") == builders.ADA


def test_only_the_browser_that_filed_may_correct_the_address(visitor, filed, clock):
    by_mail = tickets.issue("again", clock(), submission=filed.pk)
    clock.tick(minutes=2)

    answer = visitor.client.post("/verify/address/", {"ticket": by_mail, "email": builders.MAX})

    assert answer.status_code == 404
    challenge = mail.current(filed.pk)
    assert challenge is not None
    assert challenge.address() == builders.ADA
    assert "correct it" not in visitor.open(f"/verify/code/?ticket={by_mail}").text


@pytest.mark.parametrize("path", ["/requests/new/sent/", "/verify/code/", "/verify/address/", "/downloads/"])
@pytest.mark.parametrize("ticket", ["", "x", "A" * 200, "A" * 5000, "\x00", "=" * 40, "ü", "-" * 80])
def test_a_forged_ticket_opens_nothing(visitor, filed, path, ticket):
    assert visitor.client.get(path, {"ticket": ticket}).status_code == 404
    if path != "/requests/new/sent/":
        assert visitor.client.post(path, {"ticket": ticket, "code": "123456"}).status_code == 404


def test_a_ticket_ends_and_serves_one_purpose(visitor, filed, clock):
    ticket = tickets.issue("sent", clock(), submission=filed.pk)
    other = tickets.issue("download", clock(), submission=filed.pk)

    assert visitor.open(f"/requests/new/sent/?ticket={ticket}").status == 200
    assert visitor.open(f"/requests/new/sent/?ticket={other}").status == 404
    clock.tick(hours=25)
    assert visitor.open(f"/requests/new/sent/?ticket={ticket}").status == 404


def test_what_needs_no_code_says_so(visitor, clock):
    both = builders.file(Right.ACCESS, Right.BE_INFORMED, at=clock()).submission
    alone = builders.file(Right.BE_INFORMED, at=clock()).submission

    assert "No code is needed for: Be informed." in confirmation(visitor, both, clock).text
    assert "Now enter the code" in visitor.text
    assert "Now enter the code" not in confirmation(visitor, alone, clock).text
    assert "nothing more for you to do now" in visitor.text


def test_a_mail_that_came_back_is_told_where_it_can_be_put_right(visitor, filed, clock):
    assert "did not arrive" not in confirmation(visitor, filed, clock).text

    outbox.about(filed.pk).update(state="bounced", settled_at=clock(), context_sealed=None)

    assert "The mail did not arrive" in confirmation(visitor, filed, clock).text
    assert "Correct your mail address" in visitor.follow("Correct the address").text


def test_confirming_twice_at_once_is_confirmed_once(filed, clock):
    token = builders.token_in(the_link(filed))

    first = identity.confirm_link(token, by=Caller.person(), at=clock())
    second = identity.confirm_link(token, by=Caller.person(), at=clock())

    assert (first.again, second.again) == (False, True)


@pytest.mark.parametrize(("what", "most"), [("sent", 4), ("code", 4), ("link", 6)])
def test_pages_cost_a_fixed_number_of_statements(visitor, filed, clock, what, most):
    ticket = tickets.issue("sent", clock(), submission=filed.pk)
    address = {
        "sent": f"/requests/new/sent/?ticket={ticket}",
        "code": f"/verify/code/?ticket={ticket}",
        "link": the_link(filed),
    }[what]

    with counted() as statements:
        visitor.open(address)

    assert len(statements) == most, "\n".join(statements)
