"""Customers on whose behalf data is processed, and the register of people who were directed elsewhere."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

from dsr.admin.base import StaffModelAdmin
from dsr.models import Customer, Referral
from notifications.ids import uuid7


@admin.register(Customer)
class CustomerAdmin(StaffModelAdmin):
    """The directory. Nobody is deleted from it, as the register names them: one that is done with is switched off."""

    fields = ("name", "contact", "agreement", "answers_within", "active")
    list_display = ("name", "agreement", "answers_within", "active", "since")
    ordering = ("name",)

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        """Give a new one its number and its day."""
        if not change:
            obj.since = timezone.now()
            obj.id = uuid7(obj.since)
        super().save_model(request, obj, form, change)


@admin.register(Referral)
class ReferralAdmin(StaffModelAdmin):
    """The register: when the person was told, when the customer was, by when its word is due, and when it came."""

    list_display = (
        *("reference", "customer", "known", "made_at", "told_person_at", "told_customer_at", "due_on", "confirmed_at"),
    )
    list_select_related = ("request__submission", "customer")
    ordering = ("-made_at",)

    @admin.display(description=gettext_lazy("reference"))
    def reference(self, row: Referral) -> str:
        """The number of the case."""
        return row.request.submission.reference

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Lines come from moves alone."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Referral | None = None) -> bool:
        """Lines come from moves alone."""
        return False
