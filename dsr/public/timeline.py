"""What happened, in words for the person it happened to. What staff do among themselves is not told."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils import dateformat
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.lifecycle import Actor
from dsr.models import Channel, Event

Words = str | Promise | Callable[[Event], str | Promise | None]


def _filed(event: Event) -> str:
    channel = str(event.data.get("channel", Channel.WEB))
    if channel == Channel.WEB:
        return _("You made the request on this site.")
    label = Channel(channel).label if channel in Channel.values else channel
    return _("Your request reached us by: %(channel)s.") % {"channel": label}


def _message(event: Event) -> str:
    return _("You wrote to us.") if event.actor == Actor.PERSON else _("We wrote to you.")


def _withdrawn(event: Event) -> str:
    return _("You withdrew the request.") if event.actor == Actor.PERSON else _("The request was withdrawn for you.")


def _failed(event: Event) -> str | None:
    return _("A system could not be searched; people are looking into it.") if event.data.get("stuck") else None


def _undelivered(event: Event) -> str | None:
    if event.data.get("letter") in ("worksheet", "staff_warning"):
        return None
    return _("A mail from us could not be delivered to you; people are looking into it.")


def _day_of(event: Event, name: str) -> str:
    try:
        return long_day(date.fromisoformat(str(event.data.get(name))))
    except ValueError:
        return ""


def _dates_moved(event: Event) -> str:
    facts = {"was": _day_of(event, "was"), "now": _day_of(event, "now")}
    return _("The date of the answer moved from %(was)s to %(now)s.") % facts


TOLD: Mapping[str, Words] = {
    "file": _filed,
    "ask_identity": gettext_lazy("We mailed a code to your address."),
    "address_asked": gettext_lazy("We mailed a new code."),
    "begin": gettext_lazy("We began to put the answer together."),
    "confirm_identity": gettext_lazy("You confirmed your address."),
    "warn_lapse": gettext_lazy("We reminded you to confirm your address."),
    "lapse": gettext_lazy("The request ended, because the address was not confirmed."),
    "reopen": gettext_lazy("The request was taken up again."),
    "search": gettext_lazy("We began to search the systems that hold data."),
    "system_failed": _failed,
    "found": gettext_lazy("All systems have answered."),
    "acknowledge": gettext_lazy("We confirmed that your request is with us."),
    "extend": gettext_lazy("We put the answer off, and wrote to you why."),
    "clarify": gettext_lazy("We asked you a question. Until you answer it, the time for the answer stands still."),
    "tell_fee": gettext_lazy("We told you what the answer costs."),
    "accept_fee": gettext_lazy("The fee was accepted."),
    "waive_fee": gettext_lazy("You need not pay the fee."),
    "fee_unanswered": gettext_lazy("The request ended, because the fee was not accepted in time."),
    "miss": gettext_lazy("We missed the date for the answer, and wrote to you about it."),
    "change_laws": gettext_lazy("We noted that other laws apply to your request than we first assumed."),
    "change_rules": gettext_lazy("We went over to the rules that are in force today for your request."),
    "dates_moved": _dates_moved,
    "go_without": gettext_lazy("We go on without a system that could not be searched. The answer will name it."),
    "ask": gettext_lazy("We asked you a question."),
    "answer": gettext_lazy("You answered our question."),
    "message": _message,
    "approve": gettext_lazy("A second person checked the answer and released it."),
    "approve_by_rule": gettext_lazy("The answer was released."),
    "refuse": gettext_lazy("The request was refused."),
    "refuse_late": gettext_lazy("The request was refused, later than it had to be."),
    "redirect": gettext_lazy("We directed you to the organisation that decides about this data."),
    "built": gettext_lazy("The answer is ready."),
    "build_failed": gettext_lazy("The answer could not be put together; people are looking into it."),
    "code_sent": gettext_lazy("We mailed a code for the download."),
    "download_opened": gettext_lazy("The code was entered and the download opened."),
    "collect": gettext_lazy("You collected the answer."),
    "downloaded": gettext_lazy("You downloaded the answer again."),
    "warn_expiry": gettext_lazy("We reminded you to collect the answer."),
    "expire": gettext_lazy("The time to collect the answer ran out."),
    "reissue": gettext_lazy("The answer was made ready once more."),
    "renew": gettext_lazy("We began to search and answer anew."),
    "destroyed": gettext_lazy("The files of the answer were destroyed, as announced."),
    "withdraw": _withdrawn,
    "message_failed": _undelivered,
    "purged": gettext_lazy("Your data in this case was deleted."),
}
HIDDEN = frozenset(
    {"assign", "note", "retry_system", "withhold", "release", "prepare", "propose_refusal", "send_back"}
    | {"system_answered", "owner_reminded", "owner_reported"}
)
"""Verbs that are staff's and systems' own business. A test fails on a verb that is in neither table."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline: when, what, and which rights it was about, where there are several."""

    at: datetime
    text: str
    titles: tuple[str, ...]


def entries(events: Iterable[Event], titles: Mapping[UUID, str]) -> list[Entry]:
    """Return the timeline, newest first. What happened to several rights at once is one line."""
    merged: dict[tuple[datetime, str], list[str]] = {}  # by minute: what one act sets off counts as one
    for event in events:
        words = TOLD.get(event.verb)
        text = words(event) if callable(words) else words
        if text is None:
            continue
        about = merged.setdefault((event.at.replace(second=0, microsecond=0), str(text)), [])
        if event.request_id is not None and len(titles) > 1:
            about.append(titles[event.request_id])
    lines = [Entry(at, text, tuple(dict.fromkeys(about))) for (at, text), about in merged.items()]
    return lines[::-1]


def long_day(day: date) -> str:
    """Return a day in words, as on every page."""
    return dateformat.format(day, "j F Y")
