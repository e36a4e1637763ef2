"""Counts what terms would erase and keep: one statement for all tables, whatever the depth of their joins."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from dsr.connectors.base import Code, Identifiers, PermanentFailure
from dsr.connectors.changes import Handles, Line, Preview, Term, terms_by_dataset
from dsr.connectors.mapping import SqlConfig, Table
from dsr.connectors.sql_compare import Expression, Predicate
from dsr.connectors.sql_emptying import Emptying
from dsr.connectors.sql_keeping import Keeping, Terms
from dsr.connectors.sql_keys import batches
from dsr.connectors.sql_plan import Plan
from dsr.connectors.sql_terms import Counts, day_of, is_open, may_go, own_day, places, yes

_PARTS = 5
_SELECTS = 50
"""At most so many in one statement: databases have their limits."""


def known_terms(config: SqlConfig, terms: Sequence[Term]) -> Terms:
    """Return terms by data set and category; raises `PermanentFailure(schema_mismatch)` for one about nothing here.

    What is not there any more must not look as if it were gone.
    """
    found = terms_by_dataset(terms)
    tables = {table.dataset: table for table in config.tables}
    for dataset, named in found.items():
        for category in named:
            if dataset not in tables or category not in tables[dataset].categories:
                raise PermanentFailure(Code.SCHEMA_MISMATCH, f"{dataset}.{category}")
    return found


def preview(
    connection: Connection,
    plan: Plan,
    config: SqlConfig,
    who: Identifiers,
    terms: Sequence[Term],
    handles: Handles | None,
) -> Preview:
    """Count in a snapshot; a line for every term."""
    wanted = known_terms(config, terms)
    counts = {(dataset, category): Counts() for dataset, named in wanted.items() for category in named}
    values = plan.parameters(who)

    def make() -> list[Any]:
        return _statements(plan, config, who, wanted, handles)

    for statement in make() if handles else plan.remembered(("counts", frozenset(who), tuple(terms)), make):
        for dataset, *found in connection.execute(statement, values):
            _add(counts, dataset, list(wanted[dataset]), found)
    lines = tuple(counted.line(dataset, category) for (dataset, category), counted in counts.items())
    _may_be_erased(config, lines)
    looked = {line.dataset for line in lines if line.found} | {name for name in wanted if (handles or {}).get(name)}
    keeping = Keeping(plan, config, terms, wanted)
    kept = {name: keeping.handles(connection, name, who, handles) for name in wanted if name in looked}
    return Preview(lines, {name: named for name, named in kept.items() if named})


def _statements(plan: Plan, config: SqlConfig, who: Identifiers, wanted: Terms, handles: Handles | None) -> list[Any]:
    width = max(map(len, wanted.values()), default=0)
    selects = [
        _counted(plan, config, table, wanted[table.dataset], source, where, width)
        for table in config.tables
        if table.dataset in wanted
        for source, where in places(plan, table, who, handles)
    ]
    return [sa.union_all(*some) for some in batches(selects, _SELECTS)]


def _counted(
    plan: Plan,
    config: SqlConfig,
    table: Table,
    terms: Mapping[str, Term],
    source: Any,
    where: Predicate,
    width: int,
) -> sa.Select[Any]:
    emptying, running = Emptying(plan, config, table), is_open(plan, table, source)
    # The name of a data set is a slug, checked when the mapping was read.
    columns: list[Expression] = [sa.literal_column(f"'{table.dataset}'")]
    for category, term in terms.items():
        held = emptying.held(source, category)
        goes = may_go(plan, table, source, term)
        columns += [_number(held), _number(held & goes), _number(held & sa.not_(goes) & running)]
        columns += _days(own_day(plan, table, source), held & sa.not_(goes))
    nothing: list[Expression] = [sa.cast(sa.null(), sa.Integer)] * 3 + [sa.cast(sa.null(), sa.String)] * 2
    for _ in range(width - len(terms)):
        columns += nothing
    named = [column.label(f"c{place}") for place, column in enumerate(columns)]
    return sa.select(*named).select_from(source).where(where)


def _number(condition: Predicate) -> Expression:
    return sa.cast(sa.func.coalesce(sa.func.sum(yes(condition)), 0), sa.Integer)


def _days(own: Expression | None, kept: Predicate) -> list[Expression]:
    if own is None:
        return [sa.cast(sa.null(), sa.String)] * 2
    day = sa.case((kept, own))
    return [sa.cast(sa.func.min(day), sa.String), sa.cast(sa.func.max(day), sa.String)]


def _add(counts: dict[tuple[str, str], Counts], dataset: str, categories: list[str], found: Sequence[Any]) -> None:
    for place, category in enumerate(categories):
        held, goes, running, first, last = found[place * _PARTS : (place + 1) * _PARTS]
        counts[dataset, category].add(int(held), int(goes), int(running), day_of(first), day_of(last))


def _may_be_erased(config: SqlConfig, lines: Sequence[Line]) -> None:
    undeclared = {table.dataset for table in config.tables if table.erase is None}
    for line in lines:
        if line.erase and line.dataset in undeclared:
            raise PermanentFailure(Code.NO_STRATEGY, line.dataset)
