"""Signals of browsers, reported by the organisation's own sites: kept once, in effect at once, and shown back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from dsr.choices.marketing import Act, Purpose, Via
from dsr.models import BrowserHeard, Choice, Scope, Suppression
from dsr.services.choices import deciding, signals
from notifications import sealing
from tests import builders
from tests.clock import Clock
from tests.interfaces.api import client
from tests.interfaces.api.client import Api
from tests.statements import counted

pytestmark = pytest.mark.django_db
BROWSER = "b-5f0c2a9e71"
HONOURED = "Your signal was honoured."


@pytest.fixture(autouse=True)
def _time_stands_still(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", clock)


@pytest.fixture
def ines(db: None) -> Api:
    """Integrates the organisation's sites: scope integrator."""
    return Api(client.token(builders.staff("ines"), Scope.INTEGRATOR))


def report(ines: Api, *, browser: str = BROWSER, **said: Any) -> dict[str, Any]:
    answered = ines.post("/choices/signals", {"browser": browser, **said})
    assert answered.status == 200, answered.json
    return dict(answered.json)


def stopped(kind: str, value: str) -> bool:
    marks = sealing.listing_digests(kind, value)
    return Suppression.objects.filter(digest__in=marks, purpose=Purpose.ADVERTISING, stopped=True).exists()


def test_signal_is_in_effect_at_once_for_the_browser_and_says_so(ines: Api, clock: Clock) -> None:
    said = report(ines, gpc="1")

    assert (said["honoured"], said["new"], said["signals"]) == (True, True, ["gpc"])
    assert said["since"] == "2026-03-05T09:30:00Z"
    assert said["sentence"] == HONOURED
    assert said["conflict"] is None
    assert stopped("browser", BROWSER)
    choice = Choice.objects.get()
    assert (choice.via, choice.act, choice.purpose, choice.evidence) == ("signal", "stop", "advertising", "gpc")
    assert said["choice"] == str(choice.pk)


def test_answer_says_how_long_nobody_asks_and_what_laws_would_have_given(ines: Api) -> None:
    said = report(ines, gpc=True)

    assert said["ask_again_after"] == "2027-03-05"
    assert "1798.135(c)(4)" in said["ask_again_source"]
    (california,) = [each for each in said["limits"] if each["law"] == "us_ca_ccpa"]
    assert california["due"] == "2026-03-26"
    assert california["source"] == "11 CCR 7026(f), 7027(g)"


def test_known_person_is_opted_out_as_a_person(ines: Api) -> None:
    report(ines, gpc="1", identifiers={"email": [builders.ADA], "phone": ["+1 202-555-0147"]})

    assert stopped("email", builders.ADA.upper())
    assert stopped("phone", "+12025550147")
    assert not stopped("email", builders.MAX)


def test_same_signal_again_is_no_new_choice_and_writes_nothing(ines: Api, clock: Clock) -> None:
    first = report(ines, gpc="1", identifiers={"email": [builders.ADA]})
    clock.tick(days=40)

    report(ines, gpc="1")  # the first of the day: the token and the browser were last seen on another

    with counted() as statements:
        again = report(ines, gpc="1", identifiers={"email": [builders.ADA]})

    reads = ["whose token it is", "what stands", "when it was last heard"]
    assert [sql.split()[0] for sql in statements] == ["SELECT"] * len(reads)
    assert (again["new"], again["since"], again["choice"]) == (False, first["since"], first["choice"])
    assert again["ask_again_after"] == "2027-04-14"
    assert Choice.objects.count() == 1


def test_a_hundred_pages_make_one_choice(ines: Api) -> None:
    for _ in range(100):
        report(ines, gpc="1", dnt="1")

    assert (Choice.objects.count(), Suppression.objects.count()) == (1, len(sealing.key_ids()))


def test_months_without_being_asked_count_from_the_latest_signal(ines: Api, clock: Clock) -> None:
    report(ines, gpc="1")
    clock.tick(days=30)
    report(ines, gpc="1")
    report(ines, dnt="1", at="2026-03-20T08:00:00Z")
    clock.tick(days=10)

    for said in (report(ines), ines.get("/choices/signals", browser=BROWSER).json):
        assert (said["since"], said["ask_again_after"]) == ("2026-03-05T09:30:00Z", "2027-04-04")
    assert BrowserHeard.objects.count() == len(sealing.key_ids())


def test_when_a_browser_was_heard_is_written_once_a_day(ines: Api, clock: Clock) -> None:
    report(ines, gpc="1")

    with counted() as statements:
        for _ in range(3):
            clock.tick(hours=1)
            report(ines, gpc="1")

    assert not [sql for sql in statements if "INSERT" in sql]
    clock.tick(days=1)
    with counted() as statements:
        report(ines, gpc="1")
    assert len([sql for sql in statements if "INSERT" in sql]) == 1


