"""What speaks for looking twice at who asks: counted, compared, shown to the reviewer. Signals, never verdicts.

What a signal means and what it may do is data of the ladder: be shown, ask for one rung more, or hold a release.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from disposable_email_domains import blocklist
from django.utils.translation import gettext as _

from dsr.deadlines import local_date
from dsr.errors import NotAllowed, NotFound, WrongState
from dsr.lifecycle import IDENTIFIED, OPEN, STAFF, State
from dsr.models import Deadline, DeadlineKind, Signal, SubjectRequest, Submission, Vouched
from dsr.policies import NEEDS, Caller
from dsr.reckoning import rules_of
from dsr.rights import Right
from dsr.services import letters, likeness, telling, ties
from dsr.services._moves import Case, holding
from dsr.services.threads import checked_text, keep_note
from verification import mandates
from verification.models import Mandate

_SYSTEM = Caller.system()
DAY: Final = timedelta(days=1)
SUBJECTS_FROM_ONE_PLACE: Final = 5
"""Different people from one device and network within a day, from which it is a signal."""
FILINGS_IN_A_BURST: Final = 5
"""Filings with one address within a day, from which it is a signal."""
NIGHT: Final = range(1, 5)
"""Hours, in the controller's zone, at which few people make requests."""

RAISE, HOLD = "raise", "hold"
"""Effects of a signal, as the ladder names them."""
WAITS: Final = "waits"
"""Among the particulars of a signal: it has no effect until what it comes of is proved to be the person's."""
OF_CLAIMS: Final = frozenset({"address_differs", "lookalike_domain"})
"""Signals that say something only while the person claims to be somebody on file."""
Standing = Mapping[str, Mapping[str, Any]]


def look(case: Case, standing: Standing, *, failed: Iterable[str], at: datetime) -> set[str]:
    """Note every signal there is about a submission, once each; return what they ask for now.

    What comes of data on file that nobody has proved to be theirs yet has no effect until then: whoever tries names and
    numbers must not see from a rung more, or from a wait, that they hit somebody.
    """
    return note(case, dict(_found(case.submission, standing, set(failed), at)), at)


def note(case: Case, found: Mapping[str, Mapping[str, Any]], at: datetime) -> set[str]:
    """Note signals with their particulars, once each; hold the release where one of them asks for that.

    Returns what the new ones ask for, in the ladder's words: the rung more is the caller's to ask.
    """
    submission = case.submission
    known = set(Signal.objects.filter(submission=submission).values_list("code", flat=True))
    ladder = rules_of(submission).ladder
    effects: set[str] = set()
    for code, data in found.items():
        if code not in known:
            case.add(Signal(submission=submission, code=code, at=at, data=dict(data)))
            case.record("signal_seen", by=_SYSTEM, at=at, data={"signal": code})
            if not data.get(WAITS):
                effects |= set(ladder.signal(code).effects)
    if HOLD in effects:
        hold(case, by=_SYSTEM, at=at)
    return effects


def settle(case: Case, at: datetime) -> set[str]:
    """Let signals have their effect that waited for a proof, now that there is one; return what they ask for."""
    submission = case.submission
    ladder = rules_of(submission).ladder
    waiting = [row for row in Signal.objects.filter(submission=submission, cleared_at=None) if row.data.get(WAITS)]
    for row in waiting:
        row.data = {name: value for name, value in row.data.items() if name != WAITS}
        row.save(update_fields=["data"])
    effects = {effect for row in waiting for effect in ladder.signal(row.code).effects}
    if HOLD in effects:
        hold(case, by=_SYSTEM, at=at)
    return effects


def drop_those_of_claims(case: Case, at: datetime) -> bool:
    """Clear the signals that came of comparing the contact with what was claimed, which is given up.

    Returns whether one rung more was asked for because of them alone.
    """
    submission = case.submission
    seen = Signal.objects.filter(submission=submission, cleared_at=None)
    ladder = rules_of(submission).ladder
    raising = {code for code in seen.values_list("code", flat=True) if RAISE in ladder.signal(code).effects}
    seen.filter(code__in=OF_CLAIMS).update(cleared_at=at)
    return bool(raising) and raising <= OF_CLAIMS


def _found(
    submission: Submission, standing: Standing, failed: set[str], at: datetime
) -> Iterator[tuple[str, dict[str, Any]]]:
    unproved = submission.for_other and not submission.verified_level
    for code, data, of_claim in (*_of_the_address(submission, standing), *_of_changes(submission, standing)):
        waits = unproved or (of_claim and submission.vouched != Vouched.ON_FILE)
        yield code, {**data, WAITS: True} if waits else data
    yield from _of_the_crowd(submission, at)
    if submission.for_other and _is_new_agent(submission):
        yield "agent_without_history", {}
    if failed:
        yield "systems_not_asked", {"systems": sorted(failed)}


def _of_the_address(submission: Submission, standing: Standing) -> Iterator[tuple[str, dict[str, Any], bool]]:
    contact = submission.open("email").casefold()
    domain = contact.rpartition("@")[2]
    on_file = {
        address.casefold()
        for name, said in standing.items()
        if name != ties.CONTACT
        for address in said["on_file"].get("email", ())
    }
    shown = {
        address.casefold()
        for name, said in standing.items()
        if name.startswith(ties.PROVED)
        for address in said["on_file"].get("email", ())
    }
    if on_file and contact not in on_file:
        yield "address_differs", {}, not shown
    if domain in blocklist:
        yield "disposable_domain", {}, False
    if any(likeness.looks_like(contact, address) for address in on_file):
        yield "lookalike_domain", {}, not any(likeness.looks_like(contact, address) for address in shown)


