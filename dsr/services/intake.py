"""Filing: one submission, its requests, their first moves, dates and messages, in one transaction."""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dsr import demands, reckoning
from dsr.choices import uses
from dsr.deadlines import local_date
from dsr.errors import Conflict, Incomplete
from dsr.ids import new_reference
from dsr.lifecycle import IDENTIFIED, Actor
from dsr.models import Channel, Deadline, DeadlineKind, SubjectRequest, Submission, Vouched
from dsr.rights import OFFERED, SPECS, Floor, Right
from dsr.rules import COUNTRIES, ClockEvent, EventKind, Notice, NotInRules, pack
from dsr.selectors import asking
from dsr.services import beside, childalert, clocks, letters, links, pace, rulebooks, telling
from dsr.services._moves import Caller, Case, new_case
from dsr.services.asserted import Verified
from dsr.services.choices import requested
from dsr.services.complaints import filing as complaining
from dsr.services.doorbell import Bell, ring
from dsr.services.mandated import AgentClaim
from notifications import sealing
from notifications.ids import uuid7
from notifications.mail import deliverable
from notifications.models import DataKey, Message
from notifications.normal import international, normalise
from notifications.rows import insert
from notifications.sealing import fingerprint
from verification import mail
from verification.models import Challenge, Grant

_LONGEST = {"name": 200, "phone": 40, "details": 4000, "identifier": 200}
_MAX_IDENTIFIERS = 20
IDENTIFIER_KINDS = ("email", "phone", "account")
"""What a person may be known by in systems, besides the address that answers go to."""
_FORBIDDEN = {"Cc", "Cs", "Co", "Cn"}
_TEXT_CONTROLS = {"\n", "\r", "\t"}
_BIDI = {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)}


@dataclass(frozen=True, slots=True)
class Want:
    """One right that the person asks for, with the details that this right needs."""

    right: Right
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filing:
    """What a person, or somebody on the person's behalf, files."""

    channel: Channel
    language: str
    country: str
    region: str
    relationship: str
    email: str
    wants: tuple[Want, ...]
    name: str = ""
    phone: str = ""
    identifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    received_at: datetime | None = None
    origin: str = ""
    """What tells one device and network from another, for as long as the case is open; never an answer by itself."""
    agent: AgentClaim | None = None
    """Who files, where that is not the person: then ``email`` is the agent's address and ``name`` the person's name."""
    verified: Verified | None = None
    """What the help desk saw of who is asking."""
    door: str = ""
    """Who else it is about, as the person says: another desk, brand or company of the directory."""
    may_pass_on: bool = False
    """The person agrees that it is passed on there with name, address and what is asked."""
    idempotency_scope: str = ""
    idempotency_key: str | None = None

    @property
    def chooses(self) -> bool:
        """Whether some of it is a choice, which is made together with the filing."""
        return any(SPECS[want.right].chooses for want in self.wants)


@dataclass(frozen=True, slots=True)
class Filed:
    """What came of a filing; ``created`` is False when the same key had filed it before."""

    submission: Submission
    requests: list[SubjectRequest]
    created: bool
    challenge_id: UUID | None = None
    lapses_at: datetime | None = None
    """When the waiting for the identity ends; None where nobody waits for it."""


def notice_for(at: datetime) -> Notice:
    """Return the notice in force at an instant; of what came in before the first one, the first one."""
    rules = pack()
    try:
        return rules.notice_in_force(at.date())
    except NotInRules:
        ours = (notice for notice in rules.notices if notice.id == rules.organisation)
        return min(ours, key=lambda notice: notice.in_force_from)


