"""The demonstration's machine that suspends accounts, and how it takes a review: signed as Standard Webhooks says.

Standard library only: it runs in the process of the marketing service.
"""

import base64
import hmac
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

PATH = "/decisions/reviewed"
"""Where it is told what came of a review."""
DECISION = "SUS-2041"
"""The one suspension that the demonstration begins with."""
_LATEST = 300
"""Seconds for which a signed call is taken."""


class Suspensions:
    """Which accounts are suspended, by the number of the decision."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def suspend(self, decision: str, email: str) -> None:
        """Suspend an account, unless this very decision was made before."""
        with closing(self._open()) as base, base:
            base.execute("INSERT OR IGNORE INTO suspended VALUES (?, ?, 0)", (decision, email))

    def lift(self, decision: str) -> bool:
        """Lift a suspension; lifting it twice does it once. Says whether there is such a decision."""
        with closing(self._open()) as base, base:
            return base.execute("UPDATE suspended SET lifted = 1 WHERE decision = ?", (decision,)).rowcount > 0

    def is_suspended(self, decision: str) -> bool:
        """Whether a decision is still in effect."""
        with closing(self._open()) as base:
            row = base.execute("SELECT lifted FROM suspended WHERE decision = ?", (decision,)).fetchone()
        return row is not None and not row[0]

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        base = sqlite3.connect(self._path, timeout=10)
        base.execute("CREATE TABLE IF NOT EXISTS suspended (decision TEXT PRIMARY KEY, email TEXT, lifted INTEGER)")
        return base


def reviewed(suspensions: Suspensions, secret: str, headers: Mapping[str, str], body: bytes, now: int) -> int:
    """Take what came of a review, and return the status to answer with: 204 once the suspension is lifted."""
    if not _signed(secret, {name.lower(): value for name, value in headers.items()}, body, now):
        return 401
    try:
        told = json.loads(body)
        decision, outcome = str(told["decision"]), str(told["outcome"])
    except (ValueError, KeyError, TypeError):
        return 400
    if outcome not in ("overturned", "partly_overturned"):
        return 400
    return 204 if suspensions.lift(decision) else 404


def _signed(secret: str, headers: Mapping[str, str], body: bytes, now: int) -> bool:
    moment = headers.get("webhook-timestamp", "")
    if not (moment.isascii() and moment.isdigit()) or abs(now - int(moment)) > _LATEST:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = b".".join((headers.get("webhook-id", "").encode(), moment.encode(), body))
    expected = "v1," + base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(expected.encode(), each.encode()) for each in given)
