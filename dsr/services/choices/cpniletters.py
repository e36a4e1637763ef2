"""Mails about CPNI that we send ourselves: queued with the line that they are about, both or neither.

A notice is none any more once its mail comes back, and the owner of an account is told where two people disagree.

The address is known for no longer than the mail is under way; what becomes of it afterwards is found by its number.
47 CFR 64.2008
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from dsr import rules
from dsr.choices.cpni import Kind
from dsr.errors import Incomplete, NotFound
from dsr.models import CpniEntry, CpniLetter
from dsr.rules import Regime, silence_after
from dsr.services import letterlint, letters, links
from dsr.services.choices import cpni
from dsr.services.doorbell import Bell, ring
from notifications import outbox
from notifications.ids import uuid7
from notifications.letters import PARTS, Letter, pack, template
from notifications.mail import deliverable
from notifications.models import DataKey, Message, MessageState

BY_MAIL = "mail"
"""The channel of lines that say what became of a mail: nobody acted."""
_RIGHT = "cpni_opt_out"
_SILENCE = "silence"
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Sent:
    """A notice as it stands in the ledger, and what follows from silence after it."""

    entry: CpniEntry
    receipt: Mapping[str, Any]
    runs_out: date
    next_notice_due: date


def send_notice(account: str, email: str, *, consented: bool, version: str, by: str, at: datetime) -> Sent:
    """Queue the notice to a customer and enter that it was sent, both or neither. ``by`` is who has it sent.

    Without ``version`` it is that of the words that are sent. Raises Incomplete, NotFound where the rules know no
    notice, and LettersBroken where the templates leave out what the law wants stated.
    """
    regime = cpni.regime_of(at)
    if regime.notices is None:
        raise NotFound(_("The rules on CPNI know no notice."))
    to = _address(email, "email")
    if not consented:
        sentence = _("By mail such a notice is given only to who agreed to that before.")
        raise Incomplete(_("This cannot be sent."), problems={"consented": sentence})
    letterlint.check_kind(letters.CpniNotice.kind)
    letter = _notice(regime, regime.notices.wait_days, at)
    line = cpni.Line(
        account=account,
        kind=Kind.NOTICE_SENT,
        at=at,
        channel="api",
        medium="email",
        mail_consented=consented,
        notice_version=version or _version(regime, letter),
    )
    with transaction.atomic():
        entered = cpni.enter(line, by=by, at=at)
        _queue(letter, entered.entry, to, at)
    follows = silence_after(regime.notices, entered.entry.day, "email")
    return Sent(entered.entry, entered.receipt, follows.runs_out, follows.next_notice_due)


def enter(line: cpni.Line, owner_email: str = "", *, by: str, at: datetime) -> tuple[cpni.Entered, bool]:
    """Enter a line as `cpni.enter` does, and write to the owner where a representative could not end another's denial.

    Returns with it whether the owner is still to be told, as nobody said where. Raises Incomplete.
    """
    to = _address(owner_email, "owner_email") if owner_email else ""
    with transaction.atomic():
        entered = cpni.enter(line, by=by, at=at)
        if entered.denied is None or not to:
            return entered, entered.denied is not None
        said = rules.pack().notice_in_force(at.date())
        letter = letters.CpniDisagreed(
            organisation=said.organisation.short_name, denied_on=entered.denied.day, allowed_on=entered.entry.day
        )
        _queue(letter, entered.entry, to, at)
    return entered, False


def not_reached(about: UUID, at: datetime) -> None:
    """Enter that a notice came back or could not be sent, inside the caller's transaction: it was none, then."""
    found = CpniLetter.objects.filter(pk=about, entry__kind=Kind.NOTICE_SENT).select_related("entry").first()
    if found is not None and not CpniEntry.objects.filter(about=found.entry).exists():
        _bounce(found, at)


