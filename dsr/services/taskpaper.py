"""Worksheets for tasks: what the owner of a system is asked to do by signed link, and what comes of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.connectors.manual import FileRules, ManualConnector
from dsr.deadlines import local_date
from dsr.errors import Incomplete, WrongState
from dsr.models import ConnectorKind, Task, TaskKind, TaskResult, TaskState, WorksheetFile
from dsr.rules import pack
from dsr.services import acting, correction, leftout, letters, links, restriction, taskwork, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.erasure import closing, kept
from dsr.services.leftout import LeftOut
from notifications import outbox
from verification import grants

TASKSHEET = "tasksheet"
_OWNER = Caller.system("worksheet")
_SYSTEM = Caller.system()


class Word(StrEnum):
    """What an owner can say of one category, or of the whole task."""

    DONE = "done"
    KEPT = "kept"
    NOTHING_HELD = "nothing_held"
    COULD_NOT = "could_not"


WORDS: dict[Word, str | Promise] = {
    Word.DONE: gettext_lazy("Done"),
    Word.KEPT: gettext_lazy("It must be kept"),
    Word.NOTHING_HELD: gettext_lazy("I looked, and nothing is held"),
    Word.COULD_NOT: gettext_lazy("I could not do it"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """What the owner says: of one category of an erasure, of the whole of any other task (``category`` empty)."""

    word: str
    category: str = ""
    count: int = 0
    ground: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A file that the owner handed in to prove what was done."""

    id: UUID
    name: str
    size: int
    fixed: bool
    """Whether it belongs to an earlier report, and stays as it is."""


@dataclass(frozen=True, slots=True)
class TaskSheet:
    """One task as its owner sees it. ``open`` is False once it is done, or no longer needed."""

    reference: str
    right: str
    kind: TaskKind
    system: str
    owner: str
    due_on: date
    instructions: str
    who: dict[str, list[str]]
    categories: tuple[str, ...]
    """Of an erasure: of each of these the owner has to say something."""
    parts: tuple[dict[str, Any], ...]
    """Of a correction or a statement: data set, and field and value or text, called as the system calls them."""
    only: tuple[str, ...]
    """Of what a recipient is told: the data categories that it is limited to; with none, it is not."""
    open: bool
    asks_to_leave_out: bool = False
    """Whether the owner has to say that the person is left out before anything is erased."""
    files: tuple[Proof, ...] = ()
    file_rules: FileRules | None = None
    """Which files may be added as proof; None where none may."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How the owner of a system is asked: in which words, which files may be added, and by when."""

    instructions: str
    files: FileRules
    answer_within_days: int
    remind_after_days: tuple[int, ...]


_SOON: Final = (3, (1, 2))
"""Within how many days the owner reports what a program cannot do in a system, and when we remind; our own policy."""


def terms_of(task: Task) -> Terms:
    """Return how the owner is asked: as a system without a program says, or in our words where a program cannot do it.

    Raises ConnectorError for a configuration that cannot be read.
    """
    if task.system.connector != ConnectorKind.MANUAL:
        words = _("What we reach this system by cannot do this there. Do it in the system itself, by its own means.")
        return Terms(words, FileRules(), *_SOON)
    config = _connector(task).config
    return Terms(config.instructions, config.files, config.answer_within_days, config.remind_after_days)


def _connector(task: Task) -> ManualConnector:
    return ManualConnector.open(task.system.open_json("config"))


def _due(task: Task) -> datetime:
    return (task.started_at or task.made_at) + timedelta(days=terms_of(task).answer_within_days)


def send(case: Case, task: Task, *, at: datetime) -> None:
    """Send the owner a link to the worksheet, inside the caller's transaction, and set the next reminder."""
    terms, due = terms_of(task), _due(task)
    token = grants.issue(TASKSHEET, task.pk, at, lasts=max(due - at, timedelta()) + timedelta(days=60), uses=None)
    submission = case.submission
    letter = letters.TaskWorksheet(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        task=str(task.kind),
        system=task.system.name,
        owner=task.system.owner_name,
        reminder=task.reminders,
        due_on=local_date(due, submission.zone),
        link=links.worksheet(token),
    )
    message = outbox.queue(
        letter,
        to=task.system.owner_email,
        language=submission.language,
        data_key=task.sealing_key(),  # what comes late comes when that of the case may be forgotten
        about=submission.pk,
        at=at,
        dedupe=f"task:{task.pk}:{task.started_at or at:%Y%m%d%H%M%S%f}:{task.reminders}",  # each time it is handed over
    )
    ring(Bell.MESSAGE, str(message.pk))
    days = (*terms.remind_after_days, terms.answer_within_days)
    again = days[min(task.reminders, len(days) - 1)] + max(task.reminders - len(days) + 1, 0) * days[-1]
    task.due_at = (task.started_at or at) + timedelta(days=again)
    task.save(update_fields=["due_at"])


