"""Webhooks, to look at: their owners make and change them through the programming interface."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.admin import words
from dsr.admin.base import AdministratorsOnly
from dsr.models import Webhook, WebhookKind


@admin.register(Webhook)
class WebhookAdmin(AdministratorsOnly):
    """Whose they are, what they are told, and whether anything gets through. Addresses and secrets stay sealed."""

    list_display = ("called", "owner", "told_of", "active", "off", "stuck")
    list_display_links = None
    ordering = ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        """Return webhooks with their owners."""
        hooks: QuerySet[Webhook] = Webhook.objects.select_related("owner")
        return hooks

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never: the secret is its owner's to see."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw the list."""
        drawn: HttpResponse = super().changelist_view(request, {"title": _("Webhooks"), **(extra_context or {})})
        return drawn

    @admin.display(description=gettext_lazy("name"))
    def called(self, row: Webhook) -> str:
        """What its owner calls it."""
        return str(row)

    @admin.display(description=gettext_lazy("told of"))
    def told_of(self, row: Webhook) -> str:
        """What it is told of, in words."""
        return ", ".join(str(WebhookKind(kind).label) for kind in row.kinds)

    @admin.display(description=gettext_lazy("why it is off"))
    def off(self, row: Webhook) -> str:
        """Since when it is off, and why."""
        if row.disabled_at is None:
            return ""
        return f"{row.get_disabled_because_display()}, {words.moment(row.disabled_at)}"

    @admin.display(description=gettext_lazy("nothing got through since"))
    def stuck(self, row: Webhook) -> str:
        """Since when nothing gets through."""
        return words.moment(row.failing_since) if row.failing_since else ""
