"""Who can sign in at the console: every customer, and what each of them needs for it."""

import base64
import hashlib
import hmac
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from dsr.demo.people import ADA, Person, customers

PASSWORD = "customer-of-the-demo"
"""Of everybody who has no other."""
_STEP = 30
"""Seconds for which a code is good (RFC 6238)."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """One way in."""

    name: str
    password: str
    person: Person
    has_second_factor: bool = False
    address_verified: bool = True

    @property
    def remark(self) -> str:
        """What is special about it, to be announced."""
        if self.has_second_factor:
            return ", with a second factor"
        return "" if self.address_verified else ", address not verified"

    @property
    def key(self) -> bytes:
        """What the codes are made from."""
        return hashlib.sha256(f"demonstration {self.person.number}".encode()).digest()[:20]

    @property
    def key_text(self) -> str:
        """The same, as an app for codes takes it."""
        return base64.b32encode(self.key).decode()

    def code(self, seconds: int) -> str:
        """Return the six digits of a moment (RFC 6238, with SHA-1 as apps have it)."""
        digest = hmac.digest(self.key, struct.pack(">Q", seconds // _STEP), hashlib.sha1)
        start = digest[-1] & 0xF
        return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFF_FFFF) % 1_000_000:06d}"

    def takes(self, code: str, seconds: int) -> bool:
        """Say whether a code is that of now, or of the moment before or after."""
        return any(
            hmac.compare_digest(self.code(seconds + near).encode(), code.encode()) for near in (0, -_STEP, _STEP)
        )


@cache
def known() -> tuple[SignIn, ...]:
    """Return the sign-ins that are announced: Ada's, one with a second factor, and one with an unproved address."""
    with_code, unproved = [person for person in customers() if person is not ADA][:2]
    return (
        SignIn("ada", "ada-counts-engines", ADA),
        SignIn("codes", "codes-are-second", with_code, has_second_factor=True),
        SignIn("fresh", "fresh-and-unproved", unproved, address_verified=False),
    )


def everybody() -> Iterator[SignIn]:
    """Yield all of them, the announced ones first; the others sign in with their mail address."""
    announced = {sign_in.person.number for sign_in in known()}
    yield from known()
    for person in customers():
        if person.number not in announced:
            yield SignIn(person.email.lower(), PASSWORD, person)


@cache
def by_name() -> dict[str, SignIn]:
    """Return all of them by the name they sign in with."""
    return {sign_in.name: sign_in for sign_in in everybody()}
