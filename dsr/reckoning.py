"""Which laws apply to a request, what has happened to it, and what follows: its clocks, and what is forbidden.

Between the rules, which know no database, and policies and services, which both ask. Reads history, writes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.utils import dateformat

from dsr import rulebooks
from dsr.deadlines import Period, Unit, WorkCalendar, day_ends, due_date, local_date
from dsr.lifecycle import State
from dsr.models import Event, SubjectRequest, Submission
from dsr.rights import Right
from dsr.rules import (
    Clock,
    ClockEvent,
    ClockKind,
    EventKind,
    Forbidden,
    Notice,
    NotInRules,
    Regime,
    RulePack,
    clocks,
    guards,
    marks,
    pack,
)

KINDS: Mapping[str, EventKind] = {
    "file": EventKind.RECEIVED,
    "ask_identity": EventKind.IDENTITY_ASKED,
    "ask_more": EventKind.IDENTITY_ASKED,
    "reopen": EventKind.IDENTITY_ASKED,
    "confirm_identity": EventKind.IDENTITY_GIVEN,
    "clarify": EventKind.CLARIFICATION_ASKED,
    "answer": EventKind.CLARIFICATION_GIVEN,
    "tell_fee": EventKind.FEE_TOLD,
    "accept_fee": EventKind.FEE_PAID,
    "waive_fee": EventKind.FEE_PAID,
    "extend": EventKind.EXTENDED,
    "redirect": EventKind.REDIRECTED,
    "built": EventKind.DECIDED,
    "acted": EventKind.DECIDED,
    "in_effect": EventKind.DECIDED,
    "refuse": EventKind.DECIDED,
    "refuse_late": EventKind.DECIDED,
    "uphold": EventKind.DECIDED,
    "effect_applied": EventKind.DECIDED,
    "review_again": EventKind.RECEIVED,
    "answer_complaint": EventKind.DECIDED,
    "appeal": EventKind.APPEALED,
    "decide_appeal": EventKind.DECIDED,
}
"""Verbs of the history that a clock counts."""
MOVES_DATES = frozenset(
    {
        "ask_more",
        "reopen",
        "confirm_identity",
        "clarify",
        "answer",
        "tell_fee",
        "accept_fee",
        "waive_fee",
        "extend",
        "change_laws",
        "review_again",
        "reconsider",
    }
)
"""Verbs after which the dates of a request are worked out anew."""
_ANEW = "review_again"
"""A verb with which a request begins again: its clocks run from then on."""
_OF_APPEALS = frozenset({"extend", "decide_appeal"})
"""Verbs of an appeal that count for what it is against, too."""
_QUESTION_OF = {
    EventKind.IDENTITY_GIVEN: EventKind.IDENTITY_ASKED,
    EventKind.CLARIFICATION_GIVEN: EventKind.CLARIFICATION_ASKED,
}


@dataclass(frozen=True, slots=True)
class Counted:
    """One event that a clock counts: its place in the history, its kind and instant, and what the clock makes of it."""

    seq: int
    at: datetime
    event: ClockEvent


@dataclass(frozen=True, slots=True)
class Due:
    """When a request is due: the day that is promised and its last instant, the law that governs, the last lawful day.

    ``waits_for`` names the open question that keeps the governing clock still, or is empty.
    """

    on: date
    at: datetime
    regime: str
    last_on: date
    waits_for: str


@dataclass(frozen=True, slots=True)
class Law:
    """One regime as it applies to one request, with the calendar whose working days count."""

    regime: Regime
    calendar: WorkCalendar


def rules_of(submission: Submission) -> RulePack:
    """Return the rules that a submission is pinned to; those in force where its own cannot be read (`stands_in`)."""
    present = pack()
    if submission.rules_version in ("", present.version):
        return present
    return rulebooks.pinned(submission.rules_version) or present


def stands_in(submission: Submission) -> bool:
    """Whether the present rules stand in for those that a submission is pinned to, so that no date is certain."""
    return rules_of(submission).version != submission.rules_version != ""


def notice_of(submission: Submission) -> Notice:
    """Return the notice that a submission is pinned to."""
    rules = rules_of(submission)
    try:
        return rules.notice(submission.notice_id, submission.notice_version)
    except NotInRules:
        if not stands_in(submission):
            raise
        return rules.notice_in_force(submission.received_at.date())


def laws(submission: Submission, right: str) -> list[Law]:
    """Return every law that applies; where none of them knows the right, the organisation's own policy."""
    lenient = stands_in(submission)
    return laws_in(rules_of(submission), notice_of(submission), submission, right, lenient=lenient)


