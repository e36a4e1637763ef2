"""Filing: checked as a whole, kept sealed, once per key, with the dates that follow from when it came in."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from dsr.errors import Conflict, Incomplete
from dsr.lifecycle import CHOSEN, IDENTIFIED, JUDGED, State
from dsr.models import Channel, Deadline, DeadlineKind, Event, SubjectRequest, Submission
from dsr.policies import Caller
from dsr.rights import OFFERED, Right
from dsr.services import history, intake
from notifications import sealing
from notifications.models import DataKey, Message
from tests import builders, organisation
from tests.clock import Clock
from verification.models import Challenge

pytestmark = pytest.mark.django_db
PERSON = Caller.person()


def _file(clock: Clock, **changes: Any) -> intake.Filed:
    return intake.file(builders.filing(**changes), by=PERSON, at=clock())


def _problems(clock: Clock, by: Caller = PERSON, **changes: Any) -> set[str]:
    with pytest.raises(Incomplete) as refused:
        intake.file(builders.filing(**changes), by=by, at=clock())
    assert not Submission.objects.exists()
    return set(refused.value.problems)


def test_filing_keeps_every_value_sealed_and_findable(clock: Clock) -> None:
    filed = _file(clock, phone="+353 20 910 0001", identifiers={"account": ("A-1", "A-2")})

    row = Submission.objects.get()
    assert (row.open("name"), row.open("email"), row.open("phone")) == (
        "Ada Lovelace",
        builders.ADA,
        "+353 20 910 0001",
    )
    assert row.open_json("identifiers") == {"account": ["A-1", "A-2"]}
    assert row.email_fingerprint == sealing.fingerprint("email", builders.ADA.upper())
    assert row.phone_fingerprint == sealing.fingerprint("phone", "+353209100001")
    assert row.account_fingerprint == sealing.fingerprint("account", "A-1")
    assert filed.created
    assert history.verify(row.reference).whole


def test_filing_starts_each_right_where_its_machine_starts(clock: Clock) -> None:
    organisation.mailers(clock(), "marketing")
    rights = [right for right in sorted(OFFERED) if right not in builders.PLACES]
    filed = intake.file(builders.filing(*rights), by=PERSON, at=clock())

    states = dict(SubjectRequest.objects.values_list("right", "state"))
    at_once = {Right.BE_INFORMED: "fulfilling", Right.MARKETING_OPT_OUT: "fulfilling"}
    at_once[Right.CONSENT_WITHDRAWAL] = "fulfilling"  # the system has no word for it, so its owner sees to it
    at_once |= dict.fromkeys(JUDGED - IDENTIFIED, "in_review")
    assert states == {right: at_once.get(right, "closed" if right in CHOSEN else "verifying") for right in rights}
    assert Challenge.objects.get().pk == filed.challenge_id
    assert (
        Message.objects.exclude(kind__in=("in_effect", "choice_sheet", "child_reported")).get().kind
        == "confirm_address"
    )
    kinds = Deadline.objects.filter(request__right="be_informed").values_list("kind", flat=True)
    assert set(kinds) >= {DeadlineKind.BUILD, DeadlineKind.RESPOND}
    assert not Deadline.objects.filter(request__right="be_informed", kind=DeadlineKind.LAPSE).exists()


def test_filing_that_needs_no_identity_asks_for_none(clock: Clock) -> None:
    filed = intake.file(builders.filing(Right.BE_INFORMED), by=PERSON, at=clock())

    assert filed.challenge_id is None
    assert not Challenge.objects.exists()
    assert Message.objects.get().kind == "received"


def test_references_of_many_filings_differ(clock: Clock) -> None:
    assert len({_file(clock).submission.reference for _ in range(20)}) == 20


def test_reference_that_is_taken_is_replaced(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = _file(clock).submission.reference
    drawn = iter([taken, taken, "7K3MX-9TCRA"])
    monkeypatch.setattr(intake, "new_reference", lambda: next(drawn))

    filed = _file(clock)

    assert filed.submission.reference == "7K3MX-9TCRA"
    assert Submission.objects.count() == DataKey.objects.count() == 2


# --- once per key ----------------------------------------------------------------------------------------------------


def test_same_key_with_the_same_content_files_once(clock: Clock) -> None:
    first = _file(clock, idempotency_scope="web", idempotency_key="k")
    clock.tick(minutes=5)
    second = _file(clock, idempotency_scope="web", idempotency_key="k")

    assert (first.created, second.created) == (True, False)
    assert second.submission.pk == first.submission.pk
    assert [request.pk for request in second.requests] == [request.pk for request in first.requests]
    assert (Submission.objects.count(), Message.objects.count(), DataKey.objects.count()) == (1, 1, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"email": builders.MAX},
        {"name": "ada lovelace"},
        {"country": "DE"},
        {"phone": "+353 20 910 0001"},
        {"identifiers": {"account": ("A-1",)}},
        {"wants": (intake.Want(Right.ACCESS, {"scope": "All."}),)},
        {"wants": (intake.Want(Right.PORTABILITY),)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_same_key_with_other_content_is_a_conflict(clock: Clock, change: dict[str, Any]) -> None:
    _file(clock, idempotency_scope="web", idempotency_key="k")

    with pytest.raises(Conflict):
        _file(clock, idempotency_scope="web", idempotency_key="k", **change)

    assert Submission.objects.count() == 1


def test_key_belongs_to_its_scope_and_no_key_is_no_key(clock: Clock) -> None:
    for scope, key in (("web", "k"), ("user:1", "k"), ("web", None), ("web", None)):
        _file(clock, idempotency_scope=scope, idempotency_key=key)

    assert Submission.objects.count() == 4


def test_key_is_known_again_after_the_keys_were_rotated(clock: Clock, settings: Any) -> None:
    first = _file(clock, idempotency_scope="web", idempotency_key="k")
    settings.FIELD_KEYS = f"k3:{'AwMD' * 10}AwM=,{settings.FIELD_KEYS}"

    assert _file(clock, idempotency_scope="web", idempotency_key="k").submission.pk == first.submission.pk


# --- what cannot be used ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "ada"}, "email"),
        ({"email": "ada@example.org\nBcc: max@example.org"}, "email"),
        ({"email": f"{'a' * 250}@example.org"}, "email"),
        ({"email": "ada@exam\u2028ple.org"}, "email"),
        ({"email": "ada@exam\u00a0ple.org"}, "email"),
        ({"name": "x" * 201}, "name"),
        ({"name": "Ada\u202eecalevoL"}, "name"),
        ({"name": "Ada\x00"}, "name"),
        ({"phone": "1" * 41}, "phone"),
        ({"country": "XX"}, "country"),
        ({"country": "ie"}, "country"),
        ({"country": ""}, "country"),
        ({"region": "x" * 9}, "region"),
        ({"relationship": "sister"}, "relationship"),
        ({"language": "tlh"}, "language"),
        ({"wants": ()}, "rights"),
        ({"wants": (intake.Want(Right.ACCESS), intake.Want(Right.ACCESS))}, "rights"),
        ({"wants": (intake.Want(Right.ACCESS, {"shoe_size": "38"}),)}, "access.shoe_size"),
        ({"wants": (intake.Want(Right.ACCESS, {"scope": "x" * 4001}),)}, "access.scope"),
        ({"wants": (intake.Want(Right.ACCESS, {"scope": "a\x07"}),)}, "access.scope"),
        ({"identifiers": {"shoe_size": ("38",)}}, "identifiers"),
        ({"identifiers": {"account": ("A",) * 21}}, "identifiers"),
        ({"identifiers": {"account": ("A\x00",)}}, "identifiers"),
    ],
)
def test_answer_that_cannot_be_used_is_named(clock: Clock, change: dict[str, Any], field: str) -> None:
    assert _problems(clock, **change) == {field}


def test_all_problems_are_named_at_once(clock: Clock) -> None:
    found = _problems(clock, email="x", country="XX", relationship="x", language="x", name="a\x00", wants=())

    assert found == {"email", "country", "relationship", "language", "name", "rights"}


@given(
    email=st.emails() | st.text(max_size=60),
    name=st.text(max_size=220),
    phone=st.text(max_size=50),
    account=st.lists(st.text(max_size=30), max_size=3),
    scope=st.text(max_size=60),
)
@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
def test_whatever_is_typed_is_filed_or_explained(
    clock: Clock, email: str, name: str, phone: str, account: list[str], scope: str
) -> None:
    filing = builders.filing(
        email=email,
        name=name,
        phone=phone,
        identifiers={"account": tuple(account)},
        wants=(intake.Want(Right.ACCESS, {"scope": scope}),),
    )

    problems: set[str] = set()
    try:
        filed = intake.file(filing, by=PERSON, at=clock())
        assert filed.submission.open("email")
    except Incomplete as refused:
        problems = set(refused.problems)

    assert problems <= {"email", "name", "phone", "identifiers", "access.scope"}


def test_error_of_a_filing_repeats_nothing_that_was_typed(clock: Clock) -> None:
    with pytest.raises(Incomplete) as refused:
        _file(clock, email="canary-email", name="canary\x00", phone="canary" * 10)

    assert "canary" not in f"{refused.value} {refused.value.problems}"
    assert not isinstance(refused.value.__cause__, ValidationError)


# --- when it came in -------------------------------------------------------------------------------------------------


def test_clock_starts_when_it_came_in_and_the_notice_of_that_day_governs(clock: Clock) -> None:
    received = clock() - timedelta(days=200)
    filing = replace(builders.filing(channel=Channel.POST), received_at=received)

    filed = intake.file(filing, by=builders.sam(), at=clock())

    request = builders.only(filed.submission)
    assert (filed.submission.received_at, request.received_at) == (received, received)
    assert filed.submission.notice_version == "2025-08-14"
    assert request.due_on < clock().date()
    assert Event.objects.earliest("id").at == received
    assert Deadline.objects.get(kind=DeadlineKind.LAPSE).due_at == clock() + timedelta(days=28)
    assert request.state == State.VERIFYING


def test_what_came_in_before_our_first_notice_is_answered_under_that(clock: Clock) -> None:
    filing = replace(builders.filing(channel=Channel.POST), received_at=clock() - timedelta(days=300))

    filed = intake.file(filing, by=builders.sam(), at=clock())

    assert filed.submission.notice_version == "2025-08-14"


@pytest.mark.parametrize("ago", [timedelta(days=-1), timedelta(days=367)])
def test_day_that_cannot_be_is_refused(clock: Clock, ago: timedelta) -> None:
    assert _problems(clock, builders.sam(), received_at=clock() - ago) == {"received_at"}


def test_only_staff_say_when_it_came_in(clock: Clock) -> None:
    assert _problems(clock, received_at=clock() - timedelta(days=1)) == {"received_at"}


@pytest.mark.parametrize(
    ("right", "details", "places"),
    [
        (Right.DELETION, {}, {"deletion.consequences"}),
        (Right.DELETION, {"consequences": "maybe"}, {"deletion.consequences"}),
        (Right.DELETION, {"consequences": "yes"}, set()),
        (Right.RESTRICTION, {}, {"restriction.restriction_ground"}),
        (Right.RESTRICTION, {"restriction_ground": "I say so"}, {"restriction.restriction_ground"}),
        (Right.RESTRICTION, {"restriction_ground": "unlawful"}, set()),
        (Right.CORRECTION, {}, {"correction.wrong_1", "correction.right_1"}),
        (Right.CORRECTION, {"wrong_1": "Street", "right_1": "Mill Road", "wrong_3": "Name"}, {"correction.right_3"}),
        (Right.CORRECTION, {"wrong_1": "Street", "right_1": "Mill Road"}, set()),
    ],
)
def test_what_a_right_cannot_do_without_is_asked_for(
    right: Right, details: dict[str, str], places: set[str], clock: Clock
) -> None:
    filing = builders.filing(wants=(intake.Want(right, details),))

    if not places:
        assert intake.file(filing, by=PERSON, at=clock()).created
        return
    with pytest.raises(Incomplete) as refused:
        intake.file(filing, by=PERSON, at=clock())

    assert set(refused.value.problems) == places
    assert not Submission.objects.exists()
