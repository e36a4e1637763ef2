"""From parsed files to a ``RulePack``: every table typed, every reference followed, every worked case tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any, TypeVar

from dsr.rules import checks, keeping, vectors
from dsr.rules.checks import Home
from dsr.rules.files import SHIPPED, VECTORS, Document, Files, Findings, read
from dsr.rules.inheriting import KEYS, Follows, amiss, inherited
from dsr.rules.places import Area
from dsr.rules.problems import RulesBroken
from dsr.rules.rulepack import RulePack
from dsr.rules.schema.base import Many, Row, Slug
from dsr.rules.schema.calendar import CalendarFile
from dsr.rules.schema.ladder import Ladder
from dsr.rules.schema.notice import Notice
from dsr.rules.schema.phrases import PhraseFile
from dsr.rules.schema.refusal import Refusal, RefusalFile
from dsr.rules.schema.regime import Regime, VectorFile
from dsr.rules.schema.retention import RetentionFile, Schedule

_DEPTHS = {
    **dict.fromkeys(("calendars", "ladder", "phrases", "refusals", "retention"), (1,)),
    "regimes": (2,),
    "notices": (2, 3),
}
_ADDED_TO = frozenset({"doors"})
"""Lists to which another file of the same folder may add, so that who adds need not copy what is there."""
Single = TypeVar("Single", bound=Row)


class ServiceFile(Row):
    """service.toml: whose notice is meant where nobody says."""

    organisation: Slug


class AreaFile(Row):
    """areas.toml."""

    areas: Many[Area]


def build(files: Files, *, tried: bool = True) -> RulePack:
    """The pack that ``files`` make; unless ``tried``, without worked cases. Raises RulesBroken with every mistake."""
    reader = Reader(files, Findings(files.problems), tried)
    made = reader.pack()
    if made is None or reader.findings.problems:
        raise RulesBroken(reader.findings.problems)
    return made


@cache
def shipped_ladder() -> Ladder:
    """The ladder that ships, read once. Raises ValueError where it is not one, which the shipped rules never are."""
    parts = read(SHIPPED).under("ladder")
    return Ladder.model_validate({key: value for _, document in parts for key, value in document.items()})


@cache
def shipped_retention() -> tuple[RetentionFile, ...]:
    """The retention schedule that ships, file by file, read once. Raises ValueError as ``shipped_ladder`` does."""
    return tuple(RetentionFile.model_validate(document) for _, document in read(SHIPPED).under("retention"))


@dataclass
class Reader:
    """One reading of one set of files. What an early step cannot make sense of, the later ones do without."""

    files: Files
    findings: Findings
    tried: bool = True

    def pack(self) -> RulePack | None:
        """The pack, or None where a file is missing that everything hangs on; ``findings`` holds the mistakes."""
        self._strays()
        regimes = self._regimes()
        known = checks.Known([a.id for a in self.areas], self.calendars, [row.id for _, row in regimes])
        for home, table in regimes:
            wrong = list(checks.regime(table, home, known))
            self.findings.problems += wrong
            if self.tried and not wrong:
                self._try(table, home)
        self._windows(regimes)
        notices = self._notices()
        for home, notice in notices:
            self.findings.problems += checks.notice(notice, home, known)
        refusals = self._refusals(known)
        service = self._single(ServiceFile, "service.toml")
        if service is None:
            return None
        people = {row.id for _, notice in notices if notice.id == service.organisation for row in notice.relationships}
        ladder = self._ladder(people, known)
        if ladder is None:
            return None
        retention = self._retention([notice for _, notice in notices], refusals, known)
        if service.organisation not in {notice.id for _, notice in notices}:
            self._wrong("service.toml", "organisation", f"there is no notice of {service.organisation!r}")
        return RulePack(
            version=self.files.digest,
            organisation=service.organisation,
            areas={area.id: area for area in self.areas},
            calendars={name: row.working for name, row in self.calendars.items()},
            notices=tuple(sorted((n for _, n in notices), key=lambda n: (n.id, n.version))),
            regimes=tuple(sorted((r for _, r in regimes), key=lambda r: (r.id, r.window.opens))),
            refusals={row.id: row for row in refusals},
            ladder=ladder,
            retention=retention,
            phrases=self._phrases(),
        )

    @cached_property
    def areas(self) -> Sequence[Area]:
        """The areas of the world that places in other files may name."""
        table = self._single(AreaFile, "areas.toml")
        rows = table.areas if table else ()
        self.findings.problems += checks.areas(rows, "areas.toml")
        return rows

    @cached_property
    def calendars(self) -> Mapping[str, CalendarFile]:
        """The holiday tables by id."""
        found = {}
        for path, document in self.files.under("calendars"):
            table = self.findings.table(CalendarFile, document, path)
            if table and self._same(path, "id", table.id, PurePosixPath(path).stem):
                found[table.id] = table
        return found

    def _strays(self) -> None:
        """A file in no place that means anything is a mistake: a rule that nobody reads protects nobody."""
        for path in self.files.documents:
            folder, *rest = path.split("/")
            if path not in ("service.toml", "areas.toml") and len(rest) not in _DEPTHS.get(folder, ()):
                self._wrong(path, "", "does not belong here: nothing would ever read it")

    def _regimes(self) -> list[tuple[Home, Regime]]:
        found = []
        for path, document in self.files.under("regimes"):
            if path.endswith(VECTORS) or len(path.split("/")) != 3:
                continue
            document = self._inherited(path, document)
            calendar = self.calendars.get(str(document.get("calendar")))
            if calendar is None and "calendar" in document:
                self._wrong(path, "calendar", f"there is no {document['calendar']!r} among calendars")
                continue
            injected = {"working": calendar.working} if calendar else {}
            table = self.findings.table(Regime, document, path, injected=injected)
            if table:
                _, folder, file = path.split("/")
                self._same(path, "id", table.id, folder)
                self._same(path, "window.from", table.window.opens.isoformat(), file.removesuffix(".toml"))
                found.append((Home(path), table))
        return found

    def _inherited(self, path: str, document: Document) -> Document:
        """A regime with what it leaves to the one that it names as its ``model``."""
        if "model" not in document:
            return document
        own = {key: value for key, value in document.items() if key not in KEYS}
        how = self.findings.table(Follows, {key: document[key] for key in KEYS if key in document}, path)
        if how is None:
            return own
        found = self._models.get(how.model)
        if found is None:
            self._wrong(path, "model", f"there is no regime {how.model!r} to follow")
            return own
        for key, message in amiss(found, how):
            self._wrong(path, key, message)
        return inherited(found, own, how)

    @cached_property
    def _models(self) -> Mapping[str, Document]:
        """The newest row of each regime that is not itself modelled on another."""
        rows = sorted((path, doc) for path, doc in self.files.under("regimes") if not path.endswith(VECTORS))
        return {path.split("/")[1]: doc for path, doc in rows if "model" not in doc}

    def _try(self, regime: Regime, home: Home) -> None:
        """Run the worked cases beside a regime."""
        path = home.file.removesuffix(".toml") + VECTORS
        document = self.files.documents.get(path)
        if document is None:
            self._wrong(home.file, "", f"has no worked cases; write some in {path}")
            return
        table = self.findings.table(VectorFile, document, path)
        if table:
            self.findings.problems += vectors.failures(regime, table.vectors, path)

    def _windows(self, regimes: Sequence[tuple[Home, Regime]]) -> None:
        """Two rows of one regime may not be in force on the same day, and one regime must be left for everybody."""
        rows = sorted(regimes, key=lambda pair: (pair[1].id, pair[1].window.opens))
        for (_, one), (home, other) in pairwise(rows):
            closes = one.window.closes or date.max
            if one.id == other.id and other.window.opens <= closes:
                self._wrong(home.file, "window.from", f"the row that opened on {one.window.opens} is still in force")
        if rows and len({row.id for _, row in rows if row.proposal.otherwise}) != 1:
            self._wrong("regimes", "proposal.otherwise", "exactly one regime is the one for everybody else")

    def _notices(self) -> list[tuple[Home, Notice]]:
        found = []
        for (organisation, version), parts in self._editions().items():
            folder = f"notices/{organisation}/{version}"
            document, home = self._joined(folder, parts)
            table = self.findings.table(
                Notice, document, home.file, homes=home.homes, injected={"areas": tuple(self.areas)}
            )
            if table:
                head = home.homes.get("id", home.file)
                self._same(head, "id", table.id, organisation)
                self._same(head, "organisation.id", table.organisation.id, organisation)
                self._same(head, "version", table.version.isoformat(), version)
                found.append((home, table))
        self._one_day_each(found)
        return found

    def _one_day_each(self, notices: Sequence[tuple[Home, Notice]]) -> None:
        seen: set[tuple[str, date]] = set()
        for home, notice in notices:
            if (notice.id, notice.in_force_from) in seen:
                day = notice.in_force_from
                self._wrong(home.homes.get("in_force_from", home.file), "in_force_from", f"another one opens on {day}")
            seen.add((notice.id, notice.in_force_from))

    def _editions(self) -> dict[tuple[str, str], dict[str, Document]]:
        """The files of each version of each notice: one file named by its date, or a folder of them."""
        editions: dict[tuple[str, str], dict[str, Document]] = {}
        for path, document in self.files.under("notices"):
            _, organisation, *rest = path.split("/")
            if rest and len(rest) <= 2:
                version = rest[0].removesuffix(".toml")
                editions.setdefault((organisation, version), {})[path] = document
        return editions

    def _joined(self, folder: str, parts: Mapping[str, Document]) -> tuple[dict[str, Any], Home]:
        """The files of one folder as one table. A key stands in one file only, but for lists that others add to."""
        whole: dict[str, Any] = {}
        homes: dict[str, str] = {}
        for path, document in parts.items():
            for key, value in document.items():
                if key in _ADDED_TO and isinstance(whole.get(key), list) and isinstance(value, list):
                    whole[key], homes[key] = [*whole[key], *value], f"{homes[key]}, {path}"
                elif key in whole:
                    self._wrong(path, key, f"stands in {homes[key]} too")
                else:
                    whole[key], homes[key] = value, path
        return whole, Home(folder if len(parts) > 1 else next(iter(parts)), homes)

    def _refusals(self, known: checks.Known) -> list[Refusal]:
        rows: list[tuple[str, int, Refusal]] = []
        for path, document in self.files.under("refusals"):
            table = self.findings.table(RefusalFile, document, path)
            rows += [(path, index, row) for index, row in enumerate(table.refusals)] if table else []
        self.findings.problems += checks.refusals(rows, known)
        return [row for _, _, row in rows]

    def _ladder(self, people: set[str], known: checks.Known) -> Ladder | None:
        """The files of ``ladder`` as one table. A book from before there was one gets the shipped one, unchecked."""
        parts = dict(self.files.under("ladder"))
        if not parts and not self.tried:
            return shipped_ladder()
        if not parts:
            self._wrong("ladder", "", "is missing: nothing says how surely it must be known who asks")
            return None
        document, home = self._joined("ladder", parts)
        table = self.findings.table(Ladder, document, home.file, homes=home.homes)
        if table:
            self.findings.problems += checks.ladder(table, home, known, people)
        return table

    def _retention(self, notices: Sequence[Notice], refusals: Sequence[Refusal], known: checks.Known) -> Schedule:
        """The files of ``retention``, put together. A book from before there were any gets the shipped, unchecked."""
        parts: dict[str, RetentionFile] = {}
        for path, document in self.files.under("retention"):
            table = self.findings.table(RetentionFile, document, path)
            if table:
                parts[path] = table
        before = sorted(notices, key=lambda notice: notice.version)
        files = list(parts.values()) or ([] if self.tried else shipped_retention())
        schedule = Schedule(
            rules=tuple(row for file in files for row in file.rules),
            sub_categories=tuple(row for file in files for row in file.sub_categories),
            kept_like=tuple(row for file in files for row in file.kept_like),
            areas=tuple(self.areas),
            parents={row.id: row.parent for notice in before for row in notice.categories},
        )
        # Without a notice that could not be read its categories look unknown, and that is not the mistake to tell.
        if (parts or self.tried) and len(notices) == len(self._editions()):
            self.findings.problems += keeping.problems(parts, schedule, refusals, known)
        return schedule

    def _phrases(self) -> tuple[PhraseFile, ...]:
        """The phrases by which letters are understood; a file is named by its language."""
        found = []
        for path, document in self.files.under("phrases"):
            table = self.findings.table(PhraseFile, document, path)
            if table and self._same(path, "language", table.language, PurePosixPath(path).stem):
                found.append(table)
        return tuple(found)

    def _single(self, model: type[Single], path: str) -> Single | None:
        document = self.files.documents.get(path)
        if document is None:
            if all(problem.file != path for problem in self.findings.problems):
                self._wrong(path, "", "is missing")
            return None
        return self.findings.table(model, document, path)

    def _same(self, file: str, key: str, said: str, named: str) -> bool:
        """What a file says of itself must be what its path says."""
        if said != named:
            self._wrong(file, key, f"is {said!r}, but the path says {named!r}")
        return said == named

    def _wrong(self, file: str, key: str, message: str) -> None:
        self.findings.add(file, key, message)
