"""What had to stay: entered with ground, day and handles, come back to when its day has come, and erased then.

Each row has a key of its own. It holds by which keys the records are found, by which marks a legal hold would know the
person, and by what those know them who have to be told, so it serves when everything else that names them is gone.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Min

from dsr.connectors import Code, Connector, Dataset, PermanentFailure, Term
from dsr.deadlines import day_ends, local_date
from dsr.lifecycle import State
from dsr.models import (
    Deadline,
    DeadlineKind,
    Kept,
    LegalHold,
    SubjectRequest,
    Submission,
    System,
    Task,
    TaskKind,
    TaskState,
)
from dsr.rules import NotInRules, retention
from dsr.services import clocks, holds, recipients, schedule, taskwork
from dsr.services._moves import Caller, Case, holding
from dsr.services.erasure import closing, terms
from dsr.services.erasure.terms import Judged
from notifications import sealing
from notifications.ids import uuid7
from notifications.models import DataKey

_SYSTEM = Caller.system()
LOOK_AGAIN = timedelta(days=30)
"""How soon something is looked at again of which nobody can say when it ends: an open invoice, a hold."""
_STAMPED = ("count", "rule", "ground", "hold", "until", "check_at", "handles_sealed")


def keep(
    case: Case,
    request: SubjectRequest,
    system: System,
    lines: Iterable[Mapping[str, Any]],
    handles: Mapping[str, Sequence[str]],
    who: Mapping[str, Sequence[str]],
    at: datetime,
    gone: Container[tuple[str, str]] | None = None,
) -> None:
    """Enter what a system kept, inside the caller's transaction, and set the day on which it is looked at again.

    ``gone`` is what the system does not find any more of what was kept before it came back to the desk, by data set and
    category; None where it was not asked.
    """
    marks = [sealing.fingerprint(kind, value) for kind, values in who.items() for value in values]
    needed = recipients.needed(request, who)
    rows = list(lines)
    protecting = _protecting(rows)
    earlier = {(row.dataset, row.category): row for row in open_rows(request.pk, system.pk, lock=True)}
    for line in rows:
        before = earlier.get((line["dataset"], line["category"]))
        if not line["keep"]:
            _not_kept(before, line, gone, at)
            continue
        named = [*handles.get(line["dataset"], ()), *_ended(before, at)]
        row = Kept(
            id=uuid7(at),
            request=request,
            system=system,
            dataset=line["dataset"],
            category=line["category"],
            data_key=DataKey.new(at),
        )
        row.data_key.save(force_insert=True)
        row.seal_json("handles", {"handles": list(dict.fromkeys(named)), "marks": marks, **needed})
        _stamp(row, line, case.submission, protecting, at)
        row.save(force_insert=True)
    _set_date(request, at)


def _ended(row: Kept | None, at: datetime) -> list[str]:
    """End what was entered before it came back to the desk and is found anew. Returns by which keys it is found.

    Some of it may have nothing left that names the person: its key is all by which it is ever come back to.
    """
    if row is None:
        return []
    named = list(row.open_json("handles").get("handles", ()))
    row.handles_sealed, row.ended_at = None, at
    row.data_key.forget(at)
    row.save(update_fields=["handles_sealed", "ended_at", "count"])
    return named


def _not_kept(row: Kept | None, line: Mapping[str, Any], gone: Container[tuple[str, str]] | None, at: datetime) -> None:
    """End what was kept before and is gone by now; what may go and is still there is looked at at once, by its keys.

    What nothing names any more is not found by the person: that none is found does not say that none is there.
    """
    if row is None:
        return
    if gone is None:
        is_gone = line["erase"] >= row.count or not row.open_json("handles").get("handles")
    else:
        is_gone = (row.dataset, row.category) in gone
    if is_gone:
        row.count = 0
        _ended(row, at)
    elif line["go"] and not line["before"]:
        row.check_at = at
        row.save(update_fields=["check_at"])


def gone_since(task: Task, connector: Connector, wanted: Sequence[Term]) -> set[tuple[str, str]] | None:
    """Return what a system does not find any more of what it kept before the request came back to the desk.

    None where nothing was kept, or it cannot say. Asks the system.
    """
    rows = open_rows(task.request_id, task.system_id) if task.ordinal and not task.late else []
    if not (handles := handles_of(rows)):
        return None
    try:
        found = connector.preview({}, wanted, key=f"{task.pk}:kept", handles=handles)
    except PermanentFailure as failure:
        if failure.code in (Code.UNABLE, Code.NO_IDENTIFIER):
            return None
        raise
    there = {(line.dataset, line.category) for line in found.lines if line.found}
    return {(row.dataset, row.category) for row in rows} - there


def _protecting(lines: Iterable[Mapping[str, Any]]) -> set[UUID]:
    """Return the holds that still protect what was kept under them. None of them is lifted before the transaction ends.

    Whoever lifted one in between did not find what is entered only now, so it is looked at at once.
    """
    named = {line["hold"] for line in lines if line["keep"] and line["hold"]}
    rows = LegalHold.objects.select_for_update().filter(pk__in=named, state__in=holds.PROTECTS).order_by("pk")
    return set(rows.values_list("pk", flat=True)) if named else set()


def _stamp(
    row: Kept, line: Mapping[str, Any], submission: Submission, protecting: Container[UUID], at: datetime
) -> None:
    """Put on a row how many records stay, why, until when, and when somebody looks again."""
    row.count, row.rule = line["keep"], line["rule"]
    # Of a hold that must not be spoken of, no more is entered than that a law wants it.
    row.ground = terms.UNKNOWN if line["silent"] else line["ground"]
    row.hold_id = UUID(line["hold"]) if line["hold"] else None
    row.until = date.fromisoformat(line["until"]) if line["until"] else None
    first = date.fromisoformat(line["first"]) if line["first"] else None
    free = row.until if not line["before"] else terms.kept_until(line, first)
    looked_at = day_ends(free, submission.zone) if free else at + LOOK_AGAIN
    row.check_at = min(looked_at, at + LOOK_AGAIN) if line["open"] else looked_at
    if row.hold_id and row.hold_id not in protecting:
        row.check_at = at


def _set_date(request: SubjectRequest, at: datetime) -> None:
    """Have the earliest of what is kept looked at when its time comes."""
    nearest = Kept.objects.filter(request=request, ended_at=None).aggregate(nearest=Min("check_at"))["nearest"]
    if nearest is not None:
        clocks.set_back(request, DeadlineKind.KEPT, nearest)
    else:
        Deadline.objects.filter(request=request, kind=DeadlineKind.KEPT, done_at=None).update(done_at=at)


def look(deadline: Deadline, at: datetime) -> None:
    """Have every system that keeps something whose time has come look again. Doing it twice does it once."""
    assert deadline.request_id is not None
    with holding(request_id=deadline.request_id) as case:
        request = case.request(deadline.request_id)
        # The task sets the next date when it is done; this is in case that it never is. Before anything is read, so
        # that whoever lifts a hold meanwhile sets the date after us.
        clocks.set_back(request, DeadlineKind.KEPT, at + LOOK_AGAIN)
        due = Kept.objects.filter(request=request, ended_at=None, check_at__lte=at)
        busy = set(
            request.tasks.filter(
                kind=TaskKind.ERASE, state__in=(TaskState.WAITING, TaskState.WITH_OWNER, TaskState.STUCK)
            ).values_list("system_id", flat=True)
        )
        for system_id in set(due.values_list("system_id", flat=True)) - busy:
            taskwork.make(case, request, system_id, TaskKind.ERASE, at=at, late=True)


def due_rows(request_id: UUID, system_id: UUID, at: datetime) -> list[Kept]:
    """Return what one system keeps and was due at an instant, in a fixed order."""
    rows = Kept.objects.filter(request_id=request_id, system_id=system_id, ended_at=None, check_at__lte=at)
    return list(rows.select_related("data_key", "system", "request").order_by("dataset", "category"))


def open_rows(request_id: UUID, system_id: UUID, *, lock: bool = False) -> list[Kept]:
    """Return all that one system keeps of a request; with ``lock``, until the transaction ends nobody changes it."""
    rows = Kept.objects.filter(request_id=request_id, system_id=system_id, ended_at=None)
    rows = rows.select_for_update(of=("self",)) if lock else rows
    return list(rows.select_related("data_key"))


def handles_of(rows: Iterable[Kept]) -> dict[str, list[str]]:
    """Return by which keys the records of some rows are found."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        found.setdefault(row.dataset, {}).update(dict.fromkeys(row.open_json("handles").get("handles", ())))
    return {name: list(keys) for name, keys in found.items() if keys}


