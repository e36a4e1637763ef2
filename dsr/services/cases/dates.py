"""The days of cases: the officer is told at once, warned before and after, and what was written goes after its time."""

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from dsr import caselife
from dsr.caselife import CaseState
from dsr.deadlines import day_ends, local_date
from dsr.models import AuthorityCase, CaseMeasure
from dsr.policies import Caller
from dsr.rules import pack
from dsr.services import colleagues, letters, links
from dsr.services.cases import authorities, road
from dsr.services.doorbell import Bell, ring
from notifications import outbox
from verification import forgetting

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_AHEAD = (timedelta(days=7), timedelta(days=3), timedelta(days=1), timedelta())
"""How long before a day is over it is warned of."""
_AGAIN = timedelta(days=1)
"""How long after a warning that came too late the next one goes out."""
_OFFICERS, _INSTEAD = "dsr.officer_requests", "dsr.approve_requests"
Warned = AuthorityCase | CaseMeasure


def next_warning(due_on: date, zone: str, at: datetime) -> datetime:
    """Return when a day is warned of next, after a moment."""
    over = day_ends(due_on, zone)
    return next((over - ahead for ahead in _AHEAD if over - ahead > at), at + _AGAIN)


def watch(case: AuthorityCase, at: datetime) -> None:
    """Have the day of a case watched, as long as the authority waits for an answer."""
    waits = CaseState(case.state) in caselife.WAITING
    case.warn_at = next_warning(case.due_on, case.zone, at) if waits else None


def tell_opened(case: AuthorityCase, at: datetime) -> int:
    """Tell the officer of a new case, or, where there is none to be written to, those who approve; return how many."""
    people = colleagues.with_permission(_OFFICERS) or colleagues.with_permission(_INSTEAD)
    with override(settings.LANGUAGE_CODE):
        letter = letters.CaseOpened(**_said(case, at), due_on=case.due_on)
    for user in people:
        _post(case, letter, user, at, f"case:{case.pk}:opened:{user.pk}")
    return len(people)


def due_warnings(at: datetime, limit: int) -> list[tuple[type[Warned], UUID]]:
    """Return the cases and measures whose day is to be warned of."""
    found: list[tuple[type[Warned], UUID]] = []
    for model in (AuthorityCase, CaseMeasure):
        rows = model._default_manager.filter(warn_at__lte=at).order_by("warn_at", "id")
        found += [(model, pk) for pk in rows.values_list("pk", flat=True)[:limit]]
    return found


def warn(model: type[Warned], pk: UUID, at: datetime) -> bool:
    """Warn whoever sees to it and the officer of one day. False when that was done already."""
    with transaction.atomic():
        rows = model._default_manager.select_for_update(of=("self",)).select_related("owner")
        found = rows.filter(pk=pk, warn_at__lte=at).first()
        if found is None:
            return False
        measure = found if isinstance(found, CaseMeasure) else None
        case = AuthorityCase.objects.select_related("data_key").get(pk=measure.case_id if measure else found.pk)
        late = local_date(at, case.zone) > found.due_on
        mark = found.warn_at.isoformat() if found.warn_at else ""
        _warn(case, found, measure.number if measure else 0, late, mark, at)
        found.warn_at = next_warning(found.due_on, case.zone, at)
        found.save(update_fields=["warn_at"])
    return True


def due_purges(at: datetime, limit: int) -> list[UUID]:
    """Return the cases whose words are to be forgotten."""
    rows = AuthorityCase.objects.filter(purge_at__lte=at, purged_at=None).order_by("purge_at", "id")
    return list(rows.values_list("pk", flat=True)[:limit])


def forget(case_id: UUID, at: datetime) -> bool:
    """Destroy the key of a case whose time is over: its history stays, without words. False where it is not over."""
    if not AuthorityCase.objects.filter(pk=case_id, purge_at__lte=at, purged_at=None).exists():
        return False
    with road.holding(case_id) as case:
        if case.purged_at is not None or case.purge_at is None or case.purge_at > at:
            return False
        road.write(case, "purged", by=Caller.system(), at=at)
        forgetting.forget(case.pk, at)
        case.purged_at = at
        case.data_key.forget(at)
    return True


def _warn(case: AuthorityCase, found: Warned, measure: int, late: bool, mark: str, at: datetime) -> None:
    people: dict[int, User] = {user.pk: user for user in colleagues.with_permission(_OFFICERS)}
    if found.owner is not None and found.owner.is_active and found.owner.email:
        people[found.owner.pk] = found.owner
    people = people or {user.pk: user for user in colleagues.with_permission(_INSTEAD)}
    with override(settings.LANGUAGE_CODE):
        letter = letters.CaseDue(**_said(case, at), due_on=found.due_on, measure=measure, late=late)
    for user in people.values():
        _post(case, letter, user, at, f"case:{found.pk}:{mark}:{user.pk}")


def _said(case: AuthorityCase, at: datetime) -> dict[str, Any]:
    return {
        "organisation": pack().notices[-1].organisation.short_name,
        "authority": " · ".join(filter(None, (authorities.title_of(case.authority, at.date()), case.office))),
        "link": links.authority_case(case.pk),
    }


def _post(case: AuthorityCase, letter: Any, user: "User", at: datetime, dedupe: str) -> None:
    message = outbox.queue(
        letter,
        to=user.email,
        language=settings.LANGUAGE_CODE,
        data_key=case.data_key,
        about=case.pk,
        at=at,
        dedupe=dedupe,
    )
    ring(Bell.MESSAGE, str(message.pk))
