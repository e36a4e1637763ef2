"""Asking whether somebody may be written to: one by one or many at once, right at the instant of an opt-out.

A no may be kept for a day, as keeping it too long harms nobody. A yes is good for its moment alone: between that and
the next the person may have chosen. Whoever sends for hours asks `changes` what was chosen since.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice, takewhile
from typing import Any

from django.utils.translation import gettext as _

from dsr import rules
from dsr.choices.marketing import Purpose, Scope, Standing, governing
from dsr.errors import Incomplete
from dsr.models import Suppression, Tombstone
from dsr.services.choices import deciding
from dsr.services.erasure.tombstones import ERASURE
from notifications import sealing
from notifications.reads import PreparedSet, among

NO_IS_GOOD_FOR = timedelta(days=1)
SETTLED = timedelta(minutes=10)
"""No transaction that makes a choice takes longer."""
CHUNK = 5_000
"""As many are asked in one statement."""
DIGEST = "digest"
"""The kind of what was hashed by the caller."""


class Because(StrEnum):
    """Why an answer is what it is."""

    NOTHING_CHOSEN = "nothing_chosen"
    STOPPED = "stopped"
    WANTED = "wanted"
    SERVICE = "service"
    """A message that somebody who has an account cannot do without; no choice stops it."""
    ERASED = "erased"
    """The account is closed and the person erased: nothing is sent at all."""
    KEY_MISSING = "key_missing"
    """Hashes were given, but not one under each key in use: what was chosen under the missing key is not seen."""
    UNREADABLE = "unreadable"
    """What was asked about is no identifier; what is not known for sure is not allowed."""


@dataclass(frozen=True, slots=True)
class Use:
    """What somebody is to be written to about."""

    purpose: Purpose
    scope: Scope
    service: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether, why, since when, and for how long the answer may be kept."""

    allowed: bool
    because: Because
    since: datetime | None
    at: datetime

    @property
    def valid_until(self) -> datetime:
        """Return until when it may be kept: what was chosen against it for a day, anything else for its moment."""
        return self.at + NO_IS_GOOD_FOR if self.because in (Because.STOPPED, Because.ERASED) else self.at


def use_of(purpose: Purpose, channel: str, topic: str, at: datetime) -> Use:
    """Return what a use is about, by the notice of the day. Raises Incomplete for a topic that it does not name.

    What the notice names as a topic of the service is stopped by no choice.
    """
    notice = rules.pack().notice_then(at.date())
    known = {each.id: each for each in notice.topics}
    if topic in deciding.topics_of(purpose):
        return Use(purpose, Scope(channel, topic))
    if topic and (purpose is not Purpose.MARKETING or topic not in known):
        names = ", ".join(known if purpose is Purpose.MARKETING else sorted(deciding.topics_of(purpose)))
        raise Incomplete(
            _("This cannot be answered."),
            problems={"topic": _("There is no topic of this name: give one of %(names)s.") % {"names": names}},
        )
    return Use(purpose, Scope(channel, topic), service=bool(topic) and known[topic].purpose == "service")


def check(marks: Sequence[str], use: Use, at: datetime) -> Answer:
    """Say whether the one person of these hashes may be written to. Two statements, however many have chosen."""
    return _answer(_chosen(marks, use), _erased(marks), marks, use, at)


def check_each(marks: Sequence[str], purpose: Purpose, scopes: Iterable[Scope], at: datetime) -> dict[Scope, Answer]:
    """Say for each of some channels and topics whether one person may be written to, by the statements of one."""
    use = Use(purpose, Scope())
    chosen, erased = _chosen(marks, use), _erased(marks)
    return {scope: _answer(chosen, erased, marks, Use(purpose, scope), at) for scope in scopes}


def check_hashes(hashes: Sequence[str], use: Use, at: datetime) -> Answer:
    """The same for hashes that a caller made: one under each key, which are several while keys are exchanged."""
    return check(hashes, use, at) if _all_keys(hashes) else _unsure(Because.KEY_MISSING, at)


def _all_keys(hashes: Sequence[str]) -> bool:
    return {each.partition(":")[0] for each in hashes} >= set(sealing.key_ids())


def many(values: Iterable[str], kind: str, use: Use, at: datetime) -> Iterator[Answer]:
    """Yield an answer for each identifier of one kind, or hash, in the order given, some thousands at a time.

    Each is right at the moment in which its part is looked up, never before.
    """
    source = iter(values)
    while part := list(islice(source, CHUNK)):
        marks = [value.split(",") if kind == DIGEST else sealing.listing_digests(kind, value) for value in part]
        every = [mark for each in marks for mark in each]
        chosen, erased = _chosen(every, use), _erased(every)
        for value, each in zip(part, marks, strict=True):
            if not _readable(kind, value):
                yield _unsure(Because.UNREADABLE, at)
            elif not _all_keys(each):
                yield _unsure(Because.KEY_MISSING, at)
            else:
                yield _answer(chosen, erased, each, use, at)


