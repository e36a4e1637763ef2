"""Complaints and appeals as they are lived through: Ines looks into them, Vera gives the answer."""

from datetime import datetime, timedelta
from typing import Any

from dsr.lifecycle import State
from dsr.models import SubjectRequest
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import intake
from dsr.services.complaints import answering, appeals, looking
from dsr.services.complaints import outside as outside_bodies
from tests import builders

REASON = "We looked at every mail that was sent to you in May and found two that should not have gone."
ANSWER = "You had asked us to stop in April, and a list was not brought up to date for three weeks."
WHY = "The ground that was given does not cover the messages that she herself had written to the desk."


def ines(via: str = "admin") -> Caller:
    """Ines looks into complaints, and has no part in anything else."""
    return Caller.of_user(builders.staff("ines", "work_requests", "reveal_personal"), via)


def olga(via: str = "admin") -> Caller:
    """Olga approves, and had no part in anything yet."""
    return Caller.of_user(builders.staff("olga", "work_requests", "approve_requests", "reveal_personal"), via)


def complained(
    at: datetime, right: Right = Right.COMPLAINT, details: dict[str, str] | None = None, **changes: Any
) -> SubjectRequest:
    """A complaint that Ada made."""
    said = {**builders.DETAILS[right], **(details or {})}
    filing = builders.filing(right, wants=(intake.Want(right, said),), **changes)
    return builders.only(intake.file(filing, by=Caller.person(), at=at).submission)


def finding(**changes: str) -> looking.Found:
    """What Ines found about one point."""
    said = {
        "point": "Mails came although they were not wanted.",
        "verdict": "justified",
        "facts": "The list of the campaign in May is from March.",
        "measure": "The promise of three days for ending marketing.",
        "reason": REASON,
    }
    return looking.Found(**{**said, **changes})


def looked_into(request: SubjectRequest, at: datetime, *findings: looking.Found) -> SubjectRequest:
    """A complaint about which Ines found out what there is."""
    looking.take(request.pk, by=ines(), at=at)
    for number, found in enumerate(findings or (finding(),), start=1):
        looking.add_finding(request.pk, found, by=ines(), at=at + timedelta(seconds=number))
    return builders.again(request)


def proposed(request: SubjectRequest, at: datetime, *findings: looking.Found) -> SubjectRequest:
    """A complaint to which Ines proposes an answer."""
    looked_into(request, at, *findings)
    answering.propose(request.pk, ANSWER, by=ines(), at=at + timedelta(minutes=1))
    return builders.again(request)


def answered(request: SubjectRequest, at: datetime, *findings: looking.Found) -> SubjectRequest:
    """A complaint that Vera answered as Ines proposed."""
    proposed(request, at, *findings)
    answering.answer(request.pk, by=builders.vera(), at=at + timedelta(minutes=2))
    return builders.again(request)


def refused(
    at: datetime, right: Right = Right.ACCESS, ground: str = "abuse_of_right", **changes: Any
) -> SubjectRequest:
    """A request that Hal proposed to refuse and Dora refused."""
    request = builders.in_review(right, at=at, **changes)
    return builders.again(builders.refused(request, at, ground, reason="It has to be so."))


def appealed(parent: SubjectRequest, at: datetime, by: Caller | None = None) -> SubjectRequest:
    """The appeal that Ada makes against what was decided."""
    appeals.file(parent.pk, "My own messages were left out.", by=by or Caller.person(), at=at)
    found = parent.contested.exclude(state=State.CLOSED).get()
    return builders.again(found)


def decided(appeal: SubjectRequest, at: datetime, decision: str = "overturned") -> SubjectRequest:
    """An appeal that Ines and Olga decide."""
    appeals.propose(appeal.pk, decision, WHY, by=ines(), at=at)
    appeals.decide(appeal.pk, by=olga(), at=at + timedelta(minutes=1))
    return builders.again(appeal)


def outside(
    request: SubjectRequest, at: datetime, body: str = "jams", by: Caller | None = None, **changes: Any
) -> SubjectRequest:
    """A complaint of which JAMS wrote that it has it; Hal works on it."""
    builders.hal()
    said = {"body": body, "received_on": at.date(), "owner": "hal", "reference": "JAMS 4711", **changes}
    outside_bodies.note(request.pk, outside_bodies.Taken(**said), by=by or ines(), at=at)
    return builders.again(request)


def ended(request: SubjectRequest, at: datetime, number: int = 1, **changes: Any) -> SubjectRequest:
    """A complaint of which an outside body has said what came of it."""
    said = {"result": "against", "ended_on": at.date(), "text": "It saw no breach.", **changes}
    outside_bodies.end(request.pk, number, outside_bodies.Ended(**said), by=ines(), at=at)
    return builders.again(request)
