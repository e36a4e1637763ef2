"""Who must prove what: the rung that a right starts from, what laws and doubts add to it, and the ways to get there.

Pure functions on rule files. Rungs are 0 nothing, 1 a channel, 2 known, 3 strong, 4 a document seen, and methods are
the words of ``verification.proofs``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dsr.rules.rulepack import RulePack
from dsr.rules.schema.base import Figure
from dsr.rules.schema.duties import AgentRule, IdentityRule
from dsr.rules.schema.ladder import Bar, Check, DemandLevel, Ladder, MandateRule, Reason, Sensitive, Way
from dsr.rules.schema.notice import Notice
from dsr.rules.schema.regime import Regime
from dsr.rules.words import CHOICES, METHOD_LEVELS, EndWord, SensitivityWord

CHANNEL, KNOWN, STRONG, SEEN = 1, 2, 3, 4
SIGNALS = frozenset({"gpc", "dnt"})
"""Choices that a browser makes for somebody."""
SIGNED_IN = frozenset({"login", "login_mfa", "asserted_login"})
CHANNELS = frozenset({"mail_link", "mail_code", "sms_code"})
"""Methods that show control of an address or a number and nothing more."""
FOR_OTHERS = frozenset({"power_of_attorney", "agency"})
"""Methods of somebody who acts for another; never offered to the person."""
ChildStanding = Literal["guardian_acts", "child_heard", "child_acts"]


@dataclass(frozen=True, slots=True)
class Because:
    """One reason for a demand. ``regime`` is empty where it is a rule of the service and not of one law."""

    sentence: str
    source: str
    confidence: str
    regime: str = ""


@dataclass(frozen=True, slots=True)
class Demand:
    """What must be proved before a request is acted on.

    ``level`` is the rung. ``of_record`` is a second condition beside it: only a sign-in by password counts, or control
    of an address or number that is on file and was not changed lately, which here reaches ``record_reaches``. With
    ``login_suffices`` a fresh sign-in is enough though the rung is higher. ``methods`` reach it, the mildest first and
    the exceptional ones last; ``barred`` are those that must not be used, each with a sentence.
    """

    level: int
    of_record: bool = False
    login_suffices: bool = False
    methods: tuple[str, ...] = ()
    barred: tuple[tuple[str, str], ...] = ()
    because: tuple[Because, ...] = ()
    sensitivity: SensitivityWord = "ordinary"
    record_reaches: int = 1


@dataclass(frozen=True, slots=True)
class End:
    """How a request ends of which nobody could tell who made it.

    Days are calendar days after the proof was asked for; without ``closes_after`` it ends by the date of the answer.
    """

    word: EndWord
    says: str
    source: str
    confidence: str
    regime: str = ""
    reminds_after: int | None = None
    closes_after: int | None = None


@dataclass(frozen=True, slots=True)
class MandateDemand:
    """What a mandate of one kind is good for, for one right.

    ``refused`` says why it is not ``allowed``. ``may_confirm`` says whether the principal may be asked,
    ``must_confirm`` whether it counts only then. ``signature_only`` says that nothing beyond a signature may be asked
    for.
    """

    allowed: bool
    may_receive: bool
    may_confirm: bool
    must_confirm: bool
    signature_only: bool
    checks: tuple[Check, ...] = ()
    because: tuple[Because, ...] = ()
    months: int | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one law asks for."""

    level: int
    login_suffices: bool
    because: tuple[Because, ...]


def sensitivity(ladder: Ladder, *, right: str, relationship: str, regimes: Collection[str]) -> SensitivityWord:
    """How much harm the data can do in wrong hands. ``regimes`` are all that hold for somebody, of whatever right."""
    row = _sensitive(ladder, right, relationship in ladder.accounts, regimes)
    return row.sensitivity if row else "ordinary"


