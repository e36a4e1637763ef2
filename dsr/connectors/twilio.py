"""Messages, calls and recordings at Twilio, found by telephone number.

`twilio_wire` names the documents. What is worth knowing of them: a list gives its next page as an address, in which
nothing is lost when records before it go; whatever is deleted stays deleted; a recording outlives its call and is found
by no number, so that a call goes only once no recording of it is left. The API finds by number only in the query of an
address, where proxies write it down: put none between this service and Twilio that does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from dsr.connectors.base import (
    Code,
    ConnectorError,
    Dataset,
    FileChunk,
    FileStart,
    Identifiers,
    Located,
    PermanentFailure,
    Piece,
    Problem,
    Row,
    usable,
)
from dsr.connectors.changes import Ability, Erased, Handles, Preview, Still, Term
from dsr.connectors.config import read
from dsr.connectors.facts import Fact, Standing
from dsr.connectors.reasons import reason
from dsr.connectors.rest import Rest
from dsr.connectors.twilio_erasure import Erasure, Progress
from dsr.connectors.twilio_walk import AUDIO, Walk, path_of, steps_for, steps_to
from dsr.connectors.twilio_wire import Account, TwilioConfig, datasets, row
from dsr.connectors.unable import Unable

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class TwilioConnector(Unable):
    """One account."""

    kind: ClassVar[str] = "twilio"
    automatic: ClassVar[bool] = True

    def __init__(self, config: TwilioConfig) -> None:
        self._config = config
        self._rest = Rest(config, {"Authorization": config.authorization})

    @classmethod
    def open(cls, config: Mapping[str, Any]) -> "TwilioConnector":
        """Return a connector for this configuration; raises `BadConfig`."""
        return cls(read(TwilioConfig, config))

    def identifiers(self) -> frozenset[str]:
        """Return the one kind of identifier by which an account knows people."""
        return frozenset({"phone"})

    def describe(self) -> tuple[Dataset, ...]:
        """Return the data dictionary, in the reader's language."""
        return datasets(self._config.categories)

    def resolve(self, who: Identifiers, *, key: str) -> dict[str, list[str]]:
        """Return nothing: an account knows of no other identifiers."""
        return {}

    def locate(self, who: Identifiers, *, key: str) -> Located:
        """Count what is in the lists."""
        steps = steps_for(self._config, numbers_in(who))
        with self._rest.session() as session:
            walk = Walk(self._config, session, steps)
            counts = {"messages": sum(1 for _each in walk.resources("messages")), "calls": 0, "recordings": 0}
            for call in walk.resources("calls"):
                counts["calls"] += 1
                counts["recordings"] += len(walk.recordings(call))
        return Located.of(counts, self.describe())

    def collect(self, who: Identifiers, *, key: str) -> Iterator[Piece]:
        """Yield what is in the lists, one page in memory at a time, and each recording as a file after its row."""
        steps = steps_for(self._config, numbers_in(who))
        described = {dataset.name: dataset for dataset in self.describe()}
        with self._rest.session() as session:
            walk = Walk(self._config, session, steps)
            for message in walk.resources("messages"):
                yield Row("messages", row(message, described["messages"]))
            recorded = []
            for call in walk.resources("calls"):
                recorded += walk.recordings(call)
                yield Row("calls", row(call, described["calls"]))
            for recording in recorded:
                yield Row("recordings", row(recording, described["recordings"]))
                name, category = f"{recording.sid}.mp3", described["recordings"].category
                for number, chunk in enumerate(walk.audio(recording)):
                    if not number:
                        yield FileStart("recordings", name, AUDIO, category)
                    yield FileChunk(chunk)

    def facts(self) -> tuple[Fact, ...]:
        """Return nothing: what passed between two numbers is known to whoever has one of them."""
        return ()

    def knows(self, who: Identifiers, fact: str, answer: str, *, key: str) -> bool:
        """Raise: there is no fact to compare with."""
        raise PermanentFailure(Code.UNKNOWN_FACT)

    def standing(self, who: Identifiers, *, key: str) -> Standing:
        """Return nothing: that a number was written to does not say whose it is."""
        return Standing()

    def abilities(self) -> frozenset[Ability]:
        """Return that it erases, unless the configuration forbids it."""
        return frozenset() if self._config.read_only else frozenset({Ability.ERASE})

    def preview(self, who: Identifiers, terms: Sequence[Term], *, key: str, handles: Handles | None = None) -> Preview:
        """Go through the lists and count. What Twilio itself will refuse shows when it is told to delete it."""
        with self._walking(who, terms, handles) as walk:
            return Erasure(self._config, walk, terms).looked()

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
        """Go through the lists and delete one by one, a part of the work in each call."""
        with self._walking(who, terms, handles) as walk:
            return Erasure(self._config, walk, terms, Progress.read(cursor), still).carried()

    def check(self) -> list[Problem]:
        """Look at the account and at the first resource of each list."""
        try:
            with self._rest.session() as session:
                status = session.call("GET", f"{self._config.root}.json").parse(Account).status
                for kind in self._config.categories:
                    session.call("GET", path_of(self._config, kind), query=[("PageSize", "1")])
        except ConnectorError as failure:
            return [Problem(str(failure.code), failure.where, reason(failure.code))]
        if status == "active":
            return []
        return [Problem("account_not_active", "account_sid", _("The account is suspended or closed."))]

    def close(self) -> None:
        """Do nothing: no connection outlives its call."""

    def forget(self) -> None:
        """Do nothing: no connection outlives its call."""

    @contextmanager
    def _walking(self, who: Identifiers, terms: Sequence[Term], handles: Handles | None) -> Iterator[Walk]:
        """Yield a walk to what the terms make us look at."""
        if not self.abilities():
            raise PermanentFailure(Code.UNABLE, "erase")
        named = steps_to(self._config, handles or {})
        # Handles alone will do for records that were kept when everything that names the person went.
        steps = named if named and not who else named + steps_for(self._config, numbers_in(who))
        meant = {term.dataset for term in terms}
        if "recordings" in meant:
            meant.add("calls")
        with self._rest.session() as session:
            walk = Walk(self._config, session, tuple(step for step in steps if step.kind in meant))
            if named:
                # A resource that is not found is gone: that must not be said of an account that is not there.
                walk.ask("GET", f"{self._config.root}.json")
            yield walk


def numbers_in(who: Identifiers) -> list[str]:
    """Return the telephone numbers with a country code; raises `PermanentFailure(no_identifier)` without any.

    Twilio takes a number without one for another country's: what it then finds is somebody else's.
    """
    found = usable(who, frozenset({"phone"}))["phone"]
    return usable({"phone": [number for number in found if _E164.fullmatch(number)]}, frozenset({"phone"}))["phone"]
