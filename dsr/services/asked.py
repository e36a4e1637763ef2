"""What is asked of somebody to show who they are: why, what would do, until when; and how it ends if nothing comes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from dsr import demands, reckoning
from dsr.deadlines import local_date
from dsr.lifecycle import IDENTIFIED, State
from dsr.models import Deadline, DeadlineKind, SubjectRequest, Submission
from dsr.policies.sending import level_for_sending
from dsr.rights import SPECS, Right
from dsr.rules.ladder import Demand
from dsr.rules.schema.ladder import Way
from dsr.services import letters, links, mandated, telling
from dsr.services._moves import Case
from verification import mail
from verification.proofs import Level, Method

DOUBTS: dict[str, str | Promise] = {
    "address_unknown": _("The address is not one that we know as the person's."),
    "changed_lately": _("The address, the number or the password was changed a short while ago."),
    "looks_alike": _("The address looks like one on file and is another."),
    "contradiction": _("What was said does not fit what is held."),
    "many_requests": _("Many requests for different people come from the same place."),
    "told_so": _("Somebody told us that another person is asking."),
    "sensitive": _("What would be handed over could do much harm in the wrong hands."),
    "other": _("Another doubt, described in the reason."),
}
"""Reasonable doubts, as staff record them."""


SENDING = "stronger-proof"
"""What is asked for sending an answer on, and for nothing else."""
_BEYOND = _("It would go to an address that was not on file before.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for one request now. ``ways`` are methods that would do, least intrusive first."""

    request: SubjectRequest
    demand: Demand
    missing: demands.Missing

    @property
    def ways(self) -> tuple[str, ...]:
        """The methods that would do, that are there, and that have not been used up by proving the contact."""
        return beyond(self.request.submission, available(self.demand))


def open_for(submission: Submission, requests: Iterable[SubjectRequest]) -> list[Asked]:
    """Return what is still asked, of the requests that wait for it."""
    return [
        Asked(request, demands.demand_of(request), missing)
        for request in requests
        if request.state == State.VERIFYING and (missing := demands.missing(request)) is not None
    ]


def for_sending(submission: Submission, requests: Iterable[SubjectRequest]) -> list[Asked]:
    """Return what would have to be shown to have an answer that waits sent to somebody else. Nobody has to.

    Never a document: whoever shows none downloads the answer and hands it over.
    """
    if submission.for_other or submission.stopped_at is not None:
        return []
    found = []
    for request in requests:
        if request.right != Right.PORTABILITY or request.state != State.READY:
            continue
        level = level_for_sending(request)
        if submission.verified_level >= level:
            continue
        demand = demands.demand_at(request, level)
        ways = tuple(method for method in demand.methods if method != Method.DOCUMENT)
        found.append(Asked(request, replace(demand, methods=ways), demands.Missing(SENDING, str(_BEYOND))))
    return found


def available(demand: Demand) -> tuple[str, ...]:
    """Return the methods of a demand that this installation offers, in order."""
    without = set() if settings.OIDC_ISSUER else {Method.LOGIN, Method.LOGIN_MFA}
    return tuple(method for method in demand.methods if method not in without)


def beyond(submission: Submission, methods: Iterable[str]) -> tuple[str, ...]:
    """Return methods without the mail that has been answered already, where the contact is proved."""
    done = {Method.MAIL_LINK, Method.MAIL_CODE} if submission.verified_level >= Level.CHANNEL else set()
    return tuple(method for method in methods if method not in done)


def ways(submission: Submission, methods: Iterable[str]) -> tuple[Way, ...]:
    """Return methods as the rules describe them: their title, what the person does, and what is kept of it."""
    found = reckoning.rules_of(submission).ladder
    return tuple(found.way(method) for method in methods)


def tell(case: Case, requests: Sequence[SubjectRequest], at: datetime, *, again: str = "") -> None:
    """Write to the person what more is asked, for each request; once, and once more for what is ``again``."""
    submission = case.submission
    for request in requests:
        demand = demands.demand_of(request)
        with override(submission.language):
            letter = letters.IdentityAsked(
                reference=submission.reference,
                organisation=telling.organisation(submission),
                right=str(SPECS[Right(request.right)].title),
                because=tuple(f"{each.sentence} ({each.source})" for each in demand.because),
                ways=tuple(
                    way.wording("title", submission.language)
                    for way in ways(submission, beyond(submission, available(demand)))
                ),
                stops_clock=bool(request.waits_for),
                law=_law(request),
                due_on=request.due_on,
                lapses_on=lapses_on(submission, at),
                tracker=telling.door(case, at),
            )
        dedupe = f"identity-asked:{request.pk}:{request.identity_doubts}:{demand.level}:{again}"
        telling.tell_in(case, letter, at=at, dedupe=dedupe, to=mandated.asks_at(submission), about=[request])


def tell_open(case: Case, at: datetime, *, again: str = "") -> None:
    """Write to the person what more is asked of them now, of all that is waited for; as ``tell`` does."""
    still = open_for(case.submission, case.requests())
    tell(case, [each.request for each in still if each.missing.code != demands.OPEN], at, again=again)


def confirm_letter(case: Case, started: mail.Started, at: datetime) -> letters.ConfirmAddress:
    """Return the letter that asks somebody to confirm the address, with the link and the code."""
    submission = case.submission
    # What nobody has to prove anything for is done already: confirming does not help it, and silence does not end it.
    waiting = [request for request in case.requests() if request.right in IDENTIFIED]
    return letters.ConfirmAddress(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        rights=tuple(str(SPECS[Right(request.right)].title) for request in waiting),
        link=links.confirm(started.token),
        code=started.code,
        lapses_on=lapses_on(submission, at),
    )


def _law(request: SubjectRequest) -> str:
    for law in reckoning.laws_of(request):
        if law.regime.id == request.regime:
            return law.regime.wording("title", request.submission.language)
    return ""


def tell_end(case: Case, requests: Sequence[SubjectRequest], at: datetime, *, reason: str = "") -> None:
    """Tell the person that nobody could be identified, as the law that governs has it, and how to go on."""
    submission = case.submission
    end = demands.end_of(requests[0])
    letter = letters.NotIdentified(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        rights=tuple(str(SPECS[Right(request.right)].title) for request in requests),
        end=letters.Unproved(end.word),
        source=end.source,
        again=submission.stopped_at is None,
        reason=reason,
        remedies=telling.remedies(submission),
        tracker=telling.door(case, at),
    )
    dedupe = f"not-identified:{requests[0].pk}:{requests[0].version}"
    telling.tell_in(case, letter, at=at, dedupe=dedupe, about=requests)


def lapses_on(submission: Submission, at: datetime) -> date:
    """Return the day on which the waiting ends, unless somebody shows who they are."""
    ends = (
        Deadline.objects.filter(submission=submission, kind=DeadlineKind.LAPSE, done_at=None)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )
    return local_date(ends or at + timedelta(days=settings.LAPSE_AFTER_DAYS), submission.zone)
