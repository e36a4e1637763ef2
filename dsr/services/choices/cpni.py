"""The CPNI ledger: entering what a customer decided, and answering whether data may be used, at any moment.

47 U.S.C. 222; 47 CFR 64.2001 to 64.2009.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from dsr import rules
from dsr.choices.cpni import DENIALS, Authority, Entry, Kind, Ledger, Needs, Standing, standing
from dsr.deadlines import local_date
from dsr.errors import Incomplete, NotFound
from dsr.models import CpniAccount, CpniEntry, CpniUse
from dsr.packaging import manifest
from dsr.rules import NotInRules, Regime
from dsr.rules.silence import Medium
from dsr.services.choices import cpnichain, invented
from notifications import sealing
from notifications.normal import normalise

REGIME = "us_cpni"
IMPORT = "import"
"""The channel of lines that come from another system's files: nobody acted."""
_APPROVING = frozenset({Kind.OPT_IN, Kind.REVOKE_OPT_OUT})


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be entered. ``account``, ``merged`` and ``actor`` are names in clear and kept as keyed hashes."""

    account: str
    kind: Kind
    at: datetime
    channel: str
    authority: Authority = Authority.ANYBODY
    actor: str = ""
    uses: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    medium: Medium | None = None
    mail_consented: bool = False
    """Whether the customer had agreed to such notices by mail. 47 CFR 64.2008(d)(3)"""
    notice_version: str = ""
    evidence: str = ""
    about: int | None = None
    merged: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """A line as it stands, whether it did what it was meant to, and the signed receipt for it.

    ``denied`` is what somebody else had said against it, where a representative could not end that.
    """

    entry: CpniEntry
    effective: bool
    receipt: dict[str, Any]
    denied: Entry | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether a use is approved, as of which moment, and what it needs to be."""

    standing: Standing
    needs: Needs
    at: datetime


# --- Entering --------------------------------------------------------------------------------------------------------


def enter(line: Line, *, by: str, at: datetime) -> Entered:
    """Enter a line; from the end of the transaction on every answer minds it. ``by`` is who typed or sent it.

    Raises Incomplete for what cannot be entered, and what the sentence says is missing.
    """
    regime = regime_of(at)
    _check(line, regime, at)
    with transaction.atomic():
        account, merged = _held(line.account, line.merged)
        about = _notice(account, line.about) if line.kind is Kind.NOTICE_BOUNCED else None
        return _write(line, account, merged, about, by, at)


def enter_after(notice: CpniEntry, line: Line, *, at: datetime) -> Entered:
    """Enter what became of a notice: a line of its account, whose name in clear nobody knows any more."""
    about = notice if line.kind is Kind.NOTICE_BOUNCED else None
    with transaction.atomic():
        account = CpniAccount.objects.select_for_update(no_key=True).get(pk=notice.account_id)
        return _write(line, account, None, about, "", at)


def _write(
    line: Line, account: CpniAccount, merged: CpniAccount | None, about: CpniEntry | None, by: str, at: datetime
) -> Entered:
    """Write the next line of an account, which is locked."""
    entry = CpniEntry(
        account=account,
        seq=account.lines + 1,
        kind=line.kind,
        at=line.at,
        day=day_of(line.at),
        recorded_at=at,
        channel=line.channel,
        authority=line.authority,
        actor=_actor(account, line.actor),
        uses=sorted(set(line.uses)),
        services=sorted(set(line.services)),
        medium=line.medium or "",
        notice_version=line.notice_version,
        evidence=line.evidence,
        about=about,
        merged=merged,
        entered_by=by,
        prev_hash=account.head,
    )
    entry.hash = cpnichain.digest(entry)
    entry.save(force_insert=True)
    account.lines, account.head = entry.seq, entry.hash
    account.save(update_fields=["lines", "head"])
    against = _outliving(entry)
    return Entered(entry, not against, receipt(entry), _by_another(entry, against))


def _check(line: Line, regime: Regime, at: datetime) -> None:
    problems: dict[str, str] = {}
    if line.at > at:
        problems["at"] = _("This is still to come.")
    if set(line.uses) - {each.id for each in regime.uses}:
        names = ", ".join(each.id for each in regime.uses)
        problems["purposes"] = _("There is no purpose of this name: give some of %(names)s.") % {"names": names}
    if set(line.services) - {each.id for each in regime.services}:
        problems["services"] = _no_service(regime)
    if line.kind in _APPROVING:
        problems |= _unproved(line)
    if line.kind is Kind.NOTICE_SENT:
        problems |= _not_given(line)
    if line.kind is Kind.LIMIT and not (line.uses or line.services):
        problems["services"] = _("Say what is limited, by uses or by services. What limits everything is an opt_out.")
    if line.merged and line.kind is not Kind.ACCOUNT_TRANSFERRED:
        problems["merged"] = _("Only account_transferred names another account.")
    if line.merged and normalise("account", line.merged) == normalise("account", line.account):
        problems["merged"] = _("This is the same account.")
    if problems:
        raise Incomplete(_("This cannot be entered."), problems=problems)


