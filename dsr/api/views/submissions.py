"""Filing for a person, and reading what was filed."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr import doors, reckoning
from dsr.api import presenting, scopes
from dsr.api.answers import show
from dsr.api.endpoint import Endpoint
from dsr.api.idempotency import REPLAYED, scope_of
from dsr.api.problems import Fault, Problem, document, of_service, pointer
from dsr.api.reading import body, checked, idempotency_key, no_parameters, parameters
from dsr.api.schema import IDEMPOTENT, query_of
from dsr.api.scopes import bearing
from dsr.api.shapes import inputs, outputs
from dsr.api.views.requests import find
from dsr.deadlines import local_date
from dsr.errors import Incomplete, RecourseError
from dsr.lifecycle import TURN_OF, State, Turn
from dsr.models import Scope, SubjectRequest, Submission
from dsr.policies import outward
from dsr.rights import SPECS, Floor, Right, RightSpec
from dsr.rules import ClockEvent, EventKind
from dsr.selectors import asker, queue
from dsr.selectors.masking import Personal
from dsr.services import asserted, intake, links, revealing
from dsr.services.mandated import AgentClaim

_PLACES = {
    "name": "who.name",
    "relationship": "who.relationship",
    "identifiers": "who.identifiers",
    "country": "where.country",
    "region": "where.region",
    "email": "contact.email",
    "phone": "contact.phone",
    "door": "about",
}
"""Fields of a filing to their places in the body."""
_ORDER = {str(right): place for place, right in enumerate(Right)}
_IN_THE_PERSON = tuple(kind for kind in Personal if kind != Personal.DETAILS)


class Submissions(Endpoint):
    """All submissions."""

    scopes = {"GET": scopes.DESK, "POST": scopes.DESK}

    @extend_schema(
        operation_id="find_submission",
        summary="Find a filing by its reference",
        parameters=query_of(inputs.ByReference),
        responses={200: outputs.SubmissionList},
        tags=["submissions"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the one with this reference, or none."""
        wanted = parameters(request, inputs.ByReference)
        reference = queue.cleaned_reference(wanted.reference)
        at, by = timezone.now(), bearing(request).caller
        found = _with_key().filter(reference=reference).first() if reference else None
        if found is not None and outward.is_hidden(found, by):
            found = None
        results = [presenting.submission(found, _requests(found), _signals(found), at, by)] if found else []
        return show(outputs.SubmissionList(results=results))

    @extend_schema(
        operation_id="file_submission",
        summary="File for a person",
        parameters=[IDEMPOTENT],
        request=inputs.NewSubmission,
        responses={201: outputs.SubmissionFiled},
        tags=["submissions"],
    )
    def post(self, request: Request) -> HttpResponse:
        """File, and return the reference that the person quotes."""
        no_parameters(request)
        new = body(request, inputs.NewSubmission)
        filed = _file(request, new, idempotency_key(request))
        headers = {"Location": presenting.url("submissions", filed.submission.pk)}
        if not filed.created:
            headers |= REPLAYED
        return show(_receipt(filed), 201, headers)


def _file(request: Request, new: inputs.NewSubmission, key: str | None) -> intake.Filed:
    filing = _filing(new, scope_of(request), key)
    try:
        return intake.file(filing, by=bearing(request).caller, at=timezone.now())
    except Incomplete as error:
        raise _incomplete(error, new) from None


class Batch(Endpoint):
    """Many filings at once."""

    scopes = {"POST": scopes.DESK}

    @extend_schema(
        operation_id="file_submissions",
        summary="File for many people at once, as an agent",
        description=(
            "Up to 100 filings, each with its own `agent` and so an authority of its own. Each is filed or refused by "
            "itself; `results` are in the order of the list. With the same Idempotency-Key, what was filed before is "
            "not filed again."
        ),
        parameters=[IDEMPOTENT],
        request=inputs.Batch,
        responses={200: outputs.BatchFiled},
        tags=["submissions"],
    )
    def post(self, request: Request) -> HttpResponse:
        """File each, and say of each what came of it."""
        no_parameters(request)
        batch = body(request, inputs.Batch)
        key = idempotency_key(request)
        results = [_one_of(request, each, key, index) for index, each in enumerate(batch.submissions)]
        filed = sum(result.submission is not None for result in results)
        return show(outputs.BatchFiled(filed=filed, refused=len(results) - filed, results=results))