def demanded(
    pack: RulePack,
    right: str,
    regimes: Sequence[str],
    on: date,
    *,
    relationship: str,
    channel: str,
    elsewhere: bool = False,
    doubts: int = 0,
    country: str = "",
    at_least: int = 0,
) -> Demand:
    """What somebody must prove who asks for ``right`` on ``on`` under ``regimes``.

    ``channel`` is how the request came, ``elsewhere`` whether it claims identifiers that nothing vouches for,
    ``doubts`` how many reasons to doubt were recorded, and ``country`` where the person lives if no regime tells;
    ``at_least`` is a rung that something beside the right asks for, in place of which no mere sign-in counts. A choice
    to be left alone needs no proof whatever is passed
    (11 CCR 7026, 7027; GDPR Art 21(3)). Raises NotInRules for a regime that was not in force.
    """
    ladder = pack.ladder
    if right in CHOICES or right in SIGNALS:
        return Demand(0, because=(_of(ladder.choices_because),))
    if right in ladder.open_rights:
        return Demand(0, because=(_of(ladder.open_because),))
    laws = [pack.regime(name, on) for name in regimes]
    holder = relationship in ladder.accounts
    data = _sensitive(ladder, right, holder, _near(pack, laws, country, on))
    floor, why = _floor(ladder, right, holder)
    speaking = [law for law in laws if law.knows(right, on)]
    asked = [found for law in speaking if (found := _asked(ladder, law, right, floor, holder, data))]
    level = max((one.level for one in asked), default=floor)
    because = [*([why] if level else []), *(reason for one in asked for reason in one.because)]
    if not level and not at_least:
        return Demand(0, because=tuple(because))
    if data:
        level = max(level, data.level)
        because.append(_of(data))
    login = any(one.login_suffices for one in asked) and all(one.login_suffices or one.level <= KNOWN for one in asked)
    if elsewhere:
        level = max(level, min(level + 1, STRONG))
        because.append(_of(ladder.elsewhere))
    if doubts:
        level, login = min(level + doubts, SEEN), False
        because.append(_of(ladder.doubts))
    if at_least > level:
        level, login = at_least, False
    word = data.sensitivity if data else "ordinary"
    reaches = data.record_reaches if data and data.of_record else CHANNEL
    methods, barred = _methods(ladder, _Case(level, login, holder, word, channel, reaches))
    return Demand(level, bool(data and data.of_record), login, methods, barred, tuple(because), word, reaches)


def unverified_end(pack: RulePack, right: str, regimes: Sequence[str], on: date) -> End:
    """How a request for ``right`` ends of which nobody could tell who made it: the first law that says governs.

    UK GDPR Art 12A (the period never began), GDPR Art 11(2) and 12(2), 11 CCR 7021(b); a policy where none says.
    Raises NotInRules for a regime that was not in force.
    """
    for law in (pack.regime(name, on) for name in regimes):
        rules = [rule for rule in (law.identity_for(right), _general(law)) if rule and rule.ends]
        if law.knows(right, on) and rules and (ends := rules[0].ends):
            told = pack.ladder.ending(ends.word)
            days = ends.reminds_after or told.reminds_after, ends.closes_after or told.closes_after
            return End(ends.word, told.says, ends.source, ends.confidence, law.id, *days)
    last = pack.ladder.otherwise_ends
    told = pack.ladder.ending(last.word)
    return End(last.word, told.says, last.source, last.confidence, "", told.reminds_after, told.closes_after)


def mandate_rules(
    pack: RulePack,
    kind: str,
    right: str,
    regimes: Sequence[str],
    on: date,
    *,
    region: str = "",
) -> MandateDemand:
    """What an agent's authority of ``kind`` is good for. ``region`` is a place such as ``US-CA``.

    11 CCR 7063: signed permission may be confirmed with the consumer, a power of attorney replaces that, and for an
    opt-out there is signed permission only and no contact. Raises NotInRules for an unknown kind or regime.
    """
    rule = pack.ladder.mandate(kind)
    laws = [pack.regime(name, on) for name in regimes]
    spoken = [(law, said) for law in laws if law.knows(right, on) and (said := law.agents_for(right))]
    choice = right in CHOICES or right in SIGNALS
    contact = not choice and all(said.may_confirm for _, said in spoken)
    only = choice or not contact
    because = [_of_rule(rule), *(_of_agent(law, said) for law, said in spoken)]
    if only:
        because.append(_of(pack.ladder.choices_by_agent))
    may_confirm = contact and not rule.replaces_confirmation
    checks = [row for row in rule.checks if _applies(row, regimes, region)]
    least = [row for row in checks if row.choices] if only else []
    refused = _refused(rule, right, [said for _, said in spoken])
    return MandateDemand(
        allowed=not refused,
        may_receive=rule.may_receive,
        may_confirm=may_confirm,
        must_confirm=may_confirm and rule.confirms,
        signature_only=only,
        checks=tuple(least or checks),
        because=tuple(because),
        months=rule.months,
        refused=refused,
    )


