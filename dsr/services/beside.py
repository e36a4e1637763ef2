"""What some filings bring beside what is asked: an authority to act for somebody, or what the help desk saw."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from dsr.lifecycle import CHOSEN, IDENTIFIED
from dsr.models import Submission
from dsr.policies import Caller
from dsr.rights import SPECS, Right
from dsr.rules import pack
from dsr.services import asserted, mandated
from dsr.services._moves import Case
from notifications.mail import deliverable
from verification.models import Check, Mandate

if TYPE_CHECKING:
    from dsr.services.intake import Filing

_FOUND_BY = IDENTIFIED | CHOSEN - {Right.CPNI_OPT_OUT}
"""Rights for which systems have to know the person; a choice about CPNI names its account itself."""


def rows(case: Case, filing: "Filing", *, by: Caller, at: datetime) -> list[Mandate | Check]:
    """Return the rows that go in with a filing, in the same exchange; none for a plain one."""
    submission: Submission = case.submission
    found: list[Mandate | Check] = []
    if filing.agent is not None:
        rights = [want.right for want in filing.wants]
        found.append(
            mandated.mandate_for(submission, filing.agent, rights, email=filing.email, name=filing.name, at=at)
        )
    if filing.verified is not None:
        found.append(asserted.row_for(submission, filing.verified, by=by, at=at))
        case.record("desk_saw", by=by, at=at, data={"method": filing.verified.method})
    return found


def checked_agent(
    filing: "Filing", claim: mandated.AgentClaim, cleaned: Mapping[str, str], at: datetime, problems: dict[str, str]
) -> mandated.AgentClaim:
    """Return who files for somebody else as we keep it. What hangs on place and right waits until those are clear."""
    if problems.keys() & {"country", "region", "rights"}:
        return claim
    found = mandated.problems_of(
        claim,
        [want.right for want in filing.wants],
        country=filing.country,
        region=filing.region,
        email=cleaned["email"],
        name=cleaned["name"],
        on=(filing.received_at or at).date(),
    )
    if not claim.person_email and not filing.identifiers and any(want.right in _FOUND_BY for want in filing.wants):
        sentence = _("Give the person's own mail address or an account number: otherwise nothing of theirs is found.")
        found.setdefault("agent.person_email", sentence)
    for name, sentence in found.items():
        problems.setdefault(name, sentence)
    return replace(claim, person_email=_as_mailed(claim.person_email))


def without_law(filing: "Filing", at: datetime) -> dict[str, str]:
    """Say which choice no law knows where the person lives: it can be made on a page, and has no date to be kept."""
    on = (filing.received_at or at).date()
    for want in filing.wants:
        if want.right in CHOSEN and not pack().regimes_for(want.right, filing.country, filing.region, on):
            title = SPECS[want.right].title
            return {"rights": _("No law gives this where the person lives; a page does it at once: %s.") % title}
    return {}


def _as_mailed(address: str) -> str:
    try:
        return deliverable(address) if address else ""
    except ValueError:
        return address  # what is wrong with it has been said


def check_verified(
    filing: "Filing", given: Mapping[str, tuple[str, ...]], by: Caller, at: datetime, problems: dict[str, str]
) -> None:
    """Say what stands against taking what the help desk saw."""
    if filing.verified is None or problems.keys() & {"country", "region", "rights", "relationship"}:
        return
    if filing.agent is not None:
        problems["verified"] = _("Who somebody is can be seen only of somebody who asks for themselves.")
        return
    found = asserted.problems_of(
        filing.verified,
        [want.right for want in filing.wants],
        country=filing.country,
        region=filing.region,
        relationship=filing.relationship,
        channel=filing.channel,
        given={**given, "email": (*given.get("email", ()), filing.email)},
        by=by,
        on=(filing.received_at or at).date(),
        at=at,
    )
    for name, sentence in found.items():
        problems.setdefault(name, sentence)
