"""The tracker: whose turn it is, why the date is what it is, and every act that is open to the person."""

import re

import pytest

from dsr import lifecycle
from dsr.lifecycle import Outcome, State, Turn
from dsr.models import Direction, Event, Post, SubjectRequest, Submission
from dsr.policies import Caller
from dsr.public import contests, sight, timeline
from dsr.rights import Right
from dsr.rules import pack
from dsr.services import assembling, delivery, purging, review, telling, threads
from tests import builders, organisation
from tests import outpost as outposts
from tests.drain import drain
from tests.interfaces.public.visitor import Visitor
from tests.outpost import outpost
from tests.statements import counted
from verification import grants

__all__ = ["outpost"]
pytestmark = pytest.mark.django_db(transaction=True)
GROUND = "third_party_rights"


def enter(visitor: Visitor, submission: Submission, clock) -> Visitor:
    """Open the tracker by a link from a mail."""
    return visitor.open(telling.tracker_link(submission, clock()))


def collected(request: SubjectRequest, clock) -> None:
    """Ada downloads the answer."""
    challenge = delivery.ask_code(request.pk, at=clock())
    code = builders.letters_to(request.submission, "download_code")[-1].code
    token = delivery.open_download(request.pk, challenge, code, by=Caller.person(), at=clock())
    b"".join(delivery.stream(token, first=None, last=None, at=clock()).chunks)


# --- Getting in ------------------------------------------------------------------------------------------------------


def test_every_closed_door_looks_the_same(visitor, systems, clock):
    filed = builders.file(at=clock()).submission
    other = builders.file(at=clock(), email=builders.MAX).submission
    key = telling.tracker_grant(filed.pk, clock())
    revoked = telling.tracker_grant(filed.pk, clock())
    grants.revoke(filed.pk, at=clock())
    foreign = telling.tracker_grant(other.pk, clock())
    worksheet = grants.issue("worksheet", filed.pk, clock(), lasts=telling.TRACKER_LASTS)
    tries = [
        f"/requests/{filed.reference}/",
        f"/requests/{filed.reference}/?key=",
        f"/requests/{filed.reference}/?key={revoked}",
        f"/requests/{filed.reference}/?key={foreign}",
        f"/requests/{filed.reference}/?key={worksheet}",
        f"/requests/{filed.reference}/?key={key}&key=x",
        f"/requests/{other.reference}/?key={key}",
        "/requests/7K3MX-9TCRA/?key=" + "x" * 43,
        "/requests/nonsense/?key=%00",
        "/requests/%F0%9F%98%80/",
        "/requests/" + "A" * 900 + "/",
        f"/requests/{filed.reference}/{builders.only(filed).pk}/withdraw/",
        f"/requests/{filed.reference}/{builders.only(filed).pk}/statement/",
    ]

    pages = {(visitor.open(address).status, visitor.response.content) for address in tries}

    assert len(pages) == 1
    assert visitor.status == 404
    assert "Mail me the link" in visitor.text


def test_a_link_ends_after_its_time(visitor, systems, clock):
    filed = builders.file(at=clock()).submission
    link = telling.tracker_link(filed, clock())
    assert visitor.open(link).status == 200

    clock.now += telling.TRACKER_LASTS

    assert visitor.open(link).status == 404


def test_the_reference_may_be_written_as_people_write_it(visitor, systems, clock):
    filed = builders.file(at=clock()).submission
    key = telling.tracker_grant(filed.pk, clock())

    assert visitor.open(f"/requests/{filed.reference.lower().replace('-', '')}/?key={key}").status == 200


# --- What it says ----------------------------------------------------------------------------------------------------


