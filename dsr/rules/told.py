"""The shape of a statement: plain text in one language, as typed rows for programs and as sections for print."""

from dataclasses import asdict, dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a header."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, in this order: paragraphs, a list, tables."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class ToldCategory:
    """A kind of data, where it comes from, and what it is used for."""

    id: str
    title: str
    description: str
    source: str
    source_title: str
    table: str
    part_of: str
    purposes: tuple[str, ...]
    sensitive: str
    use: str


@dataclass(frozen=True, slots=True)
class ToldPurpose:
    """What data is used for, which, and on what legal basis."""

    id: str
    title: str
    description: str
    examples: tuple[str, ...]
    categories: tuple[str, ...]
    also_uses: str
    legal_bases: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class ToldRecipient:
    """Who receives data, and why."""

    id: str
    title: str
    who: str
    why: str
    note: str


@dataclass(frozen=True, slots=True)
class ToldItem:
    """A title with an explanation: safeguards, rights, passages."""

    id: str
    title: str
    description: str
    notes: tuple[str, ...] = ()
    how: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToldService:
    """What one service collects besides: title, description and use of each kind of data."""

    id: str
    title: str
    description: str
    data: tuple[tuple[str, str, str], ...]
    note: str


@dataclass(frozen=True, slots=True)
class ToldList:
    """A disclosure list that some law asks for."""

    id: str
    title: str
    description: str
    months: int
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToldRoute:
    """One step of the complaint ladder."""

    id: str
    step: int
    title: str
    who: str
    description: str
    url: str
    free: bool | None
    how: tuple[str, ...]
    rights: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """How data of people in one relationship and place is used, under one version of a notice."""

    title: str
    organisation: str
    notice_id: str
    notice_version: date
    notice_title: str
    notice_url: str
    made_on: date
    language: str
    country: str
    region: str
    relationship: str
    relationship_title: str
    processor: str
    """Said where most of the data is handled for somebody else, who is the one to ask."""
    route: str
    """Said to somebody out of scope: where to turn."""
    categories: tuple[ToldCategory, ...]
    purposes: tuple[ToldPurpose, ...]
    legal_bases: tuple[ToldItem, ...]
    recipients: tuple[ToldRecipient, ...]
    safeguards: tuple[ToldItem, ...]
    disclosure_lists: tuple[ToldList, ...]
    services: tuple[ToldService, ...]
    automated_decisions: tuple[ToldItem, ...]
    rights: tuple[ToldItem, ...]
    local_rights: tuple[ToldItem, ...]
    complaint_routes: tuple[ToldRoute, ...]
    passages: tuple[ToldItem, ...]
    """Retention, selling, limits and the like."""
    contacts: tuple[tuple[str, str], ...]
    """Title and mail address."""
    offices: tuple[tuple[str, tuple[str, ...]], ...]
    """Title and lines of the address."""
    introduction: tuple[str, ...] = ()
    sections: tuple[Section, ...] = field(default=(), repr=False)

    def as_dict(self) -> dict[str, object]:
        """For programs: the typed rows, without the printed sections. Dates are ISO 8601."""
        rows = {k: v for k, v in asdict(self).items() if k not in ("sections", "introduction")}
        return {**rows, "notice_version": self.notice_version.isoformat(), "made_on": self.made_on.isoformat()}
