"""What browsers say to the organisation's sites by Global Privacy Control and Do Not Track: kept, in effect at once.

A signal is a refusal for the browser that sends it and, where a site knows whose it is, for the person. It counts for
more than anything that was agreed to before, and its absence takes nothing back. 11 CCR 7025(c)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from dsr import rules
from dsr.choices.marketing import Act, Purpose, Via
from dsr.errors import Incomplete
from dsr.gpc import Signal
from dsr.models import BrowserHeard, Submission, Suppression
from dsr.rules import NotInRules
from dsr.services.choices import deciding, limits
from notifications.sealing import listing_digests

RIGHT: Final = "targeted_advertising_opt_out"
KEPT: Final = timedelta(days=800)
"""How long it is kept when a browser was heard: as long as any law says that nobody is asked again, and records."""
_BROWSER: Final = "browser"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a site heard from a browser. ``browser`` is the name the site gave it, ``identifiers`` whose it is."""

    browser: str = field(repr=False)
    signals: tuple[Signal, ...]
    at: datetime
    identifiers: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class State:
    """Whether sale, sharing and targeted advertising are stopped for a browser, since when, by which choice.

    ``refused_at`` is when that was last said, from which on nobody is to be asked again; ``agreed`` says that the
    person had agreed between two signals.
    """

    stopped: bool
    since: datetime | None = None
    choice_id: UUID | None = None
    new: bool = False
    refused_at: datetime | None = None
    agreed: bool = False


def hear(heard: Heard, *, by: str, at: datetime) -> State:
    """Record what a browser said, unless all of it stands already, and return what stands for the browser.

    The same signal again, as with every page that is looked at, costs two statements and writes nothing. Raises
    Incomplete for what nobody is known by, and for a moment to come or before our time.
    """
    _check(heard.at, at)
    named = [(_BROWSER, heard.browser)]
    named += [(kind, value) for kind, values in heard.identifiers.items() for value in values]
    marks = {name: listing_digests(*name) for name in named}
    rows = _stopped([mark for each in marks.values() for mark in each])
    standing = {name: next((rows[mark] for mark in each if mark in rows), None) for name, each in marks.items()}
    before, last = standing[named[0]], _last(marks[named[0]])
    if not heard.signals:
        return _state(before, last)
    refused_at = max(heard.at, last or heard.at)
    if all(standing.values()):
        _note(marks[named[0]], last, heard.at)
        return _state(before, refused_at)
    identifiers = {kind: [value for each, value in named if each == kind] for kind, _value in named}
    with transaction.atomic():
        decided = deciding.decide(_wish(identifiers, heard.signals, heard.at), by=by, at=at)
        _note(marks[named[0]], last, heard.at)
    return State(
        stopped=True,
        since=before.at if before else decided.choice.at,
        choice_id=decided.choice.pk,
        new=decided.new,
        refused_at=refused_at,
        agreed=before is None and last is not None,
    )


def hear_of(identifiers: Mapping[str, Sequence[str]], sent: Sequence[Signal], *, at: datetime) -> None:
    """Record for a person what a browser said on a page of theirs, unless it stands. 11 CCR 7025(c)(1)"""
    marks = [listing_digests(kind, value) for kind, values in identifiers.items() for value in values]
    rows = _stopped([mark for each in marks for mark in each])
    if not all(any(mark in rows for mark in each) for each in marks):
        deciding.decide(_wish(identifiers, sent, at), by="", at=at)


def hear_on_tracker(submission_id: UUID, sent: Sequence[Signal], *, at: datetime) -> bool:
    """Do so for whoever asked, by the address that the link was mailed to. Say whether it is theirs, and no agent's."""
    asked = Submission.objects.filter(pk=submission_id, for_other=False, purged_at=None)
    submission = asked.select_related("data_key").first()
    if submission is None:
        return False
    hear_of({"email": [submission.open("email")]}, sent, at=at)
    return True


def _check(heard_at: datetime, at: datetime) -> None:
    problem = _("This is still to come.") if heard_at > at else ""
    try:
        rules.pack().notice_in_force(heard_at.date())
    except NotInRules:
        problem = _("This is longer ago than any of our notices.")
    if problem:
        raise Incomplete(_("This cannot be entered."), problems={"at": problem})


def state(marks: Sequence[str]) -> State:
    """Return what stands for the one browser of some hashes."""
    return _state(next(iter(_stopped(marks).values()), None), _last(marks))


def forget(at: datetime) -> int:
    """Forget when browsers were heard that have long been silent. What they refused stays."""
    return BrowserHeard.objects.filter(at__lt=at - KEPT).delete()[0]


def _stopped(marks: Sequence[str]) -> dict[str, Suppression]:
    rows = Suppression.objects.filter(digest__in=marks, purpose=Purpose.ADVERTISING, stopped=True)
    return {row.digest: row for row in rows}


def _last(marks: Sequence[str]) -> datetime | None:
    found = BrowserHeard.objects.filter(digest__in=marks).values_list("at", flat=True)
    return max(found, default=None)


def _note(marks: Sequence[str], last: datetime | None, at: datetime) -> None:
    """Keep when a browser was heard, where that puts off the day from which it may be asked: once a day at most."""
    if last is not None and (at <= last or limits.quiet(RIGHT, at) == limits.quiet(RIGHT, last)):
        return
    rows = [BrowserHeard(digest=mark, at=at) for mark in marks]
    BrowserHeard.objects.bulk_create(rows, update_conflicts=True, unique_fields=["digest"], update_fields=["at"])


def _state(row: Suppression | None, refused_at: datetime | None) -> State:
    if row is None:
        return State(stopped=False)
    return State(stopped=True, since=row.at, choice_id=row.choice_id, refused_at=max(row.at, refused_at or row.at))


def _wish(identifiers: Mapping[str, Sequence[str]], sent: Sequence[Signal], at: datetime) -> deciding.Wish:
    return deciding.Wish(
        identifiers=identifiers,
        act=Act.STOP,
        via=Via.SIGNAL,
        at=at,
        purpose=Purpose.ADVERTISING,
        evidence=" ".join(sent),
    )
