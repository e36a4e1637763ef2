"""What the notice offers to whom, in the words of the pages: rights, dates, ways to write."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dsr import rules
from dsr.public.forms import Option
from dsr.rights import SPECS, Delivery, Floor, Right
from dsr.rules.schema.offers import Channel, Offer
from dsr.rules.schema.periods import ClockRule, ExtensionRule
from dsr.rules.schema.regime import Regime
from dsr.rules.words import CountsIn


@dataclass(frozen=True, slots=True)
class Way:
    """One way to reach the organisation, as a line with a link where there is one."""

    title: str
    description: str
    link: str
    shown: str
    subject: str


@dataclass(frozen=True, slots=True)
class OtherRight:
    """A right that the notice offers and that is asked for by other ways than the form."""

    title: str
    description: str
    notes: tuple[str, ...]
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to write to."""

    title: str
    email: str
    description: str


@dataclass(frozen=True, slots=True)
class Office:
    """Where letters go."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contacts:
    """Every way to reach the organisation that needs no form."""

    people: tuple[Contact, ...]
    offices: tuple[Office, ...]


def contacts(notice: rules.Notice, language: str) -> Contacts:
    """Return whom one can write to, and where."""
    return Contacts(
        tuple(
            Contact(row.wording("title", language), row.email, row.wording("description", language))
            for row in notice.contacts
        ),
        tuple(Office(row.wording("title", language), row.address) for row in notice.offices),
    )


def relationships(notice: rules.Notice, language: str) -> list[tuple[str, Option]]:
    """Return what somebody can be to the organisation, as choices."""
    return [
        (row.id, Option(row.wording("title", language), row.wording("description", language)))
        for row in notice.relationships
    ]


def rights(
    notice: rules.Notice, relationship: str, country: str, region: str, at: datetime
) -> list[tuple[str, Option]]:
    """Return the rights that can be asked for by the form, each with what will happen."""
    if not relationship:
        return [(right, Option(str(spec.title), str(spec.summary))) for right, spec in SPECS.items()]
    options: list[tuple[str, Option]] = []
    for offer in notice.offers_for(relationship, country, region):
        if offer.right not in SPECS:
            continue
        spec = SPECS[Right(offer.right)]
        more = _what_happens(Right(offer.right), notice, country, region, at)
        options.append((offer.right, Option(str(spec.title), str(spec.summary), more)))
    return options


def _what_happens(right: Right, notice: rules.Notice, country: str, region: str, at: datetime) -> Iterator[str]:
    spec = SPECS[right]
    if spec.floor is Floor.NOTHING:
        yield _("We ask for no proof of who you are.")
    else:
        yield _("We send a code to your mail address and begin as soon as you have entered it.")
    yield {
        Delivery.STATEMENT: _("You read the answer on this site."),
        Delivery.COPY: _("You download a file that explains every field. Nothing is sent by mail."),
        Delivery.MACHINE_READABLE: _("You download a file that other services can read. Nothing is sent by mail."),
    }[spec.delivery]
    if country and (day := due(right, notice, country, region, at)):
        yield _("If you ask today, the answer is due by %(day)s.") % {"day": long_day(day)}


def due(right: str, notice: rules.Notice, country: str, region: str, at: datetime) -> date | None:
    """Return the day by which an answer is promised to somebody who asks now, None where no rule gives one."""
    found = governing(right, notice, country, region, at)
    return found.promised if found else None


def governing(right: str, notice: rules.Notice, country: str, region: str, at: datetime) -> rules.Clock | None:
    """Return the clock that would set the date of the answer to somebody who asks now, None where no rule gives one."""
    found: list[rules.Clock] = []
    for regime in rules.pack().regimes_for(right, country, region, at.date()):
        received = rules.ClockEvent.at(rules.EventKind.RECEIVED, at, notice.seat_for(regime.id).zone)
        calendar = rules.pack().calendar_for(notice, regime)
        found += rules.clocks(regime, right, [received], calendar=calendar)
    return min((clock for clock in found if clock.kind.answers), key=lambda clock: clock.promised, default=None)


def law(regime: str, on: date) -> str:
    """Return the name of a law as it stood on a day; its id where the rules no longer hold it."""
    try:
        return rules.pack().regime(regime, on).wording("title")
    except rules.NotInRules:
        return regime


def long_day(day: date) -> str:
    """Return a day in words, as on every page."""
    return dateformat.format(day, "j F Y")


def elsewhere(
    notice: rules.Notice, language: str, relationship: str = "", country: str = "", region: str = ""
) -> list[OtherRight]:
    """Return the rights of the notice that the form does not handle, and how to ask for each."""
    offers: Iterable[Offer] = notice.rights
    if relationship and country:
        offers = notice.offers_for(relationship, country, region)
    return [
        OtherRight(
            title=offer.wording("title", language),
            description=offer.wording("description", language),
            notes=offer.wordings("notes", language),
            ways=ways(notice, offer.how, language),
        )
        for offer in offers
        if offer.right not in SPECS
    ]


def ways(notice: rules.Notice, channel_ids: Iterable[str], language: str) -> tuple[Way, ...]:
    """Return channels of the notice as lines with links."""
    return tuple(_way(notice.channel(channel_id), language) for channel_id in channel_ids)


def _way(channel: Channel, language: str) -> Way:
    link, shown = "", ""
    if channel.email:
        link, shown = f"mailto:{channel.email}", channel.email
    elif channel.url:
        link, shown = channel.url, channel.url.removeprefix("https://")
    return Way(
        title=channel.wording("title", language),
        description=channel.wording("description", language),
        link=link,
        shown=shown,
        subject=channel.subject or "",
    )


def period(rule: ClockRule) -> str:
    """Return how long a clock runs, in words."""
    return _many(rule.n, rule.unit) if rule.n else _("at once")


def _many(n: int, unit: CountsIn) -> str:
    words = {
        "day": ngettext("%(n)d calendar day", "%(n)d calendar days", n),
        "business_day": ngettext("%(n)d business day", "%(n)d business days", n),
        "month": ngettext("%(n)d month", "%(n)d months", n),
    }
    return words[unit] % {"n": n}


def extension(rule: ExtensionRule) -> str:
    """Return by how much an answer may be put off, in words."""
    if rule.n is None:
        return _("If you are told in time why, and when it comes instead.")
    return _("Once, by %(period)s, if you are told in time and why.") % {"period": _many(rule.n, rule.unit)}


def answer_rule(regime: Regime, right: str, on: date) -> ClockRule | None:
    """Return the rule of a regime by which the answer to a right is due."""
    if not regime.knows(right, on):
        return None
    return regime.answer_rule(right)
