"""What the demonstration's systems say of people while somebody waits."""

import logging
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from dsr import demo
from dsr.connectors import Code, PermanentFailure, Standing, TemporaryFailure, close_all
from dsr.demo.accounts import UNTIL
from dsr.demo.http_service import serve
from dsr.demo.people import ADA, ADA_EMAIL, MAX_EMAIL, MOVED_MAIL, MOVED_NUMBER, NORA_EMAIL, somebody
from dsr.models import System
from dsr.services import known_people, systems
from tests.clock import Clock

pytestmark = pytest.mark.django_db
NOW = Clock().now
BY_ADA = {"email": [ADA_EMAIL]}
RIGHT = [
    ("accounts", "last_payment_amount", "832,47"),
    ("accounts", "last_payment_month", "10/2026"),
    ("accounts", "account_opened_month", "2024-08"),
    ("accounts", "last_ticket_month", "2026-05"),
    ("accounts", "plan_name", "team plus"),
    ("marketing", "event_attended", "Messaging Day"),
    ("messaging", "numbers_held", "1"),
    ("messaging", "last_number_added_month", "2025-10"),
    ("messaging", "last_message_month", "2026-09"),
]


@pytest.fixture(autouse=True)
def _demonstration(settings: Any, tmp_path: Path) -> Iterator[None]:
    """All four systems, of which the service really answers."""
    settings.DATA_DIR = tmp_path
    settings.DEMO_ACCOUNTS_URL = settings.DEMO_MESSAGING_URL = ""
    service = serve(0, tmp_path)
    settings.DEMO_PORT = service.server_address[1]
    settings.DECISION_NETWORKS = [ip_network("127.0.0.1/32")]
    thread = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    demo.load_once(NOW)
    yield
    close_all()
    service.shutdown()
    service.server_close()
    thread.join()


def break_off(key: str, **changes: Any) -> None:
    """Spoil the connection of a system."""
    system = System.objects.select_related("data_key").get(key=key)
    config = {**system.open_json("config"), **changes}
    system.seal_json("config", config)
    system.save()


def test_merges_what_every_system_has_on_file() -> None:
    found = known_people.standing_of(BY_ADA, key="k", at=UNTIL)

    assert found.people == 1
    assert found.on_file == {"email": [ADA_EMAIL], "phone": [ADA.phone]}
    assert found.changed == {
        "email": date(2024, 8, 8),
        "phone": date(2024, 8, 8),
        "address": date(2024, 8, 8),
        "password": date(2024, 11, 4),
    }
    assert (found.failed, found.passing, found.retry_after) == ((), (), None)
    assert set(found.by_system) == {"accounts", "messaging", "marketing"}


def test_knows_whom_only_one_system_knows_and_whom_none_does() -> None:
    nora = known_people.standing_of({"email": [NORA_EMAIL]}, key="k", at=NOW)
    stranger = known_people.standing_of({"email": [MAX_EMAIL]}, key="k", at=NOW)

    assert (nora.people, nora.on_file, nora.changed) == (1, {"email": [NORA_EMAIL]}, {})
    assert (stranger.people, stranger.on_file, stranger.changed, stranger.failed) == (0, {}, {}, ())
    assert list(stranger.by_system.values()) == [Standing()] * 3


def test_tells_whose_address_and_whose_number_were_changed_lately() -> None:
    mail = known_people.standing_of({"account": [somebody(MOVED_MAIL).account]}, key="k", at=NOW)
    number = known_people.standing_of({"account": [somebody(MOVED_NUMBER).account]}, key="k", at=NOW)

    assert mail.changed["email"] == NOW.date() - timedelta(days=5)
    assert "phone" not in mail.changed
    assert number.changed["phone"] == NOW.date() - timedelta(days=7)
    assert "email" not in number.changed


def test_stays_fresh_when_the_demonstration_is_started_again_later() -> None:
    demo.load_once(NOW + timedelta(days=200))

    found = known_people.standing_of({"account": [somebody(MOVED_MAIL).account]}, key="k", at=NOW + timedelta(days=200))

    assert found.changed["email"] == NOW.date() + timedelta(days=195)


def test_takes_a_change_to_come_for_one_of_today() -> None:
    found = known_people.standing_of({"account": [somebody(MOVED_MAIL).account]}, key="k", at=NOW - timedelta(days=100))

    assert found.changed["email"] == NOW.date() - timedelta(days=100)


