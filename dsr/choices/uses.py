"""What data is used for, as people are asked about it: purposes of the notice, and what stands beside them.

One list for form, desk and programs. A purpose is known by its id in the notice; where several are named in one answer,
their ids stand in it with spaces between.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.choices.marketing import Purpose
from dsr.rules import Notice
from dsr.rules.schema import contents

CONSENTS, OBJECTED = "consents", "objected"
MANY: Final = (CONSENTS, OBJECTED)
"""Details that name several uses at once."""
ALL: Final = "all"
"""Every consent there is."""
CONSENT, INTEREST = "consent", "legitimate_interest"
"""Ids of legal bases on which something hangs here."""
PROFILING, AUTOMATED, DIRECT_MARKETING, OTHER = "profiling", "automated_decisions", "direct_marketing", "something_else"
BESIDE: Final[Mapping[str, str | Promise]] = {
    PROFILING: gettext_lazy("Profiling: judging by machine who you are, what you like or what you will do"),
    AUTOMATED: gettext_lazy("Decisions that a machine makes alone and that matter to you"),
    DIRECT_MARKETING: gettext_lazy("Direct marketing, and profiling for it"),
    OTHER: gettext_lazy("Something else, which I describe below"),
}
"""What can be objected to whatever the notice calls it. GDPR Art 21(1), 21(2), 22"""
PART: Final = "part_of_"
"""Begins the word for a use of which only a part stops."""
_LONGEST: Final = 40


def named(answer: str) -> list[str]:
    """Return the uses that an answer names, each once, in its order."""
    return list(dict.fromkeys(answer.replace(",", " ").split()))


def on_consent(notice: Notice, relationship: str = "") -> tuple[contents.Purpose, ...]:
    """Return the purposes that the notice bases on consent, for one kind of people or all."""
    return tuple(row for row in _of(notice, relationship) if CONSENT in row.legal_bases)


def _of(notice: Notice, relationship: str) -> Iterable[contents.Purpose]:
    return (row for row in notice.purposes if not relationship or relationship in row.relationships)


def options(name: str, notice: Notice, relationship: str, language: str | None = None) -> dict[str, str]:
    """Return the words that can be named in an answer to one of `MANY`, each with its title."""
    if name == CONSENTS:
        rows = on_consent(notice, relationship)
        return {ALL: str(_("Everything that I agreed to")), **{row.id: row.wording("title", language) for row in rows}}
    rows = tuple(_of(notice, relationship))
    return {**{row.id: row.wording("title", language) for row in rows}, **{key: str(BESIDE[key]) for key in BESIDE}}


def hint(word: str, notice: Notice, language: str | None = None) -> str:
    """Return what a use is in more words, "" where its title says it all."""
    return next((row.wording("description", language) for row in notice.purposes if row.id == word), "")


def title(word: str, notice: Notice, language: str | None = None) -> str:
    """Return what a use is called; the word itself where the notice no longer knows it."""
    if word.startswith(PART):
        whole = next((key for key in (*(row.id for row in notice.purposes), *BESIDE) if part(key) == word), word)
        return _("%(use)s, in part") % {"use": title(whole, notice, language)} if whole != word else word
    if word in BESIDE:
        return str(BESIDE[word])
    return next((row.wording("title", language) for row in notice.purposes if row.id == word), word)


def part(word: str) -> str:
    """Return the word by which a choice says that only a part of a use stops."""
    return f"{PART}{word}"[:_LONGEST]


def is_marketing(word: str, notice: Notice) -> bool:
    """Whether a use is direct marketing, which stops whatever speaks for it. GDPR Art 21(2), 21(3)"""
    return word == DIRECT_MARKETING or any(row.id == word and row.marketing for row in notice.purposes)


def bases(word: str, notice: Notice) -> tuple[str, ...]:
    """Return the legal bases that the notice names for a use; those of all purposes for what it does not name."""
    found = next((row.legal_bases for row in notice.purposes if row.id == word), None)
    return found or tuple(dict.fromkeys(basis for row in notice.purposes for basis in row.legal_bases))


def topics(purpose: Purpose, notice: Notice) -> frozenset[str]:
    """Return the words that a choice about consents or about objections can be about, by one notice."""
    if purpose is Purpose.CONSENT:
        return frozenset(row.id for row in on_consent(notice))
    if purpose is Purpose.OBJECTION:
        whole = {*(row.id for row in notice.purposes), *BESIDE} - {DIRECT_MARKETING}
        return frozenset({*whole, *map(part, whole)})
    return frozenset()


def unneeded(purpose: Purpose, words: Collection[str], notice: Notice) -> frozenset[str]:
    """Return the kinds of data of the notice that some uses do not need; none where they may need any.

    A kind that another version of the notice names is not among them, as nothing says what it is used for by this one.
    """
    rows = [row for row in notice.purposes if row.id in words]
    if not words and purpose is Purpose.CONSENT:
        rows = list(on_consent(notice))
    elif len(rows) < len(words):
        return frozenset()
    needed = notice.with_children(category for row in rows for category in row.categories)
    return frozenset(row.id for row in notice.categories) - frozenset(needed)
