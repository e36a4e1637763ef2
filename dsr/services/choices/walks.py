"""How an invented person makes a choice by each public path, over real HTTP, as a person or a mail program would."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from dsr import rules
from dsr.connectors.browsing import Visitor
from dsr.models import Mechanism, Probe
from dsr.rules import NotInRules
from dsr.services.choices import invented, tokens
from dsr.services.choices.cpni import REGIME
from dsr.services.choices.tokens import Bearer

Walk = Callable[[Visitor, Probe], None]


def visitor() -> Visitor:
    """Return a visitor at the door that people use, or at the one that a setting names in its place."""
    people = urlsplit(settings.BASE_URL)
    return Visitor(settings.HEARTBEAT_URL or settings.BASE_URL, people.netloc, encrypted=people.scheme == "https")


def paths(at: datetime) -> list[Mechanism]:
    """Return the paths that there are: where no rule knows CPNI, there is nothing to deny."""
    try:
        rules.pack().regime(REGIME, at.date())
    except NotInRules:
        return [path for path in WALKS if path is not Mechanism.CPNI_PAGE]
    return list(WALKS)


def _one_click(visits: Visitor, probe: Probe) -> None:
    """Open the link as whoever looks first does, then press it as a mail program does. RFC 8058, section 3.1"""
    path = f"/unsubscribe/{tokens.unsubscribe(Bearer('email', invented.email(probe)))}/"
    visits.get(path).form("List-Unsubscribe")
    visits.post(path, {"List-Unsubscribe": "One-Click"}, expect=200)


def _preferences(visits: Visitor, probe: Probe) -> None:
    page = visits.get("/preferences/")
    visits.send(page, page.form("email"), {"email": invented.email(probe)})


def _cpni_page(visits: Visitor, probe: Probe) -> None:
    page = visits.get("/preferences/cpni/")
    visits.send(page, page.form("account"), {"account": invented.account(probe)})


WALKS: Final[Mapping[Mechanism, Walk]] = {
    Mechanism.ONE_CLICK: _one_click,
    Mechanism.PREFERENCES: _preferences,
    Mechanism.CPNI_PAGE: _cpni_page,
}
"""Each raises dsr.connectors.browsing.Unanswered where the path does not answer as it should."""
