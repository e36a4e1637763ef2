"""What answers promise: each with an owner and a day, warned of until it is done."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from dsr.deadlines import day_ends, local_date
from dsr.errors import NotFound, WrongState
from dsr.lifecycle import BY_VERB
from dsr.models import Deadline, DeadlineKind, Remedy, SubjectRequest
from dsr.policies import check_can_make
from dsr.rights import SPECS, Right
from dsr.services import colleagues, letters, links, telling
from dsr.services._moves import Caller, holding

_AHEAD = timedelta(days=3)
_AGAIN = timedelta(days=7)


def watch(request: SubjectRequest, remedies: Iterable[Remedy]) -> None:
    """Have the owner of each warned three days before the day that the person was told."""
    Deadline.objects.bulk_create(
        Deadline(
            submission=request.submission,
            request=request,
            kind=DeadlineKind.PROMISE,
            ordinal=remedy.number,
            due_at=day_ends(remedy.due_on, request.submission.zone) - _AHEAD,
        )
        for remedy in remedies
    )


def keep(request_id: UUID, number: int, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Note that something was done that had been promised."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["keep_promise"], by, at)
        remedy = request.remedys.filter(number=number).first()
        if remedy is None:
            raise NotFound(_("There is nothing with this number."))
        if remedy.done_at is not None:
            raise WrongState(_("This was done already."), code="promise-kept")
        remedy.done_at, remedy.done_by = at, by.user
        case.move(request, "keep_promise", by=by, at=at, data={"number": number})
        remedy.save(update_fields=["done_at", "done_by"])
        _rows(request, number).update(done_at=at)
    return request


def look(deadline: Deadline, at: datetime) -> None:
    """Warn the owner of a promise whose day comes, and once it is over, the leads, too, every week until it is kept."""
    with holding(request_id=deadline.request_id) as case:
        row = Deadline.objects.filter(pk=deadline.pk, done_at=None, due_at__lte=at).first()
        if row is None or row.request_id is None:
            return
        request = case.request(row.request_id)
        remedy = request.remedys.select_related("owner").filter(number=row.ordinal, done_at=None).first()
        if remedy is None or case.submission.purged_at is not None:
            row.done_at = at
        else:
            late = local_date(at, case.submission.zone) > remedy.due_on
            people = {remedy.owner.pk: remedy.owner}
            if late:
                people |= {user.pk: user for user in colleagues.with_permission("dsr.lead_requests")}
            for user in people.values():
                with override(settings.LANGUAGE_CODE):
                    letter = letters.PromiseDue(
                        reference=case.submission.reference,
                        organisation=telling.organisation(case.submission),
                        right=str(SPECS[Right(request.right)].title),
                        due_on=remedy.due_on,
                        late=late,
                        link=links.console(request.pk),
                    )
                dedupe = f"promise:{remedy.pk}:{row.due_at.isoformat()}:{user.pk}"
                telling.tell_other(case, letter, to=user.email, at=at, dedupe=dedupe)
            over = day_ends(remedy.due_on, case.submission.zone)
            row.due_at = over if at < over else at + _AGAIN
        row.claimed_until, row.attempts = None, 0
        row.save(update_fields=["due_at", "done_at", "claimed_until", "attempts"])


def _rows(request: SubjectRequest, number: int) -> QuerySet[Deadline]:
    return Deadline.objects.filter(request=request, kind=DeadlineKind.PROMISE, ordinal=number, done_at=None)
