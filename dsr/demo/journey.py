"""One complete journey without a browser: what `manage.py demo` shows.

It goes the way people go: a filing, a link from a mail that was really sent, the owner's worksheet, two members of
staff, a fresh code, a download. Between the steps it runs the same sweep that the scheduler runs.
"""

import email
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.utils import timezone

from dsr.demo import memory
from dsr.demo.people import ADA, ADA_EMAIL, IMPOSTOR_EMAIL, MAX_EMAIL, MOVED_MAIL, customers
from dsr.models import Channel, LedgerOutcome, SubjectRequest
from dsr.packaging import checking
from dsr.policies import Caller
from dsr.reckoning import rules_of
from dsr.rights import Right
from dsr.rules.schema.ladder import SignalRule
from dsr.services import (
    delivery,
    facts,
    history,
    identity,
    intake,
    onfile,
    proving,
    review,
    sweeping,
    taskpaper,
    worksheets,
)
from dsr.services.erasure import plan, tombstones, waiting
from dsr.services.leftout import LeftOut

_ROUNDS = 60
_DETAILS = {Right.DELETION: {"consequences": "yes"}}
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Result:
    """What the journey came to."""

    reference: str
    package: Path
    ledger: list[dict[str, Any]]


class Journey:
    """Everybody's part in one request. ``mail`` is where mail is written, ``out`` where the package goes."""

    def __init__(self, mail: Path, support: Path, out: Path, say: Say) -> None:
        self._mail, self._support, self._out, self._say = mail, support, out, say
        self._later = timedelta()

    def run(self) -> Result:
        """Go through it. Raises CommandError at the first thing that did not happen."""
        request, erasure = self._file()
        self._report_by_hand()
        self._decide(request)
        path = self._collect(request)
        self._open(path)
        self._impostor()
        self._changed_address()
        self._plan(erasure)
        self._erase(erasure)
        self._certify(erasure)
        proof = history.verify()
        _must(proof.whole, f"the history is broken: {proof.broken}")
        self._say(f"The history is whole: {proof.events} events, each bound to the one before it.")
        return Result(request.submission.reference, path, _ledger(request) + _ledger(erasure))

    def _now(self) -> datetime:
        """The time in the story: the real one, and the days that passed in it."""
        return timezone.now() + self._later

    def _file(self) -> tuple[SubjectRequest, SubjectRequest]:
        filing = _filing(ADA_EMAIL, "Ada Lovelace", Right.ACCESS, Right.BE_INFORMED, Right.DELETION)
        filed = intake.file(filing, by=Caller.person(), at=self._now())
        reference = filed.submission.reference
        self._say(
            f"Ada asks for a copy of her data, to be informed, and then to be erased. Her reference is {reference}."
        )
        self._work()
        token = _token(self._letter(ADA_EMAIL, r"/verify/\S+"))
        confirmed = identity.confirm_link(token, by=Caller.person(), at=self._now())
        self._say("She opens the mail and confirms that the address is hers.")
        self._work()
        request = SubjectRequest.objects.get(submission=confirmed.submission, right=Right.ACCESS)
        self._say(f"The answer is due by {request.due_on:%-d %B %Y}, under {request.regime}.")
        erasure = SubjectRequest.objects.get(submission=confirmed.submission, right=Right.DELETION)
        self._answer_questions(erasure)
        return request, erasure

    def _answer_questions(self, erasure: SubjectRequest) -> None:
        """An account is only closed for somebody who is surely its holder."""
        quiz = facts.begin(erasure.submission_id, by=Caller.person(), at=self._now())
        remembers = memory.of(ADA)
        known = {question.name: remembers.get(question.name, "") for question in quiz.questions}
        about = erasure.submission_id
        right = facts.answer(about, quiz.check_id, known, by=Caller.person(), at=self._now())
        _must(right, "Ada's answers were not enough")
        self._say(f"For the erasure she answers {len([text for text in known.values() if text])} questions.")
        self._work()
        waiting.confirm(erasure.pk, by=Caller.person(), at=self._now())
        self._say("She reads what it means that her account is closed for good, and confirms it a second time.")

    def _plan(self, erasure: SubjectRequest) -> None:
        self._say("What would become of her data, counted in the systems before anybody decides:")
        for part in plan.parts(erasure):
            if part.by_hand:
                self._say(f"  {part.name}, {part.category}: its owner looks")
            elif part.found:
                until = f" until {part.until:%-d %B %Y}" if part.until else ""
                stays = f", {part.keep} stay{until} ({part.ground})" if part.keep else ""
                self._say(f"  {part.name}, {part.category}: {part.erase} of {part.found} go{stays}")
        review.prepare(erasure.pk, by=_staff("hal"), at=self._now())
        review.approve(erasure.pk, by=_staff("vera"), at=self._now())
        self._say("Hal proposes it, and Vera approves. For three days it can still be stopped.")
        self._work()

    def _erase(self, erasure: SubjectRequest) -> None:
        self._later = timedelta(days=settings.ERASURE_WAIT_DAYS)
        self._work()
        token = _token(self._letter(r"\S+", r"/worksheets/\S+"))
        sheet = taskpaper.sheet_of(token, self._now())
        self._say(f"The days pass. {sheet.owner} is asked to erase what {sheet.system} hold, and reports it.")
        said = [taskpaper.Said(taskpaper.Word.DONE, category) for category in sheet.categories]
        taskpaper.report(token, said, "", at=self._now(), left_out=LeftOut.DONE)
        self._work()
        found = _again(erasure)
        _must((found.state, found.outcome) == ("closed", "partly_fulfilled"), f"the erasure is {found.state}")
        _must(found.ledger.filter(outcome=LedgerOutcome.ERASED).exists(), "nothing was erased")
        self._say("Every system has done its part. What the law wants kept goes by itself when its day comes.")

    def _certify(self, erasure: SubjectRequest) -> None:
        certificate = erasure.certificates.get()
        path = self._out / f"{erasure.submission.reference}-certificate.json"
        path.write_text(json.dumps(certificate.document, indent=1))
        _must(checking.verify(path).ok, "the certificate is not as it was signed")
        again = [known.given for known in tombstones.check("email", [ADA_EMAIL, MAX_EMAIL])]
        _must(again == [ADA_EMAIL], "an import would not be told of her")
        self._say("Ada has a signed statement of it, and no import takes her in again without being told.")

    def _report_by_hand(self) -> None:
        token = _token(self._letter(r"\S+", r"/worksheets/\S+"))
        sheet = worksheets.look(token, self._now())
        found = sorted(path for path in (self._support / ADA_EMAIL).rglob("*") if path.is_file())
        self._say(f"{sheet.owner} searches {sheet.system} by hand and finds {len(found)} file(s).")
        assert sheet.task is not None
        types = {ending: media for media, endings in sheet.task.files.media_types.items() for ending in endings}
        for path in found:
            kind = types[path.suffix]
            worksheets.add_file(
                token, sheet.task.datasets[0].name, path.name, kind, [path.read_bytes()], at=self._now()
            )
        worksheets.report(token, "found" if found else "nothing_held", "", at=self._now())
        self._work()

    def _decide(self, request: SubjectRequest) -> None:
        for step in request.steps.select_related("system"):
            self._say(f"  {step.system.name}: {step.get_result_display()}, {sum(step.counts.values())} record(s)")
        _must(bool(_again(request).searched_at), "a system has not answered")
        review.prepare(request.pk, by=_staff("hal"), at=self._now())
        self._say("Hal proposes to give the data.")
        review.approve(request.pk, by=_staff("vera"), at=self._now())
        self._say("Vera, who is somebody else, approves it.")
        self._work()
        _must(_again(request).state == "ready", "the package was not built")

    def _collect(self, request: SubjectRequest) -> Path:
        challenge = delivery.ask_code(request.pk, at=self._now())
        self._work()
        code = self._letter(ADA_EMAIL, r"^\s*(\d{6})\s*$")
        token = delivery.open_download(request.pk, challenge, code, by=Caller.person(), at=self._now())
        download = delivery.stream(token, first=None, last=None, at=self._now())
        self._out.mkdir(parents=True, exist_ok=True)
        path = self._out / download.filename
        with path.open("wb") as file:
            for chunk in download.chunks:
                file.write(chunk)
        self._say(f"Ada enters a fresh code and downloads {download.size} bytes.")
        closed = _again(request)
        _must((closed.state, closed.outcome) == ("closed", "fulfilled"), f"it ended {closed.outcome or closed.state}")
        return path

    def _open(self, path: Path) -> None:
        verdict = checking.verify(path)
        _must(verdict.ok, "the package is not as it was signed")
        with zipfile.ZipFile(path) as package:
            _must(package.testzip() is None, "the package is damaged")
            names = package.namelist()
            _must("OPEN-ME.html" in names, "the package has no page to open")
        self._say(f"The package opens, and its {len(names)} files are as they were signed.")

    def _impostor(self) -> None:
        """Somebody claims Ada's account from an address that looks like hers; she is asked, and stops it."""
        ada = next(person for person in customers() if person.email == ADA_EMAIL)
        filing = _filing(IMPOSTOR_EMAIL, ada.name, Right.ACCESS, identifiers={"account": (ada.account,)})
        request = intake.file(filing, by=Caller.person(), at=self._now()).requests[0]
        self._say("Somebody else asks for the data of Ada's account, from an address that is not hers.")
        self._work()
        token = _token(self._letter(IMPOSTOR_EMAIL, r"/verify/\S+"))
        identity.confirm_link(token, by=Caller.person(), at=self._now())
        onfile.stop(_token(self._letter(ADA_EMAIL, r"/verify/alert/\S+")), at=self._now())
        self._say("Ada, who is on file, is asked whether it was her, and stops it.")
        self._work()
        found = _again(request)
        seen = ", ".join(words.wording("title").lower() for words in self._signals(found))
        self._say(f"Ivy, who checks who is asking, sees that it is stopped, and why to look twice: {seen}.")
        proving.end_unproved(found.pk, "The person on file did not ask.", by=_staff("vera"), at=self._now())
        self._work()
        found = _again(request)
        _must((found.state, found.outcome) == ("closed", "unverified"), "the impostor's request did not end")
        _must(not found.packages.exists() and not found.steps.exists(), "something was searched for the impostor")
        self._say("Vera ends it. Nothing was searched, and nothing was handed over.")

    def _changed_address(self) -> None:
        """Whoever takes over an account changes the address first: a changed one is no proof, and holds the release."""
        moved = next(person for person in customers() if person.number == MOVED_MAIL)
        filing = _filing(moved.email, moved.name, Right.ACCESS, country="US", region="TX")
        request = intake.file(filing, by=Caller.person(), at=self._now()).requests[0]
        self._work()
        token = _token(self._letter(re.escape(moved.email), r"/verify/\S+"))
        identity.confirm_link(token, by=Caller.person(), at=self._now())
        self._work()
        found = _again(request)
        until = found.submission.held_until
        _must(found.state == "verifying" and until is not None, "a request from a changed address did not wait")
        self._say(
            "A customer whose mail address was changed five days ago asks for call details, too, and confirms it. "
            f"It waits for a surer proof, and nothing is handed over before {until:%-d %B}."
        )

    @staticmethod
    def _signals(request: SubjectRequest) -> list[SignalRule]:
        codes = request.submission.signals.values_list("code", flat=True)
        return [rules_of(request.submission).ladder.signal(code) for code in codes if code != "unusual_hours"]

    def _work(self) -> None:
        """What worker and scheduler do, until nothing is due."""
        for _round in range(_ROUNDS):
            tally = sweeping.sweep(self._now())
            _must(not tally.failures, "something failed while the workers were at it; see the log lines above")
            if not tally.total:
                return
        raise CommandError("the workers never came to rest")

    def _letter(self, to: str, pattern: str) -> str:
        """Return what a pattern finds in the newest mail to somebody that holds it."""
        for message in _mails(self._mail):
            body = message.get_body(("plain",))
            text = body.get_content() if body else ""
            if re.search(to, str(message["To"])) and (found := re.search(pattern, text, re.MULTILINE)):
                return found.group(found.lastindex or 0)
        raise CommandError(f"no mail in {self._mail} holds what was expected")


