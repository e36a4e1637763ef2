"""Legal holds: two people set one and two lift it; one that is only proposed protects already."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from dsr.errors import Incomplete, NotAllowed, NotFound, WrongState
from dsr.models import Deadline, DeadlineKind, HeldPerson, HoldState, Kept, LegalHold, System
from dsr.policies import Caller
from dsr.rules import pack
from dsr.services import letters, links
from dsr.services.doorbell import Bell, ring
from dsr.services.threads import checked_text
from notifications import outbox, sealing
from notifications.ids import uuid7
from notifications.models import DataKey

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PROTECTS = (HoldState.PROPOSED, HoldState.IN_FORCE)
REVIEWED_WITHIN = timedelta(days=183)
"""No hold goes longer without being looked at."""
REMIND_AFTER = timedelta(days=7)
"""How long after a reminder the next one goes out, while nobody has looked."""


class Act(StrEnum):
    """What can be done to a hold that somebody proposed."""

    CONFIRM = "confirm"
    REJECT = "reject"
    PROPOSE_LIFTING = "propose_lifting"
    LIFT = "lift"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A hold as somebody proposes it. ``people`` are identifiers by kind; none means everybody, if ``everybody``."""

    ground: str
    matter: str
    owner_id: int | None
    review_on: date
    people: Mapping[str, Sequence[str]] = field(default_factory=dict)
    everybody: bool = False
    categories: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    from_on: date | None = None
    to_on: date | None = None
    silent: bool = False


def covering(identifiers: Mapping[str, Iterable[str]]) -> list[LegalHold]:
    """Return the holds that protect data of the person of these identifiers, in some system and category."""
    marks = {
        mark for kind, values in identifiers.items() for value in values for mark in sealing.fingerprints(kind, value)
    }
    return covering_marks(marks)


def covering_marks(marks: Iterable[str]) -> list[LegalHold]:
    """The same for somebody who is known by fingerprints alone."""
    about = Q(everybody=True) | Q(people__fingerprint__in=set(marks))
    return list(LegalHold.objects.filter(about, state__in=PROTECTS).distinct().order_by("proposed_at"))


def kinds_named() -> set[str]:
    """Return by which kinds of identifier the holds that protect something know people."""
    people = HeldPerson.objects.filter(hold__state__in=PROTECTS)
    return set(people.order_by().values_list("kind", flat=True).distinct())


def holds_here(hold: LegalHold, system: str, category: str) -> bool:
    """Whether a hold is about this category in this system."""
    return (not hold.systems or system in hold.systems) and (not hold.categories or category in hold.categories)


def propose(wanted: Wanted, *, by: Caller, at: datetime) -> LegalHold:
    """Propose a hold, which protects from now on. Raises NotAllowed, or Incomplete with what is missing."""
    _check_may(by)
    owner = _checked(wanted, at)
    with transaction.atomic():
        hold = LegalHold(
            id=uuid7(at),
            ground=wanted.ground,
            silent=wanted.silent,
            everybody=wanted.everybody,
            categories=list(wanted.categories),
            systems=list(wanted.systems),
            from_on=wanted.from_on,
            to_on=wanted.to_on,
            review_on=wanted.review_on,
            owner=owner,
            proposed_by=by.user,
            proposed_at=at,
            data_key=DataKey.new(at),
        )
        hold.data_key.save(force_insert=True)
        hold.seal("matter", checked_text(wanted.matter, "matter"))
        hold.save(force_insert=True)
        HeldPerson.objects.bulk_create(
            HeldPerson(hold=hold, kind=kind, fingerprint=mark)
            for kind, values in wanted.people.items()
            for mark in {sealing.fingerprint(kind, value) for value in values if value.strip()}
        )
    return hold


def _checked(wanted: Wanted, at: datetime) -> "User":
    problems: dict[str, str] = {}
    row = pack().refusals.get(wanted.ground)
    if row is None or "deletion" not in row.rights:
        problems["ground"] = _("Choose a ground on which data is kept.")
    if not wanted.everybody and not any(value.strip() for values in wanted.people.values() for value in values):
        problems["people"] = _("Enter by what the person is known, or say that it is about everybody.")
    unknown = set(wanted.systems) - set(System.objects.values_list("key", flat=True))
    if unknown:
        problems["systems"] = _("There is no such system: %(names)s.") % {"names": ", ".join(sorted(unknown))}
    if wanted.from_on and wanted.to_on and wanted.to_on < wanted.from_on:
        problems["to_on"] = _("The last day is before the first.")
    if not at.date() < wanted.review_on <= (at + REVIEWED_WITHIN).date():
        problems["review_on"] = _("Enter a day within the next six months on which it is looked at again.")
    owner = get_user_model().objects.filter(pk=wanted.owner_id or 0, is_active=True).first()
    if owner is None:
        problems["owner"] = _("Choose the colleague who answers for it.")
    if problems:
        raise Incomplete(next(iter(problems.values())), problems=problems)
    assert owner is not None
    return owner


def confirm(hold_id: UUID, *, by: Caller, at: datetime) -> LegalHold:
    """Confirm a proposed hold, as a second person."""
    with _locked(hold_id, by, Act.CONFIRM) as hold:
        hold.state, hold.confirmed_by, hold.confirmed_at = HoldState.IN_FORCE, by.user, at
    return hold


def reject(hold_id: UUID, *, by: Caller, at: datetime) -> LegalHold:
    """Do not confirm a proposed hold, as a second person; what it protected is looked at again."""
    with _locked(hold_id, by, Act.REJECT) as hold:
        hold.state, hold.ended_by, hold.ended_at = HoldState.REJECTED, by.user, at
        _look_again(hold, at)
    return hold


