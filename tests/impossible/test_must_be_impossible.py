"""The ten things that must be impossible and not merely discouraged, each tried by every road there is.

By the services, the program interface and the console; round all of them by the one function that makes moves; and in
the database itself where a constraint or a trigger has to stop it.
"""

# ruff: noqa: PT012 - what is tried is one deed, and its transaction belongs to it

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.utils import timezone

from dsr.choices.cpni import Authority, Kind
from dsr.errors import Incomplete, NotAllowed, RecourseError, Unlawful, WrongState
from dsr.lifecycle import CHOSEN, OPEN, Actor, Outcome, State, Turn
from dsr.models import Event, LedgerEntry, LedgerOutcome, Step, SubjectRequest, System
from dsr.policies import Caller
from dsr.rights import OFFERED, Right
from dsr.services import history, holds, identity, proving, review, telling, timing
from dsr.services._moves import Untold, holding, make, open_moves
from dsr.services.choices import cpni
from dsr.services.reviews import working
from dsr.services.systems import Entry, enter
from notifications.models import Message
from tests import builders, estate, organisation, reviews
from tests.clock import Clock
from tests.drain import drain
from tests.interfaces.admin import desk
from tests.interfaces.api import client as api
from verification.models import Challenge
from verification.proofs import Method

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]
PERSON = Caller.person()
REASON = "It names Max, who wrote in confidence."


@pytest.fixture
def request_(clock: Clock, systems: Any, storage_of_its_own: None) -> SubjectRequest:
    """A request at the desk, of today, all systems searched."""
    return builders.in_review(at=timezone.now())


def unchanged(request: SubjectRequest) -> bool:
    """Whether nothing has happened to a request."""
    now = builders.again(request)
    return (now.version, now.state, now.due_on) == (request.version, request.state, request.due_on)