def laws_in(rules: RulePack, notice: Notice, submission: Submission, right: str, *, lenient: bool = False) -> list[Law]:
    """Return every law that would apply if a submission were pinned to ``rules``, answered under ``notice``.

    Raises NotInRules for a law of the submission that these rules do not hold; ``lenient`` passes over it.
    """
    received = local_date(submission.received_at, submission.zone)
    named = [
        rules.regime(name, received) for name in submission.regimes if not lenient or _holds(rules, name, received)
    ]
    knowing = [row for row in named if row.knows(right, received)]
    found = knowing or rules.regimes_for(right, submission.country, submission.region, received)
    return [Law(row, rules.calendar_for(notice, row)) for row in found]


def _holds(rules: RulePack, name: str, on: date) -> bool:
    try:
        rules.regime(name, on)
    except NotInRules:
        return False
    return True


def happened(request: SubjectRequest, history: Iterable[Event] | None = None) -> list[Counted]:
    """Return what happened to a request and counts for its clocks, oldest first, with what is not written yet.

    ``history`` holds the events of the submission, in order, where the caller has read them already.
    """
    submission = request.submission
    if history is None:
        history = [*read(submission), *submission.unwritten]
    return list(_counted(request, history))


def read(submission: Submission) -> list[Event]:
    """Return what stands in the history of a submission and counts for a clock, oldest first."""
    rows = Event.objects.filter(submission_id=submission.pk, verb__in=KINDS)
    return list(rows.order_by("seq").only("seq", "verb", "at", "data", "request_id"))


def _counted(request: SubjectRequest, history: Iterable[Event]) -> Iterator[Counted]:
    asked: set[EventKind] = set()
    own, appeals = request.about_id if request.right == Right.APPEAL else request.pk, set[str]()
    for event in _since_anew(own, list(history)):
        kind = KINDS.get(event.verb)
        of_appeal = event.verb in _OF_APPEALS and str(event.request_id) in appeals
        if kind is None or not (event.request_id in (None, own) or of_appeal):
            continue
        if kind is EventKind.APPEALED:
            appeals.add(str(event.data.get("appeal")))
        question = _QUESTION_OF.get(kind)
        if question is not None and question not in asked:
            continue  # an answer to a question that stopped no clock
        asked.discard(question) if question else asked.add(kind)
        yield Counted(event.seq, event.at, _clock_event(request.submission.zone, kind, event))


def _since_anew(request_id: UUID | None, history: list[Event]) -> list[Event]:
    """Return what counts for a request: of one that is looked at a second time, what happened since that was asked."""
    anew = [place for place, event in enumerate(history) if event.verb == _ANEW and event.request_id == request_id]
    return history[anew[-1] :] if anew else history


def _clock_event(zone: str, kind: EventKind, event: Event) -> ClockEvent:
    until = event.data.get("until") if kind is EventKind.EXTENDED else None
    regimes = tuple(event.data.get("regimes", ())) if kind is EventKind.EXTENDED else ()
    return ClockEvent.at(kind, event.at, zone, until=date.fromisoformat(until) if until else None, regimes=regimes)


def right_of(request: SubjectRequest) -> str:
    """Return the right under which a request is answered: an appeal under that of what it is against."""
    return request.about.right if request.right == Right.APPEAL and request.about is not None else request.right


def laws_of(request: SubjectRequest) -> list[Law]:
    """Return every law under which a request is answered; with them our own promise where that sets its date."""
    right = right_of(request)
    found = laws(request.submission, right)
    named = {law.regime.id for law in found}
    if request.right == Right.APPEAL or request.regime not in named:
        own = [law for law in _own(request.submission) if law.regime.id not in named]
        found += [law for law in own if request.right == Right.APPEAL or law.regime.id == request.regime]
    return found


def _own(submission: Submission) -> list[Law]:
    """Return the organisation's own promise, for what no law sets a date for."""
    return [Law(row, row.working) for row in rules_of(submission).regimes if row.proposal.otherwise]


def reckon_of(
    request: SubjectRequest,
    events: Sequence[ClockEvent],
    as_of: datetime | None = None,
    named: Iterable[Law] | None = None,
) -> list[Clock]:
    """Return every clock of a request, from what happened; of an appeal, when it has to be decided.

    ``named`` are other laws than those that apply, to ask what they would say.
    """
    submission, right = request.submission, right_of(request)
    if named is None:
        found = reckon(submission, right, events, as_of)
    else:
        found = reckon_under(named, submission, right, events, as_of)
    return _deciding(request, found, events) if _is_judged_again(request, events) else found


