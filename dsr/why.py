"""Why this date? The clocks of a request in words: the same sentences for the person, for staff and for programs.

Between the clocks and the interfaces, which show these sentences and write none of their own. Reads history, writes
nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils import dateformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dsr import reckoning
from dsr.deadlines import local_date
from dsr.models import Event, SubjectRequest
from dsr.rules import Clock, ClockEvent, ClockKind, EventKind, Forbidden, guards, happened
from dsr.rules.words import PauseEvent

TITLES: Mapping[ClockKind, str | Promise] = {
    ClockKind.ACKNOWLEDGE: gettext_lazy("Receipt confirmed by"),
    ClockKind.RESPOND: gettext_lazy("Answer due by"),
    ClockKind.EFFECT: gettext_lazy("In effect by"),
    ClockKind.NOTICE: gettext_lazy("Delay told by"),
    ClockKind.REFUSE: gettext_lazy("Refusal told by"),
    ClockKind.EXTENDED: gettext_lazy("Put off at most to"),
    ClockKind.DECIDE_APPEAL: gettext_lazy("Appeal decided by"),
    ClockKind.FEE_REPLY: gettext_lazy("Word about the fee by"),
    ClockKind.COMPLAIN: gettext_lazy("Complaint possible until"),
}
_HAPPENED: Mapping[EventKind, str | Promise] = {
    EventKind.RECEIVED: gettext_lazy("%(day)s: the request came in."),
    EventKind.IDENTITY_ASKED: gettext_lazy("%(day)s: we asked for proof of identity."),
    EventKind.IDENTITY_GIVEN: gettext_lazy("%(day)s: the proof of identity came."),
    EventKind.CLARIFICATION_ASKED: gettext_lazy("%(day)s: we asked what is meant."),
    EventKind.CLARIFICATION_GIVEN: gettext_lazy("%(day)s: the answer to our question came."),
    EventKind.FEE_TOLD: gettext_lazy("%(day)s: we told what the answer costs."),
    EventKind.FEE_PAID: gettext_lazy("%(day)s: the fee was settled."),
    EventKind.EXTENDED: gettext_lazy("%(day)s: the answer was put off."),
    EventKind.REDIRECTED: gettext_lazy("%(day)s: we named the organisation that decides about this data."),
    EventKind.DECIDED: gettext_lazy("%(day)s: it was decided."),
    EventKind.APPEALED: gettext_lazy("%(day)s: an appeal came in."),
}
_OPEN: Mapping[PauseEvent, str | Promise] = {
    "identity": gettext_lazy("since %(day)s we wait for proof of identity"),
    "clarification": gettext_lazy("since %(day)s we wait for the answer to our question"),
    "fee": gettext_lazy("since %(day)s we wait to hear whether the fee is accepted"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One event that counts, in words, and its place in the history."""

    seq: int
    at: datetime
    event: ClockEvent
    sentence: str


@dataclass(frozen=True, slots=True)
class Dated:
    """One clock in words: what is to be done, under which law, and whether it sets the date of the answer."""

    clock: Clock
    title: str
    law: str
    governs: bool


@dataclass(frozen=True, slots=True)
class Banned:
    """Something that one law forbids now."""

    regime: str
    law: str
    ban: Forbidden


@dataclass(frozen=True, slots=True)
class Why:
    """Why the date of a request is what it is, as seen on one day.

    ``sentences`` say it in short, the first of them the date itself. ``waiting`` says that and why the clock does not
    run, or is empty; ``asked_on`` is since when.
    """

    today: date
    sentences: tuple[str, ...]
    waiting: str
    asked_on: date | None
    events: tuple[Told, ...]
    dates: tuple[Dated, ...]
    forbidden: tuple[Banned, ...]

    @property
    def governing(self) -> Dated:
        """The clock that sets the date of the answer."""
        return next(row for row in self.dates if row.governs)

    @property
    def others(self) -> tuple[Dated, ...]:
        """Every other date, the earliest first."""
        rest = [row for row in self.dates if not row.governs]
        return tuple(sorted(rest, key=lambda row: row.clock.promised))

    def first(self, kind: ClockKind) -> Dated | None:
        """The earliest date of one kind, by whatever law."""
        found = [row for row in self.dates if row.clock.kind is kind]
        return min(found, key=lambda row: row.clock.promised, default=None)


def explain(request: SubjectRequest, at: datetime, history: Iterable[Event] | None = None) -> Why:
    """Return why the date of a request is what it is, seen at ``at``; an open question counts as answered then.

    ``history`` holds the events of the submission, in order, where the caller has read them already.
    """
    submission = request.submission
    counted, today = reckoning.happened(request, history), local_date(at, submission.zone)
    events, laws = [each.event for each in counted], reckoning.laws_of(request)
    clocks = reckoning.reckon_of(request, events, at)
    governing = min((clock for clock in clocks if clock.kind.answers), key=lambda clock: clock.promised)
    titles = {law.regime.id: law.regime.wording("title") for law in laws}
    law = next(law for law in laws if law.regime.id == governing.regime)
    right = reckoning.right_of(request)
    kept = _kept(law, right, events)
    asked_on = _asked_on(governing, kept)
    waiting = _waiting(law, right, governing, asked_on)
    said = (_due(governing, titles, kept, today), waiting, *_more(governing, laws, kept))
    return Why(
        today=today,
        sentences=tuple(sentence for sentence in said if sentence),
        waiting=waiting,
        asked_on=asked_on,
        events=tuple(Told(each.seq, each.at, each.event, in_words(each.event)) for each in counted),
        dates=tuple(
            Dated(clock, str(TITLES[clock.kind]), titles[clock.regime], clock is governing) for clock in clocks
        ),
        forbidden=tuple(_bans(laws, right, events, today)),
    )


