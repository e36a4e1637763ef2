"""Where else somebody can turn: the ladder of the notice a case is pinned to, and the authorities of its laws."""

from collections.abc import Collection, Iterable

from dsr import reckoning
from dsr.deadlines import local_date
from dsr.lifecycle import COMPLAINTS
from dsr.models import OutsideReference, SubjectRequest, Submission
from dsr.rules import routes
from dsr.rules.routes import Route


def ladder(
    submission: Submission, right: str, tried: Collection[str] = (), ours: Collection[str] = routes.OURSELVES
) -> tuple[Route, ...]:
    """Return what is left to somebody once we, ``ours``, have answered and ``tried`` were, nearest first."""
    rules, received = reckoning.rules_of(submission), local_date(submission.received_at, submission.zone)
    named = [rules.regime(name, received) for name in submission.regimes]
    return routes.ladder(
        reckoning.notice_of(submission),
        [law for law in named if law.kind in ("law", "framework")],
        right,
        (submission.country, submission.region),
        {*ours, *tried},
        submission.language,
    )


def outside(request: SubjectRequest) -> list[OutsideReference]:
    """Return where a complaint went, or the complaint that an appeal is about."""
    if request.right not in COMPLAINTS and request.about_id is None:
        return []
    matter = [pk for pk in (request.pk, request.about_id) if pk is not None]
    return list(
        OutsideReference.objects.filter(request__in=matter).select_related("owner").order_by("request", "number")
    )


def left(request: SubjectRequest, been: Iterable[OutsideReference]) -> tuple[Route, ...]:
    """Return what is left to somebody after the outside bodies where the matter has ``been``.

    Where it still is, nobody is sent again; but only what is over there opens what comes after.
    """
    been = list(been)
    tried = {row.body for row in been if row.ended_on is not None}
    found = ladder(request.submission, reckoning.right_of(request), tried)
    still = {row.body for row in been} - tried
    return tuple(route for route in found if route.id not in still)


def lines(request: SubjectRequest) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the next step, and what comes after or beside it, as lines of a letter."""
    found = left(request, outside(request))
    nearest = routes.next_step(found)
    return tuple(route.line() for route in nearest), tuple(route.line() for route in found if route not in nearest)