def _no_service(regime: Regime) -> str:
    names = ", ".join(each.id for each in regime.services)
    return _("There is no kind of service of this name: give one of %(names)s.") % {"names": names}


def _unproved(line: Line) -> dict[str, str]:
    """What is missing for an approval: only the customer makes one, and we carry the burden of proof. 64.2007(a)"""
    problems = {}
    if line.channel == IMPORT:
        problems["channel"] = _("An import approves nothing: only the holder or somebody authorised does, by an act.")
    if line.authority is Authority.ANYBODY:
        problems["authority"] = _("Only the holder of the account, or an authorised representative, may approve.")
    if not line.evidence:
        problems["evidence"] = _("Say where the evidence is, for example the number of the ticket or of the recording.")
    return problems


def _not_given(line: Line) -> dict[str, str]:
    problems = {}
    if line.medium is None:
        problems["medium"] = _("Say how the notice was sent: by email or by post.")
    if line.medium == "email" and not line.mail_consented:
        problems["mail_consented"] = _("By mail such a notice is given only to who agreed to that before.")
    if not line.notice_version:
        problems["notice_version"] = _("Say which version of the notice was sent.")
    return problems


def _held(account: str, merged: str) -> tuple[CpniAccount, CpniAccount | None]:
    """Return the account, locked, as its lines are written one after another, and the other; made where new.

    It costs the same for every account, so that nobody learns which have a ledger.
    """
    # In the order of their names, so that two who merge the same accounts do not wait for each other.
    names = sorted(sealing.listing_digest("account", name) for name in (account, merged) if name)
    made_up = invented.is_invented({"account": [account]})
    rows = [CpniAccount(digest=name, invented=made_up) for name in names]
    CpniAccount.objects.bulk_create(rows, ignore_conflicts=True)
    # The weaker lock: lines of other accounts may refer to this one meanwhile.
    held = _rows(account).select_for_update(no_key=True).earliest("pk")
    return held, _rows(merged).earliest("pk") if merged else None


def _rows(account: str) -> QuerySet[CpniAccount]:
    """The rows of one account: more than one while keys are exchanged, of which the first is written to."""
    return CpniAccount.objects.filter(digest__in=digests(account))


def _notice(account: CpniAccount, number: int | None) -> CpniEntry:
    found = account.entries.filter(pk=number, kind=Kind.NOTICE_SENT).first() if number else None
    if found is None:
        raise Incomplete(
            _("This cannot be entered."), problems={"about": _("Name the notice of this account that came back.")}
        )
    return found


def _actor(account: CpniAccount, actor: str) -> str:
    """Return the name under which somebody acts here; who acted under an older key keeps theirs."""
    if not actor:
        return ""
    marks = sealing.fingerprints("actor", actor)
    known = account.entries.filter(actor__in=marks).values_list("actor", flat=True).first()
    return known or marks[0]


def _outliving(entry: CpniEntry) -> list[Entry]:
    """Return the denials that a revocation or a yes was about and that still stand. Whatever else is entered works."""
    if entry.kind not in _APPROVING:
        return []
    account = str(entry.account_id)
    lines = _lines([entry.account_id])
    ledger = Ledger.at(account, lines, max(each.at for each in lines))
    (act,) = [each for each in lines if each.place == entry.pk]
    parts = ledger.parts(account)
    denials = [each for each in ledger.entries if each.kind in DENIALS and each.account in parts and _meet(act, each)]
    return [each for each in denials if not any(ledger.ends(one, each) for one in ledger.entries)]


def _by_another(entry: CpniEntry, against: Iterable[Entry]) -> Entry | None:
    """Return the first denial by somebody else than the representative who acts; who gave no name counts as one."""
    if entry.authority != Authority.REPRESENTATIVE:
        return None
    return next((each for each in against if not each.actor or each.actor != entry.actor), None)


def _meet(one: Entry, other: Entry) -> bool:
    """Whether two choices have a use and a service in common; what names none is about all."""
    pairs = ((one.uses, other.uses), (one.services, other.services))
    return all(not first or not second or bool(first & second) for first, second in pairs)


def receipt(entry: CpniEntry) -> dict[str, Any]:
    """Return a signed statement of what was entered, which names neither the account nor who acted."""
    said: dict[str, Any] = {
        "kind": "cpni_choice",
        "number": entry.pk,
        "choice": str(entry.kind),
        "received_at": entry.at.astimezone(UTC).isoformat(timespec="seconds"),
        "uses": entry.uses,
        "services": entry.services,
        "line": entry.hash,
    }
    return manifest.receipt(said)


