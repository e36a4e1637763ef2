"""Whether somebody is on file shows nowhere: the same bytes, status and statements for existing and unknown people.

Every public address is listed here with what is compared, so that a new one fails until somebody has thought about it.
"""

import random
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from dsr.choices.marketing import Act, Purpose, Via
from dsr.ids import new_reference
from dsr.models import Submission
from dsr.policies import Caller
from dsr.public import tickets, urls
from dsr.public.sent import AGAIN, SENT
from dsr.services import facts, telling
from dsr.services.choices import tokens
from dsr.services.choices.deciding import Wish, decide
from dsr.services.choices.tokens import Bearer
from tests import builders, organisation, papers
from tests.drain import drain
from tests.interfaces.public.asking import claimed

pytestmark = pytest.mark.django_db(transaction=True)
KNOWN, UNKNOWN = builders.ADA, "ada.unheardof@example.org"
AGENT = "mandy.mandate@example.net"
SOMEWHERE = UUID(int=7)
NOWHERE = new_reference()
Sent = tuple[str, str, dict[str, Any]]


@dataclass
class World:
    """One of two people who do the same: one is on file, the other is not."""

    clock: Any
    is_known: bool
    made: dict[str, Submission] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The mail address."""
        return KNOWN if self.is_known else UNKNOWN

    def filed(self) -> Submission:
        """A filing that waits for its code."""
        if "filed" not in self.made:
            self.made["filed"] = builders.file(at=self.clock(), email=self.address).submission
        return self.made["filed"]

    def claiming(self) -> Submission:
        """A filing by which somebody, from another address, claims an account."""
        if "claiming" not in self.made:
            self.made["claiming"] = claimed(self.clock(), account="A-1" if self.is_known else "A-404")
        return self.made["claiming"]

    def of_record(self) -> Submission:
        """A filing for which only a channel of record counts; an address that is known is some weeks old."""
        if "of_record" not in self.made:
            filed = builders.file(at=self.clock(), email=self.address, country="US", region="NY")
            builders.confirm(filed.submission, self.clock())
            drain(self.clock())
            self.made["of_record"] = filed.submission
        return self.made["of_record"]

    def for_other(self) -> Submission:
        """A filing by somebody who acts for the person."""
        if "for_other" not in self.made:
            response: Any = Client().post("/agents/new/", _form_for_other(self))
            ticket = response["Location"].partition("ticket=")[2]
            filed = tickets.read(ticket, SENT, self.clock())["submission"]
            self.made["for_other"] = Submission.objects.select_related("data_key").get(pk=filed)
            builders.confirm(self.made["for_other"], self.clock())
            drain(self.clock())
        return self.made["for_other"]

    def door(self, submission: Submission) -> dict[str, Any]:
        """What opens the pages about a submission."""
        return {"reference": submission.reference, "key": telling.tracker_grant(submission.pk, self.clock())}

    def ticket(self, purpose: str = SENT) -> dict[str, Any]:
        """What one page hands to the next after filing."""
        return {"ticket": tickets.issue(purpose, self.clock(), submission=self.filed().pk)}

    def part(self, verb: str) -> str:
        """Where an act on one request is, for a reference that exists for one and for the other does not."""
        reference = self.filed().reference if self.is_known else NOWHERE
        request = builders.only(self.filed()).pk if self.is_known else SOMEWHERE
        return f"/requests/{reference}/{request}/{verb}/"

    def tracker(self, act: str = "") -> str:
        """Where a tracker is."""
        return f"/requests/{self.claiming().reference}/{act}"

    def quiz(self) -> dict[str, Any]:
        """Answers to a try, all wrong."""
        begun = facts.begin(self.claiming().pk, by=Caller.person(), at=self.clock())
        wrong = {"amount": "1.23", "month": "1/2001", "count": "7", "words": "nothing like it"}
        return {"check": str(begun.check_id), **{each.name: wrong[each.form] for each in begun.questions}}


def _form(world: World) -> dict[str, Any]:
    answers = {"relationship": "customer", "country": "IE", "rights": "access", "email": world.address, "name": ""}
    shown = {"shown": ["who", "where", "what", "details", "reach"]}
    answers["account"] = "A-1" if world.is_known else "A-404"
    return {**answers, **shown, "access.scope": "", "nonce": secrets.token_hex(16), "step": "check", "go": "send"}


def _form_for_other(world: World) -> dict[str, Any]:
    agent = {"agent.kind": "signed_permission", "agent.name": "Mandy Mandate", "agent.person_email": world.address}
    shown = {"shown": ["agent", "who", "where", "what", "details", "person", "reach"]}
    return {**_form(world), **agent, **shown, "name": "Somebody", "email": AGENT}


Case = Callable[[World], list[Sent]]


def _get(path: str, **data: Any) -> Sent:
    return ("get", path, data)


def _post(path: str, **data: Any) -> Sent:
    return ("post", path, data)


def _shut(*acts: str, methods: tuple[str, ...] = ("get", "post")) -> Case:
    """A link that does not open: to a reference that exists, and to one that does not."""
    return lambda world: [(method, world.part(act), {"key": "x" * 43}) for act in acts for method in methods]


def _tracking(world: World) -> list[Sent]:
    there, elsewhere = world.filed().reference, NOWHERE
    known = _post("/requests/track/", reference=there, email=world.address)
    return [known if world.is_known else _post("/requests/track/", reference=elsewhere, email=world.address)]


def _asking(path: str, **data: Any) -> Case:
    def asked(world: World) -> list[Sent]:
        door = world.door(world.claiming())
        return [_get(path, **door), _post(path, **door, **data)]

    return asked


def _texting(world: World) -> list[Sent]:
    door = world.door(world.of_record())
    page, entering = "/verify/text/", "/verify/text/code/"
    wrong = [_post(entering, **door, code="000000")] * 2
    return [_get(page, **door), _post(page, **door), _get(entering, **door), *wrong, _post(page, **door)]


def _showing(world: World) -> list[Sent]:
    door, page = world.door(world.claiming()), "/verify/document/"
    query = f"{page}?reference={door['reference']}&key={door['key']}"
    file = SimpleUploadedFile("a.jpg", papers.photo(), content_type="image/jpeg")
    return [_get(page, **door), _post(query), _post(query, covered="on", file=file), _get(page, **door)]


def _papering(world: World) -> list[Sent]:
    door, page = world.door(world.for_other()), "/agents/paper/"
    query = f"{page}?reference={door['reference']}&key={door['key']}"
    file = SimpleUploadedFile("a.jpg", papers.photo(), content_type="image/jpeg")
    return [_get(page, **door), _post(query), _post(query, file=file), _get(page, **door)]


def _nobodys_link(path: str, **answer: Any) -> Case:
    """A link that was mailed to a person is compared with none: of what exists, and of nothing."""

    def tried(world: World) -> list[Sent]:
        key = "x" * 43 if world.is_known else world.door(world.claiming())["key"]
        return [_get(path, key=key), _post(path, key=key, **answer)]

    return tried


def _stopping(world: World) -> list[Sent]:
    """Marketing is stopped for an address that had chosen so before, and for one that nobody ever heard of."""
    if world.is_known:
        wish = Wish({"email": [world.address]}, Act.STOP, Via.PREFERENCES, world.clock() - timedelta(days=9))
        decide(wish, by="", at=world.clock())
    stopped = {"what": "all", "email": world.address}
    return [_get("/preferences/"), _post("/preferences/", **stopped), _post("/preferences/", what="all")]


def _pressing(world: World) -> list[Sent]:
    """Both addresses look the same once they are masked."""
    whose = world.address if world.is_known else "ada.somebody.else@example.org"
    path = f"/unsubscribe/{tokens.unsubscribe(Bearer('email', whose))}/"
    return [_get(path), _post(path), _post(path, **{"List-Unsubscribe": "One-Click", "page": "1"})]


def _choosing(path: str, world: World) -> list[Sent]:
    return [_get(path), _post(path), _post(path, email=world.address), _post(path, email=world.address)]


def _consenting(world: World) -> list[Sent]:
    """A consent is taken back for an address that had done so before, and for one that nobody ever heard of."""
    if world.is_known:
        who = {"email": [world.address]}
        wish = Wish(who, Act.STOP, Via.PREFERENCES, world.clock() - timedelta(days=9), purpose=Purpose.CONSENT)
        decide(wish, by="", at=world.clock())
    path, everything = "/preferences/consent/", {"what": "all", "email": world.address}
    return [_get(path), _post(path, **everything), _post(path, what="all")]


CASES: dict[str, Case] = {
    "home": lambda _world: [_get("/")],
    "preferences": _stopping,
    "preferences-done": lambda _world: [_get("/preferences/done/", ticket="x" * 40)],
    "preferences-receipt": lambda _world: [_get("/preferences/receipt/", ticket="x" * 40)],
    "unsubscribe": _pressing,
    "choice-sheet": lambda _world: [_get("/worksheets/choices/", key="x" * 43), _post("/worksheets/choices/")],
    "advertising": lambda world: _choosing("/preferences/advertising/", world),
    "sensitive": lambda world: _choosing("/preferences/sensitive/", world),
    "third-parties": lambda world: _choosing("/preferences/third-parties/", world),
    "consent": _consenting,
    "consent-done": lambda _world: [_get("/preferences/consent/done/", ticket="x" * 40)],
    "choice-done": lambda _world: [_get("/preferences/advertising/done/", ticket="x" * 40)],
    "cpni": lambda _world: [_get("/preferences/cpni/"), _post("/preferences/cpni/", account="AC-1")],
    "cpni-done": lambda _world: [_get("/preferences/cpni/done/", ticket="x" * 40)],
    "cpni-receipt": lambda _world: [_get("/preferences/cpni/receipt/", ticket="x" * 40)],
    "help": lambda _world: [_get("/help/")],
    "accessibility": lambda _world: [_get("/accessibility/")],
    "new": lambda world: [_get("/requests/new/"), _post("/requests/new/", **_form(world))],
    "sent": lambda world: [_get("/requests/new/sent/", **world.ticket())],
    "track": _tracking,
    "verify": lambda world: [
        _get("/verify/", key=builders.token_in(builders.letters_to(world.filed(), "confirm_address")[-1].link)),
        _post("/verify/", key=builders.token_in(builders.letters_to(world.filed(), "confirm_address")[-1].link)),
    ],
    "verify-code": lambda world: [
        _get("/verify/code/", **world.ticket()),
        _post("/verify/code/", **world.ticket(), code="000000"),
    ],
    "verify-again": lambda world: [_post("/verify/again/", **world.ticket(AGAIN))],
    "verify-address": lambda world: [
        _get("/verify/address/", **world.ticket()),
        _post("/verify/address/", **world.ticket(), email="someone@example.com"),
    ],
    "login": lambda world: [_post("/verify/login/", **world.door(world.claiming()))],
    "login-back": lambda _world: [_get("/verify/login/back/", state="x" * 43, code="y"), _get("/verify/login/back/")],
    "choose": lambda world: [_get("/verify/choose/", **world.door(world.claiming()))],
    "proof-help": lambda world: [_post("/verify/help/", **world.door(world.claiming()), text="Hello.")],
    "proof-ring": lambda world: [_post("/verify/ring/", **world.door(world.claiming()), when="Now.")],
    "proof-without": lambda world: [_post("/verify/without/", **world.door(world.claiming()))],
    "facts": lambda world: [
        _get("/verify/facts/", **world.door(world.claiming())),
        _post("/verify/facts/", **world.door(world.claiming())),
        _get("/verify/facts/", **world.door(world.claiming())),
        _post("/verify/facts/", **world.door(world.claiming()), check=str(SOMEWHERE)),
    ],
    "text": _texting,
    "text-code": _texting,
    "document": _showing,
    # Whoever has one of these links got it at an address of the person, so nobody unknown has one.
    "alert": _nobodys_link("/verify/alert/", answer="stop"),
    "agents-confirm": _nobodys_link("/agents/confirm/", answer="yes"),
    "agents-withdraw": _nobodys_link("/agents/withdraw/"),
    "agents": lambda _world: [_get("/agents/")],
    "agents-new": lambda world: [_get("/agents/new/"), _post("/agents/new/", **_form_for_other(world))],
    "agents-paper": _papering,
    "download-code": lambda _world: [_get("/downloads/", ticket="x" * 60)],
    "download-ready": lambda _world: [_get("/downloads/ready/", key="x" * 43)],
    "download-file": lambda _world: [_get("/downloads/file/", key="x" * 43)],
    "worksheet": lambda _world: [_get("/worksheets/", key="x" * 43)],
    "opendsr-callback": lambda world: [_post("/callbacks/opendsr/", subject_request_id=world.address)],
    "effect-sheet": lambda _world: [_get("/worksheets/decisions/", key="x" * 43)],
    "worksheet-file": lambda _world: [_post("/worksheets/files/?key=" + "x" * 43)],
    "worksheet-remove": lambda _world: [_post("/worksheets/files/remove/", key="x" * 43)],
    "worksheet-proof": lambda _world: [_post("/worksheets/proof/?key=" + "x" * 43)],
    "worksheet-proof-remove": lambda _world: [_post("/worksheets/proof/remove/", key="x" * 43)],
    "tracker": lambda world: [_get(world.tracker(), **world.door(world.claiming()))],
    "reply": lambda world: [
        _post(
            world.tracker("reply/"),
            **world.door(world.claiming()),
            request=str(builders.only(world.claiming()).pk),
            text="Hello.",
        )
    ],
    "confirm": lambda world: [_post(world.tracker("confirm/"), **world.door(world.claiming()))],
    "reopen": lambda world: [_post(world.tracker("reopen/"), **world.door(world.claiming()))],
    "withdraw": lambda world: [
        (
            method,
            f"/requests/{world.claiming().reference}/{builders.only(world.claiming()).pk}/withdraw/",
            world.door(world.claiming()),
        )
        for method in ("get", "post")
    ],
    # What comes of an answer is about what is held, and behind proof. Shut, these doors do not tell either.
    "accept-fee": _shut("accept-fee"),
    "download": _shut("download"),
    "statement": _shut("statement"),
    "again": _shut("again"),
    "meant": _shut("meant"),
    "erasure": _shut("erasure"),
    "take-up": _shut("take-up"),
    "disagree": _shut("disagree/1"),
    "second-review": _shut("second-review"),
    "backing": _shut("documents"),
    "appeal": _shut("appeal"),
    "send": _shut("send"),
    "send-receipt": _shut("send/receipt"),
    "certificate": _shut("certificate/1"),
    "certificate-file": _shut("certificate/1/file"),
}


@contextmanager
def _statements() -> Iterator[list[str]]:
    """Collect the statements of a block as they are before values are put in."""
    seen: list[str] = []

    def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        plain = re.sub(r"(?:%s(?:::\w+)?, ?)+", "", str(sql))
        # PostgreSQL gets several statements in one message, with their values in them.
        plain = re.sub(r"'(?:[^']|'')*'(?:::\w+)?|\b\d+\b|\b(?:true|false)\b", "?", plain, flags=re.IGNORECASE)
        if "dsr_pace" not in plain:  # read anew every ten seconds, by whoever comes first
            seen.append(re.sub(r"SAVEPOINT \S+", "SAVEPOINT", plain))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def _plain(text: str, world: World) -> str:
    """Take out what differs every time: keys, tickets, references, ids, names of one showing of a form."""
    for submission in world.made.values():
        text = text.replace(submission.reference, "REFERENCE")
    text = text.replace(NOWHERE, "REFERENCE").replace(world.address, "ADDRESS")
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text)
    text = re.sub(r"(?<=key=)[\w%-]+|(?<=ticket=)[\w%-]+|(?<=value=\")[\w-]{20,}", "SECRET", text)
    return re.sub(r"[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}", "REFERENCE", text)


def _live(world: World, case: Case) -> list[tuple[int, str, str, list[str]]]:
    client, found = Client(), []
    for method, path, data in case(world):
        with _statements() as seen:
            response: Any = getattr(client, method)(path, data)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        page, led_to = _plain(body.decode(), world), _plain(response.get("Location", ""), world)
        spelled = re.sub(
            r"<ol class=\"spelled\">.*?</ol>|<span class=\"hidden-but-read\">(. )+</span>", "", page, flags=re.DOTALL
        )
        found.append((response.status_code, led_to, spelled, seen))
    return found


@pytest.fixture(autouse=True)
def _fixed_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same questions for both, in the same order; which are drawn is chance and has nothing to do with a person."""
    monkeypatch.setattr(random, "sample", lambda population, k: list(population)[:k])
    monkeypatch.setattr(secrets.SystemRandom, "shuffle", lambda _self, _words: None)


