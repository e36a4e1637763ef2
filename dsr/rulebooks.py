"""The rules that a submission is pinned to, read back from the database where they are no longer those in force.

A version never changes, so what was read once is kept in the process, a few versions at a time.
"""

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock

from dsr.logs import get_logger
from dsr.models import RuleBook
from dsr.rules import RulePack, books
from dsr.rules.files import Document

log = get_logger(__name__)
_MOST = 8
_lock = Lock()
_read: OrderedDict[str, RulePack | None] = OrderedDict()


def pinned(version: str) -> RulePack | None:
    """Return the rules of a version; None where its book is missing or cannot be read. One statement, once."""
    with _lock:
        if version in _read:
            _read.move_to_end(version)
            return _read[version]
    found = _open(version)
    with _lock:
        _read[version] = found
        while len(_read) > _MOST:
            _read.popitem(last=False)
    return found


def documents(version: str) -> Mapping[str, Document] | None:
    """Return what the rules of a version say, file by file; None where that cannot be read. One statement."""
    book = RuleBook.objects.filter(pk=version).first()
    try:
        return books.documents(version, book.form, bytes(book.documents)) if book else None
    except books.Unreadable:
        return None


def forget() -> None:
    """Read every book again when it is next asked for."""
    with _lock:
        _read.clear()


def _open(version: str) -> RulePack | None:
    book = RuleBook.objects.filter(pk=version).first()
    if book is None:
        log.error("rule book is missing", version=version)
        return None
    try:
        return books.pack_of(version, book.form, bytes(book.documents))
    except books.Unreadable:
        log.exception("rule book cannot be read", version=version)
        return None
