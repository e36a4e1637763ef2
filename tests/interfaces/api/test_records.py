"""Clocks, history and ledger."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dsr import reckoning
from dsr.api.shapes import outputs
from dsr.models import Event, SubjectRequest
from dsr.rights import Right
from dsr.services import history
from tests import builders
from tests.interfaces.api.client import V1, Api
from tests.statements import counted

pytestmark = pytest.mark.django_db


def test_clock_says_why_the_date_is_what_it_is(hal: Api) -> None:
    filed = builders.file(Right.ACCESS, Right.PORTABILITY, at=timezone.now())
    request = filed.requests[0]

    answered = hal.get(f"/requests/{request.pk}/clock")

    shown = outputs.ClocksShown.model_validate_json(answered.response.content)
    assert shown.due_on == request.due_on
    assert [event.kind for event in shown.events] == ["received", "identity_asked"]
    governing = [clock for clock in shown.clocks if clock.governs]
    assert [clock.promised_on for clock in governing] == [request.due_on]
    assert all(segment.because and segment.source for clock in shown.clocks for segment in clock.segments)
    assert set(answered.json["clocks"][0]["segments"][0]) == {"from", "to", "counts", "because", "source"}


def test_clock_shows_every_law_that_applies(hal: Api) -> None:
    request = builders.file(country="US", region="CA", at=timezone.now()).requests[0]

    shown = hal.get(f"/requests/{request.pk}/clock").json

    assert {clock["kind"] for clock in shown["clocks"]} >= {"acknowledge", "respond"}
    assert any(clock["governs"] for clock in shown["clocks"])


@pytest.mark.parametrize("place", [("IE", ""), ("US", "CA")], ids=lambda place: place[0])
def test_clock_takes_two_statements_however_many_clocks_there_are(hal: Api, place: tuple[str, str]) -> None:
    country, region = place
    request = builders.file(
        Right.ACCESS, Right.PORTABILITY, at=timezone.now(), country=country, region=region
    ).requests[0]

    with counted() as asked:
        hal.get(f"/requests/{request.pk}/clock")
    with counted() as explained:
        reckoning.explain(SubjectRequest.objects.select_related("submission").get(pk=request.pk))

    about = [sql for sql in asked if any(f'"dsr_{table}"' in sql for table in ("subjectrequest", "event", "rulebook"))]
    assert len(about) == 2, "\n".join(asked)
    assert len(explained) == 2, "\n".join(explained)


def test_history_is_the_chain_itself(audrey: Api) -> None:
    request = builders.in_review(at=timezone.now())

    answered = audrey.get(f"/requests/{request.pk}/history")

    page = outputs.EventPage.model_validate_json(answered.response.content)
    assert [event.seq for event in page.results] == list(range(1, len(page.results) + 1))
    for shown, event in zip(page.results, Event.objects.order_by("seq"), strict=True):
        assert (shown.hash, shown.prev_hash) == (history.digest(event), event.prev_hash)


def test_history_leaves_out_what_happened_to_another_request(hal: Api) -> None:
    filed = builders.file(Right.ACCESS, Right.BE_INFORMED, at=timezone.now())
    one, other = filed.requests

    shown = hal.get(f"/requests/{one.pk}/history").json["results"]

    assert {event["request"] for event in shown} == {str(one.pk)}
    assert str(other.pk) not in str(shown)


def test_history_comes_in_pages(hal: Api) -> None:
    request = builders.in_review(at=timezone.now())
    whole = hal.get(f"/requests/{request.pk}/history").json["results"]

    first = hal.get(f"/requests/{request.pk}/history", limit=2)
    rest = hal.get(first.json["next"].partition(V1)[2].replace("limit=2", "limit=200"))

    assert first.json["results"] + rest.json["results"] == whole
    assert rest.json["next"] is None


@pytest.mark.parametrize("cursor", ["x", "bnx4", "bnwtMQ", "bnwxMDAwMDAwMDAwMA", "\u00e4"])
def test_history_refuses_a_cursor_that_we_did_not_write(hal: Api, cursor: str) -> None:
    request = builders.file(at=timezone.now()).requests[0]

    answered = hal.get(f"/requests/{request.pk}/history", cursor=cursor)

    assert (answered.status, answered.code) == (400, "bad-cursor")


def test_ledger_is_empty_until_there_is_an_answer(audrey: Api) -> None:
    request = builders.file(at=timezone.now() - timedelta(days=1)).requests[0]

    assert audrey.get(f"/requests/{request.pk}/ledger").json == {"results": []}
