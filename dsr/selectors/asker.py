"""Who is asking, as staff see it: what was tried, what was handed in, what speaks for looking twice. No address."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from dsr.models import Alert, Signal, SubjectRequest, Submission
from notifications import sealing
from notifications.models import Forgotten
from verification import checks
from verification.models import Challenge, Check, CheckState, Evidence
from verification.proofs import LEVELS, Method

CONTACT = "contact"
"""The name under which it is kept what the systems say of the contact address; the others are what is claimed."""
CHANGES = ("email", "phone", "address", "password")


@dataclass(frozen=True, slots=True)
class Try:
    """One try at showing who is asking. ``verifier`` is the id of the colleague who checked, "" where nobody had to.

    ``kind`` is a method of ``verification.proofs``, or the channel of a challenge that nobody has answered.
    """

    kind: str
    state: str
    level: int
    at: datetime
    verifier: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the systems said of one thing that the person is known by: whether, how they are reached, since when."""

    name: str
    known: bool
    mail: int
    phone: int
    changed: Mapping[str, date]


@dataclass(frozen=True, slots=True)
class Asker:
    """Everything about the question who is asking, but no personal value."""

    tries: list[Try]
    pieces: list[Evidence]
    signals: list[Signal]
    alerts: list[Alert]
    standing: list[Standing]

    @property
    def open_signals(self) -> list[Signal]:
        """The signals that nobody has looked into yet."""
        return [signal for signal in self.signals if signal.cleared_at is None]


def load(submission: Submission) -> Asker:
    """Read it in six statements at most, whatever there is of each."""
    return Asker(
        tries=tries(submission.pk),
        pieces=list(
            Evidence.objects.filter(about=submission.pk)
            .select_related("data_key")
            .prefetch_related("openings")
            .order_by("received_at", "id")
        ),
        signals=list(submission.signals.select_related("cleared_by")),
        alerts=list(submission.alerts.all()),
        standing=standing(submission),
    )


def tries(about: UUID) -> list[Try]:
    """Return every try at showing who is asking, oldest first, in two statements."""
    rows = Challenge.objects.filter(about=about).defer("address_sealed")
    found = [*map(_of_challenge, rows), *map(_of_check, checks.of(about))]
    return sorted(found, key=lambda each: each.at)


def _of_challenge(row: Challenge) -> Try:
    if row.confirmed_at is not None:
        return Try(row.method, CheckState.PASSED, int(LEVELS[Method(row.method)]), row.confirmed_at)
    over = row.superseded_at or row.lapsed_at
    return Try(row.channel, CheckState.ENDED if over else CheckState.OPEN, 0, over or row.last_sent_at)


def _of_check(row: Check) -> Try:
    return Try(row.method, row.state, row.level, row.ended_at or row.started_at, row.verifier)


def standing(submission: Submission) -> list[Standing]:
    """Return what the systems said, counted; nothing before they were asked or once the person was forgotten."""
    try:
        said = submission.open_json("standing")
        contact = submission.open("email")
    except Forgotten:
        return []
    return [_standing(name, each, contact if name == CONTACT else "") for name, each in sorted(said.items())]


def _standing(name: str, said: Mapping[str, Any], address: str) -> Standing:
    on_file = said.get("on_file", {})
    mail: Sequence[str] = on_file.get("email", ())
    mark = sealing.fingerprint("email", address) if address else ""
    known = mark in {sealing.fingerprint("email", each) for each in mail} if mark else any(on_file.values())
    changed = {kind: date.fromisoformat(day) for kind, day in said.get("changed", {}).items()}
    return Standing(name, known, len(mail), len(on_file.get("phone", ())), changed)


def open_signals(submission_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Return the codes of the signals that nobody has cleared, for many submissions in one statement."""
    found: dict[UUID, list[str]] = {}
    rows = Signal.objects.filter(submission_id__in=set(submission_ids), cleared_at=None).order_by("at", "id")
    for submission_id, code in rows.values_list("submission_id", "code"):
        found.setdefault(submission_id, []).append(code)
    return found


def signals_of(requests: Iterable[SubjectRequest]) -> dict[UUID, list[str]]:
    """Return the open signals of the submissions of some requests, in one statement, or none for no request."""
    submissions = {request.submission_id for request in requests}
    return open_signals(submissions) if submissions else {}
