"""Identity, first rung: control of the mail address, by link or code; lapse, warning and reopening."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from dsr.deadlines import local_date
from dsr.errors import WrongState
from dsr.lifecycle import Outcome, State
from dsr.models import Deadline, DeadlineKind, Submission
from dsr.rights import SPECS, Right
from dsr.services import clocks, letters, links, moved, search, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from notifications import sealing
from verification import grants, mail

_ADDRESS = ("email_sealed", "email_fingerprint")
_MET = (DeadlineKind.LAPSE_WARNING, DeadlineKind.LAPSE, DeadlineKind.ACKNOWLEDGE)
"""Dates that are done with once the address is proved: nothing lapses, and the letter about it acknowledges."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The submission whose address was confirmed, a fresh tracker grant, and whether it was confirmed before."""

    submission: Submission
    tracker_token: str
    again: bool


def confirm_link(token: str, *, by: Caller, at: datetime) -> Confirmed:
    """Confirm by the link's token. A second time shows the same result. Raises verification.mail's errors."""
    return _admit(mail.confirm(token, at), by, at)


def confirm_code(challenge_id: UUID, code: str, *, by: Caller, at: datetime) -> Confirmed:
    """Confirm by the six digits. Raises verification.mail's errors, which say how many tries are left."""
    return _admit(mail.confirm_code(challenge_id, code, at), by, at)


def _admit(confirmed: mail.Confirmed, by: Caller, at: datetime) -> Confirmed:
    """Let every waiting request through. The proof is already recorded, so doing this twice does nothing more."""
    with holding(submission_id=confirmed.about) as case:
        submission = case.submission
        waiting = [request for request in case.requests() if request.state == State.VERIFYING]
        if waiting:
            _keep_proof(case, confirmed, at)
        for request in waiting:
            case.move(request, "confirm_identity", by=by, at=at, data={"method": str(confirmed.proof.method)})
            search.begin(case, request, by=Caller.system(by.via), at=at)
        token = telling.tracker_pass(case, at)
        if waiting:
            Deadline.objects.filter(submission=submission, kind__in=_MET, done_at=None).update(done_at=at)
            _acknowledge(case, token, by, at)
            ring(Bell.WORK, str(submission.pk))
    return Confirmed(submission, token, again=not waiting)


def _keep_proof(case: Case, confirmed: mail.Confirmed, at: datetime) -> None:
    """Keep what was proved, and by which address."""
    submission = case.submission
    _correct_address(submission, confirmed.address, at)
    submission.verified_at, submission.verified_level = at, int(confirmed.proof.level)
    submission.verified_method = str(confirmed.proof.method)
    case.keep(*_ADDRESS, "verified_at", "verified_level", "verified_method")


def _correct_address(submission: Submission, address: str, at: datetime) -> None:
    """Put a corrected address in place of the one first given; the caller saves."""
    if address != submission.open("email"):
        # What was mailed to the wrong address must not go on opening the case there.
        grants.revoke(submission.pk, telling.TRACKER, at=at)
        submission.seal("email", address)
        submission.email_fingerprint = sealing.fingerprint("email", address)


def _acknowledge(case: Case, token: str, by: Caller, at: datetime) -> None:
    """Confirm receipt, with the date of the answer as it is now that the identity is known."""
    submission = case.submission
    open_requests = [request for request in case.requests() if request.state != State.CLOSED]
    for request in open_requests:
        if request.state != State.READY:
            case.move(request, "acknowledge", by=Caller.system(by.via), at=at)
    case.take_moved()  # the letter says when the answer comes
    telling.tell_in(
        case,
        letters.Received(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            rights=tuple(str(SPECS[Right(request.right)].title) for request in open_requests),
            how=telling.handling(open_requests),
            identity=letters.IdentityCheck.MAIL_CONFIRMED,
            due_on=min(request.due_on for request in open_requests),
            remedies=telling.remedies(submission),
            tracker=links.tracker(submission.reference, token),
        ),
        at=at,
        dedupe=f"received:{submission.pk}:{submission.verified_at:%Y%m%d%H%M%S}",
    )


def resend(challenge_id: UUID, *, at: datetime) -> UUID:
    """Send the link and a new code once more; return the challenge that is valid now. Raises mail.TooSoon."""
    with _asking_again(challenge_id) as case:
        return _send_challenge(case, mail.resend(challenge_id, at), at)


def readdress(challenge_id: UUID, address: str, *, at: datetime) -> UUID:
    """Send to a corrected address; the old link and code stop working. Raises mail.TooSoon."""
    with _asking_again(challenge_id) as case:
        started = mail.readdress(challenge_id, address, at)
        # Neither address is proved, so the one that the person stands by is on file: a link to the tracker and a
        # request that lapses and is taken up again go there.
        _correct_address(case.submission, started.address, at)
        case.submission.save(update_fields=_ADDRESS)
        return _send_challenge(case, started, at)


