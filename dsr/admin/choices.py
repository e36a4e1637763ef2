"""The ledger of CPNI choices, to read: nobody knows an account by it who does not name the account."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.admin import words
from dsr.admin.base import ReadOnlyAdmin
from dsr.choices.cpni import Authority, Kind
from dsr.models import CpniEntry
from dsr.services.choices import cpni
from dsr.services.choices.words import AUTHORITIES, KINDS


@admin.register(CpniEntry)
class CpniEntryAdmin(ReadOnlyAdmin):
    """Every line, the newest first; by the number of an account, its own in their order."""

    list_display = ("when", "happened", "about_what", "channel", "by_authority", "evidence")
    search_fields = ("account",)
    search_help_text = gettext_lazy("The number of an account, whole.")
    ordering = ("-id",)
    fields = (
        "when", "happened", "about_what", "channel", "by_authority", "evidence", "medium", "notice_version",
        "recorded_at", "seq", "prev_hash", "hash",
    )  # fmt: skip
    readonly_fields = fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CpniEntry], search_term: str
    ) -> tuple[QuerySet[CpniEntry], bool]:
        """Search by the number of an account."""
        if not search_term:
            return queryset, False
        return queryset.filter(account__digest__in=cpni.digests(search_term)), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[CpniEntry]:
        """Return the lines of real accounts."""
        return CpniEntry.objects.filter(account__invented=False).select_related("account")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw the list."""
        drawn: HttpResponse = super().changelist_view(request, {"title": _("CPNI choices"), **(extra_context or {})})
        return drawn

    @admin.display(description=gettext_lazy("when"))
    def when(self, row: CpniEntry) -> str:
        """When it was received or happened."""
        return words.moment(row.at)

    @admin.display(description=gettext_lazy("what"))
    def happened(self, row: CpniEntry) -> str:
        """What was entered, in words."""
        return str(KINDS[Kind(row.kind)])

    @admin.display(description=gettext_lazy("about"))
    def about_what(self, row: CpniEntry) -> str:
        """Which uses and services a choice is about."""
        return ", ".join([*row.uses, *row.services]) or str(_("everything"))

    @admin.display(description=gettext_lazy("authority"))
    def by_authority(self, row: CpniEntry) -> str:
        """By which authority somebody acted."""
        return str(AUTHORITIES[Authority(row.authority)])
