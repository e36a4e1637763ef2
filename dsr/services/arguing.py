"""Proving a ground: where its proof lies, whose it is and of when, and the answers to the questions it puts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from dsr.deadlines import local_date
from dsr.errors import Incomplete, NotFound
from dsr.lifecycle import BY_VERB
from dsr.models import Argument, ProofKind, SubjectRequest, Withholding
from dsr.policies import check_can_make
from dsr.rules import Refusal, pack
from dsr.rules.schema.refusal import Question
from dsr.services._moves import Caller, holding
from dsr.services.threads import checked_text
from notifications import rows
from notifications.ids import uuid7

_LONGEST_COUNT = 6


@dataclass(frozen=True, slots=True)
class Proof:
    """Where what proves a ground lies: what sort of thing, in which place, by whom and of when."""

    kind: str
    place: str
    author: str
    on: date


def argue(
    request_id: UUID,
    proof: Proof,
    answers: Mapping[str, str],
    *,
    by: Caller,
    at: datetime,
    withholding_id: UUID | None = None,
    expect: int | None = None,
) -> SubjectRequest:
    """Put on record what speaks for the ground of the proposed refusal, or of one thing that is held back.

    What was said before is replaced and kept. Raises Incomplete for what is missing, naming it; ``answers.<id>`` is a
    question.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["argue_refusal"], by, at)
        part = _part(request, withholding_id)
        ground = _ground(request, part)
        _check_proof(proof, local_date(at, case.submission.zone))
        said = Argument(
            id=uuid7(at), request=request, withholding=part, ground=ground.id, by=by.user, at=at,
            proof_kind=proof.kind, proof_on=proof.on,
        )  # fmt: skip
        said.seal("place", checked_text(proof.place, "proof_place"))
        said.seal("author", checked_text(proof.author, "proof_author"))
        said.seal_json("answers", _checked(ground, answers, local_date(at, case.submission.zone)))
        data = {"ground": ground.id, "category": part.category if part else ""}
        case.move(request, "argue_refusal", by=by, at=at, data=data)
        request.arguments.filter(withholding=part, replaced_at=None).update(replaced_at=at)
        rows.write(new=[said])
    return request


def _part(request: SubjectRequest, withholding_id: UUID | None) -> Withholding | None:
    if withholding_id is None:
        return None
    part = request.withholdings.filter(pk=withholding_id, lifted_at=None).first()
    if part is None:
        raise NotFound(_("This is not held back."))
    return part


def _ground(request: SubjectRequest, part: Withholding | None) -> Refusal:
    code = part.ground if part else request.refusal_ground
    if not code:
        raise Incomplete(_("Say which of the things held back it is about."), field="withholding")
    return pack().refusal(code)


def _check_proof(proof: Proof, today: date) -> None:
    if proof.kind not in ProofKind.values:
        raise Incomplete(_("Say what sort of thing the proof is."), field="proof_kind")
    if proof.on > today:
        raise Incomplete(_("The proof cannot be of a day that has not come."), field="proof_on")


def _checked(ground: Refusal, answers: Mapping[str, str], today: date) -> dict[str, str]:
    questions = {question.id: question for question in ground.checklist}
    for name in answers:
        if name not in questions:
            raise Incomplete(_("This ground puts no such question."), field=f"answers.{name}")
    return {name: _answer(question, answers.get(name, ""), today) for name, question in questions.items()}


def _answer(question: Question, answer: str, today: date) -> str:
    field = f"answers.{question.id}"
    answer = checked_text(answer, field)
    if question.kind == "yes_no" and answer not in ("yes", "no"):
        raise Incomplete(_("Answer by yes or no."), field=field)
    if question.kind == "count" and not (answer.isascii() and answer.isdigit() and len(answer) <= _LONGEST_COUNT):
        raise Incomplete(_("Answer with a number."), field=field)
    if question.kind == "date":
        try:
            day = date.fromisoformat(answer)
        except ValueError:
            raise Incomplete(_("Answer with a day, such as 2026-04-09."), field=field) from None
        if day > today:
            raise Incomplete(_("This day has not come yet."), field=field)
    return answer
