"""What was found, as staff look through it to mark what is about others. Each look is on record, with its reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

from dsr.models import Mark, MarkState, Step, SubjectRequest
from dsr.packaging.parcel import HeldFile, HeldRows
from dsr.packaging.text import words
from dsr.packaging.vault import Broken, Missing
from dsr.policies import Caller
from dsr.services._moves import holding
from dsr.services.redaction import terms
from dsr.services.revealing import check_can_reveal
from dsr.services.threads import keep_note

A_PAGE: Final = 20
_SHOWN: Final = 4000


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of record, or the files, of one system."""

    system: str
    system_name: str
    dataset: str
    title: str
    number: int
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its number, and name, title and value of each field."""

    number: int
    fields: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of the records of one kind, and the names of their fields."""

    shelf: Shelf
    records: tuple[Record, ...]
    fields: tuple[tuple[str, str], ...]
    page: int
    pages: int


def look(request_id: UUID, reason: str, *, by: Caller, at: datetime) -> None:
    """Put on record that somebody looks through what was found, and why. Raises NotAllowed, WrongState, Incomplete."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id)
        check_can_reveal(request, by, at)
        post = keep_note(case, request, reason, by, at)
        case.record("revealed", by=by, at=at, request=request, data={"fields": ["found"], "post": str(post.pk)})


def shelves(request: SubjectRequest) -> list[Shelf]:
    """Return what there is to look through, by system."""
    return [
        Shelf(
            step.system.key,
            step.system.name,
            held.dataset.name,
            held.dataset.title or held.dataset.name,
            held.rows,
            tuple(sorted(held.dataset.categories)),
        )
        for step, rows, _ in _parcels(request)
        for held in rows
        if held.rows
    ]


def files(request: SubjectRequest) -> list[tuple[Step, int, HeldFile]]:
    """Return every file that was found: the step, its number in it, and what it is."""
    return [(step, number, file) for step, _, found in _parcels(request) for number, file in enumerate(found, start=1)]


def sheet(request: SubjectRequest, system: str, dataset: str, page: int) -> Sheet | None:
    """Return one page of the records of a kind; None where nothing of it was found."""
    for step in _steps(request):
        if step.system.key != system:
            continue
        with terms.opened(step) as parcel:
            for held in parcel.rows:
                if held.dataset.name == dataset and held.rows:
                    pages = -(-held.rows // A_PAGE)
                    page = min(max(page, 1), pages)
                    titles = {each.name: each.title or each.name for each in held.dataset.fields}
                    start = (page - 1) * A_PAGE
                    records = islice(enumerate(parcel.records(held), start=1), start, start + A_PAGE)
                    shelf = Shelf(system, step.system.name, dataset, held.dataset.title or dataset, held.rows, ())
                    return Sheet(
                        shelf,
                        tuple(
                            Record(
                                number,
                                tuple(
                                    (name, titles.get(name, name), words(value)[:_SHOWN])
                                    for name, value in record.items()
                                ),
                            )
                            for number, record in records
                        ),
                        tuple((name, titles.get(name, name)) for name in held.types),
                        page,
                        pages,
                    )
    return None


def marks(request: SubjectRequest) -> list[Mark]:
    """Return the marks of a request that count or are proposed, the oldest first, with who made and who saw them."""
    rows = request.marks.filter(state__in=(MarkState.MARKED, MarkState.PROPOSED))
    found = list(rows.select_related("step__system", "by", "looked_by"))
    for row in found:
        row.request = request
    return found


def _steps(request: SubjectRequest) -> list[Step]:
    steps = list(request.steps.exclude(parcel="").select_related("system").order_by("system__key"))
    for step in steps:
        step.request = request
    return steps


def _parcels(request: SubjectRequest) -> Iterator[tuple[Step, tuple[HeldRows, ...], tuple[HeldFile, ...]]]:
    for step in _steps(request):
        try:
            with terms.opened(step) as parcel:
                yield step, parcel.rows, parcel.files
        except (Missing, Broken):
            continue
