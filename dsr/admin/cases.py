"""Cases of authorities: the list by their days, the page of one, and each move as a form, or why it is not possible."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dsr import caselife
from dsr.admin import acts, caseforms, words
from dsr.admin.base import Choices, ReadOnlyAdmin
from dsr.admin.identity import caller
from dsr.caselife import CaseState
from dsr.deadlines import day_ends
from dsr.errors import RecourseError
from dsr.lifecycle import STAFF
from dsr.models import AuthorityCase, CaseEntry, CaseMeasure
from dsr.policies import Caller
from dsr.policies.cases import STATE_TITLES
from dsr.selectors import authoritycases
from dsr.selectors.authoritycases import CaseInFull
from dsr.services.cases import authorities, entering, road
from notifications.models import Forgotten

CASE = "admin:dsr_authoritycase_change"
VERBS: Mapping[str, str | Promise] = {
    "enter": gettext_lazy("Letter entered"),
    "prepare": gettext_lazy("Answer proposed"),
    "send_back": gettext_lazy("Sent back"),
    "approve": gettext_lazy("Answer approved"),
    "record_sent": gettext_lazy("Answer sent"),
    "write_again": gettext_lazy("The authority wrote again"),
    "extend": gettext_lazy("The authority gave more time"),
    "assign": gettext_lazy("Given to a colleague"),
    "link": gettext_lazy("Filing linked"),
    "unlink": gettext_lazy("Link taken out"),
    "note": gettext_lazy("Note"),
    "order_measure": gettext_lazy("Measure ordered"),
    "confirm_measure": gettext_lazy("Measure confirmed as done"),
    "lift_measure": gettext_lazy("Measure lifted"),
    "tell_person": gettext_lazy("Person told"),
    "close": gettext_lazy("Closed"),
    "drop": gettext_lazy("Closed without an answer"),
    "reopen": gettext_lazy("Taken up again"),
    "purged": gettext_lazy("Words deleted"),
}
"""What the history calls what happened. A test fails on a move without a word."""
_PARTICULARS: Mapping[str, str | Promise] = {
    "received_on": gettext_lazy("received"),
    "was": gettext_lazy("was due"),
    "due_on": gettext_lazy("due"),
    "granted_on": gettext_lazy("granted"),
    "sent_on": gettext_lazy("sent"),
    "ended_on": gettext_lazy("ended"),
    "measure": gettext_lazy("measure"),
    "outcome": gettext_lazy("outcome"),
    "linked": gettext_lazy("filings"),
    "colleagues": gettext_lazy("colleagues told"),
}
"""The particulars that people read; the others are for programs."""


class StateFilter(Choices):
    """Which cases are listed."""

    title = gettext_lazy("state")
    parameter_name = "state"
    unset = gettext_lazy("Open")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return each state."""
        return [(str(state), str(STATE_TITLES[state]).capitalize()) for state in CaseState]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the open ones where nothing is chosen."""
        return super().queryset(request, queryset) if self.value() else queryset.exclude(state=str(CaseState.CLOSED))

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return cases in one state."""
        return queryset.filter(state=value)


