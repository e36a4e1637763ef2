"""Bodies and answers about webhooks."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic import Field, model_validator

from dsr.api.answers import Shown
from dsr.api.reading import Body
from dsr.api.shapes.inputs import Paging
from dsr.api.shapes.values import Instant, Line, refuse
from dsr.connectors.webhook import MOST_CHARACTERS
from dsr.models import WebhookKind
from dsr.services.webhooks import Told

Address = Annotated[
    Line,
    Field(
        min_length=1,
        max_length=MOST_CHARACTERS,
        description="Public, and begins with `https://`. No user, password or fragment.",
        examples=["https://crm.example.org/hooks/privacy"],
    ),
]
Kinds = Annotated[
    list[Annotated[WebhookKind, Field(strict=False)]],
    Field(min_length=1, max_length=32, description="What it is to be told of.", examples=[["choice.recorded"]]),
]
Name = Annotated[Line, Field(max_length=80, description="For your own use.")]


class NewWebhook(Body):
    """Who is to be told of what."""

    url: Address
    kinds: Kinds
    name: Name = ""


class WebhookChange(Body):
    """What is to be different. What is left out stays as it is."""

    url: Address | None = None
    kinds: Kinds | None = None
    name: Name | None = None
    active: bool | None = Field(None, description="False switches it off: nothing is put down for it then.")


class NewSecret(Body):
    """How long the old secret goes on signing beside the new one."""

    overlap_hours: int = Field(24, ge=0, le=168, description="0 after a leak.")


class Replay(Body):
    """Which one is to be told once more, or from when on; one of the two."""

    delivery: Annotated[UUID, Field(strict=False)] | None = None
    since: Instant | None = Field(None, description="All that was put down since then and did not get through.")
    delivered: bool = Field(False, description="With `since`: what got through, too.")

    @model_validator(mode="after")
    def _one_of_two(self) -> "Replay":
        if (self.delivery is None) == (self.since is None):
            raise refuse(_("Give either a delivery or a moment."))
        return self


class DeliveriesWanted(Paging):
    """Which part of what a webhook was told."""

    state: Told | None = None


class Kept(Shown):
    """What is remembered of an answer that held a secret."""

    id: UUID


class WebhookShown(Shown):
    """A webhook. Its secret is never shown again."""

    id: UUID
    url: str
    kinds: list[str]
    name: str
    active: bool
    made_at: datetime
    disabled_at: datetime | None
    disabled_because: str | None = Field(
        description="`owner`: you switched it off. `gone`: its receiver answered with 410. `failing`: nothing got "
        "through for days."
    )
    failing_since: datetime | None = Field(description="Nothing got through since then; null while all is well.")
    old_secret_until: datetime | None = Field(description="Until then the old secret signs, too.")
    version: int


class WebhookWithSecret(WebhookShown):
    """A webhook and its new secret."""

    secret: str | None = Field(
        description="Shown this once; null where the same Idempotency-Key came before. If it is lost, have a new one "
        "made."
    )


class WebhookList(Shown):
    """The webhooks of the token's owner, the oldest first."""

    results: list[WebhookShown]


class DeliveryShown(Shown):
    """One thing that a webhook was told or is to be told."""

    id: UUID
    event: UUID = Field(description="The `webhook-id` of every call.")
    kind: str
    state: Told
    made_at: datetime
    due_at: datetime | None = Field(description="When it is tried next; null where it is not.")
    attempts: int
    tried_at: datetime | None
    status: int | None = Field(description="The status of the last answer; null where there was none.")
    code: str | None = Field(description="Why the last try came to nothing.")


class DeliveryPage(Shown):
    """A part of what a webhook was told, the newest first."""

    results: list[DeliveryShown]
    next: str | None


class Replayed(Shown):
    """How much is told once more."""

    again: int
