"""What a service answers when it is told to change what it holds, and whether that can be true."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field as Key

from dsr.connectors.base import Code, PermanentFailure
from dsr.connectors.changes import Changed, Erased, Foreign, Line, Preview, Remark, Term
from dsr.connectors.config import Slug, Strict
from dsr.connectors.http_wire import DAY_SECONDS, refuse

Count = Annotated[int, Key(ge=0)]
WireHandles = dict[Slug, tuple[Annotated[str, Key(min_length=1, max_length=200)], ...]]
_UNABLE = (Code.NOT_CORRECTABLE, Code.NO_STRATEGY, Code.STILL_REFERRED_TO)
"""What a service may name where it did nothing because it cannot do all of it."""


class WireLine(Strict):
    """One data category of one data set."""

    dataset: Slug
    category: Slug
    found: Count
    erase: Count = 0
    keep: Count = 0
    open: Count = 0
    refused: Count = 0
    first_kept: date | None = None
    last_kept: date | None = None

    def line(self) -> Line:
        """Return it as connectors carry it."""
        return Line(
            self.dataset,
            self.category,
            self.found,
            self.erase,
            self.keep,
            self.open,
            self.refused,
            self.first_kept,
            self.last_kept,
        )


class Said(Strict):
    """What every answer to a change says."""

    outcome: Literal["done", "accepted", "refused", "unable"]
    code: str = ""
    where: str = ""
    cursor: Annotated[str, Key(max_length=4000)] = ""
    again_after: Annotated[float, Key(ge=0, le=DAY_SECONDS)] = 60.0
    notes: Annotated[tuple[Slug, ...], Key(max_length=20)] = ()

    @property
    def remarks(self) -> tuple[Remark | Foreign, ...]:
        """What the answer does not cover; a service may have words of its own for it."""
        known = {str(remark): remark for remark in Remark}
        return tuple(known.get(note) or Foreign(note) for note in self.notes)

    @property
    def wait(self) -> float:
        """Seconds until the service wants to be asked again."""
        return self.again_after if self.cursor else 0.0

    def judge(self, asked: Iterable[str], *, may_wait: bool = True) -> None:
        """Raise what the answer means where it is no success, or contradicts itself. `asked` may be named in it."""
        if self.outcome == "refused":
            refuse(self.code)
        if self.outcome == "unable":
            known = {str(code): code for code in _UNABLE}
            code = known.get(self.code, Code.BAD_ANSWER)
            raise PermanentFailure(code, self.where if self.where in asked else "")
        if (self.outcome == "accepted") != bool(self.cursor) or (self.cursor and not may_wait):
            raise PermanentFailure(Code.BAD_ANSWER)


class PreviewAnswer(Said):
    """Answer to `preview`."""

    lines: tuple[WireLine, ...] = ()
    handles: WireHandles = {}

    def preview(self, terms: Sequence[Term]) -> Preview:
        """Return it as connectors carry it; raises what it means where it is no success."""
        datasets = {term.dataset for term in terms}
        self.judge(datasets, may_wait=False)
        if self.handles.keys() - datasets:
            raise PermanentFailure(Code.BAD_ANSWER)
        return Preview(_lines(self.lines, terms, whole=True), self.handles)


class EraseAnswer(Said):
    """Answer to `erase`."""

    lines: tuple[WireLine, ...] = ()
    rows: dict[Slug, Count] = {}
    handles: WireHandles = {}

    def erased(self, terms: Sequence[Term]) -> Erased:
        """Return it as connectors carry it; raises what it means where it is no success, or cannot be true."""
        datasets = {term.dataset for term in terms}
        self.judge(datasets)
        lines = _lines(self.lines, terms, whole=not self.cursor)
        if self.handles.keys() - datasets:
            raise PermanentFailure(Code.BAD_ANSWER)
        if not self.cursor:
            self._check_done(lines, terms)
        return Erased(lines, self.rows, self.handles, self.cursor, self.wait, self.remarks)

    def _check_done(self, lines: Sequence[Line], terms: Sequence[Term]) -> None:
        by_pair = {(term.dataset, term.category): term for term in terms}
        for line in lines:
            if _is_left(line, by_pair[line.dataset, line.category]):
                raise PermanentFailure(Code.NOTHING_CHANGED, line.dataset)
            # What is kept and cannot be named would never be found again.
            if len(set(self.handles.get(line.dataset, ()))) < line.keep:
                raise PermanentFailure(Code.BAD_ANSWER, line.dataset)


class ChangeAnswer(Said):
    """Answer to `correct`, `annotate`, `restrict` and `suppress`."""

    records: dict[Slug, Count] = {}

    def changed(
        self, asked: Iterable[str], known: Iterable[str], *, named: Iterable[str] = (), may_wait: bool = False
    ) -> Changed:
        """Return it as connectors carry it: with every data set of `asked`, and none but those of `known`."""
        self.judge((*asked, *named), may_wait=may_wait)
        told = self.records.keys()
        if told - set(known) or (not self.cursor and set(asked) - told):
            raise PermanentFailure(Code.BAD_ANSWER)
        return Changed(self.records, self.cursor, self.wait, self.remarks)


def _lines(given: Iterable[WireLine], terms: Sequence[Term], *, whole: bool) -> tuple[Line, ...]:
    """Return the lines in the order of the terms.

    Raises `PermanentFailure(bad_answer)` where they are not those of the terms, or contradict.
    """
    by_pair = {(term.dataset, term.category): term for term in terms}
    order = {pair: number for number, pair in enumerate(by_pair)}
    lines = sorted((part.line() for part in given), key=lambda line: order.get((line.dataset, line.category), 0))
    pairs = [(line.dataset, line.category) for line in lines]
    if len(set(pairs)) < len(pairs) or set(pairs) - by_pair.keys() or (whole and by_pair.keys() - set(pairs)):
        raise PermanentFailure(Code.BAD_ANSWER)
    for line in lines:
        if not _adds_up(line, by_pair[line.dataset, line.category]):
            raise PermanentFailure(Code.BAD_ANSWER, line.dataset)
    return tuple(lines)


def _adds_up(line: Line, term: Term) -> bool:
    days = line.first_kept, line.last_kept
    ordered = days == (None, None) or (None not in days and line.keep > 0 and days[0] <= days[1])  # type: ignore[operator]
    return (
        line.found == line.erase + line.keep
        and line.open + line.refused <= line.keep
        and (term.erase or not line.erase)
        and ordered
    )


def _is_left(line: Line, term: Term) -> bool:
    """Tell whether records are kept that the term says should have gone."""
    spared = line.open + line.refused
    if not term.erase:
        return False
    if term.before is None:
        return line.keep > spared
    return not spared and line.first_kept is not None and line.first_kept < term.before
