"""The heartbeat in the demonstration organisation: pages over real HTTP, and its marketing service well and ill."""

import json
import shutil
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from dsr import demo
from dsr.choices.cpni import Kind
from dsr.choices.marketing import Act, Via
from dsr.connectors import close_all
from dsr.demo import http_service
from dsr.demo.load import load
from dsr.demo.marketing_changes import Changes
from dsr.demo.places import Places
from dsr.models import (
    Choice,
    CpniEntry,
    EffectDay,
    Incident,
    IncidentKind,
    IncidentMove,
    Mechanism,
    Probe,
    ProbeResult,
    ProbeStage,
    Suppression,
    Window,
)
from dsr.selectors import figures
from dsr.services.choices import asking, cpni, deciding, heartbeat, incidents, invented, walks, windows, yearly
from notifications.ids import uuid7
from notifications.models import DataKey, Message
from tests import builders
from tests.interfaces.admin.desk import signed_in, text

pytestmark = pytest.mark.django_db(transaction=True)
BEGUN = timedelta(minutes=1)


class Deaf(Changes):
    """Says that it leaves somebody out, and does not."""

    def _suppress(self, file: Any, body: Any, at: datetime) -> dict[str, Any]:
        return {"outcome": "done", "records": {"contacts": 0}}


class Broken(http_service.Handler):
    """Answers 500 to everything."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration's people, before anybody chose."""
    folder = tmp_path_factory.mktemp("demonstration")
    load(Places(folder))
    return folder


@pytest.fixture
def marketing(loaded: Path, tmp_path: Path, settings: Any, live_server: Any) -> Iterator[http_service.Service]:
    """The demonstration organisation, its pages and its marketing service."""
    folder = tmp_path / "data"
    shutil.copytree(loaded, folder)
    service = http_service.serve(0, folder)
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    settings.DATA_DIR, settings.DEMO_PORT = folder, service.server_address[1]
    settings.DECISION_NETWORKS = [ip_network("127.0.0.1/32")]
    settings.DEMO_ACCOUNTS_URL = settings.DEMO_MESSAGING_URL = ""
    settings.BASE_URL, settings.HEARTBEAT_MINUTES = live_server.url, 30
    demo.load_once(timezone.now())
    yield service
    service.shutdown()
    service.server_close()
    thread.join()
    close_all()


def beat(start: datetime, *, minutes: int) -> datetime:
    """What the sweep does about it, minute by minute."""
    for minute in range(minutes):
        at = start + timedelta(minutes=minute)
        windows.run_due(at)
        heartbeat.run(at)
    return start + timedelta(minutes=minutes)


def begin() -> datetime:
    """The beginning of the next interval: what the pages take meanwhile lies before it."""
    now = timezone.now()
    return now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0) + timedelta(minutes=30)


def by_path() -> dict[str, Probe]:
    """The test choices, by path."""
    return {probe.path: probe for probe in Probe.objects.order_by("made_at")}


def test_every_path_is_taken_everywhere(marketing: http_service.Service) -> None:
    beat(begin(), minutes=8)

    found = by_path()
    assert set(found) == set(walks.WALKS) == {Mechanism.ONE_CLICK, Mechanism.PREFERENCES, Mechanism.CPNI_PAGE}
    assert {probe.result for probe in found.values()} == {ProbeResult.TAKEN}
    assert found[Mechanism.ONE_CLICK].systems["marketing"] == heartbeat.TAKEN
    assert set(found[Mechanism.PREFERENCES].systems.values()) == {heartbeat.TAKEN}
    assert (found[Mechanism.CPNI_PAGE].systems, Incident.objects.count()) == ({}, 0)
    told = marketing.changes.suppressed(
        {"identifiers": {"email": [invented.email(found[Mechanism.ONE_CLICK])]}, "purposes": ["marketing"]}
    )
    assert told == {"suppressed": True}


