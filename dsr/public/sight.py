"""The tracker's page as data: whose turn it is, each request with its dates and outcome, what was said."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr import reckoning, why
from dsr.deadlines import local_date
from dsr.lifecycle import Outcome, State, Turn
from dsr.models import Direction, Event, LedgerOutcome, Package, Post, SubjectRequest, Submission
from dsr.packaging.pages import not_portable
from dsr.public import offers, pages, timeline
from dsr.rights import SPECS, Delivery, Right
from dsr.rules import ClockKind, Notice, NotInRules, Statement, pack
from dsr.selectors import queue
from dsr.selectors.tracker import Sight, text_of
from dsr.services import assembling
from dsr.why import Dated, Why

STATES: Mapping[State, str | Promise] = {
    State.RECEIVED: gettext_lazy("received"),
    State.VERIFYING: gettext_lazy("waiting for your code"),
    State.IN_REVIEW: gettext_lazy("being worked on"),
    State.FULFILLING: gettext_lazy("being put together"),
    State.READY: gettext_lazy("ready to collect"),
    State.CLOSED: gettext_lazy("closed"),
}
OUTCOMES: Mapping[Outcome, str | Promise] = {
    Outcome.FULFILLED: gettext_lazy("answered"),
    Outcome.PARTLY_FULFILLED: gettext_lazy("answered in part"),
    Outcome.NOTHING_HELD: gettext_lazy("nothing is held"),
    Outcome.REFUSED: gettext_lazy("refused"),
    Outcome.WITHDRAWN: gettext_lazy("withdrawn"),
    Outcome.UNVERIFIED: gettext_lazy("ended, not confirmed"),
    Outcome.REDIRECTED: gettext_lazy("directed elsewhere"),
}
_CLOSED: Mapping[Outcome, str | Promise] = {
    Outcome.FULFILLED: gettext_lazy("You have the answer."),
    Outcome.PARTLY_FULFILLED: gettext_lazy(
        "You have the answer. Not everything could be given; below are what and why."
    ),
    Outcome.NOTHING_HELD: gettext_lazy("We searched, and nothing about you was found."),
    Outcome.REFUSED: gettext_lazy("The request was refused. Below are the reasons, and what you can do about it."),
    Outcome.WITHDRAWN: gettext_lazy("The request was withdrawn."),
    Outcome.UNVERIFIED: gettext_lazy("The request ended, as the address was not confirmed. You can take it up again."),
    Outcome.REDIRECTED: gettext_lazy("Another organisation decides about this data. Below it says which."),
}
_OURS = frozenset({ClockKind.NOTICE, ClockKind.REFUSE})
"""Dates that only bind us among ourselves."""
_AFTERWARDS = frozenset({ClockKind.COMPLAIN, ClockKind.DECIDE_APPEAL})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of what was given, held back or not found."""

    system: str
    category: str
    outcome: str
    count: int
    ground: str
    reason: str
    is_gap: bool


@dataclass(frozen=True, slots=True)
class Message:
    """One message, in either direction."""

    at: datetime
    mine: bool
    text: str
    about: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """One way to complain."""

    title: str
    who: str
    url: str
    free: bool
    ways: tuple[offers.Way, ...]


@dataclass(frozen=True, slots=True)
class Fee:
    """What the answer costs, when that was told, and by when there has to be word."""

    amount: str
    told_on: date
    reply_by: date | None


