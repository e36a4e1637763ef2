"""Choices under way: which systems have not confirmed yet, what stands in the way, and how long systems take."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.admin import words
from dsr.admin.base import Choices, ReadOnlyAdmin
from dsr.choices.marketing import Act, Purpose, Via
from dsr.connectors.reasons import reason
from dsr.models import System, Window
from dsr.selectors import windows as reads
from dsr.services.choices.purposes import ACTS, TITLES, WAYS

_PARTS: dict[int, str | Promise] = {
    1: gettext_lazy("within 1 hour"),
    6: gettext_lazy("within 6 hours"),
    24: gettext_lazy("within 24 hours"),
    48: gettext_lazy("within 48 hours"),
    72: gettext_lazy("within 72 hours"),
    reads.LONGER: gettext_lazy("late"),
}
_WIDTH = 600
"""Of a bar of the chart, in its own units."""


class StandingFilter(Choices):
    """Which windows are listed."""

    title = gettext_lazy("state")
    parameter_name = "standing"
    unset = gettext_lazy("Open")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what there is beside the open ones."""
        return [("late", _("Late")), ("owner", _("With the owner")), ("done", _("Confirmed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the open ones where nothing is chosen."""
        return super().queryset(request, queryset) if self.value() else queryset.filter(done_at=None)

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return windows by where they stand."""
        if value == "done":
            return queryset.exclude(done_at=None)
        if value == "late":
            return queryset.filter(done_at=None, late_at__isnull=False)
        return queryset.filter(done_at=None, with_owner_at__isnull=False)


class SystemFilter(Choices):
    """In which system."""

    title = gettext_lazy("system")
    parameter_name = "system__id__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the systems that have to do with choices."""
        return [(str(system.pk), system.name) for system in _systems()]

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return those of one system."""
        return queryset.filter(system=value)


def _systems() -> list[System]:
    return [system for system in System.objects.order_by("name").only("name", "leaves_out") if system.leaves_out]


@admin.register(Window)
class WindowAdmin(ReadOnlyAdmin):
    """Every window, what is due first at the top. Nobody's name stands here: staff see that it works, not for whom."""

    change_list_template = "admin/dsr/window/change_list.html"
    list_display = ("must_be_by", "system_name", "about_what", "how", "standing", "tries", "why")
    list_filter = (StandingFilter, SystemFilter)
    list_per_page = 50
    ordering = ("must_by", "id")
    fields = ("must_be_by", "system_name", "about_what", "how", "standing", "tries", "why", "opened_at", "done_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Window]:
        """Return the windows of real people."""
        return Window.objects.filter(choice__invented=False).select_related("choice", "system")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw what is open in each system, how long they took, and the list."""
        at = timezone.now()
        context = {"title": _("Choices under way"), "systems": reads.now(at), "chart": _chart(reads.times(at))}
        drawn: HttpResponse = super().changelist_view(request, {**context, **(extra_context or {})})
        return drawn

    @admin.display(description=gettext_lazy("in effect by"))
    def must_be_by(self, row: Window) -> str:
        """By when the system has to have confirmed."""
        return words.moment(row.must_by)

    @admin.display(description=gettext_lazy("system"))
    def system_name(self, row: Window) -> str:
        """Which system."""
        return row.system.name

    @admin.display(description=gettext_lazy("what"))
    def about_what(self, row: Window) -> str:
        """What was chosen, and about what."""
        scope = ", ".join([*row.choice.channels, *row.choice.topics])
        what = f"{TITLES[Purpose(row.choice.purpose)]}: {ACTS[Act(row.choice.act)]}"
        return f"{what} ({scope})" if scope else what

    @admin.display(description=gettext_lazy("how it came"))
    def how(self, row: Window) -> str:
        """By which way it came."""
        return str(WAYS[Via(row.choice.via)])

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: Window) -> str:
        """Where it stands."""
        if row.done_at:
            state = _("confirmed")
        elif row.with_owner_at:
            state = _("with the owner")
        else:
            state = _("tried again by itself") if row.attempts else _("waiting")
        late = _("late") if row.late_at else ""
        return format_html('<span class="r-chip">{}</span> <span class="r-quiet">{}</span>', state, late)

    @admin.display(description=gettext_lazy("tries"))
    def tries(self, row: Window) -> int:
        """How often the system was told."""
        return row.attempts

    @admin.display(description=gettext_lazy("what stands in the way"))
    def why(self, row: Window) -> str:
        """Why it has not taken effect yet, in words."""
        return reason(row.code) if row.code and not row.done_at else ""


def _chart(rows: list[reads.Times]) -> dict[str, Any]:
    """Return the bars of the chart and the same figures as a table; a bar is one system, a part one span of time."""
    bars = []
    for row in rows:
        parts, left = [], 0.0
        for number, (part, label) in zip(row.numbers, _PARTS.items(), strict=True):
            width = _WIDTH * number / row.total if row.total else 0.0
            if number:
                parts.append(
                    {"x": f"{left:.1f}", "width": f"{width:.1f}", "part": part, "label": label, "number": number}
                )
            left += width
        bars.append({"name": row.system.name, "parts": parts, "row": row})
    return {"bars": bars, "labels": list(_PARTS.items()), "width": _WIDTH}
