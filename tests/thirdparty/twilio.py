"""An account at Twilio, as the pages named in `dsr/connectors/twilio_wire.py` describe its API of 2010-04-01.

Lists are newest first, paged by a token of the last resource before; deleting needs a finished resource, an account
without a legal hold, and says 404 the second time.
"""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from tests.thirdparty.serving import Answer, Asked, ThirdParty, served

ACCOUNT = "AC" + "5" * 32
TOKEN = "a token of the account's own"
OURS = "+14158141829"
ADA = "+15558675309"
MAX = "+15550001111"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SOUND = b"ID3\x00" * 50_000

_LISTS = {"Messages": ("messages", "SM"), "Calls": ("calls", "CA"), "Recordings": ("recordings", "RE")}


class Twilio(ThirdParty):
    """One account."""

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, list[dict[str, Any]]] = {"messages": [], "calls": [], "recordings": []}
        self.gone: set[str] = set()
        self.on_hold: set[str] = set()
        """Resources that a legal hold keeps."""
        self.unfinished: set[str] = set()
        """Resources that look finished and are not."""
        self.deaf: set[str] = set()
        """Resources that are said to be deleted and stay."""
        self.silent: set[str] = set()
        """Recordings whose sound was not kept."""
        self.status = "active"
        self.tokens_live = True
        self._count = 0

    def config(self, **more: Any) -> dict[str, Any]:
        """The configuration of a connector for it."""
        return {
            **self.reached,
            "account_sid": ACCOUNT,
            "secret": TOKEN,
            "categories": {
                "messages": "communications_content",
                "calls": "communications_usage",
                "recordings": "communications_content",
            },
            **more,
        }

    def message(self, days_ago: int = 0, *, to: str = OURS, from_: str = ADA, **more: Any) -> str:
        """Have a message; return its number."""
        sent = format_datetime(NOW - timedelta(days=days_ago))
        values = {"to": to, "from": from_, "body": "Hello", "status": "received", "direction": "inbound"}
        dates = {"date_sent": sent, "date_created": sent}
        return self._add("messages", "SM", {**values, "num_media": "0", **dates, "price": "-0.02", **more})

    def call(self, days_ago: int = 0, *, to: str = ADA, from_: str = OURS, **more: Any) -> str:
        """Have a call."""
        began = format_datetime(NOW - timedelta(days=days_ago))
        values = {"to": to, "from": from_, "status": "completed", "direction": "outbound-api", "duration": "15"}
        dates = {"start_time": began, "end_time": began, "date_created": began}
        return self._add("calls", "CA", {**values, **dates, **more})

    def recording(self, call: str, days_ago: int = 0, **more: Any) -> str:
        """Have a recording of a call."""
        began = format_datetime(NOW - timedelta(days=days_ago))
        dates = {"start_time": began, "date_created": began}
        return self._add(
            "recordings", "RE", {"call_sid": call, "status": "completed", "duration": "9", **dates, **more}
        )

    def left(self, kind: str) -> list[str]:
        """What is there, oldest first."""
        return [each["sid"] for each in self.held[kind] if each["sid"] not in self.gone]

    def _add(self, kind: str, prefix: str, values: dict[str, Any]) -> str:
        self._count += 1
        sid = f"{prefix}{self._count:032x}"
        self.held[kind].append({"sid": sid, "account_sid": ACCOUNT, **values})
        return sid

    def answer(self, asked: Asked) -> Answer:
        """Say what is so."""
        expected = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if asked.headers.get("Authorization") != expected:
            return _fault(401, 20003, "Authenticate")
        root = f"/2010-04-01/Accounts/{ACCOUNT}"
        if asked.path == f"{root}.json":
            return Answer(200, {"sid": ACCOUNT, "status": self.status})
        name, _, rest = asked.path.removeprefix(f"{root}/").removesuffix(".json").partition("/")
        if not asked.path.startswith(f"{root}/") or name not in _LISTS:
            return _fault(404, 20404, "The requested resource was not found")
        if rest:
            return self._one(asked.method, _LISTS[name][0], rest)
        return self._list(asked, name)

    def _one(self, method: str, kind: str, sid: str) -> Answer:
        if kind == "recordings" and sid.endswith(".mp3"):
            there = sid.removesuffix(".mp3") in self.left(kind) and sid.removesuffix(".mp3") not in self.silent
            return Answer(200, SOUND, {"Content-Type": "audio/mpeg"}) if there else Answer(404)
        found = next((each for each in self.held[kind] if each["sid"] == sid and sid not in self.gone), None)
        if found is None:
            return _fault(404, 20404, "The requested resource was not found")
        if method == "GET":
            return Answer(200, found)
        if sid in self.on_hold:
            return _fault(403, 80615, f"Account {ACCOUNT} is on legal hold. Cannot delete record {sid}.")
        if sid in self.unfinished or found["status"] in ("queued", "sending", "in-progress", "processing"):
            return _fault(409, 20009, "Cannot delete this resource before it is complete")
        if sid not in self.deaf:
            self.gone.add(sid)
        return Answer(204)

    def _list(self, asked: Asked, name: str) -> Answer:
        kind, _ = _LISTS[name]
        query = asked.query
        found = [each for each in reversed(self.held[kind]) if _fits(each, query)]
        token = query.get("PageToken", "")
        if token:
            if not self.tokens_live:
                return _fault(400, 20001, "Invalid PageToken")
            sids = [each["sid"] for each in found]
            found = found[sids.index(token.removeprefix("PA")) + 1 :]
        found = [each for each in found if each["sid"] not in self.gone]
        size = int(query.get("PageSize", "50"))
        assert 1 <= size <= 1000
        page, more = found[:size], found[size:]
        following = None
        if more:
            again = {key: value for key, value in query.items() if key not in ("Page", "PageToken")}
            number = int(query.get("Page", "0")) + 1
            following = f"{asked.path}?{urlencode({**again, 'Page': number, 'PageToken': 'PA' + page[-1]['sid']})}"
        whole = {"uri": asked.target, "page_size": size, "next_page_uri": following, "previous_page_uri": None}
        return Answer(200, {**whole, kind: page})


def _fits(found: dict[str, Any], query: dict[str, str]) -> bool:
    asked = {"To": "to", "From": "from", "CallSid": "call_sid"}
    return all(found.get(name) == query[key] for key, name in asked.items() if key in query)


def _fault(status: int, code: int, message: str) -> Answer:
    more_info = f"https://www.twilio.com/docs/errors/{code}"
    return Answer(status, {"code": code, "message": message, "more_info": more_info, "status": status})


TOO_MANY = Answer(
    429, {"code": 20429, "message": "Too Many Requests", "status": 429, "more_info": ""}, {"Retry-After": "7"}
)


@contextmanager
def running() -> Iterator[Twilio]:
    """Serve an empty account."""
    account = Twilio()
    with served(account):
        yield account
