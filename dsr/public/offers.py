"""What the notice offers to whom, in the words of the pages: rights, dates, ways to write."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.utils import dateformat
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from dsr import doors, rules
from dsr.models import Channel as CameBy
from dsr.public.forms import Option
from dsr.rights import OFFERED, SPECS, Delivery, Right
from dsr.rules import ladder
from dsr.rules.schema.offers import Channel, Door, Offer
from dsr.rules.schema.periods import ClockRule, ExtensionRule
from dsr.rules.schema.regime import Regime
from dsr.rules.words import CountsIn
from dsr.services import asked


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
    page: str = ""
    """Where it is done at once, on a page of ours."""
    by_form: str = ""
    """The word by which the form knows it, where it can be asked for there as well."""


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


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Who else answers, and how to get there."""

    title: str
    responsible: str
    notice: str
    how: str
    email: str
    url: str
    languages: str


def door(row: Door, language: str) -> Elsewhere:
    """Return who else answers, in words."""
    return Elsewhere(**doors.told(row, language))


def relationships(notice: rules.Notice, language: str) -> list[tuple[str, Option]]:
    """Return what somebody can be to the organisation, as choices."""
    return [
        (row.id, Option(row.wording("title", language), row.wording("description", language)))
        for row in notice.relationships
    ]


def mandates(language: str) -> list[tuple[str, Option]]:
    """Return on what somebody can ask for somebody else by the form, each with what shows it."""
    return [
        (row.id, Option(row.wording("title", language), row.wording("shows", language)))
        for row in rules.pack().ladder.mandates
        if row.offered and (not row.rights or set(row.rights) & OFFERED)
    ]


def covers(kind: str, right: str, country: str, region: str, on: date) -> bool:
    """Say whether an authority of a kind is accepted for a right where the person lives."""
    laws = [law.id for law in rules.pack().regimes_for(right, country, region, on)]
    place = f"{country}-{region}" if region else country
    return ladder.mandate_rules(rules.pack(), kind, right, laws, on, region=place).allowed


def rights(
    notice: rules.Notice, relationship: str, country: str, region: str, at: datetime
) -> list[tuple[str, Option]]:
    """Return the rights that can be asked for by the form, each with what will happen."""
    if not relationship:
        return [(right, Option(str(spec.title), str(spec.summary))) for right, spec in SPECS.items() if spec.offered]
    options: list[tuple[str, Option]] = []
    for offer in notice.open_to(relationship, country, region):
        if offer.right not in OFFERED:
            continue
        spec = SPECS[Right(offer.right)]
        if spec.chooses and not rules.pack().regimes_for(offer.right, country, region, at.date()):
            continue  # no law there sets a date; the page does it all the same
        more = _what_happens(Right(offer.right), notice, relationship, country, region, at)
        options.append((offer.right, Option(str(spec.title), str(spec.summary), more)))
    return options


def _what_happens(
    right: Right, notice: rules.Notice, relationship: str, country: str, region: str, at: datetime
) -> Iterator[str]:
    spec = SPECS[right]
    known = proof(right, relationship, country, region, at.date()) if country else proof_at_least(right)
    yield {
        Asks.NOTHING: _("We ask for no proof of who you are."),
        Asks.CODE: _("We send a code to your mail address and begin as soon as you have entered it."),
        Asks.MORE: _("We send a code to your mail address. Then one more step is needed; we say why, and how."),
    }[known.asks]
    yield {
        Delivery.STATEMENT: _("You read the answer on this site."),
        Delivery.COPY: _("You download a file that explains every field. Nothing is sent by mail."),
        Delivery.MACHINE_READABLE: _("You download a file that other services can read. Nothing is sent by mail."),
        Delivery.RECEIPT: _("It stands as soon as you send it. You hear from us when every system has confirmed it."),
        Delivery.CERTIFICATE: _(
            "You read on this site what was done in every system, and get a signed statement of it."
        ),
        Delivery.DECISION: _("A person decides, and tells you why and where you can go from there."),
    }[spec.delivery]
    if right is Right.DELETION:
        yield _("Nothing is deleted before you have confirmed it twice.")
    if country and (day := due(right, notice, country, region, at)):
        yield _("If you ask today, the answer is due by %(day)s.") % {"day": long_day(day)}


class Asks(StrEnum):
    """How much is asked of somebody who files here, as the pages put it."""

    NOTHING = "nothing"
    CODE = "code"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class Proof:
    """What the ladder asks of somebody who files by the form, and the titles of the ways beyond the code."""

    asks: Asks
    ways: tuple[str, ...] = ()


def proof(right: str, relationship: str, country: str, region: str, on: date) -> Proof:
    """Return what is asked of somebody who asks for a right on a day, before anything is known about them."""
    found = rules.pack()
    laws = [law.id for law in found.regimes_for(right, country, region, on)]
    demand = ladder.demanded(found, right, laws, on, relationship=relationship, channel=CameBy.WEB, country=country)
    if not demand.level:
        return Proof(Asks.NOTHING)
    if ladder.CHANNELS & set(demand.methods):  # enough for nearly everybody; whoever needs more is told then
        return Proof(Asks.CODE)
    titles = (
        found.ladder.way(way).wording("title", get_language())
        for way in asked.available(demand)
        if way not in ("mail_link", "mail_code")
    )
    return Proof(Asks.MORE, tuple(titles))


def proof_at_least(right: str) -> Proof:
    """Return what is asked of somebody of whom nothing is known, not even which law applies: the least there is."""
    asked_of = ladder.demanded(rules.pack(), right, (), date.min, relationship="", channel=CameBy.WEB)
    return Proof(Asks.CODE if asked_of.level else Asks.NOTHING)


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


_PAGES = {
    "marketing_opt_out": "/preferences/",
    "cpni_opt_out": "/preferences/cpni/",
    "targeted_advertising_opt_out": "/preferences/advertising/",
    "sensitive_data_limit": "/preferences/sensitive/",
    "third_party_disclosure_opt_out": "/preferences/third-parties/",
    "consent_withdrawal": "/preferences/consent/",
}
"""Rights that need no request: a page of ours does what is asked at once."""


def elsewhere(
    notice: rules.Notice, language: str, relationship: str = "", country: str = "", region: str = ""
) -> list[OtherRight]:
    """Return the rights of the notice that the form does not handle, and those that a page does at once.

    With each how to ask for it.
    """
    offers: Iterable[Offer] = notice.rights
    if relationship and country:
        offers = notice.offers_for(relationship, country, region)
    return [
        OtherRight(
            title=offer.wording("title", language),
            description=offer.wording("description", language),
            notes=offer.wordings("notes", language),
            ways=ways(notice, offer.how, language),
            page=_PAGES.get(offer.right, ""),
            by_form=offer.right if offer.right in SPECS else "",
        )
        for offer in offers
        if offer.right not in OFFERED or offer.right in _PAGES
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
