from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dsr.models import Checkpoint, Event
from dsr.services import history, review
from tests import builders, organisation
from tests.drain import drain
from tests.interfaces.admin.desk import ROLES, administrator, colleague, signed_in, text

DESK = "/admin/"
EVENTS = "/admin/dsr/event/"
PROOF = {"Choices under way", "CPNI choices", "Incidents", "History", "Checkpoints", "Reviews of decisions"}
MAIL = "Letters by mail"
AUTHORITIES = "Cases of authorities"
DESK_ITEMS = {"Desk", "Requests", AUTHORITIES, MAIL, "Letters", "Systems"}
GUARDING = ("Legal holds", "Retention schedule")


def figures(client):
    return {figure.title: figure for figure in client.get(DESK).context["figures"]}


def test_desk_counts_what_waits_and_each_figure_leads_to_it(systems, clock):
    client = signed_in("hal")
    builders.file(at=clock())
    mine = builders.in_review(at=clock(), email="mine@example.org")
    review.assign(mine.pk, colleague("hal").pk, by=builders.vera(), at=clock())
    builders.in_review(at=clock() - timedelta(days=60), email="late@example.org")
    builders.in_review(at=clock() - timedelta(days=26), email="soon@example.org")

    found = figures(client)

    counted = {title: figure.number for title, figure in found.items()}
    assert counted == {
        "my requests": "1",
        "wait for staff, nobody has them": "2",
        "overdue": "1",
        "due within a week": "1",
        "wait for the person": "1",
        "a system needs a decision": "0",
        "something erased is there again": "0",
        "letters did not get through": "0",
        "letters by mail wait": "0",
        "letters by mail are late": "0",
    }
    for figure in found.values():
        listed = client.get(figure.link)
        assert listed.status_code == 200
        assert str(listed.context["cl"].result_count) == figure.number
    assert found["overdue"].alert
    assert not found["my requests"].alert


def test_stuck_system_is_counted_until_somebody_decides(clock, tmp_path, db):
    client = signed_in("hal")
    organisation.desk(tmp_path, clock())
    (tmp_path / "desk.sqlite3").unlink()
    request = builders.file(at=clock()).requests[0]
    builders.confirm(request.submission, clock())
    drain(clock())
    assert figures(client)["a system needs a decision"].number == "1"

    review.withdraw(request.pk, by=builders.hal(), at=timezone.now())

    assert figures(client)["a system needs a decision"].number == "0"


def test_desk_names_what_to_take_next(systems, clock):
    client = signed_in("hal")
    later = builders.in_review(at=clock(), email="later@example.org")
    sooner = builders.in_review(at=clock() - timedelta(days=9), email="sooner@example.org")
    taken = builders.in_review(at=clock() - timedelta(days=20), email="taken@example.org")
    review.assign(taken.pk, colleague("vera").pk, by=builders.vera(), at=clock())

    rows = client.get(DESK).context["next"]

    assert [row.reference for row in rows] == [sooner.submission.reference, later.submission.reference]


def test_desk_costs_the_same_however_much_waits(systems, clock):
    client = signed_in("hal")

    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(DESK).status_code == 200
        return len(captured)

    builders.in_review(at=clock())
    few = statements()
    for number in range(12):
        builders.in_review(at=clock(), email=f"p{number}@example.org")

    # Session, account, two of permissions and open incidents; a statement for each of eight figures, one for both of
    # letters by mail; mine and nobody's.
    assert statements() == few <= 16


def test_figure_past_the_cap_says_more(clock, db, monkeypatch):
    monkeypatch.setattr("dsr.selectors.queue.CAP", 2)
    for number in range(4):
        builders.file(at=clock(), email=f"p{number}@example.org")

    assert figures(signed_in("hal"))["wait for the person"].number == "2+"


