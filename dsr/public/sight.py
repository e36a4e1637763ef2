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
from dsr.models import Direction, Event, Package, Post, SubjectRequest, Submission, Vouched
from dsr.public import contests, deeds, lines, objections, offers, pages, proofs, reviewed, stands, timeline
from dsr.rights import SPECS, Delivery, Right
from dsr.rules import ClockKind, Notice, Statement, pack
from dsr.selectors import queue
from dsr.selectors.tracker import Sight, text_of
from dsr.services import asked, mandated
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
    Outcome.UPHELD: gettext_lazy("reviewed, it stands"),
    Outcome.OVERTURNED: gettext_lazy("reviewed and changed"),
    Outcome.PARTLY_OVERTURNED: gettext_lazy("reviewed, changed in part"),
    Outcome.MISUNDERSTOOD: gettext_lazy("ended, misread by us"),
}
_CLOSED: Mapping[Outcome, str | Promise] = {
    Outcome.FULFILLED: gettext_lazy("You have the answer."),
    Outcome.PARTLY_FULFILLED: gettext_lazy(
        "You have the answer. Not everything could be given; below are what and why."
    ),
    Outcome.NOTHING_HELD: gettext_lazy("We searched, and nothing about you was found."),
    Outcome.REFUSED: gettext_lazy("The request was refused. Below are the reasons, and what you can do about it."),
    Outcome.WITHDRAWN: gettext_lazy("The request was withdrawn."),
    Outcome.UNVERIFIED: gettext_lazy(
        "The request ended, because nobody showed who is asking. You can take it up again, under the same reference."
    ),
    Outcome.REDIRECTED: gettext_lazy("Somebody else decides about this or answers for it. Below it says who."),
    **dict.fromkeys(
        (Outcome.UPHELD, Outcome.OVERTURNED, Outcome.PARTLY_OVERTURNED),
        gettext_lazy("It is decided. Below are the decision and its reasons, and what you can do about it."),
    ),
    Outcome.MISUNDERSTOOD: gettext_lazy(
        "We had misread your message: we think that you did not ask for this. Nothing was done for it. If you did mean "
        "it, say so, and we go on as of the day on which your message came in."
    ),
}
_REASONED = frozenset({Outcome.REFUSED, Outcome.REDIRECTED, Outcome.MISUNDERSTOOD, *contests.OUTCOMES})
"""Outcomes whose reasons are told as they were written."""
_OURS = frozenset({ClockKind.NOTICE, ClockKind.REFUSE})
"""Dates that only bind us among ourselves."""
_AFTERWARDS = frozenset({ClockKind.COMPLAIN, ClockKind.DECIDE_APPEAL})


_AUTHORITY: Mapping[str, str | Promise] = {
    mandated.Awaits.PAPER: gettext_lazy("Show us the paper that lets you ask for the other person; then we go on."),
    mandated.Awaits.CHECK: gettext_lazy("A colleague looks at the paper you showed. You need to do nothing."),
    mandated.Awaits.PERSON: gettext_lazy(
        "We have asked the person whether you have the permission, and wait for the answer. You need to do nothing."
    ),
    mandated.Awaits.ENDED: gettext_lazy("The permission has ended or was taken back, so we do not go on."),
}
"""What somebody who asks for another reads while the authority waits for something."""
_CLAIMS: Mapping[str, str | Promise] = {
    Vouched.OPEN: gettext_lazy(
        "You gave more than your mail address to be found by. We are asking our systems about it."
    ),
    Vouched.ELSEWHERE: gettext_lazy(
        "You gave more than your mail address to be found by. We search by it once you have shown that it is yours."
    ),
    Vouched.ON_FILE: gettext_lazy("We also search by what you gave beside your mail address."),
    Vouched.DROPPED: gettext_lazy("We search by your mail address alone, and not by what you gave beside it."),
}


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
    was_misread: bool
    """Whether it ended as misunderstood, and can be gone on with."""
    can_issue_again: bool
    lines: tuple[lines.Line, ...]
    ground: str
    reason: str
    deed: deeds.Deed | None
    stand: stands.Stand | None
    review: reviewed.Seen | None
    objection: objections.Objection | None
    contest: contests.Contest | None
    """What there is to see of a complaint or an appeal, and how to appeal."""

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
    """Whether the code from the first mail is still to be entered."""
    authority: str
    """What an authority to act for somebody waits for; "" where it waits for nothing."""
    asks_proof: bool
    """Whether more is asked of the person than that code, or may be shown instead of it."""
    proof_until: date | None
    held_until: datetime | None
    is_stopped: bool
    claims: str
    """What becomes of what was given to be found by, beside the mail address; "" where nothing was."""
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
    waits = any(proofs.waits_for_mail(request) for request in sight.requests) and submission.stopped_at is None
    asks_proof = waits or any(proofs.is_asked(request) for request in sight.requests)
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
        waits=waits,
        authority=mandated.awaits(submission, at) if still else "",
        asks_proof=asks_proof,
        proof_until=asked.lapses_on(submission, at) if asks_proof else None,
        held_until=_held_until(submission, still, at),
        is_stopped=submission.stopped_at is not None and bool(still),
        claims=str(_CLAIMS.get(submission.vouched, "")) if still else "",
        can_reopen=any(request.outcome == Outcome.UNVERIFIED for request in sight.requests)
        and submission.purged_at is None,
        was_purged=submission.purged_at is not None,
        purge_on=local_date(submission.purge_at, submission.zone) if submission.purge_at else None,
    )


