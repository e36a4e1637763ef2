"""A reported child's account: finding it, saying whose it is, shutting it, erasing it, and telling nobody about it.

The account gets a case of its own with a key, a reference and letters of its own, in which it is shut first and then
erased by the same engine as everybody's data. The report stays apart: whoever sent it learns one sentence, at an hour
that is the same whatever was found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from dsr import reckoning
from dsr.deadlines import local_date
from dsr.errors import Incomplete, WrongState
from dsr.ids import new_reference
from dsr.lifecycle import BY_VERB, State
from dsr.models import (
    AgeFinding,
    Deadline,
    DeadlineKind,
    Found,
    StepResult,
    SubjectRequest,
    Submission,
)
from dsr.policies import check_can_make
from dsr.rights import SPECS, Right
from dsr.rules import ClockEvent, EventKind, ladder, pack
from dsr.services import acting, childalert, clocks, letters, links, pace, search, telling
from dsr.services._moves import Caller, Case, holding, new_case
from dsr.services.doorbell import Bell, ring
from dsr.services.threads import checked_text, keep_note
from notifications.ids import uuid7
from notifications.mail import deliverable
from notifications.models import DataKey, Forgotten
from notifications.rows import insert
from notifications.sealing import fingerprint
from verification.proofs import Level

_SYSTEM = Caller.system()
_PARTS = (Right.RESTRICTION, Right.DELETION)
_SHUT_BEFORE = "objection_pending"
_A_DAY = timedelta(days=1)


def identifiers_in(text: str) -> dict[str, list[str]]:
    """Return by what an account may be known, out of what somebody wrote: one on a line, or set apart by commas.

    >>> identifiers_in("kid@example.org, +15550100")
    {'email': ['kid@example.org'], 'phone': ['+15550100']}
    """
    found: dict[str, list[str]] = {}
    for word in text.replace(",", "\n").splitlines():
        value = word.strip()
        if not value:
            continue
        if "@" in value:
            kind = "email"
        elif value.startswith("+"):
            kind, value = "phone", "+" + "".join(filter(str.isdigit, value))
        else:
            kind = "account"
        found.setdefault(kind, []).append(value)
    return found


def of(request: SubjectRequest) -> AgeFinding | None:
    """Return what was found on a report so far."""
    found = AgeFinding.objects.filter(request=request).select_related("shelter", "found_by", "confirmed_by").first()
    if found is not None:
        found.request = request
    return found


def age_of(submission: Submission) -> tuple[int, str]:
    """Return under which age somebody is a child where a report comes from, and which law or notice says so."""
    rules, on = reckoning.rules_of(submission), local_date(submission.received_at, submission.zone)
    notice = reckoning.notice_of(submission)
    return ladder.child_age(rules, notice, submission.regimes, on, submission.country, submission.region)


# --- Finding the account ---------------------------------------------------------------------------------------------


def find_account(
    request_id: UUID, *, by: Caller, at: datetime, account: str = "", expect: int | None = None
) -> SubjectRequest:
    """Have every system count what it holds by what was reported, or by ``account``; an earlier look is given up.

    Nothing is shown of it but numbers, and nothing is done yet.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["find_account"], by, at)
        who = identifiers_in(account or request.open_json("details").get("childs_account", ""))
        if not who:
            raise Incomplete(
                _("Say by what the account can be found: its number, address or telephone."), field="account"
            )
        age = of(request)
        if age is None:
            under, law = age_of(case.submission)
            age = AgeFinding(id=uuid7(at), request=request, under=under, law=law, looked_at=at)
        if age.shelter is not None:
            _leave_be(age.shelter.pk, at)
        age.shelter, age.looked_at = _open_case(case.submission, who, at), at
        age.save()
        case.move(request, "find_account", by=by, at=at)
    ring(Bell.WORK, str(age.shelter.pk))
    return request


def _open_case(report: Submission, who: dict[str, list[str]], at: datetime) -> Submission:
    """Open the case of an account: it is shut in one request and erased in the other. Nobody is written to yet."""
    holders = pack().ladder.accounts
    shelter = Submission(
        id=uuid7(at),
        reference=new_reference(),
        received_at=at,
        sheltered=True,
        data_key=DataKey.new(at),
        relationship=report.relationship if report.relationship in holders or not holders else holders[0],
        verified_at=at,
        verified_level=Level.NOTHING,
        looked_at=at,
        **{name: getattr(report, name) for name in _SAME},
    )
    for kind in ("email", "phone", "account"):
        first = next(iter(who.get(kind, ())), "")
        setattr(shelter, f"{kind}_fingerprint", fingerprint(kind, first) if first else "")
    shelter.seal_json("proved", dict(who))
    case = new_case(shelter)
    requests, rows = [], []
    for right in _PARTS:
        request, dates = _part(case, right, at)
        requests.append(request)
        rows += dates
    insert(shelter.data_key, shelter, *requests, *rows, *case.take_events())
    with holding(submission_id=shelter.pk) as looking:
        for request in looking.requests():
            search.begin(looking, request, by=_SYSTEM, at=at)
    return shelter


