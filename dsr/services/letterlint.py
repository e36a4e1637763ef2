"""Holds the templates of letters to what the laws want stated, by rendering samples of every letter.

What a law wants is data (``Regime.must_say``), what a passage states is marked in the template. Every regime that the
rule files know is asked, those switched off included, about every right that a letter can be about.
"""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum
from functools import lru_cache
from itertools import product
from typing import Any, Final, cast, get_args, get_type_hints

from django.conf import settings
from django.template import Template
from django.utils import formats, translation

from dsr.lifecycle import ACTED, CHILD, CHOSEN, COMPLAINTS, HANDED, REVIEW
from dsr.rights import Right
from dsr.rules import Regime, RulePack, pack
from dsr.rules.words import ELEMENTS
from dsr.rules.words import Letter as LetterWord
from dsr.services import letters, telling
from notifications.letters import PARTS, Stated, Words, stated, template

BODIES: Final = tuple(part for part in PARTS if part.startswith("body."))
_ABOUT: Final[Mapping[LetterWord, tuple[str, ...]]] = {"opt_out_notice": ("cpni_opt_out",)}
"""Letters about choices, which nobody files; every other is about any right that can be filed."""
_ANSWERS: Final[Mapping[str, frozenset[Right]]] = {
    "answer_ready": HANDED,
    "carried_out": ACTED,
    "in_effect": CHOSEN,
    "review_decided": REVIEW,
    "dealt_with": CHILD,
    "complaint_answered": COMPLAINTS,
}
"""Which rights a letter answers, by its kind: what a law wants of an answer it wants of that one alone."""
_FIRST_DAY: Final = date(2026, 3, 5)


