"""What the help desk saw of who is asking, told with a filing: kept with its witness, counted once the address is read.

A sign-in that somebody saw, or a call to the number on file. It is never more than what the ladder gives such a method,
and it waits for the contact address to be confirmed: a mistyped one must not open anything.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from django.utils.translation import gettext as _

from dsr.lifecycle import Actor
from dsr.models import Submission
from dsr.policies import Caller
from dsr.rights import Right
from dsr.rules import pack
from dsr.rules.ladder import demanded
from notifications.ids import uuid7
from verification import checks
from verification.models import Check, CheckState
from verification.proofs import Method

METHODS: Final = (Method.ASSERTED_LOGIN, Method.CALL_BACK)
FRESH: Final = timedelta(hours=24)
"""How long before the filing it may have been seen."""
_WAITS: Final = timedelta(days=60)
_DESK: Final = frozenset({Actor.SUPPORT, Actor.ANALYST, Actor.APPROVER})


@dataclass(frozen=True, slots=True)
class Verified:
    """What somebody at the help desk saw: by which method, when, and which of the identifiers it was about."""

    method: str
    at: datetime
    identifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def problems_of(
    verified: Verified,
    rights: Iterable[Right],
    *,
    country: str,
    region: str,
    relationship: str,
    channel: str,
    given: Mapping[str, tuple[str, ...]],
    by: Caller,
    on: date,
    at: datetime,
) -> dict[str, str]:
    """Return what stands against taking it: a sentence by field, empty if nothing does."""
    if not by.roles & _DESK or by.user_id is None:
        return {"verified": _("Only colleagues can say that they saw who is asking.")}
    if verified.method not in METHODS:
        return {"verified.method": _("Say whether you saw a sign-in or rang the number on file.")}
    found: dict[str, str] = {}
    if not at - FRESH <= verified.at <= at:
        found["verified.at"] = _("It counts if it was seen within the 24 hours before this is filed.")
    known = {(kind, value) for kind, values in given.items() for value in values}
    shown = {(kind, value) for kind, values in verified.identifiers.items() for value in values}
    if not shown or shown - known:
        found["verified.identifiers"] = _("Name the identifiers that it was about; each must be among the person's.")
    if sentence := _against(verified.method, rights, country, region, relationship, channel, on):
        found["verified.method"] = sentence
    return found


def _against(
    method: str, rights: Iterable[Right], country: str, region: str, relationship: str, channel: str, on: date
) -> str:
    """Return why the ladder lets such a method count for nothing here, "" where it counts."""
    rules = pack()
    way = rules.ladder.way(method)
    if way.holders and relationship not in rules.ladder.accounts:
        return _("Somebody without an account cannot have signed in to it.")
    if way.came and channel not in way.came:
        return _("It cannot have been seen with a request that came in this way.")
    for right in rights:
        laws = [law.id for law in rules.regimes_for(right, country, region, on)]
        demand = demanded(rules, right, laws, on, relationship=relationship, channel=channel, country=country)
        if sentence := dict(demand.barred).get(method):
            return sentence
    return ""


def row_for(submission: Submission, verified: Verified, *, by: Caller, at: datetime) -> Check:
    """Return the row of a check that waits for the contact to be confirmed, with the colleague as its witness."""
    check = Check(
        id=uuid7(at),
        about=submission.pk,
        data_key=submission.data_key,
        method=verified.method,
        state=CheckState.OPEN,
        verifier=str(by.user_id),
        started_at=verified.at,
        expires_at=at + _WAITS,
    )
    checks.keep_workings(check, {kind: list(values) for kind, values in verified.identifiers.items()})
    return check


def waiting_in(submission: Submission, at: datetime) -> list[tuple[Check, dict[str, list[str]]]]:
    """Return the checks that wait to be counted, each with the identifiers that it was about; locked."""
    rows = Check.objects.select_for_update(of=("self",)).select_related("data_key")
    found = rows.filter(about=submission.pk, state=CheckState.OPEN, method__in=METHODS, expires_at__gt=at)
    return [(check, checks.workings(check)) for check in found.order_by("started_at", "id")]
