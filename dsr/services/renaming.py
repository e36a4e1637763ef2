"""By what a person is found whose address or number is put right: by the old one before, by the new one afterwards."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dsr.connectors import Change, Changed, Connector, Note
from dsr.models import ItemDecision, SubjectRequest, Task, TaskKind, TaskResult, TaskState
from dsr.services import taskwork
from dsr.services.places import Place
from dsr.services.ties import together
from notifications import sealing

AGAIN = 300.0
"""Seconds after which it is asked again whether a correction that is under way has ended."""
Who = Mapping[str, Sequence[str]]


def renamed(request: SubjectRequest, system: str, who: Who) -> dict[str, list[str]]:
    """Return by what else a system will know the person once it has put right what it is to.

    A field that held one of the person's identifiers holds another of the same kind afterwards.
    """
    found: dict[str, list[str]] = {}
    for item in request.items.filter(decision=ItemDecision.CORRECT):
        item.request = request
        new, held = item.open("asked"), dict(line.partition(": ")[::2] for line in item.open("held").splitlines())
        here = [text for text in item.places if Place.read(text).system == system]
        before = [value for text in here for value in held.get(text, "").split(", ") if value]
        for kind, values in who.items():
            marks = {sealing.fingerprint(kind, value) for value in values}
            if new and any(sealing.fingerprint(kind, value) in marks for value in before):
                found.setdefault(kind, []).append(new)
    return found


def right_already(
    task: Task, connector: Connector, wanted: Sequence[Change], records: Mapping[str, int]
) -> dict[str, int]:
    """Return how many records are as they should be, with those that the old address does not find any more.

    Somebody may have died on the task after the system had done it. Nothing is changed by the new address: a record
    counts that has every new value, and might else be somebody else's.
    """
    new = task.open_json("changes").get("renamed", {})
    datasets = {change.dataset for change in wanted}
    if all(records.get(name) for name in datasets) or not set(new) & connector.identifiers():
        return dict(records)
    only_right = [replace(change, held=change.value) for change in wanted]
    found = connector.correct(new, only_right, key=f"{taskwork.key_of(task, 'correct')}:after").records
    return {name: records.get(name) or found.get(name, 0) for name in datasets}


def known_before(request: SubjectRequest) -> dict[str, list[str]]:
    """Return by what systems knew the person when corrections were made out: the old address finds nothing any more."""
    tasks = request.tasks.filter(kind__in=(TaskKind.CORRECT, TaskKind.ANNOTATE)).order_by("made_at", "id")
    return together(*(_changes(task, request).get("who", {}) for task in tasks))


def _changes(task: Task, request: SubjectRequest) -> dict[str, Any]:
    task.request = request
    return task.open_json("changes")


def annotate(task: Task, connector: Connector, who: Who, notes: Sequence[Note]) -> Changed | None:
    """Keep statements beside the data, by the new address where a correction came first. None: one is under way."""
    key = taskwork.key_of(task, "annotate")
    came = connector.annotate(who, notes, key=key)
    if any(came.records.values()):
        return came
    found: list[Who] = []
    for other in task.request.tasks.filter(kind=TaskKind.CORRECT):
        if new := _changes(other, task.request).get("renamed"):
            if other.state in (TaskState.WAITING, TaskState.STUCK) and other.cursor_sealed is not None:
                return None
            found += [new] if other.result == TaskResult.DONE else []
    after = together(*found)
    return connector.annotate(after, notes, key=f"{key}:new") if set(after) & connector.identifiers() else came
