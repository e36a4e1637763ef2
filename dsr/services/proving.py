"""Proofs of who is asking: kept, added up, and every request let through for which they are enough.

Whatever the method, it ends in ``record``: the one place where a proof changes what may happen next.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from dsr import demands, reckoning
from dsr.deadlines import local_date
from dsr.errors import Incomplete, NotAllowed, WrongState
from dsr.lifecycle import BY_VERB, IDENTIFIED, State, Turn
from dsr.models import Alert, Deadline, DeadlineKind, Event, SubjectRequest, Submission, Vouched
from dsr.policies import Caller, check_can_make
from dsr.rights import SPECS, Right
from dsr.services import (
    asked,
    calling,
    clocks,
    correction,
    evidence,
    letters,
    links,
    mandated,
    moved,
    pausing,
    search,
    signals,
    telling,
    ties,
)
from dsr.services._moves import Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.erasure import waiting
from dsr.services.steps import destroy_later
from dsr.services.threads import checked_text, keep_note
from dsr.services.ties import Identifiers, claims_of
from notifications import sealing
from verification import checks, mandates
from verification.models import Purpose
from verification.proofs import LEVELS, SIGNED_IN, Level, Method

BY_STAFF = frozenset({Method.CALL_BACK, Method.DOCUMENT})
"""Checks whose result a member of staff records."""
_MET = (DeadlineKind.LAPSE_WARNING, DeadlineKind.LAPSE, DeadlineKind.ACKNOWLEDGE)
"""Dates that are done with once it is known who asks: nothing lapses, and the letter about it acknowledges."""


def record(
    case: Case,
    method: Method,
    *,
    by: Caller,
    at: datetime,
    proved: Identifiers | None = None,
    level: Level | None = None,
    read: str = "",
    release: str = "",
) -> list[SubjectRequest]:
    """Keep a proof, and let through every request for which it is enough. Returns those.

    ``proved`` holds the identifiers that it shows to be the person's; ``level`` what it reaches where that is not the
    method's own; ``read`` the address or number that it shows to be read; ``release`` the address to which the answer
    must go. The row of the check is the caller's.
    """
    submission = case.submission
    reached = LEVELS[method] if level is None else level
    carried = _keep_proved(submission, method, int(reached), proved or {}, read, release)
    if reached >= submission.verified_level:
        submission.verified_level, submission.verified_method = int(reached), str(method)
    submission.verified_at = at
    submission.signed_in = submission.signed_in or method in SIGNED_IN
    submission.of_record = submission.of_record or method is Method.CALL_BACK or is_of_record(submission, at)
    case.keep("verified_at", "verified_level", "verified_method", "signed_in", "of_record", "proved_sealed")
    if method in SIGNED_IN:
        _settle_claims(case, proved or {}, at)
        _look_at(case, proved or {}, at)
        if not carried and submission.open_json("standing").get(ties.CONTACT, {}).get("on_file"):
            signals.note(case, {"login_of_another": {}}, at)
    if method not in (Method.MAIL_LINK, Method.MAIL_CODE):
        data = {"method": str(method), "level": int(reached)}
        case.record("proof_given", by=by, at=at, data=data)
        if Alert.objects.filter(submission=submission, answer="").exists():
            signals.note(case, {"alert_unanswered": {}}, at)
    return admit(case, by=by, at=at)


def _settle_claims(case: Case, proved: Identifiers, at: datetime) -> None:
    """Compare what is claimed with the account that was signed in to; what is not of it is not searched by."""
    submission = case.submission
    if submission.vouched not in (Vouched.OPEN, Vouched.ELSEWHERE):
        return
    if ties.marks_of(claims_of(submission)) <= ties.marks_of(proved):
        vouch(case)
    else:
        submission.vouched = Vouched.DROPPED
        case.keep("vouched")
        case.record("claims_dropped", by=Caller.system(), at=at)
        if "account" in proved and "account" in claims_of(submission):
            signals.note(case, {"login_of_another": {}}, at)


def _look_at(case: Case, proved: Identifiers, at: datetime) -> None:
    """Have the systems asked about an account that was signed in to, where it is not the one they were asked about.

    Whoever took an account over signs in to it, and asks from an address that has nothing to do with it.
    """
    submission = case.submission
    asked_about = {sealing.fingerprint(*said["of"]) for said in submission.open_json("standing").values() if said["of"]}
    if submission.looked_at is None or ties.marks_of(proved) <= asked_about:
        return
    submission.looked_at = None
    case.keep("looked_at")
    clocks.look_now(submission, at)
    ring(Bell.WORK, str(submission.pk))


def vouch(case: Case) -> None:
    """Within a case: everything that was claimed is shown to be the person's."""
    case.submission.vouched = Vouched.ON_FILE
    case.keep("vouched")


