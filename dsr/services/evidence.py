"""Evidence of a case: taken in where it was asked for, opened on the record, destroyed on its day.

The bytes lie in the vault, each piece under a key of its own. Whoever ends a check inside a case calls ``let_go``: from
the end of that transaction on nobody can read the document, and the sweep deletes what is left of it.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr import demands
from dsr.errors import Incomplete, NotAllowed, NotFound, WrongState
from dsr.lifecycle import Actor, Outcome, State
from dsr.models import Deadline, DeadlineKind, SubjectRequest
from dsr.packaging.vault import Missing
from dsr.policies import not_own_case
from dsr.rights import Right
from dsr.services import asked, clocks
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.reviews import heard
from dsr.services.storage import vault
from verification import evidence, uploads
from verification.models import Evidence, Purpose, Why
from verification.proofs import Method
from verification.uploads import Clean, NotAccepted, Refusal

FOLDER: Final = "evidence/"
"""What the names of all evidence in the vault begin with."""
MOST: Final = 6
"""Pieces that a submission has at one time: so many to show who asks, and so many for each thing to be decided."""
_SHOWN_BY: Final = {
    Method.DOCUMENT: Purpose.IDENTITY,
    Method.FACTS_DECLARED: Purpose.DECLARATION,
    Method.POWER_OF_ATTORNEY: Purpose.MANDATE,
}
_BACKS: Final[Mapping[Right, tuple[Purpose, frozenset[State]]]] = {
    Right.CORRECTION: (Purpose.CORRECTION, frozenset({State.VERIFYING, State.IN_REVIEW})),
    Right.AUTOMATED_DECISION_REVIEW: (Purpose.REPRESENTATION, frozenset({State.IN_REVIEW})),
}
"""What people may add to a request unasked until it is decided, and where the request stands as long."""
_UNDECIDED: Final = (Outcome.UNVERIFIED, Outcome.WITHDRAWN, Outcome.REDIRECTED, Outcome.MISUNDERSTOOD)
"""How such a request ends without a word on what was added, unless there was one before."""
_HAND_IN: Final = frozenset({Actor.PERSON, Actor.SUPPORT, Actor.ANALYST, Actor.APPROVER})
_SYSTEM = Caller.system()

SENTENCES: Mapping[Refusal, str | Promise] = {
    Refusal.EMPTY: gettext_lazy("This file is empty. Choose another one."),
    Refusal.TOO_LARGE: gettext_lazy("This file is too large. Send a file of at most 10 MB, such as a photo."),
    Refusal.WRONG_KIND: gettext_lazy("We cannot take this kind of file. Send a photo (JPEG or PNG) or a PDF file."),
    Refusal.PHONE_PICTURE: gettext_lazy(
        "We cannot take this kind of photo (HEIC or AVIF). Send it as JPEG: in the settings of a phone's camera this "
        "is often called “Most compatible”. A screenshot of the photo will do too."
    ),
    Refusal.TOO_MANY_PIXELS: gettext_lazy(
        "This picture has too many points. Send one of at most 40 megapixels, such as a photo taken with a phone."
    ),
    Refusal.TOO_MANY_PAGES: gettext_lazy("This file has too many pages. Send at most 30, or only those that matter."),
    Refusal.ENCRYPTED: gettext_lazy(
        "This PDF file is locked. Save it without a password, or send a photo of the page."
    ),
    Refusal.BROKEN: gettext_lazy(
        "We cannot read this file. It may be damaged or cut short. Send it again, or a photo."
    ),
    Refusal.TOO_COMPLEX: gettext_lazy("We cannot open this file safely. Send a photo of the document instead."),
}
"""Why a file is not taken and what would be, for people."""


class VaultKeeper:
    """Puts evidence into the vault. What reaches the disk is sealed already."""

    def put(self, name: str, data: bytes, key: bytes) -> None:
        """Keep bytes."""
        with vault().writer(name, key) as out:
            out.write(data)

    def get(self, name: str, key: bytes) -> bytes:
        """Return bytes. Raises LookupError."""
        try:
            with vault().reader(name, key) as pieces:
                return b"".join(pieces)
        except Missing:
            raise LookupError from None

    def delete(self, name: str) -> bool:
        """Delete bytes."""
        return vault().delete(name)


_KEEPER = VaultKeeper()


def cleaned(data: bytes) -> Clean:
    """Return a document written anew. Raises Incomplete with a sentence that says what to send instead."""
    try:
        return uploads.clean(data)
    except NotAccepted as refused:
        raise Incomplete(str(SENTENCES[refused.code]), field="file", code="file-not-accepted") from None


def asked_for(case: Case) -> frozenset[Purpose]:
    """Return what the person may show, as things stand: who asks while that is waited for, or what helps to decide."""
    return _asked_who(case) | {purpose for each in case.requests() if (purpose := backing_of(each)) is not None}


def backing_of(request: SubjectRequest) -> Purpose | None:
    """Return what documents are for that the person may add until it is decided; None where none are taken."""
    purpose, states = _BACKS.get(Right(request.right), (None, frozenset()))
    return purpose if request.state in states else None


def _asked_who(case: Case) -> frozenset[Purpose]:
    waiting = asked.open_for(case.submission, case.requests())
    ways = {way for each in waiting if each.missing.code != demands.OPEN for way in each.ways}
    wanted = {purpose for way, purpose in _SHOWN_BY.items() if way in ways}
    return frozenset(wanted | {Purpose.MANDATE} if waiting and case.submission.for_other else wanted)


def receive(
    submission_id: UUID,
    purpose: Purpose,
    data: bytes | Clean,
    *,
    by: Caller,
    at: datetime,
    wanted: Collection[Purpose] | None = None,
) -> Evidence:
    """Keep one document, written anew, under a key of its own. ``wanted``: in place of what ``asked_for`` says.

    Raises NotFound, NotAllowed, Incomplete for a file that is not taken, WrongState where nothing like it was asked for
    or six pieces are here already.
    """
    with holding(submission_id=submission_id) as case:
        _check_wanted(case, purpose, by, at, wanted)
    document = data if isinstance(data, Clean) else cleaned(data)
    # Neither rewriting nor the vault must hold the case up, so it is looked at again when they are done.
    kept = evidence.keep(submission_id, purpose, document, keeper=_KEEPER, within=f"{FOLDER}{submission_id}", at=at)
    try:
        with holding(submission_id=submission_id) as case:
            _check_wanted(case, purpose, by, at, wanted)
            _take_in(case, kept.write(), by, at)
    except BaseException:
        vault().delete(kept.piece.vault_name)
        raise
    return kept.piece


def _check_wanted(case: Case, purpose: Purpose, by: Caller, at: datetime, wanted: Collection[Purpose] | None) -> None:
    if not by.roles & _HAND_IN:
        raise NotAllowed(_("This is not yours to do."), code="not-your-move")
    _check_not_own(case, by, at)
    if case.submission.purged_at is not None:
        raise WrongState(
            _("The personal data of this case has been deleted. Please make a new request."), code="purged"
        )
    if purpose not in (asked_for(case) if wanted is None else wanted):
        raise WrongState(_("We did not ask for such a document, so please do not send one."), code="evidence-not-asked")
    here = evidence.live(case.submission.pk)
    with_case = purpose in evidence.WITH_THE_CASE
    same = here.filter(purpose=purpose) if with_case else here.exclude(purpose__in=evidence.WITH_THE_CASE)
    if same.count() >= MOST:
        raise WrongState(
            _("There are %(number)d documents here already, which is as many as we keep.") % {"number": MOST},
            code="evidence-full",
        )


def _check_not_own(case: Case, by: Caller, at: datetime) -> None:
    for request in case.requests()[:1]:
        not_own_case(request, by, at)


def _take_in(case: Case, piece: Evidence, by: Caller, at: datetime) -> None:
    case.record("evidence_received", by=by, at=at, data=_told(piece))
    _set_date(case, at)
    for request in case.requests():
        if piece.purpose == Purpose.REPRESENTATION:
            heard.came_in(request, at)
        if _brings_to_staff(piece, request):
            case.needs_staff(request)
            case.touch(request)  # also where it is their turn already: who looked before it came looks again


def _brings_to_staff(piece: Evidence, request: SubjectRequest) -> bool:
    """Whether somebody has to look: who asks is waited for, or what it belongs to is weighed and waits for no word."""
    if piece.purpose not in evidence.WITH_THE_CASE:
        return bool(request.state == State.VERIFYING)
    weighed = request.state == State.IN_REVIEW and backing_of(request) == piece.purpose
    return bool(weighed and not request.waits_for)


def _told(piece: Evidence) -> dict[str, str]:
    return {"evidence": str(piece.pk), "purpose": str(piece.purpose)}


def look(evidence_id: UUID, why: Why, *, by: Caller, at: datetime) -> tuple[str, bytes]:
    """Return media type and bytes of a piece, after it is on record who opens it and why.

    Raises NotFound, NotAllowed, or WrongState for a piece that is destroyed.
    """
    found = Evidence.objects.filter(pk=evidence_id).values_list("about", "purpose").first()
    if found is None:
        raise NotFound(_("There is no such document."))
    about, purpose = found
    try:
        with holding(submission_id=about) as case:
            _check_may_look(case, Purpose(purpose), by, at)
            piece = Evidence.objects.select_related("data_key").get(pk=evidence_id)
            opened = evidence.open(piece, by=str(by.user_id), why=why, at=at)
            case.record("evidence_opened", by=by, at=at, data={**_told(piece), "why": str(why)})
            if purpose == Purpose.REPRESENTATION:
                heard.opened(heard.of(case.requests(), by), piece.pk, at)
        return piece.media_type, opened.read(_KEEPER)
    except evidence.Gone:
        raise WrongState(_("This document has been destroyed, as it had served."), code="evidence-gone") from None


def may_look(purpose: Purpose, by: Caller, requests: Iterable[SubjectRequest] = ()) -> bool:
    """Whether a piece is for somebody's eyes: of who checks who asks, who decides what is right, or who reviews."""
    if purpose == Purpose.REPRESENTATION:
        return heard.may_open(requests, by)
    needed = "dsr.reveal_personal" if purpose in evidence.WITH_THE_CASE else "dsr.check_identity"
    return bool(by.user is not None and by.user.has_perm(needed))


