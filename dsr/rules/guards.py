"""What a law forbids: putting off, stopping the clock, asking who somebody is, refusing too late; and why.

Pure. Each guard gives None, or the sentence that people are shown with the rule and the source that it comes from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils import dateformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dsr.deadlines import WorkCalendar
from dsr.rules.appeals import Appeal, appeal
from dsr.rules.happened import ASKED, GIVEN, ClockEvent, EventKind, ended, extensions, is_open
from dsr.rules.schema.periods import ExtensionRule
from dsr.rules.schema.regime import Regime
from dsr.rules.standing import Reading, answer_due, first_period, stand, whole_period
from dsr.rules.words import CHOICES, PauseEvent

_WHAT: dict[PauseEvent, str | Promise] = {
    "identity": gettext_lazy("proof of identity is awaited"),
    "clarification": gettext_lazy("a question to the person is open"),
    "fee": gettext_lazy("word about the fee is awaited"),
}
_OURS = "Policy of the service"
"""The source of what no law forbids and we do."""


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
    After an appeal it is the decision on that which is put off.
    """
    made = appeal(regime, right, events, working)
    if made is not None:
        return _appeal_extension(regime, made, on, until)
    rule, answer = regime.extension_for(right), regime.answer_rule(right)
    if ended(events):
        return Forbidden("extend", _over(), named(regime, answer.id), answer.source)
    if rule is None:
        said = _("%(law)s allows no extension for this right.") % {"law": regime.wording("title")}
        return Forbidden("extend", said, named(regime, answer.id), answer.source)

    def no(sentence: str) -> Forbidden:
        return Forbidden("extend", sentence, named(regime, "extension"), rule.source)

    if len(extensions(events)) >= rule.times:
        facts = {"law": regime.wording("title"), "source": rule.source, "n": rule.times}
        said = ngettext(
            "It has been put off before, and %(law)s allows that once (%(source)s).",
            "It has been put off before, and %(law)s allows that %(n)d times (%(source)s).",
            rule.times,
        )
        return no(said % facts)
    if on is None:
        return None
    # What only guidance lets stand still gives no more time to put the answer off.
    tell_by = answer_due(regime, right, events, working, on, firm=True)
    if on > tell_by:
        return no(_told_by(tell_by, rule.source))
    if until is None and rule.n is None and final:
        return no(_("This law sets no length, so say the new date."))
    most = _most(regime, right, events, working, rule, on)
    wrong = _wrong_until(until, tell_by, most, rule.source)
    return no(wrong) if wrong else None


def _most(
    regime: Regime,
    right: str,
    events: Sequence[ClockEvent],
    working: WorkCalendar,
    rule: ExtensionRule,
    on: date,
) -> date | None:
    """The last day that can be told; a promise rests on the law and not on guidance. None where no length is set."""
    if rule.n is None:
        return None
    standing, reading = stand(regime, right, events, on), Reading(working, firm=True, says_why=False)
    return whole_period(regime.answer_rule(right), rule, standing, reading, len(extensions(events)) + 1).due


def _wrong_until(until: date | None, after: date, most: date | None, source: str) -> str:
    if until is None:
        return ""
    if until <= after:
        return _("The new date must be later than %(day)s.") % {"day": _long(after)}
    if most is None or until <= most:
        return ""
    return _("It can be put off to %(day)s at most (%(source)s).") % {"day": _long(most), "source": source}


def _appeal_extension(regime: Regime, made: Appeal, on: date | None, until: date | None) -> Forbidden | None:
    """The same for the decision on an appeal."""
    source, facts = made.rule.source, {"law": regime.wording("title"), "source": made.rule.source}

    def no(sentence: str) -> Forbidden:
        return Forbidden("extend", sentence, named(regime, made.rule.id), source)

    if made.decided:
        return no(_over())
    if made.longest is None:
        return no(_("%(law)s does not let the decision on an appeal be put off (%(source)s).") % facts)
    if made.told is not None:
        return no(_("It has been put off before, and %(law)s allows that once (%(source)s).") % facts)
    if on is None:
        return None
    if on > made.first.due:
        return no(_told_by(made.first.due, source))
    wrong = _wrong_until(until, made.first.due, made.longest.due, source)
    return no(wrong) if wrong else None