def judge(rows: Sequence[Kept], submission: Submission, datasets: Iterable[Dataset], on: date) -> list[Judged]:
    """Judge anew what was kept: under the holds and the schedule of today, and never before its own day."""
    events = {dataset.name: dataset.event for dataset in datasets}
    marks = {mark for row in rows for mark in row.open_json("handles").get("marks", ())}
    covering = holds.covering_marks(marks)
    grounds = terms.kept_by_staff(rows[0].request) if rows else {}
    found = []
    for row in rows:
        one = _by_schedule(row, submission, events.get(row.dataset, ""), on)
        if ground := grounds.get((row.system.key, row.category)) or grounds.get(("", row.category)):
            one = Judged(Term(row.dataset, row.category, erase=False), one.day_of, ground)
        for hold in covering:
            if holds.holds_here(hold, row.system.key, row.category):
                term = Term(row.dataset, row.category, erase=False)
                one = Judged(term, one.day_of, hold.ground, hold=hold.pk, silent=hold.silent)
        found.append(one)
    return found


def _by_schedule(row: Kept, submission: Submission, event: str, on: date) -> Judged:
    """What the schedule says of what was kept; what has no day of its own goes once the one it was given is over."""
    try:
        verdict = retention.verdict(
            schedule.current(), row.category, submission.country, submission.region, submission.regimes, on
        )
    except NotInRules:
        return Judged(Term(row.dataset, row.category, erase=False), event, row.ground, row.rule)
    dated = verdict.of_records(event)
    term = Term(row.dataset, row.category, dated.erase, dated.before)
    if not dated.erase and row.until is not None and on > max(row.until, _until_today(row, submission, verdict.floor)):
        term = Term(row.dataset, row.category)
    return Judged(term, event, verdict.ground, verdict.rule_id, verdict.event, verdict.floor)


