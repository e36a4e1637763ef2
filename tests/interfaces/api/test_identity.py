"""Who is asking, as programs see it, and every step that staff take about it."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dsr.api.shapes import outputs
from dsr.models import Alert, AlertAnswer, Event, Signal, SubjectRequest, Submission
from dsr.services import calling
from tests import builders, organisation
from tests.drain import drain
from tests.interfaces.api.client import Api, token
from verification.models import Check

pytestmark = pytest.mark.django_db
VICTIM, NUMBER = "victim@example.org", "+353861110000"


@pytest.fixture
def ivy(db: None) -> Api:
    """Checks who people are: scope staff."""
    return Api(token(builders.staff("ivy"), "staff"))


@pytest.fixture
def claiming(db: None, tmp_path: Path) -> SubjectRequest:
    """Ada confirmed her own address and claims an account that is somebody else's."""
    at = timezone.now()
    organisation.contacts(tmp_path, at, (builders.ADA, "A-1", None, None), (VICTIM, "A-9", NUMBER, None))
    filed = builders.file(at=at, identifiers={"account": ("A-9",)})
    builders.confirm(filed.submission, at)
    drain(timezone.now())
    return builders.only(filed.submission)


def stop(request: SubjectRequest) -> None:
    """Somebody on file presses "stop it"."""
    first = Alert.objects.filter(submission=request.submission_id).earliest("id")
    Alert.objects.filter(pk=first.pk).update(answer=AlertAnswer.STOP, answered_at=timezone.now())
    Submission.objects.filter(pk=request.submission_id).update(stopped_at=timezone.now())


def test_request_says_what_is_needed_shown_and_missing(hal: Api, claiming: SubjectRequest) -> None:
    hal.move(claiming.pk, "hold", {"reason": "Look first."})
    stop(claiming)

    answered = hal.get(f"/requests/{claiming.pk}")

    asker = outputs.RequestShown.model_validate_json(answered.response.content).asker
    assert (asker.floor, asker.of_record) == (claiming.identity_floor, False)
    assert (asker.verified_level, asker.verified_method) == (1, "mail_link")
    assert asker.missing == "identifiers-unproved"
    assert "address_differs" in asker.signals
    assert asker.held_until is not None
    assert asker.stopped
    said = answered.response.content.decode()
    for value in (VICTIM, NUMBER, "A-9", builders.ADA):
        assert value not in said, value


def test_lists_say_the_same_without_a_statement_more_for_each(hal: Api, claiming: SubjectRequest) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert hal.get("/requests").status == 200
        return len(captured)

    statements()  # the first use of a token is noted with it
    few = statements()
    for number in range(4):
        filed = builders.file(at=timezone.now(), email=f"p{number}@example.org", identifiers={"account": ("A-7",)})
        Signal.objects.create(submission=filed.submission, code="burst", at=timezone.now())

    rows = {row["id"]: row["asker"] for row in hal.get("/requests").json["results"]}

    assert statements() == few
    assert rows[str(claiming.pk)] == hal.get(f"/requests/{claiming.pk}").json["asker"]
    assert sum(row["signals"] == ["burst"] for row in rows.values()) == 4


def test_cleared_signal_and_hold_that_is_over_are_not_told(hal: Api, claiming: SubjectRequest) -> None:
    at = timezone.now()
    Signal.objects.filter(submission=claiming.submission).update(cleared_at=at)
    Submission.objects.filter(pk=claiming.submission_id).update(held_until=at)

    asker = hal.get(f"/requests/{claiming.pk}").json["asker"]

    assert (asker["signals"], asker["held_until"], asker["stopped"]) == ([], None, False)


# --- Steps -----------------------------------------------------------------------------------------------------------


def test_more_is_asked_on_a_doubt_of_the_list_with_a_reason(hal: Api, claiming: SubjectRequest) -> None:
    unknown = hal.move(claiming.pk, "ask_more", {"doubt": "dislike", "reason": "No."})
    silent = hal.move(claiming.pk, "ask_more", {"doubt": "looks_alike", "reason": " "})

    answered = hal.move(claiming.pk, "ask_more", {"doubt": "looks_alike", "reason": "One letter differs."})

    assert (unknown.status, silent.status, answered.status) == (422, 422, 200)
    assert answered.json["asker"]["floor"] > claiming.identity_floor
    event = Event.objects.get(verb="ask_more", actor_id=str(builders.staff("hal").pk))
    assert event.data["doubt"] == "looks_alike"


