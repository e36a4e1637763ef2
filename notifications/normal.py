"""One normal form for each kind of identifier, so that the same thing written differently is found again."""

import ipaddress
import re
import unicodedata
from collections.abc import Callable
from typing import Final

_SPACES: Final = re.compile(r"\s+")
_HOST: Final = re.compile(r"[a-z0-9.-]+")
_WITH_COUNTRY: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def _plain(value: str) -> str:
    # Folding can undo the composition, hence twice: the form must be stable under being normalised again.
    folded = unicodedata.normalize("NFKC", value).casefold()
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", folded)).strip()


def _email(value: str) -> str:
    """Trim, fold and compose; a domain in its ASCII form. No dot or plus games: those are other people's mailboxes."""
    local, at, domain = _plain(value).rpartition("@")
    if not at or domain.isascii():
        return f"{local}{at}{domain}"
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError:
        return f"{local}@{domain}"
    return f"{local}@{ascii_domain if _HOST.fullmatch(ascii_domain) else domain}"


def _phone(value: str) -> str:
    """Return E.164 where the number says its country, else only its digits."""
    # Costs 90 ms to import, and most processes never see a number.
    import phonenumbers

    text = unicodedata.normalize("NFKC", value).strip()
    try:
        number = phonenumbers.parse(f"+{text[2:]}" if text.startswith("00") else text, None)
    except phonenumbers.NumberParseException:
        digits = "".join(str(unicodedata.digit(mark)) for mark in text if mark.isdigit())
        # Words around a number can hide that it says its country.
        return digits if digits == text else _phone(digits)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def international(value: str, region: str = "") -> str:
    """Return a telephone number in E.164, "" where it neither says its country nor is one of ``region`` (ISO 3166).

    Without its country a number matches nothing that is kept with it.
    """
    import phonenumbers

    number = _phone(value)
    if not number.startswith("+") and region:
        try:
            parsed = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            return ""
        number = _phone(f"+{parsed.country_code}{phonenumbers.national_significant_number(parsed)}")
        if not phonenumbers.is_possible_number(parsed):
            return ""
    return number if _WITH_COUNTRY.fullmatch(number) else ""


def _ip(value: str) -> str:
    try:
        address = ipaddress.ip_address(value.strip())
    except ValueError:
        return _plain(value)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


_FORMS: Final[dict[str, Callable[[str], str]]] = {"email": _email, "phone": _phone, "ip": _ip}


def normalise(kind: str, value: str) -> str:
    """Return the normal form of a value of a kind: ``email``, ``phone``, ``ip``, or any other word.

    Other kinds (account, name, ...) are trimmed, composed (NFKC), case-folded, and their white space collapsed.
    Never fails: what cannot be understood is treated as text.
    """
    return _FORMS.get(kind, _plain)(value)
