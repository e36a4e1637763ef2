"""What letters have in common that laws ask something of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from notifications.letters import Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalLetter(Letter):
    """A letter that laws ask something of.

    ``demands`` holds the elements that the laws of this request want it to state: what only some of them want, such as
    how to appeal, is stated if it is there. ``telling.tell`` fills it in.
    """

    only: ClassVar[Mapping[str, tuple[Any, ...]]] = {}
    """Of a choice among words, those that such a letter can hold, where it is not every one."""
    demands: tuple[str, ...] = ()
