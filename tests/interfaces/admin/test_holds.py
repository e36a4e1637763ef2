"""Legal holds at the console: two people each time, and what they are about for those alone who set them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dsr.models import LegalHold
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import holds
from tests import builders, estate
from tests.interfaces.admin.desk import colleague, sheet, signed_in, text

HOLDS = "/admin/dsr/legalhold/"
MATTER = "The quarrel about the bridge"


@pytest.fixture
def vera(db):
    return signed_in("vera")


@pytest.fixture
def dora(db):
    return signed_in("dora")


def proposal(**changes):
    """Return what somebody types who proposes a hold about Ada."""
    review_on = (timezone.now() + timedelta(days=90)).date().isoformat()
    typed = {"ground": "legal_claims", "matter": MATTER, "email": f"{builders.ADA}\n", "review_on": review_on}
    return {**typed, "owner": colleague("vera").pk, **changes}


def proposed(client):
    """Propose a hold at the console and return it."""
    assert client.post(f"{HOLDS}add/", proposal()).status_code == 302
    return LegalHold.objects.get()


def act(client, hold, name, **given):
    return client.post(f"{HOLDS}{hold.pk}/acts/{name}/", given)


def test_hold_is_set_and_lifted_by_two_people_each(vera, dora):
    hold = proposed(vera)
    page = f"{HOLDS}{hold.pk}/change/"
    own = text(vera.get(page))
    assert MATTER in own
    assert "You proposed this hold, so somebody else must decide on it." in own
    assert f"/acts/{holds.Act.CONFIRM}/" not in own

    assert act(vera, hold, "confirm").status_code == 403
    assert act(dora, hold, "confirm").status_code == 302
    assert act(dora, hold, "lift").status_code == 409
    assert act(dora, hold, "propose_lifting", reason="").status_code == 422
    assert act(dora, hold, "propose_lifting", reason="It is settled.").status_code == 302
    assert "You proposed to lift this hold, so somebody else must agree." in text(dora.get(page))
    assert act(dora, hold, "lift").status_code == 403
    assert act(vera, hold, "lift").status_code == 302

    hold.refresh_from_db()
    assert (hold.state, hold.confirmed_by, hold.ended_by) == ("lifted", colleague("dora"), colleague("vera"))


def test_proposal_says_beside_each_field_what_is_missing(vera):
    late = (timezone.now() + timedelta(days=400)).date().isoformat()

    answer = vera.post(f"{HOLDS}add/", proposal(email="", review_on=late))

    assert answer.status_code == 422
    assert "Enter by what the person is known" in text(answer)
    assert "review_on" in answer.context["form"].errors
    assert MATTER in text(answer)
    assert not LegalHold.objects.exists()


@pytest.mark.parametrize("name", ["hal", "sam", "audrey", "syl"])
def test_what_a_hold_is_about_is_for_those_who_set_them(vera, name):
    hold = proposed(vera)
    client = signed_in(name)

    assert client.get(HOLDS).status_code == 403
    assert client.get(f"{HOLDS}add/").status_code == 403
    assert client.get(f"{HOLDS}{hold.pk}/change/").status_code == 404
    assert act(client, hold, "reject").status_code == 404


def test_request_says_that_a_hold_protects_part_of_it(vera, dora, tmp_path, clock):
    estate.estate(estate.sqlite(tmp_path, clock()), clock())
    request = builders.in_review(Right.DELETION, at=clock(), country="US", region="CA")
    before = text(signed_in("hal").get(sheet(request)))
    hold = proposed(vera)

    hals, veras = text(signed_in("hal").get(sheet(request))), text(vera.get(sheet(request)))

    assert "A legal hold protects part of this." not in before
    assert "A legal hold protects part of this." in hals
    assert MATTER not in hals
    assert str(hold.pk) not in hals
    assert f"{HOLDS}{hold.pk}/change/" in veras


def test_list_and_desk_show_what_waits_at_a_constant_cost(vera, dora, clock):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            vera.get(HOLDS)
            vera.get("/admin/")
        return len(captured)

    proposed(vera)
    few = statements()
    due = (clock() + timedelta(days=1)).date()
    for number in range(5):
        wanted = holds.Wanted("legal_claims", "Another.", colleague("dora").pk, due, {"account": [f"AC-{number}"]})
        holds.propose(wanted, by=Caller.of_user(colleague("dora"), "admin"), at=clock())

    assert statements() == few
    figures = {figure.title: figure for figure in dora.get("/admin/").context["figures"]}
    second, review = figures["legal holds wait for a second person"], figures["legal holds have to be looked at"]
    assert (second.number, review.number, review.alert) == ("6", "5", True)
    for figure in (second, review):
        assert str(dora.get(figure.link).context["cl"].result_count) == figure.number
    assert "legal holds" not in str(signed_in("hal").get("/admin/").context["figures"])
