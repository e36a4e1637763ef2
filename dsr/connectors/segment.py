"""Twilio Segment: users are suppressed and deleted by regulations, which take up to thirty days.

Written after "Deletion and Suppression" and "Rate Limits" of the Segment Public API reference, and "User Deletion and
Suppression" of the Segment documentation. What is built on:

- `POST /regulations` takes up to 5,000 user ids and answers with an id, `GET /regulations/{id}` says how far it is.
  Regulations older than ninety days are forgotten.
- `SUPPRESS_WITH_DELETE` stops new data first and is forwarded to the destinations that can delete. What becomes of it
  there, Segment does not promise. `SUPPRESS_WITH_DELETE_INTERNAL` stays within Segment.
- The overall status is `FAILED`, too, where only a destination that cannot delete failed.
- A call too many is answered with 429 and, in the body, the milliseconds to wait.

The Public API cannot say what is held about a user, so nothing is located, collected or previewed here: that raises
`unable`, as "cannot be searched" must never look like "nothing held". The Profile API can, but takes the identifier as
a part of the address, where proxies write it down.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import Field as Key
from pydantic import SecretStr

from dsr.connectors.base import (
    Code,
    Dataset,
    Identifiers,
    Located,
    PermanentFailure,
    Piece,
    Problem,
    TemporaryFailure,
    usable,
)
from dsr.connectors.changes import Ability, Changed, Erased, Handles, Preview, Remark, Still, Term
from dsr.connectors.config import Slug, Strict, read
from dsr.connectors.http_config import AddressConfig
from dsr.connectors.http_wire import DAY_SECONDS
from dsr.connectors.rest import Loose, Reply, Rest, Session, wait_named
from dsr.connectors.thirdparty import (
    Held,
    PollSeconds,
    RemoteId,
    ThirdParty,
    batches,
    going,
    insist,
    lines_of,
    resumed,
)

MOST_SUBJECTS = 5_000
"""In one regulation."""


class SegmentConfig(AddressConfig):
    """Everything the `segment` connector needs to know about one workspace."""

    url: str = "https://api.segmentapis.com"
    """`https://eu1.api.segmentapis.com` for a workspace in the European Union."""
    token: Annotated[SecretStr, Key(min_length=1)]
    """Of the Public API, with the role Workspace Owner: lesser ones may not regulate."""
    identifiers: Annotated[tuple[Slug, ...], Key(min_length=1)] = ("account",)
    """Kinds of identifier whose values are this workspace's user ids."""
    datasets: Annotated[tuple[Held, ...], Key(min_length=1)]
    """What the workspace holds about a user. It goes whole or not at all."""
    forward: bool = True
    """Whether destinations are told to delete, too."""
    purposes: tuple[Slug, ...] = ()
    """Purposes from which somebody is left out by refusing all new data about him; `[]` where it takes other means."""
    restricts: bool = False
    """Whether refusing all new data is what restricting means here; what is stored stays and can still be used."""
    poll_seconds: PollSeconds = 6 * 3600.0


class Regulation(StrEnum):
    """What Segment is told to do."""

    DELETE = "SUPPRESS_WITH_DELETE"
    DELETE_INTERNAL = "SUPPRESS_WITH_DELETE_INTERNAL"
    SUPPRESS = "SUPPRESS_ONLY"
    UNSUPPRESS = "UNSUPPRESS"


class Status(StrEnum):
    """How far a regulation is."""

    FAILED = "FAILED"
    FINISHED = "FINISHED"
    INITIALIZED = "INITIALIZED"
    INVALID = "INVALID"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    PARTIAL_SUCCESS = "PARTIAL_SUCCESS"
    RUNNING = "RUNNING"


_NOT_DONE = {
    Status.FAILED: Code.NOTHING_CHANGED,
    Status.PARTIAL_SUCCESS: Code.NOTHING_CHANGED,
    Status.INVALID: Code.NOT_UNDERSTOOD,
    Status.NOT_SUPPORTED: Code.UNABLE,
}


class _Made(Loose):
    regulateId: RemoteId


class _MadeAnswer(Loose):
    data: _Made