class LettersBroken(Exception):
    """Templates leave out what a law wants stated. ``faults`` has each of them."""

    def __init__(self, faults: Iterable["Fault"]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


@dataclass(frozen=True, slots=True)
class Fault:
    """One part of one letter that leaves out one element in one language, with every regime that wants it."""

    kind: str
    part: str
    letter: LetterWord
    element: str
    language: str
    why: str
    regimes: tuple[str, ...] = field(compare=False)

    def __str__(self) -> str:
        wanted = f"{ELEMENTS.get(self.element, self.element)}, which {', '.join(self.regimes)} want"
        wanted += "s" if len(self.regimes) == 1 else ""
        return (
            f"messages/{self.kind}/{self.part} {self.why} {self.element!r} in {self.language!r}: "
            f"{wanted} of a letter of the sort {self.letter!r}."
        )


def faults(only: str = "", regimes: Iterable[Regime] | None = None) -> tuple[Fault, ...]:
    """Return everything that a law wants stated and a template leaves out, or nothing when all is well.

    ``only`` names one kind of letter, ``regimes`` asks others than those of the rule files.
    """
    rules = pack()
    languages = tuple(code for code, _name in settings.LANGUAGES)
    found: dict[Fault, set[str]] = {}
    for regime in rules.regimes if regimes is None else regimes:
        for (word, elements, needs_route), about in _demands(regime).items():
            routes = not needs_route or bool(fewest_remedies(rules, regime))
            for cls in letters.SENT_AS[word]:
                if only in ("", cls.kind) and (word != "answer" or about & _ANSWERS.get(cls.kind, about)):
                    for language in languages:
                        for part, element, why in _left_out(cls.kind, elements, routes, language, _templates(cls.kind)):
                            fault = Fault(cls.kind, part, word, element, language, why, ())
                            found.setdefault(fault, set()).add(regime.id)
    return tuple(dataclasses.replace(fault, regimes=tuple(sorted(ids))) for fault, ids in found.items())


def check_kind(kind: str) -> None:
    """Refuse a kind of letter whose templates leave out what a law wants. Raises LettersBroken.

    Asked each time before such a letter is written; looks closely once for each set of rules and templates.
    """
    if kind in KINDS:
        broken = _faults_of(kind, pack().version, tuple(code for code, _ in settings.LANGUAGES), _templates(kind))
        if broken:
            raise LettersBroken(broken)


@lru_cache(maxsize=64)
def _faults_of(
    kind: str, _version: str, _languages: tuple[str, ...], _parts: tuple[Template, ...]
) -> tuple[Fault, ...]:
    return faults(only=kind)


KINDS: Final = {cls.kind: cls for row in letters.SENT_AS.values() for cls in row}


def _templates(kind: str) -> tuple[Template, ...]:
    """The templates as they are now: part of each cache's key, so that no verdict outlives what it was about."""
    return tuple(template(kind, part) for part in PARTS)


def _demands(regime: Regime) -> dict[tuple[LetterWord, tuple[str, ...], bool], set[str]]:
    """What a regime wants of each letter and whether a route is part of it, with the rights that it is about then."""
    known = {each.right for each in regime.rights}
    found: dict[tuple[LetterWord, tuple[str, ...], bool], set[str]] = {}
    for word in letters.SENT_AS:
        for right in _ABOUT.get(word, tuple(Right)):
            if right in known and (elements := regime.must_say(word, right)):
                found.setdefault((word, elements, "complaint_route" in elements), set()).add(right)
    return found


def fewest_remedies(rules: RulePack, regime: Regime) -> tuple[str, ...]:
    """Return the ways to complain of whoever has fewest of them, among all whom a regime is proposed to."""
    notices = [notice for notice in rules.notices if notice.id == rules.organisation]
    places = [*_places(rules, regime)] or [("", "")]
    return min(
        (
            telling.ways_to_complain(notice, [regime], country, region, notice.language)
            for notice in notices
            for country, region in places
        ),
        key=len,
    )


def _places(rules: RulePack, regime: Regime) -> Iterator[tuple[str, str]]:
    for place in regime.proposal.where:
        if place in rules.areas:
            yield from ((country, "") for country in rules.areas[place].members)
        else:
            country, _, region = place.partition("-")
            yield country, region


@lru_cache(maxsize=1024)
def _left_out(
    kind: str,
    elements: tuple[str, ...],
    routes: bool,
    language: str,
    _parts: tuple[Template, ...],
) -> tuple[tuple[str, str, str], ...]:
    """Return part, element and how it is missing, for each element that some variant of a letter does not state."""
    found: dict[tuple[str, str], str] = {}
    for letter, passages in _said(kind, elements, routes, language, _parts):
        for part, said in zip(BODIES, (passages.text, passages.html), strict=True):
            for element in elements:
                if why := _why_not(letter, element, said, language):
                    found.setdefault((part, element), why)
    return tuple((part, element, why) for (part, element), why in found.items())


@dataclass(frozen=True, slots=True)
class _Looked:
    """What every variant of a letter states, and what its templates looked for among the elements that are wanted."""

    elements: tuple[str, ...]
    words: Words
    said: tuple[tuple[letters.LegalLetter, Stated], ...]

    def is_same(self, elements: tuple[str, ...]) -> bool:
        """Whether other elements would come to the same words."""
        if self.words.whole:
            return self.elements == elements
        return self.words.asked & set(elements) == self.words.asked & set(self.elements)


def _said(
    kind: str, elements: tuple[str, ...], routes: bool, language: str, parts: tuple[Template, ...]
) -> tuple[tuple[letters.LegalLetter, Stated], ...]:
    """Return every variant with what it states, rendered only where the templates can tell the elements apart."""
    before = _looked(kind, routes, language, parts)
    for looked in before:
        if looked.is_same(elements):
            return looked.said
    words = Words(elements)
    variants = (dataclasses.replace(letter, demands=words) for letter in samples(KINDS[kind], elements, routes=routes))
    before.append(_Looked(elements, words, tuple((letter, stated(letter, language)) for letter in variants)))
    return before[-1].said


@lru_cache(maxsize=256)
def _looked(_kind: str, _routes: bool, _language: str, _parts: tuple[Template, ...]) -> list[_Looked]:
    return []


def _why_not(letter: letters.LegalLetter, element: str, said: Mapping[str, str], language: str) -> str:
    if element not in said:
        nowhere = element == "complaint_route" and getattr(letter, "remedies", None) == ()
        return "finds no way to complain in the notice, so does not state" if nowhere else "does not state"
    for name in letter.states.get(element, ()):
        if any(words not in said[element] for words in _words(getattr(letter, name), language)):
            return f"does not show {name!r} where it states"
    return ""


def _words(value: Any, language: str) -> tuple[str, ...]:
    """A value as a template shows it."""
    if isinstance(value, tuple):
        return tuple(words for item in value for words in _words(item, language))
    if value is None:
        return ()
    with translation.override(language):
        return (str(formats.localize(value)),)


def samples(
    cls: type[letters.LegalLetter], elements: tuple[str, ...], *, routes: bool = True
) -> Iterator[letters.LegalLetter]:
    """Yield every variant of a letter that its templates can tell apart, with recognisable values.

    A choice is taken each way, what may be absent is there and is not; ``routes`` False leaves the person no way to
    complain.
    """
    hints = get_type_hints(cls)
    names = [each.name for each in dataclasses.fields(cast(type[Any], cls))]
    fixed: dict[str, tuple[Any, ...]] = {"demands": (elements,), **cls.only}
    if not routes:
        fixed["remedies"] = ((),)
    choices = [fixed.get(name) or _choices(name, hints[name], place) for place, name in enumerate(names)]
    for values in product(*choices):
        yield cls(**dict(zip(names, values, strict=True)))


def _choices(name: str, hint: Any, place: int) -> tuple[Any, ...]:
    inner = get_args(hint)
    if hint is date:
        return (_FIRST_DAY + timedelta(days=place),)
    if hint is bool:
        return (False, True)
    if hint is int:
        return (100 + place,)
    if hint is str:
        return (f"The {name} of a sample.",)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return tuple(hint)
    if type(None) in inner:
        return (None, *_choices(name, next(each for each in inner if each is not type(None)), place))
    if inner[0] is str:
        return ((f"The first {name} of a sample", f"The second {name} of a sample"),)
    return ((), tuple(inner[0]))
