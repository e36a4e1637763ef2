"""A system that does not take what people choose, for good: when that is more than an anomaly, and when it is over.

What a system is down for passes by itself, and is watched by the clock of each window instead.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from dsr.connectors import Code
from dsr.models import IncidentKind, Mechanism, System, Window
from dsr.services.choices import incidents

TOO_MANY: Final = 3
"""People whose choice a system refuses in one round, or one after the other with none taken between. One or two may be
about them: an odd address, a record that is held. Three of three are about the system."""
_BY_HAND: Final = frozenset({"", Code.NO_IDENTIFIER, Code.UNABLE, Code.NEEDS_OWNER})
"""Nothing fails there: the system was never meant to be told this, and its owner does it."""


def look(system: System, done: Collection[Window], handed: Sequence[tuple[Window, str]], at: datetime) -> None:
    """Open the incident of a system or note that it works again, after a round, inside the caller's transaction.

    ``handed`` are the windows that went to its owner, each with the code of why; invented people count for nothing.
    """
    codes = sorted(code for window, code in handed if code not in _BY_HAND and not window.choice.invented)
    taken = any(not window.choice.invented for window in done)
    if len(codes) >= TOO_MANY or (codes and not taken and _in_a_row(system)):
        most = max(dict.fromkeys(codes), key=codes.count)
        kind, means = IncidentKind.CHOICE_FAILING, Mechanism.SYSTEM
        incidents.open_or_add(kind, system, means, at, choices=_refused(system).count(), code=most)
    elif taken:
        incidents.recovered(IncidentKind.CHOICE_FAILING, system, Mechanism.SYSTEM, at)


def _refused(system: System) -> QuerySet[Window]:
    """Return the windows of people whose choice a system has refused and that are still open."""
    waiting = Window.objects.filter(system=system, choice__invented=False, done_at=None, with_owner_at__isnull=False)
    return waiting.exclude(code__in=_BY_HAND)


def _in_a_row(system: System) -> bool:
    """Whether the last ones that were refused are too many, and nobody's choice was taken since the first of them."""
    since = list(_refused(system).order_by("-with_owner_at").values_list("with_owner_at", flat=True)[:TOO_MANY])
    if len(since) < TOO_MANY:
        return False
    # What the owner did by hand, or another choice put in its place, was not taken by the system.
    taken = Window.objects.filter(system=system, choice__invented=False, with_owner_at=None, code="")
    return not taken.filter(done_at__gte=since[-1]).exists()
