"""Marketing ended by one press or on a page: at once, for whoever asks, and the same answer for every address."""

import json
from datetime import timedelta
from email import message_from_bytes

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from dsr.choices.marketing import Act, Purpose, Scope, Via
from dsr.errors import Incomplete
from dsr.models import Choice, Suppression
from dsr.public import throttle
from dsr.services.choices import asking, deciding, tokens
from dsr.services.choices.tokens import Bearer
from notifications.sealing import listing_digests
from tests import builders
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.public.visitor import Visitor
from tests.statements import counted

pytestmark = pytest.mark.django_db
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def allowed(clock: Clock, channel: str = "email", topic: str = "", who: str = builders.ADA) -> bool:
    use = asking.Use(Purpose.MARKETING, Scope(channel, topic))
    return asking.check(listing_digests("email", who), use, clock()).allowed


def address(**about: str) -> str:
    return f"/unsubscribe/{tokens.unsubscribe(Bearer('email', builders.ADA, **about))}/"


# --- One press (RFC 8058) --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=xyz"])
def test_a_program_ends_marketing_by_one_post_in_both_encodings(content: str, clock: Clock) -> None:
    body = (
        b"List-Unsubscribe=One-Click"
        if content.startswith("application")
        else b'--xyz\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--xyz--\r\n'
    )

    response = Client(enforce_csrf_checks=True).post(address(), body, content_type=content)

    assert (response.status_code, response.content) == (200, b"Unsubscribed.\n")
    assert not response.cookies
    assert response["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response["Cache-Control"] == "no-store, private"
    assert not allowed(clock)
    assert Choice.objects.get().via == Via.ONE_CLICK


def test_opening_the_link_changes_nothing_and_shows_a_button(visitor: Visitor, clock: Clock) -> None:
    visitor.open(address())

    assert allowed(clock)
    assert "a\u2026e@example.org" in visitor.text
    assert builders.ADA not in visitor.response.content.decode()

    visitor.press("Stop it")

    assert "Stopped" in visitor.text
    assert not allowed(clock)


def test_head_and_a_post_of_something_else_change_nothing(client: Client, clock: Clock) -> None:
    assert client.head(address()).status_code == 200
    answer = client.post(address(), {"something": "else"}, headers={"Accept": "text/html"})

    assert answer.status_code == 422
    assert "Stop it" in answer.content.decode()
    assert allowed(clock)


def test_link_about_one_topic_leaves_the_others(client: Client, clock: Clock) -> None:
    client.post(address(channel="email", topic="events"), ONE_CLICK)

    assert not allowed(clock, topic="events")
    assert allowed(clock, topic="offers")
    assert allowed(clock, channel="sms", topic="events")


def test_who_presses_the_button_again_has_every_system_told_again(visitor: Visitor, clock: Clock) -> None:
    for _time in range(2):
        visitor.open(address()).press("Stop it")
        clock.tick(days=1)

    assert Choice.objects.count() == 2
    assert Suppression.objects.count() == 2


@pytest.mark.parametrize("topic", ["no_longer_kept_apart", "billing"])
def test_link_about_a_topic_that_is_no_more_ends_all_of_its_channel(topic: str, client: Client, clock: Clock) -> None:
    response = client.post(address(channel="email", topic=topic), ONE_CLICK)

    assert response.status_code == 200
    assert not allowed(clock)
    assert allowed(clock, channel="sms")


@pytest.mark.parametrize("token", ["x", "k1.AAAA", "k1." + "A" * 2000, "\u00e9", tokens.__name__])
def test_what_is_no_link_leads_to_the_page_that_needs_none(token: str, visitor: Visitor) -> None:
    visitor.open(f"/unsubscribe/{token}/")

    assert visitor.status == 404
    assert visitor.page.links["Stop marketing"] == "/preferences/"


def test_a_link_never_runs_out_and_pressing_twice_is_pressing_once(client: Client, clock: Clock) -> None:
    link = address()
    clock.tick(days=4000)

    client.post(link, ONE_CLICK)
    client.post(link, ONE_CLICK)

    assert Choice.objects.count() == 1


def test_link_of_one_kind_does_not_open_the_other(client: Client, clock: Clock) -> None:
    key = tokens.preferences(Bearer("email", builders.ADA), clock())

    assert client.post(f"/unsubscribe/{key}/", ONE_CLICK).status_code == 404
    assert client.get("/preferences/", {"key": tokens.unsubscribe(Bearer("email", builders.ADA))}).status_code == 404


def test_every_mail_to_a_person_carries_the_headers_and_they_work(clock: Clock, client: Client) -> None:
    builders.file(at=clock())
    drain(clock())
    sent = message_from_bytes(mail.outbox[0].message().as_bytes())

    assert sent["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = sent["List-Unsubscribe"].strip("<>").replace("\n ", "")
    assert builders.ADA not in link
    client.post(link.partition("//")[2].partition("/")[1] + link.partition("//")[2].partition("/")[2], ONE_CLICK)

    assert not allowed(clock)


# --- The page --------------------------------------------------------------------------------------------------------


def test_privacy_centre_leads_to_the_page(visitor: Visitor) -> None:
    visitor.open("/")

    assert "/preferences/" in visitor.page.links.values()


def test_stopping_everything_takes_an_address_and_one_press(visitor: Visitor, clock: Clock, tmp_path) -> None:
    visitor.open("/preferences/").fill("Mail address", builders.ADA).press("Stop it")

    assert "Your choice stands" in visitor.text
    assert "8 March 2026, 09:30 UTC" in visitor.text
    assert "something that is already on its way may still arrive" in visitor.text
    assert not allowed(clock)
    file = tmp_path / "receipt.json"
    file.write_bytes(visitor.open(visitor.page.links["Download the signed receipt"]).response.content)
    call_command("verify_receipt", file)
    assert json.loads(file.read_text())["choice"] == "stop"
    assert builders.ADA not in file.read_text()


def test_some_topics_and_channels_are_stopped_and_the_rest_goes_on(visitor: Visitor, clock: Clock) -> None:
    visitor.open("/preferences/").fill("Mail address", builders.ADA)
    visitor.choose("Only what I tick under topics and channels", "Events", "by text message").press("Stop it")

    assert not allowed(clock, "sms", "events")
    assert allowed(clock, "email", "events")
    assert allowed(clock, "sms", "offers")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Enter the mail address or the telephone number that shall be left alone."),
        ({"email": "ada"}, "Enter a mail address in the form name@example.org."),
        ({"phone": "12"}, "Enter the number with its country, such as +1 415 555 0100."),
        ({"phone": "020 910 1234"}, "Enter the number with its country, such as +1 415 555 0100."),
        ({"email": builders.ADA, "what": "some"}, "Tick what shall stop, or choose all marketing."),
        ({"email": builders.ADA, "what": "x"}, "Choose one of these."),
        ({"email": builders.ADA, "what": "some", "topics": ["billing"]}, "Choose among these."),
    ],
)
def test_what_cannot_be_used_is_said_and_nothing_typed_is_lost(typed, sentence: str, client: Client) -> None:
    response = client.post("/preferences/", {"what": "all", **typed})

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Choice.objects.exists()
    for value in typed.values():
        assert not isinstance(value, str) or value == "x" or value in response.content.decode()


