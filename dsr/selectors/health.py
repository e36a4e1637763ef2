"""How the systems have done lately, from what is on record. Looks at the newest attempts only."""

from dataclasses import dataclass
from uuid import UUID

from dsr.models import Attempt

_LOOKED_AT = 1000
_EACH = 20


@dataclass(frozen=True, slots=True)
class Recent:
    """How many of a system's newest attempts ended, and how many of those failed."""

    tried: int = 0
    failed: int = 0


def recent() -> dict[UUID, Recent]:
    """Return how each system did in its newest attempts, in one statement."""
    newest = Attempt.objects.filter(ended_at__isnull=False).order_by("-id")
    found: dict[UUID, Recent] = {}
    for system_id, result in newest.values_list("step__system_id", "result")[:_LOOKED_AT]:
        so_far = found.get(system_id, Recent())
        if so_far.tried < _EACH:
            found[system_id] = Recent(so_far.tried + 1, so_far.failed + result.startswith("failed"))
    return found
