"""A reported child's account, from the report to the erasure, and that whoever reported it learns nothing."""

import html
import sqlite3
from contextlib import closing
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dsr.errors import Incomplete, NotAllowed, RecourseError, WrongState
from dsr.lifecycle import State
from dsr.models import AgeFinding, Deadline, DeadlineKind, Event, Found, Submission
from dsr.policies import Caller
from dsr.public import sight
from dsr.rights import Right
from dsr.selectors import listing
from dsr.selectors.tracker import see
from dsr.services import acting, childalert, evidence, history, holds, review, sheltering
from dsr.services.intake import Want
from dsr.services.sheltering import Assessment
from notifications.models import Message
from tests import builders, organisation, papers
from tests.drain import drain
from verification.models import Purpose

pytestmark = pytest.mark.django_db(transaction=True)

STRANGER = "neighbour@example.net"


def reported(clock, account=builders.ADA, **changes):
    """A neighbour reports an account as a child's."""
    details = {"reporter": "other", "childs_account": account, "childs_why": "The child told me."}
    wants = (Want(Right.CHILD_ACCOUNT, details),)
    filed = builders.file(at=clock(), email=STRANGER, name="", wants=wants, **changes)
    return builders.only(filed.submission)


def sought(clock, account=builders.ADA):
    """Hal had the systems look for it, and all have answered."""
    request = reported(clock, account)
    sheltering.find_account(request.pk, by=builders.hal(), at=clock.tick())
    drain(clock.now)
    return request


def shelter_of(request):
    return Submission.objects.select_related("data_key").get(sheltered_by__request=request)


def part(request, right):
    return builders.again(shelter_of(request).requests.get(right=right))


def says(finding=Found.CHILD, signs=("birth_date",), **more):
    return Assessment(finding, "The file says so.", signs, **more)


def test_a_child_is_found_by_one_person_and_the_account_is_shut_at_once(clock, systems):
    request = sought(clock)

    sheltering.assess(request.pk, says(), by=builders.hal(), at=clock.tick())
    drain(clock.now)

    shut = part(request, Right.RESTRICTION)
    assert AgeFinding.objects.get().final_at is not None
    assert shut.state in (State.FULFILLING, State.CLOSED)
    assert shut.tasks.filter(kind="restrict").exists()
    assert part(request, Right.DELETION).proposal == "release"


def test_whoever_reports_a_child_is_promised_no_word_about_what_is_decided(clock, systems):
    request = reported(clock)

    [receipt] = Message.objects.filter(kind="received")
    drain(clock())

    [sent] = [each for each in mail.outbox if "We are working on" in str(each.subject)]
    assert receipt.about == request.submission_id
    for text in (str(sent.body), str(sent.alternatives[0][0])):  # type: ignore[attr-defined]
        words = " ".join(html.unescape(text).split())
        assert "nothing about the account" in words
        assert "why it was decided" not in words
        assert "every decision" not in words


@pytest.fixture
def desk(clock, tmp_path, db):
    """One system that can be searched, shut and emptied by itself; the address of its database."""
    organisation.desk(tmp_path, clock())
    return tmp_path / "desk.sqlite3"


def held(path):
    """Who is in the system, and whether their account is shut."""
    with closing(sqlite3.connect(path)) as desk:
        return dict(desk.execute("SELECT email, restricted FROM customers").fetchall())


def done(clock):
    """The account is shut, and a moment later it is erased."""
    drain(clock.now)
    drain(clock.tick())


def found_a_child(clock, **more):
    """Hal found a child, and Vera approved the erasure."""
    request = sought(clock)
    sheltering.assess(request.pk, says(**more), by=builders.hal(), at=clock.tick())
    return request


def test_a_childs_account_is_shut_first_and_then_erased(clock, desk):
    request = found_a_child(clock)

    review.approve(part(request, Right.DELETION).pk, by=builders.vera(), at=clock.tick())
    done(clock)

    assert builders.ADA not in held(desk)
    assert builders.MAX in held(desk)
    verbs = list(Event.objects.filter(submission=shelter_of(request)).order_by("seq").values_list("verb", flat=True))
    acted = [place for place, verb in enumerate(verbs) if verb == "acted"]
    begun = [place for place, verb in enumerate(verbs) if verb == "begin_acting"]
    assert begun[1] > acted[0]
    assert part(request, Right.DELETION).outcome == "fulfilled"
    assert part(request, Right.DELETION).certificates.count() == 1
    assert history.verify(shelter_of(request).reference).whole


