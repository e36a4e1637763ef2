"""The letter to colleagues about letters that came by mail. It says that one waits, and nothing of what it says."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from notifications.letters import Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWaits(Letter):
    """Warns those who deal with letters that one has to be looked at."""

    kind: ClassVar[str] = "mail_waits"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"link"})
    organisation: str
    due_at: datetime
    link: str
