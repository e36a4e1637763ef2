"""What staff see of who is asking, and the acts of those who check: each recorded, each theirs alone."""

import html
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dsr.models import Alert, AlertAnswer, Event, Post, Signal, SubjectRequest, Submission
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import (
    evidence,
    history,
    signals,
    stopping,
)
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.admin.desk import QUEUE, colleague, move, sheet, signed_in, text
from verification.models import Check, Evidence, Opening, Purpose, Why
from verification.uploads import Clean

pytestmark = pytest.mark.django_db
VICTIM, NUMBER, OWN = "victim@example.org", "+353861110000", "+353862220000"
PICTURE = Clean("image/png", b"\x89PNG as it was written anew")
PAPER = Clean("application/pdf", b"%PDF-1.7 as it was written anew")


@pytest.fixture
def clock() -> Clock:
    """An instant two days ago at noon: what comes in at night shows a signal more."""
    return Clock((timezone.now() - timedelta(days=2)).replace(hour=12, minute=0))


@pytest.fixture
def contacts(clock: Clock, tmp_path: Any) -> Callable[..., None]:
    """Makes the system that knows how people are reached."""

    def make(*people: tuple[str | None, ...]) -> None:
        known = people or ((builders.ADA, "A-1", OWN, None), (VICTIM, "A-9", NUMBER, None))
        organisation.contacts(tmp_path, clock(), *known)

    return make


@pytest.fixture
def claiming(contacts: Callable[..., None], clock: Clock) -> SubjectRequest:
    """Ada confirmed her own address and claims an account that is somebody else's."""
    contacts()
    return looked_at(clock, identifiers={"account": ("A-9",)})


def looked_at(clock: Clock, **changes: Any) -> SubjectRequest:
    """File, confirm, and have the systems asked."""
    filed = builders.file(Right.ACCESS, at=clock(), **changes)
    builders.confirm(filed.submission, clock.tick())
    drain(clock.tick())
    return builders.only(filed.submission)


def piece(request: SubjectRequest, clock: Clock, what: Clean = PICTURE) -> Evidence:
    wanted = {Purpose.IDENTITY}
    return evidence.receive(
        request.submission_id, Purpose.IDENTITY, what, by=Caller.person(), at=clock.tick(), wanted=wanted
    )


def open_piece(client: Client, request: SubjectRequest, each: Evidence, why: str = "check") -> Any:
    return client.post(reverse("admin:dsr_subjectrequest_evidence", args=(request.pk, each.pk)), {"why": why})


def show_number(client: Client, request: SubjectRequest) -> Any:
    return client.post(reverse("admin:dsr_subjectrequest_number", args=(request.pk,)), follow=True)


def clear(client: Client, request: SubjectRequest, signal: Signal, reason: str = "It is a family.") -> Any:
    where = reverse("admin:dsr_subjectrequest_clear", args=(request.pk, signal.pk))
    return client.post(where, {"reason": reason}, follow=True)


def verbs(request: SubjectRequest, verb: str) -> int:
    return Event.objects.filter(submission=request.submission_id, verb=verb).count()


# --- What it shows ---------------------------------------------------------------------------------------------------


def test_section_says_what_is_needed_shown_and_missing(claiming: SubjectRequest) -> None:
    page = text(signed_in("ivy").get(sheet(claiming)))

    for words in (
        "Who is asking",
        "Needed",
        "Control of the address or number",
        "link in a mail",
        "nothing ties to the contact address",
        "Nothing on file ties them to the contact address",
        "Why this much",
        "The address is not the one on file",
        "no answer yet",
    ):
        assert words in page, words


def test_section_reveals_no_address_and_no_number(claiming: SubjectRequest) -> None:
    page = text(signed_in("ivy").get(sheet(claiming)))

    for value in (VICTIM, "victim", NUMBER, OWN, "A-9", builders.ADA):
        assert value not in page, value


def test_every_reason_for_what_is_needed_names_its_source(claiming: SubjectRequest) -> None:
    who = signed_in("hal").get(sheet(claiming)).context["page"].who

    assert who.because
    assert all(row.sentence and row.source for row in who.because)


