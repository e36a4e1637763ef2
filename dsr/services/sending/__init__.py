"""Sending an answer to somebody whom the person named: named, confirmed, sent piece by piece, and proved received."""
