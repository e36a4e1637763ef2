"""Deletion, correction and restriction on the tracker: the plan, the second word, what was done, who was told."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dsr.lifecycle import Outcome, State
from dsr.models import LedgerOutcome, Role, SubjectRequest
from dsr.packaging import checking
from dsr.policies import Caller
from dsr.public import deeds
from dsr.rights import Right
from dsr.rules import pack
from dsr.rules.files import SHIPPED
from dsr.services import correction, holds, intake, restriction, review, taskpaper, telling
from dsr.services.erasure import waiting
from dsr.services.systems import Entry
from dsr.services.systems import enter as enter_system
from tests import builders, estate, organisation
from tests.drain import drain
from tests.interfaces.public.visitor import Visitor
from tests.statements import counted
from tests.thirdparty import segment
from verification import grants

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
MUST = "legal_obligation_retain"
KEPT_BY_LAW = pack().refusal(MUST).why()


@pytest.fixture
def where(tmp_path, clock, db):
    """A filled database that is a system, and somebody who was given data from it."""
    url = estate.sqlite(tmp_path, clock())
    estate.estate(url, clock())
    return url


def enter(visitor: Visitor, request: SubjectRequest, clock: Any) -> Visitor:
    """Open the tracker by a link from a mail."""
    return visitor.open(telling.tracker_link(request.submission, clock()))


def asked(right: Right, clock: Any, *others: Right, **changes: Any) -> SubjectRequest:
    """Ada asks from the United States and shows who she is."""
    found = builders.in_review(right, *others, at=clock(), **{"country": "US", "region": "CA", **changes})
    return builders.again(SubjectRequest.objects.get(submission=found.submission, right=right))


def approved(request: SubjectRequest, clock: Any) -> SubjectRequest:
    """Hal and Vera decided."""
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    return builders.again(request)


# --- Deletion --------------------------------------------------------------------------------------------------------


def test_a_deletion_is_confirmed_a_second_time_seeing_what_goes_and_what_stays(visitor, where, clock):
    request = asked(Right.DELETION, clock)
    enter(visitor, request, clock)
    assert "It is your turn Please confirm once more" in visitor.text

    visitor.follow("See what would be deleted, and confirm")
    assert "An account is closed for good" in visitor.text
    until = estate.months_before(estate.months_before(clock().date(), 6), -24)
    assert (
        f"Stays (1 record). {pack().refusal('security_fraud_prevention').dated} Until {until:%-d %B %Y}."
        in visitor.text
    )
    assert KEPT_BY_LAW in visitor.text
    assert builders.again(request).confirmed_at is None

    again = visitor.sending("Yes, delete my data")
    visitor.press("Yes, delete my data")
    assert builders.again(request).confirmed_at == clock()
    assert "the deletion is confirmed" in visitor.text
    assert "It is our turn" in visitor.text
    assert "You confirmed once more that your data is to be deleted." in visitor.text

    shown = visitor._arrived(visitor.client.post(*again), again[0])
    assert (shown.status, "It is our turn" in shown.text) == (200, True)


def test_a_deletion_can_be_stopped_until_it_begins(visitor, where, clock):
    request = asked(Right.DELETION, clock)
    waiting.confirm(request.pk, by=Caller.person(), at=clock())
    request = approved(request, clock)
    assert request.act_at is not None
    begins = request.act_at.date()

    enter(visitor, request, clock)
    assert f"We begin to delete on {begins:%-d %B %Y}; until then you can stop it." in visitor.text
    assert "decided, not begun" in visitor.text
    visitor.follow("Stop it (Delete your data)")
    assert "everything stays as it is" in visitor.text
    visitor.press("Yes, withdraw it")

    drain(clock() + 9 * DAY)
    assert builders.again(request).outcome == Outcome.WITHDRAWN
    assert "Ada Lovelace" in estate.texts(where)


def test_what_was_done_is_told_and_certified(visitor, where, tmp_path, clock):
    estate.estate(estate.sqlite(tmp_path, clock(), "partner"), clock(), "partner", Role.RECIPIENT)
    request = asked(Right.DELETION, clock)
    waiting.confirm(request.pk, by=Caller.person(), at=clock())
    request = approved(request, clock)
    drain(clock.tick(days=4))

    enter(visitor, request, clock)
    assert "done in part" in visitor.text
    assert "below are what stays and why, and until when if that is known." in visitor.text
    assert pack().refusal("security_fraud_prevention").why(clock().date()) in visitor.text
    assert "Who else was told" in visitor.text
    assert "Withdraw this request" not in visitor.text

    visitor.follow(f"Read the signed statement of {clock():%-d %B %Y} (Delete your data)")
    until = estate.months_before(estate.months_before(clock().date(), 6), -24)
    assert f"Until {until:%-d %B %Y}." in visitor.text
    assert "manage.py verify_receipt" in visitor.text
    assert not [word for word in estate.ADA_WORDS if word in visitor.text]

    visitor.follow("Download the signed file")
    assert visitor.response["Content-Disposition"].startswith("attachment; filename=")
    file = tmp_path / "statement.json"
    file.write_bytes(visitor.response.content)
    assert checking.verify(file).ok
    assert json.loads(file.read_text())["reference"] == request.submission.reference
    file.write_text(file.read_text().replace('"kept"', '"erased"'))
    assert not checking.verify(file).ok


def test_what_a_recipient_does_not_vouch_for_is_told_and_certified(visitor, where, clock):
    organisation.cabinet(clock())
    with segment.running() as party:
        party.users, party.steps = {builders.ADA}, ["FINISHED"]
        config = party.config(identifiers=["email"])
        entry = Entry("partner", "The partner", "Olga Owner", "olga@staff.example.org", "segment", config)
        enter_system(replace(entry, role=Role.RECIPIENT), at=clock())
        request = asked(Right.DELETION, clock)
        waiting.confirm(request.pk, by=Caller.person(), at=clock())
        approved(request, clock)
        for days in (4, 1):
            drain(clock.tick(days=days))
    by_hand = request.tasks.get(system__key="cabinet")
    token = grants.issue(taskpaper.TASKSHEET, by_hand.pk, clock(), lasts=99 * DAY, uses=None)
    kinds = taskpaper.sheet_of(token, clock()).categories
    taskpaper.report(token, [taskpaper.Said("done", kind) for kind in kinds], "", at=clock(), left_out="done")
    said = "It asks those to whom it passed data on to do so, and cannot vouch for it."

    enter(visitor, request, clock)
    assert said in visitor.text
    certificate = builders.again(request).certificates.get()
    [partner] = certificate.document["recipients"]
    assert partner["remarks"] == ["downstream_not_guaranteed"]

    visitor.follow(f"Read the signed statement of {certificate.at:%-d %B %Y} (Delete your data)")
    assert said in visitor.text


def test_a_certificate_keeps_the_words_of_the_notice_that_the_request_came_in_under(
    visitor, where, tmp_path, clock, settings
):
    path = "notices/twilio/2025-08-14/categories.toml"
    shipped = (SHIPPED / path).read_text(encoding="utf-8")
    renamed = tmp_path / "rules" / path
    renamed.parent.mkdir(parents=True)
    renamed.write_text(shipped.replace('"Customer Account Data"', '"What the Account Says"'), encoding="utf-8")
    settings.RULES_DIR = tmp_path / "rules"
    request = asked(Right.DELETION, clock)
    waiting.confirm(request.pk, by=Caller.person(), at=clock())
    approved(request, clock)
    drain(clock.tick(days=4))
    certified_on = clock()
    assert request.submission.notice_version == "2025-08-14"

    clock.tick(days=40)
    with_new = pack().notice_in_force(clock().date())
    enter(visitor, request, clock).follow(f"Read the signed statement of {certified_on:%-d %B %Y} (Delete your data)")

    assert with_new.version.isoformat() == "2026-04-09"
    assert "What the Account Says" in visitor.text
    assert "Customer Account Data" not in visitor.text


def test_a_hold_that_must_not_be_told_is_told_as_no_more_than_a_duty(visitor, where, clock):
    hold = holds.Wanted(
        ground="legal_hold",
        matter="A secret matter",
        owner_id=builders.staff("dora").pk,
        review_on=clock().date() + 90 * DAY,
        people={"email": [builders.ADA]},
        silent=True,
    )
    holds.propose(hold, by=Caller.of_user(builders.staff("dora", "set_holds"), "admin"), at=clock())
    request = asked(Right.DELETION, clock)
    spoken = pack().refusal("legal_hold").plain

    visitor.open(telling.tracker_link(request.submission, clock())).follow("See what would be deleted, and confirm")
    assert f"Stays (3 records). {KEPT_BY_LAW}" in visitor.text
    assert spoken not in visitor.text

    visitor.press("Yes, delete my data")
    approved(request, clock)
    drain(clock.tick(days=4))
    enter(visitor, request, clock)
    assert f"kept (3 records) {KEPT_BY_LAW}" in visitor.text
    assert spoken not in visitor.text
    document = builders.again(request).certificates.get().document
    assert {entry.get("ground") for entry in document["entries"]} <= {None, MUST}


def test_a_deletion_that_was_not_confirmed_can_be_taken_up_again(visitor, where, clock):
    request = asked(Right.DELETION, clock)
    drain(clock.tick(days=30))
    assert builders.again(request).state == State.CLOSED

    enter(visitor, request, clock)
    assert "it was not confirmed a second time. Nothing was deleted." in visitor.text
    again = visitor.sending("Take the deletion up again")
    visitor.press("Take the deletion up again")
    assert builders.again(request).state == State.IN_REVIEW
    visitor.client.post(*again)

    drain(clock.tick())
    assert "See what would be deleted, and confirm" in enter(visitor, request, clock).page.links


def test_nothing_is_told_about_a_deletion_that_somebody_on_file_stopped(visitor, where, clock):
    request = asked(Right.DELETION, clock)
    submission = request.submission
    submission.stopped_at = clock()
    submission.save(update_fields=["stopped_at"])

    enter(visitor, request, clock)

    assert "Stays" not in visitor.text
    assert "See what would be deleted, and confirm" not in visitor.page.links
    visitor.open(f"/requests/{submission.reference}/{request.pk}/erasure/?key={_key(request, clock)}")
    assert "Yes, delete my data" not in visitor.text


def _key(request: SubjectRequest, clock: Any) -> str:
    return telling.tracker_grant(request.submission_id, clock())


def test_a_statement_of_somebody_else_is_not_found(visitor, where, clock):
    request = asked(Right.DELETION, clock)
    other = asked(Right.DELETION, clock, email=builders.MAX)

    for path in ("certificate/1/", "certificate/1/file/", "disagree/1/"):
        for each in (request, other):
            visitor.open(f"/requests/{request.submission.reference}/{each.pk}/{path}?key={_key(request, clock)}")
            assert visitor.status == 404


@pytest.mark.parametrize("others", [(), (Right.ACCESS, Right.CORRECTION, Right.RESTRICTION)], ids=len)
def test_tracker_of_a_deletion_costs_a_fixed_number_of_statements(visitor, where, clock, others):
    request = asked(Right.DELETION, clock, *others)
    link = telling.tracker_link(request.submission, clock())

    with counted() as statements:
        visitor.open(link)

    assert len(statements) == 14, "\n".join(statements)


# --- Correction ------------------------------------------------------------------------------------------------------

REASON = "Your contract says otherwise."


def decided(clock: Any) -> SubjectRequest:
    """Two things were said to be wrong; one is put right, and one is not."""
    details = {"wrong_1": "My street", "right_1": "7 Mill Road", "wrong_2": "My name", "right_2": "Countess Ada"}
    request = asked(Right.CORRECTION, clock, wants=(intake.Want(Right.CORRECTION, details),))
    right = correction.Decision("correct", ("estate.customers.street",))
    wrong = correction.Decision("refuse", ("estate.customers.name",), "accuracy_confirmed", REASON)
    correction.decide_item(request.pk, 1, right, by=builders.hal(), at=clock.tick())
    correction.decide_item(request.pk, 2, wrong, by=builders.hal(), at=clock.tick())
    return request


def test_each_thing_that_is_wrong_is_told_with_its_decision_once_it_is_approved(visitor, where, clock):
    request = decided(clock)
    enter(visitor, request, clock)
    assert "My street It should say 7 Mill Road Decision not decided yet" in visitor.text
    assert REASON not in visitor.text

    approved(request, clock)
    drain(clock.tick())
    enter(visitor, request, clock)
    assert "My street It should say 7 Mill Road Decision corrected" in visitor.text
    assert "My name It should say Countess Ada Decision left as it is" in visitor.text
    assert REASON in visitor.text
    assert "held back" not in visitor.text
    assert "7 Mill Road" in estate.texts(where)

    visitor.follow("Say that you do not agree (My name)").press("Keep my statement")
    assert visitor.status == 422
    visitor.fill("Your statement", "I am a countess.").press("Keep my statement")
    assert "Your statement is with us." in visitor.text
    assert "Your statement I am a countess." in visitor.text
    drain(clock.tick())
    assert "I am a countess." in estate.texts(where)


# --- Restriction -----------------------------------------------------------------------------------------------------


def test_a_restriction_says_where_since_when_and_when_it_ends(visitor, where, clock):
    request = approved(asked(Right.RESTRICTION, clock), clock)
    drain(clock.tick())
    since = clock()

    enter(visitor, request, clock)
    assert f"The estate: since {since:%-d %B %Y}" in visitor.text
    assert "It does not end before we have told you." in visitor.text

    restriction.tell_lifting(request.pk, "It was put right.", by=builders.vera(), at=clock.tick(days=9))
    ends = clock() + restriction.NOTICE
    enter(visitor, request, clock)
    assert f"it ends on {ends:%-d %B %Y}" in visitor.text
    assert f"Your data is kept and not used until {ends:%-d %B %Y}." in visitor.text
    assert "It does not end before we have told you." not in visitor.text

    drain(clock.tick(days=8))
    enter(visitor, request, clock)
    assert f"ended on {clock():%-d %B %Y}" in visitor.text
    assert "The restriction is over, and your data is used again." in visitor.text
    assert "Where your data was kept and not used" in visitor.text


def test_every_way_to_end_has_words() -> None:
    acted = {right for right in Right if right in (Right.DELETION, Right.CORRECTION, Right.RESTRICTION)}

    assert set(deeds._CLOSED) == {(right, word) for right in acted for word in deeds.OUTCOMES}
    assert all(str(word.label) for word in LedgerOutcome)
