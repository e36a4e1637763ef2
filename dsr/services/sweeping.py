"""The sweep: finds every row whose time has come and has the right use case work on it.

Each row is claimed by one conditional update and committed before the work, so any number of sweepers share a table.
Work that fails leaves its row for a later sweep; nothing depends on a broker remembering.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Least

from dsr.logs import get_logger
from dsr.models import ACTED_ON, Deadline, DeadlineKind
from dsr.rights import Right
from dsr.services import (
    acting,
    chasing,
    delivery,
    evidence,
    fulfilment,
    holds,
    identity,
    mailing,
    onfile,
    purging,
    restriction,
    search,
    sheltering,
    stopping,
    taskpaper,
    taskrun,
    taskwork,
    timing,
    watching,
    webhookdelivery,
    worksheets,
)
from dsr.services.cases import dates
from dsr.services.choices import heartbeat, incidents, lateness, requested, windows
from dsr.services.complaints import outside, promises
from dsr.services.erasure import kept, rechecks, waiting
from dsr.services.inbound import tidying, understanding
from dsr.services.reviews import effects
from dsr.services.sending import transmitting
from notifications import delivery as mail_delivery
from notifications import outbox

log = get_logger(__name__)
BATCH = 50
CLAIM = timedelta(minutes=10)
SEARCH_WITHIN = timedelta(minutes=1)
"""How long after its beginning a sweep still asks another system."""
_MOST_COUNTED = 1000
"""Tries are counted up to here: a row that fails for years must not overflow its counter."""
_RETRY = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))

Handler = Callable[[Deadline, datetime], None]
HANDLERS: dict[DeadlineKind, Handler] = {
    DeadlineKind.ACKNOWLEDGE: timing.acknowledge,
    DeadlineKind.FEE_REPLY: timing.fee_unanswered,
    DeadlineKind.WATCH: watching.look,
    DeadlineKind.LAPSE_WARNING: identity.warn_of_lapse,
    DeadlineKind.LAPSE: identity.lapse,
    DeadlineKind.LOOK: onfile.look,
    DeadlineKind.HOLD_ENDS: stopping.hold_over,
    DeadlineKind.EVIDENCE: evidence.destroy_due,
    DeadlineKind.BUILD: fulfilment.build,
    DeadlineKind.EXPIRY_WARNING: delivery.warn_of_expiry,
    DeadlineKind.EXPIRY: delivery.expire,
    DeadlineKind.CONFIRM_REMINDER: waiting.remind,
    DeadlineKind.CONFIRM_END: waiting.end,
    DeadlineKind.ACT: lambda deadline, at: _act(deadline, at),
    DeadlineKind.KEPT: kept.look,
    DeadlineKind.RECHECK: rechecks.begin,
    DeadlineKind.LIFT: restriction.lift,
    DeadlineKind.PROMISE: promises.look,
    DeadlineKind.OUTSIDE: outside.look,
    DeadlineKind.DESTROY: delivery.destroy,
    DeadlineKind.PURGE: purging.purge,
}


def _act(deadline: Deadline, at: datetime) -> None:
    """Carry out what was decided: a report of a child's account is answered, everything else is done in systems."""
    reported = deadline.request is not None and deadline.request.right == Right.CHILD_ACCOUNT
    (sheltering.settle if reported else acting.start)(deadline, at)


@dataclass(slots=True)
class Tally:
    """How much one sweep did."""

    deadlines: int = 0
    steps: int = 0
    tasks: int = 0
    reminders: int = 0
    messages: int = 0
    troubles: int = 0
    webhooks: int = 0
    choices: int = 0
    warnings: int = 0
    decisions: int = 0
    probes: int = 0
    mail: int = 0
    transmissions: int = 0
    failures: int = 0

    @property
    def total(self) -> int:
        """Everything that was worked on."""
        asked = self.deadlines + self.steps + self.tasks + self.reminders + self.choices + self.warnings
        rest = self.probes + self.mail + self.decisions + self.transmissions
        return asked + self.messages + self.troubles + self.webhooks + rest


def sweep(at: datetime) -> Tally:
    """Work on what is due, a batch of each kind."""
    tally, clock = Tally(), _Clock(at)
    _search(tally, search.due_steps(at, BATCH), at, clock)
    for step_id, request_id in worksheets.due_reminders(at, BATCH):
        tally.reminders += _safely(tally, partial(worksheets.remind, step_id, request_id, clock()))
    for task_id, request_id in taskpaper.due_reminders(at, BATCH):
        tally.reminders += _safely(tally, partial(taskpaper.remind, task_id, request_id, clock()))
    for hold_id in holds.due_reviews(at, BATCH):
        tally.reminders += _safely(tally, partial(holds.remind, hold_id, clock()))
    for incident_id in incidents.due_warnings(at, BATCH):
        tally.reminders += _safely(tally, partial(incidents.warn, incident_id, clock()))
    for model, pk in dates.due_warnings(at, BATCH):
        tally.reminders += _safely(tally, partial(dates.warn, model, pk, clock()))
    for case_id in dates.due_purges(at, BATCH):
        tally.deadlines += _safely(tally, partial(dates.forget, case_id, clock()))
    for mail_id in tidying.due_warnings(at, BATCH):
        tally.reminders += _safely(tally, partial(tidying.warn, mail_id, clock()))
    for referral_id, request_id in chasing.due_reminders(at, BATCH):
        tally.reminders += _safely(tally, partial(chasing.remind, referral_id, request_id, clock()))
    _safely(tally, lambda: _read_mail(tally, clock()))
    _meet(tally, Q(), clock)
    _carry_out(tally, taskwork.due_tasks(at, BATCH), at, clock)
    _safely(tally, lambda: _change(tally, clock()))
    _safely(tally, lambda: _choose(tally, clock()))
    _safely(tally, lambda: _warn(tally, clock()))
    _safely(tally, lambda: _deliver(tally, clock()))
    for message in outbox.news(BATCH):
        tally.troubles += _safely(tally, partial(mailing.report_trouble, message, at=clock()))
    _safely(tally, lambda: _tell_webhooks(tally, clock()))  # late: nobody waits for other people's servers
    _safely(tally, lambda: _send_on(tally, clock()))
    _safely(tally, lambda: _probe(tally, clock()))
    return tally


