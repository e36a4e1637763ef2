"""Checks: one try at proving who somebody is. Its workings live while it runs; afterwards only its result is kept."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from notifications.ids import uuid7
from notifications.models import DataKey
from verification import tokens
from verification.errors import Expired, Unknown
from verification.models import Check, CheckState
from verification.proofs import LEVELS, Level, Method


def begin(
    about: UUID, data_key: DataKey, method: Method, workings: Mapping[str, Any], at: datetime, *, lasts: timedelta
) -> tuple[Check, str]:
    """Start a check and return it with its token, of which only a digest is kept. Raises sealing.Forgotten."""
    token = tokens.new()
    check = Check(
        id=uuid7(at),
        about=about,
        data_key=data_key,
        method=method,
        token_hash=tokens.digest(token),
        started_at=at,
        expires_at=at + lasts,
    )
    keep_workings(check, workings)
    check.save(force_insert=True)
    return check, token


def record(
    about: UUID, data_key: DataKey, method: Method, at: datetime, *, passed: bool, verifier: str = "", level: int = -1
) -> Check:
    """Return an unsaved row for a check that is over as soon as it is known, such as a look at a document.

    ``level`` is the rung it reaches where that is not the method's own.
    """
    reached = LEVELS[method] if level < 0 else Level(level)
    return Check(
        id=uuid7(at),
        about=about,
        data_key=data_key,
        method=method,
        level=reached if passed else Level.NOTHING,
        state=CheckState.PASSED if passed else CheckState.FAILED,
        verifier=verifier,
        started_at=at,
        expires_at=at,
        ended_at=at,
    )


def keep_workings(check: Check, workings: Mapping[str, Any]) -> None:
    """Seal what a check needs on its way; the caller saves."""
    check.workings_sealed = check.data_key.seal(json.dumps(workings, sort_keys=True), check.place())


def workings(check: Check) -> dict[str, Any]:
    """Return what a running check needs; empty once it has ended. Raises sealing.Forgotten."""
    if check.workings_sealed is None:
        return {}
    return dict(json.loads(check.data_key.unseal(check.workings_sealed, check.place())))


def locked(check_id: UUID, at: datetime) -> Check:
    """Return a running check, locked for this transaction. Raises Unknown, or Expired for one that is over."""
    rows = Check.objects.select_for_update(of=("self",)).select_related("data_key")
    return _running(rows.filter(pk=check_id).first(), at)


def locked_by_token(token: str, at: datetime) -> Check:
    """Return the running check of a token, locked for this transaction. Raises Unknown, Expired."""
    rows = Check.objects.select_for_update(of=("self",)).select_related("data_key")
    return _running(rows.filter(token_hash=tokens.digest(token)).first(), at)


def _running(check: Check | None, at: datetime) -> Check:
    if check is None:
        raise Unknown
    if check.state != CheckState.OPEN or at >= check.expires_at:
        raise Expired
    return check


def finish(check: Check, at: datetime, *, passed: bool, method: Method | None = None, verifier: str = "") -> None:
    """End a check, in one UPDATE: its result is kept, its workings and its token are gone.

    ``method`` says what it came to where that is more than was begun, as a sign-in that brought a second factor.
    """
    check.method = method or check.method
    check.state = CheckState.PASSED if passed else CheckState.FAILED
    check.level = LEVELS[Method(check.method)] if passed else Level.NOTHING
    check.ended_at, check.verifier = at, verifier
    check.workings_sealed = check.token_hash = None
    check.save(update_fields=("method", "state", "level", "ended_at", "verifier", "workings_sealed", "token_hash"))


def end(about: UUID, at: datetime, methods: Iterable[Method] = ()) -> int:
    """End what is running about a thing without a result, all of it or of some methods; return how many."""
    running = Check.objects.filter(about=about, state=CheckState.OPEN)
    if methods:
        running = running.filter(method__in=list(methods))
    return running.update(state=CheckState.ENDED, ended_at=at, workings_sealed=None, token_hash=None)


def end_due(at: datetime, limit: int = 500) -> int:
    """End what ran out of time; return how many."""
    due = Check.objects.filter(state=CheckState.OPEN, expires_at__lte=at).order_by("expires_at")
    return Check.objects.filter(pk__in=list(due.values_list("pk", flat=True)[:limit])).update(
        state=CheckState.ENDED, ended_at=at, workings_sealed=None, token_hash=None
    )


def of(about: UUID) -> list[Check]:
    """Return every check about a thing, oldest first."""
    return list(Check.objects.filter(about=about).order_by("started_at", "id"))