def _keep_proved(
    submission: Submission, method: Method, reached: int, proved: Identifiers, read: str, release: str
) -> bool:
    """Keep what was proved; return whether all that was proved before still counts.

    A stronger proof carries what is tied to it, and nothing that was proved more weakly.

    So nobody lends the rung of one account to the data of another: of what is not tied, the stronger and the newer
    counts.
    """
    stored, level, carried = submission.open_json("proved"), submission.verified_level, True
    kept = {kind: values for kind, values in stored.items() if kind in ties.KINDS}
    new = {kind: list(values) for kind, values in proved.items()}
    if max(reached, level) > Level.CHANNEL and kept and new:
        if reached >= level:
            still = ties.only(kept, ties.tied_to(submission, new))
            if still != kept:  # what was signed in to or rung up before was of somebody else, as far as we can see
                submission.signed_in = submission.of_record = carried = False
            kept = still
        else:
            new = ties.only(new, ties.tied_to(submission, kept))
    others = {kind: values for kind, values in stored.items() if kind not in ties.KINDS}
    if read:
        kind = demands.READS["phone" if method is Method.SMS_CODE else "email"]
        others = ties.together(others, {kind: [read]})
    if release:
        others[mandated.RELEASE] = [release]
    submission.seal_json("proved", {**ties.together(kept, new), **others})
    return carried


def is_of_record(submission: Submission, at: datetime) -> bool:
    """Whether something proved is a channel that the person reads, and was on file and unchanged for long enough.

    To know of an address is not to read it: facts and papers show no channel of record.
    """
    days = reckoning.rules_of(submission).ladder.record_days
    since = local_date(at - timedelta(days=days), submission.zone).isoformat()
    proved = submission.open_json("proved")
    for kind, reads in demands.READS.items():
        read = ties.marks_of({kind: proved.get(reads, ())}) & ties.marks_of({kind: proved.get(kind, ())})
        for standing in submission.open_json("standing").values() if read else ():
            on_file = ties.marks_of({kind: standing.get("on_file", {}).get(kind, ())})
            if on_file & read and standing.get("changed", {}).get(kind, "") <= since:
                return True
    return False


def admit(case: Case, *, by: Caller, at: datetime) -> list[SubjectRequest]:
    """Let every request through for which enough is proved, and say so to the person. Doing it twice does nothing."""
    passed = []
    _settle_signals(case, at)
    set_floors(case)
    for request in case.requests():
        if request.state != State.VERIFYING or not _may_pass(request, at):
            continue
        data = {"method": case.submission.verified_method, "level": case.submission.verified_level}
        case.move(request, "confirm_identity", by=_confirmer(by), at=at, data=data)
        if request.spec.searches:
            search.begin(case, request, by=Caller.system(by.via), at=at)
        waiting.ask(case, request, at)
        correction.take_in(case, request, at)
        pausing.begin(case, request, at)
        passed.append(request)
    if passed:
        met = Deadline.objects.filter(submission=case.submission, kind__in=_MET, done_at=None)
        still_waiting = any(request.state == State.VERIFYING for request in case.requests())
        (met.filter(request__in=passed) if still_waiting else met).update(done_at=at)
        if not still_waiting and case.submission.verified_level > Level.CHANNEL:
            evidence.let_go(case, Purpose.IDENTITY, at=at)  # nobody needs to look at it any more
        _acknowledge(case, passed, by, at)
        ring(Bell.WORK, str(case.submission.pk))
    return passed


def _settle_signals(case: Case, at: datetime) -> None:
    """Let signals act that waited until what they come of is proved, before anything goes on because of the proof."""
    submission = case.submission
    if submission.looked_at is None or not (submission.for_other or submission.vouched == Vouched.ON_FILE):
        return
    passing = any(_may_pass(each, at) for each in case.requests() if each.state == State.VERIFYING)
    if passing and signals.RAISE in signals.settle(case, at):
        raise_by_signal(case, at)


def _may_pass(request: SubjectRequest, at: datetime) -> bool:
    submission = request.submission
    if submission.stopped_at is not None or demands.missing(request) is not None:
        return False
    if not submission.for_other:
        return True
    # Letters go to the agent, so its address must be read by it, whatever was found of the paper.
    return mandates.is_confirmed(submission.pk) and mandates.stands(submission.pk, local_date(at, submission.zone))


