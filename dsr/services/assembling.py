"""What an answer consists of: the statement, the parts of each system, what is held back, and the ledger."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from uuid import UUID

from django.utils import translation
from django.utils.formats import date_format

from dsr.deadlines import local_date
from dsr.models import LedgerEntry, LedgerOutcome, Step, StepResult, SubjectRequest, Withholding
from dsr.packaging import contents as parts
from dsr.packaging.parcel import open_parcel
from dsr.rights import SPECS, Delivery, Right
from dsr.rules import Notice, Statement, pack, statement
from dsr.rules.naming import CategoryWords
from dsr.services import telling
from dsr.services.storage import vault
from notifications.reads import Prepared

NOT_PORTABLE = "out_of_scope_law"
"""The ground on which data that the person neither gave nor caused stays out of a portable copy."""
_KINDS = {
    Delivery.COPY: parts.Kind.FULL,
    Delivery.MACHINE_READABLE: parts.Kind.PORTABLE,
    Delivery.STATEMENT: parts.Kind.STATEMENT,
}
_OUTCOMES = {
    StepResult.FOUND: parts.SearchOutcome.FOUND,
    StepResult.NOTHING_HELD: parts.SearchOutcome.NOTHING_HELD,
    StepResult.REFUSED: parts.SearchOutcome.REFUSED,
    StepResult.LEFT_OUT: parts.SearchOutcome.LEFT_OUT,
}


def mask(address: str) -> str:
    """Return enough of a mail address to recognise one's own: ``a…@example.org``."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}…{at}{domain}" if at else f"{address[:1]}…"


def notice_of(request: SubjectRequest) -> Notice:
    """Return the notice that the request is answered under."""
    submission = request.submission
    return pack().notice(submission.notice_id, submission.notice_version)


def statement_of(request: SubjectRequest) -> Statement:
    """Return how data of people in this person's relationship and region is used."""
    return _told(request)[0]


def _told(request: SubjectRequest) -> tuple[Statement, parts.Statement]:
    submission = request.submission
    return _telling(
        pack().version,
        submission.notice_id,
        submission.notice_version,
        submission.relationship,
        submission.country,
        submission.region,
        local_date(submission.received_at, submission.zone),
        submission.language,
    )


@lru_cache(maxsize=256)
def _telling(
    _rules: str,
    notice_id: str,
    version: str,
    relationship: str,
    country: str,
    region: str,
    on: date,
    language: str,
) -> tuple[Statement, parts.Statement]:
    """Return a statement, whole and as a package holds it. Nothing in it is about one person, so it serves many."""
    told = statement(pack().notice(notice_id, version), relationship, country, region, on, language=language)
    return told, _statement_part(told)


@dataclass(frozen=True, slots=True)
class Basis:
    """What an answer is made of: it does not change between its release and its building."""

    steps: tuple[Step, ...]
    withholdings: tuple[Withholding, ...]
    taken: Mapping[tuple[UUID, str], tuple[int, str]] = field(default_factory=dict)
    """System and data category to how many records hold less than was found, and on which ground."""

    @classmethod
    def of(cls, request: SubjectRequest) -> "Basis":
        """Read it for one request."""
        steps, withholdings = _STEPS.rows(request.pk), _WITHHOLDINGS.rows(request.pk)
        for step in steps:
            step.request = request
        for withholding in withholdings:
            withholding.request = request
        return cls(tuple(steps), tuple(withholdings))


_STEPS = Prepared(lambda pk: Step.objects.filter(request_id=pk).select_related("system").order_by("system__key"))
_WITHHOLDINGS = Prepared(
    lambda pk: Withholding.objects.filter(request_id=pk, lifted_at__isnull=True).select_related("system")
)


