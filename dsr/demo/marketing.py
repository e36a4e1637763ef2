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
CREATE TABLE contacts (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT, name TEXT, company TEXT, country TEXT,
                       source TEXT, added_on TEXT, restricted INTEGER DEFAULT 0, on_hold INTEGER DEFAULT 0);
CREATE INDEX contacts_email ON contacts (lower(email));
CREATE TABLE preferences (id INTEGER PRIMARY KEY AUTOINCREMENT, contact_id INTEGER, topic TEXT, wanted INTEGER,
                          changed_at TEXT);
CREATE INDEX preferences_contact ON preferences (contact_id);
CREATE TABLE mailings (id INTEGER PRIMARY KEY AUTOINCREMENT, contact_id INTEGER, campaign TEXT, sent_at TEXT,
                       opened_at TEXT, clicked TEXT);
CREATE INDEX mailings_contact ON mailings (contact_id);
CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, contact_id INTEGER, event TEXT, held_on TEXT,
                     attended INTEGER, diet TEXT);
CREATE INDEX events_contact ON events (contact_id);
CREATE TABLE statements (id INTEGER PRIMARY KEY AUTOINCREMENT, contact_id INTEGER, about TEXT, statement TEXT,
                         noted_on TEXT, UNIQUE (contact_id, about));
CREATE TABLE suppressed (address TEXT, purpose TEXT, since TEXT, PRIMARY KEY (address, purpose));
CREATE TABLE sending (until TEXT);
CREATE TABLE answers (call TEXT PRIMARY KEY, body TEXT, answer TEXT, at TEXT);
"""
# Numbers are never used twice (AUTOINCREMENT): a handle names a record for years after the person is gone.
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
        "INSERT INTO contacts (id, email, name, company, country, source, added_on) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (person.number, person.email, person.name, person.company, person.country, source, f"{added:%Y-%m-%d}"),
    )
    file.executemany(
        "INSERT INTO preferences VALUES (NULL, ?, ?, ?, ?)",
        [(person.number, topic, dice.random() < 0.6, _moment(dice)) for topic in _TOPICS],
    )
    for campaign in _CAMPAIGNS if known else dice.sample(_CAMPAIGNS, dice.randint(0, 4)):
        opened = _moment(dice) if dice.random() < 0.5 else None
        clicked = "https://www.example.com/news" if opened and dice.random() < 0.3 else None
        mailing = (person.number, campaign, _moment(dice), opened, clicked)
        file.execute("INSERT INTO mailings VALUES (NULL, ?, ?, ?, ?, ?)", mailing)
    for event in _EVENTS[:2] if known else dice.sample(_EVENTS, dice.randint(0, 2)):
        diet = dice.choice(("", "", "vegetarian", "no nuts"))
        held = UNTIL - timedelta(days=dice.randint(10, 700))
        attendance = (person.number, event, f"{held:%Y-%m-%d}", dice.random() < 0.7, diet)
        file.execute("INSERT INTO events VALUES (NULL, ?, ?, ?, ?, ?)", attendance)


def _moment(dice: Random) -> str:
    return (UNTIL - timedelta(minutes=dice.randint(1, 500_000))).isoformat()


_OWN = "marketing_communications_data"


def _field(name: str, title: str, kind: str = "text", category: str = _OWN, **more: bool) -> dict[str, Any]:
    return {"name": name, "title": title, "description": "", "category": category, "type": kind, **more}


DATASETS: list[dict[str, Any]] = [
    {
        "name": "contacts",
        "title": "You in our address list",
        "description": "How marketing knows you, and from where.",
        "category": "marketing_communications_data",
        "fields": [
            _field("email", "Mail address", category="contact_data", correctable=True),
            _field("name", "Name", category="contact_data", correctable=True),
            _field("company", "Company", category="contact_data", correctable=True),
            _field("country", "Country", category="contact_data", correctable=True),
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
        "event": "last_contact",
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
        "event": "event_held",
        "open_while": "event_to_come",
    },
    {
        "name": "statements",
        "title": "What you asked us to note",
        "description": "Your own words, kept beside what we hold.",
        "category": "marketing_communications_data",
        "fields": [
            _field("about", "What it is about"),
            _field("statement", "Your statement"),
            _field("noted_on", "Noted on", "date"),
        ],
    },
]
"""The service's data dictionary, in the words of the protocol."""

