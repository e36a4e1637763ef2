"""A value in everything that is said to show who asks: claims, agents, answers, documents, sign-ins, doubts, texts."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from dsr.logs import get_logger
from dsr.models import Alert, Event, Signal, SubjectRequest, Submission
from dsr.policies import Caller
from dsr.services import (
    agents,
    evidence,
    facts,
    login,
    principals,
    proving,
    stopping,
    texting,
)
from dsr.services._moves import holding
from dsr.services.mandated import AgentClaim
from tests import builders, organisation, papers
from tests.architecture.canary import STEM, RecordingCache, Watch, holds
from tests.architecture.test_canary import watch
from tests.drain import drain
from tests.interfaces.api import client as api
from tests.interfaces.public.asking import alert_token, door
from tests.textbox import NUMBER, Memory, texts
from tests.unit.verification import forger as forging
from tests.unit.verification.forger import CLIENT, Forger
from verification.errors import CheckError
from verification.models import Check, Evidence, Mandate, Purpose, Why

__all__ = ["texts", "watch"]
pytestmark = pytest.mark.django_db
PERSON = Caller.person()
HOME, AGENT = f"{STEM}.home@example.net", f"{STEM}.agent@agency.example"
REASON = f"Because of the {STEM} reason that he gave."
DIGITS = NUMBER[-9:]
"""A number holds no letters, so it is looked for by itself."""


@pytest.fixture(autouse=True)
def _console(tmp_path: Any, db: None) -> None:
    organisation.console(tmp_path, timezone.now())


@pytest.fixture
def forger(settings: Any) -> Iterator[Forger]:
    with forging.running() as forger:
        settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID = forger.issuer, CLIENT
        yield forger


def _claimed() -> Submission:
    """Somebody claims Ada's account and another that nobody has, from an address that nobody knows."""
    claims = {"account": (organisation.ADA_NUMBER, f"{STEM}-account"), "email": (f"{STEM}.old@example.net",)}
    filed = builders.file(
        at=timezone.now(), email=HOME, name=f"{STEM} name", identifiers=claims, origin=f"{STEM}-place"
    )
    drain(timezone.now())
    link = re.findall(r"/verify/\?key=([\w-]+)", str(mail.outbox[0].body))[-1]
    assert Client().post("/verify/", {"key": link}).status_code == 303
    drain(timezone.now())
    return Submission.objects.get(pk=filed.submission.pk)


def _look_at_every_page(ada: Client, submission: Submission) -> None:
    for path in ("choose", "facts", "declare", "document", "text", "login", "without", "help"):
        ada.get(door(submission, timezone.now(), f"/verify/{path}/"))


def _by_pages(ada: Client, submission: Submission) -> None:
    """Answer questions wrongly, hand in what is not taken and what is, and press the button of the warning."""
    _look_at_every_page(ada, submission)
    found = {key: values[0] for key, values in parse_qs(urlsplit(door(submission, timezone.now())).query).items()}
    ada.post("/verify/facts/", found)
    quiz = facts.open_quiz(submission.pk, at=timezone.now())
    assert quiz is not None
    answers = {question.name: f"{STEM} answer" for question in quiz.questions}
    ada.post("/verify/facts/", {**found, "check": str(quiz.check_id), "signed": f"{STEM} signed", **answers})
    for content in (f"no picture of {STEM}".encode(), papers.bound(papers.pdf(f"{STEM} page"))):
        file = SimpleUploadedFile(f"{STEM} passport.pdf", content, "application/pdf")
        ada.post("/verify/document/", {**found, "file": file})
    key = alert_token()
    ada.get(f"/verify/alert/?key={key}")
    ada.post("/verify/alert/", {"key": key, "answer": STEM})
    ada.post("/verify/alert/", {"key": key, "answer": "was_me"})


def _by_words(submission: Submission) -> None:
    """Be texted a code, and hand in a document."""
    with holding(submission_id=submission.pk) as case:
        texting.send_code(case, NUMBER, at=timezone.now())
    document = papers.bound(papers.pdf(f"{STEM} page"))
    wanted = [Purpose.IDENTITY]
    evidence.receive(submission.pk, Purpose.IDENTITY, document, by=PERSON, at=timezone.now(), wanted=wanted)
    drain(timezone.now())


