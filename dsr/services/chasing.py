"""Word that is awaited from whom somebody was sent to: asked for again, until it comes or the case is forgotten."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.utils.translation import override

from dsr import doors, reckoning
from dsr.deadlines import day_ends, due_date
from dsr.models import Referral
from dsr.rights import SPECS, Right
from dsr.rules import word_within
from dsr.services import colleagues, letters, links, referring, routing, telling
from dsr.services._moves import Case, holding


def due_reminders(at: datetime, limit: int) -> Iterator[tuple[UUID, UUID]]:
    """Yield the lines whose word is late and has to be asked for, with their requests."""
    late = Referral.objects.filter(confirmed_at=None, remind_at__lte=at).order_by("remind_at", "id")
    yield from late.values_list("id", "request_id")[:limit]


def remind(referral_id: UUID, request_id: UUID, at: datetime) -> None:
    """Ask the other side again and warn whoever sent the person there; from the second time on the leads, too."""
    with holding(request_id=request_id) as case:
        rows = Referral.objects.select_related("customer", "made_by")
        row = rows.filter(pk=referral_id, confirmed_at=None, remind_at__lte=at).first()
        if row is None or row.due_on is None:
            return
        row.request = case.request(request_id)
        if case.submission.purged_at is not None:
            row.remind_at = None
        else:
            row.reminders += 1
            _ask_again(case, row, at)
            _warn(case, row, at)
            row.remind_at = _next(case, row, at)
        row.save(update_fields=["remind_at", "reminders"])


def _next(case: Case, row: Referral, at: datetime) -> datetime:
    rule, today = word_within(referring.day(case.submission, at)), referring.day(case.submission, at)
    return day_ends(due_date(today, rule.again, reckoning.calendar_of(row.request)), case.submission.zone)


def _ask_again(case: Case, row: Referral, at: datetime) -> None:
    if row.customer is not None:
        referring.tell_customer(case, row.request, row, at)
        return
    found = next((door for door in doors.directory(case.submission, at) if door.id == row.door), None)
    if found is not None:  # what is in the directory no more is for colleagues to follow
        routing.pass_on(case, [row], found.email, at=at, again=True)


def _warn(case: Case, row: Referral, at: datetime) -> None:
    assert row.due_on is not None
    people = {user.pk: user for user in (row.made_by, row.request.assignee) if user and user.is_active and user.email}
    if row.reminders > 1 or not people:
        people |= {user.pk: user for user in colleagues.with_permission("dsr.lead_requests")}
    with override(referring.HOUSE):
        letter = letters.WordDue(
            reference=case.submission.reference,
            organisation=telling.organisation(case.submission),
            number=row.number or "",
            whom=row.customer.name if row.customer is not None else doors.titled(row.door),
            right=str(SPECS[Right(row.request.right)].title),
            due_on=row.due_on,
            times=row.reminders,
            link=links.console(row.request_id),
        )
    for user in people.values():
        telling.tell_other(case, letter, to=user.email, at=at, dedupe=f"word_due:{row.pk}:{row.reminders}:{user.pk}")
