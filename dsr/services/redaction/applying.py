"""Building an answer without what was marked, and proving on the finished file that it is without it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from dsr.models import Mark, MarkKind, MarkWhat, Package, Step, SubjectRequest
from dsr.packaging import contents as parts
from dsr.packaging.parcel import Parcel, open_parcel
from dsr.packaging.redacting.finding import Finder
from dsr.packaging.redacting.leaks import Leak, leaks
from dsr.packaging.redacting.parcels import Blackened, Blackening, Cell, redact_parcel
from dsr.packaging.redacting.reading import SealedFile
from dsr.rules import pack
from dsr.services.redaction import marking, terms
from dsr.services.storage import vault
from notifications.ids import uuid7

UNREADABLE = "unreadable"


class Leaked(Exception):
    """Something that was taken out stands in the finished package. ``places`` say where, and never what."""

    def __init__(self, places: tuple[Leak, ...]) -> None:
        super().__init__(f"{len(places)} places")
        self.places = places


@dataclass(slots=True)
class Redacted:
    """An answer without what was marked, ready to be built."""

    contents: parts.PackageContents
    finder: Finder
    passed: tuple[str, ...] = ()
    """Names of files that go as they are."""
    taken: dict[tuple[UUID, str], tuple[int, str]] = field(default_factory=dict)
    """System and data category to the number of records that hold less than was found, and the ground."""


def redacted(
    request: SubjectRequest, contents: parts.PackageContents, steps: tuple[Step, ...], at: datetime, parcels: ExitStack
) -> Redacted:
    """Return the contents without what was marked; copies made for that go when ``parcels`` closes."""
    return _Making(request, contents, steps, at, parcels).made()


def prove(package: Package, made: Redacted) -> None:
    """Read the finished package and look for what was taken out. Raises Leaked where something still stands in it."""
    reading = vault().reader(package.vault_name, package.request.submission.data_key.key_bytes())
    with SealedFile(reading) as file:
        found = tuple(leaks(file, made.finder, passed=made.passed))
    if found:
        raise Leaked(found)


def sentences(places: tuple[Leak, ...]) -> str:
    """Return for staff where something still stands, without saying what."""
    said = {
        "name": _("in the name of the file %(place)s"),
        "contents": _("in the file %(place)s"),
        "unreadable": _("perhaps in the file %(place)s, which could not be read again"),
    }
    lines = [said[each.what] % {"place": each.place} for each in places[:20]]
    first = _("The answer was built and not released, as something that was marked still stood in it:")
    last = _("Mark it there, too, or hold the data category back, and propose the answer again.")
    return "\n".join([first, *(f"- {line}" for line in lines), last])


class _Making:
    def __init__(
        self,
        request: SubjectRequest,
        contents: parts.PackageContents,
        steps: tuple[Step, ...],
        at: datetime,
        parcels: ExitStack,
    ) -> None:
        self._request, self._contents, self._steps = request, contents, steps
        self._at, self._stack = at, parcels
        self._marks = {str(mark.pk): mark for mark in terms.standing(request)}
        self._key = request.submission.data_key.key_bytes()
        self._places: Counter[str] = Counter()
        self._unreadable = 0
        self._passed: list[str] = []

    def made(self) -> Redacted:
        """Do it."""
        marks = list(self._marks.values())
        systems = self._contents.systems
        pairs = list(zip(self._steps, systems, strict=True))
        found = {step.parcel: part.parcel for step, part in pairs if part.parcel is not None}
        known = [terms.term(mark) for mark in marks if mark.what == MarkWhat.TEXT]
        if any(mark.what == MarkWhat.FIELD for mark in marks):
            known += terms.of_cells(marks, found, terms.Shell(self._request, self._at))
        finder = Finder(known)
        made = Redacted(self._contents, finder)
        new = [self._part(step, part, finder, made) for step, part in pairs]
        made.passed = tuple(finder.blacken(name)[0] for name in self._passed)
        withheld = tuple(replace(each, reason=finder.blacken(each.reason)[0]) for each in self._contents.withheld)
        with translation.override(self._contents.language):
            removed = tuple(self._removed(finder))
        made.contents = replace(self._contents, systems=tuple(new), withheld=withheld, removed=removed)
        return made

    def _part(self, step: Step, part: parts.SystemPart, finder: Finder, made: Redacted) -> parts.SystemPart:
        part = replace(part, note=finder.blacken(part.note)[0])
        if part.parcel is None:
            return part
        how = self._how(step, finder)
        self._passed += [part.parcel.files[number - 1].name for number in how.passed]
        name = f"parcels/{step.pk}/{uuid7(self._at)}"
        self._stack.callback(vault().delete, name)
        done = redact_parcel(part.parcel, how, vault(), name, self._key)
        self._count(step, done, made)
        parcel: Parcel = self._stack.enter_context(open_parcel(vault(), name, self._key))
        return replace(part, parcel=parcel)

    def _how(self, step: Step, finder: Finder) -> Blackening:
        mine = {
            key: mark for key, mark in self._marks.items() if mark.step_id == step.pk and mark.parcel == step.parcel
        }
        return Blackening(
            finder,
            cells={
                Cell(mark.dataset, mark.field, mark.record): key
                for key, mark in mine.items()
                if mark.what == MarkWhat.FIELD
            },
            left_out={mark.file: key for key, mark in mine.items() if mark.what == MarkWhat.FILE and mark.file},
            passed=[mark.file for mark in mine.values() if mark.what == MarkWhat.PASS and mark.file],
        )

    def _count(self, step: Step, done: Blackened, made: Redacted) -> None:
        self._places.update(done.places)
        self._unreadable += done.unreadable.total()
        ground = self._ground()
        for category, number in (done.touched + done.unreadable).items():
            made.taken[step.system_id, category] = (number, ground)

    def _ground(self) -> str:
        """Return the ground of most marks: a line of the ledger has one."""
        grounds = Counter(mark.ground for mark in self._marks.values())
        return grounds.most_common(1)[0][0] if grounds else marking.OTHERS

    def _removed(self, finder: Finder) -> Iterator[parts.Removed]:
        groups: dict[tuple[str, str], list[Mark]] = {}
        for key, mark in self._marks.items():
            if self._places[key]:
                groups.setdefault((mark.kind, mark.ground), []).append(mark)
        for (kind, ground), marks in groups.items():
            places = sum(self._places[str(mark.pk)] for mark in marks)
            reasons = dict.fromkeys(mark.open("reason") for mark in marks)
            yield self._said(str(MarkKind(kind).label), places, ground, finder.blacken(" ".join(reasons))[0])
        if self._unreadable:
            reason = _("No program can read it, so we cannot be sure that nothing about others is in it.")
            yield self._said(_("a file that was left out whole"), self._unreadable, marking.OTHERS, reason)

    def _said(self, kind: str, places: int, ground: str, reason: str) -> parts.Removed:
        row = pack().refusal(ground)
        language = self._contents.language
        plain = f"{row.wording('plain', language)} {reason}".strip()
        return parts.Removed(kind=kind, places=places, ground=row.wording("title", language), reason=plain)


def facts(places: tuple[Leak, ...]) -> Mapping[str, Any]:
    """Return what the history says of a leak: how many places there are, and nothing of what stands there."""
    return {"places": len(places), "kinds": sorted({each.what for each in places})}
