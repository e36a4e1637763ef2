from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from dsr.admin.consequences import CONSEQUENCES
from dsr.admin.movehandlers import HANDLERS
from dsr.lifecycle import MOVES, Actor
from dsr.models import Direction, Event, Post
from dsr.policies import Caller
from dsr.rights import Right
from dsr.rules import pack
from dsr.services import history, purging, review, sheltering, threads
from tests import builders, organisation
from tests.drain import drain
from tests.interfaces.admin.desk import colleague, move, sheet, signed_in, text

THEIRS = frozenset({Actor.SUPPORT, Actor.ANALYST, Actor.APPROVER})
LEFT_TO_THE_SERVICE = {"search"}


@pytest.fixture
def hal(db):
    return signed_in("hal")


@pytest.fixture
def vera(db):
    return signed_in("vera")


@pytest.fixture
def request_(systems, clock):
    """Ada's request at the desk, with everything searched."""
    return builders.in_review(at=clock())


def verbs_offered(answer):
    return {verb for verb, each in answer.context["page"].moves.items() if each.allowed}


# --- What it shows ---------------------------------------------------------------------------------------------------


def test_worksheet_shows_the_whole_case(hal, request_, clock):
    threads.ask(request_.pk, "Which account?", by=builders.hal(), at=clock())
    threads.write_from_person(request_.pk, "The older one.", by=Caller.person(), at=clock())
    threads.note(request_.pk, "She called twice.", by=builders.hal(), at=clock())

    page = text(hal.get(sheet(request_)))

    expected = [
        request_.submission.reference, "Access", "days left", "General Data Protection Regulation", "In review",
        "The desk", "Which account?", "The older one.", "She called twice.", "not read yet", "Propose to give the data",
        "Answer due by", "calendar month", "Customer", "Started to search the systems", "no. 1",
    ]  # fmt: skip
    assert [words for words in expected if words not in page] == []


def test_details_are_named_as_whoever_reads_of_another_would(hal, systems, clock):
    report = builders.only(builders.file(Right.CHILD_ACCOUNT, at=clock()).submission)

    page = text(hal.get(sheet(report)))

    assert "Who reports it" in page
    assert escape("Why it is thought to be a child's") in page
    assert "Who you are" not in page


def test_strip_says_in_words_where_the_request_has_been(hal, request_):
    strip = {stop.state: (stop.been, stop.here) for stop in hal.get(sheet(request_)).context["page"].strip}

    assert strip["verifying"] == (True, False)
    assert strip["in_review"] == (True, True)
    assert strip["closed"] == (False, False)


def test_finished_answer_shows_ledger_and_package(vera, systems, clock):
    request = builders.ready(clock())

    page = text(vera.get(sheet(request)))

    for words in ("Ledger", "given", "Contact data", "SHA-256", request.packages.get().sha256, "not downloaded yet"):
        assert words.lower() in page.lower()


def test_failed_system_shows_each_attempt_with_its_code(hal, clock, tmp_path, db):
    system = organisation.desk(tmp_path, clock())
    (tmp_path / "desk.sqlite3").unlink()
    request = builders.file(at=clock()).requests[0]
    builders.confirm(request.submission, clock())
    drain(clock())

    page = text(hal.get(sheet(request)))

    assert system.name in page
    assert "needs a decision" in page
    assert "1 attempt" in page
    assert f"<code>{request.steps.get().code}</code>" in page


def test_request_that_is_not_there_is_not_found(hal):
    assert hal.get(f"/admin/dsr/subjectrequest/{uuid4()}/change/").status_code == 404
    assert hal.get("/admin/dsr/subjectrequest/nonsense/change/").status_code == 404
    assert hal.post(f"/admin/dsr/subjectrequest/{uuid4()}/moves/note/", {}).status_code == 404


def test_history_of_the_admin_leads_to_the_one_history(hal, request_):
    answer = hal.get(f"/admin/dsr/subjectrequest/{request_.pk}/history/")

    assert answer.headers["Location"].endswith("#history")


