"""Letters that wait too long, and those whose time is over."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from dsr.models import InboundMail, MailEntry, MailMove, MailState
from dsr.rules import pack
from dsr.services import colleagues, letters, links
from dsr.services.doorbell import Bell, ring
from dsr.services.inbound.desk import PERMISSION
from dsr.services.storage import vault
from notifications import outbox

BEFORE = timedelta(hours=6)
"""How long before a letter has to be looked at colleagues are warned."""
_BATCH = 100
_SEALED = ("sender_sealed", "subject_sealed", "because_sealed")


def due_warnings(at: datetime, limit: int) -> list[UUID]:
    """Return letters of which colleagues are to be warned."""
    rows = InboundMail.objects.filter(state=MailState.WAITING, warned_at=None, due_at__lte=at + BEFORE)
    return list(rows.order_by("due_at").values_list("pk", flat=True)[:limit])


def warn(mail_id: UUID, at: datetime) -> bool:
    """Write to those who deal with letters that one waits. False where somebody did so, or it waits no longer."""
    with transaction.atomic():
        rows = InboundMail.objects.filter(pk=mail_id, state=MailState.WAITING, warned_at=None)
        if not rows.update(warned_at=at):
            return False
        row = InboundMail.objects.select_related("data_key").get(pk=mail_id)
        letter = letters.MailWaits(
            organisation=pack().notices[-1].organisation.short_name, due_at=row.due_at, link=links.letter(row.pk)
        )
        people = colleagues.with_permission(PERMISSION)
        for user in people:
            message = outbox.queue(
                letter,
                to=user.email,
                language=settings.LANGUAGE_CODE,
                data_key=row.data_key,
                about=row.pk,
                at=at,
                dedupe=f"mail:{row.pk}:{row.rounds}:{user.pk}",
            )
            ring(Bell.MESSAGE, str(message.pk))
        MailEntry.objects.create(mail=row, at=at, move=MailMove.WARNED, facts={"colleagues": len(people)})
    return True


def let_go(submission_id: UUID, at: datetime) -> None:
    """Within a case that is forgotten: have the letters that were dealt with in it go with the next round."""
    InboundMail.objects.filter(case_id=submission_id, state=MailState.DONE, purged_at=None).update(purge_at=at)


def purge(at: datetime) -> int:
    """Destroy letters whose time is over: the key, what names somebody, and the bytes. Returns how many."""
    due = InboundMail.objects.filter(state=MailState.DONE, purged_at=None, purge_at__lte=at)
    done = 0
    for pk in list(due.values_list("pk", flat=True)[:_BATCH]):
        name = _forget(pk, at)
        if name:
            vault().delete(name)  # of what a crash leaves behind, no key is left, and the sweep takes it away
            done += 1
    return done


@transaction.atomic
def _forget(mail_id: UUID, at: datetime) -> str:
    rows = InboundMail.objects.select_for_update(of=("self",)).select_related("data_key")
    row = rows.filter(pk=mail_id, state=MailState.DONE, purged_at=None, purge_at__lte=at).first()
    if row is None:
        return ""
    name = row.vault_name
    row.data_key.forget(at)
    outbox.purge(row.pk, at)
    for field in _SEALED:
        setattr(row, field, None)
    row.mail_fingerprint, row.sender_fingerprint, row.vault_name = None, "", ""
    row.purged_at = at
    row.save()
    MailEntry.objects.create(mail=row, at=at, move=MailMove.FORGOTTEN)
    return name
