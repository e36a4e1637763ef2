"""Telling those who were given the data: that it was erased, put right or restricted, and what they say to it.

Nobody is told the same thing twice. What a task is about, in `terms`: ``of`` is what it tells, in words without a
person; ``only`` are the data categories that it is limited to, ``whole`` those of which nothing is kept any more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dsr.connectors import Ability, Code, Handles, PermanentFailure, Term, open_connector
from dsr.deadlines import local_date
from dsr.models import ConnectorKind, Kept, Role, SubjectRequest, System, Task, TaskKind, TaskResult, TaskState
from dsr.rights import Right
from dsr.services import codes, taskwork
from dsr.services._moves import Case
from dsr.services.doorbell import Bell, ring
from dsr.services.erasure import terms
from dsr.services.erasure.terms import Judged
from dsr.services.taskwork import Came, Claim
from dsr.services.ties import together

Who = Mapping[str, Sequence[str]]
_TOLD = (TaskResult.DONE, TaskResult.NOTHING_HELD)
"""What a system answers that was told; one that was to be asked for nothing was not."""


@dataclass(frozen=True, slots=True)
class Told:
    """One recipient as the person may know of it: who, when it was told (None until it was), and what it answered."""

    name: str
    at: datetime | None
    answer: str
    answered_at: datetime | None
    remarks: str = ""
    """What qualifies the answer, in sentences."""


def make_tasks(case: Case, request: SubjectRequest, who: Who, what: Sequence[str], at: datetime) -> None:
    """Have every recipient told, inside the caller's transaction (GDPR Art 19; 11 CCR 7022(b)(2), 7023(c)).

    Who was told of part of ``what`` before it came back to the desk is told of the rest, and who was called off in
    the middle of the same goes on with it.
    """
    for system, known in _recipients(who):
        earlier = [task for task in _earlier(request, system) if _covers(task, known)]
        told = {each for task in earlier if task.result in _TOLD for each in task.terms.get("of", ())}
        new = [each for each in what if each not in told]
        if not new:
            continue
        off = [task for task in earlier if task.state == TaskState.CALLED_OFF and set(new) <= set(task.terms["of"])]
        if off:
            _go_on(case, off[-1], at)
            continue
        about = {"of": new, **_only(request, new if told else ())}
        changes = {"who": known, "about": who}
        taskwork.make(case, request, system.pk, TaskKind.TELL, at=at, terms=about, changes=changes)


def _recipients(who: Who) -> list[tuple[System, dict[str, list[str]]]]:
    """Return who was given data, and by what they know the person; those who do not know them are left out."""
    found = []
    for system in System.objects.filter(active=True, role=Role.RECIPIENT).order_by("key"):
        known = {kind: list(values) for kind, values in who.items() if kind in system.identifiers}
        if known:
            found.append((system, known))
    return found


def _earlier(request: SubjectRequest, system: System) -> list[Task]:
    tasks = list(request.tasks.filter(kind=TaskKind.TELL, system=system, late=False, terms__has_key="of"))
    for task in tasks:
        task.request, task.system = request, system
    return sorted(tasks, key=lambda task: task.ordinal)


def _covers(task: Task, known: Who) -> bool:
    """Whether an earlier task named all by which the recipient knows the person."""
    named = task.open_json("changes").get("who", {})
    return all(set(values) <= set(named.get(kind, ())) for kind, values in known.items())


def _go_on(case: Case, task: Task, at: datetime) -> None:
    """Go on with what was called off: who has the worksheet keeps it, and is reminded when it was to be."""
    with_owner = told_at(task) is not None and task.system.connector == ConnectorKind.MANUAL
    task.state = TaskState.WITH_OWNER if with_owner else TaskState.WAITING
    task.due_at = task.due_at if with_owner else at
    task.code, task.attempts = "", 0
    task.save(update_fields=["state", "due_at", "code", "attempts"])
    ring(Bell.WORK, str(case.submission.pk))


def going(lines: Iterable[Mapping[str, object]], by_hand: Iterable[str]) -> list[str]:
    """Return what is told of an erasure: each category that goes, and what keeps the rest where only a part does.

    In systems that are emptied ``by_hand`` all of it may go.
    """
    found = {str(line["category"]) + _kept_by(line) for line in lines if line["go"]}
    return sorted(found.union(by_hand))


def _kept_by(line: Mapping[str, object]) -> str:
    return f" but {line['hold'] or line['rule']}" if line["before"] else ""


def _only(request: SubjectRequest, things: Sequence[str]) -> dict[str, list[str]]:
    """Return to what an erasure is limited of which the recipient was told in part."""
    if not things or request.right != Right.DELETION:
        return {}
    return {"only": sorted({thing.partition(" ")[0] for thing in things})}


def needed(request: SubjectRequest, who: Who) -> dict[str, Any]:
    """Return what it takes to tell recipients later of what is kept now, when nothing else names the person.

    By what recipients know people, and by which keys the records are found that stay with them. Nothing where there is
    nobody to tell.
    """
    rows = System.objects.filter(active=True, role=Role.RECIPIENT).values_list("identifiers", flat=True)
    kinds = {kind for identifiers in rows for kind in identifiers}
    elsewhere = {}
    for task in request.tasks.filter(kind=TaskKind.TELL, late=False, state=TaskState.DONE).select_related("system"):
        task.request = request
        elsewhere[task.system.key] = task.open_json("changes").get("stays", {})
    found = {"who": {kind: list(who[kind]) for kind in sorted(kinds & set(who))}, "elsewhere": elsewhere}
    return found if found["who"] else {}


def _note_what_stays(handles: Handles) -> Callable[[Case, Task, datetime], None]:
    """Return what notes by which keys the records are found that stay with a recipient, with what is kept here, too."""
    stays = {name: list(keys) for name, keys in handles.items() if keys}

    def then(case: Case, task: Task, at: datetime) -> None:
        if task.late or not stays:
            return
        task.seal_json("changes", {**task.open_json("changes"), "stays": stays})
        task.save(update_fields=["changes_sealed"])
        for row in Kept.objects.filter(request_id=task.request_id, ended_at=None).select_related("data_key"):
            held = row.open_json("handles")
            if held.get("who"):
                row.seal_json("handles", {**held, "elsewhere": {**held["elsewhere"], task.system.key: stays}})
                row.save(update_fields=["handles_sealed"])

    return then


def make_late(
    case: Case,
    request: SubjectRequest,
    rows: Sequence[Mapping[str, Any]],
    gone: set[str],
    whole: set[str],
    at: datetime,
) -> None:
    """Have every recipient told what was kept and is erased now, and of nothing else, inside the transaction.

    ``rows`` are what was `needed` for it, ``gone`` the data categories, ``whole`` those of which nothing is kept now.
    """
    about = {"only": sorted(gone), "whole": sorted(whole)}
    who = together(*(row.get("who", {}) for row in rows))
    for system, known in _recipients(who):
        if system.connector != ConnectorKind.MANUAL and not set(system.categories) & gone:
            continue
        if not _joined(request, system, about):
            stays = together(*(row.get("elsewhere", {}).get(system.key, {}) for row in rows))
            changes = {"who": known, "about": who, "stays": stays}
            taskwork.make(case, request, system.pk, TaskKind.TELL, at=at, terms=about, changes=changes, late=True)


def _joined(request: SubjectRequest, system: System, about: Mapping[str, Sequence[str]]) -> bool:
    """Add it to what the recipient is just going to be told: several systems erase on the same day."""
    waiting = request.tasks.filter(
        kind=TaskKind.TELL, system=system, late=True, state=TaskState.WAITING, attempts=0, claimed_until=None
    )
    task = waiting.first()
    if task is None:
        return False
    both = {name: sorted({*task.terms[name], *values}) for name, values in about.items()}
    return bool(waiting.filter(pk=task.pk).update(terms=both))


def tell(task: Task, claim: Claim, at: datetime) -> Came:
    """Tell a recipient that takes it from a machine; others are told by a worksheet.

    What the schedule, a hold or a decision of staff protects here is not asked to be erased there.
    """
    connector = open_connector(task.system.connector, task.system.open_json("config"))
    changes = task.open_json("changes")
    who, key = changes.get("who", {}), taskwork.key_of(task, "tell")
    if task.request.right == Right.DELETION and Ability.ERASE in connector.abilities():
        on = local_date(at, task.request.submission.zone)
        judged = terms.judge(task.request, task.system.key, connector.describe(), taskwork.about(task), on)
        wanted = [_wanted(each, task) for each in judged]
        if not any(term.erase for term in wanted):
            return Came(TaskResult.KEPT)
        cursor = str(task.open_json("cursor").get("cursor", ""))
        stays = changes.get("stays") or None  # beside it lies what nothing names any more
        came = connector.erase(who, wanted, key=key, handles=stays, cursor=cursor, still=claim.still)
        if came.finished:
            return Came(TaskResult.DONE, code=codes.joined(came.notes), then=_note_what_stays(came.handles))
        return taskwork.goes_on(task, came.cursor, came.again_after, came.known_as)
    if task.request.right == Right.RESTRICTION and Ability.RESTRICT in connector.abilities():
        claim.check()
        changed = connector.restrict(who, True, key=key)
        return Came(TaskResult.DONE, code=codes.joined(changed.notes))
    raise PermanentFailure(Code.UNABLE, "tell")


def _wanted(each: Judged, task: Task) -> Term:
    """Return what a recipient is asked to do with a category: nothing with what the task is not about.

    What has no day of its own goes there, too, once nothing of it is kept here and nobody protects it.
    """
    only = task.terms.get("only")
    if only is not None and each.term.category not in only:
        return replace(each.term, erase=False, before=None)
    by_schedule_alone = each.rule and each.hold is None
    if not each.term.erase and by_schedule_alone and each.term.category in task.terms.get("whole", ()):
        return replace(each.term, erase=True, before=None)
    return each.term


def told_at(task: Task) -> datetime | None:
    """Return when a recipient was told: the worksheet was sent, or its machine has answered. None until then."""
    if task.system.connector != ConnectorKind.MANUAL:
        return task.finished_at if task.result in _TOLD else None
    sent = task.state != TaskState.WAITING and task.code in ("", "owner_could_not")
    return task.started_at if sent else None


def told(request: SubjectRequest) -> list[Told]:
    """Return who was told, for the person who asks (GDPR Art 19, last sentence)."""
    return [
        Told(task.system.name, told_at(task), task.result, task.finished_at, codes.remarked(task.code))
        for task in tellings(request)
    ]


def tellings(request: SubjectRequest) -> list[Task]:
    """Return the tasks by which recipients are told, but those that were called off before they told anybody."""
    tasks = request.tasks.filter(kind=TaskKind.TELL).select_related("system").order_by("system__name", "ordinal")
    return [task for task in tasks if task.state != TaskState.CALLED_OFF or told_at(task) is not None]
