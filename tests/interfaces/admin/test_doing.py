"""What staff see of, and decide about, what is done in the systems."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dsr.lifecycle import State
from dsr.models import Event, Task, TaskKind
from dsr.packaging import checking
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import review
from dsr.services.erasure import waiting
from tests import builders, estate
from tests.drain import drain
from tests.interfaces.admin.desk import colleague, move, sheet, signed_in, text

DAY = timedelta(days=1)
AMERICAN = {"country": "US", "region": "CA"}


@pytest.fixture
def where(tmp_path, clock, db):
    url = estate.sqlite(tmp_path, clock())
    estate.estate(url, clock())
    return url


@pytest.fixture
def erasure(where, clock):
    return builders.in_review(Right.DELETION, at=clock(), **AMERICAN)


@pytest.fixture
def hal(db):
    return signed_in("hal")


@pytest.fixture
def vera(db):
    return signed_in("vera")


def test_erasure_goes_from_its_plan_to_a_certificate_through_the_console(hal, vera, erasure, tmp_path):
    page = hal.get(sheet(erasure))
    acts = page.context["page"].acts
    rows = {row.part.category: row for row in acts.plan}
    invoices = rows["purchase_payment_data"]
    assert (invoices.part.found, invoices.part.erase, invoices.part.keep) == (3, 1, 2)
    assert invoices.part.rule in text(page)
    assert "invoices" in invoices.rule
    assert acts.totals == {"found": 11, "erase": 7, "keep": 4}
    assert "The second confirmation is waited for" in text(page)

    assert move(hal, erasure, "confirm_erasure").status_code == 422  # how the person said it is missing
    assert move(hal, erasure, "confirm_erasure", how="phone").status_code == 302
    assert move(hal, erasure, "prepare").status_code == 302
    assert "cannot be brought back" in text(vera.get(sheet(erasure)))
    assert move(vera, erasure, "approve").status_code == 302
    assert "until then it can be brought back" in text(hal.get(sheet(erasure)))
    drain(timezone.now() + 4 * DAY)

    done = text(hal.get(sheet(erasure)))
    assert builders.again(erasure).state == State.CLOSED
    for words in ("Carrying it out", "Kept", "Signed statements", "Confirmed the erasure a second time", "telephone"):
        assert words in done
    address = reverse("admin:dsr_subjectrequest_certificate", args=(erasure.pk, 1))
    certificate = tmp_path / "certificate.json"
    certificate.write_bytes(hal.get(address).content)
    assert checking.verify(certificate).ok
    assert builders.ADA not in certificate.read_text()


def test_what_was_approved_can_be_brought_back_with_a_reason(hal, vera, erasure, clock):
    waiting.confirm(erasure.pk, by=Caller.person(), at=clock())
    move(hal, erasure, "prepare")
    move(vera, erasure, "approve")

    assert move(hal, erasure, "halt", reason="The bill is disputed.").status_code == 302

    assert builders.again(erasure).state == State.IN_REVIEW
    assert "A colleague brought it back." in text(hal.get(sheet(erasure)))


def test_what_came_back_is_erased_again_by_somebody_who_may(hal, vera, erasure, where, clock):
    waiting.confirm(erasure.pk, by=Caller.person(), at=clock())
    move(hal, erasure, "prepare")
    move(vera, erasure, "approve")
    drain(timezone.now() + 4 * DAY)
    estate.fill(where, clock().date())
    drain(timezone.now() + 40 * DAY)
    task = Task.objects.get(kind=TaskKind.RECHECK, state="stuck")
    figures = {figure.title: figure for figure in vera.get("/admin/").context["figures"]}
    for title in ("something erased is there again", "a system needs a decision"):
        assert figures[title].number == "1"
        assert [row.pk for row in vera.get(figures[title].link).context["cl"].result_list] == [erasure.pk]
    again = reverse("admin:dsr_subjectrequest_move", args=(erasure.pk, "erase_again"))
    assert again in text(vera.get(sheet(erasure)))
    assert again not in text(hal.get(sheet(erasure)))

    assert move(hal, erasure, "erase_again", task=task.pk).status_code == 403
    assert move(vera, erasure, "erase_again", task=task.pk).status_code == 302

    task.refresh_from_db()
    assert (task.state, task.result, task.decided_by) == ("done", "done", colleague("vera"))
    assert Event.objects.get(verb="erase_again").actor_id == str(task.decided_by_id)
    drain(timezone.now() + 41 * DAY)
    assert builders.again(erasure).turn == "nobody"
    assert 1 not in estate.ids(where, estate.profiles)


def test_items_are_read_and_decided_on_only_while_they_are_revealed(hal, vera, where, clock):
    request = builders.in_review(Right.CORRECTION, at=clock(), **AMERICAN)
    hidden = text(hal.get(sheet(request)))
    assert "Ada Lovelace" not in hidden
    assert "What is wrong: •••, What it should say: •••" in hidden

    reveal = reverse("admin:dsr_subjectrequest_reveal", args=(request.pk,))
    hal.post(reveal, {"values": "details", "reason": "To decide."})
    shown = text(hal.get(sheet(request)))
    assert "12 Bell Lane" in shown
    assert "Augusta Ada Lovelace" in shown
    place = "estate.customers.name"
    nowhere = move(hal, request, "decide_item", item=1, decision="correct")
    assert nowhere.status_code == 422
    assert "Choose every field in which it is put right." in text(nowhere)
    assert move(hal, request, "decide_item", item=1, decision="correct", places=[place]).status_code == 302
    move(hal, request, "prepare")
    move(vera, request, "approve")
    drain(timezone.now() + DAY)

    assert "Augusta Ada Lovelace" in estate.texts(where)
    assert builders.again(request).outcome == "fulfilled"


def test_restriction_is_shown_and_lifted_only_after_the_person_is_told(hal, vera, where, clock):
    request = builders.in_review(Right.RESTRICTION, at=clock(), **AMERICAN)
    move(hal, request, "prepare")
    move(vera, request, "approve")
    drain(timezone.now() + DAY)
    assert "The estate: since" in text(hal.get(sheet(request)))

    assert move(hal, request, "tell_lifting", reason="It is settled.").status_code == 403
    assert move(vera, request, "tell_lifting", reason="It is settled.").status_code == 302

    assert ", ends " in text(hal.get(sheet(request)))
    drain(timezone.now() + 9 * DAY)
    assert ", lifted " in text(hal.get(sheet(request)))


def test_page_costs_the_same_however_much_is_done(hal, vera, erasure, clock):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            assert hal.get(sheet(erasure)).status_code == 200
        return len(captured)

    waiting.confirm(erasure.pk, by=Caller.person(), at=clock())
    hal.get(sheet(erasure))
    before = statements()
    review.withhold(erasure.pk, "contact_data", "legal_claims", "Disputed.", by=builders.hal(), at=clock())
    drain(clock())
    builders.argue(erasure, clock())
    move(hal, erasure, "prepare")
    move(vera, erasure, "approve")
    drain(timezone.now() + 4 * DAY)

    assert statements() <= before