def test_when_a_browser_was_heard_is_forgotten_and_its_refusal_is_not(ines: Api, clock: Clock) -> None:
    report(ines, gpc="1")

    assert signals.forget(clock.tick(days=790)) == 0
    assert signals.forget(clock.tick(days=20)) == len(sealing.key_ids())

    assert stopped("browser", BROWSER)


def test_report_that_is_refused_leaves_nothing(ines: Api) -> None:
    answered = ines.post("/choices/signals", {"browser": BROWSER, "gpc": "1", "identifiers": {"passport": ["X1"]}})

    assert answered.status == 422
    assert (Choice.objects.count(), BrowserHeard.objects.count()) == (0, 0)


def test_yes_between_two_signals_is_told_as_a_conflict(ines: Api, clock: Clock) -> None:
    report(ines, gpc="1")
    agree(Via.COOKIE, clock.tick(days=1), browser=[BROWSER])
    clock.tick(days=1)

    assert report(ines, gpc="1")["conflict"].startswith("You had agreed to this before.")
    assert report(ines, gpc="1")["conflict"] is None


def test_browser_that_becomes_known_later_adds_the_person_and_keeps_its_day(ines: Api, clock: Clock) -> None:
    first = report(ines, gpc="1")
    clock.tick(days=1)

    later = report(ines, gpc="1", identifiers={"email": [builders.ADA]})

    assert (later["new"], later["since"]) == (True, first["since"])
    assert stopped("email", builders.ADA)
    assert Choice.objects.count() == 2


@pytest.mark.parametrize("value", ["true", "0", "1, 1", "1,1", "", " 1", "yes", False])
def test_anything_else_is_no_signal_and_records_nothing(ines: Api, value: Any) -> None:
    said = report(ines, gpc=value)

    assert (said["honoured"], said["signals"], said["since"], said["limits"]) == (False, [], None, [])
    assert said["ask_again_after"] is None
    assert HONOURED not in said["sentence"]
    assert Choice.objects.count() == 0


@pytest.mark.parametrize(("dnt", "counts"), [("1", True), (True, True), ("1x", True), ("0", False), ("null", False)])
def test_do_not_track_counts_as_well(ines: Api, dnt: Any, counts: bool) -> None:
    said = report(ines, dnt=dnt)

    assert said["honoured"] is counts
    assert said["signals"] == ["dnt"] * counts


def test_absence_of_a_signal_takes_nothing_back(ines: Api, clock: Clock) -> None:
    report(ines, gpc="1")
    clock.tick(days=3)

    said = report(ines)

    assert (said["honoured"], said["signals"], said["new"]) == (True, [], False)
    assert said["sentence"] == "You have opted out. That stays so without a signal."
    assert said["ask_again_after"] == "2027-03-05"


def agree(via: Via, at: datetime, **identifiers: list[str]) -> None:
    wish = deciding.Wish(identifiers=identifiers, act=Act.RESUME, via=via, at=at, purpose=Purpose.ADVERTISING)
    deciding.decide(wish, by="", at=at)


def test_signal_counts_for_more_than_an_older_yes_of_browser_and_person(ines: Api, clock: Clock) -> None:
    report(ines, gpc="1", identifiers={"email": [builders.ADA]})
    agree(Via.COOKIE, clock.tick(days=1), browser=[BROWSER], email=[builders.ADA])
    assert not stopped("browser", BROWSER)
    clock.tick(days=1)

    said = report(ines, gpc="1", identifiers={"email": [builders.ADA]}, agreed=True)

    assert said["honoured"]
    assert said["since"] == "2026-03-07T09:30:00Z"
    assert stopped("browser", BROWSER)
    assert stopped("email", builders.ADA)
    assert said["conflict"].startswith("You had agreed to this before.")


def test_no_conflict_is_told_without_a_signal(ines: Api) -> None:
    assert report(ines, agreed=True)["conflict"] is None
    assert report(ines, gpc="1")["conflict"] is None


def test_state_is_told_by_name_and_by_a_digest_that_the_site_made(ines: Api, clock: Clock) -> None:
    report(ines, gpc="1")
    clock.tick(days=2)

    for query in ({"browser": BROWSER}, {"digest": sealing.listing_digest("browser", BROWSER)}):
        with counted() as statements:
            said = ines.get("/choices/signals", **query)
        assert len(statements) <= 4, "token, its day, what stands, when it was last heard"
        assert said.status == 200
        assert (said.json["honoured"], said.json["since"]) == (True, "2026-03-05T09:30:00Z")
        assert said.json["ask_again_after"] == "2027-03-05"
        assert said.headers["Cache-Control"] == "no-store"
    other = ines.get("/choices/signals", browser="b-another-one")
    assert (other.json["honoured"], other.json["choice"]) == (False, None)


