"""Incidents at the console: a banner on every page, a list, acts for those who may, a notice to print."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dsr.models import Incident, IncidentKind, Mechanism
from dsr.services.choices import incidents
from tests.interfaces.admin.desk import QUEUE, colleague, signed_in, text

LIST = "/admin/dsr/incident/"
FIELDS = ("carrier", "mechanism", "problem", "remedy", "remedied", "state_told", "customers_told", "contact")


@pytest.fixture
def incident(db):
    """The page for CPNI choices failed an hour ago."""
    at = timezone.now() - timedelta(hours=1)
    return incidents.open_or_add(IncidentKind.HEARTBEAT, None, Mechanism.CPNI_PAGE, at, status=500)


def act(client, incident, name, **given):
    """Do something about it."""
    return client.post(f"{LIST}{incident.pk}/acts/{name}/", given)


@pytest.mark.parametrize("name", ["dora", "vera", "audrey", "hal", "sam", "ivy"])
def test_every_page_says_that_one_is_open(incident, name):
    client, may = signed_in(name), name in ("dora", "vera", "audrey")

    for page in ("/admin/", QUEUE):
        shown = text(client.get(page))
        assert "page for CPNI choices" in shown
        assert (f"{LIST}{incident.pk}/change/" in shown) is may
    assert client.get(LIST).status_code == (200 if may else 403)
    assert client.get(f"{LIST}{incident.pk}/change/").status_code == (200 if may else 404)


def test_banner_costs_one_statement_and_goes_when_it_is_closed(incident):
    client = signed_in("dora")
    client.get("/admin/")

    with CaptureQueriesContext(
        connection,
    ) as open_:
        client.get(QUEUE)
    assert act(client, incident, "close", reason="It was the cable.").status_code == 302
    with CaptureQueriesContext(connection) as closed:
        shown = text(client.get(QUEUE))

    asked = [[each["sql"] for each in told if "dsr_incident" in each["sql"]] for told in (open_, closed)]
    assert [len(each) for each in asked] == [1, 1]
    assert "page for CPNI choices" not in shown


def test_it_is_looked_after_told_of_and_closed(incident):
    client, page = signed_in("vera"), f"{LIST}{incident.pk}/change/"
    assert "Why this date?" in text(client.get(page))
    given = {name: f"About {name}" for name in FIELDS}

    assert act(client, incident, "acknowledge").status_code == 302
    assert act(client, incident, "acknowledge").status_code == 409
    assert act(client, incident, "report").status_code == 422
    assert act(client, incident, "write", **given).status_code == 302
    notice = client.get(f"{LIST}{incident.pk}/notice/")
    assert "the authority has to be told by" in text(client.get("/admin/"))
    assert act(client, incident, "report").status_code == 302
    assert "the authority has to be told by" not in text(client.get("/admin/"))
    assert act(client, incident, "close", reason="").status_code == 422
    assert act(client, incident, "close", reason="Repaired.").status_code == 302
    shown = text(client.get(page))

    assert notice["Content-Type"] == "text/plain; charset=utf-8"
    assert all(f"About {name}" in notice.content.decode() for name in FIELDS)
    assert all(f"About {name}" in shown for name in FIELDS)
    for said in ("Seen again", "Repaired.", "Somebody looks after it", "Authority told", "status: 500"):
        assert (said in shown) is (said != "Seen again")
    assert Incident.objects.get().closed_by == colleague("vera")
    assert f"{LIST}{incident.pk}/change/" in text(client.get(f"{LIST}?standing=closed"))


def test_who_audits_sees_and_changes_nothing(incident):
    client = signed_in("audrey")

    assert "Only colleagues who look after incidents can do this." in text(client.get(f"{LIST}{incident.pk}/change/"))
    assert act(client, incident, "close", reason="No.").status_code == 403
    assert signed_in("hal").post(f"{LIST}{incident.pk}/acts/close/", {"reason": "No."}).status_code == 404
    assert Incident.objects.get().closed_at is None


def test_one_of_no_authority_has_no_notice(db):
    other = incidents.open_or_add(IncidentKind.CHOICE_LATE, None, Mechanism.ONE_CLICK, timezone.now())
    client = signed_in("dora")

    assert "authority" not in text(client.get(f"{LIST}{other.pk}/change/")).partition("<main")[2]
    assert client.get(f"{LIST}{other.pk}/notice/").status_code == 404
    assert act(client, other, "write", carrier="x").status_code == 409
    assert act(client, other, "dance").status_code == 404
