"""What people type, made into the few shapes in which a system may keep it. Forgiving in form, never in substance."""

import unicodedata
from collections.abc import Callable
from decimal import Decimal
from re import compile as pattern

from dsr.connectors.facts import FactKind

LONGEST = 200
"""No answer to any fact is longer."""
PLACES = 4
"""Decimal places that are compared."""
_MOST_AMOUNT = Decimal(10) ** 12
_MOST_COUNT = 1_000_000

_YEAR_FIRST = pattern(r"(\d{4})[-/. ](\d{1,2})(?:[-/. ]\d{1,2})?")
_MONTH_FIRST = pattern(r"(\d{1,2})[-/. ](\d{4})")
_MONEY = pattern(r"[^\d.,' -]{0,4} ?(\d[\d.,' ]*) ?[^\d.,' -]{0,4}")
_GROUPED = pattern(r"\d{1,3}(?:[.,' ]\d{3})*")


def shapes(kind: FactKind, answer: str) -> tuple[str, ...]:
    """Return the shapes of an answer; none where it cannot be an answer to such a fact at all.

    A month is `2026-05`, an amount plain decimal text (two readings of `1,234`), a count decimal digits, a text
    lower-cased after NFKC (Unicode Standard Annex 15) with single spaces. Digits of any script are digits.
    """
    if len(answer) > LONGEST:
        return ()
    plain = " ".join(answer.split())
    if not plain or any(unicodedata.category(letter) in ("Cc", "Cs", "Cn") for letter in plain):
        return ()
    return _READ[kind](plain)


def _digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)


def _month(text: str) -> tuple[str, ...]:
    plain = _digits(text)
    if found := _YEAR_FIRST.fullmatch(plain):
        year, month = found[1], int(found[2])
    elif found := _MONTH_FIRST.fullmatch(plain):
        year, month = found[2], int(found[1])
    else:
        return ()
    return (f"{year}-{month:02d}",) if 1 <= month <= 12 and "1900" <= year <= "2999" else ()


def _amount(text: str) -> tuple[str, ...]:
    found = _MONEY.fullmatch(_digits(text))
    if not found:
        return ()
    number = found[1].strip()
    return tuple(dict.fromkeys(reading for mark in ".," if (reading := _reading(number, mark))))


def _reading(number: str, mark: str) -> str | None:
    """Return an amount read with this decimal mark, without zeros that mean nothing; None where it cannot be so."""
    whole, _, part = number.partition(mark)
    if not _GROUPED.fullmatch(whole) and not whole.isdigit():
        return None
    if (part and not part.isdigit()) or len(part) > PLACES:
        return None
    amount = Decimal("".join(letter for letter in whole if letter.isdigit()) + "." + (part or "0"))
    # Nothing is proved by knowing of a payment of nothing.
    return format(amount.normalize(), "f") if 0 < amount < _MOST_AMOUNT else None


def _count(text: str) -> tuple[str, ...]:
    plain = _digits(text)
    return (str(int(plain)),) if plain.isascii() and plain.isdigit() and 0 < int(plain) <= _MOST_COUNT else ()


def _text(text: str) -> tuple[str, ...]:
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    # `ß` is `ss` to one system and `ß` to the next.
    return tuple(dict.fromkeys(each for each in (plain.casefold(), plain.lower()) if each))


_READ: dict[FactKind, Callable[[str], tuple[str, ...]]] = {
    FactKind.MONTH: _month,
    FactKind.AMOUNT: _amount,
    FactKind.COUNT: _count,
    FactKind.WORDS: _text,
}


def scaled(amount: str) -> int:
    """Return an amount as a whole number of its smallest compared part: exact in every database."""
    return int(Decimal(amount).scaleb(PLACES))
