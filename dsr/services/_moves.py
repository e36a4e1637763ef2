"""The one road along which a request changes: lock, policy, method, save, event.

``holding`` locks a submission, which is the mutex of all its requests, and hands out a Case. ``Case.move`` is the only
caller of a transition. What happened is written when the block ends, in the same transaction.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.errors import NotFound, RecourseError, Stale, Unlawful
from dsr.lifecycle import BACKED, BY_VERB, COMPUTED, TURN_OF, Actor, Move, Outcome, State, Turn, of
from dsr.models import (
    Deadline,
    DeadlineKind,
    Event,
    LedgerEntry,
    LedgerOutcome,
    Step,
    StepResult,
    StepState,
    SubjectRequest,
    Submission,
    Weighed,
    Weighing,
    review_of,
)
from dsr.policies import Caller, check_can_make
from dsr.rights import Right
from dsr.services import clocks, history, pace, webhooks
from notifications import rows
from notifications.reads import Prepared
from verification.evidence import live

__all__ = ["Caller", "Case", "OpenMove", "holding", "make", "new_case", "open_moves"]

_OUTLIVE_CLOSING = (
    DeadlineKind.DESTROY,
    DeadlineKind.PURGE,
    DeadlineKind.KEPT,
    DeadlineKind.RECHECK,
    DeadlineKind.LIFT,
    DeadlineKind.PROMISE,
    DeadlineKind.OUTSIDE,
)

_ALL_ROWS = frozenset({"change_laws", "change_rules", "review_again"})
"""Verbs after which each row of a clock is set anew, whether a date moved or not."""


_NOT_DONE = frozenset({LedgerOutcome.WITHHELD, LedgerOutcome.KEPT})


class Untold(Exception):
    """A mistake in a use case: something happened that the person must be told, and no letter was queued."""


@dataclass(frozen=True, slots=True)
class MovedDate:
    """A promised date that moved, and the verb that moved it."""

    request: SubjectRequest
    was: date
    now: date
    because: str


class Case:
    """A locked submission, what is done to it, and the events that will say so."""

    def __init__(self, submission: Submission, *, new: bool = False) -> None:
        self.submission = submission
        self._new = new
        self._events: list[Event] = []
        self._added: list[Model] = []
        self._added_once: list[Model] = []
        self._changed: set[str] = set()
        """Names of the submission's fields that are to be saved."""
        self._moved: dict[UUID, SubjectRequest] = {}
        self._requests: dict[UUID, SubjectRequest] = {}
        self._stored: dict[UUID, dict[str, Any]] = {}
        """The values of each request as they are in its row, so that what was set before a move is saved with it."""
        self._settled_at: datetime | None = None
        self._closed: list[SubjectRequest] = []
        self._owed: list[tuple[str, tuple[str, ...]]] = []
        """Moves made here that are told by letter, each with the kinds of which one has to be queued."""
        self.told: set[str] = set()
        """Kinds of the letters that were queued to the person in this case."""
        self._redated: dict[UUID, MovedDate] = {}
        self._history: list[Event] | None = None

    def request(self, request_id: UUID, *, expect: int | None = None) -> SubjectRequest:
        """Return one request of this submission. Raises NotFound for any other, Stale for another version."""
        if request_id not in self._requests:
            self.requests()
        try:
            request = self._requests[request_id]
        except KeyError:
            raise NotFound(_("There is no such request.")) from None
        if expect is not None and expect != request.version:
            raise Stale(_("Somebody changed this request since you looked. Look again, then decide."))
        return request

    def requests(self) -> list[SubjectRequest]:
        """Return the requests of this submission, loaded once."""
        if not self._requests and not self._new:
            for request in _REQUESTS.rows(self.submission.pk):
                self.adopt(request)
            for request in self._requests.values():
                if request.about_id in self._requests:
                    request.about = self._requests[request.about_id]
        return list(self._requests.values())

    def adopt(self, request: SubjectRequest) -> None:
        """Take a request into the case, sharing the locked submission."""
        request.submission = self.submission
        self._requests[request.pk] = request
        self._stored[request.pk] = _values(request)

    def move(
        self,
        request: SubjectRequest,
        verb: str,
        *,
        by: Caller,
        at: datetime,
        data: Mapping[str, Any] | None = None,
        **stamps: Any,
    ) -> None:
        """Make one move. ``data`` goes into the event and must hold no personal value; ``stamps`` go to the method.

        Raises NotAllowed, WrongState or Incomplete, and then nothing has changed.
        """
        move = BY_VERB[verb]
        check_can_make(request, move, by, at)
        source = str(request.state)
        method: Callable[..., None] = getattr(request, verb)
        method(at=at, **stamps)
        self._settle(request, move, source, at)
        self.touch(request)
        self.record(verb, by=by, at=at, request=request, source=source, data=data, role=by.acting_as(move))
        if move.tells:
            self._owed.append((verb, move.tells))
        if verb in reckoning.MOVES_DATES and request.state != State.CLOSED:
            self.recount(request, at=at, because=verb)

    def recount(self, request: SubjectRequest, *, at: datetime, because: str) -> None:
        """Work the dates of a request out anew. A promised date that moves is recorded, and has to be told."""
        was = request.due_on
        if self._history is None:
            self._history = reckoning.read(self.submission)
        history = [*self._history, *self._events]
        if not clocks.recount(request, at, history, rows_too=because in _ALL_ROWS):
            return
        if not self._new:
            self._moved[request.pk] = request
        if request.due_on == was:
            return
        earlier = self._redated.get(request.pk)
        self._redated[request.pk] = MovedDate(request, earlier.was if earlier else was, request.due_on, because)
        data = {"was": was.isoformat(), "now": request.due_on.isoformat(), "because": because}
        self.record("dates_moved", by=Caller.system(), at=at, request=request, data=data)

    def take_moved(self) -> list[MovedDate]:
        """Hand over the promised dates that moved in this case. Whoever takes them tells the person."""
        moved, self._redated = list(self._redated.values()), {}
        return moved

    def try_move(self, request: SubjectRequest, verb: str, *, by: Caller, at: datetime) -> bool:
        """Make one move if nothing stands against it. Returns whether it was made."""
        try:
            self.move(request, verb, by=by, at=at)
        except RecourseError:
            return False
        return True

    def add(self, *new: Model, once: bool = False) -> None:
        """Have new rows inserted when the case is written; with ``once``, unless there is such a row already."""
        (self._added_once if once else self._added).extend(new)

    def keep(self, *fields: str) -> None:
        """Have fields of the submission saved when the case is written."""
        self._changed.update(fields)

    def touch(self, request: SubjectRequest) -> None:
        """Have what differs from the row saved when the case is written, whoever changed it since it was loaded."""
        if not self._new:
            request.version += 1
            self._moved[request.pk] = request

    def needs_staff(self, request: SubjectRequest) -> None:
        """Put the request in front of staff, because something waits for a decision."""
        if request.turn != Turn.STAFF:
            request.turn = str(Turn.STAFF)
            self.touch(request)

    def record(
        self,
        verb: str,
        *,
        by: Caller,
        at: datetime,
        request: SubjectRequest | None = None,
        source: str = "",
        data: Mapping[str, Any] | None = None,
        role: Actor | None = None,
    ) -> None:
        """Append an event to the chain; ``role`` defaults to the caller's first."""
        submission = self.submission
        event = Event(
            submission=submission,
            request=request,
            seq=submission.chain_seq + 1,
            at=at,
            verb=verb,
            actor=str(role or next((actor for actor in Actor if actor in by.roles), Actor.SYSTEM)),
            actor_id=str(by.user_id or ""),
            via=by.via,
            from_state=source,
            to_state=str(request.state) if request else "",
            data=dict(data or {}),
            prev_hash=submission.chain_head,
        )
        event.hash = history.digest(event)
        submission.chain_seq, submission.chain_head = event.seq, event.hash
        self._events.append(event)
        submission.unwritten.append(event)

    def write(self) -> None:
        """Write what was changed and added, the events, and the head of the chain, in one exchange.

        Raises Untold where the person was not told what has to be told.
        """
        self._check_told()
        if self._settled_at is not None:
            self._schedule_purge(self._settled_at)
        events = self.take_events()
        if events:
            self.keep("chain_seq", "chain_head")
        changed: list[tuple[Model, Collection[str]]] = [(self.submission, sorted(self._changed))]
        for request in self._moved.values():
            request.slack_at = pace.start_by(request, pace.known())
            values, stored = _values(request), self._stored[request.pk]
            changed.append((request, [name for name, value in values.items() if value != stored[name]]))
            self._stored[request.pk] = values
        rows.write(changed=changed, new=(*self._added, *events), once=self._added_once)
        if self._settled_at is not None:
            webhooks.tell_of_closed(self._closed, self._settled_at)

    def take_events(self) -> list[Event]:
        """Hand over the events that are not written yet. A new submission carries the chain's head in its own row."""
        events, self._events = self._events, []
        self.submission.unwritten.clear()
        return events

    def _check_told(self) -> None:
        for verb, kinds in self._owed:
            if not self.told & set(kinds):
                raise Untold(f"{verb} was made and none of {', '.join(kinds)} was queued")
        if self._redated:
            raise Untold("a promised date moved and the person was not told")

    def _schedule_purge(self, at: datetime) -> None:
        """Set the day on which the case is forgotten once everything in it is closed; clear it on reopening."""
        submission = self.submission
        closed = all(request.state == State.CLOSED for request in self.requests())
        if closed == (submission.purge_at is not None):
            return
        if closed:  # what was shown for the check goes soon after the outcome; the sweep sees to it
            shown = Deadline.objects.filter(submission=submission, kind=DeadlineKind.EVIDENCE, done_at=None)
            shown.update(due_at=at, claimed_until=None)
        submission.purge_at = at + timedelta(days=settings.CASE_KEPT_DAYS) if closed else None
        self.keep("purge_at")
        purge = Deadline.objects.filter(submission=submission, kind=DeadlineKind.PURGE)
        purge.delete()
        if submission.purge_at is not None:
            purge.create(submission=submission, kind=DeadlineKind.PURGE, due_at=submission.purge_at)

    def _stop_search(self, request: SubjectRequest, at: datetime) -> None:
        """Call off what systems have not answered: nobody should search for a request that is over."""
        Step.objects.filter(request=request).exclude(state=StepState.DONE).update(
            state=StepState.DONE,
            result=StepResult.LEFT_OUT,
            code="request_closed",
            finished_at=at,
            lease=None,
            claimed_until=None,
        )

    def _settle(self, request: SubjectRequest, move: Move, source: str, at: datetime) -> None:
        if move.target is not None or move.turn is not None:
            request.turn = str(move.turn or TURN_OF[State(request.state)])
        if move.target is None or self._new:
            return
        self._settled_at = at
        ends = State.CLOSED in (move.target, source)  # or goes on after its end
        if ends and request.right in BACKED and live(self.submission.pk).exists():
            clocks.look_at_evidence(self.submission, at)  # how long it stays hangs on what was decided
        if move.target == State.CLOSED:
            self._closed.append(request)
            request.closed_at = at
            computed = move.outcome == COMPUTED
            request.outcome = str((request.proposed_outcome or computed_outcome(request)) if computed else move.outcome)
            request.question_at = request.fee_told_at = None
            request.waits_for = ""
            ended = Deadline.objects.filter(request=request, done_at__isnull=True).exclude(kind__in=_OUTLIVE_CLOSING)
            ended.update(done_at=at)
            if source == State.IN_REVIEW:
                self._stop_search(request, at)
        elif State.CLOSED in move.sources:
            request.closed_at, request.outcome = None, ""
            if move.target != State.READY and request.due_at > at:
                clocks.watch_anew(request, at)


