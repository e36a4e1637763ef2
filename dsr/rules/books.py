"""The rules of one version written down whole, so that later ones cannot take their place: bytes out, a pack in.

Worked cases and phrases are left out: they say nothing that a date hangs on.
"""

import json
import zlib
from datetime import date
from typing import Any

from dsr.rules.files import Document, Files, binds
from dsr.rules.problems import RulesBroken
from dsr.rules.reader import build
from dsr.rules.rulepack import RulePack

FORM = 1
"""How a book is written. Whoever changes it keeps reading the earlier ones."""
_DAY = "$day"


class Unreadable(Exception):
    """A book that is damaged, or that this version of the program cannot make rules of."""


def written(files: Files) -> bytes:
    """Every document of a set of rule files that binds, as compressed JSON."""
    said = {path: document for path, document in sorted(files.documents.items()) if binds(path)}
    return zlib.compress(json.dumps(said, ensure_ascii=False, separators=(",", ":"), default=_tagged).encode())


def documents(version: str, form: int, book: bytes) -> dict[str, Document]:
    """The documents that were written down. Raises Unreadable unless they are those of ``version``, to the letter."""
    if form != FORM:
        raise Unreadable(f"it is written in form {form}; this program reads {FORM}")
    try:
        said: dict[str, Document] = json.loads(zlib.decompress(book), object_hook=_untagged)
    except (zlib.error, ValueError) as error:
        raise Unreadable(f"it is damaged: {error}") from None
    if Files(said, ()).digest != version:
        raise Unreadable("it does not say what its version says")
    return said


def pack_of(version: str, form: int, book: bytes) -> RulePack:
    """The rules of a book. Raises Unreadable."""
    try:
        return build(Files(documents(version, form, book), ()), tried=False)
    except RulesBroken as broken:
        raise Unreadable(str(broken)) from None


def _tagged(value: object) -> dict[str, str]:
    if type(value) is date:
        return {_DAY: value.isoformat()}
    raise TypeError(f"rule files hold no {type(value).__name__}")


def _untagged(table: dict[str, Any]) -> Any:
    return date.fromisoformat(table[_DAY]) if table.keys() == {_DAY} else table
