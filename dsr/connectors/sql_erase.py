"""Carries terms out in one transaction: records are found and locked first, then children go before parents.

Finding comes first as emptying a parent hides what belongs to it. Locked records are judged as they are now, not as
they were in the preview. Before the end all that should have gone is looked for once more.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dsr.connectors.base import Code, Identifiers, PermanentFailure
from dsr.connectors.changes import Erased, Handles, Term
from dsr.connectors.deadline import Deadline
from dsr.connectors.mapping import SqlConfig, Table
from dsr.connectors.sql_compare import Expression, Predicate
from dsr.connectors.sql_emptying import Emptying
from dsr.connectors.sql_keys import Key, among, batches, handle
from dsr.connectors.sql_plan import Plan
from dsr.connectors.sql_preview import known_terms
from dsr.connectors.sql_terms import ROOM, Counts, day_of, is_open, may_go, own_day, places, room, yes


@dataclass(frozen=True, slots=True)
class _Found:
    """One record as it was found, and what may become of it."""

    key: Key
    day: date | None
    open: bool
    held: frozenset[str]
    gone: frozenset[str]
    """What of it is held and may go."""
    hashes: Mapping[str, Any]
    """Values that are to be hashed."""

    @property
    def whole(self) -> bool:
        """Whether all that it holds may go."""
        return not self.open and self.held == self.gone


@dataclass(slots=True)
class _Here:
    """One data set and the person's records in it."""

    table: Table
    emptying: Emptying
    terms: Mapping[str, Term]
    found: list[_Found] = field(default_factory=list)
    kept: list[Key] = field(default_factory=list)
    """Of records that stay because of what they hold, or of what refers to them."""
    changed: int = 0

    @property
    def name(self) -> str:
        """The name of the data set."""
        return self.table.dataset