@pytest.mark.parametrize(
    ("name", "menu"),
    [
        ("hal", {*DESK_ITEMS, "Directed elsewhere"}),
        ("vera", {*DESK_ITEMS, "Directed elsewhere", *GUARDING, *PROOF}),
        (
            "dora",
            {
                *{
                    "Desk",
                    "Requests",
                    AUTHORITIES,
                    MAIL,
                    "Letters",
                    "Systems",
                    "Agencies",
                    "Customers",
                    "Directed elsewhere",
                },
                *GUARDING,
                *PROOF,
            },
        ),
        ("sam", {"Desk", "Requests", MAIL, "Letters"}),
        ("audrey", {"Desk", "Requests", AUTHORITIES, "Letters", "Systems", *PROOF}),
        ("syl", {"Desk", "Systems"}),
        ("newcomer", {"Desk"}),
    ],
)
def test_menu_shows_what_the_account_may_open(name, menu, db):
    client = signed_in(name)

    answer = client.get(DESK)

    items = answer.context["console_menu"]
    assert {item.title for item in items} == menu
    assert {client.get(item.link).status_code for item in items} == {200}
    assert ("sought" in text(answer)) is ("Requests" in menu)


def test_menu_of_an_administrator_opens_everywhere(db):
    client = administrator()

    items = client.get(DESK).context["console_menu"]

    assert {client.get(item.link).status_code for item in items} == {200}
    assert {"Staff", "Roles", "API tokens"} <= {item.title for item in items}


@pytest.mark.parametrize(
    "path", [DESK, "/admin/dsr/subjectrequest/", "/admin/dsr/system/add/", "/admin/auth/user/add/"]
)
def test_console_needs_no_exception_from_the_content_policy(path, db):
    answer = administrator().get(path)

    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in f"{policy};"
    assert "unsafe" not in policy
    assert "<style" not in text(answer)
    assert " style=" not in text(answer)
    assert "no-store" in answer.headers["Cache-Control"]


# --- History ---------------------------------------------------------------------------------------------------------


def test_history_lists_what_happened_in_plain_words(systems, clock):
    request = builders.prepared(clock())
    client = signed_in("audrey")

    page = text(client.get(EVENTS))

    for words in ("Filed", "Confirmed the address", "by the link in a mail", "Proposed to do as asked", "hal"):
        assert words in page
    assert builders.ADA not in page
    found = client.get(f"{EVENTS}?q={request.submission.reference}").context["cl"].result_list
    assert [event.seq for event in found] == list(range(1, len(found) + 1))


def test_event_shows_its_place_in_the_chain(systems, clock):
    builders.prepared(clock())
    event = Event.objects.get(verb="prepare")

    page = text(signed_in("audrey").get(f"{EVENTS}{event.pk}/change/"))

    assert event.hash in page
    assert event.prev_hash in page


def test_history_cannot_be_changed_even_by_an_administrator(systems, clock):
    builders.prepared(clock())
    history.checkpoint(timezone.now() + timedelta(hours=1))
    client = administrator()
    event, checkpoint = Event.objects.earliest("id"), Checkpoint.objects.get()

    for path in (f"{EVENTS}add/", f"{EVENTS}{event.pk}/delete/", f"/admin/dsr/checkpoint/{checkpoint.pk}/delete/"):
        assert client.get(path).status_code == 403
    assert client.post(f"{EVENTS}{event.pk}/change/", {"verb": "nothing"}).status_code == 403
    assert client.get(f"/admin/dsr/checkpoint/{checkpoint.pk}/change/").status_code == 200
    assert history.verify().whole


@pytest.mark.parametrize("name", [name for name in ROLES if name not in ("vera", "audrey", "dora")])
def test_whole_history_is_for_those_who_audit(name, db):
    assert signed_in(name).get(EVENTS).status_code == 403


def test_history_costs_the_same_however_many_events_it_shows(systems, clock):
    client = signed_in("audrey")

    def statements():
        with CaptureQueriesContext(connection) as captured:
            client.get(EVENTS)
        return len(captured)

    builders.prepared(clock())
    few = statements()
    for number in range(5):
        builders.prepared(clock(), email=f"p{number}@example.org")

    assert statements() == few <= 8