def _values(request: SubjectRequest) -> dict[str, Any]:
    return {field.name: getattr(request, field.attname) for field in SubjectRequest._meta.concrete_fields}


def computed_outcome(request: SubjectRequest) -> Outcome:
    """Work the outcome out from the ledger, a review's record or an objection's weighings: what really happened."""
    if request.right == Right.AUTOMATED_DECISION_REVIEW and (review := review_of(request)) is not None:
        return Outcome(review.verdict)
    if request.right == Right.OBJECTION:
        return outcome_of_uses(Weighing.objects.filter(request=request).values_list("outcome", flat=True))
    return outcome_of(LedgerEntry.objects.filter(request=request).values_list("outcome", flat=True))


def outcome_of(lines: Iterable[str]) -> Outcome:
    """Return what the outcomes of all lines of a ledger come to."""
    outcomes = set(lines)
    if outcomes & _NOT_DONE and outcomes <= _NOT_DONE | {LedgerOutcome.NOTHING_HELD}:
        return Outcome.REFUSED  # nothing of it was done, whatever it was called at the desk
    if outcomes & {LedgerOutcome.WITHHELD, LedgerOutcome.KEPT, LedgerOutcome.FAILED}:
        return Outcome.PARTLY_FULFILLED
    if outcomes == {LedgerOutcome.NOTHING_HELD}:
        return Outcome.NOTHING_HELD
    return Outcome.FULFILLED


