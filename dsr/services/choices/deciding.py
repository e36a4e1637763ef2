"""Making a choice about marketing, advertising and the like: it stands at once, and each system gets a window for it.

No identity is asked for. From the end of the transaction on every check says no; what the systems still have to do
lies in rows, so that neither a broker nor a worker has to remember it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr import rules
from dsr.choices import uses
from dsr.choices.marketing import CHANNELS, SUPERSEDED, Act, Purpose, Scope, Standing, Via, after, scopes, told
from dsr.errors import Incomplete, NotFound
from dsr.models import Choice, ConnectorKind, Suppression, System, WebhookKind, Window
from dsr.packaging import manifest
from dsr.services import systems, webhooks
from dsr.services.choices import invented
from dsr.services.doorbell import Bell, ring
from notifications import rows, sealing
from notifications.ids import uuid7
from notifications.mail import deliverable
from notifications.models import DataKey
from notifications.normal import international, normalise
from notifications.reads import PreparedSet

KINDS = ("email", "phone", "account", "browser")
"""By what somebody may be known who makes a choice."""
_MISWRITTEN = {"phone": gettext_lazy("Write every number with its country, such as +1 415 555 0100.")}
MARKETING_OPT_OUT = "marketing_opt_out"
_FIRST_TRIES = timedelta(minutes=10)
"""Nobody is warned of a choice that was entered late before the systems were told of it."""
_BY_NOBODY = frozenset({Via.IMPORT, Via.SIGNAL, Via.ONE_CLICK})
"""Ways by which nobody can have said yes: a file, a browser, a machine that follows links."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody chose. ``identifiers`` are in clear, by kind; ``channels`` and ``topics`` empty mean all."""

    identifiers: Mapping[str, Sequence[str]]
    act: Act
    via: Via
    at: datetime
    purpose: Purpose = Purpose.MARKETING
    channels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    country: str = ""
    language: str = ""
    evidence: str = ""
    """Where it is kept that the person said so: of a yes that somebody else enters, it must be given."""
    invented: bool = False
    anew: bool = False
    """Whether it is done again although it stands: whoever still gets mail says so by choosing once more."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A choice as it stands, and whether it is new."""

    choice: Choice
    new: bool

    @property
    def receipt(self) -> dict[str, Any]:
        """Return the signed receipt, made when it is asked for: a mail program wants none."""
        return receipt(self.choice)


def decide(wish: Wish, *, by: str, at: datetime) -> Decided:
    """Make a choice; from the end of the transaction on it stands. ``by`` is who typed or sent it, if not the person.

    The same choice a second time changes nothing and gets the first receipt. Raises Incomplete for what cannot be
    chosen, and the sentence says what is missing.
    """
    _check(wish, by, at)
    wanted = scopes(wish.channels, wish.topics)
    marks = _marks(wish.identifiers)
    with transaction.atomic():
        _queue_up(marks)
        before = _standing(marks, wish.purpose)
        standing = {mark: _after(before.get(mark, []), wanted, wish.act) for mark in marks}
        same = all(_same(before.get(mark, []), standing[mark]) for mark in marks)
        if same and not wish.anew and (earlier := _earlier(before, wanted, wish.act)) is not None:
            return Decided(earlier, new=False)
        choice = _row(wish, by, at)
        windows = _windows(choice, wish, wanted)
        _write(choice, windows, standing, [row for some in before.values() for row in some], wish)
        webhooks.emit(WebhookKind.CHOICE_RECORDED, said(choice), at)
        if windows:
            ring(Bell.CHOICE)
    return Decided(choice, new=True)


def said(choice: Choice) -> dict[str, Any]:
    """Return what is told of a choice to whoever listens; it does not name the person."""
    return {
        "id": str(choice.pk),
        "purpose": choice.purpose,
        "choice": choice.act,
        "channels": choice.channels,
        "topics": choice.topics,
        "via": choice.via,
        "received_at": choice.at.isoformat(),
        "in_effect_by": choice.must_by.isoformat(),
        "invented": choice.invented,
    }


# --- What can be chosen ----------------------------------------------------------------------------------------------


