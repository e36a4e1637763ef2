"""A workspace at Segment, as the pages named in `dsr/connectors/segment.py` describe its Public API.

A regulation is accepted at once and carried out over several look-ups. Suppressing comes first, then deleting.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.thirdparty.serving import Answer, Asked, ThirdParty, served

TOKEN = "sgp_a-token-of-the-workspace"
MOST = 5_000
TYPES = {
    "DELETE_INTERNAL",
    "DELETE_ONLY",
    "SUPPRESS_ONLY",
    "SUPPRESS_WITH_DELETE",
    "SUPPRESS_WITH_DELETE_INTERNAL",
    "UNSUPPRESS",
}


class Segment(ThirdParty):
    """One workspace."""

    def __init__(self) -> None:
        super().__init__()
        self.users: set[str] = set()
        self.suppressed: set[str] = set()
        self.effects: list[str] = []
        """What was done to anybody, in order."""
        self.regulations: dict[str, dict[str, Any]] = {}
        self.largest = 0
        """Of the batches that were taken."""
        self.steps = ["INITIALIZED", "RUNNING", "FINISHED"]
        """What the look-ups of a regulation say, one after another; the last one for good."""

    def config(self, **more: Any) -> dict[str, Any]:
        """The configuration of a connector for it."""
        events = {"name": "events", "title": "What you did on our pages", "category": "online_activity_data"}
        return {**self.reached, "token": TOKEN, "datasets": [events], **more}

    def answer(self, asked: Asked) -> Answer:
        """Say what is so."""
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _fault(401, "authentication-error", "Unauthorized")
        if asked.path == "/regulations" and asked.method == "POST":
            return self._regulate(json.loads(asked.body))
        if asked.path == "/regulations" and asked.method == "GET":
            return Answer(200, {"data": {"regulations": [], "pagination": {"current": "MA==", "totalEntries": 0}}})
        name = asked.path.removeprefix("/regulations/")
        if asked.method == "GET" and name in self.regulations:
            return self._look(name)
        return _fault(404, "not-found", "Resource not found")

    def _regulate(self, body: dict[str, Any]) -> Answer:
        subjects = body["subjectIds"]
        if set(body) != {"regulationType", "subjectType", "subjectIds"} or body["regulationType"] not in TYPES:
            return _fault(422, "validation", "regulationType is wrong")
        if body["subjectType"] not in ("USER_ID", "OBJECT_ID") or not 1 <= len(subjects) <= MOST:
            return _fault(422, "validation", f"subjectIds must be 1 to {MOST}, got {subjects[:1]}")
        self.largest = max(self.largest, len(subjects))
        name = f"2kFq{len(self.regulations):023d}"
        self.regulations[name] = {"type": body["regulationType"], "subjects": subjects, "looked": 0}
        if body["regulationType"] == "UNSUPPRESS":
            self.suppressed -= set(subjects)
        elif "SUPPRESS" in body["regulationType"]:
            self.suppressed |= set(subjects)
            self.effects += [f"suppress {subject}" for subject in subjects]
        return Answer(200, {"data": {"regulateId": name}})

    def _look(self, name: str) -> Answer:
        regulation = self.regulations[name]
        status = self.steps[min(regulation["looked"], len(self.steps) - 1)]
        regulation["looked"] += 1
        if status in ("FINISHED", "PARTIAL_SUCCESS") and "DELETE" in regulation["type"]:
            gone = self.users & set(regulation["subjects"])
            self.users -= gone
            self.effects += [f"erase {subject}" for subject in sorted(gone)]
        stream = {"id": "s1", "destinationStatus": [{"name": "Mixpanel", "id": "d1", "status": status}]}
        told = {"id": name, "workspaceId": "w1", "overallStatus": status, "createdAt": "2026-06-01T12:00:00.000Z"}
        return Answer(200, {"data": {"regulation": {**told, "streamStatus": [stream]}}})


def too_many(milliseconds: int) -> Answer:
    """What is said to a call too many: the wait stands in the body."""
    data = {"remainingPoints": 0, "msBeforeNext": milliseconds, "consumedPoints": 21}
    return Answer(429, {"errors": [{"type": "RequestError", "message": "Too many requests", "data": data}]})


def _fault(status: int, kind: str, message: str) -> Answer:
    return Answer(status, {"errors": [{"type": kind, "message": message}]})


@contextmanager
def running() -> Iterator[Segment]:
    """Yield a workspace that listens."""
    party = Segment()
    with served(party):
        yield party