def _filing(email: str, name: str, *rights: Right, country: str = "IE", **more: Any) -> intake.Filing:
    return intake.Filing(
        channel=Channel.WEB,
        language="en",
        country=country,
        relationship="customer",
        email=email,
        name=name,
        wants=tuple(intake.Want(right, _DETAILS.get(right, {})) for right in rights),
        **{"region": "", **more},
    )


def _mails(folder: Path) -> Iterator[EmailMessage]:
    paths = sorted(folder.rglob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in paths:
        yield email.message_from_bytes(path.read_bytes(), policy=default)


def _token(link: str) -> str:
    return link.partition("key=")[2]


def _again(request: SubjectRequest) -> SubjectRequest:
    return SubjectRequest.objects.get(pk=request.pk)


def _staff(name: str) -> Caller:
    return Caller.of_user(User.objects.get(username=name), "shell")


def _ledger(request: SubjectRequest) -> list[dict[str, Any]]:
    return [
        {
            "right": request.right,
            "system": line.system.key,
            "category": line.category,
            "outcome": line.outcome,
            "count": line.count,
            "ground": line.ground,
            "until": line.until.isoformat() if line.until else None,
        }
        for line in request.ledger.select_related("system")
    ]


def _must(held: bool, sentence: str) -> None:
    if not held:
        raise CommandError(sentence)
