"""Sending what is due: claim and commit, send piece by piece outside any transaction, record and commit.

How much the receiver has is asked of the receiver, so a worker that dies, or a connection that breaks, costs at most
one piece. Each piece renews the lease; whoever lost it stops.
"""

from datetime import datetime, timedelta
from time import monotonic
from typing import Final
from uuid import uuid4

from django.conf import settings
from django.db.models import F, Q

from dsr.connectors import sending as wire
from dsr.connectors.base import Code, ConnectorError, TemporaryFailure
from dsr.errors import RecourseError
from dsr.lifecycle import State
from dsr.logs import get_logger
from dsr.models import SubjectRequest, Transmission, TransmissionState
from dsr.packaging import manifest
from dsr.packaging.vault import Broken, Missing
from dsr.policies import authority_holds, not_held, not_stopped
from dsr.services import letters, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.sending.naming import receiver_of, said
from dsr.services.storage import vault
from notifications.models import Forgotten
from notifications.sealing import SealBroken, sign

log = get_logger(__name__)
LADDER: Final = (
    *(timedelta(minutes=minutes) for minutes in (1, 5, 30)),
    *(timedelta(hours=hours) for hours in (2, 6, 12, 24)),
)
"""Waits between tries that brought nothing further: almost two days together."""
LEASE: Final = timedelta(minutes=10)
PIECE: Final = 1024 * 1024
"""Bytes that go at once: what a broken connection costs at most."""
WITHIN: Final = 60.0
"""Seconds after which a long one is given back, so that others have their share. It goes on where it was."""
_STOPPED: Final = timedelta(hours=1)
_SYSTEM: Final = Caller.system()


class _LeaseLost(Exception):
    """Somebody else sends this now, or it was called off."""


class _TimeIsUp(Exception):
    """The others' turn."""


class _Hopeless(Exception):
    """Trying again would not help; ``args[0]`` is the code."""


def send_due(at: datetime, limit: int = 10) -> int:
    """Send what is due, one after the other, and return how many were tried. Call outside a transaction."""
    tried = 0
    while tried < limit and (row := _claim(at)) is not None:
        tried += 1
        _send(row, at)
    return tried


