"""Identity, first rung: control of the mail address, by link or code; the end of waiting, its warning, reopening."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from dsr import demands
from dsr.errors import WrongState
from dsr.lifecycle import Outcome, State, Turn
from dsr.models import Deadline, DeadlineKind, SubjectRequest, Submission, Vouched
from dsr.services import agents, asked, asserted, letters, links, moved, onfile, pausing, proving, telling, ties
from dsr.services._moves import Caller, Case, holding
from notifications import sealing
from verification import checks, grants, mail
from verification.proofs import Method

_WITH_US = timedelta(days=3)
"""For so long the end of the waiting is put off while something lies with staff; then it is looked at again."""
_AT_MOST = timedelta(days=30)
_ADDRESS = ("email_sealed", "email_fingerprint")


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The submission whose address was confirmed, a fresh tracker grant, and whether it was confirmed before."""

    submission: Submission
    tracker_token: str
    again: bool
    more: bool = False
    """Something waits for more than this proof."""


def confirm_link(token: str, *, by: Caller, at: datetime) -> Confirmed:
    """Confirm by the link's token. A second time shows the same result. Raises verification.mail's errors."""
    return _admit(mail.confirm(token, at), by, at)


def confirm_code(challenge_id: UUID, code: str, *, by: Caller, at: datetime) -> Confirmed:
    """Confirm by the six digits. Raises verification.mail's errors, which say how many tries are left."""
    return _admit(mail.confirm_code(challenge_id, code, at), by, at)


def _admit(confirmed: mail.Confirmed, by: Caller, at: datetime) -> Confirmed:
    """Keep the proof and let through what it is enough for. The proof is recorded, so twice does nothing more."""
    with holding(submission_id=confirmed.about) as case:
        submission = case.submission
        waiting = [request for request in case.requests() if request.state == State.VERIFYING]
        if submission.for_other:
            _correct_address(case, confirmed.address, at)
            agents.confirmed(case, by=by, at=at)
        elif waiting and not demands.contact_is_read(submission) and _counts(confirmed):
            _keep_proof(case, confirmed, by, at)
        token = telling.tracker_pass(case, at)
        more = not submission.for_other and bool(asked.open_for(submission, case.requests()))
    return Confirmed(submission, token, again=not waiting, more=more)


def _counts(confirmed: mail.Confirmed) -> bool:
    """Whether a proof is the one that is asked for: whoever took a request up again has to read their mail anew."""
    if confirmed.first:
        return True
    current = mail.current(confirmed.about)
    return current is not None and current.pk == confirmed.challenge.pk


def _keep_proof(case: Case, confirmed: mail.Confirmed, by: Caller, at: datetime) -> None:
    """Keep what was proved, and by which address; where that is not enough, write what else is asked."""
    submission = case.submission
    _correct_address(case, confirmed.address, at)
    proved = {"email": [confirmed.address]}
    if submission.vouched == Vouched.ON_FILE:
        proved = ties.together(ties.claims_of(submission), proved)
    proving.record(case, Method(confirmed.proof.method), by=by, at=at, proved=proved, read=confirmed.address)
    for check, identifiers in asserted.waiting_in(submission, at):
        method = Method(check.method)
        checks.finish(check, at, passed=True, verifier=check.verifier)
        proving.record(case, method, by=Caller.system(by.via), at=at, proved=identifiers)
    asked.tell_open(case, at, again=f"proof{confirmed.challenge.pk}")
    if submission.looked_at is None and any(request.state == State.VERIFYING for request in case.requests()):
        onfile.look_soon(case, at)


def _correct_address(case: Case, address: str, at: datetime) -> None:
    """Put a corrected address in place of the one first given, of which nothing that was found out holds any more."""
    submission = case.submission
    if address != submission.open("email"):
        # What was mailed to the wrong address must not go on opening the case there.
        grants.revoke(submission.pk, telling.TRACKER, at=at)
        submission.seal("email", address)
        submission.email_fingerprint = sealing.fingerprint("email", address)
        case.keep(*_ADDRESS)
        onfile.look_again(case, at)


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
        _correct_address(case, started.address, at)
        return _send_challenge(case, started, at)


def _asking_again(challenge_id: UUID) -> AbstractContextManager[Case]:
    """Lock the submission before its challenge, as the sweeper does: the other way round the two could block."""
    return holding(submission_id=mail.about(challenge_id))


def _send_challenge(case: Case, started: mail.Started, at: datetime) -> UUID:
    dedupe = f"confirm:{started.challenge.pk}:{started.challenge.sends}"
    telling.tell(case.submission, asked.confirm_letter(case, started, at), at=at, dedupe=dedupe, to=started.address)
    case.record("address_asked", by=Caller.system("web"), at=at)
    return started.challenge.pk


