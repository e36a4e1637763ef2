"""The retention schedule: every row as it is in force, who changed it, and changes that two people make."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from dsr import rules
from dsr.admin import acts, words
from dsr.admin.base import ReadOnlyAdmin
from dsr.admin.identity import caller
from dsr.errors import NotFound, RecourseError
from dsr.models import ChangeState, RetentionChange
from dsr.policies import Caller
from dsr.rights import Right
from dsr.rules.schema.retention import RetentionRule
from dsr.rules.words import RETENTION_EVENTS
from dsr.services import schedule
from dsr.services.schedule import Edit, Effect

SCHEDULE = "admin:dsr_retentionchange_changelist"
CHANGE = "admin:dsr_retentionchange_change"
_SINCE = timedelta(days=365)
_SHOWN = 200
_DECISIONS = {"publish": schedule.publish, "reject": schedule.reject}


class EditForm(forms.Form):
    """What one row of the schedule is to say; judged by the use case."""

    def __init__(self, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, label_suffix="")
        grounds = [(row.id, row.title) for row in rules.pack().refusals.values() if Right.DELETION in row.rights]
        events = sorted(((word, str(title)) for word, title in RETENTION_EVENTS.items()), key=lambda each: each[1])
        self.fields = {
            "event": acts.one(_("Counted from"), events, required=False),
            "floor": _period(_("Kept at least, such as P6Y, P18M or P30D")),
            "ceiling": _period(_("Kept at most")),
            "yields": forms.BooleanField(label=_("It goes when somebody asks for erasure"), required=False),
            "ground": acts.one(_("Ground that the person is told, where it stays"), grounds, required=False),
            "reason": acts.words(_("Why it should change")),
        }

    def edit(self, rule: str) -> Edit:
        """Return what was typed as the use case takes it."""
        return Edit(rule, **self.cleaned_data)


@admin.register(RetentionChange)
class ScheduleAdmin(ReadOnlyAdmin):
    """The schedule, for colleagues who keep it. A row is changed by a proposal and a second person."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Colleagues who keep the schedule."""
        return bool(request.user.has_perm("dsr.edit_retention"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Colleagues who keep the schedule."""
        return bool(request.user.has_perm("dsr.edit_retention"))

    def get_urls(self) -> list[Any]:
        """Add the rows, and the decisions."""
        wrap = self.admin_site.admin_view
        own = [
            path("rows/<slug:rule>/", wrap(self.row_view), name="dsr_retentionchange_row"),
            path(
                "<uuid:change_id>/decide/<slug:decision>/",
                wrap(require_POST(self.decide_view)),
                name="dsr_retentionchange_decide",
            ),
        ]
        return [*own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[RetentionChange]:
        """Return changes with the people who made them."""
        return RetentionChange.objects.select_related("proposed_by", "decided_by")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw every row of the schedule in force, and the changes that wait."""
        self._check(request)
        changes = list(self.get_queryset(request))
        newest = {row.rule: row for row in sorted(_published(changes), key=lambda row: row.number or 0)}
        context = {
            "rows": [(_told_of(rule), newest.get(rule.id)) for rule in schedule.current().rules],
            "waiting": [row for row in changes if row.state == ChangeState.PROPOSED],
            "decided": [row for row in changes if row.state != ChangeState.PROPOSED],
            "version": schedule.version(),
        }
        return self._page(request, "list.html", _("Retention schedule"), context)

    def row_view(self, request: HttpRequest, rule: str) -> HttpResponse:
        """Draw one row with its history; take a proposal, or say what it would change."""
        self._check(request)
        try:
            now = schedule.as_it_stands(rule)
        except NotFound:
            raise Http404 from None
        given = {name: getattr(now, name) for name in ("event", "floor", "ceiling", "yields", "ground")}
        form = EditForm(request.POST if request.method == "POST" else None, given)
        effects: list[Effect] | None = None
        if form.is_bound and form.is_valid():
            try:
                if "try" in request.POST:
                    effects = _effects(form.edit(rule), timezone.now())
                else:
                    change = schedule.propose(form.edit(rule), by=caller(request), at=timezone.now())
                    messages.success(request, _("Proposed. Somebody else has to publish it."))
                    return redirect(CHANGE, change.pk)
            except RecourseError as error:
                acts.refuse(form, error)
        context = {
            "row": _told_of(schedule.current().rule(rule)),
            "form": form,
            "effects": _told(effects),
            "since": timezone.now() - _SINCE,
            "history": list(self.get_queryset(request).filter(rule=rule)),
        }
        return self._page(request, "row.html", rule, context, 422 if form.errors else 200)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Draw one proposed or decided change, with what it does to decisions of the last year while it waits."""
        self._check(request)
        try:
            change = self.get_queryset(request).filter(pk=UUID(object_id)).first()
        except ValueError:
            change = None
        if change is None:
            raise Http404
        effects: list[Effect] | None = None
        problem = ""
        if change.state == ChangeState.PROPOSED:
            try:
                effects = _effects(schedule.edit_of(change), timezone.now())
            except RecourseError as error:
                problem = str(error.sentence)
        context = {
            "change": change,
            "event": _event(change.event),
            "ground": words.ground_title(change.ground),
            "effects": _told(effects),
            "since": timezone.now() - _SINCE,
            "problem": problem,
            "acts": _decisions(change, caller(request)),
        }
        return self._page(request, "change.html", change.rule, context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show the change, which says who decided."""
        return redirect(CHANGE, object_id)

    def decide_view(self, request: HttpRequest, change_id: UUID, decision: str) -> HttpResponse:
        """Publish or reject a change, as a second person."""
        self._check(request)
        if decision not in _DECISIONS:
            raise Http404
        try:
            _DECISIONS[decision](change_id, by=caller(request), at=timezone.now())
        except NotFound:
            raise Http404 from None
        except RecourseError as error:
            messages.error(request, str(error.sentence))
        else:
            said = (
                _("The schedule says so from now on.") if decision == "publish" else _("The schedule stays as it is.")
            )
            messages.success(request, said)
        return redirect(CHANGE, change_id)

    def _check(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _page(
        self, request: HttpRequest, template: str, title: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        given = {**self.admin_site.each_context(request), "title": title, **context}
        return TemplateResponse(request, f"admin/dsr/retentionchange/{template}", given, status=status)


def _period(label: str) -> forms.CharField:
    return forms.CharField(label=label, max_length=16, required=False)


def _published(changes: list[RetentionChange]) -> list[RetentionChange]:
    return [row for row in changes if row.state == ChangeState.PUBLISHED]


def _told_of(rule: RetentionRule) -> dict[str, Any]:
    """Return a row of the schedule with what it names in words."""
    return {
        "rule": rule,
        "category": words.category_today(rule.category),
        "places": ", ".join(map(_place, rule.jurisdictions)) or _("everywhere"),
        "event": _event(rule.event),
        "ground": words.ground_title(rule.ground or ""),
    }


def _place(jurisdiction: str) -> str:
    """Return a law by its name; a country or region has its code for a name."""
    return words.regime_title(jurisdiction) if jurisdiction.islower() else jurisdiction


def _event(event: str) -> str:
    return str(RETENTION_EVENTS.get(event, event))


def _effects(edit: Edit, at: datetime) -> list[Effect]:
    return schedule.effects(edit, at - _SINCE)


def _told(effects: list[Effect] | None) -> dict[str, Any] | None:
    """Return what a change would make of stored decisions, as the page draws it; None where nobody asked."""
    if effects is None:
        return None
    rows = [
        (each, words.category_today(each.category), _comes_to(each.was), _comes_to(each.now))
        for each in effects[:_SHOWN]
    ]
    return {"number": len(effects), "rows": rows}


def _comes_to(verdict: Any) -> str:
    if not verdict.erase:
        return _("kept: %(ground)s") % {"ground": words.ground_title(verdict.ground)}
    if verdict.before is None:
        return _("all goes")
    return _("goes where it is from before %(day)s") % {"day": words.day(verdict.before)}


def _decisions(change: RetentionChange, by: Caller) -> list[acts.ActForm]:
    if change.state != ChangeState.PROPOSED:
        return []
    because = acts.reason_against(lambda: schedule.check_can_decide(change, by))
    told = (
        (
            "publish",
            _("Publish"),
            _("Whatever is not carried out yet is judged by it from now on."),
            False,
        ),
        ("reject", _("Reject"), _("The schedule stays as it is."), True),
    )
    return [
        acts.ActForm(
            title,
            consequence,
            reverse("admin:dsr_retentionchange_decide", args=(change.pk, decision)),
            None if because else forms.Form(),
            because,
            grave,
        )
        for decision, title, consequence, grave in told
    ]