class Erasure:
    """One erasure, in a transaction that somebody else begins and ends."""

    def __init__(self, connection: Connection, plan: Plan, config: SqlConfig, deadline: Deadline) -> None:
        self._connection, self._plan, self._config, self._deadline = connection, plan, config, deadline

    def run(self, who: Identifiers, terms: Sequence[Term], handles: Handles | None) -> Erased:
        """Erase what the terms say and nothing else. Raises `PermanentFailure`; the transaction must then end."""
        wanted = known_terms(self._config, terms)
        everywhere = [
            _Here(table, Emptying(self._plan, self._config, table), wanted[table.dataset])
            for table in self._config.tables
            if table.dataset in wanted
        ]
        left = self._config.limits.max_rows
        for here in everywhere:
            here.found = list(self._find(here, who, tuple(terms), handles, left))
            left -= len(here.found)
        for here in reversed(everywhere):
            self._deadline.check(here.name)
            self._carry_out(here)
        return _told(everywhere, terms)

    def _find(
        self, here: _Here, who: Identifiers, terms: tuple[Term, ...], handles: Handles | None, left: int
    ) -> Iterator[_Found]:
        names, categories = self._plan.key(here.name), sorted(here.table.categories)
        hashed = here.emptying.hashed({category for category, term in here.terms.items() if term.erase})
        values = self._plan.parameters(who)

        def make() -> list[Any]:
            return [
                self._finding(here, hashed, source, where)
                for source, where in places(self._plan, here.table, who, handles)
            ]

        known = ("found", here.name, frozenset(who), terms)
        for statement in make() if handles else self._plan.remembered(known, make):
            rows = self._connection.execute(statement, {**values, ROOM: left + 1}).all()
            left -= len(rows)
            if left < 0:
                raise PermanentFailure(Code.TOO_MANY_ROWS, here.name)
            for row in rows:
                yield _record(row, names, hashed, categories)

    def _finding(self, here: _Here, hashed: Sequence[str], source: Any, where: Predicate) -> sa.Select[Any]:
        """Return what finds and locks records: key, what is hashed, what is held, what may go, own day, open."""
        names, categories = self._plan.key(here.name), sorted(here.table.categories)
        held = [yes(here.emptying.held(source, category)) for category in categories]
        goes = [yes(may_go(self._plan, here.table, source, here.terms.get(category))) for category in categories]
        event = own_day(self._plan, here.table, source)
        columns: list[Expression] = [source.c[name] for name in (*names, *hashed)]
        columns += [*held, *goes, sa.null() if event is None else event, yes(is_open(self._plan, here.table, source))]
        labelled = [column.label(f"c{place}") for place, column in enumerate(columns)]
        statement = sa.select(*labelled).where(where).order_by(*(source.c[name] for name in names))
        return statement.limit(room()).with_for_update()

    def _carry_out(self, here: _Here) -> None:
        if here.table.erase is None and any(each.gone for each in here.found):
            raise PermanentFailure(Code.NO_STRATEGY, here.name)
        whole = [each for each in here.found if each.whole and here.table.erase == "rows"]
        needed, waiting = self._referred_to(here.table, [each.key for each in whole])
        deleted = [each for each in whole if each.key not in needed]
        for some in batches([each.key for each in deleted]):
            place = self._plan.place(here.name)
            gone = self._connection.execute(sa.delete(place).where(among(self._plan, here.name, place, some)))
            here.changed += gone.rowcount
            self._must_be_none(here, place, some, sa.true())
        going = {each.key for each in deleted}
        self._empty(here, [each for each in here.found if each.key not in going], waiting)

    def _empty(self, here: _Here, staying: list[_Found], waiting: set[Key]) -> None:
        alike: dict[frozenset[str], list[_Found]] = defaultdict(list)
        for each in staying:
            alike[each.gone].append(each)
        named = {each.key: each.key for each in staying}
        for categories, found in alike.items():
            if categories:
                named.update(zip([each.key for each in found], self._emptied(here, categories, found), strict=True))
                here.changed += len(found)
        here.kept += [named[each.key] for each in staying if each.open or each.held != each.gone or each.key in waiting]

    def _emptied(self, here: _Here, categories: frozenset[str], found: Sequence[_Found]) -> list[Key]:
        """Empty records alike; return their keys, which are others now where a key is hashed."""
        place = self._plan.place(here.name)
        settings = here.emptying.settings(place, categories)
        for some in batches([each.key for each in found]) if settings else ():
            statement = sa.update(place).where(among(self._plan, here.name, place, some))
            self._connection.execute(statement.values(settings))
        keys = [self._hashed(here, categories, place, each) for each in found]
        for some in batches(keys):
            for category in sorted(categories):
                if here.emptying.columns[category]:
                    self._must_be_none(here, place, some, here.emptying.held(place, category))
        return keys

    def _hashed(self, here: _Here, categories: frozenset[str], place: sa.TableClause, each: _Found) -> Key:
        digests = {
            name: here.emptying.hasher(name)(str(each.hashes[name]))
            for name in here.emptying.hashed(categories)
            if each.hashes[name] is not None
        }
        if digests:
            found = among(self._plan, here.name, place, [each.key])
            self._connection.execute(sa.update(place).where(found).values(digests))
        return tuple(digests.get(name, value) for name, value in zip(self._plan.key(here.name), each.key, strict=True))

    def _referred_to(self, table: Table, keys: Sequence[Key]) -> tuple[set[Key], set[Key]]:
        """Return the keys of records to which others belong that are still there, and of those that can wait for it.

        What belongs to them and is never deleted is not worth waiting for.
        """
        found: set[Key] = set()
        waiting: set[Key] = set()
        names = self._plan.key(table.dataset)
        for child in self._plan.below(table.dataset):
            source, below = self._plan.place(table.dataset).alias(), self._plan.place(child.dataset).alias()
            joined = [
                below.c[here] == source.c[there] for here, there in (child.parent.on if child.parent else {}).items()
            ]
            exists = sa.select(sa.literal_column("1")).select_from(below).where(*joined).correlate(source).exists()
            for some in batches(keys):
                statement = sa.select(*(source.c[name] for name in names))
                statement = statement.where(among(self._plan, table.dataset, source, some), exists)
                named = {tuple(row) for row in self._connection.execute(statement)}
                found |= named
                waiting |= named if child.erase == "rows" else set()
        return found, waiting

    def _must_be_none(self, here: _Here, place: sa.TableClause, some: Sequence[Key], condition: Expression) -> None:
        where = among(self._plan, here.name, place, some) & condition
        if self._connection.execute(sa.select(sa.func.count()).select_from(place).where(where)).scalar():
            raise PermanentFailure(Code.NOTHING_CHANGED, here.name)


def _record(row: Sequence[Any], names: Sequence[str], hashed: Sequence[str], categories: Sequence[str]) -> _Found:
    values = iter(row)
    key = tuple(next(values) for _ in names)
    hashes = {name: next(values) for name in hashed}
    held = frozenset([category for category in categories if next(values)])
    goes = frozenset([category for category in categories if next(values)])
    return _Found(key, day_of(next(values)), bool(next(values)), held, held & goes, hashes)


def _told(everywhere: Sequence[_Here], terms: Sequence[Term]) -> Erased:
    counts = {(term.dataset, term.category): Counts() for term in terms}
    rows: dict[str, int] = {}
    for here in everywhere:
        for category in here.terms:
            counted = counts[here.name, category]
            for each in here.found:
                if category in each.held:
                    gone = category in each.gone
                    counted.add(1, int(gone), int(each.open), None if gone else each.day)
        if here.changed:
            rows[here.table.table] = rows.get(here.table.table, 0) + here.changed
    return Erased(
        lines=tuple(counted.line(dataset, category) for (dataset, category), counted in counts.items()),
        rows=rows,
        handles={here.name: [handle(key) for key in here.kept] for here in everywhere if here.kept},
    )
