"""Reads about cases of authorities: the list by their days, and one with what belongs to it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from dsr import caselife
from dsr.caselife import CaseState
from dsr.deadlines import day_ends
from dsr.models import AuthorityCase, CaseEntry, CaseLink, CaseMeasure

Position = tuple[date, UUID]
"""The day and the id after which a page begins."""


@dataclass(frozen=True, slots=True)
class CaseInFull:
    """One case with whom it is about and what was ordered."""

    case: AuthorityCase
    links: list[CaseLink]
    measures: list[CaseMeasure]


def rows(states: Collection[CaseState] = caselife.OPEN) -> QuerySet[AuthorityCase]:
    """Return the cases in some states, what is due first at the front."""
    people = ("owner", "prepared_by", "approved_by", "entered_by")
    wanted = AuthorityCase.objects.select_related("data_key", *people)
    if set(states) == caselife.OPEN:  # said so that the index of open ones serves
        wanted = wanted.exclude(state=str(CaseState.CLOSED))
    else:
        wanted = wanted.filter(state__in=[str(each) for each in states])
    return wanted.order_by("due_on", "id")


def page(states: Collection[CaseState], after: Position | None, limit: int) -> list[AuthorityCase]:
    """Return one page of the list and one row more, where there is more."""
    wanted = rows(states)
    if after is not None:
        day, pk = after
        wanted = wanted.filter(Q(due_on__gt=day) | Q(due_on=day, pk__gt=pk))
    return list(wanted[: limit + 1])


def find(case_id: UUID) -> AuthorityCase | None:
    """Return one case with those who worked on it."""
    return rows(frozenset(CaseState)).filter(pk=case_id).first()


def load(case: AuthorityCase) -> CaseInFull:
    """Return what belongs to a case."""
    links = list(case.links.select_related("submission", "request").order_by("at", "id"))
    measures = list(case.measures.select_related("owner", "done_by").order_by("number"))
    for measure in measures:
        measure.case = case
    return CaseInFull(case, links, measures)


def entries(case: AuthorityCase, after: int = 0, limit: int | None = None) -> list[CaseEntry]:
    """Return the history of a case from a line on."""
    found = list(case.entries.filter(seq__gt=after).order_by("seq")[:limit])
    for entry in found:
        entry.case = case
    return found


def is_overdue(case: AuthorityCase, at: datetime) -> bool:
    """Whether the authority should have been answered by now."""
    return CaseState(case.state) in caselife.WAITING and day_ends(case.due_on, case.zone) <= at