def due_reminders(at: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Return the tasks whose owners are to be reminded now: task and request."""
    waiting = Task.objects.filter(state=TaskState.WITH_OWNER, due_at__lte=at).order_by("due_at", "id")
    return list(waiting.values_list("id", "request_id")[:limit])


def remind(task_id: UUID, request_id: UUID, at: datetime) -> bool:
    """Remind one owner; once the last day is past, staff see it as well. False when it was done already."""
    with holding(request_id=request_id) as case:
        task = Task.objects.select_related("system__data_key").get(pk=task_id)
        task.request = case.request(request_id)
        if task.state != TaskState.WITH_OWNER or task.due_at > at:
            return False
        task.reminders += 1
        task.save(update_fields=["reminders"])
        send(case, task, at=at)
        late = task.reminders > len(terms_of(task).remind_after_days)
        data = {"system": task.system.key, "reminder": task.reminders, "late": late}
        case.record("owner_reminded", by=_SYSTEM, at=at, request=task.request, data=data)
        if late:
            case.needs_staff(task.request)
    return True


def sheet_of(token: str, at: datetime) -> TaskSheet:
    """Return the task behind a link; nothing is used up by looking. Raises grants.NoGrant."""
    task = _task(token, at)
    terms, is_open = terms_of(task), task.state == TaskState.WITH_OWNER
    changes = task.open_json("changes") if is_open else {}
    return TaskSheet(
        reference=task.request.submission.reference,
        right=task.request.right,
        kind=TaskKind(task.kind),
        system=task.system.name,
        owner=task.system.owner_name,
        due_on=local_date(_due(task), task.request.submission.zone),
        instructions=terms.instructions,
        who=changes.get("who", {}),
        categories=_categories(task),
        parts=tuple(_titled(_connector(task), part) for part in changes.get("parts", ())),
        only=tuple(task.terms.get("only", ())) if task.kind == TaskKind.TELL else (),
        open=is_open,
        asks_to_leave_out=leftout.is_asked(task),
        files=tuple(_proofs(task)) if is_open else (),
        file_rules=terms.files if takes_proof(task) else None,
    )


def takes_proof(task: Task) -> bool:
    """Whether files may be added: not to a case that is forgotten, to which nothing personal may come any more."""
    return task.request.submission.purged_at is None and terms_of(task).files.max_files > 0


def is_fixed(task: Task, row: WorksheetFile) -> bool:
    """Whether a file came with an earlier report, before the task was sent to the owner once more."""
    return row.at < (task.started_at or task.made_at)


def _proofs(task: Task) -> Iterator[Proof]:
    if task.request.submission.purged_at is not None:
        return
    for row in task.files.all():
        row.task = task
        yield Proof(row.pk, row.open("name"), row.size, is_fixed(task, row))


def _titled(connector: ManualConnector, part: dict[str, Any]) -> dict[str, Any]:
    """Return a part with the titles of data set and field for their names."""
    for dataset in connector.describe():
        if dataset.name == part["dataset"]:
            fields = {field.name: field.title for field in dataset.fields}
            field = {"field": fields.get(part["field"], part["field"])} if "field" in part else {}
            return {**part, "dataset": dataset.title, **field}
    return part


def open_task(token: str, at: datetime) -> Task:
    """Return the task behind a link, to change something about it. Raises grants.NoGrant, WrongState."""
    task = _task(token, at)
    check_open(task)
    return task


def _task(token: str, at: datetime) -> Task:
    grant = grants.look(token, TASKSHEET, at)
    return Task.objects.select_related("system__data_key", "request__submission__data_key").get(pk=grant.about)


def _categories(task: Task) -> tuple[str, ...]:
    if task.kind != TaskKind.ERASE:
        return ()
    if task.late:
        return tuple(sorted({row.category for row in kept.due_rows(task.request_id, task.system_id, task.made_at)}))
    return tuple(sorted(task.system.categories))


def report(token: str, said: Sequence[Said], note: str, *, at: datetime, left_out: str = "") -> Task:
    """Take the owner's report; of an erasure ``left_out`` too. Who could not leave somebody out has erased nothing.

    Raises Incomplete with what is missing, WrongState when it was reported before.
    """
    task = open_task(token, at)
    barred = leftout.is_asked(task) and left_out == LeftOut.COULD_NOT
    _check(task, () if barred else said, note, at, left_out)
    with holding(submission_id=task.request.submission_id) as case:
        current = Task.objects.select_related("system__data_key").get(pk=task.pk)
        current.request = case.request(task.request_id)
        check_open(current)
        data: dict[str, Any] = {"system": current.system.key, "files": current.files.count()}
        if leftout.is_asked(task):
            data["left_out"] = left_out
        case.record("owner_reported", by=_OWNER, at=at, request=current.request, data=data)
        if note.strip():
            current.seal("note", note.strip())
        if barred:
            taskwork.stick(case, current, leftout.COULD_NOT_CODE, at)
            return current
        if any(each.word == Word.COULD_NOT for each in said):
            taskwork.stick(case, current, "owner_could_not", at)
            return current
        _record(case, current, said, at)
        taskwork.off_the_desk(case, current.request)
        acting.end_if_over(case, current.request, at)
    return current


def check_open(task: Task) -> None:
    """Raise WrongState when a task was answered, or is no longer needed."""
    if task.state != TaskState.WITH_OWNER:
        raise WrongState(_("This worksheet has been answered or is no longer needed."), code="worksheet-done")


def _check(task: Task, said: Sequence[Said], note: str, at: datetime, left_out: str) -> None:
    problems = leftout.problems(task, left_out, note)
    barred = leftout.is_asked(task) and left_out == LeftOut.COULD_NOT
    categories = () if barred else _categories(task)
    answered = {each.category: each for each in said}
    for name in () if barred else categories or ("",):
        if name not in answered or answered[name].word not in set(Word):
            problems[name or "word"] = _("Say what you did.")
    for each in said:
        where = each.category or "word"
        if each.word == Word.KEPT:
            row = pack().refusals.get(each.ground)
            if not categories or row is None or "deletion" not in row.rights:
                problems[where] = _("Choose the ground on which it must be kept.")
            elif each.until is None or each.until <= local_date(at, task.request.submission.zone):
                problems[where] = _("Enter the day until which it must be kept.")
        if each.count < 0:
            problems[where] = _("Enter how many records it was about, as a whole number.")
    if any(each.word == Word.COULD_NOT for each in said) and not note.strip():
        problems["note"] = _("Say what stood in the way.")
    if problems:
        raise Incomplete(next(iter(problems.values())), problems=problems)


def _record(case: Case, task: Task, said: Sequence[Said], at: datetime) -> None:
    """Record what the owner did, as if the system had said it."""
    request, words = task.request, {each.word for each in said}
    result = TaskResult.DONE if Word.DONE in words else TaskResult.NOTHING_HELD
    if task.kind == TaskKind.ERASE:
        task.lines = [_line(each) for each in said]
        if Word.KEPT in words and Word.DONE not in words:
            result = TaskResult.KEPT
    records = sum(each.count or 1 for each in said if each.word == Word.DONE)
    late, about = task.late, taskwork.about(task)
    taskwork.finish(case, task, result, at=at, by=_OWNER)
    if task.kind == TaskKind.ERASE and late:
        kept.came_due(case, request, task.system, task.lines, {}, at)
    elif task.kind == TaskKind.ERASE:
        kept.keep(case, request, task.system, task.lines, {}, about, at)
        closing.enter_in_ledger(request, task.system, task.lines, at)
    elif task.kind == TaskKind.RESTRICT:
        restriction.enter(request, task.system, records, at)
    elif task.kind == TaskKind.UNRESTRICT:
        restriction.lifted(case, task, at)
    elif task.kind == TaskKind.CORRECT:
        correction.enter(request, task.system, dict.fromkeys(task.system.categories, records), at)


def _line(said: Said) -> dict[str, Any]:
    """Return what an owner said of a category as a line like those that systems are asked for."""
    count = said.count or 1
    gone = count if said.word == Word.DONE else 0
    stays = count if said.word == Word.KEPT else 0
    return {
        "dataset": said.category,
        "category": said.category,
        "go": bool(gone),
        "before": None,
        "ground": said.ground if stays else "",
        "rule": "",
        "event": "",
        "floor": "",
        "hold": None,
        "silent": False,
        "found": gone + stays,
        "erase": gone,
        "keep": stays,
        "open": 0,
        "first": None,
        "last": None,
        "until": said.until.isoformat() if stays and said.until else None,
    }
