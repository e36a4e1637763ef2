"""Whether it stayed done: looking again after 30 and 90 days, and erasing again what a restore brought back."""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import sleep

from dsr.connectors import Ability, Code, Connector, Line, PermanentFailure, Preview, Term, open_connector
from dsr.deadlines import local_date
from dsr.models import (
    REAPPEARED,
    Deadline,
    Kept,
    LegalHold,
    SubjectRequest,
    System,
    Task,
    TaskKind,
    TaskResult,
    TaskState,
)
from dsr.services import clocks, holds, taskwork
from dsr.services._moves import Caller, Case, holding
from dsr.services.erasure import kept, plan, terms
from dsr.services.erasure.doing import ALL_PURPOSES
from dsr.services.erasure.terms import Judged
from dsr.services.erasure.tombstones import Known, found_again
from dsr.services.taskwork import Came, Claim
from dsr.services.ties import together
from notifications import sealing
from notifications.sealing import listing_digest as digest_of

_SYSTEM = Caller.system()
_WESTMOST = timedelta(hours=12)
"""The clock nowhere runs further behind: a last day to keep something is over for everybody when it is over there."""
_PATIENCE = 60.0
"""Seconds after which a system is asked again, at most, how far it is."""
_AT_A_TIME = 500


def begin(deadline: Deadline, at: datetime) -> None:
    """Have every system that erased something look again. Doing it twice does it once."""
    assert deadline.request_id is not None
    with holding(request_id=deadline.request_id) as case:
        request = case.request(deadline.request_id)
        if case.submission.purged_at is None and clocks.still_open(deadline):
            for task in _erasures(request):
                changes = task.open_json("changes")
                taskwork.make(case, request, task.system_id, TaskKind.RECHECK, at=at, changes=changes)
        Deadline.objects.filter(pk=deadline.pk).update(done_at=at)


def _erasures(request: SubjectRequest) -> Iterator[Task]:
    """Yield the newest erasure of each system that can be looked at."""
    done = request.tasks.filter(kind=TaskKind.ERASE, late=False, state=TaskState.DONE).exclude(
        result=TaskResult.LEFT_OUT
    )
    newest = {task.system_id: task for task in done.select_related("system__data_key").order_by("ordinal")}
    for task in newest.values():
        task.request = request
        connector = open_connector(task.system.connector, task.system.open_json("config"))
        if Ability.ERASE in connector.abilities():
            yield task


def look(task: Task, claim: Claim, at: datetime) -> Came:
    """Look whether something is there that was erased; what is kept on a ground does not count."""
    connector = open_connector(task.system.connector, task.system.open_json("config"))
    who = task.open_json("changes").get("who", {})
    on = local_date(at, task.request.submission.zone)
    judged = terms.judge(task.request, task.system.key, connector.describe(), taskwork.about(task), on)
    wanted = [each.term for each in judged]
    rows = kept.open_rows(task.request_id, task.system_id)
    handles = kept.handles_of(rows)
    try:
        found = connector.preview(who, wanted, key=f"{task.pk}:look", handles=handles or None)
        alone = connector.preview({}, wanted, key=f"{task.pk}:kept", handles=handles) if handles else None
    except PermanentFailure as failure:
        if failure.code in (Code.UNABLE, Code.NO_IDENTIFIER):
            return Came(TaskResult.NOTHING_HELD)
        raise
    again = _beside(found, alone, rows)
    if not any(again.values()):
        return Came(TaskResult.NOTHING_HELD)
    lines = plan.merged(judged, found.lines, on)
    lines = [{**line, "again": again[line["dataset"], line["category"]]} for line in lines]
    return Came(lines=lines, stuck=REAPPEARED, then=_note)


def _beside(found: Preview, alone: Preview | None, rows: Iterable[Kept]) -> dict[tuple[str, str], int]:
    """Return how many records would go, by data set and category, beside what is kept.

    That is still found by what names the person, or not any more. Where it can be named, all together less it alone
    are the others; where not, more than is kept means that some came back.
    """
    lines = {(line.dataset, line.category): line for line in found.lines}
    if alone is not None:
        own = {(line.dataset, line.category): line.erase for line in alone.lines}
        return {place: line.erase - own.get(place, 0) for place, line in lines.items()}
    stay = {(row.dataset, row.category): row.count for row in rows}
    return {place: line.erase if line.found > stay.get(place, 0) else 0 for place, line in lines.items()}


def _note(case: Case, task: Task, at: datetime) -> None:
    """Put what came back in front of staff. Nothing goes by itself: somebody may have become a customer again."""
    data = {"system": task.system.key, "records": sum(line["again"] for line in task.lines)}
    case.move(case.request(task.request_id), "reappeared", by=_SYSTEM, at=at, data=data)


def erase_again(case: Case, task: Task, *, at: datetime) -> Task:
    """Have what came back erased, inside the caller's transaction: under the terms of today."""
    return taskwork.make(
        case,
        case.request(task.request_id),
        task.system_id,
        TaskKind.ERASE,
        at=at,
        terms={"lines": task.lines, "again": True},
        changes=task.open_json("changes"),
    )


@dataclass(frozen=True, slots=True)
class Again:
    """What a replay did in one system."""

    known: int = 0
    """How many people were there who were erased."""
    erased: int = 0
    """Records that are erased again, or would be."""
    kept: int = 0
    """Records that stay, on a ground that holds today."""


