"""How a service of the `http` connector is told to change what it holds. Only what the configuration says it can.

What it says is checked: a line for every term, numbers that add up, and, after an erasure, a preview that finds
nothing left to erase.
"""

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dsr.connectors.base import Code, Dataset, Identifiers, PermanentFailure, alone, usable
from dsr.connectors.changes import (
    Ability,
    Change,
    Changed,
    Erased,
    Handles,
    Note,
    Preview,
    Still,
    Term,
    terms_by_dataset,
)
from dsr.connectors.http_answers import ChangeAnswer, EraseAnswer, PreviewAnswer
from dsr.connectors.http_call import Caller
from dsr.connectors.http_config import HttpConfig
from dsr.connectors.http_wire import Answer, Roster, SuppressedAnswer, parse
from dsr.connectors.unable import Unable


class HttpChanges(Unable):
    """The part of the connector that changes something."""

    _config: HttpConfig
    _caller: Caller

    def identifiers(self) -> frozenset[str]:
        """Return the kinds of identifier by which the service knows people."""
        return frozenset(self._config.identifiers)

    def describe(self) -> tuple[Dataset, ...]:
        """Return the data dictionary."""
        raise NotImplementedError

    def abilities(self) -> frozenset[Ability]:
        """Return what the configuration says that the service can be told to do."""
        return frozenset(self._config.abilities)

    def preview(self, who: Identifiers, terms: Sequence[Term], *, key: str, handles: Handles | None = None) -> Preview:
        """Ask what the terms come to."""
        self._need(Ability.ERASE)
        merged = _merged(terms)
        body = self._asked(who, merged, handles)
        return self._told("preview", PreviewAnswer, body, key=fresh(key)).preview(merged)

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
        """Tell the service to erase, or to go on with it; what it calls done is looked at once more."""
        self._need(Ability.ERASE)
        merged = _merged(terms)
        body = self._asked(who, merged, handles)
        if still is not None and not still():
            raise PermanentFailure(Code.CALLED_OFF)
        named = fresh(key) if cursor else f"{key}-{_digest(body)}"
        answer = self._told("erase", EraseAnswer, _going_on(body, cursor), key=named)
        erased = answer.erased(merged)
        if erased.finished:
            after = self._told("preview", PreviewAnswer, body, key=fresh(key)).preview(merged)
            for line in after.lines:
                if line.erase:
                    raise PermanentFailure(Code.NOTHING_CHANGED, line.dataset)
        return erased

    def correct(self, who: Identifiers, changes: Sequence[Change], *, key: str, cursor: str = "") -> Changed:
        """Tell the service to set fields, all of which its data dictionary says may be set."""
        self._need(Ability.CORRECT)
        described = self.describe()
        may = {f"{dataset.name}.{field.name}" for dataset in described for field in dataset.fields if field.correctable}
        asked = [f"{change.dataset}.{change.field}" for change in changes]
        for name in asked:
            if name not in may:
                raise PermanentFailure(Code.NOT_CORRECTABLE, name)
        body = {"identifiers": usable(who, self.identifiers()), "changes": [_change(change) for change in changes]}
        answer = self._told("correct", ChangeAnswer, _going_on(body, cursor), key=fresh(key) if cursor else key)
        datasets = {change.dataset for change in changes}
        return answer.changed(datasets, datasets, named=asked, may_wait=True)

    def annotate(self, who: Identifiers, notes: Sequence[Note], *, key: str) -> Changed:
        """Tell the service to keep a statement beside records."""
        self._need(Ability.ANNOTATE)
        body = {
            "identifiers": usable(who, self.identifiers()),
            "notes": [{"dataset": note.dataset, "text": note.text} for note in notes],
        }
        datasets = {note.dataset for note in notes}
        return self._told("annotate", ChangeAnswer, body, key=key).changed(datasets, datasets)

    def restrict(self, who: Identifiers, on: bool, *, key: str) -> Changed:
        """Tell the service to set or lift the flag that stops other use."""
        self._need(Ability.RESTRICT)
        body = {"identifiers": usable(who, self.identifiers()), "on": on}
        return self._told("restrict", ChangeAnswer, body, key=key).changed((), self._names())

    def suppress(self, who: Identifiers, purposes: Sequence[str], *, key: str, cursor: str = "") -> Changed:
        """Tell the service to leave the person out of purposes."""
        self._need(Ability.SUPPRESS)
        body = {"identifiers": usable(who, self.identifiers()), "purposes": list(dict.fromkeys(purposes))}
        answer = self._told("suppress", ChangeAnswer, _going_on(body, cursor), key=fresh(key) if cursor else key)
        return answer.changed((), self._names(), may_wait=True)

    def suppressed(self, who: Identifiers, purposes: Sequence[str], *, key: str) -> bool | None:
        """Ask the service, where the configuration says that it can be asked; each call has a key of its own."""
        if Ability.SUPPRESSED not in self._config.abilities or not purposes:
            return None
        body = {"identifiers": usable(who, self.identifiers()), "purposes": list(dict.fromkeys(purposes))}
        return self._told("suppressed", SuppressedAnswer, body, key=fresh(key)).suppressed

    def leaves_out(self) -> tuple[str, ...]:
        """Return that the service takes any purpose, where it takes one at all."""
        return ("*",) if Ability.SUPPRESS in self._config.abilities else ()

    def roster(self, kind: str) -> Iterator[str]:
        """Yield each value that the service knows. Only the end of the iterator proves that all of them came."""
        self._need(Ability.ROSTER)
        return self._values(kind) if kind in self.identifiers() else iter(())

    def _values(self, kind: str) -> Iterator[str]:
        with _offered("roster"):
            yield from self._caller.stream("roster", {"kind": kind}, Roster(), key=fresh("roster"))

    def _need(self, ability: Ability) -> None:
        if ability not in self._config.abilities:
            raise PermanentFailure(Code.UNABLE, ability)

    def _names(self) -> frozenset[str]:
        return frozenset(dataset.name for dataset in self.describe())

    def _asked(self, who: Identifiers, terms: Sequence[Term], handles: Handles | None) -> dict[str, Any]:
        named = {dataset: list(found) for dataset, found in (handles or {}).items() if found}
        body = {"terms": [_term(term) for term in terms]}
        if not named:
            return {"identifiers": usable(who, self.identifiers()), **body}
        known = {kind: list(values) for kind, values in who.items() if kind in self.identifiers() and values}
        return {"identifiers": known, "handles": named, **body}

    def _told(self, verb: str, model: type[Answer], body: Mapping[str, Any], *, key: str) -> Answer:
        with _offered(verb):
            return parse(model, self._caller.whole(verb, body, key=key))