def test_tells_of_several_people_only_where_to_warn_them() -> None:
    who = {"email": [ADA_EMAIL], "account": [somebody(MOVED_MAIL).account]}

    found = known_people.standing_of(who, key="k", at=NOW)

    assert found.people == 2
    assert found.by_system["accounts"].people == found.by_system["messaging"].people == 2
    assert found.by_system["accounts"].on_file == {}
    # The service knows nobody by an account, so to it this is Ada alone.
    assert found.on_file == {"email": [ADA_EMAIL]}
    assert found.changed == {}
    assert set(found.to_warn["email"]) == {ADA_EMAIL, somebody(MOVED_MAIL).email}


def test_asks_the_rest_when_one_cannot_be_asked_and_says_which(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    break_off("marketing", url="http://127.0.0.1:9")
    break_off("messaging", url=f"sqlite:///{tmp_path}/gone.sqlite3")

    with caplog.at_level(logging.WARNING, logger=known_people.__name__):
        found = known_people.standing_of(BY_ADA, key="k", at=NOW)

    assert found.failed == ("marketing", "messaging")
    assert found.passing == ("marketing",)
    assert found.on_file == {"email": [ADA_EMAIL], "phone": [ADA.phone]}
    said = [record.getMessage() for record in caplog.records if record.name == known_people.__name__]
    assert len(said) == 2, said
    assert "'marketing'" in said[0]
    assert "unreachable" in said[0]
    assert "'messaging'" in said[1]
    assert "missing_database" in said[1]
    assert ADA_EMAIL not in str(said)


def test_does_not_call_failed_what_knows_people_by_something_else() -> None:
    found = known_people.standing_of({"phone": [ADA.phone]}, key="k", at=NOW)

    assert found.failed == ()
    assert set(found.by_system) == {"accounts", "messaging"}


def test_says_that_a_system_without_a_connection_failed_for_good() -> None:
    System.objects.filter(key="accounts").update(config_sealed=b"broken")

    found = known_people.standing_of(BY_ADA, key="k", at=NOW)

    assert found.failed == ("accounts",)
    assert found.passing == ()


def test_leaves_out_what_is_switched_off() -> None:
    System.objects.filter(key__in=["accounts", "marketing"]).update(active=False)

    assert set(known_people.standing_of(BY_ADA, key="k", at=NOW).by_system) == {"messaging"}
    assert {system for system, _ in known_people.facts_on_offer(key="k")} == {"messaging"}
    with pytest.raises(PermanentFailure) as caught:
        known_people.knows(BY_ADA, "accounts", "plan_name", "team plus", key="k")
    assert caught.value.code == Code.UNKNOWN_FACT


def test_offers_the_facts_of_every_system_that_answers() -> None:
    offered = known_people.facts_on_offer(key="k")
    break_off("accounts", facts=[{"name": "date_of_birth", "dataset": "customers", "column": "plan"}])

    assert {(system, fact.word) for system, fact in offered} == {(system, fact) for system, fact, _ in RIGHT}
    assert {system for system, _ in known_people.facts_on_offer(key="k")} == {"marketing", "messaging"}


@pytest.mark.parametrize(("system", "fact", "answer"), RIGHT)
def test_knows_right_from_wrong(system: str, fact: str, answer: str) -> None:
    others = [{"email": [NORA_EMAIL]}, {"email": [MAX_EMAIL]}, {"email": [ADA_EMAIL, somebody(7).email]}]

    assert known_people.knows(BY_ADA, system, fact, answer, key="k")
    assert not known_people.knows(BY_ADA, system, fact, "3", key="k")
    right_of_others = [known_people.knows(who, system, fact, answer, key="k") for who in others]
    # Nora came to the same events.
    assert right_of_others == [fact == "event_attended", False, False]


def test_says_no_where_nobody_is_known_by_such_identifiers() -> None:
    assert not known_people.knows({"phone": [ADA.phone]}, "marketing", "event_attended", "messaging day", key="k")


def test_does_not_say_no_for_a_system_that_cannot_be_asked() -> None:
    break_off("marketing", url="http://127.0.0.1:9")

    with pytest.raises(TemporaryFailure) as caught:
        known_people.knows(BY_ADA, "marketing", "event_attended", "messaging day", key="k")

    assert caught.value.code == Code.UNREACHABLE


def test_may_be_asked_again_under_the_same_key_with_another_answer() -> None:
    answers = ["breakfast for support teams", "messaging day"]

    assert [known_people.knows(BY_ADA, "marketing", "event_attended", each, key="same") for each in answers] == [
        False,
        True,
    ]


def test_finds_nothing_to_complain_of_in_the_demonstration() -> None:
    for system in System.objects.select_related("data_key"):
        assert systems.check(system) == []
