"""Systems: who owns them, whether they answer, what they hold. Their connection is written here and never shown."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dsr.admin.base import StaffModelAdmin, SteadyChangeList
from dsr.errors import Incomplete, RecourseError
from dsr.models import System
from dsr.policies import Caller
from dsr.selectors import health
from dsr.services import connections

_OWN = ("key", "name", "description", "owner_name", "owner_email", "connector", "active", "role")
SYSTEM = "admin:dsr_system_change"


class SystemForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A system's particulars, and its connection as a text that only goes in."""

    config = forms.CharField(
        label=gettext_lazy("Connection"),
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 14, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy("JSON or TOML. It is sealed and never shown again; leave empty to keep what is there."),
    )

    class Meta:
        model = System
        fields = _OWN

    def clean(self) -> dict[str, Any]:
        """Check the connection as its connector would; a message names the key at fault and never its value."""
        cleaned = super().clean() or {}
        text, kind = cleaned.get("config", ""), cleaned.get("connector", "")
        changed = bool(self.instance.config_sealed) and kind != self.initial.get("connector")
        cleaned["parsed"] = None
        try:
            if text.strip() and kind:
                cleaned["parsed"] = connections.read_config(kind, text)
            elif changed:
                self.add_error("config", _("Another kind of connector needs a connection of its own."))
        except Incomplete as error:
            self.add_error("config", str(error.sentence).splitlines())
        return cleaned


class SystemList(SteadyChangeList):
    """The systems, with how their last attempts went, in one statement more."""

    def loaded(self, queryset: Any) -> list[Any]:
        """Load the page and the recent attempts."""
        rows, recent = super().loaded(queryset), health.recent()
        for row in rows:
            row.recent = recent.get(row.pk, health.Recent())
            row.checked = connections.last_check(row.pk)
        return rows


@admin.register(System)
class SystemAdmin(StaffModelAdmin):
    """Systems that are searched. Retired ones are switched off; what they answered stays explained."""

    form = SystemForm
    list_display = ("name", "owner_name", "role", "connector", "active", "lately", "checked_last")
    ordering = ("key",)
    fieldsets = (
        (None, {"fields": ("key", "name", "description", "role", "active")}),
        (gettext_lazy("Owner"), {"fields": ("owner_name", "owner_email")}),
        (gettext_lazy("Connection"), {"fields": ("connector", "leads_to", "config")}),
    )
    readonly_fields = ("leads_to",)
    change_form_template = "admin/dsr/system/change_form.html"

    def get_urls(self) -> list[Any]:
        """Add checking, and the data dictionary."""
        wrap = self.admin_site.admin_view
        own = [
            path("<uuid:system_id>/check/", wrap(require_POST(self.check_view)), name="dsr_system_check"),
            path("<uuid:system_id>/dictionary/", wrap(self.dictionary_view), name="dsr_system_dictionary"),
        ]
        return [*own, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[SystemList]:
        """Return the list that knows how the systems do."""
        return SystemList

    def get_queryset(self, request: HttpRequest) -> QuerySet[System]:
        """Return rows with the key that opens their connection."""
        return System.objects.select_related("data_key")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw the list."""
        drawn: HttpResponse = super().changelist_view(request, {"title": _("Systems"), **(extra_context or {})})
        return drawn

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Keep the key of a system once it is there: history and ledger name it."""
        return ("leads_to", "key") if obj else ("leads_to",)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Leave the connection's text out for whoever may only look."""
        found = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        return [
            (title, {**each, "fields": [name for name in each["fields"] if name != "config"]}) for title, each in found
        ]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Draw or take the form outside a transaction: the connection is tried while the form is checked."""
        try:
            drawn: HttpResponse = self._changeform_view(request, object_id, form_url, extra_context)
        except RecourseError as error:
            messages.error(request, str(error.sentence))
            return redirect(request.path)
        return drawn

    def save_model(self, request: HttpRequest, obj: System, form: Any, change: bool) -> None:
        """Hand what was typed to the one use case that keeps it."""
        particulars = connections.Particulars(**{name: getattr(obj, name) for name in _OWN})
        by, at = Caller.of_user(request.user, "admin"), timezone.now()  # type: ignore[arg-type]
        saved = connections.save(obj.pk if change else None, particulars, form.cleaned_data["parsed"], by=by, at=at)
        obj.pk = saved.pk

    def check_view(self, request: HttpRequest, system_id: UUID) -> HttpResponse:
        """Reach the system now, outside any transaction, and say what stands in the way."""
        try:
            by = Caller.of_user(request.user, "admin")  # type: ignore[arg-type]
            health = connections.check(system_id, by=by, at=timezone.now())
        except RecourseError as error:
            messages.error(request, str(error.sentence))
        else:
            for level, where, what in health.problems:
                say = messages.error if level == "error" else messages.warning
                say(request, f"{where}: {what}" if where else what)
            if health.well:
                messages.success(request, _("The system answers and can be searched completely."))
        return redirect(SYSTEM, system_id)

    def dictionary_view(self, request: HttpRequest, system_id: UUID) -> HttpResponse:
        """Show what the system holds, field by field."""
        system = self.get_queryset(request).filter(pk=system_id).first()
        if system is None or not self.has_view_permission(request, system):
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("What %(system)s holds") % {"system": system.name},
            "system": system,
        }
        try:
            context["datasets"] = connections.datasets(system)
        except Incomplete as error:
            messages.error(request, str(error.sentence))
        return TemplateResponse(request, "admin/dsr/system/dictionary.html", context)

    @admin.display(description=gettext_lazy("lately"))
    def lately(self, row: Any) -> str:
        """How the last attempts went."""
        recent: health.Recent = row.recent
        if not recent.tried:
            return "–"
        text = _("%(good)d of %(tried)d answered") % {"good": recent.tried - recent.failed, "tried": recent.tried}
        return format_html('<span class="r-left {}">{}</span>', "r-soon" if recent.failed else "r-calm", text)

    @admin.display(description=gettext_lazy("checked"))
    def checked_last(self, row: Any) -> str:
        """What the last check found."""
        checked: connections.Health | None = row.checked
        if checked is None:
            return "–"
        return format_html(
            '<span class="r-left {}">{}</span>',
            "r-calm" if checked.well else "r-over",
            _("well") if checked.well else _("needs attention"),
        )

    @admin.display(description=gettext_lazy("Leads to"))
    def leads_to(self, row: System) -> str:
        """Where the connection leads, without its secrets."""
        told = connections.summary(row) if row.config_sealed else {}
        return "\n".join(f"{label}: {text}" for label, text in told.items()) or _("not set up yet")
