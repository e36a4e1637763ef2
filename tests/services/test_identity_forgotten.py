"""Forgetting what an impostor, an agent and a running check leave behind."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from dsr.models import Alert, Event, Signal, Submission
from dsr.policies import Caller
from dsr.privacy import PrivacyClass
from dsr.services import (
    agents,
    evidence,
    facts,
    history,
    onfile,
    proving,
    review,
    stopping,
    storage,
    texting,
)
from dsr.services._moves import holding
from dsr.services.mandated import AgentClaim
from notifications.models import DataKey, Forgotten, Message
from tests import builders, organisation, papers
from tests.clock import Clock
from tests.drain import drain
from tests.services.test_purging import ELSEWHERE, _classed
from tests.textbox import Textbox, textbox
from verification.models import Challenge, Check, CheckState, Evidence, Grant, Mandate, MandateState, Purpose
from verification.proofs import Method

__all__ = ["textbox"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage_of_its_own")]
PERSON = Caller.person()
CLAIMS = {"account": (organisation.ADA_NUMBER,)}
WANTED = [Purpose.IDENTITY]


@pytest.fixture
def impostor(clock: Clock, tmp_path: Path, textbox: Textbox) -> Submission:
    """Somebody claims Ada's account: she is warned, a doubt is noted, a number texted, a document shown, a quiz begun.

    The quiz still runs when the case closes.
    """
    organisation.console(tmp_path, clock(), changed={"phone_on": "2026-03-02"})
    filed = builders.file(
        at=clock(), email="ada@home.example.net", phone="+353 20 910 0001", identifiers=CLAIMS, origin="192.0.2.7"
    )
    submission, request = filed.submission, builders.only(filed.submission)
    builders.confirm(submission, clock.tick())
    onfile.look(submission.deadlines.get(kind="look"), clock.tick())
    proving.ask_more(request.pk, "contradiction", "She did not know.", by=builders.hal(), at=clock.tick())
    stopping.hold(request.pk, "Let us look.", by=builders.hal(), at=clock.tick())
    with holding(submission_id=submission.pk) as case:
        texting.send_code(case, "+353 20 910 0001", at=clock.tick())
    evidence.receive(submission.pk, Purpose.IDENTITY, papers.photo(), by=PERSON, at=clock.tick(), wanted=WANTED)
    builders.dora()
    link = builders.token_in(builders.letters_to(submission, "somebody_asked")[-1].link)
    onfile.stop(link, at=clock.tick())
    stopping.resume(request.pk, "She rang, it was her.", by=builders.vera(), at=clock.tick())
    facts.begin(submission.pk, by=PERSON, at=clock.tick())
    return submission


@pytest.fixture
def agent(clock: Clock, impostor: Submission) -> Submission:
    """Mandy asks for Ada: both are written to, a paper is shown and refused."""
    claim = AgentClaim(kind="signed_permission", name="Mandy Mandate", person_email=builders.ADA)
    filed = builders.file(at=clock.tick(), email="mandy@agency.example", agent=claim)
    builders.confirm(filed.submission, clock.tick())
    agents.show(filed.submission.pk, papers.photo(), by=PERSON, at=clock.tick())
    request = builders.only(filed.submission)
    finding = agents.Finding("refused", reason="The name is missing.")
    agents.check(request.pk, finding, by=builders.ivy(), at=clock.tick())
    return filed.submission


@pytest.fixture
def lived(impostor: Submission, agent: Submission, clock: Clock) -> list[Submission]:
    """Both cases, withdrawn."""
    for submission in (impostor, agent):
        review.withdraw(builders.only(submission).pk, by=PERSON, at=clock.tick())
    return [impostor, agent]


def test_fixtures_left_something_in_every_column_that_is_theirs(lived: list[Submission]) -> None:
    """Otherwise the test below would prove little."""
    filled = {name for name, _, value in _classed(PrivacyClass.SEALED) if value}
    filled |= {name for name, _, value in _classed(PrivacyClass.PSEUDONYM) if value}

    assert filled >= ELSEWHERE
    assert Check.objects.filter(state=CheckState.OPEN, method__in=(Method.FACTS, Method.FACTS_DECLARED)).exists()
    assert {"alert_sent", "signal_seen", "hold", "stop", "resume"} <= set(Event.objects.values_list("verb", flat=True))
    assert Evidence.objects.filter(purpose=Purpose.MANDATE).exists()


def test_after_purging_nothing_of_theirs_can_be_read(lived: list[Submission], clock: Clock) -> None:
    drain(clock.tick(days=settings.CASE_KEPT_DAYS))

    assert Submission.objects.filter(purged_at=None).count() == 0
    assert [name for name, _, value in _classed(PrivacyClass.PSEUDONYM) if value] == []
    for name, row, value in _classed(PrivacyClass.SEALED):
        if name == "dsr.System.config_sealed" or value is None:
            continue
        key = row.data_key if hasattr(row, "data_key") else row.sealing_key()  # type: ignore[attr-defined]
        with pytest.raises(Forgotten):
            key.unseal(bytes(value), "anything")
    keys = DataKey.objects.filter(pk__in=[each.data_key_id for each in lived]) | DataKey.objects.filter(
        pk__in=Evidence.objects.values("data_key")
    )
    assert set(keys.values_list("wrapped", flat=True)) == {None}
    assert [row.vault_name for row in Evidence.objects.all()] == ["", ""]
    assert list(storage.vault().list_prefix("evidence/")) == []
    assert history.verify().whole


def test_after_purging_no_link_and_no_running_check_is_left(lived: list[Submission], clock: Clock) -> None:
    drain(clock.tick(days=settings.CASE_KEPT_DAYS))

    at = clock()
    assert not Check.objects.filter(state=CheckState.OPEN).exists()
    assert not Check.objects.exclude(workings_sealed=None).exists()
    assert not Grant.objects.filter(revoked_at=None, expires_at__gt=at).exists()
    assert not Challenge.objects.filter(confirmed_at=None, superseded_at=None, expires_at__gt=at).exists()
    assert not Challenge.objects.exclude(address_fingerprint="").exists()
    assert set(Mandate.objects.values_list("state", flat=True)) <= set(MandateState.values)
    assert not Message.objects.exclude(to_sealed=None).exclude(kind="staff_called").exists()


def test_what_is_kept_says_nothing_of_anybody(lived: list[Submission], clock: Clock) -> None:
    """Codes, dates and results stay, for the record of how requests are dealt with."""
    drain(clock.tick(days=settings.CASE_KEPT_DAYS))

    kept: list[Any] = [
        *Event.objects.values_list("data", flat=True),
        *Signal.objects.values_list("data", flat=True),
        *Alert.objects.values_list("channel", "answer"),
        *Check.objects.values_list("method", "verifier"),
        *Mandate.objects.values_list("kind", "scope", "checks"),
    ]
    for word in ("Ada", "Mandy", "@", organisation.ADA_NUMBER, "910", "She did"):
        assert [each for each in kept if word in str(each)] == [], word