def _sign_in(submission: Submission, forger: Forger) -> None:
    """Sign in with claims that nobody here knows, and once with an answer that is not believed."""
    claims = {"email": f"{STEM}.login@example.org", "sub": f"{STEM}-subject", "account": f"{STEM}-login"}
    for wrong in ({"iss": f"https://{STEM}.example"}, {}):
        at = timezone.now()
        started = login.begin(submission.pk, door=login.Door.TRACKER, at=at)
        sent = parse_qs(urlsplit(started.url).query)
        forger.vouch(forger.claims(sent["nonce"][0], at, **claims, **wrong))
        try:
            token = login.come_back(sent["state"][0], started.browser, at=at, code="the-code", issuer=forger.issuer)
            login.finish(token, started.browser, by=PERSON, at=timezone.now())
        except CheckError:
            assert wrong


def _by_staff(request: SubjectRequest) -> None:
    hal, vera, dora = builders.hal(), builders.vera(), builders.dora()
    pk, at = request.pk, timezone.now
    if request.state == "verifying":
        proving.check_identity(pk, "document", "failed", by=dora, at=at())
    proving.ask_more(pk, "other", REASON, by=hal, at=at())
    stopping.hold(pk, REASON, by=hal, at=at())
    stopping.stop_for(pk, REASON, by=hal, at=at())
    stopping.resume(pk, REASON, by=vera, at=at())
    stopping.lift_hold(pk, REASON, by=vera, at=at())
    assert api.hal().move(pk, "ask_more", {"doubt": STEM, "reason": REASON}).status == 422
    assert api.hal().move(pk, "hold", {"reason": f"{STEM}\x07"}).status == 422
    for piece in Evidence.objects.filter(about=request.submission_id, destroyed_at=None):
        if piece.data_key.forgotten_at is None:
            assert evidence.look(piece.pk, Why.CHECK, by=dora, at=at())[1]
    proving.end_unproved(pk, REASON, by=vera, at=at())


def _by_agent() -> None:
    claim = AgentClaim(kind="signed_permission", name=f"{STEM} agent", person_email=f"{STEM}.person@example.org")
    filed = builders.file(at=timezone.now(), email=AGENT, name=f"{STEM} principal", agent=claim)
    builders.confirm(filed.submission, timezone.now())
    agents.show(filed.submission.pk, papers.bound(papers.pdf(f"{STEM} paper")), by=PERSON, at=timezone.now())
    request = builders.only(filed.submission)
    agents.check(request.pk, agents.Finding("refused", reason=REASON), by=builders.ivy(), at=timezone.now())
    letter = builders.letters_to(filed.submission, "mandate_confirm")[-1]
    principals.deny(builders.token_in(letter.link), at=timezone.now())
    drain(timezone.now())


def test_canary_in_who_asks_is_found_nowhere_outside(watch: Watch, texts: Memory, forger: Forger) -> None:
    ada = Client(headers={"Sec-Fetch-Site": "same-origin"})

    submission = _claimed()
    _by_pages(ada, submission)
    _by_words(submission)
    _sign_in(submission, forger)
    _by_staff(builders.only(submission))
    _by_agent()
    drain(timezone.now())
    for path in ("/metrics", "/readyz", "/"):
        assert not holds(ada.get(path).content)

    assert {"alert_answered", "facts_asked", "evidence_received", "stop", "resume", "hold"} <= set(
        Event.objects.values_list("verb", flat=True)
    )
    assert Check.objects.exists()
    assert Mandate.objects.exists()
    assert Signal.objects.exists()
    assert Alert.objects.exists()
    assert any(DIGITS in number for number, _text in texts.taken())
    assert not any(holds(message.subject) for message in mail.outbox)
    assert len(watch.exceptions) > 5
    assert watch.leaks() == []
    assert _numbers_in(watch) == []


def _numbers_in(watch: Watch) -> list[str]:
    """Where a number is told, of all that is told of a case."""
    told = [watch.lines.getvalue(), *watch.addresses, *watch.exceptions, *map(str, watch.bells)]
    told += map(repr, RecordingCache.seen)
    told += map(str, Event.objects.values_list("data", flat=True))
    told += map(str, Signal.objects.values_list("data", flat=True))
    return [each for each in told if DIGITS in each or organisation.ADA_PHONE[-9:] in each]


def test_number_that_gets_out_is_noticed(watch: Watch) -> None:
    """Otherwise the test above would prove little."""
    assert _numbers_in(watch) == []

    get_logger("dsr.services.texting").warning("text sent", code=NUMBER)

    assert len(_numbers_in(watch)) == 1
