"""Worksheets: what the owner of a system is asked, by signed link and without an account, and what comes back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from dsr.connectors import ConnectorError, FileChunk, FileStart, Piece
from dsr.connectors.manual import Answer, FileOffered, ManualConnector, OwnerOutcome, Worksheet
from dsr.deadlines import local_date
from dsr.errors import Incomplete, WrongState
from dsr.models import Attempt, Step, StepResult, StepState, WorksheetFile
from dsr.packaging import parcel
from dsr.packaging.vault import Missing
from dsr.services import letters, links, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.identifiers import identifiers_for
from dsr.services.steps import finish_step
from dsr.services.storage import vault
from notifications import outbox
from notifications.ids import uuid7
from verification import grants

WORKSHEET = "worksheet"
_OWNER = Caller.system("worksheet")
_SYSTEM = Caller.system()
_RESULTS = {
    OwnerOutcome.FOUND: StepResult.FOUND,
    OwnerOutcome.NOTHING_HELD: StepResult.NOTHING_HELD,
}


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A file that is already there."""

    id: UUID
    dataset: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One task as its owner sees it. ``task`` is None once it is done, or no longer needed."""

    reference: str
    system: str
    owner: str
    due_on: date
    task: Worksheet | None
    files: tuple[HandedIn, ...]
    result: str = ""


def _connector(step: Step) -> ManualConnector:
    return ManualConnector.open(step.system.open_json("config"))


def send(step: Step, *, at: datetime) -> None:
    """Send the owner a link to the worksheet, inside the caller's transaction, and set the next reminder."""
    config = _connector(step).config
    due = step.started_at + timedelta(days=config.answer_within_days)
    token = grants.issue(WORKSHEET, step.pk, at, lasts=max(due - at, timedelta()) + timedelta(days=60), uses=None)
    submission = step.request.submission
    letter = letters.Worksheet(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        system=step.system.name,
        owner=step.system.owner_name,
        reminder=step.reminders,
        due_on=local_date(due, submission.zone),
        link=links.worksheet(token),
    )
    message = outbox.queue(
        letter,
        to=step.system.owner_email,
        language=submission.language,
        data_key=submission.data_key,
        about=submission.pk,
        at=at,
        dedupe=f"worksheet:{step.pk}:{step.started_at:%Y%m%d%H%M%S%f}:{step.reminders}",
    )
    ring(Bell.MESSAGE, str(message.pk))
    step.due_at = _next_reminder(step, config.remind_after_days, config.answer_within_days)
    step.save(update_fields=["due_at"])


def _next_reminder(step: Step, after: tuple[int, ...], within: int) -> datetime:
    """When we write again: on the days that the system names, then on its last day, then every such span."""
    days = (*after, within)
    extra = max(step.reminders - len(days) + 1, 0)
    return step.started_at + timedelta(days=days[min(step.reminders, len(days) - 1)] + extra * within)