def outcome_of_uses(outcomes: Iterable[str]) -> Outcome:
    """Return what came of an objection: everything stops, nothing does, or some of it."""
    found = set(outcomes)
    if found <= {Weighed.STOP}:
        return Outcome.FULFILLED
    return Outcome.REFUSED if found == {Weighed.GO_ON} else Outcome.PARTLY_FULFILLED


def _held(**key: UUID) -> QuerySet[Submission]:
    return Submission.objects.select_for_update(of=("self",)).select_related("data_key").filter(**key)


_HELD = Prepared(lambda pk: _held(pk=pk))
_HELD_BY_REQUEST = Prepared(lambda pk: _held(requests__pk=pk))
_REQUESTS = Prepared(lambda pk: SubjectRequest.objects.filter(submission_id=pk))


def new_case(submission: Submission) -> Case:
    """Start the case of a submission that is not in the database yet. The caller inserts its rows and its events."""
    return Case(submission, new=True)


@contextmanager
def holding(*, submission_id: UUID | None = None, request_id: UUID | None = None) -> Iterator[Case]:
    """Lock a submission, by its own id or one of its requests', for one transaction.

    Raises NotFound when there is no such row.
    """
    with transaction.atomic():
        found = _HELD.rows(submission_id) if submission_id else _HELD_BY_REQUEST.rows(request_id) if request_id else []
        if not found:
            raise NotFound(_("There is no such request."))
        case = Case(found[0])
        yield case
        case.write()


