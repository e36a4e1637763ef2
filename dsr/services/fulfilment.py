"""Building the answer: from what the systems handed over to a package, a ledger and a message.

The file is written outside any transaction under a name of its own; one short transaction then makes it the answer. A
builder that dies leaves its claim to run out, and the next one starts afresh.
"""

import hashlib
import json
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from dsr.deadlines import local_date
from dsr.lifecycle import Outcome, State, Turn
from dsr.logs import get_logger
from dsr.models import (
    Deadline,
    DeadlineKind,
    LedgerEntry,
    Package,
    Step,
    SubjectRequest,
)
from dsr.packaging import builder
from dsr.rights import SPECS, Delivery, Right
from dsr.services import assembling, grounds, letters, links, telling
from dsr.services._moves import Caller, Case, holding, outcome_of
from dsr.services.redaction import applying
from dsr.services.storage import vault
from dsr.services.threads import keep_note
from notifications import rows
from notifications.ids import uuid7
from notifications.reads import Prepared

log = get_logger(__name__)
TRIES = 5
"""How often a package is tried before people look at it."""
_WHILE_STOPPED = timedelta(hours=1)
_SYSTEM = Caller.system()
_REQUEST = Prepared(lambda pk: SubjectRequest.objects.select_related("submission__data_key").filter(pk=pk))


def build(deadline: Deadline, at: datetime) -> None:
    """Build the answer of one approved request and hold it ready. Doing it twice does it once."""
    assert deadline.request_id is not None
    [request] = _REQUEST.rows(deadline.request_id)
    if request.state != State.FULFILLING:
        Deadline.objects.filter(pk=deadline.pk).update(done_at=at)
        return
    if (until := _waits_until(request, at)) is not None:
        Deadline.objects.filter(pk=deadline.pk).update(claimed_until=until, attempts=0)
        return
    if deadline.attempts > TRIES and request.spec.searches:
        # Not one try was recorded to the end: whatever it is, it takes the worker down, and would do so for ever.
        _give_up(request.pk, deadline, at)
        return
    try:
        package, basis = _write(request, at)
    except applying.Leaked as leaked:
        _bring_back(request.pk, leaked, deadline, at)
        return
    except Exception:
        if deadline.attempts < TRIES:
            raise
        _give_up(request.pk, deadline, at)
        return
    kept = False
    try:
        kept = _record(package, basis, at)
    finally:
        if not kept and package.vault_name:
            vault().delete(package.vault_name)


def _waits_until(request: SubjectRequest, at: datetime) -> datetime | None:
    """Return when to look again at what was released and must not be handed over now; it goes on before, if told so."""
    submission = request.submission
    if not request.identity_floor:
        return None
    if submission.stopped_at is not None:
        return at + _WHILE_STOPPED
    return submission.held_until if submission.held_until is not None and submission.held_until > at else None


def _write(request: SubjectRequest, at: datetime) -> tuple[Package, assembling.Basis]:
    package, basis = Package(id=uuid7(at), request=request, built_at=at), assembling.Basis.of(request)
    if request.spec.delivery is Delivery.STATEMENT:
        statement = json.dumps(assembling.statement_of(request).as_dict(), sort_keys=True).encode()
        package.sha256, package.size = hashlib.sha256(statement).hexdigest(), len(statement)
        return package, basis
    package.vault_name = f"packages/{package.pk}"
    key = request.submission.data_key.key_bytes()
    with ExitStack() as parcels:
        contents = assembling.contents_of(request, basis, at, parcels)
        made = None
        if request.marks_standing:
            made = applying.redacted(request, contents, basis.steps, at, parcels)
            contents, basis = made.contents, replace(basis, taken=made.taken)
        with vault().writer(package.vault_name, key) as out:
            manifest = builder.build(contents, out)
        if made is not None:
            try:
                applying.prove(package, made)
            except BaseException:
                vault().delete(package.vault_name)
                raise
    package.size, package.sha256, package.manifest = out.size, out.sha256, manifest.summary
    return package, basis


