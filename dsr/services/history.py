"""The chain: how an event is hashed, and how the whole history is proved."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef

from dsr.models import Checkpoint, Event, Submission
from dsr.services.cases import chain as casechain
from dsr.services.choices import cpnichain
from notifications import sealing

SETTLING = timedelta(minutes=10)
"""Events younger than this stay out of a checkpoint: a slower transaction may still commit a smaller id."""
_BATCH = 2000


def digest(event: Event) -> str:
    """Return the SHA-256 (hex) of an event and of the hash before it, over canonical JSON."""
    fields = {
        "submission": str(event.submission_id),
        "request": str(event.request_id or ""),
        "seq": event.seq,
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "verb": event.verb,
        "actor": event.actor,
        "actor_id": event.actor_id,
        "via": event.via,
        "from": event.from_state,
        "to": event.to_state,
        "data": event.data,
        "prev": event.prev_hash,
    }
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Proof:
    """What a verification came to. ``broken`` is "" or a sentence naming the first broken link."""

    events: int
    chains: int
    checkpoints: int
    choices: int = 0
    """Lines of the ledgers of CPNI choices."""
    cases: int = 0
    """Lines of the histories of cases that authorities opened."""
    broken: str = ""

    @property
    def whole(self) -> bool:
        """Whether nothing was found broken."""
        return not self.broken


class _Broken(Exception):
    pass


def verify(reference: str | None = None) -> Proof:
    """Recompute every chain (or one), every checkpoint and every ledger, streaming. Never raises for a break."""
    chains_seen = events_seen = checkpoints_seen = choices_seen = cases_seen = 0
    broken = ""
    try:
        chains = Submission.objects.order_by("id").only("id", "reference", "chain_seq", "chain_head")
        if reference is not None:
            chains = chains.filter(reference=reference)
        for events in _verify_chains(chains.iterator(chunk_size=_BATCH)):
            chains_seen += 1
            events_seen += events
        if reference is None:
            _verify_no_strays()
            for _checkpoint in _verify_checkpoints():
                checkpoints_seen += 1
            for lines in cpnichain.prove():
                choices_seen += lines
            for lines in casechain.prove():
                cases_seen += lines
    except (_Broken, cpnichain.Broken, casechain.Broken) as error:
        broken = str(error)
    return Proof(events_seen, chains_seen, checkpoints_seen, choices_seen, cases_seen, broken)


def _verify_chains(submissions: Iterator[Submission]) -> Iterator[int]:
    batch: list[Submission] = []
    for submission in submissions:
        batch.append(submission)
        if len(batch) == _BATCH:
            yield from _verify_batch(batch)
            batch = []
    yield from _verify_batch(batch)


def _verify_batch(batch: list[Submission]) -> Iterator[int]:
    events: dict[object, list[Event]] = {submission.pk: [] for submission in batch}
    for event in Event.objects.filter(submission__in=batch).order_by("submission_id", "seq").iterator(_BATCH):
        events[event.submission_id].append(event)
    for submission in batch:
        try:
            yield _verify_chain(submission, events[submission.pk])
        except _Broken:
            yield _verify_again(submission)


def _verify_again(submission: Submission) -> int:
    """Look once more at a chain that seemed broken, held still: it may have grown between the two reads."""
    with transaction.atomic():
        held = Submission.objects.select_for_update().only("id", "reference", "chain_seq", "chain_head")
        return _verify_chain(held.get(pk=submission.pk), list(Event.objects.filter(submission=submission)))


def _verify_chain(submission: Submission, events: list[Event]) -> int:
    previous = ""
    for place, event in enumerate(events, start=1):
        where = f"{submission.reference}, event {event.seq}"
        if event.seq != place:
            raise _Broken(f"{where}: event {place} is missing.")
        if event.prev_hash != previous:
            raise _Broken(f"{where}: it does not follow the event before it.")
        if event.hash != digest(event):
            raise _Broken(f"{where}: its content was changed.")
        previous = event.hash
    if (submission.chain_seq, submission.chain_head) != (len(events), previous):
        raise _Broken(f"{submission.reference}: the chain should end at event {submission.chain_seq}.")
    return len(events)


def _verify_no_strays() -> None:
    stray = Event.objects.exclude(Exists(Submission.objects.filter(pk=OuterRef("submission_id"))))
    first = stray.order_by("id").values_list("id", flat=True).first()
    if first is not None:
        raise _Broken(f"Event number {first} belongs to no chain.")


def _verify_checkpoints() -> Iterator[Checkpoint]:
    previous: Checkpoint | None = None
    for checkpoint in Checkpoint.objects.order_by("id").iterator(_BATCH):
        where = f"Checkpoint {checkpoint.pk}"
        if checkpoint.prev_root != (previous.root if previous else ""):
            raise _Broken(f"{where}: it does not follow the checkpoint before it.")
        if checkpoint.first_event != (previous.last_event + 1 if previous else 1):
            raise _Broken(f"{where}: it does not start where the checkpoint before it ended.")
        count, root = _root(checkpoint.prev_root, checkpoint.first_event, checkpoint.last_event)
        if (count, root) != (checkpoint.count, checkpoint.root):
            raise _Broken(f"{where}: events {checkpoint.first_event} to {checkpoint.last_event} are not as signed.")
        if not sealing.verify_signature(_statement(checkpoint), checkpoint.key_id, checkpoint.signature):
            raise _Broken(f"{where}: its signature does not fit.")
        yield checkpoint
        previous = checkpoint


def _root(prev_root: str, first: int, last: int) -> tuple[int, str]:
    running, count = hashlib.sha256(prev_root.encode()), 0
    rows = Event.objects.filter(id__gte=first, id__lte=last).order_by("id").values_list("id", "hash", "recorded_at")
    for pk, chain_hash, recorded_at in rows.iterator(_BATCH):
        # The number and the moment of writing are the database's, so no event's own hash can cover them.
        moment = recorded_at.astimezone(UTC).isoformat(timespec="microseconds")
        running.update(f"{pk}:{chain_hash}:{moment};".encode())
        count += 1
    return count, running.hexdigest()


def _statement(checkpoint: Checkpoint) -> bytes:
    fields = (
        checkpoint.at.astimezone(UTC).isoformat(timespec="microseconds"),
        checkpoint.first_event,
        checkpoint.last_event,
        checkpoint.count,
        checkpoint.prev_root,
        checkpoint.root,
    )
    return "|".join(str(field) for field in fields).encode()


def checkpoint(at: datetime) -> Checkpoint | None:
    """Sign everything recorded since the last checkpoint that has settled. None when there is nothing new.

    Of two who sign at the same moment one does; the other finds it done.
    """
    try:
        with transaction.atomic():
            return _checkpoint(at)
    except IntegrityError:
        return None


def _checkpoint(at: datetime) -> Checkpoint | None:
    previous = Checkpoint.objects.select_for_update().order_by("-id").first()
    first = previous.last_event + 1 if previous else 1
    last = Event.objects.filter(id__gte=first, recorded_at__lt=at - SETTLING).aggregate(last=Max("id"))["last"]
    if last is None:
        return None
    prev_root = previous.root if previous else ""
    count, root = _root(prev_root, first, last)
    signed = Checkpoint(at=at, first_event=first, last_event=last, count=count, prev_root=prev_root, root=root)
    signature = sealing.sign(_statement(signed))
    signed.key_id, signed.signature = signature.key_id, signature.value
    signed.save(force_insert=True)
    return signed
