"""A repeated POST gets the first answer again: the key is claimed, the work done and the answer kept together.

All three are one transaction, so that a crash leaves either everything or nothing, and a key never hangs. Two at once:
the second waits for the first at the unique key, for a moment; then it gets the first answer, or is asked to come
back. Only success is kept. What failed changed nothing and may be tried again with the same key.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.request import Request

from dsr.api.answers import Answer
from dsr.api.problems import Problem
from dsr.api.reading import idempotency_key, raw_body
from dsr.models import IdempotentAnswer
from notifications import sealing

REPLAYED = {"Idempotency-Replayed": "true"}
"""Says that an answer was given before."""
_PATIENCE = "3s"
"""How long the second of two waits for the first."""


class _Taken(Exception):
    """The key is there already."""


def scope_of(request: Request) -> str:
    """Return whose keys these are: one owner's, whichever token carries them."""
    return f"user:{request.user.pk}"


def once(request: Request, work: Callable[[], Answer], *, content: bytes | None = None) -> Answer:
    """Do the work, or return the answer it had when the same key came before. Raises Problem.

    ``content`` stands for the body where that was read as a form.
    """
    key = idempotency_key(request)
    if key is None:
        return work()
    digests = _digests(request, raw_body(request) if content is None else content)
    try:
        with transaction.atomic():
            row = _claim(scope_of(request), key, digests[0])
            given = work()
            row.status, row.body = given.status, {"text": given.body, "headers": given.headers}
            row.save(update_fields=["status", "body"])
            return given
    except _Taken:
        return _earlier(scope_of(request), key, digests)


def _claim(scope: str, key: str, digest: str) -> IdempotentAnswer:
    try:
        _be_patient()
        return IdempotentAnswer.objects.create(scope=scope, key=key, digest=digest, at=timezone.now())
    except IntegrityError:
        raise _Taken from None
    except OperationalError:
        raise _in_flight() from None


def _be_patient() -> None:
    """Let PostgreSQL wait no longer than that in this transaction. SQLite has one writer and waits by itself."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_PATIENCE])


def _in_flight() -> Problem:
    return Problem(
        "idempotency-in-flight",
        _("A request with this Idempotency-Key is being worked on. Please repeat it."),
        headers={"Retry-After": "1"},
    )


def _earlier(scope: str, key: str, digests: list[str]) -> Answer:
    row = IdempotentAnswer.objects.filter(scope=scope, key=key).first()
    if row is None or row.status is None:
        # It was there a moment ago: the first one failed, or its answer has just been forgotten.
        raise _in_flight()
    if row.digest not in digests:
        raise Problem(
            "idempotency-conflict", _("This Idempotency-Key was used before with other content. Use a new one.")
        )
    kept: dict[str, Any] = row.body or {}
    return Answer(row.status, kept["text"], {**kept["headers"], **REPLAYED})


def _digests(request: Request, content: bytes) -> list[str]:
    """Fingerprint method, address and body under every field key: plain digests of personal values can be guessed."""
    parts = ((request.method or "").encode(), request.get_full_path().encode(), content)
    # Hashed first: fingerprints are made of normal forms, in which "A" is "a".
    exact = hashlib.sha256(b"\n".join(parts)).hexdigest()
    prints = sealing.fingerprints("answer", exact)
    return [hashlib.sha256(each.encode()).hexdigest() for each in prints]
