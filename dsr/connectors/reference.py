"""Reference files made from the code: failure codes for people, schemas of the configurations for editors."""

import json

from django.utils import translation

from dsr.connectors.base import Code, RefusalCode
from dsr.connectors.config import Strict
from dsr.connectors.http import HttpConfig
from dsr.connectors.manual import ManualConfig
from dsr.connectors.mapping import SqlConfig
from dsr.connectors.reasons import reason
from dsr.connectors.sql_errors import TEMPORARY

_CONFIGS: dict[str, type[Strict]] = {"sql": SqlConfig, "http": HttpConfig, "manual": ManualConfig}


def pages(note: str) -> dict[str, str]:
    """Return path from the root to text. `note` says on each page that it is made."""
    return {"docs/reference/connector-codes.md": _codes(note), **_schemas()}


def _codes(note: str) -> str:
    with translation.override("en"):
        rows = [f"| `{code}` | {_fate(code)} | {reason(code)} |" for code in (*Code, *RefusalCode)]
    head = [
        "# Why a search came to nothing\n",
        note,
        "What a connector reports is a code, never a value and never a system's own words. What may pass is tried",
        "again by itself; all else waits for somebody.\n",
        "| Code | | What happened, and what helps |",
        "| --- | --- | --- |",
    ]
    return "\n".join([*head, *rows, ""])


def _fate(code: Code | RefusalCode) -> str:
    if isinstance(code, RefusalCode):
        return "refused"
    return "may pass" if code in TEMPORARY or code is Code.FAULT else "needs somebody"


def _schemas() -> dict[str, str]:
    found = {}
    for name, model in _CONFIGS.items():
        schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
        found[f"dsr/connectors/schema/{name}-config.json"] = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    return found
