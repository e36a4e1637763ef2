"""Databases by a declared mapping: PostgreSQL, MariaDB or MySQL, SQLite.

One call that reads is one read-only transaction on one snapshot, over connections that cannot write. One that changes
something is one transaction over others: all of it happens or nothing. Withheld columns are in no statement that
reads for somebody, so they do not leave the database. Identifiers are bound, names are quoted, rows are streamed, and
everything has an end.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, ClassVar, NoReturn

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from dsr.connectors.base import (
    MOST_RESOLVED,
    Code,
    ConnectorError,
    Dataset,
    Identifiers,
    Located,
    PermanentFailure,
    Piece,
    Problem,
    Row,
    TemporaryFailure,
    alone,
    usable,
)
from dsr.connectors.changes import Ability, Change, Changed, Erased, Handles, Note, Preview, Still, Term
from dsr.connectors.config import read
from dsr.connectors.deadline import Deadline
from dsr.connectors.facts import Fact, Standing
from dsr.connectors.mapping import SqlConfig
from dsr.connectors.reasons import reason
from dsr.connectors.sql_audit import forgotten
from dsr.connectors.sql_backends import BACKENDS, SMALL_BYTES, SMALL_ROWS, Backend
from dsr.connectors.sql_check import problems
from dsr.connectors.sql_correct import Setting, alike, carry_out, corrections, flags, rosters, statements
from dsr.connectors.sql_erase import Erasure
from dsr.connectors.sql_errors import still_referred_to
from dsr.connectors.sql_facts import answerable, question, readings, standing_from
from dsr.connectors.sql_plan import Plan, Read, Statements, reflect
from dsr.connectors.sql_preview import preview
from dsr.connectors.sql_tally import Tally
from dsr.connectors.values import SIMPLE, plain

_BATCH = 500


class SqlConnector:
    """One database. Safe to share between threads; connections are opened when needed and pooled."""

    kind: ClassVar[str] = "sql"
    automatic: ClassVar[bool] = True

    def __init__(self, config: SqlConfig) -> None:
        self._config = config
        self._limits = config.limits.limits()
        self._backend: Backend = BACKENDS[config.vendor](config)
        self._engine: Engine = self._backend.engine()
        self._writing: Engine = self._backend.engine(writing=True)
        self._described = tuple(table.describe() for table in config.tables)
        self._resolves = any(table.resolves for table in config.tables)
        self._facts = answerable(config.facts)
        self._plan: Plan | None = None
        self._lock = Lock()

    @classmethod
    def open(cls, config: Mapping[str, Any]) -> "SqlConnector":
        """Return a connector for this configuration; raises `BadConfig`."""
        return cls(read(SqlConfig, config))

    def identifiers(self) -> frozenset[str]:
        """Return the kinds of identifier by which the database knows people."""
        return self._config.identifiers

    def describe(self) -> tuple[Dataset, ...]:
        """Return the data dictionary as the mapping declares it."""
        return self._described

    def resolve(self, who: Identifiers, *, key: str) -> dict[str, list[str]]:
        """Return what the columns named in the mapping hold about the same person."""
        known = {kind: list(values) for kind, values in who.items() if kind in self.identifiers() and values}
        if not known or not self._resolves:
            return {}
        found: dict[str, dict[str, None]] = {}
        with self._snapshot() as (connection, deadline):
            plan = self._planned(connection)
            values = plan.parameters(known)
            for step in plan.statements(frozenset(known)).resolves:
                deadline.check()
                here = [str(plain(value)) for (value,) in connection.execute(step.statement, values)]
                if len(here) > MOST_RESOLVED:
                    raise PermanentFailure(Code.TOO_MANY_ROWS, step.kind)
                found.setdefault(step.kind, {}).update(dict.fromkeys(here))
        return {kind: [value for value in values if value] for kind, values in found.items()}

    def locate(self, who: Identifiers, *, key: str) -> Located:
        """Count the rows of every table in one statement. `key` is not needed: reading repeats itself harmlessly."""
        known = usable(who, self.identifiers())
        with self._snapshot() as (connection, deadline):
            plan = self._planned(connection)
            statements = plan.statements(frozenset(known))
            found = [(name, held) for name, held in connection.execute(statements.count, plan.parameters(known))]
            deadline.check()
        return Located.of(dict(found), self._described)

    def collect(self, who: Identifiers, *, key: str) -> Iterator[Piece]:
        """Yield every row in the order of the mapping. `key` is not needed: reading repeats itself harmlessly."""
        known = usable(who, self.identifiers())
        with self._snapshot() as (connection, deadline):
            plan = self._planned(connection)
            statements, values = plan.statements(frozenset(known)), plan.parameters(known)
            tally = Tally(self._limits)
            for step, streamed in self._steps(connection, statements, values):
                yield from self._rows(connection, step, values, streamed, tally, deadline)

    def facts(self) -> tuple[Fact, ...]:
        """Return the facts that the mapping names."""
        return tuple(Fact.of(name) for name in self._facts)

    def knows(self, who: Identifiers, fact: str, answer: str, *, key: str) -> bool:
        """Compare an answer in one statement, the same for everybody. `key` is not needed: nothing is changed."""
        if fact not in self._facts:
            raise PermanentFailure(Code.UNKNOWN_FACT)
        known = usable(who, self.identifiers())
        with self._snapshot(self._limits.question) as (connection, _):
            plan = self._planned(connection)
            asked = question(plan, self._config, self._facts[fact], frozenset(known))
            return bool(
                connection.execute(asked.statement, {**plan.parameters(known), **asked.answered(answer)}).scalar()
            )

    def standing(self, who: Identifiers, *, key: str) -> Standing:
        """Read how the person is reached, in one statement for each data set that says so."""
        if self._config.standing is None:
            return Standing()
        known = usable(who, self.identifiers())
        with self._snapshot(self._limits.question) as (connection, deadline):
            plan = self._planned(connection)
            values, found = plan.parameters(known), []
            for reading in readings(plan, self._config, frozenset(known)):
                deadline.check()
                found.append((reading, connection.execute(reading.statement, values).all()))
        return standing_from(found)

    def abilities(self) -> frozenset[Ability]:
        """Return what the mapping says how to do. Without a word on erasing, nothing is erased."""
        tables = self._config.tables
        declared = {
            Ability.ERASE: any(table.erase for table in tables),
            Ability.CORRECT: any(column.correctable for table in tables for column in table.columns.values()),
            Ability.ANNOTATE: any(table.note for table in tables),
            Ability.RESTRICT: any(table.restrict for table in tables),
            Ability.SUPPRESS: any(table.suppress for table in tables),
            Ability.SUPPRESSED: any(table.suppress for table in tables),
            Ability.ROSTER: bool(self.identifiers()),
        }
        return frozenset(ability for ability, can in declared.items() if can)

    def preview(self, who: Identifiers, terms: Sequence[Term], *, key: str, handles: Handles | None = None) -> Preview:
        """Count in one statement. `key` is not needed: nothing is changed."""
        self._must(Ability.ERASE, "preview")
        known = self._known(who, handles)
        with self._snapshot() as (connection, _):
            return preview(connection, self._planned(connection), self._config, known, terms, handles)

    def erase(
        self,
        who: Identifiers,
        terms: Sequence[Term],
        *,
        key: str,
        handles: Handles | None = None,
        cursor: str = "",
        still: Still | None = None,
    ) -> Erased:
        """Erase in one transaction. `key` is not needed: what is gone is not found a second time."""
        self._must(Ability.ERASE)
        known = self._known(who, handles)
        with self._changing(Code.NO_STRATEGY) as (connection, deadline):
            done = Erasure(connection, self._planned(connection), self._config, deadline).run(known, terms, handles)
            if still is not None and not still():
                raise PermanentFailure(Code.CALLED_OFF)
        return done

    def correct(self, who: Identifiers, changes: Sequence[Change], *, key: str, cursor: str = "") -> Changed:
        """Set fields in one transaction. `key` is not needed: what is right already stays."""
        self._must(Ability.CORRECT)
        return self._set(who, lambda plan: corrections(plan, self._config, changes))

    def annotate(self, who: Identifiers, notes: Sequence[Note], *, key: str) -> Changed:
        """Put statements beside the records in one transaction."""
        self._must(Ability.ANNOTATE)
        return self._set(who, lambda plan: statements(plan, self._config, notes))

    def restrict(self, who: Identifiers, on: bool, *, key: str) -> Changed:
        """Set or lift the flags in one transaction."""
        self._must(Ability.RESTRICT)
        return self._set(who, lambda plan: flags(plan, self._config, lambda table: table.restriction(on)))

    def suppress(self, who: Identifiers, purposes: Sequence[str], *, key: str, cursor: str = "") -> Changed:
        """Set the flags of these purposes in one transaction. Whom the database does not know it cannot leave out."""
        self._must(Ability.SUPPRESS)
        return self._set(who, lambda plan: flags(plan, self._config, lambda table: table.suppression(purposes)))

    def suppressed(self, who: Identifiers, purposes: Sequence[str], *, key: str) -> bool | None:
        """Read the flags of these purposes back, in every record of the person; None where a purpose has no flag.

        A database reaches nobody but those in it, so whoever is in none of the tables with a flag is left out.
        """
        flagged = {purpose for table in self._config.tables for purpose in table.suppress}
        if not purposes or not flagged.issuperset(purposes):
            return None
        known = usable(who, self.identifiers())
        with self._snapshot() as (connection, _):
            settings = flags(self._planned(connection), self._config, lambda table: table.suppression(purposes))
            return all(each.stands(connection, known, self._config.limits.max_rows) for each in settings.values())

    def leaves_out(self) -> tuple[str, ...]:
        """Return the purposes that the mapping names."""
        return tuple(sorted({purpose for table in self._config.tables for purpose in table.suppress}))

    def roster(self, kind: str) -> Iterator[str]:
        """Yield the values of one kind of identifier, made alike as the mapping says, without those emptied."""
        self._must(Ability.ROSTER)
        with self._snapshot() as (connection, deadline):
            for statement, normalise in rosters(self._planned(connection), self._config, kind):
                for (value,) in self._streamed(connection, statement, {}, True, deadline, kind):
                    found = alike(str(plain(value)), normalise)
                    if found:
                        yield found

    def check(self) -> list[Problem]:
        """Compare the mapping with the live schema; says why where the database cannot be reached at all."""
        self._plan = None
        try:
            with self._snapshot() as (connection, _):
                return problems(connection, self._config)
        except ConnectorError as failure:
            code, where = failure.code, failure.where
        return [Problem(str(code), where, reason(code))]

    def audit(self) -> list[Problem]:
        """Do the same, and look through the whole database for what the mapping forgot."""
        found = self.check()
        try:
            with self._snapshot() as (connection, _):
                more = forgotten(connection, self._config)
        except ConnectorError:
            # That it cannot be asked has been told of already.
            return found
        # What is told of as an error need not be told of as a warning.
        told = {problem.where for problem in more if problem.code == "undeclared_table"}
        return [*(one for one in found if one.code != "unmapped_table" or one.where not in told), *more]

    def close(self) -> None:
        """Close the pooled connections."""
        self._engine.dispose()
        self._writing.dispose()

    def forget(self) -> None:
        """Drop the pool without closing it: it belongs to the process this one was forked from."""
        self._engine.dispose(close=False)
        self._writing.dispose(close=False)

    def _must(self, ability: Ability, where: str = "") -> None:
        if ability not in self.abilities():
            raise PermanentFailure(Code.UNABLE, where or str(ability))

    def _known(self, who: Identifiers, handles: Handles | None) -> Identifiers:
        return {} if handles is not None and not who else usable(who, self.identifiers())

    def _set(self, who: Identifiers, settings: Callable[[Plan], Mapping[str, Setting]]) -> Changed:
        known = usable(who, self.identifiers())
        with self._changing(Code.NOT_CORRECTABLE) as (connection, _):
            return carry_out(connection, settings(self._planned(connection)), known, self._config)

    @contextmanager
    def _changing(self, refused: Code) -> Iterator[tuple[Connection, Deadline]]:
        """Yield a connection in a transaction that may write; `refused`: what it means if a value is not taken."""
        with self._transaction(self._writing, self._limits.timeout_seconds, refused) as found:
            yield found

    def _planned(self, connection: Connection) -> Plan:
        with self._lock:
            if self._plan is None:
                self._plan = Plan(self._config, reflect(connection, self._config))
            return self._plan

    def _steps(
        self, connection: Connection, statements: Statements, values: dict[str, list[Any]]
    ) -> Iterator[tuple[Read, bool]]:
        """Yield each statement that is worth running, and whether its rows should be streamed."""
        if not self._backend.counts_first:
            yield from ((step, True) for step in statements.reads)
            return
        held = {name: (rows, stored) for name, rows, stored in connection.execute(statements.measure, values)}
        if sum(rows for rows, _ in held.values()) > self._limits.max_rows:
            raise PermanentFailure(Code.TOO_MANY_ROWS)
        for step in statements.reads:
            rows, stored = held[step.dataset]
            if rows:
                yield step, rows > SMALL_ROWS or stored > SMALL_BYTES

    def _rows(
        self,
        connection: Connection,
        step: Read,
        values: dict[str, list[Any]],
        streamed: bool,
        tally: Tally,
        deadline: Deadline,
    ) -> Iterator[Row]:
        for found in self._streamed(connection, step.statement, values, streamed, deadline, step.dataset):
            data = dict(zip(step.names, (v if type(v) in SIMPLE else plain(v) for v in found), strict=True))
            for name, convert in step.meant:
                data[name] = convert(data[name])
            tally.add(step.dataset, data)
            yield Row(step.dataset, data)

    def _streamed(
        self,
        connection: Connection,
        statement: sa.Select[Any],
        values: dict[str, list[Any]],
        streamed: bool,
        deadline: Deadline,
        where: str,
    ) -> Iterator[Sequence[Any]]:
        options = {"stream_results": True, "max_row_buffer": _BATCH} if streamed else {}
        result = connection.execute(statement, values, execution_options=options)
        cursor = result.cursor
        try:
            for batch in result.partitions(_BATCH):
                deadline.check(where)
                yield from batch
        except BaseException:
            # The caller has had enough, or a limit was reached: what is still coming must not be read to its end.
            self._backend.abandon(connection, cursor)
            raise
        finally:
            result.close()

    @contextmanager
    def _snapshot(self, seconds: float | None = None) -> Iterator[tuple[Connection, Deadline]]:
        """Yield a connection in a read-only snapshot; afterwards it is clean and back in the pool, or discarded."""
        with self._transaction(self._engine, self._limits.timeout_seconds if seconds is None else seconds) as found:
            yield found

    @contextmanager
    def _transaction(
        self, engine: Engine, seconds: float, refused: Code | None = None
    ) -> Iterator[tuple[Connection, Deadline]]:
        deadline = Deadline(seconds)
        connection = self._connect(engine)
        given_up = False
        try:
            with connection.begin():
                self._backend.begin(connection, deadline)
                try:
                    yield connection, deadline
                except GeneratorExit:
                    given_up = True
                    raise
        except (sa.exc.SQLAlchemyError, UnicodeDecodeError) as error:
            # Who reads no further has no use for the news that the connection had broken by then.
            if not given_up:
                self._fail(self._meaning(error, refused))
        finally:
            connection.close()

    def _meaning(self, error: Exception, refused: Code | None = None) -> ConnectorError:
        if refused is not None and isinstance(error, (sa.exc.IntegrityError, sa.exc.DataError)):
            return PermanentFailure(Code.STILL_REFERRED_TO if still_referred_to(error.orig or error) else refused)
        if isinstance(error, sa.exc.DBAPIError):
            return self._backend.classify(error.orig or error)
        return PermanentFailure(Code.SCHEMA_MISMATCH)

    def _fail(self, failure: ConnectorError) -> NoReturn:
        if isinstance(failure, PermanentFailure):
            # The schema may have changed: look at it again next time.
            self._plan = None
        alone(failure)

    def _connect(self, engine: Engine) -> Connection:
        try:
            return engine.connect()
        except sa.exc.TimeoutError:
            alone(TemporaryFailure(Code.BUSY))
        except sa.exc.DBAPIError as error:
            alone(self._backend.refused(engine, error.orig or error))
