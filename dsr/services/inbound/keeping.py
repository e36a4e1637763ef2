"""Reading the mailbox: each message is a row and sealed bytes before anything about it changes on the server.

At least once, and never twice as two rows: who it is from, its id and what it says make its fingerprint, so a message
that is met again, after a crash between the row and the move or under new numbers, is the same row.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.parser import BytesParser
from email.policy import compat32
from itertools import islice

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q

from dsr.inbound import imap
from dsr.inbound.imap import Mailbox, MailboxFailed, Waiting
from dsr.inbound.words import Flag
from dsr.logs import get_logger
from dsr.models import InboundMail, MailboxState, MailEntry, MailMove
from dsr.services.storage import vault
from notifications.ids import uuid7
from notifications.models import DataKey
from notifications.sealing import fingerprint, fingerprints

log = get_logger(__name__)
FOLDER = "inbound/"
"""What the names of all letters in the vault begin with."""
BATCH = 50
CLAIM = timedelta(minutes=15)
"""How long one reader has the mailbox to itself. Two at once would lose nothing either."""
_MEGABYTE = 1024 * 1024
_ONE = 1


@dataclass(slots=True)
class Read:
    """What one look into the mailbox came to."""

    kept: int = 0
    met_again: int = 0
    left: int = 0
    """Too big: kept as a row with its head, and left where it is."""
    error: str = ""


def read(at: datetime, *, limit: int = BATCH) -> Read:
    """Take in what waits in the mailbox, a batch of it. Call outside a transaction.

    A mailbox that cannot be reached is noted where staff see it; what was taken in until then is kept.
    """
    done = Read()
    if not settings.MAILBOX_URL or not _claim(at):
        return done
    try:
        with imap.opened(settings.MAILBOX_URL) as box:
            _take_in(box, done, at, limit)
    except MailboxFailed as failed:
        done.error = failed.code
        log.warning("mailbox unreachable", code=failed.code)
    _release(at, done.error)
    return done


def _take_in(box: Mailbox, done: Read, at: datetime, limit: int) -> None:
    remains = InboundMail.objects.filter(Q(whole=False) | Q(stays=True), validity=box.validity)
    left = set(remains.values_list("uid", flat=True))
    fresh = (each for each in box.waiting() if each.uid not in left)
    for waiting in list(islice(fresh, limit)):  # listed first: what is moved shifts the numbers of the rest
        whole = waiting.size <= settings.MAILBOX_MOST_MB * _MEGABYTE
        raw = box.raw(waiting.uid) if whole else box.head(waiting.uid)
        if raw is None:
            continue  # somebody else moved it meanwhile
        row, new = keep(raw, waiting, validity=box.validity, at=at, whole=whole)
        done.kept, done.met_again = done.kept + new, done.met_again + (not new)
        if not whole:
            done.left += 1
            continue
        if row.stays:
            continue  # met under other numbers: a copy lies aside already
        stays = not box.put_aside(waiting.uid)
        InboundMail.objects.filter(pk=row.pk).update(stays=stays, moved_at=row.moved_at or at)


def keep(raw: bytes, waiting: Waiting, *, validity: int, at: datetime, whole: bool = True) -> tuple[InboundMail, bool]:
    """Keep one message, committed when this returns, and say whether it is new. The same one twice is one row."""
    mark = _mark(raw, waiting.size, whole)
    if (known := _known(mark, waiting, validity)) is not None:
        return known, False
    key, pk = DataKey.new(at), uuid7(at)
    received = min(waiting.received_at, at)
    row = InboundMail(
        id=pk,
        mail_fingerprint=fingerprint("inbound", mark),
        validity=validity,
        uid=waiting.uid,
        received_at=received,
        kept_at=at,
        size=waiting.size,
        whole=whole,
        vault_name=f"{FOLDER}{pk}",
        data_key=key,
        flags=[] if whole else [str(Flag.TOO_BIG)],
        due_at=received + timedelta(days=settings.MAIL_LOOKED_AT_DAYS),
    )
    # Bytes come first: a row without bytes would promise something. Those of no row are swept away.
    with vault().writer(row.vault_name, key.key_bytes()) as out:
        out.write(raw)
    try:
        with transaction.atomic():
            key.save(force_insert=True)
            row.save(force_insert=True)
            MailEntry.objects.create(mail=row, at=at, move=MailMove.KEPT)
    except IntegrityError:
        vault().delete(row.vault_name)
        if (known := _known(mark, waiting, validity)) is None:
            raise
        return known, False
    return row, True


def _known(mark: str, waiting: Waiting, validity: int) -> InboundMail | None:
    row = InboundMail.objects.filter(mail_fingerprint__in=fingerprints("inbound", mark)).first()
    if row is not None and (row.validity, row.uid) != (validity, waiting.uid):
        # By the numbers under which it was met last, what is left on the server is passed over.
        InboundMail.objects.filter(pk=row.pk).update(validity=validity, uid=waiting.uid)
    return row


def _mark(raw: bytes, size: int, whole: bool) -> str:
    """Return what a message is known again by: who, which id, and what is in it.

    The id alone will not do: whoever knows or guesses it could send something else under it first, and so hide it.
    """
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    try:
        parsed = BytesParser(policy=compat32).parsebytes(head + b"\n\n", headersonly=True)
        said = [str(parsed.get(name) or "") for name in ("Message-ID", "From", "Subject", "Date")]
    except Exception:  # noqa: BLE001 - a head that nothing can be made of is taken as it is
        said = [hashlib.sha256(head).hexdigest()]
    content = hashlib.sha256(body).hexdigest() if whole else str(size)
    together = "\0".join([*said, content]).encode("utf-8", "surrogatepass")
    return hashlib.sha256(together).hexdigest()


def raw_of(row: InboundMail) -> bytes:
    """Return the bytes of a letter. Raises notifications.models.Forgotten, and packaging.vault.Missing or Broken."""
    with vault().reader(row.vault_name, row.data_key.key_bytes()) as pieces:
        return b"".join(pieces)


# --- The mailbox as a whole -------------------------------------------------------------------------------------------


def _claim(at: datetime) -> bool:
    """Take the mailbox for this reader, by one conditional update."""
    MailboxState.objects.bulk_create([MailboxState(id=_ONE)], ignore_conflicts=True)
    free = Q(claimed_until=None) | Q(claimed_until__lte=at)
    return bool(MailboxState.objects.filter(free, id=_ONE).update(claimed_until=at + CLAIM))


def _release(at: datetime, error: str) -> None:
    state = MailboxState.objects.filter(id=_ONE)
    if not error:
        state.update(claimed_until=None, reached_at=at, failing_since=None, error="")
        return
    state.update(claimed_until=None, error=error)
    state.filter(failing_since=None).update(failing_since=at)
