"""Files by which the owner of a system proves what was done: kept sealed with the case, and forgotten with it."""

import re
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from dsr.connectors import BadConfig
from dsr.connectors.manual import FileRules
from dsr.errors import Incomplete, WrongState
from dsr.models import SubjectRequest, Task, WorksheetFile
from dsr.services import taskpaper, worksheets
from dsr.services._moves import Caller, Case, holding
from dsr.services.storage import vault
from notifications.ids import uuid7

_OWNER = Caller.system("worksheet")
_ENDING = re.compile(r"\.[a-z0-9]{1,16}")


def add(token: str, name: str, media_type: str, chunks: Iterable[bytes], *, at: datetime) -> WorksheetFile:
    """Keep one file, sealed. Raises Incomplete with the reason when it is not taken.

    Raises grants.NoGrant, and WrongState when the worksheet was answered or the case forgotten meanwhile.
    """
    task = taskpaper.open_task(token, at)
    _check_takes(task)
    rules = taskpaper.terms_of(task).files
    row = WorksheetFile(id=uuid7(at), task=task, media_type=media_type, at=at)
    row.vault_name = f"worksheets/{task.pk}/{row.pk}"
    worksheets.write(row, name, chunks, most=rules.max_bytes)
    try:
        with holding(submission_id=task.request.submission_id) as case:
            current = Task.objects.select_related("system__data_key").get(pk=task.pk)
            current.request = case.request(task.request_id)
            taskpaper.check_open(current)
            _check_takes(current)
            _check(rules, [*_files(current), row])
            row.save(force_insert=True)
            _record(case, "owner_added_file", current, row, at)
    except BaseException:
        vault().delete(row.vault_name)
        raise
    return row


def remove(token: str, file_id: UUID, *, at: datetime) -> None:
    """Take a file back that was handed in by mistake. Already gone is done; what an earlier report gave stays."""
    task = taskpaper.open_task(token, at)
    with holding(submission_id=task.request.submission_id) as case:
        current = Task.objects.select_related("system").get(pk=task.pk)
        taskpaper.check_open(current)
        row = current.files.filter(pk=file_id).first()
        if row is None or taskpaper.is_fixed(current, row):
            return
        _record(case, "owner_removed_file", current, row, at)
        row.delete()
    vault().delete(row.vault_name)


def ending(task: Task, media_type: str) -> str:
    """Return the ending under which a file of a type is saved: as the system's rules have it today, or as most have it.

    What nobody takes any more is ``.bin``, and so is what would not stand in a name.
    """
    try:
        rules = taskpaper.terms_of(task).files
    except BadConfig:
        rules = FileRules()  # nobody can read any more which files its owner may hand in
    endings = (*rules.media_types.get(media_type, ()), *FileRules().media_types.get(media_type, ()))
    return next(filter(_ENDING.fullmatch, endings), ".bin")


def let_go(request: SubjectRequest) -> None:
    """Point to no proof any more, inside the caller's transaction. The files themselves go with ``files``."""
    WorksheetFile.objects.filter(task__request=request).delete()


def files(request: SubjectRequest) -> list[str]:
    """Return what lies in the vault of what owners handed in as proof, whether a row points to it or not."""
    tasks = request.tasks.values_list("pk", flat=True)
    return [name for task in tasks for name in vault().list_prefix(f"worksheets/{task}/")]


def _record(case: Case, verb: str, task: Task, row: WorksheetFile, at: datetime) -> None:
    data = {"system": task.system.key, "proof": str(row.pk)}
    case.record(verb, by=_OWNER, at=at, request=case.request(task.request_id), data=data)


def _check_takes(task: Task) -> None:
    if not taskpaper.takes_proof(task):
        raise WrongState(_("No files are taken with this worksheet."), code="worksheet-no-files")


def _files(task: Task) -> list[WorksheetFile]:
    rows = list(task.files.all())
    for row in rows:
        row.task = task
    return rows


def _check(rules: FileRules, rows: list[WorksheetFile]) -> None:
    problems = list(rules.problems(list(worksheets.offered(rows))))
    if problems:
        raise Incomplete(problems[0][1], problems=dict(problems))
