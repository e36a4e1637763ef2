"""Files that are made from code. `manage.py drift` compares them, `manage.py drift --write` makes them.

To add one, write a function that returns {path from the root: text} and put it into SOURCES.
"""

from collections.abc import Callable, Mapping

from django.conf import settings
from django.utils import translation

from dsr import caselife, lifecycle, rules
from dsr.environment import Environment, Variable
from dsr.management import promises
from dsr.rights import SPECS, Right
from dsr.rules import identity_page, reference, retention_pages
from dsr.rules import refusals_page as grounds_page
from dsr.rules.files import SHIPPED

_NOTE = "<!-- Made by `manage.py drift --write`; edit the code it comes from instead. -->\n"


def lifecycle_pages() -> dict[str, str]:
    """One page with table and diagram for each right."""
    return {f"docs/reference/lifecycle/{right}.md": _lifecycle_page(right) for right in Right if right in SPECS}


def _lifecycle_page(right: Right) -> str:
    rows = [
        "| " + " | ".join(_cell(value) for value in _row(move)) + " |"
        for move in sorted(lifecycle.of(right), key=lifecycle.MOVES.index)
    ]
    return "\n".join(
        [
            f"# {SPECS[right].title}\n",
            _NOTE,
            f"```mermaid\n{lifecycle.mermaid(right)}```\n",
            "| Move | From | To | Who | Needs | Outcome |",
            "| --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _row(move: lifecycle.Move) -> list[str]:
    return [
        f"`{move.verb}`",
        ", ".join(state for state in lifecycle.State if state in move.sources),
        str(move.target) if move.target else "stays",
        ", ".join(actor for actor in lifecycle.Actor if actor in move.actors),
        ", ".join(move.needs),
        str(move.outcome or ""),
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def case_page() -> dict[str, str]:
    """The page with table and diagram for cases of authorities."""
    rows = ["| " + " | ".join(_cell(value) for value in _case_row(move)) + " |" for move in caselife.CASE_MOVES]
    lines = [
        "# Cases of authorities\n",
        _NOTE,
        "A kind of its own: nobody filed it, its day is that of a letter, and no page of a person tells it.",
        "How to work on one: [When an authority writes](../../how-to/authority-writes.md).\n",
        f"```mermaid\n{caselife.mermaid()}```\n",
        "| Move | From | To | Who | Needs | Inputs |",
        "| --- | --- | --- | --- | --- | --- |",
        *rows,
        "",
    ]
    return {"docs/reference/lifecycle/authority_case.md": "\n".join(lines)}


def _case_row(move: caselife.CaseMove) -> list[str]:
    return [
        f"`{move.verb}`",
        ", ".join(state for state in caselife.CaseState if state in move.sources),
        str(move.target) if move.target else "stays",
        ", ".join(actor for actor in lifecycle.Actor if actor in move.actors),
        ", ".join(move.needs),
        ", ".join((*move.inputs, *(f"{name} (may)" for name in move.may_say))),
    ]


def settings_page() -> dict[str, str]:
    """The reference of all variables, and the file to start from."""
    env: Environment = settings.ENVIRONMENT
    rows = [_settings_row(variable) for variable in env.variables.values()]
    page = "\n".join(
        [
            "# Settings\n",
            _NOTE,
            "All of them are environment variables, and all are optional on one machine. Those marked *secret* can",
            "also be given as `NAME_FILE`, the path of a file that holds the value. A value that cannot be used stops",
            "the start with a sentence that names the variable, what was seen and the fix.\n",
            "| Variable | Type | Default | What for |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )
    example = "\n".join(
        [
            "# Every setting there is. Copy to .env and fill in what your installation needs; a line that stays a",
            "# comment keeps its default. Made by `manage.py drift --write`.",
            "",
            *(_example(variable) for variable in env.variables.values()),
        ]
    )
    return {"docs/reference/settings.md": page, ".env.example": example}


def _settings_row(variable: Variable) -> str:
    purpose = variable.help + (f" For example `{variable.example}`." if variable.example else "")
    name = f"`{variable.name}`" + (" *secret*" if variable.secret else "")
    return "| " + " | ".join(_cell(text) for text in (name, variable.kind, variable.default or "none", purpose)) + " |"


def _example(variable: Variable) -> str:
    default = f" Default: {variable.default}." if variable.default else ""
    also = f" Also {variable.name}_FILE." if variable.secret else ""
    return f"# {variable.help}{default}{also}\n#{variable.name}={variable.example}\n"


def openapi_file() -> dict[str, str]:
    """The API's description, as /api/schema/ serves it."""
    from dsr.api.pages import description_text

    return {"docs/reference/openapi.yaml": description_text()}


def problem_page() -> dict[str, str]:
    """Every type of problem that the API answers with."""
    from dsr.api.catalogue import TYPES

    rows = [
        "| "
        + " | ".join(_cell(str(text)) for text in (f"`{each.code}`", each.status, each.meaning, each.remedy))
        + " |"
        for each in TYPES.values()
    ]
    lines = [
        "# Types of problem\n",
        _NOTE,
        "What the API answers when something does not work is a problem document (RFC 9457). Each `code` is stable and",
        "has its page at `/api/problems/<code>/`, which is also the document's `type`.\n",
        "| Code | Status | What it means | What to do |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
    ]
    return {"docs/reference/problems.md": "\n".join(lines)}


def rules_page() -> dict[str, str]:
    """Every law, figure and ground in the rule files that ship."""
    return {"docs/reference/rules.md": reference.page(rules.load(SHIPPED), _NOTE)}


def identity_pages() -> dict[str, str]:
    """Who must prove what, by what means, for whom."""
    return {"docs/reference/identity.md": identity_page.page(rules.load(SHIPPED), _NOTE)}


def retention_page() -> dict[str, str]:
    """How long what is kept, and what stands against a request for erasure."""
    return {"docs/reference/retention.md": retention_pages.page(rules.load(SHIPPED), _NOTE)}


def refusals_page() -> dict[str, str]:
    """Every ground of refusal, and what each takes."""
    return {"docs/reference/refusals.md": grounds_page.page(rules.load(SHIPPED), _NOTE)}


def promises_page() -> dict[str, str]:
    """What was promised, and the test that proves it; nothing where the tests are not installed."""
    register = promises.Register(settings.BASE_DIR)
    return {"docs/reference/promises.md": register.page(_NOTE)} if register.is_there else {}


def connector_files() -> dict[str, str]:
    """What connectors report, and the schemas of their configurations."""
    from dsr.connectors import reference as connectors

    return connectors.pages(_NOTE)


SOURCES: list[Callable[[], Mapping[str, str]]] = [
    rules_page,
    identity_pages,
    retention_page,
    refusals_page,
    promises_page,
    lifecycle_pages,
    case_page,
    settings_page,
    openapi_file,
    problem_page,
    connector_files,
]


def files() -> dict[str, str]:
    """Every generated file as {path from the root: text}, in English."""
    with translation.override("en"):
        return {path: text for source in SOURCES for path, text in source().items()}
