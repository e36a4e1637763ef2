"""An erasure at Twilio, for as many days as it takes: what is done is told by a cursor, which is stored sealed.

The lists are gone through until nothing that should go is found in them any more. The first pass deletes messages,
recordings and calls without one; the next the calls whose recordings are gone; the last finds nothing and so proves it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum

from pydantic import ValidationError

from dsr.connectors.base import Code, PermanentFailure, TemporaryFailure
from dsr.connectors.changes import Erased, Line, Preview, Still, Term, terms_by_dataset
from dsr.connectors.rest import judge_status
from dsr.connectors.twilio_walk import Walk, path_of
from dsr.connectors.twilio_wire import GONE, HELD, OPEN, UNFINISHED, Fault, Kind, Resource, TwilioConfig

_BETWEEN_PASSES = (5.0, 60.0, 3_600.0, 86_400.0)
"""Seconds before each further pass. Twilio may take a while until its lists are true; who still finds after the last
what was deleted each time has been told something that is not so."""
_AFTER_TROUBLE = 60.0


class Fate(StrEnum):
    """What becomes of a resource."""

    GOES = "goes"
    KEPT = "kept"
    OPEN = "open"
    REFUSED = "refused"


@dataclass
class Tally:
    """How one kind of resource stands."""

    erased: int = 0
    kept: int = 0
    open: int = 0
    refused: int = 0
    first: str = ""
    last: str = ""

    def keep(self, fate: Fate, day: date | None) -> None:
        """Count one that stays."""
        self.kept += 1
        self.open += fate is Fate.OPEN
        self.refused += fate is Fate.REFUSED
        if day is not None:
            text = day.isoformat()
            self.first = min(self.first or text, text)
            self.last = max(self.last, text)


@dataclass
class Progress:
    """How far an erasure is. Names resources and, in the address of a page, the person."""

    number: int = 1
    """Of the pass."""
    step: int = 0
    page: str = ""
    done: list[str] = field(default_factory=list)
    """What of this page needs no second look."""
    deleted: bool = False
    """Whether this pass has found something to delete."""
    tallies: dict[str, Tally] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    """Calls that go in the next pass, and are counted already."""
    doubt: list[str] = field(default_factory=list)
    """Kind and number of what was being deleted when no answer came."""

    @classmethod
    def read(cls, cursor: str) -> "Progress":
        """Return what a cursor tells; the beginning for none."""
        found = cls(**json.loads(cursor or "{}"))
        found.tallies = {kind: Tally(**dict(tally)) for kind, tally in found.tallies.items()}  # type: ignore[call-overload]
        return found

    def cursor(self) -> str:
        """Return it as a text."""
        return json.dumps(asdict(self), separators=(",", ":"))

    def tally(self, kind: str) -> Tally:
        """Return the tally of a kind."""
        return self.tallies.setdefault(kind, Tally())


class Erasure:
    """One call's part of the work."""

    def __init__(
        self,
        config: TwilioConfig,
        walk: Walk,
        terms: Sequence[Term],
        progress: Progress | None = None,
        still: Still | None = None,
    ) -> None:
        self._config = config
        self._walk = walk
        self._terms = terms_by_dataset(terms)
        self._progress = progress or Progress()
        self._still = still
        self._kept = {sid for sids in self._progress.kept.values() for sid in sids}
        self._rows: dict[str, int] = {}
        self._looked_at: set[str] = set()

    def looked(self) -> Preview:
        """Return how everything would stand. Deletes nothing."""
        for at in range(len(self._walk.steps)):
            page: str | None = ""
            while page is not None:
                found, page = self._walk.page(at, page)
                for each in found:
                    self._look(self._walk.steps[at].kind, each)
        return Preview(self._lines(), self._handles())

    def carried(self) -> Erased:
        """Delete until this call's work is done. What was done before trouble came is told, not lost."""
        began = self._progress.cursor()
        try:
            self._resolved()
            while self._progress.step < len(self._walk.steps):
                if not self._page():
                    return self._answer(again_after=1.0)
        except TemporaryFailure as failure:
            if self._progress.cursor() == began and not self._rows:
                raise
            return self._answer(again_after=failure.retry_after or _AFTER_TROUBLE)
        return self._pass_ended()

    def _look(self, kind: Kind, found: Resource) -> Fate:
        recordings = self._walk.recordings(found) if kind == "calls" else []
        fate = _together(self._fate(kind, found), [self._look("recordings", each) for each in recordings])
        if found.sid not in self._looked_at:
            self._looked_at.add(found.sid)
            self._count(kind, found, fate)
        return fate

    def _page(self) -> bool:
        """Do one page and move on; False where this call's work is done before its end."""
        here = self._progress
        try:
            found, following = self._walk.page(here.step, here.page)
        except PermanentFailure as failure:
            # The address of a page does not live for days: what comes before it is done, so begin the list again.
            if failure.code is not Code.NOT_UNDERSTOOD or not here.page:
                raise
            here.page, here.done = "", []
            return True
        for each in found:
            if each.sid in here.done:
                continue
            if self._walk.asked > self._config.work_per_call:
                return False
            self._settle(self._walk.steps[here.step].kind, each)
            here.done.append(each.sid)
        here.page, here.done = following or "", []
        here.step += not following
        return True

    def _settle(self, kind: Kind, found: Resource) -> None:
        """Delete a resource if it may go, or note that it stays."""
        left: list[Fate] = []
        before = self._rows.get("recordings", 0)
        if kind == "calls":
            left = [self._settled("recordings", each) for each in self._walk.recordings(found)]
        if found.sid in self._kept:
            return
        fate = _together(self._fate(kind, found), left)
        if fate is Fate.GOES and self._rows.get("recordings", 0) > before:
            # Whether its recordings are gone is seen in the next pass: without the call nobody would find them.
            if found.sid not in self._progress.waiting:
                self._progress.waiting.append(found.sid)
                self._count(kind, found, fate)
            return
        self._settled(kind, found, fate)

    def _settled(self, kind: Kind, found: Resource, fate: Fate | None = None) -> Fate:
        """Return what has become of a resource."""
        if found.sid in self._kept:
            return Fate.KEPT
        fate = fate or self._fate(kind, found)
        counted = False
        if fate is Fate.GOES:
            fate, gone_before = self._deleted(kind, found.sid)
            # What was deleted in an earlier pass may be listed for a while.
            counted = gone_before and self._progress.number > 1
        if found.sid in self._progress.waiting:
            self._progress.waiting.remove(found.sid)
            self._progress.tally(kind).erased -= 1
            counted = False
        if not counted:
            self._count(kind, found, fate)
        return fate

    def _deleted(self, kind: Kind, sid: str) -> tuple[Fate, bool]:
        """Delete; return what came of it, and whether it was gone already."""
        if self._still is not None and not self._still():
            raise PermanentFailure(Code.CALLED_OFF)
        self._progress.doubt = [kind, sid]
        reply = self._walk.ask("DELETE", path_of(self._config, kind, sid), seen=(400, 403, 404, 409, 422, 451))
        self._progress.doubt = []
        if reply.status < 300:
            self._progress.deleted = True
            self._rows[kind] = self._rows.get(kind, 0) + 1
            return Fate.GOES, False
        try:
            code = Fault.model_validate_json(reply.body).code
        except ValidationError:
            code = 0
        if code in HELD:
            return Fate.REFUSED, False
        if code == UNFINISHED:
            return Fate.OPEN, False
        if reply.status != 404 and code != GONE:
            judge_status(reply.status, reply.headers)
        return Fate.GOES, True

    def _resolved(self) -> None:
        """Count what was deleted although no answer came: no list holds it any more."""
        here = self._progress
        if not here.doubt:
            return
        kind, sid = here.doubt
        if self._walk.ask("GET", path_of(self._config, kind, sid), seen=(404,)).status == 404:
            here.deleted = True
            self._rows[kind] = self._rows.get(kind, 0) + 1
            if sid in here.waiting:
                here.waiting.remove(sid)
            else:
                here.tally(kind).erased += 1
        here.doubt = []

    def _fate(self, kind: Kind, found: Resource) -> Fate:
        """Return what is to become of a resource by its state, its day and the terms."""
        if found.status in OPEN[kind]:
            return Fate.OPEN
        term = self._terms.get(kind, {}).get(self._config.categories[kind])
        if term is None or not term.erase:
            return Fate.KEPT
        if term.before is not None and (found.day is None or found.day >= term.before):
            return Fate.KEPT
        return Fate.GOES

    def _count(self, kind: Kind, found: Resource, fate: Fate) -> None:
        if fate is Fate.GOES:
            self._progress.tally(kind).erased += 1
        else:
            self._progress.tally(kind).keep(fate, found.day)
            self._progress.kept.setdefault(kind, []).append(found.sid)
            self._kept.add(found.sid)

    def _pass_ended(self) -> Erased:
        here = self._progress
        if not here.deleted:
            return Erased(self._lines(), self._rows, self._handles())
        if here.number > len(_BETWEEN_PASSES):
            raise PermanentFailure(Code.NOTHING_CHANGED)
        again_after = _BETWEEN_PASSES[here.number - 1]
        here.number, here.step, here.deleted = here.number + 1, 0, False
        return self._answer(again_after)

    def _answer(self, again_after: float) -> Erased:
        return Erased(self._lines(), self._rows, self._handles(), self._progress.cursor(), again_after)

    def _handles(self) -> dict[str, tuple[str, ...]]:
        return {kind: tuple(sids) for kind, sids in self._progress.kept.items() if kind in self._terms}

    def _lines(self) -> tuple[Line, ...]:
        return tuple(
            self._line(kind, category, self._progress.tally(kind))
            if category == dict(self._config.categories).get(kind)  # type: ignore[call-overload]
            else Line(kind, category, 0)
            for kind, by_category in self._terms.items()
            for category in by_category
        )

    def _line(self, kind: str, category: str, tally: Tally) -> Line:
        return Line(
            kind,
            category,
            found=tally.erased + tally.kept,
            erase=tally.erased,
            keep=tally.kept,
            open=tally.open,
            refused=tally.refused,
            first_kept=date.fromisoformat(tally.first) if tally.first else None,
            last_kept=date.fromisoformat(tally.last) if tally.last else None,
        )


def _together(fate: Fate, recordings: Sequence[Fate]) -> Fate:
    """Return what becomes of a call: it stays while a recording of it does, and for the same reason."""
    if fate is not Fate.GOES:
        return fate
    return next((each for each in (Fate.REFUSED, Fate.OPEN, Fate.KEPT) if each in recordings), fate)
