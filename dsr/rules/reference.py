"""The reference page of the rule files that ship: every law, every figure with its source, every ground of refusal."""

import calendar
from collections.abc import Iterable, Iterator

from dsr.deadlines import WorkCalendar
from dsr.rules.rulepack import RulePack
from dsr.rules.schema import duties
from dsr.rules.schema.base import Figure
from dsr.rules.schema.periods import ClockRule, ElsewhereRule, ExtensionRule, NoticeRule, ReportRule
from dsr.rules.schema.regime import Regime
from dsr.rules.words import CONFIDENCE, ELEMENTS, RIGHT_WORDS, Element

_LAYOUT = """\
Rule files are TOML. They are read strictly: a key, word, reference or worked case that is wrong stops the service, with
the file and the key. `manage.py rules check` lists every mistake, `manage.py rules explain` works a date out and says
why. Files in `RULES_DIR` are laid over those that ship: a file with the same path replaces the shipped one.

| Path | What |
| --- | --- |
| `service.toml` | whose notice is meant where nobody says |
| `areas.toml` | parts of the world that other files name |
| `calendars/<id>.toml` | public holidays, year by year |
| `notices/<organisation>/<date>/*.toml` or `<date>.toml` | one version of a notice, in several files or in one |
| `regimes/<id>/<from>.toml` | one law during one window; closed and followed by another, never edited |
| `regimes/<id>/<from>.vectors.toml` | worked cases; without them, or if one comes out differently, nothing loads |
| `refusals/*.toml` | coded grounds of refusal |
| `ladder/*.toml` | how surely it must be known who asks, by what means, and for whom: [Who is asking](identity.md) |
| `retention/*.toml` | how long what is kept, from when on and why: [How long data is kept](retention.md) |

Any table with words for people may have them in other languages too, as `[categories.text.fr]` with `title = "..."`
below a `[[categories]]`.
"""


def page(rules: RulePack, note: str = "") -> str:
    """The whole page in Markdown, with ``note`` below the title."""
    parts = (
        ["# Rule files\n", note, _LAYOUT],
        _marks(),
        _notices(rules),
        ["## Laws and policies\n"],
        *(_regime(regime) for regime in rules.regimes),
        _calendars(rules),
        _refusals(rules),
    )
    return "\n".join(line for part in parts for line in part).rstrip() + "\n"


def _marks() -> Iterator[str]:
    yield "## How sure a figure is\n"
    yield from table(("Mark", "Meaning"), [(f"`{mark}`", meaning) for mark, meaning in CONFIDENCE.items()])
    yield "A figure that is marked *policy* is a target of the service and not a duty under the law.\n"


def _notices(rules: RulePack) -> Iterator[str]:
    yield "## Notices\n"
    header = ("Notice", "Version", "In force from", "Categories", "Purposes", "Recipients", "Rights")
    rows = [
        (
            notice.title,
            str(notice.version),
            str(notice.in_force_from),
            *(str(len(entries)) for entries in (notice.categories, notice.purposes, notice.recipients, notice.rights)),
        )
        for notice in rules.notices
    ]
    yield from table(header, rows)
    yield from _topics(rules)
    yield from _doors(rules)


def _topics(rules: RulePack) -> Iterator[str]:
    yield "### What is written about\n"
    yield "Marketing is stopped topic by topic or as a whole. What is about the service goes on whatever was chosen.\n"
    rows = [
        (str(notice.version), f"`{topic.id}`", topic.title, topic.purpose, ", ".join(topic.channels), topic.description)
        for notice in rules.notices
        for topic in notice.topics
    ]
    yield from table(("Version", "Topic", "Title", "Class", "By", "What it is"), rows)


