"""Objections: paused while weighed, weighed use by use, decided by two people, stopped in every system, and told."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dsr.choices.marketing import Purpose
from dsr.deadlines import local_date
from dsr.errors import Incomplete, NotAllowed, RecourseError, Unlawful, WrongState
from dsr.lifecycle import State
from dsr.models import (
    Choice,
    Event,
    LedgerEntry,
    SubjectRequest,
    System,
    Task,
    TaskState,
    Weighed,
    Weighing,
    Window,
)
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import history, intake, review, taskpaper, taskrun, weighing
from dsr.services.choices import asking, desk
from dsr.services.weighing import Weight
from notifications import outbox
from notifications.sealing import listing_digests
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.public.visitor import Visitor
from verification import grants

pytestmark = pytest.mark.django_db(transaction=True)
WEEK = timedelta(days=7)


@pytest.fixture
def systems(clock: Clock, tmp_path: Path, db: None) -> list[System]:
    """One system that can keep data without using it, and one that knows the use by a word."""
    return [organisation.desk(tmp_path, clock()), organisation.mailers(clock(), "objection_sales_insights")]


@pytest.fixture
def objection(systems: list[System], clock: Clock) -> SubjectRequest:
    """Ada's objection to two uses, at the desk, after the systems did their part."""
    request = builders.in_review(Right.OBJECTION, at=clock())
    drain(clock.tick())
    return builders.again(request)


def _propose(request: SubjectRequest, clock: Clock, **outcomes: Weight) -> SubjectRequest:
    for use in ("sales_insights", "profiling"):
        weight = outcomes.get(use, builders.stops(use))
        weighing.weigh(request.pk, weight, by=builders.hal(), at=clock.tick())
    return weighing.propose(request.pk, by=builders.hal(), at=clock.tick())


def _confirm(clock: Clock) -> None:
    drain(clock.tick())
    for window in Window.objects.filter(done_at=None):
        desk.report(window.system_id, [window.pk], clock.tick())


def _allowed(topic: str, clock: Clock) -> bool:
    use = asking.use_of(Purpose.OBJECTION, "", topic, clock())
    return asking.check(listing_digests("email", builders.ADA), use, clock()).allowed


# --- Filing ----------------------------------------------------------------------------------------------------------


def test_objection_waits_for_proof_and_marketing_does_not(systems: list[System], clock: Clock) -> None:
    details = {"objected": "sales_insights direct_marketing", "own_grounds": "I run a rival firm."}

    filed = builders.file(at=clock(), wants=(intake.Want(Right.OBJECTION, details),))

    states = {request.right: builders.again(request).state for request in filed.requests}
    assert states == {"marketing_opt_out": "closed", "objection": "verifying"}
    assert filed.requests[1].open_json("details")["objected"] == "sales_insights"
    assert {choice.purpose for choice in Choice.objects.all()} == {"marketing", "advertising"}


@pytest.mark.parametrize("word", ["direct_marketing", "marketing_communications", "interest_campaigns"])
def test_objection_to_marketing_alone_is_an_end_of_marketing(word: str, clock: Clock) -> None:
    want = intake.Want(Right.OBJECTION, {"objected": word, "own_grounds": "I have had enough."})

    [request] = builders.file(at=clock(), wants=(want,)).requests

    assert request.right == Right.MARKETING_OPT_OUT
    assert builders.again(request).outcome == "fulfilled"
    marks = listing_digests("email", builders.ADA)
    for purpose in (Purpose.MARKETING, Purpose.ADVERTISING):
        assert not asking.check(marks, asking.use_of(purpose, "", "", clock()), clock()).allowed


@pytest.mark.parametrize(
    ("details", "problem"),
    [
        ({}, "objected"),
        ({"objected": "sales_insights"}, "own_grounds"),
        ({"objected": "nothing_like_it", "own_grounds": "Because."}, "objected"),
    ],
)
def test_objection_needs_a_use_and_grounds(details: dict[str, str], problem: str, clock: Clock) -> None:
    with pytest.raises(Incomplete) as refused:
        builders.file(at=clock(), wants=(intake.Want(Right.OBJECTION, details),))

    assert set(refused.value.problems) == {f"objection.{problem}"}