def _of_changes(submission: Submission, standing: Standing) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Changes before the request came in; a person may change what they like afterwards, and we look once."""
    received = local_date(submission.received_at, submission.zone)
    lately = received - timedelta(days=rules_of(submission).ladder.hold_days)
    for kind, code in (
        ("email", "address_changed_lately"),
        ("phone", "number_changed_lately"),
        ("password", "password_changed_lately"),
    ):
        days = {
            name: date.fromisoformat(said["changed"][kind])
            for name, said in standing.items()
            if kind in said["changed"]
        }
        if days and max(days.values()) >= lately:
            of_claim = all(name.startswith(ties.CLAIM) for name, day in days.items() if day >= lately)
            yield code, {"on": max(days.values()).isoformat()}, of_claim


def _of_the_crowd(submission: Submission, at: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    lately = Submission.objects.filter(
        received_at__gt=submission.received_at - DAY, received_at__lte=submission.received_at
    )
    if submission.origin_fingerprint:
        same = lately.filter(origin_fingerprint=submission.origin_fingerprint)
        people = same.values("email_fingerprint").distinct().count()
        if people >= SUBJECTS_FROM_ONE_PLACE:
            yield "many_subjects_one_origin", {"people": people}
    if submission.email_fingerprint:
        number = lately.filter(email_fingerprint=submission.email_fingerprint).count()
        if number >= FILINGS_IN_A_BURST:
            yield "burst", {"filings": number}
    if submission.received_at.astimezone(ZoneInfo(submission.zone)).hour in NIGHT:
        yield "unusual_hours", {}


def forget_origins(at: datetime, limit: int = 1000) -> int:
    """Forget from which device and network filings came once no signal counts them any more; return how many."""
    marked = Submission.objects.exclude(origin_fingerprint="").filter(received_at__lt=at - 2 * DAY)
    return Submission.objects.filter(pk__in=list(marked.order_by().values_list("pk", flat=True)[:limit])).update(
        origin_fingerprint=""
    )


def _is_new_agent(submission: Submission) -> bool:
    mandate = mandates.of(submission.pk)
    if mandate is None or mandate.agency is not None:
        return False
    earlier = Mandate.objects.filter(agent_fingerprint=mandate.agent_fingerprint, checked_at__isnull=False)
    return not earlier.exclude(pk=mandate.pk).exists()


def hold(
    case: Case,
    *,
    by: Caller,
    at: datetime,
    data: Mapping[str, str] | None = None,
    first: SubjectRequest | None = None,
) -> None:
    """Hand nothing over for a while: every open request, each in its history, the person told once."""
    submission = case.submission
    until = at + timedelta(hours=rules_of(submission).ladder.hold_hours)
    requests = _touched(case, OPEN)
    if first is not None and first not in requests:
        requests = [first, *requests]
    if not requests:
        return
    submission.held_until = max(until, submission.held_until or until)
    case.keep("held_until")
    said = {**(data or {}), "until": submission.held_until.isoformat()}
    for request in requests:
        case.move(request, "hold", by=by, at=at, data=said)
    rows = Deadline.objects.filter(submission=submission, kind=DeadlineKind.HOLD_ENDS)
    if not rows.update(due_at=submission.held_until, done_at=None, claimed_until=None, attempts=0):
        rows.create(submission=submission, kind=DeadlineKind.HOLD_ENDS, due_at=submission.held_until)
    letter = letters.Held(
        reference=submission.reference,
        organisation=telling.organisation(submission),
        until=local_date(submission.held_until, submission.zone),
        tracker=telling.door(case, at),
    )
    telling.tell_in(case, letter, at=at, dedupe=f"held:{submission.pk}:{submission.held_until:%Y%m%d%H%M}")


def _touched(case: Case, states: Collection[State]) -> list[SubjectRequest]:
    return [each for each in case.requests() if each.state in states and Right(each.right) in IDENTIFIED]


def check_can_clear(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Raise the first reason why this caller may not clear signals of a case: NotAllowed or WrongState."""
    if by.user is None or not by.roles & STAFF:
        raise NotAllowed(_("This is not yours to do."), code="not-your-move")
    NEEDS["not_own_case"](request, by, at)
    NEEDS["not_purged"](request, by, at)


def clear(request_id: UUID, signal_id: int, reason: str, *, by: Caller, at: datetime) -> Signal:
    """Note that somebody looked into a signal and why it says nothing against the person; the reason is kept.

    It lifts no hold and takes no proof back: those are acts of their own. Raises NotFound, NotAllowed, Incomplete
    without a reason, WrongState where it was cleared before.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id)
        check_can_clear(request, by, at)
        signal = Signal.objects.filter(pk=signal_id, submission=case.submission).first()
        if signal is None:
            raise NotFound(_("There is no such signal."))
        if signal.cleared_at is not None:
            raise WrongState(_("A colleague has looked into this already."), code="signal-cleared")
        post = keep_note(case, request, checked_text(reason, "reason"), by, at)
        signal.cleared_at, signal.cleared_by = at, by.user
        signal.save(update_fields=["cleared_at", "cleared_by"])
        data = {"signal": signal.code, "post": str(post.pk)}
        case.record("signal_cleared", by=by, at=at, request=request, data=data)
    return signal
