"""Keeping the decisions that machines made, as the deciding systems tell them or staff write them down."""

import base64
import binascii
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from dsr.connectors import webhook as wire
from dsr.errors import Conflict, Incomplete, NotFound
from dsr.lifecycle import State
from dsr.models import AutomatedDecision, ConfirmBy, DecidedPerson, DecisionKind, LegalBasis, Review, Submission
from dsr.rules.schema.retention import Lasting
from dsr.services import schedule
from dsr.services.intake import IDENTIFIER_KINDS, clean_text
from notifications import sealing
from notifications.ids import uuid7
from notifications.mail import deliverable
from notifications.models import DataKey

CATEGORY = "automated_decision_records"
"""The category of the retention schedule under which decisions are kept."""
AT_LEAST = "P3Y"
"""Kept so long whatever the schedule says. Colorado SB 26-189"""
_LEAST_KEY = 24
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of one decision. ``who`` holds identifiers of the person by kind, ``inputs`` a snapshot as JSON."""

    system: str
    reference: str
    kind: str
    decided_at: datetime
    who: Mapping[str, Sequence[str]]
    output: str
    effect: str
    legal_basis: str
    rule_version: str = ""
    inputs: Mapping[str, object] = field(default_factory=dict)
    inputs_digest: str = ""
    score: float | None = None
    threshold: float | None = None
    sole_factor: bool = True
    notice_at: datetime | None = None
    notice_version: str = ""
    notice_reasons: str = ""
    fraud_signals: Sequence[str] = ()
    involved: Sequence[str] = ()
    line: Sequence[str] = ()
    confirm_url: str = ""
    confirm_secret: str = ""
    owner_email: str = ""


def record(told: Told, *, by: User, at: datetime, by_hand: bool = False) -> tuple[AutomatedDecision, bool]:
    """Keep a decision, once for each number of its system. Returns it, and whether it is new.

    Raises Incomplete for what cannot be kept, Conflict where the number came before with other content.
    """
    _check(told, at)
    digests = _digests(told)
    for _try in range(2):
        known = AutomatedDecision.objects.filter(system=told.system, reference=told.reference).first()
        if known is not None:
            if known.digest not in digests or (known.recorded_by_id != by.pk):
                raise Conflict(
                    _("This system told another decision under this number before."), code="decision-differs"
                )
            return known, False
        try:
            return _insert(told, digests[0], by, at, by_hand), True
        except IntegrityError:
            continue
    raise RuntimeError("a decision came and went")


def _insert(told: Told, digest: str, by: User, at: datetime, by_hand: bool) -> AutomatedDecision:
    names = ("system", "reference", "kind", "decided_at", "rule_version", "score", "threshold", "legal_basis")
    more = ("sole_factor", "notice_at", "notice_version", "owner_email")
    row = AutomatedDecision(
        id=uuid7(at),
        **{name: getattr(told, name) for name in (*names, *more)},
        fraud_signals=list(told.fraud_signals),
        involved=list(told.involved),
        line=list(told.line),
        confirm_by=ConfirmBy.CALL if told.confirm_url else ConfirmBy.WORKSHEET,
        recorded_at=at,
        recorded_by=by,
        by_hand=by_hand,
        keep_until=kept_until(told.decided_at),
        digest=digest,
        inputs_digest=told.inputs_digest or _digest_of(told.inputs),
        data_key=DataKey.new(at),
    )
    row.seal_json("who", {kind: list(values) for kind, values in told.who.items()})
    row.seal_json("inputs", told.inputs)
    row.seal("output", told.output)
    row.seal("effect", told.effect)
    row.seal("notice", told.notice_reasons)
    row.seal_json("confirm", {"url": told.confirm_url, "secret": told.confirm_secret} if told.confirm_url else {})
    people = {(kind, sealing.fingerprint(kind, value)) for kind, values in told.who.items() for value in values}
    with transaction.atomic():
        row.data_key.save(force_insert=True)
        row.save(force_insert=True)
        DecidedPerson.objects.bulk_create(
            DecidedPerson(decision=row, kind=kind, fingerprint=mark) for kind, mark in sorted(people)
        )
    return row


def kept_until(decided_at: datetime) -> datetime:
    """Return until when a decision is kept: the longest floor that the schedule knows, and three years at least."""
    day = decided_at.astimezone(UTC).date()
    floors = [rule.floor for rule in schedule.current().own(CATEGORY) if rule.floor and not rule.yields]
    last = max(Lasting.of(floor).after(day) for floor in (*floors, AT_LEAST))
    return datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=UTC)


def _digest_of(inputs: Mapping[str, object]) -> str:
    if not inputs:
        return ""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _digests(told: Told) -> list[str]:
    """Fingerprint the content under every field key, the present one first: a plain digest could be guessed."""
    content = json.dumps(asdict(told), sort_keys=True, default=str)
    exact = hashlib.sha256(content.encode()).hexdigest()
    return list(sealing.fingerprints("decision", exact))


def _check(told: Told, at: datetime) -> None:
    problems = dict(_problems(told, at))
    if problems:
        raise Incomplete(_("Some answers are missing or cannot be used."), problems=problems)


def _problems(told: Told, at: datetime) -> Iterator[tuple[str, str]]:
    for name in ("system", "reference"):
        if not getattr(told, name):
            yield name, _("Give the system and its number for the decision.")
    for name, text in (("output", told.output), ("effect", told.effect), ("notice_reasons", told.notice_reasons)):
        try:
            clean_text(text, lines=True)
        except ValueError as error:
            yield name, str(error)
    if told.kind not in DecisionKind.values:
        yield "kind", _("There is no such kind of decision.")
    if told.legal_basis not in LegalBasis.values:
        yield "legal_basis", _("There is no such legal basis.")
    if told.decided_at > at:
        yield "decided_at", _("A decision cannot lie in the future.")
    if not any(told.who.values()):
        yield "who", _("Say whom the decision is about.")
    if set(told.who) - set(IDENTIFIER_KINDS):
        yield "who", _("Use these kinds of identifiers: %(kinds)s.") % {"kinds": ", ".join(IDENTIFIER_KINDS)}
    yield from _problems_of_confirming(told)


def _problems_of_confirming(told: Told) -> Iterator[tuple[str, str]]:
    if bool(told.confirm_url) == bool(told.owner_email):
        yield "confirm", _("Say how a change is confirmed: by a call, or by a worksheet to the owner of the system.")
        return
    if told.confirm_url:
        if not wire.usable(told.confirm_url, tuple(settings.DECISION_NETWORKS)):
            yield "confirm", _("This address cannot be called. It has to begin with https:// and be public.")
        elif not _is_key(told.confirm_secret):
            yield "confirm", _("Give a secret that begins with whsec_ and holds at least 24 bytes.")
        return
    try:
        deliverable(told.owner_email)
    except ValueError:
        yield "confirm", _("Enter a mail address in the form name@example.org.")


def _is_key(secret: str) -> bool:
    try:
        key = base64.b64decode(secret.removeprefix(wire.PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return secret.startswith(wire.PREFIX) and len(key) >= _LEAST_KEY


# --- Finding them again ----------------------------------------------------------------------------------------------


def seen_by(user: User, *, all_of_them: bool) -> QuerySet[AutomatedDecision]:
    """Return the decisions that an account told, or all, the newest first."""
    rows = AutomatedDecision.objects.order_by("-id")
    return rows if all_of_them else rows.filter(recorded_by=user)


def find(decision_id: UUID, user: User, *, all_of_them: bool) -> AutomatedDecision:
    """Return one decision. Raises NotFound for those of others, too."""
    found = seen_by(user, all_of_them=all_of_them).filter(pk=decision_id).first()
    if found is None:
        raise NotFound(_("There is no such decision."))
    return found


def candidates(submission: Submission, named: str) -> list[AutomatedDecision]:
    """Return the decisions that somebody may mean: by the number they gave, and by what they are known by."""
    marks = [submission.email_fingerprint, submission.phone_fingerprint, submission.account_fingerprint]
    if submission.purged_at is None:
        given = submission.open_json("identifiers")
        for kind, values in given.items():
            marks += [mark for value in values for mark in sealing.fingerprints(kind, value)]
        marks += sealing.fingerprints("email", submission.open("email"))
    found = Q(people__fingerprint__in=[mark for mark in marks if mark])
    if named:
        found |= Q(reference=named)
    rows = AutomatedDecision.objects.filter(found, forgotten_at=None)
    return list(rows.select_related("data_key").distinct().order_by("-decided_at")[:20])


def forget(at: datetime) -> int:
    """Destroy the keys of decisions whose time is over and that nobody reviews; one round. Returns how many."""
    due = AutomatedDecision.objects.filter(keep_until__lt=at, forgotten_at=None)
    reviewed = Review.objects.exclude(request__state=State.CLOSED).values("decision_id")
    due = due.exclude(pk__in=reviewed)
    number = 0
    for row in due.select_related("data_key")[:_AT_ONCE]:
        with transaction.atomic():
            row.data_key.forget(at)
            row.people.all().delete()
            row.digest = row.inputs_digest = ""
            row.forgotten_at = at
            row.save(update_fields=["digest", "inputs_digest", "forgotten_at"])
            row.reviews.update(likeness="")
        number += 1
    return number
