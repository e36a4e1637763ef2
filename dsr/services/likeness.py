"""Whether one mail address was made to be taken for another."""

import unicodedata
from typing import Final

_LOOKS: Final = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"), ("|", "l"))
"""What is read as something else; the first is put in the place of the second before comparing."""
_CYRILLIC_AND_GREEK: Final = str.maketrans("аеорсухіјѕԁɡ" + "αοερντικ", "aeopcyxijsdg" + "aoepvtik")


def looks_like(address: str, other: str) -> bool:
    """Whether an address is not another one and would be taken for it at a glance, by person or by domain."""
    if address == other:
        return False
    name, _, domain = address.rpartition("@")
    other_name, _, other_domain = other.rpartition("@")
    if _seen(name) == _seen(other_name):
        return domain == other_domain or _seen(domain) == _seen(other_domain) or _near(domain, other_domain)
    return domain == other_domain and _near(name, other_name)


def _seen(text: str) -> str:
    """Return what the eye sees of a text."""
    if "xn--" in text:
        text = ".".join(_decoded(part) for part in text.split("."))
    text = unicodedata.normalize("NFKD", text.casefold()).translate(_CYRILLIC_AND_GREEK)
    text = "".join(mark for mark in text if mark.isalnum() and not unicodedata.combining(mark))
    for looks, meant in _LOOKS:
        text = text.replace(looks, meant)
    return text


def _decoded(label: str) -> str:
    try:
        return label.encode("ascii").decode("idna") if label.startswith("xn--") else label
    except UnicodeError:
        return label


def _near(one: str, other: str) -> bool:
    """Whether one slip of the finger turns one text into the other: a letter too many, too few, or another."""
    if abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < 4:
        return False
    if len(one) == len(other):
        wrong = [place for place, (left, right) in enumerate(zip(one, other, strict=True)) if left != right]
        swapped = len(wrong) == 2 and one[wrong[0]] == other[wrong[1]] and one[wrong[1]] == other[wrong[0]]
        return len(wrong) == 1 or swapped
    shorter, longer = sorted((one, other), key=len)
    return any(longer[:place] + longer[place + 1 :] == shorter for place in range(len(longer)))
