"""What may go and what must stay, category by category: the schedule, legal holds, and what staff decided to keep."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from dsr.connectors import Dataset, Term, stricter
from dsr.models import LegalHold, SubjectRequest, Submission
from dsr.rules import NotInRules, retention
from dsr.rules.schema.retention import Lasting, Schedule
from dsr.services import holds, schedule

UNSETTLED = "contract_needed"
"""The ground on which a record is kept while something about it is still going on."""
UNKNOWN = "legal_obligation_retain"
"""The ground where the schedule does not know a category: what nobody has decided about is not erased."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What may become of one category in one data set, and what speaks for keeping."""

    term: Term
    day_of: str = ""
    """What happened on the own day of the data set's records, "" where they have none."""
    ground: str = ""
    rule: str = ""
    event: str = ""
    floor: str = ""
    hold: UUID | None = None
    silent: bool = False
    """Nothing but that it must be kept may be said."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plans and tasks keep it. Nothing in it is about a person."""
        return {
            "dataset": self.term.dataset,
            "category": self.term.category,
            "go": self.term.erase,
            "before": self.term.before.isoformat() if self.term.before else None,
            "day_of": self.day_of,
            "ground": self.ground,
            "rule": self.rule,
            "event": self.event,
            "floor": self.floor,
            "hold": str(self.hold) if self.hold else None,
            "silent": self.silent,
        }


def term_of(line: Mapping[str, Any]) -> Term:
    """Return the term that a line of a plan stands for."""
    before = line.get("before")
    return Term(line["dataset"], line["category"], bool(line["go"]), date.fromisoformat(before) if before else None)


@dataclass(frozen=True, slots=True)
class Place:
    """Under which laws somebody's data is held."""

    country: str
    region: str
    regimes: tuple[str, ...]

    @classmethod
    def of(cls, submission: Submission) -> "Place":
        """Return that of whoever filed a submission."""
        return cls(submission.country, submission.region, tuple(submission.regimes))


def judge(
    request: SubjectRequest,
    system: str,
    datasets: Iterable[Dataset],
    identifiers: Mapping[str, Iterable[str]],
    on: date,
) -> list[Judged]:
    """Judge every category of every data set of one system for one person, as things stand on a day."""
    return judge_of(request, identifiers, on).judge(system, datasets)


def judge_of(request: SubjectRequest, identifiers: Mapping[str, Iterable[str]], on: date) -> "Judge":
    """Read what holds for whoever made a request, as things stand on a day."""
    return Judge(Place.of(request.submission), identifiers, on, kept_by_staff(request))


def kept_by_staff(request: SubjectRequest) -> dict[tuple[str, str], str]:
    """Return the grounds on which staff decided to keep something, by system, or "" for all, and category."""
    kept = request.withholdings.filter(lifted_at=None).select_related("system").order_by("at")
    return {(row.system.key if row.system else "", row.category): row.ground for row in kept}


class Judge:
    """What holds for one person on one day, read once: the schedule, the holds, and what staff decided to keep."""

    def __init__(
        self,
        place: Place,
        identifiers: Mapping[str, Iterable[str]],
        on: date,
        kept: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        """``kept`` is ground by system, or "" for all, and category."""
        self._place, self._on, self._kept = place, on, kept or {}
        self._schedule: Schedule = schedule.current()
        self._holds: Sequence[LegalHold] = holds.covering(identifiers)

    def judge(self, system: str, datasets: Iterable[Dataset]) -> list[Judged]:
        """Judge every category of every data set of one system."""
        return [
            self.judged(system, dataset, category)
            for dataset in datasets
            for category in sorted(dataset.held_categories)
        ]

    def judged(self, system: str, dataset: Dataset, category: str) -> Judged:
        """Judge one category in one data set: of all that speaks for keeping, the strictest."""
        found = self._by_schedule(dataset, category)
        if ground := self._kept.get((system, category)) or self._kept.get(("", category)):
            found = Judged(Term(dataset.name, category, erase=False), dataset.event, ground)
        for hold in self._holds:
            if holds.holds_here(hold, system, category):
                found = self._held(found, hold, dataset, category)
        return found

    def _by_schedule(self, dataset: Dataset, category: str) -> Judged:
        place = self._place
        try:
            verdict = retention.verdict(self._schedule, category, place.country, place.region, place.regimes, self._on)
        except NotInRules:
            return Judged(Term(dataset.name, category, erase=False), dataset.event, UNKNOWN)
        verdict = verdict.of_records(dataset.event)
        term = Term(dataset.name, category, verdict.erase, verdict.before)
        return Judged(term, dataset.event, verdict.ground, verdict.rule_id, verdict.event, verdict.floor)

    @staticmethod
    def _held(found: Judged, hold: LegalHold, dataset: Dataset, category: str) -> Judged:
        """Lay a hold over what was judged. Where it is about records of some days, earlier ones may still go.

        Later ones stay, too: no connector can be told of both ends, and keeping too much for a while is the safe side.
        """
        before = hold.from_on if dataset.event else None
        held = Term(dataset.name, category, erase=before is not None, before=before)
        term = stricter(found.term, held)
        if term == found.term and found.ground:
            return found
        return Judged(term, dataset.event, hold.ground, hold=hold.pk, silent=hold.silent)


def allows_less(now: Term, then: Term) -> bool:
    """Whether one term lets less go than another that was decided on."""
    if not then.erase:
        return False
    if not now.erase:
        return True
    return now.before is not None and (then.before is None or now.before < then.before)


def kept_until(line: Mapping[str, Any], day: date | None) -> date | None:
    """Return the last day on which a record of a day is protected under a line of a plan; None where none ends it."""
    if day is None or not line.get("floor") or line.get("hold"):
        return None
    return Lasting.of(line["floor"]).after(day)
