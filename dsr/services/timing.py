"""Time as staff may touch it: putting an answer off, questions that stop the clock, fees, and which laws apply."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.deadlines import local_date
from dsr.errors import Incomplete
from dsr.lifecycle import BY_VERB, State
from dsr.models import Deadline, DeadlineKind, Direction, SubjectRequest, Submission
from dsr.policies import check_can_make, check_lawful
from dsr.rights import SPECS, Right
from dsr.rules import NotInRules
from dsr.services import letters, moved, telling, threads
from dsr.services._moves import Caller, holding
from dsr.services.steps import destroy_later

_AMOUNT = re.compile(r"(\d{1,6}) ?([A-Z]{3})")
_SYSTEM = Caller.system()


def extend(
    request_id: UUID,
    ground: str,
    reason: str,
    until: date | None = None,
    *,
    by: Caller,
    at: datetime,
    expect: int | None = None,
) -> SubjectRequest:
    """Put the answer off, on a ground that the law knows, to ``until`` or as long as it allows, and tell the person.

    Raises Unlawful with the rule that forbids it, and Incomplete for a ground that the law does not know.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["extend"], by, at)
        reason = threads.checked_text(reason, "reason")
        check_lawful(reckoning.against_extending(request, at, until, final=True))
        laws = reckoning.extendable(request, at, until)
        title = _ground(request, laws, ground)
        was = request.due_on
        data = {"ground": ground, "regimes": [law.regime.id for law in laws]}
        if until is not None:
            data["until"] = until.isoformat()
        threads.keep_note(case, request, reason, by, at)
        case.move(request, "extend", by=by, at=at, data=data)
        case.take_moved()  # the letter below tells it
        submission = case.submission
        letter = letters.Extended(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            right=_title(request),
            ground=title,
            reason=reason,
            was_due_on=was,
            due_on=request.due_on,
            law=_governing(laws, request).regime.wording("title", submission.language),
            remedies=telling.remedies(submission),
            tracker=telling.tracker_link(submission, at),
        )
        telling.tell_in(case, letter, at=at, dedupe=f"extended:{request.pk}:{request.version}", about=[request])
    return request


def _ground(request: SubjectRequest, laws: Sequence[reckoning.Law], ground: str) -> str:
    """Return the words of a ground that every law we put the answer off under knows. Raises Incomplete."""
    language, words = request.submission.language, ""
    for law in laws:
        rule = law.regime.extension_for(reckoning.right_of(request))
        found = rule.ground(ground) if rule else None
        if found is None and law.regime.id == request.regime:
            raise Incomplete(_("Choose a ground that the law gives for putting the answer off."), field="ground")
        if found is not None and (not words or law.regime.id == request.regime):
            words = found.wording("title", language)
    return words


def _governing(laws: Sequence[reckoning.Law], request: SubjectRequest) -> reckoning.Law:
    return next((law for law in laws if law.regime.id == request.regime), laws[0])


