"""Tokens that a bearer holds: 256 random bits, of which only a digest is kept."""

import hashlib
import secrets


def new() -> str:
    """Return a fresh token of 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """Return what is kept of a token, as 64 hexadecimal digits."""
    # 256 random bits: nothing to guess, so a plain hash will do, and it survives a change of keys.
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
