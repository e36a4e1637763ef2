"""Sending an answer to somebody whom the person named: to a real server over HTTPS, in pieces, with a receipt."""

import hashlib
import io
import json
import socket
import zipfile
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from dsr.errors import Incomplete, NotAllowed, WrongState
from dsr.lifecycle import Outcome, State
from dsr.models import Event, LedgerEntry, SubjectRequest, Transmission, TransmissionState
from dsr.packaging import checking
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import delivery, proving, stopping
from dsr.services._moves import holding
from dsr.services.sending import naming, transmitting
from dsr.services.sending.transmitting import LADDER
from notifications.models import Forgotten
from tests import builders
from tests.clock import Clock
from tests.drain import drain
from tests.thirdparty.intake import Intake, certificate, taking_in
from tests.thirdparty.serving import Answer
from verification.proofs import Method

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]
BY = Caller.person()


@pytest.fixture(scope="session")
def pem(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("intake"))


@pytest.fixture
def intake(pem, settings, monkeypatch):
    """A receiver on this machine whose certificate is trusted here."""
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    monkeypatch.setattr(transmitting, "PIECE", 4096)
    with taking_in(Intake(), pem) as listening:
        yield listening


@pytest.fixture
def ready(clock, systems) -> SubjectRequest:
    """Ada's data waits, and she has signed in."""
    request = builders.ready(clock(), right=Right.PORTABILITY)
    _sign_in(request, clock)
    return builders.again(request)


def _sign_in(request: SubjectRequest, clock: Clock) -> None:
    with holding(submission_id=request.submission_id) as case:
        proving.record(case, Method.LOGIN, by=BY, at=clock.tick(), proved={"email": [builders.ADA]})


def _confirmed(request: SubjectRequest, intake: Intake, clock: Clock) -> Transmission:
    naming.name(request.pk, intake.address, "Corrib Cloud", by=BY, at=clock.tick())
    naming.confirm(request.pk, by=BY, at=clock.tick())
    return Transmission.objects.get(state=TransmissionState.WAITING)


def _after(clock: Clock, span: timedelta) -> datetime:
    return clock.tick(seconds=span.total_seconds())


def _now(row: Transmission) -> Transmission:
    return Transmission.objects.select_related("package", "request__submission__data_key").get(pk=row.pk)


# --- From naming to the receipt --------------------------------------------------------------------------------------


def test_answer_arrives_whole_and_the_receipt_is_signed(intake, ready, clock, tmp_path):
    row = _confirmed(ready, intake, clock)
    transmitting.send_due(clock.tick())

    row, request = _now(row), builders.again(ready)
    [held] = intake.uploads.values()
    assert hashlib.sha256(held).hexdigest() == row.package.sha256
    assert zipfile.ZipFile(io.BytesIO(bytes(held))).testzip() is None
    assert (row.state, row.offset) == (TransmissionState.DONE, row.package.size)
    assert (request.state, request.outcome) == (State.CLOSED, Outcome.FULFILLED)
    assert set(LedgerEntry.objects.filter(request=request).values_list("outcome", flat=True)) == {"given"}
    receipt = row.open_json("receipt")
    assert (receipt["receiver"], receipt["address"]) == ("Corrib Cloud", intake.address)
    paper = tmp_path / "receipt.json"
    paper.write_text(json.dumps(receipt))
    assert checking.verify(paper).ok
    assert builders.letters_to(request.submission, "sent_on")[-1].receiver == "Corrib Cloud"
    assert "Corrib" not in str(list(Event.objects.values_list("data", flat=True)))
    assert len([each for each in intake.asked if each.method == "PATCH"]) == -(-row.package.size // 4096)


def test_nothing_goes_before_it_is_confirmed(intake, ready, clock):
    naming.name(ready.pk, intake.address, "Corrib Cloud", by=BY, at=clock.tick())

    drain(clock.tick())

    assert intake.asked == []
    naming.cancel(ready.pk, by=BY, at=clock.tick())
    with pytest.raises(WrongState):
        naming.confirm(ready.pk, by=BY, at=clock.tick())


def test_naming_again_replaces_what_was_named(intake, ready, clock):
    naming.name(ready.pk, intake.address, "Wrong", by=BY, at=clock.tick())
    naming.name(ready.pk, intake.address, "Right", by=BY, at=clock.tick())

    assert [(row.state, naming.receiver_of(row)[0]) for row in naming.all_of(ready)] == [
        ("cancelled", "Wrong"),
        ("named", "Right"),
    ]


# --- Who may ---------------------------------------------------------------------------------------------------------


def test_reading_a_mail_is_not_enough_to_send_data_elsewhere(intake, clock, systems):
    request = builders.ready(clock(), right=Right.PORTABILITY)

    with pytest.raises(NotAllowed) as refused:
        naming.name(request.pk, intake.address, "Corrib Cloud", by=BY, at=clock.tick())
    _sign_in(request, clock)
    naming.name(request.pk, intake.address, "Corrib Cloud", by=BY, at=clock.tick())

    assert refused.value.code == "stronger-proof"
    assert "not on file before" in str(refused.value.sentence)


def test_a_copy_for_the_person_is_sent_to_nobody_else(intake, clock, systems):
    request = builders.ready(clock())

    with pytest.raises(WrongState):
        naming.name(request.pk, intake.address, "Corrib Cloud", by=BY, at=clock.tick())


def test_what_was_stopped_waits(intake, ready, clock):
    row = _confirmed(ready, intake, clock)
    stopping.stop_for(ready.pk, "She rang.", by=builders.hal(), at=clock.tick())

    drain(clock.tick())

    assert intake.asked == []
    assert _now(row).state == TransmissionState.WAITING


# --- Where nothing is sent -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("url", "said"), [
    ("http://in.example.org/", "https://"),
    ("https://10.0.0.7/in", "Nothing can be sent"),
    ("https://169.254.169.254/latest", "Nothing can be sent"),
    ("https://user:pass@in.example.org/", "Nothing can be sent"),
    ("https://[::1]/in", "Nothing can be sent"),
    ("ftp://in.example.org/", "https://"),
    ("https://localhost/in", "private network"),
    ("https://no-such-name.invalid/", "no service that answers"),
])  # fmt: skip
def test_address_to_which_nothing_is_sent_is_refused_with_the_reason(url, said, ready, clock, settings):
    settings.WEBHOOK_NETWORKS, settings.BASE_URL = [], "https://privacy.example.org"

    with pytest.raises(Incomplete, match=said) as refused:
        naming.name(ready.pk, url, "Corrib Cloud", by=BY, at=clock.tick())

    assert refused.value.field == "url"
    assert not Transmission.objects.exists()