def test_worksheet_costs_the_same_for_a_long_case(hal, request_, clock):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert hal.get(sheet(request_)).status_code == 200
        return len(captured)

    threads.note(request_.pk, "One.", by=builders.hal(), at=clock())
    review.withhold(request_.pk, "contact_data", "third_party_rights", "Theirs.", by=builders.hal(), at=clock())
    short = statements()

    for number in range(10):
        threads.note(request_.pk, f"Note {number}.", by=builders.vera(), at=clock())
        threads.write_to_person(request_.pk, f"Message {number}.", by=builders.hal(), at=clock())

    assert statements() == short
    # Six of them say who is asking: challenges, checks, documents, signals, letters to those on file.
    assert short <= 42


# --- Moves -----------------------------------------------------------------------------------------------------------


def test_every_move_of_staff_has_its_use_case_and_says_what_follows():
    staff = {row.verb for row in MOVES if row.actors & THEIRS}

    assert set(HANDLERS) == staff - LEFT_TO_THE_SERVICE
    assert set(CONSEQUENCES) == set(HANDLERS)


def test_case_goes_from_the_desk_to_an_answer_through_the_console(hal, vera, request_, clock):
    assert move(hal, request_, "assign", assignee=colleague("hal").pk).status_code == 302
    given = {"category": "contact_data", "ground": "third_party_rights", "reason": "It names others."}
    assert move(hal, request_, "withhold", **given).status_code == 302
    held = request_.withholdings.get()
    assert move(hal, request_, "release", withholding=held.pk).status_code == 302
    assert move(hal, request_, "prepare").status_code == 302
    assert move(vera, request_, "approve").status_code == 302
    drain(timezone.now())

    request = builders.again(request_)
    assert (request.state, request.assignee_id) == ("ready", colleague("hal").pk)
    assert request.packages.count() == 1
    made = Event.objects.filter(request=request, via="admin").values_list("verb", "actor", "actor_id").order_by("seq")
    hal_id, vera_id = str(colleague("hal").pk), str(colleague("vera").pk)
    assert list(made) == [
        ("assign", "analyst", hal_id),
        ("withhold", "analyst", hal_id),
        ("release", "analyst", hal_id),
        ("prepare", "analyst", hal_id),
        ("approve", "approver", vera_id),
    ]
    assert history.verify(request.submission.reference).whole


def test_request_is_taken_with_one_press(hal, request_):
    page = text(hal.get(sheet(request_)))
    assert "Take it" in page

    assert move(hal, request_, "assign", assignee=colleague("hal").pk).status_code == 302

    assert builders.again(request_).assignee_id == colleague("hal").pk
    assert "Take it" not in text(hal.get(sheet(request_)))
    assert "Take it" not in text(signed_in("sam").get(sheet(request_)))


def test_refusal_takes_two_people_a_ground_and_reasons(hal, vera, request_):
    assert move(hal, request_, "propose_refusal", ground="", reason="").status_code == 422
    assert move(hal, request_, "propose_refusal", ground="third_party_rights", reason="Why.").status_code == 302
    assert move(hal, request_, "refuse").status_code == 403
    assert move(vera, request_, "refuse").status_code == 409
    builders.argue(request_, timezone.now(), by=Caller.of_user(colleague("hal"), "admin"))

    assert move(vera, request_, "refuse").status_code == 302

    assert builders.again(request_).outcome == "refused"