@pytest.mark.parametrize("right", [Right.BE_INFORMED])
def test_right_that_needs_no_proof_has_no_such_section(right: Right, clock: Clock, db: None) -> None:
    request = builders.file(right, at=clock()).requests[0]

    page = signed_in("ivy").get(sheet(request))

    assert page.context["page"].who is None
    assert 'id="who"' not in text(page)


def test_stop_hold_and_answers_of_those_on_file_are_on_the_page(claiming: SubjectRequest, clock: Clock) -> None:
    stop(claiming, clock)
    stopping.hold(claiming.pk, "Wait.", by=builders.hal(), at=timezone.now())

    page = text(signed_in("ivy").get(sheet(claiming)))

    assert "says that they did not ask" in page
    assert "Nothing is handed over before" in page
    assert "<b>stop it</b>" in page


def stop(request: SubjectRequest, clock: Clock) -> None:
    """Somebody on file presses "stop it"."""
    alert = Alert.objects.filter(submission=request.submission_id).earliest("id")
    Alert.objects.filter(pk=alert.pk).update(answer=AlertAnswer.STOP, answered_at=clock.tick())
    Submission.objects.filter(pk=request.submission_id).update(stopped_at=clock())


def test_section_costs_the_same_however_much_was_tried(claiming: SubjectRequest, clock: Clock) -> None:
    ivy = signed_in("ivy")
    evidence.look(piece(claiming, clock).pk, Why.CHECK, by=checker(), at=clock.tick())

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert ivy.get(sheet(claiming)).status_code == 200
        return len(captured)

    few = statements()
    for _number in range(3):
        each = piece(claiming, clock)
        evidence.look(each.pk, Why.CHECK, by=checker(), at=clock.tick())
        move(signed_in("ivy"), claiming, "check_identity", method="call_back", result="failed")
    for code in ("burst", "unusual_hours", "systems_not_asked"):
        Signal.objects.create(submission=claiming.submission, code=code, at=clock())

    assert statements() == few <= 44  # as many as for any other case, and what says who is asking


def checker() -> Caller:
    return Caller.of_user(colleague("ivy"), "admin")


# --- Documents -------------------------------------------------------------------------------------------------------


def test_document_opens_for_a_checker_alone_on_a_page_and_on_record(claiming: SubjectRequest, clock: Clock) -> None:
    each = piece(claiming, clock)

    answer = open_piece(signed_in("ivy"), claiming, each, "second_look")

    assert (answer.status_code, answer.content) == (200, PICTURE.data)
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Disposition"].startswith("inline; filename=")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "no-store" in answer.headers["Cache-Control"]
    opening = Opening.objects.get()
    assert (opening.why, opening.by) == ("second_look", str(colleague("ivy").pk))
    assert verbs(claiming, "evidence_opened") == 1


def test_document_that_is_no_picture_is_a_file(claiming: SubjectRequest, clock: Clock) -> None:
    each = piece(claiming, clock, PAPER)

    answer = open_piece(signed_in("ivy"), claiming, each)

    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert claiming.submission.reference not in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("name", ["hal", "vera", "sam", "audrey"])
def test_nobody_else_opens_a_document(name: str, claiming: SubjectRequest, clock: Clock) -> None:
    each, client = piece(claiming, clock), signed_in(name)

    answer = open_piece(client, claiming, each)

    assert answer.status_code == 302
    assert PICTURE.data not in answer.content
    assert "You may not open evidence" in text(client.get(sheet(claiming)))
    assert "Open the document" not in text(client.get(sheet(claiming)))
    assert not Opening.objects.exists()


def test_stranger_to_the_console_does_not_learn_that_it_exists(claiming: SubjectRequest, clock: Clock) -> None:
    each = piece(claiming, clock)

    assert open_piece(signed_in("syl"), claiming, each).status_code == 404
    assert open_piece(Client(), claiming, each).status_code == 302
    assert not Opening.objects.exists()