def test_each_path_once_in_each_interval(marketing: http_service.Service) -> None:
    at = begin()
    heartbeat.run(at)
    heartbeat.run(at + timedelta(minutes=29))
    one = Probe.objects.count()
    heartbeat.run(at + timedelta(minutes=30))

    assert (one, Probe.objects.count()) == (3, 6)
    assert len({invented.email(probe) for probe in Probe.objects.all()}) == 6


def test_none_is_made_where_it_is_switched_off(marketing: http_service.Service, settings: Any) -> None:
    settings.HEARTBEAT_MINUTES = 0

    assert heartbeat.run(begin()) == 0
    assert not Probe.objects.exists()


@pytest.mark.parametrize("how", ["answers 500", "does nothing"])
def test_broken_system_raises_the_alarm_within_the_hour(marketing: http_service.Service, how: str) -> None:
    if how == "answers 500":
        marketing.RequestHandlerClass = Broken
    else:
        marketing.changes.__class__ = Deaf
    start = begin()

    beat(start, minutes=58)

    opened = Incident.objects.get()
    assert (opened.kind, opened.mechanism, opened.system and opened.system.key) == ("heartbeat", "system", "marketing")
    assert opened.opened_at <= start + timedelta(minutes=50)
    assert opened.entries.first().facts["code"] == ("system_error" if how == "answers 500" else "not_taken")  # type: ignore[union-attr]
    assert Message.objects.filter(kind="incident_opened").exists()
    assert not Message.objects.exclude(kind="incident_opened").exists()
    assert "system that has to follow" in text(signed_in("dora").get("/admin/"))
    results = {probe.path: probe.result for probe in Probe.objects.filter(made_at=start)}
    assert results == {"one_click": "not_taken", "preferences": "not_taken", "cpni_page": "taken"}


def test_what_works_again_is_noted_and_waits_for_a_person(marketing: http_service.Service) -> None:
    well, marketing.changes.__class__ = marketing.changes.__class__, Deaf
    at = beat(begin(), minutes=30)
    opened = Incident.objects.get()
    assert not opened.working

    marketing.changes.__class__ = well
    beat(at, minutes=30)

    opened.refresh_from_db()
    assert (opened.working, opened.closed_at) == (True, None)
    assert IncidentMove.RECOVERED in [entry.move for entry in opened.entries.all()]
    assert "works again" in text(signed_in("dora").get("/admin/"))


