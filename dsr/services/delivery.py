"""Handing over: a fresh code, a download that resumes, expiry with a warning, issuing again, destruction."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from dsr.deadlines import local_date
from dsr.errors import NotFound, WrongState
from dsr.lifecycle import State
from dsr.models import Deadline, DeadlineKind, Package, SubjectRequest, Submission
from dsr.policies import authority_holds, not_held, not_stopped
from dsr.rights import SPECS, Right
from dsr.services import assembling, clocks, fulfilment, letters, mandated, search, steps, telling
from dsr.services._moves import Caller, computed_outcome, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.storage import vault
from verification import grants, mail

DOWNLOAD = "download"
SESSION = timedelta(hours=24)
"""How long one code lets a download go on and be resumed."""
CODE_MINUTES = 30
_SYSTEM = Caller.system()

statement = assembling.statement_of


@dataclass(frozen=True, slots=True)
class Offer:
    """An answer as the person sees it."""

    number: int
    size: int
    sha256: str
    built_at: datetime
    expires_at: datetime | None
    downloads: int
    is_file: bool
    destroyed: bool


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes ``start`` to ``end`` (both included) of a package of ``size`` bytes."""

    chunks: Iterator[bytes]
    start: int
    end: int
    size: int
    filename: str
    etag: str


def offer(request: SubjectRequest) -> Offer | None:
    """Return the latest answer of a request, or None while there is none."""
    package = request.packages.order_by("-number").first()
    if package is None:
        return None
    return Offer(
        number=package.number,
        size=package.size,
        sha256=package.sha256,
        built_at=package.built_at,
        expires_at=package.expires_at,
        downloads=package.downloads,
        is_file=bool(package.vault_name),
        destroyed=package.destroyed_at is not None,
    )


def _current(request: SubjectRequest) -> Package:
    package = request.packages.filter(destroyed_at__isnull=True).exclude(vault_name="").order_by("-number").first()
    if package is None or request.state not in (State.READY, State.CLOSED):
        raise NotFound(_("There is nothing to download."))
    return package


def ask_code(request_id: UUID, *, at: datetime) -> UUID:
    """Mail a fresh code to the address that was proved, and return the id of the challenge it answers.

    Raises WrongState unless the answer is ready and nobody stopped it, and mail.TooSoon when asked for too fast.
    """
    with holding(request_id=request_id) as case:
        request, submission = case.request(request_id), case.submission
        if request.state != State.READY:
            raise WrongState(_("The answer is not ready to download. It can be issued again."))
        _current(request)
        not_stopped(request, _SYSTEM, at)
        not_held(request, _SYSTEM, at)
        authority_holds(request, _SYSTEM, at)
        address = mandated.release_address(request, at)
        if not address:
            raise WrongState(_("There is no address to which this answer may go. Write to us."), code="no-address")
        started = mail.ask(request.pk, address, submission.data_key, at)
        letter = letters.DownloadCode(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            code=started.code,
            minutes=CODE_MINUTES,
        )
        dedupe = f"code:{started.challenge.pk}:{started.challenge.sends}"
        telling.tell(submission, letter, at=at, dedupe=dedupe, to=started.address)
        case.record("code_sent", by=_SYSTEM, at=at, request=request)
    return started.challenge.pk


def open_download(request_id: UUID, challenge_id: UUID, code: str, *, by: Caller, at: datetime) -> str:
    """Take the code and return the token of a download session. A code opens one session only.

    Raises verification.mail's errors for a wrong, old or spent code, and NotFound for another request's.
    """
    confirmed = mail.confirm_code(challenge_id, code, at)
    if confirmed.about != request_id or not confirmed.first:
        raise mail.Unknown
    with holding(request_id=request_id) as case:
        request = case.request(request_id)
        package = _current(request)
        not_stopped(request, by, at)
        not_held(request, by, at)
        authority_holds(request, by, at)
        token = grants.issue(DOWNLOAD, package.pk, at, lasts=SESSION, uses=None)
        case.record("download_opened", by=by, at=at, request=request, data={"package": package.number})
    return token


def stream(token: str, *, first: int | None, last: int | None, at: datetime) -> Download:
    """Return bytes of the package that a session's token stands for; ``first`` and ``last`` as in a Range header.

    Only ``last`` given means that many bytes from the end. Raises grants.NoGrant, NotFound, and ValueError for a
    range that the file does not have. The answer counts as collected when its last byte has been handed on.
    """
    grant = grants.look(token, DOWNLOAD, at)
    package = Package.objects.select_related("request__submission__data_key").get(pk=grant.about)
    if package.destroyed_at is not None:
        raise NotFound(_("There is nothing to download."))
    not_stopped(package.request, _SYSTEM, at)
    not_held(package.request, _SYSTEM, at)
    start, end = _range(package.size, first, last)
    reading = vault().reader(package.vault_name, package.request.submission.data_key.key_bytes(), start, end + 1)
    return Download(
        chunks=_counted(reading, package, end == package.size - 1, at),
        start=start,
        end=end,
        size=package.size,
        filename=f"{package.request.submission.reference}-{package.number}.zip",
        etag=f'"{package.sha256}"',
    )


