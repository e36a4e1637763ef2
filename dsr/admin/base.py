"""What every page of the console has in common.

The theme is chosen here and nowhere else: to fall back to Django's own pages, import ModelAdmin from
``django.contrib.admin`` below and take the theme out of INSTALLED_APPS.
"""

from typing import Any, cast

from django.contrib import admin
from django.contrib.admin import helpers
from django.contrib.admin.views.main import PAGE_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin as ThemedModelAdmin
from unfold.forms import AdminForm, Fieldline

# The theme does this on each of its own form pages; ours come without them.
helpers.AdminForm, helpers.Fieldline = AdminForm, Fieldline  # type: ignore[misc]


class CappedPaginator(Paginator):  # type: ignore[type-arg]  # not subscriptable when it runs
    """Counts no further than anybody would page; ``capped`` says that there is more. Narrow down with filters."""

    cap = 1000

    @cached_property
    def _counted(self) -> int:
        # Past the cap by one, in whatever order is cheapest: what it costs does not grow with the table.
        rows = cast("QuerySet[Any]", self.object_list)
        return rows.order_by().values("pk")[: self.cap + 1].count()

    @cached_property
    def count(self) -> int:
        """Return how many rows can be paged through."""
        return min(self._counted, self.cap)

    @property
    def capped(self) -> bool:
        """Whether there are more rows than can be paged through."""
        return self._counted > self.cap


class SteadyChangeList(ChangeList):
    """A list in the order of its admin, whatever the address asks for, and without a count of the whole table."""

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[str | Combinable]:
        """Return the admin's own order: any other would sort the whole table."""
        return list(self.model_admin.get_ordering(request))

    def get_results(self, request: HttpRequest) -> None:
        """Load one page, and have no second count shown."""
        super().get_results(request)
        self.result_list = self.loaded(self.result_list)
        self.full_result_count = self.result_count

    def loaded(self, queryset: Any) -> list[Any]:
        """Return the rows of the page, with whatever they show beside their own columns."""
        return list(queryset)

    def pages(self) -> list[tuple[int | str, str]]:
        """Return the pages to offer, each with its address; what is left out between them has none."""
        numbers = self.paginator.get_elided_page_range(self.page_num)
        gap = self.paginator.ELLIPSIS
        return [(each, "" if each == gap else self.get_query_string({PAGE_VAR: each})) for each in numbers]


class Choices(admin.SimpleListFilter):
    """A filter with a fixed list of choices, drawn as a select; what is chosen by default has no parameter."""

    unset: str | Promise = gettext_lazy("Any")
    hidden = False
    """Whether it is no choice of its own but carried along, such as what was searched for."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices beside the unset one. Asks the database nothing."""
        raise NotImplementedError

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return what is left under a choice."""
        raise NotImplementedError

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return what is left. A word that is no choice leaves nothing, rather than everything."""
        value = self.value()
        if not value:
            return queryset
        known = self.hidden or value in {str(word) for word, _title in self.lookup_choices}
        return self.narrowed(queryset, value) if known else queryset.none()


class StaffModelAdmin(ThemedModelAdmin):  # type: ignore[misc]
    """Lists that stay fast whatever the table grows to, and pages on which nothing can be deleted."""

    list_per_page = 25
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    actions = None
    paginator = CappedPaginator

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list that keeps its order."""
        return SteadyChangeList

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is deleted by hand: what is personal goes by schedule, and history stays."""
        return False


class AdministratorsOnly(StaffModelAdmin):
    """Rows that decide what everybody may do. Whoever changes them can do anything, so only superusers see them."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Superusers."""
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Superusers."""
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers."""
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Superusers."""
        return bool(request.user.is_superuser)


class ReadOnlyAdmin(StaffModelAdmin):
    """Rows to look at. Whatever changes them is a use case, not a form."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Never."""
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Filters of our own only: any other could search by what is sealed, or scan the table."""
        return lookup in {each.parameter_name for each in self.list_filter}
