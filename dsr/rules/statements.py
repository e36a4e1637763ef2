"""What somebody is told about the use of data of people like them: the answer to "be informed".

``statement`` picks from one version of a notice what concerns a person's relationship and residence. It is pure: the
same notice, person and day give the same text.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import cached_property

from django.utils import translation

from dsr.rules.schema.contents import Category, Purpose
from dsr.rules.schema.notice import Notice
from dsr.rules.schema.offers import Channel, ComplaintRoute, Offer
from dsr.rules.statement_pages import introduction, sections, title
from dsr.rules.told import (
    Statement,
    ToldCategory,
    ToldItem,
    ToldList,
    ToldPurpose,
    ToldRecipient,
    ToldRoute,
    ToldService,
)

_PASSAGES = ("processor", "sale", "retention", "deidentified", "transfers", "security", "limits", "no_retaliation")
"""The passages of a notice that belong in a statement, in this order."""


def statement(
    notice: Notice, relationship: str, country: str, region: str, on: date, *, language: str | None = None
) -> Statement:
    """What somebody in ``relationship`` who lives in ``country`` and ``region`` is told on ``on``.

    ``language`` is used for headings, and for the words of the notice where its files have them in it; without one it
    is the notice's own. Raises NotInRules for a relationship that the notice does not have.
    """
    spoken = language or notice.language
    with translation.override(spoken):
        told = _Teller(notice, relationship, country, region, spoken).tell(on)
        return replace(told, introduction=introduction(told), sections=sections(told))


class _Teller:
    """Chooses and puts into words what one person is told."""

    def __init__(self, notice: Notice, relationship: str, country: str, region: str, language: str) -> None:
        self.notice = notice
        self.who = notice.relationship(relationship)
        self.country, self.region, self.language = country, region, language

    def tell(self, on: date) -> Statement:
        """The statement without its printed form."""
        notice, say = self.notice, self.language
        return Statement(
            title=title(notice.organisation.short_name),
            organisation=notice.organisation.name,
            notice_id=notice.id,
            notice_version=notice.version,
            notice_title=notice.wording("title", say),
            notice_url=notice.url or "",
            made_on=on,
            language=say,
            country=self.country,
            region=self.region,
            relationship=self.who.id,
            relationship_title=self.who.wording("title", say),
            processor=self.who.wording("processor", say),
            route=self.who.wording("route", say),
            categories=tuple(map(self._category, self._categories)),
            purposes=tuple(map(self._purpose, self._purposes)),
            legal_bases=tuple(self._bases()),
            recipients=tuple(self._recipients()),
            safeguards=tuple(self._safeguards()),
            disclosure_lists=tuple(self._lists()),
            services=tuple(self._services()),
            automated_decisions=tuple(self._decisions()),
            rights=tuple(map(self._right, notice.offers_for(self.who.id, self.country, self.region))),
            local_rights=tuple(self._local_rights()),
            complaint_routes=tuple(map(self._route, sorted(self._routes(), key=lambda route: route.step))),
            passages=tuple(self._passages()),
            contacts=tuple((row.wording("title", say), row.email) for row in notice.contacts),
            offices=tuple((row.wording("title", say), row.address) for row in notice.offices),
        )

    def _here(self, places: Iterable[str]) -> bool:
        return self.notice.is_in(self.country, self.region, places)

    @cached_property
    def _categories(self) -> tuple[Category, ...]:
        return tuple(c for c in self.notice.categories if self.who.id in c.relationships and self._here(c.where))

    @cached_property
    def _purposes(self) -> tuple[Purpose, ...]:
        """The purposes for such people that use some of their categories, or data that is no category."""
        ids = {category.id for category in self._categories}
        mine = (purpose for purpose in self.notice.purposes if self.who.id in purpose.relationships)
        return tuple(p for p in mine if p.also_uses or ids & set(self.notice.with_children(p.categories)))

    def _category(self, row: Category) -> ToldCategory:
        say = self.language
        source = self.notice.source(row.source)
        using = (p for p in self._purposes if row.id in self.notice.with_children(p.categories))
        return ToldCategory(
            id=row.id,
            title=row.wording("title", say),
            description=row.wording("description", say),
            source=row.source,
            source_title=source.wording("title", say),
            table=source.table or "",
            part_of=self.notice.category(row.parent).wording("title", say) if row.parent else "",
            purposes=tuple(purpose.wording("title", say) for purpose in using),
            sensitive=row.wording("sensitive", say),
            use=row.wording("use", say),
        )

    def _purpose(self, row: Purpose) -> ToldPurpose:
        say = self.language
        mine = {category.id: category for category in self._categories}
        return ToldPurpose(
            id=row.id,
            title=row.wording("title", say),
            description=row.wording("description", say),
            examples=row.wordings("examples", say),
            categories=tuple(mine[entry].wording("title", say) for entry in self._named(row) if entry in mine),
            also_uses=row.wording("also_uses", say),
            legal_bases=tuple(self.notice.legal_basis(basis).wording("title", say) for basis in row.legal_bases),
            note=row.wording("note", say),
        )

    def _named(self, row: Purpose) -> tuple[str, ...]:
        """The categories of a purpose as the notice names them; a whole stands for its parts unless it is not told."""
        told = {category.id for category in self._categories}
        return tuple(
            entry
            for named in row.categories
            for entry in ((named,) if named in told else self.notice.with_children((named,)))
        )

    def _bases(self) -> Iterable[ToldItem]:
        used = {basis for purpose in self._purposes for basis in purpose.legal_bases}
        for row in self.notice.legal_bases:
            if row.id in used:
                yield ToldItem(row.id, row.wording("title", self.language), row.wording("description", self.language))

    def _recipients(self) -> Iterable[ToldRecipient]:
        say, mine = self.language, {category.id for category in self._categories}
        for row in self.notice.recipients:
            if not row.categories or mine & set(self.notice.with_children(row.categories)):
                words = (row.wording(name, say) for name in ("title", "who", "why", "note"))
                yield ToldRecipient(row.id, *words)

    def _safeguards(self) -> Iterable[ToldItem]:
        for row in self.notice.safeguards:
            if self._here(row.leaving):
                yield ToldItem(row.id, row.wording("title", self.language), row.wording("description", self.language))

    def _lists(self) -> Iterable[ToldList]:
        say = self.language
        for row in self.notice.disclosure_lists:
            if self._here(row.where):
                entries = tuple(entry.wording("title", say) for entry in row.entries)
                yield ToldList(row.id, row.wording("title", say), row.wording("description", say), row.months, entries)

    def _services(self) -> Iterable[ToldService]:
        say = self.language
        for row in self.notice.services:
            if self.who.id in row.relationships:
                data = tuple(
                    (extra.wording("title", say), extra.wording("description", say), extra.wording("use", say))
                    for extra in row.data
                )
                words = (row.wording("title", say), row.wording("description", say))
                yield ToldService(row.id, *words, data, row.wording("note", say))

    def _decisions(self) -> Iterable[ToldItem]:
        for row in self.notice.automated_decisions if self.who.in_scope else ():
            words = (row.wording("title", self.language), row.wording("description", self.language))
            yield ToldItem(row.id, *words, how=self._how(row.how))

    def _right(self, row: Offer) -> ToldItem:
        say = self.language
        notes = (*row.wordings("notes", say), *filter(None, [row.wording("lasts", say)]))
        return ToldItem(
            row.right, row.wording("title", say), row.wording("description", say), notes, self._how(row.how)
        )

    def _local_rights(self) -> Iterable[ToldItem]:
        for row in self.notice.local_rights:
            if self._here(row.where):
                words = (row.wording("title", self.language), row.wording("description", self.language))
                yield ToldItem(row.id, *words, (row.law,), self._how(row.how))

    def _routes(self) -> Iterable[ComplaintRoute]:
        return (route for route in self.notice.complaint_routes if self._here(route.where))

    def _route(self, row: ComplaintRoute) -> ToldRoute:
        say = self.language
        return ToldRoute(
            id=row.id,
            step=row.step,
            title=row.wording("title", say),
            who=row.wording("who", say),
            description=row.wording("description", say),
            url=row.url or "",
            free=row.free,
            how=self._how(row.how),
            rights=tuple(row.rights),
        )

    def _passages(self) -> Iterable[ToldItem]:
        for topic in _PASSAGES:
            row = self.notice.passage(topic)
            if row:
                yield ToldItem(topic, row.wording("title", self.language), row.wording("body", self.language))

    def _how(self, channels: Iterable[str]) -> tuple[str, ...]:
        return tuple(self._reach(self.notice.channel(channel)) for channel in channels)

    def _reach(self, row: Channel) -> str:
        """A channel with its address, as ``Title (address)``."""
        address = row.email or row.url or ""
        named = row.wording("title", self.language)
        return f"{named} ({address})" if address else named
