"""What happens at once when a child's account is reported: leads are alerted, and the hour of the answer is set."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import override

from dsr.models import Deadline, DeadlineKind, SubjectRequest, Submission
from dsr.rights import Right
from dsr.rules import pack
from dsr.rules.schema.ladder import Shelter
from dsr.services import colleagues, letters, links, telling
from dsr.services.doorbell import Bell, ring
from notifications import outbox
from notifications.models import Message

_LEADS, _INSTEAD = "dsr.lead_requests", "dsr.approve_requests"


def rules() -> Shelter:
    """Return how reports are dealt with, by the rules in force."""
    found = pack().ladder.shelter
    assert found is not None, "the rules in force say how a report of a child's account is dealt with"
    return found


def answer_hour(request: SubjectRequest, at: datetime) -> Deadline:
    """Return an unsaved row for the hour at which whoever reports is answered. It does not hang on what is found."""
    due = at + timedelta(hours=rules().tell_hours)
    return Deadline(submission=request.submission, request=request, kind=DeadlineKind.ACT, due_at=due)


def alerts(submission: Submission, requests: Iterable[SubjectRequest], at: datetime) -> list[Message]:
    """Return unsaved letters to those who lead, or who approve where nobody leads; none where no child is reported."""
    found = next((request for request in requests if request.right == Right.CHILD_ACCOUNT), None)
    if found is None:
        return []
    people = colleagues.with_permission(_LEADS) or colleagues.with_permission(_INSTEAD)
    with override(settings.LANGUAGE_CODE):
        letter = letters.ChildReported(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            hours=rules().target_hours,
            link=links.console(found.pk),
        )
    messages = [
        outbox.compose(
            letter,
            to=user.email,
            language=settings.LANGUAGE_CODE,
            data_key=submission.data_key,
            about=submission.pk,
            at=at,
            dedupe=f"child:{found.pk}:{user.pk}",
        )
        for user in people
    ]
    for message in messages:
        ring(Bell.MESSAGE, str(message.pk))
    return messages