def _until_today(row: Kept, submission: Submission, floor: str | None) -> date:
    """Return until when the schedule of today keeps what has no day of its own, counted from when it was entered."""
    entered = datetime.fromtimestamp((row.pk.int >> 80) / 1000, UTC)  # the instant is in the id (RFC 9562)
    day = local_date(entered, submission.zone)
    return terms.kept_until({"floor": floor}, day) or day


def came_due(
    case: Case,
    request: SubjectRequest,
    system: System,
    lines: Iterable[Mapping[str, Any]],
    handles: Mapping[str, Sequence[str]],
    at: datetime,
) -> None:
    """Enter what became of what was kept once its day had come, inside the caller's transaction, and have it told."""
    rows = list(lines)
    needed: list[dict[str, Any]] = []
    protecting = _protecting(rows)
    earlier = {(row.dataset, row.category): row for row in open_rows(request.pk, system.pk, lock=True)}
    for line in rows:
        row = earlier.get((line["dataset"], line["category"]))
        if row is None:
            continue
        held = row.open_json("handles")
        if line["erase"]:
            needed.append(held)
        if not line["keep"]:
            row.count = 0
            _ended(row, at)
            continue
        row.seal_json("handles", {**held, "handles": list(handles.get(row.dataset) or held.get("handles", ()))})
        if line["until"] and line["floor"] and not line["before"]:
            # It has no day of its own: the time does not begin anew at each look.
            line = {**line, "until": _until_today(row, case.submission, line["floor"]).isoformat()}
        _stamp(row, line, case.submission, protecting, at)
        row.save(update_fields=_STAMPED)
    _enter(case, request, system, rows, needed, at)
    _set_date(request, at)


def gone_in_part(
    case: Case, request: SubjectRequest, system: System, lines: Iterable[Mapping[str, Any]], at: datetime
) -> None:
    """Enter what has ``gone`` of what came due, although the rest may not go any more, inside the transaction."""
    parts = [{**line, "erase": line["gone"]} for line in lines if line["gone"]]
    rows = {(row.dataset, row.category): row for row in open_rows(request.pk, system.pk)}
    needed: list[dict[str, Any]] = []
    for part in parts:
        if (row := rows.get((part["dataset"], part["category"]))) is not None:
            row.count = max(row.count - part["gone"], 0)
            row.save(update_fields=["count"])
            needed.append(row.open_json("handles"))
    _enter(case, request, system, parts, needed, at)


def _enter(
    case: Case,
    request: SubjectRequest,
    system: System,
    lines: Sequence[Mapping[str, Any]],
    needed: Sequence[Mapping[str, Any]],
    at: datetime,
) -> None:
    """Enter what has gone late in ledger and history, and have it told to those who were given it."""
    closing.enter_in_ledger(request, system, lines, at, late=True)
    records, gone = sum(line["erase"] for line in lines), {line["category"] for line in lines if line["erase"]}
    if records and request.state == State.CLOSED:
        case.move(request, "erased_later", by=_SYSTEM, at=at, data={"system": system.key, "records": records})
    if gone:
        stays = Kept.objects.filter(request=request, ended_at=None).values_list("category", flat=True)
        recipients.make_late(case, request, needed, gone, gone - set(stays), at)