@admin.register(AuthorityCase)
class AuthorityCaseAdmin(ReadOnlyAdmin):
    """Cases of authorities, for those who work on requests and those who audit. Nothing is a field to edit."""

    list_display = ("title", "its_reference", "standing", "due", "who", "received")
    list_filter = (StateFilter,)
    ordering = ("due_on", "id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever works on requests."""
        return bool(caller(request).roles & STAFF and self.has_view_permission(request))

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Leave what the authority calls it to those who work on it."""
        reads = bool(caller(request).roles & STAFF)
        return tuple(name for name in self.list_display if reads or name != "its_reference")

    def get_urls(self) -> list[Any]:
        """Add the moves."""
        act = self.admin_site.admin_view(require_POST(self.move_view))
        return [path("<uuid:case_id>/moves/<slug:verb>/", act, name="dsr_authoritycase_move"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuthorityCase]:
        """Return rows with the people who acted."""
        return authoritycases.rows(frozenset(CaseState))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw the list."""
        context = {"title": _("Cases of authorities"), **(extra_context or {})}
        drawn: HttpResponse = super().changelist_view(request, context)
        return drawn

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Draw or take the letter of an authority."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = caseforms.EntryForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            try:
                case = entering.enter(form.letter(), by=caller(request), at=timezone.now())
            except RecourseError as error:
                acts.refuse(form, error)
            else:
                messages.success(request, _("The case is open, and the officer was told."))
                return redirect(CASE, case.pk)
        context = {**self.admin_site.each_context(request), "title": _("Enter an authority's letter"), "form": form}
        status = 422 if form.is_bound else 200
        return TemplateResponse(request, "admin/dsr/authoritycase/enter.html", context, status=status)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Draw one case."""
        try:
            return self._drawn(request, self._find(request, UUID(object_id)), timezone.now())
        except ValueError:
            raise Http404 from None

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show the case, whose page has its history."""
        return redirect(CASE, object_id)

    def move_view(self, request: HttpRequest, case_id: UUID, verb: str) -> HttpResponse:
        """Make one move; what stands in the way is said on the page."""
        case = self._find(request, case_id)
        if verb not in caselife.BY_VERB:
            raise Http404
        full, at = authoritycases.load(case), timezone.now()
        form, status = caseforms.form_for(verb, full, caseforms.inputs_of(verb), request.POST), 422
        if form.is_valid():
            try:
                caseforms.do(verb, case.pk, form.cleaned_data, caller(request), at)
            except RecourseError as error:
                acts.refuse(form, error)
                messages.error(request, str(error.sentence))
                status = error.status
            else:
                messages.success(request, _("Done: %(move)s.") % {"move": caselife.BY_VERB[verb].title})
                return redirect(CASE, case.pk)
        return self._drawn(request, self._find(request, case_id), at, {verb: form}, status)

    def _find(self, request: HttpRequest, case_id: UUID) -> AuthorityCase:
        found = authoritycases.find(case_id) if self.has_view_permission(request) else None
        if found is None:
            raise Http404
        return found

    def _drawn(
        self,
        request: HttpRequest,
        case: AuthorityCase,
        at: datetime,
        bound: dict[str, forms.Form] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        full, by = authoritycases.load(case), caller(request)
        reads = bool(by.roles & STAFF)
        context = {
            **self.admin_site.each_context(request),
            "title": _title(case, at),
            "case": case,
            "full": full,
            "state": STATE_TITLES[case.state],
            "outcome": caseforms.OUTCOMES.get(case.outcome, ""),
            "overdue": authoritycases.is_overdue(case, at),
            "reads": reads,
            "texts": {name: _text(case, name, reads) for name in ("reference", "subject", "answer", "place")},
            "links": [(link, words.right_title(link.request.right) if link.request else "") for link in full.links],
            "measures": [(each, _text(each, "what", reads), _text(each, "place", reads)) for each in full.measures],
            "lines": _lines(case, reads),
            "acts": _acts(full, by, at, bound or {}),
        }
        return TemplateResponse(request, "admin/dsr/authoritycase/case.html", context, status=status)

    @admin.display(description=gettext_lazy("authority"))
    def title(self, row: AuthorityCase) -> str:
        """Which authority."""
        return _title(row, timezone.now())

    @admin.display(description=gettext_lazy("its reference"))
    def its_reference(self, row: AuthorityCase) -> str:
        """Under which number it is there."""
        return _text(row, "reference", True) or "–"

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: AuthorityCase) -> str:
        """Where it stands."""
        more = caseforms.OUTCOMES.get(row.outcome, "")
        return format_html(
            '<span class="r-chip">{}</span> <span class="r-quiet">{}</span>', STATE_TITLES[row.state], more
        )

    @admin.display(description=gettext_lazy("answer due"))
    def due(self, row: AuthorityCase) -> str:
        """The day of the letter, and how long there is."""
        if row.state not in caselife.WAITING:
            said = _("sent %(day)s") if row.sent_on else _("ended %(day)s")
            on = row.sent_on or row.ended_on or row.due_on
            return format_html('<span class="r-quiet">{}</span>', said % {"day": words.day(on)})
        left, urgency = words.time_left(row.due_on, day_ends(row.due_on, row.zone), row.zone, timezone.now())
        return format_html('{} <span class="r-left r-{}">{}</span>', words.day(row.due_on), urgency, left)

    @admin.display(description=gettext_lazy("who works on it"))
    def who(self, row: AuthorityCase) -> str:
        """Who works on it."""
        return words.colleague(row.owner) or "–"

    @admin.display(description=gettext_lazy("letter received"))
    def received(self, row: AuthorityCase) -> str:
        """When its first letter came."""
        return words.day(row.received_on)


def _title(case: AuthorityCase, at: datetime) -> str:
    return " · ".join(filter(None, (authorities.title_of(case.authority, at.date()), case.office)))


def _acts(full: CaseInFull, by: Caller, at: datetime, bound: dict[str, forms.Form]) -> list[acts.ActForm]:
    """Return what can be done about a case, and what stands against the rest of what belongs to its state."""
    found = []
    for step in road.moves(full.case, by, at):
        form = bound.get(step.verb) or caseforms.form_for(step.verb, full, caseforms.inputs_of(step.verb))
        link = reverse("admin:dsr_authoritycase_move", args=(full.case.pk, step.verb))
        consequence, grave = str(caseforms.CONSEQUENCES[step.verb]), step.verb in caseforms.GRAVE
        found.append(acts.ActForm(step.title, consequence, link, form if step.allowed else None, step.because, grave))
    return found


def _lines(case: AuthorityCase, reads: bool) -> list[tuple[CaseEntry, str | Promise, str, str, str]]:
    """Return the history: the entry, what and who it was, its particulars and its words."""
    entries = authoritycases.entries(case)
    staff = get_user_model().objects.in_bulk({int(each.actor_id) for each in entries if each.actor_id.isdigit()})
    return [
        (
            each,
            VERBS.get(each.verb, each.verb),
            words.colleague(staff.get(int(each.actor_id))) if each.actor_id.isdigit() else "",
            ", ".join(f"{_PARTICULARS[name]} {value}" for name, value in each.data.items() if name in _PARTICULARS),
            _text(each, "text", reads),
        )
        for each in entries
    ]


def _text(row: AuthorityCase | CaseMeasure | CaseEntry, name: str, reads: bool) -> str:
    try:
        return row.open(name) if reads else ""
    except Forgotten:
        return ""
