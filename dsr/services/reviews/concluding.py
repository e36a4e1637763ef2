"""Deciding a review: reasons of one's own, the letter, and what follows from another outcome."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from difflib import SequenceMatcher
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.errors import Incomplete, NotFound
from dsr.lifecycle import BY_VERB
from dsr.models import Effect, Review, SubjectRequest, Verdict, review_of
from dsr.policies import check_can_make
from dsr.rights import SPECS, Right
from dsr.services import letters, moved, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.reviews import heard, working
from dsr.services.threads import checked_text
from notifications import sealing

_WORD = re.compile(r"\w+")
_LEAST_WORDS = 12
"""How many different words reasons have at least: fewer are a formula, however long."""
_TOO_ALIKE = 0.9
SHORTEST = 20
"""Characters of a short answer, such as which alternatives were considered."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a reviewer decides and why. ``plain`` is for the person; ``change`` says what the system has to do."""

    reasons: str
    alternatives: str
    plain: str
    why_right: str = ""
    verdict: str = Verdict.UPHELD
    change: str = ""


def uphold(
    request_id: UUID, found: Conclusion, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Let a decision stand, with reasons, and tell the person. Raises Incomplete, with a sentence by field."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        review = _checked(request, "uphold", found, by, at)
        case.move(request, "uphold", by=by, at=at, data={"review": review.number}, by_id=by.user_id)
        _conclude(review, found, Verdict.UPHELD, at)
        _tell(case, request, review, at)
    return request


def overturn(
    request_id: UUID, found: Conclusion, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Change a decision, tell the person, and have the deciding system told, which has to confirm."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        review = _checked(request, "overturn", found, by, at)
        data = {"review": review.number, "verdict": found.verdict}
        case.move(request, "overturn", by=by, at=at, data=data, by_id=by.user_id)
        review.effect, review.effect_due_at = Effect.WAITING, at
        _conclude(review, found, Verdict(found.verdict), at)
        _tell(case, request, review, at)
        ring(Bell.SWEEP)
    return request


def again(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Have somebody else review it once more, under the same reference."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        before = review_of(request)
        case.move(request, "review_again", by=by, at=at)
        if before is None:
            raise NotFound(_("There is no review of this request."))
        working.begin(request, before.decision, before.number + 1, at)
        moved.tell(case, at)
    return request


def _checked(request: SubjectRequest, verb: str, found: Conclusion, by: Caller, at: datetime) -> Review:
    check_can_make(request, BY_VERB[verb], by, at)
    review = review_of(request)
    if review is None:
        raise NotFound(_("There is no review of this request."))
    problems: dict[str, str] = {}
    for name, sentence in _problems(review, found, verb):
        problems.setdefault(name, sentence)
    if problems:
        raise Incomplete(next(iter(problems.values())), problems=problems, field=next(iter(problems)))
    return review


def _problems(review: Review, found: Conclusion, verb: str) -> Iterator[tuple[str, str]]:
    """Yield what makes the words of a conclusion a stamp rather than reasons, by field."""
    for name in ("reasons", "plain"):
        text = getattr(found, name)
        if len(text.strip()) < settings.REVIEW_REASONS_LEAST:
            yield name, _("Give reasons of at least %(n)d characters.") % {"n": settings.REVIEW_REASONS_LEAST}
        elif len(set(_words(text))) < _LEAST_WORDS:
            yield name, _("These reasons repeat themselves. Say in your own words what decided it.")
    if len(found.alternatives.strip()) < SHORTEST:
        yield "alternatives", _("Say which other outcomes were considered, and why not.")
    if verb == "uphold" and len(found.why_right.strip()) < SHORTEST:
        yield "why_right", _("Say why what the machine put out was right.")
    if verb == "overturn":
        if found.verdict not in (Verdict.OVERTURNED, Verdict.PARTLY_OVERTURNED):
            yield "verdict", _("Say whether the decision is changed, or changed in part.")
        if len(found.change.strip()) < 3:
            yield "change", _("Say what the deciding system has to do.")
    yield from _not_ones_own(review, found)
    yield from _given_away(review, found)


def _given_away(review: Review, found: Conclusion) -> Iterator[tuple[str, str]]:
    """Yield the signals of fraud that the words for the person name: those are withheld, the decision never is."""
    told = set(_words(found.plain))
    for signal in review.decision.fraud_signals:
        words = _words(signal.replace("_", " "))
        if words and set(words) <= told:
            yield "plain", _("The reasons for the person name a signal that is withheld. Leave it out.")


def _not_ones_own(review: Review, found: Conclusion) -> Iterator[tuple[str, str]]:
    decision = review.decision
    for machine in (decision.open("output"), decision.open("notice")):
        if machine and alike(found.reasons, machine):
            yield "reasons", _("These are the words of the machine. Give reasons of your own.")
    others = Review.objects.filter(likeness__in=list(_likenesses(found.reasons))).exclude(pk=review.pk)
    if others.exists():
        yield "reasons", _("Another review has the very same reasons. Say what decided this one.")
    if found.reasons.strip() == found.plain.strip():
        yield "plain", _("Say it to the person in plain words, not in those of the file.")


def alike(one: str, other: str) -> bool:
    """Whether two texts say nearly the same in nearly the same words."""
    return SequenceMatcher(None, _words(one), _words(other), autojunk=False).ratio() >= _TOO_ALIKE


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _likenesses(reasons: str) -> list[str]:
    return list(sealing.fingerprints("review_reasons", " ".join(_words(reasons))))


def _conclude(review: Review, found: Conclusion, verdict: Verdict, at: datetime) -> None:
    heard.beat(review, at)
    review.verdict, review.concluded_at = verdict, at
    review.likeness = _likenesses(found.reasons)[0]
    for name, text in (
        ("reasons", found.reasons),
        ("plain", found.plain),
        ("alternatives", found.alternatives),
        ("right", found.why_right),
        ("change", found.change),
    ):
        review.seal(name, checked_text(text, name) if text else "")
    review.flags = _flags(review)
    review.save()


def _flags(review: Review) -> list[str]:
    """Return what those who check quality should look at; none of it changes the outcome."""
    found = {
        "short": review.active_seconds < 60,
        "by_hand": review.decision.by_hand,
        "nothing_heard": review.represented_at is None,
        "second": review.number > 1,
    }
    return [name for name, is_so in found.items() if is_so]


def appeal_until(request: SubjectRequest, review: Review) -> date | None:
    """Return until when one may appeal against what was decided, once the second review was had; None before."""
    is_open = review.number > 1 and review.verdict != Verdict.OVERTURNED
    return reckoning.appeal_until(request) if is_open else None


def _tell(case: Case, request: SubjectRequest, review: Review, at: datetime) -> None:
    submission = case.submission
    letter = letters.ReviewDecided(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        right=str(SPECS[Right(request.right)].title),
        verdict=Verdict(review.verdict),
        reason=review.open("plain"),
        again=review.number == 1 and review.verdict != Verdict.OVERTURNED,
        remedies=telling.remedies(submission),
        tracker=telling.tracker_link(submission, at),
        appeal_until=appeal_until(request, review),
    )
    telling.tell_in(case, letter, at=at, dedupe=f"reviewed:{request.pk}:{review.number}", about=[request])
