"""The parts of a notice that say what data there is: categories, purposes, recipients, safeguards, services."""

from typing import Annotated, Literal

from pydantic import Field

from dsr.rules.schema.base import Country, Many, Named, Place, Row, Said, SaidList, Slug, Text, Worded, Zone
from dsr.rules.words import RecipientRole, Source


class SourceTitle(Named):
    """How the notice names one of the three ways in which data comes about."""

    id: Source
    table: Text | None = None
    """Where in the notice the list stands, such as ``Table 1``."""
    description: Said


class Category(Named):
    """A kind of personal data. A category with children is named by them, and a purpose that uses it uses them."""

    description: Said
    source: Source
    parent: Slug | None = None
    portable: bool
    """Belongs in a machine-readable package: given by the person or observed from their use, not got elsewhere."""
    relationships: Annotated[Many[Slug], Field(min_length=1)]
    """About whom it is held. The notice leaves this open, so it is the organisation's own reading."""
    where: Many[Place] = ()
    """The places whose residents it concerns; nothing means everywhere."""
    also_named: Many[Text] = ()
    """Other names for it in the same notice."""
    sensitive: Said | None = None
    """Why some of it may be sensitive."""
    use: Said | None = None
    """What the notice says about its use outside the table of purposes."""


class LegalBasis(Named):
    """A ground on which data may be processed."""

    description: Said


class Purpose(Named):
    """What data is used for."""

    description: Said
    examples: SaidList = ()
    categories: Many[Slug] = ()
    legal_bases: Annotated[Many[Slug], Field(min_length=1)]
    relationships: Annotated[Many[Slug], Field(min_length=1)]
    marketing: bool = False
    """Whether all of it is direct marketing, to which nobody has to give a reason to object. GDPR Art 21(3)"""
    also_uses: Said | None = None
    """Data that the notice names without making it a category."""
    note: Said | None = None


class Recipient(Named):
    """A kind of recipient: who they are and why they are given data."""

    who: Said
    why: Said
    role: RecipientRole
    note: Said | None = None
    categories: Many[Slug] = ()
    """The categories that the notice names for this recipient; nothing means that it names none."""


class Safeguard(Named):
    """What protects data that leaves a place."""

    description: Said
    leaving: Many[Place] = ()
    """Places from which data is moved under it; nothing means any."""
    primary: bool = False


class Disclosed(Named):
    """One entry of a disclosure list."""


class DisclosureList(Named):
    """Categories, in the words of some law, that were disclosed during a period; told to residents of ``where``."""

    where: Annotated[Many[Place], Field(min_length=1)]
    months: int
    description: Said
    entries: Annotated[Many[Disclosed], Field(min_length=1)]


class ServiceData(Named):
    """Data that one service collects beside the rest."""

    description: Said
    use: Said
    source: Source
    category: Slug
    """The category of the notice that it belongs to."""
    portable: bool


class Service(Named):
    """A service with additions of its own to the notice."""

    description: Said
    role: Literal["controller", "both"]
    relationships: Annotated[Many[Slug], Field(min_length=1)]
    data: Annotated[Many[ServiceData], Field(min_length=1)]
    note: Said | None = None


class CookieKind(Named):
    """A kind of cookie and whether one can do without it."""

    description: Said
    can_refuse: bool


class TrackingControl(Named):
    """A way to refuse tracking. ``signal`` marks those that a browser sends by itself."""

    description: Said
    signal: bool = False


class Passage(Worded):
    """A statement of the notice that is not a list."""

    topic: Literal[
        "changes",
        "children",
        "closure",
        "deidentified",
        "limits",
        "no_retaliation",
        "processor",
        "retention",
        "sale",
        "security",
        "self_service",
        "tracking",
        "transfers",
    ]
    title: Said
    body: Said


class Organisation(Row):
    """Who answers for the data."""

    id: Slug
    name: Text
    short_name: Text
    website: Text
    group: bool = False
    """More companies than one act under the notice."""


class Seat(Row):
    """Where a part of the organisation sits: its clock decides what day it is, its holidays which day is a working day.

    A seat that ``serves`` a regime replaces that regime's calendar by its own. The seat that serves none is for all
    the others, and leaves them their calendars.
    """

    id: Slug
    country: Country
    zone: Zone
    calendar: Text | None = None
    serves: Many[Slug] = ()
