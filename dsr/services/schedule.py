"""The retention schedule in force: the rule files, and the changes that two people of the staff made to them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from dsr.deadlines import local_date
from dsr.errors import Incomplete, NotAllowed, NotFound, WrongState
from dsr.models import ChangeState, RetentionChange, Step
from dsr.policies import Caller
from dsr.rights import Right
from dsr.rules import NotInRules, RulesBroken, pack, retention
from dsr.rules.retention import Decision, RuleChange, Verdict
from dsr.rules.schema.retention import Schedule
from dsr.services.threads import checked_text
from notifications.ids import uuid7

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_CHANGING: Final = 7_101_978
"""Names the lock of whoever changes the schedule; no other part of the service uses it."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody wants one row of the schedule to say."""

    rule: str
    event: str
    floor: str
    ceiling: str
    yields: bool
    ground: str = ""
    reason: str = field(default="", compare=False)

    def change(self) -> RuleChange:
        """Return it as the rules take it."""
        return RuleChange(
            self.rule,
            floor=self.floor,
            ceiling=self.ceiling,
            event=self.event,  # type: ignore[arg-type]  # a word that the rules do not know is refused by them
            yields=self.yields,
            ground=self.ground or None,
        )


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change would make of one stored decision."""

    reference: str
    system: str
    category: str
    was: Verdict
    now: Verdict


def current() -> Schedule:
    """Return the schedule in force. A change whose row the files no longer have is left aside."""
    return _under(published())


def version() -> str:
    """Return what names the schedule in force: the version of the files, and the number of the newest change."""
    newest = RetentionChange.objects.aggregate(newest=Max("number"))["newest"] or 0
    return f"{pack().version}+{newest}"


def published() -> list[RetentionChange]:
    """Return the changes in force, the oldest first."""
    return list(RetentionChange.objects.filter(state=ChangeState.PUBLISHED).order_by("number"))


def _under(changes: list[RetentionChange]) -> Schedule:
    files = pack().retention
    if not changes:
        return files
    there = {rule.id for rule in files.rules}
    return retention.with_changes(files, [edit_of(row).change() for row in changes if row.rule in there])


def edit_of(row: RetentionChange) -> Edit:
    """Return what a change wants its row to say."""
    return Edit(row.rule, row.event, row.floor, row.ceiling, row.yields, row.ground, row.reason)


def propose(edit: Edit, *, by: Caller, at: datetime) -> RetentionChange:
    """Propose a change of one row. Raises NotAllowed, or Incomplete with what is wrong with it."""
    user = _check_may(by)
    reason = checked_text(edit.reason, "reason")
    _check(edit)
    with transaction.atomic():
        _one_at_a_time()
        if RetentionChange.objects.filter(rule=edit.rule, state=ChangeState.PROPOSED).exists():
            raise WrongState(_("A change of this row waits for a decision already."), code="change-waiting")
        return RetentionChange.objects.create(
            id=uuid7(at),
            rule=edit.rule,
            event=edit.event,
            floor=edit.floor,
            ceiling=edit.ceiling,
            yields=edit.yields,
            ground="" if edit.yields else edit.ground,
            reason=reason,
            proposed_by=user,
            proposed_at=at,
        )


def _one_at_a_time() -> None:
    """Have whoever comes second wait for the end of the first transaction. SQLite lets one write at a time anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHANGING])


def _check(edit: Edit) -> None:
    try:
        retention.with_changes(current(), [edit.change()])
    except RulesBroken as broken:
        problems = {problem.key.rpartition(".")[2] or "rule": problem.message for problem in broken.problems}
        raise Incomplete(_("This row cannot be as you want it."), problems=problems) from None


def publish(change_id: UUID, *, by: Caller, at: datetime) -> RetentionChange:
    """Put a proposed change in force, as a second person. Decisions are judged anew when they are carried out."""
    with transaction.atomic():
        _one_at_a_time()
        row = _waiting(change_id, by)
        _check(edit_of(row))
        newest = RetentionChange.objects.aggregate(newest=Max("number"))["newest"] or 0
        row.state, row.number, row.decided_by, row.decided_at = ChangeState.PUBLISHED, newest + 1, by.user, at
        row.save()
    return row


def reject(change_id: UUID, *, by: Caller, at: datetime) -> RetentionChange:
    """Leave the schedule as it is, as a second person."""
    with transaction.atomic():
        row = _waiting(change_id, by)
        row.state, row.decided_by, row.decided_at = ChangeState.REJECTED, by.user, at
        row.save()
    return row


def _waiting(change_id: UUID, by: Caller) -> RetentionChange:
    _check_may(by)
    row = RetentionChange.objects.select_for_update().filter(pk=change_id).first()
    if row is None:
        raise NotFound(_("There is no such change."))
    check_can_decide(row, by)
    return row


def check_can_decide(row: RetentionChange, by: Caller) -> None:
    """Raise the first reason why this caller may not decide on a change. Raises NotAllowed, WrongState."""
    _check_may(by)
    if row.state != ChangeState.PROPOSED:
        raise WrongState(_("This change has been decided on already."), code="change-decided")
    if row.proposed_by_id == by.user_id:
        raise NotAllowed(_("You proposed this change, so somebody else must decide on it."), code="four-eyes")


def _check_may(by: Caller) -> "User":
    if by.user is None or not by.user.has_perm("dsr.edit_retention"):
        raise NotAllowed(_("Only colleagues who keep the retention schedule can do this."), code="not-yours")
    return by.user


def effects(edit: Edit, since: datetime) -> list[Effect]:
    """Return what a change would have made of the decisions taken since an instant. Reads, and changes nothing.

    Raises Incomplete with what is wrong with it.
    """
    _check(edit)
    old = current()
    new = retention.with_changes(old, [edit.change()])
    found = []
    for step, decision in _decisions(since):
        try:
            changed = retention.would_change(old, new, [decision])
        except NotInRules:
            continue  # a category that no notice knows any more: nothing is decided about it any more
        found += [
            Effect(step.request.submission.reference, step.system.key, decision.category, was, now)
            for _decision, was, now in changed
        ]
    return found


def _decisions(since: datetime) -> Iterator[tuple[Step, Decision]]:
    steps = Step.objects.filter(request__right=Right.DELETION, finished_at__gte=since).exclude(plan=[])
    for step in steps.select_related("request__submission", "system").order_by("finished_at", "id").iterator(500):
        assert step.finished_at is not None
        submission = step.request.submission
        on = local_date(step.finished_at, submission.zone)
        for category, line in {line["category"]: line for line in step.plan}.items():
            yield step, _decision(step, category, line, on)


def _decision(step: Step, category: str, line: dict[str, Any], on: date) -> Decision:
    submission = step.request.submission
    return Decision(
        ref=str(step.pk),
        category=category,
        country=submission.country,
        region=submission.region,
        regimes=tuple(submission.regimes),
        on=on,
        before=date.fromisoformat(line["before"]) if line["before"] else None,
        ground=line["ground"],
    )


def as_it_stands(rule: str) -> Edit:
    """Return a row as it is now, for a form. Raises NotFound for one that is not there."""
    try:
        row = current().rule(rule)
    except NotInRules:
        raise NotFound(_("There is no such row in the schedule.")) from None
    found = Edit(row.id, row.event, row.floor, row.ceiling, row.yields, row.ground or "")
    return replace(found, reason="")