def test_worksheet_asks_what_proves_a_ground_and_shows_it_to_the_officer(hal, vera, request_):
    earlier = builders.in_review(at=timezone.now() - timedelta(days=9))
    move(hal, request_, "propose_refusal", ground="excessive_repetitive", reason="Why.")
    asked = text(hal.get(sheet(request_)))
    given = {"proof_kind": "record", "proof_place": "Safe 4", "proof_author": "Legal", "proof_on": "2026-01-05"}
    kinds = {"text": "Weekly, says the log.", "date": "2026-01-05", "count": 3, "yes_no": "yes"}
    questions = pack().refusal("excessive_repetitive").checklist
    answers = {f"answers.{each.id}": kinds[each.kind] for each in questions}

    incomplete = move(hal, request_, "argue_refusal", **given)
    argued = move(hal, request_, "argue_refusal", **given, **answers)
    dora = signed_in("dora")
    seen = text(dora.get(sheet(request_)))

    assert all(escape(each.asks) in asked for each in questions)
    assert earlier.submission.reference in asked
    assert "This ground has to be proved" in asked
    assert (incomplete.status_code, argued.status_code) == (422, 302)
    assert "Weekly, says the log." in seen
    assert "Safe 4" in seen
    assert "This ground has to be proved" not in seen
    assert "only the data protection officer agrees" in text(vera.get(sheet(request_)))
    assert move(vera, request_, "refuse").status_code == 403
    assert move(dora, request_, "refuse").status_code == 302


def test_worksheet_asks_what_proves_the_ground_of_each_part(hal, vera, request_):
    move(hal, request_, "withhold", category="contact_data", system="", ground="third_party_rights", reason="Max.")
    part = request_.withholdings.get()
    asked = text(hal.get(sheet(request_)))
    given = {"proof_kind": "record", "proof_place": "Safe 4", "proof_author": "Legal", "proof_on": "2026-01-05"}
    move(hal, request_, "prepare")
    early = move(vera, request_, "approve")

    argued = move(hal, request_, "argue_refusal", withholding=part.pk, **given)

    assert "Say where the proof of this ground lies" in asked
    assert early.status_code == 409
    assert argued.status_code == 302
    assert "Safe 4" in text(vera.get(sheet(request_)))
    assert move(vera, request_, "approve").status_code == 302


def test_talking_reaches_the_thread(hal, request_):
    for verb, words in (("message", "We look."), ("ask", "Which?"), ("note", "Ours.")):
        assert move(hal, request_, verb, text=words).status_code == 302

    posts = Post.objects.filter(request=request_).order_by("at", "id")
    assert [(post.direction, post.open("body")) for post in posts] == [
        (Direction.TO_PERSON, "We look."),
        (Direction.TO_PERSON, "Which?"),
        (Direction.NOTE, "Ours."),
    ]


def test_support_takes_the_answer_of_a_caller(request_, clock):
    threads.ask(request_.pk, "Which?", by=builders.hal(), at=clock())
    sam = signed_in("sam")

    answer = move(sam, request_, "answer", text="The older one, she says.")

    assert answer.status_code == 302
    assert Post.objects.filter(direction=Direction.FROM_PERSON).count() == 1
    assert builders.again(request_).question_at is None


def test_stuck_system_is_asked_again_or_left_out(hal, clock, tmp_path, db):
    organisation.desk(tmp_path, clock())
    (tmp_path / "desk.sqlite3").unlink()
    request = builders.file(at=clock()).requests[0]
    builders.confirm(request.submission, clock())
    drain(clock())
    step = request.steps.get()

    assert move(hal, request, "retry_system", step=step.pk).status_code == 302
    drain(timezone.now())
    assert request.steps.get().state == "stuck"
    assert move(hal, request, "go_without", step=step.pk, reason="It is being replaced.").status_code == 302

    assert request.steps.get().result == "left_out"
    assert request.steps.get().tries.count() == 2


def test_answered_system_is_not_offered_to_be_left_out(hal, request_):
    (row,) = hal.get(sheet(request_)).context["page"].steps

    assert [form.verb for form in row.forms] == ["retry_system"]


def test_lapsed_request_is_reopened(hal, systems, clock):
    long_ago = clock() - timedelta(days=40)
    request = builders.file(at=long_ago).requests[0]
    drain(long_ago + timedelta(days=30))

    assert move(hal, request, "reopen").status_code == 302

    assert builders.again(request).state == "verifying"


