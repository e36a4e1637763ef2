"""Correction: each thing that is said to be wrong decided by itself, put right in every system, or argued beside it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from dsr.connectors import Ability, Change, Code, ConnectorError, Note, PermanentFailure, open_connector
from dsr.errors import Incomplete, NotFound, WrongState
from dsr.lifecycle import State
from dsr.models import (
    CorrectionItem,
    ItemDecision,
    LedgerEntry,
    LedgerOutcome,
    Step,
    SubjectRequest,
    System,
    Task,
    TaskKind,
    TaskResult,
)
from dsr.packaging.parcel import open_parcel
from dsr.rights import CORRECTION_ROWS, Right
from dsr.services import codes, recipients, renaming, taskwork
from dsr.services._moves import Caller, Case, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.grounds import check_ground_of_a_part
from dsr.services.identifiers import identifiers_for, known_identifiers
from dsr.services.places import Place
from dsr.services.storage import vault
from dsr.services.taskwork import Came, Claim
from dsr.services.threads import checked_text
from dsr.services.ties import together
from notifications.ids import uuid7
from verification.proofs import Level

_MOST_SHOWN = 20
"""Of one field, so many values of records are shown to staff."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a field of a system holds about the person; ``login`` says that one signs in with it."""

    place: Place
    title: str
    category: str
    login: bool
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided about one item. ``places`` are where it is put right; ``ground`` and ``reason`` of a refusal."""

    decision: str
    places: tuple[str, ...] = ()
    ground: str = ""
    reason: str = ""


def take_in(case: Case, request: SubjectRequest, at: datetime) -> None:
    """Make an item of each thing that the person named when filing, inside the caller's transaction."""
    if request.right != Right.CORRECTION or request.items.exists():
        return
    details = request.open_json("details")
    for number in range(1, CORRECTION_ROWS + 1):
        about, asked = details.get(f"wrong_{number}", ""), details.get(f"right_{number}", "")
        if about or asked:
            _add(request, about, asked, at)


def _add(request: SubjectRequest, about: str, asked: str, at: datetime) -> CorrectionItem:
    item = CorrectionItem(id=uuid7(at), request=request, number=request.items.count() + 1)
    item.seal("about", about)
    item.seal("asked", asked)
    item.save(force_insert=True)
    return item


