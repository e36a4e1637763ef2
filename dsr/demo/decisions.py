"""What the demonstration begins with about decisions of machines: a suspended account, and who may review it."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User

from dsr.demo.people import ADA_EMAIL
from dsr.demo.places import Places
from dsr.demo.suspensions import DECISION, PATH, Suspensions
from dsr.models import AutomatedDecision, DecisionKind, LegalBasis, Reviewer
from dsr.services.reviews import recording

SYSTEM = "accounts"
_TRAINED = timedelta(days=120)
_REVIEWERS = ("vera", "dora")


def tell(places: Places, port: int, at: datetime) -> None:
    """Suspend Ada's account, tell the decision, and enter the reviewers, as far as that is missing."""
    Suspensions(places.suspensions).suspend(DECISION, ADA_EMAIL)
    for user in User.objects.filter(username__in=_REVIEWERS):
        row = {"trained_on": (at - _TRAINED).date(), "kinds": list(DecisionKind.values), "line": "privacy"}
        Reviewer.objects.get_or_create(user=user, defaults=row)
    if AutomatedDecision.objects.filter(system=SYSTEM, reference=DECISION).exists():
        return
    robot, _made = User.objects.get_or_create(username="accounts-system", defaults={"is_active": True})
    decided = at - timedelta(days=2)
    recording.record(
        recording.Told(
            system=SYSTEM,
            reference=DECISION,
            kind=DecisionKind.ACCOUNT_SUSPENSION,
            decided_at=decided,
            who={"email": [ADA_EMAIL]},
            output="The score for misuse is above the limit.",
            effect="The account is suspended; nobody can sign in or send messages.",
            legal_basis=LegalBasis.CONTRACT,
            rule_version="misuse-7.2",
            inputs={"messages_an_hour": 4100, "countries_a_day": 3, "complaints": 0, "device_farm_match": False},
            score=0.91,
            threshold=0.85,
            notice_at=decided,
            notice_version="suspended-3",
            notice_reasons="We saw signs of misuse and suspended the account.",
            fraud_signals=("device_farm_match",),
            involved=("lena",),
            line=("fraud",),
            confirm_url=f"http://127.0.0.1:{port}{PATH}",
            confirm_secret=places.decisions_secret(),
        ),
        by=robot,
        at=at,
    )
