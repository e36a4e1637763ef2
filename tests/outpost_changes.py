"""What the outpost does when it is told to change something, in memory, and how it misbehaves where a test says so."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

CHANGES = ("preview", "erase", "correct", "annotate", "restrict", "suppress")
DECLINE, LATER, LIE = "decline", "later", "lie"
_SEGMENT, _SCORE = ("profiles", "marketing_communications_data"), ("profiles", "data_enrichment_services")

Answer = dict[str, Any]


@dataclass
class Holdings:
    """What is held, by address in lower case. Whoever is not in `rows` is not known."""

    rows: dict[str, list[str]]
    """Address to segments."""
    scores: dict[str, str | None] = field(default_factory=dict)
    """Address to a score other than 7; None where it was emptied."""
    statements: dict[str, str] = field(default_factory=dict)
    restricted: set[str] = field(default_factory=set)
    suppressed: set[str] = field(default_factory=set)
    on_hold: set[str] = field(default_factory=set)
    """Of whom it says that it must keep everything."""
    told: list[dict[str, Any]] = field(default_factory=list)
    """Every call that changes something, and every preview: verb, key and body."""
    orders: list[str] = field(default_factory=list)
    """What to do at the next calls that change something; afterwards it does them."""
    _answers: dict[tuple[str, str], tuple[Any, Answer]] = field(default_factory=dict)

    def do(self, verb: str, key: str, body: dict[str, Any], manner: str) -> Answer | None:
        """Do what a call says, once for each key. None where the key came with another body."""
        before = self._answers.get((verb, key))
        if before is not None:
            return before[1] if before[0] == body else None
        answer = self._answer(verb, body, manner)
        if verb != "preview" and "cursor" not in body:
            self._answers[verb, key] = body, answer
        return answer

    def score(self, email: str) -> str | None:
        """The score of everybody is the same, unless it was changed."""
        return self.scores.get(email, "7")

    def _answer(self, verb: str, body: Mapping[str, Any], manner: str) -> Answer:
        if manner == DECLINE:
            return {"outcome": "refused", "code": "legal_hold"}
        if manner == LATER:
            return {"outcome": "accepted", "cursor": "soon", "again_after": 30}
        if verb in ("preview", "erase"):
            return self._erase(verb, body, manner)
        who = [email.lower() for email in body["identifiers"].get("email", [])]
        if verb == "suppress":
            self.suppressed.update(who)
        for email in self._known(who):
            if verb == "restrict":
                (self.restricted.add if body["on"] else self.restricted.discard)(email)
            if verb == "annotate":
                self.statements[email] = body["notes"][-1]["text"]
            for change in body.get("changes", ()):
                if change.get("held", self.score(email)) == self.score(email):
                    self.scores[email] = change["value"]
        return {"outcome": "done", "records": {"profiles": self._right(who, body.get("changes", ()))}}

    def _right(self, who: list[str], changes: Any) -> int:
        known = [email for email in self._known(who) if all(self.score(email) == each["value"] for each in changes)]
        return sum(len(self.rows[email]) for email in known)

    def _known(self, who: list[str]) -> Iterator[str]:
        return iter(dict.fromkeys(email for email in who if email in self.rows))

    def _erase(self, verb: str, body: Mapping[str, Any], manner: str) -> Answer:
        found = list(self._found(body))
        goes = {(term["dataset"], term["category"]): term["erase"] for term in body["terms"]}
        if verb == "erase" and goes.get(_SEGMENT) and not goes.get(_SCORE):
            return {"outcome": "unable", "code": "no_strategy", "where": "profiles"}
        answer: Answer = {"outcome": "done", "lines": [self._line(pair, found, goes[pair]) for pair in goes]}
        kept = [one for one in found if not goes.get(_SEGMENT) or one[0] in self.on_hold]
        if kept:
            answer["handles"] = {"profiles": [self._handle(*one) for one in kept]}
        gone = [one for one in found if goes.get(_SCORE) and one[0] not in self.on_hold]
        if verb == "erase" and gone and manner != LIE:
            answer["rows"] = {"profiles": len(gone)}
            for one in gone:
                self._forget(*one, wholly=one not in kept)
        return answer

    def _forget(self, email: str, segment: str, *, wholly: bool) -> None:
        if not wholly:
            self.scores[email] = None
            return
        self.rows[email].remove(segment)
        if not self.rows[email]:
            del self.rows[email]

    def _line(self, pair: tuple[str, str], found: list[tuple[str, str]], goes: bool) -> Answer:
        held = [email for email, _ in found if pair == _SEGMENT or self.score(email) is not None]
        refused = len([email for email in held if goes and email in self.on_hold])
        kept = refused if goes else len(held)
        told = {"found": len(held), "erase": len(held) - kept, "keep": kept, "refused": refused}
        return {"dataset": pair[0], "category": pair[1], **told}

    def _found(self, body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        who = {email.lower() for email in body["identifiers"].get("email", [])}
        handles = set(body.get("handles", {}).get("profiles", []))
        for email, segments in self.rows.items():
            for segment in segments:
                if email in who or self._handle(email, segment) in handles:
                    yield email, segment

    @staticmethod
    def _handle(email: str, segment: str) -> str:
        return hashlib.sha256(f"{email} {segment}".encode()).hexdigest()[:16]