def test_browser_of_another_name_is_another_browser(ines: Api) -> None:
    report(ines, gpc="1")

    assert not ines.get("/choices/signals", browser="b-other-device").json["honoured"]


def test_choice_by_cookies_is_told_and_a_signal_counts_for_more(ines: Api, clock: Clock) -> None:
    said: dict[str, Any] = {"identifiers": {"browser": [BROWSER]}, "purpose": "advertising", "via": "cookie"}

    ines.post("/choices/marketing", {**said, "choice": "stop"})
    assert ines.get("/choices/signals", browser=BROWSER).json["since"] == "2026-03-05T09:30:00Z"
    clock.tick(days=60)
    agreed = ines.post("/choices/marketing", {**said, "choice": "resume", "evidence": "banner:7"})
    assert agreed.status == 201
    assert not ines.get("/choices/signals", browser=BROWSER).json["honoured"]
    clock.tick(days=1)

    assert report(ines, gpc="1", agreed=True)["new"]
    assert ines.get("/choices/signals", browser=BROWSER).json["honoured"]


def test_signal_of_an_earlier_moment_counts_from_then(ines: Api, clock: Clock) -> None:
    said = report(ines, gpc="1", at="2026-03-04T08:00:00Z")

    assert said["since"] == "2026-03-04T08:00:00Z"
    assert said["ask_again_after"] == "2027-03-04"


@pytest.mark.parametrize("before", [False, True], ids=["new", "known"])
@pytest.mark.parametrize("at", [timedelta(minutes=1), datetime(2001, 1, 1, tzinfo=UTC)], ids=["to come", "long ago"])
def test_moment_that_cannot_be_is_refused(ines: Api, clock: Clock, at: Any, before: bool) -> None:
    if before:
        report(ines, gpc="1")
    moment = clock() + at if isinstance(at, timedelta) else at

    answered = ines.post("/choices/signals", {"browser": BROWSER, "gpc": "1", "at": moment.isoformat()})

    assert (answered.status, answered.code, answered.places) == (422, "incomplete", {"#/at"})


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "#/browser"),
        ({"browser": "short"}, "#/browser"),
        ({"browser": "b-\x00-control"}, "#/browser"),
        ({"browser": BROWSER, "gpc": "1" * 81}, "#/gpc"),
        ({"browser": BROWSER, "gpc": "1", "identifiers": {"passport": ["X1234567"]}}, "#/identifiers.passport"),
        ({"browser": BROWSER, "colour": "blue"}, "#/colour"),
    ],
)
def test_report_that_cannot_be_used_says_where(ines: Api, body: dict[str, Any], place: str) -> None:
    answered = ines.post("/choices/signals", body)

    assert answered.status == 422
    assert any(each.startswith(place) or each.replace("/", ".").endswith(place[2:]) for each in answered.places), (
        answered.json
    )
    assert Choice.objects.count() == 0


@pytest.mark.parametrize("query", [{}, {"browser": BROWSER, "digest": "k1:" + "0" * 64}, {"digest": "nothing"}])
def test_question_names_one_browser(ines: Api, query: dict[str, str]) -> None:
    assert ines.get("/choices/signals", **query).code == "bad-parameter"


def test_only_integrators_report_and_ask(hal: Api, sam: Api, audrey: Api, stranger: Api) -> None:
    for caller, status in ((hal, 403), (sam, 403), (audrey, 403), (stranger, 401)):
        assert caller.post("/choices/signals", {"browser": BROWSER, "gpc": "1"}).status == status
        assert caller.get("/choices/signals", browser=BROWSER).status == status
    assert Choice.objects.count() == 0


def test_name_of_a_browser_is_kept_as_a_hash_alone(ines: Api) -> None:
    report(ines, gpc="1")

    choice = Choice.objects.select_related("data_key").get()
    rows = (choice, *Suppression.objects.all(), *BrowserHeard.objects.all())
    kept = {str(value) for row in rows for value in row.__dict__.values()}
    assert not [value for value in kept if BROWSER in value]
    assert choice.who_sealed is None, "no system knows browsers, so nothing but the hash has to stay"


def test_repeat_with_a_key_gets_the_first_answer(ines: Api) -> None:
    first, second = (
        ines.post("/choices/signals", {"browser": BROWSER, "gpc": "1"}, key="once-and-for-all") for _ in range(2)
    )

    assert first.json == second.json
    assert second.headers["Idempotency-Replayed"] == "true"
