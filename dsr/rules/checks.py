"""What one table cannot see by itself: references between files, ids used twice, figures that contradict each other."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsr.rules.places import Area
from dsr.rules.problems import Problem, key_path
from dsr.rules.schema.base import Row, Worded
from dsr.rules.schema.duties import AgentRule, IdentityRule
from dsr.rules.schema.ladder import Ladder
from dsr.rules.schema.notice import Notice
from dsr.rules.schema.periods import ANSWERS, ClockRule, PauseRule
from dsr.rules.schema.refusal import Refusal
from dsr.rules.schema.regime import Regime
from dsr.rules.words import MEDIUM_WORDS

Path = tuple[str | int, ...]
Ruled = ClockRule | PauseRule | IdentityRule | AgentRule


@dataclass(frozen=True)
class Known:
    """What the other files hold, for references that leave a file."""

    areas: Collection[str]
    calendars: Collection[str]
    regimes: Collection[str]


@dataclass
class Home:
    """Where the keys of a table stand, so that a mistake names the right file."""

    file: str
    homes: dict[str, str] = field(default_factory=dict)

    def problem(self, loc: Path, message: str) -> Problem:
        """A mistake at ``loc``."""
        return Problem(self.homes.get(str(loc[0]), self.file), key_path(loc), message)


def notice(table: Notice, home: Home, known: Known) -> Iterator[Problem]:
    """Mistakes in a notice."""
    for loc, message in (
        *_duplicates(table),
        *translations(table),
        *_places(table, known.areas),
        *_references(table, known),
        *_sense(table),
    ):
        yield home.problem(loc, message)


def regime(table: Regime, home: Home, known: Known) -> Iterator[Problem]:
    """Mistakes in a regime."""
    for loc, message in (
        *translations(table),
        *_places(table, known.areas),
        *_regime_rights(table),
        *_regime_clocks(table),
        *_regime_uses(table),
        *_regime_doubts(table),
        *_figures(table),
    ):
        yield home.problem(loc, message)


def refusals(rows: Iterable[tuple[str, int, Refusal]], known: Known) -> Iterator[Problem]:
    """Mistakes in the grounds, given with the file and the place in it where each stands."""
    rows = list(rows)
    first = {row.id: file for file, _, row in reversed(rows)}
    seen: set[str] = set()
    for file, index, row in rows:
        home = Home(file)
        if row.id in seen:
            yield home.problem(("refusals", index, "id"), f"{row.id!r} is used twice; it is also in {first[row.id]}")
        seen.add(row.id)
        for loc, message in translations(row):
            yield home.problem(("refusals", index, *loc), message)
        cited = [citation.regime for citation in row.citations]
        for at, cited_id in enumerate(cited):
            where: Path = ("refusals", index, "citations", at, "regime")
            if cited_id not in known.regimes:
                yield home.problem(where, f"there is no regime {cited_id!r}")
            if cited_id in cited[:at]:
                yield home.problem(where, f"{cited_id!r} is cited twice")


def ladder(table: Ladder, home: Home, known: Known, people: Collection[str]) -> Iterator[Problem]:
    """Mistakes in the ladder; ``people`` are the relationships of the notice that the service runs for."""
    for loc, message in (
        *_duplicates(table),
        *translations(table),
        *_places(table, known.areas),
        # Where the service has no notice, that is the mistake to tell.
        *dangling(("accounts",), table.accounts, people or table.accounts, "the relationships of the notice"),
        *_ladder_references(table, known),
    ):
        yield home.problem(loc, message)


def _ladder_references(table: Ladder, known: Known) -> Iterator[tuple[Path, str]]:
    yield from _twice([(("demands", n, "demand"), row.demand) for n, row in enumerate(table.demands)])
    for loc, row in walk(table):
        yield from dangling((*loc, "regimes"), getattr(row, "regimes", None), known.regimes, "regimes")
    for n, floor in enumerate(table.floors):
        for at, right in enumerate(floor.rights):
            if any(right in other.rights and other.holders in (None, floor.holders) for other in table.floors[:n]):
                yield ("floors", n, "rights", at), f"another row says where {right!r} starts"


def areas(rows: Sequence[Area], file: str) -> Iterator[Problem]:
    """Mistakes in the areas."""
    for loc, message in _twice([(("areas", n, "id"), row.id) for n, row in enumerate(rows)]):
        yield Home(file).problem(loc, message)


def walk(row: Row, loc: Path = ()) -> Iterator[tuple[Path, Row]]:
    """Every table inside a table, itself first, with the way to it."""
    yield loc, row
    for name, info in type(row).model_fields.items():
        value = getattr(row, name)
        key = info.alias or name
        if isinstance(value, Row):
            yield from walk(value, (*loc, key))
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                if isinstance(item, Row):
                    yield from walk(item, (*loc, key, index))


def _twice(ids: Iterable[tuple[Path, str]]) -> Iterator[tuple[Path, str]]:
    seen: Counter[str] = Counter()
    for loc, entry_id in ids:
        if seen[entry_id]:
            yield loc, f"{entry_id!r} is used twice"
        seen[entry_id] += 1


_KEYS: dict[str, str] = {"passages": "topic", "rights": "right"}
"""The key that must be unique in a list where it is not ``id``."""


def _duplicates(table: Row) -> Iterator[tuple[Path, str]]:
    for loc, row in walk(table):
        for name in type(row).model_fields:
            items = getattr(row, name)
            key = _KEYS.get(name, "id")
            if isinstance(items, tuple) and items and all(hasattr(item, key) for item in items):
                yield from _twice([((*loc, name, n, key), str(getattr(item, key))) for n, item in enumerate(items)])


def translations(table: Row) -> Iterator[tuple[Path, str]]:
    """Translations of what has no such words, or has them in another shape."""
    for loc, row in walk(table):
        if not isinstance(row, Worded):
            continue
        may = row.translatable()
        for language, words in row.text.items():
            for name, value in words.items():
                here = (*loc, "text", language, name)
                if name not in may:
                    yield here, f"there is nothing of that name to translate; write one of {', '.join(sorted(may))}"
                elif isinstance(value, tuple) != isinstance(getattr(row, name), tuple):
                    yield here, "must be a list where the original is a list, and a string where it is a string"


def _places(table: Row, known: Collection[str]) -> Iterator[tuple[Path, str]]:
    for loc, row in walk(table):
        for name in ("where", "leaving", "serves"):
            for index, place in enumerate(getattr(row, name, ())):
                if place.isupper() and "-" not in place and len(place) > 2 and place not in known:
                    yield (*loc, name, index), f"there is no area {place!r} in areas.toml"


_REFERENCES = (
    ("automated_decisions", "how", "channels"),
    ("categories", "parent", "categories"),
    ("categories", "relationships", "relationships"),
    ("categories", "source", "sources"),
    ("child_ages", "how", "channels"),
    ("complaint_routes", "how", "channels"),
    ("doors", "relationships", "relationships"),
    ("local_rights", "how", "channels"),
    ("purposes", "categories", "categories"),
    ("purposes", "legal_bases", "legal_bases"),
    ("purposes", "relationships", "relationships"),
    ("recipients", "categories", "categories"),
    ("rights", "how", "channels"),
    ("rights", "relationships", "relationships"),
    ("services", "relationships", "relationships"),
)
"""In the rows of the first list, the second key holds ids of the third."""


def _references(table: Notice, known: Known) -> Iterator[tuple[Path, str]]:
    ids = {to: {row.id for row in getattr(table, to)} for _, _, to in _REFERENCES}
    for rows, key, to in _REFERENCES:
        for index, row in enumerate(getattr(table, rows)):
            yield from dangling((rows, index, key), getattr(row, key), ids[to], to)
    yield from dangling(("agents", "how"), table.agents.how, ids["channels"], "channels")
    for index, service in enumerate(table.services):
        for at, extra in enumerate(service.data):
            here = ("services", index, "data", at)
            yield from dangling((*here, "category"), extra.category, ids["categories"], "categories")
            yield from dangling((*here, "source"), extra.source, ids["sources"], "sources")
    for index, seat in enumerate(table.seats):
        yield from dangling(("seats", index, "calendar"), seat.calendar, known.calendars, "calendars")
        yield from dangling(("seats", index, "serves"), seat.serves, known.regimes, "regimes")
        if seat.serves and seat.calendar is None:
            yield ("seats", index, "calendar"), "is missing: which holidays count for the regimes that the seat serves?"


def dangling(loc: Path, value: Any, ids: Collection[str], to: str) -> Iterator[tuple[Path, str]]:
    """References, one or a list of them, that lead to none of ``ids``, and those that are listed twice."""
    if value is None:
        return
    for index, entry_id in enumerate([value] if isinstance(value, str) else value):
        here = loc if isinstance(value, str) else (*loc, index)
        if entry_id not in ids:
            yield here, f"there is no {entry_id!r} among {to}"
        elif not isinstance(value, str) and entry_id in value[:index]:
            yield here, f"{entry_id!r} is listed twice"


def _sense(table: Notice) -> Iterator[tuple[Path, str]]:
    """What refers to something that exists and is wrong all the same."""
    if sum(not seat.serves for seat in table.seats) != 1:
        yield ("seats",), "exactly one seat leaves out 'serves': it is the one for every other regime"
    said = {passage.topic for passage in table.passages}
    for topic in ("retention", "sale", "limits"):
        if topic not in said:
            yield ("passages",), f"a passage on {topic!r} is missing"
    yield from _category_sense(table)
    yield from _people_sense(table)
    yield from _door_sense(table)
    yield from _topic_sense(table)
    for index, channel in enumerate(table.channels):
        if channel.kind == "email" and channel.email is None:
            yield ("channels", index, "email"), "is missing"


def _people_sense(table: Notice) -> Iterator[tuple[Path, str]]:
    in_scope = {row.id for row in table.relationships if row.in_scope}
    for index, row in enumerate(table.relationships):
        if not row.in_scope and row.route is None:
            yield ("relationships", index, "route"), "is missing: say where somebody who is out of scope should turn"
    for index, offer in enumerate(table.rights):
        for at, relationship in enumerate(offer.relationships):
            if relationship not in in_scope:
                yield ("rights", index, "relationships", at), f"{relationship!r} is out of scope of this notice"


def _door_sense(table: Notice) -> Iterator[tuple[Path, str]]:
    for index, row in enumerate(table.doors):
        if row.kind == "applicants" and not row.relationships:
            yield ("doors", index, "relationships"), "is missing: say who of the people of this notice belongs there"
        yield from _twice([(("doors", index, "languages", at), each) for at, each in enumerate(row.languages)])


def _topic_sense(table: Notice) -> Iterator[tuple[Path, str]]:
    for index, row in enumerate(table.topics):
        yield from dangling(("topics", index, "channels"), row.channels, MEDIUM_WORDS, "channels")
        # A choice is told to systems as purpose, channel and topic in one word.
        if any(row.id == medium or row.id.startswith(f"{medium}_") for medium in MEDIUM_WORDS):
            yield ("topics", index, "id"), f"{row.id!r} reads like a channel; call it by what it is about"
    if table.topics and table.offer("marketing_opt_out") and not table.topics_of("marketing"):
        yield ("topics",), "none is marketing, while the notice offers to stop it"


def _category_sense(table: Notice) -> Iterator[tuple[Path, str]]:
    used = {entry for purpose in table.purposes for entry in purpose.categories}
    by_id = {row.id: row for row in table.categories}
    for index, row in enumerate(table.categories):
        parent = by_id.get(row.parent or "")
        if parent is not None and parent.parent is not None:
            yield ("categories", index, "parent"), f"{parent.id!r} is part of another category itself"
        elif parent is not None and parent.source != row.source:
            yield ("categories", index, "source"), f"is {row.source!r}, while {parent.id!r} is {parent.source!r}"
        children = {child.id for child in table.categories if child.parent == row.id}
        if not ({row.id, row.parent} | children) & used and row.use is None:
            yield ("categories", index), f"no purpose uses {row.id!r}; add it to one, or say in 'use' what it is for"


def _regime_rights(table: Regime) -> Iterator[tuple[Path, str]]:
    yield from _twice([(("rights", n, "right"), row.right) for n, row in enumerate(table.rights)])
    for n, row in enumerate(table.rights):
        yield from dangling(("rights", n, "media"), row.media, MEDIUM_WORDS, "channels")
    known = {row.right for row in table.rights}
    for loc, part in walk(table):
        yield from dangling((*loc, "rights"), _rights_of(part), known, "the rights of this regime")


def _rights_of(row: Row) -> Sequence[str]:
    """The rights that a row of a regime is about; none for the regime itself, whose rights are tables."""
    return () if isinstance(row, Regime) else getattr(row, "rights", ())


def _regime_uses(table: Regime) -> Iterator[tuple[Path, str]]:
    yield from _twice([(("uses", n, "id"), row.id) for n, row in enumerate(table.uses)])
    yield from _twice([(("services", n, "id"), row.id) for n, row in enumerate(table.services)])


def _regime_clocks(table: Regime) -> Iterator[tuple[Path, str]]:
    yield from _twice([(("clocks", n, "id"), row.id) for n, row in enumerate(table.clocks)])
    for n, row in enumerate(table.clocks):
        if any(row.kind == other.kind and _overlap(row, other) for other in table.clocks[:n]):
            yield ("clocks", n, "rights"), f"two clocks of kind {row.kind!r} would run for the same right"
    answers = [row for row in table.clocks if row.kind in ANSWERS]
    for n, row in enumerate(table.clocks):
        twice = {right for other in answers if other.kind != row.kind for right in other.rights} & set(row.rights)
        if row.kind == "effect" and twice:
            yield ("clocks", n, "rights"), f"{min(twice)!r} is answered and takes effect; it can only be one of them"
    named = {right for row in answers for right in row.rights}
    if any(not row.rights for row in answers):
        return
    for n, known in enumerate(table.rights):
        if known.right not in named:
            yield ("rights", n, "right"), f"{known.right!r} has no clock to respond by"


def _regime_doubts(table: Regime) -> Iterator[tuple[Path, str]]:
    """Rows that say different things of the same right, so that only their order would decide."""
    lists: dict[str, Sequence[Ruled]] = {"pauses": table.pauses, "identity": table.identity, "agents": table.agents}
    for name, rows in lists.items():
        for n, row in enumerate(rows):
            same = (other for other in rows[:n] if getattr(other, "event", "") == getattr(row, "event", ""))
            if any(_overlap(row, other) for other in same):
                yield (name, n, "rights"), "another row says something else of the same right"


def _overlap(one: Ruled, other: Ruled) -> bool:
    return bool(set(one.rights) & set(other.rights)) if one.rights and other.rights else one.rights == other.rights


def _figures(table: Regime) -> Iterator[tuple[Path, str]]:
    for loc, row in walk(table):
        policy = getattr(row, "policy", None)
        if table.switched_on and policy is False and getattr(row, "confidence", "") == "GKq":
            yield (
                (*loc, "confidence"),
                "a figure that is still to be checked is a policy at most: set policy = true, or switch the regime off",
            )
        if policy is False and table.kind == "policy" and isinstance(row, ClockRule):
            yield (*loc, "policy"), "every clock of a policy is one: set policy = true"
    most = table.extension.max_total_days if table.extension else None
    if table.extension and most is not None:
        if table.extension.unit != "day":
            yield ("extension", "max_total_days"), "can only be given for an extension in calendar days"
        if any(row.kind in ANSWERS and row.unit == "day" and row.n >= most for row in table.clocks):
            yield ("extension", "max_total_days"), "leaves no room for an extension: it holds the first period too"