def warn_of_lapse(deadline: Deadline, at: datetime) -> None:
    """Tell the person, once per submission, that the request ends unless it is shown who is asking."""
    _take_in_proof(deadline.submission_id, at)
    with holding(submission_id=deadline.submission_id) as case:
        submission, by = case.submission, Caller.system()
        waiting = [request for request in case.requests() if request.state == State.VERIFYING]
        warned = Deadline.objects.filter(
            submission=submission, kind=DeadlineKind.LAPSE_WARNING, done_at=None, due_at__lte=at
        ).update(done_at=at)
        if not waiting or not warned or submission.stopped_at is not None:
            return  # where somebody on file stopped it, it is our turn
        for request in waiting:
            case.move(request, "warn_lapse", by=by, at=at)
        if submission.for_other and telling.is_read(submission):
            agents.remind(case, at, number=deadline.pk)
            return
        if telling.is_read(submission):
            asked.tell(case, waiting, at, again=f"reminder{deadline.pk}")
            return
        started = mail.remind(submission.pk, at)
        letter = letters.LapseWarning(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            link=links.confirm(started.token),
            code=started.code,
            lapses_on=asked.lapses_on(submission, at),
        )
        telling.tell(submission, letter, at=at, dedupe=f"lapse-warning:{deadline.pk}", to=started.address)


def _take_in_proof(submission_id: UUID, at: datetime) -> None:
    """Take in a proof that was recorded just before somebody died who should have acted on it."""
    proved, newest = mail.proof_of(submission_id), mail.current(submission_id)
    # One that is older than the last mail was taken in long ago, and is not asked back when a case is taken up again.
    if proved is not None and newest is not None and proved.challenge.pk == newest.pk:
        _admit(proved, Caller.system(), at)


def lapse(deadline: Deadline, at: datetime) -> None:
    """End what nobody was identified for, as the law that governs has it, and say how to take it up again.

    A proof that came in meanwhile wins. Where only the identifiers that were claimed are not proved, the request does
    not end: it goes on with what the proved address finds.
    """
    _take_in_proof(deadline.submission_id, at)
    with holding(submission_id=deadline.submission_id) as case:
        submission = case.submission
        if submission.vouched in (Vouched.OPEN, Vouched.ELSEWHERE) and demands.contact_is_read(submission):
            proving.drop_claims(case, by=Caller.system(), at=at)
            proving.admit(case, by=Caller.system(), at=at)
        waiting = [request for request in case.requests() if request.state == State.VERIFYING]
        if waiting and (submission.stopped_at is not None or _is_with_us(waiting, at)):
            # It is our turn, so the person's time does not run out; the dates of the answer are watched all the same.
            Deadline.objects.filter(pk=deadline.pk, done_at=None).update(due_at=at + _WITH_US, claimed_until=None)
            return
        if waiting:
            _end(case, waiting, deadline, at)
        Deadline.objects.filter(pk=deadline.pk, done_at=None).update(done_at=at)


def _is_with_us(waiting: Sequence[SubjectRequest], at: datetime) -> bool:
    """Whether the person did their part and it lies with staff, at most for a month beyond the day of the answer.

    Somebody who has not even confirmed the address has not done their part, whatever they sent.
    """
    return telling.is_read(waiting[0].submission) and any(
        request.turn == Turn.STAFF and at < request.due_at + _AT_MOST for request in waiting
    )


def _end(case: Case, waiting: Sequence[SubjectRequest], deadline: Deadline, at: datetime) -> None:
    """End what waits; one letter for all that end in the same way."""
    submission = case.submission
    ends: dict[str, list[SubjectRequest]] = {}
    for request in waiting:
        case.move(request, "lapse", by=Caller.system(), at=at)
        pausing.end_unweighed(case, request, at)
        ends.setdefault(demands.end_of(request).word, []).append(request)
    if not telling.is_read(submission) and ends.pop("lapsed", []):
        letter = letters.Lapsed(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            tracker=links.tracker(submission.reference),
        )
        telling.tell_in(case, letter, at=at, dedupe=f"lapsed:{deadline.pk}")
    for ended in ends.values():  # whoever has confirmed the address is not told that nobody did
        asked.tell_end(case, ended, at)


def reopen(submission_id: UUID, *, by: Caller, at: datetime) -> UUID:
    """Take up again what ended for want of proof, under the same reference, and ask for the address once more.

    What was proved long ago is asked anew. Raises WrongState when nothing in it ended so.
    """
    with holding(submission_id=submission_id) as case:
        lapsed = [request for request in case.requests() if request.outcome == Outcome.UNVERIFIED]
        if not lapsed:
            raise WrongState(_("Only a request that lapsed can be reopened."), code="not-lapsed")
        started = take_up(case, lapsed, by=by, at=at)
        moved.tell(case, at)
    return started


def take_up(case: Case, lapsed: Iterable[SubjectRequest], *, by: Caller, at: datetime) -> UUID:
    """Ask anew who it is that asks, inside the caller's transaction, which has to tell of dates that move."""
    submission = case.submission
    for request in lapsed:
        case.move(request, "reopen", by=by, at=at)
        request.deadlines.filter(kind=DeadlineKind.RESPOND).update(done_at=None)
        proving.wait_anew(request, at)
    _forget_proofs(case)
    onfile.look_again(case, at)
    agents.start_over(case)
    mail.end(submission.pk, at)
    started = mail.start(submission.pk, submission.open("email"), submission.data_key, at)
    letter = asked.confirm_letter(case, started, at)
    telling.tell_in(case, letter, at=at, dedupe=f"reopened:{started.challenge.pk}")
    return started.challenge.pk


def _forget_proofs(case: Case) -> None:
    submission = case.submission
    submission.verified_at, submission.verified_level, submission.verified_method = None, 0, ""
    submission.signed_in = submission.of_record = False
    submission.proved_sealed = None
    case.keep("verified_at", "verified_level", "verified_method", "signed_in", "of_record", "proved_sealed")
