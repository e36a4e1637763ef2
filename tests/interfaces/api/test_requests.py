"""The queue and one request."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dsr.api.shapes import outputs
from dsr.models import SubjectRequest, Submission
from dsr.rights import Right
from dsr.services import intake, review
from tests import builders
from tests.interfaces.api.client import V1, Api

pytestmark = pytest.mark.django_db
NOWHERE = "00000000-0000-7000-8000-000000000000"


def file_some(number: int, **changes: Any) -> list[SubjectRequest]:
    """File, an hour apart, so that each is due at the end of some day and several share one."""
    at = timezone.now() - timedelta(days=3)
    filed = [builders.file(at=at + timedelta(hours=hour), **changes) for hour in range(number)]
    return [request for each in filed for request in each.requests]


def walk(api: Api, link: str, way: str) -> list[list[str]]:
    """Follow a list from page to page."""
    pages = []
    while link:
        answered = api.get(link.partition(V1)[2])
        pages.append([row["id"] for row in answered.json["results"]])
        link = answered.json[way]
    return pages


def listed(api: Api, **query: Any) -> list[str]:
    answered = api.get("/requests", **query)
    assert answered.status == 200, answered.json
    return [row["id"] for row in answered.json["results"]]


def test_queue_shows_what_falls_due_first_at_the_front(hal: Api) -> None:
    requests = file_some(5)

    answered = hal.get("/requests")

    page = outputs.RequestPage.model_validate_json(answered.response.content)
    expected = sorted(requests, key=lambda request: (request.due_at, request.pk))
    assert [row.id for row in page.results] == [request.pk for request in expected]
    assert (page.next, page.previous) == (None, None)
    assert "Link" not in answered.headers


def test_pages_join_without_gap_or_repeat_both_ways(hal: Api) -> None:
    everything = [str(request.pk) for request in SubjectRequest.objects.filter(pk__in=builders.ids(file_some(7)))]
    first = hal.get("/requests", limit=3)

    onward = [[row["id"] for row in first.json["results"]], *walk(hal, first.json["next"], "next")]
    last = hal.get(f"/requests?{first.json['next'].partition('?')[2]}")
    backward = walk(hal, last.json["previous"], "previous")

    assert [len(page) for page in onward] == [3, 3, 1]
    assert [pk for page in onward for pk in page] == everything
    assert backward == [onward[0]]
    assert first.json["previous"] is None
    assert first.headers["Link"] == f'<{first.json["next"]}>; rel="next"'


def test_page_does_not_move_when_earlier_rows_go(hal: Api) -> None:
    requests = sorted(file_some(6), key=lambda request: (request.due_at, request.pk))
    first = hal.get("/requests", limit=2)
    review.withdraw(requests[0].pk, by=builders.hal(), at=timezone.now())

    second = hal.get(first.json["next"].partition(V1)[2])

    assert [row["id"] for row in second.json["results"]] == [str(request.pk) for request in requests[2:4]]


def test_queue_by_slack_begins_with_what_takes_longest(hal: Api) -> None:
    searched = file_some(5)
    told = file_some(2, wants=(intake.Want(Right.BE_INFORMED),))
    closed = file_some(1)[0]
    review.withdraw(closed.pk, by=builders.hal(), at=timezone.now())
    rows = SubjectRequest.objects.in_bulk([request.pk for request in (*searched, *told)]).values()
    by_slack = [str(row.pk) for row in sorted(rows, key=lambda row: (row.slack_at or row.due_at, row.pk))]

    first = hal.get("/requests", limit=3, order="slack")
    onward = [[row["id"] for row in first.json["results"]], *walk(hal, first.json["next"], "next")]
    last = hal.get(first.json["next"].partition(V1)[2])
    backward = walk(hal, last.json["previous"], "previous")

    assert [pk for page in onward for pk in page] == by_slack
    assert by_slack[-2:] == [str(request.pk) for request in told]
    assert backward == [onward[0]]
    assert listed(hal, state="all", order="slack") == by_slack


def test_place_in_one_order_is_none_in_the_other(hal: Api) -> None:
    file_some(3)
    cursor = parse_qs(urlsplit(hal.get("/requests", limit=1).json["next"]).query)["cursor"][0]

    answered = hal.get("/requests", limit=1, order="slack", cursor=cursor)

    assert (answered.status, answered.code) == (400, "bad-cursor")


@pytest.mark.parametrize("number", [1, 12])
def test_page_takes_two_statements_and_the_token_another(hal: Api, number: int) -> None:
    file_some(number)
    hal.get("/requests")

    with CaptureQueriesContext(connection) as captured:
        hal.get("/requests", limit=10)

    assert len(captured) == 3  # the token, the rows, and the signals of all of them


def test_queue_is_narrowed_by_what_is_asked(hal: Api) -> None:
    access, statement = file_some(1)[0], file_some(1, wants=(intake.Want(Right.BE_INFORMED),))[0]
    review.assign(access.pk, builders.staff("hal").pk, by=builders.hal(), at=timezone.now())
    one, other = [str(access.pk)], [str(statement.pk)]

    assert listed(hal, right="access") == one
    assert listed(hal, state="fulfilling") == other
    assert listed(hal, turn="person") == one
    assert listed(hal, assignee="me") == one
    assert listed(hal, assignee="hal") == one
    assert listed(hal, assignee="nobody") == other
    assert listed(hal, assignee="unknown") == []
    assert listed(hal, overdue="true") == []
    assert sorted(listed(hal, overdue="false")) == sorted(one + other)
    assert listed(hal, right="access", state="fulfilling") == []


def test_queue_leaves_out_what_is_closed_unless_asked(hal: Api) -> None:
    request = file_some(1)[0]
    review.withdraw(request.pk, by=builders.hal(), at=timezone.now())

    assert listed(hal) == []
    assert listed(hal, state="closed") == [str(request.pk)]
    assert listed(hal, state="all") == [str(request.pk)]
    assert listed(hal, q=request.submission.reference) == [str(request.pk)]


def test_overdue_is_what_should_have_been_answered(hal: Api) -> None:
    at = timezone.now() - timedelta(days=90)
    long_ago, waiting = builders.file(at=at).requests[0], builders.file(at=at).requests[0]
    builders.confirm(long_ago.submission, at)
    (other,) = file_some(1)

    assert listed(hal, overdue="true") == [str(long_ago.pk)]
    assert set(listed(hal, overdue="false")) == {str(waiting.pk), str(other.pk)}
    assert hal.get(f"/requests/{long_ago.pk}").json["overdue"] is True


@pytest.mark.parametrize("q", ["ADA.Lovelace@EXAMPLE.org", " ada.lovelace@example.org"])
def test_search_finds_exactly_one_person(hal: Api, q: str) -> None:
    request = file_some(1)[0]
    file_some(1, email=builders.MAX)

    assert listed(hal, q=q) == [str(request.pk)]
    assert listed(hal, q="lovelace") == []
    assert listed(hal, q="ada.lovelace@example.com") == []


def test_search_finds_by_account_and_phone(hal: Api) -> None:
    request = file_some(1, phone="+353 1 234 5678", identifiers={"account": ("AC-1843",)})[0]

    assert listed(hal, q="ac-1843") == [str(request.pk)]
    assert listed(hal, q="+35312345678") == [str(request.pk)]


def test_auditor_searches_by_reference_only(audrey: Api) -> None:
    request = file_some(1)[0]

    assert listed(audrey, q=request.submission.reference) == [str(request.pk)]
    answered = audrey.get("/requests", q=builders.ADA)
    assert (answered.status, answered.code) == (403, "insufficient-scope")


@pytest.mark.parametrize(
    "query",
    [
        {"right": "flying"},
        {"state": "lost"},
        {"turn": "mine"},
        {"overdue": "yes"},
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "1_0"},
        {"limit": "ten"},
        {"q": ""},
        {"q": "x" * 255},
        {"q": "a\x00b"},
        {"assignee": "\x00"},
        {"page": "2"},
        {"right": ["access", "access"]},
    ],
)
def test_parameter_that_cannot_be_used_is_named(hal: Api, query: dict[str, Any]) -> None:
    answered = hal.get("/requests", **query)

    assert (answered.status, answered.code) == (400, "bad-parameter")
    assert answered.places == set(query)


@pytest.mark.parametrize(
    "cursor", ["x", "\u00e4", "Zg", "ZnwyMDI2", "n|3", "bnwz", "Znw5OTk5LTEyLTMxVDIzOjU5OjU5LTIzOjAwfDAw", "A" * 199]
)
def test_cursor_that_we_did_not_write_is_refused(hal: Api, cursor: str) -> None:
    answered = hal.get("/requests", cursor=cursor)

    assert (answered.status, answered.code) == (400, "bad-cursor")


def test_one_request_has_its_version_as_etag(hal: Api) -> None:
    request = builders.in_review(at=timezone.now())

    answered = hal.get(f"/requests/{request.pk}")

    shown = outputs.RequestShown.model_validate_json(answered.response.content)
    assert answered.headers["ETag"] == f'"{request.version}"'
    assert (shown.state, shown.reference) == ("in_review", request.submission.reference)


def test_list_and_one_request_hold_nothing_personal(hal: Api) -> None:
    file_some(1, name="Ada Lovelace")
    submission = Submission.objects.get()

    for path in ("/requests", f"/requests/{submission.requests.get().pk}"):
        content = hal.get(path).response.content.decode()
        assert "Lovelace" not in content
        assert builders.ADA not in content


@pytest.mark.parametrize("path", ["", "/moves", "/clock", "/history", "/ledger", "/messages"])
def test_unknown_request_is_not_found(hal: Api, path: str) -> None:
    answered = hal.get(f"/requests/{NOWHERE}{path}")

    assert (answered.status, answered.code) == (404, "not-found")
