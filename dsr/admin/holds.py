"""Legal holds: what nobody may erase, for whom and why. Two people set one and two lift it, each by one use case."""

from collections import Counter
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

from dsr import rules
from dsr.admin import acts, words
from dsr.admin.base import Choices, ReadOnlyAdmin
from dsr.admin.identity import caller
from dsr.errors import RecourseError
from dsr.models import HoldState, LegalHold, System
from dsr.policies import Caller
from dsr.rights import Right
from dsr.selectors import queue
from dsr.services import holds
from dsr.services.holds import Act
from dsr.services.identifiers import KINDS
from notifications.models import Forgotten

HOLD = "admin:dsr_legalhold_change"
_SHOWN = 50
_ACTS: tuple[tuple[Act, str | Promise, str | Promise], ...] = (
    (Act.CONFIRM, gettext_lazy("Confirm"), gettext_lazy("The hold is in force until two people lift it.")),
    (
        Act.REJECT,
        gettext_lazy("Do not confirm"),
        gettext_lazy("The hold ends. What it protected is looked at again at once, and may be erased."),
    ),
    (
        Act.REVIEW,
        gettext_lazy("Looked at: it still stands"),
        gettext_lazy("It comes up again on that day."),
    ),
    (
        Act.PROPOSE_LIFTING,
        gettext_lazy("Propose to lift it"),
        gettext_lazy("It goes on protecting until somebody else agrees."),
    ),
    (
        Act.LIFT,
        gettext_lazy("Lift it"),
        gettext_lazy("The hold ends. What it protected is looked at again at once, and may be erased."),
    ),
)
_KIND_TITLES: dict[str, str | Promise] = {
    "email": gettext_lazy("Mail addresses"),
    "phone": gettext_lazy("Telephone numbers"),
    "account": gettext_lazy("Account numbers"),
}


class ProposalForm(forms.Form):
    """A hold as somebody proposes it; judged by the use case."""

    def __init__(self, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, label_suffix="")
        grounds = [row for row in rules.pack().refusals.values() if Right.DELETION in row.rights]
        owners = get_user_model().objects.filter(is_active=True, is_staff=True).order_by("username")
        systems = System.objects.filter(active=True).order_by("name").values_list("key", "name")
        categories = {name: words.category_today(name) for name in rules.pack().categories}
        self.fields = {
            "ground": acts.one(_("Ground"), [(row.id, row.title) for row in grounds]),
            "matter": acts.words(_("What it is about; only colleagues who set holds read it")),
            **{kind: acts.words(_one_a_line(kind), rows=2, required=False) for kind in KINDS},
            "everybody": forms.BooleanField(label=_("It is about everybody"), required=False),
            "systems": acts.several(_("In these systems; none means all"), list(systems)),
            "categories": acts.several(
                _("These data categories; none means all"), sorted(categories.items(), key=lambda each: each[1])
            ),
            "from_on": acts.day(_("Records from"), required=False),
            "to_on": acts.day(_("Records to"), required=False),
            "owner": acts.one(_("Who answers for it"), [(str(user.pk), words.colleague(user)) for user in owners]),
            "review_on": acts.day(_("It is looked at again on, within six months")),
            "silent": forms.BooleanField(
                label=_("The law forbids to tell the person more than that it must be kept"), required=False
            ),
        }

    def wanted(self) -> holds.Wanted:
        """Return what was typed as the use case takes it."""
        given = self.cleaned_data
        return holds.Wanted(
            ground=given["ground"],
            matter=given["matter"],
            owner_id=int(given["owner"]),
            review_on=given["review_on"],
            people={kind: [line.strip() for line in given[kind].splitlines() if line.strip()] for kind in KINDS},
            everybody=given["everybody"],
            categories=tuple(given["categories"]),
            systems=tuple(given["systems"]),
            from_on=given["from_on"],
            to_on=given["to_on"],
            silent=given["silent"],
        )


