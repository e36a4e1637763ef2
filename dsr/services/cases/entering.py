"""Taking in the letter of an authority, telling the officer at once, and saying whom it is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from dsr import caselife
from dsr.deadlines import local_date
from dsr.errors import Incomplete, NotFound, WrongState
from dsr.ids import clean_reference
from dsr.models import AuthorityCase, CaseLink, SubjectRequest, Submission
from dsr.policies import Caller
from dsr.policies.cases import check_can_make, check_may_enter
from dsr.rules import pack
from dsr.services.cases import authorities, dates, road
from dsr.services.complaints.looking import one_line
from dsr.services.threads import checked_text
from notifications.ids import uuid7
from notifications.models import DataKey

_MOST = 50
"""As many filings are linked to one case at most."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What an authority wrote. ``due_on`` is the day of the letter: it is never worked out."""

    authority: str
    reference: str
    received_on: date
    due_on: date
    subject: str
    office: str = ""
    references: Sequence[str] = ()
    """Of filings that it is about; none where it is about nobody in particular."""


def enter(letter: Letter, *, by: Caller, at: datetime) -> AuthorityCase:
    """Open a case for the letter of an authority, and tell the officer. Raises NotAllowed, or Incomplete by field."""
    check_may_enter(by)
    zone = pack().notice_then(at.date()).seat_for("").zone
    _check(letter, local_date(at, zone))
    with transaction.atomic():
        found = _submissions(letter.references, "references")
        key = DataKey.new(at)
        key.save(force_insert=True)
        case = AuthorityCase(
            id=uuid7(at),
            authority=letter.authority,
            office=letter.office.strip(),
            received_on=letter.received_on,
            due_on=letter.due_on,
            zone=zone,
            entered_at=at,
            entered_by=by.user,
            data_key=key,
        )
        case.seal("reference", one_line(letter.reference, "reference"))
        case.seal("subject", checked_text(letter.subject, "subject"))
        dates.watch(case, at)
        case.save(force_insert=True)
        links = [CaseLink(id=uuid7(at), case=case, submission=each, at=at) for each in found]
        CaseLink.objects.bulk_create(links)
        days = {"received_on": letter.received_on.isoformat(), "due_on": letter.due_on.isoformat()}
        told = dates.tell_opened(case, at)
        road.write(case, "enter", by=by, at=at, data={**days, "linked": len(links), "colleagues": told})
        case.save(update_fields=["chain_seq", "chain_head"])
    return case


def link(
    case_id: UUID,
    reference: str,
    request_id: UUID | None = None,
    *,
    by: Caller,
    at: datetime,
    expect: int | None = None,
) -> AuthorityCase:
    """Say that a case is about a filing, or one request of it; it is not forgotten while the case is open."""
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB["link"], by, at)
        [submission] = _submissions([reference], "reference")
        request = _part(submission, request_id) if request_id is not None else None
        if case.links.filter(submission=submission).exists():
            raise WrongState(_("This filing is linked already."), code="linked-already")
        if case.links.count() >= _MOST:
            raise Incomplete(_("As many filings are linked as can be."), field="reference")
        row = CaseLink(id=uuid7(at), case=case, submission=submission, request=request, at=at)
        row.save(force_insert=True)
        road.move(case, "link", by=by, at=at, data={"link": str(row.pk), "submission": str(submission.pk)})
    return case


def _part(submission: Submission, request_id: UUID) -> SubjectRequest:
    request = SubjectRequest.objects.filter(pk=request_id, submission=submission).first()
    if request is None:
        raise Incomplete(_("This request is not part of that filing."), field="request")
    return request


def unlink(
    case_id: UUID, link_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> AuthorityCase:
    """Take out a filing that the case is not about."""
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB["unlink"], by, at)
        row = link_of(case, link_id)
        data = {"link": str(row.pk), "submission": str(row.submission_id)}
        road.move(case, "unlink", by=by, at=at, data=data, text=checked_text(reason, "reason"))
        row.delete()
    return case


def link_of(case: AuthorityCase, link_id: UUID) -> CaseLink:
    """Return one link of a case. Raises NotFound."""
    row = case.links.select_related("submission").filter(pk=link_id).first()
    if row is None:
        raise NotFound(_("There is no such link."))
    return row


def assign(case_id: UUID, owner: str, *, by: Caller, at: datetime, expect: int | None = None) -> AuthorityCase:
    """Say who works on it, and is warned of its day."""
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB["assign"], by, at)
        colleague = colleague_named(owner)
        road.move(case, "assign", by=by, at=at, data={"owner": colleague.pk}, owner_id=colleague.pk)
    return case


def note(case_id: UUID, text: str, *, by: Caller, at: datetime, expect: int | None = None) -> AuthorityCase:
    """Keep a note among those who work on it."""
    with road.holding(case_id, expect=expect) as case:
        check_can_make(case, caselife.BY_VERB["note"], by, at)
        road.move(case, "note", by=by, at=at, text=checked_text(text))
    return case


def colleague_named(owner: str, field: str = "owner") -> User:
    """Return a colleague who works on requests, by user name. Raises Incomplete."""
    found = get_user_model().objects.filter(username=owner, is_active=True).first()
    if found is None or not found.has_perm("dsr.work_requests"):
        raise Incomplete(_("Choose a colleague who works on requests."), field=field)
    return found


def check_letter_days(received_on: date, due_on: date, today: date) -> dict[str, str]:
    """Return what is wrong with the days of a letter, by field."""
    problems = {}
    if received_on > today:
        problems["received_on"] = _("This day is still to come.")
    if due_on < received_on:
        problems["due_on"] = _("The day is before the one on which it was received.")
    return problems


def _check(letter: Letter, today: date) -> None:
    problems = check_letter_days(letter.received_on, letter.due_on, today)
    if letter.authority not in {each.id for each in authorities.known(today)}:
        problems["authority"] = _("Choose an authority that the rule files name.")
    if len(letter.references) > _MOST:
        problems["references"] = _("As many filings cannot be linked to one case.")
    if problems:
        raise Incomplete(next(iter(problems.values())), problems=problems)


def _submissions(references: Sequence[str], field: str) -> list[Submission]:
    """Return filings by their references, held: what is being forgotten at this very moment cannot be linked."""
    try:
        wanted = list(dict.fromkeys(clean_reference(each) for each in references))
    except ValueError:
        raise Incomplete(_("This is no reference of ours."), field=field) from None
    held = Submission.objects.select_for_update(of=("self",)).filter(reference__in=wanted, purged_at=None)
    found = {row.reference: row for row in held.order_by("id")}
    if missing := [each for each in wanted if each not in found]:
        raise Incomplete(_("There is no filing %(names)s.") % {"names": ", ".join(missing)}, field=field)
    return [found[each] for each in wanted]