_SAME = (
    *("channel", "language", "country", "region", "zone"),
    *("notice_id", "notice_version", "rules_version", "regimes"),
)


def _part(case: Case, right: Right, at: datetime) -> tuple[SubjectRequest, list[Deadline]]:
    zone = case.submission.zone
    found = reckoning.reckon(case.submission, right, [ClockEvent.at(EventKind.RECEIVED, at, zone)])
    due = reckoning.governing(found, zone)
    request = SubjectRequest(
        id=uuid7(at),
        submission=case.submission,
        right=right,
        regime=due.regime,
        received_at=at,
        due_at=due.at,
        due_on=due.on,
        last_on=due.last_on,
        identity_floor=0,
        confirmed_at=at,  # nobody is asked twice whether a child's account should go
    )
    if right == Right.RESTRICTION:
        request.seal_json("details", {"restriction_ground": _SHUT_BEFORE})
    case.adopt(request)
    case.record("file", by=_SYSTEM, at=at, request=request, data={"right": right, "channel": case.submission.channel})
    case.move(request, "ask_identity", by=_SYSTEM, at=at)
    case.move(request, "confirm_identity", by=_SYSTEM, at=at)
    request.slack_at = pace.start_by(request, pace.at_hand() or {})
    rows = [row for row in clocks.deadlines(request, found, zone) if row.kind != DeadlineKind.ACKNOWLEDGE]
    return request, [*rows, clocks.watch(request, at)]


# --- Whose it is -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a colleague says of an account: the finding, what speaks for it, and what was gone through."""

    finding: str
    reason: str
    signs: Sequence[str] = ()
    conflict: str = ""
    guidance: Sequence[str] = ()
    tell_account: bool = True


