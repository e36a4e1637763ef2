"""What is done in the systems about a request, for the person: the plan, the second word, the end, who was told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.deadlines import local_date
from dsr.lifecycle import Outcome, State
from dsr.models import Certificate, CorrectionItem, DeadlineKind, ItemDecision, SubjectRequest, TaskResult
from dsr.policies import Caller, can_make
from dsr.public import lines, timeline
from dsr.rights import Right
from dsr.rules import Notice
from dsr.selectors.tracker import Sight, text_of
from dsr.services import evidence, recipients
from dsr.services.erasure import plan, terms

_COPIES = (Right.ACCESS, Right.PORTABILITY)
OUTCOMES: Mapping[Outcome, str | Promise] = {
    Outcome.FULFILLED: gettext_lazy("done"),
    Outcome.PARTLY_FULFILLED: gettext_lazy("done in part"),
}
_CLOSED: Mapping[tuple[str, str], str | Promise] = {
    (Right.DELETION, Outcome.FULFILLED): gettext_lazy("Your data is deleted. A signed statement of it is below."),
    (Right.DELETION, Outcome.PARTLY_FULFILLED): gettext_lazy(
        "It is done. Not everything could be deleted; below are what stays and why, and until when if that is known."
    ),
    (Right.CORRECTION, Outcome.FULFILLED): gettext_lazy("Your data is put right. A signed statement of it is below."),
    (Right.CORRECTION, Outcome.PARTLY_FULFILLED): gettext_lazy(
        "It is done in part. Below is what was put right, what was not, and why."
    ),
    (Right.RESTRICTION, Outcome.FULFILLED): gettext_lazy("Your data is kept and not used. Below it says where."),
    (Right.RESTRICTION, Outcome.PARTLY_FULFILLED): gettext_lazy(
        "It is done in part. Below it says where your data is kept and not used, and where it could not be done."
    ),
}
_UNCONFIRMED = gettext_lazy(
    "The request ended, because it was not confirmed a second time. Nothing was deleted. You can take it up again, "
    "under the same reference."
)
_ANSWERS: Mapping[str, str | Promise] = {
    "": gettext_lazy("has not answered yet"),
    TaskResult.DONE: gettext_lazy("has done the same"),
    TaskResult.NOTHING_HELD: gettext_lazy("holds nothing about you"),
    TaskResult.KEPT: gettext_lazy("keeps some of it"),
    TaskResult.LEFT_OUT: gettext_lazy("could not be told"),
    TaskResult.DISMISSED: gettext_lazy("has nothing to do"),
}


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one kind of data in one system: what goes, and what stays, why and until when."""

    system: str
    category: str
    goes: int
    stays: int
    until: date | None
    ground: str
    by_hand: bool
    left_out: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who was given the data and is told what was done about it; ``at`` is None until then."""

    name: str
    at: datetime | None
    answer: str
    answered_at: datetime | None
    remarks: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is said to be wrong. ``decision`` is "" until a second person has approved it."""

    number: int
    about: str
    asked: str
    decision: str
    ground: str
    reason: str
    statement: str
    may_disagree: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """A system in which the data is kept and not used."""

    system: str
    since: datetime
    ends_at: datetime | None
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Deed:
    """What the tracker shows of a request about which something is done in the systems."""

    needs_word: bool
    """Whether the person has to confirm once more."""
    word_by: date | None
    acts_at: datetime | None
    copy_first: bool
    may_stop: bool
    can_take_up: bool
    plan: tuple[Fate, ...]
    told: tuple[Told, ...]
    certificates: tuple[Certificate, ...]
    items: tuple[Item, ...]
    limits: tuple[Limit, ...]
    may_back: bool
    """Whether documents may be added that show what is right."""

    @property
    def ends_at(self) -> datetime | None:
        """The last moment at which a restriction ends; None for one that stays until the person is told."""
        ends = [limit.ends_at for limit in self.limits if limit.ends_at]
        return max(ends) if ends and len(ends) == len(self.limits) else None

    @property
    def is_used_again(self) -> bool:
        """Whether there was a restriction and every system has lifted it."""
        return bool(self.limits) and all(limit.lifted_at for limit in self.limits)


def of(sight: Sight, request: SubjectRequest, notice: Notice, at: datetime) -> Deed | None:
    """Return what is done about a request; None where it only gives something."""
    if not request.spec.acts:
        return None
    state, submission = State(request.state), sight.submission
    is_quiet = submission.stopped_at is not None or (submission.held_until is not None and submission.held_until > at)
    ends = [row.due_at for row in sight.dates if (row.request_id, row.kind) == (request.pk, DeadlineKind.CONFIRM_END)]
    unconfirmed = request.right == Right.DELETION and request.confirmed_at is None
    return Deed(
        needs_word=unconfirmed and state is State.IN_REVIEW and submission.stopped_at is None,
        word_by=local_date(ends[0], submission.zone) if ends else None,
        acts_at=request.act_at,
        copy_first=any(row.right in _COPIES and row.state not in (State.READY, State.CLOSED) for row in sight.requests),
        may_stop=state is not State.FULFILLING or can_make(request, "withdraw", Caller.person(), at),
        can_take_up=_ended_unconfirmed(sight, request) and submission.purged_at is None,
        plan=() if is_quiet else tuple(_plan(request, notice)),
        told=tuple(_told(request)) if state in (State.FULFILLING, State.CLOSED) else (),
        certificates=tuple(row for row in sight.certificates if row.request_id == request.pk),
        items=tuple(_item(row, request) for row in sight.items if row.request_id == request.pk),
        limits=tuple(
            Limit(row.system.name, row.since, row.ends_at, row.lifted_at)
            for row in sight.restrictions
            if row.request_id == request.pk
        ),
        may_back=evidence.backing_of(request) is not None and submission.purged_at is None,
    )