def _doors(rules: RulePack) -> Iterator[str]:
    yield "### Who else answers\n"
    yield "Applicants, other brands and other companies of the group: `[[doors]]` in a notice, best in `doors.toml`.\n"
    rows = [
        (
            str(notice.version),
            f"`{door.id}`",
            door.title,
            door.kind,
            door.responsible,
            door.email,
            ", ".join(door.languages),
            ", ".join(door.serves) or "everybody",
        )
        for notice in rules.notices
        for door in notice.doors
    ]
    header = ("Version", "Door", "Title", "Kind", "Answers for", "Contact", "Languages", "Whom")
    yield from table(header, rows)


def _regime(regime: Regime) -> Iterator[str]:
    window = regime.window
    closes = f" until {window.closes}" if window.closes else ""
    yield f"### `{regime.id}`: {regime.title}, from {window.opens}{closes}\n"
    yield f"{regime.law}. {regime.covers}\n"
    owner = f" Binds `{regime.organisation}` alone." if regime.organisation else ""
    yield f"A {regime.kind}.{owner} Proposed for: {_proposed(regime)}. Working days: `{regime.calendar}`.\n"
    if regime.switched_off_because:
        yield f"**Switched off:** {regime.switched_off_because}\n"
    figures = [*map(_clock, regime.clocks), *([_extension(regime.extension)] if regime.extension else [])]
    figures += [
        (f"open question: {p.event}", f"{p.mode}. {p.condition or ''}", _rights(p.rights), p.source, _mark(p))
        for p in regime.pauses
    ]
    if regime.notices:
        figures.append(_notice_wait(regime.notices))
    if regime.report:
        figures.append(_report(regime.report))
    if regime.elsewhere:
        figures.append(_elsewhere(regime.elsewhere))
    yield from table(("Clock", "Figure", "Rights", "Source", "Sure"), figures)
    rights = [(f"`{r.right}`", r.name, _limited(r), r.source, _mark(r)) for r in regime.rights]
    yield from table(("Right", "What the law calls it", "Note", "Source", "Sure"), rights)
    yield from table(("Also", "Rule", "Source", "Sure"), [*_duties(regime), *_sayings(regime)])


def _duties(regime: Regime) -> Iterator[tuple[str, ...]]:
    window = regime.window
    if window.source:
        yield ("in force", f"from {window.opens}", window.source, f"`{window.confidence}`")
    if regime.scope:
        yield ("who is covered", _scope(regime.scope), regime.scope.source, _mark(regime.scope))
    if regime.missed:
        yield ("no answer", regime.missed.text, regime.missed.source, _mark(regime.missed))
    if regime.fee:
        yield ("fee", _fee(regime.fee), regime.fee.source, _mark(regime.fee))
    for again in regime.repeats:
        said = f"{again.text} ({again.months} months; {_rights(again.rights)})"
        yield ("asking again", said, again.source, _mark(again))
    if regime.appeal:
        offered = "offered" if regime.appeal.offered else "none"
        said = ". ".join(filter(None, (offered, regime.appeal.text, _elements(regime.appeal.must_state))))
        yield ("appeal", said, regime.appeal.source, _mark(regime.appeal))
    yield from _uses(regime)
    yield from _proofs(regime.identity)
    for agent in regime.agents:
        yield ("agents", _agent(agent), agent.source, _mark(agent))
    if regime.records:
        said = f"{regime.records.months} months" + (
            f": {', '.join(regime.records.holds)}" if regime.records.holds else ""
        )
        yield ("records", said, regime.records.source, _mark(regime.records))


def _uses(regime: Regime) -> Iterator[tuple[str, ...]]:
    for use in regime.uses:
        yield (f"use: {use.id}", f"{use.text} Needs: {use.needs}", use.source, _mark(use))
    for service in regime.services:
        yield (f"service: {service.id}", service.text, service.source, _mark(service))


def _sayings(regime: Regime) -> Iterator[tuple[str, ...]]:
    for row in regime.must_state:
        about = f" (about {_rights(row.rights)})" if row.rights else ""
        yield (f"{row.letter} must say", _elements(row.elements) + about, row.source, _mark(row))
    for age in regime.child_ages:
        yield (f"under {age.under}", _ages(age.where, age.note), age.source, _mark(age))
    for note in regime.notes:
        yield (note.topic, note.text, note.source, _mark(note))
    for authority in regime.authorities:
        yield ("authority", authority.title, authority.source, _mark(authority))


