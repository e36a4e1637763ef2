"""Choices on advertising, sale and sharing: what a browser says by itself, and what a person says here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dsr import rules
from dsr.public import offers, pages
from dsr.public.guard import public
from dsr.rules.schema.contents import Passage
from dsr.services.choices import limits

_OPT_OUT = "targeted_advertising_opt_out"


@dataclass(frozen=True, slots=True)
class Control:
    """A way to refuse tracking, in the words of the notice."""

    title: str
    description: str
    signal: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """Until when one law would let a choice take effect, in words."""

    law: str
    period: str
    day: str


@public("GET")
def advertising(request: HttpRequest) -> HttpResponse:
    """Say whether this browser sends a signal, what that does, and where else the choice is made. 11 CCR 7025, 7026"""
    notice = pages.notice_today()
    offer = notice.offer(_OPT_OUT)
    context = {
        "controls": _controls(notice),
        "ways": offers.ways(notice, offer.how, pages.language()) if offer else (),
        **_when(_OPT_OUT, timezone.now()),
        "passages": [_said(row) for row in notice.passages if row.topic in ("sale", "tracking")],
    }
    return pages.may_go_back(pages.page(request, "preferences/advertising", context))


def _when(right: str, at: datetime) -> dict[str, Any]:
    """Return what laws would still allow, and until when nobody is asked again."""
    quiet = limits.quiet(right, at)
    found = [
        Limit(each.law.wording("title", pages.language()), offers.period(each.rule), offers.long_day(each.due))
        for each in limits.latest(right, at)
        if each.rule.n
    ]
    return {"limits": found, "quiet": offers.long_day(quiet.until) if quiet else ""}


def _said(passage: Passage) -> tuple[str, str]:
    return passage.wording("title", pages.language()), passage.wording("body", pages.language())


def _controls(notice: rules.Notice) -> list[Control]:
    language = pages.language()
    return [
        Control(row.wording("title", language), row.wording("description", language), row.signal)
        for row in notice.tracking_controls
    ]