def _check(wish: Wish, by: str, at: datetime) -> None:
    problems: dict[str, str] = {}
    if not any(value.strip() for values in wish.identifiers.values() for value in values):
        problems["identifiers"] = _("Say whom it is about, by mail address, telephone number or account.")
    for kind, values in wish.identifiers.items():
        if kind in KINDS and not all(writable(kind, value) for value in values):
            problems[f"identifiers.{kind}"] = str(
                _MISWRITTEN.get(kind) or _("One of these is not written as it should be.")
            )
    for kind in set(wish.identifiers) - set(KINDS):
        problems[f"identifiers.{kind}"] = _("Nobody is known by this here: give some of %(names)s.") % {
            "names": ", ".join(KINDS)
        }
    if set(wish.channels) - set(CHANNELS):
        problems["channels"] = _("There is no channel of this name: give some of %(names)s.") % {
            "names": ", ".join(CHANNELS)
        }
    problems |= _no_topic(wish)
    if wish.channels and wish.purpose is not Purpose.MARKETING:
        problems["channels"] = _("Only marketing is chosen by channel.")
    if wish.at > at:
        problems["at"] = _("This is still to come.")
    if wish.act is Act.RESUME:
        problems |= _no_yes(wish, by)
    if problems:
        raise Incomplete(_("This cannot be entered."), problems=problems)


def _no_topic(wish: Wish) -> dict[str, str]:
    """What is wrong with the topics: marketing is chosen by topic, and what the service has to say is no marketing."""
    if not wish.topics:
        return {}
    notice = rules.pack().notice_then(wish.at.date())
    if wish.purpose is not Purpose.MARKETING:
        named = topics_of(wish.purpose)
        if not named:
            return {"topics": _("Only marketing, consents and objections are chosen by topic.")}
        if set(wish.topics) - named:
            names = ", ".join(sorted(named))
            return {"topics": _("There is no topic of this name: give some of %(names)s.") % {"names": names}}
        return {}
    known = {topic.id: topic.purpose for topic in notice.topics}
    if any(known.get(topic) == "service" for topic in wish.topics):
        return {"topics": _("This belongs to the service and goes on while there is an account.")}
    if set(wish.topics) - set(known):
        names = ", ".join(topic for topic, purpose in known.items() if purpose == "marketing")
        return {"topics": _("There is no topic of this name: give some of %(names)s.") % {"names": names}}
    return {}


def topics_of(purpose: Purpose) -> frozenset[str]:
    """Return what consents and objections can be about, by every version of our notice: cases outlive versions."""
    ours = (notice for notice in rules.pack().notices if notice.id == rules.pack().organisation)
    return frozenset(word for notice in ours for word in uses.topics(purpose, notice))


def _no_yes(wish: Wish, by: str) -> dict[str, str]:
    """What is missing for a yes: only the person says it, by an act that is recorded."""
    if wish.via in _BY_NOBODY:
        return {"via": _("Nobody resumes by this: only the person does, by an act of their own.")}
    if wish.purpose is Purpose.OBJECTION or (wish.purpose is Purpose.CONSENT and (by or wish.via != Via.PREFERENCES)):
        return {"choice": _("Only the person agrees again, on the page that a link in a mail of ours opens.")}
    if by and not wish.evidence:
        return {"evidence": _("Say where the evidence is, for example the number of the ticket or of the recording.")}
    return {}


def writable(kind: str, value: str) -> bool:
    """Whether an identifier is in a form that can be known: a mail address, a number with its country, other words."""
    if kind == "phone":
        return bool(international(value))
    if kind != "email":
        return bool(normalise(kind, value))
    try:
        deliverable(value)
    except ValueError:
        return False
    return True


# --- Writing it ------------------------------------------------------------------------------------------------------


