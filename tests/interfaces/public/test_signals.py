"""A signal of the browser is shown back on every page, keeps nothing, and is what its standard says or nothing."""

import re
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from dsr.models import Choice, Suppression
from dsr.rules import loader, pack
from dsr.services import telling
from dsr.services.choices import tokens
from dsr.services.choices.tokens import Bearer
from dsr.services.mandated import AgentClaim
from notifications.sealing import listing_digests
from tests import builders
from tests.architecture.habits import ROOT
from tests.clock import Clock
from tests.interfaces.public.test_hostile import PLACES
from tests.interfaces.public.visitor import Visitor
from tests.statements import counted

pytestmark = pytest.mark.django_db
HONOURED = "Your signal was honoured."
SENT = {
    "gpc": ({"Sec-GPC": "1"}, "Your browser sends Global Privacy Control."),
    "dnt": ({"DNT": "1"}, "Your browser sends Do Not Track."),
    "dnt, extended": ({"DNT": "1xyz"}, "Your browser sends Do Not Track."),
    "both": ({"Sec-GPC": "1", "DNT": "1"}, "Your browser sends Global Privacy Control and Do Not Track."),
    "gpc, tracking allowed": ({"Sec-GPC": "1", "DNT": "0"}, "Your browser sends Global Privacy Control."),
}
NO_GPC = ("true", "0", "1, 1", "1,1", "?1", "01", "1.0", "1;q=1", '"1"', "", "yes", "１")
NO_DNT = ("0", "", "true", "null", "unset", "1, 1", "1 1", '1"', "0,1")


