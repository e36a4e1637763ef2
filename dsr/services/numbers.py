"""A code by text message to the number on file: asked for, sent again, typed in. Nothing shows whether there is one.

Where no number is on file everything happens as where there is one, rows, counters, waits and all, with two
exceptions: the message is taken back before anybody could send it, and no code in the world is right.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from dsr.errors import WrongState
from dsr.lifecycle import State
from dsr.models import SubjectRequest, Submission
from dsr.policies import Caller
from dsr.services import asked, proving, texting
from dsr.services._moves import Case, holding
from notifications import outbox, sealing
from notifications.sms import deliverable
from verification import sms
from verification.errors import Unknown
from verification.models import Challenge
from verification.proofs import Method

_NO_CODE: Final = "-"
"""In place of a code's digest: nothing that anybody types has it."""


def send(submission_id: UUID, *, at: datetime) -> UUID:
    """Text a code to the number on file, in place of one sent before; return the challenge that it answers.

    Raises WrongState where a text message is no way, or the systems are still being asked, and sms.TooSoon.
    """
    with holding(submission_id=submission_id) as case:
        _check_way(case)
        number = on_file(case.submission)
        challenge_id = texting.send_code(case, number or nowhere(case.submission), at=at)
        _unsend(case.submission, challenge_id)
    return challenge_id


def _unsend(submission: Submission, challenge_id: UUID) -> None:
    """Take back what went to no number: the same statements whether or not it did."""
    mark = sealing.fingerprint("phone", nowhere(submission))
    outbox.about(submission.pk).filter(to_fingerprint=mark).delete()
    Challenge.objects.filter(pk=challenge_id, address_fingerprint=mark).update(code_hash=_NO_CODE)


def _check_way(case: Case) -> None:
    if case.submission.looked_at is None:
        raise WrongState(_("We are asking our systems first. Please try again in some minutes."), code="not-yet")
    found = asked.open_for(case.submission, case.requests())
    if case.submission.stopped_at is not None or not any(Method.SMS_CODE in each.ways for each in found):
        raise WrongState(_("A text message would not be enough here. Choose another way."), code="not-this-way")


def on_file(submission: Submission) -> str:
    """Return the number on file for whoever has the contact address, "" where there is none that can be texted."""
    contact = submission.open_json("standing").get("contact", {})
    for number in contact.get("on_file", {}).get("phone", ()):
        try:
            return deliverable(str(number), submission.country)
        except ValueError:
            continue
    return ""


def nowhere(submission: Submission) -> str:
    """Return a number that nobody can have, another one for each submission so that none counts against another.

    The numbering plan of North America gives the area code 555 to nobody.
    """
    return f"+1555{2_000_000 + submission.pk.int % 8_000_000}"


def confirm(submission_id: UUID, challenge_id: UUID, code: str, *, by: Caller, at: datetime) -> list[SubjectRequest]:
    """Take the code; return the requests that it lets through. A second time changes nothing.

    Raises the errors of verification.sms. Not in a transaction, which would take the count of wrong codes with it.
    """
    if not Challenge.objects.filter(pk=challenge_id, about=submission_id).exists():
        raise Unknown
    confirmed = sms.confirm_code(challenge_id, code, at)
    with holding(submission_id=submission_id) as case:
        waiting = any(request.state == State.VERIFYING for request in case.requests())
        known = confirmed.address in case.submission.open_json("proved").get("phone", ())
        if known or not waiting:
            return []
        return proving.record(
            case, Method.SMS_CODE, by=by, at=at, proved={"phone": [confirmed.address]}, read=confirmed.address
        )
