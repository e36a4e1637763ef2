"""Whether information about how a service is used (CPNI) may be used for marketing: computed from a ledger.

The choice belongs to an account and whoever holds it, not to the person who makes it. Nothing here is stored: the same
entries give the same answer for the same moment for ever. What may never happen is that a denial wears out: only an act
of revocation ends it, by somebody who may. 47 U.S.C. 222; 47 CFR 64.2005 to 64.2009.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from dsr.rules import Silence, silence_after
from dsr.rules.schema.periods import NoticeRule
from dsr.rules.silence import Medium


class Kind(StrEnum):
    """What can be entered."""

    NOTICE_SENT = "notice_sent"
    NOTICE_BOUNCED = "notice_bounced"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    LIMIT = "limit"
    REVOKE_OPT_OUT = "revoke_opt_out"
    ACCOUNT_TRANSFERRED = "account_transferred"
    ACCOUNT_CLOSED = "account_closed"


class Authority(StrEnum):
    """Who acted for the account."""

    HOLDER = "holder"
    REPRESENTATIVE = "representative"
    ANYBODY = "anybody"
    """No authority was shown. Enough to deny, never to approve."""


class Needs(StrEnum):
    """What a use of the information needs."""

    NOTHING = "nothing"
    """The service itself, fraud, and offers within the kinds of service the customer has. 47 CFR 64.2005"""
    SILENCE = "silence"
    """Own marketing of communications services: silence after a notice is enough. 47 CFR 64.2007(b)"""
    YES = "yes"
    """Everything else."""


class Because(StrEnum):
    """Why an answer is what it is."""

    NONE_NEEDED = "none_needed"
    OPTED_IN = "opted_in"
    SILENT = "silent"
    OPTED_OUT = "opted_out"
    LIMITED = "limited"
    CLOSED = "closed"
    NEEDS_YES = "needs_yes"
    NO_NOTICE = "no_notice"
    WAITING = "waiting"
    NOTICE_LATE = "notice_late"


_BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
DENIALS: Final = frozenset({Kind.OPT_OUT, Kind.LIMIT})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger. ``place`` orders lines of one moment; ``account`` is a name for it, never its number.

    ``uses`` and ``services`` say what a choice is about; empty means everything.
    """

    place: int
    account: str
    kind: Kind
    at: datetime
    day: date
    """The day of that moment where notices are sent from."""
    entered_at: datetime = _BEGINNING
    """When it was entered, which may be long after it happened."""
    authority: Authority = Authority.ANYBODY
    actor: str = ""
    uses: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    medium: Medium | None = None
    about: int | None = None
    """The notice that came back."""
    merged: str = ""
    """The account whose customer went over to this one; empty where this account has another holder now."""

    def covers(self, use: str, service: str) -> bool:
        """Whether a choice is about a use of what one service knows. What is about no service is about all."""
        return (not self.uses or use in self.uses) and (not self.services or not service or service in self.services)

    def grants(self, use: str, service: str) -> bool:
        """Whether an approval reaches as far as that; asked about every service, it must be about every one."""
        return (not self.uses or use in self.uses) and (not self.services or service in self.services)


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a use is approved at a moment, why, since when, on which line that rests and until which day it lasts."""

    allowed: bool
    because: Because
    since: datetime | None = None
    place: int | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """What had been entered by one moment about an account and those merged into it, in order."""

    account: str
    entries: tuple[Entry, ...]

    @classmethod
    def at(cls, account: str, entries: Iterable[Entry], at: datetime) -> "Ledger":
        """Return the ledger of a moment. ``entries`` may hold those of any account, in any order."""
        return cls(account, tuple(sorted((each for each in entries if each.at <= at), key=_when)))

    def before(self, entry: Entry) -> "Ledger":
        """Return the ledger as it was when an entry was made."""
        return Ledger(self.account, tuple(each for each in self.entries if _when(each) < _when(entry)))

    def parts(self, account: str) -> frozenset[str]:
        """Return an account and those merged into it, directly or by way of others."""
        found: set[str] = set()
        waiting = [account]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += [each.merged for each in self.entries if each.account == one and each.merged]
        return frozenset(found)

    def given_up(self, account: str) -> Entry | None:
        """Return the line by which an account went over into another one."""
        return next((each for each in self.entries if each.merged == account), None)

    def denials(self, use: str, service: str) -> list[Entry]:
        """Return everything that was ever said against a use, be it revoked or not."""
        parts = self.parts(self.account)
        said = (each for each in self.entries if each.account in parts and each.kind in DENIALS)
        return [each for each in said if each.covers(use, service)]

    def denial(self, use: str, service: str) -> Entry | None:
        """Return the denial that stands in the way of a use; of several an opt-out, then the oldest."""
        standing = [each for each in self.denials(use, service) if not self._revoked(each, use, service)]
        return min(standing, key=lambda each: (each.kind is Kind.LIMIT, _when(each)), default=None)

    def _revoked(self, denial: Entry, use: str, service: str) -> bool:
        # An act on an account that is no part of this one is another customer's.
        parts = self.parts(self.account)
        acts = (each for each in self.entries if each.account in parts)
        return any(each.grants(use, service) and self.ends(each, denial) for each in acts)

    def ends(self, act: Entry, denial: Entry) -> bool:
        """Whether an act revokes a denial: later and entered later, for an account of which it is part, and by who may.

        Of two who act for one account the more protective wins, so one representative cannot undo another's word, and
        whoever acted for an earlier holder has no say for the next.
        """
        if act.kind is not Kind.REVOKE_OPT_OUT or _when(act) <= _when(denial):
            return False
        then = self.before(act)
        same = bool(act.actor) and act.actor == denial.actor and not then.handed_over(act.account, denial)
        if act.authority is not Authority.HOLDER and not (act.authority is Authority.REPRESENTATIVE and same):
            return False
        # What was entered only after the act it cannot have been about, whatever day that bears: no denial, no merger.
        known = Ledger(self.account, tuple(each for each in then.entries if each.place < act.place))
        if denial not in known.entries or denial.account not in known.parts(act.account):
            return False
        # Whoever has given an account up to another one has nothing more to say about it.
        return then.given_up(act.account) is None

    def handed_over(self, account: str, since: Entry) -> bool:
        """Whether an account, or one that is part of it, has had another holder since a line."""
        parts = self.parts(account)
        handed = (each for each in self.entries if each.kind is Kind.ACCOUNT_TRANSFERRED and not each.merged)
        return any(each.account in parts and _when(each) > _when(since) for each in handed)

    def own(self, *kinds: Kind) -> list[Entry]:
        """Return this account's own entries of some kinds since it was last given to another holder, in order."""
        mine = [each for each in self.entries if each.account == self.account]
        handed = [n for n, each in enumerate(mine) if each.kind is Kind.ACCOUNT_TRANSFERRED and not each.merged]
        return [each for each in mine[handed[-1] + 1 if handed else 0 :] if each.kind in kinds]


