"""What a law forbids: putting off, stopping the clock, asking who somebody is, refusing too late; and why.

Pure. Each guard gives None, or the sentence that people are shown with the rule and the source that it comes from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import dateformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.deadlines import WorkCalendar, due_date
from dsr.rules.happened import ASKED, GIVEN, ClockEvent, EventKind, last, questions
from dsr.rules.schema.periods import ExtensionRule
from dsr.rules.schema.regime import Regime
from dsr.rules.standing import answer_due, first_period, stand, whole_period
from dsr.rules.words import PauseEvent

_WHAT: dict[PauseEvent, str | Promise] = {
    "identity": gettext_lazy("proof of identity is awaited"),
    "clarification": gettext_lazy("a question to the person is open"),
    "fee": gettext_lazy("word about the fee is awaited"),
}


@dataclass(frozen=True, slots=True)
class Forbidden:
    """Something that nobody may do under one law: the verb, the sentence, the rule and where it stands."""

    verb: str
    because: str
    rule: str
    source: str
    event: PauseEvent | None = None

    def as_dict(self) -> dict[str, object]:
        """For programs."""
        told: dict[str, object] = {"verb": self.verb, "because": self.because, "rule": self.rule, "source": self.source}
        return told | ({"event": self.event} if self.event else {})


def named(regime: Regime, rule_id: str) -> str:
    """A rule by regime, window and id: what a stored date is pinned to."""
    return f"{regime.id}/{regime.window.opens.isoformat()}/{rule_id}"


def extension(
    regime: Regime,
    right: str,
    events: Sequence[ClockEvent],
    working: WorkCalendar,
    on: date | None = None,
    until: date | None = None,
    *,
    final: bool = True,
) -> Forbidden | None:
    """Why the answer may not be put off, told on ``on``, to ``until`` or as long as the law allows; None if it may.

    Without ``on`` only what no day can change is looked at. Unless it is ``final``, a new date may still be missing.
    """
    rule = regime.extension_for(right)
    if rule is None:
        answer = regime.answer_rule(right)
        said = _("%(law)s allows no extension for this right.") % {"law": regime.wording("title")}
        return Forbidden("extend", said, named(regime, answer.id), answer.source)

    def no(sentence: str) -> Forbidden:
        return Forbidden("extend", sentence, named(regime, "extension"), rule.source)

    if sum(event.kind is EventKind.EXTENDED for event in events) >= rule.times:
        facts = {"law": regime.wording("title"), "source": rule.source}
        return no(_("It has been put off before, and %(law)s allows that once (%(source)s).") % facts)
    if on is None:
        return None
    # What only guidance lets stand still gives no more time to put the answer off.
    first = first_period(regime.answer_rule(right), stand(regime, right, events), working, firm=True).due
    if on > first:
        facts = {"source": rule.source, "day": _long(first)}
        return no(_("The person had to be told by %(day)s (%(source)s).") % facts)
    if until is None and rule.n is None and final:
        return no(_("This law sets no length, so say the new date."))
    wrong = _wrong_until(regime, right, events, working, rule, first, until) if until else ""
    return no(wrong) if wrong else None


def _wrong_until(
    regime: Regime,
    right: str,
    events: Sequence[ClockEvent],
    working: WorkCalendar,
    rule: ExtensionRule,
    first: date,
    until: date,
) -> str:
    if until <= first:
        return _("The new date must be later than %(day)s.") % {"day": _long(first)}
    if rule.n is None:
        return ""
    most = whole_period(regime.answer_rule(right), rule, stand(regime, right, events), working).due
    if until <= most:
        return ""
    facts = {"day": _long(most), "source": rule.source}
    return _("It can be put off to %(day)s at most (%(source)s).") % facts


def pause(
    regime: Regime,
    right: str,
    what: PauseEvent,
    events: Sequence[ClockEvent],
    working: WorkCalendar,
    on: date | None = None,
) -> Forbidden | None:
    """Why an open question of this kind does not stop the clock; None if it does.

    Without ``on`` only what no day can change is looked at.
    """
    facts: dict[str, object] = {"law": regime.wording("title"), "what": _WHAT[what]}
    rule = regime.pause_for(what, right)
    answer = regime.answer_rule(right)
    asks = regime.identity_for(right)
    if what == "identity" and asks is not None and asks.demand == "nothing":
        sentence = _("Nobody may be asked to prove who they are for this (%(source)s).") % {"source": asks.source}
        return Forbidden("pause", sentence, named(regime, "identity"), asks.source, what)
    if rule is None:
        sentence = _("%(law)s knows no pause while %(what)s.") % facts
        return Forbidden("pause", sentence, named(regime, answer.id), answer.source, what)
    here = named(regime, f"pause_{what}")
    facts["source"] = rule.source
    if rule.mode == "none":
        sentence = _("Under %(law)s the clock runs on while %(what)s (%(source)s).") % facts
        return Forbidden("pause", sentence, here, rule.source, what)
    if on is None:
        return None
    due = answer_due(regime, right, events, working)
    if on > due:
        facts["day"] = _long(due)
        sentence = _("The answer was due on %(day)s, and a question put after that gains no time (%(source)s).") % facts
        return Forbidden("pause", sentence, here, rule.source, what)
    if any(put.what == what and put.given is None for put in questions(events)):
        return Forbidden("pause", _("This has been asked, and the answer is still open."), here, rule.source, what)
    return None


def refusal(
    regime: Regime, right: str, events: Sequence[ClockEvent], working: WorkCalendar, on: date
) -> Forbidden | None:
    """Why the request may not be refused on ``on``; None if it may.

    Where the law sets no day of its own for refusals, it is that of the answer.
    """
    rule = regime.clock_rule("refuse", right)
    if rule is None:
        answer, due = regime.answer_rule(right), answer_due(regime, right, events, working)
        rule_id, source = answer.id, answer.source
    else:
        standing = stand(regime, right, events)
        due = due_date(standing.began, rule.period, working, standing.still)
        rule_id, source = rule.id, rule.source
    if on <= due:
        return None
    sentence = _("A refusal had to be told by %(day)s (%(source)s).") % {"day": _long(due), "source": source}
    return Forbidden("refuse", sentence, named(regime, rule_id), source)


def allowed(
    regime: Regime, right: str, events: Sequence[ClockEvent], working: WorkCalendar
) -> tuple[list[ClockEvent], list[Forbidden]]:
    """``events``, in order, without those that the law forbids; and why each of them is left out."""
    kept: list[ClockEvent] = []
    out: list[Forbidden] = []
    passed_over: set[PauseEvent] = set()
    for event in events:
        found = None
        if event.kind is EventKind.EXTENDED:
            if event.regimes and regime.id not in event.regimes:
                continue
            found = extension(regime, right, kept, working, event.on, event.until)
        elif what := ASKED.get(event.kind):
            found = pause(regime, right, what, kept, working, event.on)
            passed_over = passed_over | {what} if found else passed_over - {what}
        elif (what := GIVEN.get(event.kind)) in passed_over and what:
            passed_over.discard(what)
            continue
        if found is None:
            kept.append(event)
        else:
            out.append(found)
    return kept, out


def standing_bans(
    regime: Regime, right: str, events: Sequence[ClockEvent], working: WorkCalendar, as_of: date | None
) -> Iterator[Forbidden]:
    """Everything that may not be done now, or at all where no day is given."""
    if found := extension(regime, right, events, working, as_of, final=False):
        yield found
    for what in _WHAT:
        if found := pause(regime, right, what, events, working, as_of):
            yield found
    if as_of and last(events, EventKind.DECIDED) is None and (found := refusal(regime, right, events, working, as_of)):
        yield found


def _long(day: date) -> str:
    return str(dateformat.format(day, "j F Y"))