def clean_text(text: str, *, lines: bool = False) -> str:
    """Return a text as we keep it: NFC, trimmed. Raises ValueError for control and direction-changing characters."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    for character in text:
        if lines and character in _TEXT_CONTROLS:
            continue
        if unicodedata.category(character) in _FORBIDDEN or character in _BIDI:
            raise ValueError(_("This text holds characters that cannot be used, such as control characters."))
    return text


def file(filing: Filing, *, by: Caller, at: datetime) -> Filed:
    """File a submission and start every request on its way.

    The same idempotency key with the same content returns the first filing. Raises Incomplete with a sentence per
    field, or Conflict when the key came with other content.
    """
    filing = _checked(filing, by, at)
    rulebooks.keep()
    for _attempt in range(3):
        try:
            return _file_choices(filing, by, at) if filing.chooses else _file(filing, by, at)
        except IntegrityError:
            if earlier := _earlier(filing):
                return earlier
    raise RuntimeError("three references in a row were taken")


def foreseen(filing: Filing, *, by: Caller, at: datetime) -> list[SubjectRequest]:
    """Return what a filing would come to, with its dates, and keep nothing of it. Raises Incomplete."""
    filing = _checked(filing, by, at)
    received = filing.received_at or at
    submission = _submission(filing, notice_for(received), received, at)
    found = []
    for want in filing.wants:
        started = [ClockEvent.at(EventKind.RECEIVED, received, submission.zone)]
        due = reckoning.governing(reckoning.reckon(submission, want.right, started), submission.zone)
        found.append(SubjectRequest(submission=submission, right=want.right, due_at=due.at, due_on=due.on))
    return found


def _earlier(filing: Filing) -> Filed | None:
    if filing.idempotency_key is None:
        return None
    found = Submission.objects.filter(
        idempotency_scope=filing.idempotency_scope, idempotency_key=filing.idempotency_key
    ).first()
    if found is None:
        return None
    if found.idempotency_digest not in _digests(filing):
        raise Conflict(_("This Idempotency-Key was used before with other content. Use a new one."))
    first = found.deadlines.filter(kind=DeadlineKind.LAPSE, ordinal=0)
    return Filed(found, list(found.requests.order_by("id")), created=False, lapses_at=_lapses_at(first))


def _digests(filing: Filing) -> list[str]:
    """Fingerprint the content under every field key, the present one first.

    Keyed, as a plain digest of personal values could be guessed; hashed before, as fingerprints are of normal forms.
    """
    content: dict[str, Any] = {
        "channel": filing.channel,
        "received": filing.received_at.isoformat() if filing.received_at else "",
        "where": [filing.country, filing.region, filing.relationship, filing.language],
        "who": [filing.name, filing.email, filing.phone],
        "identifiers": {kind: list(values) for kind, values in sorted(filing.identifiers.items())},
        "wants": [[want.right, dict(want.details)] for want in filing.wants],
    }
    if filing.agent is not None:
        content["agent"] = asdict(filing.agent)
    if filing.door or filing.may_pass_on:
        content["elsewhere"] = [filing.door, filing.may_pass_on]
    if filing.verified is not None:
        content["verified"] = [filing.verified.method, filing.verified.at.isoformat(), filing.verified.identifiers]
    exact = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return [hashlib.sha256(each.encode()).hexdigest() for each in sealing.fingerprints("filing", exact)]


def _file_choices(filing: Filing, by: Caller, at: datetime) -> Filed:
    """File and choose in one transaction, and close what is in effect everywhere already."""
    with transaction.atomic():
        filed = _file(filing, by, at)
    requested.close(at, submission_id=filed.submission.pk)
    return filed


def _file(filing: Filing, by: Caller, at: datetime) -> Filed:
    received = filing.received_at or at
    notice = notice_for(received)
    submission = _submission(filing, notice, received, at)
    case = new_case(submission)
    requests, deadlines = [], []
    for want in filing.wants:
        request, dates = _request(case, want, filing, by, received, at)
        requests.append(request)
        deadlines += dates
    if any(request.identity_floor for request in requests):
        deadlines.append(Deadline(submission=submission, kind=DeadlineKind.LOOK, due_at=at))
    way_in, message = _greet(filing, notice, submission, requests, deadlines, at)
    insert(
        submission.data_key,
        submission,
        *beside.rows(case, filing, by=by, at=at),
        *requests,
        *deadlines,
        *case.take_events(),
        way_in,
        message,
        *childalert.alerts(submission, requests, at),
    )
    ring(Bell.MESSAGE, str(message.pk))
    if any(deadline.kind in (DeadlineKind.BUILD, DeadlineKind.LOOK) for deadline in deadlines):
        ring(Bell.WORK, str(submission.pk))
    challenge_id = way_in.pk if isinstance(way_in, Challenge) else None
    return Filed(submission, requests, created=True, challenge_id=challenge_id, lapses_at=_lapses_at(deadlines))


def _submission(filing: Filing, notice: Notice, received: datetime, at: datetime) -> Submission:
    rules = pack()
    regimes = rules.propose(filing.country, filing.region, received.date())
    submission = Submission(
        id=uuid7(at),
        reference=new_reference(),
        received_at=received,
        channel=filing.channel,
        language=filing.language,
        country=filing.country,
        region=filing.region,
        zone=notice.seat_for(regimes[0]).zone,
        relationship=filing.relationship,
        notice_id=notice.id,
        notice_version=notice.version.isoformat(),
        rules_version=rules.version,
        regimes=list(regimes),
        data_key=DataKey.new(at),
        idempotency_scope=filing.idempotency_scope,
        idempotency_key=filing.idempotency_key,
        idempotency_digest=_digests(filing)[0] if filing.idempotency_key else "",
        email_fingerprint=fingerprint("email", filing.email),
        phone_fingerprint=fingerprint("phone", filing.phone) if filing.phone else "",
        for_other=filing.agent is not None,
        door=filing.door,
        may_pass_on=filing.may_pass_on,
    )
    accounts = filing.identifiers.get("account", ())
    submission.account_fingerprint = fingerprint("account", accounts[0]) if accounts else ""
    submission.origin_fingerprint = fingerprint("origin", filing.origin) if filing.origin else ""
    claims = [(kind, value) for kind, values in filing.identifiers.items() for value in values]
    own = {fingerprint("email", address) for address in (filing.email, _principal(filing)) if address}
    if any(kind != "email" or fingerprint(kind, value) not in own for kind, value in claims):
        submission.vouched = Vouched.OPEN
    submission.seal("name", filing.name)
    submission.seal("email", filing.email)
    submission.seal("phone", filing.phone)
    submission.seal_json("identifiers", {kind: list(values) for kind, values in filing.identifiers.items()})
    return submission


def _principal(filing: Filing) -> str:
    return filing.agent.person_email if filing.agent is not None else ""


def _request(
    case: Case, want: Want, filing: Filing, by: Caller, received: datetime, at: datetime
) -> tuple[SubjectRequest, list[Deadline]]:
    submission = case.submission
    found = reckoning.reckon(submission, want.right, [ClockEvent.at(EventKind.RECEIVED, received, submission.zone)])
    due = reckoning.governing(found, submission.zone)
    request = SubjectRequest(
        id=uuid7(at),
        submission=submission,
        right=want.right,
        regime=due.regime,
        received_at=received,
        due_at=due.at,
        due_on=due.on,
        last_on=due.last_on,
    )
    demand = demands.demand_on_filing(submission, want.right)
    request.identity_floor, request.identity_of_record = demand.level, demand.of_record
    request.seal_json("details", dict(want.details))
    request.about = complaining.about(submission, want.details)
    case.adopt(request)
    case.record("file", by=by, at=received, request=request, data={"right": want.right, "channel": submission.channel})
    deadlines = [*clocks.deadlines(request, found, submission.zone), clocks.watch(request, at)]
    if request.spec.floor > Floor.NOTHING:
        case.move(request, "ask_identity", by=Caller.system(by.via), at=at)
        request.waits_for = reckoning.waits_for_identity(submission, request)
        deadlines += clocks.lapse(submission, request, at)
    elif request.spec.chooses:
        requested.enter(case, request, want, filing, by=by, at=at)
    elif request.spec.judges:
        case.move(request, "take_in", by=Caller.system(by.via), at=at)
        if want.right == Right.CHILD_ACCOUNT:
            deadlines.append(childalert.answer_hour(request, at))
    else:
        case.move(request, "begin", by=Caller.system(by.via), at=at)
        deadlines.append(clocks.build_now(request, at))
    request.slack_at = pace.start_by(request, pace.at_hand() or {})
    return request, deadlines


def _lapses_at(deadlines: Iterable[Deadline]) -> datetime | None:
    """Return when the waiting for the identity ends first, None where nobody waits for it."""
    return min((each.due_at for each in deadlines if each.kind == DeadlineKind.LAPSE), default=None)


def _greet(
    filing: Filing,
    notice: Notice,
    submission: Submission,
    requests: list[SubjectRequest],
    deadlines: list[Deadline],
    at: datetime,
) -> tuple[Challenge | Grant, Message]:
    """Return the first letter and what its link stands on: a check of the address, or a grant if nothing is asked."""
    titles = tuple(str(SPECS[Right(request.right)].title) for request in requests)
    letter: letters.ConfirmAddress | letters.Received
    way_in: Challenge | Grant
    if any(SPECS[want.right].floor > Floor.NOTHING for want in filing.wants):
        started = mail.prepare(submission.pk, filing.email, submission.data_key, at)
        way_in = started.challenge
        letter = letters.ConfirmAddress(
            reference=submission.reference,
            organisation=notice.organisation.short_name,
            rights=tuple(title for title, request in zip(titles, requests, strict=True) if request.right in IDENTIFIED),
            link=links.confirm(started.token),
            code=started.code,
            lapses_on=local_date(_lapses_at(deadlines) or at, submission.zone),
        )
    else:
        way_in, tracker = telling.first_tracker(submission, at)
        for deadline in deadlines:  # this very letter is the acknowledgement
            if deadline.kind == DeadlineKind.ACKNOWLEDGE:
                deadline.done_at = at
        letter = letters.Received(
            reference=submission.reference,
            organisation=notice.organisation.short_name,
            rights=titles,
            how=telling.handling(requests),
            identity=letters.IdentityCheck.NOT_NEEDED,
            due_on=min(request.due_on for request in requests),
            remedies=telling.remedies(submission, [request.right for request in requests]),
            tracker=tracker,
        )
    return way_in, telling.first_letter(submission, letter, at=at, to=filing.email)


def _checked(filing: Filing, by: Caller, at: datetime) -> Filing:
    """Return the filing as we keep it, or raise Incomplete with every problem at once."""
    problems: dict[str, str] = {}
    cleaned = {name: _clean(name, getattr(filing, name), problems) for name in ("name", "phone", "email")}
    try:
        # The form that is mailed to: one that passes for an address and cannot be sent to must not get further.
        cleaned["email"] = deliverable(cleaned["email"])
    except ValueError:
        problems.setdefault("email", _("Enter a mail address in the form name@example.org."))
    _check_where(filing, notice_for(filing.received_at or at), problems)
    cleaned["phone"] = _number(filing, cleaned["phone"], "phone", problems)
    wants = _checked_wants(filing, notice_for(filing.received_at or at), problems)
    if not problems.keys() & {"country", "region", "rights"}:
        problems |= beside.without_law(filing, at)
    identifiers = _checked_identifiers(filing, problems)
    if filing.received_at is not None:
        _check_received(filing.received_at, by, at, problems)
    agent = filing.agent
    if agent is not None:
        name = _clean("agent.name", agent.name, problems, limit=_LONGEST["name"])
        agent = replace(agent, name=name, person_email=_clean("agent.person_email", agent.person_email, problems))
        agent = beside.checked_agent(filing, agent, cleaned, at, problems)
    beside.check_verified(filing, identifiers, by, at, problems)
    if problems:
        raise Incomplete(_("Some answers are missing or cannot be used."), problems=problems)
    wants = _marketing_apart(wants, notice_for(filing.received_at or at))
    replaced = {name: getattr(filing, name) for name in Filing.__slots__}
    return Filing(**{**replaced, **cleaned, "wants": wants, "identifiers": identifiers, "agent": agent})


def _clean(name: str, value: str, problems: dict[str, str], *, lines: bool = False, limit: int = 0) -> str:
    try:
        text = clean_text(value, lines=lines)
    except ValueError as error:
        problems[name] = str(error)
        return ""
    longest = limit or _LONGEST.get(name, 254)
    if len(text) > longest:
        problems[name] = _("Use at most %(number)d characters.") % {"number": longest}
    return text


def _number(filing: Filing, number: str, name: str, problems: dict[str, str]) -> str:
    """Return a telephone number with its country: the one where the person lives, if it names none.

    A choice for a number without one would stop nothing; elsewhere it only helps less.
    """
    if not number or name in problems or normalise("phone", number).startswith("+"):
        return number
    found = international(number, filing.country if filing.country in COUNTRIES else "")
    if not found and filing.chooses:
        problems[name] = _("Enter the number with its country, such as +1 415 555 0100.")
    return found or number


def _check_where(filing: Filing, notice: Notice, problems: dict[str, str]) -> None:
    if filing.country not in COUNTRIES:
        problems["country"] = _("Choose the country where you live.")
    if len(filing.region) > 8:
        problems["region"] = _("Choose the state or province where you live.")
    relationships = {entry.id: entry for entry in notice.relationships}
    if filing.relationship not in relationships:
        problems["relationship"] = _("Choose how you know the organisation.")
    if filing.door and filing.door not in {door.id for door in notice.doors_for(filing.country, filing.region)}:
        problems["door"] = _("Choose somebody from the directory who answers for people from there, or nobody.")
    if filing.language not in dict(settings.LANGUAGES):
        problems["language"] = _("Choose a language that we write in.")


def _checked_wants(filing: Filing, notice: Notice, problems: dict[str, str]) -> tuple[Want, ...]:
    if not filing.wants:
        problems["rights"] = _("Choose at least one thing to ask for.")
    if len({want.right for want in filing.wants}) != len(filing.wants):
        problems["rights"] = _("Choose each right once.")
    if any(want.right not in OFFERED for want in filing.wants):
        problems["rights"] = _("This is asked for in another way. Choose something from the list.")
    wants = []
    for want in filing.wants:
        details = {}
        for name, text in want.details.items():
            if name not in SPECS[want.right].questions:
                problems[f"{want.right}.{name}"] = _("This is not asked for.")
                continue
            details[name] = _clean(f"{want.right}.{name}", text, problems, lines=True, limit=_LONGEST["details"])
        known = {name: uses.options(name, notice, filing.relationship) for name in uses.MANY}
        for name, sentence in asking.unanswered(want.right, details, known).items():
            problems.setdefault(f"{want.right}.{name}", sentence)
        wants.append(Want(want.right, {name: text for name, text in details.items() if text}))
    return tuple(wants)


def _marketing_apart(wants: tuple[Want, ...], notice: Notice) -> tuple[Want, ...]:
    """Make of an objection to direct marketing what it is: an end of it, at once; the rest is weighed. GDPR Art 21(3)

    Where nothing else is objected to, nothing is left to be weighed.
    """
    found: list[Want] = []
    ends = {uses.OBJECTED: uses.DIRECT_MARKETING}
    for want in wants:
        words = uses.named(want.details.get(uses.OBJECTED, "")) if want.right is Right.OBJECTION else []
        rest = [word for word in words if not uses.is_marketing(word, notice)]
        if len(rest) < len(words):
            found = [each for each in found if each.right is not Right.MARKETING_OPT_OUT]
            found.append(Want(Right.MARKETING_OPT_OUT, ends))
        if want.right is Right.OBJECTION and rest:
            found.append(Want(Right.OBJECTION, {**want.details, uses.OBJECTED: " ".join(rest)}))
        elif want.right is Right.MARKETING_OPT_OUT and any(each.details == ends for each in found):
            continue  # it was made of the objection already
        elif want.right is not Right.OBJECTION:
            found.append(want)
    return tuple(found)


def _checked_identifiers(filing: Filing, problems: dict[str, str]) -> dict[str, tuple[str, ...]]:
    cleaned: dict[str, tuple[str, ...]] = {}
    for kind, values in filing.identifiers.items():
        if kind not in IDENTIFIER_KINDS or len(values) > _MAX_IDENTIFIERS:
            problems["identifiers"] = _("Give identifiers that we know, and at most 20 of a kind.")
            continue
        texts = [_clean("identifiers", value, problems, limit=_LONGEST["identifier"]) for value in values]
        if kind == "phone":
            texts = [_number(filing, text, "identifiers", problems) for text in texts]
        if any(texts):
            cleaned[kind] = tuple(text for text in texts if text)
    return cleaned


def _check_received(received: datetime, by: Caller, at: datetime, problems: dict[str, str]) -> None:
    """Only staff may say that something came in earlier, and nobody that it comes in later."""
    if not by.roles & {Actor.SUPPORT, Actor.ANALYST, Actor.APPROVER}:
        problems["received_at"] = _("Only staff can say when a request came in.")
    elif received > at:
        problems["received_at"] = _("A request cannot have come in later than now.")
    elif received < at - timedelta(days=366):
        problems["received_at"] = _("This is more than a year ago. Check the date.")
