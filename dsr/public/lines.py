"""The ledger as the tracker shows it: what became of each kind of data in each system, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from dsr.models import ItemDecision, LedgerEntry, LedgerOutcome, SubjectRequest
from dsr.packaging.pages import not_portable
from dsr.rights import Right
from dsr.rules import Notice, NotInRules, pack
from dsr.selectors.tracker import Sight, text_of
from dsr.services import assembling
from dsr.services.erasure import closing, terms

_GAPS = (LedgerOutcome.WITHHELD, LedgerOutcome.KEPT, LedgerOutcome.FAILED)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what was given or done, held back, kept or not found."""

    system: str
    category: str
    outcome: str
    count: int
    ground: str
    reason: str
    is_gap: bool
    until: date | None = None


def of(sight: Sight, request: SubjectRequest, notice: Notice) -> Iterator[Line]:
    """Yield what became of everything that was searched for one request."""
    reasons = {
        (row.system_id, row.category): text_of(row, "reason")
        for row in sight.withholdings
        if row.request_id == request.pk
    }
    mine = [row for row in sight.ledger if row.request_id == request.pk]
    untold = closing.untold(request) if any(row.outcome == LedgerOutcome.KEPT for row in mine) else set()
    for row in mine:
        reason = reasons.get((row.system_id, row.category)) or reasons.get((None, row.category), "")
        silent = row.outcome == LedgerOutcome.KEPT and (row.system_id, row.category) in untold
        yield Line(
            system=row.system.name,
            category=category_title(notice, row.category),
            outcome=became(row.outcome, request.right),
            count=row.count,
            ground=why(terms.UNKNOWN) if silent else _why(row, request, reason),
            reason=reason if row.outcome in (LedgerOutcome.WITHHELD, LedgerOutcome.KEPT) and not silent else "",
            is_gap=row.outcome in _GAPS,
            until=None if silent else row.until,
        )


def _why(row: LedgerEntry, request: SubjectRequest, reason: str) -> str:
    # Nobody held it back and nobody gave a reason: it is no part of what this right gives.
    outside = row.ground == assembling.NOT_PORTABLE and request.right == Right.PORTABILITY and not reason
    return not_portable() if outside else why(row.ground, row.until)


def why(ground: str, until: date | None = None) -> str:
    """Return a coded ground in words for the person, "" for none: which ones depends on whether a day follows."""
    try:
        return pack().refusal(ground).why(until) if ground else ""
    except NotInRules:
        return ""


def became(outcome: str, right: str) -> str:
    """Return what became of a kind of data: nothing is held back from anybody where it only was not put right."""
    is_left = (outcome, right) == (LedgerOutcome.WITHHELD, Right.CORRECTION)
    return str(ItemDecision.REFUSE.label if is_left else LedgerOutcome(outcome).label)


def category_title(notice: Notice, category: str) -> str:
    """Return what a kind of data is called."""
    try:
        return pack().category_words(category, notice.id, notice.version).title
    except NotInRules:
        return category