def _asking_again(challenge_id: UUID) -> AbstractContextManager[Case]:
    """Lock the submission before its challenge, as the sweeper does: the other way round the two could block."""
    return holding(submission_id=mail.about(challenge_id))


def _send_challenge(case: Case, started: mail.Started, at: datetime) -> UUID:
    dedupe = f"confirm:{started.challenge.pk}:{started.challenge.sends}"
    telling.tell(case.submission, _confirm_letter(case, started, at), at=at, dedupe=dedupe, to=started.address)
    case.record("address_asked", by=Caller.system("web"), at=at)
    return started.challenge.pk


def _confirm_letter(case: Case, started: mail.Started, at: datetime) -> letters.ConfirmAddress:
    submission = case.submission
    return letters.ConfirmAddress(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        rights=tuple(str(SPECS[Right(request.right)].title) for request in case.requests()),
        link=links.confirm(started.token),
        code=started.code,
        lapses_on=_lapses_on(submission, at),
    )


def _lapses_on(submission: Submission, at: datetime) -> date:
    ends = (
        Deadline.objects.filter(submission=submission, kind=DeadlineKind.LAPSE, done_at=None)
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )
    return local_date(ends or at + timedelta(days=settings.LAPSE_AFTER_DAYS), submission.zone)


def warn_of_lapse(deadline: Deadline, at: datetime) -> None:
    """Tell the person, once per submission, that the request lapses unless the address is confirmed."""
    if proved := mail.proof_of(deadline.submission_id):
        _admit(proved, Caller.system(), at)
        Deadline.objects.filter(pk=deadline.pk, done_at=None).update(done_at=at)
        return
    with holding(submission_id=deadline.submission_id) as case:
        submission, by = case.submission, Caller.system()
        waiting = [request for request in case.requests() if request.state == State.VERIFYING]
        warned = Deadline.objects.filter(
            submission=submission, kind=DeadlineKind.LAPSE_WARNING, done_at=None, due_at__lte=at
        ).update(done_at=at)
        if not waiting or not warned:
            return
        for request in waiting:
            case.move(request, "warn_lapse", by=by, at=at)
        started = mail.remind(submission.pk, at)
        letter = letters.LapseWarning(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            link=links.confirm(started.token),
            code=started.code,
            lapses_on=_lapses_on(submission, at),
        )
        telling.tell(submission, letter, at=at, dedupe=f"lapse-warning:{deadline.pk}", to=started.address)


def lapse(deadline: Deadline, at: datetime) -> None:
    """Close what was never confirmed, and say how to take it up again. A proof that came in meanwhile wins."""
    if proved := mail.proof_of(deadline.submission_id):
        _admit(proved, Caller.system(), at)
        Deadline.objects.filter(pk=deadline.pk, done_at=None).update(done_at=at)
        return
    with holding(submission_id=deadline.submission_id) as case:
        submission = case.submission
        waiting = [request for request in case.requests() if request.state == State.VERIFYING]
        for request in waiting:
            case.move(request, "lapse", by=Caller.system(), at=at)
        Deadline.objects.filter(pk=deadline.pk, done_at=None).update(done_at=at)
        if waiting:
            letter = letters.Lapsed(
                reference=submission.reference,
                organisation=telling.organisation(submission),
                tracker=links.tracker(submission.reference),
            )
            telling.tell_in(case, letter, at=at, dedupe=f"lapsed:{deadline.pk}")


def reopen(submission_id: UUID, *, by: Caller, at: datetime) -> UUID:
    """Take a lapsed submission up again under the same reference, and ask for the address once more.

    Raises WrongState when nothing in it lapsed.
    """
    with holding(submission_id=submission_id) as case:
        submission = case.submission
        lapsed = [request for request in case.requests() if request.outcome == Outcome.UNVERIFIED]
        if not lapsed:
            raise WrongState(_("Only a request that lapsed can be reopened."), code="not-lapsed")
        for request in lapsed:
            case.move(request, "reopen", by=by, at=at)
            request.deadlines.filter(kind=DeadlineKind.RESPOND).update(done_at=None)
            ordinal = request.deadlines.filter(kind=DeadlineKind.LAPSE).count()
            fresh = clocks.lapse(submission, request, at)
            for deadline in fresh:
                deadline.ordinal = ordinal
            Deadline.objects.bulk_create(fresh)
        mail.end(submission.pk, at)
        started = mail.start(submission.pk, submission.open("email"), submission.data_key, at)
        letter = _confirm_letter(case, started, at)
        moved.tell(case, at)
        telling.tell_in(case, letter, at=at, dedupe=f"reopened:{started.challenge.pk}")
    return started.challenge.pk