class StandingFilter(Choices):
    """What is to be done about holds, or where they stand."""

    title = gettext_lazy("state")
    parameter_name = "standing"
    unset = gettext_lazy("All that protect")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what waits for somebody first."""
        return [
            ("second", _("Wait for a second person")),
            ("review", _("To be looked at")),
            ("in_force", _("In force")),
            ("ended", _("Ended")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return those that protect something where nothing is chosen."""
        return super().queryset(request, queryset) if self.value() else queryset.filter(state__in=holds.PROTECTS)

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return holds by what is to be done."""
        if value == "second":
            return queue.holds_for_second(queryset)
        if value == "review":
            return queue.holds_to_review(queryset, timezone.now())
        return (
            queryset.filter(state=HoldState.IN_FORCE)
            if value == "in_force"
            else queryset.exclude(state__in=holds.PROTECTS)
        )


@admin.register(LegalHold)
class LegalHoldAdmin(ReadOnlyAdmin):
    """Legal holds, for colleagues who set them. Nothing on a page is a field to edit."""

    list_display = ("title", "standing", "scope", "owner_name", "review", "proposer")
    list_filter = (StandingFilter,)
    ordering = ("review_on", "id")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Colleagues who set holds."""
        return bool(request.user.has_perm("dsr.set_holds"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Colleagues who set holds: what a hold is about is nobody else's business."""
        return bool(request.user.has_perm("dsr.set_holds"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Colleagues who set holds."""
        return bool(request.user.has_perm("dsr.set_holds"))

    def get_urls(self) -> list[Any]:
        """Add the acts."""
        act = self.admin_site.admin_view(require_POST(self.act_view))
        return [path("<uuid:hold_id>/acts/<slug:act>/", act, name="dsr_legalhold_act"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LegalHold]:
        """Return rows with the people who decided."""
        people = ("owner", "proposed_by", "confirmed_by", "lifting_by", "ended_by")
        return LegalHold.objects.select_related("data_key", *people)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw the list."""
        drawn: HttpResponse = super().changelist_view(request, {"title": _("Legal holds"), **(extra_context or {})})
        return drawn

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Draw or take a proposal."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ProposalForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            try:
                hold = holds.propose(form.wanted(), by=caller(request), at=timezone.now())
            except RecourseError as error:
                acts.refuse(form, error)
            else:
                messages.success(request, _("The hold protects from now on. Somebody else has to confirm it."))
                return redirect(HOLD, hold.pk)
        context = {**self.admin_site.each_context(request), "title": _("Propose a legal hold"), "form": form}
        status = 422 if form.is_bound else 200
        return TemplateResponse(request, "admin/dsr/legalhold/propose.html", context, status=status)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Draw one hold."""
        try:
            return self._drawn(request, self._find(request, UUID(object_id)), timezone.now())
        except ValueError:
            raise Http404 from None

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show the hold, which says who decided what and when."""
        return redirect(HOLD, object_id)

    def act_view(self, request: HttpRequest, hold_id: UUID, act: str) -> HttpResponse:
        """Do one thing to a hold; what stands in the way is said on the page."""
        hold = self._find(request, hold_id)
        if act not in set(Act):
            raise Http404
        form, at = _form(Act(act), hold, request.POST), timezone.now()
        status = 422
        if form.is_valid():
            try:
                _do(Act(act), hold, form.cleaned_data, caller(request), at)
            except RecourseError as error:
                acts.refuse(form, error)
                messages.error(request, str(error.sentence))
                status = error.status
            else:
                messages.success(request, _("Done: %(move)s.") % {"move": _titles()[Act(act)]})
                return redirect(HOLD, hold.pk)
        return self._drawn(request, self._find(request, hold_id), at, {Act(act): form}, status)

    def _find(self, request: HttpRequest, hold_id: UUID) -> LegalHold:
        hold = self.get_queryset(request).filter(pk=hold_id).first() if self.has_view_permission(request) else None
        if hold is None:
            raise Http404
        return hold

    def _drawn(
        self,
        request: HttpRequest,
        hold: LegalHold,
        at: datetime,
        bound: dict[Act, forms.Form] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        kept = hold.kept.filter(ended_at=None).select_related("request__submission", "system").order_by("-check_at")
        context = {
            **self.admin_site.each_context(request),
            "title": words.ground_title(hold.ground),
            "hold": hold,
            "scope": _scope(hold),
            "matter": _text(hold, "matter"),
            "lifting_reason": _text(hold, "lifting_reason"),
            "late": hold.state in holds.PROTECTS and hold.review_on <= at.date(),
            "people": _people(hold),
            "kept": [(row, words.category_today(row.category)) for row in kept[:_SHOWN]],
            "acts": _acts(hold, caller(request), bound or {}),
        }
        return TemplateResponse(request, "admin/dsr/legalhold/hold.html", context, status=status)

    @admin.display(description=gettext_lazy("ground"))
    def title(self, row: LegalHold) -> str:
        """Why it is kept."""
        return words.ground_title(row.ground)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: LegalHold) -> str:
        """Where it stands, and what it waits for."""
        lifting = row.state == HoldState.IN_FORCE and row.lifting_by_id
        more = _("lifting waits for a second person") if lifting else ""
        return format_html(
            '<span class="r-chip">{}</span> <span class="r-quiet">{}</span>', row.get_state_display(), more
        )

    @admin.display(description=gettext_lazy("about"))
    def scope(self, row: LegalHold) -> str:
        """What it is about, without the people."""
        return " · ".join(_scope(row))

    @admin.display(description=gettext_lazy("owner"))
    def owner_name(self, row: LegalHold) -> str:
        """Who answers for it."""
        return words.colleague(row.owner)

    @admin.display(description=gettext_lazy("looked at again"))
    def review(self, row: LegalHold) -> str:
        """When it is looked at again."""
        late = row.state in holds.PROTECTS and row.review_on <= timezone.now().date()
        return format_html('<span class="{}">{}</span>', "r-left r-over" if late else "", words.day(row.review_on))

    @admin.display(description=gettext_lazy("proposed by"))
    def proposer(self, row: LegalHold) -> str:
        """Who proposed it, so that others know that it waits for them."""
        return words.colleague(row.proposed_by)


def _one_a_line(kind: str) -> str:
    return _("%(what)s, one a line") % {"what": _KIND_TITLES[kind]}


def _titles() -> dict[Act, str]:
    return {act: str(title) for act, title, _consequence in _ACTS}


def _form(act: Act, hold: LegalHold, data: Any = None) -> forms.Form:
    form = forms.Form(data, auto_id=f"id_{act}_%s", label_suffix="")
    if act == Act.PROPOSE_LIFTING:
        form.fields["reason"] = acts.words(_("Reason"))
    if act == Act.REVIEW:
        form.fields["review_on"] = acts.day(_("It is looked at again on, within six months"))
    return form


def _do(act: Act, hold: LegalHold, given: dict[str, Any], by: Caller, at: datetime) -> None:
    if act == Act.PROPOSE_LIFTING:
        holds.propose_lifting(hold.pk, given["reason"], by=by, at=at)
    elif act == Act.REVIEW:
        holds.review(hold.pk, given["review_on"], by=by, at=at)
    else:
        {Act.CONFIRM: holds.confirm, Act.REJECT: holds.reject, Act.LIFT: holds.lift}[act](hold.pk, by=by, at=at)


def _acts(hold: LegalHold, by: Caller, bound: dict[Act, forms.Form]) -> list[acts.ActForm]:
    """Return what can be done to a hold, and what stands against the rest; nothing once it has ended."""
    if hold.state not in holds.PROTECTS:
        return []
    proposed = hold.state == HoldState.PROPOSED
    lifting = Act.LIFT if hold.lifting_by_id else Act.PROPOSE_LIFTING
    fitting = (Act.CONFIRM, Act.REJECT, Act.REVIEW) if proposed else (Act.REVIEW, lifting)
    found = []
    for act, title, consequence in _ACTS:
        if act not in fitting:
            continue
        because = acts.reason_against(lambda act=act: holds.check_can(hold, act, by))  # type: ignore[misc]
        form = None if because else bound.get(act) or _form(act, hold)
        link = reverse("admin:dsr_legalhold_act", args=(hold.pk, act))
        found.append(acts.ActForm(str(title), str(consequence), link, form, because, act in (Act.REJECT, Act.LIFT)))
    return found


def _scope(hold: LegalHold) -> list[str]:
    parts = [_("everybody") if hold.everybody else _("certain people")]
    parts.append(", ".join(map(words.category_today, hold.categories)) or _("all data categories"))
    parts.append(", ".join(hold.systems) or _("all systems"))
    if hold.from_on or hold.to_on:
        days = [words.day(each) if each else "…" for each in (hold.from_on, hold.to_on)]
        parts.append(_("records from %(first)s to %(last)s") % {"first": days[0], "last": days[1]})
    return parts


def _people(hold: LegalHold) -> list[tuple[str, int]]:
    """Return how many identifiers of each kind it names. Only their fingerprints are kept."""
    counted = Counter(hold.people.values_list("kind", flat=True))
    return [(str(_KIND_TITLES.get(kind, kind)), number) for kind, number in sorted(counted.items())]


def _text(hold: LegalHold, name: str) -> str:
    try:
        return hold.open(name)
    except Forgotten:
        return ""