def due_reminders(at: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Return the worksheets whose owners are to be reminded now: step and request."""
    waiting = Step.objects.filter(state=StepState.WITH_OWNER, due_at__lte=at).order_by("due_at", "id")
    return list(waiting.values_list("id", "request_id")[:limit])


def remind(step_id: UUID, request_id: UUID, at: datetime) -> bool:
    """Remind one owner; once the last day is past, staff see it as well. False when it was done already."""
    with holding(request_id=request_id) as case:
        step = _locked_step(case, step_id)
        if step.state != StepState.WITH_OWNER or step.due_at > at:
            return False
        _remind(case, step, at)
    return True


def _remind(case: Case, step: Step, at: datetime) -> None:
    step.reminders += 1
    step.save(update_fields=["reminders"])
    send(step, at=at)
    request = case.request(step.request_id)
    late = step.reminders > len(_connector(step).config.remind_after_days)
    data = {"system": step.system.key, "reminder": step.reminders, "late": late}
    case.record("owner_reminded", by=_SYSTEM, at=at, request=request, data=data)
    if late:
        case.needs_staff(request)


def _locked_step(case: Case, step_id: UUID) -> Step:
    step = Step.objects.select_related("system__data_key").get(pk=step_id)
    step.request = case.request(step.request_id)
    return step


def _step(token: str, at: datetime) -> Step:
    """Return the step that a link stands for. Raises grants.NoGrant."""
    grant = grants.look(token, WORKSHEET, at)
    return Step.objects.select_related("system__data_key", "request__submission__data_key").get(pk=grant.about)


def _task(step: Step) -> Worksheet:
    """Return what the owner is asked. Raises WrongState while it cannot be told whom to look for."""
    try:
        return _connector(step).worksheet(identifiers_for(step))
    except ConnectorError:
        raise WrongState(
            _("We cannot tell just now whom to look for, as another system does not answer. Please try again later."),
            code="worksheet-not-now",
        ) from None


def look(token: str, at: datetime) -> Sheet:
    """Return the worksheet behind a link; nothing is used up by looking. Raises grants.NoGrant, WrongState."""
    step = _step(token, at)
    open_now = step.state == StepState.WITH_OWNER
    due = step.started_at + timedelta(days=_connector(step).config.answer_within_days)
    return Sheet(
        reference=step.request.submission.reference,
        system=step.system.name,
        owner=step.system.owner_name,
        due_on=local_date(due, step.request.submission.zone),
        task=_task(step) if open_now else None,
        files=tuple(HandedIn(row.pk, row.dataset, row.open("name"), row.size) for row in _files(step)),
        result=step.result,
    )


def add_file(
    token: str, dataset: str, name: str, media_type: str, chunks: Iterable[bytes], *, at: datetime
) -> HandedIn:
    """Keep one file that the owner hands in, sealed. Raises Incomplete with the reason when it is not taken.

    Raises WrongState when the worksheet was answered meanwhile: what comes too late is not kept.
    """
    step = _open_step(token, at)
    row = WorksheetFile(id=uuid7(at), step=step, dataset=dataset, media_type=media_type, at=at)
    row.vault_name = f"worksheets/{step.pk}/{row.pk}"
    write(row, name, chunks, most=_connector(step).config.files.max_bytes)
    try:
        _check(step, Answer(OwnerOutcome.FOUND, files=tuple(offered([*_files(step), row]))))
        with holding(submission_id=step.request.submission_id) as case:
            _check_open(_locked_step(case, step.pk))
            row.save(force_insert=True)
    except BaseException:
        vault().delete(row.vault_name)
        raise
    return HandedIn(row.pk, dataset, name, row.size)


def write(row: WorksheetFile, name: str, chunks: Iterable[bytes], *, most: int) -> None:
    """Seal a file: its bytes into the vault, its name into its row. Raises Incomplete when it is too large."""
    with vault().writer(row.vault_name, row.sealing_key().key_bytes()) as out:
        for chunk in chunks:
            out.write(chunk)
            if out.size > most:
                raise Incomplete(_("This file is too large."), field="files")
        row.size = out.size
    row.seal("name", name)


def remove_file(token: str, file_id: UUID, *, at: datetime) -> None:
    """Take a file back that was handed in by mistake. Already gone is done."""
    step = _open_step(token, at)
    row = step.files.filter(pk=file_id).first()
    if row is not None:
        row.delete()
        vault().delete(row.vault_name)


def report(token: str, outcome: str, reason: str, *, at: datetime) -> Step:
    """Take the owner's answer. Raises Incomplete with what is missing, WrongState when it was answered before."""
    step = _open_step(token, at)
    rows = _files(step)
    _check(step, Answer(outcome, reason, tuple(offered(rows))))
    name = f"parcels/{step.pk}/{uuid7(at)}" if rows else ""
    try:
        counts = _spool(step, rows, name)
        with holding(submission_id=step.request.submission_id) as case:
            step = _locked_step(case, step.pk)
            _check_open(step)
            if {row.pk for row in rows} != set(step.files.values_list("pk", flat=True)):
                raise _changed()
            _record_report(case, step, OwnerOutcome(outcome), reason, counts, name, at)
    except BaseException:
        if name:
            vault().delete(name)
        raise
    for row in rows:
        vault().delete(row.vault_name)
    return step


def _spool(step: Step, rows: list[WorksheetFile], name: str) -> dict[str, int]:
    """Put the files into one parcel and return the counts, by category."""
    if not rows:
        return {}
    key = step.request.submission.data_key.key_bytes()
    datasets = _connector(step).describe()
    categories = {dataset.name: dataset.category for dataset in datasets}
    try:
        return parcel.write(_pieces(rows, categories, key), vault(), name, key, datasets=datasets).counts
    except Missing:
        raise _changed() from None


def _changed() -> WrongState:
    return WrongState(
        _("The worksheet changed while you sent your report. Look at it again, then report."), code="worksheet-changed"
    )


def _record_report(
    case: Case, step: Step, word: OwnerOutcome, reason: str, counts: Mapping[str, int], name: str, at: datetime
) -> None:
    request = case.request(step.request_id)
    data: Mapping[str, Any] = {"system": step.system.key, "outcome": str(word)}
    case.record("owner_reported", by=_OWNER, at=at, request=request, data=data)
    step.seal("reason", reason.strip())
    _record_try(step, word, at)
    if word in _RESULTS:
        finish_step(case, step, _RESULTS[word], at=at, by=_OWNER, counts=counts, parcel_name=name)
    else:
        step.state, step.code = StepState.STUCK, f"owner_{word}"
        step.save()
        case.needs_staff(request)
    step.files.all().delete()


def _record_try(step: Step, outcome: str, at: datetime) -> None:
    number = Attempt.objects.filter(step=step).count() + 1
    step.attempts += 1
    Attempt.objects.create(
        step=step, number=number, lease=step.pk, started_at=step.started_at, ended_at=at, result=outcome
    )


def _open_step(token: str, at: datetime) -> Step:
    step = _step(token, at)
    _check_open(step)
    return step


def _check_open(step: Step) -> None:
    if step.state != StepState.WITH_OWNER:
        raise WrongState(_("This worksheet has been answered or is no longer needed."), code="worksheet-done")


def _files(step: Step) -> list[WorksheetFile]:
    rows = list(step.files.all())
    for row in rows:
        row.step = step
    return rows


def offered(rows: Iterable[WorksheetFile]) -> Iterator[FileOffered]:
    """Yield files as the rules for files look at them."""
    for row in rows:
        yield FileOffered(row.dataset, row.open("name"), row.media_type, row.size)


def _check(step: Step, answer: Answer) -> None:
    problems = _task(step).problems(answer)
    if problems:
        raise Incomplete(problems[0][1], problems=dict(problems))


def _pieces(rows: list[WorksheetFile], categories: Mapping[str, str], key: bytes) -> Iterator[Piece]:
    for row in rows:
        yield FileStart(row.dataset, row.open("name"), row.media_type, categories[row.dataset])
        for chunk in vault().reader(row.vault_name, key):
            yield FileChunk(chunk)
