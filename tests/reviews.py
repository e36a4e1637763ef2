"""Reviews of automated decisions by living through them: what a system told, and who reviews it.

Rita reviews, Ralf reviews a second time. Both are trained, may change everything and stand in no line.
"""

from datetime import date, datetime
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import User

from dsr.models import AutomatedDecision, DecisionKind, Review, Reviewer, SubjectRequest
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import intake
from dsr.services.reviews import concluding, recording, working
from tests import builders
from tests.clock import Clock

SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"
WRONG = "I travelled, and paid from abroad. Nobody stole my card."
REASONS = (
    "The system saw a payment from another country and three calls at night. The travel booking and the roaming record "
    "show that the holder of the account was there herself, so neither is a sign that somebody else used it."
)
PLAIN = (
    "You were abroad and used your own account. The system took that for somebody else. We have looked at your booking "
    "and the calls of these days, and they fit what you told us."
)
ALTERNATIVES = "A limit on payments from abroad was considered. It would punish travelling."
RIGHT = "The rule is made for this very pattern, and nothing else explains it."


def robot() -> User:
    """The account of the deciding system."""
    return User.objects.get_or_create(username="robot", defaults={"email": "robot@staff.example.org"})[0]


def told(at: datetime, **changes: Any) -> recording.Told:
    """Return what the accounts system tells of Ada's suspension."""
    values: dict[str, Any] = {
        "system": "accounts",
        "reference": "SUS-1",
        "kind": DecisionKind.ACCOUNT_SUSPENSION,
        "decided_at": at,
        "who": {"email": [builders.ADA]},
        "output": "fraud score above the limit",
        "effect": "The account is suspended; nobody can sign in.",
        "legal_basis": "contract",
        "rule_version": "fraud-7.2",
        "inputs": {"payments_abroad": 3, "night_calls": 3, "device_farm_match": True},
        "score": 0.93,
        "threshold": 0.8,
        "notice_at": at,
        "notice_version": "suspended-3",
        "notice_reasons": "We saw signs of misuse.",
        "fraud_signals": ["device_farm_match"],
        "involved": ["fred"],
        "line": ["fraud"],
        "owner_email": "owner@accounts.example.org",
    }
    return recording.Told(**{**values, **changes})


def decision(at: datetime, **changes: Any) -> AutomatedDecision:
    """The accounts system tells a decision."""
    return recording.record(told(at, **changes), by=robot(), at=at)[0]


def reviewer(name: str = "rita", **changes: Any) -> Caller:
    """Return somebody who may review, but for what is changed about them."""
    user = builders.staff(name, "work_requests")
    values = {"trained_on": date(2026, 1, 10), "kinds": list(DecisionKind.values), "line": "privacy"}
    Reviewer.objects.update_or_create(user=user, defaults={**values, **changes})
    return Caller.of_user(user, "admin")


def filed(at: datetime, **details: str) -> SubjectRequest:
    """Ada asks for a review and shows that she reads her mail."""
    given = {"decision_kind": "account_suspension", "decision_wrong": WRONG, **details}
    want = intake.Want(Right.AUTOMATED_DECISION_REVIEW, {name: text for name, text in given.items() if text})
    return builders.in_review(Right.AUTOMATED_DECISION_REVIEW, at=at, wants=(want,))


def taken(at: datetime, by: Caller | None = None, **changes: Any) -> SubjectRequest:
    """A review that Rita has taken."""
    found, request = decision(at, **changes), filed(at)
    working.link(request.pk, found.pk, by=builders.hal(), at=at)
    return working.take(request.pk, by=by or reviewer(), at=at)


def worked(at: datetime, by: Caller | None = None, **changes: Any) -> SubjectRequest:
    """A review whose record is whole."""
    by = by or reviewer()
    return work(taken(at, by, **changes), by, at)


def work(request: SubjectRequest, by: Caller, at: datetime) -> SubjectRequest:
    """Do everything that a reviewer has to do before deciding."""
    for material in ("decision", "inputs", "representations"):
        working.open_material(request.pk, material, by=by, at=at)
    working.weigh(request.pk, "The booking, and the roaming records of these days.", by=by, at=at)
    working.raise_point(request.pk, "She travelled.", by=by, at=at)
    for number in open_points(request):
        working.answer_point(request.pk, number, "The roaming record shows it.", by=by, at=at)
    return working.ease(request.pk, "limited_access", "She can read, not call.", by=by, at=at)


def open_points(request: SubjectRequest) -> list[int]:
    """Return the numbers of the points that wait for an answer."""
    review = Review.objects.filter(request=request).latest("number")
    return list(review.points.filter(answered_at=None).values_list("number", flat=True))


def conclusion(**changes: Any) -> concluding.Conclusion:
    """Return reasons that will do."""
    values = {"reasons": REASONS, "alternatives": ALTERNATIVES, "plain": PLAIN, "why_right": RIGHT}
    return concluding.Conclusion(**{**values, **changes})


def changed(at: datetime, by: Caller | None = None, **changes: Any) -> SubjectRequest:
    """A review after which the decision is to be changed."""
    by = by or reviewer()
    request = worked(at, by, **changes)
    found = conclusion(verdict="overturned", change="Lift the suspension.")
    return concluding.overturn(request.pk, found, by=by, at=at)


def upheld(request: SubjectRequest, by: Caller, at: datetime) -> SubjectRequest:
    """What somebody reviewed, with reasons of their own, and let stand."""
    work(request, by, at)
    return concluding.uphold(request.pk, conclusion(reasons=f"{uuid4()} {REASONS}"), by=by, at=at)


def twice(clock: Clock) -> SubjectRequest:
    """A decision that Rita and then Ralf let stand."""
    rita, ralf = reviewer("rita"), reviewer("ralf")
    request = upheld(taken(clock(), rita), rita, clock.tick())
    concluding.again(request.pk, by=Caller.person(), at=clock.tick())
    working.take(request.pk, by=ralf, at=clock.tick())
    return builders.again(upheld(request, ralf, clock.tick()))