def in_words(event: ClockEvent) -> str:
    """Say what happened on which day."""
    if event.kind is EventKind.EXTENDED and event.until:
        facts = {"day": long_day(event.on), "until": long_day(event.until)}
        return _("%(day)s: the answer was put off to %(until)s.") % facts
    return str(_HAPPENED[event.kind] % {"day": long_day(event.on)})


def long_day(day: date) -> str:
    """Return a day in words, as on every page."""
    return str(dateformat.format(day, "j F Y"))


def put_off_to(request: SubjectRequest, at: datetime, history: Iterable[Event] | None = None) -> date | None:
    """Return the date that would be told if the answer were put off now as far as the laws let it.

    None where that moves nothing, and where they set no length, so that whoever puts it off names the day.
    """
    submission = request.submission
    events = [each.event for each in reckoning.happened(request, history)]
    today = local_date(at, submission.zone)
    right = reckoning.right_of(request)
    named = tuple(
        law.regime.id
        for law in reckoning.laws_of(request)
        if guards.extension(law.regime, right, _kept(law, right, events), law.calendar, today) is None
    )
    if not named:
        return None
    event = ClockEvent(EventKind.EXTENDED, today, None, named)
    then = reckoning.governing(reckoning.reckon_of(request, [*events, event], at), submission.zone)
    return then.on if then.on > request.due_on else None


def _kept(law: reckoning.Law, right: str, events: Sequence[ClockEvent]) -> list[ClockEvent]:
    """Return what happened, in order, without what this law forbids."""
    return guards.allowed(law.regime, right, happened.in_order(events), law.calendar)[0]


def _due(clock: Clock, titles: Mapping[str, str], kept: Sequence[ClockEvent], today: date) -> str:
    """Say the date, the law, and whether it was put off."""
    facts = {"day": long_day(clock.promised), "law": titles[clock.regime]}
    if over := happened.ended(kept):
        return _("It was decided on %(over)s; the answer was due by %(day)s under %(law)s.") % {
            **facts,
            "over": long_day(over),
        }
    told = happened.extensions(kept)
    if told and clock.waits_for is None:
        facts["told"] = long_day(told[-1].on)
        return _("On %(told)s the answer was put off. It is due by %(day)s under %(law)s.") % facts
    if clock.waits_for is not None:
        return _("The answer is due by %(day)s at the earliest, under %(law)s.") % facts
    if clock.kind is ClockKind.EFFECT:
        return _("It takes effect by %(day)s under %(law)s.") % facts
    if today > clock.promised:
        return _("The answer was due by %(day)s under %(law)s.") % facts
    return _("The answer is due by %(day)s under %(law)s.") % facts


def _asked_on(clock: Clock, kept: Sequence[ClockEvent]) -> date | None:
    if clock.waits_for is None:
        return None
    return next(put.asked for put in happened.questions(kept) if put.what == clock.waits_for and put.given is None)


def _waiting(law: reckoning.Law, right: str, clock: Clock, asked_on: date | None) -> str:
    """Say that the clock does not run, why and since when, and what that does to the date."""
    if clock.waits_for is None or asked_on is None:
        return ""
    rule = law.regime.pause_for(clock.waits_for, right)
    facts = {"why": str(_OPEN[clock.waits_for] % {"day": long_day(asked_on)})}
    if rule is not None and rule.mode == "start_later":
        return _("The time for the answer has not begun: %(why)s. The date moves on with each day until then.") % facts
    return _("The time for the answer stands still: %(why)s. The date moves on with each day until then.") % facts


def _more(clock: Clock, laws: Sequence[reckoning.Law], kept: Sequence[ClockEvent]) -> Iterable[str]:
    """Say what else one should know about the date."""
    if clock.safe is not None:
        last = _(
            "The law leaves a doubt about the last day, so we keep to the earlier reading. At the latest it is %s."
        )
        yield last % long_day(clock.due)
    if len(laws) > 1:
        said = ngettext("%(n)d law applies.", "%(n)d laws and promises apply; the earliest date counts.", len(laws))
        yield said % {"n": len(laws)}
    if clock.policy:
        yield _("No law sets this date; we set it ourselves.")
    if not clock.certain:
        yield _("Not all public holidays up to that day are known yet.")


def _bans(laws: Sequence[reckoning.Law], right: str, events: Sequence[ClockEvent], today: date) -> Iterable[Banned]:
    """Return what each law forbids now: putting off, asking, stopping the clock, charging, refusing."""
    for law in laws:
        regime, title = law.regime, law.regime.wording("title")
        kept = _kept(law, right, events)
        found = list(guards.standing_bans(regime, right, kept, law.calendar, today))
        if ban := guards.fee(regime, right):
            found.append(ban)
        yield from (Banned(regime.id, title, replace(ban, because=str(ban.because))) for ban in found)
