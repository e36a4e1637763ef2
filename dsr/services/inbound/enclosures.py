"""What came along with a letter: handed in where it was asked for, taken out and destroyed where it was not."""

from datetime import datetime
from email.message import EmailMessage
from enum import StrEnum

from dsr.errors import RecourseError
from dsr.inbound import reading
from dsr.inbound.reading import Mail
from dsr.inbound.words import Flag
from dsr.models import InboundMail, MailEntry, MailMove, Submission
from dsr.packaging.vault import Broken, Missing
from dsr.policies import Caller
from dsr.services import evidence, letters, stopping
from dsr.services._moves import holding
from dsr.services.inbound.keeping import raw_of
from dsr.services.inbound.understanding import parsed
from dsr.services.storage import vault
from notifications.models import Forgotten


class Enclosed(StrEnum):
    """What to do with files that came along."""

    LEAVE = "leave"
    """They stay with the letter, and go when it goes."""
    HAND_IN = "hand_in"
    """Whatever the case has asked for is written anew and kept with it; the rest goes, and the person is told."""
    DESTROY = "destroy"
    """Nobody asked for them: they go now, and the person is told that they were not used."""


def words_of(row: InboundMail) -> str:
    """Return what somebody wrote in a letter; of one that only sends something on, what was sent on."""
    try:
        mail = parsed(row)
    except (ValueError, Forgotten, Missing, Broken):
        return ""
    return "\n\n".join(filter(None, (mail.fresh, mail.history if _sends_on(mail) else "")))


def _sends_on(mail: Mail) -> bool:
    return not mail.fresh or mail.subject != mail.bare_subject


def settle(row: InboundMail, case: Submission, how: Enclosed, *, by: Caller, at: datetime) -> int:
    """Deal with what came along, once the letter belongs to a case. Returns how many files were handed in.

    Call outside a transaction: files are rewritten in a process of their own. What stops in between leaves the files
    with the letter, which shows them still.
    """
    if how == Enclosed.LEAVE or Flag.ATTACHMENTS not in row.flags:
        return 0
    try:
        raw = raw_of(row)
        mail = parsed(row)
    except (ValueError, Forgotten, Missing, Broken):
        return 0
    handed = (
        sum(_hand_in(case, reading.content(raw, each.part), by, at) for each in mail.attachments)
        if (how == Enclosed.HAND_IN)
        else 0
    )
    _take_out(row, mail, at)
    if handed < len(mail.attachments):
        request = case.requests.order_by("id").first()
        if request is not None:
            stopping.note_unasked(request.pk, letters.Unasked.DOCUMENT, by=by, at=at)
    return handed


def _hand_in(case: Submission, data: bytes, by: Caller, at: datetime) -> bool:
    """Hand one file in for what the case has asked for; False where it has not, or the file is none that is taken."""
    with holding(submission_id=case.pk) as held:
        wanted = sorted(evidence.asked_for(held))
    for purpose in wanted[:1]:
        try:
            evidence.receive(case.pk, purpose, data, by=by, at=at)
        except RecourseError:
            return False
        return True
    return False


def _take_out(row: InboundMail, mail: Mail, at: datetime) -> None:
    """Keep of a letter only its words: what replaces it in the vault holds no file any more."""
    kept = EmailMessage()
    kept["Message-ID"], kept["Subject"] = _line(mail.message_id), _line(mail.subject)
    kept["From"] = _line(f"{mail.sender_name} <{mail.sender}>" if mail.sender_name else mail.sender)
    kept.set_content("\n\n".join(filter(None, (mail.fresh, mail.history, mail.signature))))
    with vault().writer(row.vault_name, row.data_key.key_bytes()) as out:
        out.write(kept.as_bytes())
    row.flags = [each for each in row.flags if each != Flag.ATTACHMENTS]
    InboundMail.objects.filter(pk=row.pk).update(flags=row.flags)
    MailEntry.objects.create(mail=row, at=at, move=MailMove.EMPTIED)


def _line(text: str) -> str:
    return " ".join(text.split())
