"""Ending in the console what was read into a message by mistake."""

import pytest

from dsr.lifecycle import Outcome, State
from dsr.rights import Right
from dsr.services import splitting
from dsr.services.splitting import More
from tests import builders
from tests.interfaces.admin.desk import move, sheet, signed_in, text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def added(clock, systems):
    """A deletion that Hal read into a mail; it waits for a proof."""
    first = builders.in_review(Right.ACCESS, at=clock(), channel="email")
    more = More("deletion", "They write: I am done.", {"consequences": "yes"})
    return splitting.add_right(first.pk, more, by=builders.hal(), at=clock.tick())


def test_worksheet_leads_from_the_proposal_to_the_end_and_back(added):
    hal, vera, sam = signed_in("hal"), signed_in("vera"), signed_in("sam")

    proposed = move(hal, added, "propose_misunderstood", reason="You were done with the form.")
    seen = text(vera.get(sheet(added)))
    waiting = text(vera.get("/admin/dsr/subjectrequest/"))
    ended = move(vera, added, "close_misunderstood")
    closed = text(hal.get(sheet(added)))
    meant = move(sam, added, "meant_unproved")

    assert (proposed.status_code, ended.status_code, meant.status_code) == (302, 302, 302)
    assert "proposes to end it, as it was not asked for. Somebody else must agree." in seen
    assert "You were done with the form." in seen
    assert "end as misunderstood waits for approval" in waiting
    assert "misunderstood, not asked for" in closed
    assert builders.again(added).state == State.VERIFYING


def test_lead_who_proposed_it_is_told_to_leave_it_to_another(added):
    vera = signed_in("vera")
    move(vera, added, "propose_misunderstood", reason="You were done with the form.")

    answer = move(vera, added, "close_misunderstood")

    assert answer.status_code == 403
    assert builders.again(added).outcome != Outcome.MISUNDERSTOOD


def test_proposal_without_a_reason_comes_back(added):
    answer = move(signed_in("hal"), added, "propose_misunderstood", reason=" ")

    assert answer.status_code == 422
    assert builders.again(added).proposal == ""