def entered(number: int) -> CpniEntry:
    """Return a line that was entered. Raises NotFound."""
    found = CpniEntry.objects.filter(pk=number).first()
    if found is None:
        raise NotFound(_("There is no such line."))
    return found


# --- Asking ----------------------------------------------------------------------------------------------------------


def digests(account: str) -> list[str]:
    """Return the keyed hashes under which an account may stand in the ledger, the current one first."""
    return sealing.listing_digests("account", account)


def ask(account: str, use: str, service: str = "", *, moment: datetime) -> Answer:
    """Say whether a use was, or is, approved at a moment; see `ask_by`."""
    return ask_by(digests(account), use, service, moment=moment)


def ask_by(
    whose: Sequence[str], use: str, service: str = "", *, moment: datetime, known_at: datetime | None = None
) -> Answer:
    """Say whether a use was, or is, approved at a moment. Whatever is not known is not approved.

    ``whose`` are hashes of one account; ``known_at`` leaves out what was entered after a moment. Raises Incomplete for
    a use or a service that the law does not name, NotFound where its rules are not among ours.
    """
    lines = [each for each in _of(whose) if known_at is None or each.entered_at <= known_at]
    return _answer(lines, use, service, moment, moment)


def ask_for_campaign(
    whose: Sequence[str], use: str, service: str = "", *, campaign: str, by: str, at: datetime
) -> Answer:
    """Say it for a use that is about to be made, and keep who asked for what, as the law wants. 47 CFR 64.2009(c)

    Every line that is in counts, whatever the clock of the server said that entered it.
    """
    lines = _of(whose)
    answer = _answer(lines, use, service, at, max((at, *(each.at for each in lines))))
    CpniUse.objects.create(
        digest=whose[0],
        campaign=campaign,
        use=use,
        service=service,
        at=at,
        allowed=answer.standing.allowed,
        because=answer.standing.because,
        entry_id=answer.standing.place,
        asked_by=by,
    )
    return answer


def _answer(lines: Sequence[Entry], use: str, service: str, moment: datetime, until: datetime) -> Answer:
    regime = regime_of(moment)
    needs = next((Needs(each.needs) for each in regime.uses if each.id == use), None)
    problems = {}
    if needs is None or regime.notices is None:
        names = ", ".join(each.id for each in regime.uses)
        problems["purpose"] = _("There is no purpose of this name: give one of %(names)s.") % {"names": names}
    if service and service not in {each.id for each in regime.services}:
        problems["service"] = _no_service(regime)
    if problems or needs is None or regime.notices is None:
        raise Incomplete(_("This cannot be answered."), problems=problems)
    ledger = Ledger.at(_ASKED, lines, until)
    return Answer(standing(ledger, use, service, needs, regime.notices, day_of(moment)), needs, moment)


_ASKED = "asked"


def _of(whose: Sequence[str]) -> list[Entry]:
    """Return the lines of one account, named as the one that is asked about, and of those it was merged with.

    While keys are exchanged, one account may have rows under two of them, which count as one.
    """
    keys = list(CpniAccount.objects.filter(digest__in=whose).values_list("pk", flat=True))
    return _lines(keys, dict.fromkeys(keys, _ASKED)) if keys else []


def _lines(accounts: Iterable[int], names: Mapping[int, str] | None = None) -> list[Entry]:
    """Return all lines of some accounts, and of every other that they were ever merged with, by one look for each."""
    known: set[int] = set()
    found: dict[int, CpniEntry] = {}
    new = set(accounts)
    while new:
        known |= new
        rows = CpniEntry.objects.filter(Q(account__in=new) | Q(merged__in=new))
        found |= {row.pk: row for row in rows}
        new = {pk for row in found.values() for pk in (row.account_id, row.merged_id) if pk} - known
    return [_entry(row, names or {}) for row in found.values()]


def _entry(row: CpniEntry, names: Mapping[int, str]) -> Entry:
    merged = row.merged_id
    return Entry(
        place=row.pk,
        account=names.get(row.account_id, str(row.account_id)),
        kind=Kind(row.kind),
        at=row.at,
        day=row.day,
        entered_at=row.recorded_at,
        authority=Authority(row.authority),
        actor=row.actor,
        uses=frozenset(row.uses),
        services=frozenset(row.services),
        medium=row.medium or None,  # type: ignore[arg-type] # a constraint holds it to the media there are
        about=row.about_id,
        merged=names.get(merged, str(merged)) if merged else "",
    )


def regime_of(at: datetime) -> Regime:
    """Return the rules of a day. Raises NotFound."""
    try:
        return rules.pack().regime(REGIME, at.date())
    except NotInRules:
        raise NotFound(_("The rules on CPNI are not among those of this service.")) from None


def day_of(at: datetime) -> date:
    """Return the day of a moment where the notices are sent from; of one before the first notice, where that sits."""
    notice = rules.pack().notice_then(at.date())
    return local_date(at, notice.seat_for(REGIME).zone)
