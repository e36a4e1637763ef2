"""The person somebody else acts for: asked or told, confirms, and takes the permission back at any time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from dsr.errors import NotFound
from dsr.lifecycle import State
from dsr.models import SubjectRequest, Submission, Vouched
from dsr.policies import Caller
from dsr.services import (
    asked,
    letters,
    links,
    mandated,
    proving,
    stopping,
    telling,
    ties,
)
from dsr.services._moves import Case, holding
from dsr.services.mandated import Terms
from dsr.services.threads import checked_text, keep_note
from notifications import sealing
from verification import grants, mail, mandates
from verification.errors import TooSoon
from verification.limits import check_sends
from verification.models import Channel, Mandate, MandateState
from verification.proofs import Level, Method

WITHDRAW: Final = "mandate"
"""Purpose of the grant by which somebody takes a permission back."""
_WITHDRAW_LASTS: Final = timedelta(days=400)
TOLD: Final = frozenset({"power_of_attorney", "legal_representative"})
"""Kinds of which the person is told, without being asked for anything, once the paper was accepted."""
_SYSTEM = Caller.system()


def mandate_in(case: Case) -> Mandate:
    """Return the authority of a case. Raises NotFound where a person asks for themselves."""
    mandate = mandates.of(case.submission.pk)
    if mandate is None:
        raise NotFound(_("There is no authority to act for somebody."))
    return mandate


def waiting(case: Case) -> list[SubjectRequest]:
    """Return the requests of a case that wait to know who asks."""
    return [each for each in case.requests() if each.state == State.VERIFYING]


def let_through(case: Case, mandate: Mandate, by: Caller, at: datetime) -> None:
    """Within a case whose authority stands: let through what is proved, by an agency too, and ask for the rest."""
    agency = mandate.agency
    level = Level(agency.trusted_level) if agency is not None and agency.active else Level.NOTHING
    if level and mandated.SAYS_CHECKED in mandate.checks:
        proving.record(case, Method.AGENCY, by=by, at=at, proved=shown_by(case, mandate), level=level)
    else:
        proving.admit(case, by=by, at=at)
    asked.tell_open(case, at)


def shown_by(case: Case, mandate: Mandate) -> dict[str, list[str]]:
    """Return what a paper shows to be the person's: their address, and what is on file with it or was shown too."""
    submission = case.submission
    found = ties.claims_of(submission) if submission.vouched == Vouched.ON_FILE else {}
    if own := mandate.open("principal_email"):
        found["email"] = list(dict.fromkeys([own, *found.get("email", ())]))
    return found


def keep(mandate: Mandate) -> None:
    """Save what a check or the person's word changes."""
    mandate.save(
        update_fields=["state", "checks", "checked_at", "checked_by", "expires_on", "may_receive", "revoked_at",
                       "principal_confirmed_at"]
    )  # fmt: skip


# --- What the person is asked and says --------------------------------------------------------------------------------


def ask(case: Case, mandate: Mandate, at: datetime, *, whatever: bool = False) -> None:
    """Ask the person whether they gave the permission, where the law allows it and not too often.

    ``whatever``: also where a paper replaces that, as what would be handed over goes by an address of record alone.
    """
    submission, address = case.submission, mandate.open("principal_email")
    terms = mandated.terms_of(submission, mandate)
    if not ((terms.may_confirm or whatever) and address and mandate.principal_confirmed_at is None):
        return
    try:
        check_sends(mandate.pk, Channel.EMAIL, set(sealing.fingerprints("email", address)), at)
    except TooSoon:
        return
    started = mail.prepare(mandate.pk, address, submission.data_key, at)
    mail.end(mandate.pk, at)
    case.add(started.challenge)
    _write_to_person(case, mandate, terms, at, link=links.mandate(started.token))
    case.record("principal_asked", by=_SYSTEM, at=at)


def tell(case: Case, mandate: Mandate, terms: Terms, at: datetime) -> None:
    """Tell the person, who need do nothing, that somebody acts for them on a paper."""
    if mandate.kind in TOLD and terms.may_contact and mandate.open("principal_email"):
        _write_to_person(case, mandate, terms, at)
        case.record("principal_told", by=_SYSTEM, at=at)


