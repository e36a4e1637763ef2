"""What one person may do for another: what is claimed on filing, what the laws make of it, and where an answer goes.

Reads and judges; nothing here changes a request. What is done about an authority is in ``agents``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.deadlines import local_date
from dsr.demands import received_on
from dsr.errors import WrongState
from dsr.lifecycle import IDENTIFIED
from dsr.models import SubjectRequest, Submission
from dsr.rights import SPECS, Right
from dsr.rules import pack
from dsr.rules.ladder import MandateDemand, child_standing, mandate_rules
from dsr.rules.rulepack import RulePack
from dsr.rules.schema.ladder import Check
from dsr.rules.words import MANDATE_KINDS
from notifications import sealing
from notifications.ids import uuid7
from notifications.mail import deliverable
from verification import mandates
from verification.models import Mandate, MandateState

GUARDIAN = "guardian"
CHILD_HEARD = "child_heard"
"""The one check that is asked for only where the child is near the age at which it acts itself."""
SAYS_CHECKED = "agent_checked_identity"
"""Kept beside what our own checker ticks: the agent says that it has checked who the person is."""
OLDEST_CHILD = 25
RELEASE = "release"
"""Among what was proved: the address to which the code for the answer goes, where that is not the contact."""


@dataclass(frozen=True, slots=True)
class AgentClaim:
    """Who files for somebody else, and on what. The filing's address is the agent's, its name the other person's.

    ``child_age`` is in years and only for guardians. ``identity_checked`` is the agent's word that it knows who the
    person is; it counts as far as the agency is trusted.
    """

    kind: str
    name: str
    person_email: str = ""
    child_age: int | None = None
    identity_checked: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What an authority must show and is good for, over all rights that it is used for."""

    kind: str
    demands: tuple[MandateDemand, ...] = ()
    checks: tuple[Check, ...] = field(default=())

    @property
    def may_receive(self) -> bool:
        """Whether the answer may go to the agent."""
        return bool(self.demands) and all(each.may_receive for each in self.demands)

    @property
    def may_confirm(self) -> bool:
        """Whether the person may be asked."""
        return any(each.may_confirm for each in self.demands)

    @property
    def must_confirm(self) -> bool:
        """Whether it counts only once the person has confirmed it."""
        return any(each.must_confirm for each in self.demands)

    @property
    def may_contact(self) -> bool:
        """Whether the person may be written to at all; for a choice to be left alone, nobody is."""
        return any(not each.signature_only for each in self.demands)

    @property
    def months(self) -> int | None:
        """For how long it counts at most."""
        return min((each.months for each in self.demands if each.months), default=None)


# --- What is claimed -------------------------------------------------------------------------------------------------


def problems_of(
    claim: AgentClaim, rights: Iterable[Right], *, country: str, region: str, email: str, name: str, on: date
) -> dict[str, str]:
    """Return what stands against filing for somebody else like that: a sentence by field, empty if nothing does.

    A kind that no law accepts for a right is refused with its source; a child that can ask itself, with the age.
    """
    if claim.kind not in MANDATE_KINDS:
        return {"agent.kind": _("Choose on what you ask for somebody else.")}
    rules, found = pack(), dict[str, str]()
    wanted = list(rights)
    laws = {right: [law.id for law in rules.regimes_for(right, country, region, on)] for right in wanted}
    place = _place(country, region)
    told = {right: mandate_rules(rules, claim.kind, right, laws[right], on, region=place) for right in wanted}
    for right, demand in told.items():
        if not demand.allowed:
            found.setdefault("agent.kind", _why_not(rules, claim.kind, right, demand))
    if not claim.name:
        found["agent.name"] = _("Give your own name, or that of your organisation.")
    if not name:
        found["name"] = _("Give the name of the person you ask for.")
    _check_address(claim, email, told.values(), found)
    every = sorted({law for each in laws.values() for law in each})
    _check_child(rules, claim, every, country, on, found)
    return found


