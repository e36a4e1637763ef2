"""Staff accounts and roles."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from dsr.admin.base import AdministratorsOnly

for _model in (User, Group, EmailAddress, Authenticator):
    # Second factors and their secrets belong to their owners, and nobody signs in by mail address here.
    if admin.site.is_registered(_model):
        admin.site.unregister(_model)


@admin.register(User)
class UserAdmin(AdministratorsOnly, DjangoUserAdmin):  # type: ignore[misc,type-arg]
    """Colleagues. Nobody is deleted, as history names them: an account is switched off."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "email", "is_active", "last_login")
    list_filter = ()
    ordering = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password", "first_name", "last_name", "email")}),
        (_("What the account may do"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Nothing: no address may try out password digests."""
        return False


@admin.register(Group)
class GroupAdmin(AdministratorsOnly, DjangoGroupAdmin):  # type: ignore[misc]
    """Roles. The ones that ship are brought back by ``manage.py setup_roles``; others are the organisation's own."""

    filter_horizontal = ()

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest | None = None, **kwargs: Any) -> Any:
        """Offer the permissions that mean something in the console."""
        if db_field.name == "permissions":
            kwargs["queryset"] = Permission.objects.filter(
                content_type__app_label__in=("dsr", "notifications", "verification")
            ).select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)
