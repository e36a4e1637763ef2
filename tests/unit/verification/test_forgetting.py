"""Forgetting: no address, no look-up value and no way in is left; that the check was made stays."""

from datetime import timedelta
from uuid import UUID

import pytest

from notifications import delivery, outbox
from notifications.models import DataKey, Message
from tests.clock import Clock
from tests.postbox import Note, note
from verification import forgetting, grants, mail
from verification.models import Challenge

__all__ = ["note"]
pytestmark = pytest.mark.django_db
ABOUT = UUID("0198a000-0000-7000-8000-000000000001")


@pytest.mark.parametrize("times", [1, 2])
def test_forget_leaves_no_address_and_no_way_in(note: type[Note], clock: Clock, times: int) -> None:
    key = DataKey.new(clock())
    key.save()
    proved = mail.start(ABOUT, "ada@example.org", key, clock())
    mail.confirm(proved.token, clock())
    waiting = mail.start(ABOUT, "ada@example.org", key, clock())
    token = grants.issue("tracker", ABOUT, clock(), lasts=timedelta(days=1))
    letter = Note(organisation="Example Telecom", reference="R-1")
    outbox.queue(letter, to="ada@example.org", language="en", data_key=key, about=ABOUT, at=clock())

    for _ in range(times):
        key.forget(clock.tick())
        forgetting.forget(ABOUT, clock())

    rows = Challenge.objects.values_list("address_sealed", "address_fingerprint", "code_hash")
    assert set(rows) == {(None, "", "")}
    assert set(Message.objects.values_list("to_sealed", "to_fingerprint", "state")) == {(None, "", "dropped")}
    assert delivery.deliver_due(clock()).claimed == 0
    with pytest.raises(grants.NoGrant):
        grants.look(token, "tracker", clock())
    with pytest.raises(mail.Superseded):
        mail.confirm(waiting.token, clock())
    kept = mail.proof_of(ABOUT)
    assert kept is not None
    assert kept.proof.method == mail.Method.MAIL_LINK
    assert kept.address == ""