def digests(identifiers: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the keyed hashes of some identifiers under every key of the ring."""
    pairs = [(kind, value) for kind, values in identifiers.items() for value in values if value.strip()]
    return list(dict.fromkeys(mark for kind, value in pairs for mark in sealing.listing_digests(kind, value)))


def _marks(identifiers: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the hashes under which it is kept, in order: two who write the same ones then never wait in a circle."""
    pairs = [(kind, value) for kind, values in identifiers.items() for value in values if value.strip()]
    return sorted({mark for kind, value in pairs for mark in sealing.listing_digests(kind, value)})


def _queue_up(marks: Sequence[str]) -> None:
    """Have whoever chooses for the same person wait for each other; there may be no row yet that could be locked."""
    if connection.vendor == "postgresql":
        locks = ", ".join(["pg_advisory_xact_lock(hashtextextended(%s, 0))"] * len(marks))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {locks}", list(marks))


def _prepared(purpose: Purpose) -> PreparedSet[Suppression]:
    rows = Suppression.objects.filter(purpose=purpose).order_by("id")
    return PreparedSet(lambda marks: rows.filter(digest__in=marks))


_STANDING = {purpose: _prepared(purpose) for purpose in Purpose}


def _standing(marks: Sequence[str], purpose: Purpose) -> dict[str, list[Suppression]]:
    found: dict[str, list[Suppression]] = {}
    for row in _STANDING[purpose].rows(marks):
        found.setdefault(row.digest, []).append(row)
    return found


def standing_of(row: Suppression) -> Standing:
    """Return what a row says."""
    return Standing(Scope(row.channel, row.topic), row.stopped)


def _after(before: Sequence[Suppression], wanted: Sequence[Scope], act: Act) -> list[Standing]:
    """Return what stands afterwards."""
    now = [standing_of(row) for row in before]
    for scope in wanted:
        now = after(now, scope, act)
    return now


def _same(before: Sequence[Suppression], now: Sequence[Standing]) -> bool:
    return {standing_of(row) for row in before} == set(now)


def _earlier(before: Mapping[str, Sequence[Suppression]], wanted: Sequence[Scope], act: Act) -> Choice | None:
    """Return the choice that said the same, so that who chooses the same again gets the same receipt."""
    said_so = {Standing(scope, act is Act.STOP) for scope in wanted}
    rows_ = [row for some in before.values() for row in some if standing_of(row) in said_so]
    ids = [row.choice_id for row in rows_ if row.choice_id]
    return Choice.objects.filter(pk__in=ids).order_by("-at").first() if ids else None


def _row(wish: Wish, by: str, at: datetime) -> Choice:
    choice = Choice(
        id=uuid7(at),
        purpose=wish.purpose,
        act=wish.act,
        channels=sorted(wish.channels),
        topics=sorted(wish.topics),
        via=wish.via,
        at=wish.at,
        recorded_at=at,
        must_by=_begins(wish, at) + window_length(wish.at),
        country=wish.country,
        language=wish.language,
        evidence=wish.evidence,
        entered_by=by,
        invented=wish.invented or invented.is_invented(wish.identifiers),
        data_key=DataKey.new(at),
    )
    choice.seal_json("who", {kind: list(values) for kind, values in wish.identifiers.items() if any(values)})
    return choice


def _begins(wish: Wish, at: datetime) -> datetime:
    """Return when the time of the systems begins: when the choice was received, by whomever.

    A file of choices that another system has kept for years is received now; none of them is late for that.
    """
    return at if wish.via is Via.IMPORT else wish.at


def window_length(at: datetime) -> timedelta:
    """Return how long systems have: what the notice of the day promises, or less where a setting says so."""
    notice = rules.pack().notice_then(at.date())
    promised = [offer.effect_days for offer in notice.rights if offer.right == MARKETING_OPT_OUT]
    days = [timedelta(days=number) for number in promised if number is not None]
    return min([timedelta(seconds=settings.CHOICE_WINDOW_SECONDS), *days])


def _windows(choice: Choice, wish: Wish, wanted: Sequence[Scope]) -> list[Window]:
    """Return a window for each system that has to do with the purpose.

    No system is told by itself that somebody wants it again, nor what it cannot tell apart: its owner is. Nobody works
    by hand for somebody invented.
    """
    by_hand = wish.act is Act.RESUME
    begins, third = _begins(wish, choice.recorded_at), window_length(wish.at) / 3
    kinds = {kind for kind, values in wish.identifiers.items() if any(values)}
    return [
        Window(
            choice=choice,
            system=system,
            # Who is known here by other names is found by the owner alone.
            words=told(wish.purpose, wanted, system.leaves_out or ()) if kinds & set(system.identifiers) else [],
            opened_at=begins,
            must_by=choice.must_by,
            due_at=choice.recorded_at,
            look_at=None if by_hand else max(begins + third, choice.recorded_at + min(third, _FIRST_TRIES)),
        )
        for system in _taking(wish)
        if _has_to_do(system, kinds, choice)
    ]


def _taking(wish: Wish) -> list[System]:
    """Return the systems that have to do with a choice.

    Of a use of data it is each that holds data used for it: where the system cannot tell the use apart, its owner can.
    """
    if wish.purpose not in (Purpose.CONSENT, Purpose.OBJECTION):
        return systems.taking(wish.purpose)
    notice = rules.pack().notice_then(wish.at.date())
    return systems.using(wish.purpose, uses.unneeded(wish.purpose, wish.topics, notice))


def _has_to_do(system: System, kinds: set[str], choice: Choice) -> bool:
    """Whether a system, or its owner, can do something about a choice: of a browser alone, only one that knows it."""
    if kinds & set(system.identifiers):
        return not (choice.invented and system.connector == ConnectorKind.MANUAL)
    return not choice.invented and bool(kinds - {"browser"})


def _write(
    choice: Choice,
    windows: Sequence[Window],
    standing: Mapping[str, Sequence[Standing]],
    gone: Sequence[Suppression],
    wish: Wish,
) -> None:
    was = {(row.digest, standing_of(row)): row for row in gone}
    fresh = [_stands(mark, each, was.get((mark, each)), choice) for mark, now in standing.items() for each in now]
    if not windows:
        # Nobody needs to know any more who it was: the hashes are enough.
        choice.effective_at = choice.data_key.forgotten_at = choice.recorded_at
        choice.data_key.wrapped = choice.who_sealed = None
    # Deleted in any case, so that it costs the same whether somebody had chosen before.
    before = {"digest": list(standing), "purpose": [wish.purpose.value]}
    rows.write(gone=[(Suppression, before)], new=[choice.data_key, choice, *fresh, *windows])
    _close_superseded(gone, fresh, wish, choice.recorded_at)


def _stands(mark: str, each: Standing, before: Suppression | None, choice: Choice) -> Suppression:
    """Return the row for what stands; what stood already keeps its day and the choice it came from."""
    return Suppression(
        digest=mark,
        purpose=choice.purpose,
        channel=each.scope.channel,
        topic=each.scope.topic,
        stopped=each.stopped,
        at=before.at if before else choice.at,
        choice_id=before.choice_id if before else choice.pk,
        written_at=choice.recorded_at,
    )


def _close_superseded(gone: Sequence[Suppression], fresh: Sequence[Suppression], wish: Wish, at: datetime) -> None:
    """Close the windows of choices of which nothing stands any more: what they ask for is no longer wanted."""
    stops = wish.act is Act.STOP
    # Whoever stops a part of what is just being resumed has no owner resume anything: less is sent, never more.
    left = set() if stops else {row.choice_id for row in fresh}
    perhaps = {row.choice_id for row in gone if row.choice_id and row.stopped != stops} - left
    if not perhaps:
        return
    marks = set(digests(wish.identifiers))
    unfinished = Choice.objects.filter(pk__in=perhaps, effective_at=None).exclude(act=wish.act)
    over = [each.pk for each in unfinished.select_related("data_key") if set(digests(each.open_json("who"))) <= marks]
    if over:
        closed = {"done_at": at, "code": SUPERSEDED, "lease": None, "look_at": None, "cursor_sealed": None}
        # In one order, as those who close windows otherwise take them.
        open_ones = Window.objects.filter(choice__in=over, done_at=None).order_by("pk")
        Window.objects.filter(pk__in=list(open_ones.select_for_update().values_list("pk", flat=True))).update(**closed)
        Choice.objects.filter(pk__in=over).update(effective_at=at)
        # Whoever was told that it is late is forgotten once that letter has arrived, as with those that end well.
        quiet = Choice.objects.filter(pk__in=over, late_told_at=None)
        quiet_ids = list(quiet.values_list("pk", flat=True))
        Choice.objects.filter(pk__in=quiet_ids).update(who_sealed=None)
        forget(quiet_ids, at)


def forget(choices: Iterable[UUID], at: datetime) -> None:
    """Forget by whom choices were made; what they were, and when they took effect, stays."""
    keys = DataKey.objects.filter(pk__in=Choice.objects.filter(pk__in=list(choices)).values("data_key"))
    keys.filter(wrapped__isnull=False).update(wrapped=None, forgotten_at=at)


# --- Receipts --------------------------------------------------------------------------------------------------------


def receipt(choice: Choice) -> dict[str, Any]:
    """Return a signed statement of what was chosen and when, which does not name the person."""
    said: dict[str, Any] = {
        "kind": "choice",
        "number": str(choice.pk),
        "purpose": choice.purpose,
        "choice": choice.act,
        "channels": choice.channels,
        "topics": choice.topics,
        "received_at": choice.at.astimezone(UTC).isoformat(timespec="seconds"),
        "in_effect_by": choice.must_by.astimezone(UTC).isoformat(timespec="seconds"),
    }
    return manifest.receipt(said)


def made(choice_id: UUID) -> Choice:
    """Return a choice that was made. Raises NotFound."""
    found = Choice.objects.filter(pk=choice_id).first()
    if found is None:
        raise NotFound(_("There is no such choice."))
    return found


def open_in(choice: Choice) -> list[System]:
    """Return the systems that have not confirmed a choice yet."""
    windows = choice.windows.filter(done_at=None).select_related("system").order_by("system__key")
    return [window.system for window in windows]