def test_path_that_fails_raises_the_alarm_after_a_second_try(
    marketing: http_service.Service, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    start = begin()
    monkeypatch.setattr("dsr.public.preferences.forms.CpniForm", None)
    monkeypatch.setattr("django.core.handlers.exception.log_response", lambda *args, **kwargs: None)

    heartbeat.run(start)
    first = Incident.objects.count()
    beat(start + timedelta(minutes=1), minutes=3)

    opened = Incident.objects.get()
    assert (first, opened.mechanism, opened.system) == (0, Mechanism.CPNI_PAGE, None)
    assert opened.due_on is not None
    assert opened.entries.first().facts == {"code": "status_500"}  # type: ignore[union-attr]
    assert by_path()[Mechanism.CPNI_PAGE].result == ProbeResult.NOT_ANSWERED
    assert by_path()[Mechanism.PREFERENCES].stage != ProbeStage.SENDING

    monkeypatch.undo()
    settings.HEARTBEAT_MINUTES = 30
    beat(start + timedelta(minutes=30), minutes=5)
    opened.refresh_from_db()
    assert opened.working


def test_page_that_takes_nothing_raises_the_alarm(
    marketing: http_service.Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers as ever, and nothing is entered."""
    monkeypatch.setitem(walks.WALKS, Mechanism.PREFERENCES, lambda visits, probe: visits.get("/preferences/"))

    beat(begin(), minutes=3)

    opened = Incident.objects.get()
    assert (opened.mechanism, opened.entries.first().facts) == ("preferences", {"code": "not_standing"})  # type: ignore[union-attr]


def test_invented_people_are_in_no_figure_list_or_certificate(marketing: http_service.Service) -> None:
    now = begin()
    before = yearly.figures(now.year, timezone.now())
    real = deciding.decide(
        deciding.Wish({"email": [builders.ADA]}, Act.STOP, Via.PREFERENCES, now), by="", at=now
    ).choice
    cpni.enter(cpni.Line("AC-1007", Kind.OPT_OUT, now, "web"), by="", at=now)

    at = beat(now, minutes=8)

    assert Choice.objects.filter(invented=True).count() == 2
    assert CpniEntry.objects.filter(account__invented=True).count() == 1
    after = yearly.figures(now.year, timezone.now())
    assert after["ledger_lines_proved"] == before["ledger_lines_proved"] + 1
    assert (after["accounts"], sum(after["lines"].values())) == (before["accounts"] + 1, 1)
    assert {row.choice_id for row in asking.changes(0, 100, at + timedelta(hours=1))} == {real.pk}
    assert sum(EffectDay.objects.values_list("number", flat=True)) == real.windows.filter(done_at__isnull=False).count()
    manual = Window.objects.filter(choice__invented=True, system__connector="manual")
    assert not manual.exists()
    listed = text(signed_in("audrey").get("/admin/dsr/cpnientry/"))
    assert listed.count("denied") == 1


def test_name_alone_makes_nobody_invented(marketing: http_service.Service) -> None:
    now = timezone.now()
    probe = Probe(id=uuid7(now))
    forged = invented.email(probe)

    choice = deciding.decide(deciding.Wish({"email": [forged]}, Act.STOP, Via.ONE_CLICK, now), by="", at=now).choice
    entered = cpni.enter(cpni.Line(invented.account(probe), Kind.OPT_OUT, now, "web"), by="", at=now).entry

    assert not choice.invented
    assert not entered.account.invented
    probe.path, probe.made_at, probe.due_at = Mechanism.ONE_CLICK, now, now
    probe.save(force_insert=True)
    assert invented.is_invented({"email": [forged]})
    assert not invented.is_invented({"email": [forged, builders.ADA]})
    assert not invented.is_invented({"phone": [forged]})


def test_what_is_long_over_is_forgotten(marketing: http_service.Service) -> None:
    at = beat(begin(), minutes=8)
    keys = DataKey.objects.count()

    assert heartbeat.tidy(at + timedelta(days=29)) == 0
    assert heartbeat.tidy(at + timedelta(days=31)) == 3

    assert not Probe.objects.exists()
    assert not Choice.objects.filter(invented=True).exists()
    assert not Suppression.objects.exists()
    assert DataKey.objects.count() == keys - 2


def test_command_says_what_was_taken_and_fails_where_it_was_not(
    marketing: http_service.Service, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("heartbeat", "--json")
    told = json.loads(capsys.readouterr().out)
    marketing.changes.__class__ = Deaf
    call_command("heartbeat")
    plain = capsys.readouterr().out

    assert {path: each["result"] for path, each in told.items()} == dict.fromkeys(walks.WALKS, "taken")
    assert told["one_click"]["systems"]["marketing"] == "taken"
    assert "marketing waiting" in plain


def test_command_fails_where_nobody_answers(marketing: http_service.Service, settings: Any) -> None:
    settings.HEARTBEAT_URL = "http://127.0.0.1:9"

    with pytest.raises(CommandError, match="one_click, preferences, cpni_page"):
        call_command("heartbeat")
    assert {probe.code for probe in Probe.objects.all()} == {"unreachable"}


def test_those_who_watch_see_what_is_wrong_and_how_old_the_last_beat_is(
    marketing: http_service.Service, client: Any
) -> None:
    start = begin()
    beat(start, minutes=8)
    incidents.open_or_add(IncidentKind.HEARTBEAT, None, Mechanism.API, start)

    found = figures.figures(start + timedelta(minutes=20))
    shown = client.get("/metrics").content.decode()

    assert found.heartbeats == dict.fromkeys(map(str, walks.WALKS), 1200.0)
    assert found.open_incidents == {("heartbeat", "failing"): 1}
    assert 'recourse_open_incidents{kind="heartbeat",state="failing"} 1.0' in shown
    assert 'recourse_heartbeat_age_seconds{path="one_click"}' in shown
