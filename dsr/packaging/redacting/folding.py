"""Brings a text down to what a reader would call the same: letters and digits, without case, accents or separators."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

SOFT: Final = "\x1f"
"""Parts one value from the next. Words of a name may stand on both sides of it; a word is never split by it."""
HARD: Final = "\x1e"
"""Parts what has nothing to do with each other. Nothing reaches across."""
BLOCK: Final = "\u2588"
"""What stands where something was taken out. It says neither what nor how long it was."""

_ALIKE: Final = {
    "\u00e6": "ae", "\u0153": "oe", "\u00f8": "o", "\u0142": "l", "\u0111": "d", "\u00f0": "d", "\u00fe": "th",
    "\u0131": "i", "\u0127": "h", "\u0167": "t", "\u014b": "n", "\u0138": "k",
}  # fmt: skip
"""Letters that decomposing leaves whole, as people write them without their strokes."""


@lru_cache(maxsize=65536)
def _letters(char: str) -> str:
    """What is left of one character: nothing of a mark or a separator, several letters of a ligature."""
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    # Lower case before and after: what is compatible with a capital may come out as one.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", char).casefold()).casefold()
    return "".join(_ALIKE.get(each, each) for each in plain if each.isalnum())


def _unheard(char: str) -> bool:
    """Whether a character is part of the one before it, or not seen at all: accents, soft hyphens, joiners."""
    return unicodedata.category(char) in ("Mn", "Me", "Cf")


def _parts(char: str, stops: str | None) -> bool:
    """Whether a character parts what stands before it from what stands after it."""
    return char == SOFT or (not _unheard(char) if stops is None else char in stops)


def fold(text: str, stops: str | None = "") -> tuple[str, Sequence[int]]:
    """Return the folded text and, for each character of it, the place in ``text`` where it comes from.

    Separators go, but those in ``stops`` (every one for None) become one SOFT; SOFT and HARD stay what they are.
    """
    letters: list[str] = []
    places: list[int] = []
    last = ""
    for match in _pieces(stops).finditer(text):
        start, end = match.span()
        piece = match[0]
        if piece.isascii() and piece.isalnum():
            plain = piece.lower()
            places += range(start, end)
        else:
            plain = HARD if piece in (HARD, BLOCK) else _letters(piece)
            if not plain and last not in ("", SOFT, HARD) and _parts(piece, stops):
                plain = SOFT
            places += [start] * len(plain)
        if plain:
            letters.append(plain)
            last = plain
    return "".join(letters), places


@lru_cache(maxsize=16)
def _pieces(stops: str | None) -> re.Pattern[str]:
    """What has to be looked at: runs of plain letters and digits, and every single character that may matter."""
    if stops is None:
        return re.compile("[0-9A-Za-z]+|[^0-9A-Za-z]")
    return re.compile(f"[0-9A-Za-z]+|[^\\x00-\\x7f{re.escape(SOFT + HARD + stops)}]|[{re.escape(SOFT + HARD + stops)}]")


def words(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return [word for word in fold(text, None)[0].replace(HARD, SOFT).split(SOFT) if word]
