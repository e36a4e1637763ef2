from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dsr.models import SubjectRequest, Submission
from dsr.rights import Right
from dsr.selectors import queue
from dsr.services import review
from tests import builders
from tests.drain import drain
from tests.interfaces.admin.desk import QUEUE, ROLES, colleague, sheet, signed_in, text

FIND = "/admin/dsr/subjectrequest/find/"


def listed(client: Client, query: str = "") -> list[str]:
    """Return the references that the queue shows, in its order."""
    answer = client.get(f"{QUEUE}?{query}")
    assert answer.status_code == 200
    return [row.submission.reference for row in answer.context["cl"].result_list]


@pytest.fixture
def hal(db):
    return signed_in("hal")


def test_queue_shows_open_requests_due_first(hal, systems, clock):
    later = builders.file(at=clock()).submission
    sooner = builders.file(at=clock() - timedelta(days=5)).submission
    closed = builders.in_review(at=clock(), email="bea@example.org")
    review.withdraw(closed.pk, by=builders.hal(), at=clock())

    found = listed(hal)

    assert found == [sooner.reference, later.reference]


def test_row_says_what_somebody_needs_to_choose(hal, systems, clock):
    request = builders.prepared(at=clock())
    review.assign(request.pk, colleague("hal").pk, by=builders.vera(), at=clock())

    page = text(hal.get(QUEUE))

    for words in (
        request.submission.reference,
        "Access",
        "answer waits for approval",
        "days left",
        "General Data Prot",
    ):
        assert words in page
    assert "1 of 1" in page
    assert "hal" in page


def test_overdue_request_says_by_how_much(hal, systems, clock):
    request = builders.in_review(at=timezone.now() - timedelta(days=50))
    days = (timezone.now().date() - request.due_on).days

    page = text(hal.get(QUEUE))

    assert f"{days} days overdue" in page


def test_answer_that_waits_to_be_collected_is_not_overdue(hal, systems, clock):
    request = builders.ready(clock() - timedelta(days=40))
    assert request.due_at < timezone.now()

    assert listed(hal, "due=overdue") == []
    assert "answered" in text(hal.get(QUEUE))
    assert "overdue" not in text(hal.get(sheet(request))).partition("r-jump")[0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=verifying", {"identity"}),
        ("state=in_review", {"desk", "taken"}),
        ("state=closed", {"closed"}),
        ("state=all", {"identity", "desk", "taken", "closed", "informed"}),
        ("state=nonsense", set()),
        ("right=be_informed", {"informed"}),
        ("turn=person", {"identity", "informed"}),
        ("turn=staff", {"desk", "taken"}),
        ("turn=stuck", set()),
        ("whose=me", {"taken"}),
        ("whose=nobody", {"identity", "desk", "informed"}),
        ("due=overdue", {"desk"}),
        ("due=week", set()),
        ("law=us_ca_ccpa", {"desk"}),
        ("turn=staff&law=eu_gdpr", {"taken"}),
    ],
)
def test_filter_narrows_down(hal, systems, clock, query, expected):
    cases = {
        "identity": builders.file(at=clock()).submission,
        "desk": builders.in_review(
            at=clock() - timedelta(days=60), email="d@example.org", country="US", region="CA"
        ).submission,
        "closed": builders.in_review(at=clock(), email="c@example.org").submission,
        "taken": builders.in_review(at=clock(), email="t@example.org").submission,
    }
    review.withdraw(builders.only(cases["closed"]).pk, by=builders.hal(), at=clock())
    review.assign(builders.only(cases["taken"]).pk, colleague("hal").pk, by=builders.vera(), at=clock())
    cases["informed"] = builders.file(Right.BE_INFORMED, at=clock(), email="i@example.org").submission
    drain(clock())

    found = listed(hal, query)

    assert set(found) == {cases[name].reference for name in expected}


def test_words_of_no_filter_are_turned_away(hal, db):
    assert hal.get(f"{QUEUE}?submission__email_fingerprint__startswith=k2").status_code == 400
    assert hal.get(f"{QUEUE}?details_sealed__isnull=False").status_code == 400


def test_order_cannot_be_changed_by_the_address(hal, clock, db):
    later = builders.file(at=clock()).submission
    sooner = builders.file(at=clock() - timedelta(days=5)).submission

    found = listed(hal, "o=-1.5.999")

    assert found == [sooner.reference, later.reference]


@pytest.mark.parametrize("page", ["999", "0", "-1", "x", "1e9"])
def test_page_that_is_not_there_is_no_fault(hal, clock, db, page):
    builders.file(at=clock())

    assert hal.get(f"{QUEUE}?p={page}", follow=True).status_code == 200


# --- Finding one -----------------------------------------------------------------------------------------------------


def seek(client: Client, what: str) -> tuple[str, list[str]]:
    """Type something into the search box; return where it leads and what is listed there."""
    answer = client.post(FIND, {"sought": what})
    assert answer.status_code == 302
    where = answer.headers["Location"]
    page = client.get(where)
    return where, [row.submission.reference for row in page.context["cl"].result_list] if "cl" in page.context else []


def typed_badly(reference: str) -> list[str]:
    """Return a reference as people write it down."""
    return [
        reference.lower(),
        reference.replace("-", " "),
        f"  {reference.replace('-', '')} ",
        reference.replace("2", "z"),
    ]


