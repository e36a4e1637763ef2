"""Marking what is taken out of an answer, taking it back, deciding on proposals, and the second person's look."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from dsr.errors import Incomplete, NotFound, WrongState
from dsr.lifecycle import BY_VERB
from dsr.models import Mark, MarkKind, MarkState, MarkWhat, Step, SubjectRequest
from dsr.packaging.parcel import HeldRows
from dsr.packaging.redacting.finding import SHORTEST, squeezed
from dsr.policies import check_can_make
from dsr.services._moves import Caller, Case, holding
from dsr.services.grounds import check_ground
from dsr.services.redaction import terms
from dsr.services.threads import checked_text
from notifications.ids import uuid7

LONGEST = 500
OTHERS = "third_party_rights"
"""The ground on which something about others is taken out."""
ACCEPT, REJECT = "accept", "reject"


@dataclass(frozen=True, slots=True)
class Marking:
    """What somebody wants taken out, of which kind, on which ground, and why. Records and files count from 1."""

    what: str
    kind: str
    ground: str
    reason: str
    passage: str = ""
    system: str = ""
    dataset: str = ""
    field: str = ""
    record: int | None = None
    file: int | None = None


def mark(request_id: UUID, wanted: Marking, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Take a text, a field or a file out of the answer, or let a file go that no program can read.

    It counts for nothing before a second person has looked at it. Raises NotAllowed, WrongState, Incomplete.
    """
    request = SubjectRequest.objects.select_related("submission__data_key").filter(pk=request_id).first()
    if request is None:
        raise NotFound(_("There is no such request."))
    check_can_make(request, BY_VERB["mark"], by, at)
    reason = _checked(request, wanted)
    # Parcels are read before anything is locked; what may change meanwhile is compared after.
    step = _place(request, wanted, at)
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        if step is not None and not request.steps.filter(pk=step.pk, parcel=step.parcel).exists():
            raise WrongState(_("This system was searched anew. Look at what it found now."), code="found-anew")
        row = Mark(
            id=uuid7(at),
            request=request,
            step=step,
            parcel=step.parcel if step else "",
            what=wanted.what,
            kind=wanted.kind,
            ground=wanted.ground,
            state=MarkState.MARKED,
            dataset=wanted.dataset if step and wanted.what == MarkWhat.FIELD else "",
            field=wanted.field if step and wanted.what == MarkWhat.FIELD else "",
            record=wanted.record if wanted.what == MarkWhat.FIELD else None,
            file=wanted.file if wanted.what in (MarkWhat.FILE, MarkWhat.PASS) else None,
            by=by.user,
            at=at,
        )
        row.seal("reason", reason)
        row.seal("text", _passage(wanted) if wanted.what == MarkWhat.TEXT else "")
        data = {"mark": str(row.pk), "what": row.what, "kind": row.kind, "ground": row.ground}
        case.move(request, "mark", by=by, at=at, data=data)
        row.save(force_insert=True)
    return request


