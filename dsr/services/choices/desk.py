"""What the owner of a system does by hand: one list of everybody who is to be left out, or taken in again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from dsr.models import System, Window
from dsr.services import letters, links
from dsr.services.choices import effect, lateness
from dsr.services.doorbell import Bell, ring
from notifications import outbox
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
        )
        for row in rows[:MOST]
    ]
    return Sheet(system.name, system.owner_name, lines, len(rows) > MOST)


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
