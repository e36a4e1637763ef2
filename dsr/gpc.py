"""Signals by which a browser refuses sale, sharing and tracking at every visit: read, shown back, never kept here.

Our own pages sell, share and follow nothing, so honouring a signal takes no record, no cookie and no name of a browser.
Only where a page is somebody's, opened by a link that was mailed, is it a choice of that person.
"""

import re
from enum import StrEnum
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class Signal(StrEnum):
    """What a browser can send."""

    GPC = "gpc"
    DNT = "dnt"


NAMES: Final[dict[Signal, str | Promise]] = {
    Signal.GPC: gettext_lazy("Global Privacy Control"),
    Signal.DNT: gettext_lazy("Do Not Track"),
}
HEADERS: Final = ("Sec-GPC", "DNT")
#: A refusal, and letters that later versions of the standard may add to it. W3C Tracking Preference Expression 5.2.1
_REFUSES_TRACKING = re.compile(r"1[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]*")


def signals(sec_gpc: str, dnt: str) -> tuple[Signal, ...]:
    """Return the signals in two header fields. The first has one value, "1": anything else is no signal."""
    found = []
    if sec_gpc == "1":
        found.append(Signal.GPC)
    if _REFUSES_TRACKING.fullmatch(dnt):
        found.append(Signal.DNT)
    return tuple(found)


def sent(request: HttpRequest) -> tuple[Signal, ...]:
    """Return the signals that a request carries."""
    return signals(request.headers.get("Sec-GPC", ""), request.headers.get("DNT", ""))


def of_somebody(request: HttpRequest) -> None:
    """Note that the signals of this request were taken for a person who is known, so that the page says so."""
    request.signals_of_somebody = True  # type: ignore[attr-defined]


def shown(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame of every page says: the names of the signals that came, "" for none. 11 CCR 7025(c)(6)"""
    names = [str(NAMES[each]) for each in sent(request)]
    together = _("%(one)s and %(other)s") % {"one": names[0], "other": names[1]} if names[1:] else "".join(names)
    return {"signals": together, "signals_of_somebody": getattr(request, "signals_of_somebody", False)}


def vary(response: HttpResponse) -> HttpResponse:
    """Mark a page as one that differs by signals, so that no cache shows one browser what another one sent."""
    patch_vary_headers(response, HEADERS)
    return response