def test_reference_leads_to_its_request_however_it_is_typed(hal, clock, db):
    request = builders.file(at=clock()).requests[0]

    found = {seek(hal, each)[0] for each in typed_badly(request.submission.reference)}

    assert found == {sheet(request)}


def test_reference_of_several_requests_lists_them_also_closed_ones(hal, systems, clock):
    filed = builders.file(Right.ACCESS, Right.PORTABILITY, at=clock())
    review.withdraw(filed.requests[0].pk, by=builders.hal(), at=clock())

    where, found = seek(hal, filed.submission.reference)

    assert found == [filed.submission.reference] * 2
    assert filed.submission.reference in where


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("ADA.Lovelace@Example.org", True),
        ("+353 86 123 4567", True),
        ("AC-42/7", True),
        ("ada.lovelace@example.com", False),
        ("lovelace@example.org", False),
        ("ada.lovelace@", False),
        ("%", False),
        ("86 123", False),
    ],
)
def test_person_is_found_by_the_whole_of_an_identifier_only(hal, clock, db, what, shown):
    identifiers = {"account": ("ac-42/7",)}
    request = builders.file(at=clock(), phone="00353861234567", identifiers=identifiers).requests[0]
    builders.file(at=clock(), email="max@example.org")

    where, found = seek(hal, what)

    assert where == sheet(request) if shown else found == []


def test_address_of_a_search_holds_nothing_personal(hal, clock, db):
    for _ in range(2):
        builders.file(at=clock())

    where, found = seek(hal, builders.ADA)

    assert len(found) == 2
    assert "ada" not in where.lower()
    assert "lovelace" not in where.lower()


def test_person_is_found_under_an_older_key(hal, clock, db, settings):
    new, old = settings.FIELD_KEYS.split(",")
    settings.FIELD_KEYS = f"{old},{new}"
    request = builders.file(at=clock()).requests[0]
    settings.FIELD_KEYS = f"{new},{old}"

    where, _found = seek(hal, builders.ADA)

    assert where == sheet(request)


def test_empty_search_says_what_to_type(hal, db):
    answer = hal.post(FIND, {"sought": "  "}, follow=True)

    assert "Type a reference" in text(answer)


def test_search_by_address_bar_takes_references_only(hal, clock, db):
    request = builders.file(at=clock()).requests[0]

    assert listed(hal, f"q={request.submission.reference}") == [request.submission.reference]
    assert listed(hal, f"q={builders.ADA}") == []


@pytest.mark.parametrize("who", ["email=k1:zz", "email=", "name=k1:" + "a" * 64, ";;;", "email=k1:" + "a" * 64])
def test_forged_fingerprint_finds_nothing(hal, clock, db, who):
    builders.file(at=clock())

    assert listed(hal, f"who={who}") == []


def test_search_is_posted(hal, db):
    assert hal.get(FIND).status_code == 405


# --- Cost ------------------------------------------------------------------------------------------------------------


def statements(client: Client, query: str = "") -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"{QUEUE}?{query}").status_code == 200
    return len(captured)


def test_list_costs_the_same_however_many_rows_it_shows(hal, systems, clock):
    builders.in_review(at=clock())
    few = statements(hal)

    for number in range(30):
        request = builders.in_review(at=clock(), email=f"p{number}@example.org")
        if number % 3 == 0:
            review.assign(request.pk, colleague("hal").pk, by=builders.vera(), at=clock())

    assert statements(hal) == few
    assert statements(hal, "state=in_review&turn=staff&law=eu_gdpr&right=access") == few
    # Session, account, two of permissions and open incidents; then count, page, rows, signals, and how far the systems
    # have come.
    assert few <= 11


def test_count_stops_at_the_cap(hal, clock, db, monkeypatch):
    monkeypatch.setattr("dsr.admin.base.CappedPaginator.cap", 3)
    for number in range(5):
        builders.file(at=clock(), email=f"p{number}@example.org")

    page = text(hal.get(QUEUE))

    assert "More than 3" in page


def test_count_of_the_selectors_stops_past_the_cap(clock, db, monkeypatch):
    monkeypatch.setattr(queue, "CAP", 2)
    for number in range(5):
        builders.file(at=clock(), email=f"p{number}@example.org")

    assert queue.count(SubjectRequest.objects.all()) == 3


# --- Who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "may"), [(name, name != "syl") for name in ROLES] + [("newcomer", False)])
def test_queue_opens_for_those_who_work_with_it(name, may, db):
    client = signed_in(name)

    assert client.get(QUEUE).status_code == (200 if may else 403)
    assert client.post(FIND, {"sought": builders.ADA}).status_code == (302 if may else 403)


def test_strangers_are_sent_to_sign_in(client, db):
    answer = client.get(QUEUE)

    assert answer.status_code == 302
    assert reverse("admin:login") in answer.headers["Location"]


def test_nothing_can_be_added_changed_or_deleted_by_form(clock, db):
    request = builders.file(at=clock()).requests[0]
    client = signed_in("root", is_superuser=True)

    for path in ("add/", f"{request.pk}/delete/"):
        assert client.get(f"{QUEUE}{path}").status_code == 403
        assert client.post(f"{QUEUE}{path}", {"post": "yes"}).status_code == 403
    before = Submission.objects.values().get()
    assert client.post(sheet(request), {"state": "closed"}).status_code == 200
    assert Submission.objects.values().get() == before
    assert builders.again(request).state == "verifying"
