"""What people do with letters that came by mail: file, add to a case, set aside, hand on, open again.

Whoever sets a letter aside that seems to ask for something, or comes from an authority, proposes it; another confirms.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from dsr.errors import Incomplete, NotAllowed, NotFound, WrongState
from dsr.models import (
    NOT_OURS,
    QUEUES,
    Channel,
    InboundMail,
    MailCode,
    MailEnd,
    MailEntry,
    MailKind,
    MailMove,
    MailState,
    Submission,
)
from dsr.policies import Caller
from dsr.selectors.queue import cleaned_reference
from dsr.services import intake, threads
from dsr.services.inbound import enclosures
from dsr.services.inbound.enclosures import Enclosed
from dsr.services.inbound.understanding import shortened
from dsr.services.intake import Filed, Filing, Want
from notifications.sealing import fingerprints

PERMISSION = "dsr.handle_mail"
LOOK = timedelta(hours=1)
"""For how long one opening of a letter stands for all that the same person makes of it."""
_ASKING = frozenset({MailKind.REQUEST, MailKind.REPLY, MailKind.REGULATOR, MailKind.LAW_ENFORCEMENT})
_MOVES = {MailEnd.NOT_OURS: MailMove.NOT_OURS, MailEnd.FORWARDED: MailMove.FORWARDED}


class Act(StrEnum):
    """What a person can do about a letter."""

    FILE = "file"
    TIE = "tie"
    SET_ASIDE = "set_aside"
    HAND_ON = "hand_on"
    CONFIRM = "confirm"
    SEND_BACK = "send_back"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody read in a letter: who asks, from where, and what for."""

    email: str
    country: str
    relationship: str
    wants: tuple[Want, ...]
    name: str = ""
    region: str = ""
    language: str = "en"
    enclosed: Enclosed = Enclosed.LEAVE


def check_can(row: InboundMail, act: Act, by: Caller) -> None:
    """Raise the first reason why somebody may not do something to a letter now. Raises NotAllowed or WrongState."""
    if by.user is None or not by.user.has_perm(PERMISSION) or not by.roles:
        raise NotAllowed(_("Dealing with letters is not yours to do."), code="not-your-move")
    if row.sender_fingerprint and row.sender_fingerprint in fingerprints("email", by.user.email):
        raise NotAllowed(_("This letter is from you, so a colleague has to deal with it."), code="own-case")
    if row.purged_at is not None:
        raise WrongState(_("This letter has been destroyed."), code="purged")
    if act == Act.REOPEN:
        if row.state != MailState.DONE:
            raise WrongState(_("This letter is open."), code="mail-open")
        return
    if row.state != MailState.WAITING:
        raise WrongState(_("This letter has been dealt with. Open it again first."), code="mail-done")
    if act in (Act.CONFIRM, Act.SEND_BACK):
        _check_proposed(row, act, by)
    elif row.end:
        raise WrongState(_("Something was proposed. It has to be confirmed or sent back first."), code="mail-proposed")


def _check_proposed(row: InboundMail, act: Act, by: Caller) -> None:
    if not row.end:
        raise WrongState(_("Nothing is proposed."), code="mail-not-proposed")
    if act == Act.CONFIRM and row.proposed_by_id == by.user_id:
        raise NotAllowed(_("You proposed this, so somebody else has to confirm it."), code="four-eyes")


def opened(row: InboundMail, *, by: Caller, at: datetime) -> bool:
    """Put on record that somebody reads a letter, once for as long as one looks at it. False where that was done."""
    lately = row.entries.filter(move=MailMove.OPENED, by=_whose(by), at__gt=at - LOOK)
    if lately.exists():
        return False
    with transaction.atomic():
        InboundMail.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if lately.exists():  # two pages of one person at once
            return False
        _note(row, MailMove.OPENED, by, at)
    return True


def needs_second(row: InboundMail) -> bool:
    """Whether two people decide that nothing comes of a letter: where it seems to ask for something of ours."""
    return bool(row.rights) or row.kind in _ASKING


def file(mail_id: UUID, said: Said, *, by: Caller, at: datetime) -> Filed:
    """File a letter as a new submission, received when the mail server got it.

    Done twice it is one submission. Raises NotAllowed, NotFound, WrongState, or Incomplete with a sentence by field.
    """
    row = _checked(mail_id, Act.FILE, by)
    filing = Filing(
        channel=Channel.EMAIL,
        language=said.language,
        country=said.country,
        region=said.region,
        relationship=said.relationship,
        email=said.email,
        name=said.name,
        wants=said.wants,
        received_at=row.received_at,
        idempotency_scope="mail",
        idempotency_key=f"{row.pk}:{row.rounds}",
    )
    filed = intake.file(filing, by=by, at=at)
    # Crashing here files nothing twice: the key brings the same submission back.
    with _locked(mail_id, Act.FILE, by) as row:
        _keep_words(row, filed.submission, by, at)
        _end(row, MailEnd.FILED, MailCode.NONE, by, at)
        row.case = filed.submission
        _note(row, MailMove.FILED, by, at, {"rights": [str(want.right) for want in said.wants]})
    enclosures.settle(row, filed.submission, said.enclosed, by=by, at=at)
    return filed


