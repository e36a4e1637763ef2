"""The coded grounds on which something is refused, held back or kept, and how they are told to the person."""

from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.deadlines import local_date
from dsr.errors import Incomplete
from dsr.models import CorrectionItem, ItemDecision, SubjectRequest, Submission, Withholding
from dsr.rights import Right
from dsr.rules import pack


def check_ground(request: SubjectRequest, ground: str) -> None:
    """Raise Incomplete unless the ground is coded and may be used for this right."""
    row = pack().refusals.get(ground)
    if row is None or request.right not in row.rights:
        raise Incomplete(_("Choose a ground that the law gives for this right."), field="ground")


def check_ground_of_a_part(request: SubjectRequest, ground: str) -> None:
    """As ``check_ground``, for one field among others: a ground that has to be proved answers the whole request."""
    check_ground(request, ground)
    if pack().refusal(ground).checklist:
        raise Incomplete(_("This ground has to be proved. Propose to refuse on it instead."), field="ground")


def law_of(submission: Submission, regime: str, ground: str) -> str:
    """Return where the law of this person allows a ground: the governing law first, then the others that apply.

    "" where none of them says anything of it, so that it rests on the organisation's own rules.
    """
    rules, received = reckoning.rules_of(submission), local_date(submission.received_at, submission.zone)
    cited = pack().refusal(ground).citation(dict.fromkeys([regime, *submission.regimes]))
    if cited is None:
        return ""
    law = rules.regime(cited.regime, received)
    return f"{law.wording('title', submission.language)}, {cited.source}" if law.kind == "law" else ""


def parts_told(request: SubjectRequest) -> tuple[str, ...]:
    """Return, for each thing held back, what it is, the ground, our reasons and the law, as a letter tells them."""
    submission = request.submission
    notice = submission.notice_id, submission.notice_version
    told = []
    for part in request.withholdings.filter(lifted_at=None).select_related("system").order_by("at"):
        title = pack().category_words(part.category, *notice, submission.language).title
        told.append(_told(request, part, f"{title} ({part.system.name})" if part.system else title))
    if request.right == Right.CORRECTION:
        left = request.items.filter(decision=ItemDecision.REFUSE).order_by("number")
        told.extend(_told(request, item, str(item.number)) for item in left)
    return tuple(told)


def _told(request: SubjectRequest, part: Withholding | CorrectionItem, title: str) -> str:
    part.request, ground = request, pack().refusal(part.ground)
    said = [f"{title}:", ground.why(language=request.submission.language)]
    if ground.generic:
        return " ".join(said)
    law = law_of(request.submission, request.regime, part.ground)
    return " ".join(filter(None, [*said, part.open("reason"), f"({law})" if law else ""]))
