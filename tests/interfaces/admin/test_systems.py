import json

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.urls import reverse

from dsr.connectors import Problem
from dsr.connectors.sql import SqlConnector
from dsr.models import System
from dsr.services import connections
from tests import organisation
from tests.interfaces.admin.desk import administrator, signed_in, text

SYSTEMS = "/admin/dsr/system/"
SECRET = "hush-hush-password"


@pytest.fixture
def syl(db):
    return signed_in("syl")


def page(system):
    return reverse("admin:dsr_system_change", args=(system.pk,))


def form(config="", **changes):
    """Return what the form of a new system sends."""
    return {
        "key": "shop",
        "name": "The shop",
        "description": "Orders and bills.",
        "active": "on",
        "owner_name": "Olga Owner",
        "owner_email": "olga@staff.example.org",
        "connector": "sql",
        "role": "own",
        "config": config,
        **changes,
    }


def shop(tmp_path):
    return {"url": organisation.database(tmp_path, "shop"), "tables": organisation.TABLES}


def test_system_is_entered_and_its_connection_never_shown_again(syl, tmp_path):
    config = {**shop(tmp_path), "url": f"postgresql://reader:{SECRET}@db.internal:5433/shop"}

    answer = syl.post(f"{SYSTEMS}add/", form(json.dumps(config), role="recipient"), follow=True)

    assert answer.status_code == 200
    system = System.objects.get(key="shop")
    assert system.role == "recipient"
    assert system.open_json("config")["url"].endswith("@db.internal:5433/shop")
    assert system.categories == ["contact_data", "customer_account_data"]
    assert system.identifiers == ["email"]
    said = text(syl.get(page(system)))
    for words in ("Host: db.internal:5433", "Path or database: /shop", "customers", "contact_data", "email"):
        assert words in said
    for hidden in (SECRET, "reader"):
        assert hidden not in said
    assert LogEntry.objects.filter(object_id=str(system.pk)).exists()


def test_connection_may_be_written_as_toml(syl, tmp_path):
    config = """
        instructions = "Look in the cabinet."
        identifiers = ["email"]
        [[datasets]]
        name = "letters"
        title = "Letters"
        description = "What was written."
        category = "support_feedback_data"
    """

    syl.post(f"{SYSTEMS}add/", form(config, connector="manual"))

    assert System.objects.get().categories == ["support_feedback_data"]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("", "needs a connection"),
        ("{not json", "neither JSON nor TOML"),
        ("[1, 2]", "neither JSON nor TOML"),
        (json.dumps({"url": f"ftp://{SECRET}", "tables": []}), "url: must begin with postgresql://"),
        (json.dumps({"url": "sqlite:///x", "tables": organisation.TABLES, "pasword": SECRET}), "pasword: Extra inputs"),
        (
            json.dumps({"url": "sqlite:///x", "tables": [{**organisation.TABLES[0], "category": "gossip"}]}),
            "No notice knows these data categories: gossip",
        ),
    ],
)
def test_wrong_connection_names_the_key_and_keeps_the_value_to_itself(syl, config, said):
    answer = syl.post(f"{SYSTEMS}add/", form(config), follow=True)

    page = text(answer)
    errors = page.partition("</textarea>")[2] if "</textarea>" in page else page
    assert said in page.replace("&#x27;", "'")
    assert SECRET not in errors.partition('name="config"')[0]
    assert not System.objects.exists()


def test_empty_connection_keeps_the_one_that_is_there(syl, systems):
    (system,) = systems
    before = System.objects.get().open_json("config")

    syl.post(page(system), form(name="Renamed", key=system.key))

    after = System.objects.get()
    assert (after.name, after.open_json("config")) == ("Renamed", before)


def test_key_of_a_system_stays_what_it_is(syl, systems):
    (system,) = systems

    syl.post(page(system), form(key="other"))

    assert System.objects.get().key == system.key


def test_other_kind_of_connector_needs_a_connection_of_its_own(syl, systems):
    (system,) = systems

    answer = syl.post(page(system), form(key=system.key, connector="manual"))

    assert "Another kind of connector needs a connection of its own." in text(answer)
    assert System.objects.get().connector == "sql"


def check(client, system):
    return client.post(reverse("admin:dsr_system_check", args=(system.pk,)), follow=True)


def test_check_reaches_the_system(syl, systems):
    (system,) = systems

    said = text(check(syl, system))

    assert "The system answers and can be searched completely." in said
    assert "well" in text(syl.get(SYSTEMS))


def test_check_says_what_is_wrong_and_the_list_remembers(syl, systems, tmp_path):
    (system,) = systems
    (tmp_path / "desk.sqlite3").unlink()

    said = text(check(syl, system))

    assert "r-error" in said
    assert "needs attention" in text(syl.get(SYSTEMS))


def test_check_is_made_outside_any_transaction(syl, systems, monkeypatch):
    depths: list[int] = []
    really = SqlConnector.check

    def checked(self: SqlConnector) -> list[Problem]:
        depths.append(len(connection.savepoint_ids))
        return really(self)

    monkeypatch.setattr(SqlConnector, "check", checked)

    check(syl, systems[0])

    # The test itself runs in one transaction; no savepoint may come on top.
    assert depths == [0]


def test_dictionary_explains_every_field(syl, systems):
    said = text(syl.get(reverse("admin:dsr_system_dictionary", args=(systems[0].pk,))))

    for words in ("Your account", "Who you are to us.", "Mail address", "contact_data", "Account number"):
        assert words in said


@pytest.mark.parametrize(
    ("name", "sees", "changes"),
    [("hal", True, False), ("vera", True, False), ("audrey", True, False), ("sam", False, False), ("syl", True, True)],
)
def test_systems_are_changed_by_those_who_may(name, sees, changes, systems):
    client, (system,) = signed_in(name), systems

    listed, shown = client.get(SYSTEMS), client.get(page(system))
    client.post(page(system), form(name="Renamed", key=system.key))
    check(client, system)

    assert listed.status_code == (200 if sees else 403)
    assert ('name="config"' in text(shown)) is changes
    assert (System.objects.get().name == "Renamed") is changes
    assert client.get(f"{SYSTEMS}add/").status_code == (200 if changes else 403)
    assert (connections.last_check(system.pk) is not None) is changes


def test_system_cannot_be_deleted(systems):
    assert administrator().post(f"{SYSTEMS}{systems[0].pk}/delete/", {"post": "yes"}).status_code == 403
    assert System.objects.exists()
