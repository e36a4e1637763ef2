"""Data and constraints. Nothing here sends or decides."""

from dsr.models.answers import LedgerEntry, LedgerOutcome, Package, Withholding
from dsr.models.api import ApiToken, IdempotentAnswer, Scope
from dsr.models.events import Checkpoint, Event
from dsr.models.requests import Proposal, SubjectRequest
from dsr.models.rulebooks import RuleBook
from dsr.models.submissions import Channel, Submission
from dsr.models.threads import Direction, Post
from dsr.models.work import (
    ACTED_ON,
    Attempt,
    ConnectorKind,
    Deadline,
    DeadlineKind,
    Pace,
    Stage,
    Step,
    StepResult,
    StepState,
    System,
    WorksheetFile,
)

__all__ = [
    "ACTED_ON",
    "ApiToken",
    "Attempt",
    "Channel",
    "Checkpoint",
    "ConnectorKind",
    "Deadline",
    "DeadlineKind",
    "Direction",
    "Event",
    "IdempotentAnswer",
    "LedgerEntry",
    "LedgerOutcome",
    "Pace",
    "Package",
    "Post",
    "Proposal",
    "RuleBook",
    "Scope",
    "Stage",
    "Step",
    "StepResult",
    "StepState",
    "SubjectRequest",
    "Submission",
    "System",
    "Withholding",
    "WorksheetFile",
]
