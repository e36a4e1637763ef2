"""The worksheet of one request. Nothing on it is a field to edit: each POST makes one move by one use case."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from dsr.admin import identity, page, words
from dsr.admin.consequences import title_of
from dsr.admin.identity import IdentityActs
from dsr.admin.identity import caller as _caller
from dsr.admin.moveforms import attempt, form_for, key_of
from dsr.admin.movehandlers import HANDLERS
from dsr.admin.queue import WORKSHEET, QueueAdmin
from dsr.admin.redact import RedactActs
from dsr.errors import NotAllowed, RecourseError
from dsr.lifecycle import BY_VERB
from dsr.models import SubjectRequest
from dsr.policies import NEEDS
from dsr.selectors import casefile
from dsr.selectors.masking import Personal
from dsr.services import revealing
from dsr.services.threads import LONGEST

_REVEALED = "revealed"
Bound = Mapping[str, forms.Form]


class RevealForm(forms.Form):
    """Which values somebody needs to see, and why."""

    values = forms.MultipleChoiceField(
        choices=[(str(kind), title) for kind, title in words.PERSONAL.items()], widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(max_length=LONGEST, widget=forms.Textarea({"rows": 2}))


@admin.register(SubjectRequest)
class RequestAdmin(IdentityActs, RedactActs, QueueAdmin):
    """The queue and the worksheet."""

    def get_urls(self) -> list[Any]:
        """Return our own addresses; those of Django's forms lead to the worksheet or nowhere."""
        wrap = self.admin_site.admin_view
        own = [
            path("find/", wrap(require_POST(self.find_view)), name="dsr_subjectrequest_find"),
            path(
                "<uuid:request_id>/moves/<slug:verb>/",
                wrap(require_POST(self.move_view)),
                name="dsr_subjectrequest_move",
            ),
            path("<uuid:request_id>/reveal/", wrap(require_POST(self.reveal_view)), name="dsr_subjectrequest_reveal"),
            path(
                "<uuid:request_id>/certificates/<int:number>/",
                wrap(require_GET(self.certificate_view)),
                name="dsr_subjectrequest_certificate",
            ),
            path(
                "<uuid:request_id>/files/<uuid:file_id>/",
                wrap(require_POST(self.file_view)),
                name="dsr_subjectrequest_file",
            ),
            path("<uuid:request_id>/hide/", wrap(require_POST(self.hide_view)), name="dsr_subjectrequest_hide"),
        ]
        return [*own, *self.identity_urls(wrap), *self.redact_urls(wrap), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Draw the worksheet."""
        try:
            subject = self._find(request, UUID(object_id))
        except ValueError:
            raise Http404 from None
        except NotAllowed as error:
            return self._refused(request, error)
        return self._drawn(request, subject, timezone.now())

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the only history there is."""
        return redirect(f"{reverse(WORKSHEET, args=(object_id,))}#history")

    def move_view(self, request: HttpRequest, request_id: UUID, verb: str) -> HttpResponse:
        """Make one move; what stands in the way is said on the page, with what was typed still there."""
        if verb not in HANDLERS:
            raise Http404
        try:
            subject = self._find(request, request_id)
        except NotAllowed as error:
            return self._refused(request, error)
        at, by = timezone.now(), _caller(request)
        case = casefile.load(subject)
        form = form_for(verb, case, request.POST)
        refusal = attempt(form, verb, subject, by, at)
        if refusal is None and form.is_valid():
            messages.success(
                request, _("Done: %(move)s.") % {"move": title_of(verb, subject.right, str(BY_VERB[verb].title))}
            )
            return redirect(WORKSHEET, request_id)
        said = refusal.sentence if refusal else _("Nothing was done: something is missing or cannot be used.")
        messages.error(request, str(said))
        return self._came_back(request, request_id, verb, form, at, refusal.status if refusal else 422)

    def reveal_view(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        """Show personal values for a while, for a reason that is kept."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form, at = RevealForm(request.POST), timezone.now()
        if not form.is_valid():
            messages.error(request, _("Choose what you need to see, and say why."))
            return redirect(WORKSHEET, request_id)
        try:
            shown = revealing.reveal(
                request_id, form.cleaned_data["values"], form.cleaned_data["reason"], by=_caller(request), at=at
            )
        except RecourseError as error:
            messages.error(request, str(error.sentence))
        else:
            _remember(request, request_id, shown, at)
        return redirect(f"{reverse(WORKSHEET, args=(request_id,))}#person")

    def hide_view(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        """Hide again what was revealed."""
        kept = request.session.get(_REVEALED, {})
        request.session[_REVEALED] = {pk: each for pk, each in kept.items() if pk != str(request_id)}
        return redirect(WORKSHEET, request_id)

    def certificate_view(self, request: HttpRequest, request_id: UUID, number: int) -> HttpResponse:
        """Hand out one signed statement of what was done, as the person has it."""
        try:
            subject = self._find(request, request_id)
        except NotAllowed as error:
            return self._refused(request, error)
        certificate = subject.certificates.filter(number=number).first()
        if certificate is None:
            raise Http404
        response = JsonResponse(certificate.document, json_dumps_params={"indent": 2, "ensure_ascii": False})
        name = f"certificate-{subject.submission.reference}-{number}.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def file_view(self, request: HttpRequest, request_id: UUID, file_id: UUID) -> HttpResponseBase:
        """Hand out one file by which an owner proves what was done, after it is on record who opens it and why."""
        try:
            self._find(request, request_id)
            opened = revealing.reveal_file(
                request_id, file_id, request.POST.get("reason", ""), by=_caller(request), at=timezone.now()
            )
        except NotAllowed as error:
            return self._refused(request, error)
        except RecourseError as error:
            messages.error(request, str(error.sentence))
            return redirect(f"{reverse(WORKSHEET, args=(request_id,))}#tasks")
        return identity.handed_out(opened.chunks, opened.size, file_id, opened.ending)

    def _find(self, request: HttpRequest, request_id: UUID) -> SubjectRequest:
        """Return the request. Raises Http404, and NotAllowed where it is about the reader."""
        subject = casefile.find(request_id) if self.has_view_permission(request) else None
        if subject is None:
            raise Http404
        NEEDS["not_own_case"](subject, _caller(request), timezone.now())
        return subject

    def _refused(self, request: HttpRequest, error: NotAllowed) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": _("Not for you"), "sentence": error.sentence}
        return TemplateResponse(request, "admin/dsr/subjectrequest/refused.html", context, status=error.status)

    def _came_back(
        self, request: HttpRequest, request_id: UUID, verb: str, form: forms.Form, at: datetime, status: int
    ) -> HttpResponse:
        """Draw the worksheet as it is now, with a form that was not taken; its version is the one now shown."""
        subject = self._find(request, request_id)
        key, data = key_of(verb, request.POST), request.POST.copy()
        data["version"] = str(subject.version)
        form.data, form.auto_id = data, f"id_{key}_%s"
        response = self._drawn(request, subject, at, {key: form})
        response.status_code = status
        return response

    def _drawn(
        self, request: HttpRequest, subject: SubjectRequest, at: datetime, bound: Bound | None = None
    ) -> HttpResponse:
        case, by = casefile.load(subject), _caller(request)
        revealed, until = _recall(request, subject.pk, at)
        numbers = identity.numbers(request, subject, at)
        drawn = page.build(case, by, at, revealed=revealed, bound=bound or {}, numbers=numbers)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": subject.submission.reference,
            "page": drawn,
            "case": case,
            "subject": subject,
            "submission": subject.submission,
            "shown_until": until,
            "why_not_reveal": page.why_not_reveal(case, by, at),
        }
        return TemplateResponse(request, "admin/dsr/subjectrequest/worksheet.html", context)


def _remember(request: HttpRequest, request_id: UUID, shown: frozenset[Personal], at: datetime) -> None:
    """Keep in the session which values of which request may be shown until when. No value itself."""
    earlier, _until = _recall(request, request_id, at)
    kept = request.session.get(_REVEALED, {})
    still = {pk: each for pk, each in kept.items() if datetime.fromisoformat(each["until"]) > at}
    until = at + revealing.LASTS
    still[str(request_id)] = {"until": until.isoformat(), "fields": sorted({*earlier, *shown})}
    request.session[_REVEALED] = still
    minutes = int(revealing.LASTS.total_seconds() // 60)
    text = ngettext(
        "Shown to you for %(n)d minute, and on record.", "Shown to you for %(n)d minutes, and on record.", minutes
    )
    messages.info(request, text % {"n": minutes})


def _recall(request: HttpRequest, request_id: UUID, at: datetime) -> tuple[frozenset[str], datetime | None]:
    kept = request.session.get(_REVEALED, {}).get(str(request_id))
    if kept is None or not request.user.has_perm("dsr.reveal_personal"):
        return frozenset(), None
    until = datetime.fromisoformat(kept["until"])
    return (frozenset(kept["fields"]), until) if until > at else (frozenset(), None)
