"""The four systems of the demonstration organisation, as an operator would enter them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dsr.demo import accounts, marketing, messaging
from dsr.demo.places import KEY_ID, Places
from dsr.demo.shapes import Part
from dsr.services import systems


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the systems are reached."""

    accounts: str
    messaging: str
    marketing: str

    @classmethod
    def of(cls, places: Places, *, accounts: str, messaging: str, port: int) -> "Addresses":
        """Return the addresses: files where no server is named."""
        return cls(
            accounts=accounts or f"sqlite:///{places.accounts}",
            messaging=messaging or f"sqlite:///{places.messaging}",
            marketing=f"http://127.0.0.1:{port}",
        )


@dataclass(frozen=True, slots=True)
class Definition:
    """One system."""

    key: str
    name: str
    description: str
    owner_name: str
    owner_email: str
    connector: str
    config: Mapping[str, Any]


def definitions(addresses: Addresses, secret: str) -> tuple[Definition, ...]:
    """Return the four systems."""
    return (
        Definition(
            key="accounts",
            name="Accounts and billing",
            description="Customers, sign-ins, invoices and payments.",
            owner_name="Bea Ledger",
            owner_email="accounts-owner@example.com",
            connector="sql",
            config=_database(addresses.accounts, accounts.mapping(), accounts.asking(), secret),
        ),
        Definition(
            key="messaging",
            name="Messaging records",
            description="Numbers, and the facts about messages and calls.",
            owner_name="Mo Carrier",
            owner_email="messaging-owner@example.com",
            connector="sql",
            config=_database(addresses.messaging, messaging.mapping(), messaging.asking(), secret),
        ),
        Definition(
            key="marketing",
            name="Marketing",
            description="Address list, preferences, mailings and events.",
            owner_name="Cam Paign",
            owner_email="marketing-owner@example.com",
            connector="http",
            config=_marketing(addresses.marketing, secret),
        ),
        Definition(
            key="support",
            name="Support files",
            description="Tickets, call notes and survey answers in a folder of the support team.",
            owner_name="Sal Desk",
            owner_email="support-owner@example.com",
            connector="manual",
            config=_support(),
        ),
    )


def _database(url: str, tables: list[Part], asking: Part, secret: str) -> dict[str, Any]:
    # On servers the demonstration has a table of its own that says which version is loaded.
    return {"url": url, "tables": tables, **asking, "hash_key": secret, "ignore_tables": ["demo_version"]}


def _marketing(url: str, secret: str) -> dict[str, Any]:
    return {
        "url": url,
        "key_id": KEY_ID,
        "secret": secret,
        "identifiers": ["email"],
        "datasets": marketing.DATASETS,
        "facts": list(marketing.FACTS),
        "abilities": list(marketing.ABILITIES),
        "allow_http": True,
        "allow_networks": ["127.0.0.0/8"],
        "limits": {"timeout_seconds": 30.0},
    }


def _support() -> dict[str, Any]:
    return {
        "instructions": (
            "Look for the mail address in the folder of tickets and in the survey tool. Add every ticket with its "
            "answers, notes of calls, recordings, and what the person said in surveys. Leave out notes that are only "
            "about a colleague."
        ),
        "identifiers": ["email"],
        "datasets": [
            {
                "name": "tickets",
                "title": "Tickets",
                "description": "Questions to support, the answers, and notes of calls.",
                "category": "support_feedback_data",
            },
            {
                "name": "surveys",
                "title": "Surveys",
                "description": "Answers to surveys.",
                "category": "support_feedback_data",
            },
        ],
        "answer_within_days": 10,
        "remind_after_days": [3, 7],
    }


def register_systems(addresses: Addresses, secret: str, *, at: datetime) -> None:
    """Enter the four systems, or bring them back to what is written here. Reaches none of them."""
    for one in definitions(addresses, secret):
        systems.enter(
            systems.Entry(
                key=one.key,
                name=one.name,
                description=one.description,
                owner_name=one.owner_name,
                owner_email=one.owner_email,
                connector=one.connector,
                config=one.config,
            ),
            at=at,
        )
