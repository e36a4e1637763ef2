"""Tokens of the programming interface: made here, shown once, revoked here."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dsr.admin.base import AdministratorsOnly
from dsr.models import ApiToken, Scope

_TOKENS = "admin:dsr_apitoken_changelist"


class TokenForm(forms.Form):
    """What a new token is for. It can do no more than its owner may."""

    user = forms.ModelChoiceField(get_user_model().objects.none(), label=gettext_lazy("Owner"))
    name = forms.CharField(label=gettext_lazy("What it is for"), max_length=80)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(label=gettext_lazy("Days until it ends"), min_value=1, max_value=3650, initial=365)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
        owners = get_user_model().objects.filter(is_active=True).order_by("username")
        self.fields["user"].queryset = owners  # type: ignore[attr-defined]


@admin.register(ApiToken)
class TokenAdmin(AdministratorsOnly):
    """Tokens, without what would open anything."""

    list_display = ("begins", "name", "user", "may", "created", "expiry", "last_used_on", "revoke")
    list_display_links = None
    ordering = ("-created",)

    def get_urls(self) -> list[Any]:
        """Add revoking."""
        wrap = self.admin_site.admin_view
        revoke = path("<slug:digest>/revoke/", wrap(require_POST(self.revoke_view)), name="dsr_apitoken_revoke")
        return [revoke, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """Return tokens with their owners."""
        tokens: QuerySet[ApiToken] = ApiToken.objects.select_related("user")
        return tokens

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never: a token is revoked and another one made."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw the list."""
        drawn: HttpResponse = super().changelist_view(request, {"title": _("API tokens"), **(extra_context or {})})
        return drawn

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Make a token and show it, this once."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form, secret = TokenForm(request.POST or None), ""
        if form.is_valid():
            days = timedelta(days=form.cleaned_data.pop("days"))
            _token, secret = ApiToken.objects.create(expiry=days, **form.cleaned_data)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("New API token"),
            "form": form,
            "secret": secret,
        }
        return TemplateResponse(request, "admin/dsr/apitoken/new.html", context)

    def revoke_view(self, request: HttpRequest, digest: str) -> HttpResponse:
        """End a token at once."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        ApiToken.objects.filter(pk=digest).delete()
        messages.success(request, _("Revoked. Whoever uses it is turned away from now on."))
        return redirect(_TOKENS)

    @admin.display(description=gettext_lazy("begins with"))
    def begins(self, row: ApiToken) -> str:
        """What the owner can know it by."""
        return format_html("<code>{}…</code>", row.token_key)

    @admin.display(description=gettext_lazy("may"))
    def may(self, row: ApiToken) -> str:
        """Its scopes."""
        return ", ".join(row.scopes)

    @admin.display(description="")
    def revoke(self, row: ApiToken) -> str:
        """The way to end it."""
        # One form of the page carries the CSRF token for all of these buttons.
        return format_html(
            '<button class="r-button r-slight" form="revoke" formaction="{}/revoke/">{}</button>', row.pk, _("Revoke")
        )
