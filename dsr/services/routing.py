"""The wrong door, for what is no data of a customer's: another desk, brand or company answers for it.

The person is told where to turn, in words that stay with the case; a line of the register says so. With the person's
agreement, or to a desk of the same organisation, it is passed on, and word is awaited.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from dsr import doors
from dsr.errors import Incomplete
from dsr.ids import new_reference
from dsr.lifecycle import BY_VERB, State
from dsr.models import Agreed, Direction, Post, Referral, SubjectRequest
from dsr.policies import can_make, check_can_make
from dsr.rights import SPECS, Right
from dsr.rules.schema.offers import Door
from dsr.services import letters, pausing, referring, taskwork, telling
from dsr.services._moves import Caller, Case, holding
from dsr.services.referring import Elsewhere
from dsr.services.steps import destroy_later
from dsr.services.threads import checked_text
from notifications.ids import uuid7


def route(request_id: UUID, way: Elsewhere, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Close by sending the person to whoever answers for this.

    Raises Incomplete for a door that is not in the directory, or where something is to be passed on without agreement.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["redirect"], by, at)
        door = _checked(case, way, at)
        meant = [request]
        if way.whole:
            others = (each for each in case.requests() if each.pk != request.pk)
            meant += [each for each in others if can_make(each, "redirect", by, at)]
        rows = [_row(case, each, door, way, by, at) for each in meant]
        words = _words(case, door, way, rows[0])
        for each, row in zip(meant, rows, strict=True):
            each.seal("reason", words)
            case.move(each, "redirect", by=by, at=at, data=_data(row), by_id=by.user_id)
            taskwork.call_off(each)
            pausing.end_unweighed(case, each, at)
            destroy_later(each, at)
        _tell(case, door, way, rows, part=False, at=at)
    return request


def route_part(
    request_id: UUID, way: Elsewhere, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Send the person to whoever answers for part of this, and go on here with the rest. Raises Incomplete."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["refer"], by, at)
        door = _checked(case, way, at)
        if Referral.objects.filter(request=request, door=door.id).exists():
            raise Incomplete(_("The person was sent there with this already."), field="door")
        row = _row(case, request, door, way, by, at)
        case.move(request, "refer", by=by, at=at, data=_data(row))
        post = Post(
            id=uuid7(at),
            submission=case.submission,
            request=request,
            direction=Direction.TO_PERSON,
            author=by.user,
            at=at,
        )
        post.seal("body", _words(case, door, way, row))
        case.add(post)
        _tell(case, door, way, [row], part=True, at=at)
    return request


def _checked(case: Case, way: Elsewhere, at: datetime) -> Door:
    problems: dict[str, str] = {}
    door = next((each for each in doors.directory(case.submission, at) if each.id == way.door), None)
    if door is None:
        problems["door"] = _("Choose somebody from the directory who answers for people from there.")
    if way.agreed not in Agreed.values:
        problems["agreed"] = _("Choose how the person agreed.")
    elif way.agreed == Agreed.FILED and not case.submission.may_pass_on:
        problems["agreed"] = _("The person did not say so when they filed. Ask first.")
    elif door is not None and way.pass_on and door.needs_agreement and not way.agreed:
        problems["agreed"] = _("This tells another organisation who asks: only with the person's agreement.")
    elif door is not None and way.pass_on and door.needs_agreement and _is_unproved(case):
        problems["pass_on"] = _("Nobody has confirmed the address yet, so it is not known who agreed.")
    if way.customer is not None or way.categories:
        problems["customer"] = _("Choose either a customer or somebody from the directory.")
    if way.text:
        try:
            checked_text(way.text)
        except Incomplete as error:
            problems["text"] = error.problems.get("text", error.sentence)
    if problems or door is None:
        raise Incomplete(_("Some answers are missing or cannot be used."), problems=problems)
    return door


def _is_unproved(case: Case) -> bool:
    """Whether somebody has still to show that they read the address: it may not be theirs who agreed."""
    waits = any(each.state == State.VERIFYING for each in case.requests())
    return waits and not telling.is_read(case.submission)


def _row(case: Case, request: SubjectRequest, door: Door, way: Elsewhere, by: Caller, at: datetime) -> Referral:
    """Enter a line of the register."""
    row = Referral(
        id=uuid7(at),
        number=f"D-{new_reference()}",
        request=request,
        door=door.id,
        made_at=at,
        made_by=by.user,
        told_person_at=at,
        agreed=way.agreed if way.pass_on else "",
    )
    if way.pass_on:
        row.told_customer_at = at
        row.due_on, row.remind_at = referring.word_due(case, request, at)
    case.add(row)
    return row


def _data(row: Referral) -> dict[str, object]:
    return {"referral": str(row.pk), "door": row.door, "passed_on": row.due_on is not None}


def _words(case: Case, door: Door, way: Elsewhere, row: Referral) -> str:
    """Return what the person reads beside the request, in their language."""
    language = case.submission.language
    told = doors.told(door, language)
    with override(language):
        lines = [
            _("%(title)s answers for this: %(responsible)s") % told,
            " ".join(filter(None, (told["how"], told["email"], told["url"]))),
            way.text.strip(),
        ]
        if row.due_on is None:
            lines.append(_("We have passed nothing on about you. Please turn there yourself."))
        else:
            lines.append(_("We have passed it on there. You need not write there yourself."))
    return "\n".join(filter(None, lines))


def _tell(case: Case, door: Door, way: Elsewhere, rows: Sequence[Referral], *, part: bool, at: datetime) -> None:
    submission, first = case.submission, rows[0]
    with override(submission.language):
        lines = tuple(line(row) for row in rows)
    told = doors.told(door, submission.language)
    letter = letters.Routed(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        lines=lines,
        part=part,
        text=way.text.strip(),
        passed_on=first.due_on is not None,
        due_on=first.due_on,
        remedies=telling.remedies(submission),
        tracker=telling.door(case, at),
        **told,
    )
    about = [row.request for row in rows]
    telling.tell_in(case, letter, at=at, dedupe=f"routed:{first.pk}", about=about)
    if first.due_on is not None:
        pass_on(case, rows, door.email, at=at)


def line(row: Referral) -> str:
    """Return a line of the register as a letter names it: the right, and the number."""
    return f"{SPECS[Right(row.request.right)].title} ({row.number})"


def pass_on(case: Case, rows: Sequence[Referral], to: str, *, at: datetime, again: bool = False) -> None:
    """Tell the other side who asks for what. Only with agreement, or to a desk of the same organisation."""
    submission, first = case.submission, rows[0]
    assert first.due_on is not None
    with override(referring.HOUSE):
        letter = letters.PassedOn(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            lines=tuple(line(row) for row in rows),
            name=submission.open("name"),
            email=submission.open("email"),
            received_on=referring.day(submission, submission.received_at),
            due_on=first.due_on,
            again=again,
        )
    telling.tell_other(case, letter, to=to, at=at, dedupe=f"passed_on:{first.pk}:{first.reminders}")
