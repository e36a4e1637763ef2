"""An objection as its tracker shows it: what is objected to, since when its use is paused where, and each decision."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.choices import uses
from dsr.lifecycle import Outcome, State
from dsr.models import SubjectRequest, Weighed, Weighing
from dsr.policies.objecting import wanted
from dsr.public import lines
from dsr.public.stands import Place, places
from dsr.rights import Right
from dsr.rules import Notice
from dsr.selectors.tracker import Sight
from notifications.models import Forgotten

_ENDS: Mapping[str, str | Promise] = {
    Outcome.FULFILLED: gettext_lazy("Everything that you objected to has stopped."),
    Outcome.PARTLY_FULFILLED: gettext_lazy("Some of what you objected to has stopped. Below is what goes on, and why."),
    Outcome.REFUSED: gettext_lazy("What you objected to goes on. Below are the reasons, and what you can do about it."),
}
_BADGES: Mapping[str, str | Promise] = {
    Outcome.FULFILLED: gettext_lazy("stopped"),
    Outcome.PARTLY_FULFILLED: gettext_lazy("stopped in part"),
}


@dataclass(frozen=True, slots=True)
class Paused:
    """One system that keeps the data without using it; ``ends_at`` once the person was told when that ends."""

    system: str
    since: datetime
    ends_at: datetime | None
    lifted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Use:
    """One use; ``outcome`` is empty until two people have decided."""

    title: str
    outcome: str
    ground: str
    reason: str


@dataclass(frozen=True, slots=True)
class Objection:
    """What the tracker shows of an objection."""

    uses: tuple[Use, ...]
    paused: tuple[Paused, ...]
    places: tuple[Place, ...]
    decided: bool

    @property
    def is_late(self) -> bool:
        """Whether a system has not confirmed that it stopped though its time is over."""
        return any(place.is_late for place in self.places)


def of(sight: Sight, request: SubjectRequest, notice: Notice, at: datetime) -> Objection | None:
    """Return where an objection stands; None for what is none."""
    if request.right != Right.OBJECTION:
        return None
    was_misread = request.outcome == Outcome.MISUNDERSTOOD  # what was weighed by then was never decided
    decided = {row.use: row for row in sight.weighings if row.request_id == request.pk and not was_misread}
    names = dict.fromkeys([*wanted(request), *decided])
    paused = (row for row in sight.restrictions if row.request_id == request.pk)
    mine = [row for row in sight.windows if row.choice_id == request.choice_id]
    return Objection(
        uses=tuple(_use(uses.title(name, notice, sight.submission.language), decided.get(name)) for name in names),
        paused=tuple(Paused(row.system.name, row.since, row.ends_at, row.lifted_at) for row in paused),
        places=tuple(places(mine, at)) if request.choice_id else (),
        decided=request.approved_at is not None,
    )


def _use(title: str, row: Weighing | None) -> Use:
    if row is None:
        return Use(title, "", "", "")
    try:
        said = row.open_json("content")
    except Forgotten:
        said = {}
    reason = " ".join(text for text in (said.get("remains", ""), said.get("reason", "")) if text)
    return Use(title, str(Weighed(row.outcome).label), lines.why(row.ground), reason)


def badge(request: SubjectRequest) -> str:
    """Return the word for where it stands, "" where it is the same as for every other request."""
    if request.state == State.FULFILLING:
        return _("decided, being stopped")
    if request.state == State.IN_REVIEW:
        return _("being weighed")
    return str(_BADGES.get(request.outcome, ""))


def sentence(request: SubjectRequest, found: Objection) -> str:
    """Say in a sentence where it stands, "" where it is the same as for every other request."""
    if request.state == State.CLOSED:
        return str(_ENDS.get(request.outcome, ""))
    if request.state == State.IN_REVIEW:
        if not found.paused:
            return _("Two people weigh it. First we have our systems keep your data and not use it meanwhile.")
        return _("Two people weigh it. Until you are told what was decided, the systems below do not use your data.")
    if request.state == State.FULFILLING and found.is_late:
        return _("It is decided, but not every system has stopped in time. We are sorry; below is which.")
    if request.state == State.FULFILLING:
        return _("It is decided. Our systems confirm that they stop what has to stop; you need to do nothing.")
    return ""
