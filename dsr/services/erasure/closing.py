"""How a request that was carried out ends: the ledger, the certificate, and the dates on which somebody looks again."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from dsr.deadlines import local_date
from dsr.lifecycle import Outcome
from dsr.models import (
    Certificate,
    Deadline,
    DeadlineKind,
    Kept,
    LedgerEntry,
    LedgerOutcome,
    StepResult,
    SubjectRequest,
    Suppression,
    System,
    Task,
    TaskKind,
)
from dsr.packaging import manifest
from dsr.rights import Right
from dsr.services import codes, recipients, taskwork, telling
from dsr.services._moves import Caller, Case
from dsr.services.erasure import terms
from dsr.services.identifiers import known_identifiers
from dsr.services.steps import destroy_later
from dsr.services.ties import together
from notifications import sealing
from notifications.ids import uuid7

RECHECKS = (timedelta(days=30), timedelta(days=90))
"""How long after an erasure the systems are asked whether it stayed done."""
_SYSTEM = Caller.system()


def enter_in_ledger(
    request: SubjectRequest, system: System, lines: Iterable[Mapping[str, Any]], at: datetime, *, late: bool = False
) -> None:
    """Enter what became of every category of one system, inside the caller's transaction.

    What an earlier pass has erased stays erased; what is kept is as the rows of `Kept` have it now. Of what came due
    ``late`` only its own categories are touched.
    """
    gone: dict[str, int] = {}
    for line in lines:
        gone[line["category"]] = gone.get(line["category"], 0) + int(line["erase"])
    rows = list(Kept.objects.filter(request=request, system=system, ended_at=None).order_by("dataset"))
    categories = (set(gone) if late else {*system.categories, *gone}) | {row.category for row in rows}
    entries = LedgerEntry.objects.filter(request=request, system=system, category__in=categories)
    entries.exclude(outcome=LedgerOutcome.ERASED).delete()
    erased = {entry.category: entry for entry in entries.order_by()}
    found = []
    for category in sorted(categories):
        if gone.get(category):
            before = erased[category].count if category in erased else 0
            erased[category] = _entry(request, system, category, LedgerOutcome.ERASED, at, before + gone[category])
            found.append(erased[category])
        if kept := [row for row in rows if row.category == category]:
            found.append(_kept_entry(request, system, category, kept, at))
        elif category not in erased:
            found.append(_entry(request, system, category, LedgerOutcome.NOTHING_HELD, at))
    LedgerEntry.objects.bulk_create(
        found,
        update_conflicts=True,
        unique_fields=["request", "system", "category", "outcome"],
        update_fields=["count", "at"],
    )


def enter_gone(request: SubjectRequest, system: System, records: Mapping[str, int], at: datetime) -> None:
    """Enter what a system has erased of what then came back to the desk, by category, inside the transaction."""
    for category, count in records.items():
        if count:
            entry, _ = LedgerEntry.objects.get_or_create(
                request=request, system=system, category=category, outcome=LedgerOutcome.ERASED, defaults={"at": at}
            )
            entry.count, entry.at = entry.count + count, at
            entry.save(update_fields=["count", "at"])


def _entry(
    request: SubjectRequest, system: System, category: str, outcome: LedgerOutcome, at: datetime, count: int = 0
) -> LedgerEntry:
    return LedgerEntry(request=request, system=system, category=category, outcome=outcome, count=count, at=at)


def _kept_entry(request: SubjectRequest, system: System, category: str, rows: list[Kept], at: datetime) -> LedgerEntry:
    days = [row.until for row in rows]
    entry = _entry(request, system, category, LedgerOutcome.KEPT, at, sum(row.count for row in rows))
    entry.ground = rows[0].ground
    entry.until = max((day for day in days if day), default=None) if all(days) else None
    return entry


def note_left_out(request: SubjectRequest, at: datetime) -> None:
    """Enter the systems that could not be looked at, and that somebody decided to go on without."""
    for step in request.steps.filter(result=StepResult.LEFT_OUT).select_related("system"):
        _enter_failed(request, step.system, step.system.categories, at)


def note_failure(case: Case, task: Task, at: datetime) -> None:
    """Enter the categories of a system that did not do its part, inside the caller's transaction."""
    if task.kind == TaskKind.TELL or task.late:
        return
    named = {line["category"] for line in task.lines or task.terms.get("lines", ())}
    _enter_failed(case.request(task.request_id), task.system, named or task.system.categories, at)