def add_item(
    request_id: UUID, about: str, asked: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Add something that the person says is wrong, as it came in a message or by telephone."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, "add_item", by=by, at=at)
        _add(request, checked_text(about, "about"), checked_text(asked, "asked"), at)
    return request


def held(request: SubjectRequest) -> list[Held]:
    """Return what every correctable field of every system holds of the person, as it was fetched. Personal values."""
    found = []
    for step in request.steps.select_related("system__data_key").order_by("system__key"):
        step.request = request
        found += list(_held_in(step))
    return found


def _held_in(step: Step) -> Iterator[Held]:
    connector = open_connector(step.system.connector, step.system.open_json("config"))
    values: dict[tuple[str, str], dict[str, None]] = {}
    if step.parcel:
        with open_parcel(vault(), step.parcel, step.request.submission.data_key.key_bytes()) as parcel:
            for rows in parcel.rows:
                for record in parcel.records(rows):
                    for name, value in record.items():
                        values.setdefault((rows.dataset.name, name), {})[str(value)] = None
    for dataset in connector.describe():
        for part in dataset.fields:
            if part.correctable:
                place = Place(step.system.key, dataset.name, part.name)
                here = tuple(values.get((dataset.name, part.name), ()))[:_MOST_SHOWN]
                yield Held(place, part.title, part.category, part.login, here)


def decide_item(
    request_id: UUID, number: int, decision: Decision, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Decide on one item: where it is put right, or on which ground it stays, with reasons.

    What one signs in with is only changed for somebody who has shown strongly who they are: it is how accounts are
    taken over. Raises Incomplete, NotFound, WrongState.
    """
    places = [Place.read(text) for text in decision.places]
    try:
        fields, now = _fields(places), _held_at(request_id, places)
    except ConnectorError:
        raise WrongState(
            _("A system does not say just now what it holds. Try again in some minutes."), code="system-not-now"
        ) from None
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        item = request.items.filter(number=number).first()
        if item is None:
            raise NotFound(_("There is no such item."))
        item.request = request
        _check(case, request, decision, fields)
        _check_searched(request, places)
        data = {"item": number, "decision": decision.decision, "ground": decision.ground}
        case.move(request, "decide_item", by=by, at=at, data=data)
        item.decision, item.decided_by, item.decided_at = decision.decision, by.user, at
        item.places, item.is_login = [str(place) for place in places], any(part.login for part in fields)
        item.ground = decision.ground if decision.decision == ItemDecision.REFUSE else ""
        item.seal("reason", decision.reason.strip())
        item.seal("held", now)
        item.save()
    return request


def _held_at(request_id: UUID, places: Sequence[Place]) -> str:
    """Return what some fields hold when it is decided about them, one line each. Personal values."""
    if not places:
        return ""
    request = SubjectRequest.objects.select_related("submission__data_key").get(pk=request_id)
    return "\n".join(f"{each.place}: {', '.join(each.values)}" for each in held(request) if each.place in places)


@dataclass(frozen=True, slots=True)
class _Found:
    category: str
    login: bool
    correctable: bool


def _fields(places: Iterable[Place]) -> list[_Found]:
    """Return what the systems say of some fields. Raises Incomplete for one that is not there. Asks systems."""
    found = []
    for place in places:
        system = System.objects.select_related("data_key").filter(key=place.system).first()
        datasets = open_connector(system.connector, system.open_json("config")).describe() if system else ()
        parts = [part for each in datasets if each.name == place.dataset for part in each.fields]
        part = next((part for part in parts if part.name == place.field), None)
        if part is None:
            raise Incomplete(_("There is no such field: %(place)s.") % {"place": place}, field="places")
        found.append(_Found(part.category, part.login, part.correctable))
    return found


def _check(case: Case, request: SubjectRequest, decision: Decision, fields: Sequence[_Found]) -> None:
    if decision.decision == ItemDecision.REFUSE:
        check_ground_of_a_part(request, decision.ground)
        checked_text(decision.reason, "reason")
        return
    if decision.decision != ItemDecision.CORRECT:
        raise Incomplete(_("Say whether it is put right or stays as it is."), field="decision")
    if not fields:
        raise Incomplete(_("Choose every field in which it is put right."), field="places")
    if not all(part.correctable for part in fields):
        raise Incomplete(_("One of these fields cannot be set. Ask the owner of the system."), field="places")
    if any(part.login for part in fields) and case.submission.verified_level < Level.STRONG:
        raise WrongState(
            _(
                "One signs in with this, and whoever changes it may take the account over. Ask for more proof first: "
                "it takes a strong one."
            ),
            code="login-needs-more",
        )


def _check_searched(request: SubjectRequest, places: Iterable[Place]) -> None:
    """Raise Incomplete for a system that was not asked for this request: nothing could be carried out there."""
    asked = set(request.steps.values_list("system__key", flat=True))
    for place in places:
        if place.system not in asked:
            raise Incomplete(_("There is no such field: %(place)s.") % {"place": place}, field="places")


Jobs = dict[str, list[dict[str, Any]]]
"""What each system is to do, by its key."""


def prepare(request: SubjectRequest, at: datetime) -> Any:
    """Gather what every system is to change and by what it knows the person, and return what makes the tasks."""
    steps = {step.system.key: step for step in request.steps.select_related("system__data_key")}
    who: dict[str, dict[str, list[str]]] = {}
    for key in {Place.read(text).system for item in request.items.all() for text in item.places}:
        steps[key].request = request
        who[key] = identifiers_for(steps[key])
    right = request.items.filter(decision=ItemDecision.CORRECT)
    what = [f"{item.number} {place}" for item in right for place in item.places]

    def ready(case: Case, request: SubjectRequest, at: datetime) -> None:
        jobs, notes = _jobs(request)  # read here: the person may have stated something while systems were asked
        for kind, wanted in ((TaskKind.CORRECT, jobs), (TaskKind.ANNOTATE, notes)):
            for key, parts in wanted.items():
                changes = {"who": who[key], "parts": parts, "renamed": renaming.renamed(request, key, who[key])}
                taskwork.make(case, request, steps[key].system_id, kind, at=at, changes=changes)
        _enter_refused(request, at)
        recipients.make_tasks(case, request, together(*who.values()), what, at)

    return ready


def _jobs(request: SubjectRequest) -> tuple[Jobs, Jobs]:
    """Return what is to be set in each system, and what the person states beside it."""
    jobs: Jobs = {}
    notes: Jobs = {}
    for item in request.items.all():
        item.request = request
        for place in map(Place.read, item.places):
            if item.decision == ItemDecision.CORRECT:
                job = {"dataset": place.dataset, "field": place.field, "value": item.open("asked")}
                jobs.setdefault(place.system, []).append(job)
            elif item.statement_sealed:
                notes.setdefault(place.system, []).append({"dataset": place.dataset, "text": item.open("statement")})
    return jobs, notes


def _enter_refused(request: SubjectRequest, at: datetime) -> None:
    """Enter in the ledger what stays as it is, and on which ground."""
    for item in request.items.filter(decision=ItemDecision.REFUSE):
        for place in map(Place.read, item.places):
            system = System.objects.get(key=place.system)
            [part] = _fields([place])
            LedgerEntry.objects.update_or_create(
                request=request,
                system=system,
                category=part.category,
                outcome=LedgerOutcome.WITHHELD,
                defaults={"ground": item.ground, "at": at},
            )


def correct(task: Task, claim: Claim, at: datetime) -> Came:
    """Put fields right in one system. Doing it twice does it once."""
    connector = open_connector(task.system.connector, task.system.open_json("config"))
    if Ability.CORRECT not in connector.abilities():
        raise PermanentFailure(Code.UNABLE, "correct")
    changes = task.open_json("changes")
    wanted = [Change(part["dataset"], part["field"], part["value"]) for part in changes["parts"]]
    held = task.open_json("cursor")
    cursor = str(held.get("cursor", ""))
    claim.check()
    if not claim.note(task.lines, {**held, "begun": True}):  # before it is done: whoever takes over may find it done
        raise PermanentFailure(Code.CALLED_OFF)
    came = connector.correct(changes["who"], wanted, key=taskwork.key_of(task, "correct"), cursor=cursor)
    if not came.finished:
        return taskwork.goes_on(task, came.cursor, came.again_after)
    records = dict(came.records)
    if held.get("begun") or task.ordinal:
        records = renaming.right_already(task, connector, wanted, records)
    categories = {
        (dataset.name, part.name): part.category for dataset in connector.describe() for part in dataset.fields
    }
    found: dict[str, int] = {}
    for change in wanted:
        category = categories[change.dataset, change.field]
        found[category] = found.get(category, 0) + int(records.get(change.dataset, 0))

    def then(case: Case, task: Task, at: datetime) -> None:
        enter(case.request(task.request_id), task.system, found, at)

    result = TaskResult.DONE if any(found.values()) else TaskResult.NOTHING_HELD
    return Came(result, code=codes.joined(came.notes), then=then)


def enter(request: SubjectRequest, system: System, records: Mapping[str, int], at: datetime) -> None:
    """Enter in the ledger what a system has put right, by category, inside the caller's transaction."""
    for category, count in records.items():
        outcome = LedgerOutcome.CORRECTED if count else LedgerOutcome.NOTHING_HELD
        LedgerEntry.objects.update_or_create(
            request=request, system=system, category=category, outcome=outcome, defaults={"count": count, "at": at}
        )


def annotate(task: Task, claim: Claim, at: datetime) -> Came:
    """Keep the person's statement beside the data in one system."""
    connector = open_connector(task.system.connector, task.system.open_json("config"))
    if Ability.ANNOTATE not in connector.abilities():
        raise PermanentFailure(Code.UNABLE, "annotate")
    changes = task.open_json("changes")
    notes = [Note(part["dataset"], part["text"]) for part in changes["parts"]]
    claim.check()
    came = renaming.annotate(task, connector, changes["who"], notes)
    if came is None:
        held = task.open_json("cursor")
        return Came(cursor=json.dumps({**held, "again": held.get("again", 0) + 1}), again_after=renaming.AGAIN)
    result = TaskResult.DONE if any(came.records.values()) else TaskResult.NOTHING_HELD
    return Came(result, code=codes.joined(came.notes))


def disagree(
    request_id: UUID, number: int, text: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Keep a statement of the person about something that stays as it is, beside the data too where systems can.

    Raises WrongState for an item that was put right or not decided on yet.
    """
    known = _known_where(request_id, number)
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        item = request.items.filter(number=number).first()
        if item is None:
            raise NotFound(_("There is no such item."))
        if item.decision != ItemDecision.REFUSE:
            raise WrongState(_("This was not refused, so there is nothing to disagree with."), code="not-refused")
        item.request = request
        case.move(request, "disagree", by=by, at=at, data={"item": number})
        item.seal("statement", checked_text(text))
        item.statement_at = at
        item.save()
        begun = request.state == State.FULFILLING and request.act_at is None
        if begun or request.state == State.CLOSED:  # before, it is carried out with the rest
            for place in map(Place.read, item.places):
                step = request.steps.get(system__key=place.system)
                who = known.get(place.system) or known_identifiers(case.submission)
                changes = {"who": who, "parts": [{"dataset": place.dataset, "text": item.open("statement")}]}
                taskwork.make(case, request, step.system_id, TaskKind.ANNOTATE, at=at, changes=changes)
        ring(Bell.WORK, str(case.submission.pk))
    return request


def _known_where(request_id: UUID, number: int) -> dict[str, dict[str, list[str]]]:
    """Return by what the systems of an item know the person, by system. Asks systems, so it comes before any lock.

    One that does not say now must not keep the person's word from us: it is left out.
    """
    requests = SubjectRequest.objects.select_related("submission__data_key")
    request = requests.filter(pk=request_id, state__in=(State.FULFILLING, State.CLOSED)).first()
    item = request.items.filter(number=number).first() if request else None
    if request is None or item is None or request.submission.purged_at is not None:
        return {}
    found = {}
    keys = {Place.read(text).system for text in item.places}
    for step in request.steps.select_related("system__data_key").filter(system__key__in=keys):
        step.request = request
        try:
            found[step.system.key] = together(identifiers_for(step), renaming.known_before(request))
        except ConnectorError:
            continue
    return found