def assess(
    request_id: UUID, said: Assessment, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Say whether it is a child's account. One person suffices where the signs do, and nobody around it disagrees."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["assess_age"], by, at)
        age = of(request)
        assert age is not None
        _check(age, said)
        age.found, age.signs, age.conflict = said.finding, sorted(set(said.signs)), said.conflict
        age.guidance, age.tell_account = sorted(set(said.guidance)), said.tell_account
        age.found_at, age.found_by = at, by.user
        age.seal("reason", checked_text(said.reason, "reason"))
        second = takes_two(said)
        data = {"finding": said.finding, "signs": list(age.signs), "conflict": said.conflict}
        case.move(
            request,
            "assess_age",
            by=by,
            at=at,
            data=data,
            by_id=by.user_id if second else None,
            agrees=said.finding == Found.CHILD,
        )
        if not second:
            _settle_finding(age, by, at)
        age.save()
    return request


def weight_of(signs: Sequence[str]) -> int:
    """Return what signs weigh together; what speaks against a child weighs less than nothing."""
    return sum(sign.weight for sign in childalert.rules().signs if sign.id in signs)


def takes_two(said: Assessment) -> bool:
    """Whether a second person has to agree: nobody lets a child's account stand, or settles a quarrel, alone."""
    if said.conflict or said.finding in (Found.NOT_CHILD, Found.UNCLEAR):
        return True
    return said.finding == Found.CHILD and weight_of(said.signs) < childalert.rules().enough


def _check(age: AgeFinding, said: Assessment) -> None:
    rules = childalert.rules()
    problems: dict[str, str] = {}
    if said.finding not in Found.values:
        problems["finding"] = _("Choose what was found.")
    if set(said.signs) - {sign.id for sign in rules.signs}:
        problems["signs"] = _("Choose signs of the list.")
    if said.conflict and said.conflict not in {row.id for row in rules.conflicts}:
        problems["conflict"] = _("Choose how those around the child disagree, if they do.")
    if said.conflict and {row.id for row in rules.guidance} - set(said.guidance):
        problems["guidance"] = _("Those around the child disagree: go through every point of the guidance first.")
    if problems:
        raise Incomplete(_("Some answers are missing or cannot be used."), problems=problems)
    if (said.finding == Found.NOBODY) == is_there(age):
        raise WrongState(
            _("The systems do hold something of this account.")
            if said.finding == Found.NOBODY
            else _("No system holds anything of this account. Say so, or look for it by something else."),
            code="does-not-match-systems",
        )


def is_there(age: AgeFinding) -> bool:
    """Whether some system counted something of the account, or has to be looked at by hand."""
    assert age.shelter is not None
    steps = [step for request in age.shelter.requests.all() for step in request.steps.all()]
    return any(step.result in (StepResult.FOUND, StepResult.BY_HAND, StepResult.LEFT_OUT) for step in steps)


def confirm(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Agree with what a colleague found, as the second person; it is done at once."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        age = of(request)
        case.move(request, "confirm_age", by=by, at=at, by_id=by.user_id)
        assert age is not None
        age.confirmed_by = by.user
        _settle_finding(age, Caller.of_user(age.found_by, by.via) if age.found_by else by, at)
        age.save()
    return request


def weigh_anew(request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Have a finding weighed anew instead of agreeing; the reason is kept as a note."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["weigh_age_anew"], by, at)
        keep_note(case, request, checked_text(reason, "reason"), by, at)
        case.move(request, "weigh_age_anew", by=by, at=at)
        AgeFinding.objects.filter(request=request).update(found="", found_at=None, found_by=None)
    return request


def _settle_finding(age: AgeFinding, finder: Caller, at: datetime) -> None:
    """Have done what follows from a finding: shut the account and propose to erase it, or leave it be."""
    age.final_at = at
    assert age.shelter_id is not None
    if age.found != Found.CHILD:
        _leave_be(age.shelter_id, at)
        return
    with holding(submission_id=age.shelter_id) as case:
        shelter = case.submission
        if age.tell_account:
            _tell_account(case, at)
        for request in case.requests():
            if request.right == Right.RESTRICTION:
                case.move(request, "shut", by=_SYSTEM, at=at)
                acting.after_approval(case, request, at)
            else:
                case.move(request, "prepare", by=finder, at=at, by_id=finder.user_id)
    ring(Bell.WORK, str(shelter.pk))


def _tell_account(case: Case, at: datetime) -> None:
    """Write to the address that the account itself is known by, if it has one, what happens to it and how to object."""
    shelter = case.submission
    address = next(iter(shelter.open_json("proved").get("email", ())), "")
    try:
        address = deliverable(address)
    except ValueError:
        return
    shelter.seal("email", address)
    case.keep("email_sealed")
    letter = letters.AccountShut(
        reference=shelter.reference,
        organisation=telling.organisation(shelter),
        remedies=telling.remedies(shelter),
        tracker=links.tracker(shelter.reference, telling.tracker_pass(case, at)),
    )
    telling.tell_in(case, letter, at=at, dedupe=f"shut:{shelter.pk}")


def _leave_be(shelter_id: UUID, at: datetime) -> None:
    with holding(submission_id=shelter_id) as case:
        for request in case.requests():
            if request.state != State.CLOSED:
                case.move(request, "leave_be", by=_SYSTEM, at=at)


# --- Whoever reported it ---------------------------------------------------------------------------------------------


def settle(deadline: Deadline, at: datetime) -> None:
    """Tell whoever reported an account that it was dealt with, in set words and at a set hour.

    Where it is not settled by then, the next such hour is a day later: when the answer comes says nothing either.
    """
    with holding(request_id=deadline.request_id) as case:
        assert deadline.request_id is not None
        request = case.request(deadline.request_id)
        if not clocks.still_open(deadline):
            return
        if not case.try_move(request, "settle", by=_SYSTEM, at=at):
            over = request.state == State.CLOSED
            later = {"done_at": at} if over else {"due_at": deadline.due_at + _A_DAY}
            Deadline.objects.filter(pk=deadline.pk).update(claimed_until=None, attempts=0, **later)
            return
        submission = case.submission
        letter = letters.DealtWith(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            right=str(SPECS[Right(request.right)].title),
            remedies=telling.remedies(submission),
            tracker=telling.tracker_link(submission, at),
        )
        telling.tell_in(case, letter, at=at, dedupe=f"dealt:{request.pk}", about=[request])


# --- What colleagues see ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Overview:
    """What colleagues see beside a report: the age that counts, what the systems counted, what was found and its case.

    ``under`` is in years; ``law`` is a law's id, "notice", or "" where neither names an age. ``counts`` are records by
    category over all systems.
    """

    under: int
    law: str
    age: AgeFinding | None
    reason: str
    weight: int
    parts: tuple[SubjectRequest, ...]
    counts: Mapping[str, int]


def overview(request: SubjectRequest) -> Overview | None:
    """Return what colleagues see beside a report; None for every other request."""
    if request.right != Right.CHILD_ACCOUNT:
        return None
    age = of(request)
    under, law = (age.under, age.law) if age else age_of(request.submission)
    parts: tuple[SubjectRequest, ...] = ()
    counts: dict[str, int] = {}
    reason = ""
    if age is not None and age.shelter_id is not None:
        parts = tuple(SubjectRequest.objects.filter(submission_id=age.shelter_id).order_by("id"))
        for step in parts[0].steps.all():
            for category, count in step.counts.items():
                counts[category] = counts.get(category, 0) + count
        try:
            reason = age.open("reason")
        except Forgotten:
            reason = ""
    return Overview(under, law, age, reason, weight_of(age.signs) if age else 0, parts, counts)