def test_marketing_needs_no_grounds(clock: Clock) -> None:
    [request] = builders.file(
        at=clock(), wants=(intake.Want(Right.OBJECTION, {"objected": "direct_marketing"}),)
    ).requests

    assert request.right == Right.MARKETING_OPT_OUT


# --- The pause -------------------------------------------------------------------------------------------------------


def test_use_is_paused_in_every_system_before_anything_is_weighed(
    systems: list[System], clock: Clock, tmp_path: Path
) -> None:
    filed = builders.file(Right.OBJECTION, at=clock())
    builders.confirm(filed.submission, clock())
    builders.prove(filed.submission, clock())
    request = builders.only(filed.submission)
    assert request.state == State.IN_REVIEW

    with pytest.raises(WrongState) as early:
        weighing.weigh(request.pk, builders.stops("profiling"), by=builders.hal(), at=clock())
    drain(clock.tick())

    assert early.value.code == "not-paused"
    assert set(LedgerEntry.objects.filter(system=systems[0]).values_list("outcome", flat=True)) == {"restricted"}
    assert organisation.row(tmp_path, builders.ADA)["restricted"]
    assert not organisation.row(tmp_path, builders.MAX)["restricted"]
    assert Task.objects.get(system=systems[1]).state == TaskState.WITH_OWNER
    weighing.weigh(request.pk, builders.stops("profiling"), by=builders.hal(), at=clock.tick())


def _unable(clock: Clock, tmp_path: Path) -> tuple[SubjectRequest, Task]:
    """Ada's objection where the one system has no flag by which data is kept and not used."""
    tables = [{key: value for key, value in organisation.TABLES[0].items() if "restrict" not in key}]
    organisation.desk(tmp_path, clock(), tables=tables)
    request = builders.in_review(Right.OBJECTION, at=clock())
    drain(clock.tick())
    [task] = Task.objects.all()
    return request, task


def _handed(request: SubjectRequest, at: Any) -> str:
    """A key to the worksheet; the one that was mailed is blotted out in our copy."""
    [task] = request.tasks.filter(state=TaskState.WITH_OWNER)
    return str(grants.issue(taskpaper.TASKSHEET, task.pk, at, lasts=WEEK, uses=None))


def test_system_that_cannot_pause_by_itself_is_its_owners_task(clock: Clock, tmp_path: Path) -> None:
    request, task = _unable(clock, tmp_path)
    kinds = {message.kind for message in outbox.about(request.submission_id)}
    seen = taskpaper.sheet_of(_handed(request, clock()), clock())

    taskpaper.report(_handed(request, clock()), [taskpaper.Said("done", count=3)], "", at=clock.tick())

    assert task.state == TaskState.WITH_OWNER
    assert "task_worksheet" in kinds
    assert (seen.system, seen.kind, seen.open) == ("The desk", "restrict", True)
    assert builders.ADA in seen.who["email"]
    assert (seen.due_on - local_date(clock(), request.submission.zone)).days <= 3
    assert set(LedgerEntry.objects.filter(request=request).values_list("outcome", flat=True)) == {"restricted"}
    weighing.weigh(request.pk, builders.stops("profiling"), by=builders.hal(), at=clock.tick())


def test_pause_that_an_owner_set_is_lifted_by_the_owner(clock: Clock, tmp_path: Path) -> None:
    request, _ = _unable(clock, tmp_path)
    taskpaper.report(_handed(request, clock()), [taskpaper.Said("done")], "", at=clock.tick())
    review.withdraw(request.pk, by=Caller.person(), at=clock.tick())
    clock.now += WEEK + timedelta(hours=1)
    drain(clock.now)
    asked = request.tasks.get(kind="unrestrict")

    taskpaper.report(_handed(request, clock()), [taskpaper.Said("done")], "", at=clock.tick())

    assert asked.state == TaskState.WITH_OWNER
    assert not request.restrictions.filter(lifted_at=None).exists()


def test_owner_who_does_not_report_is_reminded_and_then_staffs_to_decide(clock: Clock, tmp_path: Path) -> None:
    request, task = _unable(clock, tmp_path)

    for _ in range(5):
        clock.now += timedelta(days=1)
        drain(clock.now)

    reminded = Event.objects.filter(request=request, verb="owner_reminded").order_by("seq")
    assert [event.data["late"] for event in reminded][:3] == [False, False, True]
    assert builders.again(request).turn == "staff"
    taskrun.accept_failure(request.pk, task.pk, "The owner left.", by=builders.vera(), at=clock.tick())


