"""Reference files made from the code: failure codes for people, schemas of the configurations for editors."""

import json

from django.utils import translation

from dsr.connectors.base import Code, RefusalCode
from dsr.connectors.changes import Remark
from dsr.connectors.config import Strict
from dsr.connectors.facts import BREACHED, KINDS, FactKind
from dsr.connectors.http_config import HttpConfig
from dsr.connectors.manual import ManualConfig
from dsr.connectors.mapping import SqlConfig
from dsr.connectors.opendsr_config import OpenDsrConfig
from dsr.connectors.reasons import reason
from dsr.connectors.segment import SegmentConfig
from dsr.connectors.sendgrid_config import SendGridConfig
from dsr.connectors.sql_errors import TEMPORARY
from dsr.connectors.twilio_wire import TwilioConfig

_CONFIGS: dict[str, type[Strict]] = {
    "sql": SqlConfig,
    "http": HttpConfig,
    "manual": ManualConfig,
    "segment": SegmentConfig,
    "sendgrid": SendGridConfig,
    "twilio": TwilioConfig,
    "opendsr": OpenDsrConfig,
}


def pages(note: str) -> dict[str, str]:
    """Return path from the root to text. `note` says on each page that it is made."""
    return {
        "docs/reference/connector-codes.md": _codes(note),
        "docs/reference/connector-facts.md": _facts(note),
        **_schemas(),
    }


def _codes(note: str) -> str:
    with translation.override("en"):
        rows = [f"| `{code}` | {_fate(code)} | {reason(code)} |" for code in (*Code, *RefusalCode)]
        remarks = [f"| `{remark}` | {reason(remark)} |" for remark in Remark]
    head = [
        "# Why a search came to nothing\n",
        note,
        "What a connector reports is a code, never a value and never a system's own words. What may pass is tried",
        "again by itself; all else waits for somebody.\n",
        "| Code | | What happened, and what helps |",
        "| --- | --- | --- |",
    ]
    beside = [
        "",
        "## What an answer does not cover\n",
        "Beside what was done a connector may remark this. A web service may send words of its own as `notes`; staff",
        "see them as they are.\n",
        "| Remark | What it means |",
        "| --- | --- |",
    ]
    return "\n".join([*head, *rows, *beside, *remarks, ""])


_EXAMPLES = {
    FactKind.MONTH: "`2026-05`, `05/2026`, `5.2026`",
    FactKind.AMOUNT: "`1234.50`, `1.234,50 €`, `1 234,50`",
    FactKind.COUNT: "`3`",
    FactKind.WORDS: "`Team Plus`, `team plus`",
}


def _facts(note: str) -> str:
    head = [
        "# Facts that may be asked\n",
        note,
        "Facts are one way among several to show who one is. What may be asked changes often, stands in no breach and",
        "can be looked up by the person. The system says whether an answer is right and never what would be. An answer",
        "may be written in any of these ways, in digits of any script:\n",
        "| Fact | Answer | For example |",
        "| --- | --- | --- |",
        *(f"| `{name}` | {kind} | {_EXAMPLES[kind]} |" for name, kind in KINDS.items()),
        "",
        "A mapping or a service that names anything else is refused. So is a column whose name says that it holds what",
        "is in every breach, as whoever knows that has proved nothing:\n",
        *(f"- {what}" for _, what in BREACHED),
    ]
    return "\n".join([*head, ""])


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
