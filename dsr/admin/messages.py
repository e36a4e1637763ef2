"""Letters by mail: which did not get through and why, and what can be done about it. What they say stays hidden."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from dsr.admin import words
from dsr.admin.base import Choices, ReadOnlyAdmin, SteadyChangeList
from dsr.admin.queue import WORKSHEET
from dsr.errors import RecourseError
from dsr.models import Submission
from dsr.policies import Caller
from dsr.selectors.queue import cleaned_reference
from dsr.services import mailing, revealing
from notifications.models import TROUBLE, Message, MessageState

LETTER = "admin:notifications_message_change"


class WhichFilter(Choices):
    """What needs somebody, or what waits. Each goes by an index; all letters of one case are found by reference."""

    title = gettext_lazy("letters")
    parameter_name = "which"
    unset = gettext_lazy("Need attention")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the other choice."""
        return [("waiting", _("Wait to be sent"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return what did not get through where nothing is chosen or searched for."""
        if not self.value() and not request.GET.get("q"):
            return queryset.filter(state__in=TROUBLE, noted_at=None)
        return super().queryset(request, queryset)

    def narrowed(self, queryset: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return what waits."""
        return queryset.filter(state=MessageState.WAITING)


class LetterList(SteadyChangeList):
    """One page of letters, with the references they are about, in one statement more."""

    def loaded(self, queryset: Any) -> list[Any]:
        """Load one page and its references."""
        rows = super().loaded(queryset)
        about = {row.about for row in rows}
        references = dict(Submission.objects.filter(pk__in=about).values_list("pk", "reference"))
        for row in rows:
            row.reference = references.get(row.about, "")
        return rows


@admin.register(Message)
class LetterAdmin(ReadOnlyAdmin):
    """Letters, the troubled ones first."""

    list_display = ("made", "which", "about_case", "standing", "tries_so_far")
    list_filter = (WhichFilter,)
    search_fields = ("about",)
    search_help_text = gettext_lazy("Reference")

    def get_urls(self) -> list[Any]:
        """Add what can be done about one letter."""
        wrap = self.admin_site.admin_view
        own = [
            path("<uuid:letter_id>/again/", wrap(require_POST(self.again_view)), name="notifications_message_again"),
            path("<uuid:letter_id>/note/", wrap(require_POST(self.note_view)), name="notifications_message_note"),
        ]
        return [*own, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[LetterList]:
        """Return the list that knows references."""
        return LetterList

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """Return rows without what is sealed."""
        return Message.objects.defer("to_sealed", "context_sealed", "body_sealed")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the order that each choice has an index for."""
        if request.GET.get("q"):
            return ("-created_at", "-id")
        return ("due_at", "id") if request.GET.get("which") == "waiting" else ("settled_at", "id")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Message], search_term: str
    ) -> tuple[QuerySet[Message], bool]:
        """Search by the reference of the case."""
        if not search_term:
            return queryset, False
        reference = cleaned_reference(search_term)
        about = Submission.objects.filter(reference=reference).values_list("pk", flat=True).first()
        return (queryset.filter(about=about) if about else queryset.none()), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Draw the list."""
        drawn: HttpResponse = super().changelist_view(request, {"title": _("Letters"), **(extra_context or {})})
        return drawn

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show one letter; a POST with a reason shows what it says, and that is recorded."""
        letter = self._find(request, object_id)
        by = Caller.of_user(request.user, "admin")  # type: ignore[arg-type]
        text = ""
        if request.method == "POST":
            try:
                text = revealing.reveal_letter(letter.pk, request.POST.get("reason", ""), by=by, at=timezone.now())
            except RecourseError as error:
                messages.error(request, str(error.sentence))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Letter: %(kind)s") % {"kind": letter.kind},
            "letter": letter,
            "submission": Submission.objects.filter(pk=letter.about).only("reference").first(),
            "trouble": letter.state in TROUBLE,
            "may_act": bool(by.roles),
            "may_reveal": bool(by.roles) and request.user.has_perm("dsr.reveal_personal"),
            "text": text,
        }
        return TemplateResponse(request, "admin/notifications/message/letter.html", context)

    def again_view(self, request: HttpRequest, letter_id: UUID) -> HttpResponse:
        """Send a failed letter again."""
        return self._act(request, letter_id, mailing.send_again, _("It will be sent again."))

    def note_view(self, request: HttpRequest, letter_id: UUID) -> HttpResponse:
        """Take a letter off the list of those that need attention."""
        return self._act(request, letter_id, mailing.take_note, _("Noted."))

    def _act(self, request: HttpRequest, letter_id: UUID, use_case: Any, said: str) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            use_case(letter_id, by=Caller.of_user(request.user, "admin"), at=timezone.now())  # type: ignore[arg-type]
        except RecourseError as error:
            messages.error(request, str(error.sentence))
        else:
            messages.success(request, said)
        try:
            return redirect(WORKSHEET, UUID(request.POST["back"]))
        except (KeyError, ValueError):
            return redirect(LETTER, letter_id)

    def _find(self, request: HttpRequest, object_id: str) -> Message:
        try:
            letter = self.get_queryset(request).filter(pk=UUID(object_id)).first()
        except ValueError:
            letter = None
        if letter is None or not self.has_view_permission(request):
            raise Http404
        return letter

    @admin.display(description=gettext_lazy("made"))
    def made(self, row: Message) -> str:
        """When it was queued."""
        return words.moment(row.created_at)

    @admin.display(description=gettext_lazy("letter"))
    def which(self, row: Message) -> str:
        """Its kind."""
        return format_html("<code>{}</code>", row.kind)

    @admin.display(description=gettext_lazy("about"))
    def about_case(self, row: Any) -> str:
        """The reference of the case."""
        return format_html('<span class="r-ref">{}</span>', row.reference)

    @admin.display(description=gettext_lazy("state"))
    def standing(self, row: Message) -> str:
        """Where it has got to, and what went wrong."""
        return format_html(
            '<span class="r-chip{}">{}</span> <code>{}</code>',
            " r-bad" if row.state in TROUBLE else "", row.get_state_display(), row.error_code,
        )  # fmt: skip

    @admin.display(description=gettext_lazy("tries"))
    def tries_so_far(self, row: Message) -> int:
        """How often it was tried."""
        return len(row.tries)
