"""The history of a case: how a line is hashed, and how all lines are proved."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC

from django.db import transaction

from dsr.models import AuthorityCase, CaseEntry

_BATCH = 200


class Broken(Exception):
    """A line is not as it was written, or is missing; says which."""


def digest(entry: CaseEntry) -> str:
    """Return the SHA-256 (hex) of a line and of the one before it, its sealed words included, over canonical JSON."""
    fields = {
        "case": str(entry.case_id),
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "verb": entry.verb,
        "actor_id": entry.actor_id,
        "via": entry.via,
        "from": entry.from_state,
        "to": entry.to_state,
        "data": entry.data,
        "text": hashlib.sha256(bytes(entry.text_sealed)).hexdigest() if entry.text_sealed else "",
        "prev": entry.prev_hash,
    }
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def prove() -> Iterator[int]:
    """Recompute the history of each case and yield its length. Raises Broken for the first that is not whole."""
    for pk in AuthorityCase.objects.order_by("id").values_list("pk", flat=True).iterator(_BATCH):
        with transaction.atomic():  # held still, as it may grow while it is read
            case = AuthorityCase.objects.select_for_update().get(pk=pk)
            yield _prove_one(case, list(case.entries.order_by("seq")))


def _prove_one(case: AuthorityCase, entries: list[CaseEntry]) -> int:
    previous = ""
    for place, entry in enumerate(entries, start=1):
        where = f"Case {case.pk}, line {entry.seq}"
        if entry.seq != place:
            raise Broken(f"{where}: line {place} is missing.")
        if entry.prev_hash != previous:
            raise Broken(f"{where}: it does not follow the line before it.")
        if entry.hash != digest(entry):
            raise Broken(f"{where}: its content was changed.")
        previous = entry.hash
    if (case.chain_seq, case.chain_head) != (len(entries), previous):
        raise Broken(f"Case {case.pk}: its history should end at line {case.chain_seq}.")
    return len(entries)
