"""Letters that did not get through: sending one again, or taking note that it stays so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from dsr.errors import NotAllowed, NotFound, WrongState
from dsr.lifecycle import Actor, State
from dsr.models import Submission
from dsr.policies import Caller
from dsr.services._moves import holding
from dsr.services.choices import cpniletters
from dsr.services.doorbell import Bell, ring
from notifications import outbox
from notifications.models import Message

_MAY = frozenset({Actor.SUPPORT, Actor.ANALYST, Actor.APPROVER})


def send_again(message_id: UUID, *, by: Caller, at: datetime) -> Message:
    """Put a failed letter back at the start of its ladder. Raises NotAllowed, NotFound or WrongState.

    A letter that came back is not sent to the same address again: correct the address, or write anew.
    """
    message = _letter(message_id, by)
    with _recorded(message, "letter_sent_again", by, at):
        if not outbox.try_again(message.pk, at):
            raise WrongState(_("Only a letter that failed can be sent again."), code="not-failed")
        ring(Bell.MESSAGE, str(message.pk))
    return message


def take_note(message_id: UUID, *, by: Caller, at: datetime) -> Message:
    """Record that somebody has seen to a letter that did not get through. Raises NotAllowed, NotFound, WrongState."""
    message = _letter(message_id, by)
    with _recorded(message, "letter_noted", by, at):
        if not outbox.note([message.pk], at):
            raise WrongState(_("This letter needs no attention."), code="not-failed")
    return message


def report_trouble(message: Message, *, at: datetime) -> bool:
    """Put a letter that failed or came back before staff, once: in the history and in the queue. False if it was."""
    by = Caller.system()
    with transaction.atomic():
        if not Submission.objects.filter(pk=message.about).exists():
            if not outbox.reported(message.pk, at):
                return False
            cpniletters.not_reached(message.about, at)
            return True
        with holding(submission_id=message.about) as case:
            if not outbox.reported(message.pk, at):
                return False
            data = {
                "letter": message.kind,
                "message": str(message.pk),
                "state": message.state,
                "code": message.error_code,
            }
            case.record("message_failed", by=by, at=at, data=data)
            for request in case.requests():
                if request.state != State.CLOSED:
                    case.needs_staff(request)
    return True


def _letter(message_id: UUID, by: Caller) -> Message:
    if not by.roles & _MAY:
        raise NotAllowed(_("This is not yours to do."), code="not-your-move")
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        raise NotFound(_("There is no such letter."))
    return message


@contextmanager
def _recorded(message: Message, verb: str, by: Caller, at: datetime) -> Iterator[None]:
    """Do something about a letter and record it in the history of the case that it is about."""
    with transaction.atomic():
        if not Submission.objects.filter(pk=message.about).exists():
            yield
            return
        with holding(submission_id=message.about) as case:
            yield
            case.record(verb, by=by, at=at, data={"letter": message.kind, "message": str(message.pk)})
