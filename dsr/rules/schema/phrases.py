"""By which words a letter is understood: phrases by language, from which rights and kinds of letters are proposed.

A file is ``phrases/<language>.toml``. In a phrase ``*`` stands for a few words of the same sentence, and ``~`` at the
end of a word for any ending. Proposals are looked over by people: a phrase decides nothing.
"""

import re
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, Field

from dsr.rules.schema.base import Language, Many, Row
from dsr.rules.words import RightWord

LetterWord = Literal["regulator", "law_enforcement", "legal_claim", "applicant", "sales", "automatic"]
"""What a letter can be that is no request, as far as words tell it."""
LETTER_WORDS: Final[tuple[str, ...]] = get_args(LetterWord)
WarningWord = Literal["phishing", "other_person"]
"""What a reader should be warned of."""
MOST_GAPS: Final = 3
_PHRASE = re.compile(r"[^\W_]|[*~]", re.UNICODE)


def _phrase(value: str) -> str:
    if value != value.strip() or "  " in value or "\n" in value:
        raise ValueError("has spaces that mean nothing")
    if value != value.lower():
        raise ValueError("is compared with small letters only; write it in small letters")
    if value.startswith("*") or value.endswith("*") or value.count("*") > MOST_GAPS:
        raise ValueError(f"has * at an end, where it means nothing, or more than {MOST_GAPS} of them")
    if len(value.replace("*", "").replace("~", "").strip()) < 2 or not _PHRASE.search(value):
        raise ValueError("is too short to mean anything")
    return value


Phrase = Annotated[str, AfterValidator(_phrase)]
Phrases = Many[Phrase]


class PhraseFile(Row):
    """One language."""

    language: Language
    spaced: bool = True
    """Whether words are set apart by spaces."""
    rights: dict[RightWord, Phrases] = Field(default_factory=dict)
    whole: dict[RightWord, Phrases] = Field(default_factory=dict)
    """What means a right only where it is all that a subject or a letter says."""
    letters: dict[LetterWord, Phrases] = Field(default_factory=dict)
    subjects: Phrases = ()
    """How the subject of an automatic answer begins."""
    warnings: dict[WarningWord, Phrases] = Field(default_factory=dict)
    denials: Phrases = ()
    """What takes a sentence out: it says what is not asked for."""
    quoted: Phrases = ()
    """What a line says that ends in a colon and introduces what somebody wrote before."""
