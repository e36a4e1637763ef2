"""Whoever answers for a legal hold is reminded when it has to be looked at."""

from datetime import timedelta

from dsr.policies import Caller
from dsr.services import holds
from notifications import delivery, outbox
from tests import builders
from tests.drain import drain


def test_owner_is_reminded_once_and_again_a_week_later_until_somebody_looks(clock, db):
    vera = builders.staff("vera", "set_holds")
    by = Caller.of_user(vera, "admin")
    due = (clock() + timedelta(days=30)).date()
    wanted = holds.Wanted("legal_claims", "The quarrel about the bridge", vera.pk, due, {"email": [builders.ADA]})
    hold = holds.propose(wanted, by=by, at=clock())

    def reminded(days: int) -> int:
        drain(clock() + timedelta(days=days))
        return outbox.about(hold.pk).count()

    assert [reminded(days) for days in (29, 30, 31, 37, 38)] == [0, 1, 1, 1, 2]
    sent = delivery.sent_body(outbox.about(hold.pk)[0])
    assert sent is not None
    assert f"/admin/dsr/legalhold/{hold.pk}/change/" in sent.text
    assert "quarrel" not in sent.text
    holds.review(hold.pk, (clock() + timedelta(days=120)).date(), by=by, at=clock() + timedelta(days=40))
    assert reminded(60) == 2
