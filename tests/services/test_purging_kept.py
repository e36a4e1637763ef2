"""A case is forgotten while records of it are still kept: they go on their day, by their handles alone."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from django.conf import settings

from dsr.models import Certificate, Deadline, DeadlineKind, Kept, Restriction, Submission, Task
from dsr.packaging import checking
from dsr.privacy import PrivacyClass
from dsr.rights import Right
from dsr.services import history, restriction, review
from notifications.models import DataKey, Forgotten
from tests import builders, estate
from tests.clock import Clock
from tests.drain import drain
from tests.services.test_purging import _classed
from tests.services.test_tombstones import erased, insert, ledger, where

__all__ = ["where"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage_of_its_own")]
OURS = {"dsr.System.config_sealed", "dsr.Tombstone.digest"}
"""What is no part of a case: a system's settings, and whom not to take in again."""


def readable() -> set[str]:
    """The names of the personal columns of which something can still be read."""
    found = {name for name, _row, value in _classed(PrivacyClass.PSEUDONYM) if value}
    for name, row, value in _classed(PrivacyClass.SEALED):
        key = getattr(row, "data_key", None)
        key = key or (row.sealing_key() if value is not None and hasattr(row, "sealing_key") else None)
        if key is not None and value is not None:
            try:
                key.key_bytes()
            except Forgotten:
                continue
            found.add(name)
    return found - OURS


def test_what_is_kept_outlives_the_case_and_goes_on_its_day(where: str, clock: Clock, tmp_path: Path) -> None:
    request = erased(clock, where)
    before = readable()
    drain(clock.tick(days=settings.CASE_KEPT_DAYS + 1))
    after = readable()
    left = {row.category for row in Kept.objects.filter(ended_at=None)}
    paper = tmp_path / "certificate.json"
    paper.write_text(json.dumps(Certificate.objects.get().document), encoding="utf-8")

    engine = sa.create_engine(where)
    with engine.begin() as connection:
        connection.execute(estate.invoices.update().values(status="paid"))
    engine.dispose()
    drain(clock.tick(days=365 * 12))

    assert Submission.objects.get().purged_at is not None
    assert before >= {"dsr.Submission.email_sealed", "dsr.Task.changes_sealed", "dsr.Kept.handles_sealed"}
    assert after == {"dsr.Kept.handles_sealed"}
    assert left == {"purchase_payment_data"}
    assert checking.verify(paper).ok
    assert estate.ids(where, estate.invoices) == []
    assert [word for word in (*estate.ADA_WORDS, estate.ADA_ACCOUNT) if word in estate.texts(where)] == []
    assert not Kept.objects.filter(ended_at=None).exists()
    assert readable() == set()
    assert {outcome for _category, outcome in ledger(request)} == {"erased"}
    assert history.verify().whole
    assert not DataKey.objects.filter(pk__in=Kept.objects.values("data_key")).exclude(wrapped=None).exists()


def test_nothing_is_asked_of_systems_for_a_case_that_is_forgotten(where: str, clock: Clock) -> None:
    erased(clock, where)
    insert(where, estate.profiles, id=9, email=builders.ADA, interests="imported")
    drain(clock.tick(days=31))
    stuck = Task.objects.get(state="stuck")

    drain(clock.tick(days=settings.CASE_KEPT_DAYS))

    stuck.refresh_from_db()
    assert stuck.state == "called_off"
    assert not Task.objects.exclude(state__in=("done", "called_off")).exists()


def test_case_is_kept_as_long_as_data_is_restricted_for_it(where: str, clock: Clock) -> None:
    request = builders.in_review(Right.RESTRICTION, at=clock())
    review.prepare(request.pk, by=builders.hal(), at=clock.tick())
    review.approve(request.pk, by=builders.vera(), at=clock.tick())
    drain(clock.tick())

    drain(clock.tick(days=settings.CASE_KEPT_DAYS + 1))
    still: Any = Submission.objects.get().purged_at
    restriction.tell_lifting(request.pk, "It was right.", by=builders.vera(), at=clock.tick())
    drain(clock.tick(days=8))
    drain(clock.tick(days=40))

    assert still is None
    assert Restriction.objects.get().lifted_at is not None
    assert Submission.objects.get().purged_at is not None
    assert not Deadline.objects.filter(kind=DeadlineKind.PURGE, done_at=None).exists()