def test_owner_who_cannot_pause_leaves_it_to_staff(clock: Clock, tmp_path: Path) -> None:
    request, task = _unable(clock, tmp_path)
    said = [taskpaper.Said("could_not")]
    taskpaper.report(_handed(request, clock()), said, "It has no such flag.", at=clock.tick())
    task.refresh_from_db()
    assert task.state == TaskState.STUCK
    with pytest.raises(WrongState):
        weighing.weigh(request.pk, builders.stops("profiling"), by=builders.hal(), at=clock.tick())

    taskrun.accept_failure(request.pk, task.pk, "It has no such flag.", by=builders.vera(), at=clock.tick())

    weighing.weigh(request.pk, builders.stops("profiling"), by=builders.hal(), at=clock.tick())
    assert LedgerEntry.objects.filter(request=request, outcome="failed").exists()


def test_withdrawn_objection_ends_the_pause_after_the_person_was_told(
    objection: SubjectRequest, clock: Clock, tmp_path: Path
) -> None:
    review.withdraw(objection.pk, by=Caller.person(), at=clock.tick())

    assert [letter.kind for letter in builders.letters_to(objection.submission, "restriction_ends")]
    drain(clock() + WEEK - timedelta(hours=1))
    assert organisation.row(tmp_path, builders.ADA)["restricted"]
    drain(clock() + WEEK + timedelta(hours=1))
    assert not organisation.row(tmp_path, builders.ADA)["restricted"]


# --- Weighing --------------------------------------------------------------------------------------------------------


def test_weighing_is_sealed_and_history_names_only_codes(objection: SubjectRequest, clock: Clock) -> None:
    weighing.weigh(objection.pk, builders.goes_on("profiling"), by=builders.hal(), at=clock.tick())

    row = Weighing.objects.get()
    row.request = objection
    assert row.open_json("content")["interest"].startswith("Accounts that are taken over")
    event = Event.objects.get(verb="weigh")
    assert event.data == {
        "use": "profiling",
        "basis": "legitimate_interest",
        "outcome": "go_on",
        "ground": "compelling_grounds",
    }


GOES_ON = builders.goes_on("profiling")


@pytest.mark.parametrize(
    ("weight", "field"),
    [
        (replace(GOES_ON, use="weather"), "use"),
        (replace(GOES_ON, basis="vital_interest"), "basis"),
        (replace(GOES_ON, outcome="perhaps"), "outcome"),
        (replace(GOES_ON, ground=""), "ground"),
        (replace(GOES_ON, ground="not_a_ground"), "ground"),
        (replace(GOES_ON, ground="rests_on_consent"), "ground"),
        (replace(GOES_ON, interest="Security."), "interest"),
        (replace(GOES_ON, compelling=""), "compelling"),
        (replace(GOES_ON, alternatives="None."), "alternatives"),
        (replace(GOES_ON, effect=GOES_ON.interest), "effect"),
        (replace(GOES_ON, reason="We must."), "reason"),
        (replace(GOES_ON, outcome="part"), "remains"),
        (replace(GOES_ON, basis="consent"), "ground"),
        (
            replace(
                GOES_ON,
                reason="We weighed what you told us against our reasons for using this data, and found that "
                "compelling reasons of ours weigh more. Below we say which they are, what else we looked for, "
                "and what it means for you.",
            ),
            "reason",
        ),
        (replace(builders.stops("profiling"), reason=""), "reason"),
    ],
)
def test_incomplete_weighing_is_refused_with_a_sentence(
    weight: Weight, field: str, objection: SubjectRequest, clock: Clock
) -> None:
    with pytest.raises(Incomplete) as refused:
        weighing.weigh(objection.pk, weight, by=builders.hal(), at=clock.tick())

    assert field in refused.value.problems
    assert refused.value.problems[field].endswith((".", "law_demands_use", "rests_on_consent."))
    assert not Weighing.objects.exists()


