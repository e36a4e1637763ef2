"""Forgetting: nothing that is classed as personal survives, and the history is still whole."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import models

from dsr.choices.cpni import Because, Kind
from dsr.errors import WrongState
from dsr.lifecycle import State
from dsr.models import Deadline, DeadlineKind, Event, Package, Step, Submission, WorksheetFile
from dsr.policies import Caller
from dsr.privacy import FIELDS, PrivacyClass
from dsr.rights import Right
from dsr.services import (
    delivery,
    history,
    identity,
    intake,
    purging,
    review,
    search,
    storage,
    telling,
    threads,
    worksheets,
)
from dsr.services.choices import cpni
from dsr.services.redaction import marking
from notifications.models import DataKey, Forgotten, Message
from tests import builders, organisation
from tests.clock import Clock
from tests.drain import drain
from verification import grants

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("systems", "storage_of_its_own")]
PERSON = Caller.person()
ELSEWHERE = {
    "dsr.Alert.fingerprint",
    "verification.Check.workings_sealed",
    "verification.Mandate.agent_email_sealed",
    "verification.Mandate.agent_fingerprint",
    "verification.Mandate.agent_name_sealed",
    "verification.Mandate.principal_email_sealed",
    "verification.Mandate.principal_name_sealed",
}
"""What only an impostor, an agent or a running check leaves: test_identity_forgotten.py lives through those."""

IN_SYSTEMS = ("dsr.Task.", "dsr.Kept.", "dsr.CorrectionItem.", "dsr.LegalHold.", "dsr.HeldPerson.", "dsr.Tombstone.")
"""What is left by carrying something out in the systems: test_purging_kept.py lives through that."""

OF_ACCOUNTS = ("dsr.CpniAccount.", "dsr.CpniEntry.", "dsr.CpniLetter.", "dsr.CpniUse.")
"""Choices of an account, which outlive whoever made them."""

OF_CHOICES = ("dsr.Choice.", "dsr.Suppression.", "dsr.Window.", "dsr.Incident.", "dsr.Browser", "dsr.Probe.")
"""Choices without a case, and the watch over them; tests/services/test_windows.py says when people are forgotten."""

OF_MAIL = ("dsr.InboundMail.",)
"""Letters of their own day and key; tests/services/test_inbound_mail.py says when they are forgotten."""

OF_AUTHORITIES = ("dsr.AuthorityCase.", "dsr.CaseMeasure.", "dsr.CaseEntry.")
"""Cases of authorities, of their own day and key; tests/services/test_cases.py says when they are forgotten."""

SENT_ON = ("dsr.Transmission.",)
"""What is left by sending an answer to somebody else: test_sending.py lives through that."""

JUDGED = (
    "dsr.AgeFinding.",
    "dsr.AutomatedDecision.",
    "dsr.DecidedPerson.",
    "dsr.Enquiry.",
    "dsr.Finding.",
    "dsr.OutsideReference.",
    "dsr.Remedy.",
    "dsr.Review.",
    "dsr.ReviewPoint.",
    "dsr.Weighing.",
)
"""What is written down where people judge, of whatever right: test_purging_judged.py lives through that."""

OF_PROGRAMS = ("dsr.Webhook.",)
"""Where programs are told what happens; of nobody whose case ends."""

LIVED_ELSEWHERE = (
    *IN_SYSTEMS, *OF_ACCOUNTS, *OF_CHOICES, *OF_MAIL, *OF_AUTHORITIES, *OF_PROGRAMS, *SENT_ON, *JUDGED,
)  # fmt: skip


@pytest.fixture
def lived(clock: Clock, systems: Any, storage_of_its_own: None) -> Submission:
    """A filing that met with everything that leaves a trace: worksheet, messages, notes, answer, refusal."""
    organisation.cabinet(clock())
    filed = builders.file(
        at=clock(),
        wants=(intake.Want(Right.ACCESS, {"scope": "The years in London."}), intake.Want(Right.PORTABILITY)),
        phone="+353 20 910 0001",
        identifiers={"account": ("A-1",)},
        origin="192.0.2.1",
        idempotency_scope="web",
        idempotency_key="once",
    )
    builders.confirm(filed.submission, clock.tick())
    builders.prove(filed.submission, clock.tick())
    access, portability = filed.submission.requests.order_by("id")
    for letter in builders.letters_to(filed.submission, "worksheet"):
        token = builders.token_in(letter.link)
        worksheets.add_file(token, "letters", "letter.txt", "text/plain", [b"Dear Ada"], at=clock.tick())
        if worksheets.look(token, clock()).files and not Event.objects.filter(verb="owner_reported").exists():
            worksheets.report(token, "found", "All I have.", at=clock.tick())
    drain(clock.tick())
    hal, vera = builders.hal(), builders.vera()
    threads.ask(access.pk, "Which years?", by=hal, at=clock.tick())
    threads.write_from_person(access.pk, "All of them.", by=PERSON, at=clock.tick())
    threads.note(access.pk, "She was friendly.", by=hal, at=clock.tick())
    step = Step.objects.get(request__in=(access, portability), state="with_owner")
    given, refused = (portability, access) if step.request_id == access.pk else (access, portability)
    review.withhold(given.pk, "contact_data", "third_party_rights", "It names Max.", by=hal, at=clock.tick())
    builders.argue(given, clock.tick())
    wanted = marking.Marking("text", "name", "third_party_rights", "It names Max.", passage="Max Stranger")
    marking.mark(given.pk, wanted, by=hal, at=clock.tick())
    marking.look_over(given.pk, by=vera, at=clock.tick())
    review.prepare(given.pk, by=hal, at=clock.tick())
    review.approve(given.pk, by=vera, at=clock.tick())
    builders.refused(refused, clock.tick(), reason="She asks daily.")
    drain(clock.tick())
    builders.opened(builders.again(given), clock.tick())
    drain(clock.tick())
    threads.write_to_person(given.pk, "Is it readable?", by=hal, at=clock.tick())
    return Submission.objects.get()


def _due(submission: Submission) -> Deadline:
    return Deadline.objects.get(submission=submission, kind=DeadlineKind.PURGE, done_at=None)


def _classed(privacy_class: PrivacyClass) -> Iterator[tuple[str, models.Model, Any]]:
    """Every value of one class that is in the database, with its row."""
    for name, found in FIELDS.items():
        if found is privacy_class:
            label, _, field = name.rpartition(".")
            for row in apps.get_model(label)._base_manager.all():
                yield name, row, getattr(row, field)


def test_fixture_left_something_in_every_kind_of_personal_column(lived: Submission) -> None:
    """Otherwise the test below would prove little."""
    filled = {name for name, _, value in _classed(PrivacyClass.SEALED) if value}
    filled |= {name for name, _, value in _classed(PrivacyClass.PSEUDONYM) if value}

    wanted = {name for name, found in FIELDS.items() if found in (PrivacyClass.SEALED, PrivacyClass.PSEUDONYM)}
    missing = {name for name in wanted - filled if not name.startswith(LIVED_ELSEWHERE)}
    assert missing == {"dsr.IdempotentAnswer.digest"} | ELSEWHERE


def test_choice_of_an_account_outlives_whoever_made_it(lived: Submission, clock: Clock) -> None:
    denied = cpni.Line(account=builders.ADA, kind=Kind.OPT_OUT, at=clock(), channel="phone", actor=builders.ADA)
    cpni.enter(denied, by="1", at=clock())
    _due(lived)

    drain(clock.tick(days=settings.CASE_KEPT_DAYS))

    assert Submission.objects.get(pk=lived.pk).purged_at is not None
    assert cpni.ask(builders.ADA, "new_services", moment=clock()).standing.because is Because.OPTED_OUT
    assert history.verify().whole


def test_after_purging_nothing_personal_is_left_and_history_is_whole(lived: Submission, clock: Clock) -> None:
    events = Event.objects.count()
    purge = _due(lived)

    drain(clock.tick(days=settings.CASE_KEPT_DAYS))

    for name, _row, value in _classed(PrivacyClass.PSEUDONYM):
        assert value == "", name
    opened = []
    for name, row, value in _classed(PrivacyClass.SEALED):
        if name == "dsr.System.config_sealed" or value is None:
            continue
        key = row.data_key if hasattr(row, "data_key") else row.sealing_key()  # type: ignore[attr-defined]
        with pytest.raises(Forgotten):
            key.unseal(bytes(value), "anything")
        opened.append(name)
    assert set(opened) == {
        "dsr.Submission.name_sealed",
        "dsr.Submission.email_sealed",
        "dsr.Submission.phone_sealed",
        "dsr.Submission.identifiers_sealed",
        "dsr.Submission.proved_sealed",
        "dsr.Submission.standing_sealed",
        "dsr.SubjectRequest.details_sealed",
        "dsr.SubjectRequest.reason_sealed",
        "dsr.Step.reason_sealed",
        "dsr.Withholding.reason_sealed",
        "dsr.Argument.place_sealed",
        "dsr.Argument.author_sealed",
        "dsr.Argument.answers_sealed",
        "dsr.Mark.text_sealed",
        "dsr.Mark.reason_sealed",
        "dsr.Post.body_sealed",
    }
    assert DataKey.objects.get(pk=lived.data_key_id).wrapped is None
    for place in ("packages/", "parcels/", "worksheets/"):
        assert list(storage.vault().list_prefix(place)) == []
    assert not WorksheetFile.objects.exists()
    assert Event.objects.filter(verb="purged").count() == 1
    assert Event.objects.count() > events
    assert history.verify().whole
    purge.refresh_from_db()
    assert purge.done_at == clock()


def test_purged_case_opens_for_nobody_and_cannot_be_taken_up_again(lived: Submission, clock: Clock) -> None:
    tracker = telling.tracker_grant(lived.pk, clock())
    package = Package.objects.get()
    download = grants.issue(delivery.DOWNLOAD, package.pk, clock(), lasts=timedelta(days=4000))
    request = package.request

    drain(clock.tick(days=settings.CASE_KEPT_DAYS))

    with pytest.raises(grants.NoGrant):
        grants.look(tracker, telling.TRACKER, clock.tick())
    with pytest.raises(grants.NoGrant):
        delivery.stream(download, first=None, last=None, at=clock.tick())
    purged: list[Callable[[], Any]] = [
        lambda: delivery.reissue(request.pk, by=PERSON, at=clock.tick()),
        lambda: threads.write_to_person(request.pk, "Hello?", by=builders.hal(), at=clock.tick()),
        lambda: threads.note(request.pk, "Hm.", by=builders.hal(), at=clock.tick()),
    ]
    closed: list[Callable[[], Any]] = [
        lambda: review.propose_refusal(request.pk, "abuse_of_right", "No.", by=builders.hal(), at=clock.tick()),
        lambda: review.send_back(request.pk, "No.", by=builders.hal(), at=clock.tick()),
        lambda: review.redirect(request.pk, "There.", by=builders.vera(), at=clock.tick()),
        lambda: review.withdraw(request.pk, by=PERSON, at=clock.tick()),
        lambda: identity.reopen(request.submission_id, by=PERSON, at=clock.tick()),
    ]
    for attempt in purged + closed:
        with pytest.raises(WrongState) as refused:
            attempt()
        assert attempt in closed or refused.value.code == "purged"


def test_messages_that_wait_are_dropped_by_a_purge(lived: Submission, clock: Clock) -> None:
    clock.tick(days=settings.CASE_KEPT_DAYS)
    threads.write_to_person(
        lived.requests.earliest("id").pk, "Are you still there?", by=builders.hal(), at=clock() - timedelta(seconds=1)
    )

    purging.purge(_due(lived), clock())
    drain(clock.tick())

    assert set(Message.objects.filter(kind="new_message").values_list("state", flat=True)) == {"sent", "dropped"}


def test_purge_that_died_before_the_files_went_is_finished_by_the_next(
    lived: Submission, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadline = _due(lived)
    clock.now = deadline.due_at
    package = Package.objects.get()
    Deadline.objects.filter(kind=DeadlineKind.DESTROY).update(done_at=clock())

    assert purging.forget(lived.pk, clock())
    assert list(storage.vault().list_prefix("packages/")) == [package.vault_name]
    drain(clock.tick())

    assert list(storage.vault().list_prefix("packages/")) == []
    deadline.refresh_from_db()
    assert deadline.done_at is not None


def test_case_taken_up_again_before_its_purge_is_not_forgotten(lived: Submission, clock: Clock) -> None:
    stale = _due(lived)
    clock.now = stale.due_at
    delivery.reissue(Package.objects.get().request_id, by=PERSON, at=clock())

    purging.purge(stale, clock.tick())

    lived.refresh_from_db()
    assert (lived.purged_at, lived.purge_at) == (None, None)
    assert lived.open("email") == builders.ADA
    assert not Deadline.objects.filter(kind=DeadlineKind.PURGE).exists()


def test_case_is_kept_while_one_of_its_requests_is_open(clock: Clock) -> None:
    filed = builders.file(Right.ACCESS, Right.PORTABILITY, at=clock())
    builders.confirm(filed.submission, clock.tick())
    one, other = filed.submission.requests.all()

    review.withdraw(one.pk, by=PERSON, at=clock.tick())
    after_one = Submission.objects.get().purge_at
    review.withdraw(other.pk, by=PERSON, at=clock.tick())

    assert after_one is None
    assert Submission.objects.get().purge_at == clock() + timedelta(days=settings.CASE_KEPT_DAYS)


def test_purge_counts_from_the_last_closing(clock: Clock) -> None:
    filed = builders.file(at=clock())
    drain(clock.tick(days=28))
    first = Submission.objects.get().purge_at
    identity.reopen(filed.submission.pk, by=PERSON, at=clock.tick(days=100))
    drain(clock.tick(days=28))

    assert first is not None
    assert Submission.objects.get().purge_at == first + timedelta(days=128)
    assert Deadline.objects.filter(kind=DeadlineKind.PURGE).count() == 1


def test_files_of_a_worksheet_nobody_answered_go_with_the_case(clock: Clock) -> None:
    organisation.cabinet(clock())
    filed = builders.file(at=clock())
    builders.confirm(filed.submission, clock.tick())
    token = builders.token_in(builders.letters_to(filed.submission, "worksheet")[-1].link)
    worksheets.add_file(token, "letters", "letter.txt", "text/plain", [b"Dear Ada"], at=clock.tick())
    review.withdraw(builders.only(filed.submission).pk, by=PERSON, at=clock.tick())
    Deadline.objects.filter(kind=DeadlineKind.DESTROY).delete()

    drain(clock.tick(days=settings.CASE_KEPT_DAYS + 1))

    assert list(storage.vault().list_prefix("worksheets/")) == []
    assert not WorksheetFile.objects.exists()
    with pytest.raises(grants.NoGrant):
        worksheets.look(token, clock.tick())


def test_late_answer_of_a_system_cannot_bring_a_purged_case_back(clock: Clock) -> None:
    request = builders.in_review(at=clock())
    step = Step.objects.get(request=request)
    search.retry(request.pk, step.pk, by=builders.hal(), at=clock.tick())
    review.withdraw(request.pk, by=PERSON, at=clock.tick())
    drain(clock.tick(days=settings.CASE_KEPT_DAYS + 1))

    assert not search.run_step(step.pk, at=clock.tick())
    assert builders.again(request).state == State.CLOSED


def test_command_lists_first_and_purges_then(
    lived: Submission, clock: Clock, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.tick(days=settings.CASE_KEPT_DAYS + 1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock())

    call_command("purge", "--dry-run", "--json")
    looked = capsys.readouterr().out
    still = Submission.objects.get().purged_at
    call_command("purge", "--json")

    assert lived.reference in looked
    assert still is None
    assert lived.reference in capsys.readouterr().out
    assert Submission.objects.get().purged_at is not None