@pytest.mark.parametrize("why", ["", "curious"])
def test_document_opens_for_a_coded_reason_only(why: str, claiming: SubjectRequest, clock: Clock) -> None:
    answer = open_piece(signed_in("ivy"), claiming, piece(claiming, clock), why)

    assert answer.status_code == 302
    assert not Opening.objects.exists()


def test_document_of_another_case_is_not_found(claiming: SubjectRequest, clock: Clock) -> None:
    other = builders.file(at=clock(), email=builders.MAX).requests[0]
    ivy, gone = signed_in("ivy"), piece(other, clock)

    theirs = open_piece(ivy, claiming, gone)
    gone.pk = uuid4()
    unknown = open_piece(ivy, claiming, gone)

    assert (theirs.status_code, theirs.content) == (404, unknown.content)
    assert unknown.status_code == 404
    assert not Opening.objects.exists()


def test_document_opens_by_post_only(claiming: SubjectRequest, clock: Clock) -> None:
    where = reverse("admin:dsr_subjectrequest_evidence", args=(claiming.pk, piece(claiming, clock).pk))

    assert signed_in("ivy").get(where).status_code == 405


def test_officer_signs_off_and_the_document_is_gone(claiming: SubjectRequest, clock: Clock) -> None:
    each = piece(claiming, clock)

    refused = move(signed_in("ivy"), claiming, "check_identity", method="document", result="passed")
    signed_off = move(signed_in("dora"), claiming, "check_identity", method="document", result="passed", claims="on")

    assert refused.status_code == 403
    assert "data protection officer signs off" in text(refused)
    assert signed_off.status_code == 302
    assert open_piece(signed_in("dora"), claiming, each).status_code == 302
    check = Check.objects.get(about=claiming.submission_id, method="document")
    assert (check.level, check.verifier) == (4, str(colleague("dora").pk))
    assert builders.again(claiming).state == "in_review"
    page = text(signed_in("dora").get(sheet(claiming)))
    assert "Open the document" not in page
    assert "By a document that was looked at" in page


# --- Ringing ---------------------------------------------------------------------------------------------------------


def test_number_on_file_is_shown_on_pressing_only_and_recorded(claiming: SubjectRequest) -> None:
    ivy = signed_in("ivy")
    before = text(ivy.get(sheet(claiming)))

    shown = text(show_number(ivy, claiming))

    assert "Show the number on file" in before
    assert NUMBER not in before
    assert NUMBER in shown
    event = Event.objects.get(verb="number_shown")
    assert (event.actor_id, event.data) == (str(colleague("ivy").pk), {})
    assert NUMBER not in str(dict(ivy.session))
    assert history.verify(claiming.submission.reference).whole


def test_number_is_hidden_again_after_a_while_and_from_others(claiming: SubjectRequest) -> None:
    ivy = signed_in("ivy")
    show_number(ivy, claiming)
    session = ivy.session
    session["numbers_shown"] = {str(claiming.pk): (timezone.now() - timedelta(seconds=1)).isoformat()}
    session.save()

    assert NUMBER not in text(ivy.get(sheet(claiming)))
    assert NUMBER not in text(signed_in("ivy").get(sheet(claiming)))


def test_number_of_whoever_claims_is_never_the_one_to_ring(contacts: Any, clock: Clock) -> None:
    contacts()
    mine = {"account": ("A-9", "A-1")}  # the victim's account beside one's own
    request = looked_at(clock, identifiers=mine, phone=OWN)

    page = text(show_number(signed_in("ivy"), request))

    assert OWN not in page
    assert NUMBER not in page
    assert "nobody can be rung" in page
    assert not verbs(request, "number_shown")


def test_number_given_in_the_request_is_not_shown(contacts: Any, clock: Clock) -> None:
    contacts((builders.ADA, "A-1", None, None))
    request = looked_at(clock, phone=OWN, country="CH")

    assert OWN not in text(show_number(signed_in("ivy"), request))


