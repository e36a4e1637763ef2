"""A privacy notice as data: one version of it is one folder of files, read as one table."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, NoReturn, TypeVar

from pydantic import Field

from dsr.rules.places import Area, is_in
from dsr.rules.problems import NotInRules
from dsr.rules.schema import contents, offers
from dsr.rules.schema.base import Language, Many, Said, Slug, Url, Worded
from dsr.rules.words import Source, TopicPurpose

Entry = TypeVar("Entry", contents.Category, contents.Purpose, offers.Relationship, offers.Channel, offers.Topic)


class Notice(Worded):
    """One version of one organisation's notice."""

    # notice.toml
    id: Slug
    version: date
    in_force_from: date
    title: Said
    language: Language
    url: Url | None = None
    organisation: contents.Organisation
    seats: Annotated[Many[contents.Seat], Field(min_length=1)]
    passages: Many[contents.Passage]
    # contacts.toml
    contacts: Annotated[Many[offers.Contact], Field(min_length=1)]
    offices: Annotated[Many[offers.Office], Field(min_length=1)]
    channels: Annotated[Many[offers.Channel], Field(min_length=1)]
    # people.toml
    relationships: Annotated[Many[offers.Relationship], Field(min_length=1)]
    agents: offers.AgentRule
    verification: offers.VerificationRule
    child_ages: Many[offers.ChildAge] = ()
    automated_decisions: Many[offers.AutomatedDecision] = ()
    # rights.toml
    rights: Annotated[Many[offers.Offer], Field(min_length=1)]
    local_rights: Many[offers.LocalRights] = ()
    # topics.toml
    topics: Many[offers.Topic] = ()
    # categories.toml
    sources: Many[contents.SourceTitle]
    categories: Annotated[Many[contents.Category], Field(min_length=1)]
    # purposes.toml
    legal_bases: Annotated[Many[contents.LegalBasis], Field(min_length=1)]
    purposes: Annotated[Many[contents.Purpose], Field(min_length=1)]
    # recipients.toml
    recipients: Annotated[Many[contents.Recipient], Field(min_length=1)]
    safeguards: Many[contents.Safeguard] = ()
    disclosure_lists: Many[contents.DisclosureList] = ()
    # services.toml, complaints.toml, tracking.toml
    services: Many[contents.Service] = ()
    complaint_routes: Annotated[Many[offers.ComplaintRoute], Field(min_length=1)]
    cookie_kinds: Many[contents.CookieKind] = ()
    # doors.toml
    doors: Many[offers.Door] = ()
    tracking_controls: Many[contents.TrackingControl] = ()
    # areas.toml, the same for every notice; the loader puts them here
    areas: Many[Area] = ()

    def relationship(self, relationship_id: str) -> offers.Relationship:
        """What somebody is to the organisation. Raises NotInRules."""
        return _found(self._relationships, relationship_id, "relationship", self)

    def category(self, category_id: str) -> contents.Category:
        """A kind of data. Raises NotInRules."""
        return _found(self._categories, category_id, "category", self)

    def purpose(self, purpose_id: str) -> contents.Purpose:
        """A purpose. Raises NotInRules."""
        return _found(self._purposes, purpose_id, "purpose", self)

    def channel(self, channel_id: str) -> offers.Channel:
        """A way to reach the organisation. Raises NotInRules."""
        return _found(self._channels, channel_id, "channel", self)

    def topic(self, topic_id: str) -> offers.Topic:
        """What the organisation writes about of its own accord. Raises NotInRules."""
        return _found(self._topics, topic_id, "topic", self)

    def topics_of(self, purpose: TopicPurpose) -> tuple[offers.Topic, ...]:
        """The topics of marketing, or those of the service, in the notice's order."""
        return tuple(topic for topic in self.topics if topic.purpose == purpose)

    def contact(self, contact_id: str = "dpo") -> offers.Contact:
        """Somebody to write to; the data protection officer unless another is asked for. Raises NotInRules."""
        return next((c for c in self.contacts if c.id == contact_id), None) or _missing(contact_id, "contact", self)

    def offer(self, right: str) -> offers.Offer | None:
        """How the notice offers ``right``; None where it does not."""
        return self._offers.get(right)

    def offers_for(self, relationship: str, country: str, region: str = "") -> tuple[offers.Offer, ...]:
        """The rights open to somebody, in the notice's order. Nobody out of scope has any."""
        if not self.relationship(relationship).in_scope:
            return ()
        return tuple(
            offer
            for offer in self.rights
            if self.is_in(country, region, offer.where)
            and (not offer.relationships or relationship in offer.relationships)
        )

    def open_to(self, relationship: str, country: str, region: str = "") -> tuple[offers.Offer, ...]:
        """The rights that somebody may ask for here. Whom another notice governs may ask for what is for everybody."""
        if self.relationship(relationship).in_scope:
            return self.offers_for(relationship, country, region)
        return tuple(
            offer for offer in self.rights if not offer.relationships and self.is_in(country, region, offer.where)
        )

    def door(self, door_id: str) -> offers.Door:
        """Somebody else who answers. Raises NotInRules."""
        return next((d for d in self.doors if d.id == door_id), None) or _missing(door_id, "door", self)

    def doors_for(self, country: str, region: str = "") -> tuple[offers.Door, ...]:
        """Those who answer the residents of a place, in the notice's order."""
        return tuple(door for door in self.doors if self.is_in(country, region, door.serves))

    def fitting(self, relationship: str, about: str, country: str, region: str = "") -> tuple[offers.Door, ...]:
        """Those where somebody is likely to belong: by the one that is asked about, then by what the person is."""
        there = self.doors_for(country, region)
        asked = tuple(door for door in there if door.id == about)
        return asked + tuple(door for door in there if relationship in door.relationships and door not in asked)

    def passage(self, topic: str) -> contents.Passage | None:
        """A statement of the notice by its topic; None where the notice makes none."""
        return next((p for p in self.passages if p.topic == topic), None)

    def source(self, source: Source) -> contents.SourceTitle:
        """How the notice names a way in which data comes about."""
        return next(s for s in self.sources if s.id == source)

    def legal_basis(self, basis_id: str) -> contents.LegalBasis:
        """A legal basis. Raises NotInRules."""
        return next((b for b in self.legal_bases if b.id == basis_id), None) or _missing(basis_id, "legal basis", self)

    def seat_for(self, regime_id: str) -> contents.Seat:
        """Where the organisation sits as far as one regime is concerned: whose holidays, whose midnight."""
        served = (seat for seat in self.seats if regime_id in seat.serves)
        return next(served, None) or next(seat for seat in self.seats if not seat.serves)

    def with_children(self, category_ids: Iterable[str]) -> tuple[str, ...]:
        """The categories and, after each parent, those that it is made of; no id twice."""
        wanted = set(category_ids)
        return tuple(c.id for c in self.categories if c.id in wanted or c.parent in wanted)

    def is_in(self, country: str, region: str, places: Iterable[str]) -> bool:
        """Whether a resident of ``country`` and ``region`` lives in one of ``places``; no places means everywhere."""
        places = tuple(places)
        return not places or is_in(country, region, places, self._areas)

    @cached_property
    def _areas(self) -> Mapping[str, Area]:
        return {area.id: area for area in self.areas}

    @cached_property
    def _relationships(self) -> Mapping[str, offers.Relationship]:
        return {entry.id: entry for entry in self.relationships}

    @cached_property
    def _categories(self) -> Mapping[str, contents.Category]:
        return {entry.id: entry for entry in self.categories}

    @cached_property
    def _purposes(self) -> Mapping[str, contents.Purpose]:
        return {entry.id: entry for entry in self.purposes}

    @cached_property
    def _channels(self) -> Mapping[str, offers.Channel]:
        return {entry.id: entry for entry in self.channels}

    @cached_property
    def _topics(self) -> Mapping[str, offers.Topic]:
        return {entry.id: entry for entry in self.topics}

    @cached_property
    def _offers(self) -> Mapping[str, offers.Offer]:
        return {entry.right: entry for entry in self.rights}


def _found(entries: Mapping[str, Entry], entry_id: str, kind: str, notice: Notice) -> Entry:
    try:
        return entries[entry_id]
    except KeyError:
        return _missing(entry_id, kind, notice)


def _missing(entry_id: str, kind: str, notice: Notice) -> NoReturn:
    raise NotInRules(f"the notice {notice.id} of {notice.version} has no {kind} {entry_id!r}")
