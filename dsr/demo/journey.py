"""One complete journey without a browser: what `manage.py demo` shows.

It goes the way people go: a filing, a link from a mail that was really sent, the owner's worksheet, two members of
staff, a fresh code, a download. Between the steps it runs the same sweep that the scheduler runs.
"""

import email
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandError
from django.utils import timezone

from dsr.demo.people import ADA_EMAIL
from dsr.models import Channel, SubjectRequest
from dsr.packaging import checking
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import delivery, history, identity, intake, review, sweeping, worksheets

_ROUNDS = 60
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

    def run(self) -> Result:
        """Go through it. Raises CommandError at the first thing that did not happen."""
        request = self._file()
        self._report_by_hand()
        self._decide(request)
        path = self._collect(request)
        self._open(path)
        proof = history.verify()
        _must(proof.whole, f"the history is broken: {proof.broken}")
        self._say(f"The history is whole: {proof.events} events, each bound to the one before it.")
        return Result(request.submission.reference, path, _ledger(request))

    def _file(self) -> SubjectRequest:
        filing = intake.Filing(
            channel=Channel.WEB,
            language="en",
            country="IE",
            region="",
            relationship="customer",
            email=ADA_EMAIL,
            name="Ada Lovelace",
            wants=(intake.Want(Right.ACCESS), intake.Want(Right.BE_INFORMED)),
        )
        filed = intake.file(filing, by=Caller.person(), at=_now())
        reference = filed.submission.reference
        self._say(f"Ada asks for a copy of her data and to be informed. Her reference is {reference}.")
        self._work()
        token = _token(self._letter(ADA_EMAIL, r"/verify/\S+"))
        confirmed = identity.confirm_link(token, by=Caller.person(), at=_now())
        self._say("She opens the mail and confirms that the address is hers.")
        self._work()
        request = SubjectRequest.objects.get(submission=confirmed.submission, right=Right.ACCESS)
        self._say(f"The answer is due by {request.due_on:%-d %B %Y}, under {request.regime}.")
        return request

    def _report_by_hand(self) -> None:
        token = _token(self._letter(r"\S+", r"/worksheets/\S+"))
        sheet = worksheets.look(token, _now())
        found = sorted(path for path in (self._support / ADA_EMAIL).rglob("*") if path.is_file())
        self._say(f"{sheet.owner} searches {sheet.system} by hand and finds {len(found)} file(s).")
        assert sheet.task is not None
        types = {ending: media for media, endings in sheet.task.files.media_types.items() for ending in endings}
        for path in found:
            kind = types[path.suffix]
            worksheets.add_file(token, sheet.task.datasets[0].name, path.name, kind, [path.read_bytes()], at=_now())
        worksheets.report(token, "found" if found else "nothing_held", "", at=_now())
        self._work()

    def _decide(self, request: SubjectRequest) -> None:
        for step in request.steps.select_related("system"):
            self._say(f"  {step.system.name}: {step.get_result_display()}, {sum(step.counts.values())} record(s)")
        _must(bool(_again(request).searched_at), "a system has not answered")
        review.prepare(request.pk, by=_staff("hal"), at=_now())
        self._say("Hal proposes to give the data.")
        review.approve(request.pk, by=_staff("vera"), at=_now())
        self._say("Vera, who is somebody else, approves it.")
        self._work()
        _must(_again(request).state == "ready", "the package was not built")

    def _collect(self, request: SubjectRequest) -> Path:
        challenge = delivery.ask_code(request.pk, at=_now())
        self._work()
        code = self._letter(ADA_EMAIL, r"^\s*(\d{6})\s*$")
        token = delivery.open_download(request.pk, challenge, code, by=Caller.person(), at=_now())
        download = delivery.stream(token, first=None, last=None, at=_now())
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

    def _work(self) -> None:
        """What worker and scheduler do, until nothing is due."""
        for _round in range(_ROUNDS):
            tally = sweeping.sweep(_now())
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
        {"system": line.system.key, "category": line.category, "outcome": line.outcome, "count": line.count}
        for line in request.ledger.select_related("system")
    ]


def _must(held: bool, sentence: str) -> None:
    if not held:
        raise CommandError(sentence)


def _now() -> datetime:
    return timezone.now()