def test_text_of_another_case_weighs_nothing(objection: SubjectRequest, clock: Clock) -> None:
    weighing.weigh(objection.pk, GOES_ON, by=builders.hal(), at=clock.tick())
    other = builders.in_review(Right.OBJECTION, at=clock.tick(), email=builders.MAX)
    shouted = replace(GOES_ON, compelling=GOES_ON.compelling.upper() + "!")

    with pytest.raises(Incomplete) as refused:
        weighing.weigh(other.pk, shouted, by=builders.hal(), at=clock.tick())

    assert refused.value.problems == {
        "compelling": "The same was written about somebody else. Weigh this case by itself."
    }
    anew = replace(GOES_ON, compelling="His own account was taken over twice this year, each time within minutes.")
    weighing.weigh(other.pk, anew, by=builders.hal(), at=clock.tick())


def test_use_that_rests_on_consent_is_led_to_taking_it_back(clock: Clock, systems: list[System]) -> None:
    details = {"objected": "platform_analytics", "own_grounds": "I do not want to be watched at work."}
    request = builders.in_review(at=clock(), wants=(intake.Want(Right.OBJECTION, details),))
    drain(clock.tick())
    weight = Weight(
        "platform_analytics", "consent", "go_on", "You agreed to it in May; one step on our page ends it.",
        ground="rests_on_consent",
    )  # fmt: skip

    weighing.weigh(request.pk, weight, by=builders.hal(), at=clock.tick())

    assert Weighing.objects.get().ground == "rests_on_consent"


# --- Deciding --------------------------------------------------------------------------------------------------------


def test_everything_stops_and_is_told_once_every_system_confirmed(
    objection: SubjectRequest, clock: Clock, tmp_path: Path
) -> None:
    _propose(objection, clock)
    request = weighing.decide(objection.pk, by=builders.vera(), at=clock.tick())
    assert (request.state, request.turn) == (State.FULFILLING, "systems")
    assert not _allowed("sales_insights", clock)
    assert not _allowed("profiling", clock)
    [decided] = builders.letters_to(request.submission, "objection_decided")
    assert len(decided.stops) == 2
    assert (decided.goes_on, decided.ends_on) == ((), None)

    _confirm(clock)

    request = builders.again(request)
    assert (request.state, request.outcome) == (State.CLOSED, "fulfilled")
    [over] = builders.letters_to(request.submission, "objection_over")
    assert len(over.stopped) == 2
    assert over.ends_on == (clock() + WEEK).date()
    assert {"suppressed", "restricted"} <= set(LedgerEntry.objects.values_list("outcome", flat=True))
    assert organisation.row(tmp_path, builders.ADA)["restricted"]
    drain(clock() + WEEK + timedelta(hours=1))
    assert not organisation.row(tmp_path, builders.ADA)["restricted"]
    assert not _allowed("profiling", clock)
    assert history.verify(request.submission.reference).whole


def test_nothing_stops_and_the_letter_says_why_and_when_the_pause_ends(
    objection: SubjectRequest, clock: Clock, tmp_path: Path
) -> None:
    other = replace(builders.goes_on("sales_insights"), compelling=GOES_ON.compelling + " And of sales as well.")
    _propose(objection, clock, profiling=GOES_ON, sales_insights=other)

    request = weighing.decide(objection.pk, by=builders.vera(), at=clock.tick())

    assert (request.state, request.outcome) == (State.CLOSED, "refused")
    [letter] = builders.letters_to(request.submission, "objection_decided")
    assert letter.stops == ()
    assert all("compelling reasons of ours weigh more" in line for line in letter.goes_on)
    assert letter.remedies
    assert letter.ends_on == (clock() + WEEK).date()
    assert _allowed("profiling", clock)
    assert organisation.row(tmp_path, builders.ADA)["restricted"]
    drain(clock() + WEEK + timedelta(hours=1))
    assert not organisation.row(tmp_path, builders.ADA)["restricted"]


