"""From a kind and a configuration to a connector: one per configuration and process, with its pool kept warm."""

import hashlib
import importlib
import json
import os
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any, Protocol, cast

from dsr.connectors.base import BadConfig, Connector

KINDS: dict[str, str] = {
    "sql": "dsr.connectors.sql:SqlConnector",
    "http": "dsr.connectors.http:HttpConnector",
    "manual": "dsr.connectors.manual:ManualConnector",
    "segment": "dsr.connectors.segment:SegmentConnector",
    "sendgrid": "dsr.connectors.sendgrid:SendGridConnector",
    "twilio": "dsr.connectors.twilio:TwilioConnector",
    "opendsr": "dsr.connectors.opendsr:OpenDsrConnector",
}
"""Loaded when first needed: the web process never pays for database drivers it does not use."""

_KEPT = 64


class _Pooled(Connector, Protocol):
    def forget(self) -> None: ...


class _Opened:
    """Connectors by configuration, the least used dropped first."""

    def __init__(self) -> None:
        self._connectors: OrderedDict[str, _Pooled] = OrderedDict()
        self._lock = Lock()

    def get(self, kind: str, config: Mapping[str, Any]) -> Connector:
        """Return the connector for this configuration, made on the first call."""
        # A digest, so that the secrets in a configuration are not kept a second time as a key.
        name = hashlib.sha256(json.dumps([kind, config], sort_keys=True, default=str).encode()).hexdigest()
        with self._lock:
            if name not in self._connectors:
                self._connectors[name] = _make(kind, config)
            self._connectors.move_to_end(name)
            dropped = self._connectors.popitem(last=False)[1] if len(self._connectors) > _KEPT else None
            connector = self._connectors[name]
        if dropped is not None:
            dropped.close()
        return connector

    def close(self) -> None:
        """Close all."""
        with self._lock:
            connectors, self._connectors = list(self._connectors.values()), OrderedDict()
        for connector in connectors:
            connector.close()

    def forked(self) -> None:
        """Let go of what belongs to the parent process, and of a lock that some other thread of it may have held."""
        self._lock = Lock()
        for connector in self._connectors.values():
            connector.forget()
        self._connectors = OrderedDict()


_opened = _Opened()
os.register_at_fork(after_in_child=_opened.forked)


def open_connector(kind: str, config: Mapping[str, Any]) -> Connector:
    """Return a connector; raises `BadConfig` that names each wrong key. Cheap to call again with the same values."""
    return _opened.get(kind, config)


def close_all() -> None:
    """Close every connection of this process."""
    _opened.close()


def _make(kind: str, config: Mapping[str, Any]) -> _Pooled:
    if kind not in KINDS:
        raise BadConfig([("connector", f"must be one of {', '.join(KINDS)}")])
    module, _, name = KINDS[kind].partition(":")
    return cast(_Pooled, getattr(importlib.import_module(module), name).open(config))
