"""Where else somebody can turn: the ladder of the notice a case is pinned to, and the authorities of its laws."""

from collections.abc import Collection

from dsr import reckoning
from dsr.deadlines import local_date
from dsr.models import SubjectRequest, Submission
from dsr.rules import routes
from dsr.rules.routes import Route


def ladder(submission: Submission, right: str, tried: Collection[str] = ()) -> tuple[Route, ...]:
    """Return what is left to somebody once we have answered and ``tried`` were, nearest first."""
    rules, received = reckoning.rules_of(submission), local_date(submission.received_at, submission.zone)
    named = [rules.regime(name, received) for name in submission.regimes]
    return routes.ladder(
        reckoning.notice_of(submission),
        [law for law in named if law.kind in ("law", "framework")],
        right,
        (submission.country, submission.region),
        {*routes.OURSELVES, *tried},
        submission.language,
    )


def tried(request: SubjectRequest) -> set[str]:
    """Return where a complaint was taken already, by the ids of the ladder."""
    return set()


def lines(request: SubjectRequest) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the next step, and what comes after or beside it, as lines of a letter."""
    found = ladder(request.submission, reckoning.right_of(request), tried(request))
    nearest = routes.next_step(found)
    return tuple(route.line() for route in nearest), tuple(route.line() for route in found if route not in nearest)