def replay(system: System, at: datetime, *, since: datetime | None = None, dry_run: bool = False) -> Again:
    """Erase again what a restore brought back, by the tombstones alone: no case needs to be there any more.

    ``since`` is when the copy was made that was restored: who was erased before and is there all the same has come
    in by another way. What the schedule, a hold or a decision of staff protects stays. Raises ConnectorError;
    `PermanentFailure(unable)` where the system cannot say whom it knows, or not erase.
    """
    connector = open_connector(system.connector, system.open_json("config"))
    if not {Ability.ROSTER, Ability.ERASE} <= connector.abilities():
        raise PermanentFailure(Code.UNABLE, "roster")
    replaying = _Replay(system, connector, at, dry_run)
    # Whoever is erased leaves the list of whom the system knows and by what else, so all is read before the first is.
    people = [each for each in replaying.people() if since is None or any(one.at >= since for one in each.stones)]
    lines = [line for number, person in enumerate(people) for line in replaying.again(person, number)]
    return Again(len(people), sum(line.erase for line in lines), sum(line.keep for line in lines))


@dataclass(frozen=True, slots=True)
class _Back:
    """Somebody who was erased and whom a system knows."""

    who: dict[str, list[str]]
    """By what the system knows them that bears a tombstone: nobody else is touched."""
    stones: list[Known]
    marks: frozenset[str]
    """Under which holds and decisions about them are found."""

    @classmethod
    def of(cls, found: Sequence[tuple[str, Known]], marks: Iterable[Iterable[str]]) -> "_Back":
        """Return the person of these identifiers."""
        who: dict[str, list[str]] = {}
        for kind, known in found:
            who.setdefault(kind, []).append(known.given)
        return cls(who, [known for _, known in found], frozenset().union(*marks))


class _Replay:
    """One replay in one system. What is the same for everybody is read once."""

    def __init__(self, system: System, connector: Connector, at: datetime, dry_run: bool) -> None:
        self._system, self._connector, self._dry_run = system, connector, dry_run
        self._on = (at - _WESTMOST).date()
        self._key = f"replay:{system.pk}:{at:%Y%m%d%H%M%S}"
        self._datasets = connector.describe()
        self._kept = _kept_of(system)

    def people(self) -> list[_Back]:
        """Return everybody who was erased and is there, each once, by whatever the system knows them."""
        found = {digest_of(kind, known.given): (kind, known) for kind, known in found_again(self._connector)}
        group_of: dict[str, set[str]] = {}
        marks: dict[str, set[str]] = {}
        for number, (digest, (kind, known)) in enumerate(found.items()):
            given = {kind: [known.given]}
            on_file = together(given, self._connector.resolve(given, key=f"{self._key}:who:{number}"))
            pairs = [(name, value) for name, values in on_file.items() for value in values]
            marks[digest] = {mark for pair in pairs for mark in sealing.fingerprints(*pair)}
            near = {each for each in (digest_of(*pair) for pair in pairs) if each in found}
            group = near.union(*(group_of.get(each, set()) for each in near))
            group_of |= dict.fromkeys(group, group)
        groups = {id(group): group for group in group_of.values()}
        return [_Back.of([found[each] for each in group], [marks[each] for each in group]) for group in groups.values()]

    def again(self, person: _Back, number: int) -> tuple[Line, ...]:
        """Erase again what may go of one person."""
        key, judged = f"{self._key}:{number}", self._terms(person)
        if self._dry_run:
            return self._connector.preview(person.who, judged, key=key).lines
        if Ability.SUPPRESS in self._connector.abilities():
            self._connector.suppress(person.who, ALL_PURPOSES, key=f"{key}:suppress")
        erased = self._connector.erase(person.who, judged, key=key)
        while not erased.finished:
            sleep(min(max(erased.again_after, 1.0), _PATIENCE))
            erased = self._connector.erase(person.who, judged, key=key, cursor=erased.cursor)
        return erased.lines

    def _terms(self, person: _Back) -> list[Term]:
        """Judge by the schedule, the holds and the decisions of today, on the strict side where a person is unsure."""
        rows = {row.pk: row for mark in person.marks for row in self._kept.get(mark, ())}.values()
        marks = person.marks.union(*(row.open_json("handles").get("marks", ()) for row in rows))
        by_staff = {("", row.category): row.ground for row in rows if not row.rule and row.hold_id is None}
        judge = terms.Judge(person.stones[0].place, {}, self._on, by_staff)
        held = holds.covering_marks(marks)
        there = {(row.dataset, row.category) for row in rows}
        return [self._term(each, person, held, there) for each in judge.judge(self._system.key, self._datasets)]

    def _term(self, each: Judged, person: _Back, held: Iterable[LegalHold], there: Container[tuple[str, str]]) -> Term:
        dataset, category = each.term.dataset, each.term.category
        if any(holds.holds_here(hold, self._system.key, category) for hold in held):
            return Term(dataset, category, erase=False)
        if each.term.erase or (dataset, category) in there:
            return each.term
        # What has no day of its own was kept from the erasure on, and has gone since.
        until = terms.kept_until(each.as_json(), max(stone.at for stone in person.stones).date())
        return Term(dataset, category) if until is not None and self._on > until else each.term


def _kept_of(system: System) -> dict[str, list[Kept]]:
    """Return what one system keeps of whom, by the marks under which a person is known."""
    found: dict[str, list[Kept]] = {}
    for row in Kept.objects.select_related("data_key").filter(system=system, ended_at=None).iterator(_AT_A_TIME):
        for mark in row.open_json("handles").get("marks", ()):
            found.setdefault(mark, []).append(row)
    return found
