"""Showing personal values to staff: each time with a reason, and on record."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from dsr.errors import Incomplete, NotAllowed, NotFound, WrongState
from dsr.models import SubjectRequest, WorksheetFile
from dsr.packaging.vault import Missing, Reading
from dsr.policies import NEEDS, Caller
from dsr.selectors.masking import Personal
from dsr.services import taskproof
from dsr.services._moves import holding
from dsr.services.storage import vault
from dsr.services.threads import keep_note
from notifications import delivery
from notifications.models import Message

LASTS = timedelta(minutes=15)
"""How long a console may go on showing what was revealed, before it asks for a reason again."""


def check_can_reveal(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Raise the first reason why this caller may not see the personal values of a case."""
    if not by.roles or by.user is None or not by.user.has_perm("dsr.reveal_personal"):
        raise NotAllowed(_("Your account may not see personal values."), code="not-revealing")
    NEEDS["not_own_case"](request, by, at)
    if request.submission.purged_at is not None:
        raise WrongState(_("The personal data of this case has been deleted."), code="purged")


def reveal(request_id: UUID, fields: Iterable[str], reason: str, *, by: Caller, at: datetime) -> frozenset[Personal]:
    """Put on record that personal values were looked at, and why; return which.

    Raises NotAllowed, WrongState, NotFound, and Incomplete without a field or a reason.
    """
    wanted = frozenset(kind for kind in Personal if kind in set(fields))
    if not wanted:
        raise Incomplete(_("Choose what you need to see."), field="fields")
    with holding(request_id=request_id) as case:
        request = case.request(request_id)
        check_can_reveal(request, by, at)
        post = keep_note(case, request, reason, by, at)
        data = {"fields": sorted(wanted), "post": str(post.pk)}
        case.record("revealed", by=by, at=at, request=request, data=data)
    return wanted


def reveal_letter(message_id: UUID, reason: str, *, by: Caller, at: datetime) -> str:
    """Put on record that somebody read a letter that was sent, and why; return its text.

    Raises NotAllowed, WrongState, Incomplete, and NotFound for a letter about no case.
    """
    message = Message.objects.select_related("data_key").filter(pk=message_id).first()
    if message is None:
        raise NotFound(_("There is no such letter."))
    with holding(submission_id=message.about) as case:
        request = case.requests()[0]
        check_can_reveal(request, by, at)
        post = keep_note(case, request, reason, by, at)
        data = {"letter": message.kind, "message": str(message.pk), "post": str(post.pk)}
        case.record("revealed", by=by, at=at, request=request, data=data)
    sent = delivery.sent_body(message)
    if sent is None:
        raise WrongState(_("It has not been sent yet, so nothing of it is kept."), code="not-sent")
    return f"{sent.subject}\n\n{sent.text}"


@dataclass(frozen=True, slots=True)
class Opened:
    """A file of an owner that may be read, because its opening is on record. ``chunks`` has to be closed."""

    ending: str
    size: int
    chunks: Reading


def reveal_file(request_id: UUID, file_id: UUID, reason: str, *, by: Caller, at: datetime) -> Opened:
    """Put on record that somebody opened what an owner handed in as proof, and why; return it.

    Raises NotAllowed, WrongState, Incomplete, and NotFound for a file that is no proof in this request, or gone.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id)
        check_can_reveal(request, by, at)
        proofs = WorksheetFile.objects.filter(task__request_id=request_id).select_related("task__system__data_key")
        row = proofs.filter(pk=file_id).first()
        if row is None or row.task is None:
            raise NotFound(_("There is no such file."))
        post = keep_note(case, request, reason, by, at)
        data = {"system": row.task.system.key, "file": str(row.pk), "post": str(post.pk)}
        case.record("revealed", by=by, at=at, request=request, data=data)
        key = case.submission.data_key.key_bytes()
    try:
        return Opened(taskproof.ending(row.task, row.media_type), row.size, vault().reader(row.vault_name, key))
    except Missing:
        raise NotFound(_("There is no such file.")) from None
