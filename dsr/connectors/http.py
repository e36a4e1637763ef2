"""Services that speak our own small protocol: signed JSON calls over HTTP, answers streamed as NDJSON.

docs/reference/http-connector.md is the protocol, schema/http-connector-1.json its messages. Retrying is left to the
caller: a failure says whether it may pass, and after how long.
"""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from dsr.connectors.answers import shapes
from dsr.connectors.base import (
    Code,
    ConnectorError,
    Dataset,
    Identifiers,
    Level,
    Located,
    PermanentFailure,
    Piece,
    Problem,
    usable,
)
from dsr.connectors.changes import Ability
from dsr.connectors.config import read
from dsr.connectors.facts import Fact, Standing, why_refused
from dsr.connectors.http_call import Caller
from dsr.connectors.http_changes import HttpChanges, fresh
from dsr.connectors.http_config import HttpConfig
from dsr.connectors.http_wire import (
    Checked,
    Described,
    FactsAnswer,
    KnowsAnswer,
    LocatedAnswer,
    Reader,
    Resolved,
    StandingAnswer,
    parse,
    refuse,
)
from dsr.connectors.reasons import reason

_WHOLE_ANSWER = 4 * 1024 * 1024
_DESCRIPTION_LASTS = 300.0


class HttpConnector(HttpChanges):
    """One service."""

    kind: ClassVar[str] = "http"
    automatic: ClassVar[bool] = True

    def __init__(self, config: HttpConfig) -> None:
        self._config = config
        self._limits = config.limits.limits()
        self._caller = Caller(config)
        self._described: tuple[float, tuple[Dataset, ...]] | None = None
        self._offered: tuple[float, tuple[str, ...]] | None = None

    @classmethod
    def open(cls, config: Mapping[str, Any]) -> "HttpConnector":
        """Return a connector for this configuration; raises `BadConfig`."""
        return cls(read(HttpConfig, config))

    def describe(self) -> tuple[Dataset, ...]:
        """Return the data dictionary: as configured, else as the service gives it, asked again after five minutes."""
        if self._config.datasets:
            return tuple(part.dataset() for part in self._config.datasets)
        known = self._described
        if known is None or time.monotonic() > known[0]:
            known = time.monotonic() + _DESCRIPTION_LASTS, self._asked_all().dictionary()
            self._described = known
        return known[1]

    def resolve(self, who: Identifiers, *, key: str) -> dict[str, list[str]]:
        """Ask for other identifiers of the same person, where the configuration says that the service knows some."""
        known = {kind: list(values) for kind, values in who.items() if kind in self.identifiers() and values}
        if not known or not self._config.resolves:
            return {}
        answer = parse(Resolved, self._caller.whole("resolve", {"identifiers": known}, key=key))
        return {kind: list(values) for kind, values in answer.identifiers.items() if kind in self._config.resolves}

    def locate(self, who: Identifiers, *, key: str) -> Located:
        """Ask how much is held."""
        known = usable(who, self.identifiers())
        described = self.describe()
        answer = parse(LocatedAnswer, self._caller.whole("locate", {"identifiers": known}, key=key))
        if answer.outcome == "refused":
            refuse(answer.code)
        located = Located.of(answer.datasets, described)
        if answer.datasets.keys() - {dataset.name for dataset in described} or located.outcome != answer.outcome:
            raise PermanentFailure(Code.BAD_ANSWER)
        return located

    def collect(self, who: Identifiers, *, key: str) -> Iterator[Piece]:
        """Yield what the service sends. Only the end of the iterator proves that all of it came, unchanged."""
        known = usable(who, self.identifiers())
        reader = Reader(self.describe())
        body = {
            "identifiers": known,
            "limits": {"rows": self._limits.max_rows, "bytes": self._limits.max_bytes},
        }
        for piece in self._caller.stream("collect", body, reader, key=key):
            yield piece
            if reader.rows > self._limits.max_rows:
                raise PermanentFailure(Code.TOO_MANY_ROWS)

    def facts(self) -> tuple[Fact, ...]:
        """Return what the service compares answers with: as configured, else as it says, asked again in five minutes.

        None where it lacks the call, and nothing that must not be asked.
        """
        if self._config.facts is not None:
            return tuple(map(Fact.of, self._config.facts))
        known = self._offered
        if known is None or time.monotonic() > known[0]:
            known = time.monotonic() + _DESCRIPTION_LASTS, self._asked_facts()
            self._offered = known
        return tuple(Fact.of(name) for name in known[1] if not why_refused(name))

    def knows(self, who: Identifiers, fact: str, answer: str, *, key: str) -> bool:
        """Send the shapes of an answer, of which one has to be right. An answer that can be none is not sent."""
        kind = {each.name: each.kind for each in self.facts()}.get(fact)
        if kind is None:
            raise PermanentFailure(Code.UNKNOWN_FACT)
        known = usable(who, self.identifiers())
        given = shapes(kind, answer)
        if not given:
            return False
        body = {"identifiers": known, "fact": fact, "answers": given}
        said = self._asked_if_there("knows", body, key=fresh(key))
        if said is None:
            raise PermanentFailure(Code.UNKNOWN_FACT)
        return parse(KnowsAnswer, said).knows

    def standing(self, who: Identifiers, *, key: str) -> Standing:
        """Ask how the person is reached; empty where the service lacks the call."""
        known = usable(who, self.identifiers())
        answer = self._asked_if_there("standing", {"identifiers": known}, key=fresh(key))
        return Standing() if answer is None else parse(StandingAnswer, answer).standing()

    def check(self) -> list[Problem]:
        """Ask the service what stands in its way; says why where it cannot be asked at all."""
        self._described = self._offered = None
        try:
            said = self._asked_all()
            differing = _differing(self.describe(), said.dictionary()) + _lacking(self.abilities(), said.abilities)
            differing += _facts_differing(self._config.facts, self._asked_facts())
            return differing + parse(Checked, self._caller.whole("check", {}, key="check")).all()
        except ConnectorError as failure:
            code, where = failure.code, failure.where
        return [Problem(str(code), where, reason(code))]

    def close(self) -> None:
        """Do nothing: no connection outlives its call."""

    def forget(self) -> None:
        """Do nothing: no connection outlives its call."""

    def _asked_all(self) -> Described:
        return parse(Described, self._caller.whole("describe", {}, key="describe"))

    def _asked_facts(self) -> tuple[str, ...]:
        answer = self._asked_if_there("facts", {}, key="facts")
        return () if answer is None else parse(FactsAnswer, answer).facts

    def _asked_if_there(self, verb: str, body: Mapping[str, Any], *, key: str) -> bytes | None:
        """Return the answer to a call that a service may lack; None where it does."""
        try:
            return self._caller.whole(verb, body, key=key, seconds=self._limits.question)
        except PermanentFailure as failure:
            if failure.code is not Code.NOT_FOUND:
                raise
        return None


