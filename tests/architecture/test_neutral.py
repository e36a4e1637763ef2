"""Nothing is hard-coded to the organisation whose rule files ship: its names stand in those files and nowhere else."""

import re
from collections.abc import Iterator
from pathlib import Path

from dsr.rules import RulePack, load
from dsr.rules.files import SHIPPED
from tests.architecture.habits import ROOT

PLACES = ("dsr", "verification", "notifications", "templates", "manage.py")
TEXT = {".py", ".html", ".txt", ".toml", ".css", ".js", ".json", ".svg", ".po", ".md", ".xml", ".yaml", ".yml"}

SPOKEN_TO = {"segment", "sendgrid", "twilio"}
"""Services that there is a connector for, whoever uses them ..."""
BY_CONNECTORS = ("dsr/connectors/", "dsr/models/work.py", "dsr/migrations/")
"""... and where their names may stand for that reason."""


def names(rules: RulePack) -> set[str]:
    """The organisation's names, those of its services, and the hosts of its addresses, from its own rule files."""
    found = set()
    for notice in (notice for notice in rules.notices if notice.id == rules.organisation):
        found |= {notice.organisation.short_name, notice.organisation.name}
        found |= {contact.email.partition("@")[2] for contact in notice.contacts}
        found |= {office.company for office in notice.offices}
        for service in notice.services:
            found |= {service.title, service.title.removesuffix(" Services")}
    return found


def sources() -> Iterator[Path]:
    """Every file of the product that somebody wrote, but for the rule files."""
    for place in PLACES:
        path = ROOT / place
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and file.suffix in TEXT and SHIPPED not in file.parents:
                yield file


def test_the_product_names_nobody() -> None:
    wanted = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in sorted(names(load(SHIPPED)))), re.IGNORECASE)

    found = [
        f"{file.relative_to(ROOT)}:{number} says {match.group()!r}; take it from the notice in the rule files"
        for file in sources()
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        for match in wanted.finditer(line)
        if not (match.group().lower() in SPOKEN_TO and str(file.relative_to(ROOT)).startswith(BY_CONNECTORS))
    ]

    assert not found, "\n" + "\n".join(found)


def test_names_are_looked_for_at_all() -> None:
    assert len(names(load(SHIPPED))) > 8
    assert sum(1 for _ in sources()) > 50
