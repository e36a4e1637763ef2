"""Systems: entering one, changing one, asking whether it answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dsr.choices.marketing import Purpose, concerns
from dsr.connectors import Ability, Auditable, BadConfig, Connector, Level, Problem, open_connector
from dsr.errors import Incomplete
from dsr.models import Role, System
from dsr.rules import pack
from notifications.ids import uuid7
from notifications.mail import deliverable
from notifications.models import DataKey
from notifications.reads import Prepared


@dataclass(frozen=True, slots=True)
class Entry:
    """A system as somebody enters it. ``categories`` and ``identifiers`` follow from its configuration."""

    key: str
    name: str
    owner_name: str
    owner_email: str
    connector: str
    config: Mapping[str, Any] = field(default_factory=dict)
    description: str = ""
    active: bool = True
    role: str = str(Role.OWN)


@dataclass(frozen=True, slots=True)
class _Described:
    """What a configuration says: data categories held, what people are known by, what they can be left out of."""

    categories: list[str]
    identifiers: list[str]
    leaves_out: list[str]


def enter(entry: Entry, *, at: datetime) -> System:
    """Enter a system, or change the one of the same key. Raises Incomplete with what is wrong in its configuration."""
    check_owner(entry.owner_email)
    # A service is asked what it holds, so this comes before the transaction.
    described = _described(entry)
    with transaction.atomic():
        return _keep(entry, described, at)


def check_owner(address: str) -> None:
    """Raise Incomplete unless the owner of a system can be written to."""
    try:
        deliverable(address)
    except ValueError:
        raise Incomplete(_("Enter a mail address in the form name@example.org."), field="owner_email") from None


def _keep(entry: Entry, described: _Described, at: datetime) -> System:
    system = System.objects.select_for_update(of=("self",)).select_related("data_key").filter(key=entry.key).first()
    if system is None:
        system = System(id=uuid7(at), key=entry.key, data_key=DataKey.new(at))
        system.data_key.save(force_insert=True)
    system.name, system.description = entry.name, entry.description
    system.owner_name, system.owner_email = entry.owner_name, entry.owner_email
    system.connector, system.active, system.role = entry.connector, entry.active, entry.role
    system.categories, system.identifiers = described.categories, described.identifiers
    system.leaves_out = described.leaves_out
    system.seal_json("config", entry.config)
    system.save()
    return system


def _described(entry: Entry) -> _Described:
    try:
        connector = open_connector(entry.connector, entry.config)
    except BadConfig as bad:
        raise Incomplete(
            _("The configuration cannot be used."), problems={key or "config": message for key, message in bad.problems}
        ) from None
    categories = sorted({category for dataset in connector.describe() for category in dataset.categories})
    unknown = set(categories) - known_categories()
    if unknown:
        message = _("No notice knows these data categories: %(names)s.") % {"names": ", ".join(sorted(unknown))}
        raise Incomplete(message, field="config")
    return _Described(categories, sorted(connector.identifiers()), list(connector.leaves_out()))


_IN_USE = Prepared(lambda: System.objects.filter(active=True).order_by("key").defer("description", "categories"))


def taking(purpose: Purpose) -> list[System]:
    """Return the systems in use that have anything to do with a purpose, each knowing what it can be told."""
    return [system for system in _IN_USE.rows() if concerns(purpose, _leaves_out(system))]


def using(purpose: Purpose, unneeded: Collection[str]) -> list[System]:
    """Return the systems in use that know a purpose, and those of our own that hold more than some kinds of data."""
    found = list(System.objects.filter(active=True).order_by("key").defer("description"))
    for system in found:
        system.leaves_out = _leaves_out(system)
    return [
        system
        for system in found
        if concerns(purpose, system.leaves_out or ())
        or (system.role == Role.OWN and set(system.categories) - set(unneeded))
    ]


def _leaves_out(system: System) -> list[str]:
    """Return what a system can leave people out of; of one that was entered before that was kept, ask and keep it."""
    if system.leaves_out is None:
        connector = open_connector(system.connector, system.open_json("config"))
        system.leaves_out = list(connector.leaves_out())
        System.objects.filter(pk=system.pk).update(leaves_out=system.leaves_out)
    return list(system.leaves_out)


def known_categories() -> set[str]:
    """Return the data categories of every version of every notice, and the parts that the retention schedule knows."""
    return {*pack().categories}


def check(system: System) -> Sequence[Problem]:
    """Reach a system and return what stands in the way of searching it. Call outside a transaction."""
    connector = open_connector(system.connector, system.open_json("config"))
    return [*connector.check(), *_blind(connector)]


def audit(system: System) -> Sequence[Problem]:
    """Do the same, and have a database looked through for what its mapping forgot. Call outside a transaction."""
    connector = open_connector(system.connector, system.open_json("config"))
    found = connector.audit() if isinstance(connector, Auditable) else connector.check()
    return [*found, *_blind(connector)]


CANNOT_TELL = "cannot_tell"
"""Code of what is told of a system that leaves people out and cannot be asked whether it does."""


def _blind(connector: Connector) -> list[Problem]:
    if Ability.SUPPRESS not in connector.abilities() or Ability.SUPPRESSED in connector.abilities():
        return []
    text = _("It can be told to leave somebody out and not be asked whether it does: only its own word says so.")
    return [Problem(CANNOT_TELL, str(Ability.SUPPRESSED), text, Level.WARNING)]
