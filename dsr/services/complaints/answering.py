"""Answering a complaint: proposed by whoever looked into it, given by a second person, with the next step named."""

import re
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.utils import dateformat, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.errors import Incomplete
from dsr.lifecycle import BY_VERB, Outcome
from dsr.models import Finding, PointVerdict, Remedy, SubjectRequest
from dsr.policies import check_can_make
from dsr.rights import SPECS, Right
from dsr.services import letters, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.complaints import promises, routes
from dsr.services.threads import checked_text

VERDICTS: dict[str, str | Promise] = {
    PointVerdict.JUSTIFIED: gettext_lazy("You are right."),
    PointVerdict.PARTLY: gettext_lazy("You are right in part."),
    PointVerdict.NOT_JUSTIFIED: gettext_lazy("We do not agree."),
    PointVerdict.NOT_ESTABLISHED: gettext_lazy("We could not find out what happened."),
}
_SAYS = {
    Outcome.JUSTIFIED: PointVerdict.JUSTIFIED,
    Outcome.PARTLY_JUSTIFIED: PointVerdict.PARTLY,
    Outcome.NOT_JUSTIFIED: PointVerdict.NOT_JUSTIFIED,
    Outcome.NOT_ESTABLISHED: PointVerdict.NOT_ESTABLISHED,
}
_LEAST_WORDS = 8
_HOLES = re.compile(r"\{\{|\{%|\[[^\]]*\]|<[^>]*>|_{3,}|\bXX+\b|\bTODO\b|\bN\.N\.", re.IGNORECASE)


def outcome_of(verdicts: Iterable[str]) -> Outcome:
    """Return what the findings come to."""
    found = set(verdicts)
    if found == {PointVerdict.JUSTIFIED}:
        return Outcome.JUSTIFIED
    if found & {PointVerdict.JUSTIFIED, PointVerdict.PARTLY}:
        return Outcome.PARTLY_JUSTIFIED
    return Outcome.NOT_JUSTIFIED if PointVerdict.NOT_JUSTIFIED in found else Outcome.NOT_ESTABLISHED


def check_own_words(text: str, field: str = "text") -> str:
    """Return a text that is about this case. Raises Incomplete for one that could stand in any letter, or has gaps."""
    text = checked_text(text, field)
    if _HOLES.search(text):
        raise Incomplete(_("There is a gap in this text that nobody has filled in."), field=field)
    if len({word.casefold() for word in re.findall(r"\w+", text)}) < _LEAST_WORDS:
        raise Incomplete(
            _("Say in your own words what you found in this case. A set phrase is no answer."), field=field
        )
    return text


def propose(request_id: UUID, text: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Propose an answer to a complaint. Its outcome follows from the findings, each of which needs its own reasons."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["propose_answer"], by, at)
        findings = findings_of(request)
        _check_reasons(findings)
        request.seal("reason", check_own_words(text))
        outcome = outcome_of(finding.verdict for finding in findings)
        data = {"outcome": str(outcome)}
        case.move(request, "propose_answer", by=by, at=at, data=data, by_id=by.user_id, outcome=str(outcome))
    return request


def findings_of(request: SubjectRequest) -> list[Finding]:
    """Return the findings of a complaint, in order, ready to be opened."""
    findings = list(request.findings.order_by("number"))
    for finding in findings:
        finding.request = request
    return findings


def _check_reasons(findings: Iterable[Finding]) -> None:
    """Raise Incomplete where two points are answered with the same words, or one with a set phrase."""
    seen: set[str] = set()
    for finding in findings:
        reason = check_own_words(finding.open("reason"), "reason")
        if reason in seen:
            raise Incomplete(_("Two points have the same reasons. Say for each what was found."), field="reason")
        seen.add(reason)


def answer(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Give the answer as proposed, as the second person: every point with its reasons, what is promised, where to go.

    What was found out about others or about how we work stays in the file: the person may be anybody.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        data = {"outcome": request.proposed_outcome}
        case.move(request, "answer_complaint", by=by, at=at, data=data, by_id=by.user_id)
        remedies = list(request.remedys.order_by("number"))
        for remedy in remedies:
            remedy.request = request
        promises.watch(request, remedies)
        _tell(case, request, remedies, at)
    return request


def _tell(case: Case, request: SubjectRequest, remedies: Iterable[Remedy], at: datetime) -> None:
    submission = case.submission
    with translation.override(submission.language):
        nearest, further = routes.lines(request)
        letter = letters.ComplaintAnswered(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            right=str(SPECS[Right(request.right)].title),
            outcome=_SAYS[Outcome(request.outcome)],
            findings=tuple(_finding(finding) for finding in findings_of(request)),
            text=request.open("reason"),
            promises=tuple(_promise(remedy) for remedy in remedies),
            next_steps=nearest,
            further=further,
            tracker=telling.tracker_link(submission, at),
        )
    telling.tell_in(case, letter, at=at, dedupe=f"answered:{request.pk}:{request.version}", about=[request])


def _finding(finding: Finding) -> str:
    return f"{finding.open('point')}\n{VERDICTS[finding.verdict]} {finding.open('reason')}"


def _promise(remedy: Remedy) -> str:
    said = {"what": remedy.open("what"), "day": dateformat.format(remedy.due_on, "j F Y")}
    return _("%(what)s By %(day)s.") % said
