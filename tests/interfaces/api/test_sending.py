"""Having an answer sent to another service, by program: the journey from the filing to the receipt."""

from ipaddress import ip_network

import pytest
from django.utils import timezone

from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import proving
from dsr.services._moves import holding
from tests import builders, organisation
from tests.drain import drain
from tests.interfaces.api.client import Api
from tests.thirdparty.intake import Intake, certificate, taking_in
from verification.proofs import Method

pytestmark = pytest.mark.django_db


@pytest.fixture
def intake(settings, monkeypatch, tmp_path):
    pem = certificate(tmp_path)
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with taking_in(Intake(), pem) as listening:
        yield listening


@pytest.fixture
def ready(db, tmp_path):
    organisation.desk(tmp_path, timezone.now())
    return builders.ready(timezone.now(), right=Right.PORTABILITY)


def _sign_in(request) -> None:
    with holding(submission_id=request.submission_id) as case:
        proving.record(case, Method.LOGIN, by=Caller.person(), at=timezone.now(), proved={"email": [builders.ADA]})


def test_answer_is_sent_on_as_support_heard_it_from_the_person(sam: Api, vera: Api, intake: Intake, ready) -> None:
    _sign_in(ready)
    to = {"url": intake.address, "receiver": "Corrib Cloud"}

    named = sam.move(ready.pk, "name_receiver", to)
    confirmed = sam.move(ready.pk, "confirm_receiver", {"how": "phone"})
    drain(timezone.now())

    assert named.status == confirmed.status == 200
    hidden = sam.get(f"/requests/{ready.pk}/transmissions").json
    shown = vera.get(f"/requests/{ready.pk}/transmissions?reason=The+person+asked").json["results"][0]
    assert hidden["masked"]
    assert "Corrib" not in str(hidden)
    assert (shown["state"], shown["receiver"], shown["offset"]) == ("done", "Corrib Cloud", shown["size"])
    assert shown["receipt"]["sha256"] == shown["sha256"]
    assert vera.get(f"/requests/{ready.pk}").json["outcome"] == "fulfilled"
    assert {line["outcome"] for line in vera.get(f"/requests/{ready.pk}/ledger").json["results"]} == {"given"}


def test_a_stronger_proof_is_needed_than_for_a_download(sam: Api, ready) -> None:
    answered = sam.move(ready.pk, "name_receiver", {"url": "https://in.example.org/", "receiver": "Corrib Cloud"})

    assert (answered.status, answered.code) == (403, "stronger-proof")


def test_address_that_cannot_be_used_is_named(sam: Api, ready) -> None:
    _sign_in(ready)

    answered = sam.move(ready.pk, "name_receiver", {"url": "http://in.example.org/", "receiver": "Corrib Cloud"})

    assert answered.status == 422
    assert "https://" in str(answered.json)
