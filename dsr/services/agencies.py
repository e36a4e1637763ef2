"""Agencies that file for many people: known by the domain they write from, and how far their checks are relied on."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from disposable_email_domains import blocklist
from django.db import transaction
from django.utils.translation import gettext as _

from dsr.errors import Incomplete, NotAllowed, NotFound
from dsr.models import Submission
from dsr.policies import Caller
from notifications.ids import uuid7
from verification.models import Agency, Mandate
from verification.proofs import Level

_DOMAIN: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])")
SHARED: Final = frozenset(
    {
        "aol.com", "fastmail.com", "gmail.com", "gmx.com", "gmx.de", "gmx.net", "googlemail.com", "hotmail.com",
        "icloud.com", "live.com", "mail.com", "mail.ru", "me.com", "msn.com", "outlook.com", "proton.me",
        "protonmail.com", "qq.com", "web.de", "yahoo.co.uk", "yahoo.com", "yandex.ru", "zoho.com",
    }
)  # fmt: skip
"""Domains at which anybody gets an address: writing from there shows no organisation."""


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is known of an agency."""

    name: str
    domain: str
    trusted_level: int = Level.NOTHING
    active: bool = True


def of_address(address: str) -> Agency | None:
    """Return the agency in use that writes from the very domain of an address."""
    domain = address.rpartition("@")[2].casefold()
    return Agency.objects.filter(domain=domain, active=True).first()


def save(agency_id: UUID | None, particulars: Particulars, *, by: Caller, at: datetime) -> Agency:
    """Enter an agency, or change one. What it filed before keeps it. Raises NotAllowed, NotFound, Incomplete."""
    if by.user is None or not by.user.has_perm(f"verification.{'change' if agency_id else 'add'}_agency"):
        raise NotAllowed(_("Only the data protection officer decides on agencies."), code="not-officer")
    domain = _plain(particulars.domain)
    check(particulars, agency_id)
    with transaction.atomic():
        agency = Agency(id=uuid7(at), since=at)
        if agency_id is not None:
            agency = _found(agency_id)
        agency.name, agency.domain = particulars.name.strip(), domain
        agency.trusted_level, agency.active = particulars.trusted_level, particulars.active
        agency.save()
    return agency


def _plain(domain: str) -> str:
    return domain.strip().casefold().removeprefix("@")


def _found(agency_id: UUID) -> Agency:
    agency = Agency.objects.select_for_update().filter(pk=agency_id).first()
    if agency is None:
        raise NotFound(_("There is no such agency."))
    return agency


def check(particulars: Particulars, agency_id: UUID | None) -> None:
    """Raise Incomplete, with a sentence by field, for what cannot be kept."""
    domain = _plain(particulars.domain)
    problems: dict[str, str] = {}
    if not particulars.name.strip():
        problems["name"] = _("Give the name of the agency.")
    if not _DOMAIN.fullmatch(domain):
        problems["domain"] = _("Give the part after the @, such as agency.example.")
    elif domain in SHARED or domain in blocklist:
        problems["domain"] = _("Anybody gets an address at this domain, so it shows no organisation.")
    if particulars.trusted_level not in range(Level.STRONG + 1):
        problems["trusted_level"] = _("An agency can be trusted to level 3 at most.")
    others = Agency.objects.exclude(pk=agency_id) if agency_id else Agency.objects.all()
    if others.filter(domain=domain).exists():
        problems.setdefault("domain", _("Another agency has this domain."))
    if others.filter(name=particulars.name.strip()).exists():
        problems.setdefault("name", _("Another agency has this name."))
    if problems:
        raise Incomplete(_("Some answers are missing or cannot be used."), problems=problems)


@dataclass(frozen=True, slots=True)
class Use:
    """One filing of an agency, with nothing that says for whom it was."""

    reference: str
    kind: str
    state: str
    made_at: datetime
    checked_at: datetime | None


def uses(agency_id: UUID, most: int = 50) -> list[Use]:
    """Return the last filings of an agency, the newest first."""
    rows = list(Mandate.objects.filter(agency_id=agency_id).order_by("-made_at", "-id")[:most])
    references = dict(Submission.objects.filter(pk__in=[row.about for row in rows]).values_list("pk", "reference"))
    return [
        Use(references.get(row.about, ""), row.kind, row.get_state_display(), row.made_at, row.checked_at)
        for row in rows
    ]