def test_nothing_is_erased_while_a_system_has_not_shut_the_account(clock, desk):
    request = found_a_child(clock)
    review.approve(part(request, Right.DELETION).pk, by=builders.vera(), at=clock.tick())
    # A worker that dies between taking the task and doing it leaves the claim and nothing else.
    acting.start(deadline_of(part(request, Right.RESTRICTION)), clock.tick())
    shutting = part(request, Right.RESTRICTION).tasks.get()
    taskwork_claimed(shutting, clock.now)

    drain(clock.now)

    assert held(desk)[builders.ADA] == 0
    assert not part(request, Right.DELETION).tasks.exists()
    drain(clock.tick(hours=2))
    drain(clock.tick(hours=2))
    assert builders.ADA not in held(desk)


def deadline_of(request):
    return Deadline.objects.get(request=request, kind=DeadlineKind.ACT)


def taskwork_claimed(task, at):
    task.claimed_until, task.lease, task.attempts = at + timedelta(minutes=30), uuid4(), 1
    task.save()


def test_a_hold_keeps_a_childs_data_as_anybodys(clock, desk):
    wanted = holds.Wanted(
        "legal_hold",
        "Case 12/26",
        builders.staff("vera").pk,
        clock().date() + timedelta(days=60),
        people={"email": (builders.ADA,)},
        categories=("customer_account_data", "contact_data"),
    )
    keeper = Caller.of_user(builders.staff("dora", "set_holds"), "admin")
    holds.propose(wanted, by=keeper, at=clock())
    request = found_a_child(clock)

    review.approve(part(request, Right.DELETION).pk, by=builders.vera(), at=clock.tick())
    done(clock)

    assert held(desk)[builders.ADA] == 1
    assert part(request, Right.DELETION).outcome == "refused"  # nothing could go


def test_a_quarrel_needs_the_whole_guidance_and_two_people(clock, desk):
    request = sought(clock)
    every = [row.id for row in childalert.rules().guidance]
    hal, vera = builders.hal(), builders.vera()

    with pytest.raises(Incomplete) as missing:
        sheltering.assess(request.pk, says(conflict="parents", guidance=every[:-1]), by=hal, at=clock.tick())
    sheltering.assess(request.pk, says(conflict="parents", guidance=every), by=hal, at=clock.tick())

    assert "guidance" in missing.value.problems
    assert AgeFinding.objects.get().final_at is None
    with pytest.raises(NotAllowed):
        sheltering.confirm(request.pk, by=hal, at=clock.tick())
    drain(clock.now)
    assert held(desk)[builders.ADA] == 0
    sheltering.confirm(request.pk, by=vera, at=clock.tick())
    drain(clock.now)
    assert held(desk)[builders.ADA] == 1


@pytest.mark.parametrize("said", [says(Found.NOT_CHILD), says(Found.UNCLEAR), says(signs=("school_address",))])
def test_nobody_lets_an_account_stand_or_shuts_one_on_weak_signs_alone(said, clock, desk):
    request = sought(clock)

    sheltering.assess(request.pk, said, by=builders.hal(), at=clock.tick())

    assert AgeFinding.objects.get().final_at is None
    sheltering.weigh_anew(request.pk, "Look once more.", by=builders.vera(), at=clock.tick())
    assert builders.again(request).proposal == ""
    sheltering.assess(request.pk, said, by=builders.hal(), at=clock.tick())
    sheltering.confirm(request.pk, by=builders.vera(), at=clock.tick())
    assert AgeFinding.objects.get().final_at is not None
    shut = said.finding == Found.CHILD
    assert part(request, Right.RESTRICTION).state == (State.FULFILLING if shut else State.CLOSED)


