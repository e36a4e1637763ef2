"""Two colleagues send the same request elsewhere at once: one line, one letter, one message to the other side."""

from functools import partial

import pytest
from django.utils import timezone

from dsr.errors import RecourseError
from dsr.models import Agreed, Event, Referral
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import chasing, review
from dsr.services.referring import Elsewhere
from notifications.models import Message
from tests import builders
from tests.together import together
from tests.unit.rules.packs import DEMO

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
WHERE = Elsewhere(door="lumen_mail", pass_on=True, agreed=Agreed.SAID)


@pytest.fixture(autouse=True)
def directory(settings):
    settings.RULES_DIR = DEMO


def test_of_two_who_send_it_elsewhere_at_once_one_does():
    at = timezone.now()
    filed = builders.file(Right.COMPLAINT, at=at)
    [request] = filed.requests

    def send(by: Caller) -> str:
        try:
            review.redirect(request.pk, "That is theirs.", WHERE, by=by, at=at)
        except RecourseError as error:
            return error.code
        return "sent"

    found = together([partial(send, by) for by in (builders.vera(), builders.dora())])

    assert sorted(map(str, found)) == ["sent", "wrong-state"]
    assert Referral.objects.count() == 1
    assert Event.objects.filter(request=request, verb="redirect").count() == 1
    assert Message.objects.filter(kind="routed").count() == 1
    assert Message.objects.filter(kind="passed_on").count() == 1


def test_of_two_who_send_part_there_at_once_one_does():
    at = timezone.now()
    [request] = builders.file(Right.COMPLAINT, at=at).requests

    def send(by: Caller) -> str:
        try:
            review.refer(request.pk, WHERE, by=by, at=at)
        except RecourseError as error:
            return ",".join(getattr(error, "problems", {})) or error.code
        return "sent"

    found = together([partial(send, by) for by in (builders.hal(), builders.vera())])

    assert sorted(map(str, found)) == ["door", "sent"]
    assert Referral.objects.count() == 1


def test_of_many_sweepers_one_asks_again():
    at = timezone.now()
    [request] = builders.file(Right.COMPLAINT, at=at).requests
    review.refer(request.pk, WHERE, by=builders.hal(), at=at)
    row = Referral.objects.get()
    assert row.remind_at is not None

    together([partial(chasing.remind, row.pk, request.pk, row.remind_at) for _ in range(4)])

    row.refresh_from_db()
    assert row.reminders == 1
    assert Message.objects.filter(kind="passed_on").count() == 2
