"""What an officer needs for the yearly certificate on CPNI, as far as the ledger knows it. 47 CFR 64.2009(e)"""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from dsr import rules
from dsr.choices.cpni import Kind
from dsr.errors import Incomplete
from dsr.models import CpniEntry, CpniUse
from dsr.packaging import manifest
from dsr.services.choices import cpnichain
from dsr.services.choices.cpni import REGIME


def figures(year: int, at: datetime) -> dict[str, Any]:
    """Return the figures of a calendar year that is over or under way, signed.

    What was entered for days of the year counts, whenever it was entered, but not what invented people chose. Raises
    Incomplete for a year to come and dsr.services.choices.cpnichain.Broken where a ledger is not whole: nobody
    certifies that.
    """
    notice = rules.pack().notice_in_force(at.date())
    zone = ZoneInfo(notice.seat_for(REGIME).zone)
    if year > at.astimezone(zone).year:
        raise Incomplete(_("This year is still to come."), problems={"year": _("This year is still to come.")})
    begins, ends = (datetime.combine(date(each, 1, 1), time(), zone) for each in (year, year + 1))
    lines = CpniEntry.objects.filter(at__gte=begins, at__lt=ends, account__invented=False)
    return manifest.receipt(
        {
            "kind": "cpni_year",
            "organisation": notice.organisation.name,
            "law": rules.pack().regime(REGIME, at.date()).law,
            "year": year,
            "made_at": at.isoformat(timespec="seconds"),
            "complete": at >= ends,
            "lines": _by(lines, "kind"),
            "opt_outs_by_channel": _by(lines.filter(kind__in=(Kind.OPT_OUT, Kind.LIMIT)), "channel"),
            "accounts": lines.values("account").distinct().count(),
            "campaigns": _campaigns(begins, ends),
            "ledger_lines_proved": sum(cpnichain.prove()),
        }
    )


def _by(lines: Any, field: str) -> dict[str, int]:
    return {row[field]: row["number"] for row in lines.order_by(field).values(field).annotate(number=Count("pk"))}


def _campaigns(begins: datetime, ends: datetime) -> list[dict[str, Any]]:
    """Return for each campaign and purpose how often it asked, and how often it was allowed. 47 CFR 64.2009(c)"""
    asked = CpniUse.objects.filter(at__gte=begins, at__lt=ends).order_by("campaign", "use").values("campaign", "use")
    rows = asked.annotate(number=Count("pk"), allowed_=Count("pk", filter=Q(allowed=True)))
    return [
        {"campaign": row["campaign"], "purpose": row["use"], "asked": row["number"], "allowed": row["allowed_"]}
        for row in rows
    ]