def text(response: Any) -> str:
    """The words of a page."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return " ".join(re.sub(r"<[^>]+>", " ", body.decode()).split())


@pytest.mark.parametrize("path", [*PLACES, "/nothing/here", "/api/problems/"])
def test_every_page_says_that_a_signal_was_honoured_and_no_page_says_it_without_one(path: str) -> None:
    with_signal: Any = Client(headers={"Sec-GPC": "1"}).get(path)
    without: Any = Client().get(path)

    assert HONOURED in text(with_signal)
    assert HONOURED not in text(without)
    assert with_signal.status_code == without.status_code
    for response in (with_signal, without):
        assert {"Sec-GPC", "DNT"} <= {name.strip() for name in response["Vary"].split(",")}
        assert not response.cookies
        assert 'href="/preferences/advertising/"' in response.content.decode()


@pytest.mark.parametrize("case", SENT)
def test_page_names_what_came(case: str) -> None:
    headers, said = SENT[case]

    visitor = Visitor(**headers).open("/")

    assert f"{HONOURED} {said}" in visitor.text
    assert 'role="status"' in visitor.response.content.decode()


@pytest.mark.parametrize(("name", "value"), [*(("Sec-GPC", v) for v in NO_GPC), *(("DNT", v) for v in NO_DNT)])
def test_anything_else_is_no_signal(name: str, value: str) -> None:
    visitor = Visitor(**{name: value}).open("/preferences/advertising/")

    assert HONOURED not in visitor.text
    assert "This browser sends no signal now." in visitor.text


@pytest.mark.parametrize("path", ["/", "/preferences/advertising/", "/nothing/here"])
def test_a_signal_costs_no_statement_and_makes_no_name_for_the_browser(path: str) -> None:
    visitor = Visitor(**{"Sec-GPC": "1"})
    seen = set()
    for _ in range(2):
        with counted() as statements:
            visitor.open(path)
        seen.add(visitor.response.content)
        assert statements == []

    assert len(seen) == 1, "two browsers that send the same are shown the same"


def test_form_that_is_wrong_says_it_too() -> None:
    visitor = Visitor(**{"Sec-GPC": "1"}).open("/preferences/cpni/").press("Deny the use")

    assert visitor.status == 422
    assert HONOURED in visitor.text


def test_page_on_the_choice_explains_by_the_notice(visitor: Visitor, clock: Clock) -> None:
    notice = pack().notice_in_force(clock().date())

    visitor.open("/").follow("Your advertising choices")

    assert "holds for one browser on one device" in visitor.text
    assert notice.tracking_controls
    for control in notice.tracking_controls:
        assert control.title in visitor.text
        assert control.description in visitor.text
    assert notice.passage("sale").body in visitor.text  # type: ignore[union-attr]


def test_page_says_at_once_and_beside_it_what_laws_would_give(visitor: Visitor, clock: Clock) -> None:
    visitor.open("/preferences/advertising/")

    assert "It takes effect at once." in visitor.text
    law = "California Consumer Privacy Act would give 15 business days, for a choice made today until 26 March 2026."
    assert law in visitor.text
    assert "We do not ask you before 5 March 2027 whether you think otherwise." in visitor.text


def test_page_on_the_choice_is_there_for_an_organisation_whose_notice_names_none(visitor: Visitor, settings) -> None:
    settings.RULES_DIR = ROOT / "tests" / "fixtures" / "rules"
    loader.forget()

    visitor.open("/preferences/advertising/")

    loader.forget()
    assert visitor.status == 200
    assert "We sell old books, and no data." in visitor.text


# --- Where the page is somebody's ------------------------------------------------------------------------------------

SOMEBODYS = "it holds for you as a person too"


def tracker_link(clock: Clock) -> str:
    return telling.tracker_link(builders.file(at=clock()).submission, clock())


def preferences_link(clock: Clock) -> str:
    return f"/preferences/?key={tokens.preferences(Bearer('email', builders.ADA), clock())}"


@pytest.mark.parametrize("link", [tracker_link, preferences_link])
def test_signal_on_a_page_that_is_somebodys_is_a_choice_of_that_person(
    link: Callable[[Clock], str], clock: Clock
) -> None:
    address, ada = link(clock), Visitor(**{"Sec-GPC": "1"})

    ada.open(address)
    clock.tick(hours=1)
    with counted() as statements:
        ada.open(address)

    assert SOMEBODYS in ada.text
    assert not [sql for sql in statements if not sql.lstrip().startswith("SELECT")]
    choice = Choice.objects.get()
    assert (choice.purpose, choice.act, choice.via, choice.evidence) == ("advertising", "stop", "signal", "gpc")
    marks = listing_digests("email", builders.ADA)
    assert {row.digest for row in Suppression.objects.all()} == set(marks)


@pytest.mark.parametrize("link", [tracker_link, preferences_link])
def test_nothing_is_chosen_there_without_a_signal(link: Callable[[Clock], str], clock: Clock) -> None:
    visitor = Visitor(**{"Sec-GPC": "0"}).open(link(clock))

    assert visitor.status == 200
    assert SOMEBODYS not in visitor.text
    assert Choice.objects.count() == 0


def test_browser_of_an_agent_says_nothing_of_the_person(clock: Clock) -> None:
    claim = AgentClaim(kind="signed_permission", name="Mandy Mandate", person_email=builders.ADA)
    filed = builders.file(at=clock(), email="mandy@agency.example", agent=claim).submission

    agent = Visitor(**{"Sec-GPC": "1"}).open(telling.tracker_link(filed, clock()))

    assert agent.status == 200
    assert HONOURED in agent.text
    assert SOMEBODYS not in agent.text
    assert Choice.objects.count() == 0


def test_link_that_opens_nothing_is_nobodys(clock: Clock) -> None:
    for address in ("/requests/7K3MX-9TCRA/?key=" + "x" * 43, "/preferences/?key=x", "/unsubscribe/x/"):
        visitor = Visitor(**{"Sec-GPC": "1"}).open(address)
        assert visitor.status == 404
        assert HONOURED in visitor.text
        assert SOMEBODYS not in visitor.text


# --- As bytes on the wire --------------------------------------------------------------------------------------------


def over_the_wire(base: str, *lines: str) -> str:
    """The answer to a request with exactly these header lines."""
    place = urlsplit(base)
    assert place.hostname
    request = ["GET / HTTP/1.1", f"Host: {place.netloc}", "Connection: close", *lines, "", ""]
    with socket.create_connection((place.hostname, place.port or 80), timeout=20) as wire:
        wire.sendall("\r\n".join(request).encode())
        return b"".join(iter(lambda: wire.recv(65536), b"")).decode()


@pytest.mark.serial
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("lines", "honoured"),
    [
        (("Sec-GPC: 1",), True),
        (("sec-gpc:1",), True),
        (("SEC-GPC:  1  ",), True),
        (("DNT: 1",), True),
        (("Sec-GPC: true",), False),
        (("Sec-GPC: 0",), False),
        (("Sec-GPC: 1, 1",), False),
        (("Sec-GPC: 1", "Sec-GPC: 0"), False),
        (("Sec-GPC: 1", "Sec-GPC: 1"), False),
        (("Sec-GPC:",), False),
        ((), False),
    ],
)
def test_signal_over_the_wire(live_server: Any, lines: tuple[str, ...], honoured: bool) -> None:
    answer = over_the_wire(live_server.url, *lines)

    assert answer.startswith("HTTP/1.1 200")
    assert (HONOURED in answer) is honoured


# --- The statement of support ----------------------------------------------------------------------------------------


def test_statement_of_support_follows_its_standard(client: Client, clock: Clock) -> None:
    with counted() as statements:
        response = client.get("/.well-known/gpc.json")

    assert response.headers["Content-Type"] == "application/json"
    assert response.json() == {"gpc": True, "lastUpdate": "2025-08-14"}
    assert "public" in response["Cache-Control"]
    assert "max-age=86400" in response["Cache-Control"]
    assert statements == []
    assert client.head("/.well-known/gpc.json").status_code == 200
    assert client.post("/.well-known/gpc.json").status_code == 405


def test_statement_of_support_is_of_the_notice_in_force(client: Client, clock: Clock) -> None:
    clock.tick(days=60)

    assert client.get("/.well-known/gpc.json").json()["lastUpdate"] == "2026-04-09"