@dataclass(frozen=True, slots=True)
class Part:
    """One request as its tracker shows it."""

    request: SubjectRequest
    title: str
    badge: str
    tone: str
    sentence: str
    is_yours: bool
    is_open: bool
    why: Why | None
    question: str
    fee: Fee | None
    package: Package | None
    can_download: bool
    can_read: bool
    can_issue_again: bool
    lines: tuple[Line, ...]
    ground: str
    reason: str

    @property
    def governing(self) -> Dated | None:
        """The clock that sets the due date, while an answer is awaited."""
        return self.why.governing if self.why and self.is_awaited else None

    @property
    def is_awaited(self) -> bool:
        """Whether the answer is still to come."""
        return self.is_open and self.request.state != State.READY

    @property
    def other_dates(self) -> tuple[Dated, ...]:
        """What else runs: every other clock, or after a decision the time to take it further."""
        if self.why is None:
            return ()
        if self.is_awaited:
            return tuple(row for row in self.why.others if row.clock.kind not in _OURS)
        return tuple(row for row in self.why.others if row.clock.kind in _AFTERWARDS)

    @property
    def is_decided(self) -> bool:
        """Whether it closed by a decision or an answer that one may complain about."""
        return not self.is_open and self.request.outcome not in (Outcome.WITHDRAWN, Outcome.UNVERIFIED)

    @property
    def has_gaps(self) -> bool:
        """Whether something was not given."""
        return any(line.is_gap for line in self.lines)


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the tracker shows."""

    reference: str
    zone: str
    parts: tuple[Part, ...]
    yours: tuple[str, ...]
    headline: str
    is_over: bool
    timeline: tuple[timeline.Entry, ...]
    messages: tuple[Message, ...]
    remedies: tuple[Remedy, ...]
    """Shown once something was decided."""
    waits: bool
    can_reopen: bool
    was_purged: bool
    purge_on: date | None = field(default=None)


def page(sight: Sight, at: datetime) -> Page:
    """Put together what a tracker shows at ``at``."""
    submission = sight.submission
    notice = pack().notice(submission.notice_id, submission.notice_version)
    parts = tuple(_part(sight, request, notice, at) for request in sight.requests)
    titles = {part.request.pk: part.title for part in parts}
    yours = tuple(part.sentence for part in parts if part.is_yours)
    still = [part for part in parts if part.is_open]
    late = [part for part in still if queue.is_overdue(part.request, at)]
    states = {State(request.state) for request in sight.requests}
    return Page(
        reference=submission.reference,
        zone=submission.zone,
        parts=parts,
        yours=tuple(dict.fromkeys(yours)),
        headline=(late or still)[0].sentence if still else _over(parts),
        is_over=not still,
        timeline=tuple(timeline.entries(sight.events, titles)),
        messages=tuple(_messages(sight.posts, titles if len(titles) > 1 else {})),
        remedies=tuple(_remedies(submission, notice)) if any(part.is_decided for part in parts) else (),
        waits=State.VERIFYING in states,
        can_reopen=any(request.outcome == Outcome.UNVERIFIED for request in sight.requests)
        and submission.purged_at is None,
        was_purged=submission.purged_at is not None,
        purge_on=local_date(submission.purge_at, submission.zone) if submission.purge_at else None,
    )


def sections(told: Statement) -> list[dict[str, object]]:
    """Return the sections of a statement with the header beside every cell, for windows too narrow for a table."""
    return [
        {
            "heading": section.heading,
            "paragraphs": section.paragraphs,
            "items": section.items,
            "tables": [
                {
                    "caption": table.caption,
                    "header": table.header,
                    "rows": [tuple(zip(table.header, row, strict=True)) for row in table.rows],
                }
                for table in section.tables
            ],
        }
        for section in told.sections
    ]


def _remedies(submission: Submission, notice: Notice) -> Iterable[Remedy]:
    """Return every way to complain that this person has, from the notice the case is pinned to."""
    language = pages.language()
    for route in sorted(notice.complaint_routes, key=lambda row: row.step):
        if "complaint" in route.rights and notice.is_in(submission.country, submission.region, route.where):
            yield Remedy(
                title=route.wording("title", language),
                who=route.wording("who", language),
                url=route.url or "",
                free=bool(route.free),
                ways=offers.ways(notice, route.how, language),
            )


def _over(parts: tuple[Part, ...]) -> str:
    return parts[0].sentence if len(parts) == 1 else _("All that you asked for is closed.")


def _part(sight: Sight, request: SubjectRequest, notice: Notice, at: datetime) -> Part:
    state, spec = State(request.state), SPECS[Right(request.right)]
    packages = [package for package in sight.packages if package.request_id == request.pk]
    kept = next((package for package in packages if package.destroyed_at is None), None)
    is_file = spec.delivery is not Delivery.STATEMENT
    is_open = state is not State.CLOSED
    given = request.outcome in (Outcome.FULFILLED, Outcome.PARTLY_FULFILLED, Outcome.NOTHING_HELD)
    ended_early = request.outcome in (Outcome.WITHDRAWN, Outcome.UNVERIFIED)
    told = None if ended_early else why.explain(request, at, sight.events)
    return Part(
        request=request,
        title=str(spec.title),
        badge=str(STATES[state] if is_open else OUTCOMES[Outcome(request.outcome)]),
        tone=_tone(request),
        sentence=_sentence(request, kept, at),
        is_yours=is_open and request.turn == Turn.PERSON,
        is_open=is_open,
        why=told,
        question=_question(sight.posts, request),
        fee=_fee(sight.events, request, told),
        package=kept,
        can_download=state is State.READY and is_file,
        can_read=not is_file and (state is State.READY or given),
        can_issue_again=not is_open and given and is_file and sight.submission.purged_at is None,
        lines=tuple(_lines(sight, request, notice)),
        ground=_ground(request.refusal_ground) if request.outcome == Outcome.REFUSED else "",
        reason=text_of(request, "reason") if request.outcome in (Outcome.REFUSED, Outcome.REDIRECTED) else "",
    )


def _tone(request: SubjectRequest) -> str:
    if request.state == State.CLOSED:
        return "bad" if request.outcome in (Outcome.REFUSED, Outcome.UNVERIFIED) else "good"
    return "yours" if request.turn == Turn.PERSON else "plain"


def _sentence(request: SubjectRequest, package: Package | None, at: datetime) -> str:
    """Say whose turn it is now, and first of all if we are late."""
    now = _now(request, package)
    if not queue.is_overdue(request, at):
        return now
    days = {
        "due": timeline.long_day(request.due_on),
        "next": timeline.long_day(reckoning.next_word(request, at)),
    }
    late = _("We promised an answer by %(due)s and have missed that. We are sorry. You hear from us again by %(next)s.")
    return f"{late % days} {now}" if request.turn == Turn.PERSON else late % days


def _now(request: SubjectRequest, package: Package | None) -> str:
    """Say in one sentence whose turn it is now."""
    state = State(request.state)
    if state is State.CLOSED:
        return str(_CLOSED[Outcome(request.outcome)])
    if state is State.VERIFYING:
        return _("Enter the code that we mailed to you; then we begin.")
    if state is State.READY:
        if package is not None and package.expires_at is not None:
            day = local_date(package.expires_at, request.submission.zone)
            return _("Your answer is ready. Collect it by %(day)s.") % {"day": timeline.long_day(day)}
        return _("Your answer is ready.")
    if state is State.IN_REVIEW and request.fee_told_at is not None and request.question_at is None:
        return _("Please say whether you accept the fee; then we go on.")
    if state is State.IN_REVIEW and request.turn == Turn.PERSON:
        return _("Please answer our question; then we go on.")
    if state is State.IN_REVIEW and request.turn == Turn.SYSTEMS:
        return _("We are searching the systems that hold data. You need to do nothing.")
    if state is State.IN_REVIEW:
        return _("The search is done and people are checking the answer. You need to do nothing.")
    return _("The answer is being put together. You need to do nothing.")


def _question(posts: Iterable[Post], request: SubjectRequest) -> str:
    """Return the text of the open question, "" when there is none."""
    if request.question_at is None:
        return ""
    asked = [row for row in posts if row.request_id == request.pk and row.direction == Direction.TO_PERSON]
    found = [row for row in asked if row.at <= request.question_at]
    return text_of(found[-1], "body") if found else ""


def _fee(events: Iterable[Event], request: SubjectRequest, told: Why | None) -> Fee | None:
    """Return the fee that waits for the person's word; None when there is none."""
    if request.fee_told_at is None or told is None:
        return None
    named = [event for event in events if event.verb == "tell_fee" and event.request_id == request.pk]
    reply = told.first(ClockKind.FEE_REPLY)
    return Fee(
        amount=f"{named[-1].data['amount']} {named[-1].data['currency']}",
        told_on=local_date(request.fee_told_at, request.submission.zone),
        reply_by=reply.clock.promised if reply else None,
    )