def contents_of(request: SubjectRequest, basis: Basis, at: datetime, parcels: ExitStack) -> parts.PackageContents:
    """Return what goes into the package. ``parcels`` keeps what is read open until the package is written."""
    submission, notice = request.submission, notice_of(request)
    with translation.override(submission.language):
        made_on = date_format(local_date(at, submission.zone), "DATE_FORMAT")
    return parts.PackageContents(
        reference=submission.reference,
        kind=_KINDS[request.spec.delivery],
        right=request.right,
        right_title=str(SPECS[Right(request.right)].title),
        made_at=at,
        made_on=made_on,
        language=submission.language,
        organisation=parts.Organisation(notice.organisation.name, _contact(notice)),
        person_hint=mask(submission.open("email")),
        statement=_told(request)[1],
        complain=telling.remedies(submission),
        dictionary=_dictionary(submission.notice_id, submission.notice_version, submission.language),
        systems=tuple(_system_part(step, parcels) for step in basis.steps),
        withheld=tuple(_withheld_part(row, submission.language) for row in basis.withholdings),
    )


def ledger_of(request: SubjectRequest, basis: Basis, at: datetime) -> list[LedgerEntry]:
    """Return one unsaved line for every category of every system in scope."""
    grounds = {(row.system_id, row.category): row.ground for row in basis.withholdings}
    submission = request.submission
    portable = _dictionary(submission.notice_id, submission.notice_version, submission.language)
    lines = []
    for step in basis.steps:
        for category in step.system.categories:
            line = LedgerEntry(request=request, system=step.system, category=category, at=at)
            ground = grounds.get((step.system_id, category)) or grounds.get((None, category), "")
            count = int(step.counts.get(category, 0))
            if request.spec.delivery is Delivery.MACHINE_READABLE and not portable[category].portable:
                ground = ground or NOT_PORTABLE
            line.outcome, line.count, line.ground = _outcome(step, count, ground)
            lines.append(line)
            less, why = basis.taken.get((step.system_id, category), (0, ""))
            if less and line.outcome == LedgerOutcome.GIVEN:
                held_back = {"outcome": LedgerOutcome.WITHHELD, "count": less, "ground": why}
                lines.append(LedgerEntry(request=request, system=step.system, category=category, at=at, **held_back))
    return lines


def _outcome(step: Step, count: int, ground: str) -> tuple[LedgerOutcome, int, str]:
    if step.result == StepResult.LEFT_OUT:
        return LedgerOutcome.FAILED, 0, ""
    if not count:
        return LedgerOutcome.NOTHING_HELD, 0, ""
    return (LedgerOutcome.WITHHELD, count, ground) if ground else (LedgerOutcome.GIVEN, count, "")


def _system_part(step: Step, parcels: ExitStack) -> parts.SystemPart:
    parcel = None
    if step.parcel:
        key = step.request.submission.data_key.key_bytes()
        parcel = parcels.enter_context(open_parcel(vault(), step.parcel, key))
    note = step.open("reason") if step.result == StepResult.LEFT_OUT else ""
    return parts.SystemPart(step.system.key, step.system.name, _OUTCOMES[StepResult(step.result)], parcel, note)


def _withheld_part(row: Withholding, language: str) -> parts.Withheld:
    ground = pack().refusal(row.ground)
    return parts.Withheld(
        category=row.category,
        ground=ground.wording("title", language),
        reason=f"{ground.wording('plain', language)} {row.open('reason')}".strip(),
        system=row.system.key if row.system else None,
    )


@lru_cache(maxsize=32)
def _dictionary(notice_id: str, version: str, language: str) -> Mapping[str, parts.Category]:
    """Return the data dictionary of a notice. A version never changes, so it is made once per process."""
    rules = pack()
    return {name: _category(rules.category_words(name, notice_id, version, language)) for name in rules.categories}


def _category(words: CategoryWords) -> parts.Category:
    return parts.Category(
        id=words.id,
        title=words.title,
        description=words.description,
        source=words.source,
        purposes=tuple(parts.Purpose(title, bases) for title, bases in words.purposes),
        portable=words.portable,
    )


def _contact(notice: Notice) -> tuple[str, ...]:
    contact = notice.contact()
    return (contact.wording("title"), contact.email)


def _statement_part(told: Statement) -> parts.Statement:
    return parts.Statement(
        title=told.title,
        introduction=tuple(told.introduction),
        sections=tuple(
            parts.Section(
                heading=section.heading,
                paragraphs=tuple(section.paragraphs),
                items=tuple(section.items),
                tables=tuple(parts.Table(table.caption, table.header, table.rows) for table in section.tables),
            )
            for section in told.sections
        ),
    )
