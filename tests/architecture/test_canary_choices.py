"""A value in everything by which somebody chooses: it is found in no log, address, task, cache, row or exception."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from dsr.models import Choice, Scope, Suppression, Window
from dsr.services import systems
from notifications.models import Message
from notifications.sealing import listing_digest
from tests import builders
from tests.architecture.canary import STEM, Watch
from tests.architecture.test_canary import watch
from tests.drain import drain
from tests.interfaces.api import client as api
from tests.outpost import BUSY, Outpost, outpost
from tests.outpost_changes import DECLINE

__all__ = ["outpost", "watch"]
pytestmark = pytest.mark.django_db
EMAIL = f"{STEM}.mail@example.org"
BROWSER = f"{STEM}-browser"
PAGES = ("advertising", "sensitive", "third-parties")


def test_choice_by_a_signal_and_on_a_page_leaves_nothing_behind(watch: Watch, outpost: Outpost) -> None:
    config = outpost.config(abilities=["suppress"])
    entry = systems.Entry("ads", "Ads", "Olga Owner", "olga@staff.example.org", "http", config)
    systems.enter(entry, at=timezone.now())
    outpost.holdings.orders = [BUSY, DECLINE]
    ines = api.Api(api.token(builders.staff("ines"), Scope.INTEGRATOR))

    for about in PAGES:
        _on_a_page(about)
    for agreed in (False, True):
        _by_signal(ines, agreed=agreed)
    drain(timezone.now())
    seen = ines.get("/choices/signals", digest=listing_digest("browser", BROWSER))

    assert seen.json["honoured"]
    assert Choice.objects.count() == len(PAGES) + 1
    assert Suppression.objects.exists()
    assert Window.objects.exists()
    assert watch.leaks() == []


def _on_a_page(about: str) -> None:
    ada, path = Client(headers={"Sec-GPC": "1"}), f"/preferences/{about}/"
    for wrong in ({"email": STEM}, {"phone": STEM}, {"email": EMAIL, "phone": f"+1 {STEM}"}):
        assert ada.post(path, wrong).status_code == 422
    done: Any = ada.post(path, {"email": EMAIL, "phone": "+1 415 555 0100"})
    assert done.status_code == 303
    assert ada.get(done.headers["Location"]).status_code == 200
    receipt: Any = ada.get(f"/preferences/receipt/?{done.headers['Location'].partition('?')[2]}")
    assert receipt.status_code == 200
    assert STEM not in receipt.content.decode()


def _by_signal(ines: api.Api, *, agreed: bool) -> None:
    said = {"browser": BROWSER, "gpc": "1", "identifiers": {"email": [EMAIL]}, "agreed": agreed}
    assert ines.post("/choices/signals", said).status == 200
    assert ines.post("/choices/signals", {**said, "identifiers": {STEM: [EMAIL]}}).status == 422
    assert ines.post("/choices/signals", {**said, "dnt": [STEM]}).status == 422


def test_notice_on_cpni_and_the_owner_who_is_told_leave_nothing_behind(watch: Watch) -> None:
    ines = api.Api(api.token(builders.staff("ines"), Scope.INTEGRATOR))
    account, acts = f"{STEM}-account", {"authority": "representative", "evidence": "t:1"}

    sent = ines.post("/choices/cpni/notices", {"account": account, "email": EMAIL, "consented": True})
    denied = {"account": account, "kind": "opt_out", **acts, "actor": f"{STEM}-one"}
    allowed = {"account": account, "kind": "opt_in", **acts, "actor": f"{STEM}-two", "owner_email": EMAIL}
    said = [ines.post("/choices/cpni", body).status for body in (denied, allowed)]
    wrong = ines.post("/choices/cpni/notices", {"account": account, "email": STEM, "consented": True})
    drain(timezone.now())
    drain(timezone.now())

    assert [sent.status, *said, wrong.status] == [201, 201, 201, 422]
    assert Message.objects.filter(kind__in=("cpni_notice", "cpni_disagreed"), state="sent").count() == 2
    assert watch.leaks() == []