def _when(entry: Entry) -> tuple[datetime, int]:
    return entry.at, entry.place


def standing(ledger: Ledger, use: str, service: str, needs: Needs, rule: NoticeRule, on: date) -> Standing:
    """Say whether a use is approved. ``on`` is the day of the ledger's moment where the notices are sent from.

    ``service`` is the kind of service whose information is meant; "" asks about all of it.
    """
    if needs is Needs.NOTHING:
        return Standing(allowed=True, because=Because.NONE_NEEDED)
    if denied := ledger.denial(use, service):
        return _resting(denied, Because.OPTED_OUT if denied.kind is Kind.OPT_OUT else Because.LIMITED, allowed=False)
    if closed := next(iter(ledger.own(Kind.ACCOUNT_CLOSED)), ledger.given_up(ledger.account)):
        return _resting(closed, Because.CLOSED, allowed=False)
    if approved := _approval(ledger, use, service):
        return _resting(approved, Because.OPTED_IN, allowed=True)
    if needs is Needs.YES:
        return Standing(allowed=False, because=Because.NEEDS_YES)
    return _silence(ledger, rule, on)


def _resting(entry: Entry, because: Because, *, allowed: bool) -> Standing:
    return Standing(allowed=allowed, because=because, since=entry.at, place=entry.place)


def _approval(ledger: Ledger, use: str, service: str) -> Entry | None:
    """Return a yes that holds: by somebody who may give it, with no denial after it, and none that stood then.

    Taking a denial back and saying yes are two acts.
    """
    newest = max(map(_when, ledger.denials(use, service)), default=None)
    for each in ledger.own(Kind.OPT_IN):
        entitled = each.authority is not Authority.ANYBODY and each.grants(use, service)
        if entitled and (newest is None or newest < _when(each)) and not ledger.before(each).denial(use, service):
            return each
    return None


# --- Silence ---------------------------------------------------------------------------------------------------------


def _silence(ledger: Ledger, rule: NoticeRule, on: date) -> Standing:
    """Say whether nobody has objected for long enough after a notice that reached them, and was repeated in time."""
    chain = _chain(ledger, rule)
    if not chain:
        return Standing(allowed=False, because=Because.NO_NOTICE)
    (first, begun), (last, latest) = chain[0], chain[-1]
    if on < begun.first_use:
        return Standing(allowed=False, because=Because.WAITING, place=first.place, until=begun.runs_out)
    if on > latest.next_notice_due:
        return Standing(allowed=False, because=Because.NOTICE_LATE, place=last.place, until=latest.next_notice_due)
    return Standing(
        allowed=True, because=Because.SILENT, since=first.at, place=first.place, until=latest.next_notice_due
    )


def _chain(ledger: Ledger, rule: NoticeRule) -> list[tuple[Entry, Silence]]:
    """Return the notices of which each was sent before the one before it had lapsed, up to the latest.

    One that came back was none, and one that was late begins anew.
    """
    back = {each.about for each in ledger.own(Kind.NOTICE_BOUNCED)}
    chain: list[tuple[Entry, Silence]] = []
    for each in ledger.own(Kind.NOTICE_SENT):
        if each.place in back or each.medium is None:
            continue
        follows = silence_after(rule, each.day, each.medium)
        if chain and follows.sent > chain[-1][1].next_notice_due:
            chain = []
        chain.append((each, follows))
    return chain