def _held_until(submission: Submission, still: list[Part], at: datetime) -> datetime | None:
    """Return until when nothing is handed over, while that matters."""
    until = submission.held_until
    return until if until is not None and until > at and any(part.request.identity_floor for part in still) else None


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
    is_file = spec.delivery in (Delivery.COPY, Delivery.MACHINE_READABLE)
    is_statement = spec.delivery is Delivery.STATEMENT
    deed, stand = deeds.of(sight, request, notice, at), stands.of(sight, request, at)
    review = reviewed.of(request, at)
    objection = objections.of(sight, request, notice, at)
    is_open = state is not State.CLOSED
    given = request.outcome in (Outcome.FULFILLED, Outcome.PARTLY_FULFILLED, Outcome.NOTHING_HELD)
    ended_early = request.outcome in (Outcome.WITHDRAWN, Outcome.UNVERIFIED, Outcome.MISUNDERSTOOD)
    told = None if ended_early else why.explain(request, at, sight.events)
    return Part(
        request=request,
        title=str(spec.title),
        badge=(deed and deeds.badge(request, deed))
        or (stand and stands.badge(request))
        or (objection and objections.badge(request))
        or contests.badge(request)
        or _badge(request),
        tone=_tone(request),
        sentence=stands.sentence(request, stand)
        if stand
        else (objection and objections.sentence(request, objection)) or _sentence(request, kept, deed, at, review),
        is_yours=is_open and (_is_asked(request) or (deed is not None and deed.needs_word)),
        is_open=is_open,
        why=told,
        question=_question(sight.posts, request),
        fee=_fee(sight.events, request, told),
        package=kept,
        can_download=state is State.READY and is_file,
        can_read=is_statement and (state is State.READY or given),
        was_misread=request.outcome == Outcome.MISUNDERSTOOD and sight.submission.purged_at is None,
        can_issue_again=not is_open and given and is_file and sight.submission.purged_at is None,
        lines=tuple(lines.of(sight, request, notice)) if state in (State.READY, State.CLOSED) else (),
        ground=lines.why(request.refusal_ground) if request.outcome == Outcome.REFUSED else "",
        reason=text_of(request, "reason") if request.outcome in _REASONED else "",
        deed=deed,
        stand=stand,
        review=review,
        objection=objection,
        contest=contests.of(sight, request, at),
    )


def _badge(request: SubjectRequest) -> str:
    state = State(request.state)
    if request.right == Right.CHILD_ACCOUNT:
        return _("dealt with") if state is State.CLOSED else _("received")
    if state is State.CLOSED:
        return str(OUTCOMES[Outcome(request.outcome)])
    if state is State.VERIFYING and not proofs.waits_for_mail(request):
        return _("waiting until we know who asks")
    return str(STATES[state])


