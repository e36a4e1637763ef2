"""Makes any value safe to look at: in a spreadsheet, on a page, in a terminal, as a file name.

JSON keeps values faithful and escapes what cannot be seen; everything made for eyes shows it instead.
"""

import json
import re
import unicodedata
from typing import Final

from dsr.connectors.base import Json

# Controls but tab and line ends, the embedding, override and isolate marks that make text read in another order than
# it is stored, the byte order mark, halves of surrogate pairs, and code points that are no characters.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
_JSON_UNSEEN: Final = re.compile(
    "[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff\ud800-\udfff]"
)

# Besides the ASCII characters, the full-width forms that spreadsheets in East Asian locales take for them.
_TRIGGERS: Final = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_FORMULA: Final = re.compile(f"[\\s\"']*[{_TRIGGERS}]|[\t\r\n]")
# A spreadsheet that expects semicolons or tabs between cells starts a new cell inside ours, quoted or not.
_INNER: Final = re.compile(f"(?<=[;\t\r\n])(?=[ \"']*[{_TRIGGERS}])")
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")

_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}
    | {f"{port}{digit}" for port in ("com", "lpt") for digit in "0123456789\u00b9\u00b2\u00b3"}
)
_NAME_BYTES: Final = 120
_SLASHES: Final = re.compile("[/\\\\\u2044\u2215\u29f5\u29f8\uff0f\uff3c]")

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)


def json_line(value: Json | dict[str, Json]) -> bytes:
    """A value as one line of JSON in UTF-8; what cannot be seen is escaped, so it stays faithful and harmless.

    Raises TypeError or ValueError for what JSON cannot hold (NaN among them).
    """
    text = _encoder.encode(value)
    plain = text.isascii() and "\x7f" not in text  # of ASCII, DEL alone is unseen and not escaped by the encoder
    return (text if plain else _JSON_UNSEEN.sub(_json_escape, text)).encode()


def visible(text: str) -> str:
    """Text with its unseen characters spelled out, such as `⟨U+202E⟩`."""
    if text.isascii() and text.isprintable():
        return text
    return _UNSEEN.sub(_spelled, text)


def words(value: Json) -> str:
    """A JSON value as text for eyes; nested values stay JSON, nothing is the empty string."""
    match value:
        case None:
            return ""
        case str():
            return visible(value)
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case _:
            return visible(json.dumps(value, ensure_ascii=False, separators=(", ", ": ")))


def cell(value: Json) -> str:
    """A JSON value as the cell of a spreadsheet: numbers stay numbers, text never becomes a formula.

    An apostrophe goes before whatever a spreadsheet could take for the start of a formula, also after a character
    that some locales take for the end of a cell.
    """
    if not isinstance(value, (str, list, dict)):
        return words(value)
    text = words(value)
    if text.isalnum() or _NUMBER.fullmatch(text):
        return text
    if _FORMULA.match(text):
        text = "'" + text
    return _INNER.sub("'", text)


class Names:
    """Gives file names that any system can unpack, each once within a folder.

    Names that differ only in capitals or in how an accent is stored count as the same, because some file systems
    take them so.
    """

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, wanted: str, *, suffix: str = "") -> str:
        """A safe name as close to `wanted` as possible, numbered where it is taken; `suffix` is ours and stays."""
        stem, dot, extension = _safe(wanted, fallback="file").rpartition(".")
        if suffix or not stem:
            stem, dot, extension = stem + dot + extension, "", ""
        candidate, number = f"{stem}{dot}{extension}", 1
        while (key := _fold(candidate + suffix)) in self._taken:
            number += 1
            candidate = f"{stem} ({number}){dot}{extension}"
        self._taken.add(key)
        return candidate + suffix


def _safe(name: str, *, fallback: str) -> str:
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode())
    # C: controls, bidi and joiners, surrogates, private use, unassigned; Zl and Zp: ends of lines.
    name = "".join(char for char in name if not unicodedata.category(char).startswith(("C", "Zl", "Zp")))
    # A path becomes one name, so that nothing climbs out of its folder; steps that lead nowhere are dropped.
    name = "_".join(step for step in _SLASHES.split(name) if step.strip(" ."))
    name = re.sub(r'[<>:"|?*]', "_", name)
    name = re.sub(r"\s+", " ", name).lstrip(" .-~").rstrip(" .")
    name = _shorten(name) or fallback
    return f"_{name}" if name.partition(".")[0].rstrip().casefold() in _RESERVED else name


def _shorten(name: str) -> str:
    """At most so many bytes in UTF-8, the extension kept where it is one."""
    if len(name.encode()) <= _NAME_BYTES:
        return name
    stem, dot, extension = name.rpartition(".")
    tail = f"{dot}{extension}" if stem and len(extension.encode()) <= 16 else ""
    head = name.removesuffix(tail) if tail else name
    return head.encode()[: _NAME_BYTES - len(tail.encode())].decode("utf-8", "ignore").rstrip(" .") + tail


def _fold(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _spelled(match: re.Match[str]) -> str:
    return f"\u27e8U+{ord(match[0]):04X}\u27e9"


def _json_escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