def test_collected_answer_is_issued_again(hal, vera, systems, clock):
    request = builders.ready(clock())
    review.withdraw(request.pk, by=builders.hal(), at=clock())

    assert move(hal, request, "reissue").status_code == 302

    assert builders.again(request).state == "ready"


# --- What stands in the way ------------------------------------------------------------------------------------------


def test_move_that_is_not_possible_is_shown_with_its_reason(hal, request_, clock):
    review.prepare(request_.pk, by=builders.hal(), at=clock())

    page = text(hal.get(sheet(request_)))

    assert "A proposal is waiting for approval. Send it back first." in page
    assert "Propose to refuse" in page
    assert reverse("admin:dsr_subjectrequest_move", args=(request_.pk, "propose_refusal")) not in page


def test_preparer_reads_why_somebody_else_must_approve(vera, request_, clock):
    review.prepare(request_.pk, by=Caller.of_user(colleague("vera"), "admin"), at=clock())

    page = text(vera.get(sheet(request_)))
    answer = move(vera, request_, "approve")

    sentence = "You prepared this answer, so somebody else must approve it."
    assert sentence in page
    assert answer.status_code == 403
    assert sentence in text(answer)
    assert builders.again(request_).state == "in_review"


def test_second_decision_on_an_old_page_is_stopped_and_keeps_what_was_typed(hal, request_, clock):
    seen = request_.version
    threads.note(request_.pk, "Meanwhile.", by=builders.vera(), at=clock())

    answer = move(hal, request_, "ask", version=seen, text="Which of them?")

    assert answer.status_code == 412
    page = text(answer)
    assert "Somebody changed this request since you looked." in page
    assert "Which of them?" in page
    assert "Meanwhile." in page
    assert Post.objects.filter(direction=Direction.TO_PERSON).count() == 0
    form = answer.context["page"].talk[1].form
    assert str(form["version"].value()) == str(builders.again(request_).version)
    assert move(hal, request_, "ask", text="Which of them?").status_code == 302


def test_what_was_typed_is_not_lost_when_the_move_is_no_longer_possible(hal, request_, clock):
    review.prepare(request_.pk, by=builders.hal(), at=clock())

    answer = move(hal, request_, "propose_refusal", ground="third_party_rights", reason="It names others.")

    assert answer.status_code == 409
    assert "You had written:" in text(answer)
    assert "It names others." in text(answer)


@pytest.mark.parametrize(
    ("verb", "given"),
    [
        ("note", {"text": ""}),
        ("note", {"text": "   "}),
        ("note", {"text": "x" * 10_001}),
        ("note", {"text": "bell \x07"}),
        ("note", {"text": "turned \u202e round"}),
        ("assign", {"assignee": "999999"}),
        ("assign", {"assignee": "x"}),
        ("withhold", {"category": "contact_data", "ground": "none_such", "reason": "Why."}),
        ("withhold", {"category": "none_such", "ground": "third_party_rights", "reason": "Why."}),
        ("retry_system", {"step": "nonsense"}),
        ("retry_system", {}),
        ("prepare", {"version": ""}),
        ("prepare", {"version": "x"}),
    ],
)
def test_wrong_input_is_said_on_the_page(hal, request_, verb, given):
    before = Event.objects.count()

    answer = move(hal, request_, verb, **given)

    assert answer.status_code == 422
    assert "Nothing was done" in text(answer) or "errorlist" in text(answer)
    assert Event.objects.count() == before


def test_step_or_withholding_of_another_case_is_not_found(hal, request_, clock):
    other = builders.in_review(at=clock(), email="max@example.org")

    assert move(hal, request_, "retry_system", step=other.steps.get().pk).status_code == 404
    assert move(hal, request_, "release", withholding=uuid4()).status_code == 404


