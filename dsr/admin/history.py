"""History and its signed checkpoints, to read. The database refuses every change to them."""

import json
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.admin import words
from dsr.admin.base import ReadOnlyAdmin, SteadyChangeList
from dsr.models import Checkpoint, Event
from dsr.selectors.queue import cleaned_reference


class EventList(SteadyChangeList):
    """One page of events, with the colleagues they name, in one statement more."""

    def loaded(self, queryset: Any) -> list[Any]:
        """Load one page and its names."""
        rows = super().loaded(queryset)
        named = {int(row.actor_id) for row in rows if row.actor_id.isdigit()}
        staff = {user.pk: user for user in get_user_model().objects.filter(pk__in=named)}
        for row in rows:
            row.staff = staff
        return rows


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """Everything that happened, the newest first; by reference, one case in its order."""

    list_display = ("when", "case", "place", "happened", "who", "via")
    search_fields = ("submission",)
    ordering = ("-id",)
    fields = ("case", "place", "when", "happened", "who", "via", "states", "what_else", "prev_hash", "hash")
    readonly_fields = fields

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[EventList]:
        """Return the list that knows names."""
        return EventList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """Return rows with their references."""
        fields = [field.name for field in Event._meta.concrete_fields if field.name not in ("submission", "request")]
        pinned = ("submission__reference", "submission__notice_id", "submission__notice_version")
        return Event.objects.select_related("submission").only(*fields, "request_id", *pinned)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the chain's own order for one case."""
        return ("seq",) if request.GET.get("q") else ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """Search by reference."""
        if not search_term:
            return queryset, False
        reference = cleaned_reference(search_term)
        return (queryset.filter(submission__reference=reference) if reference else queryset.none()), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw the list."""
        drawn: HttpResponse = super().changelist_view(request, {"title": _("History"), **(extra_context or {})})
        return drawn

    @admin.display(description=gettext_lazy("when"))
    def when(self, row: Event) -> str:
        """When it happened."""
        return words.moment(row.at)

    @admin.display(description=gettext_lazy("reference"))
    def case(self, row: Event) -> str:
        """Whose history it is in."""
        return format_html('<span class="r-ref">{}</span>', row.submission.reference)

    @admin.display(description=gettext_lazy("no."))
    def place(self, row: Event) -> int:
        """Its place in the chain."""
        return row.seq

    @admin.display(description=gettext_lazy("what"))
    def happened(self, row: Any) -> str:
        """What happened, in plain words."""
        return " · ".join(part for part in (words.happened(row), words.particulars(row, self._staff(row))) if part)

    @admin.display(description=gettext_lazy("who"))
    def who(self, row: Any) -> str:
        """Who acted."""
        return words.actor(row, self._staff(row))

    @admin.display(description=gettext_lazy("from and to"))
    def states(self, row: Event) -> str:
        """The states before and after."""
        return f"{row.from_state or '–'} → {row.to_state or '–'}"

    @admin.display(description=gettext_lazy("recorded with it"))
    def what_else(self, row: Event) -> str:
        """The event's data."""
        return format_html("<code>{}</code>", json.dumps(row.data, ensure_ascii=False, sort_keys=True))

    @staticmethod
    def _staff(row: Any) -> dict[int, Any]:
        if not hasattr(row, "staff"):
            row.staff = get_user_model().objects.in_bulk([int(row.actor_id)] if row.actor_id.isdigit() else [])
        staff: dict[int, Any] = row.staff
        return staff


@admin.register(Checkpoint)
class CheckpointAdmin(ReadOnlyAdmin):
    """Signatures over the whole history."""

    list_display = ("when", "first_event", "last_event", "count", "key_id", "short_root")
    ordering = ("-id",)
    fields = ("at", "first_event", "last_event", "count", "prev_root", "root", "key_id", "signature")

    @admin.display(description=gettext_lazy("when"))
    def when(self, row: Checkpoint) -> str:
        """When it was signed."""
        return words.moment(row.at)

    @admin.display(description=gettext_lazy("root"))
    def short_root(self, row: Checkpoint) -> str:
        """The beginning of the signed digest."""
        return format_html("<code>{}…</code>", row.root[:16])