def make(
    request_id: UUID,
    verb: str,
    *,
    by: Caller,
    at: datetime,
    data: Mapping[str, Any] | None = None,
    expect: int | None = None,
    **stamps: Any,
) -> SubjectRequest:
    """Make one move on one request, in a transaction of its own, and return the request as it is now.

    Raises NotFound, Stale, NotAllowed, WrongState or Incomplete.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, verb, by=by, at=at, data=data, **stamps)
    return request


@dataclass(frozen=True, slots=True)
class OpenMove:
    """One move as one caller sees it: possible, or not and why."""

    verb: str
    title: str
    allowed: bool
    inputs: tuple[str, ...]
    because: str = ""
    code: str = ""
    rule: str = ""
    may_say: tuple[str, ...] = ()


def open_moves(request: SubjectRequest, by: Caller, at: datetime) -> list[OpenMove]:
    """List the moves of this right that are this caller's to make, each with the reason where it is not possible.

    Moves that belong to other states altogether are left out: they would only be noise.
    """
    moves = []
    for move in of(Right(request.right)):
        if by.acting_as(move) is None or State(request.state) not in move.sources:
            continue
        try:
            check_can_make(request, move, by, at)
            moves.append(OpenMove(move.verb, str(move.title), True, move.inputs, may_say=move.may_say))
        except RecourseError as error:
            rule = error.rule if isinstance(error, Unlawful) else ""
            moves.append(OpenMove(move.verb, str(move.title), False, move.inputs, error.sentence, error.code, rule))
    return moves
