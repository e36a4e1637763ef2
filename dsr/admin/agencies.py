"""Agencies: who files for many people, how far their own checks are relied on, and what they filed."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.admin.base import StaffModelAdmin
from dsr.errors import Incomplete, RecourseError
from dsr.policies import Caller
from dsr.services import agencies
from verification.models import Agency
from verification.proofs import Level

_OWN = ("name", "domain", "trusted_level", "active")
_LEVELS = (
    (Level.NOTHING, gettext_lazy("0: known, and each case is checked here")),
    (Level.CHANNEL, gettext_lazy("1: it knows that the person reads their mail")),
    (Level.KNOWN, gettext_lazy("2: it knows who the person is")),
    (Level.STRONG, gettext_lazy("3: it knows it by two factors, or better")),
)


class AgencyForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """What is known of an agency; judged by the use case that keeps it."""

    trusted_level = forms.TypedChoiceField(
        label=gettext_lazy("What it says it checked counts up to"), choices=_LEVELS, coerce=int
    )

    class Meta:
        model = Agency
        fields = _OWN

    def clean(self) -> dict[str, Any]:
        """Say beside each field what stands against it."""
        cleaned = super().clean() or {}
        if set(_OWN) <= set(cleaned):
            try:
                agencies.check(agencies.Particulars(**{name: cleaned[name] for name in _OWN}), self.instance.pk)
            except Incomplete as error:
                for name, sentence in error.problems.items():
                    self.add_error(name if name in self.fields else NON_FIELD_ERRORS, sentence)
        return cleaned


@admin.register(Agency)
class AgencyAdmin(StaffModelAdmin):
    """Agencies. None is deleted, as authorities name them: one that is done with is switched off."""

    form = AgencyForm
    list_display = ("name", "domain", "trusted_level", "active", "since")
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": _OWN}),
        (gettext_lazy("What it filed last"), {"fields": ("filed",)}),
    )
    readonly_fields = ("filed",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Agency]:
        """Return every agency."""
        return Agency.objects.all()

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw the list."""
        drawn: HttpResponse = super().changelist_view(request, {"title": _("Agencies"), **(extra_context or {})})
        return drawn

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Leave out what a new one filed."""
        found = super().get_fieldsets(request, obj)
        return found if obj else found[:1]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Draw or take the form; what the use case refuses is said on the page."""
        try:
            drawn: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except RecourseError as error:
            messages.error(request, str(error.sentence))
            return redirect(request.path)
        return drawn

    def save_model(self, request: HttpRequest, obj: Agency, form: Any, change: bool) -> None:
        """Hand what was typed to the one use case that keeps it."""
        particulars = agencies.Particulars(**{name: getattr(obj, name) for name in _OWN})
        by = Caller.of_user(request.user, "admin")  # type: ignore[arg-type]
        saved = agencies.save(obj.pk if change else None, particulars, by=by, at=timezone.now())
        obj.pk = saved.pk

    @admin.display(description=gettext_lazy("Its last filings, the newest first"))
    def filed(self, row: Agency) -> str:
        """References, with what came of each; nothing about the people."""
        lines = [
            f"{use.reference or '–'}: {use.kind}, {use.state}, {use.made_at:%Y-%m-%d}" for use in agencies.uses(row.pk)
        ]
        return "\n".join(lines) or _("nothing yet")
