"""The page on which what is about others is marked."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dsr.models import Event, Mark
from dsr.rights import Right
from tests import builders
from tests.interfaces.admin.desk import colleague, sheet, signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems")]


@pytest.fixture
def request_(clock, systems):
    return builders.in_review(at=clock())


def _page(request):
    return reverse("admin:dsr_subjectrequest_redact", args=(request.pk,))


def _look(client, request):
    return client.post(reverse("admin:dsr_subjectrequest_redact_look", args=(request.pk,)), {"reason": "To mark"})


def _move(client, request, verb, **given):
    data = {"version": builders.again(request).version, **given}
    return client.post(reverse("admin:dsr_subjectrequest_redact_move", args=(request.pk, verb)), data)


MARK = {
    "what": "text", "kind": "name", "ground": "third_party_rights", "reason": "Somebody else.",
    "passage": "Grace Hopper",
}  # fmt: skip


def test_worksheet_leads_to_the_page(request_):
    page = text(signed_in("hal").get(sheet(request_)))

    assert "Nothing is taken out of the answer." in page
    assert _page(request_) in signed_in("hal").get(sheet(request_)).content.decode()


def test_what_was_found_is_shown_for_a_reason_that_is_kept(request_):
    hal = signed_in("hal")
    before = hal.get(_page(request_))
    _look(hal, request_)

    after = hal.get(_page(request_), {"system": "desk", "dataset": "customers"})

    assert "Ada Lovelace" not in before.content.decode()
    assert "Ada Lovelace" in after.content.decode()
    assert Event.objects.get(verb="revealed").data["fields"] == ["found"]


@pytest.mark.parametrize("name", ["sam", "ivy"])
def test_what_was_found_is_not_for_those_who_may_not_see_personal_values(name, request_):
    client = signed_in(name)
    _look(client, request_)

    page = client.get(_page(request_), {"system": "desk", "dataset": "customers"})

    assert "Ada Lovelace" not in page.content.decode()
    assert not Event.objects.filter(verb="revealed").exists()


def test_text_is_marked_looked_over_and_the_second_person_sees_it(request_):
    hal, vera = signed_in("hal"), signed_in("vera")
    assert _move(hal, request_, "mark", **MARK).status_code == 302
    _look(vera, request_)
    page = text(vera.get(_page(request_)))

    done = _move(vera, request_, "look_over")

    assert "Grace Hopper" in page
    assert "nobody else has looked" in page
    assert done.status_code == 302
    assert Mark.objects.get().looked_by == colleague("vera")


def test_what_cannot_be_marked_comes_back_with_what_was_typed(request_):
    hal = signed_in("hal")

    answered = _move(hal, request_, "mark", **{**MARK, "passage": "Al"})

    assert answered.status_code == 422
    assert "too short" in text(answered)
    assert "Somebody else." in answered.content.decode()


def test_mark_is_taken_back(request_):
    hal = signed_in("hal")
    _move(hal, request_, "mark", **MARK)

    assert _move(hal, request_, "unmark", mark=Mark.objects.get().pk).status_code == 302
    assert builders.again(request_).marks_standing == 0


def test_proposals_are_decided_on_by_ticking_them(request_):
    hal = signed_in("hal")
    assert _move(hal, request_, "seek_marks").status_code == 302
    assert _move(hal, request_, "decide_mark", marks=[], decision="accept").status_code == 422


def test_page_is_there_only_where_something_is_handed_over(clock, systems):
    request = builders.in_review(Right.DELETION, at=clock())

    assert signed_in("hal").get(_page(request)).status_code == 404
    assert "About others" not in text(signed_in("hal").get(sheet(request)))


def test_page_asks_for_as_much_with_many_marks_as_with_one(request_):
    hal = signed_in("hal")
    _look(hal, request_)
    _move(hal, request_, "mark", **MARK)
    with CaptureQueriesContext(
        connection,
    ) as one:
        hal.get(_page(request_))
    for name in ("Barbara Liskov", "Radia Perlman", "Karen Jones"):
        _move(hal, request_, "mark", **{**MARK, "passage": name})

    with CaptureQueriesContext(connection) as many:
        hal.get(_page(request_))

    assert len(many) == len(one)