def _why_not(rules: RulePack, kind: str, right: Right, demand: MandateDemand) -> str:
    rule = rules.ladder.mandate(kind)
    if not rule.offered:
        sentence = _(
            "Nobody is handed the data of somebody who has died. Write to us, and we tell you how an account is closed."
        )
        return f"{sentence} ({rule.source})"
    law = next((each for each in demand.because if each.regime), None)
    covered = not rule.rights or right in rule.rights
    sentence = _("“%(kind)s” is not accepted for: %(right)s.") % {
        "kind": rule.wording("title"),
        "right": SPECS[right].title,
    }
    source = law.source if covered and law is not None else rule.source
    return f"{sentence} {demand.refused} ({source})"


def _check_address(claim: AgentClaim, email: str, demands: Iterable[MandateDemand], found: dict[str, str]) -> None:
    if not claim.person_email:
        if any(each.must_confirm for each in demands):
            found["agent.person_email"] = _(
                "Give the person's own mail address: we ask there whether you have the permission."
            )
        return
    try:
        address = deliverable(claim.person_email)
    except ValueError:
        found["agent.person_email"] = _("Enter a mail address in the form name@example.org.")
        return
    if email and sealing.fingerprint("email", address) == sealing.fingerprint("email", email):
        found["agent.person_email"] = _("This is your own address. Give the person's own, or none.")


def _check_child(
    rules: RulePack, claim: AgentClaim, laws: Sequence[str], country: str, on: date, found: dict[str, str]
) -> None:
    if claim.kind != GUARDIAN:
        if claim.child_age is not None:
            found["agent.child_age"] = _("An age is only asked for where a parent or guardian asks.")
        return
    if claim.child_age is None or not 0 <= claim.child_age <= OLDEST_CHILD:
        found["agent.child_age"] = _("Give the age of the child in years. We need no document of the child.")
    elif child_standing(rules, laws, on, country, claim.child_age) == "child_acts":
        child = rules.ladder.child
        sentence = _("At this age the child asks itself. You can help it to fill in the form.")
        found["agent.child_age"] = f"{sentence} {child.says} ({child.source})"


def mandate_for(
    submission: Submission, claim: AgentClaim, rights: Iterable[Right], *, email: str, name: str, at: datetime
) -> Mandate:
    """Return the row of an authority that is claimed, to be inserted together with what is filed on it."""
    mandate = Mandate(
        id=uuid7(at),
        about=submission.pk,
        data_key=submission.data_key,
        kind=claim.kind,
        scope=[str(right) for right in rights],
        agent_fingerprint=sealing.fingerprint("email", email),
        child_age=claim.child_age,
        checks=[SAYS_CHECKED] if claim.identity_checked else [],
        made_at=at,
    )
    mandate.seal("agent_name", claim.name)
    mandate.seal("agent_email", email)
    mandate.seal("principal_name", name)
    mandate.seal("principal_email", claim.person_email)
    return mandate


# --- What the laws make of it ----------------------------------------------------------------------------------------


def terms_of(submission: Submission, mandate: Mandate) -> Terms:
    """Return what an authority must show and is good for, for the rights of its filing that need it."""
    rules, on = reckoning.rules_of(submission), received_on(submission)
    place = _place(submission.country, submission.region)
    demands = tuple(
        mandate_rules(rules, mandate.kind, right, _laws(submission, right), on, region=place)
        for right in mandate.scope
        if Right(right) in IDENTIFIED
    )
    checks = {check.id: check for demand in demands for check in demand.checks}
    if mandate.kind == GUARDIAN and _standing(submission, mandate) != "child_heard":
        checks.pop(CHILD_HEARD, None)
    return Terms(mandate.kind, demands, tuple(checks.values()))


