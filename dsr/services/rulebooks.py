"""Keeping the rules that submissions are pinned to."""

from dsr.models import RuleBook
from dsr.rules import books, loader, pack
from notifications import rows

_kept: set[str] = set()


def keep() -> None:
    """Keep the rules in force here, unless that is done: one statement in the life of a process and version.

    Outside any transaction that could still be rolled back.
    """
    rules = pack()
    if rules.version in _kept:
        return
    rows.write(once=[RuleBook(version=rules.version, form=books.FORM, documents=loader.book_of(rules))])
    _kept.add(rules.version)


def forget() -> None:
    """Look again when it is next asked for."""
    _kept.clear()