def child_standing(pack: RulePack, regimes: Sequence[str], on: date, country: str, age: int) -> ChildStanding:
    """Whether a child of ``age`` years acts itself, is heard, or is spoken for: the highest age among the laws counts.

    Raises NotInRules for a regime that was not in force.
    """
    child = pack.ladder.child
    ages = [row.under for name in regimes if (row := pack.regime(name, on).child_age(country))]
    under = max(ages, default=child.otherwise_under)
    if age >= under:
        return "child_acts"
    return "child_heard" if age >= under - child.near_years else "guardian_acts"


def child_age(
    pack: RulePack, notice: Notice, regimes: Sequence[str], on: date, country: str, region: str
) -> tuple[int, str]:
    """Return under which age somebody is a child in a place, the highest that any of them names, and who names it.

    Named by a law's id, by "notice", or by nothing where neither says. Raises NotInRules as above.
    """
    ages = [(row.under, name) for name in regimes if (row := pack.regime(name, on).child_age(country))]
    ages += [(row.under, "notice") for row in notice.child_ages if notice.is_in(country, region, row.where)]
    return max(ages, default=(pack.ladder.child.otherwise_under, ""))


# --- What a law asks for ---------------------------------------------------------------------------------------------


def _floor(ladder: Ladder, right: str, holder: bool) -> tuple[int, Because]:
    row = next(row for row in ladder.floors if right in row.rights and row.holders in (None, holder))
    return row.level, _of(row)


def _asked(ladder: Ladder, law: Regime, right: str, floor: int, holder: bool, data: Sensitive | None) -> _Asked | None:
    """What ``law`` asks of who wants ``right``; None where it says nothing."""
    own, general = law.identity_for(right), _general(law)
    rules = [rule for rule in dict.fromkeys((own, general)) if rule]
    if own is None or own.demand == "nothing":
        return _Asked(0, False, (_of_identity(law, own),)) if own else None
    # What is said of accounts stands beside what is said of everybody else.
    rules = [rule for rule in rules if rule is own or rule.demand == "reauthenticate"]
    levels = [(ladder.demand(rule.demand), rule) for rule in rules]
    return _Asked(
        level=max(_reach(row, rule, floor, holder, data) for row, rule in levels),
        login_suffices=holder and any(row.login_suffices for row, _ in levels),
        because=tuple(_of_identity(law, rule) for _, rule in levels),
    )


def _reach(row: DemandLevel, rule: IdentityRule, floor: int, holder: bool, data: Sensitive | None) -> int:
    """The rung that one rule comes to."""
    high = data is not None and data.sensitivity == "high"
    return max(floor, row.level, row.holders * holder, row.points * bool(rule.points), row.high * high)


def _general(law: Regime) -> IdentityRule | None:
    """What the law says of every right that no other rule names."""
    return next((rule for rule in law.identity if not rule.rights), None)


def _sensitive(ladder: Ladder, right: str, holder: bool, regimes: Collection[str]) -> Sensitive | None:
    rows = [
        row
        for row in ladder.sensitive
        if right in row.rights
        and row.holders in (None, holder)
        and (not row.regimes or any(name in row.regimes for name in regimes))
    ]
    # Where several rows fit, the strictest: a channel of record before a higher rung.
    return max(rows, key=lambda row: (row.of_record, row.level), default=None)


