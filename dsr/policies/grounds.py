"""What a coded ground takes: proof on file, answers to its questions, and at times the data protection officer."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dsr.errors import NotAllowed, WrongState
from dsr.models import Argument, ItemDecision, Proposal, SubjectRequest
from dsr.policies.base import Caller, need
from dsr.rights import Right
from dsr.rules import Refusal, pack

OFFICER = "dsr.officer_requests"


@need
def ground_is_ones_own(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Something is held back or proposed to be refused; what waits for approval is argued by who proposed it."""
    if request.proposal and by.user_id != request.prepared_by_id:
        raise NotAllowed(_("Only whoever made the proposal says what proves it."), code="not-preparer")
    if request.proposal != Proposal.REFUSE and not request.withholdings.filter(lifted_at=None).exists():
        raise WrongState(_("Nothing is refused or held back that would have to be proved."), code="no-ground")


@need
def officer_agrees(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Where the ground of a refusal is for the data protection officer to agree to, the second person is one."""
    _check_officer([request.refusal_ground], by)


def _check_officer(grounds: Iterable[str], by: Caller) -> None:
    rows = pack().refusals
    row = next((rows[ground] for ground in grounds if ground in rows and rows[ground].officer), None)
    if row is not None and not (by.user is not None and by.user.has_perm(OFFICER)):
        raise NotAllowed(
            _("“%(ground)s” is a ground to which only the data protection officer agrees.")
            % {"ground": row.wording("title", get_language())},
            code="not-officer",
        )


@need
def refusal_argued(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Whoever proposed the refusal said where the proof lies and answered the questions of the ground."""
    row = pack().refusals.get(request.refusal_ground)
    if row is None or not row.must_argue:
        return
    said = request.arguments.filter(withholding=None, replaced_at=None, by=request.prepared_by_id).first()
    _check_argued(request, row, said)


@need
def parts_argued(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Of everything held back it is said where the proof lies, and the officer agrees where the ground is for that."""
    held, rows = list(request.withholdings.filter(lifted_at=None)), pack().refusals
    grounds = {part.ground for part in held}
    if request.right == Right.CORRECTION:
        left = request.items.filter(decision=ItemDecision.REFUSE)
        grounds |= set(left.order_by().values_list("ground", flat=True))
    _check_officer(grounds, by)
    parts = [part for part in held if part.ground in rows and rows[part.ground].must_argue]
    if not parts:
        return
    said = {each.withholding_id: each for each in request.arguments.exclude(withholding=None).filter(replaced_at=None)}
    for part in parts:
        _check_argued(request, rows[part.ground], said.get(part.pk))


def _check_argued(request: SubjectRequest, row: Refusal, said: Argument | None) -> None:
    title = row.wording("title", get_language())
    if said is None or said.ground != row.id:
        raise WrongState(
            _("“%(ground)s” has to be proved first: where the proof lies, and the answers to its questions.")
            % {"ground": title},
            code="not-argued",
        )
    said.request = request
    answers = said.open_json("answers")
    if row.unanswered(answers):
        raise WrongState(_("Not every question of “%(ground)s” is answered.") % {"ground": title}, code="not-argued")
    if against := row.against(answers):
        raise WrongState(
            _("An answer speaks against the ground: “%(question)s” Send it back.")
            % {"question": against[0].wording("asks", get_language())},
            code="argued-against",
        )