def _standing(submission: Submission, mandate: Mandate) -> str:
    rules, on = reckoning.rules_of(submission), received_on(submission)
    laws = sorted({law for right in mandate.scope for law in _laws(submission, right)})
    return child_standing(rules, laws, on, submission.country, mandate.child_age or 0)


def _laws(submission: Submission, right: str) -> list[str]:
    return [law.regime.id for law in reckoning.laws(submission, right)]


def _place(country: str, region: str) -> str:
    return f"{country}-{region}" if region else country


class Awaits(StrEnum):
    """What an authority waits for."""

    NOTHING = ""
    MAIL = "mail"
    PAPER = "paper"
    CHECK = "check"
    PERSON = "person"
    ENDED = "ended"


def awaits(submission: Submission, at: datetime) -> Awaits:
    """Return what is waited for before somebody may act for another; nothing where a person asks for themselves."""
    mandate = mandates.of(submission.pk) if submission.for_other else None
    if mandate is None:
        return Awaits.NOTHING
    against = mandates.against(mandate, local_date(at, submission.zone))
    if against in (mandates.Against.REVOKED, mandates.Against.EXPIRED):
        return Awaits.ENDED
    if mandate.agent_confirmed_at is None:
        return Awaits.MAIL
    if mandate.state == MandateState.SHOWN:
        return Awaits.CHECK if mandate.checked_at is None else Awaits.PERSON
    return Awaits.PAPER if against is not None else Awaits.NOTHING


# --- Whose address is whose ------------------------------------------------------------------------------------------


def principal_address(submission: Submission) -> str:
    """Return the address of the person who is acted for, "" where none was given."""
    mandate = mandates.of(submission.pk)
    return mandate.open("principal_email") if mandate is not None else ""


def own_addresses(submission: Submission) -> frozenset[str]:
    """Return the addresses that are not claimed beside others: the contact, and the person's own if another asks."""
    contact = submission.open("email")
    return frozenset({contact, principal_address(submission)} - {""}) if submission.for_other else frozenset({contact})


def check_sign_in(submission: Submission, shown: Mapping[str, Sequence[str]]) -> None:
    """Raise WrongState for a sign-in to an account that is not shown to be that of the person who is acted for.

    It must have the person's address, or be among what was given to find them by: an agent's own account proves
    nothing of anybody else. Somebody who represents an organisation signs in to the account of that organisation.
    """
    mandate = mandates.of(submission.pk) if submission.for_other else None
    if mandate is None:
        return
    given = submission.open_json("identifiers")
    known = {("email", sealing.fingerprint("email", mandate.open("principal_email")))}
    known |= {(kind, sealing.fingerprint(kind, value)) for kind, values in given.items() for value in values}
    known -= {("email", submission.email_fingerprint)}
    found = {(kind, sealing.fingerprint(kind, value)) for kind, values in shown.items() for value in values}
    if not found & known:
        raise WrongState(
            _("This account is not that of the person you ask for, so signing in to it shows nothing here."),
            code="not-their-account",
        )


def asks_at(submission: Submission) -> str:
    """Return the address at which more proof of who somebody is is asked for: the person's own once that is proved."""
    if submission.for_other:
        address = principal_address(submission)
        if address in submission.open_json("proved").get("email", ()):
            return address
    return submission.open("email")


def release_address(request: SubjectRequest, at: datetime) -> str:
    """Return the address to which the code for an answer goes, "" where nobody may have it now.

    An agent gets it only where the authority stands, covers the right and lets it receive; otherwise the person does.
    """
    submission = request.submission
    proved = submission.open_json("proved")
    if named := proved.get(RELEASE):
        return str(named[0])
    if not submission.for_other:
        return submission.open("email")
    mandate = mandates.of(submission.pk)
    if mandate is None or mandates.against(mandate, local_date(at, submission.zone)) is not None:
        return ""
    if mandate.may_receive and request.right in {*mandate.scope}:
        return submission.open("email")
    own = mandate.open("principal_email")
    return own if own in proved.get("email", ()) else ""