@pytest.fixture
def worlds(clock: Any, tmp_path: Any, db: None) -> tuple[World, World]:
    """The two people, and a system that knows one of them. What a process reads only once has been read."""
    organisation.console(tmp_path, clock(), changed={"email_on": "2026-02-15"})
    builders.in_review(at=clock(), email="before@example.com")
    return World(clock, is_known=True), World(clock, is_known=False)


def test_every_public_address_is_compared() -> None:
    assert {pattern.name for pattern in urls.urlpatterns} == set(CASES)


@pytest.mark.parametrize("name", CASES)
def test_existing_and_unknown_people_get_the_same(name: str, worlds: tuple[World, World]) -> None:
    known, unknown = (_live(world, CASES[name]) for world in worlds)

    for one, other in zip(known, unknown, strict=True):
        assert one[:2] == other[:2]
        assert one[2] == other[2]
        assert one[3] == other[3]


def test_wrong_answers_cost_the_same(worlds: tuple[World, World]) -> None:
    def answering(world: World) -> list[Sent]:
        door = world.door(world.claiming())
        return [_post("/verify/facts/", **door, **world.quiz()), _get("/verify/choose/", **door)]

    known, unknown = (_live(world, answering) for world in worlds)

    assert known == unknown
    assert known[0][0] == 303


@pytest.mark.parametrize("name", ["new", "agents-new"])
def test_what_is_compared_really_was_filed(name: str, worlds: tuple[World, World]) -> None:
    for world in worlds:
        assert [status for status, *_rest in _live(world, CASES[name])] == [200, 303]


def test_choice_sent_by_the_form_tells_nobody_whether_one_was_made_before(worlds: tuple[World, World]) -> None:
    def choosing(world: World) -> list[Sent]:
        filed = {**_form(world), "rights": ["marketing_opt_out", "be_informed"], "account": ""}
        return [*_stopping(world)[:1], _post("/requests/new/", **filed)]

    known, unknown = (_live(world, choosing) for world in worlds)

    assert known == unknown
    assert known[-1][0] == 303
