"""Incidents about choices: opened by what finds them, told to those in charge, looked after and closed by people.

One is open at most for each kind, system and means; what is seen again goes onto its time line. What works again by
itself is noted there too, and the incident waits for a person all the same. Where CPNI is concerned the authority is
told within the time that the rules name, counted from the day on which it is known. 47 CFR 64.2009(f)
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from dsr.deadlines import Reckoning, business_days_before, day_ends, local_date, reckon
from dsr.errors import Incomplete, NotAllowed, NotFound, WrongState
from dsr.models import Incident, IncidentEntry, IncidentKind, IncidentMove, Mechanism, System, WebhookKind
from dsr.policies import Caller
from dsr.rules import NotInRules, pack
from dsr.services import colleagues, letters, links, webhooks
from dsr.services.choices.cpni import REGIME
from dsr.services.doorbell import Bell, ring
from dsr.services.intake import clean_text
from dsr.services.threads import checked_text
from notifications import outbox
from notifications.ids import uuid7
from notifications.models import DataKey

if TYPE_CHECKING:
    from django.contrib.auth.models import User

CPNI = frozenset({Mechanism.CPNI_PAGE, Mechanism.CPNI_API})
"""The means of which the authority has to be told where they fail."""
QUIET = timedelta(minutes=10)
"""What is seen again sooner than this after the last line adds none."""
_SELDOM = {IncidentKind.CHOICE_FAILING: timedelta(hours=1)}
"""Kinds that are seen in every round: nothing is noted sooner than this after the last line, whatever else is so."""
_TOLD = ("dsr.lead_requests", "dsr.officer_requests")
_INSTEAD = "dsr.approve_requests"
_CODE = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,63}")
Fact = str | int | bool


class Act(StrEnum):
    """What a person can do about an incident."""

    ACKNOWLEDGE = "acknowledge"
    WRITE = "write"
    REPORT = "report"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class FilledIn:
    """What the notice to the authority says, beside the mechanism and the dates. 47 CFR 64.2009(f)(1)"""

    carrier: str = ""
    mechanism: str = ""
    problem: str = ""
    remedy: str = ""
    remedied: str = ""
    state_told: str = ""
    customers_told: str = ""
    contact: str = ""


def open_or_add(
    kind: IncidentKind, system: System | None, mechanism: Mechanism, at: datetime, **facts: Fact
) -> Incident:
    """Open an incident, or note on the open one that it was seen again; a second time at once changes nothing.

    Raises ValueError for particulars that are no codes and figures: what names somebody has no place here.
    """
    checked = _checked(facts)
    with transaction.atomic():
        incident = _found(kind, system, mechanism) or _opened(kind, system, mechanism, at, checked)
        if incident is None:
            # Somebody else opened it this very moment, and may have closed it again.
            incident = _found(kind, system, mechanism)
            if incident is None:
                return open_or_add(kind, system, mechanism, at, **facts)
        last = incident.entries.filter(move__in=_SEEN).order_by("-id").first()
        if last is not None and last.at > at - _SELDOM.get(kind, timedelta()):
            return incident
        if incident.working or (last is not None and last.facts != checked and last.at <= at - QUIET):
            _note(incident, IncidentMove.AGAIN, at, checked)
        if incident.working:
            incident.working = False
            incident.save(update_fields=["working"])
    return incident


_SEEN = (IncidentMove.OPENED, IncidentMove.AGAIN)


def recovered(
    kind: IncidentKind, system: System | None, mechanism: Mechanism, at: datetime, **facts: Fact
) -> Incident | None:
    """Note on the open incident that it works again, once; it stays open. None where there is none."""
    checked = _checked(facts)
    with transaction.atomic():
        incident = _found(kind, system, mechanism)
        if incident is not None and not incident.working:
            incident.working = True
            incident.save(update_fields=["working"])
            _note(incident, IncidentMove.RECOVERED, at, checked)
    return incident


def acknowledge(incident_id: UUID, *, by: Caller, at: datetime) -> Incident:
    """Note that somebody looks after it."""
    with _locked(incident_id, Act.ACKNOWLEDGE, by) as incident:
        incident.acknowledged_at, incident.acknowledged_by = at, by.user
        _note(incident, IncidentMove.ACKNOWLEDGED, at, by=by)
    return incident


def write(incident_id: UUID, given: FilledIn, *, by: Caller, at: datetime) -> Incident:
    """Keep what the notice to the authority says so far; it may be incomplete until it is sent. Raises Incomplete."""
    kept = {}
    for name, text in asdict(given).items():
        try:
            kept[name] = clean_text(text, lines=True)
        except ValueError as error:
            raise Incomplete(str(error), field=name) from None
    with _locked(incident_id, Act.WRITE, by) as incident:
        incident.seal_json("notice", {name: text for name, text in kept.items() if text})
        _note(incident, IncidentMove.WRITTEN, at, {"filled_in": sum(map(bool, kept.values()))}, by=by)
    return incident


def report(incident_id: UUID, *, by: Caller, at: datetime) -> Incident:
    """Note that the authority has been told. Raises Incomplete while the notice lacks something."""
    with _locked(incident_id, Act.REPORT, by) as incident:
        missing = [name for name, text in asdict(filled_in(incident)).items() if not text]
        if missing:
            sentence = _("The notice is not complete: fill in every field first.")
            raise Incomplete(sentence, problems=dict.fromkeys(missing, sentence))
        incident.reported_at, incident.reported_by, incident.warn_at = at, by.user, None
        _note(incident, IncidentMove.REPORTED, at, by=by)
    return incident


def close(incident_id: UUID, reason: str, *, by: Caller, at: datetime) -> Incident:
    """Close an incident, with a reason for those who read it later. The next time it is another one."""
    with _locked(incident_id, Act.CLOSE, by) as incident:
        incident.seal("reason", checked_text(reason, "reason"))
        incident.closed_at, incident.closed_by, incident.warn_at = at, by.user, None
        _note(incident, IncidentMove.CLOSED, at, by=by)
        webhooks.emit(WebhookKind.INCIDENT_CLOSED, _said(incident), at)
    return incident


def check_can(incident: Incident, act: Act, by: Caller) -> None:
    """Raise the first reason why this caller may not do this to an incident now. Raises NotAllowed, WrongState."""
    if by.user is None or not by.user.has_perm("dsr.handle_incidents"):
        raise NotAllowed(_("Only colleagues who look after incidents can do this."), code="not-yours")
    if incident.closed_at is not None:
        raise WrongState(_("This incident is closed."), code="incident-closed")
    if act == Act.ACKNOWLEDGE and incident.acknowledged_at is not None:
        raise WrongState(_("Somebody looks after it already."), code="incident-looked-after")
    if act in (Act.WRITE, Act.REPORT) and incident.due_on is None:
        raise WrongState(_("No authority has to be told of this one."), code="nobody-to-tell")
    if act in (Act.WRITE, Act.REPORT) and incident.reported_at is not None:
        raise WrongState(_("The authority has been told already."), code="told-already")


def failing(kind: IncidentKind) -> list[tuple[UUID | None, Mechanism]]:
    """Return the systems and means of the open incidents of a kind that do not work again yet."""
    rows = Incident.objects.filter(kind=kind, closed_at=None, working=False).order_by("opened_at")
    return [(system, Mechanism(mechanism)) for system, mechanism in rows.values_list("system", "mechanism")]


def filled_in(incident: Incident) -> FilledIn:
    """Return what the notice to the authority says so far. Raises notifications.models.Forgotten."""
    kept = incident.open_json("notice")
    return FilledIn(**{each.name: str(kept.get(each.name, "")) for each in fields(FilledIn)})


def reckoning(opened_at: datetime) -> Reckoning | None:
    """Return by when the authority is told of what is known since then, with the reasons; None where no rule says."""
    rules, day = pack(), opened_at.date()
    try:
        notice, regime = rules.notice_in_force(day), rules.regime(REGIME, day)
    except NotInRules:
        return None
    if regime.report is None:
        return None
    known = local_date(opened_at, notice.seat_for(REGIME).zone)
    return reckon(known, regime.report.period, rules.calendar_for(notice, regime), regime.report.source)


def due_warnings(at: datetime, limit: int) -> list[UUID]:
    """Return the incidents of which colleagues are to be warned that the authority is told soon."""
    waiting = Incident.objects.filter(warn_at__lte=at).order_by("warn_at", "id")
    return list(waiting.values_list("id", flat=True)[:limit])


def warn(incident_id: UUID, at: datetime) -> bool:
    """Warn colleagues that the time in which the authority is told is nearly over. False when that was done already."""
    with transaction.atomic():
        incident = _for_update().filter(pk=incident_id, warn_at__lte=at).first()
        if incident is None:
            return False
        incident.warn_at = None
        incident.save(update_fields=["warn_at"])
        _note(incident, IncidentMove.WARNED, at, {"colleagues": _tell(incident, at, near=True)})
    return True


def _checked(facts: Mapping[str, Fact]) -> dict[str, Fact]:
    for name, value in facts.items():
        if isinstance(value, str) and not _CODE.fullmatch(value):
            raise ValueError(f"{name} is no code")
    return dict(sorted(facts.items()))


def _for_update() -> QuerySet[Incident]:
    return Incident.objects.select_for_update(of=("self",)).select_related("data_key", "system")


def _found(kind: IncidentKind, system: System | None, mechanism: Mechanism) -> Incident | None:
    return _for_update().filter(kind=kind, system=system, mechanism=mechanism, closed_at=None).first()


def _opened(
    kind: IncidentKind, system: System | None, mechanism: Mechanism, at: datetime, facts: Mapping[str, Fact]
) -> Incident | None:
    """Open an incident; None where somebody else did so meanwhile."""
    counted = reckoning(at) if mechanism in CPNI else None
    key = DataKey.new(at)
    key.save(force_insert=True)
    incident = Incident(
        id=uuid7(at),
        kind=kind,
        system=system,
        mechanism=mechanism,
        opened_at=at,
        due_on=counted.due if counted else None,
        warn_at=_warned_at(counted.due, at) if counted else None,
        data_key=key,
    )
    Incident.objects.bulk_create([incident], ignore_conflicts=True)
    if not Incident.objects.filter(pk=incident.pk).exists():
        key.delete()
        return None
    _note(incident, IncidentMove.OPENED, at, facts)
    _note(incident, IncidentMove.TOLD, at, {"colleagues": _tell(incident, at, near=False)})
    webhooks.emit(WebhookKind.INCIDENT_OPENED, _said(incident), at)
    return incident


def _said(incident: Incident) -> dict[str, Any]:
    """Return what webhooks are told of an incident: codes and times, and nothing of what people wrote."""
    return {
        "id": incident.pk,
        "kind": incident.kind,
        "means": incident.mechanism,
        "system": incident.system.key if incident.system else None,
        "opened_at": incident.opened_at,
        "report_by": incident.due_on,
        "closed_at": incident.closed_at,
    }


def _warned_at(due_on: date, at: datetime) -> datetime:
    """Return when the last working day before the day itself begins."""
    rules, day = pack(), at.date()
    notice, regime = rules.notice_in_force(day), rules.regime(REGIME, day)
    eve = business_days_before(due_on, 1, rules.calendar_for(notice, regime))
    return day_ends(eve - timedelta(days=1), notice.seat_for(REGIME).zone)


def _note(
    incident: Incident,
    move: IncidentMove,
    at: datetime,
    facts: Mapping[str, Fact] | None = None,
    by: Caller | None = None,
) -> None:
    whose = str(by.user_id) if by and by.user_id else ""
    IncidentEntry.objects.create(incident=incident, at=at, move=move, facts=dict(facts or {}), by=whose)


@contextmanager
def _locked(incident_id: UUID, act: Act, by: Caller) -> Iterator[Incident]:
    """Hand out one incident, locked, to somebody who may do this to it now, and save it where the block ends well."""
    with transaction.atomic():
        incident = _for_update().filter(pk=incident_id).first()
        if incident is None:
            raise NotFound(_("There is no such incident."))
        check_can(incident, act, by)
        yield incident
        incident.save()


def _tell(incident: Incident, at: datetime, *, near: bool) -> int:
    """Write to those in charge and return to how many; where nobody leads or answers, to those who approve."""
    people: dict[int, User] = {
        user.pk: user for permission in _TOLD for user in colleagues.with_permission(permission)
    } or {user.pk: user for user in colleagues.with_permission(_INSTEAD)}
    with override(settings.LANGUAGE_CODE):
        said: dict[str, Any] = {
            "organisation": pack().notices[-1].organisation.short_name,
            "what": str(incident.get_kind_display()),
            "means": str(incident.get_mechanism_display()),
            "system": incident.system.name if incident.system else "",
            "due_on": incident.due_on,
            "link": links.incident(incident.pk),
        }
    for user in people.values():
        message = outbox.queue(
            letters.IncidentDue(**said) if near else letters.IncidentOpened(**said),
            to=user.email,
            language=settings.LANGUAGE_CODE,
            data_key=incident.data_key,
            about=incident.pk,
            at=at,
            dedupe=f"incident:{incident.pk}:{near}:{user.pk}",
        )
        ring(Bell.MESSAGE, str(message.pk))
    return len(people)