def work(submission_id: UUID, at: datetime) -> Tally:
    """Work on what is due for one submission, until nothing is: its steps, then what follows from them."""
    tally, clock = Tally(), _Clock(at)
    mine = Q(submission_id=submission_id)
    _meet(tally, mine, clock)  # who is asking comes first: what is found waits for it
    _search(tally, search.due_steps(at, BATCH, submission_id), at, clock)
    _meet(tally, mine, clock)
    _carry_out(tally, taskwork.due_tasks(clock.exact(), BATCH, submission_id), at, clock)
    return tally


class _Clock:
    """A clock that was set when the sweep began: a claim made late in a long one must not be over already.

    It goes by whole minutes, so that what a short sweep does all bears the same time.
    """

    def __init__(self, at: datetime) -> None:
        self._at, self._started = at, monotonic()

    def __call__(self) -> datetime:
        """The last whole minute."""
        return self._at + timedelta(minutes=(monotonic() - self._started) // 60)

    def exact(self) -> datetime:
        """The very moment, by which what the sweep itself has set a second ago is due."""
        return self._at + timedelta(seconds=monotonic() - self._started)


def _meet(tally: Tally, only: Q, clock: _Clock) -> None:
    """Work on the deadlines that are due, those too that the searches of this very sweep have set."""
    for deadline in _claim(clock.exact(), only):
        _handle(tally, deadline, max(clock(), deadline.due_at))


def _search(tally: Tally, step_ids: list[UUID], at: datetime, clock: _Clock) -> None:
    """Ask one system after the other. Slow ones must not keep deadlines and mail waiting; the next sweep goes on."""
    for step_id in step_ids:
        if clock() >= at + SEARCH_WITHIN:
            break
        tally.steps += _safely(tally, partial(search.run_step, step_id, at=clock()))


def _carry_out(tally: Tally, task_ids: list[UUID], at: datetime, clock: _Clock) -> None:
    """Have one system after the other do its part, as long as searches are asked."""
    for task_id in task_ids:
        if clock() >= at + SEARCH_WITHIN:
            break
        tally.tasks += _safely(tally, partial(taskrun.run_task, task_id, at=clock()))


def _read_mail(tally: Tally, at: datetime) -> None:
    tally.mail = understanding.understand_due(at)


def _change(tally: Tally, at: datetime) -> None:
    """Have systems told which of their decisions were changed."""
    tally.decisions = effects.run_due(at)


def _choose(tally: Tally, at: datetime) -> None:
    """Have systems told what people chose."""
    tally.choices = windows.run_due(at).total


def _warn(tally: Tally, at: datetime) -> None:
    """Warn of choices that have waited too long, whatever came of telling the systems."""
    tally.warnings = lateness.watch(at)
    requested.close(at)


def _deliver(tally: Tally, at: datetime) -> None:
    tally.messages = mail_delivery.deliver_due(at, limit=BATCH).claimed


def _probe(tally: Tally, at: datetime) -> None:
    tally.probes = heartbeat.run(at)


def _tell_webhooks(tally: Tally, at: datetime) -> None:
    tally.webhooks = webhookdelivery.deliver_due(at, limit=BATCH).claimed


def _send_on(tally: Tally, at: datetime) -> None:
    tally.transmissions = transmitting.send_due(at)


def _claim(at: datetime, only: Q) -> list[Deadline]:
    """Take a batch of due rows. Rows that another sweeper is taking are skipped, not waited for."""
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=at)
    with transaction.atomic():
        waiting = Deadline.objects.filter(only, free, done_at__isnull=True, kind__in=ACTED_ON, due_at__lte=at)
        taken = list(waiting.select_for_update(skip_locked=True).order_by("due_at", "id")[:BATCH])
        if taken:
            Deadline.objects.filter(pk__in=[deadline.pk for deadline in taken]).update(
                claimed_until=at + CLAIM, attempts=Least(F("attempts") + 1, _MOST_COUNTED)
            )
    return taken


def _handle(tally: Tally, deadline: Deadline, at: datetime) -> None:
    handler = HANDLERS[DeadlineKind(deadline.kind)]
    if _safely(tally, lambda: handler(deadline, at)):
        tally.deadlines += 1
        return
    pause = _RETRY[min(deadline.attempts, len(_RETRY) - 1)]
    Deadline.objects.filter(pk=deadline.pk, done_at__isnull=True).update(claimed_until=at + pause)


def _safely(tally: Tally, work_on: Callable[[], object]) -> bool:
    """Run one piece of work. Its failure is logged and must not keep the others waiting."""
    try:
        work_on()
    except Exception as error:  # noqa: BLE001 - whatever it is, the row stays and is tried again
        log.error("work failed", error=type(error).__name__)
        tally.failures += 1
        return False
    return True
