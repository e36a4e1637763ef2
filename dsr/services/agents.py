"""Agents and representatives: one person asks for another, on a paper that is shown, checked and may be withdrawn.

The agent's own address is only where letters go. What finds data is the person's, proved by the person, by a paper that
was checked, or by an agency that is trusted with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.deadlines import add_months, local_date
from dsr.errors import Incomplete, NotFound, WrongState
from dsr.lifecycle import BY_VERB, State
from dsr.models import SubjectRequest, Submission, Vouched
from dsr.policies import Caller, check_can_make
from dsr.services import agencies, asked, evidence, letters, links, mandated, principals, proving, telling
from dsr.services._moves import Case, holding
from dsr.services.mandated import Terms
from dsr.services.threads import checked_text, keep_note
from notifications import sealing
from verification import checks, mandates
from verification import evidence as pieces
from verification.models import Mandate, MandateState, Purpose
from verification.proofs import Method

ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
_SHOWABLE = (MandateState.CLAIMED, MandateState.SHOWN, MandateState.REFUSED)


# --- The agent -------------------------------------------------------------------------------------------------------


def confirmed(case: Case, *, by: Caller, at: datetime) -> None:
    """Note that the agent controls the address that letters go to. It says nothing about the person acted for.

    The first time the agent is told what to show, and the person is asked where the law allows it.
    """
    mandate = mandates.of(case.submission.pk)
    if mandate is None or mandate.agent_confirmed_at is not None:
        return
    address = case.submission.open("email")
    mandate.agent_confirmed_at = at
    mandate.seal("agent_email", address)
    mandate.agent_fingerprint = sealing.fingerprint("email", address)
    mandate.agency = agencies.of_address(address)
    mandate.save(update_fields=["agent_confirmed_at", "agent_email_sealed", "agent_fingerprint", "agency"])
    case.record("agent_confirmed", by=by, at=at, data=_agency_in(mandate))
    _ask_for_paper(case, mandate, at)
    principals.ask(case, mandate, at)


def _agency_in(mandate: Mandate) -> dict[str, str]:
    return {"agency": str(mandate.agency.pk)} if mandate.agency is not None else {}


def _ask_for_paper(
    case: Case, mandate: Mandate, at: datetime, *, missing: Sequence[str] = (), reason: str = "", again: int = 0
) -> None:
    submission = case.submission
    terms = mandated.terms_of(submission, mandate)
    rule = reckoning.rules_of(submission).ladder.mandate(mandate.kind)
    letter = letters.MandateAsked(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        rights=proving.titles(principals.waiting(case)),
        shows=rule.wording("shows", submission.language),
        checks=tuple(check.says for check in terms.checks),
        missing=tuple(missing),
        reason=reason,
        asks_person=terms.may_confirm and bool(mandate.open("principal_email")),
        lapses_on=asked.lapses_on(submission, at),
        paper=links.paper(submission.reference, telling.tracker_pass(case, at)),
    )
    stamp = mandate.agent_confirmed_at or mandate.made_at
    dedupe = f"mandate-asked:{mandate.pk}:{stamp:%Y%m%d%H%M%S}:{again or int(bool(missing or reason))}:{at:%Y%m%d}"
    telling.tell_in(case, letter, at=at, dedupe=dedupe)


def remind(case: Case, at: datetime, *, number: int) -> None:
    """Within a case of which the time runs out: tell the agent once more what to show, and ask the person again."""
    mandate = principals.mandate_in(case)
    if mandate.checked_at is None or mandate.state == MandateState.REFUSED:
        _ask_for_paper(case, mandate, at, again=number)
    principals.ask(case, mandate, at)


def start_over(case: Case) -> None:
    """Within a case that is taken up again: everything is shown and confirmed anew, but what was withdrawn stays so."""
    mandate = mandates.of(case.submission.pk)
    if mandate is None or mandate.state == MandateState.REVOKED:
        return
    mandate.state = MandateState.CLAIMED
    mandate.agent_confirmed_at = mandate.principal_confirmed_at = mandate.checked_at = None
    mandate.checked_by, mandate.may_receive, mandate.expires_on = "", False, None
    mandate.checks = [word for word in mandate.checks if word == mandated.SAYS_CHECKED]
    mandate.save(
        update_fields=[
            "state", "agent_confirmed_at", "principal_confirmed_at", "checked_at", "checked_by", "may_receive",
            "expires_on", "checks",
        ]
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ToShow:
    """What an agent has to show, as the page says it. ``open`` while something can be shown."""

    submission_id: UUID
    reference: str
    shows: str
    checks: tuple[str, ...]
    state: str
    open: bool
    here: int
    """Pieces that are with us."""


def to_show(submission_id: UUID) -> ToShow:
    """Return what is to be shown for a submission. Raises NotFound where a person asks for themselves."""
    submission = Submission.objects.select_related("data_key").filter(pk=submission_id, for_other=True).first()
    mandate = mandates.of(submission_id)
    if submission is None or mandate is None or submission.purged_at is not None:
        raise NotFound(_("There is no authority to act for somebody."))
    rule = reckoning.rules_of(submission).ladder.mandate(mandate.kind)
    waits = submission.requests.filter(state=State.VERIFYING).exists()
    return ToShow(
        submission_id,
        submission.reference,
        rule.wording("shows", submission.language),
        tuple(check.says for check in mandated.terms_of(submission, mandate).checks),
        mandate.state,
        waits and mandate.state in _SHOWABLE,
        pieces.live(submission_id).filter(purpose=Purpose.MANDATE).count(),
    )


def show(submission_id: UUID, data: bytes, *, by: Caller, at: datetime) -> None:
    """Take in the paper that an agent acts on; a colleague looks at it next.

    Raises as ``evidence.receive`` does, and WrongState where nothing is to be shown any more.
    """
    document = evidence.cleaned(data)
    with holding(submission_id=submission_id) as case:
        if (
            (mandate := mandates.of(submission_id)) is None
            or mandate.state not in _SHOWABLE
            or not principals.waiting(case)
        ):
            raise WrongState(_("We did not ask for such a document, so please do not send one."), code="no-mandate")
    evidence.receive(submission_id, Purpose.MANDATE, document, by=by, at=at, wanted=(Purpose.MANDATE,))
    with holding(submission_id=submission_id):
        row = Mandate.objects.filter(about=submission_id, state__in=(MandateState.CLAIMED, MandateState.REFUSED))
        row.update(state=MandateState.SHOWN, checked_at=None, checked_by="")


# --- The colleague who checks ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """What somebody found who looked at a paper.

    ``checks`` are the ids of what it shows, ``until`` the day on which it ends by its own words. ``claims`` says that
    the identifiers that were given are shown to be the person's; ``to_person`` that the answer goes to the person all
    the same, as it is not sure that they know what they hand over. ``reason`` is for the agent.
    """

    result: str
    checks: Sequence[str] = ()
    until: date | None = None
    claims: bool = False
    to_person: bool = False
    reason: str = ""


def check(request_id: UUID, finding: Finding, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Record what came of looking at the paper, for everything that was filed on it.

    Accepted only with every point ticked that is asked for. Raises Incomplete, WrongState, NotAllowed, NotFound, Stale.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["check_mandate"], by, at)
        mandate = principals.mandate_in(case)
        terms = mandated.terms_of(case.submission, mandate)
        lacking = _lacking(mandate, terms, finding, local_date(at, case.submission.zone))
        data = {"result": finding.result, "kind": mandate.kind}
        if finding.reason:
            data["post"] = str(keep_note(case, request, checked_text(finding.reason, "reason"), by, at).pk)
        case.move(request, "check_mandate", by=by, at=at, data=data)
        said = [word for word in mandate.checks if word == mandated.SAYS_CHECKED]
        mandate.checks = [*said, *(row.id for row in terms.checks if row.id in set(finding.checks))]
        mandate.checked_at, mandate.checked_by = at, str(by.user_id)
        if finding.result == ACCEPTED:
            _accept(case, mandate, terms, finding, by, at)
        else:
            mandate.state = MandateState.REFUSED
            principals.keep(mandate)
            _ask_for_paper(case, mandate, at, missing=lacking, reason=finding.reason, again=request.version)
        evidence.served(case, at=at)
    return request


def _lacking(mandate: Mandate, terms: Terms, finding: Finding, today: date) -> list[str]:
    """Return in words what a paper does not show. Raises WrongState, or Incomplete for what cannot be accepted."""
    if finding.result not in (ACCEPTED, REFUSED):
        raise Incomplete(_("Choose what came of it."), field="result")
    if mandate.state == MandateState.REVOKED:
        raise WrongState(_("The authority was withdrawn, so there is nothing to check."), code="no-authority")
    if mandate.state == MandateState.CHECKED:
        raise WrongState(_("The authority is checked already. If it has ended, say so."), code="mandate-checked")
    known = {row.id for row in terms.checks}
    if set(finding.checks) - known:
        raise Incomplete(_("One of these points is not asked for here."), field="checks")
    lacking = [row.says for row in terms.checks if row.id not in set(finding.checks)]
    if finding.result == REFUSED:
        return lacking
    if lacking:
        told = " ".join(lacking)
        raise Incomplete(
            _("It can only be accepted if it shows all of this: %(points)s") % {"points": told}, field="checks"
        )
    if finding.until is not None and finding.until < today:
        raise Incomplete(_("By this date it has ended already."), field="until")
    return []


def _accept(case: Case, mandate: Mandate, terms: Terms, finding: Finding, by: Caller, at: datetime) -> None:
    submission = case.submission
    today = local_date(at, submission.zone)
    ends = [finding.until, add_months(today, terms.months) if terms.months else None]
    mandate.expires_on = min((day for day in ends if day is not None), default=None)
    mandate.may_receive = terms.may_receive and not finding.to_person
    if not mandate.may_receive and not mandate.open("principal_email"):
        raise Incomplete(_("The answer goes to the person, and no address of theirs was given."), field="to_person")
    waits = terms.must_confirm and mandate.principal_confirmed_at is None
    mandate.state = MandateState.SHOWN if waits else MandateState.CHECKED
    principals.keep(mandate)
    if finding.claims and submission.vouched in (Vouched.OPEN, Vouched.ELSEWHERE):
        proving.vouch(case)
    if waits:
        principals.ask(case, mandate, at)
        return
    if not terms.must_confirm:
        verifier = str(by.user_id)
        case.add(
            checks.record(
                submission.pk, submission.data_key, Method.POWER_OF_ATTORNEY, at, passed=True, verifier=verifier
            )
        )
        proving.record(case, Method.POWER_OF_ATTORNEY, by=by, at=at, proved=principals.shown_by(case, mandate))
        if any(request.identity_of_record for request in principals.waiting(case)):
            principals.ask(case, mandate, at, whatever=True)
        else:
            principals.tell(case, mandate, terms, at)
    principals.let_through(case, mandate, by, at)
