"""What browsers say to the organisation's sites by Global Privacy Control and Do Not Track: kept, in effect at once.

A signal is a refusal for the browser that sends it and, where a site knows whose it is, for the person. It counts for
more than anything that was agreed to before, and its absence takes nothing back. 11 CCR 7025(c)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from dsr import rules
from dsr.choices.marketing import Act, Purpose, Via
from dsr.errors import Incomplete
from dsr.gpc import Signal
from dsr.models import Suppression
from dsr.rules import NotInRules
from dsr.services.choices import deciding
from notifications.sealing import listing_digests

RIGHT: Final = "targeted_advertising_opt_out"
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
    """Whether sale, sharing and targeted advertising are stopped for a browser, since when, by which choice."""

    stopped: bool
    since: datetime | None = None
    choice_id: UUID | None = None
    new: bool = False


def hear(heard: Heard, *, by: str, at: datetime) -> State:
    """Record what a browser said, unless all of it stands already, and return what stands for the browser.

    The same signal again, as with every page that is looked at, costs one statement and writes nothing. Raises
    Incomplete for what nobody is known by, and for a moment to come or before our time.
    """
    _check(heard.at, at)
    named = [(_BROWSER, heard.browser)]
    named += [(kind, value) for kind, values in heard.identifiers.items() for value in values]
    marks = {name: listing_digests(*name) for name in named}
    rows = _stopped([mark for each in marks.values() for mark in each])
    standing = {name: next((rows[mark] for mark in each if mark in rows), None) for name, each in marks.items()}
    before = standing[named[0]]
    if not heard.signals or all(standing.values()):
        return _state(before)
    decided = deciding.decide(_wish(heard, named), by=by, at=at)
    since = before.at if before else decided.choice.at
    return State(stopped=True, since=since, choice_id=decided.choice.pk, new=decided.new)


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
    return _state(next(iter(_stopped(marks).values()), None))


def _stopped(marks: Sequence[str]) -> dict[str, Suppression]:
    rows = Suppression.objects.filter(digest__in=marks, purpose=Purpose.ADVERTISING, stopped=True)
    return {row.digest: row for row in rows}


def _state(row: Suppression | None) -> State:
    return State(stopped=True, since=row.at, choice_id=row.choice_id) if row else State(stopped=False)


def _wish(heard: Heard, named: Sequence[tuple[str, str]]) -> deciding.Wish:
    identifiers: dict[str, list[str]] = {}
    for kind, value in named:
        identifiers.setdefault(kind, []).append(value)
    return deciding.Wish(
        identifiers=identifiers,
        act=Act.STOP,
        via=Via.SIGNAL,
        at=heard.at,
        purpose=Purpose.ADVERTISING,
        evidence=" ".join(heard.signals),
    )
