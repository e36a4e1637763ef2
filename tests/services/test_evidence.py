"""Evidence of a case: taken in where it was asked for, seen by few and on the record, gone on its day."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from dsr.errors import Incomplete, NotAllowed, NotFound, RecourseError, WrongState
from dsr.models import Deadline, DeadlineKind, Event, Submission
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import evidence, history, orphans, proving, purging, review
from dsr.services._moves import holding
from dsr.services.storage import vault
from notifications.ids import uuid7
from notifications.models import DataKey
from tests import builders, papers
from tests.clock import Clock
from tests.drain import drain
from verification import evidence as pieces
from verification.models import Evidence, Opening, Purpose, Why
from verification.proofs import Level
from verification.uploads import Clean, Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage_of_its_own")]
PERSON = Caller.person()
DOCUMENT = Clean("image/png", b"\x89PNG as it was written anew")
DAYS = timedelta(days=1)


@pytest.fixture
def submission(clock: Clock, systems: Any) -> Submission:
    """Under its law a document may be asked for: call details go to nobody who is not surely known."""
    return builders.file(Right.ACCESS, at=clock(), country="US", region="CA").submission


def receive(submission: Submission, clock: Clock, purpose: Purpose = Purpose.IDENTITY, **more: Any) -> Evidence:
    given = {"by": PERSON, "at": clock.tick(), "wanted": list(Purpose), **more}
    return evidence.receive(submission.pk, purpose, DOCUMENT, **given)


def checker(name: str = "vera") -> Caller:
    return Caller.of_user(builders.staff(name, "check_identity"), "admin")


def files() -> list[str]:
    return list(vault().list_prefix("evidence/"))


def verbs(submission: Submission) -> list[str]:
    told = Event.objects.filter(submission=submission, verb__startswith="evidence_").order_by("seq")
    return list(told.values_list("verb", flat=True))


def date(submission: Submission) -> Deadline:
    return Deadline.objects.get(submission=submission, kind=DeadlineKind.EVIDENCE)


# --- Taking in -------------------------------------------------------------------------------------------------------


def test_photo_is_kept_written_anew_under_its_own_key(submission: Submission, clock: Clock) -> None:
    sent = papers.photo()

    piece = evidence.receive(submission.pk, Purpose.IDENTITY, sent, by=PERSON, at=clock.tick())

    assert files() == [f"evidence/{submission.pk}/{piece.pk}"]
    assert piece.data_key_id != submission.data_key_id
    with vault().reader(piece.vault_name, piece.data_key.key_bytes()) as kept:
        data = b"".join(kept)
    assert data.startswith(b"\xff\xd8")
    assert b"Kamerafabrik" not in data


def test_receipt_is_in_the_history_and_brings_the_case_to_staff(submission: Submission, clock: Clock) -> None:
    piece = receive(submission, clock)

    event = Event.objects.get(verb="evidence_received")
    assert (event.actor, event.data) == ("person", {"evidence": str(piece.pk), "purpose": "identity"})
    assert builders.only(submission).turn == "staff"
    assert date(submission).due_at == piece.destroy_at
    assert history.verify().whole


@pytest.mark.parametrize("code", list(Refusal))
def test_every_refusal_of_a_file_says_what_to_send_instead(code: Refusal) -> None:
    sentence = str(evidence.SENTENCES[code])

    assert sentence.endswith(".")
    assert any(word in sentence for word in ("Send", "send", "Choose"))


def test_photo_of_a_telephones_own_kind_is_refused_with_the_way_on(submission: Submission, clock: Clock) -> None:
    with pytest.raises(Incomplete, match=r"HEIC.*JPEG") as refused:
        evidence.receive(submission.pk, Purpose.IDENTITY, papers.heic(), by=PERSON, at=clock.tick())

    assert (refused.value.code, refused.value.field) == ("file-not-accepted", "file")
    assert files() == []


@pytest.mark.parametrize("purpose", [Purpose.MANDATE, Purpose.DECLARATION])
def test_what_was_not_asked_for_is_not_taken(submission: Submission, clock: Clock, purpose: Purpose) -> None:
    keys = DataKey.objects.count()

    with pytest.raises(WrongState) as refused:
        receive(submission, clock, purpose, wanted=None)

    assert refused.value.code == "evidence-not-asked"
    assert (files(), verbs(submission), Evidence.objects.count(), DataKey.objects.count()) == ([], [], 0, keys)


def test_nothing_is_asked_for_once_it_is_known_who_asks(clock: Clock, systems: Any) -> None:
    request = builders.in_review(at=clock())

    with pytest.raises(WrongState, match="did not ask"):
        receive(request.submission, clock, wanted=None)


def test_no_document_is_asked_where_the_address_is_enough(clock: Clock, systems: Any) -> None:
    plain = builders.file(Right.ACCESS, at=clock()).submission

    with holding(submission_id=plain.pk) as case:
        assert evidence.asked_for(case) == frozenset()


def test_mandate_is_asked_of_those_who_ask_for_another(submission: Submission, clock: Clock) -> None:
    with holding(submission_id=submission.pk) as case:
        assert evidence.asked_for(case) == {Purpose.IDENTITY}
        case.submission.for_other = True
        assert evidence.asked_for(case) == {Purpose.IDENTITY, Purpose.MANDATE}


def test_six_pieces_are_as_many_as_are_kept_at_one_time(submission: Submission, clock: Clock) -> None:
    first, *_rest = (receive(submission, clock) for _ in range(6))

    with pytest.raises(WrongState) as refused:
        receive(submission, clock)
    assert refused.value.code == "evidence-full"
    assert len(files()) == 6

    pieces.destroy(first, keeper=evidence.VaultKeeper(), at=clock.tick())
    receive(submission, clock)
    assert len(files()) == 6


def test_system_and_those_without_a_role_hand_nothing_in(submission: Submission, clock: Clock) -> None:
    nobody = Caller.of_user(builders.staff("nobody"), "admin")

    for caller in (Caller.system(), nobody):
        with pytest.raises(NotAllowed):
            receive(submission, clock, by=caller)


def test_nobody_hands_in_for_a_case_about_themselves(submission: Submission, clock: Clock) -> None:
    ada = builders.staff("ada", "work_requests")
    ada.email = builders.ADA

    with pytest.raises(NotAllowed) as refused:
        receive(submission, clock, by=Caller.of_user(ada, "admin"))
    assert refused.value.code == "own-case"


def test_unknown_submission_takes_nothing(clock: Clock) -> None:
    with pytest.raises(NotFound):
        evidence.receive(uuid7(clock()), Purpose.IDENTITY, DOCUMENT, by=PERSON, at=clock())


def test_row_that_cannot_be_written_leaves_no_bytes(
    submission: Submission, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_args: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(evidence, "_take_in", crash)

    with pytest.raises(ZeroDivisionError):
        receive(submission, clock)
    assert (files(), Evidence.objects.count()) == ([], 0)


# --- Looking ---------------------------------------------------------------------------------------------------------


def test_looking_is_recorded_with_its_reason(submission: Submission, clock: Clock) -> None:
    piece, vera = receive(submission, clock), checker()

    found = evidence.look(piece.pk, Why.CHECK, by=vera, at=clock.tick())

    assert found == (DOCUMENT.media_type, DOCUMENT.data)
    opening = Opening.objects.get()
    assert (opening.evidence_id, opening.by, opening.why) == (piece.pk, str(vera.user_id), "check")
    event = Event.objects.get(verb="evidence_opened")
    assert (event.actor_id, event.data["why"]) == (str(vera.user_id), "check")


def test_opening_is_on_record_even_when_the_bytes_cannot_be_read(
    submission: Submission, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    piece = receive(submission, clock)
    seen = []

    def watched(self: Any, name: str, key: bytes) -> bytes:
        seen.append(Opening.objects.filter(evidence=piece).count())
        raise OSError("the disk is away")

    monkeypatch.setattr(evidence.VaultKeeper, "get", watched)

    with pytest.raises(OSError, match="away"):
        evidence.look(piece.pk, Why.CHECK, by=checker(), at=clock.tick())
    assert seen == [1]
    assert verbs(submission) == ["evidence_received", "evidence_opened"]


@pytest.mark.parametrize("caller", [PERSON, Caller.system()])
def test_only_staff_look(submission: Submission, clock: Clock, caller: Caller) -> None:
    piece = receive(submission, clock)

    with pytest.raises(NotAllowed):
        evidence.look(piece.pk, Why.CHECK, by=caller, at=clock.tick())
    assert not Opening.objects.exists()


def test_only_who_checks_identities_looks(submission: Submission, clock: Clock) -> None:
    piece = receive(submission, clock)

    for caller in (builders.hal(), builders.vera(), builders.sam()):
        with pytest.raises(NotAllowed, match="who checks identities"):
            evidence.look(piece.pk, Why.CHECK, by=caller, at=clock.tick())
    assert not Opening.objects.exists()


def test_nobody_looks_into_a_case_about_themselves(submission: Submission, clock: Clock) -> None:
    piece, ada = receive(submission, clock), builders.staff("ada", "check_identity", "work_requests")
    ada.email = builders.ADA

    with pytest.raises(NotAllowed) as refused:
        evidence.look(piece.pk, Why.CHECK, by=Caller.of_user(ada, "admin"), at=clock.tick())
    assert refused.value.code == "own-case"


def test_unknown_piece_is_not_found(clock: Clock) -> None:
    with pytest.raises(NotFound):
        evidence.look(uuid7(clock()), Why.CHECK, by=checker(), at=clock())


# --- The four states: kept, let go, erased, destroyed ----------------------------------------------------------------


def _kept(piece: Evidence, clock: Clock) -> None:
    """Nothing has happened to it."""


def _let_go(piece: Evidence, clock: Clock) -> None:
    with holding(submission_id=piece.about) as case:
        evidence.let_go(case, at=clock.tick())


def _erased(piece: Evidence, clock: Clock) -> None:
    _let_go(piece, clock)
    vault().delete(piece.vault_name)


def _destroyed(piece: Evidence, clock: Clock) -> None:
    evidence.destroy(piece.about, at=clock.tick())


STATES = {
    "kept": (_kept, True, 1, None),
    "let go": (_let_go, False, 1, "evidence-gone"),
    "erased": (_erased, False, 0, "evidence-gone"),
    "destroyed": (_destroyed, False, 0, "evidence-gone"),
}


@pytest.mark.parametrize("state", list(STATES))
def test_state_says_what_can_be_seen_and_ends_destroyed(submission: Submission, clock: Clock, state: str) -> None:
    bring, readable, on_disk, code = STATES[state]
    piece = receive(submission, clock)

    bring(piece, clock)

    assert len(files()) == on_disk
    assert Evidence.objects.get().data_key.wrapped is not None or not readable
    if readable:
        assert evidence.look(piece.pk, Why.CHECK, by=checker(), at=clock.tick())[1] == DOCUMENT.data
    else:
        with pytest.raises(WrongState) as refused:
            evidence.look(piece.pk, Why.CHECK, by=checker(), at=clock.tick())
        assert refused.value.code == code

    evidence.destroy(submission.pk, at=clock.tick())
    evidence.destroy(submission.pk, at=clock.tick())

    row = Evidence.objects.get()
    assert row.destroyed_at is not None
    assert (row.vault_name, files()) == ("", [])
    assert verbs(submission).count("evidence_destroyed") == 1
    assert date(submission).done_at is not None


# --- Destroying ------------------------------------------------------------------------------------------------------


def test_check_that_is_made_closes_the_identity_document_at_once(submission: Submission, clock: Clock) -> None:
    receive(submission, clock)
    declared = receive(submission, clock, Purpose.DECLARATION)

    with holding(submission_id=submission.pk) as case:
        evidence.let_go(case, Purpose.IDENTITY, at=clock.tick())
    locked = Evidence.objects.get(purpose=Purpose.IDENTITY)
    assert locked.data_key.wrapped is None
    assert date(submission).due_at == clock()
    drain(clock.tick())

    assert Evidence.objects.get(purpose=Purpose.IDENTITY).destroyed_at == clock()
    assert files() == [declared.vault_name]
    assert date(submission).due_at == declared.destroy_at
    assert date(submission).done_at is None


def test_officer_who_looked_has_destroyed_what_was_looked_at(submission: Submission, clock: Clock) -> None:
    builders.confirm(submission, clock.tick())
    drain(clock.tick())
    piece = receive(submission, clock, wanted=None)
    officer = Caller.of_user(builders.staff("dora", "work_requests", "officer_requests", "check_identity"), "admin")
    evidence.look(piece.pk, Why.CHECK, by=officer, at=clock.tick())

    proving.check_identity(builders.only(submission).pk, "document", "passed", by=officer, at=clock.tick())
    assert Evidence.objects.get().data_key.wrapped is None
    drain(clock.tick())

    assert Evidence.objects.get().destroyed_at == clock()
    assert files() == []
    assert builders.only(submission).submission.verified_level == Level.SEEN


def test_check_that_is_taken_back_with_its_transaction_takes_the_forgetting_back(
    submission: Submission, clock: Clock
) -> None:
    piece = receive(submission, clock)

    def check_that_fails() -> None:
        with holding(submission_id=submission.pk) as case:
            evidence.let_go(case, at=clock.tick())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        check_that_fails()
    drain(clock.tick())

    assert evidence.look(piece.pk, Why.CHECK, by=checker(), at=clock.tick())[1] == DOCUMENT.data


def test_rest_goes_seven_days_after_the_outcome(submission: Submission, clock: Clock) -> None:
    receive(submission, clock)
    receive(submission, clock, Purpose.DECLARATION)

    review.withdraw(builders.only(submission).pk, by=PERSON, at=clock.tick())
    drain(clock.tick())
    assert [row.purpose for row in Evidence.objects.filter(destroyed_at=None)] == ["declaration"]
    drain(clock.tick(days=6, hours=23))
    assert len(files()) == 1
    drain(clock.tick(hours=1))

    assert files() == []
    assert date(submission).done_at == clock()


def test_what_nobody_decides_about_goes_when_the_request_ends(systems: Any, clock: Clock) -> None:
    submission = builders.file(Right.ACCESS, at=clock()).submission
    piece = receive(submission, clock)

    drain(clock.tick(days=27))
    assert files() == [piece.vault_name]
    drain(clock.tick(days=1))  # nobody confirmed the address, so the request lapses

    assert files() == []
    assert verbs(submission)[-1] == "evidence_destroyed"


def test_what_nobody_decides_about_goes_after_a_month_at_the_latest(submission: Submission, clock: Clock) -> None:
    piece = receive(submission, clock)
    with holding(submission_id=submission.pk) as case:
        for request in case.requests():
            case.needs_staff(request)
        Deadline.objects.filter(kind__in=("lapse", "lapse_warning")).update(done_at=clock())

    assert piece.destroy_at is not None
    drain(piece.destroy_at - timedelta(seconds=1))
    assert files() == [piece.vault_name]
    drain(piece.destroy_at)

    assert files() == []


def test_later_piece_sets_the_date_anew(submission: Submission, clock: Clock) -> None:
    receive(submission, clock)
    evidence.destroy(submission.pk, at=clock.tick())
    assert date(submission).done_at is not None

    piece = receive(submission, clock)

    assert (date(submission).due_at, date(submission).done_at) == (piece.destroy_at, None)


def test_only_one_purpose_goes_when_one_is_named(submission: Submission, clock: Clock) -> None:
    receive(submission, clock)
    receive(submission, clock, Purpose.DECLARATION)

    assert evidence.destroy(submission.pk, Purpose.DECLARATION, at=clock.tick()) == 1
    assert [row.purpose for row in Evidence.objects.filter(destroyed_at=None)] == ["identity"]


@pytest.mark.parametrize("place", ["delete", "note"])
def test_crash_leaves_it_due_and_the_next_sweep_ends_it(
    submission: Submission, clock: Clock, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    piece = receive(submission, clock)

    def crash(*_args: Any) -> Any:
        raise OSError

    monkeypatch.setattr(evidence.VaultKeeper if place == "delete" else pieces.Erased, place, crash)
    at = piece.destroy_at
    assert at is not None
    with pytest.raises(OSError, match=r"^$"):
        evidence.destroy_due(date(submission), at)

    row = Evidence.objects.get()
    assert (row.destroyed_at, row.vault_name) == (None, piece.vault_name)
    assert row.data_key.wrapped is None
    assert (date(submission).done_at, date(submission).due_at) == (None, at)
    assert len(files()) == (1 if place == "delete" else 0)

    monkeypatch.undo()
    drain(at)

    assert Evidence.objects.get().destroyed_at == at
    assert files() == []
    assert verbs(submission) == ["evidence_received", "evidence_destroyed"]


def test_purge_takes_what_is_left(clock: Clock, submission: Submission, monkeypatch: pytest.MonkeyPatch) -> None:
    receive(submission, clock)
    review.withdraw(builders.only(submission).pk, by=PERSON, at=clock.tick())
    # As if the date of the evidence had been lost.
    Deadline.objects.filter(kind=DeadlineKind.EVIDENCE).update(done_at=clock())
    clock.tick(days=settings.CASE_KEPT_DAYS)

    assert purging.forget(submission.pk, clock())
    assert Evidence.objects.get().data_key.wrapped is None
    drain(clock.tick())

    assert files() == []
    assert Evidence.objects.get().destroyed_at is not None
    assert history.verify().whole
    with pytest.raises(WrongState) as refused:
        receive(submission, clock)
    assert refused.value.code == "purged"


def test_bytes_whose_row_was_never_written_are_swept(submission: Submission, clock: Clock) -> None:
    kept = receive(submission, clock)
    within = f"evidence/{submission.pk}"
    lost = pieces.keep(
        submission.pk, Purpose.IDENTITY, DOCUMENT, keeper=evidence.VaultKeeper(), within=within, at=clock()
    )
    assert sorted(files()) == sorted([kept.vault_name, lost.piece.vault_name])

    assert orphans.sweep(clock() - DAYS) == 0
    assert orphans.sweep(clock() + DAYS) == 1

    assert files() == [kept.vault_name]


@pytest.mark.parametrize(
    "act",
    [
        lambda submission, at: evidence.destroy(submission.pk, at=at),
        lambda submission, at: evidence.destroy_due(date(submission), at),
        lambda submission, at: evidence.finish(submission.pk, at),
    ],
)
def test_destroying_what_is_destroyed_changes_nothing(
    submission: Submission, clock: Clock, act: Callable[[Submission, Any], Any]
) -> None:
    receive(submission, clock)
    evidence.destroy(submission.pk, at=clock.tick())
    before = (list(Evidence.objects.values()), list(Event.objects.values()), list(Deadline.objects.values()))

    act(submission, clock.tick())

    assert before == (list(Evidence.objects.values()), list(Event.objects.values()), list(Deadline.objects.values()))


def test_errors_say_nothing_about_the_document(submission: Submission, clock: Clock) -> None:
    with pytest.raises(RecourseError) as refused:
        evidence.receive(submission.pk, Purpose.IDENTITY, b"Ada Lovelace, born 1815", by=PERSON, at=clock.tick())

    assert "Ada" not in repr(refused.value)
    assert refused.value.__cause__ is None