def test_only_moves_of_the_table_that_staff_make_can_be_posted(hal, request_):
    for verb in ("approve_by_rule", "built", "collect", "search", "nonsense", "force_close"):
        assert move(hal, request_, verb).status_code == 404
    assert hal.get(reverse("admin:dsr_subjectrequest_move", args=(request_.pk, "prepare"))).status_code == 405


def test_forged_post_without_a_token_is_turned_away(request_):
    client = Client(enforce_csrf_checks=True)
    client.force_login(colleague("hal"))

    assert move(client, request_, "prepare").status_code == 403
    assert builders.again(request_).proposal == ""


# --- Who may ---------------------------------------------------------------------------------------------------------


DESK = {
    "assign", "note", "ask", "clarify", "message", "withhold", "prepare", "propose_refusal", "withdraw", "extend",
    "change_laws", "tell_fee", "ask_more", "hold", "note_unasked", "stop", "seek_marks", "mark",
}  # fmt: skip
SEARCH = {"retry_system", "go_without"}
OTHER_DOORS = {"add_right", "refer", "referral_answered"}


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("hal", DESK | SEARCH | OTHER_DOORS),
        ("vera", DESK | SEARCH | OTHER_DOORS | {"redirect"}),
        ("sam", {"note", "message", "withdraw", "note_unasked", "stop", "add_right"}),
        ("audrey", set()),
    ],
)
def test_each_role_is_offered_its_own_moves_at_the_desk(name, offered, request_):
    found = verbs_offered(signed_in(name).get(sheet(request_)))

    assert found - {"release"} == offered


def test_auditor_can_make_no_move(request_):
    audrey, before = signed_in("audrey"), Event.objects.count()

    for verb in sorted(HANDLERS):
        answer = move(
            audrey, request_, verb, text="x", reason="x",
            ground="complexity" if verb == "extend" else "third_party_rights", category="contact_data",
            step=request_.steps.get().pk, withholding=uuid4(), amount="5 CHF", regimes="eu_gdpr", doubt="other",
            kind="other", method="call_back", result="refused" if verb == "check_mandate" else "failed",
        )  # fmt: skip

        assert answer.status_code in (403, 404, 409), verb
        assert Event.objects.count() == before, verb


def test_auditor_sees_that_something_was_written_but_not_what(request_, clock):
    threads.note(request_.pk, "She called twice.", by=builders.hal(), at=clock())

    page = text(signed_in("audrey").get(sheet(request_)))

    assert "She called twice." not in page
    assert "The text is for those who work on the request." in page


@pytest.mark.parametrize("name", ["syl", "newcomer"])
def test_others_do_not_even_learn_that_it_exists(name, request_):
    client = signed_in(name)

    assert client.get(sheet(request_)).status_code == 404
    assert move(client, request_, "note", text="x").status_code == 404


@pytest.mark.parametrize("name", ["hal", "vera", "sam", "audrey"])
def test_nobody_opens_a_case_about_themselves(name, systems, clock):
    client = signed_in(name)
    request = builders.in_review(at=clock(), email=f"{name.upper()}@staff.example.org")

    page = client.get(sheet(request))
    answer = move(client, request, "note", text="Let me through.")

    assert page.status_code == answer.status_code == 403
    assert "This case is about you" in text(page)
    assert request.submission.reference not in text(page).replace(f"{request.submission.reference}-", "")
    assert Post.objects.count() == 0


# --- Personal values -------------------------------------------------------------------------------------------------


def reveal(client, request, *values, reason="To compare with the file."):
    address = reverse("admin:dsr_subjectrequest_reveal", args=(request.pk,))
    return client.post(address, {"values": values, "reason": reason}, follow=True)


@pytest.fixture
def known(systems, clock):
    """A request with every kind of personal value."""
    return builders.in_review(
        at=clock(), phone="+353 86 123 4567", identifiers={"account": ("AC-42",)}, name="Ada Lovelace"
    )


PERSONAL = (builders.ADA, "Lovelace", "123 4567", "AC-42")


