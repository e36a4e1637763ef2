"""Letters that did not get through: sending one again, because somebody decided to."""

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from dsr.errors import NotAllowed, NotFound, WrongState
from dsr.lifecycle import Actor
from dsr.models import Submission
from dsr.policies import Caller
from dsr.services._moves import holding
from dsr.services.doorbell import Bell, ring
from notifications import outbox
from notifications.models import Message

_MAY = frozenset({Actor.SUPPORT, Actor.ANALYST, Actor.APPROVER})


def send_again(message_id: UUID, *, by: Caller, at: datetime) -> Message:
    """Put a failed letter back at the start of its ladder. Raises NotAllowed, NotFound or WrongState.

    A letter that came back is not sent to the same address again: correct the address, or write anew.
    """
    if not by.roles & _MAY:
        raise NotAllowed(_("This is not yours to do."), code="not-your-move")
    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        raise NotFound(_("There is no such letter."))
    if not Submission.objects.filter(pk=message.about).exists():
        _put_back(message, at)
        return message
    with holding(submission_id=message.about) as case:
        _put_back(message, at)
        case.record("letter_sent_again", by=by, at=at, data={"letter": message.kind, "message": str(message.pk)})
    return message


def _put_back(message: Message, at: datetime) -> None:
    if not outbox.try_again(message.pk, at):
        raise WrongState(_("Only a letter that failed can be sent again."), code="not-failed")
    ring(Bell.MESSAGE, str(message.pk))
