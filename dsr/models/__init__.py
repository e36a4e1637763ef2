"""Data and constraints. Nothing here sends or decides."""

from dsr.models.answers import Argument, LedgerEntry, LedgerOutcome, Package, ProofKind, Withholding
from dsr.models.api import ApiToken, IdempotentAnswer, Scope
from dsr.models.choices import CpniAccount, CpniEntry, CpniLetter, CpniUse
from dsr.models.corrections import CorrectionItem, ItemDecision, Restriction
from dsr.models.erasure import (
    OVER,
    REAPPEARED,
    Certificate,
    Kept,
    Task,
    TaskKind,
    TaskResult,
    TaskState,
    Tombstone,
)
from dsr.models.events import Checkpoint, Event
from dsr.models.heard import BrowserHeard
from dsr.models.holds import ChangeState, HeldPerson, HoldState, LegalHold, RetentionChange
from dsr.models.incidents import (
    Incident,
    IncidentEntry,
    IncidentKind,
    IncidentMove,
    Mechanism,
    Probe,
    ProbeResult,
    ProbeStage,
)
from dsr.models.marketing import Choice, EffectDay, Suppression, Window
from dsr.models.marks import Mark, MarkKind, MarkState, MarkWhat
from dsr.models.requests import Proposal, SubjectRequest
from dsr.models.rulebooks import RuleBook
from dsr.models.signals import Alert, AlertAnswer, Signal
from dsr.models.submissions import Channel, Submission, Vouched
from dsr.models.threads import Direction, Post
from dsr.models.webhooks import WEBHOOK_TEST, Webhook, WebhookDelivery, WebhookKind, WebhookOff
from dsr.models.work import (
    ACTED_ON,
    Attempt,
    ConnectorKind,
    Deadline,
    DeadlineKind,
    Pace,
    Role,
    Stage,
    Step,
    StepResult,
    StepState,
    System,
    WorksheetFile,
)

__all__ = [
    "ACTED_ON",
    "OVER",
    "REAPPEARED",
    "WEBHOOK_TEST",
    "Alert",
    "AlertAnswer",
    "ApiToken",
    "Argument",
    "Attempt",
    "BrowserHeard",
    "Certificate",
    "ChangeState",
    "Channel",
    "Checkpoint",
    "Choice",
    "ConnectorKind",
    "CorrectionItem",
    "CpniAccount",
    "CpniEntry",
    "CpniLetter",
    "CpniUse",
    "Deadline",
    "DeadlineKind",
    "Direction",
    "EffectDay",
    "Event",
    "HeldPerson",
    "HoldState",
    "IdempotentAnswer",
    "Incident",
    "IncidentEntry",
    "IncidentKind",
    "IncidentMove",
    "ItemDecision",
    "Kept",
    "LedgerEntry",
    "LedgerOutcome",
    "LegalHold",
    "Mark",
    "MarkKind",
    "MarkState",
    "MarkWhat",
    "Mechanism",
    "Pace",
    "Package",
    "Post",
    "Probe",
    "ProbeResult",
    "ProbeStage",
    "ProofKind",
    "Proposal",
    "Restriction",
    "RetentionChange",
    "Role",
    "RuleBook",
    "Scope",
    "Signal",
    "Stage",
    "Step",
    "StepResult",
    "StepState",
    "SubjectRequest",
    "Submission",
    "Suppression",
    "System",
    "Task",
    "TaskKind",
    "TaskResult",
    "TaskState",
    "Tombstone",
    "Vouched",
    "Webhook",
    "WebhookDelivery",
    "WebhookKind",
    "WebhookOff",
    "Window",
    "Withholding",
    "WorksheetFile",
]
