"""What the owner of a system does by hand: one list of everybody who is to be left out, or taken in again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from dsr.choices.marketing import Purpose
from dsr.models import SubjectRequest, System, Weighed, Window
from dsr.rights import Right
from dsr.services import letters, links
from dsr.services.choices import effect, lateness
from dsr.services.doorbell import Bell, ring
from notifications import outbox
from notifications.models import Forgotten
from verification import grants

PURPOSE = "choicesheet"
LASTS = timedelta(days=30)
AGAIN_AFTER = timedelta(hours=12)
"""How often an owner is written to at most while something waits for him."""
MOST = 200
"""As many are shown at once; the rest follow when these are done."""


@dataclass(frozen=True, slots=True)
class Line:
    """One choice as the owner sees it."""

    number: int
    act: str
    who: Mapping[str, Sequence[str]]
    purpose: str
    channels: Sequence[str]
    topics: Sequence[str]
    received_at: datetime
    must_by: datetime
    case: str = ""
    """Reference of the request in which it was decided; "" for what somebody chose without one."""
    remains: Sequence[str] = ()
    """What goes on of each use of which only a part stops, as it was decided."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What waits for the owner of one system."""

    system: str
    owner: str
    lines: Sequence[Line]
    more: bool


def write_to_owner(system: System, at: datetime) -> None:
    """Send the owner a link to the list, inside the caller's transaction; not again within half a day."""
    dedupe = outbox.now_and_then(f"choicesheet:{system.pk}", AGAIN_AFTER, at)
    if dedupe is None:
        return
    token = grants.issue(PURPOSE, system.pk, at, lasts=LASTS, uses=None)
    with override(settings.LANGUAGE_CODE):
        letter = letters.ChoiceSheet(
            organisation=lateness.organisation(at),
            system=system.name,
            owner=system.owner_name,
            link=links.choices_sheet(token),
        )
    message = outbox.queue(
        letter,
        to=system.owner_email,
        language=settings.LANGUAGE_CODE,
        data_key=system.data_key,
        about=system.pk,
        at=at,
        dedupe=dedupe,
    )
    ring(Bell.MESSAGE, str(message.pk))


def sheet(system_id: UUID) -> Sheet:
    """Return what waits for the owner of a system, what is due first at the top."""
    system = System.objects.get(pk=system_id)
    waiting = Window.objects.filter(system=system_id, done_at=None, with_owner_at__isnull=False)
    rows = list(waiting.select_related("choice__data_key").order_by("must_by", "id")[: MOST + 1])
    cases = _decided_in([row for row in rows[:MOST] if row.choice.purpose == Purpose.OBJECTION])
    lines = [
        Line(
            number=row.pk,
            act=row.choice.act,
            who=_who(row, system),
            purpose=row.choice.purpose,
            channels=row.choice.channels,
            topics=row.choice.topics,
            received_at=row.opened_at,
            must_by=row.must_by,
            case=cases[row.choice_id].submission.reference if row.choice_id in cases else "",
            remains=_remains(cases[row.choice_id]) if row.choice_id in cases else (),
        )
        for row in rows[:MOST]
    ]
    return Sheet(system.name, system.owner_name, lines, len(rows) > MOST)


def _decided_in(rows: Collection[Window]) -> dict[UUID, SubjectRequest]:
    """Return the objection that each choice was decided in, with what was weighed there."""
    if not rows:
        return {}
    found = SubjectRequest.objects.filter(choice__in=[row.choice_id for row in rows], right=Right.OBJECTION)
    found = found.select_related("submission__data_key").prefetch_related("weighings")
    return {request.choice_id: request for request in found if request.choice_id is not None}


def _remains(request: SubjectRequest) -> tuple[str, ...]:
    """Return what goes on where only a part stops; nothing once the person was forgotten."""
    parts = [row for row in request.weighings.all() if row.outcome == Weighed.PART]
    for row in parts:
        row.request = request
    try:
        return tuple(row.open_json("content").get("remains", "") for row in parts)
    except Forgotten:
        return ()


def _who(row: Window, system: System) -> dict[str, list[str]]:
    """Return by what the owner knows the person; all that is known where that is nothing."""
    who: dict[str, list[str]] = row.choice.open_json("who")
    return {kind: values for kind, values in who.items() if kind in system.identifiers} or who


def report(system_id: UUID, numbers: Collection[int], at: datetime) -> int:
    """Note that the owner has done some of them. Returns how many that closed; done twice is done once."""
    with transaction.atomic():
        rows = Window.objects.filter(pk__in=list(numbers), system=system_id, with_owner_at__isnull=False)
        mine = list(rows.select_related("choice"))
        closed = effect.confirm(mine, at)
    effect.settle({row.choice_id for row in mine}, at)
    return closed