def _is_judged_again(request: SubjectRequest, events: Sequence[ClockEvent]) -> bool:
    """Whether the answer that is awaited is that to an appeal, or what follows from one that was won."""
    if request.right == Right.APPEAL:
        return True
    kinds = [event.kind for event in events]
    if request.state == State.CLOSED or EventKind.APPEALED not in kinds:
        return False
    return EventKind.DECIDED in kinds[len(kinds) - 1 - kinds[::-1].index(EventKind.APPEALED) :]


def _deciding(request: SubjectRequest, found: Iterable[Clock], events: Iterable[ClockEvent]) -> list[Clock]:
    """Return the clocks for deciding an appeal as those of the answer; our own promise where no law sets one."""
    of_law = [clock for clock in found if clock.kind is ClockKind.DECIDE_APPEAL]
    if not of_law:
        made = [event.on for event in events if event.kind is EventKind.APPEALED][-1:]
        on = [ClockEvent(EventKind.RECEIVED, day) for day in made]
        own = _own(request.submission) if on else []
        of_law = [clock for law in own for clock in clocks(law.regime, Right.COMPLAINT, on) if clock.kind.answers]
    return [replace(clock, kind=ClockKind.RESPOND, right=request.right) for clock in of_law]


def appeal_until(request: SubjectRequest) -> date | None:
    """Return the last day on which one may appeal to us against what was decided; None where nothing was.

    The longest time that a law which applies gives; where none limits it, our own.
    """
    if request.closed_at is None:
        return None
    decided, applying = local_date(request.closed_at, request.submission.zone), laws_of(request)
    for named in (applying, _own(request.submission)):
        found = [
            due_date(decided, Period(rule.within.n, Unit(rule.within.unit)), law.calendar)
            for law in named
            if (rule := law.regime.appeal) and rule.within
        ]
        if found:
            return max(found)
    return None


def today(request: SubjectRequest, at: datetime) -> date:
    """Return the day that it is where a request is answered."""
    return local_date(at, request.submission.zone)


def long_day(day: date) -> str:
    """Return a day in words."""
    return dateformat.format(day, "j F Y")


def reckon(
    submission: Submission, right: str, events: Iterable[ClockEvent], as_of: datetime | None = None
) -> list[Clock]:
    """Return every clock of every law that applies, from what happened. Pure but for the rule files.

    None is certain where other rules stand in for those that the submission is pinned to.
    """
    found = reckon_under(laws(submission, right), submission, right, events, as_of)
    return [replace(clock, certain=False) for clock in found] if stands_in(submission) else found


def reckon_under(
    named: Iterable[Law],
    submission: Submission,
    right: str,
    events: Iterable[ClockEvent],
    as_of: datetime | None = None,
) -> list[Clock]:
    """Return every clock of the laws that are named, from what happened. Pure."""
    events = list(events)
    today = local_date(as_of, submission.zone) if as_of else None
    return [clock for law in named for clock in clocks(law.regime, right, events, calendar=law.calendar, as_of=today)]


def governing(found: Iterable[Clock], zone: str) -> Due:
    """Return the earliest answer that any law demands."""
    answers = [clock for clock in found if clock.kind.answers]
    first = min(answers, key=lambda clock: clock.promised)
    last_on = min(clock.due for clock in answers)
    return Due(first.promised, day_ends(first.promised, zone), first.regime, last_on, first.waits_for or "")


def waits_for_identity(submission: Submission, request: SubjectRequest) -> str:
    """Return "identity" where the governing clock stands still while the identity is open, otherwise nothing."""
    for law in laws(submission, request.right):
        if law.regime.id == request.regime:
            rule = law.regime.pause_for("identity", request.right)
            return "identity" if rule is not None and rule.mode != "none" else ""
    return ""


def calendar_of(request: SubjectRequest) -> WorkCalendar:
    """Return the calendar whose working days count under the law that governs."""
    found = laws_of(request)
    return next((law.calendar for law in found if law.regime.id == request.regime), found[0].calendar)


def looks(request: SubjectRequest) -> tuple[marks.Look, ...]:
    """Return the marks at which somebody looks whether the answer will be in time, in order."""
    return marks.looks(request.received_at, request.due_on, request.submission.zone, calendar_of(request))


