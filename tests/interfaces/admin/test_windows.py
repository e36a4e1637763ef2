"""Choices under way in the console: what is open in each system, how long systems took, and nobody's name."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from dsr.choices.marketing import Act, Via
from dsr.models import EffectDay, System, Window
from dsr.selectors import windows as reads
from dsr.services.choices import windows
from dsr.services.choices.deciding import Wish, decide
from tests import builders, estate
from tests.interfaces.admin.desk import signed_in
from tests.statements import counted

pytestmark = pytest.mark.django_db
LIST = "/admin/dsr/window/"


def choose(email: str = builders.ADA, *, invented: bool = False, hours_ago: float = 0) -> None:
    now = timezone.now()
    at = now - timedelta(hours=hours_ago)
    decide(Wish({"email": [email]}, Act.STOP, Via.ONE_CLICK, at, invented=invented), by="", at=now)


@pytest.fixture(autouse=True)
def system(tmp_path: Path) -> System:
    """A database that can leave people out."""
    now = timezone.now()
    return estate.estate(estate.sqlite(tmp_path, now), now)


@pytest.mark.parametrize(
    ("name", "sees"), [("audrey", True), ("dora", True), ("vera", True), ("hal", False), ("sam", False)]
)
def test_those_who_answer_for_it_see_it(name: str, sees: bool) -> None:
    client = signed_in(name)

    assert client.get(LIST).status_code == (200 if sees else 403)
    assert (LIST in client.get("/admin/").content.decode()) is sees


def test_open_late_and_confirmed_are_told_apart_and_nobody_is_named(system: System) -> None:
    choose()
    choose("late@example.org", hours_ago=80)
    choose("invented@example.org", invented=True)
    client = signed_in("dora")

    page = client.get(LIST).content.decode()

    assert "Marketing: stopped" in page
    assert "unsubscribe link" in page
    assert not any(name in page for name in (builders.ADA, "late@example.org", "invented@example.org"))
    (now,) = reads.now(timezone.now())
    assert (now.open, now.late, now.with_owner, now.more) == (2, 1, 0, False)

    windows.run_due(timezone.now())

    assert "Nothing here" in client.get(LIST).content.decode()
    done = client.get(LIST, {"standing": "done", "system__id__exact": str(system.pk)}).content.decode()
    assert done.count("confirmed</span>") == 2


def test_times_are_drawn_and_written(system: System) -> None:
    for within, number in ((1, 90), (24, 9), (reads.LONGER, 1)):
        EffectDay.objects.create(system=system, day=timezone.now().date(), within=within, number=number)

    page = signed_in("dora").get(LIST).content.decode()

    assert "100 choices, 99% in time" in page
    assert '<rect x="0.0" y="0" width="540.0"' in page
    assert all(f"<td>{number}</td>" in page for number in (90, 9, 1))


def test_numbers_end_where_counting_would_take_long(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reads, "MOST_COUNTED", 3)
    for number in range(5):
        choose(f"p{number}@example.org")

    (now,) = reads.now(timezone.now())

    assert (now.open, now.more) == (3, True)
    assert "3+" in signed_in("dora").get(LIST).content.decode()


def test_page_costs_the_same_however_many_chose() -> None:
    client = signed_in("dora")
    choose()
    assert client.get(LIST).status_code == 200
    with counted() as few:
        client.get(LIST)
    for number in range(20):
        choose(f"p{number}@example.org")
    with counted() as many:
        client.get(LIST)

    assert len(few) == len(many)


def test_nobody_changes_a_window() -> None:
    choose()
    window, client = Window.objects.get(), signed_in("dora")

    assert client.get(f"{LIST}{window.pk}/change/").status_code == 200
    assert [client.post(f"{LIST}{window.pk}/{act}/").status_code for act in ("change", "delete")] == [403, 403]
