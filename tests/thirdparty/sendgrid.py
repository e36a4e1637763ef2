"""An account at SendGrid, as the pages named in `dsr/connectors/sendgrid.py` describe its v3 API.

Contacts are deleted by a job, a look-up or two after it was accepted. Messages are forgotten as soon as an erasure job
was accepted, of which nothing more is heard.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote
from uuid import UUID

from tests.thirdparty.serving import Answer, Asked, ThirdParty, served

KEY = "SG.a-key-of-the-account"
MOST_SEARCHED = 100
MOST_ERASED = 5_000
MOST_BYTES = 256 * 1024
SCOPES = [
    "recipients.erasejob.create",
    "recipients.erasejob.read",
    "asm.suppressions.global.create",
    "asm.groups.suppressions.create",
]


class SendGrid(ThirdParty):
    """One account."""

    def __init__(self) -> None:
        super().__init__()
        self.contacts: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, int] = {}
        """Address to how many were sent to it."""
        self.suppressed: dict[str, set[str]] = {"global": set(), "77": set()}
        """`global` or the number of an unsubscribe group to addresses."""
        self.scopes = list(SCOPES)
        self.effects: list[str] = []
        """What was done to anybody, in order."""
        self.jobs: dict[str, dict[str, Any]] = {}
        self.largest: dict[str, int] = {}
        """Of the batches that were taken, by path."""
        self.steps = ["pending", "completed"]
        """What the look-ups of a job say, one after another; the last one for good."""
        self.deaf = False
        """Whether jobs are said to be done that do nothing."""

    def config(self, **more: Any) -> dict[str, Any]:
        """The configuration of a connector for it."""
        activity = {"name": "messages", "title": "Mail we sent you", "category": "communications_usage_data"}
        return {**self.reached, "api_key": KEY, "activity": activity, **more}

    def contact(self, email: str, **more: Any) -> str:
        """Have a contact; return its id."""
        name = str(UUID(int=len(self.contacts) + 1))
        whole = {"id": name, "email": email, "alternate_emails": [], "first_name": "", "custom_fields": {}, **more}
        self.contacts[name] = whole
        return name

    def answer(self, asked: Asked) -> Answer:
        """Say what is so."""
        if asked.headers.get("Authorization") != f"Bearer {KEY}":
            return fault(401, "The provided authorization grant is invalid, expired, or revoked")
        body = json.loads(asked.body) if asked.body else {}
        for values in body.values():
            self.largest[asked.path] = max(self.largest.get(asked.path, 0), len(values))
        return self._contacts(asked, body) or self._lists(asked, body) or fault(404, "resource not found")

    def _contacts(self, asked: Asked, body: dict[str, list[str]]) -> Answer | None:
        match asked.method, asked.path.removeprefix("/v3/marketing/contacts"):
            case "GET", "/count":
                return Answer(200, {"contact_count": len(self.contacts), "billable_count": len(self.contacts)})
            case "POST", "/search/emails":
                return self._search(body["emails"])
            case "POST", "/batch":
                if len(body["ids"]) > MOST_SEARCHED:
                    return fault(400, "too many ids")
                found = [self.contacts[name] for name in body["ids"] if name in self.contacts]
                return Answer(200, {"result": found}) if found else Answer(404, {})
            case "DELETE", "":
                return self._job(asked.query["ids"].split(","))
            case "GET", path if path.startswith("/imports/") and path.removeprefix("/imports/") in self.jobs:
                return self._look(path.removeprefix("/imports/"))
        return None

    def _search(self, emails: list[str]) -> Answer:
        if len(emails) > MOST_SEARCHED or not all(map(_valid, emails)):
            return fault(400, f"invalid request: {emails[0]}")
        found: dict[str, Any] = {}
        for email in emails:
            known = [
                each for each in self.contacts.values() if email.lower() in (each["email"], *each["alternate_emails"])
            ]
            found[email.lower()] = {"contact": known[0]} if known else {"error": "contact not found"}
        if not any("contact" in entry for entry in found.values()):
            return fault(404, "no contacts found")
        return Answer(200, {"result": found})

    def _job(self, ids: list[str]) -> Answer:
        name = str(UUID(int=1000 + len(self.jobs)))
        self.jobs[name] = {"ids": ids, "looked": 0}
        return Answer(202, {"job_id": name})

    def _look(self, name: str) -> Answer:
        job = self.jobs[name]
        status = self.steps[min(job["looked"], len(self.steps) - 1)]
        job["looked"] += 1
        if status == "completed" and not self.deaf:
            for number in job["ids"]:
                if self.contacts.pop(number, None):
                    self.effects.append(f"erase {number}")
        return Answer(200, {"id": name, "status": status, "job_type": "delete_contacts", "results": {}})

    def _lists(self, asked: Asked, body: dict[str, list[str]]) -> Answer | None:
        if asked.path == "/v3/scopes":
            return Answer(200, {"scopes": self.scopes})
        if asked.path == "/v3/recipients/erasejob" and asked.method == "POST":
            return self._erase(asked, body["email_addresses"])
        if asked.path == "/v3/asm/suppressions/global" and asked.method == "POST":
            return self._suppress("global", body["recipient_emails"])
        if asked.path.startswith("/v3/asm/suppressions/global/") and asked.method == "GET":
            email = unquote(asked.path.rpartition("/")[2])
            return Answer(200, {"recipient_email": email} if email in self.suppressed["global"] else {})
        if asked.path.endswith("/suppressions/search") and asked.method == "POST":
            listed = self.suppressed.get(asked.path.split("/")[4], set())
            return Answer(200, [email for email in body["recipient_emails"] if email in listed])
        group = re.fullmatch(r"/v3/asm/groups/(\d+)(/suppressions)?", asked.path)
        if group and not group[2]:
            there = group[1] in self.suppressed
            return Answer(200, {"id": int(group[1]), "name": "News"}) if there else fault(404, "resource not found")
        if group and asked.method == "POST":
            return self._suppress(group[1] if group[1] in self.suppressed else "global", body["recipient_emails"])
        return None

    def _erase(self, asked: Asked, emails: list[str]) -> Answer:
        if len(emails) > MOST_ERASED or len(asked.body) > MOST_BYTES or len(set(emails)) < len(emails):
            return fault(400, "too many email addresses", "email_addresses")
        for email in emails:
            if not _valid(email):
                return fault(400, f"Email_address {email} is not valid", "email_addresses")
            if self.messages.pop(email.lower(), None):
                self.effects.append(f"erase {email}")
        return Answer(202, {"job_id": "12a975bd-c742-4713-8f47-cb3ae4e56c74"})

    def _suppress(self, name: str, emails: list[str]) -> Answer:
        self.suppressed[name] |= set(emails)
        self.effects += [f"suppress {email}" for email in emails]
        return Answer(201, {"recipient_emails": emails})


def too_many(seconds: int) -> Answer:
    """What is said to a call too many."""
    headers = {"X-RateLimit-Limit": "150", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(seconds)}
    return Answer(429, {"errors": [{"field": None, "message": "too many requests"}]}, headers)


def fault(status: int, message: str, field: str | None = None) -> Answer:
    """How the account says no."""
    return Answer(status, {"errors": [{"field": field, "message": message}]})


def _valid(email: str) -> bool:
    return bool(re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", email)) and len(email) <= 254


@contextmanager
def running() -> Iterator[SendGrid]:
    """Yield an account that listens."""
    party = SendGrid()
    with served(party):
        yield party
