"""The demonstration as `make run` loads it: systems entered, staff signed up, systems audited from the command line."""

import io
import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from dsr import demo
from dsr.connectors import close_all
from dsr.models import Customer, System
from dsr.rules import pack
from tests.clock import Clock

pytestmark = pytest.mark.django_db
NOW = Clock().now


@pytest.fixture(autouse=True)
def _own_place(settings: Any, tmp_path: Path) -> Any:
    settings.DATA_DIR = tmp_path
    settings.DEMO_ACCOUNTS_URL = settings.DEMO_MESSAGING_URL = ""
    settings.DEMO_PORT = 9
    settings.DECISION_NETWORKS = [ip_network("127.0.0.1/32")]
    yield
    close_all()


def run(*words: str) -> str:
    """What `manage.py systems` prints."""
    out = io.StringIO()
    try:
        call_command("systems", *words, stdout=out)
    except CommandError as error:
        return f"{out.getvalue()}{error}"
    return out.getvalue()


def test_enters_four_systems_and_keeps_them() -> None:
    demo.load_once(NOW)
    first = {system.key: system.pk for system in System.objects.all()}

    demo.load_once(NOW)

    assert {system.key: system.pk for system in System.objects.all()} == first
    assert set(first) == {"accounts", "messaging", "marketing", "support"}
    marketing = System.objects.select_related("data_key").get(key="marketing")
    assert marketing.identifiers == ["email"]
    assert "marketing_communications_data" in marketing.categories
    assert marketing.open_json("config")["url"] == "http://127.0.0.1:9"


def test_signs_staff_up_once() -> None:
    logins = demo.load_once(NOW)
    hal = User.objects.get(username="hal")
    hal.set_password("his own")
    hal.save()

    demo.load_once(NOW)

    assert [name for name, _, _ in logins] == ["hal", "vera", "lena", "dora", "ivy", "sam", "kim"]
    assert User.objects.get(username="hal").check_password("his own")
    assert User.objects.get(username="vera").check_password("vera-approves")
    assert User.objects.get(username="vera").has_perm("dsr.approve_requests")
    assert not User.objects.get(username="hal").has_perm("dsr.approve_requests")
    assert not User.objects.filter(is_superuser=True).exists()


def test_checks_every_system_and_fails_for_one_that_is_down() -> None:
    demo.load_once(NOW)

    told, listed = run("check"), run("check", "--json")

    assert "accounts: good" in told
    assert "marketing: \n  error: The system does not answer." in told
    assert told.endswith("cannot be searched completely, or not asked as configured: marketing")
    found = json.loads(listed.partition("\n")[0])["systems"]
    assert found["accounts"] == found["messaging"] == found["support"] == []
    assert found["marketing"][0]["code"] == "unreachable"


def test_audits_chosen_systems() -> None:
    demo.load_once(NOW)

    found = json.loads(run("audit", "accounts", "messaging", "--json"))

    assert found == {"systems": {"accounts": [], "messaging": []}}
    assert "no such system: nonsense" in run("audit", "nonsense")


def test_a_customer_a_brand_and_a_company_are_there_to_direct_people_to(settings: Any) -> None:
    settings.RULES_DIR = Path(demo.__file__).parent / "rules"  # as the settings have it where the demonstration runs

    demo.load_once(NOW)
    demo.load_once(NOW)

    assert [row.answers_within for row in Customer.objects.filter(name="Bluegate Logistics")] == [None]
    assert {door.kind for door in pack().notice_then(NOW.date()).doors} == {"applicants", "brand", "group_company"}
