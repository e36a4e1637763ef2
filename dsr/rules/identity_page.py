"""The reference page of the ladder: who must prove what, by what means, for whom, and what makes one look twice."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TypeVar, get_args

from dsr.rules.ladder import KNOWN, Demand, demanded
from dsr.rules.reference import table
from dsr.rules.rulepack import RulePack
from dsr.rules.schema.base import Figure
from dsr.rules.schema.ladder import Bar, Came, Ladder, MandateRule
from dsr.rules.schema.regime import Regime
from dsr.rules.words import CHOICES, METHOD_LEVELS, RIGHT_WORDS

RUNGS = (
    "nothing is asked",
    "control of an address or number that is on file",
    "known: a fresh sign-in, or two facts from recent dealings",
    "strong: a sign-in with a second factor, or three facts and a signed declaration",
    "a document that was looked at; exceptional",
)
_HEAD = """\
How surely it must be known who asks follows from the right, the laws that hold, whether the person has an account, how
the request came, and what was noted about it. The page is made from the rule files, with the function that the service
itself asks; how to change them is told in [Use your own notice and rules](../how-to/rule-files.md#the-ladder).
"""
_RAISED = """\
Accounts or addresses that are claimed beside the one that the person writes from, and that nothing vouches for, add one
rung, at most up to 3; one can always go on without them. Each doubt that somebody recorded adds one, at most up to 4,
and with a doubt a sign-in no longer stands in for a higher rung. Nothing raises a rung from 0.

*Of record* is a second condition: only a sign-in by password counts, or control of an address or number that is on
file and was not changed in the last {days} days; the answer goes nowhere else. *Or any sign-in* means that signing in
anew is enough though the rung is higher.
"""
_SIGNALS = """\
A signal refuses nothing. *Show*: the reviewer sees it. *Raise*: it counts as a doubt, once however many there are, and
never leads to a document. *Hold*: nothing is released for {hours} hours. A change counts as recent for {days} days.
"""
_CAME = get_args(Came)
_PEOPLE = {True: "with an account", False: "without one"}
Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value", bound=Hashable)


def page(rules: RulePack, note: str = "") -> str:
    """The whole page in Markdown, with ``note`` below the title."""
    ladder = rules.ladder
    parts = (
        ["# Who is asking\n", note, _HEAD],
        _rungs(),
        _matrix(rules),
        _methods(ladder),
        _facts(ladder),
        _signals(ladder),
        _mandates(ladder),
        _children(rules),
        _endings(rules),
    )
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _rungs() -> Iterator[str]:
    yield "## The rungs\n"
    rows = [
        (str(rung), meaning, ", ".join(f"`{word}`" for word, level in METHOD_LEVELS.items() if level == rung))
        for rung, meaning in enumerate(RUNGS)
    ]
    yield from table(("Rung", "What it means", "Methods that reach it"), rows)


# --- The matrix ------------------------------------------------------------------------------------------------------

Cell = tuple[str, str]
"""A rung in words, and the methods."""
Group = tuple[str, tuple[tuple[str, ...], ...]]
"""Some laws, and the rows that stand under them."""


def _matrix(rules: RulePack) -> Iterator[str]:
    ladder = rules.ladder
    yield "## Right, law, person and channel\n"
    nothing = [right for right in RIGHT_WORDS if right in {*CHOICES, *ladder.open_rights}]
    yield f"Nothing is ever asked for {_words(nothing)}. {ladder.choices_because.says} {ladder.open_because.says}\n"
    yield _RAISED.format(days=ladder.record_days)
    found = {right: _rows(rules, right) for right in RIGHT_WORDS if right not in nothing}
    for groups, rights in _alike(found):
        yield f"### {_words(rights)}\n"
        for names, rows in groups:
            yield f"Under {names}:\n"
            yield from table(("Person", "Came by", "Rung", "Ways, the mildest first"), rows)


def _laws(rules: RulePack) -> Mapping[str, tuple[Regime, date]]:
    """The latest row of each law, and a day on which it holds."""
    latest = {law.id: law for law in rules.regimes}
    return {name: (law, law.window.closes or date.max) for name, law in latest.items()}


def _rows(rules: RulePack, right: str) -> tuple[Group, ...]:
    """What one right takes: laws that come to the same are told together, and so are people and channels."""
    otherwise = next(law.id for law in rules.regimes if law.proposal.otherwise)
    beside = {name for row in rules.ladder.sensitive if right in row.rights for name in row.regimes}
    found = {}
    for name, (law, on) in _laws(rules).items():
        if law.knows(right, on):
            found[f"`{name}`"] = _of_laws(rules, right, [name], on)
        elif name in beside:
            found[f"`{name}` where no other law holds"] = _of_laws(rules, right, [otherwise, name], on)
    rest = found[f"`{otherwise}`"]
    told = [(", ".join(names), cells) for cells, names in _alike(found) if cells != rest]
    return (*told, ("every other law" if told else "every law", rest))


def _of_laws(rules: RulePack, right: str, laws: Sequence[str], on: date) -> tuple[tuple[str, ...], ...]:
    holder = next(iter(rules.ladder.accounts), "")
    found: dict[tuple[bool, str], Cell] = {}
    for account, relationship in ((True, holder), (False, "")):
        for came in _CAME:
            asked = demanded(rules, right, laws, on, relationship=relationship, channel=came)
            found[account, came] = _rung(asked), ", ".join(f"`{method}`" for method in asked.methods) or "none needed"
    rows = []
    for people, accounts in _alike({a: tuple(found[a, came] for came in _CAME) for a in (True, False)}):
        who = "anybody" if len(accounts) == 2 else _PEOPLE[accounts[0]]
        rows += [
            (who, "any" if len(came) == len(_CAME) else ", ".join(came), *cell)
            for cell, came in _alike(dict(zip(_CAME, people, strict=True)))
        ]
    return tuple(rows)


def _rung(asked: Demand) -> str:
    return (
        str(asked.level)
        + (", of record" if asked.of_record else "")
        + (", or any sign-in" * (asked.login_suffices and asked.level > KNOWN))
    )


def _alike(found: Mapping[Key, Value]) -> list[tuple[Value, list[Key]]]:
    """The keys of each value, in the order in which they come."""
    groups: dict[Value, list[Key]] = {}
    for key, value in found.items():
        groups.setdefault(value, []).append(key)
    return list(groups.items())


# --- The rest --------------------------------------------------------------------------------------------------------


def _methods(ladder: Ladder) -> Iterator[str]:
    yield "## Methods\n"
    rows = [
        (f"`{way.id}`", str(METHOD_LEVELS[way.id]), way.asks, way.kept, "; ".join(_limits(ladder, way.id)))
        for way in ladder.ways
    ]
    yield from table(("Method", "Rung", "What the person does", "What is kept", "Limits"), rows)
    yield "### Where a method must not be used\n"
    bars = [(_words(bar.methods), _when(bar), bar.says, *_stands(bar)) for bar in ladder.bars]
    yield from table(("Methods", "Where", "Why", "Source", "Sure"), bars)


def _limits(ladder: Ladder, method: str) -> Iterator[str]:
    way = ladder.way(method)
    if way.holders:
        yield "people with an account"
    if way.came:
        yield f"requests by {', '.join(way.came)}"
    if way.last_resort:
        yield "offered last"
    if way.sign_off:
        yield "needs the data protection officer"


def _when(bar: Bar) -> str:
    parts = (
        bar.sensitivity and f"the data is {bar.sensitivity.replace('_', ' ')}",
        bar.came and f"the request came by {', '.join(bar.came)}",
        bar.above is not None and f"above rung {bar.above}",
        bar.below is not None and f"below rung {bar.below}",
        bar.yields and "unless nothing else is left",
    )
    return ", ".join(part for part in parts if part)


def _facts(ladder: Ladder) -> Iterator[str]:
    yield "## Facts from recent dealings\n"
    yield "A system answers whether an answer is right, and never tells the right one. These may be asked:\n"
    yield from table(("Fact", "Question"), [(f"`{fact.id}`", fact.question) for fact in ladder.facts])
    yield "These may not, and a configuration that names one is refused:\n"
    rows = [(f"`{fact.id}`", fact.title, fact.because) for fact in ladder.facts_barred]
    yield from table(("Word", "What", "Why not"), rows)


def _signals(ladder: Ladder) -> Iterator[str]:
    yield "## Signals\n"
    yield _SIGNALS.format(hours=ladder.hold_hours, days=ladder.hold_days)
    rows = [(f"`{row.id}`", row.title, row.meaning, row.effect) for row in ladder.signals]
    yield from table(("Code", "Signal", "What it means", "Effect"), rows)


def _mandates(ladder: Ladder) -> Iterator[str]:
    yield "## Acting for somebody else\n"
    yield f"{ladder.choices_by_agent.says} Source: {ladder.choices_by_agent.source}.\n"
    for rule in ladder.mandates:
        yield f"### {rule.title}\n"
        yield f"`{rule.id}`. {rule.shows} {' '.join(_about(rule))}\n"
        for check in rule.checks:
            only = ", ".join(f"`{name}`" for name in (*check.regimes, *check.where))
            yield f"- [ ] {check.says}" + (f" (under {only} only)" if only else "")
        yield ""


def _about(rule: MandateRule) -> Iterator[str]:
    if not rule.offered:
        yield "**Off unless the rule files switch it on.**"
    if rule.rights:
        yield f"Only for {_words(rule.rights)}."
    if not rule.everywhere:
        yield "Only under laws that name it."
    if not rule.may_receive:
        yield "The answer never goes to them."
    if rule.confirms:
        yield "The person confirms it, where the law allows to ask."
    if rule.replaces_confirmation:
        yield "The person need not confirm it."
    if rule.months:
        yield f"Counts for {rule.months} months where it names no end."
    yield f"Source: {rule.source}."


def _children(rules: RulePack) -> Iterator[str]:
    child = rules.ladder.child
    yield "## Children\n"
    yield f"{child.says} *Close* is {child.near_years} years. Source: {child.source}.\n"
    rows = [
        (", ".join(f"`{name}`" for name in names), where or "everywhere else", str(under))
        for (where, under), names in _alike(dict(_ages(rules)))
    ]
    yield from table(("Law", "Where", "Under"), [*rows, ("every other", "everywhere", str(child.otherwise_under))])


def _ages(rules: RulePack) -> Iterator[tuple[str, tuple[str, int]]]:
    for law, _ in _laws(rules).values():
        for age in law.child_ages:
            name = law.id if len(law.child_ages) == 1 else f"{law.id}, under {age.under}"
            yield name, (", ".join(age.where), age.under)


def _endings(rules: RulePack) -> Iterator[str]:
    ladder = rules.ladder
    yield "## When nobody could tell who asked\n"
    rows = []
    for law, _ in _laws(rules).values():
        for ends in (rule.ends for rule in law.identity if rule.ends):
            told = ladder.ending(ends.word)
            rows.append((f"`{law.id}`", told.title, _by(ends.closes_after or told.closes_after), *_stands(ends)))
    last = ladder.otherwise_ends
    told = ladder.ending(last.word)
    rows.append(("every other", told.title, _by(told.closes_after), *_stands(last)))
    yield from table(("Law", "How it ends", "When", "Source", "Sure"), rows)
    yield from table(("End", "What the person is told"), [(row.title, row.says) for row in ladder.endings])


def _by(days: int | None) -> str:
    return f"{days} days after the proof was asked for" if days else "by the date of the answer"


def _stands(figure: Figure) -> tuple[str, str]:
    return figure.source, f"`{figure.confidence}`" + (" *policy*" if figure.policy else "")


def _words(words: Iterable[str] | Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
