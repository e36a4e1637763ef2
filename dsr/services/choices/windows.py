"""Having each system let a choice take effect: the rows are the queue, and a window is open until its system confirmed.

Taken by pushing the next try on, worked on outside any transaction, written down in another, a batch at a time. Whoever
takes over from a dead worker tells the system once more, which changes nothing. No try is the last one: what a system
cannot do is put before its owner, and tried again all the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from time import monotonic
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Least

from dsr.choices.marketing import Act
from dsr.connectors import Code, Connector, ConnectorError, PermanentFailure, Refused, TemporaryFailure, open_connector
from dsr.logs import get_logger, places
from dsr.models import ConnectorKind, System, Window
from dsr.services.choices import desk, effect, failing

log = get_logger(__name__)

BATCH = 500
LEASE = timedelta(minutes=5)
WORK_WITHIN = timedelta(minutes=1)
"""How long after its beginning a round still asks another system."""
LADDER = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=1))
"""The pause after each failure, of a window of three days; of a shorter one it is shorter in proportion."""
_FULL = timedelta(days=3)
_LEAST_PAUSE = timedelta(seconds=1)
_PATIENCE = 3
"""After so many failures in a row a system is left alone, and the others of the batch wait with it."""
_MOST_COUNTED = 1000
HANDED_OVER = "with_owner"


@dataclass(slots=True)
class Round:
    """What one round did."""

    confirmed: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """Return how many windows were worked on."""
        return self.confirmed + self.failed


@dataclass(slots=True)
class _Came:
    """What a batch of one system came to; each window is in one of these."""

    done: list[Window] = field(default_factory=list)
    going_on: list[tuple[Window, str, float]] = field(default_factory=list)
    failed: list[tuple[Window, str, timedelta]] = field(default_factory=list)
    to_owner: list[tuple[Window, str]] = field(default_factory=list)
    left: list[Window] = field(default_factory=list)


class _Clock:
    def __init__(self, at: datetime) -> None:
        self._at, self._started = at, monotonic()

    def now(self) -> datetime:
        """Return the time, counted from when the round began."""
        return self._at + timedelta(seconds=monotonic() - self._started)

    def over(self) -> bool:
        """Whether no other system is asked in this round."""
        return self.now() >= self._at + WORK_WITHIN


def run_due(at: datetime, limit: int = BATCH) -> Round:
    """Tell the systems what is due, a batch of it. Returns what came of it."""
    clock, lease, tally = _Clock(at), uuid4(), Round()
    for system, windows in groupby(_claim(at, limit, lease), key=lambda window: window.system):
        came = _ask(system, list(windows), clock)
        _record(system, came, lease, clock.now())
        tally.confirmed += len(came.done)
        tally.failed += len(came.failed) + len(came.to_owner)
    return tally


def _claim(at: datetime, limit: int, lease: UUID) -> list[Window]:
    """Take what is due. Rows that another worker is taking are skipped; until the lease is over nobody else does."""
    with transaction.atomic():
        due = Window.objects.filter(done_at=None, due_at__lte=at).order_by("due_at", "id")
        taken = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:limit])
        if not taken:
            return []
        Window.objects.filter(pk__in=taken).update(
            due_at=at + LEASE, lease=lease, attempts=Least(F("attempts") + 1, _MOST_COUNTED)
        )
    windows = Window.objects.filter(pk__in=taken, lease=lease)
    return list(windows.select_related("choice__data_key", "system__data_key").order_by("system__key", "id"))


# --- Asking a system -------------------------------------------------------------------------------------------------


def _ask(system: System, windows: Sequence[Window], clock: _Clock) -> _Came:
    came = _Came()
    try:
        connector = open_connector(system.connector, system.open_json("config"))
    except ConnectorError as error:
        came.to_owner = [(window, str(error.code)) for window in windows]
        return came
    except Exception as error:  # noqa: BLE001 - one system that cannot be opened must not keep the others waiting
        log.error("system not opened", id=system.pk, error=type(error).__name__, where=places(error.__traceback__))
        came.failed = [(window, str(Code.FAULT), _pause(window)) for window in windows]
        return came
    down: tuple[str, timedelta] | None = None
    in_a_row = 0
    for window in windows:
        if down is not None:
            came.failed.append((window, *down))
        elif clock.over():
            came.left.append(window)
        elif _by_hand(system, window):
            came.to_owner.append((window, HANDED_OVER))
        else:
            failure = _tell(connector, window, came)
            in_a_row = in_a_row + 1 if failure else 0
            down = failure if in_a_row >= _PATIENCE else None
    return came


def _by_hand(system: System, window: Window) -> bool:
    """Whether only the owner can do it: nobody calls the system, or it has no word for what was chosen."""
    return system.connector == ConnectorKind.MANUAL or not window.words or window.choice.act == Act.RESUME


def _tell(connector: Connector, window: Window, came: _Came) -> tuple[str, timedelta] | None:
    """Tell a system one choice; return why not, and when to try again, where the system as a whole did not answer."""
    pause = _pause(window)
    try:
        who = window.choice.open_json("who")
        # A key of its own for each try: a service would give the answer to an earlier one again.
        key = f"{window.choice_id}:{window.system.key}:{window.attempts}"
        changed = connector.suppress(who, window.words, key=key, cursor=window.open("cursor"))
        # What a system says that it has done is believed once it shows so, where it can be asked.
        took = changed.finished and connector.suppressed(who, window.words, key=f"{key}:look") is not False
    except TemporaryFailure as failure:
        pause = max(pause, timedelta(seconds=failure.retry_after or 0))
        came.failed.append((window, str(failure.code), pause))
        return str(failure.code), pause
    except (PermanentFailure, Refused) as failure:
        came.to_owner.append((window, str(failure.code)))
    except Exception as error:  # noqa: BLE001 - whatever it is, the window stays open and people see it
        log.error("choice not told", id=window.pk, error=type(error).__name__, where=places(error.__traceback__))
        came.failed.append((window, str(Code.FAULT), pause))
    else:
        if not changed.finished:
            came.going_on.append((window, changed.cursor, changed.again_after))
        elif took:
            came.done.append(window)
        else:
            came.failed.append((window, str(Code.NOTHING_CHANGED), pause))
    return None


def _pause(window: Window) -> timedelta:
    step = LADDER[min(window.attempts, len(LADDER)) - 1]
    return max(step * ((window.must_by - window.opened_at) / _FULL), _LEAST_PAUSE)


# --- Writing it down -------------------------------------------------------------------------------------------------


def _record(system: System, came: _Came, lease: UUID, at: datetime) -> None:
    with transaction.atomic():
        effect.confirm(came.done, at, lease=lease)
        for (code, pause), failed in groupby(sorted(came.failed, key=_reason), key=_reason):
            _ours([window for window, *_ in failed], lease).update(code=code, due_at=at + pause, lease=None)
        _hand_over(system, came.to_owner, lease, at)
        for window, cursor, again_after in came.going_on:
            window.seal("cursor", cursor)
            due = at + timedelta(seconds=max(again_after, 1.0))
            _ours([window], lease).update(cursor_sealed=window.cursor_sealed, due_at=due, lease=None)
        _ours(came.left, lease).update(due_at=at, lease=None)
        told = [(window, "" if code == HANDED_OVER else code) for window, code in came.to_owner]
        failing.look(system, came.done, told, at)
    effect.settle({window.choice_id for window in came.done}, at)


def _reason(failed: tuple[Window, str, timedelta]) -> tuple[str, timedelta]:
    return failed[1:]


def _ours(windows: Iterable[Window], lease: UUID) -> QuerySet[Window]:
    return Window.objects.filter(pk__in=[window.pk for window in windows], lease=lease, done_at=None)


def _hand_over(system: System, handed: Sequence[tuple[Window, str]], lease: UUID, at: datetime) -> None:
    """Put what the system was not told before its owner. It is tried again all the same: faults are mended."""
    for code, some in groupby(sorted(handed, key=lambda each: each[1]), key=lambda each: each[1]):
        windows = [window for window, _code in some]
        pause = LADDER[-1]
        _ours(windows, lease).filter(with_owner_at=None, choice__invented=False).update(with_owner_at=at)
        _ours(windows, lease).update(code="" if code == HANDED_OVER else code, due_at=at + pause, lease=None)
    if any(not window.choice.invented for window, _code in handed):
        desk.write_to_owner(system, at)