def _messages(posts: Iterable[Post], titles: Mapping[UUID, str]) -> Iterable[Message]:
    for post in posts:
        text = text_of(post, "body")
        about = titles.get(post.request_id, "") if post.request_id else ""
        if text:
            yield Message(post.at, post.direction == Direction.FROM_PERSON, text, about)


def _ground(ground: str) -> str:
    try:
        return pack().refusal(ground).wording("plain") if ground else ""
    except NotInRules:
        return ""


def _lines(sight: Sight, request: SubjectRequest, notice: Notice) -> Iterable[Line]:
    if request.state not in (State.READY, State.CLOSED):
        return
    reasons = {
        (row.system_id, row.category): text_of(row, "reason")
        for row in sight.withholdings
        if row.request_id == request.pk
    }
    for row in sight.ledger:
        if row.request_id == request.pk:
            reason = reasons.get((row.system_id, row.category)) or reasons.get((None, row.category), "")
            # Nobody held it back and nobody gave a reason: it is no part of what this right gives.
            outside = row.ground == assembling.NOT_PORTABLE and request.right == Right.PORTABILITY and not reason
            yield Line(
                system=row.system.name,
                category=_category(notice, row.category),
                outcome=str(LedgerOutcome(row.outcome).label),
                count=row.count,
                ground=not_portable() if outside else _ground(row.ground),
                reason=reason if row.outcome == LedgerOutcome.WITHHELD else "",
                is_gap=row.outcome in (LedgerOutcome.WITHHELD, LedgerOutcome.FAILED),
            )


def _category(notice: Notice, category: str) -> str:
    try:
        return notice.category(category).wording("title")
    except NotInRules:
        return category
