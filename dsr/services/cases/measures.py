"""What an authority ordered: each with its own day, confirmed as done by somebody before the case can be closed."""

from datetime import date, datetime
from uuid import UUID

from django.db.models import Max
from django.utils.translation import gettext as _

from dsr import caselife
from dsr.errors import Incomplete, NotFound, WrongState
from dsr.models import AuthorityCase, CaseMeasure
from dsr.policies import Caller
from dsr.policies.cases import check_can_make
from dsr.services.cases import dates, road
from dsr.services.cases.entering import colleague_named
from dsr.services.complaints.looking import one_line
from dsr.services.threads import checked_text
from notifications.ids import uuid7


def order(
    case_id: UUID,
    text: str,
    owner: str,
    due_on: date,
    *,
    by: Caller,
    at: datetime,
    expect: int | None = None,
) -> AuthorityCase:
    """Keep what the authority ordered, who sees to it, and by when it wants it done."""
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB["order_measure"], by, at)
        if due_on < case.received_on:
            raise Incomplete(_("The day is before the one of the authority's letter."), field="due_on")
        last = case.measures.aggregate(last=Max("number"))["last"] or 0
        row = CaseMeasure(id=uuid7(at), case=case, number=last + 1, at=at, due_on=due_on, owner=colleague_named(owner))
        row.seal("what", checked_text(text))
        row.warn_at = dates.next_warning(due_on, case.zone, at)
        row.save(force_insert=True)
        road.move(case, "order_measure", by=by, at=at, data={"measure": row.number, "due_on": due_on.isoformat()})
    return case


def confirm(
    case_id: UUID, number: int, place: str, *, by: Caller, at: datetime, expect: int | None = None
) -> AuthorityCase:
    """Confirm that a measure is done, and where that is shown."""
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB["confirm_measure"], by, at)
        row = _open(case, number)
        place = one_line(place, "place")
        road.move(case, "confirm_measure", by=by, at=at, data={"measure": number}, text=place)
        row.seal("place", place)
        row.done_at, row.done_by, row.warn_at = at, by.user, None
        row.save(update_fields=["done_at", "done_by", "warn_at", "place_sealed"])
    return case


def lift(
    case_id: UUID, number: int, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> AuthorityCase:
    """Note that the authority does not want a measure any more, or that it was entered by mistake."""
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB["lift_measure"], by, at)
        row = _open(case, number)
        road.move(case, "lift_measure", by=by, at=at, data={"measure": number}, text=checked_text(reason, "reason"))
        row.lifted_at, row.warn_at = at, None
        row.save(update_fields=["lifted_at", "warn_at"])
    return case


def _open(case: AuthorityCase, number: int) -> CaseMeasure:
    row = case.measures.filter(number=number).first()
    if row is None:
        raise NotFound(_("There is nothing with this number."))
    if row.done_at is not None or row.lifted_at is not None:
        raise WrongState(_("This measure is not open any more."), code="no-measure-open")
    row.case = case
    return row
