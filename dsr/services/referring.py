"""The wrong door: what is processed for a customer is the customer's to answer for.

The person hears where to turn, the customer that somebody turned to us, and the register when all of that happened. A
customer's name is told only to somebody who named it, or proved what it holds of them: that two deal with each other is
personal data, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from dsr import reckoning
from dsr.deadlines import add_business_days, day_ends, due_date, local_date
from dsr.errors import Incomplete, NotFound
from dsr.ids import new_reference
from dsr.models import Customer, Known, OtherSays, Referral, SubjectRequest, Submission
from dsr.rights import SPECS, Right
from dsr.rules import word_within
from dsr.services import letters, telling
from dsr.services._moves import Caller, Case, holding
from notifications.ids import uuid7

HOUSE = settings.LANGUAGE_CODE
"""The language of letters that go to others than the person."""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where somebody is directed: to a customer, if it is known, how it came to be known, and with which data.

    Or else to a ``door`` of the notice: with a colleague's words, passed on from here if the person agreed or need not,
    and with ``whole`` for every right of the submission that can be sent there.
    """

    customer: UUID | None = None
    known: str = ""
    categories: Sequence[str] = field(default=())
    door: str = ""
    pass_on: bool = False
    agreed: str = ""
    text: str = ""
    whole: bool = False


def refer(case: Case, request: SubjectRequest, where: Elsewhere, *, by: Caller, at: datetime) -> None:
    """Direct the person elsewhere with part of the data, inside the caller's transaction. The request stays open."""
    row = enter(case, request, where, by=by, at=at)
    case.move(request, "refer", by=by, at=at, data={"referral": str(row.pk), "categories": list(row.categories)})
    submission = case.submission
    letter = letters.Referred(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        right=str(SPECS[Right(request.right)].title),
        customer=told_name(row),
        remedies=telling.remedies(submission),
        tracker=telling.door(case, at),
    )
    telling.tell_in(case, letter, at=at, dedupe=f"referred:{row.pk}", about=[request])


def enter(case: Case, request: SubjectRequest, where: Elsewhere, *, by: Caller, at: datetime) -> Referral:
    """Enter a line of the register and have the customer told, inside the caller's transaction."""
    customer = _checked(request, where)
    row = Referral(
        id=uuid7(at),
        number=f"D-{new_reference()}",
        request=request,
        customer=customer,
        known=where.known,
        categories=sorted(set(where.categories)),
        made_at=at,
        made_by=by.user,
        told_person_at=at,
    )
    if customer is not None:
        row.told_customer_at = at
        row.due_on, row.remind_at = word_due(case, request, at, customer.answers_within)
        tell_customer(case, request, row, at)
    case.add(row)
    return row


def check_words(where: Elsewhere, text: str) -> None:
    """Raise Incomplete where words for the person name a customer that they neither named nor proved."""
    customer = Customer.objects.filter(pk=where.customer).first() if where.customer else None
    if customer is not None and not where.known and customer.name.casefold() in text.casefold():
        raise Incomplete(
            _("The person did not name this customer and proved nothing that it holds, so leave its name out."),
            field="text",
        )


def told_name(row: Referral) -> str:
    """Return the customer's name where the person may hear it, "" otherwise."""
    return row.customer.name if row.customer is not None and row.known else ""


def _checked(request: SubjectRequest, where: Elsewhere) -> Customer | None:
    problems: dict[str, str] = {}
    customer = None
    if where.known not in Known.values:
        problems["known"] = _("Choose how it is known whose data it is.")
    if where.customer is not None:
        customer = Customer.objects.filter(pk=where.customer, active=True).first()
        if customer is None:
            problems["customer"] = _("Choose a customer of the directory.")
    elif where.known:
        problems["customer"] = _("Choose the customer that the person named or proved.")
    notice = reckoning.notice_of(request.submission)
    if set(where.categories) - {row.id for row in notice.categories}:
        problems["categories"] = _("Choose data categories of the notice.")
    if problems:
        raise Incomplete(_("Some answers are missing or cannot be used."), problems=problems)
    return customer


def word_due(case: Case, request: SubjectRequest, at: datetime, days: int | None = None) -> tuple[date, datetime]:
    """Return by when the other side says that it has the matter in hand, and from when on it is asked again.

    So many business days where its agreement says so, otherwise what the rule files say.
    """
    submission = case.submission
    today = local_date(at, submission.zone)
    calendar = reckoning.calendar_of(request)
    due_on = add_business_days(today, days, calendar) if days else due_date(today, word_within(today).period, calendar)
    return due_on, day_ends(due_on, submission.zone)


def day(submission: Submission, at: datetime) -> date:
    """Return the day that an instant falls on where a submission is answered."""
    return local_date(at, submission.zone)


def tell_customer(case: Case, request: SubjectRequest, row: Referral, at: datetime) -> None:
    """Write to the customer: what is asked, under which number, by when we hear. Nothing about who the person is."""
    assert row.customer is not None
    assert row.due_on is not None
    with override(HOUSE):
        letter = letters.CustomerTold(
            reference=case.submission.reference,
            organisation=telling.organisation(case.submission),
            right=str(SPECS[Right(request.right)].title),
            agreement=row.customer.agreement,
            due_on=row.due_on,
            again=row.reminders > 0,
        )
    again = f":{row.reminders}" if row.reminders else ""
    telling.tell_other(case, letter, to=row.customer.contact, at=at, dedupe=f"customer:{row.pk}{again}")


def answered(
    request_id: UUID,
    referral_id: UUID,
    word: str = OtherSays.TAKEN,
    *,
    by: Caller,
    at: datetime,
    expect: int | None = None,
) -> SubjectRequest:
    """Note what the other side says: that it has the matter in hand, or holds nothing of it. Raises NotFound."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        if word not in (OtherSays.TAKEN, OtherSays.NOT_THEIRS):
            raise Incomplete(_("Choose what the other side says."), field="word")
        rows = Referral.objects.filter(pk=referral_id, request=request, confirmed_at=None, due_on__isnull=False)
        if not rows.exists():
            raise NotFound(_("Nobody's word is awaited under this number."))
        data = {"referral": str(referral_id), "word": str(word)}
        case.move(request, "referral_answered", by=by, at=at, data=data)
        rows.update(confirmed_at=at, word=word, remind_at=None)
    return request
