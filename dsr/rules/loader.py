"""The rules in force for this process, read once per folder.

``pack()`` is what the rest of the system calls; ``RulePack`` (in ``dsr.rules.rulepack``) says what can be asked of it.
"""

from datetime import date
from pathlib import Path

from django.conf import settings

from dsr.rules import books
from dsr.rules.files import SHIPPED, Files, read
from dsr.rules.problems import NotInRules, Problem, RulesBroken
from dsr.rules.reader import build
from dsr.rules.rulepack import RulePack
from dsr.rules.schema.periods import ElsewhereRule

_packs: dict[tuple[Path, Path | None], RulePack] = {}
_current: dict[object, RulePack] = {}
_books: dict[str, bytes] = {}
"""What the packs were made of, by version."""


def pack() -> RulePack:
    """The shipped rules and, over them, those in ``settings.RULES_DIR``. Raises RulesBroken with every mistake."""
    own = getattr(settings, "RULES_DIR", None)
    if own not in _current:  # asked several times in every request, so nothing looks at the disk here
        _current[own] = load(SHIPPED, Path(own) if own else None)
    return _current[own]


def load(shipped: Path, own: Path | None = None) -> RulePack:
    """The rules in ``shipped`` with ``own`` over them, file by file. Raises RulesBroken."""
    own = None if own is None or own.resolve() == shipped.resolve() else own.resolve()
    key = (shipped.resolve(), own)
    if key not in _packs:
        if own is not None and not own.is_dir():
            raise RulesBroken([Problem(str(own), "", "RULES_DIR is not a folder; make it or leave it unset")])
        _packs[key] = _made(read(shipped, own))
    return _packs[key]


def draft(folder: Path) -> RulePack:
    """The rules in force with those in ``folder`` over them, read anew each time. Raises RulesBroken."""
    if not folder.is_dir():
        raise RulesBroken([Problem(str(folder), "", "is not a folder")])
    own = getattr(settings, "RULES_DIR", None)
    return _made(read(SHIPPED, Path(own) if own else None, folder))


def _made(files: Files) -> RulePack:
    rules = build(files)
    _books[rules.version] = books.written(files)
    return rules


def word_within(on: date) -> ElsewhereRule:
    """By when whoever people are sent to has to answer: the rule in force; where there is none, the one that ships."""
    for rules in (pack(), load(SHIPPED)):
        if (rule := rules.elsewhere(on)) is not None:
            return rule
    raise NotInRules("no rule says by when whoever people are sent to has to answer")


def book_of(rules: RulePack) -> bytes:
    """What a pack that ``pack`` or ``load`` returned was made of, as ``dsr.rules.books`` reads it."""
    return _books[rules.version]


def forget() -> None:
    """Read the files again when they are next asked for."""
    _packs.clear()
    _current.clear()
    _books.clear()
