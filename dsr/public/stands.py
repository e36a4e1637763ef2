"""A choice as its tracker shows it: since when it stands, and each system, whether it minds it and by when it must."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.choices.marketing import SUPERSEDED
from dsr.lifecycle import Outcome, State
from dsr.models import SubjectRequest, Window
from dsr.selectors.tracker import Sight

_ENDS: Mapping[str, str | Promise] = {
    Outcome.FULFILLED: gettext_lazy("It is in effect: what you do not want is minded everywhere."),
    Outcome.WITHDRAWN: gettext_lazy("The request ended, as something else was chosen since."),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One system; ``done_at`` is None until it has confirmed."""

    system: str
    done_at: datetime | None
    must_by: datetime
    is_late: bool


@dataclass(frozen=True, slots=True)
class Stand:
    """What the tracker shows of a choice."""

    since: datetime
    places: tuple[Place, ...]
    is_cpni: bool

    @property
    def is_late(self) -> bool:
        """Whether a system has not confirmed though its time is over."""
        return any(place.is_late for place in self.places)


def of(sight: Sight, request: SubjectRequest, at: datetime) -> Stand | None:
    """Return where a choice stands; None for what is none."""
    if not request.spec.chooses:
        return None
    mine = [row for row in sight.windows if row.choice_id == request.choice_id]
    return Stand(request.received_at, tuple(places(mine, at)), request.cpni_entry_id is not None)


def places(windows: Iterable[Window], at: datetime) -> Iterable[Place]:
    """Yield each system that has a part in a choice."""
    for row in windows:
        if row.code != SUPERSEDED:
            yield Place(row.system.name, row.done_at, row.must_by, row.done_at is None and row.must_by <= at)


def badge(request: SubjectRequest) -> str:
    """Return the word for where it stands, "" where it is the same as for every other request."""
    if request.state == State.CLOSED:
        return _("in effect") if request.outcome == Outcome.FULFILLED else ""
    return _("stands, being confirmed")


def sentence(request: SubjectRequest, stand: Stand) -> str:
    """Say in a sentence where it stands."""
    if request.state == State.CLOSED:
        return str(_ENDS.get(request.outcome, ""))
    if stand.is_late:
        return _(
            "It stands with us since you sent it, but not every system has confirmed it in time. We are sorry; below "
            "is which. You need to do nothing."
        )
    return _("It stands with us since you sent it. Our systems are confirming it; you need to do nothing.")
