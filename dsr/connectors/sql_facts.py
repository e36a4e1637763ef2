"""Statements that compare an answer with what is held, and one that reads how a person is reached.

Both find people as a search does, and both look first at how many people that is. An answer goes in, a yes or a no
comes out: the value that it is compared with does not leave the database. The statements are the same for everybody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from dsr.connectors.answers import PLACES, scaled, shapes
from dsr.connectors.base import Code, PermanentFailure
from dsr.connectors.facts import MOST_PEOPLE, MOST_WARNED, FactKind, Standing
from dsr.connectors.mapping import Normalise, SqlConfig
from dsr.connectors.mapping_facts import FactColumn, PersonColumn
from dsr.connectors.sql_compare import Expression, LiveColumn, Predicate, candidates, exact, matches
from dsr.connectors.sql_plan import Plan
from dsr.connectors.values import plain

MOST_ON_FILE = 1_000
"""Records of one person that are read to find out how to reach them."""
_ANSWER = "answer"
_FITS: dict[FactKind, tuple[type[sa.types.TypeEngine[Any]], ...]] = {
    FactKind.MONTH: (sa.Date, sa.DateTime, sa.String),
    FactKind.AMOUNT: (sa.Numeric, sa.Float, sa.Integer),
    FactKind.COUNT: (sa.types.TypeEngine,),
    FactKind.WORDS: (sa.String, sa.Integer),
}


def fits(kind: FactKind, live: LiveColumn) -> bool:
    """Tell whether a column can hold such a fact."""
    return isinstance(live.type, (*_FITS[kind], sa.types.NullType))


@dataclass(frozen=True, slots=True)
class Question:
    """One statement that gives one row of one number: 1 for yes, 0 for no."""

    statement: sa.Select[Any]
    kind: FactKind
    live: LiveColumn

    def answered(self, answer: str) -> dict[str, list[Any]]:
        """Return the values to bind for an answer. None for one that can be no answer: nothing equals any of none."""
        given = shapes(self.kind, answer)
        if self.kind is FactKind.WORDS:
            return {_ANSWER: candidates(given, Normalise.LOWER, self.live)}
        if self.kind is FactKind.AMOUNT:
            return {_ANSWER: [scaled(each) for each in given]}
        return {_ANSWER: [int(each) for each in given] if self.kind is FactKind.COUNT else list(given)}


def question(plan: Plan, config: SqlConfig, fact: FactColumn, kinds: frozenset[str]) -> Question:
    """Return the question whether an answer to a fact is right, for people of whom these kinds are known.

    Raises `PermanentFailure` where the person's data set knows nobody by these kinds, or where a column is missing or
    of a type that cannot hold such a fact.
    """
    person = _person(config)
    live = plan.live(fact.dataset, fact.column)
    if not fits(fact.kind, live):
        raise PermanentFailure(Code.SCHEMA_MISMATCH, f"facts.{fact.name}")
    right = _counted(plan, config, fact, kinds) if fact.kind is FactKind.COUNT else _held(plan, config, fact, kinds)
    both = _one_person(plan, config, person, kinds) & right
    return Question(sa.select(sa.case((both, 1), else_=0)), fact.kind, live)


def _person(config: SqlConfig) -> PersonColumn:
    if config.person is None:
        raise PermanentFailure(Code.UNKNOWN_FACT)
    return config.person


def _one_person(plan: Plan, config: SqlConfig, person: PersonColumn, kinds: frozenset[str]) -> Predicate:
    live = plan.live(person.dataset, person.column)
    source, where = plan.of_person(person.dataset, kinds, person.dataset)
    column = exact(config.vendor, source.c[person.column], live)
    # A record without a value is somebody's, and nobody knows whose.
    alone = sa.case(
        (sa.and_(sa.func.count(sa.distinct(column)) == 1, sa.func.count(column) == sa.func.count()), 1), else_=0
    )
    return _scalar(sa.select(alone).select_from(source).where(where)) == 1


def _counted(plan: Plan, config: SqlConfig, fact: FactColumn, kinds: frozenset[str]) -> Predicate:
    source, where = plan.of_person(fact.dataset, kinds, _person(config).dataset)
    counted = sa.func.count(sa.distinct(source.c[fact.column]))
    return _scalar(sa.select(counted).select_from(source).where(where)).in_(_bound(sa.BigInteger()))


def _held(plan: Plan, config: SqlConfig, fact: FactColumn, kinds: frozenset[str]) -> Predicate:
    below = _person(config).dataset
    source, where = plan.of_person(fact.dataset, kinds, below)
    live = plan.live(fact.dataset, fact.column)
    found: sa.Select[Any] = sa.select(sa.literal_column("1")).select_from(source)
    found = found.where(where, _right(config.vendor, fact.kind, source.c[fact.column], live))
    if fact.last_by is not None:
        plan.live(fact.dataset, fact.last_by)
        again, there = plan.of_person(fact.dataset, kinds, below)
        last = sa.select(sa.func.max(again.c[fact.last_by])).select_from(again).where(there)
        found = found.where(source.c[fact.last_by] == _scalar(last))
    return sa.exists(found.correlate(None))


def _right(vendor: str, kind: FactKind, column: Expression, live: LiveColumn) -> Predicate:
    if kind is FactKind.AMOUNT:
        return sa.func.round(column * 10**PLACES).in_(_bound(sa.BigInteger()))
    if kind is FactKind.MONTH:
        return sa.or_(*(month.in_(_bound(sa.String())) for month in _months(vendor, column, live)))
    if live.text:
        return matches(vendor, sa.func.trim(column), live, Normalise.LOWER, _bound(sa.String()))
    return matches(vendor, column, live, Normalise.LOWER, _bound(live.parameter()[1]))


def _months(vendor: str, column: Expression, live: LiveColumn) -> list[Expression]:
    """Return the month of a value; of a moment also the months that it fell into somewhere on earth."""
    if isinstance(live.type, sa.String):
        return [sa.func.substr(column, 1, 7)]
    hours = (0, -12, 14) if isinstance(live.type, sa.DateTime) else (0,)
    if vendor == "sqlite":
        return [sa.func.strftime("%Y-%m", column, f"{shift:+d} hours") for shift in hours]
    if vendor == "postgresql":
        return [sa.func.to_char(column + sa.text(f"INTERVAL '{shift} hours'"), "YYYY-MM") for shift in hours]
    return [
        sa.func.date_format(sa.func.date_add(column, sa.text(f"INTERVAL {shift} HOUR")), "%Y-%m") for shift in hours
    ]


def _bound(kind: sa.types.TypeEngine[Any]) -> sa.BindParameter[Any]:
    return sa.bindparam(_ANSWER, expanding=True, type_=kind)


def _scalar(statement: sa.Select[Any]) -> sa.ScalarSelect[Any]:
    return statement.correlate(None).scalar_subquery()


@dataclass(frozen=True, slots=True)
class Reading:
    """One statement over one data set, and what its columns mean."""

    statement: sa.Select[Any]
    person: int | None
    on_file: tuple[tuple[int, str], ...]
    changed: tuple[tuple[int, str], ...]


def readings(plan: Plan, config: SqlConfig, kinds: frozenset[str]) -> tuple[Reading, ...]:
    """Return a statement for each data set that says how somebody is reached, the person's own first.

    Raises `PermanentFailure` where a column is missing, or where nobody is known by these kinds of identifier.
    """
    person, standing = _person(config), config.standing
    if standing is None:
        return ()
    plan.live(person.dataset, person.column)
    on_file = [(each.dataset or person.dataset, each.column, str(each.kind)) for each in standing.on_file]
    changed = [(each.dataset or person.dataset, each.column, str(each.what)) for each in standing.changed]
    # The person's own comes first, whether or not it says how somebody is reached: it tells how many people it is.
    columns: dict[str, dict[str, None]] = {person.dataset: {person.column: None}}
    for dataset, column, _ in (*on_file, *changed):
        plan.live(dataset, column)
        columns.setdefault(dataset, {})[column] = None
    found = []
    for dataset, names in columns.items():
        source, where = plan.of_person(dataset, kinds, person.dataset)
        statement = sa.select(*(source.c[name] for name in names)).where(where).limit(MOST_ON_FILE + 1)
        places = {name: place for place, name in enumerate(names)}
        found.append(
            Reading(
                statement,
                places[person.column] if dataset == person.dataset else None,
                tuple((places[column], kind) for there, column, kind in on_file if there == dataset),
                tuple((places[column], what) for there, column, what in changed if there == dataset),
            )
        )
    return tuple(found)


def standing_from(answers: Iterable[tuple[Reading, Sequence[Sequence[Any]]]]) -> Standing:
    """Return what the rows of each statement say together. Raises `PermanentFailure` for a day that is none."""
    people: set[Any] = set()
    on_file: dict[str, dict[str, None]] = {}
    changed: dict[str, date] = {}
    for reading, rows in answers:
        if len(rows) > MOST_ON_FILE:
            raise PermanentFailure(Code.TOO_MANY_ROWS, "standing")
        for row in rows:
            if reading.person is not None:
                value = row[reading.person]
                # A record of which nobody knows whose it is counts as one person more.
                people.add(object() if value is None else value)
            for place, kind in reading.on_file:
                text = str(plain(row[place]) if row[place] is not None else "").strip()
                on_file.setdefault(kind, {}).update({text: None} if text else {})
            _latest(changed, ((what, row[place]) for place, what in reading.changed))
    listed = {kind: list(values) for kind, values in on_file.items() if values}
    if len(people) != 1:
        warned = {kind: values[:MOST_WARNED] for kind, values in listed.items()}
        return Standing(people=min(len(people), MOST_PEOPLE), of_several=warned)
    return Standing(1, listed, changed)


def _latest(changed: dict[str, date], found: Iterable[tuple[str, Any]]) -> None:
    for what, value in found:
        if value is not None:
            day = _day(value)
            changed[what] = max(day, changed.get(what, day))


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        failure = PermanentFailure(Code.UNREADABLE_VALUE, "standing")
    raise failure


def answerable(facts: Sequence[FactColumn]) -> Mapping[str, FactColumn]:
    """Return facts by name."""
    return {fact.name: fact for fact in facts}
