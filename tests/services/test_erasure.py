"""A deletion ends with exactly the right row for each kind of data, and the systems with exactly what must stay."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from dsr.connectors import close_all
from dsr.errors import WrongState
from dsr.lifecycle import State
from dsr.models import Kept, SubjectRequest, System, Task, TaskKind, TaskState, Tombstone
from dsr.packaging import checking
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import history, holds, recipients, review
from dsr.services.erasure import plan, tombstones, waiting
from notifications.models import Message
from tests import builders, estate, organisation
from tests.drain import drain
from tests.unit.connectors import shop

DAY = timedelta(days=1)


def _server(request: pytest.FixtureRequest, name: str) -> Iterator[str]:
    made = {"postgresql": shop.postgres_empty, "mariadb": shop.mariadb_empty}[name]
    yield from made(request.getfixturevalue(f"{name.removesuffix('ql')}_url"), "estate")


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgres),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ]
)
def anywhere(request, tmp_path, clock, db):
    """A filled database of each kind that is a system; its address."""
    if request.param == "sqlite":
        url = estate.sqlite(tmp_path, clock())
        estate.estate(url, clock())
        yield url
        return
    for url in _server(request, request.param):
        estate.fill(url, clock().date())
        estate.estate(url, clock())
        yield url
        close_all()


@pytest.fixture
def where(tmp_path, clock, db):
    """A filled database that is a system; its address."""
    url = estate.sqlite(tmp_path, clock())
    estate.estate(url, clock())
    return url


def test_plan_says_what_goes_and_what_stays_before_anybody_decides(where, clock):
    request = estate.asked(clock())

    found = {part.category: (part.found, part.erase, part.keep) for part in plan.parts(request)}

    assert found == {
        "call_records": (2, 1, 1),
        "contact_data": (1, 1, 0),
        "customer_account_data": (1, 1, 0),
        "device_data": (2, 2, 0),
        "fraud_signals": (1, 0, 1),
        "marketing_communications_data": (1, 1, 0),
        "purchase_payment_data": (3, 1, 2),
    }
    assert "Ada Lovelace" in estate.texts(where)


def test_everything_ends_as_the_law_wants_it(anywhere, clock):
    request = estate.approved(clock())

    drain(clock() + 4 * DAY)

    request = builders.again(request)
    assert (request.state, request.outcome) == (State.CLOSED, "partly_fulfilled")
    made, flagged = estate.months_before(clock().date(), 12), estate.months_before(clock().date(), 6)
    assert estate.lines(request) == {
        ("call_records", "erased"): (1, "", None),
        ("call_records", "kept"): (1, "legal_obligation_retain", estate.months_before(made, -18)),
        ("contact_data", "erased"): (1, "", None),
        ("customer_account_data", "erased"): (1, "", None),
        ("device_data", "erased"): (2, "", None),
        ("fraud_signals", "kept"): (1, "security_fraud_prevention", estate.months_before(flagged, -24)),
        ("marketing_communications_data", "erased"): (1, "", None),
        ("purchase_payment_data", "erased"): (1, "", None),
        ("purchase_payment_data", "kept"): (2, "legal_obligation_retain", None),
    }
    assert estate.ids(anywhere, estate.invoices) == [10, 11]
    assert estate.ids(anywhere, estate.calls) == [20, 30]
    assert estate.ids(anywhere, estate.profiles) == [2]
    left = estate.texts(anywhere)
    assert [word for word in estate.ADA_WORDS if word in left] == ["ada-paid-nothing-yet"]  # why she was flagged stays
    assert "Max" in left


def test_hold_keeps_what_it_is_about_and_is_told_to_staff_alone(where, clock):
    wanted = holds.Wanted(
        "legal_hold",
        "Case 12/26",
        builders.staff("vera").pk,
        clock().date() + 60 * DAY,
        people={"account": (estate.ADA_ACCOUNT,)},
        categories=("marketing_communications_data",),
        silent=True,
    )
    holds.propose(wanted, by=_holder("hal"), at=clock())
    request = estate.approved(clock())

    drain(clock() + 4 * DAY)

    assert estate.lines(request)["marketing_communications_data", "kept"] == (1, "legal_obligation_retain", None)
    assert "legal_hold" not in str(request.certificates.get().document)  # the law forbids to say more
    assert estate.ids(where, estate.profiles) == [1, 2]


def _holder(name: str) -> Caller:
    return Caller.of_user(builders.staff(name, "set_holds"), "admin")


def test_what_staff_decided_to_keep_stays_until_they_let_it_go(where, clock):
    request = estate.asked(clock())
    review.withhold(
        request.pk, "marketing_communications_data", "legal_claims", "A suit.", by=builders.hal(), at=clock()
    )
    drain(clock())
    builders.argue(request, clock())
    review.prepare(request.pk, by=builders.hal(), at=clock())
    review.approve(request.pk, by=builders.vera(), at=clock())

    drain(clock() + 4 * DAY)
    drain(clock() + 80 * DAY)

    assert estate.lines(request)["marketing_communications_data", "kept"] == (1, "legal_claims", None)
    assert estate.ids(where, estate.profiles) == [1, 2]


def test_what_was_kept_goes_when_its_day_has_come_long_after_the_case_was_forgotten(where, clock):
    request = estate.approved(clock())
    drain(clock() + 4 * DAY)
    with estate.looking_at(where) as connection:
        connection.execute(estate.invoices.update().where(estate.invoices.c.id == 10).values(status="paid"))
        connection.commit()

    for year in range(1, 9):
        drain(clock() + year * 366 * DAY)

    assert builders.again(request).submission.purged_at
    assert not Kept.objects.filter(ended_at=None).exists()
    assert estate.ids(where, estate.invoices) == []
    assert estate.ids(where, estate.calls) == [30]
    assert estate.ids(where, estate.flags) == []
    assert {outcome for _, outcome in estate.lines(request)} == {"erased"}
    assert history.verify(request.submission.reference).whole


def test_certificate_says_what_was_done_and_can_be_checked_without_us(where, clock, tmp_path):
    request = estate.approved(clock())
    drain(clock() + 4 * DAY)

    document = request.certificates.get().document

    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(document))
    assert checking.verify(path).ok
    assert ("Calls", "call_records") not in document
    assert {(entry["category"], entry["outcome"], entry["records"]) for entry in document["entries"]} >= {
        ("purchase_payment_data", "kept", 2),
        ("call_records", "erased", 1),
    }
    assert not [word for word in estate.ADA_WORDS if word in path.read_text()]
    path.write_text(json.dumps(document | {"outcome": "fulfilled"}))
    assert not checking.verify(path).ok


def test_copy_that_was_asked_for_comes_first(where, clock):
    request = estate.approved(clock(), Right.ACCESS, Right.DELETION)
    drain(clock() + 5 * DAY)
    assert estate.ids(where, estate.profiles) == [1, 2]

    copy = SubjectRequest.objects.get(submission=request.submission, right=Right.ACCESS)
    review.prepare(copy.pk, by=builders.hal(), at=clock() + 6 * DAY)
    review.approve(copy.pk, by=builders.vera(), at=clock() + 6 * DAY)
    drain(clock() + 7 * DAY)
    assert builders.again(copy).state == State.READY
    drain(clock() + 8 * DAY)

    assert estate.ids(where, estate.profiles) == [2]


def test_person_stops_it_while_it_waits_and_not_once_it_is_done(where, clock):
    request = estate.approved(clock())

    review.withdraw(request.pk, by=Caller.person(), at=clock() + DAY)
    drain(clock() + 5 * DAY)

    assert builders.again(request).outcome == "withdrawn"
    assert estate.ids(where, estate.profiles) == [1, 2]
    assert not Task.objects.exists()


def test_nobody_is_erased_who_did_not_confirm_it_twice(where, clock):
    request = builders.in_review(Right.DELETION, at=clock(), country="US", region="CA")
    review.prepare(request.pk, by=builders.hal(), at=clock())
    with pytest.raises(WrongState) as refused:
        review.approve(request.pk, by=builders.vera(), at=clock())
    assert refused.value.code == "erasure-unconfirmed"

    drain(clock() + 15 * DAY)
    drain(clock() + 40 * DAY)

    request = builders.again(request)
    assert (request.state, request.outcome) == (State.CLOSED, "withdrawn")
    kinds = list(
        Message.objects.filter(about=request.submission_id).order_by("created_at").values_list("kind", flat=True)
    )
    assert kinds.count("erasure_confirm") == 2
    assert kinds[-1] == "erasure_unconfirmed"
    waiting.take_up(request.pk, by=Caller.person(), at=clock() + 41 * DAY)
    assert builders.again(request).state == State.IN_REVIEW


def test_import_is_told_of_who_was_erased_and_of_nobody_else(where, clock):
    estate.approved(clock())
    drain(clock() + 4 * DAY)

    found = tombstones.check("email", [builders.MAX, builders.ADA.upper()])

    assert [known.given for known in found] == [builders.ADA.upper()]
    assert builders.ADA not in str(list(Tombstone.objects.values()))


def test_recipient_is_told_and_the_person_can_ask_who_it_was(where, clock):
    system = organisation.cabinet(clock())
    System.objects.filter(pk=system.pk).update(role="recipient")
    request = estate.approved(clock())
    drain(clock() + 4 * DAY)

    [told] = recipients.told(request)

    assert (told.name, told.answer) == ("The cabinet", "")
    assert builders.again(request).state == State.CLOSED  # its answer is not waited for
    assert Message.objects.get(kind="task_worksheet").to_fingerprint != request.submission.email_fingerprint
    assert request.tasks.get(kind=TaskKind.TELL).state == TaskState.WITH_OWNER
