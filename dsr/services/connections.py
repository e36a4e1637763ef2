"""How staff look after the systems: particulars, a connection that only goes in, and whether it still holds."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from dsr.connectors import BadConfig, Connector, ConnectorError, Dataset, open_connector
from dsr.connectors.reasons import reason
from dsr.errors import Incomplete, NotAllowed, NotFound
from dsr.models import Role, System
from dsr.policies import Caller
from dsr.services import systems


@dataclass(frozen=True, slots=True)
class Particulars:
    """What people may know about a system."""

    key: str
    name: str
    description: str
    owner_name: str
    owner_email: str
    connector: str
    active: bool
    role: str = str(Role.OWN)


@dataclass(frozen=True, slots=True)
class Health:
    """What the last check of a system found: of each problem its level, its place and a sentence. None is good news."""

    at: datetime
    problems: tuple[tuple[str, str, str], ...]

    @property
    def well(self) -> bool:
        """Whether nothing stands in the way of a complete search."""
        return not any(level == "error" for level, _where, _what in self.problems)


def read_config(kind: str, text: str) -> dict[str, Any]:
    """Return a connection written as JSON or TOML. Raises Incomplete naming each wrong key, never a value.

    A service is asked what it holds, so call this outside a transaction.
    """
    try:
        config = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except ValueError:
        # Both parsers quote the text at fault, which may hold a password.
        config = None
    if not isinstance(config, dict):
        raise Incomplete(_("This is neither JSON nor TOML."), field="config")
    try:
        described = _opened(kind, config).describe()
    except ConnectorError as error:
        raise Incomplete(reason(str(error.code)), field="config") from None
    unknown = {category for dataset in described for category in dataset.categories} - systems.known_categories()
    if unknown:
        names = ", ".join(sorted(unknown))
        raise Incomplete(_("No notice knows these data categories: %(names)s.") % {"names": names}, field="config")
    return config


def save(
    system_id: UUID | None, particulars: Particulars, config: Mapping[str, Any] | None, *, by: Caller, at: datetime
) -> System:
    """Keep a system; without ``config`` its connection stays as it is. Raises NotAllowed, NotFound, Incomplete."""
    _check_may(by, "dsr.change_system" if system_id else "dsr.add_system")
    if config is not None:
        return systems.enter(systems.Entry(config=config, **asdict(particulars)), at=at)
    if system_id is None:
        raise Incomplete(_("A new system needs a connection."), field="config")
    systems.check_owner(particulars.owner_email)
    with transaction.atomic():
        system = System.objects.select_for_update().filter(pk=system_id).first()
        if system is None:
            raise NotFound(_("There is no such system."))
        for name, value in asdict(particulars).items():
            setattr(system, name, value)
        system.save(update_fields=list(Particulars.__slots__))
    return system


def check(system_id: UUID, *, by: Caller, at: datetime) -> Health:
    """Reach a system and compare it with what we believe about it, outside any transaction; remember the result.

    Raises NotAllowed, NotFound or Incomplete. Takes at most as long as the system's own configuration allows.
    """
    _check_may(by, "dsr.change_system")
    system = System.objects.select_related("data_key").filter(pk=system_id).first()
    if system is None:
        raise NotFound(_("There is no such system."))
    connector_of(system)
    try:
        found = tuple((str(each.level), each.where, each.message) for each in systems.check(system))
    except ConnectorError as error:
        found = (("error", error.where, reason(str(error.code))),)
    cache.set(_cache_key(system_id), {"at": at.isoformat(), "problems": found}, timeout=None)
    return Health(at, found)


def last_check(system_id: UUID) -> Health | None:
    """Return what the last check found, if there was one since the cache was emptied."""
    kept = cache.get(_cache_key(system_id))
    if kept is None:
        return None
    return Health(datetime.fromisoformat(kept["at"]), tuple(tuple(each) for each in kept["problems"]))


def connector_of(system: System) -> Connector:
    """Return the connector of a system, ready to be asked. Raises Incomplete when its connection is not usable."""
    if system.config_sealed is None:
        raise Incomplete(_("The connection of this system has not been set up yet."), field="config")
    return _opened(system.connector, system.open_json("config"))


def datasets(system: System) -> tuple[Dataset, ...]:
    """Return the data dictionary of a system. Raises Incomplete when it cannot be had just now."""
    connector = connector_of(system)
    try:
        return connector.describe()
    except ConnectorError as error:
        raise Incomplete(reason(str(error.code)), field="config") from None


def summary(system: System) -> dict[str, str]:
    """Return where the connection leads, without anything secret in it."""
    config = system.open_json("config") if system.config_sealed else {}
    if not config:
        return {}
    parts = urlsplit(str(config.get("url", "")))
    listed = config.get("tables") or config.get("datasets") or ()
    host = f"{parts.hostname}{f':{parts.port}' if parts.port else ''}" if parts.hostname else ""
    found = {
        _("Kind"): parts.scheme,
        _("Host"): host,
        _("Path or database"): f"/{parts.path.lstrip('/')}" if parts.path else "",
        _("Data sets"): ", ".join(str(each.get("dataset") or each.get("name", "")) for each in listed),
        _("Data categories"): ", ".join(system.categories),
        _("Identifiers"): ", ".join(system.identifiers),
    }
    return {label: text for label, text in found.items() if text}


def _opened(kind: str, config: Mapping[str, Any]) -> Connector:
    try:
        return open_connector(kind, config)
    except BadConfig as error:
        said = [f"{key}: {message}" for key, message in error.problems]
    raise Incomplete("\n".join(said), field="config")


def _check_may(by: Caller, permission: str) -> None:
    # The shell has no user: whoever may run commands there may do this, too.
    if by.user is not None and not by.user.has_perm(permission):
        raise NotAllowed(_("Your account may not change systems."), code="not-systems")


def _cache_key(system_id: UUID) -> str:
    return f"system-check:{system_id}"