def asking(regime: Regime, right: str, what: PauseEvent) -> Forbidden | None:
    """Why the person may not even be asked; None if that is allowed.

    Nobody proves who they are for a choice such as an opt-out, even where a law would let that be asked.
    """
    if what != "identity":
        return None
    asks, answer = regime.identity_for(right), regime.answer_rule(right)
    if asks is not None and asks.demand == "nothing":
        rule, source = "identity", asks.source
    elif answer.kind == "effect" or right in CHOICES:
        rule, source = answer.id, _OURS
    else:
        return None
    sentence = _("Nobody may be asked to prove who they are for this (%(source)s).") % {"source": source}
    return Forbidden("ask_identity", sentence, named(regime, rule), source, what)


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
    if barred := asking(regime, right, what):
        return replace(barred, verb="pause")
    facts: dict[str, object] = {"law": regime.wording("title"), "what": _WHAT[what]}
    rule, answer = regime.pause_for(what, right), regime.answer_rule(right)
    if rule is None:
        sentence = _("%(law)s knows no pause while %(what)s.") % facts
        return Forbidden("pause", sentence, named(regime, answer.id), answer.source, what)

    def no(sentence: str) -> Forbidden:
        return Forbidden("pause", sentence, named(regime, f"pause_{what}"), rule.source, what)

    facts["source"] = rule.source
    if rule.mode == "none":
        return no(_("Under %(law)s the clock runs on while %(what)s (%(source)s).") % facts)
    if ended(events):
        return no(_over())
    if on is None:
        return None
    # Days that wait for the next working day are no days of the period, so there is nothing left to stop. Nor does the
    # law stop a clock that only guidance keeps from having run out.
    due = answer_due(regime, right, events, working, on, firm=rule.mode != "toll", rolls=False)
    if on > due:
        facts["day"] = _long(due)
        return no(_("The time ran out on %(day)s, and a question put after that gains none (%(source)s).") % facts)
    if is_open(events, what):
        return no(_("This has been asked, and the answer is still open."))
    return None


def refusal(
    regime: Regime, right: str, events: Sequence[ClockEvent], working: WorkCalendar, on: date
) -> Forbidden | None:
    """Why the request may not be refused on ``on``; None if it may.

    Where the law sets no day of its own for refusals, it is that of the answer. A target of our own forbids nothing.
    """
    rule = regime.clock_rule("refuse", right) or regime.answer_rule(right)
    if rule.policy:
        return None
    if rule.kind == "refuse":
        reading = Reading(working, says_why=False)
        due = first_period(rule, stand(regime, right, events, on), reading).due
    else:
        due = answer_due(regime, right, events, working, on)
    if on <= due:
        return None
    facts = {"day": _long(due), "source": rule.source}
    sentence = _("A refusal had to be told by %(day)s (%(source)s).") % facts
    return Forbidden("refuse", sentence, named(regime, rule.id), rule.source)


def fee(regime: Regime, right: str, amount: int | None = None, currency: str = "") -> Forbidden | None:
    """Why no fee may be asked for ``right``, or not this amount; None if it may.

    ``amount`` is in whole units of ``currency`` (ISO 4217).
    """
    rule, answer = regime.fee, regime.answer_rule(right)
    facts = {"law": regime.wording("title"), "source": rule.source if rule else answer.source}
    if rule is None or not rule.may_charge:
        sentence = _("%(law)s allows no fee for this (%(source)s).") % facts
        return Forbidden("tell_fee", sentence, named(regime, "fee"), facts["source"])
    cap = rule.cap
    if cap and amount is not None and currency == cap.currency and amount > cap.amount:
        most = {"most": f"{cap.amount} {cap.currency}", "source": rule.source}
        sentence = _("The fee may be %(most)s at most (%(source)s).") % most
        return Forbidden("tell_fee", sentence, named(regime, "fee"), rule.source)
    return None


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
            found = _question(regime, right, what, kept, working, event.on)
            if found and not is_open(kept, what):
                passed_over.add(what)
        elif what := GIVEN.get(event.kind):
            if what in passed_over:
                passed_over.discard(what)
                continue
            if not is_open(kept, what):
                found = _unasked(regime, right, what, kept, working, event.on)
        if found is None:
            kept.append(event)
        else:
            out.append(found)
    return kept, out


def _question(
    regime: Regime, right: str, what: PauseEvent, kept: Sequence[ClockEvent], working: WorkCalendar, on: date
) -> Forbidden | None:
    return asking(regime, right, what) or pause(regime, right, what, kept, working, on)


def _unasked(
    regime: Regime, right: str, what: PauseEvent, kept: Sequence[ClockEvent], working: WorkCalendar, on: date
) -> Forbidden | None:
    """What came without a question counts where the clock begins with it, if the time had not run out by then."""
    rule = regime.pause_for(what, right)
    if rule is None or rule.mode != "start_later":
        return None
    return pause(regime, right, what, kept, working, on)


def standing_bans(
    regime: Regime, right: str, events: Sequence[ClockEvent], working: WorkCalendar, as_of: date | None
) -> Iterator[Forbidden]:
    """Everything that may not be done now, or at all where no day is given."""
    if found := extension(regime, right, events, working, as_of, final=False):
        yield found
    for what in _WHAT:
        if found := asking(regime, right, what):
            yield found
        if found := pause(regime, right, what, events, working, as_of):
            yield found
    if as_of and not ended(events) and (found := refusal(regime, right, events, working, as_of)):
        yield found


def _over() -> str:
    return _("It has been decided, and nothing moves the date any more.")


def _told_by(day: date, source: str) -> str:
    return _("The person had to be told by %(day)s (%(source)s).") % {"source": source, "day": _long(day)}


def _long(day: date) -> str:
    return str(dateformat.format(day, "j F Y"))