def test_number_that_was_changed_lately_is_not_rung(contacts: Any, clock: Clock) -> None:
    changed = (clock() - timedelta(days=20)).date().isoformat()
    contacts((builders.ADA, "A-1", OWN, None), (VICTIM, "A-9", NUMBER, changed))
    request = looked_at(clock, identifiers={"account": ("A-9",)})
    ivy = signed_in("ivy")

    page = text(show_number(ivy, request))
    recorded = move(ivy, request, "check_identity", method="call_back", result="passed", claims="on")

    assert "too lately: do not ring it" in page
    assert NUMBER not in page
    assert recorded.status_code == 409
    assert builders.again(request).state == "verifying"


@pytest.mark.parametrize("name", ["hal", "vera", "sam", "audrey"])
def test_nobody_but_a_checker_sees_the_number(name: str, claiming: SubjectRequest) -> None:
    page = text(show_number(signed_in(name), claiming))

    assert NUMBER not in page
    assert "Show the number on file" not in page
    assert not verbs(claiming, "number_shown")


def test_call_counts_only_from_somebody_who_saw_the_number(claiming: SubjectRequest) -> None:
    ivy = signed_in("ivy")
    blind = move(ivy, claiming, "check_identity", method="call_back", result="passed", claims="on")
    show_number(signed_in("dora"), claiming)
    others = move(ivy, claiming, "check_identity", method="call_back", result="passed", claims="on")
    show_number(ivy, claiming)

    done = move(ivy, claiming, "check_identity", method="call_back", result="passed", claims="on")

    assert (blind.status_code, others.status_code, done.status_code) == (409, 409, 302)
    assert "Look at the number on file first" in text(blind)
    assert builders.again(claiming).state == "in_review"
    assert Submission.objects.get().of_record
    drain(timezone.now())


def test_script_says_what_must_not_be_asked(claiming: SubjectRequest) -> None:
    page = html.unescape(text(signed_in("ivy").get(sheet(claiming))))

    assert "Never ask for any of these" in page
    for barred in ("date of birth", "mother's maiden name", "password"):
        assert barred in page


# --- Signals ---------------------------------------------------------------------------------------------------------


def test_signal_is_cleared_with_a_reason_that_is_kept(claiming: SubjectRequest) -> None:
    signal = Signal.objects.get(code="address_differs")

    page = text(clear(signed_in("hal"), claiming, signal))

    signal.refresh_from_db()
    assert signal.cleared_by == colleague("hal")
    assert "Cleared by hal" in page
    event = Event.objects.get(verb="signal_cleared")
    assert (event.data["signal"], event.actor) == ("address_differs", "analyst")
    assert Post.objects.get(pk=event.data["post"]).open("body") == "It is a family."
    assert history.verify(claiming.submission.reference).whole


def test_signal_is_cleared_once_with_a_reason_and_by_staff_only(claiming: SubjectRequest) -> None:
    signal = Signal.objects.get(code="address_differs")

    assert "Say what you found out" in text(clear(signed_in("hal"), claiming, signal, " "))
    assert "not yours to do" in text(clear(signed_in("sam"), claiming, signal))
    assert "not yours to do" in text(clear(signed_in("audrey"), claiming, signal))
    assert not Event.objects.filter(verb="signal_cleared").exists()
    clear(signed_in("vera"), claiming, signal)
    assert "looked into this already" in text(clear(signed_in("hal"), claiming, signal))
    assert verbs(claiming, "signal_cleared") == 1


def test_signal_of_another_case_is_not_found(claiming: SubjectRequest, clock: Clock) -> None:
    other = builders.file(at=clock(), email=builders.MAX).requests[0]
    signal = Signal.objects.create(submission=other.submission, code="burst", at=clock())

    page = text(clear(signed_in("hal"), claiming, signal))

    assert "There is no such signal" in page
    signal.refresh_from_db()
    assert signal.cleared_at is None


def test_clearing_a_signal_lifts_no_hold(claiming: SubjectRequest) -> None:
    signals_before = Signal.objects.filter(submission=claiming.submission_id)
    stopping.hold(claiming.pk, "Wait.", by=builders.hal(), at=timezone.now())

    for signal in signals_before:
        signals.clear(claiming.pk, signal.pk, "Fine.", by=builders.hal(), at=timezone.now())

    assert Submission.objects.get().held_until is not None


