"""Compares what a mapping says of facts and of standing with the live schema."""

from collections.abc import Iterator, Mapping

import sqlalchemy as sa
from django.utils.translation import gettext as _

from dsr.connectors.base import Problem
from dsr.connectors.mapping import SqlConfig
from dsr.connectors.sql_facts import fits
from dsr.connectors.sql_plan import LiveTable


def asking_problems(config: SqlConfig, live: Mapping[str, LiveTable]) -> Iterator[Problem]:
    """Yield what keeps answers from being compared and people from being reached, in the order of the mapping."""
    tables = {table.dataset: table.table for table in config.tables}
    for where, dataset, column in _columns(config):
        # A table that is missing has been told of already.
        if dataset in live and column not in live[dataset].columns:
            text = _("Table %(table)s has no column %(column)s.") % {"table": tables[dataset], "column": column}
            yield Problem("missing_column", where, text)
    for fact in config.facts:
        there = live[fact.dataset].columns.get(fact.column) if fact.dataset in live else None
        if there is not None and not fits(fact.kind, there):
            text = _("Column %(column)s is %(live)s, which no answer to this fact can be compared with.")
            values = {"column": fact.column, "live": str(there.type)}
            yield Problem("fact_type_differs", f"facts.{fact.name}", text % values)
    yield from _undated(config, live)


def _columns(config: SqlConfig) -> Iterator[tuple[str, str, str]]:
    """Yield place, data set and column of all that is named."""
    if config.person is None:
        return
    yield "person", config.person.dataset, config.person.column
    for fact in config.facts:
        for column in dict.fromkeys((fact.column, fact.order_by or fact.column)):
            yield f"facts.{fact.name}", fact.dataset, column
    if config.standing is not None:
        for reached in config.standing.on_file:
            yield f"standing.{reached.kind}", reached.dataset or config.person.dataset, reached.column
        for changed in config.standing.changed:
            yield f"standing.{changed.what}", changed.dataset or config.person.dataset, changed.column


def _undated(config: SqlConfig, live: Mapping[str, LiveTable]) -> Iterator[Problem]:
    if config.person is None or config.standing is None:
        return
    for changed in config.standing.changed:
        dataset = changed.dataset or config.person.dataset
        there = live[dataset].columns.get(changed.column) if dataset in live else None
        dated = (sa.Date, sa.DateTime, sa.String, sa.types.NullType)
        if there is not None and not isinstance(there.type, dated):
            text = _("Column %(column)s is %(live)s and holds no days.")
            values = {"column": changed.column, "live": str(there.type)}
            yield Problem("no_date", f"standing.{changed.what}", text % values)
