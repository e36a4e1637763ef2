"""What would change if other rules were in force: every stored submission under both, read and never written."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dsr import reckoning, rulebooks
from dsr.deadlines import local_date
from dsr.models import SubjectRequest, Submission
from dsr.rules import Clock, NotInRules, RulePack, books, loader, pack
from dsr.rules.comparing import Change, compare
from dsr.rules.files import Document
from dsr.selectors import filings

_UNSAID = ("words", "source", "worked case")
"""Differences on which no date hangs."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One date that would be another. ``was`` or ``now`` is None where there is no such clock on that side.

    ``changes`` are the differences between the rules that it can hang on. ``promised`` says that it is the date that
    the person was told.
    """

    reference: str
    right: str
    kind: str
    regime: str
    was: date | None
    now: date | None
    promised: bool
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Proposed:
    """Other laws that would be proposed to the person."""

    country: str
    region: str
    was: tuple[str, ...]
    now: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the other rules make of one submission. ``unread``: its own rules could not be read."""

    reference: str
    requests: int
    moved: tuple[Moved, ...]
    proposed: Proposed | None
    unread: bool


def simulate(draft: RulePack, since: datetime | None) -> Iterator[Replayed]:
    """Replay what came in since an instant under a draft, one submission at a time, in constant memory."""
    rules = _Rules(draft)
    for filed in filings.stream(filings.since(since)):
        submission = filed.submission
        moved = [each for request in filed.requests for each in rules.moved(request, filed)]
        yield Replayed(
            submission.reference,
            len(filed.requests),
            tuple(moved),
            rules.proposed(submission),
            reckoning.stands_in(submission),
        )


class _Rules:
    """A draft, and how it differs from each version of the rules that submissions are pinned to."""

    def __init__(self, draft: RulePack) -> None:
        self.draft = draft
        self._says = books.documents(draft.version, books.FORM, loader.book_of(draft))
        self._changes: dict[str, tuple[Change, ...]] = {}

    def moved(self, request: SubjectRequest, filed: filings.Filed) -> Iterator[Moved]:
        """The dates of one request that would be others."""
        submission = filed.submission
        if reckoning.rules_of(submission).version == self.draft.version:
            return
        events = [each.event for each in reckoning.happened(request, filed.history)]
        before = _by_law(reckoning.reckon_of(request, events))
        laws = self._laws(submission, reckoning.right_of(request))
        calendars = {law.calendar.id for law in (*laws, *reckoning.laws_of(request))}
        after = _by_law(reckoning.reckon_of(request, events, named=laws))
        for key in dict.fromkeys((*before, *after)):
            was, now = before.get(key), after.get(key)
            dates = was.promised if was else None, now.promised if now else None
            if dates[0] == dates[1]:
                continue
            kind, regime = key
            yield Moved(
                submission.reference,
                request.right,
                kind,
                regime,
                *dates,
                was is not None and was.kind.answers and (regime, was.promised) == (request.regime, request.due_on),
                self._why(submission, [each for each in (was, now) if each], calendars),
            )

    def proposed(self, submission: Submission) -> Proposed | None:
        """Which other laws would be proposed; None where they would be the same."""
        place = (submission.country, submission.region)
        received = local_date(submission.received_at, submission.zone)
        was = reckoning.rules_of(submission).propose(*place, received)
        now = self.draft.propose(*place, received)
        return Proposed(*place, was, now) if was != now else None

    def _laws(self, submission: Submission, right: str) -> list[reckoning.Law]:
        try:
            notice = self.draft.notice(submission.notice_id, submission.notice_version)
        except NotInRules:
            notice = reckoning.notice_of(submission)
        return reckoning.laws_in(self.draft, notice, submission, right, lenient=True)

    def _why(self, submission: Submission, found: Sequence[Clock], calendars: Collection[str]) -> tuple[Change, ...]:
        """The differences that a date can hang on: those of its law, of its model, and of holidays in its time."""
        version = reckoning.rules_of(submission).version
        if version not in self._changes:
            changes = compare(_says(version), self._says)
            self._changes[version] = tuple(change for change in changes if change.what not in _UNSAID)
        first, last = submission.received_at.date(), max(max(clock.due, clock.promised) for clock in found)
        regime = found[0].regime
        near = [change for change in self._changes[version] if _bears(change, regime, first, last)]
        named = [change for change in near if _calendar(change) in ("", *calendars)]
        return tuple(named or near)  # a strict reading may count with a calendar that no law names


def _says(version: str) -> Mapping[str, Document]:
    present = pack()
    if version == present.version:
        return books.documents(version, books.FORM, loader.book_of(present))
    return rulebooks.documents(version) or {}


def _by_law(found: Iterable[Clock]) -> dict[tuple[str, str], Clock]:
    return {(clock.kind.value, clock.regime): clock for clock in found}


def _bears(change: Change, regime: str, first: date, last: date) -> bool:
    folder, *rest = change.file.split("/")
    if folder == "regimes":
        return regime == rest[0] or regime in change.followed_by
    if change.what == "holiday":
        return _in_time(change.key, first, last)
    return folder in ("calendars", "notices") and (folder == "calendars" or change.key.startswith("seats"))


def _calendar(change: Change) -> str:
    """The id of the calendar that a change is in, or nothing."""
    folder, _slash, name = change.file.partition("/")
    return name.removesuffix(".toml") if folder == "calendars" else ""


def _in_time(key: str, first: date, last: date) -> bool:
    """Whether a holiday is within the time that counts. Keys read `years.2026.04-07`; others bear on every day."""
    parts = key.split(".")
    if parts[0] != "years" or len(parts) < 2:
        return True
    if len(parts) == 2:
        return first.year <= int(parts[1]) <= last.year
    return first <= date.fromisoformat(f"{parts[1]}-{parts[2]}") <= last
