"""What was marked, as the packages understand it; and what no package can be without."""

import io
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Final

from dsr.connectors.base import Json
from dsr.models import Mark, MarkState, MarkWhat, Step, SubjectRequest
from dsr.packaging import builder
from dsr.packaging.parcel import HeldRows, Parcel, open_parcel
from dsr.packaging.redacting.finding import Finder, Term, squeezed
from dsr.packaging.redacting.leaks import leaks
from dsr.services import assembling
from dsr.services.storage import vault

MOST_VALUES: Final = 2000
"""How many different values one field may hold that is taken out of every record."""
LONG_ENOUGH: Final = 6
"""Letters and digits from which on what stood in a whole field is looked for everywhere else, too."""


def standing(request: SubjectRequest) -> list[Mark]:
    """Return the marks that count, the oldest first."""
    marks = list(request.marks.filter(state=MarkState.MARKED).select_related("step__system"))
    for mark in marks:
        mark.request = request
    return marks


@contextmanager
def opened(step: Step) -> Iterator[Parcel]:
    """Open what was found in one system."""
    with open_parcel(vault(), step.parcel, step.request.submission.data_key.key_bytes()) as parcel:
        yield parcel


def term(mark: Mark) -> Term:
    """Return what a marked text looks like."""
    return Term(str(mark.pk), mark.open("text"), mark.request.submission.country)


def values(parcel: Parcel, held: HeldRows, field: str, record: int | None) -> set[str]:
    """Return the texts and numbers that stand in a field, of one record or of all; at most one more than may be."""
    found: set[str] = set()
    for number, row in enumerate(parcel.records(held), start=1):
        if record in (None, number):
            found |= set(_leaves(row.get(field)))
            if len(found) > MOST_VALUES:
                break
    return found


def of_cells(marks: Iterable[Mark], parcels: dict[str, Parcel], shell: "Shell") -> list[Term]:
    """Return as terms what stands in whole fields that are taken out, where it is long enough to be told apart."""
    terms: dict[tuple[str, str], Term] = {}
    for mark in marks:
        parcel = parcels.get(mark.parcel)
        if mark.what != MarkWhat.FIELD or parcel is None:
            continue
        for held in parcel.rows:
            if held.dataset.name != mark.dataset:
                continue
            for text in values(parcel, held, mark.field, mark.record):
                if len(squeezed(text)) >= LONG_ENOUGH and not shell.holds(text):
                    terms[str(mark.pk), text] = Term(str(mark.pk), text, mark.request.submission.country)
    return list(terms.values())


def _leaves(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


class Shell:
    """The package of this request with nothing found in it: what everybody gets, and nothing can be taken out of."""

    def __init__(self, request: SubjectRequest, at: datetime) -> None:
        self._out = io.BytesIO()
        with ExitStack() as none:
            contents = assembling.contents_of(request, assembling.Basis((), ()), at, none)
            builder.build(contents, self._out)

    def holds(self, text: str) -> bool:
        """Whether a text stands in it, in whatever form."""
        return self.place(text) != ""

    def place(self, text: str, region: str = "") -> str:
        """Return where a text stands in it, "" where it does not."""
        finder = Finder([Term("", text, region)])
        found = next(leaks(self._out, finder), None) if finder else None
        return found.place if found else ""
