"""Letters about the review of an automated decision: being heard, the outcome and why, and that it is in effect."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from dsr.models import Verdict
from dsr.services.letters.base import LegalLetter
from notifications.letters import Letter, Paragraphs, Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class RepresentationsAsked(Letter):
    """Invites the person to say what they think of the decision, and says until when that is waited for."""

    kind: ClassVar[str] = "representations_asked"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "until", "tracker"})
    reference: str
    until: date
    tracker: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewDecided(LegalLetter):
    """Tells what a human decided, why in plain words, and where to go from here.

    ``again``: a second look is open; ``appeal_until``: until when one may appeal, where that is what comes next.
    """

    kind: ClassVar[str] = "review_decided"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "right", "verdict", "reason", "remedies", "tracker"})
    states: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "action_taken": (),
        "reasons": ("reason",),
        "complaint_route": ("remedies",),
        "judicial_remedy": (),
        "how_to_appeal": (),
    }
    reference: str
    right: str
    verdict: Verdict
    reason: Paragraphs
    again: bool
    remedies: tuple[str, ...]
    tracker: Secret
    appeal_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewEffect(Letter):
    """Says that the deciding system has confirmed: what was changed is in effect. The next step is as in the answer."""

    kind: ClassVar[str] = "review_effect"
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "verdict", "remedies", "tracker"})
    reference: str
    verdict: Verdict
    remedies: tuple[str, ...]
    tracker: Secret
    again: bool = False
    appeal_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectWorksheet(Letter):
    """Asks the owner of a deciding system to change something there and to confirm it, without naming the person."""

    kind: ClassVar[str] = "effect_worksheet"
    to_staff: ClassVar[bool] = True
    must_show: ClassVar[frozenset[str]] = frozenset({"reference", "system", "link"})
    reference: str
    system: str
    link: Secret