def _check_may_look(case: Case, purpose: Purpose, by: Caller, at: datetime) -> None:
    if purpose == Purpose.REPRESENTATION:
        heard.of(case.requests(), by)
    elif not may_look(purpose, by) and purpose in evidence.WITH_THE_CASE:
        raise NotAllowed(_("Your account may not see personal values."), code="not-revealing")
    elif not may_look(purpose, by):
        raise NotAllowed(_("You may not open evidence. Ask a colleague who checks identities."))
    _check_not_own(case, by, at)


def let_go(case: Case, purpose: Purpose | None = None, *, at: datetime) -> None:
    """Within a case: have evidence of one purpose, or all of it, destroyed.

    Its keys are forgotten in the case's own transaction. The bytes, which nobody can read then, go with the next sweep.
    """
    pieces = [piece for piece in evidence.live(case.submission.pk) if purpose in (None, piece.purpose)]
    if pieces:
        evidence.release(pieces, at)
        _set_date(case, at)
        ring(Bell.WORK, str(case.submission.pk))


def settle(case: Case, *, at: datetime, since: datetime | None = None) -> None:
    """Within a case that has had its outcome ``since``: identity documents go now, the rest seven days after it."""
    let_go(case, Purpose.IDENTITY, at=at)
    evidence.keep_until(case.submission.pk, (since or at) + evidence.AFTER_OUTCOME)
    _set_date(case, at)


