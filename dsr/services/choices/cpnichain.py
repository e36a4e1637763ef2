"""The chain of a CPNI ledger: how a line is hashed, and how all lines are proved."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC
from itertools import groupby
from operator import attrgetter

from django.db import transaction

from dsr.models import CpniAccount, CpniEntry

_BATCH = 2000


class Broken(Exception):
    """A line is not as it was entered, or is missing; says which."""


def digest(entry: CpniEntry) -> str:
    """Return the SHA-256 (hex) of a line and of the one before it, over canonical JSON."""
    fields = {
        "account": entry.account_id,
        "seq": entry.seq,
        "kind": str(entry.kind),
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "recorded": entry.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "day": entry.day.isoformat(),
        "channel": entry.channel,
        "authority": str(entry.authority),
        "actor": entry.actor,
        "uses": entry.uses,
        "services": entry.services,
        "medium": entry.medium,
        "notice": entry.notice_version,
        "evidence": entry.evidence,
        "about": entry.about_id or 0,
        "merged": entry.merged_id or 0,
        "by": entry.entered_by,
        "prev": entry.prev_hash,
    }
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def prove() -> Iterator[int]:
    """Recompute every ledger, streaming, and yield the length of each. Raises Broken for the first not whole.

    Of an invented person's it yields nought: it has to be whole, and counts nowhere.
    """
    # Counted first: an account that gets its first line meanwhile is not missing.
    begun = CpniAccount.objects.filter(lines__gt=0).count()
    entries = CpniEntry.objects.select_related("account").order_by("account_id", "seq").iterator(chunk_size=_BATCH)
    seen = 0
    for account_id, lines in groupby(entries, key=attrgetter("account_id")):
        ledger = list(lines)
        length = _prove_one(account_id, ledger)
        yield 0 if ledger[0].account.invented else length
        seen += 1
    if begun > seen:
        raise Broken("A CPNI ledger is missing.")


def _prove_one(account_id: int, lines: list[CpniEntry]) -> int:
    account = lines[0].account
    if (account.lines, account.head) != (len(lines), lines[-1].hash):
        # It may have grown while it was read, so once more, held still.
        with transaction.atomic():
            account = CpniAccount.objects.select_for_update().get(pk=account_id)
            lines = list(account.entries.order_by("seq"))
    previous = ""
    for place, line in enumerate(lines, start=1):
        where = f"CPNI ledger {account_id}, line {line.seq}"
        if line.seq != place:
            raise Broken(f"{where}: line {place} is missing.")
        if line.prev_hash != previous:
            raise Broken(f"{where}: it does not follow the line before it.")
        if line.hash != digest(line):
            raise Broken(f"{where}: its content was changed.")
        previous = line.hash
    if (account.lines, account.head) != (len(lines), previous):
        raise Broken(f"CPNI ledger {account_id}: it should end at line {account.lines}.")
    return len(lines)