def tidy(at: datetime) -> int:
    """Forget the addresses of mails that are no longer under way. Returns how many."""
    under_way = Message.objects.filter(about=OuterRef("pk"), state=MessageState.WAITING)
    with transaction.atomic():
        over = CpniLetter.objects.filter(~Exists(under_way), forgotten_at=None).order_by("pk")
        locked = over.select_for_update(of=("self",), skip_locked=True)
        rows = {row.pk: row for row in locked.select_related("data_key", "entry")[:_AT_ONCE]}
        # Locked, so that nobody has one of them sent again meanwhile.
        mails = list(Message.objects.filter(about__in=rows).order_by("pk").select_for_update())
        done = [mail for mail in mails if mail.state != MessageState.WAITING]
        for mail in done:
            _settle(rows[mail.about], mail, at)
        CpniLetter.objects.filter(pk__in=[mail.about for mail in done]).update(forgotten_at=at)
    return len(done)


def _settle(letter: CpniLetter, mail: Message, at: datetime) -> None:
    if mail.sent_at is None or mail.state != MessageState.SENT:
        not_reached(letter.pk, at)
    else:
        _count_from(letter, mail.sent_at, at)
    outbox.purge(letter.pk, at)
    letter.data_key.forget(at)


def _count_from(letter: CpniLetter, sent_at: datetime, at: datetime) -> None:
    """Have the wait begin on the day on which a notice really left, where that was a later one. 47 CFR 64.2008(d)(1)"""
    notice = letter.entry
    if notice.kind != Kind.NOTICE_SENT or cpni.day_of(sent_at) <= notice.day:
        return
    if CpniEntry.objects.filter(about=notice).exists():
        return
    _bounce(letter, at)
    line = cpni.Line(
        account="",
        kind=Kind.NOTICE_SENT,
        at=sent_at,
        channel=BY_MAIL,
        medium="email",
        mail_consented=True,
        notice_version=notice.notice_version,
        evidence=f"mail:{letter.pk}",
    )
    letter.entry = cpni.enter_after(notice, line, at=at).entry
    letter.save(update_fields=["entry"])


def _bounce(letter: CpniLetter, at: datetime) -> None:
    line = cpni.Line(
        account="",
        kind=Kind.NOTICE_BOUNCED,
        at=at,
        channel=BY_MAIL,
        evidence=f"mail:{letter.pk}",
        about=letter.entry.pk,
    )
    cpni.enter_after(letter.entry, line, at=at)


# --- What is sent ----------------------------------------------------------------------------------------------------


def _address(email: str, place: str) -> str:
    try:
        return deliverable(email)
    except ValueError:
        sentence = _("This is no address that mail can be sent to.")
        raise Incomplete(_("This cannot be sent."), problems={place: sentence}) from None


def _notice(regime: Regime, wait_days: int, at: datetime) -> letters.CpniNotice:
    """Return the notice of a day: what silence is enough for, and who is given the information for that."""
    said = rules.pack().notice_in_force(at.date())
    group = [each.title for each in said.recipients if each.role == "group"]
    return letters.CpniNotice(
        organisation=said.organisation.short_name,
        demands=regime.must_say("opt_out_notice", _RIGHT),
        purposes=tuple(each.text for each in regime.uses if each.needs == _SILENCE),
        recipients=(said.organisation.name, *group),
        wait_days=wait_days,
        link=links.cpni(),
    )


def _version(regime: Regime, letter: Letter) -> str:
    """Return a name for the words of a notice: the day of the rules, and a digest of all that is in it."""
    words = [*(str(template(letter.kind, part).source) for part in PARTS), pack(letter)]
    return f"{regime.window.opens}:{hashlib.sha256(chr(0).join(words).encode()).hexdigest()[:12]}"


def _queue(letter: Letter, entry: CpniEntry, to: str, at: datetime) -> None:
    key = DataKey.new(at)
    key.save(force_insert=True)
    row = CpniLetter.objects.create(id=uuid7(at), entry=entry, data_key=key)
    message = outbox.queue(letter, to=to, language=settings.LANGUAGE_CODE, data_key=key, about=row.pk, at=at)
    ring(Bell.MESSAGE, str(message.pk))
