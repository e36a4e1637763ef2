"""Fixtures of the message tests."""

from tests.postbox import note, postbox

__all__ = ["note", "postbox"]
