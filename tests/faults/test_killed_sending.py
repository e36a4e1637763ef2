"""A worker that is killed with SIGKILL while it sends an answer on: another one goes on where it stopped."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any

import pytest

from dsr.models import Transmission, TransmissionState
from dsr.packaging.vault import open_vault
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import proving
from dsr.services._moves import holding
from dsr.services.sending import naming
from tests import builders, organisation
from tests.drain import drain
from tests.faults.processes import House, eventually, leases_run_out
from tests.thirdparty.intake import Intake, certificate, taking_in
from verification.proofs import Method

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.serial]
BY = Caller.person()


@pytest.fixture
def intake(house: House, settings: Any, tmp_path: Any, monkeypatch: Any) -> Iterator[Intake]:
    """A receiver whose answers wait."""
    pem = certificate(tmp_path)
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
    house.env |= {"WEBHOOK_NETWORKS": "127.0.0.0/8,::1/128", "SSL_CERT_FILE": str(pem)}
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    settings.STORAGE_URL = house.env.setdefault("STORAGE_URL", f"file://{tmp_path}/vault")
    open_vault.cache_clear()
    party = Intake()
    party.go_on = threading.Event()
    with taking_in(party, pem) as listening:
        yield listening


def test_worker_killed_while_it_sends_is_replaced(house: House, intake: Intake, tmp_path: Any) -> None:
    at = datetime.now(UTC)
    organisation.desk(tmp_path, at)
    request = builders.ready(at, right=Right.PORTABILITY)
    with holding(submission_id=request.submission_id) as case:
        proving.record(case, Method.LOGIN, by=BY, at=at, proved={"email": [builders.ADA]})
    naming.name(request.pk, intake.address, "Corrib Cloud", by=BY, at=at)
    naming.confirm(request.pk, by=BY, at=at)

    first = house.worker("first")
    eventually(intake.arrived.is_set, "the first piece")
    house.kill(first)
    assert intake.go_on is not None
    intake.go_on.set()
    held = Transmission.objects.get()
    assert (held.state, held.attempts, held.lease is not None) == (TransmissionState.WAITING, 1, True)
    leases_run_out()
    house.worker("second")
    eventually(lambda: Transmission.objects.filter(state=TransmissionState.DONE).exists(), "the end")
    drain(datetime.now(UTC))

    [received] = intake.uploads.values()
    assert hashlib.sha256(received).hexdigest() == held.package.sha256
    assert [each.method for each in intake.asked][:3] == ["POST", "PATCH", "HEAD"]
    assert len(intake.uploads) == 1
