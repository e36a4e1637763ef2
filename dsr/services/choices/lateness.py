"""Watching the windows: warnings at a third and two thirds of the time, and the truth to the person once it is over.

A system that is down keeps many waiting. Its owner and the leads get one letter for all of them, and not again within
some hours; a person gets one about their own choice.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import IntEnum
from itertools import groupby
from operator import attrgetter

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import override

from dsr import rules
from dsr.choices.marketing import Purpose
from dsr.deadlines import local_date
from dsr.logs import get_logger
from dsr.models import Choice, IncidentKind, Mechanism, System, WebhookKind, Window
from dsr.services import colleagues, letters, links, webhooks
from dsr.services.choices import incidents, requested
from dsr.services.choices.deciding import said
from dsr.services.choices.purposes import title
from dsr.services.doorbell import Bell, ring
from notifications import outbox
from notifications.models import DataKey

log = get_logger(__name__)

BATCH = 500
AGAIN_AFTER = timedelta(hours=6)
"""How often at most a system's owner and the leads get the same warning."""
_MOST_COUNTED = 10_000
_LEAD, _OFFICER = "dsr.lead_requests", "dsr.officer_requests"


class Mark(IntEnum):
    """How far the time is gone."""

    THIRD = 1
    TWO_THIRDS = 2
    OVER = 3


def watch(at: datetime, limit: int = BATCH) -> int:
    """Warn of the windows that have reached a mark, a batch of them. Returns how many."""
    with transaction.atomic():
        due = Window.objects.filter(done_at=None, look_at__lte=at).order_by("look_at", "id")
        rows = list(
            due.select_for_update(of=("self",), skip_locked=True).select_related(
                "choice__data_key", "system__data_key"
            )[:limit]
        )
        rows.sort(key=lambda row: (row.system.key, _mark(row, at)))
        for (system, mark), some in groupby(rows, key=lambda row: (row.system, _mark(row, at))):
            _reached(system, mark, list(some), at)
    return len(rows)


def _mark(window: Window, at: datetime) -> Mark:
    gone = at - window.opened_at
    return Mark.OVER if gone >= window.length else Mark.TWO_THIRDS if gone >= window.length * 2 / 3 else Mark.THIRD


def _look_again(windows: Sequence[Window], mark: Mark, at: datetime) -> None:
    """Set the next mark. Windows of one length, as nearly all are, in one statement."""
    length = attrgetter("length")
    for each, some in groupby(sorted(windows, key=length), key=length):
        mine = Window.objects.filter(pk__in=[window.pk for window in some])
        gone = {Mark.THIRD: each * 2 / 3, Mark.TWO_THIRDS: each}.get(mark)
        mine.update(look_at=gone and F("opened_at") + gone, late_at=None if gone else at)


def _reached(system: System, mark: Mark, windows: Sequence[Window], at: datetime) -> None:
    _look_again(windows, mark, at)
    real = [window for window in windows if not window.choice.invented]
    if not real:
        return
    _warn(system, mark, at)
    if mark is Mark.OVER:
        choices = {window.choice_id: window.choice for window in real}
        webhooks.emit_all(
            WebhookKind.CHOICE_LATE, [{**said(each), "system": system.key} for each in choices.values()], at
        )
        incidents.open_or_add(IncidentKind.CHOICE_LATE, system, Mechanism.SYSTEM, at, late=len(choices))
        for choice in choices.values():
            _tell_late(choice, at)


def caught_up(systems: Iterable[System], at: datetime) -> None:
    """Note on the incidents of systems in which nothing is late any more that they work again."""
    for system in systems:
        late = Window.objects.filter(system=system, done_at=None, late_at__isnull=False, choice__invented=False)
        if not late.exists():
            incidents.recovered(IncidentKind.CHOICE_LATE, system, Mechanism.SYSTEM, at)


# --- Staff and owners ------------------------------------------------------------------------------------------------


def _warn(system: System, mark: Mark, at: datetime) -> None:
    """Queue one letter to each who answers for it: owner and leads, and the officer once it is late."""
    everybody = dict.fromkeys((system.owner_email, *_staff(mark)))
    words = {to: outbox.now_and_then(f"choices:{system.pk}:{int(mark)}:{to}", AGAIN_AFTER, at) for to in everybody}
    if not any(words.values()):
        return
    first = Window.objects.filter(system=system, done_at=None, choice__invented=False).order_by("must_by", "id")
    waiting = first[:_MOST_COUNTED].count()
    earliest = first.values_list("must_by", flat=True).first() or at
    with override(settings.LANGUAGE_CODE):
        letter = letters.ChoicesLate(
            organisation=organisation(at),
            system=system.name,
            owner=system.owner_name,
            waiting=waiting,
            must_by=earliest,
            late=mark is Mark.OVER,
            link=links.windows(system.pk),
        )
    for address, word in words.items():
        if word is None:
            continue
        message = outbox.queue(
            letter,
            to=address,
            language=settings.LANGUAGE_CODE,
            data_key=system.data_key,
            about=system.pk,
            at=at,
            dedupe=word,
        )
        ring(Bell.MESSAGE, str(message.pk))


def _staff(mark: Mark) -> Iterable[str]:
    permissions = (_LEAD, _OFFICER) if mark is Mark.OVER else (_LEAD,)
    return [user.email for permission in permissions for user in colleagues.with_permission(permission)]


# --- The person ------------------------------------------------------------------------------------------------------


def _tell_late(choice: Choice, at: datetime) -> None:
    """Tell the person that a promise was not kept, once, where they can be written to."""
    if choice.late_told_at is not None:
        return
    windows = choice.windows.select_related("system").order_by("system__name")
    letter = letters.ChoiceLate(
        organisation=organisation(at),
        about=title(Purpose(choice.purpose)),
        chosen_on=_day(choice.at),
        done=tuple(window.system.name for window in windows if window.done_at),
        missing=tuple(window.system.name for window in windows if not window.done_at),
        contact=links.centre(),
    )
    if requested.tell_late(choice, letter, at) or _write(choice, letter, at, "late"):
        choice.late_told_at = at
        Choice.objects.filter(pk=choice.pk).update(late_told_at=at)


def tell_done(choice: Choice, at: datetime) -> None:
    """Tell somebody who was told that it was late that it is done now, inside the caller's transaction."""
    letter = letters.ChoiceDone(
        organisation=organisation(at),
        about=title(Purpose(choice.purpose)),
        chosen_on=_day(choice.at),
        done_on=_day(at),
    )
    _write(choice, letter, at, "done")


def _write(choice: Choice, letter: letters.ChoiceLate | letters.ChoiceDone, at: datetime, word: str) -> bool:
    addresses = choice.open_json("who").get("email", [])
    for address in addresses[:1]:
        key: DataKey = choice.data_key
        message = outbox.queue(
            letter,
            to=address,
            language=choice.language or settings.LANGUAGE_CODE,
            data_key=key,
            about=choice.pk,
            at=at,
            dedupe=f"choice:{choice.pk}:{word}",
        )
        ring(Bell.MESSAGE, str(message.pk))
    return bool(addresses)


def organisation(at: datetime) -> str:
    """Return the name of the organisation by the notice of the day."""
    return rules.pack().notice_then(at.date()).organisation.short_name


def _day(at: datetime) -> date:
    """Return the day of a moment where the organisation sits."""
    notice = rules.pack().notice_then(at.date())
    return local_date(at, notice.seat_for("").zone)
