"""Telling the person: one way to queue a letter about a submission."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from dsr import demands, reckoning
from dsr.deadlines import local_date
from dsr.lifecycle import COMPLAINTS
from dsr.models import SubjectRequest, Submission
from dsr.rights import SPECS, Delivery, Right
from dsr.rules import Notice, Regime, pack
from dsr.services import links
from dsr.services._moves import Case
from dsr.services.doorbell import Bell, ring
from dsr.services.letters import SENT_AS, Handling, LegalLetter
from notifications import outbox, rows
from notifications.letters import Letter
from notifications.models import Channel, Message
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


def is_read(submission: Submission) -> bool:
    """Whether whoever asks showed that they read the address that letters go to."""
    return not demands.waits_for_mail(submission)


def door(case: Case, at: datetime) -> str:
    """Return a link that opens the tracker where the contact is proved to be read by whoever asks; else where to ask.

    What is mailed to an address that nobody has confirmed must not let anybody in.
    """
    submission = case.submission
    if is_read(submission):
        return links.tracker(submission.reference, tracker_pass(case, at))
    return links.tracker(submission.reference)


def first_tracker(submission: Submission, at: datetime) -> tuple[Grant, str]:
    """Return the first grant for the tracker as a row that is inserted with the submission, and the link to it."""
    grant, token = grants.prepare(TRACKER, submission.pk, at, lasts=TRACKER_LASTS, uses=None)
    return grant, links.tracker(submission.reference, token)


def tell(
    submission: Submission,
    letter: Letter,
    *,
    at: datetime,
    dedupe: str,
    to: str = "",
    case: Case | None = None,
    about: Iterable[SubjectRequest] | None = None,
    channel: Channel = Channel.EMAIL,
) -> None:
    """Queue a letter to the person, in the same transaction as the fact it tells; once per ``dedupe``.

    It goes by mail to the address on file, where neither ``to`` nor ``channel`` says otherwise. With ``case``, its row
    is inserted when the case is written, together with what else there is to write. The letter states what the laws
    want of it for the requests that it is ``about``; for all those of the case if none are named.
    """
    if submission.sheltered and not (to or submission.email_sealed):
        if case is not None:
            case.told.add(letter.kind)  # nobody is written to whose address is not the account's own
        return
    if about is None:
        about = case.requests() if case and isinstance(letter, LegalLetter) else ()
    message = outbox.compose(
        under_law(submission, letter, about),
        to=to or submission.open("email"),
        language=submission.language,
        data_key=submission.data_key,
        about=submission.pk,
        at=at,
        dedupe=dedupe,
        channel=channel,
    )
    if case is None:
        rows.write(once=[message])
    else:
        case.add(message, once=True)
        case.told.add(letter.kind)
    ring(Bell.MESSAGE, str(message.pk))


def tell_other(case: Case, letter: Letter, *, to: str, at: datetime, dedupe: str, about: UUID | None = None) -> None:
    """Queue a letter to somebody other than the person: a colleague, a customer, the owner of a system.

    It goes in the language of the house, under the key of the case, and once; ``about`` defaults to the submission.
    """
    submission = case.submission
    message = outbox.compose(
        letter,
        to=to,
        language=settings.LANGUAGE_CODE,
        data_key=submission.data_key,
        about=about or submission.pk,
        at=at,
        dedupe=dedupe,
    )
    case.add(message, once=True)
    ring(Bell.MESSAGE, str(message.pk))


def tell_in(
    case: Case,
    letter: Letter,
    *,
    at: datetime,
    dedupe: str,
    to: str = "",
    about: Iterable[SubjectRequest] | None = None,
    channel: Channel = Channel.EMAIL,
) -> None:
    """Queue a letter to the person with everything else that happens in a case; once per ``dedupe``."""
    tell(case.submission, letter, at=at, dedupe=dedupe, to=to, case=case, about=about, channel=channel)


def under_law(submission: Submission, letter: Letter, about: Iterable[SubjectRequest]) -> Letter:
    """Return a letter that knows what the laws of some requests want it to state, where it is one that laws regard."""
    words = [word for word, kinds in SENT_AS.items() if type(letter) in kinds]
    if not isinstance(letter, LegalLetter) or not words:
        return letter
    elements = dict.fromkeys(
        element
        for request in about
        for law in reckoning.laws_of(request)
        for word in words
        for element in law.regime.must_say(word, reckoning.right_of(request))
    )
    return replace(letter, demands=tuple(elements)) if elements else letter


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
        Handling.CHOICE: any(spec.chooses for spec in specs),
        Handling.DECISION: any(spec.judges and spec.right is not Right.CHILD_ACCOUNT for spec in specs),
        Handling.CHILD: any(spec.right is Right.CHILD_ACCOUNT for spec in specs),
    }
    return tuple(each for each, is_so in found.items() if is_so)


def remedies(submission: Submission, rights: Iterable[str] = ()) -> tuple[str, ...]:
    """Return every way to complain that this person has: from the pinned notice in order, then from the laws.

    Those about binding corporate rules are for whoever complains of these, so only where ``rights`` name that.
    """
    rules, received = reckoning.rules_of(submission), local_date(submission.received_at, submission.zone)
    laws = [rules.regime(name, received) for name in submission.regimes]
    notice = reckoning.notice_of(submission)
    kinds = COMPLAINTS & {Right.COMPLAINT, *rights}
    return ways_to_complain(notice, laws, submission.country, submission.region, submission.language, kinds)


def ways_to_complain(
    notice: Notice,
    laws: Iterable[Regime],
    country: str,
    region: str,
    language: str,
    kinds: Collection[str] = frozenset({Right.COMPLAINT}),
) -> tuple[str, ...]:
    """Return the ways to complain, of these kinds, of somebody who lives in a place and has rights under some laws."""
    routes = [
        (route.wording("title", language), str(route.url or ""))
        for route in notice.complaint_routes
        if notice.is_in(country, region, route.where) and not set(kinds).isdisjoint(route.rights)
    ]
    named = {url for _, url in routes}
    authorities = [
        (authority.title, str(authority.url or ""))
        for law in laws
        if law.kind == "law"
        for authority in law.authorities
        if not authority.url or str(authority.url) not in named
    ]
    return tuple(dict.fromkeys(f"{title}: {url}" if url else title for title, url in routes + authorities))