def _is_asked(request: SubjectRequest) -> bool:
    """Whether it is the person's turn, and there is something for them to do already."""
    is_early = request.state == State.VERIFYING and not (proofs.waits_for_mail(request) or proofs.is_asked(request))
    return request.turn == Turn.PERSON and not is_early


def _tone(request: SubjectRequest) -> str:
    if request.state == State.CLOSED:
        return "bad" if request.outcome in (Outcome.REFUSED, Outcome.UNVERIFIED) else "good"
    return "yours" if request.turn == Turn.PERSON else "plain"


def _sentence(
    request: SubjectRequest,
    package: Package | None,
    deed: deeds.Deed | None,
    at: datetime,
    review: reviewed.Seen | None,
) -> str:
    """Say whose turn it is now, and first of all if we are late."""
    own = review.sentence if review and not request.question_at else ""
    now = own or _now(request, package, deed, at)
    if not queue.is_overdue(request, at):
        return now
    days = {
        "due": timeline.long_day(request.due_on),
        "next": timeline.long_day(reckoning.next_word(request, at)),
    }
    late = _("We promised an answer by %(due)s and have missed that. We are sorry. You hear from us again by %(next)s.")
    is_asked = request.turn == Turn.PERSON or (deed is not None and deed.needs_word)
    return f"{late % days} {now}" if is_asked or review else late % days


def _now(request: SubjectRequest, package: Package | None, deed: deeds.Deed | None, at: datetime) -> str:
    """Say in one sentence whose turn it is now."""
    state, own = State(request.state), deeds.sentence(request, deed, at) if deed else ""
    if request.right == Right.CHILD_ACCOUNT and request.turn != Turn.PERSON:
        return _reported(state)
    if state is State.CLOSED:
        return own or contests.sentence(request) or str(_CLOSED[Outcome(request.outcome)])
    if request.submission.stopped_at is not None and request.identity_floor:
        return _("A person is looking at something and will write to you. You need to do nothing.")
    if state is State.VERIFYING:
        return str(_AUTHORITY.get(mandated.awaits(request.submission, at), "")) or _proof(request)
    if state is State.READY:
        if package is not None and package.expires_at is not None:
            day = local_date(package.expires_at, request.submission.zone)
            return _("Your answer is ready. Collect it by %(day)s.") % {"day": timeline.long_day(day)}
        return _("Your answer is ready.")
    if state is State.IN_REVIEW and (contested := contests.sentence(request)):
        return contested
    if state is State.IN_REVIEW and (request.question_at or request.fee_told_at or not own):
        return _in_review(request)
    return own or _("The answer is being put together. You need to do nothing.")


def _reported(state: State) -> str:
    """Say where a report of a child's account stands, whoever's account it is, and whether or not there is one."""
    if state is State.CLOSED:
        return _("We have dealt with your report. To protect the child, we tell nobody what we learned or did.")
    return _("Your report is with us and comes before everything else. You need to do nothing.")


def _in_review(request: SubjectRequest) -> str:
    if request.fee_told_at is not None and request.question_at is None:
        return _("Please say whether you accept the fee; then we go on.")
    if request.turn == Turn.PERSON:
        return _("Please answer our question; then we go on.")
    if request.turn == Turn.SYSTEMS:
        return _("We are searching the systems that hold data. You need to do nothing.")
    return _("The search is done and people are checking the answer. You need to do nothing.")


def _proof(request: SubjectRequest) -> str:
    if request.turn == Turn.STAFF:
        return _("A person is looking at what you sent and will write to you. You can use another way meanwhile.")
    if proofs.waits_for_mail(request):
        return _("Enter the code that we mailed to you; then we begin.")
    if proofs.is_asked(request):
        return _("Show us that it is you; then we go on.")
    return _("We are checking something first. You need to do nothing.")


def _question(posts: Iterable[Post], request: SubjectRequest) -> str:
    """Return the text of the open question, "" when there is none."""
    if request.question_at is None:
        return ""
    ours = [row for row in posts if row.request_id == request.pk and row.direction == Direction.TO_PERSON]
    found = [row for row in ours if row.at <= request.question_at]
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
