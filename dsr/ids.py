"""References that people can read out on the phone."""

import secrets

ALPHABET = "23456789ACEFHJKMNPRTWXY"
"""23 symbols; of each family that people mix up (0ODQ, 1IL, 2Z, 5S, 6G, 8B, UV) at most one is used.

23 is prime, so a weighted sum modulo 23 catches every single wrong symbol and every swap of two symbols.
"""
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
_RANDOM_SYMBOLS = 9
_GROUP = 5


def _check_symbol(symbols: str) -> str:
    total = sum(weight * _VALUES[symbol] for weight, symbol in enumerate(symbols, start=2))
    return ALPHABET[total % len(ALPHABET)]


def new_reference() -> str:
    """Return a fresh reference such as ``7K3MX-9TCRA``: nine random symbols and a check symbol."""
    symbols = "".join(secrets.choice(ALPHABET) for _ in range(_RANDOM_SYMBOLS))
    return format_reference(symbols + _check_symbol(symbols))


def format_reference(symbols: str) -> str:
    """Write ten symbols in two groups of five."""
    return f"{symbols[:_GROUP]}-{symbols[_GROUP:]}"


def clean_reference(text: str) -> str:
    """Return the canonical form of a reference as somebody typed it.

    Case, spaces and dashes do not matter. Raises ValueError when it cannot be a reference: a wrong
    length, a symbol that we never use, or a check symbol that does not fit.
    """
    symbols = "".join(character for character in text.upper() if character not in " -_.\u2010\u2011\u2013\u00a0\t")
    if len(symbols) != _RANDOM_SYMBOLS + 1:
        raise ValueError("length")
    if any(symbol not in _VALUES for symbol in symbols):
        raise ValueError("symbol")
    if _check_symbol(symbols[:-1]) != symbols[-1]:
        raise ValueError("check")
    return format_reference(symbols)


def is_reference(text: str) -> bool:
    """Say whether a text can be read as a reference."""
    try:
        clean_reference(text)
    except ValueError:
        return False
    return True