def clarify(request_id: UUID, text: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Put a question to the person, until whose answer the clock stands still. Raises Unlawful where it runs on."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        threads.keep(case, request, "clarify", Direction.TO_PERSON, text, by, at)
        case.take_moved()  # an open question moves no date yet, and the letter says what it does
        submission = case.submission
        law = next(law for law in reckoning.laws_of(request) if law.regime.id == request.regime)
        letter = letters.Question(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            right=_title(request),
            stops_clock=True,
            law=law.regime.wording("title", submission.language),
            due_on=request.due_on,
            tracker=telling.tracker_link(submission, at),
        )
        telling.tell_in(case, letter, at=at, dedupe=f"question:{request.pk}:{request.version}", about=[request])
    return request


def tell_fee(
    request_id: UUID, amount: str, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Tell the person what answering costs and why, and wait for word. Raises Unlawful where no fee may be asked."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["tell_fee"], by, at)
        number, currency = _amount(amount)
        check_lawful(reckoning.against_charging(request, number, currency))
        reason = threads.checked_text(reason, "reason")
        threads.keep_note(case, request, reason, by, at)
        case.move(request, "tell_fee", by=by, at=at, data={"amount": number, "currency": currency})
        case.take_moved()
        submission = case.submission
        letter = letters.FeeTold(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            right=_title(request),
            amount=f"{number} {currency}",
            reason=reason,
            reply_by=_reply_by(request),
            tracker=telling.tracker_link(submission, at),
        )
        telling.tell_in(case, letter, at=at, dedupe=f"fee:{request.pk}:{request.version}")
    return request


def _amount(text: str) -> tuple[int, str]:
    found = _AMOUNT.fullmatch(text.strip().upper())
    if found is None or int(found[1]) == 0:
        raise Incomplete(_("Write the amount in whole units with its currency, such as 120 CHF."), field="amount")
    return int(found[1]), found[2]


def _reply_by(request: SubjectRequest) -> date | None:
    days = [clock.promised for clock in reckoning.explain(request) if clock.kind == "fee_reply"]
    return min(days, default=None)


def accept_fee(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Go on, as the person accepts the fee."""
    return _fee_settled(request_id, "accept_fee", by, at, expect)


def waive_fee(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Go on without a fee."""
    return _fee_settled(request_id, "waive_fee", by, at, expect)


def _fee_settled(request_id: UUID, verb: str, by: Caller, at: datetime, expect: int | None) -> SubjectRequest:
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, verb, by=by, at=at)
        moved.tell(case, at)
    return request


def fee_unanswered(deadline: Deadline, at: datetime) -> None:
    """End a request whose fee was not accepted in time, as the law says, and tell the person."""
    with holding(request_id=deadline.request_id) as case:
        assert deadline.request_id is not None
        request = case.request(deadline.request_id)
        if request.state == State.IN_REVIEW and request.fee_told_at is not None:
            case.move(request, "fee_unanswered", by=_SYSTEM, at=at)
            destroy_later(request, at)
            submission = case.submission
            letter = letters.Closed(
                reference=submission.reference,
                organisation=telling.organisation(submission),
                right=_title(request),
                outcome=request.outcome,
                explanation=_("The fee was not accepted in time, so the request ends here. You can make it again."),
                tracker=telling.tracker_link(submission, at),
            )
            telling.tell_in(case, letter, at=at, dedupe=f"closed:{request.pk}:{request.version}")
        Deadline.objects.filter(pk=deadline.pk, done_at=None).update(done_at=at)


def change_laws(
    request_id: UUID, regimes: Sequence[str], reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Say which laws apply to everything in the submission, with a reason; every date that moves is told.

    Raises Incomplete for a law that the rules do not hold on the day of receipt, or none at all.
    """
    with holding(request_id=request_id) as case:
        request, submission = case.request(request_id, expect=expect), case.submission
        check_can_make(request, BY_VERB["change_laws"], by, at)
        named = _known(submission, regimes)
        threads.keep_note(case, request, threads.checked_text(reason, "reason"), by, at)
        data = {"was": list(submission.regimes), "now": named}
        submission.regimes = named
        submission.zone = reckoning.notice_of(submission).seat_for(named[0]).zone
        case.keep("regimes", "zone")
        case.move(request, "change_laws", by=by, at=at, data=data)
        for other in case.requests():
            if other.pk != request.pk and other.state not in (State.READY, State.CLOSED):
                case.recount(other, at=at, because="change_laws")
        moved.tell(case, at)
    return request


def _known(submission: Submission, regimes: Sequence[str]) -> list[str]:
    rules, named = reckoning.rules_of(submission), list(dict.fromkeys(regimes))
    received = local_date(submission.received_at, submission.zone)
    if not named:
        raise Incomplete(_("Name at least one law."), field="regimes")
    for name in named:
        try:
            rules.regime(name, received)
        except NotInRules:
            said = _("%(name)s is not a law of the rule files that was in force when the request came in.")
            raise Incomplete(said % {"name": name}, field="regimes") from None
    return named


def acknowledge(deadline: Deadline, at: datetime) -> None:
    """Confirm receipt to somebody who has not confirmed the address yet: the law's date for it does not wait."""
    with holding(submission_id=deadline.submission_id) as case:
        submission = case.submission
        due = Deadline.objects.filter(
            submission=submission, kind=DeadlineKind.ACKNOWLEDGE, done_at=None, due_at__lte=at
        )
        waiting = set(due.values_list("request_id", flat=True))
        requests = [each for each in case.requests() if each.pk in waiting and each.state == State.VERIFYING]
        for request in requests:
            case.move(request, "acknowledge", by=_SYSTEM, at=at)
        if requests:
            letter = letters.Acknowledged(
                reference=submission.reference,
                organisation=telling.organisation(submission),
                rights=tuple(_title(request) for request in requests),
                how=telling.handling(requests),
                identity=letters.IdentityCheck.MAIL_ASKED,
                due_on=min(request.due_on for request in requests),
                remedies=telling.remedies(submission),
            )
            telling.tell_in(case, letter, at=at, dedupe=f"acknowledged:{deadline.pk}")
        due.update(done_at=at)


def _title(request: SubjectRequest) -> str:
    return str(SPECS[Right(request.right)].title)
