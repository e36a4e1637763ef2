"""Having the deciding system do what a review changed, and confirm it: a signed call, or a worksheet to its owner.

A changed decision is not done when it is written down. Until the system confirms, the request stays open and says why.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from dsr.connectors import ConnectorError
from dsr.connectors import webhook as wire
from dsr.connectors.base import Code
from dsr.errors import NotFound
from dsr.lifecycle import BY_VERB, State
from dsr.logs import get_logger
from dsr.models import AutomatedDecision, ConfirmBy, Effect, Review, SubjectRequest, Verdict, forget_review, review_of
from dsr.policies import check_can_make
from dsr.policies.reviewing import is_second_open
from dsr.services import letters, links, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.reviews import concluding
from dsr.services.threads import checked_text, keep_note
from notifications.models import Forgotten
from notifications.sealing import SealBroken
from verification import grants

log = get_logger(__name__)

LADDER: Final = (
    timedelta(seconds=10),
    *(timedelta(minutes=minutes) for minutes in (1, 10, 60)),
    *(timedelta(hours=hours) for hours in (4, 12)),
)
"""Waits between tries; after the last one people look after it."""
REMIND: Final = timedelta(days=2)
"""How long the owner of a system has before somebody looks after the worksheet."""
LEASE: Final = timedelta(minutes=5)
GRANT: Final = "review_effect"
_GRANT_LASTS: Final = timedelta(days=30)
_NOT_YET: Final = 202
_SYSTEM = Caller.system()
NOT_TAKEN, NOT_YET, WITH_OWNER = "not_taken", "accepted_not_applied", "owner_silent"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the owner of a deciding system reads on the worksheet. ``is_done`` once somebody has confirmed."""

    system: str
    number: str
    change: str
    is_done: bool


def run_due(at: datetime, limit: int = 20) -> int:
    """Tell deciding systems what is due, one after the other. Call outside a transaction. Returns how many."""
    due = Review.objects.filter(_free(at), effect=Effect.WAITING, effect_due_at__lte=at).order_by("effect_due_at", "pk")
    done = 0
    for review_id in list(due.values_list("pk", flat=True)[:limit]):
        lease = uuid4()
        # One conditional update decides who tries; a try is counted here, so that one that kills us counts as well.
        taken = Review.objects.filter(_free(at), pk=review_id, effect=Effect.WAITING).update(
            claimed_until=at + LEASE, lease=lease, attempts=F("attempts") + 1
        )
        if taken:
            _run(review_id, lease, at)
            done += 1
    return done


def _free(at: datetime) -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lte=at)


def _run(review_id: UUID, lease: UUID, at: datetime) -> None:
    review = Review.objects.select_related("data_key", "decision__data_key", "request").get(pk=review_id)
    if review.request.state != State.FULFILLING:  # withdrawn meanwhile: nobody wants it any more
        Review.objects.filter(pk=review_id, lease=lease).update(effect=Effect.NONE, effect_due_at=None, lease=None)
        return
    if review.decision.confirm_by == ConfirmBy.WORKSHEET:
        _send_sheet(review, lease, at)
        return
    code = _call(review, int(at.timestamp()))
    if not code:
        confirm(review_id, by=ConfirmBy.CALL, at=at, lease=lease)
    else:
        _failed(review, lease, code, at)


def _call(review: Review, now: int) -> str:
    """Make one signed call. Returns "" where the system confirmed, else what stood in the way."""
    try:
        reach = review.decision.open_json("confirm")
        body = json.dumps(_body(review), sort_keys=True).encode()
    except (Forgotten, SealBroken):
        return "seal_broken"
    signed = wire.headers([reach["secret"]], str(review.pk), now, body)
    try:
        status = wire.call(reach["url"], signed, body, networks=tuple(settings.DECISION_NETWORKS)).status
    except ConnectorError as failure:
        return str(failure.code)
    except Exception as error:  # noqa: BLE001 - one address that nobody foresaw must not stop the others
        log.error("deciding system not called", id=str(review.pk), error=type(error).__name__)
        return str(Code.FAULT)
    if status == _NOT_YET:
        return NOT_YET
    return "" if 200 <= status < 300 else NOT_TAKEN


def _body(review: Review) -> Mapping[str, Any]:
    decision = review.decision
    return {
        "type": "decision.reviewed",
        "decision": decision.reference,
        "kind": decision.kind,
        "outcome": review.verdict,
        "change": review.open("change"),
        "review": str(review.pk),
    }


def _failed(review: Review, lease: UUID, code: str, at: datetime) -> None:
    mine = Review.objects.filter(pk=review.pk, lease=lease, effect=Effect.WAITING)
    if review.attempts <= len(LADDER):
        due = at + LADDER[review.attempts - 1]
        mine.update(effect_due_at=due, code=code, claimed_until=None, lease=None)
        return
    _stick(review.pk, lease, code, at)


def _stick(review_id: UUID, lease: UUID, code: str, at: datetime) -> None:
    """Put it before people: nobody but they can go on now. The request stays open."""
    with holding(request_id=_request_of(review_id)) as case:
        taken = Review.objects.filter(pk=review_id, lease=lease, effect=Effect.WAITING).update(
            code=code, claimed_until=None, lease=None
        )
        request = case.request(_request_of(review_id))
        if taken and case.try_move(request, "effect_failed", by=_SYSTEM, at=at):
            Review.objects.filter(pk=review_id).update(effect=Effect.STUCK, effect_due_at=None)
            forget_review(request)


