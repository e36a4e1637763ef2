"""How surely it must be known who is asking for a request, and what is still missing. Reads rules, writes nothing."""

from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.deadlines import local_date
from dsr.models import SubjectRequest, Submission, Vouched
from dsr.rules import ladder
from dsr.rules.ladder import Demand, End
from notifications import sealing
from verification import mandates
from verification.proofs import Level

OPEN = "identifiers-open"
"""Nothing is asked of the person now: we wait for what the systems say."""
_UNPROVED = (Vouched.OPEN, Vouched.ELSEWHERE)
READS = {"email": "reads_email", "phone": "reads_phone"}
"""Among what was proved, by kind: the addresses and numbers that somebody showed to read, not merely to know of."""


@dataclass(frozen=True, slots=True)
class Missing:
    """What stands between a request and its way on: a code, and the sentence that staff and programs see."""

    code: str
    sentence: str


def demand_on_filing(submission: Submission, right: str) -> Demand:
    """Return what is asked of somebody who files, before anything is known about them: claims are not proved yet."""
    return _demand(submission, right, elsewhere=submission.vouched in _UNPROVED, doubts=0)


def demand_of(request: SubjectRequest, *, elsewhere: bool | None = None) -> Demand:
    """Return what is asked for a request as it stands: by its laws, what is claimed, and the doubts on record.

    ``elsewhere`` overrides whether the person claims what nothing ties to the contact address.
    """
    submission = request.submission
    claims = submission.vouched in _UNPROVED if elsewhere is None else elsewhere
    return _demand(submission, request.right, elsewhere=claims, doubts=request.identity_doubts)


def demand_at(request: SubjectRequest, level: int) -> Demand:
    """Return what is asked where something beside the right itself asks for a rung at least, with the ways to it."""
    submission = request.submission
    return _demand(
        submission,
        request.right,
        elsewhere=submission.vouched in _UNPROVED,
        doubts=request.identity_doubts,
        at_least=level,
    )


def _demand(submission: Submission, right: str, *, elsewhere: bool, doubts: int, at_least: int = 0) -> Demand:
    return ladder.demanded(
        reckoning.rules_of(submission),
        right,
        tuple(law.regime.id for law in reckoning.laws(submission, right)),
        received_on(submission),
        relationship=submission.relationship,
        channel=submission.channel,
        elsewhere=elsewhere,
        doubts=doubts,
        country=submission.country,
        at_least=at_least,
    )


def received_on(submission: Submission) -> date:
    """Return the day of receipt in the controller's zone, which decides the versions of rules."""
    return local_date(submission.received_at, submission.zone)


def end_of(request: SubjectRequest) -> End:
    """Return as what a request ends for which nobody can be identified, under the law that governs it."""
    submission = request.submission
    rules = reckoning.rules_of(submission)
    return ladder.unverified_end(rules, request.right, (request.regime,), received_on(submission))


def contact_is_read(submission: Submission) -> bool:
    """Whether somebody showed that they read the address that letters go to. Sealed before we noted which: it was."""
    if submission.proved_sealed is None:
        return submission.verified_level >= Level.CHANNEL
    contact = sealing.fingerprint("email", submission.open("email"))
    return contact in {
        sealing.fingerprint("email", each) for each in submission.open_json("proved").get(READS["email"], ())
    }


def waits_for_mail(submission: Submission) -> bool:
    """Whether the first thing to do is to open the mail that was sent on filing."""
    if submission.for_other:
        return not mandates.is_confirmed(submission.pk)
    return not contact_is_read(submission)


def suffices(submission: Submission, demand: Demand) -> bool:
    """Whether what was proved so far reaches a demand."""
    return _reached(submission, demand) and (not demand.of_record or submission.of_record or submission.signed_in)


def _reached(submission: Submission, demand: Demand) -> bool:
    if submission.of_record and demand.of_record and demand.level <= demand.record_reaches:
        return True  # what the law names for such data stands in for the rung that is asked of other data
    return submission.verified_level >= demand.level or (demand.login_suffices and submission.signed_in)


def missing(request: SubjectRequest) -> Missing | None:
    """Return what is still missing before anything may be done for a request; None when it is known who asks."""
    submission = request.submission
    if submission.sheltered:
        return None  # nobody asks: the service itself opened the case, of an account that somebody reported
    base = demand_of(request, elsewhere=False)
    if base.level and not submission.for_other and not contact_is_read(submission):
        # However well it is known who asks: an address with a slip of the pen in it is a stranger's.
        return Missing("identity-missing", _("The person has not confirmed the address yet that letters go to."))
    if not suffices(submission, base):
        if submission.looked_at is None and base.of_record and _reached(submission, base):
            return Missing(OPEN, _("The systems are being asked whether the address was on file before."))
        return Missing("identity-missing", _("The person has not confirmed who they are yet."))
    if submission.vouched == Vouched.OPEN:
        return Missing(OPEN, _("The systems are being asked whose the identifiers are that were given."))
    if not suffices(submission, demand_of(request)):
        return Missing(
            "identifiers-unproved",
            _("The person gave identifiers that nothing ties to the contact address, and has not proved them yet."),
        )
    return None
