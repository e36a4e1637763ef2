"""Grants: the bearer of a token may do one thing, for a time, a number of times; a refusal never says why."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from tests.clock import Clock
from tests.statements import counted
from verification import grants
from verification.grants import NoGrant
from verification.models import Grant

pytestmark = pytest.mark.django_db
ABOUT = UUID("0198a000-0000-7000-8000-000000000001")
HOUR = timedelta(hours=1)


def test_issue_keeps_only_a_digest(clock: Clock) -> None:
    with counted() as statements:
        token = grants.issue("tracker", ABOUT, clock(), lasts=HOUR)

    row = Grant.objects.get()
    assert len(statements) == 1
    assert len(token) == 43
    assert token not in repr(vars(row))
    assert (row.purpose, row.about, row.uses_left, row.expires_at) == ("tracker", ABOUT, None, clock() + HOUR)


@pytest.mark.parametrize(
    ("purpose", "lasts", "uses"), [("", HOUR, 1), ("tracker", timedelta(0), 1), ("tracker", HOUR, 0)]
)
def test_issue_refuses_a_grant_that_nobody_could_use(clock: Clock, purpose: str, lasts: timedelta, uses: int) -> None:
    with pytest.raises(ValueError, match="a grant needs"):
        grants.issue(purpose, ABOUT, clock(), lasts=lasts, uses=uses)


def test_look_uses_nothing_up(clock: Clock) -> None:
    token = grants.issue("download", ABOUT, clock(), lasts=HOUR, uses=1)

    for _ in range(10):
        assert grants.look(token, "download", clock()).about == ABOUT
    assert grants.spend(token, "download", clock()).uses_left == 0


def test_spend_counts_down_and_ends(clock: Clock) -> None:
    token = grants.issue("download", ABOUT, clock(), lasts=HOUR, uses=2)

    left = [grants.spend(token, "download", clock.tick()).uses_left for _ in range(2)]

    assert left == [1, 0]
    assert Grant.objects.get().spent_at == clock()
    for use in (grants.look, grants.spend):
        with pytest.raises(NoGrant):
            use(token, "download", clock())


def test_spend_never_ends_a_grant_without_a_number_of_uses(clock: Clock) -> None:
    token = grants.issue("tracker", ABOUT, clock(), lasts=HOUR)

    for _ in range(5):
        assert grants.spend(token, "tracker", clock()).uses_left is None


def test_spend_takes_nothing_when_the_transaction_fails(clock: Clock) -> None:
    token = grants.issue("download", ABOUT, clock(), lasts=HOUR, uses=1)

    with transaction.atomic():
        grants.spend(token, "download", clock())
        transaction.set_rollback(True)

    assert grants.spend(token, "download", clock()).uses_left == 0


def test_refusals_cannot_be_told_apart(clock: Clock) -> None:
    tokens = {name: grants.issue("download", uuid4(), clock(), lasts=HOUR, uses=1) for name in ("spent", "other")}
    revoked = grants.issue("download", ABOUT, clock(), lasts=HOUR)
    ended = grants.issue("download", uuid4(), clock(), lasts=timedelta(seconds=1))
    grants.spend(tokens["spent"], "download", clock())
    grants.revoke(ABOUT, at=clock())
    clock.tick(minutes=1)
    tries = {
        "unknown": ("x" * 43, "download"),
        "empty": ("", "download"),
        "odd": ("é\ud800" * 10_000, "download"),
        "other purpose": (tokens["other"], "tracker"),
        "spent": (tokens["spent"], "download"),
        "revoked": (revoked, "download"),
        "ended": (ended, "download"),
    }

    seen = set()
    for token, purpose in tries.values():
        for use in (grants.look, grants.spend):
            with counted() as statements, pytest.raises(NoGrant) as refusal:
                use(token, purpose, clock())
            seen.add((use.__name__, len(statements), str(refusal.value), refusal.value.args))

    assert seen == {("look", 1, "", ()), ("spend", 2, "", ())}


def test_spend_costs_as_much_for_a_good_grant(clock: Clock) -> None:
    token = grants.issue("download", ABOUT, clock(), lasts=HOUR, uses=1)

    with counted() as statements:
        grants.spend(token, "download", clock())

    assert len(statements) == 2


def test_revoke_ends_the_grants_about_one_subject(clock: Clock) -> None:
    tracker = grants.issue("tracker", ABOUT, clock(), lasts=HOUR)
    download = grants.issue("download", ABOUT, clock(), lasts=HOUR)
    other = grants.issue("tracker", uuid4(), clock(), lasts=HOUR)

    assert grants.revoke(ABOUT, "download", at=clock()) == 1
    assert grants.look(tracker, "tracker", clock()).purpose == "tracker"
    with pytest.raises(NoGrant):
        grants.look(download, "download", clock())

    assert grants.revoke(ABOUT, at=clock()) == 1
    assert grants.revoke(ABOUT, at=clock()) == 0
    assert grants.look(other, "tracker", clock()).purpose == "tracker"
    with pytest.raises(NoGrant):
        grants.look(tracker, "tracker", clock())


def test_delete_ended_removes_the_oldest_first_in_batches(clock: Clock) -> None:
    for hours in (1, 2, 3):
        grants.issue("tracker", ABOUT, clock(), lasts=timedelta(hours=hours))
    live = grants.issue("tracker", ABOUT, clock(), lasts=timedelta(days=9))
    clock.tick(days=1)

    assert [grants.delete_ended(clock(), limit=2) for _ in range(3)] == [2, 1, 0]
    assert grants.look(live, "tracker", clock()).purpose == "tracker"