def test_part_of_it_stops_and_owners_are_told_where_to_look(
    objection: SubjectRequest, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", clock)
    part = replace(
        builders.goes_on("sales_insights"),
        outcome="part",
        remains="Figures of whole firms go on; nothing that is about her alone is looked at.",
    )
    _propose(objection, clock, sales_insights=part, profiling=GOES_ON)
    request = weighing.decide(objection.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    assert _allowed("sales_insights", clock)
    assert not _allowed("part_of_sales_insights", clock)
    assert Choice.objects.get().evidence == request.submission.reference
    for window in Window.objects.filter(with_owner_at__isnull=False):
        [line] = desk.sheet(window.system_id).lines
        assert (line.case, line.remains) == (request.submission.reference, (part.remains,))
        with CaptureQueriesContext(connection) as captured:
            desk.sheet(window.system_id)
        assert len(captured) == 4
        key = grants.issue(desk.PURPOSE, window.system_id, clock(), lasts=WEEK, uses=None)
        page = Visitor().open(f"/worksheets/choices/?key={key}").text
        assert request.submission.reference in page
        assert ", in part" in page
        assert "part_of_" not in page
        assert part.remains in page
    _confirm(clock)
    assert builders.again(request).outcome == "partly_fulfilled"


def test_second_person_decides_and_no_other(objection: SubjectRequest, clock: Clock) -> None:
    for use in ("sales_insights", "profiling"):
        weighing.weigh(objection.pk, builders.stops(use), by=builders.vera(), at=clock.tick())
    weighing.propose(objection.pk, by=builders.vera(), at=clock.tick())

    with pytest.raises(NotAllowed) as own:
        weighing.decide(objection.pk, by=builders.vera(), at=clock.tick())
    with pytest.raises(NotAllowed):
        weighing.decide(objection.pk, by=builders.hal(), at=clock.tick())

    assert own.value.code == "four-eyes"
    assert builders.again(objection).state == State.IN_REVIEW
    assert not Choice.objects.exists()


def test_nothing_is_proposed_before_every_use_is_weighed(objection: SubjectRequest, clock: Clock) -> None:
    weighing.weigh(objection.pk, builders.stops("profiling"), by=builders.hal(), at=clock.tick())

    with pytest.raises(WrongState) as early:
        weighing.propose(objection.pk, by=builders.hal(), at=clock.tick())

    assert early.value.code == "not-weighed"
    with pytest.raises(WrongState):
        weighing.decide(objection.pk, by=builders.vera(), at=clock.tick())


def test_what_was_sent_back_is_weighed_anew(objection: SubjectRequest, clock: Clock) -> None:
    _propose(objection, clock, profiling=GOES_ON)
    with pytest.raises(WrongState):
        weighing.weigh(objection.pk, builders.stops("profiling"), by=builders.hal(), at=clock.tick())
    review.send_back(objection.pk, "Look at the profile again.", by=builders.vera(), at=clock.tick())

    _propose(objection, clock)
    weighing.decide(objection.pk, by=builders.vera(), at=clock.tick())

    assert set(Weighing.objects.values_list("outcome", flat=True)) == {Weighed.STOP}


def test_what_goes_on_is_told_in_time_or_as_late(objection: SubjectRequest, clock: Clock) -> None:
    _propose(objection, clock, profiling=GOES_ON)
    clock.tick(hours=24 * 100)

    with pytest.raises(Unlawful):
        weighing.decide(objection.pk, by=builders.vera(), at=clock())
    weighing.decide_late(objection.pk, "It lay on the wrong desk.", by=builders.vera(), at=clock())

    [letter] = builders.letters_to(objection.submission, "objection_decided")
    assert letter.late


def test_what_only_stops_is_never_too_late(objection: SubjectRequest, clock: Clock) -> None:
    _propose(objection, clock)
    clock.tick(hours=24 * 100)

    with pytest.raises(WrongState):
        weighing.decide_late(objection.pk, "No need.", by=builders.vera(), at=clock())
    weighing.decide(objection.pk, by=builders.vera(), at=clock())

    assert builders.again(objection).state == State.FULFILLING


def test_decided_objection_is_not_withdrawn(objection: SubjectRequest, clock: Clock) -> None:
    _propose(objection, clock)
    weighing.decide(objection.pk, by=builders.vera(), at=clock.tick())

    with pytest.raises(RecourseError) as refused:
        review.withdraw(objection.pk, by=Caller.person(), at=clock.tick())

    assert refused.value.code == "being-done"


def test_person_is_told_that_a_system_is_late(objection: SubjectRequest, clock: Clock) -> None:
    _propose(objection, clock)
    weighing.decide(objection.pk, by=builders.vera(), at=clock.tick())

    for hours in (1, 25, 49, 73, 100):
        drain(clock() + timedelta(hours=hours))

    assert Event.objects.filter(request=objection, verb="late").count() == 1
    assert builders.again(objection).state == State.FULFILLING
