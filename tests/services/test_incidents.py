"""Incidents about choices: one at a time for each place, told once, timed by the rules, closed by people alone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from dsr.errors import Incomplete, NotAllowed, WrongState
from dsr.models import Incident, IncidentEntry, IncidentKind, IncidentMove, Mechanism
from dsr.policies import Caller
from dsr.services.choices import incidents
from dsr.services.choices.incidents import FilledIn
from notifications import delivery, outbox
from tests import builders, organisation
from tests.drain import drain

pytestmark = pytest.mark.django_db
BEAT, LATE = IncidentKind.HEARTBEAT, IncidentKind.CHOICE_LATE
WHOLE = FilledIn(*["Corrib Voice"] * 8)


def officer() -> Caller:
    """Who answers for data protection."""
    return Caller.of_user(builders.staff("dora", "handle_incidents", "officer_requests"), "admin")


def moves(incident: Incident) -> list[str]:
    """What is on the time line."""
    return [entry.move for entry in incident.entries.all()]


def test_one_is_open_for_each_kind_system_and_means(clock, tmp_path):
    desk = organisation.desk(tmp_path, clock())
    first = incidents.open_or_add(LATE, desk, Mechanism.SYSTEM, clock(), late=3)

    again = incidents.open_or_add(LATE, desk, Mechanism.SYSTEM, clock.tick(hours=1), late=4)
    others = [
        incidents.open_or_add(LATE, None, Mechanism.SYSTEM, clock()),
        incidents.open_or_add(BEAT, desk, Mechanism.SYSTEM, clock()),
        incidents.open_or_add(LATE, desk, Mechanism.API, clock()),
    ]

    assert again == first
    assert len({first.pk, *(each.pk for each in others)}) == 4
    assert incidents.open_or_add(LATE, None, Mechanism.SYSTEM, clock()) == others[0]
    assert moves(first) == [IncidentMove.OPENED, IncidentMove.TOLD, IncidentMove.AGAIN]
    assert [each.facts for each in first.entries.all()] == [{"late": 3}, {"colleagues": 0}, {"late": 4}]


def test_time_line_is_not_flooded(clock):
    opened = incidents.open_or_add(BEAT, None, Mechanism.ONE_CLICK, clock(), status=500)

    for minutes, status in ((1, 502), (5, 500), (4, 500), (1, 502), (60, 502)):
        incidents.open_or_add(BEAT, None, Mechanism.ONE_CLICK, clock.tick(minutes=minutes), status=status)

    again = opened.entries.filter(move=IncidentMove.AGAIN)
    assert [each.facts for each in again] == [{"status": 502}]


def test_what_works_again_is_noted_once_and_stays_open(clock):
    opened = incidents.open_or_add(BEAT, None, Mechanism.ONE_CLICK, clock())

    for _ in range(2):
        incidents.recovered(BEAT, None, Mechanism.ONE_CLICK, clock.tick(minutes=30))
    before = moves(opened)
    incidents.open_or_add(BEAT, None, Mechanism.ONE_CLICK, clock.tick())

    assert before == [IncidentMove.OPENED, IncidentMove.TOLD, IncidentMove.RECOVERED]
    assert moves(opened)[-1] == IncidentMove.AGAIN
    assert Incident.objects.get().closed_at is None
    assert incidents.recovered(BEAT, None, Mechanism.API, clock()) is None


def test_particulars_are_codes_and_figures(clock):
    for text in ("ada@example.org", "Ada Lovelace", ""):
        with pytest.raises(ValueError, match="why is no code"):
            incidents.open_or_add(BEAT, None, Mechanism.API, clock(), why=text)
    assert not Incident.objects.exists()


def test_time_line_cannot_be_changed(clock):
    incidents.open_or_add(BEAT, None, Mechanism.API, clock())
    for change in (IncidentEntry.objects.all().delete, lambda: IncidentEntry.objects.update(facts={})):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("at", "due"),
    [
        # over Thanksgiving Day, and a weekend
        (datetime(2026, 11, 25, 15, tzinfo=UTC), date(2026, 12, 3)),
        # known on a Saturday
        (datetime(2026, 6, 6, 15, tzinfo=UTC), date(2026, 6, 12)),
        # over the day on which Independence Day is kept
        (datetime(2026, 6, 29, 15, tzinfo=UTC), date(2026, 7, 7)),
    ],
)
def test_authority_is_told_within_five_business_days_of_knowing(at, due):
    cpni = incidents.open_or_add(BEAT, None, Mechanism.CPNI_PAGE, at)
    other = incidents.open_or_add(BEAT, None, Mechanism.PREFERENCES, at)

    counted = incidents.reckoning(at)
    assert counted is not None
    assert (cpni.due_on, counted.due, other.due_on) == (due, due, None)
    assert {segment.source for segment in counted.segments} == {"47 CFR 64.2009(f)"}


def test_those_in_charge_are_told_once_and_warned_when_time_is_short(clock):
    people = [builders.staff("dora", "officer_requests"), builders.staff("leo", "lead_requests", "officer_requests")]
    opened = incidents.open_or_add(BEAT, None, Mechanism.CPNI_PAGE, clock(), status=500)  # Thursday
    incidents.open_or_add(BEAT, None, Mechanism.CPNI_PAGE, clock.tick(hours=2), status=502)
    assert opened.due_on == date(2026, 3, 12)

    def written(at: datetime) -> list[str]:
        drain(at)
        return sorted(message.kind for message in outbox.about(opened.pk))

    assert written(clock()) == ["incident_opened"] * 2
    eve = datetime(2026, 3, 11, 12, tzinfo=UTC)
    assert written(eve - timedelta(days=1)) == ["incident_opened"] * 2
    assert written(eve) == ["incident_due"] * 2 + ["incident_opened"] * 2
    assert written(eve + timedelta(days=1)) == ["incident_due"] * 2 + ["incident_opened"] * 2
    bodies = [delivery.sent_body(message) for message in outbox.about(opened.pk)]
    assert all(body and f"/admin/dsr/incident/{opened.pk}/change/" in body.text for body in bodies)
    assert all(body and "12 March 2026" in body.text for body in bodies)
    assert len(people) == opened.entries.filter(move=IncidentMove.WARNED).get().facts["colleagues"]


def test_nobody_is_warned_of_what_was_told_or_closed(clock):
    by = officer()
    told = incidents.open_or_add(BEAT, None, Mechanism.CPNI_PAGE, clock())
    closed = incidents.open_or_add(LATE, None, Mechanism.CPNI_PAGE, clock())
    incidents.write(told.pk, WHOLE, by=by, at=clock())
    incidents.report(told.pk, by=by, at=clock())
    incidents.close(closed.pk, "A cable that somebody stepped on.", by=by, at=clock())

    assert incidents.due_warnings(clock.tick(days=30), 10) == []
    assert not incidents.warn(told.pk, clock())


def test_approvers_are_told_where_nobody_leads(clock):
    builders.staff("vera", "approve_requests")

    opened = incidents.open_or_add(BEAT, None, Mechanism.API, clock())

    assert outbox.about(opened.pk).count() == 1


def test_notice_is_written_whole_before_it_counts_as_sent(clock):
    by = officer()
    opened = incidents.open_or_add(BEAT, None, Mechanism.CPNI_PAGE, clock())
    incidents.write(opened.pk, FilledIn(carrier="Corrib Voice", problem="The page answered 500."), by=by, at=clock())

    with pytest.raises(Incomplete) as caught:
        incidents.report(opened.pk, by=by, at=clock())
    incidents.write(opened.pk, WHOLE, by=by, at=clock())
    incidents.report(opened.pk, by=by, at=clock())

    assert set(caught.value.problems) == {
        "mechanism", "remedy", "remedied", "state_told", "customers_told", "contact",
    }  # fmt: skip
    assert incidents.filled_in(Incident.objects.get()) == WHOLE
    assert moves(opened)[2:] == [IncidentMove.WRITTEN, IncidentMove.WRITTEN, IncidentMove.REPORTED]
    with pytest.raises(WrongState):
        incidents.write(opened.pk, FilledIn(), by=by, at=clock())


def test_closed_one_is_over_and_the_next_time_is_another(clock):
    by = officer()
    first = incidents.open_or_add(BEAT, None, Mechanism.ONE_CLICK, clock())
    incidents.acknowledge(first.pk, by=by, at=clock())
    with pytest.raises(Incomplete):
        incidents.close(first.pk, " ", by=by, at=clock())
    closed = incidents.close(first.pk, "The certificate had run out.", by=by, at=clock())

    second = incidents.open_or_add(BEAT, None, Mechanism.ONE_CLICK, clock.tick(hours=1))

    assert second.pk != first.pk
    assert (closed.open("reason"), closed.closed_by) == ("The certificate had run out.", by.user)
    assert b"certificate" not in bytes(closed.reason_sealed or b"certificate")
    for act in (incidents.acknowledge, incidents.report):
        with pytest.raises(WrongState):
            act(first.pk, by=by, at=clock())


def test_only_those_who_look_after_incidents_act(clock):
    opened = incidents.open_or_add(BEAT, None, Mechanism.ONE_CLICK, clock())
    audrey = Caller.of_user(builders.staff("audrey", "view_incident"), "admin")

    for by in (audrey, Caller.system()):
        with pytest.raises(NotAllowed):
            incidents.close(opened.pk, "I say so.", by=by, at=clock())
    with pytest.raises(WrongState):
        incidents.write(opened.pk, WHOLE, by=officer(), at=clock())
