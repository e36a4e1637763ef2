"""What a message seems to be and to ask for, with the words that made us think so. A person decides."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from dsr.inbound.reading import Mail
from dsr.inbound.words import Flag, Kind
from dsr.rules.schema.phrases import PhraseFile

CHILD: Final = "child_account"
_GAP: Final = 60
"""Characters that ``*`` may stand for, at most."""
_GAP_UNSPACED: Final = 20
_END: Final = r"[^.!?。！？\n]"
_SENTENCE: Final = re.compile(r"[.!?。！？]+(?:\s|$)|\n\s*\n|(?<=[。！？])")
_MOST_LOOKED_AT: Final = 40_000
"""Characters in which phrases are looked for. Whoever wants something says so before."""
_LONGEST_SENTENCE: Final = 600
_APOSTROPHES: Final = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "ʼ": "'", "“": '"', "”": '"'})
_ALONE: Final = ("law_enforcement", "regulator", "legal_claim")
"""Kinds of letters that quote what people want without wanting it: no right is proposed with them."""


@dataclass(frozen=True, slots=True)
class Because:
    """Some words of a message, and what they were taken to mean."""

    meaning: str
    words: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a message seems to be."""

    kind: Kind
    rights: tuple[str, ...] = ()
    because: tuple[Because, ...] = ()
    flags: frozenset[Flag] = field(default_factory=frozenset)

    @property
    def child(self) -> bool:
        """Whether it is about a child, which goes before everything else."""
        return CHILD in self.rights


@dataclass(frozen=True, slots=True)
class _Known:
    rights: tuple[tuple[str, "Matcher"], ...]
    letters: tuple[tuple[str, "Matcher"], ...]
    warnings: tuple[tuple[str, "Matcher"], ...]
    denials: tuple["Matcher", ...]
    whole: Mapping[str, str]
    openings: tuple[str, ...]
    quoted: tuple[str, ...]


def openings(phrases: tuple[PhraseFile, ...]) -> tuple[str, ...]:
    """Return how subjects of automatic answers begin, in every language."""
    return _known(phrases).openings


def quoted(phrases: tuple[PhraseFile, ...]) -> tuple[str, ...]:
    """Return the phrases that introduce what was written before, in every language."""
    return _known(phrases).quoted


def propose(mail: Mail, phrases: tuple[PhraseFile, ...], *, child_subjects: Collection[str] = ()) -> Proposal:
    """Propose what a message is. ``child_subjects`` are the subjects that the notice names for children."""
    if mail.returned is not None:
        return Proposal(Kind.BOUNCE, flags=mail.flags)
    if mail.automatic:
        return Proposal(Kind.AUTOMATIC, because=(Because(Kind.AUTOMATIC, mail.automatic),), flags=mail.flags)
    known = _known(phrases)
    found = _meanings(f"{mail.subject}\n\n{mail.fresh}", mail, known)
    if not (found.rights or found.letters) and mail.history:
        found = _meanings(mail.history, mail, known)
    child = _about_a_child(mail, child_subjects)
    if child:
        found.rights.setdefault(CHILD, child)
    kind = _kind(found)
    rights = () if kind in _ALONE and not child else tuple(found.rights)
    meanings = {**found.letters, **found.rights, **found.warnings}
    flags = mail.flags | {Flag(each) for each in found.warnings if each != Flag.PHISHING or mail.links}
    return Proposal(kind, rights, tuple(Because(*each) for each in meanings.items()), frozenset(flags))


@dataclass(slots=True)
class _Found:
    rights: dict[str, str] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)


def _meanings(text: str, mail: Mail, known: _Known) -> _Found:
    found = _Found()
    for sentence in _sentences(normal(text)):
        denied = any(each.find(sentence) for each in known.denials)
        for into, patterns in ((found.rights, known.rights), (found.letters, known.letters)):
            if not denied:
                _match(sentence, patterns, into)
        _match(sentence, known.warnings, found.warnings)
    for whole in (normal(mail.bare_subject), normal(mail.fresh)):
        if right := known.whole.get(whole.strip(" .!")):
            found.rights.setdefault(right, whole)
    return found