def _range(size: int, first: int | None, last: int | None) -> tuple[int, int]:
    if first is None:
        start, end = (max(size - last, 0), size - 1) if last is not None else (0, size - 1)
    else:
        start, end = first, size - 1 if last is None else min(last, size - 1)
    if not 0 <= start <= end:
        raise ValueError("the file has no such range")
    return start, end


def _counted(chunks: Iterator[bytes], package: Package, to_the_end: bool, at: datetime) -> Iterator[bytes]:
    started = monotonic()
    yield from chunks
    if to_the_end:
        _collected(package, at + timedelta(seconds=monotonic() - started))


def _collected(package: Package, at: datetime) -> None:
    with holding(request_id=package.request_id) as case:
        request = case.request(package.request_id)
        row = Package.objects.select_for_update().get(pk=package.pk)
        row.downloads += 1
        row.save(update_fields=["downloads"])
        data = {"package": row.number, "downloads": row.downloads}
        if request.state == State.READY:
            case.move(request, "collect", by=Caller.person(), at=at, data=data)
        else:
            case.record("downloaded", by=Caller.person(), at=at, request=request, data=data)


def read_statement(request_id: UUID, *, by: Caller, at: datetime) -> SubjectRequest:
    """Note that the person has the statement. Reading it again changes nothing."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id)
        if request.state == State.READY:
            case.move(request, "collect", by=by, at=at)
    return request


def reissue(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Hold the answer ready once more; when its files have been destroyed, search and answer again."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        package = request.packages.filter(destroyed_at__isnull=True).order_by("-number").first()
        if package is None:
            case.move(request, "renew", by=by, at=at)
            search.begin(case, request, by=_SYSTEM, at=at)
            ring(Bell.WORK, str(request.submission_id))
            return request
        case.move(request, "reissue", by=by, at=at, data={"package": package.number})
        package.expires_at = at + timedelta(days=settings.DOWNLOAD_DAYS)
        package.save(update_fields=["expires_at"])
        Deadline.objects.filter(request=request, kind=DeadlineKind.DESTROY, done_at__isnull=True).update(done_at=at)
        package.request = request
        fulfilment.hold_ready(case, package, at, outcome=computed_outcome(package.request), again=True)
    return request


def warn_of_expiry(deadline: Deadline, at: datetime) -> None:
    """Tell the person that the download ends soon."""
    with holding(request_id=deadline.request_id) as case:
        request = case.request(_request_of(deadline))
        if request.state == State.READY and clocks.still_open(deadline):
            case.move(request, "warn_expiry", by=_SYSTEM, at=at)
            _tell_expiry(case.submission, request, at, deadline)
        Deadline.objects.filter(pk=deadline.pk, done_at__isnull=True).update(done_at=at)


def _tell_expiry(submission: Submission, request: SubjectRequest, at: datetime, deadline: Deadline) -> None:
    package = request.packages.latest("number")
    assert package.expires_at is not None
    letter = letters.ExpiryWarning(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        right=str(SPECS[Right(request.right)].title),
        expires_on=local_date(package.expires_at, submission.zone),
        tracker=telling.tracker_link(submission, at),
    )
    telling.tell(submission, letter, at=at, dedupe=f"expiry-warning:{deadline.pk}")


def expire(deadline: Deadline, at: datetime) -> None:
    """Stop holding an answer ready that nobody collected. It can be issued again."""
    with holding(request_id=deadline.request_id) as case:
        request = case.request(_request_of(deadline))
        if request.state == State.READY and clocks.still_open(deadline):
            case.move(request, "expire", by=_SYSTEM, at=at)
        Deadline.objects.filter(pk=deadline.pk, done_at__isnull=True).update(done_at=at)


def destroy(deadline: Deadline, at: datetime) -> None:
    """Destroy the files of an answer, or of one that was never made, on schedule. Already gone is done."""
    with holding(request_id=deadline.request_id) as case:
        request = case.request(_request_of(deadline))
        packages = list(request.packages.exclude(vault_name=""))
        if request.state == State.READY:
            # Its end is due at the same instant and comes first; until then the date stays open.
            return
        # Issued anew meanwhile, the request is being searched again: that is not what is to be destroyed.
        over = request.state == State.CLOSED
        if over:
            steps.let_go(request)
        if clocks.still_open(deadline):
            numbers = [package.number for package in packages if package.destroyed_at is None]
            for package in packages:
                package.destroyed_at = package.destroyed_at or at
                package.save(update_fields=["destroyed_at"])
                grants.revoke(package.pk, DOWNLOAD, at=at)
            if numbers:
                case.record("destroyed", by=_SYSTEM, at=at, request=request, data={"packages": numbers})
    # A crash before this point leaves the date open, and the next sweep deletes what is still there.
    gone = [package.vault_name for package in packages if package.destroyed_at is not None]
    for name in gone + (steps.files(request) if over else []):
        vault().delete(name)
    Deadline.objects.filter(pk=deadline.pk, done_at__isnull=True).update(done_at=at)


def _request_of(deadline: Deadline) -> UUID:
    assert deadline.request_id is not None
    return deadline.request_id