def test_release_is_held_by_one_and_freed_by_an_approver(hal: Api, vera: Api, claiming: SubjectRequest) -> None:
    early = vera.move(claiming.pk, "lift_hold", {"reason": "Fine."})
    held = hal.move(claiming.pk, "hold", {"reason": "Look first."})
    not_hers = hal.move(claiming.pk, "lift_hold", {"reason": "Fine."})
    freed = vera.move(claiming.pk, "lift_hold", {"reason": "Fine."})

    assert (early.status, early.code) == (409, "not-held")
    assert held.json["asker"]["held_until"] is not None
    assert (not_hers.status, not_hers.code) == (403, "not-your-move")
    assert freed.json["asker"]["held_until"] is None


def test_only_an_approver_goes_on_after_a_stop(hal: Api, vera: Api, claiming: SubjectRequest) -> None:
    early = vera.move(claiming.pk, "resume", {"reason": "Rang her."})
    stop(claiming)
    not_hers = hal.move(claiming.pk, "resume", {"reason": "Rang her."})

    answered = vera.move(claiming.pk, "resume", {"reason": "Rang her."})

    assert (early.status, early.code) == (409, "not-stopped")
    assert (not_hers.status, not_hers.code) == (403, "not-your-move")
    assert (answered.status, answered.json["asker"]["stopped"]) == (200, False)


def test_request_ends_for_want_of_proof_on_a_recorded_doubt_only(hal: Api, vera: Api, claiming: SubjectRequest) -> None:
    early = vera.move(claiming.pk, "end_unproved", {"reason": "Nobody could tell."})
    hal.move(claiming.pk, "ask_more", {"doubt": "contradiction", "reason": "It does not fit."})

    answered = vera.move(claiming.pk, "end_unproved", {"reason": "Nobody could tell."})

    assert (early.status, early.code) == (409, "no-doubt")
    assert (answered.json["state"], answered.json["outcome"]) == ("closed", "unverified")


def test_what_came_in_unasked_is_noted_by_the_help_desk_and_told(sam: Api, claiming: SubjectRequest) -> None:
    answered = sam.move(claiming.pk, "note_unasked", {"kind": "document"})

    assert answered.status == 200
    assert builders.letters_to(claiming.submission, "unasked")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"method": "telepathy", "result": "passed"}, 422, ""),
        ({"method": "login", "result": "passed"}, 422, ""),
        ({"method": "call_back", "result": "perhaps"}, 422, ""),
        ({"method": "call_back", "result": "passed"}, 409, "number-not-shown"),
        ({"method": "document", "result": "passed"}, 403, "not-officer"),
    ],
)
def test_check_is_not_taken_as_it_comes(
    ivy: Api, claiming: SubjectRequest, body: dict[str, Any], status: int, code: str
) -> None:
    answered = ivy.move(claiming.pk, "check_identity", body)

    assert answered.status == status
    assert not code or answered.code == code
    assert not Check.objects.filter(method__in=("call_back", "document")).exists()


def test_check_is_for_those_who_check(hal: Api, sam: Api, claiming: SubjectRequest) -> None:
    body = {"method": "call_back", "result": "failed"}

    assert hal.move(claiming.pk, "check_identity", body).code == "not-checker"
    assert sam.move(claiming.pk, "check_identity", body).code == "not-your-move"


def test_call_to_the_number_on_file_lets_the_request_through(ivy: Api, claiming: SubjectRequest) -> None:
    calling.show(claiming.pk, by=builders.ivy(), at=timezone.now())

    answered = ivy.move(claiming.pk, "check_identity", {"method": "call_back", "result": "passed", "claims": True})

    assert (answered.json["state"], answered.json["asker"]["missing"]) == ("in_review", None)
    assert answered.json["asker"]["verified_method"] == "call_back"
    check = Check.objects.get(method="call_back")
    assert (check.level, check.verifier) == (2, str(builders.staff("ivy").pk))
