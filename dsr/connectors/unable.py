"""What a connector says that can be told nothing."""

from collections.abc import Iterator, Sequence

from dsr.connectors.base import Code, Identifiers, PermanentFailure
from dsr.connectors.changes import Ability, Change, Changed, Erased, Handles, Note, Preview, Still, Term


class Unable:
    """The part of a connector that can be told nothing. Those that can override what they can."""

    def abilities(self) -> frozenset[Ability]:
        """Return nothing."""
        return frozenset()

    def preview(self, who: Identifiers, terms: Sequence[Term], *, key: str, handles: Handles | None = None) -> Preview:
        """Raise `PermanentFailure(unable)`."""
        raise PermanentFailure(Code.UNABLE, "preview")

    def erase(
        self,
        who: Identifiers,
        terms: Sequence[Term],
        *,
        key: str,
        handles: Handles | None = None,
        cursor: str = "",
        still: Still | None = None,
    ) -> Erased:
        """Raise `PermanentFailure(unable)`."""
        raise PermanentFailure(Code.UNABLE, "erase")

    def correct(self, who: Identifiers, changes: Sequence[Change], *, key: str, cursor: str = "") -> Changed:
        """Raise `PermanentFailure(unable)`."""
        raise PermanentFailure(Code.UNABLE, "correct")

    def annotate(self, who: Identifiers, notes: Sequence[Note], *, key: str) -> Changed:
        """Raise `PermanentFailure(unable)`."""
        raise PermanentFailure(Code.UNABLE, "annotate")

    def restrict(self, who: Identifiers, on: bool, *, key: str) -> Changed:
        """Raise `PermanentFailure(unable)`."""
        raise PermanentFailure(Code.UNABLE, "restrict")

    def suppress(self, who: Identifiers, purposes: Sequence[str], *, key: str, cursor: str = "") -> Changed:
        """Raise `PermanentFailure(unable)`."""
        raise PermanentFailure(Code.UNABLE, "suppress")

    def leaves_out(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def suppressed(self, who: Identifiers, purposes: Sequence[str], *, key: str) -> bool | None:
        """Return None: it cannot tell."""
        return None

    def roster(self, kind: str) -> Iterator[str]:
        """Raise `PermanentFailure(unable)`."""
        raise PermanentFailure(Code.UNABLE, "roster")