_READABLE = {
    DIGEST: re.compile(r"[A-Za-z0-9]{1,16}:[0-9a-f]{64}(,[A-Za-z0-9]{1,16}:[0-9a-f]{64}){0,7}"),
    # An address and nothing around it: a name beside it would make another hash, of whom nothing is known.
    "email": re.compile(r"\s*[^\s<>,;:@]+@[^\s<>,;:@]+\s*"),
    "phone": re.compile(r"[^\d+]*(\+|00)\W*[1-9].*"),  # without its country it would match nobody
}
_SOMETHING = re.compile(r".*\S.*")


def _readable(kind: str, value: str) -> bool:
    return bool(_READABLE.get(kind, _SOMETHING).fullmatch(value))


def _unsure(because: Because, at: datetime) -> Answer:
    return Answer(allowed=False, because=because, since=None, at=at)


_Row = tuple[Standing, datetime]


def _chosen(marks: Sequence[str], use: Use) -> dict[str, list[_Row]]:
    """Return what stands for each of some hashes. What the service itself has to say is stopped by no choice."""
    found: dict[str, list[_Row]] = {}
    if use.service:
        return found
    for digest, *scope, stopped, at in _suppressed(list(dict.fromkeys(marks)), use.purpose):
        found.setdefault(digest, []).append((Standing(Scope(*scope), stopped), at))
    return found


_COLUMNS = ("digest", "channel", "topic", "stopped", "at")


def _prepared(purpose: Purpose) -> PreparedSet[Suppression]:
    rows = Suppression.objects.filter(purpose=purpose).only(*_COLUMNS)
    return PreparedSet(lambda marks: rows.filter(digest__in=marks))


_SUPPRESSED = {purpose: _prepared(purpose) for purpose in Purpose}
_ERASED = PreparedSet(lambda marks: Tombstone.objects.filter(digest__in=marks, purpose=ERASURE).only("digest", "at"))


def _suppressed(marks: Sequence[str], purpose: Purpose) -> Iterable[tuple[Any, ...]]:
    """Return the columns of what stands; of many people without making an object of each."""
    if len(marks) > PreparedSet.MOST:
        return Suppression.objects.filter(digest__in=among(marks), purpose=purpose).values_list(*_COLUMNS)
    return ((row.digest, row.channel, row.topic, row.stopped, row.at) for row in _SUPPRESSED[purpose].rows(marks))


def _erased(marks: Sequence[str]) -> dict[str, datetime]:
    if len(marks) > PreparedSet.MOST:
        stones = Tombstone.objects.filter(digest__in=among(marks), purpose=ERASURE)
        return dict(stones.values_list("digest", "at"))
    return {stone.digest: stone.at for stone in _ERASED.rows(list(dict.fromkeys(marks)))}


def _answer(
    chosen: Mapping[str, Sequence[_Row]], erased: Mapping[str, datetime], marks: Sequence[str], use: Use, at: datetime
) -> Answer:
    gone = [erased[mark] for mark in marks if mark in erased]
    if gone:
        return Answer(allowed=False, because=Because.ERASED, since=min(gone), at=at)
    if use.service:
        return Answer(allowed=True, because=Because.SERVICE, since=None, at=at)
    # By each hash for itself: what was allowed by one identifier takes nothing back that was refused by another.
    standing = [dict(chosen[mark]) for mark in marks if mark in chosen]
    held = [(found, days[found]) for days in standing if (found := governing(days, use.scope)) is not None]
    if not held:
        return Answer(allowed=True, because=Because.NOTHING_CHOSEN, since=None, at=at)
    stops = [since for found, since in held if found.stopped]
    if stops:
        return Answer(allowed=False, because=Because.STOPPED, since=min(stops), at=at)
    return Answer(allowed=True, because=Because.WANTED, since=held[0][1], at=at)


def changes(after: int, limit: int, at: datetime) -> list[Suppression]:
    """Return what was chosen since an id, in order, up to the first row that may not have settled yet.

    For who sends for hours, or keeps a copy of the list: an id is given before its row can be seen. What stood before
    is written anew with every choice, so it counts when that was and not when it was chosen.
    """
    real = Suppression.objects.filter(id__gt=after).exclude(choice__invented=True)
    rows = real.select_related("choice").order_by("id")[:limit]
    return list(takewhile(lambda row: _written(row) <= at - SETTLED, rows))


def _written(row: Suppression) -> datetime:
    """Return when a row was written; of those that an older version wrote, when it was chosen."""
    return row.written_at or (row.choice.recorded_at if row.choice else row.at)
