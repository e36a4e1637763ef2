"""Telling the person: one way to queue a letter about a submission."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from dsr.models import SubjectRequest, Submission
from dsr.rights import SPECS, Delivery, Right
from dsr.rules import pack
from dsr.services import links
from dsr.services._moves import Case
from dsr.services.doorbell import Bell, ring
from dsr.services.letters import Handling
from notifications import outbox, rows
from notifications.letters import Letter
from notifications.models import Message
from verification import grants
from verification.models import Grant

TRACKER = "tracker"
TRACKER_LASTS = timedelta(days=180)


def organisation(submission: Submission) -> str:
    """Return the name of the organisation, from the notice that the submission is pinned to."""
    return pack().notice(submission.notice_id, submission.notice_version).organisation.short_name


def tracker_link(submission: Submission, at: datetime) -> str:
    """Issue a grant for the tracker and return the link that carries it."""
    return links.tracker(submission.reference, tracker_grant(submission.pk, at))


def tracker_grant(submission_id: UUID, at: datetime) -> str:
    """Issue a grant for the tracker of one submission. It may be used until it ends, and revoked."""
    return grants.issue(TRACKER, submission_id, at, lasts=TRACKER_LASTS, uses=None)


def tracker_pass(case: Case, at: datetime) -> str:
    """Return the token of a fresh grant for the tracker, which is inserted when the case is written."""
    grant, token = grants.prepare(TRACKER, case.submission.pk, at, lasts=TRACKER_LASTS, uses=None)
    case.add(grant)
    return token


def first_tracker(submission: Submission, at: datetime) -> tuple[Grant, str]:
    """Return the first grant for the tracker as a row that is inserted with the submission, and the link to it."""
    grant, token = grants.prepare(TRACKER, submission.pk, at, lasts=TRACKER_LASTS, uses=None)
    return grant, links.tracker(submission.reference, token)


def tell(
    submission: Submission, letter: Letter, *, at: datetime, dedupe: str, to: str = "", case: Case | None = None
) -> None:
    """Queue a letter to the person, in the same transaction as the fact it tells; once per ``dedupe``.

    With ``case``, its row is inserted when the case is written, together with what else there is to write.
    """
    message = outbox.compose(
        letter,
        to=to or submission.open("email"),
        language=submission.language,
        data_key=submission.data_key,
        about=submission.pk,
        at=at,
        dedupe=dedupe,
    )
    if case is None:
        rows.write(once=[message])
    else:
        case.add(message, once=True)
        case.told.add(letter.kind)
    ring(Bell.MESSAGE, str(message.pk))


def tell_in(case: Case, letter: Letter, *, at: datetime, dedupe: str, to: str = "") -> None:
    """Queue a letter to the person with everything else that happens in a case; once per ``dedupe``."""
    tell(case.submission, letter, at=at, dedupe=dedupe, to=to, case=case)


def first_letter(submission: Submission, letter: Letter, *, at: datetime, to: str) -> Message:
    """Return the first letter about a submission as a row that is inserted with the submission."""
    return outbox.compose(
        letter,
        to=to,
        language=submission.language,
        data_key=submission.data_key,
        about=submission.pk,
        at=at,
        dedupe=f"greet:{submission.pk}",
    )


def handling(requests: Iterable[SubjectRequest]) -> tuple[Handling, ...]:
    """Return how requests are dealt with, for the letter that acknowledges them."""
    specs = [SPECS[Right(request.right)] for request in requests]
    found = {
        Handling.SEARCH: any(spec.searches for spec in specs),
        Handling.SECOND_PERSON: any(spec.second_person for spec in specs),
        Handling.STATEMENT: any(spec.delivery is Delivery.STATEMENT for spec in specs),
    }
    return tuple(each for each, is_so in found.items() if is_so)


def remedies(submission: Submission) -> tuple[str, ...]:
    """Return every way to complain that this person has, in order, from the pinned notice."""
    notice = pack().notice(submission.notice_id, submission.notice_version)
    return tuple(
        f"{route.wording('title', submission.language)}: {route.url}"
        if route.url
        else route.wording("title", submission.language)
        for route in notice.complaint_routes
        if notice.is_in(submission.country, submission.region, route.where)
    )
