"""Incidents that many find at once: one is opened, and those in charge are told once."""

import pytest
from django.utils import timezone

from dsr.models import Incident, IncidentKind, IncidentMove, Mechanism
from dsr.services.choices import incidents
from notifications.models import DataKey, Message
from tests import builders
from tests.together import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.mark.parametrize("_again", range(5))
def test_one_incident_is_opened_however_many_find_it(_again: int) -> None:
    builders.staff("dora", "officer_requests")
    at = timezone.now()

    found = together(
        [
            lambda: incidents.open_or_add(IncidentKind.HEARTBEAT, None, Mechanism.CPNI_PAGE, at, status=500).pk
            for _ in range(8)
        ]
    )

    incident = Incident.objects.get()
    assert set(found) == {incident.pk}
    assert [entry.move for entry in incident.entries.all()] == [IncidentMove.OPENED, IncidentMove.TOLD]
    assert (Message.objects.count(), DataKey.objects.count()) == (1, 1)