def _confirmer(by: Caller) -> Caller:
    return by if by.acting_as(BY_VERB["confirm_identity"]) else Caller.system(by.via)


def _acknowledge(case: Case, passed: list[SubjectRequest], by: Caller, at: datetime) -> None:
    """Confirm receipt, with the date of the answer as it is now; the second time, only what moved."""
    anew = any(request.identity_doubts for request in passed) and _was_acknowledged(passed)
    if anew:
        moved.tell(case, at)
        return
    submission = case.submission
    others = [each for each in case.requests() if each.state not in (State.VERIFYING, State.CLOSED)]
    for request in others:
        if request.state != State.READY:
            case.move(request, "acknowledge", by=Caller.system(by.via), at=at)
    case.take_moved()  # the letter says when the answer comes
    letter = letters.Received(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        rights=titles(others),
        how=telling.handling(others),
        identity=letters.IdentityCheck.MAIL_CONFIRMED,
        due_on=min(request.due_on for request in others),
        remedies=telling.remedies(submission),
        tracker=links.tracker(submission.reference, telling.tracker_pass(case, at)),
    )
    telling.tell_in(case, letter, at=at, dedupe=f"received:{submission.pk}:{at:%Y%m%d%H%M%S}")


def _was_acknowledged(requests: Iterable[SubjectRequest]) -> bool:
    return Event.objects.filter(request__in=list(requests), verb="acknowledge").exists()


def titles(requests: Iterable[SubjectRequest]) -> tuple[str, ...]:
    """Return what was asked for, in words."""
    return tuple(str(SPECS[Right(request.right)].title) for request in requests)


# --- What staff do ---------------------------------------------------------------------------------------------------


