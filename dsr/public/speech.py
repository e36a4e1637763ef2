"""References as people say them."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_WORDS: dict[str, str | Promise] = {
    "2": _("two"), "3": _("three"), "4": _("four"), "5": _("five"), "6": _("six"), "7": _("seven"), "8": _("eight"),
    "9": _("nine"), "A": _("Alfa"), "C": _("Charlie"), "E": _("Echo"), "F": _("Foxtrot"), "H": _("Hotel"),
    "J": _("Juliett"), "K": _("Kilo"), "M": _("Mike"), "N": _("November"), "P": _("Papa"), "R": _("Romeo"),
    "T": _("Tango"), "W": _("Whiskey"), "X": _("X-ray"), "Y": _("Yankee"), "-": _("dash"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign, and the word that stands for it on the telephone."""

    sign: str
    word: str | Promise


def spell(reference: str) -> list[Sign]:
    """Return the signs of a reference with their words."""
    return [Sign(sign, _WORDS.get(sign, sign)) for sign in reference]
