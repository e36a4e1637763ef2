from datetime import timedelta
from uuid import uuid4

import pytest

from dsr.models import Package, Step
from dsr.services import delivery, orphans
from dsr.services.storage import vault
from notifications.ids import uuid7
from tests import builders

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("storage_of_its_own")]
KEY = bytes(32)


def put(name: str) -> str:
    with vault().writer(name, KEY) as out:
        out.write(b"left behind")
    return name


def test_sweep_deletes_what_no_row_points_to(clock, systems):
    request = builders.in_review(at=clock())
    step = Step.objects.get(request=request)
    package = put(f"packages/{uuid7(clock())}")
    parcel = put(f"parcels/{step.pk}/{uuid4()}")
    stray = put(f"parcels/{uuid4()}/{uuid4()}")

    deleted = orphans.sweep(clock.tick(days=2))

    assert deleted == 3
    names = set(vault().list_prefix("parcels/")) | set(vault().list_prefix("packages/"))
    assert not names & {package, parcel, stray}
    assert step.parcel in names


def test_sweep_spares_what_is_being_made_and_what_is_kept(clock, systems):
    request = builders.ready(clock())
    kept = Package.objects.get(request=request).vault_name
    fresh = put(f"packages/{uuid7(clock.now)}")
    busy = builders.in_review(at=clock.tick())
    step = Step.objects.get(request=busy)
    Step.objects.filter(pk=step.pk).update(claimed_until=clock.now + timedelta(minutes=5))
    half = put(f"parcels/{step.pk}/{uuid4()}")

    orphans.sweep(clock.now - timedelta(hours=1))

    assert {kept, fresh} <= set(vault().list_prefix("packages/"))
    assert {half, step.parcel} <= set(vault().list_prefix("parcels/"))
    assert delivery.offer(request) is not None


def test_sweep_spares_what_an_owner_reports_at_this_moment(clock, systems):
    step = Step.objects.get(request=builders.in_review(at=clock()))
    reported = put(f"parcels/{step.pk}/{uuid7(clock.now)}")

    orphans.sweep(clock.now - timedelta(hours=1))
    spared = reported in set(vault().list_prefix("parcels/"))
    orphans.sweep(clock.now + timedelta(hours=1))

    assert spared
    assert reported not in set(vault().list_prefix("parcels/"))
