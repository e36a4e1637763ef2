"""Who else answers: the directory of other desks, brands and companies, as it stands today, for one submission.

The address to which somebody is sent must be right now, so the notice in force counts and not the one that is pinned.
"""

from collections.abc import Mapping
from datetime import datetime

from babel import Locale, UnknownLocaleError

from dsr.deadlines import local_date
from dsr.models import Submission
from dsr.rules import NotInRules, pack
from dsr.rules.schema.offers import Door


def directory(submission: Submission, at: datetime) -> tuple[Door, ...]:
    """Return those who answer residents of the place where the person lives."""
    notice = pack().notice_then(local_date(at, submission.zone))
    return notice.doors_for(submission.country, submission.region)


def fitting(submission: Submission, at: datetime) -> tuple[Door, ...]:
    """Return those where this submission is likely to belong, by what the person said."""
    notice = pack().notice_then(local_date(at, submission.zone))
    known = {row.id for row in notice.relationships}
    relationship = submission.relationship if submission.relationship in known else ""
    return notice.fitting(relationship, submission.door, submission.country, submission.region)


def find(door_id: str) -> Door | None:
    """Return a door of the newest notice that knows it; None where none does any more."""
    for notice in sorted(pack().notices, key=lambda each: each.in_force_from, reverse=True):
        try:
            return notice.door(door_id)
        except NotInRules:
            continue
    return None


def titled(door_id: str) -> str:
    """Return what a door is called; its id where no notice knows it any more."""
    found = find(door_id)
    return found.wording("title") if found is not None else door_id


def _named(tag: str, language: str) -> str:
    try:
        return Locale.parse(tag, sep="-").get_display_name(language.replace("-", "_")) or tag
    except (UnknownLocaleError, ValueError):
        return tag


def told(door: Door, language: str) -> Mapping[str, str]:
    """Return what somebody is told of a door, in a language."""
    return {
        "title": door.wording("title", language),
        "responsible": door.wording("responsible", language),
        "notice": door.wording("notice", language),
        "email": door.email,
        "url": door.url or "",
        "how": door.wording("how", language),
        "languages": ", ".join(_named(tag, language) for tag in door.languages),
    }
