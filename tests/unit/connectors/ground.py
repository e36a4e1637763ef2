"""Where the contract about changes is tried: a connector, somebody it knows, somebody else, and nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsr.connectors import Change, Connector

Who = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Ground:
    """One connector over data of its own that every test finds afresh. What is None it is not asked for."""

    connector: Connector
    ada: Who
    """Somebody of whom something is held in each data set."""
    bob: Who
    """Somebody else, of whom everything must stay."""
    nobody: Who
    change: Change | None = None
    """A field that may be corrected, to another value than it holds."""
    wrong: tuple[Change, ...] = ()
    """What may not be set: no such field, a withheld one, a value of another type."""
    annotated: str = ""
    """A data set with room for a statement."""
    purpose: str = "marketing"
    kind: str = "email"
    """Of identifier, for the roster."""