def _write_to_person(case: Case, mandate: Mandate, terms: Terms, at: datetime, *, link: str = "") -> None:
    submission = case.submission
    grant, token = grants.prepare(WITHDRAW, mandate.pk, at, lasts=_WITHDRAW_LASTS, uses=None)
    case.add(grant)
    letter = letters.MandateConfirm(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        rights=proving.titles(waiting(case) or case.requests()),
        agent=mandate.open("agent_name"),
        receives=terms.may_receive,
        link=link,
        withdraw=links.mandate_ended(token),
    )
    address = mandate.open("principal_email")
    telling.tell_in(case, letter, at=at, dedupe=f"mandate-person:{grant.pk}", to=address)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a link to the person is about."""

    mandate: Mandate
    submission: Submission
    titles: tuple[str, ...]

    @property
    def agent(self) -> str:
        """Who acts for the person."""
        return self.mandate.open("agent_name")

    @property
    def answered(self) -> str:
        """What was said before: "yes", "no" or nothing yet."""
        if self.mandate.state == MandateState.REVOKED:
            return "no"
        return "yes" if self.mandate.principal_confirmed_at is not None else ""


def seen_by(token: str, at: datetime) -> Seen | None:
    """Return what the link to confirm is about, without using anything up; None for no link of ours."""
    found = mail.peek(token, at)
    if found.challenge is None or found.state not in (mail.PeekState.OPEN, mail.PeekState.CONFIRMED):
        return None
    return _seen(found.challenge.about)


def withdrawal(token: str, at: datetime) -> Seen | None:
    """Return what the link to withdraw is about, None for no link of ours."""
    try:
        return _seen(grants.look(token, WITHDRAW, at).about)
    except grants.NoGrant:
        return None


def _seen(mandate_id: UUID) -> Seen | None:
    mandate = Mandate.objects.select_related("data_key", "agency").filter(pk=mandate_id).first()
    if mandate is None:
        return None
    submission = Submission.objects.select_related("data_key").get(pk=mandate.about)
    return (
        Seen(mandate, submission, proving.titles(submission.requests.order_by("id")))
        if submission.purged_at is None
        else None
    )


def allow(token: str, *, at: datetime) -> Seen:
    """Take the person's word that they gave the permission. It shows, too, that the address is theirs to use.

    Twice does nothing more, nor does it undo a withdrawal. Raises verification.mail's errors, and NotFound.
    """
    seen = seen_by(token, at)
    if seen is None:
        raise NotFound(_("There is no such request."))
    address = mail.confirm(token, at).address
    with holding(submission_id=seen.submission.pk) as case:
        mandate = mandate_in(case)
        if mandate.principal_confirmed_at is None and mandate.state != MandateState.REVOKED:
            mandate.principal_confirmed_at = at
            accepted = mandate.checked_at is not None and mandate.state == MandateState.SHOWN
            mandate.state = MandateState.CHECKED if accepted else mandate.state
            keep(mandate)
            case.record("principal_confirmed", by=Caller.person(), at=at)
            _take_proof(case, mandate, address, at)
    return Seen(mandate, case.submission, seen.titles)


def _take_proof(case: Case, mandate: Mandate, address: str, at: datetime) -> None:
    submission = case.submission
    proved = {"email": [address]}
    if submission.vouched == Vouched.ON_FILE:
        proved = ties.together(ties.claims_of(submission), proved)
    proving.record(case, Method.MAIL_LINK, by=Caller.person(), at=at, proved=proved, read=address)
    if mandate.state == MandateState.CHECKED:
        let_through(case, mandate, Caller.person(), at)


def deny(token: str, *, at: datetime) -> Seen:
    """Take the person's word that they gave no permission: everything is held, and people look. Raises as `allow`."""
    seen = seen_by(token, at)
    if seen is None:
        raise NotFound(_("There is no such request."))
    mail.confirm(token, at)
    return _withdrawn(seen, at)


def withdraw(token: str, *, at: datetime) -> Seen:
    """Take the permission back by the link that the person was sent, at any time. Raises NotFound."""
    seen = withdrawal(token, at)
    if seen is None:
        raise NotFound(_("There is no such request."))
    return _withdrawn(seen, at)


def _withdrawn(seen: Seen, at: datetime) -> Seen:
    with holding(submission_id=seen.submission.pk) as case:
        mandate = mandate_in(case)
        _end(case, mandate, by=Caller.person(), at=at)
    return Seen(mandate, case.submission, seen.titles)


def revoke(request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Record that the person took the authority back, as they told a colleague by a channel on file."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        post = keep_note(case, request, checked_text(reason, "reason"), by, at)
        case.move(request, "revoke_mandate", by=by, at=at, data={"post": str(post.pk)})
        _end(case, mandate_in(case), by=by, at=at)
    return request


def _end(case: Case, mandate: Mandate, *, by: Caller, at: datetime) -> None:
    if mandate.state == MandateState.REVOKED:
        return
    mandate.state, mandate.revoked_at, mandate.may_receive = MandateState.REVOKED, at, False
    keep(mandate)
    case.record("mandate_revoked", by=by, at=at)
    mail.end(mandate.pk, at)
    if any(each.state != State.CLOSED for each in case.requests()):
        stopping.stop_all(case, at)
    submission = case.submission
    letter = letters.MandateEnded(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        tracker=links.tracker(submission.reference, telling.tracker_pass(case, at)),
    )
    telling.tell_in(case, letter, at=at, dedupe=f"mandate-ended:{mandate.pk}")
