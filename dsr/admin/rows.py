"""What the parts of a request's page are made of."""

from dataclasses import dataclass

from dsr.admin.moveforms import MoveForm
from dsr.admin.proving import Proved
from dsr.models import Attempt, Event, Post, Step, Withholding
from dsr.selectors.masking import Value
from dsr.why import Dated


@dataclass(frozen=True, slots=True)
class Stop:
    """One state on the strip: whether the request has been there, and is there now."""

    state: str
    title: str
    been: bool
    here: bool


@dataclass(frozen=True, slots=True)
class StepRow:
    """One system's part, and what can be done about it."""

    step: Step
    sentence: str
    counts: list[tuple[str, int]]
    tries: list[tuple[Attempt, str]]
    reason: str
    forms: list[MoveForm]


@dataclass(frozen=True, slots=True)
class WithholdingRow:
    """Something held back, and the way to give it after all."""

    row: Withholding
    category: str
    ground: str
    reason: str
    proved: Proved | None
    """What was put on record for its ground; None where nothing was."""
    wants_proof: bool
    """Whether its ground has to be proved and is not yet."""
    argue: MoveForm | None
    form: MoveForm | None


@dataclass(frozen=True, slots=True)
class PostRow:
    """One message or note. ``text`` is None for a reader whose role does not reach it."""

    post: Post
    mine: bool
    author: str
    text: str | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that happened, in plain words."""

    event: Event
    who: str
    what: str
    more: str
    here: bool


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One personal value and what it is called."""

    title: str
    value: Value


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One clock: what must be done by when under which law, why then, and how sure that is."""

    dated: Dated
    confidence: str
    """How the figure was checked, "" where it was read in the law itself."""
    waits: str
    """What keeps the clock still, "" where it runs."""


@dataclass(frozen=True, slots=True)
class MachineRow:
    """One row of the lifecycle table, in words."""

    title: str
    sources: str
    target: str
    actors: str
