"""The first page: what waits, each figure a link to the list behind it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.admin import menu, words
from dsr.admin.queue import CHANGELIST, WORKSHEET
from dsr.lifecycle import Turn
from dsr.models import SubjectRequest
from dsr.selectors import queue

_NEXT = 8
_LINKS: tuple[tuple[str, str | Promise, dict[str, str], bool], ...] = (
    ("mine", gettext_lazy("my requests"), {"whose": "me"}, False),
    ("unassigned", gettext_lazy("wait for staff, nobody has them"), {"whose": "nobody", "turn": "staff"}, False),
    ("overdue", gettext_lazy("overdue"), {"due": "overdue"}, True),
    ("due_soon", gettext_lazy("due within a week"), {"due": "week"}, False),
    ("waiting_for_person", gettext_lazy("wait for the person"), {"turn": "person"}, False),
    ("stuck", gettext_lazy("a system needs a decision"), {"turn": "stuck", "state": "all"}, True),
    ("reappeared", gettext_lazy("something erased is there again"), {"turn": "again", "state": "all"}, True),
)
"""Name of a figure, its words, the filters that show what it counts, and whether anything but nought is bad news."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and what it leads to."""

    number: str
    title: str
    link: str
    alert: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One request to take next."""

    link: str
    reference: str
    right: str
    left: str
    urgency: str
    whose: str


def context(request: HttpRequest, given: dict[str, Any]) -> dict[str, Any]:
    """Return the first page's context with what waits, as far as the reader may see it."""
    given = {**given, "title": _("Desk")}
    if not request.user.has_perm("dsr.view_subjectrequest"):
        return given
    at = timezone.now()
    counted = queue.figures(request.user.pk, at)
    listed = reverse(CHANGELIST)
    figures = [
        Figure(
            _capped(number := getattr(counted, name)),
            str(title),
            f"{listed}?{urlencode(params)}",
            alert and bool(number),
        )
        for name, title, params, alert in _LINKS
    ]
    if request.user.has_perm("notifications.view_message"):
        letters = reverse("admin:notifications_message_changelist")
        figures.append(
            Figure(_capped(counted.failed_mail), _("letters did not get through"), letters, bool(counted.failed_mail))
        )
    return {**given, "figures": figures + _letters(request) + _guarded(request, at), "next": _next(request, at)}


def _letters(request: HttpRequest) -> list[Figure]:
    """Return what came by mail and waits, for those who deal with it."""
    if not request.user.has_perm("dsr.handle_mail"):
        return []
    now, listed = menu.letters(request), reverse("admin:dsr_inboundmail_changelist")
    return [
        Figure(_capped(now.waiting), _("letters by mail wait"), listed, False),
        Figure(_capped(now.overdue), _("letters by mail are late"), f"{listed}?standing=late", bool(now.overdue)),
    ]


def _guarded(request: HttpRequest, at: datetime) -> list[Figure]:
    """Return what waits for those who set legal holds or keep the retention schedule; nothing for others."""
    holds, changes = (request.user.has_perm(name) for name in ("dsr.set_holds", "dsr.edit_retention"))
    if not (holds or changes):
        return []
    counted = queue.guarded(at)
    listed, schedule = reverse("admin:dsr_legalhold_changelist"), reverse("admin:dsr_retentionchange_changelist")
    second, review, proposed = counted.second, counted.review, counted.changes
    found = [
        (holds, second, _("legal holds wait for a second person"), f"{listed}?standing=second", False),
        (holds, review, _("legal holds have to be looked at"), f"{listed}?standing=review", True),
        (changes, proposed, _("changes of the retention schedule wait"), schedule, False),
    ]
    return [
        Figure(_capped(number), title, link, alert and bool(number)) for may, number, title, link, alert in found if may
    ]


def _capped(number: int) -> str:
    return f"{queue.CAP}+" if number > queue.CAP else str(number)


def _next(request: HttpRequest, at: Any) -> list[Row]:
    """Return what to take next: what must be started first among one's own and nobody's, as far as staff can act."""
    waiting = queue.waiting_for(queue.rows(), Turn.STAFF)
    mine, free = waiting.filter(assignee=request.user.pk), waiting.filter(assignee=None)
    rows = sorted([*mine[:_NEXT], *free[:_NEXT]], key=lambda row: (row.slack_at or row.due_at, row.pk))[:_NEXT]
    return [_row(row, at) for row in rows]


def _row(row: SubjectRequest, at: Any) -> Row:
    left, urgency = words.time_left(row.due_on, row.due_at, row.submission.zone, at)
    whose = words.colleague(row.assignee) or _("nobody has it")
    link = reverse(WORKSHEET, args=(row.pk,))
    return Row(link, row.submission.reference, words.right_title(row.right), left, urgency, whose)
