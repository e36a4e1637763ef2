"""The figures of a year for the officer who certifies: what was entered, who asked, signed and proved."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from dsr.choices.cpni import Kind
from dsr.errors import Incomplete
from dsr.models import CpniAccount
from dsr.services.choices import cpni, yearly

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def enter(kind: Kind, at: datetime, account: str = "AC-1", **rest: Any) -> None:
    cpni.enter(cpni.Line(account=account, kind=kind, at=at, channel=rest.pop("channel", "web"), **rest), by="1", at=NOW)


@pytest.fixture
def lived() -> None:
    """A year with two denials, a notice and two campaigns, and one line from the year before."""
    enter(Kind.OPT_OUT, datetime(2025, 7, 1, tzinfo=UTC))
    enter(Kind.OPT_OUT, datetime(2026, 2, 1, tzinfo=UTC))
    enter(Kind.OPT_OUT, datetime(2026, 2, 1, tzinfo=UTC), "AC-2", channel="phone")
    enter(Kind.NOTICE_SENT, datetime(2026, 1, 2, tzinfo=UTC), "AC-3", medium="post", notice_version="1")
    for account in ("AC-1", "AC-3"):
        cpni.ask_for_campaign(cpni.digests(account), "new_services", campaign="spring", by="1", at=NOW)


@pytest.mark.usefixtures("lived")
def test_year_counts_what_belongs_to_it() -> None:
    found = yearly.figures(2026, NOW)

    assert found["lines"] == {"notice_sent": 1, "opt_out": 2}
    assert found["opt_outs_by_channel"] == {"phone": 1, "web": 1}
    assert found["campaigns"] == [{"campaign": "spring", "purpose": "new_services", "asked": 2, "allowed": 1}]
    assert (found["accounts"], found["ledger_lines_proved"], found["complete"]) == (3, 4, False)
    assert yearly.figures(2025, NOW)["lines"] == {"opt_out": 1}
    assert yearly.figures(2025, NOW)["complete"] is True


@pytest.mark.usefixtures("lived")
def test_file_is_signed_and_the_command_says_what_is_left_to_people(tmp_path: Path) -> None:
    said, file = StringIO(), tmp_path / "year.json"
    call_command("cpni", "year", "--year", "2026", "--json", stdout=said)
    file.write_text(said.getvalue())
    call_command("verify_receipt", file)
    assert json.loads(said.getvalue())["year"] == 2026

    plain = StringIO()
    call_command("cpni", "year", "--year", "2026", stdout=plain)
    assert "complaints" in plain.getvalue()
    assert "signature" not in plain.getvalue()


@pytest.mark.usefixtures("lived")
def test_ledger_that_is_not_whole_is_not_certified() -> None:
    CpniAccount.objects.filter(lines=2).update(lines=3)

    with pytest.raises(CommandError, match="should end at line 3"):
        call_command("cpni", "year", "--year", "2026")


def test_year_to_come_is_refused() -> None:
    with pytest.raises(Incomplete):
        yearly.figures((NOW + timedelta(days=400)).year, NOW)
