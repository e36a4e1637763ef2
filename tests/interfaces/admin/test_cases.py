"""Cases of authorities at the console: on top of every page, entered, worked on by two, and why a move is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dsr.admin import cases
from dsr.caselife import CASE_MOVES
from dsr.models import AuthorityCase, CaseLink
from dsr.services.cases import measures, replying
from notifications.models import Message
from tests import builders, casework
from tests.interfaces.admin.desk import QUEUE, colleague, sheet, signed_in, text

LIST = "/admin/dsr/authoritycase/"


def _today(days: int = 0) -> str:
    return (timezone.now().date() + timedelta(days=days)).isoformat()


def _letter(**changes: str) -> dict[str, str]:
    return {
        "authority": "local_authority",
        "office": "CNIL",
        "reference": "CNIL-26-4711",
        "received_on": _today(),
        "due_on": _today(21),
        "subject": "Mails to Ada Lovelace.",
        "references": "",
        **changes,
    }


def _page(case: AuthorityCase) -> str:
    return reverse("admin:dsr_authoritycase_change", args=(case.pk,))


def _move(client: Client, case: AuthorityCase, verb: str, **given: Any) -> Any:
    data = {"version": casework.again(case).version, **given}
    return client.post(reverse("admin:dsr_authoritycase_move", args=(case.pk, verb)), data)


@pytest.fixture
def case(clock, db) -> AuthorityCase:
    """A case that Hal entered two days ago."""
    colleague("dora")
    return casework.opened(clock())


def test_letter_is_entered_and_stands_on_top_of_the_queue(db):
    colleague("dora")
    client = signed_in("hal")

    lacking = client.post(f"{LIST}add/", _letter(due_on=""))
    made = client.post(f"{LIST}add/", _letter(), follow=True)

    assert lacking.status_code == 422
    assert AuthorityCase.objects.count() == 1
    assert "The case is open, and the officer was told." in text(made)
    assert Message.objects.filter(kind="case_opened").count() == 1
    queue = text(client.get(QUEUE))
    assert "CNIL" in queue
    assert queue.index("CNIL") < queue.index("<h1>")
    assert "answer due" in queue


def test_unknown_filing_is_told_beside_its_field(db):
    client = signed_in("hal")

    answer = client.post(f"{LIST}add/", _letter(references="AAAAA-AAAAA"))

    assert answer.status_code == 422
    assert "There is no filing" in text(answer) or "no reference of ours" in text(answer)
    assert not AuthorityCase.objects.exists()


def test_two_people_answer_and_one_cannot(case):
    hal, vera = signed_in("hal"), signed_in("vera")

    assert _move(vera, case, "prepare", text=casework.ANSWER, place="").status_code == 302
    assert "You prepared this answer, so somebody else must approve it." in text(vera.get(_page(case)))
    assert _move(vera, case, "approve").status_code == 403
    assert "This is not yours to do." in text(hal.get(_page(case)))
    assert _move(hal, case, "approve").status_code == 403
    assert _move(signed_in("dora"), case, "approve").status_code == 302
    sent = _move(hal, case, "record_sent", sent_on=_today(), place=casework.PLACE)

    assert sent.status_code == 302
    assert casework.again(case).state == "answered"
    assert casework.PLACE in text(hal.get(_page(case)))


def test_closing_says_which_measures_are_open(case, clock):
    casework.ordered(casework.answered(case, clock.tick()), clock.tick())
    vera = signed_in("vera")

    assert "Measures that the authority ordered are not confirmed as done yet: 1." in text(vera.get(_page(case)))
    ended = {"outcome": "order", "ended_on": _today(), "text": "It ordered one thing."}
    assert _move(vera, case, "close", **ended).status_code == 409
    assert _move(vera, case, "confirm_measure", measure="1", place="Protocol 7").status_code == 302
    assert _move(vera, case, "close", **ended).status_code == 302

    assert casework.again(case).state == "closed"
    assert "CNIL" not in text(vera.get(QUEUE))
    assert _page(case) in text(vera.get(f"{LIST}?state=closed"))
    assert _page(case) not in text(vera.get(LIST))


def test_person_is_told_only_by_the_form_for_it(case, clock, systems):
    request = builders.in_review(at=clock.tick())
    vera = signed_in("vera")
    assert "No filing of a person is linked to this case." in text(vera.get(_page(case)))

    assert _move(vera, case, "link", reference=request.submission.reference).status_code == 302
    link = CaseLink.objects.get()
    assert "person not told" in text(vera.get(_page(case)))
    assert _move(vera, case, "tell_person", link=str(link.pk), text=" ").status_code == 422
    assert _move(vera, case, "tell_person", link=str(link.pk), text="The authority asked us.").status_code == 302

    assert "person told" in text(vera.get(_page(case)))
    assert builders.letters_to(request.submission, "new_message")


def test_whoever_audits_reads_no_words_and_changes_nothing(case):
    audrey = signed_in("audrey")

    page = text(audrey.get(_page(case)))

    assert "Ada Lovelace" not in page
    assert "CNIL-26-4711" not in page
    assert "This is not yours to do." in page
    assert audrey.get(f"{LIST}add/").status_code == 403
    assert "CNIL-26-4711" not in text(audrey.get(LIST))
    assert _move(audrey, case, "note", text="Hm.").status_code == 403


@pytest.mark.parametrize("name", ["sam", "ivy", "syl"])
def test_others_see_nothing_of_it(case, name):
    client = signed_in(name)

    assert client.get(LIST).status_code == 403
    assert client.get(_page(case)).status_code == 404
    assert "CNIL" not in text(client.get("/admin/"))
    assert client.get("/admin/").status_code == 200


def test_unknown_move_and_case_are_not_found(case):
    client = signed_in("hal")

    assert client.post(f"{LIST}{case.pk}/moves/dance/", {}).status_code == 404
    assert client.get(f"{LIST}00000000-0000-0000-0000-000000000000/change/").status_code == 404
    assert client.get(f"{LIST}nonsense/change/").status_code == 404
    assert client.get(f"{LIST}{case.pk}/moves/note/").status_code == 405


def test_page_of_a_request_says_that_an_authority_asks_to_those_who_may_know(clock, systems):
    request = builders.in_review(at=clock())
    colleague("dora")
    case = casework.opened(clock.tick(), request)

    assert _page(case) in text(signed_in("hal").get(sheet(request))).partition("<main")[2].partition("<h1>")[2]
    assert "asks about it" not in text(signed_in("sam").get(sheet(request)))
    casework.closed(casework.answered(case, clock.tick()), clock.tick())
    assert "asks about it" not in text(signed_in("hal").get(sheet(request)))


def test_history_has_a_word_for_each_move():
    assert {move.verb for move in CASE_MOVES} <= set(cases.VERBS)


def test_banner_names_no_day_once_it_is_answered(case, clock):
    client = signed_in("hal")
    waiting = text(client.get(QUEUE))

    casework.answered(case, clock.tick())

    assert "answer due" in waiting
    answered = text(client.get(QUEUE))
    assert "CNIL" in answered
    assert "answer due" not in answered


def _statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_list_and_queue_cost_the_same_however_many_cases_there_are(case, clock):
    client = signed_in("hal")
    client.get(LIST)
    few, before = _statements(client, LIST), _statements(client, QUEUE)
    for _ in range(8):
        casework.opened(clock.tick())

    assert _statements(client, LIST) == few <= 8
    assert _statements(client, QUEUE) == before <= 11


def test_page_costs_the_same_however_much_a_case_holds(case, clock):
    client = signed_in("vera")
    case = casework.ordered(casework.answered(case, clock.tick()), clock.tick())
    few = _statements(client, _page(case))
    for _ in range(5):
        casework.ordered(case, clock.tick())
    measures.confirm(case.pk, 1, "Protocol", by=builders.hal(), at=clock.tick())
    replying.write_again(case.pk, clock.now.date(), clock.now.date(), "And June?", by=builders.hal(), at=clock.tick())

    assert _statements(client, _page(case)) <= few <= 20