def _record(package: Package, basis: assembling.Basis, at: datetime) -> bool:
    """Make a written package the answer. False when somebody else was faster or the request is over.

    False also when it came back to the desk meanwhile and was released anew: then something else is to be given.
    """
    released_at = package.request.approved_at
    with holding(request_id=package.request_id) as case:
        request = case.request(package.request_id)
        if request.state != State.FULFILLING or request.approved_at != released_at:
            return False
        if (until := _waits_until(request, at)) is not None:  # stopped while it was written
            Deadline.objects.filter(request=request, kind=DeadlineKind.BUILD, done_at=None).update(claimed_until=until)
            return False
        package.request, package.number = request, request.packages.count() + 1
        package.expires_at = at + timedelta(days=settings.DOWNLOAD_DAYS)
        rows.write(new=[package])
        outcome = _keep_ledger(case, package, basis, at)
        data = {"package": package.number, "sha256": package.sha256, "size": package.size}
        case.move(request, "built", by=_SYSTEM, at=at, data=data)
        Deadline.objects.filter(request=request, done_at__isnull=True).update(done_at=at)
        hold_ready(case, package, at, outcome=outcome, again=package.number > 1)
        # Let go of the copies that the package was made from: it holds what was released, and they held more.
        parcels = [step.parcel for step in basis.steps if step.parcel]
        if parcels:
            Step.objects.filter(request=request).update(parcel="")
    for name in parcels:
        vault().delete(name)
    return True


def _keep_ledger(case: Case, package: Package, basis: assembling.Basis, at: datetime) -> Outcome:
    """One line for every category of every system in scope; an answer given anew replaces the old lines.

    Returns what they come to.
    """
    if package.number > 1:
        LedgerEntry.objects.filter(request=package.request).delete()
    lines = assembling.ledger_of(package.request, basis, at)
    case.add(*lines)
    return outcome_of(line.outcome for line in lines)


def hold_ready(case: Case, package: Package, at: datetime, *, outcome: Outcome, again: bool) -> None:
    """Set the dates of an answer that waits to be collected, and tell the person what was done.

    ``again`` if dates were set before.
    """
    request, submission = package.request, case.submission
    assert package.expires_at is not None
    warning = package.expires_at - timedelta(days=settings.EXPIRY_WARNING_DAYS)
    destroy = max(package.expires_at, package.built_at + timedelta(days=settings.ANSWER_KEPT_DAYS))
    dates = {DeadlineKind.EXPIRY_WARNING: warning, DeadlineKind.EXPIRY: package.expires_at}
    if package.vault_name:
        dates[DeadlineKind.DESTROY] = destroy
    ordinal = Deadline.objects.filter(request=request, kind=DeadlineKind.EXPIRY).count() if again else 0
    case.add(
        *(
            Deadline(submission=submission, request=request, kind=kind, ordinal=ordinal, due_at=due)
            for kind, due in dates.items()
        )
    )
    letter = letters.AnswerReady(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        right=str(SPECS[Right(request.right)].title),
        outcome=outcome,
        withheld=grounds.parts_told(request),
        expires_on=local_date(package.expires_at, submission.zone),
        remedies=telling.remedies(submission),
        tracker=links.tracker(submission.reference, telling.tracker_pass(case, at)),
    )
    telling.tell(submission, letter, at=at, dedupe=f"ready:{package.pk}:{ordinal}", case=case, about=[request])


def _bring_back(request_id: UUID, leaked: applying.Leaked, deadline: Deadline, at: datetime) -> None:
    """Bring an answer back to the desk in which something still stood that was marked; a note says where."""
    log.error("package held back", id=str(request_id), count=len(leaked.places))
    with holding(request_id=request_id) as case:
        request = case.request(request_id)
        if request.state != State.FULFILLING:
            return
        note = keep_note(case, request, applying.sentences(leaked.places), _SYSTEM, at)
        data = {**applying.facts(leaked.places), "post": str(note.pk)}
        case.move(request, "leak_found", by=_SYSTEM, at=at, data=data)
        Deadline.objects.filter(pk=deadline.pk).update(done_at=at)


def _give_up(request_id: UUID, deadline: Deadline, at: datetime) -> None:
    """Bring an answer that will not build back to the desk, where a person sees it."""
    log.error("package not built", id=str(request_id))
    with holding(request_id=request_id) as case:
        request = case.request(request_id)
        if request.state != State.FULFILLING:
            return
        data = {"attempts": deadline.attempts}
        if request.spec.searches:
            case.move(request, "build_failed", by=_SYSTEM, at=at, data=data)
            Deadline.objects.filter(pk=deadline.pk).update(done_at=at)
        elif request.turn != Turn.STAFF:
            # A statement needs nobody's decision, so it is tried on and on; staff are told once.
            case.record("build_failed", by=_SYSTEM, at=at, request=request, data=data)
            case.needs_staff(request)