def test_personal_values_are_masked(vera, known):
    page = text(vera.get(sheet(known)))

    assert [value for value in PERSONAL if value in page] == []
    assert "a•••@e•••.org" in page
    assert "••• 67" in page


def test_revealing_shows_what_was_asked_for_and_leaves_a_trace_without_it(vera, known):
    page = text(reveal(vera, known, "email", "phone"))

    assert builders.ADA in page
    assert "123 4567" in page
    assert "Lovelace" not in page
    event = Event.objects.get(verb="revealed")
    assert event.data["fields"] == ["email", "phone"]
    assert event.actor_id == str(colleague("vera").pk)
    assert Post.objects.get(pk=event.data["post"]).open("body") == "To compare with the file."
    assert "Looked at personal values" in page
    assert history.verify().whole


def test_revealed_values_stay_for_a_while_and_can_be_hidden(vera, known):
    reveal(vera, known, "email")
    assert builders.ADA in text(vera.get(sheet(known)))

    vera.post(reverse("admin:dsr_subjectrequest_hide", args=(known.pk,)))

    assert builders.ADA not in text(vera.get(sheet(known)))


def test_revealed_values_hide_themselves_in_time(vera, known, monkeypatch):
    monkeypatch.setattr("dsr.services.revealing.LASTS", timedelta(seconds=-1))

    assert builders.ADA not in text(reveal(vera, known, "email"))


def test_revealing_one_case_reveals_no_other(vera, known, clock):
    other = builders.in_review(at=clock(), email="max@example.org")
    reveal(vera, known, "email")

    assert "max@example.org" not in text(vera.get(sheet(other)))


def test_session_holds_no_personal_value(vera, known):
    reveal(vera, known, "email", "name", "phone", "identifiers")

    kept = str(dict(vera.session.items()))

    assert [value for value in PERSONAL if value in kept] == []


@pytest.mark.parametrize(
    ("values", "reason", "said"),
    [
        ((), "Why.", "Choose what you need"),
        (("email",), " ", "say why"),
        (("passport",), "Why.", "Choose what you need"),
    ],
)
def test_revealing_without_choice_or_reason_shows_nothing(vera, known, values, reason, said):
    page = text(reveal(vera, known, *values, reason=reason))

    assert said in page
    assert builders.ADA not in page
    assert not Event.objects.filter(verb="revealed").exists()


@pytest.mark.parametrize("name", ["sam", "audrey"])
def test_those_who_may_not_see_personal_values_are_told_so(name, known):
    client = signed_in(name)

    page = text(reveal(client, known, "email"))

    assert "Your account may not see personal values." in page
    assert builders.ADA not in page
    assert not Event.objects.filter(verb="revealed").exists()


def test_nobody_reveals_their_own_case(vera, systems, clock):
    request = builders.in_review(at=clock(), email="vera@staff.example.org")

    assert reveal(vera, request, "name").status_code == 403
    assert not Event.objects.filter(verb="revealed").exists()


def test_forgotten_case_is_still_readable(vera, known):
    review.withdraw(known.pk, by=builders.hal(), at=timezone.now())
    its_time = builders.again(known).submission.purge_at
    assert its_time is not None
    assert purging.forget(known.submission_id, its_time)

    answer = vera.get(sheet(known))

    assert answer.status_code == 200
    assert "was deleted on" in text(answer)
    assert "Deleted the personal data of the case" in text(answer)
    assert "note" not in verbs_offered(answer)


def test_a_report_of_a_childs_account_shows_the_account_to_the_desk(case_of_child):
    answer = signed_in("hal").get(sheet(case_of_child))

    assert "a child is under 16" in text(answer)
    assert "No system has counted anything" in text(answer)


@pytest.fixture
def case_of_child(clock, systems):
    """A report, and an account that was looked for and is not there."""
    request = builders.only(builders.file(Right.CHILD_ACCOUNT, at=clock()).submission)
    sheltering.find_account(request.pk, by=builders.hal(), at=clock.tick())
    drain(clock.now)
    return builders.again(request)
