"""Incidents about choices: what is open, what happened, and what a person does about it. Each act is one use case."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dsr.admin import acts, words
from dsr.admin.base import Choices, ReadOnlyAdmin
from dsr.admin.identity import caller
from dsr.errors import RecourseError
from dsr.models import Incident, IncidentEntry
from dsr.policies import Caller
from dsr.rules import pack
from dsr.selectors import incidents as reads
from dsr.services.choices import incidents
from dsr.services.choices.incidents import Act, FilledIn
from notifications.models import Forgotten

INCIDENT = "admin:dsr_incident_change"
_ACTS: tuple[tuple[Act, str | Promise, str | Promise], ...] = (
    (Act.ACKNOWLEDGE, gettext_lazy("Look after it"), gettext_lazy("Others see that it is in hand.")),
    (
        Act.WRITE,
        gettext_lazy("Write the notice to the authority"),
        gettext_lazy("It is kept here and sent by you. You can come back to it until it is sent."),
    ),
    (
        Act.REPORT,
        gettext_lazy("Note that the authority was told"),
        gettext_lazy("Send the notice first: nothing is sent from here. It can then not be changed any more."),
    ),
    (
        Act.CLOSE,
        gettext_lazy("Close it"),
        gettext_lazy("The next time that it happens another incident is opened."),
    ),
)
_FIELDS: dict[str, str | Promise] = {
    "carrier": gettext_lazy("Carrier"),
    "mechanism": gettext_lazy("Means of opting out that was used"),
    "problem": gettext_lazy("What customers met with"),
    "remedy": gettext_lazy("What is done about it"),
    "remedied": gettext_lazy("When that was or will be done"),
    "state_told": gettext_lazy("Whether the state commissions were told, and whether they did anything"),
    "customers_told": gettext_lazy("Copy of the notice to customers"),
    "contact": gettext_lazy("Contact"),
}
"""What the notice says, in the order of 47 CFR 64.2009(f)(1)."""


class OpenFilter(Choices):
    """Which incidents are listed."""

    title = gettext_lazy("state")
    parameter_name = "standing"
    unset = gettext_lazy("Open")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what there is beside the open ones."""
        return [("unseen", _("Nobody looks after them")), ("closed", _("Closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the open ones where nothing is chosen."""
        return super().queryset(request, queryset) if self.value() else queryset.filter(closed_at=None)

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return incidents by where they stand."""
        if value == "closed":
            return queryset.exclude(closed_at=None)
        return queryset.filter(closed_at=None, acknowledged_at=None)


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    """Incidents, for those who look after them and those who audit. Nothing on a page is a field to edit."""

    list_display = ("title", "where", "standing", "since", "tell_by", "looked_after_by")
    list_filter = (OpenFilter,)
    ordering = ("-opened_at", "id")

    def get_urls(self) -> list[Any]:
        """Add the acts and the notice as a text."""
        act = self.admin_site.admin_view(require_POST(self.act_view))
        notice = self.admin_site.admin_view(self.notice_view)
        return [
            path("<uuid:incident_id>/acts/<slug:act>/", act, name="dsr_incident_act"),
            path("<uuid:incident_id>/notice/", notice, name="dsr_incident_notice"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Incident]:
        """Return rows with the people who acted."""
        people = ("acknowledged_by", "reported_by", "closed_by")
        return Incident.objects.select_related("data_key", "system", *people)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw the list."""
        drawn: HttpResponse = super().changelist_view(request, {"title": _("Incidents"), **(extra_context or {})})
        return drawn

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Draw one incident."""
        try:
            return self._drawn(request, self._find(request, UUID(object_id)))
        except ValueError:
            raise Http404 from None

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show the incident, whose time line says who did what and when."""
        return redirect(INCIDENT, object_id)

    def notice_view(self, request: HttpRequest, incident_id: UUID) -> HttpResponse:
        """Return the notice to the authority as a text, to be printed or sent."""
        incident = self._find(request, incident_id)
        if incident.due_on is None:
            raise Http404
        told = render_to_string("admin/dsr/incident/notice.txt", {"incident": incident, **_notice(incident)})
        return HttpResponse(told, content_type="text/plain; charset=utf-8")

    def act_view(self, request: HttpRequest, incident_id: UUID, act: str) -> HttpResponse:
        """Do one thing about an incident; what stands in the way is said on the page."""
        incident = self._find(request, incident_id)
        if act not in set(Act):
            raise Http404
        form, status = _form(Act(act), incident, request.POST), 422
        if form.is_valid():
            try:
                _do(Act(act), incident, form.cleaned_data, caller(request), timezone.now())
            except RecourseError as error:
                acts.refuse(form, error)
                messages.error(request, str(error.sentence))
                status = error.status
            else:
                messages.success(request, _("Done: %(move)s.") % {"move": _titles()[Act(act)]})
                return redirect(INCIDENT, incident.pk)
        return self._drawn(request, self._find(request, incident_id), {Act(act): form}, status)

    def _find(self, request: HttpRequest, incident_id: UUID) -> Incident:
        found = self.get_queryset(request).filter(pk=incident_id).first() if self.has_view_permission(request) else None
        if found is None:
            raise Http404
        return found

    def _drawn(
        self, request: HttpRequest, incident: Incident, bound: dict[Act, forms.Form] | None = None, status: int = 200
    ) -> HttpResponse:
        counted = incidents.reckoning(incident.opened_at) if incident.due_on else None
        context = {
            **self.admin_site.each_context(request),
            "title": capfirst(incident.get_kind_display()),
            "incident": incident,
            "because": [segment.because for segment in counted.segments] if counted else [],
            "lines": _lines(incident),
            "reason": _text(incident, "reason"),
            "acts": _acts(incident, caller(request), bound or {}),
            **(_notice(incident) if incident.due_on else {}),
        }
        return TemplateResponse(request, "admin/dsr/incident/incident.html", context, status=status)

    @admin.display(description=gettext_lazy("what"))
    def title(self, row: Incident) -> str:
        """What went wrong."""
        return str(capfirst(row.get_kind_display()))

    @admin.display(description=gettext_lazy("where"))
    def where(self, row: Incident) -> str:
        """By which means, and in which system."""
        parts = (str(row.get_mechanism_display()), row.system.name if row.system else "")
        return " · ".join(filter(None, parts))

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: Incident) -> str:
        """Whether it is open, and whether it works again."""
        state = _("closed") if row.closed_at else _("open")
        again = _("works again") if row.working and not row.closed_at else ""
        return format_html('<span class="r-chip">{}</span> <span class="r-quiet">{}</span>', state, again)

    @admin.display(description=gettext_lazy("known since"))
    def since(self, row: Incident) -> str:
        """When it was opened."""
        return words.moment(row.opened_at)

    @admin.display(description=gettext_lazy("authority to be told by"))
    def tell_by(self, row: Incident) -> str:
        """By when the authority has to be told, and whether it was."""
        if row.due_on is None:
            return ""
        return _("told %(day)s") % {"day": words.day(row.reported_at)} if row.reported_at else words.day(row.due_on)

    @admin.display(description=gettext_lazy("looked after by"))
    def looked_after_by(self, row: Incident) -> str:
        """Who looks after it."""
        return words.colleague(row.acknowledged_by)


def _titles() -> dict[Act, str]:
    return {act: str(title) for act, title, _consequence in _ACTS}


def _form(act: Act, incident: Incident, data: Any = None) -> forms.Form:
    form = forms.Form(data, auto_id=f"id_{act}_%s", label_suffix="")
    if act == Act.WRITE:
        said = asdict(incidents.filled_in(incident))
        for name, label in _FIELDS.items():
            form.fields[name] = acts.words(str(label), rows=2, required=False)
            form.fields[name].initial = said[name] or _offered(incident).get(name, "")
    if act == Act.CLOSE:
        form.fields["reason"] = acts.words(_("Why it is over"))
    return form


def _offered(incident: Incident) -> dict[str, str]:
    """Return what is known without asking, for somebody to look over."""
    return {
        "carrier": pack().notice_in_force(incident.opened_at.date()).organisation.name,
        "mechanism": str(incident.get_mechanism_display()),
    }


def _do(act: Act, incident: Incident, given: dict[str, Any], by: Caller, at: datetime) -> None:
    if act == Act.WRITE:
        incidents.write(incident.pk, FilledIn(**{name: given[name] for name in _FIELDS}), by=by, at=at)
    elif act == Act.CLOSE:
        incidents.close(incident.pk, given["reason"], by=by, at=at)
    else:
        {Act.ACKNOWLEDGE: incidents.acknowledge, Act.REPORT: incidents.report}[act](incident.pk, by=by, at=at)


def _acts(incident: Incident, by: Caller, bound: dict[Act, forms.Form]) -> list[acts.ActForm]:
    """Return what can be done about an incident, and what stands against the rest; nothing once it is closed."""
    if incident.closed_at:
        return []
    found = []
    for act, title, consequence in _ACTS:
        if act in (Act.WRITE, Act.REPORT) and incident.due_on is None:
            continue
        check: Callable[[], None] = lambda act=act: incidents.check_can(incident, act, by)  # type: ignore[misc]  # noqa: E731
        because = acts.reason_against(check)
        form = None if because else bound.get(act) or _form(act, incident)
        link = reverse("admin:dsr_incident_act", args=(incident.pk, act))
        found.append(acts.ActForm(str(title), str(consequence), link, form, because, act == Act.CLOSE))
    return found


def _notice(incident: Incident) -> dict[str, Any]:
    """Return what the notice says, each part under its name."""
    try:
        said = asdict(incidents.filled_in(incident))
    except Forgotten:
        said = dict.fromkeys(_FIELDS, "")
    return {"notice": [(str(label), said[name]) for name, label in _FIELDS.items()], "begun": any(said.values())}


def _lines(incident: Incident) -> list[tuple[IncidentEntry, str, str]]:
    """Return the time line: the entry, who did it, and its particulars."""
    entries = list(reads.time_line(incident))
    staff = get_user_model().objects.in_bulk({int(each.by) for each in entries if each.by.isdigit()})
    return [
        (
            each,
            words.colleague(staff.get(int(each.by))) if each.by.isdigit() else "",
            ", ".join(f"{name}: {value}" for name, value in each.facts.items()),
        )
        for each in entries
    ]


def _text(incident: Incident, name: str) -> str:
    try:
        return incident.open(name)
    except Forgotten:
        return ""