def _scope(scope: duties.Scope) -> str:
    who = [
        "people in their work for another company" if scope.business_contacts else "nobody in work for another company",
        "staff" if scope.employees else "no staff",
    ]
    return f"Beside private persons {', '.join(who)}." + (f" {scope.applies_if}" if scope.applies_if else "")


def _fee(fee: duties.FeeRule) -> str:
    parts = [f"May be charged: {fee.exception}" if fee.may_charge else "Free."]
    if fee.cap:
        parts.append(f"At most {fee.cap.amount} {fee.cap.currency}.")
    if fee.told_first:
        parts.append("Told first.")
    if fee.free:
        parts.append(f"{fee.free.n} free in {fee.free.months} months for {_rights(fee.free.rights)}.")
    return " ".join(parts)


def _agent(agent: duties.AgentRule) -> str:
    if not agent.allowed:
        said = f"not for {_rights(agent.rights)}"
    else:
        kinds = " or ".join(kind.replace("_", " ") for kind in agent.mandates)
        confirm = "" if agent.may_confirm else "; the person may not be asked to confirm"
        said = f"for {_rights(agent.rights)}{': ' + kinds if kinds else ''}{confirm}"
    return f"{said}. {agent.text or ''}".strip()


def _proofs(rules: Iterable[duties.IdentityRule]) -> Iterator[tuple[str, ...]]:
    for proof in rules:
        points = f", {proof.points} matching facts" if proof.points else ""
        said = f"{proof.demand.replace('_', ' ')}{points} for {_rights(proof.rights)}. {proof.text or ''}".strip()
        yield ("identity", said, proof.source, _mark(proof))
        if proof.ends:
            yield ("never identified", _end(proof.ends), proof.ends.source, _mark(proof.ends))


def _end(ends: duties.UnverifiedEnd) -> str:
    closes = f", {_many(ends.closes_after, 'day')} after the proof was asked for" if ends.closes_after else ""
    return f"{ends.word.replace('_', ' ')}{closes}"


def _elements(elements: Iterable[Element]) -> str:
    return "; ".join(ELEMENTS[element] for element in elements)


def _proposed(regime: Regime) -> str:
    if regime.proposal.everywhere:
        return "everybody"
    if regime.proposal.nobody:
        return "nobody; its dates are shown beside the others"
    places = "everybody else" if regime.proposal.otherwise else ", ".join(regime.proposal.where)
    return f"{places}, beside the laws that govern requests in general" if regime.proposal.beside else places


_FROM = {"received": "receipt", "decided": "the decision", "appealed": "the appeal", "fee_told": "word of the fee"}


def _clock(rule: ClockRule) -> tuple[str, ...]:
    counted = "at once" if rule.n == 0 else f"{_many(rule.n, rule.unit)} from {_FROM[rule.starts]}"
    details = (
        counted,
        f"once {_many(rule.longer.n, rule.longer.unit)} more" if rule.longer else "",
        "the day of the event is day one" if rule.inclusive else "",
        "moves on from a day that is no working day" if rule.roll == "next" else "",
        {"no_holidays": "promised without any holidays", "day_before": "promised a day earlier"}.get(
            rule.safe or "", ""
        ),
        rule.text or "",
    )
    return (
        rule.kind.replace("_", " "),
        "; ".join(filter(None, details)),
        _rights(rule.rights),
        rule.source,
        _mark(rule),
    )


