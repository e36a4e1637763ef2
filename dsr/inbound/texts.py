"""From what a mail carries to what a person wrote: characters, markup, quoted history and signatures.

Everything is linear in the size of the text: it comes from strangers.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from encodings import normalize_encoding
from encodings.aliases import aliases
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

LONGEST: Final = 200_000
"""Characters of a message that are looked at. What follows is kept in the raw message and not understood."""
_WIDER: Final = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "latin_1": "cp1252",
    "ascii": "utf_8",
    "euc_kr": "cp949",
    "iso2022_jp": "iso2022_jp_ext",
}
"""What senders say, and the larger set that what they send fits into."""
_KOREAN: Final = {"ks_c_5601_1987": "cp949", "ks_c_5601": "cp949"}
_TEXT: Final = frozenset(aliases.values()) - {
    *("base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec", "mbcs"),
}
_BLOCKS: Final = "br, p, div, tr, li, h1, h2, h3, h4, h5, h6, blockquote, table, ul, ol, pre, hr, td, th"
_UNSEEN: Final = "script, style, head, title, noscript, template, object, iframe"
_QUOTES: Final = "blockquote, div.gmail_quote, div.moz-cite-prefix, div#divRplyFwdMsg ~ *"
_LINK: Final = re.compile(r"https?://[^\s<>\"')\]]+", re.IGNORECASE)
_HEAD_LINE: Final = re.compile(r"\s*>*\s*[\w-]{2,12}\s?[:：]\s?\S")
_DASHES: Final = re.compile(r"\s*[-_=]{2,}\s*[^-_=]{3,60}\s*[-_=]{2,}\s*")
_UNDERLINE: Final = re.compile(r"\s*[_=]{10,}\s*")
_BLANKS: Final = re.compile(r"[ \t\u00a0\u200b\u200c\u200d\ufeff]+")
_HEADS_WANTED: Final = 3
_SIGNATURE: Final = ("-- ", "--", "—")


@dataclass(frozen=True, slots=True)
class Parts:
    """What was written now, what stood below it, and how it was signed."""

    fresh: str
    history: str
    signature: str


def decoded(data: bytes, charset: str) -> tuple[str, bool]:
    """Return bytes as text, and whether the characters were what the message said they are. Never raises."""
    for name in (_name_of(charset), "utf-8"):
        if name:
            try:
                return data.decode(name), name == _name_of(charset)
            except UnicodeDecodeError:
                continue
    return data.decode("cp1252", "replace"), False


def _name_of(charset: str) -> str:
    """Return the codec for a character set, "" where there is none for text.

    Asked of the table rather than of the codecs, which would raise with what a stranger wrote in the message.
    """
    said = normalize_encoding(charset.strip().strip("\"'").lower() or "utf-8").lower()
    found = _KOREAN.get(said) or aliases.get(said, said)
    return _WIDER.get(found, found) if found in _TEXT else ""


def plain(text: str) -> str:
    """Return a text in one form: composed, with plain spaces and line ends, without what cannot be seen."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))[:LONGEST]
    kept = (character if character in "\n\t" or _seen(character) else "" for character in text)
    lines = (_BLANKS.sub(" ", line).rstrip() for line in "".join(kept).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _seen(character: str) -> bool:
    # Control characters, marks that turn the direction of text, and what stands for nothing.
    return unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")


def of_html(markup: str) -> tuple[str, str, list[str]]:
    """Return what a page says, what it quotes, and where its links lead. Nothing is loaded or run."""
    tree = LexborHTMLParser(markup[: 4 * LONGEST])
    links = [target for node in tree.css("a[href]") if (target := node.attributes.get("href") or "")]
    for node in tree.css(_UNSEEN):
        node.decompose()
    quoted = []
    while (quote := tree.css_first(_QUOTES)) is not None:
        quoted.append(_written(quote))
        quote.decompose()
    body = tree.body
    return (_written(body) if body is not None else "", "\n".join(quoted), links)


def _written(node: LexborNode) -> str:
    for block in node.css(_BLOCKS):
        block.insert_before("\n")
    return plain(str(node.text(deep=True)))


def links_in(text: str) -> list[str]:
    """Return the addresses that a text names."""
    return _LINK.findall(text)


def split(text: str, quoted: Sequence[str]) -> Parts:
    """Part what was written now from what stood below it. ``quoted`` are phrases that introduce what was said before.

    A reply written between the lines of the old text stays together: lines without the mark of a quotation are fresh.
    """
    lines = plain(text).split("\n")
    cut = next((at for at in range(len(lines)) if _begins_history(lines, at, quoted)), len(lines))
    above, below = lines[:cut], lines[cut:]
    history = [line for line in above if line.lstrip().startswith(">")]
    above = [line for line in above if not line.lstrip().startswith(">")]
    between = _between(below)
    fresh, signature = _signed([*above, *between])
    return Parts("\n".join(fresh).strip(), "\n".join([*history, *below]).strip(), "\n".join(signature).strip())


def _between(below: Sequence[str]) -> list[str]:
    """Return what was written between the lines of a text that is quoted by marks."""
    if sum(line.lstrip().startswith(">") for line in below) < 2:
        return []
    return [line for line in below[1:] if line.strip() and not line.lstrip().startswith(">") and line[-1:] != ":"]


def _begins_history(lines: Sequence[str], at: int, quoted: Sequence[str]) -> bool:
    line = lines[at]
    bare = line.strip().casefold()
    if not bare or bare.startswith(">"):
        return False
    if _DASHES.fullmatch(line) or _UNDERLINE.fullmatch(line):
        return _heads(lines[at + 1 : at + 8]) >= 2
    if at and not lines[at - 1] and _HEAD_LINE.match(line) and _heads(lines[at : at + 6]) >= _HEADS_WANTED:
        return True
    following = next((each.strip() for each in lines[at + 1 : at + 4] if each.strip()), "")
    adjacent = lines[at + 1].strip().casefold() if at + 1 < len(lines) else ""
    for each in filter(None, (bare, adjacent and f"{bare} {adjacent}")):  # long ones are broken into two lines
        dated = following.startswith(">") or "@" in each or any(character.isdigit() for character in each)
        if each.endswith((":", "：")) and len(each) < 200 and dated and any(word in each for word in quoted):
            return True
    return False


def _heads(lines: Sequence[str]) -> int:
    return sum(bool(_HEAD_LINE.match(line)) for line in lines)


def _signed(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Part a text from its signature: everything from the last line that is nothing but two dashes."""
    for at in range(len(lines) - 1, -1, -1):
        if lines[at].rstrip() in ("--", "—") or lines[at] in _SIGNATURE:
            return list(lines[:at]), list(lines[at + 1 :])
    return list(lines), []
