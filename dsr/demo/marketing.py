"""The system `marketing`: whom campaigns reach, what they prefer, what they opened, which events they came to.

A service with a file of its own; `http_service` answers for it.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

from dsr.demo.accounts import UNTIL
from dsr.demo.people import ADA, NORA, Person, prospects

_SCHEMA = """
CREATE TABLE contacts (id INTEGER PRIMARY KEY, email TEXT, name TEXT, company TEXT, country TEXT, source TEXT,
                       added_on TEXT);
CREATE INDEX contacts_email ON contacts (lower(email));
CREATE TABLE preferences (contact_id INTEGER, topic TEXT, wanted INTEGER, changed_at TEXT);
CREATE INDEX preferences_contact ON preferences (contact_id);
CREATE TABLE mailings (contact_id INTEGER, campaign TEXT, sent_at TEXT, opened_at TEXT, clicked TEXT);
CREATE INDEX mailings_contact ON mailings (contact_id);
CREATE TABLE events (contact_id INTEGER, event TEXT, held_on TEXT, attended INTEGER, diet TEXT);
CREATE INDEX events_contact ON events (contact_id);
"""
_TOPICS = ("Product news", "Offers", "Events", "Research")
_CAMPAIGNS = ("Spring news", "Voice for beginners", "Summer offers", "Annual survey", "Invitation: Cork meeting")
_EVENTS = ("Cork developer meeting", "Messaging day", "Breakfast for support teams")


def build(path: Path) -> None:
    """Write the whole file anew."""
    with closing(sqlite3.connect(path)) as file:
        file.executescript(_SCHEMA)
        with file:
            for person in prospects():
                _add(file, person)


def _add(file: sqlite3.Connection, person: Person) -> None:
    dice, known = person.dice("marketing"), person in (ADA, NORA)
    source = dice.choice(("newsletter form", "event", "partner list"))
    added = UNTIL - timedelta(days=dice.randint(50, 1_500))
    file.execute(
        "INSERT INTO contacts VALUES (?, ?, ?, ?, ?, ?, ?)",
        (person.number, person.email, person.name, person.company, person.country, source, f"{added:%Y-%m-%d}"),
    )
    file.executemany(
        "INSERT INTO preferences VALUES (?, ?, ?, ?)",
        [(person.number, topic, dice.random() < 0.6, _moment(dice)) for topic in _TOPICS],
    )
    for campaign in _CAMPAIGNS if known else dice.sample(_CAMPAIGNS, dice.randint(0, 4)):
        opened = _moment(dice) if dice.random() < 0.5 else None
        clicked = "https://www.example.com/news" if opened and dice.random() < 0.3 else None
        mailing = (person.number, campaign, _moment(dice), opened, clicked)
        file.execute("INSERT INTO mailings VALUES (?, ?, ?, ?, ?)", mailing)
    for event in _EVENTS[:2] if known else dice.sample(_EVENTS, dice.randint(0, 2)):
        diet = dice.choice(("", "", "vegetarian", "no nuts"))
        held = UNTIL - timedelta(days=dice.randint(10, 700))
        attendance = (person.number, event, f"{held:%Y-%m-%d}", dice.random() < 0.7, diet)
        file.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", attendance)


def _moment(dice: Random) -> str:
    return (UNTIL - timedelta(minutes=dice.randint(1, 500_000))).isoformat()


_OWN = "marketing_communications_data"


def _field(name: str, title: str, kind: str = "text", category: str = _OWN) -> dict[str, Any]:
    return {"name": name, "title": title, "description": "", "category": category, "type": kind}


DATASETS: list[dict[str, Any]] = [
    {
        "name": "contacts",
        "title": "You in our address list",
        "description": "How marketing knows you, and from where.",
        "category": "marketing_communications_data",
        "fields": [
            _field("email", "Mail address", category="contact_data"),
            _field("name", "Name", category="contact_data"),
            _field("company", "Company", category="contact_data"),
            _field("country", "Country", category="contact_data"),
            _field("source", "Where we have it from", category="partner_sourced_data"),
            _field("added_on", "In the list since", "date"),
        ],
    },
    {
        "name": "preferences",
        "title": "What you want to hear about",
        "description": "Your choices, topic by topic.",
        "category": "marketing_communications_data",
        "fields": [
            _field("topic", "Topic"),
            _field("wanted", "Wanted", "boolean"),
            _field("changed_at", "Last changed", "datetime"),
        ],
    },
    {
        "name": "mailings",
        "title": "Mailings sent to you",
        "description": "And what we saw of your reading them.",
        "category": "marketing_communications_data",
        "fields": [
            _field("campaign", "Campaign"),
            _field("sent_at", "Sent", "datetime"),
            _field("opened_at", "Opened", "datetime", "online_activity_data"),
            _field("clicked", "Link followed", category="online_activity_data"),
        ],
    },
    {
        "name": "events",
        "title": "Events",
        "description": "To which you were invited or came.",
        "category": "marketing_communications_data",
        "fields": [
            _field("event", "Event"),
            _field("held_on", "Date", "date"),
            _field("attended", "You came", "boolean"),
            _field("diet", "Wishes about food"),
        ],
    },
]
"""The service's data dictionary, in the words of the protocol."""

_BOOLEANS = {part["name"] for dataset in DATASETS for part in dataset["fields"] if part["type"] == "boolean"}


class Marketing:
    """Answers questions about people from the file."""

    def __init__(self, path: Path) -> None:
        self._address = f"file:{quote(str(path))}?mode=ro"

    def count(self, who: Mapping[str, Sequence[str]]) -> dict[str, int]:
        """Return the number of records by data set."""
        with closing(self._open()) as file:
            ids = self._ids(file, who)
            return {
                dataset["name"]: sum(file.execute(_counting(dataset["name"]), (each,)).fetchone()[0] for each in ids)
                for dataset in DATASETS
            }

    def read(self, who: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield data set and record."""
        with closing(self._open()) as file:
            ids = self._ids(file, who)
            for dataset in DATASETS:
                names = [part["name"] for part in dataset["fields"]]
                for each in ids:
                    for found in file.execute(_reading(dataset["name"], names), (each,)):
                        pairs = zip(names, found, strict=True)
                        yield dataset["name"], {n: bool(v) if n in _BOOLEANS else v for n, v in pairs}

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._address, uri=True, timeout=5)

    def _ids(self, file: sqlite3.Connection, who: Mapping[str, Sequence[str]]) -> list[int]:
        found: dict[int, None] = {}
        for email in who.get("email", ()):
            rows = file.execute("SELECT id FROM contacts WHERE lower(email) = ? ORDER BY id", (email.lower(),))
            found.update((number, None) for (number,) in rows)
        return list(found)


def _counting(dataset: str) -> str:
    return f"SELECT count(*) FROM {dataset} WHERE {_key(dataset)} = ?"  # noqa: S608 - names from DATASETS


def _reading(dataset: str, names: Sequence[str]) -> str:
    return f"SELECT {', '.join(names)} FROM {dataset} WHERE {_key(dataset)} = ? ORDER BY rowid"  # noqa: S608


def _key(dataset: str) -> str:
    return "id" if dataset == "contacts" else "contact_id"