def _enter_failed(request: SubjectRequest, system: System, categories: Iterable[str], at: datetime) -> None:
    for category in categories:
        LedgerEntry.objects.update_or_create(
            request=request, system=system, category=category, outcome=LedgerOutcome.FAILED, defaults={"at": at}
        )


def certify(case: Case, request: SubjectRequest, at: datetime) -> Certificate:
    """Sign what was done, inside the caller's transaction. Nothing in it is the person's data."""
    number = request.certificates.count() + 1
    certificate = Certificate(id=uuid7(at), request=request, number=number, at=at)
    certificate.document = manifest.receipt(_statement(case, request, number, at))
    certificate.save(force_insert=True)
    case.record("certified", by=_SYSTEM, at=at, request=request, data={"certificate": number})
    return certificate


def _statement(case: Case, request: SubjectRequest, number: int, at: datetime) -> dict[str, Any]:
    submission = case.submission
    zone = submission.zone
    entries = request.ledger.select_related("system").order_by("system__key", "category", "outcome")
    told = recipients.tellings(request)
    silent = untold(request)
    return {
        "kind": "certificate",
        "number": number,
        "organisation": telling.organisation(submission),
        "reference": submission.reference,
        "right": request.right,
        "law": request.regime,
        "received_on": local_date(request.received_at, zone).isoformat(),
        "carried_out_on": local_date(at, zone).isoformat(),
        "made_at": at.isoformat(),
        "outcome": request.outcome,
        "entries": [
            {
                "system": entry.system.name,
                "category": entry.category,
                "outcome": entry.outcome,
                "records": entry.count,
                "on": local_date(entry.at, zone).isoformat(),
                **_why(entry, (entry.system_id, entry.category) in silent),
            }
            for entry in entries
        ],
        "recipients": [
            {
                "name": task.system.name,
                "told_on": _day(recipients.told_at(task), zone),
                "answer": task.result,
                **({"remarks": remarks} if (remarks := codes.qualifying(task.code)) else {}),
            }
            for task in told
        ],
        **({"choices_kept": True} if choices_kept(request) else {}),
        "history_head": submission.chain_head,
    }


def choices_kept(request: SubjectRequest) -> bool:
    """Whether the hash of an opt-out outlives an erasure, as without it the person would be written to again."""
    if request.right != Right.DELETION:
        return False
    tasks = request.tasks.filter(kind=TaskKind.ERASE)
    for task in tasks:
        task.request = request
    who = together(known_identifiers(request.submission), *(taskwork.about(task) for task in tasks))
    pairs = [(kind, value) for kind, values in who.items() for value in values]
    marks = [mark for kind, value in pairs for mark in sealing.listing_digests(kind, value)]
    return Suppression.objects.filter(digest__in=marks, stopped=True).exists()


def _day(at: datetime | None, zone: str) -> str | None:
    return local_date(at, zone).isoformat() if at else None


def untold(request: SubjectRequest) -> set[tuple[UUID, str]]:
    """Return the systems and categories of which only that they must be kept may be told: a hold forbids more."""
    rows = Kept.objects.filter(request=request, hold__silent=True, ended_at=None)
    return set(rows.values_list("system_id", "category"))


def _why(entry: LedgerEntry, silent: bool) -> dict[str, str]:
    """Return why something stays and until when, or no more than that it must where a hold forbids to say more."""
    if silent and entry.outcome == LedgerOutcome.KEPT:
        return {"ground": terms.UNKNOWN}
    until = {"until": entry.until.isoformat()} if entry.until else {}
    return {**({"ground": entry.ground} if entry.ground else {}), **until}


def come_back(case: Case, request: SubjectRequest, at: datetime) -> None:
    """Set the dates on which somebody looks whether an erasure stayed done; what was fetched goes on schedule."""
    destroy_later(request, at)
    if request.right != Right.DELETION or request.outcome == Outcome.NOTHING_HELD:
        return
    for ordinal, after in enumerate(RECHECKS):
        Deadline.objects.update_or_create(
            submission=case.submission,
            request=request,
            kind=DeadlineKind.RECHECK,
            regime="",
            ordinal=ordinal,
            defaults={"due_at": at + after, "done_at": None, "claimed_until": None, "attempts": 0},
        )
