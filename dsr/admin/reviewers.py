"""Who may review what machines decided, and figures that show whether reviews are more than a stamp."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.admin import words
from dsr.admin.base import StaffModelAdmin
from dsr.errors import RecourseError
from dsr.models import DecisionKind, Reviewer
from dsr.policies import Caller
from dsr.services.reviews import figures, working

_OWN = ("user", "active", "trained_on", "kinds", "line", "reports_to", "systems")


class Keys(forms.CharField):
    """Keys of systems, one a line, kept as a list."""

    widget = forms.Textarea({"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        """Show a list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the lines that are not empty."""
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def validate(self, value: Any) -> None:
        """Take any key, and none: systems need not be known here."""


class ReviewerForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """What is known of a reviewer; judged by the use case that keeps it."""

    trained_on = forms.DateField(label=gettext_lazy("Trained on"), widget=forms.DateInput({"type": "date"}))
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("May change decisions on"),
        choices=DecisionKind.choices,
        widget=forms.CheckboxSelectMultiple({"class": "r-laws"}),
    )
    systems = Keys(label=gettext_lazy("Deciding systems that the team answers for, one a line"), required=False)

    class Meta:
        model = Reviewer
        fields = _OWN

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff = get_user_model().objects.filter(is_active=True, is_staff=True).order_by("username")
        for name in ("user", "reports_to"):
            if name in self.fields:
                self.fields[name].queryset = staff  # type: ignore[attr-defined]


@admin.register(Reviewer)
class ReviewerAdmin(StaffModelAdmin):
    """Reviewers. None is deleted, as reviews name them: one who is done with is switched off."""

    form = ReviewerForm
    fields = _OWN
    list_display = ("colleague", "active", "trained_on", "line", "decides")
    ordering = ("id",)
    list_select_related = ("user",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reviewer]:
        """Return every reviewer."""
        return Reviewer.objects.select_related("user")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw the list under the figures."""
        found = figures.of(timezone.now())
        context = {
            "title": _("Reviews of automated decisions"),
            "figures": found,
            "small": figures.SMALL,
            "active": _spell(found.median_active_seconds),
            "queued": _spell(found.median_queue_seconds),
            "reviewers": [(row, _spell(row.median_seconds)) for row in found.reviewers],
        }
        drawn: HttpResponse = super().changelist_view(request, {**context, **(extra_context or {})})
        return drawn

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

    def save_model(self, request: HttpRequest, obj: Reviewer, form: Any, change: bool) -> None:
        """Hand what was typed to the one use case that keeps it."""
        working.save_reviewer(obj, by=Caller.of_user(request.user, "admin"))  # type: ignore[arg-type]

    @admin.display(description=gettext_lazy("Colleague"))
    def colleague(self, row: Reviewer) -> str:
        """The name."""
        return words.colleague(row.user)

    @admin.display(description=gettext_lazy("May change decisions on"))
    def decides(self, row: Reviewer) -> str:
        """The kinds of decisions."""
        return ", ".join(str(DecisionKind(kind).label) for kind in row.kinds if kind in DecisionKind.values)


def _spell(seconds: int | None) -> str:
    """Return a time in words, "" where there is no figure."""
    if seconds is None:
        return ""
    span = timedelta(seconds=seconds)
    if span.days:
        return _("%(n)d days") % {"n": span.days}
    return _("%(n)d minutes") % {"n": seconds // 60}
