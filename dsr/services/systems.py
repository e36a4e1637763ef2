"""The systems that are searched: their particulars, their sealed connection, and whether they can be reached."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext as _

from dsr import connectors
from dsr.connectors import BadConfig, Connector, ConnectorError, Dataset
from dsr.connectors.reasons import reason
from dsr.errors import Incomplete, NotAllowed, NotFound
from dsr.models import ConnectorKind, System
from dsr.policies import Caller
from notifications.ids import uuid7
from notifications.models import DataKey


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


@dataclass(frozen=True, slots=True)
class Health:
    """What the last check of a system found, each problem as where and what. Nothing found is good news."""

    at: datetime
    problems: tuple[tuple[str, str, str], ...]
    """Level, place and sentence of each."""

    @property
    def well(self) -> bool:
        """Whether nothing stands in the way of a complete search."""
        return not any(level == "error" for level, _where, _what in self.problems)


def read_config(kind: str, text: str) -> dict[str, Any]:
    """Return the connection written as JSON or TOML. Raises Incomplete naming each wrong key, never a value."""
    try:
        config = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except ValueError:
        # Both parsers quote the text at fault, which may hold a password.
        raise Incomplete(_("This is neither JSON nor TOML."), field="config") from None
    _opened(kind, config)
    return dict(config)


def _opened(kind: str, config: Mapping[str, Any]) -> Connector:
    try:
        return connectors.open_connector(kind, config)
    except BadConfig as error:
        said = [f"{key}: {message}" for key, message in error.problems]
    raise Incomplete("\n".join(said), field="config")


def connector_of(system: System) -> Connector:
    """Return the connector of a system, ready to be asked. Raises Incomplete when its connection is not set up."""
    if system.config_sealed is None:
        raise Incomplete(_("The connection of this system has not been set up yet."), field="config")
    return _opened(system.connector, system.open_json("config"))


def save(
    system_id: UUID | None, particulars: Particulars, config: Mapping[str, Any] | None, *, by: Caller, at: datetime
) -> System:
    """Keep a system; without ``config`` the connection stays as it is. Raises NotAllowed, NotFound, Incomplete.

    What a database or a worksheet declares about itself is taken over; a service is asked at the next check, because
    that needs the network.
    """
    _check_may(by, "dsr.change_system" if system_id else "dsr.add_system")
    connector = _opened(particulars.connector, config) if config is not None else None
    with transaction.atomic():
        system = _locked(system_id) if system_id else _new(at)
        for name in Particulars.__slots__:
            setattr(system, name, getattr(particulars, name))
        if config is not None:
            system.seal_json("config", config)
        if connector is not None and particulars.connector != ConnectorKind.HTTP:
            _take_over(system, connector.describe(), connector)
        elif connector is not None:
            system.identifiers = sorted(connector.identifiers())
        system.save()
    return system


def check(system_id: UUID, *, by: Caller, at: datetime) -> Health:
    """Reach a system and compare it with what we believe about it, outside any transaction.

    Raises NotAllowed, NotFound or Incomplete. Takes as long as the time-out of the system's own configuration.
    """
    _check_may(by, "dsr.change_system")
    system = System.objects.select_related("data_key").filter(pk=system_id).first()
    if system is None:
        raise NotFound(_("There is no such system."))
    connector = connector_of(system)
    try:
        found = tuple((str(each.level), each.where, each.message) for each in connector.check())
        _take_over(system, connector.describe(), connector)
    except ConnectorError as error:
        found = (("error", error.where, reason(str(error.code))),)
    else:
        System.objects.filter(pk=system.pk).update(categories=system.categories, identifiers=system.identifiers)
    health = Health(at, found)
    cache.set(_cache_key(system_id), {"at": at.isoformat(), "problems": found}, timeout=None)
    return health


def last_check(system_id: UUID) -> Health | None:
    """Return what the last check found, if anybody has checked since the cache was emptied."""
    kept = cache.get(_cache_key(system_id))
    if kept is None:
        return None
    return Health(datetime.fromisoformat(kept["at"]), tuple(tuple(each) for each in kept["problems"]))


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
    found = {
        _("Address"): f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
        if parts.hostname
        else parts.scheme,
        _("Path or database"): parts.path,
        _("Data sets"): ", ".join(str(each.get("dataset") or each.get("name", "")) for each in listed),
        _("Data categories"): ", ".join(system.categories),
        _("Identifiers"): ", ".join(system.identifiers),
    }
    return {label: text for label, text in found.items() if text}


def _check_may(by: Caller, permission: str) -> None:
    # The shell has no user: whoever may run commands there may do this, too.
    if by.user is not None and not by.user.has_perm(permission):
        raise NotAllowed(_("Your account may not change systems."), code="not-systems")


def _locked(system_id: UUID) -> System:
    system = System.objects.select_for_update(of=("self",)).select_related("data_key").filter(pk=system_id).first()
    if system is None:
        raise NotFound(_("There is no such system."))
    return system


def _new(at: datetime) -> System:
    key = DataKey.new(at)
    key.save(force_insert=True)
    return System(id=uuid7(at), data_key=key)


def _take_over(system: System, described: tuple[Dataset, ...], connector: Connector) -> None:
    system.categories = sorted({category for dataset in described for category in dataset.categories})
    system.identifiers = sorted(connector.identifiers())


def _cache_key(system_id: UUID) -> str:
    return f"system-check:{system_id}"