def _request_of(review_id: UUID) -> UUID:
    return Review.objects.values_list("request_id", flat=True).get(pk=review_id)


def _send_sheet(review: Review, lease: UUID, at: datetime) -> None:
    """Write to the owner of the system, once; who has not confirmed after some days is looked after by people."""
    if review.attempts > 1:
        _stick(review.pk, lease, WITH_OWNER, at)
        return
    with holding(request_id=review.request_id) as case:
        token = grants.issue(GRANT, review.pk, at, lasts=_GRANT_LASTS, uses=None)
        with override(settings.LANGUAGE_CODE):
            letter = letters.EffectWorksheet(
                reference=case.submission.reference,
                organisation=telling.organisation(case.submission),
                system=review.decision.system,
                link=links.effect_sheet(token),
            )
        dedupe = f"effect:{review.pk}:{lease}"
        telling.tell_other(case, letter, to=review.decision.owner_email, at=at, dedupe=dedupe, about=review.pk)
        Review.objects.filter(pk=review.pk, lease=lease).update(
            effect_due_at=at + REMIND, claimed_until=None, lease=None, code=""
        )


# --- Confirming ------------------------------------------------------------------------------------------------------


def confirm(review_id: UUID, *, by: str, at: datetime, lease: UUID | None = None, words: str = "") -> bool:
    """Note that the change is in effect, close the request and tell the person. Doing it twice does it once."""
    with holding(request_id=_request_of(review_id)) as case:
        request = case.request(_request_of(review_id))
        return _confirm_in(case, request, by=by, at=at, words=words, review_id=review_id)


def _confirm_in(
    case: Case, request: SubjectRequest, *, by: str, at: datetime, words: str, review_id: UUID | None = None
) -> bool:
    forget_review(request)
    review = review_of(request)
    if review is None or review_id not in (None, review.pk) or review.effect not in (Effect.WAITING, Effect.STUCK):
        return False
    if request.state != State.FULFILLING:
        return False
    review.effect, review.effect_at, review.effect_by = Effect.CONFIRMED, at, by
    review.effect_due_at = review.claimed_until = review.lease = None
    review.code = ""
    review.seal("confirmation", words)
    review.save()
    case.move(request, "effect_applied", by=_SYSTEM, at=at, data={"by": by})
    letter = letters.ReviewEffect(
        reference=case.submission.reference,
        organisation=telling.organisation(case.submission),
        verdict=Verdict(review.verdict),
        remedies=telling.remedies(case.submission),
        tracker=telling.tracker_link(case.submission, at),
        again=is_second_open(request),
        appeal_until=concluding.appeal_until(request, review),
    )
    telling.tell_in(case, letter, at=at, dedupe=f"effect:{request.pk}:{review.number}", about=[request])
    return True


def confirm_by_system(decision: AutomatedDecision, *, at: datetime) -> bool:
    """Take the word of the deciding system itself that what was changed is in effect."""
    waiting = decision.reviews.filter(effect__in=(Effect.WAITING, Effect.STUCK)).first()
    return confirm(waiting.pk, by="system", at=at) if waiting is not None else False


def retry(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Have the deciding system told once more, from the first rung."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, "retry_effect", by=by, at=at)
        Review.objects.filter(request=request, effect__in=(Effect.WAITING, Effect.STUCK)).update(
            effect=Effect.WAITING, effect_due_at=at, attempts=0, code="", claimed_until=None, lease=None
        )
        forget_review(request)
        ring(Bell.SWEEP)
    return request


def record(
    request_id: UUID, signed_by: str, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Record that the owner of the system signed that the change is in effect, and close the request."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["record_effect"], by, at)
        who, text = checked_text(signed_by, "signed_by"), checked_text(reason, "reason")
        post = keep_note(case, request, text, by, at)
        case.move(request, "record_effect", by=by, at=at, data={"post": str(post.pk)})
        _confirm_in(case, request, by="staff", at=at, words=f"{who}: {text}")
    return request


# --- The worksheet of an owner ---------------------------------------------------------------------------------------


def look(token: str, at: datetime) -> Sheet:
    """Return what a worksheet says. Raises verification.grants.NoGrant."""
    review = _by_grant(token, at)
    done = review.effect not in (Effect.WAITING, Effect.STUCK)
    change = "" if done else review.open("change")
    return Sheet(review.decision.system, review.decision.reference, change, done)


def report(token: str, name: str, *, at: datetime) -> bool:
    """Take the owner's word, under a name, that the change is in effect. Raises NoGrant, Incomplete."""
    review = _by_grant(token, at)
    return confirm(review.pk, by="owner", at=at, words=checked_text(name, "name"))


def _by_grant(token: str, at: datetime) -> Review:
    about = grants.look(token, GRANT, at).about
    found = Review.objects.select_related("data_key", "decision").filter(pk=about).first()
    if found is None:
        raise NotFound(_("There is no such worksheet."))
    return found