def _near(pack: RulePack, laws: Sequence[Regime], country: str, on: date) -> set[str]:
    """The laws named, and those about single choices in the same country: what they call sensitive is so for any right.

    An area of several countries says nothing of the country.
    """
    countries = {place[:2] for law in laws for place in law.proposal.where if len(place) == 2 or "-" in place}
    beside = (
        row
        for row in pack.regimes
        if row.switched_on
        and row.proposal.beside
        and row.window.covers(on)
        and row.organisation in (None, pack.organisation)
    )
    same = {row.id for row in beside if {*countries, country} & {*row.proposal.where}}
    return same | {law.id for law in laws}


# --- The ways there --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Case:
    level: int
    login_suffices: bool
    holder: bool
    sensitivity: SensitivityWord
    channel: str
    record_reaches: int

    def reached_by(self, way: Way) -> bool:
        """Whether the method is enough, and there for this person."""
        reached = self.record_reaches if way.id in CHANNELS else METHOD_LEVELS[way.id]
        enough = reached >= self.level or (self.login_suffices and way.id in SIGNED_IN)
        there = (self.holder or not way.holders) and (not way.came or self.channel in way.came)
        return enough and there and way.id not in FOR_OTHERS

    def meets(self, bar: Bar) -> bool:
        """Whether all of the bar's conditions hold."""
        return (
            (bar.sensitivity is None or bar.sensitivity == self.sensitivity)
            and (not bar.came or self.channel in bar.came)
            and (bar.above is None or self.level > bar.above)
            and (bar.below is None or self.level < bar.below)
        )


def _methods(ladder: Ladder, case: _Case) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The methods in the order in which they are offered, and those that are barred with a sentence each."""
    barred: dict[str, Bar] = {}
    for bar in (bar for bar in ladder.bars if case.meets(bar)):
        for method in bar.methods:
            if method not in barred or barred[method].yields:
                barred[method] = bar
    reached = [way for way in ladder.ways if case.reached_by(way)]
    if not any(way.last_resort and way.id not in barred for way in reached):
        # Nobody is left without a way, so what only was inconvenient gives way.
        barred = {method: bar for method, bar in barred.items() if not bar.yields}
    offered = sorted((way for way in reached if way.id not in barred), key=lambda way: way.last_resort)
    told = tuple((way.id, barred[way.id].says) for way in ladder.ways if way.id in barred)
    return tuple(way.id for way in offered), told


# --- Agents ----------------------------------------------------------------------------------------------------------


def _refused(rule: MandateRule, right: str, spoken: Sequence[AgentRule]) -> str:
    """Why an authority of this kind counts for nothing here; empty where it counts."""
    if not rule.offered:
        return "Authority of this kind is not accepted here."
    if rule.rights and right not in rule.rights:
        return "Authority of this kind does not reach as far as this right."
    if any(not said.allowed for said in spoken):
        return "The law lets nobody else ask for this."
    if not rule.everywhere and not any(rule.id in said.mandates for said in spoken):
        return "No law that holds here knows authority of this kind."
    return ""


def _applies(check: Check, regimes: Collection[str], region: str) -> bool:
    limited = bool(check.regimes or check.where)
    return not limited or bool(set(check.regimes) & set(regimes)) or region in check.where


# --- Reasons ---------------------------------------------------------------------------------------------------------


def _of(row: Reason) -> Because:
    return Because(row.wording("says"), row.source, row.confidence)


def _of_rule(row: MandateRule) -> Because:
    return Because(row.wording("shows"), row.source, row.confidence)


def _of_identity(law: Regime, rule: IdentityRule) -> Because:
    return _said(law, rule.text or _PLAIN[rule.demand], rule)


def _of_agent(law: Regime, rule: AgentRule) -> Because:
    return _said(law, rule.text or "Somebody else may ask.", rule)


def _said(law: Regime, sentence: str, figure: Figure) -> Because:
    return Because(sentence, figure.source, figure.confidence, law.id)


_PLAIN = {
    "nothing": "The law asks for no proof.",
    "reasonable_doubt": "The law lets us ask for more only on reasonable doubt.",
    "reauthenticate": "The law wants account holders to sign in anew.",
    "reasonable": "The law wants a reasonable degree of certainty.",
    "reasonably_high": "The law wants a reasonably high degree of certainty.",
    "by_sensitivity": "The law wants more certainty the more sensitive the data is.",
}
