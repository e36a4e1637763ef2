"""From a kept letter to a proposal that somebody looks at. Nothing is filed, ended or answered here.

A reply that is surely about a case goes into its conversation, where it is staff's turn. A returned letter is noted at
the message that came back. Everything else waits for a person, whatever it seems to be.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from dsr.errors import RecourseError
from dsr.inbound import proposing, reading
from dsr.inbound.proposing import Proposal
from dsr.inbound.reading import Mail
from dsr.inbound.words import Flag, Kind
from dsr.logs import get_logger
from dsr.models import InboundMail, MailEnd, MailEntry, MailMove, MailState
from dsr.packaging.vault import Broken, Missing
from dsr.policies import Caller
from dsr.rules import pack
from dsr.services import intake, threads
from dsr.services.inbound.keeping import raw_of
from dsr.services.inbound.matching import Match, match
from notifications import delivery
from notifications.mail import row_id
from notifications.models import Forgotten, Message, MessageState
from notifications.sealing import fingerprint

log = get_logger(__name__)
BATCH = 20
_CLAIM = timedelta(minutes=10)
_TRIES = 3
"""Whatever takes a worker down so often is put before people unread."""
CHILD, AUTHORITY, OTHERS, MACHINES = 0, 1, 5, 9
"""What goes first."""
_AUTHORITIES = frozenset({Kind.REGULATOR, Kind.LAW_ENFORCEMENT})
_MACHINES = frozenset({Kind.AUTOMATIC, Kind.BOUNCE, Kind.SALES})
_MAY_REPLY = frozenset({Kind.REQUEST, Kind.UNCLEAR})
_HARMLESS = frozenset({Flag.BROKEN, Flag.MANY_RECIPIENTS})
_BECAUSE = 12
_PERSON = Caller.person("email")


def understand_due(at: datetime, *, limit: int = BATCH) -> int:
    """Look at letters that were kept and not looked at yet. Returns how many."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=at)
    waiting = InboundMail.objects.filter(free, state=MailState.KEPT).order_by("received_at")
    done = 0
    for pk in list(waiting.values_list("pk", flat=True)[:limit]):
        claimed = InboundMail.objects.filter(free, pk=pk, state=MailState.KEPT).update(
            claimed_until=at + _CLAIM, attempts=F("attempts") + 1
        )
        if claimed:
            understand(pk, at)
            done += 1
    return done


def understand(mail_id: UUID, at: datetime) -> InboundMail:
    """Look at one letter and put it where it waits for people. Done twice it changes nothing."""
    row = InboundMail.objects.select_related("data_key").get(pk=mail_id)
    mail, proposal = _understood(row)
    found = match(mail) if proposal.kind not in _MACHINES else Match()
    with transaction.atomic():
        held = InboundMail.objects.select_for_update(of=("self",)).select_related("data_key")
        row = held.get(pk=mail_id)
        if row.state != MailState.KEPT:
            return row
        _note(row, mail, proposal, found, at)
        if proposal.kind == Kind.BOUNCE and _came_back(mail, at):
            _end(row, MailEnd.RETURNED, MailMove.RETURNED, at)
        elif _goes_to_its_case(row, mail, proposal, found, at) and not row.rights and not row.flags:
            _end(row, MailEnd.TIED, MailMove.TIED, at)
        row.save()
    return row