def _differing(ours: Sequence[Dataset], theirs: Sequence[Dataset]) -> list[Problem]:
    """Return where the configured data dictionary is not the service's."""
    known, found = {part.name: part for part in ours}, {part.name: part for part in theirs}
    problems = [
        Problem("missing_dataset", name, _("The service no longer has this data set.")) for name in known.keys() - found
    ]
    problems += [
        Problem("unmapped_dataset", name, _("The service has this data set, and the configuration does not."))
        for name in found.keys() - known
    ]
    problems += [
        Problem("dictionary_differs", name, _("The service describes this data set differently."), Level.WARNING)
        for name in known.keys() & found
        if known[name] != found[name]
    ]
    return sorted(problems, key=lambda problem: (problem.level, problem.where))


def _lacking(ours: Iterable[Ability], theirs: Sequence[Ability]) -> list[Problem]:
    """Return what the service is configured to be told and does not say it can do."""
    return [
        Problem("missing_ability", ability, _("The service does not say that it can be told to do this."))
        for ability in sorted(ours)
        if ability not in theirs
    ]


def _facts_differing(ours: Sequence[str] | None, theirs: Sequence[str]) -> list[Problem]:
    """Return the facts that must not be asked, and those that are configured and not there."""
    problems = [Problem("refused_fact", name, f"{name} {why}.") for name in theirs if (why := why_refused(name))]
    problems += [
        Problem("missing_fact", name, _("The service does not compare answers to this fact."))
        for name in ours or ()
        if name not in theirs
    ]
    return problems