def _ended_unconfirmed(sight: Sight, request: SubjectRequest) -> bool:
    if request.state != State.CLOSED:
        return False
    mine = (event for event in sight.events if event.request_id == request.pk)
    ends = [event.verb for event in mine if event.to_state == State.CLOSED != event.from_state]
    return ends[-1:] == ["erasure_unconfirmed"]


def _plan(request: SubjectRequest, notice: Notice) -> Iterator[Fate]:
    """Yield what becomes of what is there, once every system was asked and until it is done."""
    is_known = request.searched_at is not None and request.state in (State.IN_REVIEW, State.FULFILLING)
    for part in plan.parts(request) if is_known and request.right == Right.DELETION else ():
        yield Fate(
            system=part.name,
            category=lines.category_title(notice, part.category),
            goes=part.erase,
            stays=part.keep,
            until=None if part.silent else part.until,
            ground=lines.why(terms.UNKNOWN) if part.silent else lines.why(part.ground, part.until),
            by_hand=part.by_hand,
            left_out=part.left_out,
        )


def _told(request: SubjectRequest) -> Iterator[Told]:
    for row in recipients.told(request):
        yield Told(row.name, row.at, answer(row.answer, is_told=row.at is not None), row.answered_at, row.remarks)


def _item(row: CorrectionItem, request: SubjectRequest) -> Item:
    is_told = request.state in (State.FULFILLING, State.CLOSED) and bool(row.decision)
    refused = is_told and row.decision == ItemDecision.REFUSE
    return Item(
        number=row.number,
        about=text_of(row, "about"),
        asked=text_of(row, "asked"),
        decision=str(ItemDecision(row.decision).label) if is_told else "",
        ground=lines.why(row.ground) if refused else "",
        reason=text_of(row, "reason") if refused else "",
        statement=text_of(row, "statement"),
        may_disagree=refused and request.submission.purged_at is None,
    )


def outcome(word: Outcome) -> str:
    """Return what a request about which something was done came to."""
    return str(OUTCOMES.get(word, _("nothing is held")))


def answer(result: str, *, is_told: bool = True) -> str:
    """Return what somebody has answered who was told, or that they were not told yet."""
    if is_told and result == TaskResult.LEFT_OUT:
        return _("has not answered")
    return str(_ANSWERS.get(result, "")) if is_told or result else _("not told yet")


def badge(request: SubjectRequest, deed: Deed) -> str:
    """Return the word for where it stands, "" where it is the same as for every other request."""
    if deed.can_take_up:
        return _("ended, not confirmed")
    if request.state == State.CLOSED:
        return str(OUTCOMES.get(Outcome(request.outcome), ""))
    if request.state == State.FULFILLING:
        return _("decided, not begun") if deed.acts_at else _("being carried out")
    return ""


def sentence(request: SubjectRequest, deed: Deed, at: datetime) -> str:
    """Say in a sentence what comes next or what came of it, "" where it is the same as for every other request."""
    if deed.can_take_up:
        return str(_UNCONFIRMED)
    if request.state == State.CLOSED:
        return _ends(request, deed) or str(_CLOSED.get((request.right, request.outcome), ""))
    if deed.needs_word:
        return _("Please confirm once more that your data is to be deleted. Nothing is deleted before.")
    if request.state != State.FULFILLING:
        return ""
    if deed.acts_at is None:
        return _("It is being carried out in the systems. You need to do nothing.")
    if request.right != Right.DELETION:
        return _("It is decided, and is about to be carried out. You need to do nothing.")
    if deed.copy_first and deed.acts_at <= at:
        return _("It is decided. We begin to delete as soon as the copy that you asked for is ready.")
    day = timeline.long_day(local_date(deed.acts_at, request.submission.zone))
    return _("It is decided. We begin to delete on %(day)s; until then you can stop it.") % {"day": day}


def _ends(request: SubjectRequest, deed: Deed) -> str:
    """Say when a restriction ends or that it has ended, "" where neither is so."""
    if deed.is_used_again:
        return _("The restriction is over, and your data is used again. Below it says when it ended.")
    if deed.ends_at is None:
        return ""
    day = timeline.long_day(local_date(deed.ends_at, request.submission.zone))
    return _("Your data is kept and not used until %(day)s.") % {"day": day}
