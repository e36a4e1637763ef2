"""Restriction: a flag in every system, kept while something is argued, lifted only after the person was told."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from dsr.connectors import Ability, Changed, Code, PermanentFailure, open_connector
from dsr.deadlines import local_date
from dsr.errors import WrongState
from dsr.models import (
    Deadline,
    DeadlineKind,
    LedgerEntry,
    LedgerOutcome,
    Restriction,
    StepResult,
    SubjectRequest,
    System,
    Task,
    TaskKind,
    TaskResult,
)
from dsr.services import clocks, codes, letters, recipients, taskwork, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.erasure import closing
from dsr.services.identifiers import identifiers_for
from dsr.services.taskwork import Came, Claim
from dsr.services.threads import checked_text, keep_note
from dsr.services.ties import together
from notifications.ids import uuid7

_SYSTEM = Caller.system()
NOTICE = timedelta(days=7)
"""How long before a restriction ends the person is told (GDPR Art 18(3) sets no period)."""


def prepare(request: SubjectRequest, at: datetime) -> Any:
    """Gather by what every system knows the person, and return what makes the tasks."""
    wanted: list[tuple[System, dict[str, list[str]]]] = []
    for step in request.steps.select_related("system__data_key").exclude(result=StepResult.LEFT_OUT):
        step.request = request
        who = identifiers_for(step) if step.result != StepResult.NOTHING_HELD else {}
        wanted.append((step.system, who if set(who) & set(step.system.identifiers) else {}))

    def ready(case: Case, request: SubjectRequest, at: datetime) -> None:
        closing.note_left_out(request, at)
        for system, who in wanted:
            if not who:
                closing.enter_in_ledger(request, system, [], at)
                continue
            taskwork.make(case, request, system.pk, TaskKind.RESTRICT, at=at, changes={"who": who})
        everybody = together(*(who for _, who in wanted))
        recipients.make_tasks(case, request, everybody, [str(request.right)], at)

    return ready


def knows(task: Task) -> bool:
    """Whether a system knows the person of a task; of a pause that is found out here and kept. Talks to systems.

    Nothing is searched before data is paused, so by what the person is known is asked right before it is done.
    """
    if task.kind != TaskKind.RESTRICT or not task.terms.get("pause") or task.changes_sealed is not None:
        return True
    who = identifiers_for(task)
    if not set(who) & set(task.system.identifiers):
        return False
    task.seal_json("changes", {"who": who})
    Task.objects.filter(pk=task.pk).update(changes_sealed=task.changes_sealed)
    return True


def unknown() -> Came:
    """Return that a system knows nobody like that, so that there is nothing to pause."""

    def then(case: Case, task: Task, at: datetime) -> None:
        enter(case.request(task.request_id), task.system, 0, at)

    return Came(TaskResult.NOTHING_HELD, then=then)


def restrict(task: Task, claim: Claim, at: datetime) -> Came:
    """Set the flag in one system. Doing it twice does it once."""
    changed = _flag(task, True, claim.check)
    records = sum(changed.records.values())

    def then(case: Case, task: Task, at: datetime) -> None:
        enter(case.request(task.request_id), task.system, records, at)

    result = TaskResult.DONE if records else TaskResult.NOTHING_HELD
    return Came(result, code=codes.joined(changed.notes), then=then)


def _flag(task: Task, on: bool, check: Callable[[], None]) -> Changed:
    connector = open_connector(task.system.connector, task.system.open_json("config"))
    if Ability.RESTRICT not in connector.abilities():
        raise PermanentFailure(Code.UNABLE, "restrict")
    who = task.open_json("changes").get("who", {})
    check()
    return connector.restrict(who, on, key=taskwork.key_of(task, "on" if on else "off"))


def enter(request: SubjectRequest, system: System, records: int, at: datetime) -> None:
    """Enter in the ledger that a system holds the data restricted, inside the caller's transaction."""
    LedgerEntry.objects.filter(request=request, system=system).delete()
    outcome = LedgerOutcome.RESTRICTED if records else LedgerOutcome.NOTHING_HELD
    step = request.steps.filter(system=system).first()
    counts = step.counts if step else {}
    for category in system.categories:
        count = int(counts.get(category, 0))
        held = outcome if count or not counts else LedgerOutcome.NOTHING_HELD
        LedgerEntry.objects.create(request=request, system=system, category=category, outcome=held, count=count, at=at)
    if records:
        Restriction.objects.update_or_create(
            request=request,
            system=system,
            defaults={"since": at, "lifted_at": None, "told_at": None, "ends_at": None},
            create_defaults={"id": uuid7(at), "since": at},
        )


def unrestrict(task: Task, claim: Claim, at: datetime) -> Came:
    """Lift the flag in one system."""
    return Came(TaskResult.DONE, code=codes.joined(_flag(task, False, lambda: None).notes), then=lifted)


def lifted(case: Case, task: Task, at: datetime) -> None:
    """Note that a system lifted the flag, inside the caller's transaction."""
    Restriction.objects.filter(request_id=task.request_id, system_id=task.system_id).update(lifted_at=at)


def tell_lifting(
    request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Tell the person that the restriction ends in a week, and why; then it does, and not before (GDPR Art 18(3))."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        text = checked_text(reason, "reason")
        case.move(request, "tell_lifting", by=by, at=at)
        keep_note(case, request, text, by, at)
        ends = at + NOTICE
        request.restrictions.filter(lifted_at=None).update(told_at=at, ends_at=ends)
        clocks.set_back(request, DeadlineKind.LIFT, ends)
        letter = letters.RestrictionEnds(
            reference=case.submission.reference,
            organisation=telling.organisation(case.submission),
            reason=text,
            ends_on=local_date(ends, case.submission.zone),
            remedies=telling.remedies(case.submission),
            tracker=telling.tracker_link(case.submission, at),
        )
        telling.tell_in(case, letter, at=at, dedupe=f"lifting:{request.pk}:{request.version}", about=[request])
    return request


def lift(deadline: Deadline, at: datetime) -> None:
    """Have every system lift the flag, now that the notice is over. Doing it twice does it once."""
    with holding(request_id=deadline.request_id) as case:
        assert deadline.request_id is not None
        request = case.request(deadline.request_id)
        if not clocks.still_open(deadline):
            return
        Deadline.objects.filter(pk=deadline.pk).update(done_at=at)
        try:
            case.move(request, "lift_restriction", by=_SYSTEM, at=at)
        except WrongState:
            return
        flagged = {task.system_id: task for task in request.tasks.filter(kind=TaskKind.RESTRICT).order_by("ordinal")}
        for row in request.restrictions.filter(lifted_at=None):
            earlier = flagged[row.system_id]
            earlier.request = request
            who = earlier.open_json("changes")
            taskwork.make(case, request, row.system_id, TaskKind.UNRESTRICT, at=at, changes=who)
        ring(Bell.WORK, str(case.submission.pk))
