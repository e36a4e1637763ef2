"""The disguises in which a text can stand in another: entities, escapes, tags, base64 and their like.

Each view is a text that somebody could make out of the one given, with the place in the original that each of its
characters comes from, so that what is found in a view can be taken out of the original.
"""

import base64
import binascii
import html
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from dsr.packaging.redacting.folding import HARD

DEPTH: Final = 3
"""How many disguises on top of each other are taken off."""
_MOST: Final = 48
"""How many views of one text are looked at."""


@dataclass(frozen=True, slots=True)
class View:
    """A text made of another: character number ``n`` comes from ``starts[n]`` up to ``ends[n]`` of the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, text: str) -> "View":
        """Return the text as it is."""
        return cls(text, range(len(text)), range(1, len(text) + 1))


def _entities(match: re.Match[str]) -> str:
    return html.unescape(match[0])


def _percent(match: re.Match[str]) -> str:
    return _text(unquote_to_bytes(match[0]))


def _escapes(match: re.Match[str]) -> str:
    try:
        return str(json.loads(f'"{match[0]}"'))
    except ValueError:
        code = int("0" + match[0][1:].lower().replace("u", "x"), 0) if match[0][1] in "xU" else 0
        return chr(code) if 0 < code <= sys.maxunicode else ""


def _tags(_match: re.Match[str]) -> str:
    return ""


def _quoted(match: re.Match[str]) -> str:
    digits = re.sub(r"=\r?\n|=", "", match[0])
    return _text(bytes.fromhex(digits))


def _punycode(match: re.Match[str]) -> str:
    try:
        return match[1].encode().decode("punycode")
    except (UnicodeError, ValueError):
        return match[0]


def _base64(match: re.Match[str]) -> str:
    """Decode a run from each of its first four characters on, as something else may stand right before it."""
    run = match[0]
    if len(run) < _A_WORD and (run.islower() or run.istitle() or run.isupper() or not any(map(str.isalpha, run))):
        return ""  # a word, a number or a date, as almost every run is
    run = "".join(run.split()).rstrip("=").translate(_URL_SAFE)
    decoded = []
    for offset in range(4):
        part = run[offset:]
        part = part[: len(part) - 1] if len(part) % 4 == 1 else part
        try:
            data = base64.b64decode(part + "=" * (-len(part) % 4))
        except (binascii.Error, ValueError):
            continue
        decoded.append(_printable(data))
    found = HARD.join(each for each in decoded if each)
    return found and HARD + found + HARD


def _hex(match: re.Match[str]) -> str:
    found = _printable(bytes.fromhex(re.sub(r"[^0-9a-fA-F]", "", match[0])))
    return found and HARD + found + HARD


_A_WORD: Final = 24
_URL_SAFE: Final = str.maketrans("-_", "+/")


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _printable(data: bytes) -> str:
    """Return the text in some bytes, "" where there is hardly any: an ordinary word decodes to noise."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "latin-1"):
        if encoding.startswith("utf-16") and b"\0" not in data:
            continue
        text = data.decode(encoding, "replace")  # what stands beside it may have been decoded with it
        if _mostly_words(text):
            return text
    return ""


def _mostly_words(text: str) -> bool:
    return sum(char.isalnum() or char in " @.-" for char in text) * 10 >= len(text) * 7


_Change = Callable[[re.Match[str]], str]
_DISGUISES: Final[tuple[tuple[str, re.Pattern[str], _Change], ...]] = (
    ("entities", re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});?"), _entities),
    ("percent", re.compile(r"(?:%[0-9a-fA-F]{2})+"), _percent),
    (
        "escapes",
        re.compile(r"\\u[0-9a-fA-F]{4}(?:\\u[dD][0-9a-fA-F]{3})?|\\x[0-9a-fA-F]{2}|\\U[0-9a-fA-F]{8}|\\[nrt\"/\\]"),
        _escapes,
    ),
    ("tags", re.compile(r"<!--.{0,2000}?-->|</?[a-zA-Z!?][^<>\x1e\x1f]{0,2000}>", re.DOTALL), _tags),
    ("quoted", re.compile(r"=\r?\n|(?:=[0-9a-fA-F]{2}(?:=\r?\n)?)+"), _quoted),
    ("punycode", re.compile(r"xn--([a-zA-Z0-9-]{2,60})"), _punycode),
    ("base64", re.compile(r"(?:[A-Za-z0-9+/]{4,}\r?\n[ \t]*)*[A-Za-z0-9+/]{6,}={0,2}"), _base64),
    ("base64url", re.compile(r"[A-Za-z0-9_-]{6,}"), _base64),
    ("hex", re.compile(r"(?:[0-9a-fA-F]{2}[ :]?){4,}"), _hex),
)


def views(text: str, *, without: frozenset[str] = frozenset()) -> Iterator[View]:
    """Yield the text as it is, then as it reads once disguises are taken off, the nearest first."""
    seen = {text}
    waiting = [(View.of(text), 0)]
    while waiting:
        view, depth = waiting.pop(0)
        yield view
        if depth == DEPTH:
            continue
        for name, pattern, change in _DISGUISES:
            if name in without or len(seen) >= _MOST or pattern.search(view.text) is None:
                continue
            other = _changed(view, pattern, change)
            if other.text not in seen:
                seen.add(other.text)
                waiting.append((other, depth + 1))


def _changed(view: View, pattern: re.Pattern[str], change: _Change) -> View:
    text: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    before = 0
    for match in pattern.finditer(view.text):
        first, last = match.span()
        new = change(match)
        if new == match[0] or (not new and match[0][:1] not in "<=\\"):
            continue
        text += (view.text[before:first], new)
        starts += view.starts[before:first]
        ends += view.ends[before:first]
        starts += [view.starts[first]] * len(new)
        ends += [view.ends[last - 1]] * len(new)
        before = last
    text.append(view.text[before:])
    starts += view.starts[before:]
    ends += view.ends[before:]
    return View("".join(text), starts, ends)
