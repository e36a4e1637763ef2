"""A choice stands at once, and each system has its time to let it take effect: tried, warned about, told the truth."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.core import mail

from dsr.choices.marketing import Act, Purpose, Scope, Via
from dsr.connectors import open_connector
from dsr.models import Choice, EffectDay, Incident, Suppression, Window
from dsr.services import housekeeping, systems
from dsr.services.choices import asking, deciding, desk, effect, lateness, windows
from dsr.services.choices.deciding import Wish, decide
from notifications import sealing
from notifications.models import DataKey, Message
from tests import builders, estate
from tests import outpost as outposts
from tests.clock import Clock
from tests.drain import drain
from tests.dying import Killed
from tests.outpost import BUSY, Outpost, outpost
from tests.outpost_changes import DECLINE
from tests.statements import counted

pytestmark = pytest.mark.django_db
__all__ = ["outpost"]


def _stop(clock: Clock, **more: object) -> deciding.Decided:
    wish = Wish(identifiers={"email": [builders.ADA]}, act=Act.STOP, via=Via.ONE_CLICK, at=clock(), **more)  # type: ignore[arg-type]
    return decide(wish, by="", at=clock())


def _allowed(clock: Clock, channel: str = "email") -> bool:
    marks = sealing.listing_digests("email", builders.ADA)
    return asking.check(marks, asking.Use(Purpose.MARKETING, Scope(channel)), clock()).allowed


def test_nothing_is_sent_from_the_moment_of_the_choice_on(clock: Clock) -> None:
    assert _allowed(clock)

    _stop(clock)

    assert not _allowed(clock)
    assert not _allowed(clock, channel="sms")


def test_nobody_is_known_any_more_where_no_system_has_to_be_told(clock: Clock) -> None:
    choice = _stop(clock).choice

    kept = Choice.objects.get(pk=choice.pk)
    assert kept.effective_at == clock()
    assert kept.who_sealed is None
    assert DataKey.objects.get(pk=kept.data_key_id).wrapped is None
    assert {row.digest for row in Suppression.objects.all()} == set(sealing.listing_digests("email", builders.ADA))


def test_same_choice_again_changes_nothing_and_gets_the_same_receipt(clock: Clock) -> None:
    first = _stop(clock)
    clock.tick()

    second = _stop(clock)

    assert (second.new, second.receipt) == (False, first.receipt)
    assert Choice.objects.count() == 1


def test_what_one_identifier_allows_takes_nothing_back_that_another_refused(clock: Clock) -> None:
    account = {"account": ["AC-1"]}
    decide(Wish(account, Act.STOP, Via.PHONE, clock()), by="", at=clock())
    decide(Wish(account, Act.RESUME, Via.PHONE, clock.tick(), channels=("email",)), by="", at=clock())
    since = clock.tick(hours=1)
    _stop(clock)

    answer = asking.check(
        deciding.digests({**account, "email": [builders.ADA]}), asking.Use(Purpose.MARKETING, Scope("email")), clock()
    )

    assert (answer.allowed, answer.because, answer.since) == (False, asking.Because.STOPPED, since)


@pytest.mark.parametrize("written", ["Ada <{}>", "{}, max@example.net", "mailto:{}", "ada", ""])
def test_what_is_more_than_an_address_is_not_allowed(written: str, clock: Clock) -> None:
    _stop(clock)
    use = asking.Use(Purpose.MARKETING, Scope())

    (answer,) = asking.many([written.format(builders.ADA)], "email", use, clock())

    assert (answer.allowed, answer.because) == (False, asking.Because.UNREADABLE)


def test_number_without_its_country_is_not_allowed_as_it_would_match_nobody(clock: Clock) -> None:
    use = asking.Use(Purpose.MARKETING, Scope())

    found = asking.many(["020 910 0001", "00353 20 910 0001", "tel:+353209100001"], "phone", use, clock())

    assert [each.because for each in found] == [
        asking.Because.UNREADABLE,
        asking.Because.NOTHING_CHOSEN,
        asking.Because.NOTHING_CHOSEN,
    ]


def test_whoever_resumes_again_gets_the_receipt_of_that(clock: Clock) -> None:
    resume = Wish({"email": [builders.ADA]}, Act.RESUME, Via.PREFERENCES, clock.tick(), channels=("email",))
    _stop(clock)
    first = decide(resume, by="", at=clock.tick())
    _stop(clock, channels=("sms",))

    again = decide(resume, by="", at=clock.tick())

    assert (again.new, again.choice.pk) == (False, first.choice.pk)


def test_what_stood_and_is_written_anew_settles_with_what_it_is_written_with(clock: Clock) -> None:
    _stop(clock)
    clock.tick(hours=1)
    _stop(clock, channels=("sms",))

    assert asking.changes(0, 10, clock.tick(minutes=9)) == []
    assert len(asking.changes(0, 10, clock.tick(minutes=1))) == 4


# --- Systems that answer, and some that do not ------------------------------------------------------------------------


@pytest.fixture
def three(clock: Clock, tmp_path: Path) -> Iterator[tuple[str, Outpost, Outpost]]:
    """A database, and two services; those who are warned about them."""
    url = estate.sqlite(tmp_path, clock())
    estate.estate(url, clock())
    builders.staff("lena", "lead_requests")
    builders.staff("dora")
    with outposts.running() as one, outposts.running() as other:
        _service(one, "nightly", clock)
        _service(other, "slow", clock)
        yield url, one, other


def _service(outpost: Outpost, key: str, clock: Clock) -> None:
    config = outpost.config(abilities=["suppress", "suppressed"])
    entry = systems.Entry(key, f"The {key} service", "Olga Owner", "olga@staff.example.org", "http", config)
    systems.enter(entry, at=clock())


def _open() -> dict[str, str]:
    return dict(Window.objects.filter(done_at=None).order_by("system__key").values_list("system__key", "code"))


@contextmanager
def _dying(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A worker that dies after it took its rows and before it wrote down what came of them."""

    def die(*_args: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(windows, "_record", die)
        yield


def test_window_hour_by_hour_with_one_system_down_for_70_hours_and_one_for_80(
    three: tuple[str, Outpost, Outpost], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _url, nightly, slow = three
    nightly.holdings.orders, slow.holdings.orders = [BUSY] * 1000, [BUSY] * 1000
    start = clock()
    choice = _stop(clock).choice
    warned: dict[int, set[tuple[str, str]]] = {}
    told: dict[int, list[str]] = {}
    incidents: list[int] = []

    for hour in range(90):
        clock.now = start + timedelta(hours=hour, seconds=5 * hour)
        if hour == 70:
            nightly.holdings.orders = []
        if hour == 80:
            slow.holdings.orders = []
        if hour in (0, 10, 40, 70, 80):
            with _dying(monkeypatch), pytest.raises(Killed):
                windows.run_due(clock())
            clock.tick(minutes=6)  # the lease of the dead worker is over
        before = len(mail.outbox)
        drain(clock())
        drain(clock.tick(seconds=1))  # letters that the first round wrote at its end
        for each in mail.outbox[before:]:
            if each.subject == "Choices are not taken as they should be":
                incidents.append(hour)
            elif "In effect in:" in each.body or "took longer" in each.body:
                told.setdefault(hour, []).append(str(each.body))
            else:
                system = "nightly" if "nightly" in str(each.body) else "slow"
                warned.setdefault(hour, set()).add((each.to[0], system))
        assert not _allowed(clock)
        _is_right(hour)

    owner, lead, officer = "olga@staff.example.org", "lena@staff.example.org", "dora@staff.example.org"
    assert set(warned) == {24, 48, 72}
    assert {who for who, _system in warned[24]} == {owner, lead}
    assert {who for who, _system in warned[48]} == {owner, lead}
    assert {who for who, _system in warned[72]} == {owner, lead, officer}
    assert set(told) == {72, 80}
    (late,), (done,) = told[72], told[80]
    assert "Not yet in effect in:\n- The slow service" in late
    assert "- The nightly service" in late.partition("Not yet in effect in:")[0]
    assert "Something may still reach you from there" in late
    assert "it is in effect in all our systems" in done
    assert Incident.objects.values_list("kind", "system__key", "working").get() == ("choice_late", "slow", True)
    assert set(incidents) == {72}
    kept = Choice.objects.get(pk=choice.pk)
    assert kept.effective_at is not None
    assert dict(EffectDay.objects.values_list("system__key", "within")) == {"estate": 1, "nightly": 72, "slow": 9999}


def _is_right(hour: int) -> None:
    """What stands at each hour."""
    still = _open()
    expected = {"nightly", "slow"} if hour < 70 else {"slow"} if hour < 80 else set()
    assert set(still) == expected, (hour, still)
    assert set(still.values()) <= {"busy"}
    late = set(Window.objects.exclude(late_at=None).values_list("system__key", flat=True))
    assert late == ({"slow"} if hour >= 72 else set())


# --- One by one ------------------------------------------------------------------------------------------------------


def test_system_that_says_done_and_does_nothing_is_not_believed(outpost: Outpost, clock: Clock) -> None:
    _service(outpost, "liar", clock)
    outpost.holdings.suppressed = _Forgetful()
    _stop(clock)

    windows.run_due(clock())

    assert _open() == {"liar": "nothing_changed"}


class _Forgetful(set[str]):
    def update(self, *_more: object) -> None:
        """Take note of nobody."""

    def add(self, _one: str) -> None:
        """Take note of nobody."""

    def __ior__(self, _more: object) -> "_Forgetful":  # type: ignore[override]
        return self


def test_each_part_that_a_system_keeps_apart_is_stopped_by_stopping_everything(
    outpost: Outpost, clock: Clock, tmp_path: Path
) -> None:
    estate.estate(estate.sqlite(tmp_path, clock()), clock())
    _service(outpost, "nightly", clock)

    _stop(clock, channels=("sms",), topics=("events",))

    words = dict(Window.objects.values_list("system__key", "words"))
    assert words == {"estate": [], "nightly": ["marketing_sms_events"]}


def test_what_a_system_has_no_word_for_goes_to_its_owner_who_reports_it(clock: Clock, tmp_path: Path) -> None:
    system = estate.estate(estate.sqlite(tmp_path, clock()), clock())
    choice = _stop(clock, topics=("events",)).choice
    drain(clock())
    drain(clock.tick())
    (letter,) = [each for each in mail.outbox if "/worksheets/choices/" in each.body]
    assert builders.ADA not in str(letter.body)
    assert letter.to == [system.owner_email]
    (line,) = desk.sheet(system.pk).lines
    assert line.who == {"email": [builders.ADA]}

    assert desk.report(system.pk, [line.number], clock.tick(hours=1)) == 1

    assert desk.report(system.pk, [line.number], clock()) == 0
    assert desk.sheet(system.pk).lines == []
    assert Choice.objects.get(pk=choice.pk).effective_at == clock()
    assert EffectDay.objects.get().number == 1


def test_owner_is_written_to_once_in_half_a_day(clock: Clock, tmp_path: Path) -> None:
    estate.estate(estate.sqlite(tmp_path, clock()), clock())
    for _number in range(5):
        wish = Wish({"email": [f"p{_number}@example.org"]}, Act.STOP, Via.API, clock(), topics=("events",))
        decide(wish, by="", at=clock())
        drain(clock.tick(hours=1))

    assert len([each for each in mail.outbox if "/worksheets/choices/" in each.body]) == 1


def test_resuming_ends_what_is_still_under_way(three: tuple[str, Outpost, Outpost], clock: Clock) -> None:
    _url, nightly, _slow = three
    nightly.holdings.orders = [BUSY] * 100
    _stop(clock)
    windows.run_due(clock())
    assert set(_open()) == {"nightly"}

    wish = Wish({"email": [builders.ADA]}, Act.RESUME, Via.PREFERENCES, clock.tick(minutes=1))
    decide(wish, by="", at=clock())
    drain(clock.tick(hours=2))

    stop = Window.objects.get(choice__act="stop", system__key="nightly")
    assert (stop.code, stop.done_at is not None) == ("superseded", True)
    assert _allowed(clock)
    assert nightly.holdings.suppressed == set()
    resumed = Window.objects.filter(choice__act="resume")
    assert {(each.with_owner_at is not None, each.look_at) for each in resumed} == {(True, None)}


def test_stopping_again_while_resuming_is_under_way_stops(three: tuple[str, Outpost, Outpost], clock: Clock) -> None:
    _stop(clock)
    drain(clock())
    decide(Wish({"email": [builders.ADA]}, Act.RESUME, Via.PREFERENCES, clock.tick(minutes=1)), by="", at=clock())

    _stop(clock)

    assert not Window.objects.filter(choice__act="resume", done_at=None).exists()
    drain(clock.tick(hours=1))
    assert not _open()
    assert not _allowed(clock)


def test_invented_people_warn_nobody_and_are_not_counted(three: tuple[str, Outpost, Outpost], clock: Clock) -> None:
    _url, nightly, slow = three
    slow.holdings.orders = [BUSY] * 1000
    _stop(clock, invented=True)
    for _hour in range(0, 80, 8):
        drain(clock.tick(hours=8))

    assert mail.outbox == []
    assert not EffectDay.objects.exists()
    assert builders.ADA in nightly.holdings.suppressed


def test_hundred_choices_of_one_system_cost_the_statements_of_one(clock: Clock, tmp_path: Path) -> None:
    estate.estate(estate.sqlite(tmp_path, clock()), clock())

    people = count()

    def round_of(number: int) -> int:
        for _each in range(number):
            wish = Wish({"email": [f"p{next(people)}@example.org"]}, Act.STOP, Via.API, clock())
            decide(wish, by="", at=clock())
        with counted() as statements:
            assert windows.run_due(clock()).confirmed == number
        return len(statements)

    round_of(1)
    assert round_of(1) == round_of(100)


def test_dead_systems_are_asked_three_times_and_left_alone(outpost: Outpost, clock: Clock) -> None:
    _service(outpost, "nightly", clock)
    outpost.holdings.orders = [BUSY] * 1000
    for number in range(20):
        decide(Wish({"email": [f"p{number}@example.org"]}, Act.STOP, Via.API, clock()), by="", at=clock())

    assert windows.run_due(clock()).failed == 20

    assert len(outpost.holdings.told) == 3
    assert set(Window.objects.values_list("code", flat=True)) == {"busy"}


def test_person_is_forgotten_once_all_have_confirmed(clock: Clock, tmp_path: Path) -> None:
    estate.estate(estate.sqlite(tmp_path, clock()), clock())
    choice = _stop(clock).choice
    assert Choice.objects.get(pk=choice.pk).who_sealed is not None

    drain(clock())

    kept = Choice.objects.select_related("data_key").get(pk=choice.pk)
    assert (kept.who_sealed, kept.data_key.wrapped, kept.effective_at is not None) == (None, None, True)


def test_whoever_was_written_to_about_a_delay_is_forgotten_a_week_later(
    three: tuple[str, Outpost, Outpost], clock: Clock
) -> None:
    _url, _nightly, slow = three
    slow.holdings.orders = [BUSY] * 1000
    choice = _stop(clock).choice
    for _day in range(4):
        drain(clock.tick(days=1))
    slow.holdings.orders = []
    drain(clock.tick(hours=2))
    drain(clock.tick())
    about = Message.objects.filter(about=choice.pk)
    assert {message.kind for message in about if message.to_sealed} == {"choice_late", "choice_done"}
    housekeeping.housekeep(clock.tick(days=6))
    assert Choice.objects.get(pk=choice.pk).who_sealed is not None

    housekeeping.housekeep(clock.tick(days=2))

    kept = Choice.objects.select_related("data_key").get(pk=choice.pk)
    assert (kept.who_sealed, kept.data_key.wrapped) == (None, None)
    assert not any(message.to_sealed or message.context_sealed or message.body_sealed for message in about.all())


def test_what_a_worker_left_unsettled_is_settled_later(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate.estate(estate.sqlite(tmp_path, clock()), clock())
    choice = _stop(clock).choice
    with monkeypatch.context() as patch:
        patch.setattr(effect, "settle", lambda *_args: None)
        windows.run_due(clock())
    assert Choice.objects.get(pk=choice.pk).effective_at is None

    housekeeping.housekeep(clock.tick(minutes=11))

    assert Choice.objects.get(pk=choice.pk).effective_at is not None


def test_choice_that_another_system_has_kept_for_years_is_received_now(clock: Clock, tmp_path: Path) -> None:
    estate.estate(estate.sqlite(tmp_path, clock()), clock())
    long_ago = clock() - timedelta(days=2500)
    ways = {via: decide(_kept_since(long_ago, via), by="7", at=clock()).choice for via in (Via.IMPORT, Via.MAIL)}

    assert ways[Via.IMPORT].at == ways[Via.MAIL].at == long_ago
    assert ways[Via.IMPORT].must_by == clock() + timedelta(days=3)
    assert ways[Via.MAIL].must_by == long_ago + timedelta(days=3)


def _kept_since(long_ago: datetime, via: Via) -> Wish:
    return Wish({"email": [f"{via}@example.org"]}, Act.STOP, via, long_ago)


def test_system_that_cannot_be_opened_keeps_no_other_waiting(
    three: tuple[str, Outpost, Outpost], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened(kind: str, config: Any) -> Any:
        if kind == "sql":
            raise RuntimeError
        return open_connector(kind, config)

    monkeypatch.setattr(windows, "open_connector", opened)
    _stop(clock)

    windows.run_due(clock())

    assert _open() == {"estate": "fault"}


def test_whoever_chose_anew_after_being_told_that_it_is_late_still_gets_that_letter(
    three: tuple[str, Outpost, Outpost], clock: Clock
) -> None:
    _url, _nightly, slow = three
    slow.holdings.orders = [BUSY] * 1000
    choice = _stop(clock).choice
    windows.run_due(clock())
    clock.tick(hours=72)
    lateness.watch(clock())

    decide(Wish({"email": [builders.ADA]}, Act.RESUME, Via.PREFERENCES, clock()), by="", at=clock())
    drain(clock.tick(minutes=1))

    assert [each.to for each in mail.outbox if "Not yet in effect in:" in each.body] == [[builders.ADA]]
    effect.tidy(clock.tick(days=8))
    assert Choice.objects.get(pk=choice.pk).who_sealed is None
    assert DataKey.objects.get(pk=choice.data_key_id).wrapped is None


def test_what_a_dead_worker_left_is_settled_behind_many_that_wait(
    three: tuple[str, Outpost, Outpost], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _url, _nightly, slow = three
    slow.holdings.orders = [BUSY] * 1000
    _stop(clock)
    windows.run_due(clock())
    slow.holdings.orders = []
    left = decide(Wish({"email": [builders.MAX]}, Act.STOP, Via.API, clock.tick()), by="", at=clock()).choice
    with monkeypatch.context() as patch:
        patch.setattr(effect, "settle", lambda *_args: None)
        windows.run_due(clock())
    monkeypatch.setattr(effect, "_AT_ONCE", 1)

    effect.tidy(clock.tick(minutes=11))

    assert Choice.objects.get(pk=left.pk).effective_at == clock()


# --- A system that takes nothing -------------------------------------------------------------------------------------


def _people(clock: Clock, number: int, *, name: str = "p", invented: bool = False) -> None:
    for each in range(number):
        wish = Wish({"email": [f"{name}{each}@example.org"]}, Act.STOP, Via.API, clock(), invented=invented)
        decide(wish, by="", at=clock())


def _line() -> list[str]:
    incident = Incident.objects.get()
    assert (incident.kind, incident.mechanism, incident.system and incident.system.key) == (
        "choice_failing", "system", "nightly",
    )  # fmt: skip
    return [entry.move for entry in incident.entries.order_by("id")]


def test_system_that_refuses_three_people_of_one_round_is_an_incident(outpost: Outpost, clock: Clock) -> None:
    builders.staff("lena", "lead_requests")
    _service(outpost, "nightly", clock)
    outpost.holdings.orders = [DECLINE] * 3
    _people(clock, 3)

    windows.run_due(clock())
    drain(clock.tick())

    assert _line() == ["opened", "told"]
    opened = Incident.objects.get().entries.order_by("id").first()
    assert opened is not None
    assert opened.facts == {"choices": 3, "code": "legal_hold"}
    assert [each.to for each in mail.outbox if "Choices are not taken" in each.subject] == [["lena@staff.example.org"]]


def test_two_people_whom_a_system_refuses_are_an_anomaly(outpost: Outpost, clock: Clock) -> None:
    _service(outpost, "nightly", clock)
    outpost.holdings.orders = [DECLINE] * 2
    _people(clock, 2)

    windows.run_due(clock())

    assert not Incident.objects.exists()
    assert set(_open().values()) == {"legal_hold"}


def test_three_in_a_row_are_an_incident_over_many_rounds(outpost: Outpost, clock: Clock) -> None:
    _service(outpost, "nightly", clock)
    outpost.holdings.orders = [DECLINE] * 3
    seen = []
    for number in range(3):
        _people(clock, 1, name=f"in-a-row-{number}-")
        windows.run_due(clock())
        seen.append(Incident.objects.count())
        clock.tick(minutes=1)

    assert seen == [0, 0, 1]


def test_choice_that_is_taken_between_breaks_the_row(outpost: Outpost, clock: Clock) -> None:
    _service(outpost, "nightly", clock)
    outpost.holdings.orders = [DECLINE, DECLINE]
    for number in range(2):
        _people(clock, 1, name=f"before-{number}-")
        windows.run_due(clock.tick(minutes=1))
    _people(clock, 1, name="taken-")
    windows.run_due(clock.tick(minutes=1))
    outpost.holdings.orders = [DECLINE]
    _people(clock, 1, name="after-")
    windows.run_due(clock.tick(minutes=1))

    assert Window.objects.filter(done_at=None).count() == 3
    assert not Incident.objects.exists()


def test_incident_is_noted_again_once_an_hour_and_recovers_with_the_first_that_is_taken(
    outpost: Outpost, clock: Clock
) -> None:
    _service(outpost, "nightly", clock)
    outpost.holdings.orders = [DECLINE] * 100
    _people(clock, 3)
    windows.run_due(clock())
    for number in range(5):
        clock.tick(minutes=10)
        _people(clock, 4, name=f"more-{number}-")
        windows.run_due(clock())
    assert _line() == ["opened", "told"]

    windows.run_due(clock.tick(minutes=15))
    assert _line() == ["opened", "told", "again"]

    outpost.holdings.orders = []
    windows.run_due(clock.tick(hours=2))
    windows.run_due(clock.tick(hours=2))
    assert _line() == ["opened", "told", "again", "recovered"]
    incident = Incident.objects.get()
    assert (incident.working, incident.closed_at) == (True, None)
    assert not _open()


def test_invented_people_open_no_incident_and_end_none(outpost: Outpost, clock: Clock) -> None:
    _service(outpost, "nightly", clock)
    outpost.holdings.orders = [DECLINE] * 8
    _people(clock, 4, invented=True)
    windows.run_due(clock())
    assert not Incident.objects.exists()

    _people(clock, 3, name="real-")
    windows.run_due(clock.tick(minutes=1))
    outpost.holdings.orders = []
    _people(clock, 1, name="made-up-", invented=True)
    windows.run_due(clock.tick(minutes=1))

    assert _line() == ["opened", "told"]
    assert not Incident.objects.get().working


def test_system_that_is_down_or_has_no_word_for_it_is_no_such_incident(
    outpost: Outpost, clock: Clock, tmp_path: Path
) -> None:
    estate.estate(estate.sqlite(tmp_path, clock()), clock())
    _service(outpost, "nightly", clock)
    outpost.holdings.orders = [BUSY] * 100
    for number in range(5):
        wish = Wish({"email": [f"p{number}@example.org"]}, Act.STOP, Via.API, clock(), topics=("events",))
        decide(wish, by="", at=clock())

    for _round in range(5):
        windows.run_due(clock.tick(minutes=20))

    assert set(_open()) == {"estate", "nightly"}
    assert not Incident.objects.exists()