def _match(sentence: str, matchers: Sequence[tuple[str, "Matcher"]], into: dict[str, str]) -> None:
    for meaning, matcher in matchers:
        if meaning not in into and (words := matcher.find(sentence)):
            into[meaning] = words


def _sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE.split(text[:_MOST_LOOKED_AT]):
        words = " ".join(sentence.split())
        for begins in range(0, len(words), _LONGEST_SENTENCE):
            yield words[begins : begins + _LONGEST_SENTENCE]


def normal(text: str) -> str:
    """Return a text as phrases are compared with it."""
    return unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).casefold()


def _about_a_child(mail: Mail, subjects: Collection[str]) -> str:
    """Return the subject where it is, or begins with, one that the notice names for children; "" otherwise."""
    bare = normal(mail.bare_subject)
    named = any(re.match(rf"{re.escape(normal(each))}(?!\w)", bare) for each in subjects)
    return mail.bare_subject[:80] if named else ""


def _kind(found: _Found) -> Kind:
    if named := next((kind for kind in _ALONE if kind in found.letters), None):
        return Kind(named)
    if "applicant" in found.letters:
        return Kind.APPLICANT
    if found.rights:
        return Kind.REQUEST
    return Kind.SALES if "sales" in found.letters else Kind.UNCLEAR


@lru_cache(maxsize=4)
def _compiled(said: tuple[str, ...]) -> _Known:
    files = [PhraseFile.model_validate_json(each) for each in said]
    return _Known(
        rights=tuple(_patterns(files, "rights")),
        letters=tuple(_patterns(files, "letters")),
        warnings=tuple(_patterns(files, "warnings")),
        denials=tuple(matcher(each, file.spaced) for file in files for each in file.denials),
        whole={word: right for file in files for right, words in file.whole.items() for word in words},
        openings=tuple(each for file in files for each in file.subjects),
        quoted=tuple(each for file in files for each in file.quoted),
    )


def _known(phrases: tuple[PhraseFile, ...]) -> _Known:
    key = tuple(map(id, phrases))
    if key not in _by_identity:
        _by_identity.clear()
        _by_identity[key] = (phrases, _compiled(tuple(each.model_dump_json() for each in phrases)))
    return _by_identity[key][1]


_by_identity: dict[tuple[int, ...], tuple[tuple[PhraseFile, ...], _Known]] = {}
"""What was compiled last, with the files it was made of, so that their identity means something."""


def _patterns(files: Sequence[PhraseFile], table: str) -> Iterator[tuple[str, "Matcher"]]:
    for file in files:
        for meaning, phrases in getattr(file, table).items():
            for each in phrases:
                yield meaning, matcher(each, file.spaced)


@dataclass(frozen=True, slots=True)
class Matcher:
    """What a phrase matches: its words in order, within one sentence. Every gap is bounded, so the time is, too."""

    literals: tuple[str, ...]
    pattern: re.Pattern[str]

    def find(self, sentence: str) -> str:
        """Return the words that match, "" where none do."""
        if not all(each in sentence for each in self.literals):  # tells most phrases from most sentences, and quickly
            return ""
        hit = self.pattern.search(sentence)
        return hit.group().strip() if hit else ""


def matcher(phrase: str, spaced: bool) -> Matcher:
    """Return the matcher of a phrase as a rule file writes it."""
    words = normal(phrase)
    gap = rf"{_END}{{0,{_GAP if spaced else _GAP_UNSPACED}}}?"
    pieces = [_piece(each.strip(), spaced) for each in words.split("*")]
    literals = tuple(each for piece in words.split("*") for each in piece.replace("~", " ").split())
    return Matcher(literals, re.compile(gap.join(pieces)))


def _piece(words: str, spaced: bool) -> str:
    if not spaced:
        return re.escape(words.replace("~", "")).replace(r"\ ", r"\s?")
    parts = [re.escape(word.removesuffix("~")) + (r"\w*" if word.endswith("~") else "") for word in words.split()]
    return r"(?<!\w)" + r"\s+".join(parts) + r"(?!\w)"
