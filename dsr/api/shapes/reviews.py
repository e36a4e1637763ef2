"""Bodies and answers about decisions that machines made, and their review by humans."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from dsr.api.answers import Shown
from dsr.api.reading import Body, Parameters
from dsr.api.shapes.choices import Value
from dsr.api.shapes.inputs import Paging, WithReason, WithText
from dsr.api.shapes.values import Instant, Line, Word
from dsr.connectors.webhook import MOST_CHARACTERS
from dsr.models import DecisionKind, LegalBasis

Kind = Annotated[DecisionKind, Field(strict=False)]
Basis = Annotated[LegalBasis, Field(strict=False)]
Name = Annotated[Line, Field(min_length=1, max_length=120)]
Names = Annotated[list[Annotated[Line, Field(min_length=1, max_length=150)]], Field(max_length=50)]
Text = Annotated[str, Field(min_length=1, max_length=10_000)]
Few = Annotated[list[Value], Field(min_length=1, max_length=10)]


class NoticeSent(Body):
    """How the person was told of the decision."""

    at: Instant
    text_version: Annotated[Line, Field(max_length=80)] = ""
    reasons: Annotated[str, Field(max_length=10_000)] = Field("", description="The reasons that were given.")


class Confirmation(Body):
    """How a change is confirmed: by a signed call to ``url``, or by a worksheet that is mailed to ``owner_email``."""

    url: Annotated[Line, Field(max_length=MOST_CHARACTERS)] = Field(
        "",
        description="Called as Standard Webhooks says. 2xx confirms that the change is in effect; 202 says not yet.",
        examples=["https://accounts.example.org/decisions/reviewed"],
    )
    secret: Annotated[Line, Field(max_length=200)] = Field("", description="`whsec_` and base64 of 24 bytes or more.")
    owner_email: Annotated[Line, Field(max_length=254)] = ""


class NewDecision(Body):
    """A decision that a machine made about somebody, as the deciding system tells it."""

    decision: Name = Field(description="Its number in the deciding system; told twice, it is the same decision.")
    system: Word = Field(description="The deciding system.", examples=["accounts"])
    kind: Kind
    decided_at: Instant
    who: Annotated[dict[Word, Few], Field(min_length=1, max_length=4)] = Field(
        description="By kind: `email`, `phone`, `account`. Kept as keyed hashes, and sealed.",
        examples=[{"email": ["ada@example.org"]}],
    )
    rule_version: Annotated[Line, Field(min_length=1, max_length=80)] = Field(description="Of the rule or model.")
    inputs: dict[str, Any] = Field(default_factory=dict, max_length=200, description="A snapshot; it is sealed.")
    inputs_digest: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = Field(
        "", description="SHA-256 of the inputs, where a snapshot cannot be given."
    )
    output: Text = Field(description="What the machine put out, in words.")
    score: float | None = None
    threshold: float | None = None
    effect: Text = Field(description="What it means for the person.")
    legal_basis: Basis = LegalBasis.UNNAMED
    sole_factor: bool = Field(True, description="Whether nothing but the machine decided.")
    notice: NoticeSent | None = None
    fraud_signals: Names = Field(default_factory=list, description="Names of inputs that the person is not told.")
    involved: Names = Field(default_factory=list, description="User names of staff who took part.")
    line: Names = Field(default_factory=list, description="Teams who took part or answer for it.")
    confirm: Confirmation


class DecisionShown(Shown):
    """A decision. Nothing that says whom it is about, and nothing of what went into it."""

    id: UUID
    url: str
    decision: str
    system: str
    kind: str
    decided_at: datetime
    rule_version: str
    score: float | None
    threshold: float | None
    legal_basis: str
    sole_factor: bool
    noticed_at: datetime | None
    has_snapshot: bool
    confirm_by: str
    by_hand: bool
    recorded_at: datetime
    keep_until: datetime
    reviews: list["ReviewOfDecision"]


class ReviewOfDecision(Shown):
    """What came of one review of a decision."""

    number: int
    taken_at: datetime | None
    concluded_at: datetime | None
    outcome: str | None
    effect: str | None = Field(description="`waiting`, `stuck` or `confirmed`; null where nothing is to be done.")
    effect_at: datetime | None


class DecisionPage(Shown):
    """One page of decisions, the newest first."""

    results: list[DecisionShown]
    next: str | None


class DecisionsWanted(Paging):
    """Which decisions."""

    system: Word | None = None


class LackShown(Shown):
    """One thing that the record of a review lacks."""

    field: str
    sentence: str


class MaterialShown(Shown):
    """Something that the reviewer opened, and when."""

    name: str
    document: UUID | None = Field(description="Which document of the person it is, where it is one.")
    at: datetime


class PointShown(Shown):
    """One point that the person makes; its words are on the page of the request alone."""

    number: int
    answered_at: datetime | None


class ReviewShown(Shown):
    """The record of the review of a request: facts and dates, without what anybody wrote."""

    request: UUID
    number: int
    decision: UUID
    reviewer: str | None
    trained_on: date | None
    taken_at: datetime | None
    asked_until: date | None
    represented_at: datetime | None
    none_sent_at: datetime | None
    measure: str | None
    materials: list[MaterialShown]
    points: list[PointShown]
    missing: list[LackShown] = Field(description="What is lacking before it can be decided.")
    active_seconds: int
    queue_seconds: int | None
    concluded_at: datetime | None
    outcome: str | None
    flags: list[str]
    effect: str | None
    effect_at: datetime | None
    because: str | None = Field(description="Why the effect is not confirmed, where it was tried.")


class FiguresWanted(Parameters):
    """As of which moment."""

    until: Instant | None = None


class ReviewerShown(Shown):
    """How one reviewer decides; ``alarm`` says that somebody should look closer."""

    username: str
    decided: int
    median_seconds: int
    streak: int = Field(description="How many in a row, up to now, let the decision stand.")
    alarm: bool


class FiguresShown(Shown):
    """The reviews of one year. A figure about fewer than five people is null."""

    until: datetime
    decided: int | None
    overturned_share: float | None
    median_active_seconds: int | None
    median_queue_seconds: int | None
    heard_share: float | None = Field(description="How often the person had something to say.")
    unconfirmed: int = Field(description="Changed decisions that no system has confirmed.")
    open: int | None
    oldest_open_days: int | None
    reviewers: list[ReviewerShown]
    alarms: int


# --- Bodies of moves -------------------------------------------------------------------------------------------------


class WithDecision(Body):
    """Which recorded decision."""

    decision: UUID


class WithDecisionByHand(Body):
    """What staff know of a decision that no system told of."""

    system: Name
    kind: Kind
    decided_on: Instant
    output: Text
    effect: Text
    owner: Annotated[Line, Field(min_length=3, max_length=254)] = Field(description="Mail address of the owner.")
    number: Annotated[Line, Field(max_length=120)] = ""


class WithMaterial(Body):
    """What the reviewer opens."""

    material: Literal["decision", "inputs", "notice", "representations", "thread", "other"]


class WithPoint(WithText):
    """Which point of the person, and the answer to it."""

    point: int = Field(ge=1, le=999)


class WithMeasure(WithReason):
    """What eases the effect meanwhile, and why."""

    measure: Literal["limited_access", "data_preserved", "effect_suspended", "none"]


class WithConclusion(Body):
    """Why, in the reviewer's own words and in plain ones for the person."""

    reasons: Text
    alternatives: Text
    plain: Text = Field(description="What the person is told.")


class WithUpholding(WithConclusion):
    """Why the decision stands."""

    why_right: Text


class WithOverturning(WithConclusion):
    """What is changed, and why."""

    verdict: Literal["overturned", "partly_overturned"]
    change: Text = Field(description="What the deciding system has to do. It is told nothing else.")


class WithSignature(WithReason):
    """Who signed that the change is in effect, and what shows it."""

    signed_by: Annotated[str, Field(min_length=1, max_length=200)]