ABILITIES = ("erase", "correct", "annotate", "restrict", "suppress", "suppressed", "roster")
"""What the service can be told to do."""

FACTS = ("event_attended",)
"""What an answer can be compared with."""

_BOOLEANS = {part["name"] for dataset in DATASETS for part in dataset["fields"] if part["type"] == "boolean"}


class Marketing:
    """Answers questions about people from the file."""

    def __init__(self, path: Path) -> None:
        self._address = f"file:{quote(str(path))}?mode=ro"

    def count(self, who: Mapping[str, Sequence[str]]) -> dict[str, int]:
        """Return the number of records by data set."""
        with closing(self._open()) as file:
            ids = contact_ids(file, who)
            return {
                dataset["name"]: sum(file.execute(_counting(dataset["name"]), (each,)).fetchone()[0] for each in ids)
                for dataset in DATASETS
            }

    def read(self, who: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield data set and record."""
        with closing(self._open()) as file:
            ids = contact_ids(file, who)
            for dataset in DATASETS:
                names = [part["name"] for part in dataset["fields"]]
                for each in ids:
                    for found in file.execute(_reading(dataset["name"], names), (each,)):
                        pairs = zip(names, found, strict=True)
                        yield dataset["name"], {n: bool(v) if n in _BOOLEANS else v for n, v in pairs}

    def knows(self, who: Mapping[str, Sequence[str]], answers: Sequence[str]) -> bool:
        """Tell whether the one person came to an event of one of these names. Asks the same of strangers."""
        with closing(self._open()) as file:
            ids = contact_ids(file, who)
            marks = ", ".join("?" * len(answers))
            asked = f"SELECT count(*) FROM events WHERE contact_id = ? AND attended AND lower(event) IN ({marks})"  # noqa: S608
            return bool(file.execute(asked, (ids[0] if len(ids) == 1 else 0, *answers)).fetchone()[0])

    def standing(self, who: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        """Return how the one person is reached, or all of several, in the words of the protocol."""
        with closing(self._open()) as file:
            ids = contact_ids(file, who)
            asked = "SELECT email FROM contacts WHERE id = ?"
            # A stranger is looked for as well: how long it takes must tell nothing.
            on_file = [email for each in ids[:10] or [0] for (email,) in file.execute(asked, (each,)) if email]
        told = {"on_file": {"email": on_file}} if on_file else {}
        return {"people": min(len(ids), 2), **told}

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._address, uri=True, timeout=5)


def contact_ids(file: sqlite3.Connection, who: Mapping[str, Sequence[str]]) -> list[int]:
    """Return the contacts of these identifiers."""
    found: dict[int, None] = {}
    for email in who.get("email", ()):
        rows = file.execute("SELECT id FROM contacts WHERE lower(email) = ? ORDER BY id", (email.lower(),))
        found.update((number, None) for (number,) in rows)
    return list(found)


def _counting(dataset: str) -> str:
    return f"SELECT count(*) FROM {dataset} WHERE {key_of(dataset)} = ?"  # noqa: S608 - names from DATASETS


def _reading(dataset: str, names: Sequence[str]) -> str:
    return f"SELECT {', '.join(names)} FROM {dataset} WHERE {key_of(dataset)} = ? ORDER BY rowid"  # noqa: S608


def key_of(dataset: str) -> str:
    """Return the column that says whose a record is."""
    return "id" if dataset == "contacts" else "contact_id"
