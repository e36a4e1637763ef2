"""What connectors of other people's services share: what they do not do, and how terms are read where records go whole.

Such a service offers a few calls, made for all its customers. It tells nothing of other identifiers, compares no
answers, and erases a record with everything in it or not at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, TypeVar

from pydantic import Field as Key
from pydantic import StringConstraints, ValidationError

from dsr.connectors.base import (
    Code,
    ConnectorError,
    Dataset,
    Identifiers,
    PermanentFailure,
    Problem,
    alone,
)
from dsr.connectors.changes import Line, Still, Term, terms_by_dataset
from dsr.connectors.config import Slug, Strict, Words
from dsr.connectors.facts import Fact, Standing
from dsr.connectors.http_wire import Text
from dsr.connectors.reasons import reason
from dsr.connectors.unable import Unable

RemoteId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$")]
"""A service's name for something of its own: safe as a part of a path."""


class Held(Strict):
    """One kind of record that a service holds."""

    name: Slug
    title: Words
    description: Text = ""
    category: Slug
    """Of the notice."""

    def dataset(self) -> Dataset:
        """Return it as connectors carry it."""
        return Dataset(self.name, self.title, self.description, self.category)


class ThirdParty(Unable):
    """The part of a connector that is the same for every service of somebody else."""

    def resolve(self, who: Identifiers, *, key: str) -> dict[str, list[str]]:
        """Return nothing: what such a service links to a person is no proof of who that is."""
        return {}

    def facts(self) -> tuple[Fact, ...]:
        """Return nothing: the service compares no answers."""
        return ()

    def knows(self, who: Identifiers, fact: str, answer: str, *, key: str) -> bool:
        """Raise: there is no fact to compare with."""
        raise PermanentFailure(Code.UNKNOWN_FACT)

    def standing(self, who: Identifiers, *, key: str) -> Standing:
        """Return nothing: the service does not tell since when somebody is reached how."""
        return Standing()

    def check(self) -> list[Problem]:
        """Return what stands in the way; says why where the service cannot be asked at all."""
        try:
            return self._problems()
        except ConnectorError as failure:
            return [Problem(str(failure.code), failure.where, reason(failure.code))]

    def _problems(self) -> list[Problem]:
        raise NotImplementedError

    def close(self) -> None:
        """Do nothing: no connection outlives its call."""

    def forget(self) -> None:
        """Do nothing: no connection outlives its call."""


def going(described: Sequence[Dataset], terms: Sequence[Term]) -> frozenset[str]:
    """Return the data sets of which everything goes.

    Where a day is given, everything is kept: the service knows no day of its records. Raises
    `PermanentFailure(no_strategy)` where only a part of a record would go, and `PermanentFailure(schema_mismatch)` for
    a data set that is not described.
    """
    held = {dataset.name: dataset.held_categories for dataset in described}
    found = set()
    for name, wanted in terms_by_dataset(terms).items():
        if name not in held:
            raise PermanentFailure(Code.SCHEMA_MISMATCH, name)
        goes = {category for category, term in wanted.items() if term.erase and term.before is None}
        if goes >= held[name]:
            found.add(name)
        elif goes & held[name]:
            raise PermanentFailure(Code.NO_STRATEGY, name)
    return frozenset(found)


def lines_of(terms: Sequence[Term], goes: frozenset[str], counts: Mapping[str, int]) -> tuple[Line, ...]:
    """Return a line for every term, from the number of records of each data set."""
    found = []
    for name, wanted in terms_by_dataset(terms).items():
        number = counts.get(name, 0)
        erased = number if name in goes else 0
        found += [Line(name, category, number, erase=erased, keep=number - erased) for category in wanted]
    return tuple(found)


def insist(still: Still | None) -> None:
    """Raise `PermanentFailure(called_off)` where what cannot be undone is no longer wanted."""
    if still is not None and not still():
        raise PermanentFailure(Code.CALLED_OFF)


State = TypeVar("State", bound=Strict)


def resumed(model: type[State], cursor: str) -> State:
    """Return how far something is; the beginning where there is no cursor yet."""
    try:
        return model.model_validate_json(cursor or "{}")
    except ValidationError:
        alone(PermanentFailure(Code.NOT_UNDERSTOOD, "cursor"))


def batches(values: Sequence[str], most: int, most_bytes: int = 1 << 30) -> Iterator[list[str]]:
    """Cut a list into parts of at most so many values, and so many bytes once they are written down as JSON."""
    part: list[str] = []
    size = 0
    for value in values:
        # Six bytes for each character that is no ASCII, two quotes, a comma.
        longest = sum(1 if " " <= letter <= "~" and letter not in '"\\' else 12 for letter in value) + 3
        if part and (len(part) == most or size + longest > most_bytes):
            yield part
            part, size = [], 0
        part.append(value)
        size += longest
    if part:
        yield part


PollSeconds = Annotated[float, Key(ge=1, le=86_400)]