def _claim(at: datetime) -> Transmission | None:
    """Take one by a conditional update, and commit; a try that kills us is counted, too."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=at)
    due = Transmission.objects.filter(free, state=TransmissionState.WAITING, due_at__lte=at).order_by("due_at", "id")
    for pk in due.values_list("pk", flat=True)[:5]:
        lease = uuid4()
        taken = Transmission.objects.filter(free, pk=pk, state=TransmissionState.WAITING).update(
            lease=lease, claimed_until=at + LEASE, attempts=F("attempts") + 1
        )
        if taken:
            return Transmission.objects.select_related("package", "request__submission__data_key").get(pk=pk)
    return None


def _send(row: Transmission, at: datetime) -> None:
    before = row.offset
    try:
        if row.attempts > len(LADDER) + 1:
            raise _Hopeless(str(Code.WORKER_LOST))
        if not _may_go(row, at):
            _later(row, "", at + _STOPPED, tried=False)
            return
        receipt = _transfer(row, at)
    except _LeaseLost:
        return
    except _TimeIsUp:
        _later(row, "", at, tried=False)
    except _Hopeless as failure:
        _give_up(row, str(failure.args[0]), at)
    except TemporaryFailure as failure:
        _again(row, failure, before, at)
    except ConnectorError as failure:
        _give_up(row, str(failure.code), at)
    except (Missing, Broken, Forgotten, SealBroken):
        _give_up(row, "answer_gone", at)
    else:
        _record(row, receipt, at)


def _may_go(row: Transmission, at: datetime) -> bool:
    """Whether nothing stands against handing it over now. Raises _Hopeless where it never may any more."""
    request = row.request
    if row.package.destroyed_at is not None:
        raise _Hopeless("answer_gone")
    try:
        authority_holds(request, _SYSTEM, at)
    except RecourseError:
        raise _Hopeless("not_released") from None
    try:
        not_stopped(request, _SYSTEM, at)
        not_held(request, _SYSTEM, at)
    except RecourseError:
        return False
    return True


def _again(row: Transmission, failure: TemporaryFailure, before: int, at: datetime) -> None:
    """Try later; a try that brought something further begins the ladder anew."""
    if row.offset > before:
        Transmission.objects.filter(pk=row.pk, lease=row.lease).update(attempts=1)
        row.attempts = 1
    if row.attempts > len(LADDER):
        _give_up(row, str(failure.code), at)
        return
    wait = max(LADDER[row.attempts - 1], timedelta(seconds=failure.retry_after or 0))
    _later(row, str(failure.code), at + wait, tried=True)


def _later(row: Transmission, code: str, due: datetime, *, tried: bool) -> None:
    Transmission.objects.filter(pk=row.pk, lease=row.lease, state=TransmissionState.WAITING).update(
        code=code, due_at=due, lease=None, claimed_until=None, attempts=F("attempts") - int(not tried)
    )


# --- The pieces ------------------------------------------------------------------------------------------------------


def _transfer(row: Transmission, at: datetime) -> dict[str, object]:
    """Send what the receiver does not have yet, and return its receipt as it is kept."""
    package, (name, url) = row.package, receiver_of(row)
    parcel = wire.Parcel(str(row.pk), package.size, package.sha256)
    sender = wire.Sender(url, parcel, _signed, networks=tuple(settings.WEBHOOK_NETWORKS), at=int(at.timestamp()))
    place, offset = _place(row, sender)
    reading = vault().reader(package.vault_name, row.request.submission.data_key.key_bytes())
    started = monotonic()
    answered = wire.Answered(offset, location=place)
    with reading:
        while answered.receipt is None:
            if answered.offset > package.size:
                raise _Hopeless(str(Code.BAD_ANSWER))
            data = reading.at(answered.offset, PIECE)
            if not data and package.size:
                # All of it is there, and the answer to the last piece was lost: the last byte is sent once more.
                data = reading.at(package.size - 1, 1)
                answered = wire.Answered(package.size - 1, location=place)
            sent = sender.append(place, answered.offset, data)
            if sent.receipt is None and sent.offset != answered.offset + len(data):
                raise _Hopeless(str(Code.BAD_ANSWER))
            answered = sent
            passed = monotonic() - started
            _keep(row, answered.offset, at + timedelta(seconds=passed) + LEASE)
            if answered.receipt is None and passed > WITHIN:
                raise _TimeIsUp
    return _proved(row, name, url, dict(answered.receipt), at)


def _place(row: Transmission, sender: wire.Sender) -> tuple[str, int]:
    """Return where the upload is and how much is there. One that the receiver forgot is begun anew."""
    place = row.open("place")
    if place:
        try:
            return place, sender.offset(place).offset
        except ConnectorError as failure:
            if failure.code != Code.NOT_FOUND:
                raise
    created = sender.create()
    row.seal("place", created.location)
    if not Transmission.objects.filter(pk=row.pk, lease=row.lease, state=TransmissionState.WAITING).update(
        place_sealed=row.place_sealed, offset=created.offset
    ):
        raise _LeaseLost
    row.offset = created.offset
    return created.location, created.offset


def _keep(row: Transmission, offset: int, until: datetime) -> None:
    """Keep how far it came and hold the lease; whoever called it off meanwhile is heeded."""
    mine = Transmission.objects.filter(pk=row.pk, lease=row.lease, state=TransmissionState.WAITING)
    if not mine.update(offset=offset, claimed_until=until):
        raise _LeaseLost
    row.offset = offset


def _signed(data: bytes) -> tuple[str, str]:
    made = sign(data)
    return made.key_id, made.value


def _proved(row: Transmission, name: str, url: str, answer: dict[str, object], at: datetime) -> dict[str, object]:
    """Return the receipt, signed by us, if the receiver says that it has exactly what was sent."""
    package = row.package
    if str(answer.get("sha256", "")).lower() != package.sha256 or answer.get("size") != package.size:
        raise _Hopeless("digest_differs")
    return manifest.receipt(
        {
            "kind": "transmission",
            "reference": row.request.submission.reference,
            "transmission": str(row.pk),
            "receiver": name,
            "address": url,
            "size": package.size,
            "sha256": package.sha256,
            "received_at": manifest.instant(at),
            "receiver_says": str(answer.get("id", ""))[:200],
        }
    )


# --- Recording -------------------------------------------------------------------------------------------------------


def _record(row: Transmission, receipt: dict[str, object], at: datetime) -> None:
    with holding(request_id=row.request_id) as case:
        found = _mine(row)
        if found is None:
            return
        request = case.request(row.request_id)
        found.request = request
        found.state, found.ended_at, found.code = TransmissionState.DONE, at, ""
        found.due_at = found.lease = found.claimed_until = None
        found.seal_json("receipt", receipt)
        found.save()
        data = {"transmission": str(row.pk), "sha256": row.package.sha256, "size": row.package.size}
        if request.state == State.READY:
            case.move(request, "transmitted", by=_SYSTEM, at=at, data=data)
        else:  # the person had fetched it meanwhile
            case.record("transmitted", by=_SYSTEM, at=at, request=request, data=data)
        _tell(case, request, found, "", at)


def _give_up(row: Transmission, code: str, at: datetime) -> None:
    log.warning("transmission given up", id=str(row.pk), code=code)
    with holding(request_id=row.request_id) as case:
        found = _mine(row)
        if found is None:
            return
        request = case.request(row.request_id)
        found.request = request
        found.state, found.ended_at, found.code = TransmissionState.FAILED, at, code
        found.due_at = found.lease = found.claimed_until = None
        found.save()
        data = {"transmission": str(row.pk), "code": code}
        if request.state == State.READY:
            case.move(request, "transmission_failed", by=_SYSTEM, at=at, data=data)
        else:
            case.record("transmission_failed", by=_SYSTEM, at=at, request=request, data=data)
        if case.submission.purged_at is None:
            _tell(case, request, found, code, at)


def _mine(row: Transmission) -> Transmission | None:
    return Transmission.objects.filter(pk=row.pk, lease=row.lease, state=TransmissionState.WAITING).first()


def _tell(case: Case, request: SubjectRequest, row: Transmission, code: str, at: datetime) -> None:
    submission = case.submission
    told = {
        "reference": submission.reference,
        "organisation": telling.organisation(submission),
        "receiver": receiver_of(row)[0],
        "tracker": telling.tracker_link(submission, at),
    }
    letter = letters.NotSentOn(**told, reason=said(code)) if code else letters.SentOn(**told)
    telling.tell_in(case, letter, at=at, dedupe=f"sent-on:{row.pk}", about=[request])
