"""When a choice has taken effect: windows close, the time they took is counted, and the person is forgotten."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from dsr.choices.marketing import Act
from dsr.models import Choice, EffectDay, WebhookKind, Window
from dsr.selectors.windows import LONGER, PARTS
from dsr.services import webhooks, weighing
from dsr.services.choices import lateness, requested
from dsr.services.choices.deciding import forget, said
from notifications import outbox

_WRITTEN_TO = timedelta(days=7)
"""How long somebody who was told that it is late is still known: until the letter has long arrived."""
_UNSETTLED = timedelta(minutes=10)
_AT_ONCE = 1000


def confirm(windows: Collection[Window], at: datetime, *, lease: UUID | None = None) -> int:
    """Close windows, inside the caller's transaction, and count how long they were open. Returns how many it closed.

    With ``lease`` only those that are still its holder's.
    """
    found = Window.objects.filter(pk__in=[window.pk for window in windows], done_at=None)
    if lease is not None:
        found = found.filter(lease=lease)
    # In one order, so that an owner's report and a worker who close the same ones never wait in a circle.
    mine = set(found.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    if not mine:
        return 0
    closed = {"done_at": at, "code": "", "lease": None, "look_at": None, "cursor_sealed": None}
    Window.objects.filter(pk__in=mine).update(**closed)
    closed_now = [window for window in windows if window.pk in mine and not window.choice.invented]
    _count(closed_now, at)
    lateness.caught_up({window.system for window in closed_now if window.late_at is not None}, at)
    return len(mine)


def _count(windows: Iterable[Window], at: datetime) -> None:
    numbers: dict[tuple[UUID, int], int] = {}
    for window in windows:
        if window.choice.act == Act.STOP:
            part = window.system_id, _part(at - window.opened_at)
            numbers[part] = numbers.get(part, 0) + 1
    day = at.date()
    rows = [EffectDay(system_id=system, day=day, within=within) for system, within in sorted(numbers)]
    EffectDay.objects.bulk_create(rows, ignore_conflicts=True)
    for (system, within), number in sorted(numbers.items()):
        EffectDay.objects.filter(system=system, day=day, within=within).update(number=F("number") + number)


def _part(length: timedelta) -> int:
    return next((hours for hours in PARTS if length <= timedelta(hours=hours)), LONGER)


def settle(choices: Collection[UUID], at: datetime) -> None:
    """Note of which choices every window is closed, tell those who were told that it was late, and forget the others.

    Comes after the windows are closed for good: of two workers who close the last two, the second sees both.
    """
    if not choices:
        return
    with transaction.atomic():
        is_open = Window.objects.filter(choice=OuterRef("pk"), done_at=None)
        over = Choice.objects.filter(~Exists(is_open), pk__in=list(choices), effective_at=None)
        done = list(over.order_by("pk").select_for_update(of=("self",)).select_related("data_key"))
        Choice.objects.filter(pk__in=[choice.pk for choice in done]).update(effective_at=at)
        webhooks.emit_all(WebhookKind.CHOICE_EFFECTIVE, [{**said(choice), "effective_at": at} for choice in done], at)
        late = [choice for choice in done if choice.late_told_at is not None]
        filed = requested.with_request(late)
        for choice in late:
            if choice.pk not in filed:  # who filed a request hears it when that closes
                lateness.tell_done(choice, at)
        # Whoever is still written to is forgotten a little later.
        quiet = [choice.pk for choice in done if choice.late_told_at is None]
        Choice.objects.filter(pk__in=quiet).update(who_sealed=None)
        forget(quiet, at)
    requested.close(at, choices)
    weighing.close(at, choices)


def tidy(at: datetime) -> int:
    """Forget those whose letters have long arrived, and settle what a dead worker left. Returns how many choices."""
    is_open = Window.objects.filter(choice=OuterRef("pk"), done_at=None)
    # Of those that are closed alone: a thousand that wait for an owner must not keep what comes after them from it.
    left = Choice.objects.filter(~Exists(is_open), effective_at=None, recorded_at__lt=at - _UNSETTLED)
    settle(set(left.order_by("recorded_at").values_list("pk", flat=True)[:_AT_ONCE]), at)
    requested.close(at)
    weighing.close(at)
    known = Choice.objects.filter(who_sealed__isnull=False, effective_at__lt=at - _WRITTEN_TO)
    over = list(known.order_by("effective_at").values_list("pk", flat=True)[:_AT_ONCE])
    for choice in over:
        outbox.purge(choice, at)
    Choice.objects.filter(pk__in=over).update(who_sealed=None)
    forget(over, at)
    return len(over)