def test_our_own_address_is_refused(ready, clock, settings):
    settings.WEBHOOK_NETWORKS, settings.BASE_URL = [], "https://privacy.example.org"

    with pytest.raises(Incomplete, match="our own address"):
        naming.name(ready.pk, "https://privacy.example.org/in", "Us", by=BY, at=clock.tick())


def test_name_that_leads_into_a_private_network_once_it_was_judged_is_refused(intake, ready, clock, settings):
    row = _confirmed(ready, intake, clock)
    settings.WEBHOOK_NETWORKS = []  # the name leads to this machine, which is private now

    transmitting.send_due(clock.tick())

    assert (_now(row).state, _now(row).code) == (TransmissionState.FAILED, "address_refused")
    assert intake.asked == []


def test_name_is_resolved_and_judged_at_each_connection(intake, ready, clock, settings, monkeypatch):
    row, real, seen = _confirmed(ready, intake, clock), socket.getaddrinfo, []
    settings.WEBHOOK_NETWORKS = []

    def rebinding(host: Any, port: Any, *rest: Any, **named: Any) -> Any:
        seen.append(host)
        return real("127.0.0.1", port, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    transmitting.send_due(clock.tick())

    assert seen == ["localhost"]
    assert _now(row).code == "address_refused"


# --- What goes wrong on the way --------------------------------------------------------------------------------------


def test_broken_connection_goes_on_where_it_stopped(intake, ready, clock):
    row = _confirmed(ready, intake, clock)
    intake.lost = {2}  # the second piece arrives, and its answer does not

    transmitting.send_due(clock.tick())
    assert (_now(row).state, _now(row).code) == (TransmissionState.WAITING, "interrupted")
    before = len(intake.asked)
    transmitting.send_due(_after(clock, LADDER[0] + timedelta(seconds=1)))

    assert _now(row).state == TransmissionState.DONE
    again = intake.asked[before:]
    assert [each.method for each in again[:2]] == ["HEAD", "PATCH"]
    assert again[1].headers["Upload-Offset"] == "8192"


def test_upload_that_the_receiver_forgot_is_begun_anew(intake, ready, clock):
    row = _confirmed(ready, intake, clock)
    intake.lost = {1}
    transmitting.send_due(clock.tick())
    intake.uploads.clear()

    transmitting.send_due(_after(clock, LADDER[0] + timedelta(seconds=1)))

    assert _now(row).state == TransmissionState.DONE


def test_lost_answer_to_the_last_piece_costs_one_byte(intake, ready, clock):
    row = _confirmed(ready, intake, clock)
    intake.lost = {-(-_now(row).package.size // 4096)}

    transmitting.send_due(clock.tick())
    transmitting.send_due(_after(clock, LADDER[0] + timedelta(seconds=1)))

    assert _now(row).state == TransmissionState.DONE
    assert len(intake.asked[-1].body) == 1


@pytest.mark.parametrize(("answer", "code"), [
    (Answer(302, headers={"Location": "https://elsewhere.example.org/"}), "redirect_refused"),
    (Answer(404), "not_found"),
    (Answer(413), "too_large"),
    (Answer(403), "permission_denied"),
    (Answer(400), "not_understood"),
])  # fmt: skip
def test_receiver_that_says_no_ends_it_and_the_person_reads_why(answer, code, intake, ready, clock):
    row = _confirmed(ready, intake, clock)
    intake.planned = {0: answer}

    transmitting.send_due(clock.tick())

    row, request = _now(row), builders.again(ready)
    assert (row.state, row.code) == (TransmissionState.FAILED, code)
    assert (request.state, request.turn) == (State.READY, "person")
    letter = builders.letters_to(request.submission, "not_sent_on")[-1]
    assert letter.reason == naming.said(code)
    naming.name(request.pk, intake.address, "Another", by=BY, at=clock.tick())  # and there is a way on
    delivery.ask_code(request.pk, at=clock.tick())


def test_upload_at_another_place_is_not_followed(intake, ready, clock):
    row = _confirmed(ready, intake, clock)
    intake.location = "https://elsewhere.example.org/take-it"

    transmitting.send_due(clock.tick())

    assert _now(row).code == "redirect_refused"
    assert not any(intake.uploads.values())


@pytest.mark.parametrize("status", [500, 503])
def test_receiver_in_trouble_is_tried_again_until_the_ladder_ends(status, intake, ready, clock):
    row = _confirmed(ready, intake, clock)
    intake.planned = dict.fromkeys(range(40), Answer(status))

    transmitting.send_due(clock.tick())
    for wait in LADDER:
        assert _now(row).state == TransmissionState.WAITING
        transmitting.send_due(_after(clock, wait))

    assert (_now(row).state, _now(row).attempts) == (TransmissionState.FAILED, len(LADDER) + 1)


def test_receiver_that_lies_about_what_it_got_is_not_believed(intake, ready, clock):
    row = _confirmed(ready, intake, clock)
    intake.lie = "0" * 64

    transmitting.send_due(clock.tick())

    assert (_now(row).state, _now(row).code) == (TransmissionState.FAILED, "digest_differs")
    assert builders.again(ready).state == State.READY


def test_receiver_whose_certificate_nobody_vouches_for_gets_nothing(intake, ready, clock, monkeypatch):
    row = _confirmed(ready, intake, clock)
    monkeypatch.delenv("SSL_CERT_FILE")

    transmitting.send_due(clock.tick())

    assert (_now(row).state, _now(row).code) == (TransmissionState.FAILED, "tls_failed")
    assert intake.asked == []


def test_what_is_called_off_while_it_goes_stops_at_the_next_piece(intake, ready, clock, monkeypatch):
    row = _confirmed(ready, intake, clock)
    real = transmitting._keep

    def called_off(*arguments: Any) -> None:
        naming.cancel(ready.pk, by=BY, at=clock.tick())
        real(*arguments)

    monkeypatch.setattr(transmitting, "_keep", called_off)
    transmitting.send_due(clock.tick())

    assert _now(row).state == TransmissionState.CANCELLED
    assert len([each for each in intake.asked if each.method == "PATCH"]) == 1
    assert not builders.letters_to(builders.again(ready).submission, "sent_on")


def test_worker_that_died_is_followed_by_another_once_its_lease_ends(intake, ready, clock):
    row = _confirmed(ready, intake, clock)
    claimed = transmitting._claim(clock.tick())
    assert claimed is not None

    assert transmitting.send_due(clock.tick()) == 0
    transmitting.send_due(_after(clock, transmitting.LEASE))

    assert _now(row).state == TransmissionState.DONE


# --- Forgetting ------------------------------------------------------------------------------------------------------


def test_nothing_says_to_whom_it_was_sent_once_the_case_is_forgotten(intake, ready, clock, settings):
    row = _confirmed(ready, intake, clock)
    transmitting.send_due(clock.tick())
    assert _now(row).receipt_sealed

    drain(clock.tick(days=settings.CASE_KEPT_DAYS + 1))

    assert builders.again(ready).submission.purged_at is not None
    for name in ("receiver", "place", "receipt"):
        with pytest.raises(Forgotten):
            _now(row).open(name)


def test_what_waits_is_called_off_when_the_case_is_forgotten(intake, ready, clock):
    row = _confirmed(ready, intake, clock)

    naming.call_off(ready, clock.tick())
    transmitting.send_due(clock.tick())

    assert _now(row).state == TransmissionState.CANCELLED
    assert intake.asked == []
