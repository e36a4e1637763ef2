"""What letters have in common that laws ask something of."""

from dataclasses import dataclass

from notifications.letters import Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalLetter(Letter):
    """A letter that laws ask something of.

    ``demands`` holds the elements that the laws of this request want it to state: what only some of them want, such as
    how to appeal, is stated if it is there. ``telling.tell`` fills it in.
    """

    demands: tuple[str, ...] = ()
