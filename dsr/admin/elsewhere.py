"""Customers on whose behalf data is processed, and the register of people who were directed elsewhere."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.admin import words
from dsr.admin.base import Choices, ReadOnlyAdmin, StaffModelAdmin
from dsr.models import Customer, Referral
from dsr.selectors import register
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


class WordFilter(Choices):
    """Lines on which somebody still waits, and those that are late. Both go by the index of waiting lines."""

    title = gettext_lazy("word of the other side")
    parameter_name = "word"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what one can look for."""
        return [(register.OPEN, _("Awaited")), (register.LATE, _("Late"))]

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return those lines."""
        return register.waiting(queryset, value, timezone.now().date())


@admin.register(Referral)
class ReferralAdmin(ReadOnlyAdmin):
    """The register: when the person was told, when the other side was, by when its word is due, and when it came."""

    list_display = ("line", "reference", "whom", "made_at", "passed_on", "due_on", "standing")
    list_filter = (WordFilter,)
    list_select_related = ("request__submission", "customer")
    ordering = ("-id",)
    fields = (
        *("line", "case", "right", "whom", "kind", "known", "made_at", "made_by", "told_person_at", "told_words"),
        *("agreed", "told_customer_at", "due_on", "reminders", "standing", "confirmed_at"),
    )

    @admin.display(description=gettext_lazy("line"))
    def line(self, row: Referral) -> str:
        """The line's own number."""
        return row.number or f"{row.made_at:%Y-%m-%d}"

    @admin.display(description=gettext_lazy("reference"))
    def reference(self, row: Referral) -> str:
        """The number of the case."""
        return row.request.submission.reference

    @admin.display(description=gettext_lazy("case"))
    def case(self, row: Referral) -> str:
        """The case, where the moves are made."""
        address = reverse("admin:dsr_subjectrequest_change", args=[row.request_id])
        return format_html('<a href="{}">{}</a>', address, row.request.submission.reference)

    @admin.display(description=gettext_lazy("right"))
    def right(self, row: Referral) -> str:
        """What is asked."""
        return str(words.right_title(row.request.right))

    @admin.display(description=gettext_lazy("sent to"))
    def whom(self, row: Referral) -> str:
        """The other side."""
        return register.whom(row) or _("a customer that nobody knows")

    @admin.display(description=gettext_lazy("what that is"))
    def kind(self, row: Referral) -> str:
        """What the other side is."""
        return str(KINDS[register.kind(row)])

    @admin.display(description=gettext_lazy("other side told"))
    def passed_on(self, row: Referral) -> str:
        """Whether the other side was told from here."""
        return _("yes") if row.told_customer_at else _("no, the person turns there")

    @admin.display(description=gettext_lazy("in these words"))
    def told_words(self, row: Referral) -> str:
        """What the person read; nothing once the case is forgotten."""
        return register.words(row) or "-"

    @admin.display(description=gettext_lazy("word"))
    def standing(self, row: Referral) -> str:
        """How it stands with the other side's word."""
        if row.confirmed_at is not None:
            return str(row.get_word_display()) if row.word else _("it has the matter in hand")
        if row.due_on is None:
            return _("none is awaited")
        return _("late") if register.is_late(row, timezone.now().date()) else _("awaited")


KINDS = {
    "customer": gettext_lazy("a customer, which decides about the data"),
    "applicants": gettext_lazy("a desk for applicants"),
    "brand": gettext_lazy("another brand"),
    "group_company": gettext_lazy("another company of the group"),
    "unknown": gettext_lazy("not known any more"),
}
