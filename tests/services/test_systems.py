"""Systems: entered with a configuration that can be used, changed by their key, asked whether they answer."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from dsr.errors import Incomplete
from dsr.models import System
from dsr.services import systems
from dsr.services.systems import Entry, enter
from notifications.models import DataKey
from tests import organisation
from tests import outpost as outposts
from tests.clock import Clock
from tests.outpost import Outpost, outpost

__all__ = ["outpost"]
pytestmark = pytest.mark.django_db


def _entry(folder: Path, **changes: Any) -> Entry:
    values: dict[str, Any] = {
        "key": "desk",
        "name": "The desk",
        "owner_name": "Olga Owner",
        "owner_email": "olga@staff.example.org",
        "connector": "sql",
        "config": {"url": organisation.database(folder), "tables": organisation.TABLES},
    }
    return Entry(**{**values, **changes})


def _errors(system: System) -> list[str]:
    return [problem.code for problem in systems.check(system) if problem.level == "error"]


def test_system_knows_from_its_configuration_what_it_holds(clock: Clock, tmp_path: Path) -> None:
    system = enter(_entry(tmp_path), at=clock())

    assert system.categories == ["contact_data", "customer_account_data"]
    assert system.identifiers == ["email"]
    assert _errors(system) == []


def test_connection_is_sealed_under_a_key_of_its_own(clock: Clock, tmp_path: Path) -> None:
    system = enter(_entry(tmp_path), at=clock())

    row = System.objects.select_related("data_key").get()
    assert b"sqlite" not in bytes(row.config_sealed or b"")
    assert row.open_json("config")["url"].startswith("sqlite:///")
    assert row.data_key_id == system.data_key_id


def test_entering_again_changes_the_system_of_that_key(clock: Clock, tmp_path: Path) -> None:
    first = enter(_entry(tmp_path), at=clock())

    second = enter(_entry(tmp_path, name="The new desk", active=False), at=clock.tick())

    assert second.pk == first.pk
    assert (System.objects.get().name, System.objects.get().active) == ("The new desk", False)
    assert DataKey.objects.count() == 1


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"url": "ftp://example.org", "tables": organisation.TABLES},
        {"url": "sqlite:////tmp/secret-canary", "tables": []},
        {"url": "sqlite:////tmp/secret-canary", "tables": organisation.TABLES, "extra": 1},
        {"url": "sqlite:////tmp/secret-canary", "tables": [{**organisation.TABLES[0], "identity": []}]},
        {"url": "sqlite:////tmp/secret-canary", "tables": [{**organisation.TABLES[0], "category": "shoe_size"}]},
    ],
)
def test_configuration_that_cannot_be_used_is_named_and_never_repeated(
    clock: Clock, tmp_path: Path, config: dict[str, Any]
) -> None:
    with pytest.raises(Incomplete) as refused:
        enter(_entry(tmp_path, config=config), at=clock())

    assert refused.value.problems
    assert "canary" not in f"{refused.value} {refused.value.problems}"
    assert not System.objects.exists()


def test_configuration_that_cannot_be_used_leaves_the_old_one_in_place(clock: Clock, tmp_path: Path) -> None:
    enter(_entry(tmp_path), at=clock())

    with pytest.raises(Incomplete):
        enter(_entry(tmp_path, config={}), at=clock.tick())

    assert _errors(System.objects.select_related("data_key").get()) == []


@pytest.mark.parametrize("connector", ["", "ldap"])
def test_connector_that_is_none_is_refused(clock: Clock, tmp_path: Path, connector: str) -> None:
    with pytest.raises(Incomplete):
        enter(_entry(tmp_path, connector=connector), at=clock())


@pytest.mark.parametrize("address", ["", "olga", "olga@", "olga@example.org\nBcc: max@example.org"])
def test_owner_must_have_an_address_that_can_be_written_to(clock: Clock, tmp_path: Path, address: str) -> None:
    with pytest.raises(Incomplete) as refused:
        enter(_entry(tmp_path, owner_email=address), at=clock())

    assert refused.value.field == "owner_email"


def test_check_says_what_stands_in_the_way(clock: Clock, tmp_path: Path, outpost: Outpost) -> None:
    gone = outposts.enter(outpost, clock(), key="gone", url="http://127.0.0.1:9")
    well = outposts.enter(outpost, clock(), key="well")

    assert [problem.code for problem in systems.check(gone)] == ["unreachable"]
    assert systems.check(well) == []


def test_check_tells_of_a_system_that_leaves_out_and_cannot_say_so(
    clock: Clock, outpost: Outpost, capsys: pytest.CaptureFixture[str]
) -> None:
    blind = outposts.enter(outpost, clock(), abilities=["suppress"])
    seeing = outposts.enter(outpost, clock(), key="seeing", abilities=["suppress", "suppressed"])

    call_command("systems", "check", "--json")

    told = json.loads(capsys.readouterr().out)["systems"]
    assert [one["code"] for one in told[blind.key]] == [systems.CANNOT_TELL]
    assert told[seeing.key] == []
