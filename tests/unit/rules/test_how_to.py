"""What the how-to page on rule files shows: its tables are read as rule files are, its commands do what it says."""

import re
import shlex
import tomllib
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from dsr.rules.schema.duties import IdentityRule
from dsr.rules.schema.ladder import Bar, Sensitive
from dsr.rules.schema.periods import ClockRule, ExtensionRule, PauseRule
from dsr.rules.schema.regime import VectorFile
from dsr.rules.vectors import failures
from tests.unit.rules.packs import shipped

PAGE = (Path(__file__).resolve().parents[3] / "docs/how-to/rule-files.md").read_text(encoding="utf-8")
TABLES = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]
COMMANDS = [
    shlex.split(line.replace("\\\n", " "))
    for line in re.findall(r"^\$ .venv/bin/python manage.py (rules explain (?:.*\\\n)*.*)$", PAGE, re.MULTILINE)
]


def _one(key: str) -> Any:
    (found,) = (table[key] for table in TABLES if key in table)
    return found


def test_the_rows_that_are_shown_are_rows_of_a_law() -> None:
    (clock,), (pause,) = _one("clocks"), _one("pauses")

    assert ClockRule.model_validate(clock).period.n == 1
    assert PauseRule.model_validate(pause).mode == "exclude_inclusive"
    assert ExtensionRule.model_validate(_one("extension")).n == 2
    shown = set(clock) | {"longer"}
    assert shown == set(ClockRule.model_fields)


def test_the_rows_of_the_ladder_that_are_shown_are_rows_of_it() -> None:
    (demand,), (sensitive,), (bar,) = _one("identity"), _one("sensitive"), _one("bars")

    assert IdentityRule.model_validate(demand).ends is not None
    assert Sensitive.model_validate(sensitive).regimes == ("us_ca_ccpa",)
    assert Bar.model_validate(bar).yields


def test_the_worked_cases_come_out_as_they_are_shown() -> None:
    cases = VectorFile.model_validate({"vectors": _one("vectors")}).vectors

    for law, case in zip(("uk_gdpr", "eu_gdpr"), cases, strict=True):
        row = shipped().regime(law, case.received)
        told = [problem for problem in failures(row, [case], "x") if problem.key.startswith("vectors[0]")]
        # The acknowledgement is a target of the service, which the page leaves out.
        assert [problem.key for problem in told if problem.key != "vectors[0].acknowledge"] == []


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[2:]))
def test_the_commands_that_are_shown_work(command: list[str]) -> None:
    out = StringIO()

    call_command(*command, stdout=out, no_color=True)

    assert "access" in out.getvalue()


def test_the_page_shows_each_way_to_ask_why() -> None:
    used = {argument for command in COMMANDS for argument in command if argument.startswith("--")}

    assert used == {"--regime", "--right", "--received", "--event", "--until", "--as-of", "--json"}
