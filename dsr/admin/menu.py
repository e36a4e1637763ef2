"""The console's menu: what the reader's account may open, and nothing else."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dsr.caselife import WAITING, CaseState
from dsr.policies.cases import STATE_TITLES
from dsr.selectors import inbound, incidents
from dsr.services.cases import authorities

_ITEMS: tuple[tuple[str | Promise, str, str], ...] = (
    (_("Requests"), "dsr_subjectrequest", "dsr.view_subjectrequest"),
    (_("Cases of authorities"), "dsr_authoritycase", "dsr.view_authoritycase"),
    (_("Letters by mail"), "dsr_inboundmail", "dsr.view_inboundmail"),
    (_("Letters"), "notifications_message", "notifications.view_message"),
    (_("Systems"), "dsr_system", "dsr.view_system"),
    (_("Agencies"), "verification_agency", "verification.view_agency"),
    (_("Reviews of decisions"), "dsr_reviewer", "dsr.view_reviewer"),
    (_("Customers"), "dsr_customer", "dsr.view_customer"),
    (_("Directed elsewhere"), "dsr_referral", "dsr.view_referral"),
    (_("Legal holds"), "dsr_legalhold", "dsr.set_holds"),
    (_("Retention schedule"), "dsr_retentionchange", "dsr.edit_retention"),
    (_("Choices under way"), "dsr_window", "dsr.view_window"),
    (_("CPNI choices"), "dsr_cpnientry", "dsr.view_cpnientry"),
    (_("Incidents"), "dsr_incident", "dsr.view_incident"),
    (_("History"), "dsr_event", "dsr.view_event"),
    (_("Checkpoints"), "dsr_checkpoint", "dsr.view_checkpoint"),
)
_ADMINISTRATORS: tuple[tuple[str | Promise, str], ...] = (
    (_("Staff"), "auth_user"),
    (_("Roles"), "auth_group"),
    (_("API tokens"), "dsr_apitoken"),
    (_("Webhooks"), "dsr_webhook"),
)


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the menu."""

    title: str
    link: str
    here: bool


def context(request: HttpRequest) -> dict[str, Any]:
    """Return the menu for the page at hand."""
    if not (request.user.is_active and request.user.is_staff):
        return {}
    desk = reverse("admin:index")
    items = [Item(str(_("Desk")), desk, request.path == desk)]
    listed = [(title, name) for title, name, permission in _ITEMS if request.user.has_perm(permission)]
    for title, name in [*listed, *(_ADMINISTRATORS if request.user.is_superuser else ())]:
        link = reverse(f"admin:{name}_changelist")
        counted = _counted(request, desk, link) if name == "dsr_inboundmail" else ""
        items.append(Item(f"{title}{counted}", link, request.path.startswith(link)))
    return {
        "console_menu": items,
        "console_may_search": request.user.has_perm("dsr.view_subjectrequest"),
        "console_incidents": _alarm(request)[0],
        "console_cases": _alarm(request)[1],
        "console_mailbox": inbound.failing() if request.user.has_perm("dsr.view_inboundmail") else None,
    }


def letters(request: HttpRequest) -> inbound.Standing:
    """Return what waits of letters by mail, read once for a page."""
    found: inbound.Standing | None = getattr(request, "_console_letters", None)
    if found is None:
        found = inbound.standing(timezone.now())
        request._console_letters = found  # type: ignore[attr-defined]
    return found


def _counted(request: HttpRequest, *here: str) -> str:
    """Return how many letters wait, on the pages that are about what waits: elsewhere it costs more than it tells."""
    number = letters(request).waiting if request.path.startswith(here[-1]) or request.path in here else 0
    return f" ({number})" if number else ""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One open incident or case as each page names it; without a link where the reader may not open it."""

    title: str
    where: str
    due_on: date | None
    working: bool
    link: str


def _alarm(request: HttpRequest) -> tuple[list[Alarm], list[Alarm]]:
    """Return the open incidents and cases, read once for a page: others open them, so nothing is remembered."""
    found: tuple[list[Alarm], list[Alarm]] | None = getattr(request, "_console_incidents", None)
    if found is None:
        may = request.user.has_perm("dsr.view_incident")
        opened, cases = incidents.open_now(cases=request.user.has_perm("dsr.view_authoritycase"))
        told = [
            Alarm(
                str(each.kind.label),
                " · ".join(filter(None, (str(each.mechanism.label), each.system))),
                each.due_on,
                each.working,
                reverse("admin:dsr_incident_change", args=(each.pk,)) if may else "",
            )
            for each in opened
        ]
        found = told, [_case(each) for each in cases]
        request._console_incidents = found  # type: ignore[attr-defined]
    return found


def _case(each: incidents.OpenCase) -> Alarm:
    name = " · ".join(filter(None, (authorities.title_of(each.authority, timezone.now().date()), each.office)))
    link = reverse("admin:dsr_authoritycase_change", args=(each.pk,))
    waits = CaseState(each.state) in WAITING  # once it is answered, the day is over that the banner would name
    return Alarm(name, str(STATE_TITLES[each.state]), each.due_on if waits else None, False, link)
