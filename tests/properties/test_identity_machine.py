"""Hypothesis drives who asks: claims, look-ups, proofs, doubts, holds and stops, between the moves of every day.

What the systems would vouch for is worked out here anew, from what the test put into them.
"""

# ruff: noqa: E731, PT017 - each rule is one act, tried by somebody; what is raised is what is looked at

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import pytest
from django.conf import settings as django_settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from dsr import demands
from dsr.errors import RecourseError
from dsr.lifecycle import BY_VERB, IDENTIFIED, State
from dsr.models import Deadline, DeadlineKind, Event, Submission, System, Vouched
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import (
    calling,
    delivery,
    facts,
    history,
    identity,
    onfile,
    proving,
    review,
    stopping,
)
from dsr.services._moves import holding
from dsr.services.identifiers import known_identifiers
from notifications.models import DataKey, Message
from tests import builders, organisation
from tests.drain import drain
from tests.properties.driving import PATIENCE, drive
from tests.properties.test_lifecycle_machine import Lifecycle
from verification import mail
from verification.errors import CheckError
from verification.grants import NoGrant
from verification.models import Challenge
from verification.proofs import Level, Method

STAFF = ("person", "sam", "hal", "vera", "ivy", "dora")
AT_HOME = "ada@home.example.net"
CONTACTS = (builders.ADA, AT_HOME)
CLAIMS: tuple[dict[str, tuple[str, ...]], ...] = (
    {},
    {"account": (organisation.ADA_NUMBER,)},
    {"account": ("A-2",)},
    {"email": (builders.ADA,)},
    {"account": ("A-9",), "phone": ("+353209100009",)},
)
LOGINS: dict[str, dict[str, list[str]]] = {
    "ada": {"email": [builders.ADA], "account": [organisation.ADA_NUMBER]},
    "max": {"email": [builders.MAX], "account": ["A-2"]},
}
RELEASES = {"approve", "approve_by_rule", "built"}
HANDS_OUT = {"code_sent", "download_opened", "collect"}