# --- Moves and who may -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ivy", "dora", "hal"])
def test_nobody_acts_on_a_case_about_themselves(name: str, contacts: Any, clock: Clock) -> None:
    contacts()
    request = looked_at(clock, email=f"{name}@staff.example.org", identifiers={"account": ("A-9",)})
    signal = Signal.objects.filter(submission=request.submission_id).first()
    client = signed_in(name)
    assert signal is not None

    each = piece(request, clock)

    answers = [show_number(client, request), clear(client, request, signal), open_piece(client, request, each)]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert all("This case is about you" in text(answer) for answer in answers)
    assert not Event.objects.filter(verb__in=("number_shown", "signal_cleared", "evidence_opened")).exists()


def test_doubt_hold_stop_and_end_go_through_the_console(claiming: SubjectRequest, clock: Clock) -> None:
    hal, vera = signed_in("hal"), signed_in("vera")

    assert move(vera, claiming, "end_unproved", reason="No.").status_code == 409
    assert move(hal, claiming, "ask_more", doubt="looks_alike", reason="One letter.").status_code == 302
    assert move(hal, claiming, "hold", reason="Look first.").status_code == 302
    assert move(hal, claiming, "lift_hold", reason="Fine.").status_code == 403
    assert move(vera, claiming, "lift_hold", reason="Fine.").status_code == 302
    assert move(signed_in("sam"), claiming, "note_unasked", kind="document").status_code == 302
    stop(claiming, clock)
    assert move(hal, claiming, "resume", reason="Rang her.").status_code == 403
    assert move(vera, claiming, "resume", reason="Rang her.").status_code == 302
    assert move(vera, claiming, "end_unproved", reason="Nobody could tell.").status_code == 302

    assert builders.again(claiming).outcome == "unverified"
    told = set(Event.objects.filter(request=claiming).values_list("verb", flat=True))
    assert told >= {"ask_more", "hold", "lift_hold", "note_unasked", "resume", "end_unproved"}
    page = text(vera.get(sheet(claiming)))
    assert "The address looks like one on file and is another." in page
    assert history.verify(claiming.submission.reference).whole


def test_what_cannot_be_done_says_why(claiming: SubjectRequest) -> None:
    page = html.unescape(text(signed_in("vera").get(sheet(claiming))))

    assert "Nothing is held." in page
    assert "Nobody has stopped this request." in page
    assert "Only colleagues who check who people are can do this." in page


# --- The queue -------------------------------------------------------------------------------------------------------


def test_queue_is_narrowed_to_what_is_to_be_found_out(claiming: SubjectRequest, clock: Clock) -> None:
    plain = builders.file(at=clock(), email="plain@example.org").requests[0]
    waits = builders.file(at=clock(), email="waits@example.org").requests[0]
    held = builders.file(at=clock(), email="held@example.org").requests[0]
    piece(waits, clock)
    stopping.hold(held.pk, "Wait.", by=builders.hal(), at=timezone.now())
    stop(claiming, clock)
    client = signed_in("ivy")

    found = {
        value: {row.pk for row in client.get(f"{QUEUE}?check={value}").context["cl"].result_list}
        for value in ("waits", "stopped", "held", "signals", "nonsense")
    }

    assert found == {
        "waits": {waits.pk},
        "stopped": {claiming.pk},
        "held": {held.pk},
        "signals": {claiming.pk},
        "nonsense": set(),
    }
    page = text(client.get(QUEUE))
    for words in ("waits for a check", "held until", "stopped", "1 signal"):
        assert words in page, words
    assert plain.submission.reference in page


def test_cleared_signal_is_counted_no_more(claiming: SubjectRequest) -> None:
    for signal in Signal.objects.filter(submission=claiming.submission_id):
        signals.clear(claiming.pk, signal.pk, "Fine.", by=builders.hal(), at=timezone.now())

    assert "signal" not in text(signed_in("ivy").get(f"{QUEUE}?check=signals")).partition("<tbody")[2]
