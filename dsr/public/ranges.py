"""Byte ranges as browsers and download tools ask for them (RFC 9110, section 14)."""

import re

from django.http import HttpRequest

_ONE_RANGE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")


class NoRange(Exception):
    """The header asks for bytes in a way that the file cannot answer."""


def wanted(request: HttpRequest, etag: str) -> tuple[int | None, int | None]:
    """Return first and last byte as asked for; (None, None) means the whole file, (None, n) the last n bytes.

    A header that is no single range of bytes is ignored, as the standard allows, and so is one whose If-Range names
    another file than ``etag``. Raises NoRange for a range that runs backwards or holds nothing.
    """
    condition = request.headers.get("If-Range")
    if condition is not None and condition.strip() != etag:
        return None, None
    match = _ONE_RANGE.fullmatch(request.headers.get("Range", ""))
    if match is None or not (match[1] or match[2]):
        return None, None
    first = int(match[1]) if match[1] else None
    last = int(match[2]) if match[2] else None
    if (first is None and last == 0) or (first is not None and last is not None and last < first):
        raise NoRange
    return first, last
