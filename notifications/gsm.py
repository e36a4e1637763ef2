"""How a text message travels: its alphabet, and into how many segments it is cut (3GPP TS 23.038 and 23.040).

In the GSM alphabet a segment holds 160 septets, or 153 where there are several. One sign outside it and the whole text
is sent as UCS-2: 70 units, or 67. Each segment is charged and may arrive on its own, so texts are short.
"""

import unicodedata
from typing import Final

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("\f^{}\\[~]|€")
"""Each takes two septets."""
_STAND_INS: Final = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u00a0\u2007\u2009\u202f\t", " "),
        "\u2026": "...",
    }
)


def fits(text: str) -> bool:
    """Say whether a text is written in the GSM alphabet alone."""
    return set(text) <= _BASIC | _EXTENDED


def plain(text: str) -> str:
    """Return a text in the GSM alphabet where typographic signs and accents are all that keep it out, else as it is."""
    said = text.translate(_STAND_INS)
    if fits(said):
        return said
    bare = "".join(sign if sign in _BASIC else _bare(sign) for sign in unicodedata.normalize("NFC", said))
    return bare if fits(bare) else text


def _bare(sign: str) -> str:
    base = unicodedata.normalize("NFD", sign)
    return base[0] if len(base) > 1 and all(unicodedata.combining(mark) for mark in base[1:]) else sign


def segments(text: str) -> int:
    """Return how many segments a text is sent as; at least 1."""
    if fits(text):
        size, alone, joined = sum(2 if sign in _EXTENDED else 1 for sign in text), 160, 153
    else:
        size, alone, joined = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if size <= alone else -(-size // joined)
