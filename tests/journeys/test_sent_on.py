"""Data goes straight to another service: from the filing over proof, review and approval to the receiver's receipt."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from dsr.lifecycle import State
from dsr.models import Event, LedgerEntry, SubjectRequest, Submission, Transmission
from dsr.packaging import checking
from dsr.rights import Right
from dsr.services import history, telling
from tests import builders
from tests.clock import Clock
from tests.console import ADA, Console, Person
from tests.drain import drain
from tests.interfaces.api import client as api
from tests.interfaces.public.visitor import Visitor
from tests.journeys import roads
from tests.journeys.roads import API, WEB, Desk
from tests.thirdparty.intake import Intake, certificate, taking_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("systems", "storage_of_its_own")]
RECEIVER = "Corrib Cloud"


@pytest.fixture
def clock(clock: Clock) -> Clock:
    """The real time: a real provider tells it."""
    clock.now = datetime.now(UTC)
    return clock


@pytest.fixture
def intake(settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Intake]:
    """Another service on this machine, over HTTPS, with a certificate that is trusted here."""
    pem = certificate(tmp_path)
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with taking_in(Intake(), pem) as listening:
        yield listening


class Browser(Visitor):
    """One that keeps the one cookie that there is while somebody signs in, and follows where it is led."""

    def _arrived(self, response: Any, address: str) -> "Browser":
        kept = self.client.cookies.pop("sign-in", None)
        if kept is not None and kept.value and response.status_code in (302, 303):
            self.client.cookies["sign-in"] = kept.value
        if response.status_code in (302, 303):
            self.open(response["Location"])
        else:
            super()._arrived(response, address)
        if kept is not None and kept.value:
            self.client.cookies["sign-in"] = kept.value
        return self


def _received(request: SubjectRequest, intake: Intake) -> Transmission:
    """What arrived is what was packed, and holds Ada's data and nobody else's."""
    row = Transmission.objects.select_related("package", "request__submission__data_key").get()
    [held] = intake.uploads.values()
    assert hashlib.sha256(held).hexdigest() == row.package.sha256
    package = zipfile.ZipFile(io.BytesIO(bytes(held)))
    texts = [package.read(name).decode() for name in package.namelist() if name.endswith((".json", ".csv"))]
    assert any("Ada Lovelace" in text for text in texts)
    assert all("Max Stranger" not in text for text in texts)
    assert builders.again(request).state == State.CLOSED
    assert set(LedgerEntry.objects.filter(request=request).values_list("outcome", flat=True)) == {"given"}
    return row


def _told(request: SubjectRequest, tmp_path: Path, receipt: Any) -> None:
    """The letter says who has it, the receipt can be checked by anybody, and the history names nobody."""
    letter = builders.sent_text(request.submission, "sent_on")
    paper = tmp_path / "receipt.json"
    paper.write_text(json.dumps(receipt))
    events = Event.objects.filter(submission=request.submission)
    verbs = list(events.order_by("seq").values_list("verb", flat=True))
    order = ["file", "confirm_identity", "found", "prepare", "approve", "built", "name_receiver", "confirm_receiver"]

    assert RECEIVER in letter
    assert request.submission.reference in letter
    assert checking.verify(paper).ok
    assert [verb for verb in verbs if verb in (*order, "transmitted")] == [*order, "transmitted"]
    assert RECEIVER not in str(list(events.values_list("data", flat=True)))
    assert history.verify(request.submission.reference).whole


def _tracker(request: SubjectRequest, clock: Clock) -> str:
    return telling.tracker_link(request.submission, clock())


def _signed_in(browser: Browser, title: str) -> Browser:
    """Ada signs in at the console and says that the request is hers."""
    browser.press(title)
    browser.open(Person(ADA).go(browser.page.links["Go on to the demo console"]))
    browser.press("Yes, this request is mine")
    assert "your sign-in is noted for this request" in browser.text
    return browser


def test_by_the_form(console: Console, intake: Intake, clock: Clock, tmp_path: Path) -> None:
    browser = Browser()
    request = roads.proved(roads.by_web(browser, Right.PORTABILITY, clock), clock)
    Desk(WEB).move("hal", request, "prepare")
    clock.tick()
    Desk(WEB).move("vera", request, "approve")
    drain(clock.tick())
    assert builders.again(request).state == State.READY

    browser.open(_tracker(request, clock)).follow("Have it sent to another service instead")
    assert "we have to know more surely that it is you" in browser.text
    _signed_in(browser, "Sign in to the demo console").follow("Have it sent to another service instead")
    browser.fill("Who is to get your data?", RECEIVER).fill("Its address for transfers", intake.address)
    browser.press("Go on")
    assert intake.address in browser.text
    drain(clock.tick())
    assert intake.asked == []  # nothing goes before the person has said yes to exactly this
    browser.press("Yes, send it there")
    drain(clock.tick(minutes=5))

    _received(request, intake)
    browser.open(_tracker(request, clock))
    assert "The receiver confirmed that your data arrived." in browser.text
    key = builders.token_in(_tracker(request, clock))
    browser.open(f"/requests/{request.submission.reference}/{request.pk}/send/?key={key}")
    receipt = json.loads(browser.client.get(browser.page.links["Receipt"]).content)
    assert receipt["receiver"] == RECEIVER
    _told(request, tmp_path, receipt)


def test_by_the_api(intake: Intake, clock: Clock, tmp_path: Path) -> None:
    """Sam saw Ada sign in when she rang, files what she says, and hears later to whom it is to go, and her yes."""
    sam, vera = api.sam(), api.vera()
    seen = {"method": "asserted_login", "at": clock().isoformat(), "identifiers": {"email": [builders.ADA]}}
    who = {"relationship": "customer", "name": "Ada Lovelace", "identifiers": {"email": [builders.ADA]}}
    wants = [{"right": "portability"}]
    body = api.filing(who=who, where={"country": "IE"}, rights=wants, channel="phone", verified=seen)
    filed = sam.post("/submissions", body, key="call")
    assert filed.status == 201, filed.json
    request = builders.only(Submission.objects.get(reference=filed.json["reference"]))
    request = roads.proved(request, clock)
    Desk(API).approve(request, clock)
    assert sam.get(f"/requests/{request.pk}").json["state"] == "ready"

    named = sam.move(request.pk, "name_receiver", {"url": intake.address, "receiver": RECEIVER})
    drain(clock.tick())
    assert (named.status, intake.asked) == (200, [])
    confirmed = sam.move(request.pk, "confirm_receiver", {"how": "phone"})
    assert confirmed.status == 200
    drain(clock.tick(minutes=5))

    _received(request, intake)
    [shown] = vera.get(f"/requests/{request.pk}/transmissions?reason=The+person+asked").json["results"]
    assert (shown["state"], shown["receiver"]) == ("done", RECEIVER)
    assert vera.get(f"/requests/{request.pk}").json["outcome"] == "fulfilled"
    _told(request, tmp_path, shown["receipt"])