def next_word(request: SubjectRequest, at: datetime) -> date:
    """Return by when a person whose answer is late hears from us again."""
    today = local_date(at, request.submission.zone)
    return marks.next_word(request.due_on, today, calendar_of(request))


def deemed_refused(request: SubjectRequest, at: datetime) -> tuple[Regime, date | None] | None:
    """Return the law by which silence now counts as a refusal, and until when that can be taken further; None if none.

    A law counts silence from its own last lawful day, which may be later than the day that was promised.
    """
    today = local_date(at, request.submission.zone)
    found = explain(request, as_of=at)
    for law in laws_of(request):
        regime = law.regime
        if regime.missed is None or not regime.missed.deemed_refusal:
            continue
        own = [clock for clock in found if clock.regime == regime.id]
        if any(clock.kind.answers and clock.due < today for clock in own):
            further = [clock.promised for clock in own if clock.kind is ClockKind.COMPLAIN]
            return regime, min(further, default=None)
    return None


def explain(
    request: SubjectRequest, history: Iterable[Event] | None = None, as_of: datetime | None = None
) -> list[Clock]:
    """Return every clock of a request, worked out from its history: why each date is what it is."""
    found = happened(request, history)
    return reckon_of(request, [each.event for each in found], as_of)


def against_extending(request: SubjectRequest, at: datetime, until: date | None, *, final: bool) -> Forbidden | None:
    """Return why the answer may not be put off now; None if it may. Unless ``final``, a new date may be missing."""
    events, today = _now(request, at)
    allowed, bans = _split(request, events, today, until, final=final)
    governs = next((ban for law, ban in bans if law.regime.id == request.regime), None)
    if governs is not None or not allowed:
        return governs or bans[0][1]
    event = ClockEvent(EventKind.EXTENDED, today, until, tuple(law.regime.id for law in allowed))
    then = governing(reckon_of(request, [*events, event]), request.submission.zone)
    # Another law may hold the date although the one that governs would let it go.
    return bans[0][1] if bans and then.on <= request.due_on else None


def extendable(request: SubjectRequest, at: datetime, until: date | None) -> list[Law]:
    """Return the laws under which the answer may be put off now."""
    events, today = _now(request, at)
    return _split(request, events, today, until, final=True)[0]


def _split(
    request: SubjectRequest, events: list[ClockEvent], today: date, until: date | None, *, final: bool
) -> tuple[list[Law], list[tuple[Law, Forbidden]]]:
    """Tell the laws that allow an extension from those that forbid it."""
    may: list[Law] = []
    may_not: list[tuple[Law, Forbidden]] = []
    for law in laws_of(request):
        kept, _out = guards.allowed(law.regime, right_of(request), events, law.calendar)
        ban = guards.extension(law.regime, right_of(request), kept, law.calendar, today, until, final=final)
        if ban is None:
            may.append(law)
        else:
            may_not.append((law, ban))
    return may, may_not


def against_clarifying(request: SubjectRequest, at: datetime) -> Forbidden | None:
    """Return why a question about what is meant would not stop the clock now; None if it does.

    The law that governs decides: where its clock runs on, the date stays.
    """
    events, today = _now(request, at)
    for law in laws_of(request):
        if law.regime.id == request.regime:
            kept, _out = guards.allowed(law.regime, right_of(request), events, law.calendar)
            return guards.pause(law.regime, right_of(request), "clarification", kept, law.calendar, today)
    return None


def against_refusing(request: SubjectRequest, at: datetime) -> Forbidden | None:
    """Return why it is too late to refuse, by any law that applies; None if it is in time."""
    events, today = _now(request, at)
    for law in laws_of(request):
        kept, _out = guards.allowed(law.regime, right_of(request), events, law.calendar)
        if ban := guards.refusal(law.regime, right_of(request), kept, law.calendar, today):
            return ban
    return None


def against_charging(request: SubjectRequest, amount: int | None = None, currency: str = "") -> Forbidden | None:
    """Return why no fee, or not this one, may be asked, by any law that applies; None if it may."""
    for law in laws_of(request):
        if ban := guards.fee(law.regime, right_of(request), amount, currency):
            return ban
    return None


def _now(request: SubjectRequest, at: datetime) -> tuple[list[ClockEvent], date]:
    return [each.event for each in happened(request)], local_date(at, request.submission.zone)