def served(case: Case, *, at: datetime) -> None:
    """Within a case whose paper was looked at: what was shown goes seven days from now, unless it goes sooner."""
    evidence.keep_until(case.submission.pk, at + evidence.AFTER_OUTCOME)
    _set_date(case, at)


def destroy(submission_id: UUID, purpose: Purpose | None = None, *, at: datetime) -> int:
    """Destroy evidence of one purpose, or all of it, now. Returns how many pieces are gone by this. Raises NotFound.

    Not for use inside a transaction, which could be rolled back while the bytes are gone: see ``let_go``.
    """
    with holding(submission_id=submission_id) as case:
        let_go(case, purpose, at=at)
    return finish(submission_id, at)


def destroy_due(deadline: Deadline, at: datetime) -> None:
    """Destroy what a submission's evidence of which the time has come, and set the date of what is next."""
    with holding(submission_id=deadline.submission_id) as case:
        _date_backing(case)
        closed = [request.closed_at for request in case.requests() if request.closed_at]
        if closed and len(closed) == len(case.requests()):
            settle(case, at=at, since=max(closed))
        evidence.release(evidence.due(deadline.submission_id, at), at)
    if not finish(deadline.submission_id, at):
        with holding(submission_id=deadline.submission_id) as case:
            _set_date(case, at)


def finish(submission_id: UUID, at: datetime) -> int:
    """Delete the bytes of what was let go, then say so in its rows. Returns how many pieces are gone by this.

    In this order: when it stops in between, the rows still name the bytes and the date is still open.
    """
    pieces = [piece for piece in evidence.live(submission_id) if evidence.is_gone(piece)]
    erased = [evidence.erase(piece, _KEEPER) for piece in pieces]
    if not erased:
        return 0
    with holding(submission_id=submission_id) as case:
        gone = [each.piece for each in erased if each.note(at)]
        for piece in gone:
            case.record("evidence_destroyed", by=_SYSTEM, at=at, data=_told(piece))
        _set_date(case, at)
    return len(gone)


def _set_date(case: Case, at: datetime) -> None:
    """Keep one open date per submission: that of the piece which is to be destroyed next."""
    _date_backing(case)
    dated = evidence.live(case.submission.pk).exclude(destroy_at=None).order_by("destroy_at")
    first = dated.values_list("destroy_at", flat=True).first()
    if first is not None:
        clocks.look_at_evidence(case.submission, first)
        return
    date = Deadline.objects.filter(submission=case.submission, kind=DeadlineKind.EVIDENCE)
    date.filter(done_at=None).update(done_at=at)


def _date_backing(case: Case) -> None:
    """Let what was added to a request go soon where nothing was decided about it, and stay with the case otherwise.

    Worked out anew each time: a request that ended may be taken up again.
    """
    for right, (purpose, _states) in _BACKS.items():
        backed = [request for request in case.requests() if request.right == right]
        if backed:
            ended = [request.closed_at for request in backed if request.closed_at and _ended_undecided(request)]
            over = max(ended) + evidence.AFTER_OUTCOME if len(ended) == len(backed) else None
            evidence.date_with_the_case(case.submission.pk, purpose, over)


def _ended_undecided(request: SubjectRequest) -> bool:
    if request.outcome not in _UNDECIDED:
        return False
    if request.right == Right.AUTOMATED_DECISION_REVIEW:
        return not request.reviews.exclude(verdict="").exists()
    return not request.items.exclude(decision="").exists()