def ask_more(
    request_id: UUID, doubt: str, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Ask for one rung more of proof on a recorded doubt; the person is told why. Raises Unlawful, Incomplete."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["ask_more"], by, at)
        if doubt not in asked.DOUBTS:
            raise Incomplete(_("Choose what the doubt is."), field="doubt")
        post = keep_note(case, request, checked_text(reason, "reason"), by, at)
        raise_floor(case, request, doubt, by=by, at=at, data={"post": str(post.pk)})
        moved.tell(case, at)
    return request


def raise_floor(
    case: Case, request: SubjectRequest, doubt: str, *, by: Caller, at: datetime, data: Mapping[str, str] | None = None
) -> None:
    """Ask for one rung more, tell the person, and wait for it as on filing."""
    came_back = request.state == State.IN_REVIEW
    case.move(request, "ask_more", by=by, at=at, data={"doubt": doubt, **(data or {})})
    set_floor(case, request)
    if came_back:
        wait_anew(request, at)
    asked.tell(case, [request], at, again=f"doubt{request.version}")


def set_floor(case: Case, request: SubjectRequest) -> None:
    """Note on a request what is asked for it now, for lists and filters."""
    demand = demands.demand_of(request)
    if (request.identity_floor, request.identity_of_record) != (demand.level, demand.of_record):
        request.identity_floor, request.identity_of_record = demand.level, demand.of_record
        case.touch(request)


def set_floors(case: Case) -> None:
    """Note what is asked for every request that waits for proof, as what is claimed may be tied to the person now."""
    for request in case.requests():
        if request.state == State.VERIFYING:
            set_floor(case, request)


def raise_by_signal(case: Case, at: datetime) -> None:
    """Ask for one rung more, once, whatever the number of signals; never for a document because of a signal."""
    for request in case.requests():
        if request.state not in (State.VERIFYING, State.IN_REVIEW) or Right(request.right) not in IDENTIFIED:
            continue
        if request.identity_doubts or request.proposal or demands.demand_of(request).level >= Level.STRONG:
            continue
        if case.submission.verified_level >= Level.CHANNEL:
            raise_floor(case, request, "signal", by=Caller.system(), at=at)
        else:  # nothing is proved yet, so the person is asked for it all in one
            request.identity_doubts += 1
            case.touch(request)
            set_floor(case, request)
    moved.tell(case, at)


def wait_anew(request: SubjectRequest, at: datetime) -> None:
    """Set the dates by which somebody who has to prove more is reminded, and the waiting ends."""
    ordinal = request.deadlines.filter(kind=DeadlineKind.LAPSE).count()
    fresh = clocks.lapse(request.submission, request, at)
    for deadline in fresh:
        deadline.ordinal = ordinal
    Deadline.objects.bulk_create(fresh)


def check_identity(
    request_id: UUID,
    method: str,
    result: str,
    *,
    claims: bool = False,
    by: Caller,
    at: datetime,
    expect: int | None = None,
) -> SubjectRequest:
    """Record what a member of staff found out: by ringing the number on file, or by looking at a document.

    ``claims`` says that the identifiers that were given are shown to be the person's, too. A document is looked at as
    an exception and needs the data protection officer; its image is destroyed in the same breath.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        submission = case.submission
        if method not in BY_STAFF or result not in ("passed", "failed"):
            raise Incomplete(_("Choose how it was checked, and what came of it."), field="method")
        way, passed = Method(method), result == "passed"
        if way is Method.DOCUMENT and (by.user is None or not by.user.has_perm("dsr.officer_requests")):
            raise NotAllowed(
                _("A document is an exception that the data protection officer signs off."), code="not-officer"
            )
        if way is Method.CALL_BACK and passed:
            check_can_make(request, BY_VERB["check_identity"], by, at)
            calling.check_was_rung(request, by, at)
        data = {"method": method, "result": result}
        case.move(request, "check_identity", by=by, at=at, data=data)
        verifier = str(by.user_id or "")
        case.add(checks.record(submission.pk, submission.data_key, way, at, passed=passed, verifier=verifier))
        if way is Method.DOCUMENT:  # it has served: what is left is that it was seen
            evidence.let_go(case, Purpose.IDENTITY, at=at)
        if passed:
            proved = _shown(submission, claims=claims)
            if claims and submission.vouched in (Vouched.OPEN, Vouched.ELSEWHERE):
                vouch(case)
            record(case, way, by=by, at=at, proved=proved)
        else:
            _back_to_the_person(case, at)
        if request.state == State.READY:  # the answer waited for the person all the while
            request.turn = str(Turn.PERSON)
            case.touch(request)
    return request


def _back_to_the_person(case: Case, at: datetime) -> None:
    """Tell the person that what was shown was not enough, and what else would do."""
    waiting = [each for each in case.requests() if each.state == State.VERIFYING]
    for request in waiting:
        request.turn = str(Turn.PERSON)
        case.touch(request)
    asked.tell(case, waiting, at, again=f"check{case.submission.chain_seq}")


def _shown(submission: Submission, *, claims: bool) -> dict[str, list[str]]:
    """Return what a check by staff shows to be the person's: what is claimed, if so, and the proved contact."""
    shown = claims_of(submission) if claims else {}
    if demands.contact_is_read(submission) and not submission.for_other:
        shown["email"] = [submission.open("email"), *shown.get("email", ())]
    return shown


def go_without(submission_id: UUID, *, by: Caller, at: datetime) -> list[SubjectRequest]:
    """Go on without the identifiers that were given and not proved: only what the contact address finds is given.

    Returns the requests that this lets through. Raises WrongState when nothing is claimed that is not proved.
    """
    with holding(submission_id=submission_id) as case:
        submission = case.submission
        if submission.vouched not in (Vouched.OPEN, Vouched.ELSEWHERE):
            raise WrongState(_("There is nothing to go on without."), code="nothing-claimed")
        drop_claims(case, by=by, at=at)
        return admit(case, by=by, at=at)


def drop_claims(case: Case, *, by: Caller, at: datetime) -> None:
    """Search by nothing that was merely claimed. A doubt that only came of the claim goes with it."""
    case.submission.vouched = Vouched.DROPPED
    case.keep("vouched")
    case.record("claims_dropped", by=by, at=at)
    if signals.drop_those_of_claims(case, at):
        for request in case.requests():
            if request.state == State.VERIFYING and request.identity_doubts == 1 and not _doubted(request):
                request.identity_doubts = 0
                case.touch(request)
    set_floors(case)


def _doubted(request: SubjectRequest) -> bool:
    """Whether people recorded a doubt, which is not the person's to take back."""
    asked_more = Event.objects.filter(request=request, verb="ask_more")
    return any(event.data.get("doubt") != "signal" for event in asked_more)


def end_unproved(
    request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """End a request for which nobody can be identified, on a recorded doubt, and say how to go on or complain."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["end_unproved"], by, at)
        text = checked_text(reason, "reason")
        request.seal("reason", text)
        case.move(request, "end_unproved", by=by, at=at)
        destroy_later(request, at)
        asked.tell_end(case, [request], at, reason=text)
        pausing.end_unweighed(case, request, at)
    return request