def propose_lifting(hold_id: UUID, reason: str, *, by: Caller, at: datetime) -> LegalHold:
    """Propose that a hold in force ends; it protects until somebody else agrees."""
    with _locked(hold_id, by, Act.PROPOSE_LIFTING) as hold:
        hold.seal("lifting_reason", checked_text(reason, "reason"))
        hold.lifting_by, hold.lifting_at = by.user, at
    return hold


def lift(hold_id: UUID, *, by: Caller, at: datetime) -> LegalHold:
    """End a hold, as a second person; what it protected is looked at again at once."""
    with _locked(hold_id, by, Act.LIFT) as hold:
        hold.state, hold.ended_by, hold.ended_at = HoldState.LIFTED, by.user, at
        _look_again(hold, at)
    return hold


def review(hold_id: UUID, next_on: date, *, by: Caller, at: datetime) -> LegalHold:
    """Note that a hold was looked at and still stands; it is looked at again on another day."""
    with _locked(hold_id, by, Act.REVIEW) as hold:
        if not at.date() < next_on <= (at + REVIEWED_WITHIN).date():
            raise Incomplete(_("Enter a day within the next six months."), field="review_on")
        hold.review_on, hold.reminded_on = next_on, None
    return hold


@contextmanager
def _locked(hold_id: UUID, by: Caller, act: Act) -> Iterator[LegalHold]:
    """Hand out one hold, locked, to somebody who may do this to it now, and save it where the block ends well."""
    with transaction.atomic():
        hold = LegalHold.objects.select_for_update(of=("self",)).select_related("data_key").filter(pk=hold_id).first()
        if hold is None:
            raise NotFound(_("There is no such hold."))
        check_can(hold, act, by)
        yield hold
        hold.save()


def _check_may(by: Caller) -> None:
    if by.user is None or not by.user.has_perm("dsr.set_holds"):
        raise NotAllowed(_("Only colleagues who set legal holds can do this."), code="not-yours")


def check_can(hold: LegalHold, act: Act, by: Caller) -> None:
    """Raise the first reason why this caller may not do this to a hold now. Raises NotAllowed, WrongState."""
    _check_may(by)
    if act == Act.REVIEW:
        if hold.state not in PROTECTS:
            raise WrongState(_("This hold has ended."), code="hold-ended")
        return
    _check_state(hold, HoldState.PROPOSED if act in (Act.CONFIRM, Act.REJECT) else HoldState.IN_FORCE)
    if act in (Act.CONFIRM, Act.REJECT) and by.user_id == hold.proposed_by_id:
        raise NotAllowed(_("You proposed this hold, so somebody else must decide on it."), code="four-eyes")
    if act == Act.LIFT and hold.lifting_by_id is None:
        raise WrongState(_("Nobody has proposed to lift this hold."), code="not-proposed")
    if act == Act.LIFT and by.user_id == hold.lifting_by_id:
        raise NotAllowed(_("You proposed to lift this hold, so somebody else must agree."), code="four-eyes")


def _check_state(hold: LegalHold, state: HoldState) -> None:
    if hold.state != state:
        raise WrongState(
            _("This hold is %(state)s, so this cannot be done now.") % {"state": hold.get_state_display()},
            code="wrong-hold-state",
        )


def _look_again(hold: LegalHold, at: datetime) -> None:
    """Have everything that was kept under a hold looked at now: it goes, unless something else protects it."""
    rows = Kept.objects.filter(hold=hold, ended_at=None)
    requests = set(rows.values_list("request_id", flat=True))
    rows.update(check_at=at)
    dates = Deadline.objects.filter(request_id__in=requests, kind=DeadlineKind.KEPT)
    dates.update(due_at=at, done_at=None, claimed_until=None, attempts=0)


def due_reviews(at: datetime, limit: int) -> list[UUID]:
    """Return the holds whose owners are to be reminded today that they have to be looked at."""
    return list(_due(at).order_by("review_on", "id").values_list("id", flat=True)[:limit])


def _due(at: datetime) -> QuerySet[LegalHold]:
    today = at.date()
    waiting = LegalHold.objects.filter(state__in=PROTECTS, review_on__lte=today)
    return waiting.filter(Q(reminded_on=None) | Q(reminded_on__lt=today - REMIND_AFTER))


def remind(hold_id: UUID, at: datetime) -> bool:
    """Mail the owner of a hold that it has to be looked at. False when that was done already."""
    with transaction.atomic():
        due = _due(at).select_for_update(of=("self",)).select_related("owner", "data_key")
        hold = due.filter(pk=hold_id).first()
        if hold is None:
            return False
        with override(settings.LANGUAGE_CODE):
            row = pack().refusals.get(hold.ground)
            ground = row.wording("title") if row else hold.ground
        message = outbox.queue(
            letters.HoldReview(
                organisation=pack().notices[-1].organisation.short_name,
                ground=ground,
                review_on=hold.review_on,
                link=links.hold(hold.pk),
            ),
            to=hold.owner.email,
            language=settings.LANGUAGE_CODE,
            data_key=hold.data_key,
            about=hold.pk,
            at=at,
            dedupe=f"hold:{hold.pk}:{hold.review_on}:{at.date()}",
        )
        hold.reminded_on = at.date()
        hold.save(update_fields=["reminded_on"])
        ring(Bell.MESSAGE, str(message.pk))
    return True
