"""What owners of webhooks are told."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from notifications.letters import Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookStopped(Letter):
    """Tells the owner of a webhook that it was switched off, since when nothing got through, and where to look."""

    kind: ClassVar[str] = "webhook_stopped"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"name", "link"})
    organisation: str
    name: str
    gone: bool
    since: datetime | None
    link: str