def _one_of(request: Request, given: dict[str, Any], key: str | None, index: int) -> outputs.BatchItem:
    """File one of many; whatever is wrong with it is its own affair."""
    try:
        new = checked(given, inputs.NewSubmission)
        if new.agent is None:
            fault = Fault(_("Each of several filings is on an authority of its own."), pointer=pointer("agent"))
            raise Problem("incomplete", _("Some values are missing or cannot be used."), [fault])
        own = hashlib.sha256(f"{key}:{index}".encode()).hexdigest() if key is not None else None
        filed = _file(request, new, own)
    except (Problem, RecourseError) as error:
        told = document(error if isinstance(error, Problem) else of_service(error))
        return outputs.BatchItem(index=index, status=told["status"], problem=told)
    return outputs.BatchItem(index=index, status=201, submission=_receipt(filed))


class OneSubmission(Endpoint):
    """One submission."""

    scopes = {"GET": scopes.DESK}

    @extend_schema(
        operation_id="get_submission",
        summary="One filing with its requests",
        parameters=query_of(inputs.Revealing),
        responses={200: outputs.SubmissionShown},
        tags=["submissions"],
    )
    def get(self, request: Request, submission_id: UUID) -> HttpResponse:
        """Return it with personal values hidden, or in full for a reason that is recorded."""
        reason = parameters(request, inputs.Revealing).reason
        found = _with_key().filter(pk=submission_id).first()
        by = bearing(request).caller
        if found is None or outward.is_hidden(found, by):
            raise Problem("not-found", _("There is no such submission."))
        requests, at = _requests(found), timezone.now()
        revealed = reason is not None and found.purged_at is None
        if revealed:
            reveal(request, requests[0], _IN_THE_PERSON, reason or "", at)
        return show(presenting.submission(found, requests, _signals(found), at, by, revealed=revealed))


def reveal(request: Request, about: SubjectRequest, fields: Iterable[str], reason: str, at: datetime) -> None:
    """Put on record who looks at which personal values and why, before anything is shown."""
    if not bearing(request).has(Scope.STAFF):
        raise Problem("insufficient-scope", _("Personal values are shown to tokens with the scope staff only."))
    try:
        revealing.reveal(about.pk, fields, reason, by=bearing(request).caller, at=at)
    except Incomplete as error:
        fault = Fault(error.sentence, parameter="reason")
        raise Problem("bad-parameter", _("Some parameters cannot be used."), [fault]) from None


def details_of(request: Request, request_id: UUID) -> tuple[SubjectRequest, bool]:
    """Find a request, and say whether its details are shown: for a reason, which is put on record before.

    Nothing is shown of what is forgotten. Raises Problem where there is none for the caller, or it may not look.
    """
    reason = parameters(request, inputs.Revealing).reason
    found = find(request_id, bearing(request).caller)
    revealed = reason is not None and found.submission.purged_at is None
    if revealed:
        reveal(request, found, frozenset({Personal.DETAILS}), reason or "", timezone.now())
    return found, revealed


def _with_key() -> Any:
    return Submission.objects.select_related("data_key")


def _requests(found: Submission) -> list[SubjectRequest]:
    requests = list(found.requests.select_related("assignee").defer("details_sealed", "reason_sealed").order_by("id"))
    for request in requests:
        request.submission = found
    return requests


def _signals(found: Submission) -> list[str]:
    return asker.open_signals([found.pk]).get(found.pk, [])