def parsed(row: InboundMail) -> Mail:
    """Return what a letter says. Raises ValueError, Forgotten, and packaging.vault.Missing or Broken."""
    phrases = pack().phrases
    domains = {address.rpartition("@")[2].lower() for address in _contacts(row)}
    return reading.read(
        raw_of(row),
        openings=proposing.openings(phrases),
        quoted=proposing.quoted(phrases),
        own_domains=domains | {settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ").lower()},
    )


def _understood(row: InboundMail) -> tuple[Mail, Proposal]:
    if row.attempts > _TRIES:
        return Mail(), Proposal(Kind.UNREADABLE)
    try:
        mail = parsed(row)
        return mail, proposing.propose(mail, pack().phrases, child_subjects=_child_subjects(row))
    except (ValueError, Forgotten, Missing, Broken) as error:
        log.warning("letter unreadable", id=str(row.pk), error=type(error).__name__)
        return Mail(), Proposal(Kind.UNREADABLE)


def _contacts(row: InboundMail) -> list[str]:
    return [each.email for each in intake.notice_for(row.received_at).contacts if each.email]


def _child_subjects(row: InboundMail) -> tuple[str, ...]:
    """Return the subjects that the notice names for mail; whatever it names one for is urgent."""
    return tuple(
        each.subject for each in intake.notice_for(row.received_at).channels if each.kind == "email" and each.subject
    )


def _note(row: InboundMail, mail: Mail, proposal: Proposal, found: Match, at: datetime) -> None:
    """Write down what a letter seems to be."""
    filed = {request.right for request in found.case.requests.all()} if found.case and found.sure else set()
    flags = {*proposal.flags, *map(Flag, row.flags), *([Flag.FOREIGN_SENDER] if found.foreign else [])}
    row.state, row.read_at, row.claimed_until = MailState.WAITING, at, None
    row.kind = str(Kind.REPLY if found.case and proposal.kind in _MAY_REPLY else proposal.kind)
    row.rights = [right for right in proposal.rights if right not in filed]
    row.flags = sorted(map(str, flags))
    row.case = found.case
    row.rank = _rank(proposal)
    if row.rank <= AUTHORITY:
        row.due_at = min(row.due_at, row.received_at + timedelta(days=1))
    row.sender_fingerprint = fingerprint("email", mail.sender) if mail.sender else ""
    row.seal("sender", f"{mail.sender_name}\n{mail.sender}")
    row.seal("subject", mail.subject)
    row.seal_json("because", {each.meaning: each.words for each in proposal.because[:_BECAUSE]})
    facts = {"kind": row.kind, "rights": row.rights}
    MailEntry.objects.create(mail=row, at=at, move=MailMove.READ, facts=facts)


def _rank(proposal: Proposal) -> int:
    if proposal.child:
        return CHILD
    if proposal.kind in _AUTHORITIES:
        return AUTHORITY
    return MACHINES if proposal.kind in _MACHINES else OTHERS


def _came_back(mail: Mail, at: datetime) -> bool:
    """Note at the messages of ours that came back that they did; staff see them where undeliverable letters are."""
    codes = mail.returned.codes if mail.returned else ()
    for message_id, code in codes:
        delivery.bounced(message_id, code, at)
    ours = [row_id(message_id) for message_id, _code in codes]
    return Message.objects.filter(pk__in=[each for each in ours if each], state=MessageState.BOUNCED).exists()


def _goes_to_its_case(row: InboundMail, mail: Mail, proposal: Proposal, found: Match, at: datetime) -> bool:
    """Put a reply into the conversation of its case, if it is surely one."""
    if found.case is None or not found.sure or proposal.kind not in _MAY_REPLY or not mail.fresh:
        return False
    row.flags = [each for each in row.flags if each not in _HARMLESS]
    try:
        with transaction.atomic():
            threads.mailed(found.case.pk, shortened(mail.fresh), by=_PERSON, at=at)
    except RecourseError:
        return False
    MailEntry.objects.create(mail=row, at=at, move=MailMove.TIED)
    return True


def shortened(text: str) -> str:
    """Return as much of a letter as a message holds, and say so where that is not all."""
    if len(text) <= threads.LONGEST:
        return text
    more = _("(The rest of this letter is longer than a message may be.)")
    return f"{text[: threads.LONGEST - len(more) - 2]}\n\n{more}"


def _end(row: InboundMail, end: MailEnd, move: MailMove, at: datetime) -> None:
    """Settle a letter of which nothing is left to be decided."""
    row.state, row.end, row.done_at = MailState.DONE, end, at
    row.purge_at = at + timedelta(days=settings.MAIL_KEPT_DAYS)
    if move != MailMove.TIED:
        MailEntry.objects.create(mail=row, at=at, move=move)
