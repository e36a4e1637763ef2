"""Having one's data sent to another service, by the pages: named, shown as it would go, confirmed, received."""

import json
from ipaddress import ip_network

import pytest

from dsr.lifecycle import State
from dsr.models import Transmission
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import proving, telling
from dsr.services._moves import holding
from tests import builders, organisation
from tests.drain import drain
from tests.interfaces.public.visitor import Visitor
from tests.thirdparty.intake import Intake, certificate, taking_in
from verification.proofs import Method

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def intake(settings, monkeypatch, tmp_path):
    pem = certificate(tmp_path)
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with taking_in(Intake(), pem) as listening:
        yield listening


@pytest.fixture
def ready(clock, tmp_path, db):
    organisation.desk(tmp_path, clock())
    return builders.ready(clock(), right=Right.PORTABILITY)


def _sign_in(request, clock) -> None:
    with holding(submission_id=request.submission_id) as case:
        proving.record(case, Method.LOGIN, by=Caller.person(), at=clock.tick(), proved={"email": [builders.ADA]})


def _enter(visitor: Visitor, request, clock) -> Visitor:
    return visitor.open(telling.tracker_link(request.submission, clock())).follow(
        "Have it sent to another service instead"
    )


def test_data_is_sent_to_another_service_and_the_receipt_can_be_kept(visitor, intake, ready, clock):
    _sign_in(ready, clock)
    _enter(visitor, ready, clock)
    visitor.fill("Who is to get your data?", "Corrib Cloud").fill("Its address for transfers", intake.address)

    visitor.press("Go on")
    assert "Corrib Cloud" in visitor.text
    assert intake.address in visitor.text
    assert "cannot be fetched back" in visitor.text
    drain(clock.tick())
    assert intake.asked == []

    visitor.press("Yes, send it there")
    assert "Your data is being sent." in visitor.text
    drain(clock.tick(minutes=5))
    assert builders.again(ready).state == State.CLOSED
    key = telling.tracker_link(ready.submission, clock()).partition("key=")[2]
    visitor.open(f"/requests/{ready.submission.reference}/{ready.pk}/send/?key={key}")
    assert "Corrib Cloud: received" in visitor.text
    link = next(address for text, address in visitor.page.links.items() if text == "Receipt")
    receipt = json.loads(visitor.client.get(link).content)
    assert receipt["sha256"] == Transmission.objects.get().package.sha256


def test_whoever_only_read_a_mail_is_told_what_more_is_needed(visitor, intake, ready, clock):
    _enter(visitor, ready, clock)

    assert "we have to know more surely that it is you" in visitor.text
    assert "download it and hand it over" in visitor.text
    visitor.follow("What is asked, why, and every way")
    assert "Have your data sent to another service" in visitor.text
    assert "Be called at the number on file" in visitor.text
    assert "Your answer stays ready." in visitor.text
    assert "The time for our answer" not in visitor.text


@pytest.mark.parametrize(("url", "said"), [
    ("http://in.example.org/", "must begin with https://"),
    ("https://10.1.2.3/", "Nothing can be sent to this address"),
    ("", "Give the address that the receiver told you."),
])  # fmt: skip
def test_address_that_cannot_be_used_comes_back_with_the_reason(url, said, visitor, ready, clock):
    _sign_in(ready, clock)
    _enter(visitor, ready, clock)

    visitor.fill("Who is to get your data?", "Corrib Cloud").fill("Its address for transfers", url).press("Go on")

    assert visitor.status == 422
    assert said in visitor.text


def test_what_was_named_can_be_called_off(visitor, intake, ready, clock):
    _sign_in(ready, clock)
    _enter(visitor, ready, clock)
    visitor.fill("Who is to get your data?", "Corrib Cloud").fill("Its address for transfers", intake.address)
    visitor.press("Go on")

    visitor.press("No, send nothing")

    assert "Nothing more is sent." in visitor.text
    assert Transmission.objects.get().state == "cancelled"


def test_nothing_is_sent_by_looking_at_the_page_or_with_another_key(visitor, intake, ready, clock):
    _sign_in(ready, clock)
    _enter(visitor, ready, clock)

    stranger = visitor.client.post(f"/requests/{ready.submission.reference}/{ready.pk}/send/", {"act": "confirm"})

    assert stranger.status_code in (302, 303, 403, 404)
    assert not Transmission.objects.exists()


def test_keys_are_published_by_which_a_receiver_checks_us(client):
    from notifications.sealing import key_ids

    answered = client.get("/.well-known/http-message-signatures-directory")

    assert [key["kid"] for key in answered.json()["keys"]] == key_ids()
    assert answered["Content-Type"] == "application/jwk-set+json"
