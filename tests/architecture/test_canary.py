"""One value in every personal field, one whole journey at DEBUG: it is found nowhere it does not belong."""

import base64
import json
import logging
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone

from dsr.connectors.base import alone
from dsr.logs import get_logger
from dsr.models import Event, Scope, Step, SubjectRequest, Submission, System
from dsr.rules import pack
from dsr.services import doorbell, storage
from dsr.services.systems import Entry, enter
from notifications.models import Message
from tests import builders, organisation
from tests import outpost as outposts
from tests.architecture.canary import STEM, RecordingCache, Watch, holds, in_database, in_files
from tests.drain import drain
from tests.faults.processes import House, eventually, free_port, house
from tests.faults.test_dead_broker import Caller
from tests.interfaces.admin import desk
from tests.interfaces.api import client as api
from tests.outpost import BREAK, BUSY, Outpost, outpost
from verification.models import Challenge

__all__ = ["house", "outpost"]
pytestmark = pytest.mark.django_db
EMAIL = f"{STEM}.mail@example.org"
OTHER = f"{STEM}.other@example.org"
REASON = f"Because of the {STEM} reason that she gave."


@pytest.fixture
def watch(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    """Everything that can leak, watched."""
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    # Within the transaction of a test nothing is ever committed, so the bells would never ring.
    monkeypatch.setattr(transaction, "on_commit", lambda ring, **_more: ring())
    folders = [tmp_path / "vault", Path(django_settings.DATA_DIR) / "tmp"]
    with Watch(folders).watching(monkeypatch, settings) as watching:
        yield watching


@pytest.fixture
def _systems(tmp_path: Path, outpost: Outpost, db: None) -> None:
    """A database, a service, a cabinet and a database that is broken, all with the canary in what they hold."""
    at = timezone.now()
    organisation.desk(tmp_path, at)
    with closing(sqlite3.connect(tmp_path / "desk.sqlite3")) as connection, connection:
        connection.execute(f"INSERT INTO customers VALUES ('{EMAIL}', '{STEM} name', '{STEM}-account', FALSE, NULL)")
    outpost.rows = {EMAIL: [f"{STEM} segment"]}
    outpost.script = [BUSY, BREAK]
    outposts.enter(outpost, at)
    organisation.cabinet(at)
    broken = [{**organisation.TABLES[0], "table": "gone"}]
    config = {"url": f"sqlite:///{tmp_path}/desk.sqlite3", "tables": broken}
    enter(Entry("broken", "The broken one", "Olga Owner", "olga@staff.example.org", "sql", config), at=at)
    ruined = organisation.desk(tmp_path, at, key="ruined")
    System.objects.filter(pk=ruined.pk).update(config_sealed=b"not what was sealed")


# --- the journey -----------------------------------------------------------------------------------------------------


def _web(**changes: str) -> dict[str, str]:
    answers = {
        "step": "check",
        "go": "send",
        "nonce": "0" * 32,
        "relationship": "customer",
        "country": "IE",
        "region": "",
        "rights": "access",
        "email": EMAIL,
        "name": f"Ada {STEM} name",
        "access-scope": f"What was written about the {STEM} details.",
    }
    return {**answers, **changes}


def _ticket(answer: Any) -> str:
    return str(re.findall(r"ticket=([^&]+)", answer.headers["Location"])[-1])


def _linked(path: str) -> str:
    """The last link of a kind that was mailed to anybody, as path and query."""
    found = [link for message in mail.outbox for link in re.findall(r"http://localhost:8000(/\S+)", str(message.body))]
    return next(str(link) for link in reversed(found) if link.startswith(path))


def _mailed_code() -> str:
    texts = [str(message.body) for message in mail.outbox]
    found = [code for text in reversed(texts) for code in re.findall(r"\b(\d{3} ?\d{3})\b", text)]
    return str(found[0]).replace(" ", "")


def _key(link: str) -> str:
    return link.partition("key=")[2]


def _file_by_web(ada: Client) -> SubjectRequest:
    ada.post("/requests/new/", _web(email=f"{STEM} no address"))
    ada.post("/requests/new/", _web(name=f"{STEM}\x00"))
    sent = ada.post("/requests/new/", _web())
    assert sent.status_code == 303
    ada.get(sent.headers["Location"])
    drain(timezone.now())
    ticket = _ticket(sent)
    ada.post("/verify/code/", {"ticket": ticket, "code": "000000"})
    ada.get(_linked("/verify/"))
    confirmed = ada.post("/verify/", {"key": _key(_linked("/verify/"))})
    assert confirmed.status_code == 303
    ada.get(confirmed.headers["Location"])
    return builders.only(Submission.objects.latest("created_at"))


def _correct_the_address(ada: Client) -> None:
    sent = ada.post("/requests/new/", _web(nonce="1" * 32, email=OTHER))
    ticket = _ticket(sent)
    long_ago = timezone.now() - timedelta(days=2)
    Challenge.objects.filter(confirmed_at=None).update(created_at=long_ago, last_sent_at=long_ago)
    ada.post("/verify/address/", {"ticket": ticket, "email": f"{STEM} nowhere"})
    corrected = ada.post("/verify/address/", {"ticket": ticket, "email": f"{STEM}.corrected@example.org"})
    assert corrected.status_code == 303


def _file_by_api() -> SubjectRequest:
    body = api.filing(
        "access",
        contact={"email": EMAIL, "phone": "+353 20 910 0001"},
        who={"relationship": "customer", "name": f"{STEM} name", "identifiers": {"account": [f"{STEM}-account"]}},
    )
    sam = api.sam()
    assert sam.post("/submissions", {**body, "contact": {"email": f"{STEM} none"}}).status == 422
    assert sam.post("/submissions", {**body, "who": {**body["who"], "name": STEM * 20}}).status == 422
    assert sam.post("/submissions", {**body, "contact": {"email": [EMAIL]}}).status == 422
    assert sam.post("/submissions", f'{{"who": "{STEM}"'.encode()).status == 400
    filed = sam.post("/submissions", body, key="once")
    assert sam.post("/submissions", {**body, "who": {**body["who"], "name": STEM}}, key="once").status == 409
    sam.get(f"/submissions/{filed.json['id']}")
    drain(timezone.now())
    Client().post("/verify/", {"key": _key(_linked("/verify/"))})
    builders.prove(Submission.objects.get(pk=UUID(filed.json["id"])), timezone.now())
    return builders.only(Submission.objects.get(pk=UUID(filed.json["id"])))


def _report_by_worksheet() -> None:
    """Olga hands in a file for each request, after one that is not taken."""
    bodies = [str(message.body) for message in mail.outbox]
    olga = Client()
    for key in [_key(link) for body in bodies for link in re.findall(r"(/worksheets/\S+)", body)]:
        olga.get(f"/worksheets/?key={key}")
        for name, content in ((f"{STEM}.exe", b"MZ"), (f"{STEM} file.txt", f"Dear {STEM}".encode())):
            file = SimpleUploadedFile(name, content, "text/plain")
            olga.post(f"/worksheets/files/?key={key}", {"key": key, "dataset": "letters", "file": file})
        assert olga.post("/worksheets/", {"key": key, "outcome": "found", "reason": REASON}).status_code == 303


def _search(times: int) -> None:
    """Let the systems be asked until they answer or fail for good."""
    for _ in range(times):
        Step.objects.filter(state="waiting").update(due_at=timezone.now())
        drain(timezone.now())


def _decide(released: SubjectRequest, refused: SubjectRequest) -> None:
    hal, vera = api.hal(), api.vera()
    for request in (released, refused):
        for step in Step.objects.filter(request=request).exclude(state="done"):
            body = {"step": str(step.pk), "reason": REASON}
            assert hal.move(request.pk, "go_without", body).status == 200
    assert hal.move(released.pk, "ask", {"text": f"Which {STEM} years?"}).status == 200
    assert hal.post(f"/requests/{released.pk}/messages", {"direction": "note", "text": REASON}).status == 201
    withheld = {"category": "contact_data", "ground": "third_party_rights", "reason": REASON}
    assert hal.move(released.pk, "withhold", withheld).status == 200
    assert hal.move(released.pk, "withhold", {**withheld, "ground": STEM}).status == 422
    proof = {"proof_kind": "record", "proof_place": REASON, "proof_author": REASON, "proof_on": "2026-01-05"}
    part = str(released.withholdings.get().pk)
    assert hal.move(released.pk, "argue_refusal", {**proof, "withholding": part}).status == 200
    assert hal.move(released.pk, "prepare").status == 200
    assert vera.move(released.pk, "send_back", {"reason": REASON}).status == 200
    assert hal.move(released.pk, "prepare").status == 200
    assert vera.move(released.pk, "approve").status == 200
    assert hal.move(refused.pk, "propose_refusal", {"ground": "abuse_of_right", "reason": REASON}).status == 200
    answers = {each.id: each.must or REASON for each in pack().refusal("abuse_of_right").checklist}
    assert hal.move(refused.pk, "argue_refusal", {**proof, "answers": answers}).status == 200
    assert api.dora().move(refused.pk, "refuse").status == 200


def _look_at_the_console(request: SubjectRequest) -> None:
    console = desk.signed_in("hal")
    sheet = desk.sheet(request)
    for path in ("/admin/", desk.QUEUE, sheet, "/admin/notifications/message/", "/admin/dsr/system/"):
        assert console.get(path).status_code in (200, 403), path
    console.post(f"{desk.QUEUE}find/", {"sought": EMAIL})
    console.post(f"{desk.QUEUE}find/", {"sought": f"{STEM} what"})
    console.post(f"{sheet[: -len('change/')]}reveal/", {"values": ["name", "email", "details"], "reason": REASON})
    assert STEM in console.get(sheet).content.decode()
    desk.move(console, request, "note", text=REASON)
    letter = Message.objects.filter(about=request.submission_id).latest("created_at")
    console.post(f"/admin/notifications/message/{letter.pk}/change/", {"reason": REASON})


def _converse_and_collect(ada: Client, request: SubjectRequest) -> bytes:
    reference = request.submission.reference
    ada.post("/requests/track/", {"reference": reference, "email": EMAIL})
    ada.post("/requests/track/", {"reference": reference, "email": f"{STEM}.wrong@example.org"})
    drain(timezone.now())
    tracker = _linked(f"/requests/{reference}/")
    key = _key(tracker)
    ada.get(tracker)
    ada.post(f"/requests/{reference}/reply/", {"key": key, "request": request.pk, "text": REASON})
    ada.post(f"/requests/{reference}/reply/", {"key": key, "request": request.pk, "text": f"{STEM}\x07"})
    asked = ada.post(f"/requests/{reference}/{request.pk}/download/", {"key": key})
    assert asked.status_code == 303
    drain(timezone.now())
    opened = ada.post("/downloads/", {"ticket": _ticket(asked), "code": _mailed_code()})
    assert opened.status_code == 303
    ada.get(opened.headers["Location"])
    file = ada.get(f"/downloads/file/?key={_key(opened.headers['Location'])}")
    return b"".join(file.streaming_content)  # type: ignore[attr-defined]


@pytest.mark.usefixtures("_systems")
def test_canary_is_found_nowhere_outside(watch: Watch) -> None:
    ada = Client(headers={"Sec-Fetch-Site": "same-origin"})

    released = _file_by_web(ada)
    _correct_the_address(ada)
    refused = _file_by_api()
    _search(times=4)
    _report_by_worksheet()
    _look_at_the_console(released)
    _decide(released, refused)
    drain(timezone.now())
    package = _converse_and_collect(ada, released)
    drain(timezone.now())
    for path in ("/metrics", "/readyz", "/healthz", "/"):
        assert not holds(ada.get(path).content)

    assert SubjectRequest.objects.filter(state="closed").count() == 2
    assert package.startswith(b"PK")
    assert any(STEM in str(message.to) for message in mail.outbox)
    assert not any(holds(message.subject) for message in mail.outbox)
    assert not any(holds(session.get_decoded()) for session in Session.objects.all())
    assert '"event": "search failed"' in watch.lines.getvalue()
    assert len(watch.bells) > 5
    assert len(watch.exceptions) > 20
    assert list(watch.folders[0].rglob("*.sealed"))
    assert watch.leaks() == []


# --- the same with real processes ------------------------------------------------------------------------------------


@pytest.mark.serial
@pytest.mark.django_db(transaction=True)
def test_canary_is_in_nothing_that_running_processes_write(house: House, outpost: Outpost, tmp_path: Path) -> None:
    house.env |= {"LOG_LEVEL": "DEBUG", "AUTO_APPROVE": "access"}
    at, port = timezone.now(), free_port()
    outpost.rows, outpost.script = {EMAIL: [f"{STEM} segment"]}, [BUSY]
    outposts.enter(outpost, at)
    token = api.token(builders.staff("sam"), Scope.AGENT)
    house.web(port)
    call = Caller(port)

    sent, _page = call("/requests/new/", urlencode(_web()).encode(), {"Sec-Fetch-Site": "same-origin"})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = api.filing("access", contact={"email": EMAIL}, who={"relationship": "customer", "name": f"{STEM} name"})
    filed, _answer = call("/api/v1/submissions", json.dumps(body).encode(), headers)
    refused, _answer = call("/api/v1/submissions", f'{{"who": "{STEM}"'.encode(), headers)
    queue = eventually(lambda: _bells(house.folder), "a bell in the broker's file")
    for submission in Submission.objects.all():
        builders.confirm(submission, timezone.now())
    house.worker()
    Step.objects.update(due_at=timezone.now())
    eventually(lambda: Step.objects.filter(attempts__gt=0).count() == 2, "both searches")
    Step.objects.filter(state="waiting").update(due_at=timezone.now())
    eventually(lambda: SubjectRequest.objects.filter(state="ready").count() == 2, "both answers")
    eventually(lambda: not Message.objects.filter(state="waiting").exists(), "the mail")
    house.end()

    assert (sent, filed, refused) == (303, 201, 400)
    assert queue
    said = house.said("web") + house.said("worker")
    assert '"level": "debug"' in said
    assert [line for line in said.splitlines() if holds(line)] == []
    assert [path for path in in_files(house.folder) if not path.startswith("mail/")] == []
    assert [each for each in _cached(house.folder / "data" / "cache") if holds(each)] == []
    assert list(in_database()) == []
    assert holds(next((house.folder / "mail").rglob("*.eml")).read_bytes())


def _bells(folder: Path) -> list[str]:
    rows: list[str] = []
    # There is no such file, or no such table, before the first bell.
    with suppress(sqlite3.Error), closing(sqlite3.connect(folder / "data" / "broker" / "queue.sqlite3")) as file:
        rows = [payload for (payload,) in file.execute("SELECT payload FROM message")]
    return [str(base64.b64decode(json.loads(row)["body"])) for row in rows]


def _cached(folder: Path) -> Iterator[bytes]:
    """Yield what the cache in files holds: behind the time at which it ends, compressed."""
    for path in folder.rglob("*.djcache"):
        raw = path.read_bytes()
        yield zlib.decompress(raw[raw.index(b"\x78\x9c") :])


# --- the watch itself ------------------------------------------------------------------------------------------------


def _log_it() -> None:
    get_logger("dsr.services.example").info("what happened", name=f"{STEM}")


def _log_with_another_library() -> None:
    logging.getLogger("somebody.else").debug(f"{STEM} of %s", "a line")  # noqa: G004 - the mistake to be found


def _ring_it() -> None:
    doorbell.ring(doorbell.Bell.WORK, STEM)


def _request_it() -> None:
    Client().get("/requests/track/", {"email": EMAIL})


def _cache_it() -> None:
    cache.set("somebody", EMAIL)


def _cache_under_it() -> None:
    cache.get(f"throttle:{EMAIL}")


def _raise_it() -> None:
    with pytest.raises(ValueError, match=STEM):
        alone(ValueError(EMAIL))  # type: ignore[arg-type] # any error passes through


def _store_it() -> None:
    submission = builders.file(at=timezone.now()).submission
    Submission.objects.filter(pk=submission.pk).update(region=STEM[:8], rules_version=STEM)


def _record_it() -> None:
    submission = builders.file(at=timezone.now()).submission
    Event.objects.create(
        submission=submission, seq=99, at=timezone.now(), verb="x", actor="x", via="x", data={"who": EMAIL}, hash="x"
    )


def _keep_it_open() -> None:
    folder = Path(django_settings.DATA_DIR) / "tmp" / "upload"
    folder.parent.mkdir(exist_ok=True)
    folder.write_text(f"Dear {STEM}")


def _name_it() -> None:
    with storage.vault().writer(f"packages/{STEM}", bytes(32)) as out:
        out.write(b"sealed")


@pytest.mark.parametrize(
    ("leak", "way"),
    [
        (_log_it, "log"),
        (_log_with_another_library, "log"),
        (_ring_it, "task"),
        (_request_it, "address"),
        (_cache_it, "cache"),
        (_cache_under_it, "cache"),
        (_raise_it, "exception"),
        (_store_it, "database"),
        (_record_it, "database"),
        (_keep_it_open, "file"),
        (_name_it, "file"),
    ],
)
def test_watch_notices_when_something_gets_out(watch: Watch, leak: Any, way: str) -> None:
    assert watch.leaks() == []

    leak()

    try:
        assert {found.partition(":")[0] for found in watch.leaks()} == {way}
    finally:
        (Path(django_settings.DATA_DIR) / "tmp" / "upload").unlink(missing_ok=True)
        RecordingCache.seen.clear()


@pytest.mark.parametrize(
    "disguise",
    [
        STEM,
        STEM.upper(),
        f"x{STEM}x",
        STEM.encode().hex(),
        "a2FuYXJpZW52b2dlbA==",
        "eGthbmFyaWVudm9nZWw=",
        "eHhrYW5hcmllbnZvZ2Vs",
        "%6banarienvogel",
        {"a": [STEM]},
        STEM.encode(),
    ],
)
def test_canary_is_known_in_its_disguises(disguise: Any) -> None:
    assert holds(disguise)
    assert not holds("Kanarische Inseln")
