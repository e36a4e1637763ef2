"""What people chose not to have done with their data, and which choice holds where several were made.

A choice is about one `Purpose` and, within it, about a `Scope`: some channel and some topic, or all of them. Where
choices of different scope meet, the narrower one holds, as it says more exactly what is wanted; between two that are
equally narrow, the one that stops. Making a choice takes back what it contradicts within its scope.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

EVERY: Final = ""
"""Stands for all channels, or all topics."""
ANY: Final = "*"
"""Stands for every word, where a system takes any."""


class Purpose(StrEnum):
    """What a choice is about. Nothing of what somebody needs to use a service is among it."""

    MARKETING = "marketing"
    ADVERTISING = "advertising"
    """Sale, sharing and targeted advertising. Cal. Civ. Code 1798.120"""
    SENSITIVE = "sensitive"
    """Uses of sensitive data beyond what a service needs. Cal. Civ. Code 1798.121"""
    DISCLOSURE = "disclosure"
    """Disclosure to third parties, and use for a materially different purpose. Data Privacy Framework, Principle 2"""
    CONSENT = "consent"
    """Uses that rest on a consent, taken back one by one or all together. GDPR Art 7(3)"""
    OBJECTION = "objection"
    """Uses that were weighed and have to stop. GDPR Art 21(1)"""


class Act(StrEnum):
    """What somebody chose."""

    STOP = "stop"
    RESUME = "resume"


class Via(StrEnum):
    """How a choice came. The clock starts when it came, whichever way that was."""

    ONE_CLICK = "one_click"
    PREFERENCES = "preferences"
    FORM = "form"
    REPLY = "reply"
    MAIL = "mail"
    PHONE = "phone"
    POST = "post"
    SIGNAL = "signal"
    COOKIE = "cookie"
    API = "api"
    IMPORT = "import"


SUPERSEDED: Final = "superseded"
"""The code of a window that closed because the person chose anew."""
CHANNELS: Final = ("email", "sms", "phone", "post")
"""By what marketing reaches people."""


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """Where a choice holds: a channel and a topic, each of which may be every one."""

    channel: str = EVERY
    topic: str = EVERY

    @property
    def narrowness(self) -> int:
        """Return how much it says: the more, the narrower."""
        return (self.channel != EVERY) + (self.topic != EVERY)

    def holds(self, other: "Scope") -> bool:
        """Whether all of another scope lies within this one."""
        return self.channel in (EVERY, other.channel) and self.topic in (EVERY, other.topic)

    def meets(self, other: "Scope") -> bool:
        """Whether some part of another scope lies within this one."""
        channels, topics = {self.channel, other.channel}, {self.topic, other.topic}
        return len(channels - {EVERY}) < 2 and len(topics - {EVERY}) < 2


@dataclass(frozen=True, slots=True)
class Standing:
    """A choice that stands: where it holds, and whether it stops."""

    scope: Scope
    stopped: bool


def scopes(channels: Sequence[str] = (), topics: Sequence[str] = ()) -> list[Scope]:
    """Return what is chosen by naming some channels and some topics; naming none means every one."""
    return [Scope(channel, topic) for channel in channels or (EVERY,) for topic in topics or (EVERY,)]


def governing(standing: Iterable[Standing], asked: Scope) -> Standing | None:
    """Return the choice that holds for a use, None where none does.

    A use that names no channel or no topic may be any: whatever stops a part of it stops it.
    """
    met = [each for each in standing if each.scope.holds(asked) or (each.stopped and asked.holds(each.scope))]
    return max(met, key=lambda each: (each.scope.narrowness, each.stopped), default=None)


def after(standing: Iterable[Standing], scope: Scope, act: Act) -> list[Standing]:
    """Return what stands once a choice was made: it takes the place of what it contradicts within its scope."""
    before = list(standing)
    if act is Act.STOP:
        return [*(each for each in before if not scope.holds(each.scope)), Standing(scope, stopped=True)]
    # Whoever says yes to more takes back no yes to less; and a yes is remembered where it was said about something.
    kept = [each for each in before if not scope.holds(each.scope) or not (each.stopped or each.scope == scope)]
    asked = any(scope.holds(each.scope) or each.scope.holds(scope) for each in before)
    return [*kept, Standing(scope, stopped=False)] if asked else kept


def words(purpose: Purpose, wanted: Iterable[Scope]) -> Iterator[str]:
    """Yield by what words a system is told: the purpose, and after it the channel and the topic where one is named.

    As slugs: ``marketing``, ``marketing_email``, ``marketing_news``, ``marketing_email_news``.
    """
    for scope in wanted:
        yield "_".join(part for part in (str(purpose), scope.channel, scope.topic) if part)


def concerns(purpose: Purpose, known: Iterable[str]) -> bool:
    """Whether a system that knows some words has anything to do with a purpose."""
    return any(word in (ANY, purpose) or word.startswith(f"{purpose}_") for word in known)


def told(purpose: Purpose, wanted: Sequence[Scope], known: Collection[str]) -> list[str]:
    """Return the words that a system is to be told, of those ``known`` to it; none where it is not so exact.

    Somebody who stops something stops each part of it that the system keeps apart. Where it has a word for one thing
    that is wanted and for another only a wider or a narrower one, there is none: half of a choice is not the choice.
    """
    asked = list(words(purpose, wanted))
    if ANY in known:
        return asked
    places = {word: place for word in known if (place := _place(purpose, word)) is not None}
    missing = {scope for scope in wanted if scope not in places.values()} - {Scope()}
    if any(scope.meets(place) for scope in missing for place in places.values()):
        return []
    return [word for word, place in places.items() if any(scope.holds(place) for scope in wanted)]


def _place(purpose: Purpose, word: str) -> Scope | None:
    """Return where a word of a system holds, None where it is about another purpose."""
    first, _line, rest = word.partition("_")
    if first != purpose:
        return None
    channel, _line, topic = rest.partition("_")
    return Scope(channel, topic) if channel in CHANNELS else Scope(topic=rest)