def test_the_page_costs_and_says_the_same_whatever_somebody_chose_before(client: Client, clock: Clock) -> None:
    client.post("/preferences/", {"what": "all", "email": "first.of.all@example.org"})
    client.post("/preferences/", {"what": "all", "email": builders.ADA})
    clock.tick(days=3)
    costs, pages = [], []
    for email in (builders.ADA, "never.heard.of@example.org"):
        with counted() as statements:
            answer = client.post("/preferences/", {"what": "all", "email": email})
        costs.append(len(statements))
        pages.append(
            client.get(answer["Location"]).content.decode().partition("Good to know")[0].partition("ticket=")[0]
        )

    assert costs[0] == costs[1]
    assert pages[0] == pages[1]


def test_too_many_posts_from_one_network_are_stopped(client: Client) -> None:
    for _number in range(throttle.POSTS.number):
        client.post("/preferences/", {"what": "all", "email": builders.ADA})

    assert client.post("/preferences/", {"what": "all", "email": builders.ADA}).status_code == 429


# --- With a mailed link ----------------------------------------------------------------------------------------------


def mailed(clock: Clock) -> str:
    return f"/preferences/?key={tokens.preferences(Bearer('email', builders.ADA), clock())}"


def test_a_mailed_link_shows_what_stands_and_resumes_a_part(visitor: Visitor, clock: Clock) -> None:
    visitor.open("/preferences/").fill("Mail address", builders.ADA).press("Stop it")
    visitor.open(mailed(clock))
    assert not any(one.on for form in visitor.page.forms for one in form.controls if one.name == "want")

    box = next(one for form in visitor.page.forms for one in form.controls if one.value == "email:events")
    box.on = True
    visitor.press("Save")

    assert "Your choice stands" in visitor.text
    assert allowed(clock, "email", "events")
    assert not allowed(clock, "email", "offers")
    assert not allowed(clock, "sms", "events")
    resumed = Choice.objects.order_by("recorded_at", "id").last()
    assert resumed is not None
    assert (resumed.act, resumed.via, resumed.channels, resumed.topics) == (
        "resume",
        "preferences",
        ["email"],
        ["events"],
    )


def test_nothing_ticked_stops_everything_and_nothing_changed_changes_nothing(visitor: Visitor, clock: Clock) -> None:
    visitor.open(mailed(clock)).press("Save")
    assert "Nothing was changed" in visitor.text
    assert not Suppression.objects.exists()

    visitor.open(mailed(clock)).clear().press("Save")

    (choice,) = Choice.objects.all()
    assert (choice.act, choice.channels, choice.topics) == ("stop", [], [])


def test_a_mailed_link_is_good_for_some_months(visitor: Visitor, clock: Clock) -> None:
    link = mailed(clock)
    clock.tick(days=91)

    assert visitor.open(link).status == 404
    assert "What you chose stays in effect" in visitor.text


def test_only_the_person_resumes(clock: Clock) -> None:
    for via in (Via.IMPORT, Via.SIGNAL, Via.ONE_CLICK):
        wish = deciding.Wish({"email": [builders.ADA]}, Act.RESUME, via, clock())
        with pytest.raises(Incomplete):
            deciding.decide(wish, by="", at=clock())
    wish = deciding.Wish({"email": [builders.ADA]}, Act.RESUME, Via.PHONE, clock())
    with pytest.raises(Incomplete):
        deciding.decide(wish, by="7", at=clock() + timedelta(seconds=1))