def test_what_is_found_must_match_what_the_systems_counted(clock, desk):
    there = sought(clock)
    missing = sought(clock, "nobody@example.org")

    for request, finding in ((there, Found.NOBODY), (missing, Found.CHILD)):
        with pytest.raises(WrongState, match=r"system"):
            sheltering.assess(request.pk, says(finding), by=builders.hal(), at=clock.tick())


def test_the_reporter_reads_the_same_at_the_same_hour_whatever_was_found(clock, desk):
    """A child's account, one that stands, and none at all: same letters, same times, same tracker, same statements."""
    started, seen = clock.now, []
    for account, finding in (
        (builders.ADA, Found.CHILD),
        (builders.MAX, Found.NOT_CHILD),
        ("x@example.org", Found.NOBODY),
    ):
        clock.now = started
        request = sought(clock, account)
        sheltering.assess(request.pk, says(finding), by=builders.hal(), at=clock.tick())
        if finding == Found.NOT_CHILD:
            sheltering.confirm(request.pk, by=builders.vera(), at=clock.tick())
        drain(clock.now)
        before = outside(request, clock.now)
        clock.now = started + timedelta(hours=49)
        with CaptureQueriesContext(connection) as statements:
            sheltering.settle(deadline_of(request), clock.now)
        letter = builders.letters_to(request.submission, "dealt_with")[-1]
        words = {name: str(getattr(letter, name)) for name in ("right", "remedies", "kind")}
        seen.append((before, words, outside(request, clock.now), len(statements)))

    assert seen[0] == seen[1] == seen[2]


def outside(request, at):
    """What the tracker shows, but for the reference."""
    seen = see(request.submission_id)
    assert seen is not None
    page = sight.page(seen, at)
    [shown] = page.parts
    lines = [(entry.at, entry.text) for entry in page.timeline]
    return shown.badge, shown.sentence, shown.is_open, shown.tone, page.headline, lines[1:], page.messages, shown.lines


def test_a_report_that_is_not_settled_in_time_is_answered_a_whole_day_later(clock, desk):
    request = sought(clock)
    due = deadline_of(request).due_at

    drain(due)

    assert builders.again(request).state == State.IN_REVIEW
    assert deadline_of(request).due_at == due + timedelta(days=1)


def test_only_the_accounts_own_address_is_written_to_and_only_if_that_is_safe(clock, desk):
    told = found_a_child(clock)
    letters = builders.letters_to(shelter_of(told))
    silent = found_a_child(clock, tell_account=False)
    review.approve(part(silent, Right.DELETION).pk, by=builders.vera(), at=clock.tick())
    done(clock)

    assert [letter.kind for letter in letters] == ["account_shut"]
    assert shelter_of(told).open("email") == builders.ADA
    assert not Message.objects.filter(about=shelter_of(silent).pk, kind__in=("account_shut", "carried_out")).exists()
    assert part(silent, Right.DELETION).state == State.CLOSED


def test_a_report_comes_first_and_leads_hear_of_it_at_once(clock, desk):
    builders.vera()
    builders.in_review(Right.ACCESS, at=clock())
    report = reported(clock)

    first = listing.page(listing.Wanted(order="slack"), None, 5, clock.now).rows[0]

    assert first.pk == report.pk
    assert report.due_on == clock.now.date() + timedelta(days=3)
    assert Message.objects.filter(kind="child_reported", about=report.submission_id).exists()


def test_a_report_takes_no_document(clock, desk):
    report = reported(clock)

    paper = evidence.cleaned(papers.photo())

    with pytest.raises(RecourseError):
        evidence.receive(report.submission_id, Purpose.IDENTITY, paper, by=Caller.person(), at=clock.tick())


def test_nobody_takes_back_what_was_reported(clock, desk):
    request = found_a_child(clock)

    for each in (request, part(request, Right.DELETION), part(request, Right.RESTRICTION)):
        with pytest.raises(WrongState):
            review.withdraw(each.pk, by=Caller.person(), at=clock.tick())


@pytest.mark.parametrize(("country", "age"), [("US", 13), ("GB", 13), ("IE", 16), ("BR", 12)])
def test_the_age_comes_from_the_laws_and_the_notice_of_the_place(country, age, clock, desk):
    request = reported(clock, country=country)

    assert sheltering.age_of(builders.again(request).submission)[0] == age