def statement(sql: str, *values: Any) -> None:
    """Write to the database as somebody would who goes round the service."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


class TestExtending:
    """1. After the date, twice, beyond the cap, or without a notice in the same transaction."""

    def test_after_the_date(self, clock: Clock) -> None:
        request = builders.in_review(at=clock())

        with pytest.raises(Unlawful):
            timing.extend(request.pk, "complexity", "Many.", by=builders.hal(), at=clock.tick(days=40))

        assert unchanged(request)

    @pytest.mark.parametrize("road", ["api", "console"])
    def test_after_the_date_by_programs_and_people(self, clock: Clock, road: str) -> None:
        request = builders.in_review(at=timezone.now() - timedelta(days=45))
        given = {"ground": "complexity", "reason": "Many."}

        if road == "api":
            status = api.hal().move(request.pk, "extend", given).status
        else:
            status = desk.move(desk.signed_in("hal"), request, "extend", **given).status_code

        assert status >= 400
        assert unchanged(request)

    def test_twice(self, request_: SubjectRequest) -> None:
        now = timezone.now()
        timing.extend(request_.pk, "complexity", "Many.", by=builders.hal(), at=now)
        once = builders.again(request_)

        with pytest.raises(Unlawful):
            timing.extend(request_.pk, "complexity", "More.", by=builders.hal(), at=now)
        again = api.hal().move(request_.pk, "extend", {"ground": "complexity", "reason": "More."})

        assert again.status == 409
        assert unchanged(once)

    def test_beyond_the_cap(self, request_: SubjectRequest) -> None:
        until = timezone.now().date() + timedelta(days=200)
        given = {"ground": "complexity", "reason": "Many.", "until": until.isoformat()}

        with pytest.raises(RecourseError):
            timing.extend(request_.pk, "complexity", "Many.", until=until, by=builders.hal(), at=timezone.now())
        status = api.hal().move(request_.pk, "extend", given).status

        assert status in (409, 422)
        assert unchanged(request_)

    def test_without_a_notice_in_the_same_transaction(self, request_: SubjectRequest) -> None:
        with pytest.raises(Untold):
            make(request_.pk, "extend", by=builders.hal(), at=timezone.now(), data={"ground": "complexity"})

        assert unchanged(request_)
        assert not Event.objects.filter(verb="extend").exists()


class TestRefusing:
    """2. Without coded ground, reasons, remedies and a second person, wholly or in part."""

    @pytest.mark.parametrize(("ground", "reason"), [("dislike", REASON), ("", REASON), ("third_party_rights", " ")])
    def test_without_ground_or_reasons(self, request_: SubjectRequest, ground: str, reason: str) -> None:
        with pytest.raises(Incomplete):
            review.propose_refusal(request_.pk, ground, reason, by=builders.hal(), at=timezone.now())
        with pytest.raises(Incomplete):
            review.withhold(request_.pk, "contact_data", ground, reason, by=builders.hal(), at=timezone.now())
        by_program = api.hal().move(request_.pk, "propose_refusal", {"ground": ground, "reason": reason})
        by_hand = desk.move(desk.signed_in("hal"), request_, "propose_refusal", ground=ground, reason=reason)

        assert (by_program.status, by_hand.status_code) == (422, 422)
        assert unchanged(request_)

    def test_without_a_second_person(self, request_: SubjectRequest) -> None:
        at = timezone.now()
        review.propose_refusal(request_.pk, "third_party_rights", REASON, by=builders.vera(), at=at)
        builders.argue(request_, at, by=builders.vera())
        proposed = builders.again(request_)

        with pytest.raises(NotAllowed):
            review.refuse(request_.pk, by=builders.vera(), at=at)
        with pytest.raises(NotAllowed):
            make(request_.pk, "refuse", by=builders.vera(), at=at, by_id=builders.staff("vera").pk)
        assert api.vera().move(request_.pk, "refuse").code == "four-eyes"
        with pytest.raises(Error), transaction.atomic():
            SubjectRequest.objects.filter(pk=request_.pk).update(approved_by=builders.staff("vera"))
        assert unchanged(proposed)

    def test_without_remedies_or_a_letter(self, request_: SubjectRequest) -> None:
        at = timezone.now()
        review.propose_refusal(request_.pk, "third_party_rights", REASON, by=builders.hal(), at=at)
        builders.argue(request_, at)
        with pytest.raises(Untold):
            make(request_.pk, "refuse", by=builders.vera(), at=at, by_id=builders.staff("vera").pk)

        review.refuse(request_.pk, by=builders.vera(), at=at)

        [letter] = builders.letters_to(request_.submission, "refused")
        assert letter.remedies == telling.remedies(request_.submission) != ()

    def test_part_without_proof_of_its_ground(self, request_: SubjectRequest) -> None:
        at = timezone.now()
        review.withhold(request_.pk, "contact_data", "third_party_rights", REASON, by=builders.hal(), at=at)
        review.prepare(request_.pk, by=builders.hal(), at=at)

        assert api.vera().move(request_.pk, "approve").code == "not-argued"

    @pytest.mark.parametrize("outcome", [LedgerOutcome.WITHHELD, LedgerOutcome.KEPT])
    def test_line_of_the_ledger_without_ground(self, request_: SubjectRequest, outcome: LedgerOutcome) -> None:
        line = LedgerEntry(
            request=request_, system=System.objects.first(), category="contact_data", outcome=outcome, at=timezone.now()
        )
        with pytest.raises(Error), transaction.atomic():
            line.save(force_insert=True)


class TestAskingForIdentity:
    """3. On an opt-out, a signal, or a consent withdrawal."""

    FREE = sorted((CHOSEN | {Right.CONSENT_WITHDRAWAL}) & OFFERED)

    @pytest.mark.parametrize("right", FREE)
    def test_on_a_choice(self, clock: Clock, right: Right) -> None:
        organisation.mailers(clock())
        request = builders.only(builders.file(right, at=clock()).submission)
        if request.state in OPEN:
            with pytest.raises(WrongState):
                make(request.pk, "ask_identity", by=Caller.system(), at=clock.tick())
            with pytest.raises(WrongState):
                make(request.pk, "ask_more", by=builders.hal(), at=clock.tick(), data={"doubt": "other"})
        asked = api.hal().move(request.pk, "ask_more", {"doubt": "other", "reason": "Who is it?"})

        assert asked.status == 409
        assert not Challenge.objects.exists()
        assert not Event.objects.filter(to_state=State.VERIFYING).exists()


class TestSendingElsewhere:
    """4. To a channel that was not on file before the request, unless a stronger proof was given."""

    def _impostor(self, clock: Clock) -> SubjectRequest:
        filed = builders.file(email=builders.MAX, identifiers={"email": (builders.ADA,)}, at=clock.tick())
        builders.confirm(filed.submission, clock.tick())
        drain(clock.tick())
        return builders.only(filed.submission)

    def test_address_of_the_request_gets_nothing_of_somebody_else(self, clock: Clock) -> None:
        request = self._impostor(clock)

        for attempt in (
            lambda: make(request.pk, "confirm_identity", by=PERSON, at=clock.tick()),
            lambda: review.prepare(request.pk, by=builders.hal(), at=clock.tick()),
            lambda: review.approve(request.pk, by=builders.vera(), at=clock.tick()),
        ):
            with pytest.raises(RecourseError):
                attempt()
        drain(clock.tick())

        assert builders.again(request).state == State.VERIFYING
        assert not Step.objects.filter(request=request, result="found").exists()
        assert not request.packages.exists()

    def test_stronger_proof_opens_it(self, clock: Clock) -> None:
        request = self._impostor(clock)
        with holding(submission_id=request.submission_id) as case:
            proving.record(case, Method.LOGIN, by=PERSON, at=clock.tick(), proved={"email": [builders.ADA]})
        drain(clock.tick())

        assert Step.objects.filter(request=request, result="found").exists()

    def test_nobody_says_where_an_answer_goes(self, request_: SubjectRequest) -> None:
        review.prepare(request_.pk, by=builders.hal(), at=timezone.now())
        diverted = api.vera().move(request_.pk, "approve", {"to": builders.MAX})
        written = api.hal().post(f"/requests/{request_.pk}/messages", {"text": "x", "to": builders.MAX})

        assert (diverted.status, written.status) == (422, 422)
        assert unchanged(builders.again(request_))


class TestErasing:
    """5. Under a legal hold or a retention floor; marking it done when it was not."""

    def test_under_a_hold_or_while_a_floor_protects_it(self, clock: Clock, tmp_path: Path) -> None:
        System.objects.update(active=False)
        url = estate.sqlite(tmp_path, clock())
        estate.estate(url, clock())
        people, vera = {"account": (estate.ADA_ACCOUNT,)}, builders.staff("vera").pk
        wanted = holds.Wanted(
            "legal_hold", "Case 12/26", vera, clock().date() + timedelta(days=60), people=people,
            categories=("marketing_communications_data",),
        )  # fmt: skip
        holds.propose(wanted, by=Caller.of_user(builders.staff("hal", "set_holds"), "admin"), at=clock())
        request = estate.approved(clock())
        drain(clock() + timedelta(days=4))

        lines = estate.lines(request)
        kept = {category: line for (category, outcome), line in lines.items() if outcome == LedgerOutcome.KEPT}

        assert estate.ids(url, estate.profiles) == [1, 2]
        assert kept["marketing_communications_data"][1] == "legal_hold"
        assert all(ground for _count, ground, _until in kept.values())
        assert any(until is not None for _count, _ground, until in kept.values())  # a floor, with its day
        assert builders.again(request).outcome == Outcome.PARTLY_FULFILLED

    def test_done_is_not_said_of_what_was_not_done(self, clock: Clock) -> None:
        request = builders.approved(Right.DELETION, clock())

        with pytest.raises(WrongState):
            make(request.pk, "acted", by=Caller.system(), at=clock.tick())
        assert api.vera().move(request.pk, "acted").status == 404

        assert builders.again(request).state == State.FULFILLING
        assert not request.certificates.exists()


class TestHands:
    """6. One person preparing and approving, or reviewing their own; anyone touching a case about themselves."""

    def test_one_person_preparing_and_approving(self, request_: SubjectRequest) -> None:
        review.prepare(request_.pk, by=builders.vera(), at=timezone.now())
        prepared = builders.again(request_)

        assert api.vera().move(request_.pk, "approve").code == "four-eyes"
        assert desk.move(desk.signed_in("root", is_superuser=True), prepared, "prepare").status_code >= 400
        with pytest.raises(NotAllowed):
            make(request_.pk, "approve", by=builders.vera(), at=timezone.now(), by_id=builders.staff("vera").pk)
        with pytest.raises(Error), transaction.atomic():
            statement(
                "UPDATE dsr_subjectrequest SET approved_by_id = prepared_by_id WHERE prepared_by_id = %s",
                builders.staff("vera").pk,
            )
        assert unchanged(prepared)

    def test_whoever_had_a_part_in_an_automated_decision_reviewing_it(self) -> None:
        at = timezone.now()
        request = reviews.filed(at)
        decision = reviews.decision(at, involved=["vera"])
        working.link(request.pk, decision.pk, by=builders.hal(), at=at)
        vera = reviews.reviewer("vera")
        linked = builders.again(request)

        assert api.vera().move(request.pk, "take_review").code == "took-part"
        assert desk.move(desk.signed_in("vera"), linked, "take_review").status_code == 403
        with pytest.raises(NotAllowed):
            make(request.pk, "take_review", by=vera, at=at, by_id=vera.user_id)
        assert unchanged(linked)

    def test_anyone_touching_a_case_about_themselves(self, request_: SubjectRequest) -> None:
        ada = builders.staff("ada", "work_requests", "approve_requests", "file_requests", "check_identity")
        ada.email = builders.ADA.upper()
        ada.save()
        herself = Caller.of_user(builders.staff("ada"), "admin")
        hers = api.Api(api.token(ada, "staff"))

        codes = {move.code for move in open_moves(request_, herself, timezone.now()) if not move.allowed}
        allowed = {move.verb for move in open_moves(request_, herself, timezone.now()) if move.allowed}

        assert "own-case" in codes
        assert not allowed - {"note", "accept_fee", "withdraw", "answer"}
        for verb, body in (("prepare", None), ("assign", {"assignee": None}), ("redirect", {"text": "There."})):
            assert hers.move(request_.pk, verb, body).code == "own-case", verb
        assert unchanged(request_)


class TestHistory:
    """7. A state change without its history row; a history row that can be changed."""

    def test_state_is_set_by_nothing_but_a_move(self, request_: SubjectRequest) -> None:
        with pytest.raises(AttributeError):
            request_.state = State.CLOSED
        with pytest.raises(Error), transaction.atomic():
            SubjectRequest.objects.filter(pk=request_.pk).update(state=State.CLOSED)
        before = Event.objects.count()

        review.prepare(request_.pk, by=builders.hal(), at=timezone.now())

        assert Event.objects.count() == before + 1

    @pytest.mark.parametrize(
        "sql", ["UPDATE dsr_event SET verb = 'note'", "DELETE FROM dsr_event", "UPDATE dsr_event SET at = at"]
    )
    def test_row_of_the_history_is_changed_by_nobody(self, request_: SubjectRequest, sql: str) -> None:
        with pytest.raises(Error), transaction.atomic():
            statement(sql)

        assert history.verify().whole

    def test_move_that_fails_leaves_neither(self, request_: SubjectRequest) -> None:
        events = Event.objects.count()

        with pytest.raises(WrongState):
            review.approve(request_.pk, by=builders.vera(), at=timezone.now())

        assert Event.objects.count() == events
        assert unchanged(request_)


class TestStuck:
    """8. Every state has an owner, a date, and a way on; a scanner uses nothing up; lapsed is reopened."""

    def test_whoever_waits_has_somebody_a_date_and_a_way_on(self, clock: Clock) -> None:
        everybody = Caller(frozenset(Actor), "test", builders.staff("vera"))
        for right in sorted(OFFERED - {Right.CPNI_OPT_OUT}):
            request = builders.only(builders.file(right, at=clock.tick()).submission)
            if request.state == State.CLOSED:
                continue
            assert request.turn != Turn.NOBODY, right
            assert request.due_at > clock(), right
            assert any(move.allowed for move in open_moves(request, everybody, clock())), right

    def test_scanner_that_opens_a_link_does_not_use_it_up(self, clock: Clock, client: Any) -> None:
        now = timezone.now()
        filed = builders.file(at=now)
        letter = builders.letters_to(filed.submission, "confirm_address")[-1]
        path = letter.link[letter.link.index("/", 8) :]
        for _look in range(3):
            assert client.get(path).status_code == 200
            assert client.head(path).status_code == 200
        assert builders.only(filed.submission).state == State.VERIFYING

        identity.confirm_link(builders.token_in(letter.link), by=PERSON, at=now)

        assert builders.only(filed.submission).state != State.VERIFYING

    def test_lapsed_request_is_taken_up_under_the_same_reference(self, clock: Clock) -> None:
        request = builders.only(builders.file(at=clock()).submission)
        drain(clock.tick(days=30))
        lapsed = builders.again(request)

        identity.reopen(request.submission_id, by=PERSON, at=clock.tick())

        again = builders.again(request)
        assert (lapsed.state, lapsed.outcome) == (State.CLOSED, Outcome.UNVERIFIED)
        assert (again.state, again.submission.reference) == (State.VERIFYING, request.submission.reference)


class TestCpni:
    """9. A later notice, import or merge turning a CPNI opt-out into an approval."""

    def _because(self, at: Any, account: str = "AC-1") -> str:
        return cpni.ask(account, "new_services", moment=at).standing.because.value

    def test_neither_notice_import_merge_nor_silence_makes_an_approval_of_a_denial(self, clock: Clock) -> None:
        cpni.enter(cpni.Line("AC-1", Kind.OPT_OUT, clock(), "phone"), by="7", at=clock())
        notice = cpni.Line(
            "AC-1", Kind.NOTICE_SENT, clock(), "mail", medium="email", mail_consented=True, notice_version="1"
        )
        cpni.enter(notice, by="7", at=clock())
        with pytest.raises(Incomplete):
            approval = cpni.Line("AC-1", Kind.OPT_IN, clock(), cpni.IMPORT, Authority.HOLDER, evidence="file 3")
            cpni.enter(approval, by="7", at=clock())
        merge = cpni.Line("AC-2", Kind.ACCOUNT_TRANSFERRED, clock(), "support", merged="AC-1")
        cpni.enter(merge, by="7", at=clock.tick())

        later = clock.tick(days=800)

        assert self._because(later) == "opted_out"
        assert self._because(later, "AC-2") == "opted_out"

    @pytest.mark.parametrize("sql", ["UPDATE dsr_cpnientry SET kind = 'opt_in'", "DELETE FROM dsr_cpnientry"])
    def test_entry_is_changed_by_nobody(self, clock: Clock, sql: str) -> None:
        cpni.enter(cpni.Line("AC-1", Kind.OPT_OUT, clock(), "phone"), by="7", at=clock())

        with pytest.raises(Error), transaction.atomic():
            statement(sql)


class TestLosing:
    """10. Because a broker, a worker, a mail server or a connector was down. Killed for real in tests/faults."""

    def test_nothing_is_lost_while_nothing_answers(self, clock: Clock, settings: Any) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 9, 1
        down = {"url": "postgresql://nobody@127.0.0.1:9/nothing", "tables": organisation.TABLES}
        System.objects.update(active=False)
        enter(Entry("down", "Down", "Olga", "olga@staff.example.org", "sql", down), at=clock())
        request = builders.only(builders.file(at=clock.tick()).submission)
        builders.confirm(request.submission, clock.tick())
        drain(clock.tick())

        waiting = Message.objects.filter(about=request.submission_id, state="waiting")
        step = Step.objects.get(request=request)

        assert waiting.exists()
        assert (builders.again(request).state, step.state) == (State.IN_REVIEW, "waiting")
        assert step.due_at is not None
