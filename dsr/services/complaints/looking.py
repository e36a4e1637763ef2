"""Looking into a complaint: who takes it on, whom one asks, what is found point by point, and word meanwhile."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Max
from django.utils.translation import gettext as _

from dsr.deadlines import local_date
from dsr.errors import Incomplete, NotFound
from dsr.lifecycle import BY_VERB
from dsr.models import Direction, Enquiry, Finding, PointVerdict, Remedy, SubjectRequest
from dsr.policies import check_can_make
from dsr.rights import SPECS, Right
from dsr.services import letters, telling, threads
from dsr.services._moves import Caller, holding
from dsr.services.threads import checked_text
from notifications.ids import uuid7

Row = TypeVar("Row", Enquiry, Finding, Remedy)
_LINE = 200


@dataclass(frozen=True, slots=True)
class Found:
    """What was found about one point. ``facts`` stay in the file; ``reason`` is what the person reads."""

    point: str
    verdict: str
    facts: str
    measure: str
    reason: str


def take(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Take a complaint on, to look into it. Raises NotAllowed for whoever handled what it is about."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, "take_complaint", by=by, at=at, by_id=by.user_id)
    return request


def enquire(
    request_id: UUID, whom: str, text: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Keep what was asked of whom."""
    texts = {"whom": one_line(whom, "whom"), "asked": checked_text(text)}
    return _added(request_id, "enquire", Enquiry, texts, {}, by, at, expect)


def note_reply(
    request_id: UUID, number: int, text: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Keep what came of an enquiry, be it nothing."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["note_reply"], by, at)
        row = _row(request, Enquiry, number)
        row.seal("reply", checked_text(text))
        row.replied_at = at
        case.move(request, "note_reply", by=by, at=at, data={"enquiry": number})
        row.save(update_fields=["reply_sealed", "replied_at"])
    return request


def add_finding(
    request_id: UUID, found: Found, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Keep what was found about one point of the complaint."""
    if found.verdict not in PointVerdict.values:
        raise Incomplete(_("Choose what was found."), field="verdict")
    texts = {name: checked_text(getattr(found, name), name) for name in ("point", "facts", "measure", "reason")}
    return _added(request_id, "add_finding", Finding, texts, {"verdict": found.verdict}, by, at, expect)


def drop_finding(
    request_id: UUID, number: int, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Take a finding back."""
    return _dropped(request_id, "drop_finding", Finding, number, by, at, expect)


def promise(
    request_id: UUID,
    text: str,
    owner: str,
    due_on: date,
    *,
    by: Caller,
    at: datetime,
    expect: int | None = None,
) -> SubjectRequest:
    """Keep what will be done, by which colleague and by when; the answer tells it to the person."""
    colleague = get_user_model().objects.filter(username=owner, is_active=True).first()
    if colleague is None:
        raise Incomplete(_("Choose a colleague who sees to it."), field="owner")
    facts = {"owner": colleague, "due_on": due_on}
    return _added(request_id, "promise", Remedy, {"what": checked_text(text)}, facts, by, at, expect)


def drop_promise(
    request_id: UUID, number: int, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Take out what was not told to the person yet."""
    return _dropped(request_id, "drop_promise", Remedy, number, by, at, expect)


def news(request_id: UUID, text: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Tell the person how it goes. The mail says that there is word; the text stays behind the tracker's link."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        post = threads.keep(case, request, "news", Direction.TO_PERSON, text, by, at)
        letter = letters.ComplaintNews(
            reference=case.submission.reference,
            organisation=telling.organisation(case.submission),
            right=str(SPECS[Right(request.right)].title),
            due_on=request.due_on,
            tracker=telling.tracker_link(case.submission, at),
        )
        telling.tell_in(case, letter, at=at, dedupe=f"news:{post.pk}")
    return request


def one_line(text: str, field: str) -> str:
    """Return a text of one line as we keep it. Raises Incomplete for a longer one."""
    if len(text) > _LINE or "\n" in text.strip():
        raise Incomplete(_("Use one line of at most %(number)d characters.") % {"number": _LINE}, field=field)
    return checked_text(text, field)


def _added(
    request_id: UUID,
    verb: str,
    model: type[Row],
    texts: dict[str, str],
    facts: dict[str, Any],
    by: Caller,
    at: datetime,
    expect: int | None,
) -> SubjectRequest:
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB[verb], by, at)
        due_on = facts.get("due_on")
        if due_on is not None and due_on < local_date(at, case.submission.zone):
            raise Incomplete(_("Choose a day that is still to come."), field="due_on")
        last = model._default_manager.filter(request=request).aggregate(last=Max("number"))["last"] or 0
        row = model(id=uuid7(at), request=request, number=last + 1, at=at, by=by.user, **facts)
        for name, text in texts.items():
            row.seal(name, text)
        data = {"number": row.number}
        if "verdict" in facts:
            data["verdict"] = facts["verdict"]
        case.move(request, verb, by=by, at=at, data=data)
        row.save(force_insert=True)
    return request


def _row(request: SubjectRequest, model: type[Row], number: int) -> Row:
    row = model._default_manager.filter(request=request, number=number).first()
    if row is None:
        raise NotFound(_("There is nothing with this number."))
    row.request = request
    return row


def _dropped(
    request_id: UUID, verb: str, model: type[Row], number: int, by: Caller, at: datetime, expect: int | None
) -> SubjectRequest:
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB[verb], by, at)
        row = _row(request, model, number)
        case.move(request, verb, by=by, at=at, data={"number": number})
        row.delete()
    return request