def _extension(rule: ExtensionRule) -> tuple[str, ...]:
    times = "once" if rule.times == 1 else f"{rule.times} times"
    most = f"; {rule.max_total_days} days in all at most" if rule.max_total_days else ""
    length = f"{_many(rule.n, rule.unit)} more" if rule.n else "to a date that is told"
    grounds = " or ".join(ground.title[:1].lower() + ground.title[1:] for ground in rule.grounds)
    figure = (
        f"{length}, {times}, told within the first period{most}. Grounds: {grounds}. Told: {_elements(rule.must_state)}"
    )
    return ("extension", figure, _rights(rule.rights), rule.source, _mark(rule))


def _notice_wait(rule: NoticeRule) -> tuple[str, ...]:
    starts = "; ".join(f"by {m.medium} from day {m.starts_after_days} after sending" for m in rule.media)
    figure = f"{rule.wait_days} calendar days, {starts}; repeated every {rule.again_months} months"
    return ("silence after a notice", figure, _rights(rule.rights), rule.source, _mark(rule))


def _report(rule: ReportRule) -> tuple[str, ...]:
    figure = f"{_many(rule.n, rule.unit)} from the day on which it is known. {rule.text}"
    return ("a means of choosing that fails", figure, _rights(rule.rights), rule.source, _mark(rule))


def _elsewhere(rule: ElsewhereRule) -> tuple[str, ...]:
    figure = f"{_many(rule.n, rule.unit)}, asked for again every {_many(rule.again_n, rule.again_unit)}. {rule.text}"
    return ("word of whom somebody was sent to", figure, _rights(()), rule.source, _mark(rule))


def _calendars(rules: RulePack) -> Iterator[str]:
    yield "## Calendars\n"
    yield "Beyond what is known only weekends are left out, and a date that hangs on it says that it is not certain.\n"
    rows = [
        (
            f"`{table.id}`",
            table.title,
            table.zone,
            ", ".join(calendar.day_name[day] for day in sorted(table.weekend)),
            _known(table),
        )
        for table in sorted(rules.calendars.values(), key=lambda table: table.id)
    ]
    yield from table(("Calendar", "Holidays", "Clocks", "Weekend", "Known"), rows)


def _known(table: WorkCalendar) -> str:
    if not table.holidays:
        return "no holidays at all"
    said = f"{table.first} to {table.last}"
    if table.worked:
        said += f", with {len(table.worked)} days of weekends on which people work"
    return said + (". Announced one year at a time" if table.yearly else "")


def _refusals(rules: RulePack) -> Iterator[str]:
    yield "## Grounds of refusal\n"
    rows = [
        (
            f"`{ground.id}`",
            ground.title,
            ground.scope,
            "officer" if ground.officer else "second person" if ground.second_person else "one person",
            ground.evidence,
            "; ".join(f"`{cited.regime}` {cited.source} ({cited.confidence})" for cited in ground.citations),
        )
        for ground in rules.refusals.values()
    ]
    yield from table(("Code", "Ground", "Answers", "Who decides", "What must be on file", "Where it stands"), rows)


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """A table in Markdown and an empty line, line by line; nothing where there are no rows."""
    rows = list(rows)
    if not rows:
        return
    yield f"| {' | '.join(header)} |"
    yield f"| {' | '.join('---' for _ in header)} |"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |"
    yield ""


def _many(n: int, unit: str) -> str:
    word = {"day": "calendar day", "business_day": "business day", "month": "calendar month"}[unit]
    return f"{n} {word}{'' if n == 1 else 's'}"


def _rights(rights: tuple[str, ...]) -> str:
    return ", ".join(f"`{right}`" for right in RIGHT_WORDS if right in rights) or "all others"


def _limited(right: duties.KnownRight) -> str:
    since = f"From {right.opens}. " if right.opens else ""
    media = f"By {' or '.join(right.media)} only. " if right.media else ""
    return since + media + (right.note or "")


def _ages(where: tuple[str, ...], note: str | None) -> str:
    return " ".join(filter(None, (", ".join(where) or "everywhere else", note)))


def _mark(figure: Figure) -> str:
    return f"`{figure.confidence}` *policy*" if figure.policy else f"`{figure.confidence}`"