def unmark(request_id: UUID, mark_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Leave in the answer what was to be taken out."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        row = request.marks.filter(pk=mark_id, state=MarkState.MARKED).first()
        if row is None:
            raise NotFound(_("There is no such mark."))
        case.move(request, "unmark", by=by, at=at, data={"mark": str(row.pk)}, seen=row.looked_at is not None)
        row.state, row.ended_at = MarkState.LIFTED, at
        row.save(update_fields=["state", "ended_at"])
    return request


def decide(
    request_id: UUID, marks: Collection[UUID], decision: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Take up or reject what a program proposes. What is taken up is the mark of whoever takes it up."""
    if decision not in (ACCEPT, REJECT):
        raise Incomplete(_("Say whether the proposals are taken up."), field="decision")
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["decide_mark"], by, at)
        rows = list(request.marks.filter(pk__in=set(marks), state=MarkState.PROPOSED))
        if not rows or len(rows) != len(set(marks)):
            raise Incomplete(_("Choose proposals that nobody has decided on yet."), field="marks")
        taken = decision == ACCEPT
        data = {"decision": decision, "marks": [str(row.pk) for row in rows]}
        numbers = {"taken_up": len(rows) if taken else 0, "rejected": 0 if taken else len(rows)}
        case.move(request, "decide_mark", by=by, at=at, data=data, **numbers)
        for row in rows:
            row.request = request
            row.state = MarkState.MARKED if taken else MarkState.REJECTED
            row.by, row.at = (by.user, at) if taken else (None, row.at)
            row.ended_at = None if taken else at
            row.seal("reason", _("It says something about somebody else.") if taken else "")
        Mark.objects.bulk_update(rows, ["state", "by", "at", "ended_at", "reason_sealed"])
    return request


def look_over(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Confirm everything that others marked and nobody else has seen. One's own marks wait for another."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        unseen = request.marks.filter(state=MarkState.MARKED, looked_at=None).exclude(by_id=by.user_id)
        seen = unseen.count()
        case.move(request, "look_over", by=by, at=at, data={"marks": seen}, seen=seen)
        unseen.update(looked_by=by.user, looked_at=at)
    return request


def check_it_fits(request: SubjectRequest) -> None:
    """Raise WrongState where something was marked in a system that was searched anew since."""
    if not request.marks_standing:
        return
    placed = request.marks.filter(state=MarkState.MARKED, step__isnull=False).select_related("step__system")
    for row in placed:
        if row.step is not None and row.step.parcel != row.parcel:
            raise WrongState(
                _("%(system)s was searched anew since something was marked in it. Take that mark back and look again.")
                % {"system": row.step.system.name},
                code="found-anew",
            )


def keep_proposals(case: Case, request: SubjectRequest, found: Collection[tuple[str, str]], at: datetime) -> None:
    """Keep what a program proposes: pairs of kind and text."""
    rows = []
    for kind, text in found:
        row = Mark(
            id=uuid7(at), request=request, what=MarkWhat.TEXT, kind=kind, ground=OTHERS, state=MarkState.PROPOSED, at=at
        )
        row.seal("text", text)
        rows.append(row)
    case.add(*rows)


# --- What can be marked ----------------------------------------------------------------------------------------------


def _checked(request: SubjectRequest, wanted: Marking) -> str:
    """Return the reason as it is kept. Raises Incomplete for what cannot be marked so."""
    if wanted.what not in MarkWhat.values:
        raise Incomplete(_("Say what is to be taken out: a text, a field or a file."), field="what")
    if wanted.kind not in MarkKind.values:
        raise Incomplete(_("Choose what kind of thing it is."), field="kind")
    check_ground(request, wanted.ground)
    return checked_text(wanted.reason, "reason")


def _passage(wanted: Marking) -> str:
    return " ".join(checked_text(wanted.passage, "passage").split())


def _place(request: SubjectRequest, wanted: Marking, at: datetime) -> Step | None:
    """Return the step that a mark is in, None for a text, which may stand anywhere. Raises Incomplete."""
    if wanted.what == MarkWhat.TEXT:
        _check_passage(request, wanted, at)
        return None
    step = request.steps.filter(system__key=wanted.system).exclude(parcel="").select_related("system").first()
    if step is None:
        raise Incomplete(_("Choose a system in which something was found."), field="system")
    step.request = request
    with terms.opened(step) as parcel:
        if wanted.what in (MarkWhat.FILE, MarkWhat.PASS):
            if wanted.file is None or not 1 <= wanted.file <= len(parcel.files):
                raise Incomplete(_("Choose a file that was found."), field="file")
            return step
        held = next((each for each in parcel.rows if each.dataset.name == wanted.dataset and each.rows), None)
        if held is None:
            raise Incomplete(_("Choose a kind of record that was found."), field="dataset")
        _check_field(wanted, held)
        if wanted.record is None and len(terms.values(parcel, held, wanted.field, None)) > terms.MOST_VALUES:
            raise Incomplete(
                _("This field holds too many different values to be sure of each. Hold its data category back."),
                field="field",
            )
    return step


def _check_field(wanted: Marking, held: HeldRows) -> None:
    if wanted.field not in held.types:
        raise Incomplete(_("Choose a field that these records have."), field="field")
    if wanted.record is not None and not 1 <= wanted.record <= held.rows:
        raise Incomplete(_("There is no record of that number."), field="record")


def _check_passage(request: SubjectRequest, wanted: Marking, at: datetime) -> None:
    text = _passage(wanted)
    if len(text) > LONGEST:
        raise Incomplete(_("Use at most %(number)d characters.") % {"number": LONGEST}, field="passage")
    least = SHORTEST if text.isascii() else 2
    if len(squeezed(text)) < least:
        raise Incomplete(
            _("This is too short to be told from other words. Mark the whole field instead."), field="passage"
        )
    if terms.Shell(request, at).place(text, request.submission.country):
        raise Incomplete(
            _("This also stands in what everybody gets, such as our own name. Mark the whole field instead."),
            field="passage",
        )