def fresh(key: str) -> str:
    """Return a key for one call. A second answer or person is another call, and nothing of either may be in its key."""
    return f"{key}-{secrets.token_hex(8)}"


@contextmanager
def _offered(verb: str) -> Iterator[None]:
    """Say `unable` where a service lacks a call that it is said to have."""
    try:
        yield
    except PermanentFailure as failure:
        if failure.code is not Code.NOT_FOUND:
            raise
        alone(PermanentFailure(Code.UNABLE, verb))


def _merged(terms: Sequence[Term]) -> tuple[Term, ...]:
    return tuple(term for there in terms_by_dataset(terms).values() for term in there.values())


def _digest(body: Mapping[str, Any]) -> str:
    """Return what tells one set of terms from another: what is judged anew between two tries is another call."""
    asked = json.dumps([body["terms"], body.get("handles")], sort_keys=True)
    return hashlib.sha256(asked.encode()).hexdigest()[:16]


def _going_on(body: dict[str, Any], cursor: str) -> dict[str, Any]:
    return {**body, "cursor": cursor} if cursor else body


def _term(term: Term) -> dict[str, Any]:
    before = {} if term.before is None else {"before": term.before.isoformat()}
    return {"dataset": term.dataset, "category": term.category, "erase": term.erase, **before}


def _change(change: Change) -> dict[str, Any]:
    held = {} if change.held is None else {"held": change.held}
    return {"dataset": change.dataset, "field": change.field, "value": change.value, **held}
