"""One value in every part of letters by mail: it is found in no log, row, file or address it does not belong in."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dsr.inbound.imap import Waiting
from dsr.models import InboundMail, MailState
from dsr.services.inbound import keeping, tidying, understanding
from tests import builders, mails
from tests.architecture.canary import STEM, Watch
from tests.architecture.test_canary import watch
from tests.drain import drain
from tests.interfaces.admin.desk import signed_in

__all__ = ["watch"]
pytestmark = pytest.mark.django_db
SENDER = f"{STEM} name <{STEM}.mail@example.org>"


def _letter(number: int, words: str, **more: Any) -> InboundMail:
    at = timezone.now() - timedelta(hours=2)
    given = {"name": f"{STEM}-{number}", "sender": SENDER, "subject": f"{STEM} subject", "text": words, **more}
    raw = mails.packed(given)
    row, _new = keeping.keep(raw, Waiting(number, len(raw), at), validity=1, at=at)
    return understanding.understand(row.pk, at)


def test_letters_leak_nowhere(watch: Watch) -> None:
    filed = builders.file(at=timezone.now(), email=f"{STEM}.mail@example.org")
    reply = _letter(1, f"Here is the {STEM} answer.", subject=f"{STEM} {filed.submission.reference}")
    letter = _letter(2, f"Please delete my {STEM} data.", attach=[f"{STEM}.pdf"])
    broken = _letter(3, f"{STEM}", raw_charset=f"{STEM}-8")
    hal = signed_in("hal")
    here = f"/admin/dsr/inboundmail/{letter.pk}/"
    assert STEM in hal.get(f"{here}change/").content.decode()
    given = {"country": "IE", "relationship": "customer", "language": "en", "name": f"{STEM} name"}
    wanted = {**given, "rights": ["deletion"], "deletion.consequences": "yes", "enclosed": "destroy"}
    assert hal.post(f"{here}acts/file/", {**wanted, "email": f"{STEM} no address"}).status_code == 422
    assert hal.post(f"{here}acts/file/", {**wanted, "email": f"{STEM}.mail@example.org"}).status_code == 302
    assert hal.post(f"/admin/dsr/inboundmail/{broken.pk}/acts/tie/", {"reference": STEM}).status_code == 422
    drain(timezone.now())
    tidying.purge(timezone.now() + timedelta(days=40))

    assert reply.state == MailState.DONE
    assert InboundMail.objects.exclude(purged_at=None).count() == 2
    assert watch.leaks() == []
