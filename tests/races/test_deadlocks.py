"""Everything at once on few cases: no deadlock, no error that nobody foresaw, and every invariant still holds."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest

from dsr.errors import RecourseError, WrongState
from dsr.lifecycle import State
from dsr.models import Event, LedgerEntry, Package, Step, SubjectRequest, Submission
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import (
    delivery,
    evidence,
    facts,
    history,
    housekeeping,
    identity,
    mailing,
    onfile,
    proving,
    revealing,
    review,
    search,
    stopping,
    storage,
    sweeping,
    threads,
    tracking,
    worksheets,
)
from notifications.models import Message
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from tests.together import together
from verification import grants, mail
from verification.models import Challenge, Purpose
from verification.proofs import Method
from verification.uploads import Clean

pytestmark = pytest.mark.django_db(transaction=True)
PERSON = Caller.person()
FORESEEN = (RecourseError, mail.CheckError, grants.NoGrant)
NOBODY = UUID(int=1)
CLAIMS = {"account": (organisation.ADA_NUMBER,)}
ROLES = ("work_requests", "approve_requests", "reveal_personal", "check_identity", "officer_requests")
HANDS, ACTS = 8, 80
PAGE = Clean("image/png", b"what was cleaned")


class Hand:
    """Somebody who does one thing after the other, at random but the same in every run."""

    def __init__(self, seed: int, clock: Clock, links: dict[Submission, str], callers: list[Caller]) -> None:
        self.dice, self.clock = Random(seed), clock
        self.submissions, self.links, self.callers = list(links), links, callers
        self.done: dict[str, int] = {}

    def __call__(self) -> dict[str, int]:
        for _ in range(ACTS):
            name, act = self.dice.choice(list(self.acts().items()))
            try:
                act()
            except FORESEEN:
                continue
            self.done[name] = self.done.get(name, 0) + 1
        return self.done

    def seldom(self, act: Callable[[], Any]) -> None:
        """Do what ends most of what could be done afterwards once in ten times."""
        if self.dice.random() > 0.1:
            raise WrongState("Not now.")
        act()

    def acts(self) -> dict[str, Callable[[], Any]]:
        """What can be done to a case chosen by chance. Most of it will be refused, which is fine."""
        submission = self.dice.choice(self.submissions)
        request = self.dice.choice(list(submission.requests.all()))
        by, at, pk = self.dice.choice(self.callers), self.clock.now, request.pk
        return {
            "confirm": lambda: identity.confirm_link(self.links[submission], by=PERSON, at=at),
            "resend": lambda: identity.resend(_challenge(submission), at=at),
            "readdress": lambda: identity.readdress(_challenge(submission), builders.ADA, at=at),
            "reopen": lambda: identity.reopen(submission.pk, by=by, at=at),
            "assign": lambda: review.assign(pk, by.user_id, by=by, at=at),
            "withhold": lambda: review.withhold(pk, "contact_data", "third_party_rights", "Max.", by=by, at=at),
            "release": lambda: review.release(pk, _first(request.withholdings), by=by, at=at),
            "prepare": lambda: review.prepare(pk, by=by, at=at),
            "refusal": lambda: review.propose_refusal(pk, "abuse_of_right", "It is.", by=by, at=at),
            "send_back": lambda: review.send_back(pk, "No.", by=by, at=at),
            "approve": lambda: review.approve(pk, by=by, at=at),
            "retry": lambda: search.retry(pk, _first(request.steps), by=by, at=at),
            "go_without": lambda: search.go_without(pk, _first(request.steps), "Slow.", by=by, at=at),
            "ask": lambda: threads.ask(pk, "Which?", by=by, at=at),
            "reply": lambda: threads.write_from_person(pk, "All.", by=PERSON, at=at),
            "note": lambda: threads.note(pk, "Hm.", by=by, at=at),
            "reveal": lambda: revealing.reveal(pk, ["email"], "To call her.", by=by, at=at),
            "code": lambda: delivery.ask_code(pk, at=at),
            "reissue": lambda: delivery.reissue(pk, by=by, at=at),
            "statement": lambda: delivery.read_statement(pk, by=PERSON, at=at),
            "report": lambda: worksheets.report(_worksheet(request, at), "nothing_held", "", at=at),
            "link": lambda: tracking.send_link(submission.reference, builders.ADA, at=at),
            "trouble": lambda: [mailing.report_trouble(each, at=at) for each in Message.objects.all()[:2]],
            "look": lambda: onfile.look(submission.deadlines.get(kind="look"), at),
            "ask_more": lambda: proving.ask_more(pk, "other", "Odd.", by=by, at=at),
            "check": lambda: proving.check_identity(pk, Method.DOCUMENT, "passed", claims=True, by=by, at=at),
            "go_on_without": lambda: proving.go_without(submission.pk, by=PERSON, at=at),
            "facts": lambda: facts.begin(submission.pk, by=PERSON, at=at),
            "hold": lambda: stopping.hold(pk, "Wait.", by=by, at=at),
            "lift": lambda: stopping.lift_hold(pk, "Well.", by=by, at=at),
            "stop": lambda: self.seldom(lambda: stopping.stop_for(pk, "Not her.", by=by, at=at)),
            "resume": lambda: stopping.resume(pk, "It was.", by=by, at=at),
            "end": lambda: self.seldom(lambda: proving.end_unproved(pk, "Nobody.", by=by, at=at)),
            "document": lambda: evidence.receive(
                submission.pk, Purpose.IDENTITY, PAGE, by=PERSON, at=at, wanted=[Purpose.IDENTITY]
            ),
            "destroy": lambda: evidence.destroy(submission.pk, at=at),
            "sweep": lambda: sweeping.sweep(at),
            "work": lambda: sweeping.work(submission.pk, at),
            "housekeep": lambda: housekeeping.housekeep(at),
            "verify": lambda: _whole(submission),
        }


def _challenge(submission: Submission) -> Any:
    return Challenge.objects.filter(about=submission.pk).latest("created_at", "id").pk


def _first(rows: Any) -> Any:
    row = rows.order_by("?").first()
    return row.pk if row is not None else NOBODY


def _worksheet(request: SubjectRequest, at: datetime) -> str:
    step = _first(request.steps.filter(state="with_owner"))
    return grants.issue(worksheets.WORKSHEET, step, at, lasts=timedelta(days=1)) if step != NOBODY else ""


def _whole(submission: Submission) -> None:
    assert history.verify(submission.reference).broken == ""


def test_many_hands_on_few_cases_block_each_other_never(clock: Clock, tmp_path: Path, settings: Any) -> None:
    settings.STORAGE_URL = f"file://{tmp_path}/vault"
    organisation.desk(tmp_path, clock())
    organisation.console(tmp_path, clock())
    organisation.cabinet(clock())
    submissions = [
        builders.file(Right.ACCESS, Right.BE_INFORMED, at=clock(), email=email, identifiers=claims).submission
        for email, claims in ((builders.ADA, {}), (builders.ADA, CLAIMS), ("ada@home.example.net", CLAIMS))
    ]
    callers = [Caller.of_user(builders.staff(name, *ROLES), "admin") for name in ("vera", "wilma")]
    links = {each: builders.token_in(builders.letters_to(each, "confirm_address")[-1].link) for each in submissions}
    clock.tick(minutes=2)

    results = together([Hand(seed, clock, links, callers) for seed in range(HANDS)])

    assert [result for result in results if isinstance(result, Exception)] == []
    done: dict[str, int] = {}
    for result in results:
        assert isinstance(result, dict)
        done |= {name: done.get(name, 0) + number for name, number in result.items()}
    assert {"confirm", "sweep", "verify", "reply", "hold", "document"} <= set(done), done
    drain(clock.tick(minutes=20))
    _check_everything()


def _check_everything() -> None:
    assert history.verify().broken == ""
    for submission in Submission.objects.all():
        assert submission.chain_seq == Event.objects.filter(submission=submission).count()
    for request in SubjectRequest.objects.select_related("submission"):
        last = Event.objects.filter(request=request).latest("seq")
        assert last.to_state == request.state
        assert (request.state == State.CLOSED) == bool(request.outcome) == (request.closed_at is not None)
        assert request.approved_by_id is None or request.approved_by_id != request.prepared_by_id
        assert request.packages.count() == Event.objects.filter(request=request, verb="built").count()
        lines = list(LedgerEntry.objects.filter(request=request).values_list("system", "category"))
        assert len(lines) == len(set(lines))
        if request.searched_at is not None and request.state == State.IN_REVIEW:
            assert not Step.objects.filter(request=request).exclude(state="done").exists()
    named = {parcel for parcel in Step.objects.values_list("parcel", flat=True) if parcel}
    assert set(storage.vault().list_prefix("parcels/")) == named
    kept = Package.objects.exclude(vault_name="").filter(destroyed_at=None).values_list("vault_name", flat=True)
    assert set(storage.vault().list_prefix("packages/")) == set(kept)
    assert not Message.objects.filter(attempts__gt=1).exists()