def tie(mail_id: UUID, reference: str, enclosed: Enclosed = Enclosed.LEAVE, *, by: Caller, at: datetime) -> Submission:
    """Add a letter to the conversation of a case. Raises NotAllowed, NotFound, WrongState or Incomplete."""
    _checked(mail_id, Act.TIE, by)
    found = Submission.objects.filter(reference=cleaned_reference(reference)).first()
    if found is None:
        raise Incomplete(_("There is no case with this reference."), field="reference")
    with _locked(mail_id, Act.TIE, by) as row:
        if not (row.case_id == found.pk and row.entries.filter(move=MailMove.TIED).exists()):
            _keep_words(row, found, by, at)
        _end(row, MailEnd.TIED, MailCode.NONE, by, at)
        row.case = found
        _note(row, MailMove.TIED, by, at)
    enclosures.settle(row, found, enclosed, by=by, at=at)
    return found


def set_aside(mail_id: UUID, code: str, *, by: Caller, at: datetime) -> InboundMail:
    """Say that a letter is nothing of ours, and why; or propose it, where two people decide."""
    return _without(mail_id, Act.SET_ASIDE, MailEnd.NOT_OURS, code, NOT_OURS, by, at)


def hand_on(mail_id: UUID, code: str, *, by: Caller, at: datetime) -> InboundMail:
    """Note that a letter is handed to others, and to whom; or propose it, where two people decide.

    Nothing is sent from here: whoever hands it on does so by the channel that those others have.
    """
    return _without(mail_id, Act.HAND_ON, MailEnd.FORWARDED, code, QUEUES, by, at)


def confirm(mail_id: UUID, *, by: Caller, at: datetime) -> InboundMail:
    """Confirm what a colleague proposed."""
    with _locked(mail_id, Act.CONFIRM, by) as row:
        end, code = MailEnd(row.end), MailCode(row.code)
        _end(row, end, code, by, at)
        _note(row, _MOVES[end], by, at, {"code": str(code)})
    return row


def send_back(mail_id: UUID, *, by: Caller, at: datetime) -> InboundMail:
    """Take back what was proposed: the letter waits again."""
    with _locked(mail_id, Act.SEND_BACK, by) as row:
        row.end, row.code, row.proposed_by = MailEnd.NONE, MailCode.NONE, None
        _note(row, MailMove.SENT_BACK, by, at)
    return row


def reopen(mail_id: UUID, *, by: Caller, at: datetime) -> InboundMail:
    """Open a letter again that was dealt with; what was done with it then stays done."""
    with _locked(mail_id, Act.REOPEN, by) as row:
        row.state, row.end, row.code = MailState.WAITING, MailEnd.NONE, MailCode.NONE
        row.proposed_by = row.done_by = row.done_at = row.purge_at = row.warned_at = None
        row.rounds += 1
        row.due_at = at + timedelta(days=settings.MAIL_LOOKED_AT_DAYS)
        _note(row, MailMove.REOPENED, by, at)
    return row


def _without(
    mail_id: UUID, act: Act, end: MailEnd, code: str, known: tuple[MailCode, ...], by: Caller, at: datetime
) -> InboundMail:
    if code not in known:
        raise Incomplete(_("Choose one of these."), field="code")
    with _locked(mail_id, act, by) as row:
        if needs_second(row):
            row.end, row.code, row.proposed_by = end, code, by.user
            _note(row, MailMove.PROPOSED, by, at, {"end": str(end), "code": code})
        else:
            _end(row, end, MailCode(code), by, at)
            _note(row, _MOVES[end], by, at, {"code": code})
    return row


def _keep_words(row: InboundMail, case: Submission, by: Caller, at: datetime) -> None:
    """Put what the letter says into the case's conversation, where all who work on it read it."""
    text = enclosures.words_of(row)
    if text:
        threads.mailed(case.pk, shortened(text), by=by, at=at)


def _end(row: InboundMail, end: MailEnd, code: MailCode, by: Caller, at: datetime) -> None:
    row.state, row.end, row.code = MailState.DONE, end, code
    row.done_at, row.done_by = at, by.user
    row.purge_at = at + timedelta(days=settings.MAIL_KEPT_DAYS)


def _note(row: InboundMail, move: MailMove, by: Caller, at: datetime, facts: dict[str, object] | None = None) -> None:
    MailEntry.objects.create(mail=row, at=at, move=move, facts=facts or {}, by=_whose(by))


def _whose(by: Caller) -> str:
    return str(by.user_id) if by.user_id else ""


def _checked(mail_id: UUID, act: Act, by: Caller) -> InboundMail:
    with _locked(mail_id, act, by) as row:
        return row


@contextmanager
def _locked(mail_id: UUID, act: Act, by: Caller) -> Iterator[InboundMail]:
    """Hand out one letter, locked, to somebody who may do this to it now, and save it where the block ends well."""
    with transaction.atomic():
        rows = InboundMail.objects.select_for_update(of=("self",)).select_related("data_key")
        row = rows.filter(pk=mail_id).first()
        if row is None:
            raise NotFound(_("There is no such letter."))
        check_can(row, act, by)
        yield row
        row.save()