class _Regulated(Loose):
    # Read from JSON, an enumeration is a text even where types are strict.
    overallStatus: Status


class _Got(Loose):
    regulation: _Regulated


class _GotAnswer(Loose):
    data: _Got


class _Wait(Loose):
    msBeforeNext: Annotated[float, Key(ge=0)]


class _TooMany(Loose):
    data: _Wait


class _TooManyAnswer(Loose):
    errors: Annotated[tuple[_TooMany, ...], Key(min_length=1)]


class _State(Strict):
    """How far a set of regulations is."""

    left: tuple[str, ...] | None = None
    """User ids that no regulation names yet; None before the first."""
    waiting: tuple[RemoteId, ...] = ()
    partly: bool = False


class SegmentConnector(ThirdParty):
    """One workspace."""

    kind: ClassVar[str] = "segment"
    automatic: ClassVar[bool] = True

    def __init__(self, config: SegmentConfig) -> None:
        self._config = config
        self._rest = Rest(
            config,
            {
                "Authorization": f"Bearer {config.token.get_secret_value()}",
                "Accept": "application/vnd.segment.v1+json",
            },
        )

    @classmethod
    def open(cls, config: Mapping[str, Any]) -> "SegmentConnector":
        """Return a connector for this configuration; raises `BadConfig`."""
        return cls(read(SegmentConfig, config))

    def identifiers(self) -> frozenset[str]:
        """Return the kinds of identifier that are user ids here."""
        return frozenset(self._config.identifiers)

    def describe(self) -> tuple[Dataset, ...]:
        """Return the data dictionary, as configured."""
        return tuple(part.dataset() for part in self._config.datasets)

    def locate(self, who: Identifiers, *, key: str) -> Located:
        """Raise `PermanentFailure(unable)`: Segment does not say what it holds."""
        usable(who, self.identifiers())
        raise PermanentFailure(Code.UNABLE, "locate")

    def collect(self, who: Identifiers, *, key: str) -> Iterator[Piece]:
        """Raise `PermanentFailure(unable)`: somebody has to export it there."""
        usable(who, self.identifiers())
        raise PermanentFailure(Code.UNABLE, "collect")

    def abilities(self) -> frozenset[Ability]:
        """Return what the configuration lets it be told."""
        offered = {Ability.SUPPRESS: bool(self._config.purposes), Ability.RESTRICT: self._config.restricts}
        return frozenset({Ability.ERASE, *(ability for ability, given in offered.items() if given)})

    def preview(self, who: Identifiers, terms: Sequence[Term], *, key: str, handles: Handles | None = None) -> Preview:
        """Raise `PermanentFailure(unable)`: there is nothing to count by."""
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
        """Have users suppressed and deleted, and wait until Segment says that it is done.

        Numbers are those of user ids. Raises `PermanentFailure(no_strategy)` where some data sets would have to stay,
        and `PermanentFailure(unable)` for handles, of which this connector gives out none.
        """
        if handles:
            raise PermanentFailure(Code.UNABLE, "handles")
        subjects = self._subjects(who)
        goes = going(self.describe(), terms)
        lines = lines_of(terms, goes, {part.name: len(subjects) for part in self._config.datasets})
        if not goes:
            return Erased(lines, notes=(Remark.COUNTED_BY_IDENTIFIER,))
        if stays := {part.name for part in self._config.datasets} - goes:
            raise PermanentFailure(Code.NO_STRATEGY, min(stays))
        what = Regulation.DELETE if self._config.forward else Regulation.DELETE_INTERNAL
        state = self._step(what, subjects, resumed(_State, cursor), still)
        if state.left or state.waiting:
            return Erased(cursor=state.model_dump_json(), again_after=self._pause(state))
        notes = [
            Remark.COUNTED_BY_IDENTIFIER,
            Remark.DOWNSTREAM_NOT_GUARANTEED if self._config.forward else Remark.DOWNSTREAM_NOT_TOLD,
        ]
        return Erased(lines, notes=(*notes, *([Remark.PARTLY_DONE] if state.partly else [])))

    def leaves_out(self) -> tuple[str, ...]:
        """Return the purposes that the configuration names."""
        return self._config.purposes

    def suppress(self, who: Identifiers, purposes: Sequence[str], *, key: str, cursor: str = "") -> Changed:
        """Have all new data about these users refused; raises `PermanentFailure(unable)` for any other purpose."""
        for purpose in purposes:
            if purpose not in self._config.purposes:
                raise PermanentFailure(Code.UNABLE, purpose)
        subjects = self._subjects(who)
        state = self._step(Regulation.SUPPRESS, subjects, resumed(_State, cursor))
        if state.left or state.waiting:
            return Changed(cursor=state.model_dump_json(), again_after=self._pause(state))
        return self._changed(subjects)

    def restrict(self, who: Identifiers, on: bool, *, key: str) -> Changed:
        """Have new data about these users refused, or taken again. Segment carries it out within a day or so."""
        if not self._config.restricts:
            raise PermanentFailure(Code.UNABLE, "restrict")
        subjects = self._subjects(who)
        what = Regulation.SUPPRESS if on else Regulation.UNSUPPRESS
        with self._rest.session() as session:
            for part in batches(subjects, MOST_SUBJECTS):
                self._make(session, what, part)
        return self._changed(subjects, Remark.TAKES_EFFECT_LATER)

    def _problems(self) -> list[Problem]:
        with self._rest.session() as session:
            self._call(session, "GET", "/regulations")
        return []

    def _subjects(self, who: Identifiers) -> list[str]:
        known = usable(who, self.identifiers())
        return list(dict.fromkeys(value for values in known.values() for value in values))

    def _changed(self, subjects: Sequence[str], *notes: Remark) -> Changed:
        records = {part.name: len(subjects) for part in self._config.datasets}
        return Changed(records, notes=(Remark.COUNTED_BY_IDENTIFIER, *notes))

    def _pause(self, state: _State) -> float:
        return 0.0 if state.left else self._config.poll_seconds

    def _step(self, what: Regulation, subjects: Sequence[str], state: _State, still: Still | None = None) -> _State:
        """Make the next regulation, or look at those that were made."""
        left = tuple(subjects) if state.left is None else state.left
        with self._rest.session() as session:
            if left:
                part = next(batches(left, MOST_SUBJECTS))
                insist(still)
                # One a call, so that each is in the cursor before the next. A crash in between makes one twice, and
                # that is harmless: whoever is suppressed stays so, and of deleted data there is nothing more to delete.
                made = self._make(session, what, part)
                return state.model_copy(update={"left": left[len(part) :], "waiting": (*state.waiting, made)})
            found = {name: self._status(session, name) for name in state.waiting}
        running = tuple(name for name, status in found.items() if status in (Status.INITIALIZED, Status.RUNNING))
        partly = Status.PARTIAL_SUCCESS in found.values()
        forgiven = {Status.PARTIAL_SUCCESS} if what is Regulation.DELETE else set()
        for status in found.values():
            if status in _NOT_DONE and status not in forgiven:
                raise PermanentFailure(_NOT_DONE[status], "regulation")
        return state.model_copy(update={"left": (), "waiting": running, "partly": state.partly or partly})

    def _make(self, session: Session, what: Regulation, subjects: Sequence[str]) -> str:
        body = {"regulationType": str(what), "subjectType": "USER_ID", "subjectIds": list(subjects)}
        return self._call(session, "POST", "/regulations", body).parse(_MadeAnswer).data.regulateId

    def _status(self, session: Session, name: str) -> Status:
        return self._call(session, "GET", f"/regulations/{name}").parse(_GotAnswer).data.regulation.overallStatus

    def _call(self, session: Session, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        reply = session.call(method, path, body=body, seen=(429,))
        if reply.status != 429:
            return reply
        raise TemporaryFailure(Code.BUSY, retry_after=wait_named(reply.headers) or _wait_within(reply))


def _wait_within(reply: Reply) -> float | None:
    """Return the seconds that the body of a refusal names; None where it names none."""
    try:
        return min(reply.parse(_TooManyAnswer).errors[0].data.msBeforeNext / 1000, DAY_SECONDS)
    except PermanentFailure:
        return None