class WhoAsks(Lifecycle):
    """One request under a few claims, and our own account of what is proved about who makes it."""

    @initialize(
        right=st.sampled_from([Right.ACCESS, Right.ACCESS, Right.PORTABILITY, Right.BE_INFORMED]),
        place=st.sampled_from([("IE", ""), ("IE", ""), ("US", "CA"), ("GB", "")]),
        contact=st.sampled_from(CONTACTS),
        claims=st.sampled_from(CLAIMS),
        vouches=st.sampled_from(["console", "changed", "desk"]),
    )
    def file(
        self,
        right: Right,
        place: tuple[str, str],
        contact: str,
        claims: dict[str, tuple[str, ...]],
        vouches: str,
    ) -> None:
        """Somebody files as Ada, from an address of hers or another, claiming something or nothing."""
        self.now = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
        self.callers = {
            "person": Caller.person(),
            "sam": builders.sam(),
            "hal": builders.hal(),
            "vera": builders.vera(),
        }
        self.callers |= {"ivy": builders.ivy(), "dora": builders.dora()}
        folder = Path(mkdtemp())
        changed = {"phone_on": "2026-03-01"} if vouches == "changed" else None
        # Systems of the runs before are still there.
        System.objects.update(active=False)
        if vouches == "desk":
            organisation.desk(folder, self.now)
        else:
            organisation.console(folder, self.now, changed=changed)
        System.objects.filter(key="desk" if vouches == "desk" else "console").update(active=True)
        self.vouches = vouches != "desk"
        country, region = place
        self.filed = builders.file(
            right, at=self.now, email=contact, identifiers=claims, country=country, region=region
        )
        self.right, self.request_id = right, self.filed.requests[0].pk
        self.contact, self.claims = contact, {kind: list(values) for kind, values in claims.items()}
        self.shown: set[tuple[str, str]] = set()
        self.claims_shown = False
        self.searched, self.question = False, False
        self.proposal, self.preparer, self.argued_by = "", "", ""
        self.answered, self.lapsed = False, False
        self.seen = Event.objects.count()
        self.was = self.submission()

    def submission(self) -> Submission:
        """The submission as it is now."""
        return Submission.objects.select_related("data_key").get(pk=self.filed.submission.pk)

    def stopped(self) -> bool:
        """Whether somebody on file said that it was not them, and it matters for this right."""
        return self.submission().stopped_at is not None and self.right in IDENTIFIED

    def held(self) -> bool:
        """Whether nothing may be handed over yet."""
        until = self.submission().held_until
        return until is not None and until > self.now

    def tied_by_systems(self) -> bool:
        """What the systems vouch for: everything that is claimed is Ada's, and so is the contact."""
        hers = {("account", organisation.ADA_NUMBER), ("email", builders.ADA)}
        claimed = {(kind, value) for kind, values in self.claims.items() for value in values}
        return self.vouches and self.contact == builders.ADA and claimed <= hers

    def follow(self) -> None:
        """Take note of what the workers or a proof have led to."""
        request = self.request()
        if request.state == State.READY:
            self.answered = True
        if request.state == State.VERIFYING:
            self.searched = False

    # --- Proofs ------------------------------------------------------------------------------------------------------

    def pass_through(self) -> None:
        """A proof was given: where it let the request through, the search begins anew."""
        if self.request().state != State.VERIFYING:
            self.searched = False

    @rule()
    @precondition(lambda self: self.request().state == State.VERIFYING)
    def confirm(self) -> None:
        """Whoever reads the contact address presses the button."""
        self.now += timedelta(seconds=7)
        if demands.contact_is_read(self.submission()):
            return
        with suppress(CheckError):
            started = mail.remind(self.filed.submission.pk, self.now)
            identity.confirm_link(started.token, by=Caller.person(), at=self.now)
            self.shown.add(("email", self.contact))
            self.pass_through()
            self.somebody_is_told()

    def somebody_is_told(self) -> None:
        """Where the person has to do more, a letter that says what was queued with it."""
        request = self.request()
        missing = demands.missing(request)
        if request.state == State.VERIFYING and missing and missing.code != demands.OPEN and not self.stopped():
            told = Message.objects.filter(about=self.filed.submission.pk, kind="identity_asked", created_at=self.now)
            assert told.exists(), missing.code

    @rule(who=st.sampled_from(sorted(LOGINS)), method=st.sampled_from([Method.LOGIN, Method.LOGIN_MFA]))
    @precondition(lambda self: self.request().state == State.VERIFYING)
    def sign_in(self, who: str, method: Method) -> None:
        """Somebody signs in to an account, which need not be the one that is claimed."""
        self.now += timedelta(seconds=7)
        if self.submission().vouched in (Vouched.OPEN, Vouched.ELSEWHERE):
            account = {(kind, value) for kind, values in LOGINS[who].items() for value in values}
            self.claims_shown = self.claimed() <= account
        with holding(submission_id=self.filed.submission.pk) as case:
            proving.record(case, method, by=Caller.person(), at=self.now, proved=LOGINS[who])
        self.shown |= {(kind, value) for kind, values in LOGINS[who].items() for value in values}
        self.pass_through()

    def claimed(self) -> set[tuple[str, str]]:
        """What is claimed beside the contact."""
        every = {(kind, value) for kind, values in self.claims.items() for value in values}
        return every - {("email", self.contact)}

    @rule(knows=st.booleans())
    @precondition(lambda self: self.request().state == State.VERIFYING and self.vouches)
    def answer_facts(self, knows: bool) -> None:
        """Somebody answers questions about recent dealings, as Ada would or at random."""
        self.now += timedelta(seconds=7)
        with suppress(RecourseError):
            quiz = facts.begin(self.filed.submission.pk, by=Caller.person(), at=self.now)
            words = organisation.ANSWERS if knows else {question.name: "1" for question in quiz.questions}
            answers = {question.name: words.get(question.name, "") for question in quiz.questions}
            them = facts.people(self.submission())
            passed = facts.answer(
                self.filed.submission.pk, quiz.check_id, answers, signed="Ada", by=Caller.person(), at=self.now
            )
            hers = {("account", organisation.ADA_NUMBER), ("email", builders.ADA)}
            asked = [{(kind, value) for kind, values in who.items() for value in values} for who in them]
            right = [each for each in asked if each and each <= hers]
            assert passed == (knows and bool(right)), (them, knows)
            if passed:
                about = set().union(*right)
                self.shown |= about
                self.claims_shown = self.claims_shown or about >= self.claimed()
                self.pass_through()

    @rule(
        who=st.sampled_from(STAFF),
        method=st.sampled_from([Method.CALL_BACK, Method.DOCUMENT]),
        result=st.sampled_from(["passed", "failed"]),
        claims=st.booleans(),
    )
    def check_identity(self, who: str, method: Method, result: str, claims: bool) -> None:
        proved = self.submission().verified_level >= Level.CHANNEL
        act = lambda by: proving.check_identity(self.request_id, method, result, claims=claims, by=by, at=self.now)
        may = who in ("ivy", "dora") and (method == Method.CALL_BACK or who == "dora")
        if method == Method.CALL_BACK and result == "passed":
            with suppress(RecourseError):
                calling.show(self.request_id, by=self.callers[who], at=self.now)
            may = may and bool(calling.on_file(self.submission(), self.now).numbers)
        if self.attempt("check_identity", who, act, may) and result == "passed":
            if proved:
                self.shown.add(("email", self.contact))
            if claims:
                self.shown |= self.claimed()
                self.claims_shown = True
            self.pass_through()

    @rule()
    @precondition(lambda self: self.request().state == State.VERIFYING)
    def go_without(self) -> None:
        """The person gives up what was claimed."""
        self.now += timedelta(seconds=7)
        may = self.submission().vouched in (Vouched.OPEN, Vouched.ELSEWHERE)
        try:
            proving.go_without(self.filed.submission.pk, by=Caller.person(), at=self.now)
        except RecourseError:
            assert not may
            return
        assert may
        self.pass_through()

    @rule(address=st.sampled_from(CONTACTS))
    @precondition(lambda self: self.request().state == State.VERIFYING)
    def readdress(self, address: str) -> None:
        """The address was mistyped, it is said."""
        self.now += timedelta(minutes=2)
        challenge = Challenge.objects.filter(about=self.filed.submission.pk).latest("created_at", "id").pk
        with suppress(CheckError):
            identity.readdress(challenge, address, at=self.now)
            if self.contact != address:
                self.contact, self.claims_shown = address, False

    # --- Doubts, holds and stops -------------------------------------------------------------------------------------

    @rule(who=st.sampled_from(STAFF))
    def ask_more(self, who: str) -> None:
        before = self.request()
        act = lambda by: proving.ask_more(self.request_id, "other", "It is odd.", by=by, at=self.now)
        needs = not self.proposal, demands.demand_of(before).level < Level.SEEN
        if self.attempt("ask_more", who, act, *needs):
            self.searched = False
            assert self.request().state == State.VERIFYING

    @rule(who=st.sampled_from(STAFF), sure=st.integers(0, 2))
    def hold(self, who: str, sure: int) -> None:
        act = lambda by: stopping.hold(self.request_id, "Wait.", by=by, at=self.now)
        if not sure and self.attempt("hold", who, act):
            assert self.held()

    @rule(who=st.sampled_from(STAFF))
    def lift_hold(self, who: str) -> None:
        act = lambda by: stopping.lift_hold(self.request_id, "All is well.", by=by, at=self.now)
        if self.attempt("lift_hold", who, act, self.submission().held_until is not None, not self.stopped()):
            assert not self.held()

    @rule(sure=st.integers(0, 3))
    def stop(self, sure: int) -> None:
        """Somebody on file says that it was not them."""
        if sure or self.right not in IDENTIFIED or self.request().state == State.CLOSED or self.stopped():
            return
        act = lambda by: self._stop()
        assert self.attempt("stop", "person", act)

    def _stop(self) -> None:
        with holding(submission_id=self.filed.submission.pk) as case:
            stopping.stop_all(case, self.now)

    @rule(who=st.sampled_from(STAFF))
    def resume(self, who: str) -> None:
        before = self.request().state
        act = lambda by: stopping.resume(self.request_id, "It was her.", by=by, at=self.now)
        if self.attempt("resume", who, act, self.submission().stopped_at is not None) and before == State.VERIFYING:
            self.pass_through()

    @rule(who=st.sampled_from(STAFF))
    def end_unproved(self, who: str) -> None:
        before = self.request()
        act = lambda by: proving.end_unproved(self.request_id, "Nobody knows.", by=by, at=self.now)
        doubt = self.stopped() or before.identity_doubts > 0
        if self.attempt("end_unproved", who, act, doubt, self.doubted_by_others(who)):
            self.lapsed, self.question = True, False

    def doubted_by_others(self, who: str) -> bool:
        """Whether not all that was doubted was doubted by one and the same colleague."""
        doubts = Event.objects.filter(request=self.request_id, verb__in=["ask_more", "stop"])
        mine = doubts.filter(actor_id=str(self.callers[who].user_id))
        return not mine.exists() or mine.count() < doubts.count()

    @rule(word=st.sampled_from(["was_me", "stop"]))
    def answer_alert(self, word: str) -> None:
        """Whoever is on file presses one of two buttons in the letter that warned them."""
        self.now += timedelta(seconds=7)
        letters = builders.letters_to(self.filed.submission, "somebody_asked")
        if not letters or self.submission().purged_at:
            return
        before = self.submission()
        with suppress(CheckError):
            say = onfile.was_me if word == "was_me" else onfile.stop
            alert = say(builders.token_in(letters[-1].link), at=self.now)
            if before.stopped_at is None and alert.answer == "was_me":
                self.shown |= {("email", builders.ADA), *self.claimed()}
                self.claims_shown = True
                self.pass_through()

    # --- What the moves of every day need besides --------------------------------------------------------------------

    @rule(who=st.sampled_from(STAFF))
    def approve(self, who: str) -> None:
        act = lambda by: review.approve(self.request_id, by=by, at=self.now)
        free = not self.stopped(), not self.held_when_tried()
        if self.attempt("approve", who, act, self.proposal == "release", self.preparer != who, self.searched, *free):
            self.question = False

    def held_when_tried(self) -> bool:
        """Whether it will be held at the instant of the next try."""
        until = self.submission().held_until
        return until is not None and until > self.now + timedelta(seconds=7)

    @rule(who=st.sampled_from(STAFF))
    def reopen(self, who: str) -> None:
        if not self.lapsed:
            return
        act = lambda by: identity.reopen(self.filed.submission.pk, by=by, at=self.now)
        if self.attempt("reopen", who, act, not self.stopped()):
            self.lapsed, self.shown = False, set()

    @rule(who=st.sampled_from(STAFF))
    def reissue(self, who: str) -> None:
        act = lambda by: delivery.reissue(self.request_id, by=by, at=self.now)
        if self.answered:
            self.attempt("reissue", who, act, not self.stopped())

    @rule()
    @precondition(lambda self: self.request().state == State.READY and self.right in IDENTIFIED)
    def collect(self) -> None:
        """Somebody asks for a code and downloads with it."""
        self.now += timedelta(seconds=90)
        try:
            package = builders.opened(self.request(), self.now)
        except (RecourseError, CheckError, NoGrant) as refused:
            assert self.stopped() or self.held() or isinstance(refused, CheckError), refused
            return
        assert not self.stopped()
        assert not self.held()
        assert package.namelist()

    # --- What time does ----------------------------------------------------------------------------------------------

    @rule()
    def work(self) -> None:
        """The workers catch up."""
        self._pass(timedelta(seconds=7))

    @rule(days=st.integers(1, 40))
    def wait(self, days: int) -> None:
        """Days pass while the workers run."""
        self._pass(timedelta(days=days))

    def _pass(self, span: timedelta) -> None:
        before = self.request()
        self.now += span
        drain(self.now)
        after = self.request()
        if after.state == State.IN_REVIEW and not after.proposal:
            self.searched = after.searched_at is not None
            assert self.searched
        if before.state == State.FULFILLING:
            assert after.state == (State.FULFILLING if self.stopped() or self.held() else State.READY)
        if before.state == State.VERIFYING and after.state == State.CLOSED:
            self.lapsed = True
        self.follow()

    def teardown(self) -> None:
        """In the end everything is forgotten."""
        if not hasattr(self, "filed"):
            return
        with suppress(RecourseError):
            review.withdraw(self.request_id, by=Caller.person(), at=self.now)
        for _year in range(2):
            self.now += timedelta(days=django_settings.CASE_KEPT_DAYS + 1)
            drain(self.now)
        gone = self.submission()
        assert gone.purged_at is not None
        marks = {name: getattr(gone, name) for name in vars(gone) if name.endswith("_fingerprint")}
        assert not any(marks.values()), marks
        assert DataKey.objects.get(pk=gone.data_key_id).wrapped is None
        assert not gone.alerts.exclude(fingerprint="").exists()
        assert history.verify(gone.reference).whole

    # --- What must hold at all times ---------------------------------------------------------------------------------

    @invariant()
    def nothing_happens_that_must_not(self) -> None:
        """Every event since the last look was allowed when it happened, and told whoever it had to tell."""
        events = list(Event.objects.order_by("id")[self.seen :])
        now, was, verbs = self.submission(), self.was, [event.verb for event in events]
        self.seen, self.was = self.seen + len(events), now
        always_stopped = was.stopped_at is not None and now.stopped_at is not None and self.right in IDENTIFIED
        until = was.held_until if was.held_until == now.held_until else None
        for event in events:
            if event.verb in RELEASES | HANDS_OUT | {"confirm_identity", "reopen", "reissue"}:
                assert not always_stopped, event.verb
            if event.verb in RELEASES:
                assert until is None or until <= event.at, event.verb
            self._was_told(event)
        if "confirm_identity" in verbs and "ask_more" not in verbs:
            assert demands.missing(self.request()) is None

    def _was_told(self, event: Event) -> None:
        move = BY_VERB.get(event.verb)
        if move is not None and move.tells:
            letters = Message.objects.filter(about=self.filed.submission.pk, kind__in=move.tells)
            # A hold that is renewed within the minute ends on the same day and is told once.
            assert (letters if event.verb == "hold" else letters.filter(created_at=event.at)).exists(), event.verb

    @invariant()
    def rung_on_the_row_is_what_is_asked(self) -> None:
        """Lists filter by what the row says, so it must be what the rules say."""
        request = self.request()
        if request.state == State.VERIFYING:
            demand = demands.demand_of(request)
            on_row = (request.identity_floor, request.identity_of_record)
            assert on_row == (demand.level, demand.of_record)

    @invariant()
    def systems_are_searched_by_what_was_shown_alone(self) -> None:
        """What finds data was proved by somebody, and what is claimed is tied to them by a system or by people."""
        submission = self.submission()
        tied = self.tied_by_systems() or self.claims_shown
        assert submission.vouched != Vouched.ON_FILE or tied
        if self.request().state in (State.IN_REVIEW, State.FULFILLING, State.READY) and self.right in IDENTIFIED:
            by = {(kind, value) for kind, values in known_identifiers(submission).items() for value in values}
            assert by <= self.shown | (self.claimed() if tied else set()), by

    @invariant()
    def nobody_is_stuck(self) -> None:
        """Whoever is waited for has a date; a stop waits for people."""
        if not self.stopped():
            super().nobody_is_stuck()

    @invariant()
    def dates_of_what_goes_on_by_itself(self) -> None:
        """A hold has an end."""
        submission = self.submission()
        if submission.held_until is not None and submission.purged_at is None:
            assert Deadline.objects.filter(
                submission=submission, kind=DeadlineKind.HOLD_ENDS, done_at=None, due_at=submission.held_until
            ).exists()


@pytest.mark.timeout(PATIENCE)
@pytest.mark.django_db(transaction=True)
def test_no_sequence_of_proofs_doubts_and_stops_lets_anybody_past():
    drive(WhoAsks, examples=16, steps=30)