def _filing(new: inputs.NewSubmission, scope: str, key: str | None) -> intake.Filing:
    return intake.Filing(
        channel=new.channel,
        language=new.language,
        country=new.where.country,
        region=new.where.region,
        relationship=new.who.relationship,
        email=new.contact.email,
        wants=tuple(intake.Want(wanted.right, wanted.details) for wanted in new.rights),
        name=new.who.name,
        phone=new.contact.phone,
        identifiers={kind: tuple(given) for kind, given in new.who.identifiers.items()},
        received_at=new.received_at,
        agent=AgentClaim(**new.agent.model_dump()) if new.agent else None,
        verified=_verified(new.verified) if new.verified else None,
        door=new.about,
        may_pass_on=new.may_pass_on,
        idempotency_scope=scope,
        idempotency_key=key,
    )


def _verified(seen: inputs.Verified) -> asserted.Verified:
    identifiers = {kind: tuple(values) for kind, values in seen.identifiers.items()}
    return asserted.Verified(seen.method, seen.at, identifiers)


def _incomplete(error: Incomplete, new: inputs.NewSubmission) -> Problem:
    """Point at the places of the body instead of at the fields of a filing."""
    places = dict(_PLACES)
    for number, wanted in enumerate(new.rights):
        for name in (*wanted.details, *SPECS[wanted.right].questions):
            places[f"{wanted.right}.{name}"] = f"rights.{number}.details.{name}"
    faults = [Fault(sentence, pointer=pointer(places.get(name, name))) for name, sentence in error.problems.items()]
    return Problem("incomplete", error.sentence, faults)


# --- The receipt -----------------------------------------------------------------------------------------------------


def _receipt(filed: intake.Filed) -> outputs.SubmissionFiled:
    """Say what was filed as it was then, so that a repeat gets the same words whatever has happened since."""
    submission = filed.submission
    in_order = sorted(filed.requests, key=lambda request: _ORDER[request.right])
    requests = [_filed_request(submission, each, filed.created) for each in in_order]
    return outputs.SubmissionFiled(
        id=submission.pk,
        reference=submission.reference,
        received_at=submission.received_at,
        url=presenting.url("submissions", submission.pk),
        tracker_url=links.tracker(submission.reference),
        requests=requests,
        next_steps=_next_steps(filed, requests),
        elsewhere=[presenting.door(each) for each in doors.fitting(submission, submission.received_at)],
    )


def _filed_request(submission: Submission, request: SubjectRequest, fresh: bool) -> outputs.FiledRequest:
    due_on, regime = (request.due_on, request.regime) if fresh else _first_due(submission, request)
    return outputs.FiledRequest(
        id=request.pk,
        right=request.right,
        state=_first_state(SPECS[Right(request.right)]),
        regime=regime,
        due_on=due_on,
        url=presenting.url("requests", request.pk),
    )


def _first_state(spec: RightSpec) -> State:
    if spec.floor > Floor.NOTHING:
        return State.VERIFYING
    return State.IN_REVIEW if spec.judges else State.FULFILLING


def _first_due(submission: Submission, request: SubjectRequest) -> tuple[date, str]:
    received = ClockEvent.at(EventKind.RECEIVED, submission.received_at, submission.zone)
    due = reckoning.governing(reckoning.reckon(submission, request.right, [received]), submission.zone)
    return due.on, due.regime


def _next_steps(filed: intake.Filed, requests: Iterable[outputs.FiledRequest]) -> list[outputs.NextStep]:
    steps = []
    listed = list(requests)
    lapses_on = local_date(filed.lapses_at, filed.submission.zone) if filed.lapses_at else None
    if lapses_on is not None:
        steps.append(
            outputs.NextStep(
                turn=TURN_OF[State.VERIFYING],
                step="confirm_address",
                text=_("The person opens the message we sent and confirms the address."),
                by=lapses_on,
            )
        )
    if filed.submission.for_other and lapses_on is not None:
        steps.append(
            outputs.NextStep(
                turn=TURN_OF[State.VERIFYING],
                step="show_authority",
                text=_("The agent shows the paper it acts on, and where a law allows it the person is asked."),
                by=lapses_on,
            )
        )
    steps.append(
        outputs.NextStep(
            turn=Turn.STAFF,
            step="answer",
            text=_("We answer. The person is told by mail when the answer is ready."),
            by=min(request.due_on for request in listed),
        )
    )
    return steps