def test_tracker_says_whose_turn_it_is_at_every_stage(visitor, systems, clock):
    filed = builders.file(at=clock()).submission
    assert "It is your turn Enter the code" in enter(visitor, filed, clock).text

    builders.confirm(filed, clock.tick())
    assert "It is our turn We are searching" in enter(visitor, filed, clock).text

    drain(clock.tick())
    request = builders.only(filed)
    assert "people are checking the answer" in enter(visitor, filed, clock).text

    threads.ask(request.pk, "Which year?", by=builders.hal(), at=clock.tick())
    assert "It is your turn Please answer our question" in enter(visitor, filed, clock).text

    threads.write_from_person(request.pk, "2020", by=Caller.person(), at=clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    assert "The answer is being put together." in enter(visitor, filed, clock).text

    drain(clock.tick())
    assert "Your answer is ready. Collect it by 4 April 2026." in enter(visitor, filed, clock).text

    collected(request, clock)
    assert "Closed You have the answer." in enter(visitor, filed, clock).text


def test_tracker_explains_the_date_day_by_day(visitor, systems, clock):
    filed = builders.file(at=clock()).submission

    enter(visitor, filed, clock)

    assert "Answer due by 7 April 2026" in visitor.text
    assert "5 March 2026 : The day of the event itself is not counted." in re.sub(r"\s*:", " :", visitor.text)
    assert "Easter Monday" in visitor.text
    assert "Rule: Art" in visitor.text


def test_timeline_tells_what_happened_and_nothing_internal(visitor, systems, clock):
    request = builders.in_review(at=clock())
    threads.note(request.pk, "Looks odd to me.", by=builders.hal(), at=clock.tick())
    review.assign(request.pk, builders.staff("hal").pk, by=builders.hal(), at=clock.tick())
    review.withhold(request.pk, "contact_data", GROUND, "A colleague's number.", by=builders.hal(), at=clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())

    enter(visitor, request.submission, clock)

    assert "You made the request on this site." in visitor.text
    assert "You confirmed your address." in visitor.text
    for hidden in ("odd", "hal", "desk", "A colleague", "withh", "propose", builders.ADA):
        assert hidden not in visitor.text.lower().replace("help", ""), hidden


def test_every_verb_is_told_or_hidden_on_purpose():
    told, hidden = set(timeline.TOLD), set(timeline.HIDDEN)
    recorded = {
        "file",
        "address_asked",
        "number_asked",
        "system_failed",
        "system_answered",
        "code_sent",
        "download_opened",
        "downloaded",
    }
    recorded |= {"destroyed", "purged", "owner_reminded", "owner_reported", "task_done", "task_failed", "certified"}

    assert {move.verb for move in lifecycle.MOVES} | recorded <= told | hidden
    assert not told & hidden


def test_every_verb_that_a_journey_records_has_words(systems, clock):
    request = builders.ready(clock())
    collected(request, clock)
    clock.tick(days=61)
    drain(clock())
    assert purging.forget(request.submission_id, clock.tick(days=731))

    assert set(Event.objects.values_list("verb", flat=True)) <= timeline.TOLD.keys() | timeline.HIDDEN


def test_objection_claims_no_pause_that_no_system_has_confirmed(visitor, tmp_path, clock):
    tables = [{key: value for key, value in organisation.TABLES[0].items() if "restrict" not in key}]
    organisation.desk(tmp_path, clock(), tables=tables)
    objection = builders.in_review(Right.OBJECTION, at=clock())
    drain(clock.tick())
    assert not objection.restrictions.exists()

    visitor.open(telling.tracker_link(objection.submission, clock()))

    assert "First we have our systems keep your data and not use it meanwhile." in visitor.text
    assert "do not use your data" not in visitor.text


def test_every_state_and_outcome_has_words():
    assert set(sight.STATES) == set(State)
    # Complaints and appeals end in words of their own.
    assert set(sight.OUTCOMES) == set(sight._CLOSED)
    assert set(sight.OUTCOMES) | set(contests.OUTCOMES) == set(Outcome)
    assert set(contests.OUTCOMES) == set(contests._CLOSED)


def test_what_was_held_back_is_told_with_ground_reason_and_remedies(visitor, systems, clock):
    request = builders.in_review(at=clock())
    review.withhold(request.pk, "contact_data", GROUND, "It names your neighbour.", by=builders.hal(), at=clock.tick())
    builders.argue(request, clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())
    collected(builders.again(request), clock)

    enter(visitor, request.submission, clock)

    assert "answered in part" in visitor.text
    assert pack().refusal(GROUND).plain in visitor.text
    assert "It names your neighbour." in visitor.text
    assert "If you are not satisfied" in visitor.text
    assert "privacy@" in visitor.text


def test_what_cannot_be_taken_elsewhere_is_told_as_what_it_is(visitor, clock, outpost):
    outposts.enter(outpost, clock())
    request = builders.in_review(Right.PORTABILITY, at=clock.tick())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    enter(visitor, request.submission, clock)

    assert "It was neither given by you nor produced by your use" in visitor.text
    assert pack().refusal(assembling.NOT_PORTABLE).plain not in visitor.text


def test_a_refusal_is_told_with_ground_reason_and_remedies(visitor, systems, clock):
    request = builders.in_review(at=clock())
    review.propose_refusal(request.pk, GROUND, "It is all about somebody else.", by=builders.hal(), at=clock.tick())
    builders.argue(request, clock.tick())
    review.refuse(request.pk, by=builders.vera(), at=clock.tick())

    enter(visitor, request.submission, clock)

    assert "Why it was refused" in visitor.text
    assert pack().refusal(GROUND).plain in visitor.text
    assert "It is all about somebody else." in visitor.text
    assert "If you are not satisfied" in visitor.text


def test_a_forgotten_case_still_shows_its_course_and_no_data(visitor, systems, clock):
    request = builders.in_review(at=clock())
    threads.write_from_person(request.pk, "My secret is blue.", by=Caller.person(), at=clock.tick())
    review.withdraw(request.pk, by=Caller.person(), at=clock.tick())
    submission = request.submission
    purging.forget(submission.pk, clock.tick(days=731))
    key = telling.tracker_grant(submission.pk, clock())

    visitor.open(f"/requests/{submission.reference}/?key={key}")

    assert visitor.status == 200
    assert "has been deleted" in visitor.text
    assert "You withdrew the request." in visitor.text
    assert "blue" not in visitor.text
    assert visitor.page.forms == []


# --- Writing ---------------------------------------------------------------------------------------------------------


def test_answering_a_question_gives_the_turn_back(visitor, systems, clock):
    request = builders.in_review(at=clock())
    threads.ask(request.pk, "Which year do you mean?", by=builders.hal(), at=clock.tick())
    enter(visitor, request.submission, clock)
    assert "Our question Which year do you mean?" in visitor.text

    visitor.fill("Your message", "2020, I think.\nOr 2021.").press("Send the message")

    assert "Your message is with us." in visitor.text
    assert "2020, I think. Or 2021." in visitor.text
    assert builders.again(request).turn == Turn.STAFF
    assert [post.open("body") for post in Post.objects.filter(direction=Direction.FROM_PERSON)] == [
        "2020, I think.\nOr 2021."
    ]


def test_pressing_send_twice_writes_once(visitor, systems, clock):
    request = builders.in_review(at=clock())
    enter(visitor, request.submission, clock).fill("Your message", "Hello?")
    sending = visitor.sending("Send the message")

    answers = [visitor.client.post(*sending).status_code for _press in range(3)]

    assert answers == [303, 303, 303]
    assert Post.objects.filter(direction=Direction.FROM_PERSON).count() == 1
    enter(visitor, request.submission, clock).fill("Your message", "Hello?").press("Send the message")
    assert Post.objects.filter(direction=Direction.FROM_PERSON).count() == 2


@pytest.mark.parametrize(
    "text", ["", "   ", "x" * 10_001, "a\x00b", "a\u202eb"], ids=["none", "blank", "long", "nul", "bidi"]
)
def test_a_message_that_cannot_be_kept_is_shown_again_with_the_reason(visitor, systems, clock, text):
    request = builders.in_review(at=clock())
    enter(visitor, request.submission, clock).fill("Your message", text)

    visitor.press("Send the message")

    assert visitor.status == 422
    assert "There is a problem" in visitor.text
    assert "id_text" in visitor.page.ids
    assert not Post.objects.filter(direction=Direction.FROM_PERSON).exists()


def test_a_message_about_somebody_elses_request_is_refused(visitor, systems, clock):
    request = builders.in_review(at=clock())
    foreign = builders.in_review(at=clock(), email=builders.MAX)
    enter(visitor, request.submission, clock).fill("Your message", "Hello?")
    address, data = visitor.sending("Send the message")

    for about in (str(foreign.pk), "nonsense", ""):
        assert visitor.client.post(address, {**data, "request": about}).status_code == 404

    assert not Post.objects.filter(direction=Direction.FROM_PERSON).exists()


def test_markup_in_a_message_is_text(visitor, systems, clock):
    request = builders.in_review(at=clock())
    enter(visitor, request.submission, clock).fill("Your message", "<script>alert(1)</script>").press(
        "Send the message"
    )

    assert b"<script>" not in visitor.response.content
    assert "<script>alert(1)</script>" in visitor.text


def test_looking_marks_no_message_as_read_but_answering_does(visitor, systems, clock):
    request = builders.in_review(at=clock())
    threads.write_to_person(request.pk, "News", by=builders.hal(), at=clock.tick())
    enter(visitor, request.submission, clock)
    assert Post.objects.get(direction=Direction.TO_PERSON).read_at is None

    visitor.fill("Your message", "Thank you").press("Send the message")

    assert Post.objects.get(direction=Direction.TO_PERSON).read_at == clock()


# --- Acting ----------------------------------------------------------------------------------------------------------


def test_withdrawing_says_what_it_means_before_it_is_done(visitor, systems, clock):
    filed = builders.file(Right.ACCESS, Right.BE_INFORMED, at=clock()).submission
    builders.confirm(filed, clock.tick())
    enter(visitor, filed, clock)

    visitor.follow("Withdraw this request (Get a copy of your data)")
    assert "we stop searching" in visitor.text
    assert State.CLOSED not in {request.state for request in filed.requests.filter(right="access")}
    visitor.press("Yes, withdraw it")

    assert "The request is withdrawn." in visitor.text
    assert filed.requests.get(right="access").outcome == Outcome.WITHDRAWN
    assert filed.requests.get(right="be_informed").outcome != Outcome.WITHDRAWN


def test_withdrawing_can_be_thought_better_of(visitor, systems, clock):
    request = builders.in_review(at=clock())
    enter(visitor, request.submission, clock).follow("Withdraw this request (Get a copy of your data)")

    visitor.follow("No, keep it")

    assert "Where your request stands" in visitor.text
    assert builders.again(request).state == State.IN_REVIEW


def test_looking_at_any_address_changes_nothing(visitor, systems, clock):
    request = builders.ready(clock())
    key = telling.tracker_grant(request.submission_id, clock())
    base = f"/requests/{request.submission.reference}/"
    paths = [
        "",
        "reply/",
        "confirm/",
        "reopen/",
        *(f"{request.pk}/{act}/" for act in ("withdraw", "download", "again")),
    ]

    statuses = [visitor.open(f"{base}{path}?key={key}").status for path in paths]

    assert statuses == [200, 405, 405, 405, 200, 405, 405]
    assert builders.again(request).version == request.version


def test_a_lapsed_request_is_taken_up_again_under_the_same_reference(visitor, systems, clock):
    filed = builders.file(at=clock()).submission
    clock.tick(days=29)
    drain(clock())
    enter(visitor, filed, clock)
    assert "ended, not confirmed" in visitor.text

    visitor.press("Take the request up again")
    letter = builders.letters_to(filed, "confirm_address")[-1]
    visitor.fill("Six-digit code", letter.code).press("Confirm")

    assert builders.only(filed).state == State.IN_REVIEW
    assert filed.reference in visitor.text


def test_somebody_who_did_not_confirm_gets_a_new_code_from_the_tracker(visitor, systems, clock):
    filed = builders.file(at=clock()).submission
    clock.tick(hours=3)
    enter(visitor, filed, clock)

    visitor.press("Send me a code, and let me enter it")
    assert "correct it" not in visitor.text
    code = builders.letters_to(filed, "confirm_address")[-1].code
    visitor.fill("Six-digit code", code).press("Confirm")

    assert builders.only(filed).state == State.IN_REVIEW


def test_the_statement_is_read_on_the_site_and_can_be_read_again(visitor, clock):
    filed = builders.file(Right.BE_INFORMED, at=clock()).submission
    drain(clock.tick())
    enter(visitor, filed, clock)
    assert "Your answer is ready." in visitor.text

    visitor.press("Read the answer")

    assert visitor.status == 200
    told = delivery.statement(builders.only(filed))
    assert len(told.categories) > 5
    for rows in (told.categories, told.purposes, told.recipients):
        assert all(row.title in visitor.text for row in rows)
    assert builders.only(filed).outcome == Outcome.FULFILLED
    enter(visitor, filed, clock).press("Read the answer")
    assert visitor.status == 200


def test_a_statement_that_is_not_there_is_refused_with_a_way_back(visitor, systems, clock):
    request = builders.in_review(at=clock())
    key = telling.tracker_grant(request.submission_id, clock())

    visitor.open(f"/requests/{request.submission.reference}/{request.pk}/statement/?key={key}")

    assert visitor.status == 409
    assert "Where your request stands" in visitor.follow("Go back").text


def test_a_given_answer_can_be_had_again(visitor, systems, clock):
    request = builders.ready(clock())
    collected(request, clock)
    enter(visitor, request.submission, clock)

    sending = visitor.sending("Have the answer again")
    visitor.press("Have the answer again")
    assert builders.again(request).state == State.READY
    visitor.client.post(*sending)
    assert builders.again(request).state == State.READY

    clock.tick(minutes=2)
    collected(request, clock)
    clock.tick(days=90)
    drain(clock())
    enter(visitor, request.submission, clock).press("Have the answer again")
    assert builders.again(request).state == State.IN_REVIEW


@pytest.mark.parametrize("rights", [(Right.ACCESS,), (Right.ACCESS, Right.PORTABILITY, Right.BE_INFORMED)], ids=len)
def test_tracker_costs_a_fixed_number_of_statements(visitor, systems, clock, rights):
    request = builders.in_review(*rights, at=clock())
    for number in range(5):
        threads.write_to_person(request.pk, f"News {number}", by=builders.hal(), at=clock.tick())
    link = telling.tracker_link(request.submission, clock())

    with counted() as statements:
        visitor.open(link)

    assert len(statements) == 9, "\n".join(statements)
