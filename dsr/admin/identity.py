"""Acts of those who check who is asking: look at a document, show the number on file, clear a signal. Each by POST."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from dsr.admin.queue import WORKSHEET
from dsr.errors import NotAllowed, RecourseError
from dsr.models import SubjectRequest
from dsr.policies import Caller
from dsr.services import calling, evidence, revealing, signals
from dsr.services.threads import LONGEST
from verification.models import Evidence, Why

_SHOWN = "numbers_shown"
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "application/pdf": "pdf"}
_ALONE = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""A browser draws a picture with a style of its own; the page around it has no origin and can do nothing."""


class WhyForm(forms.Form):
    """Why somebody opens a document."""

    why = forms.ChoiceField(choices=Why.choices)


class ClearForm(forms.Form):
    """What somebody found out about a signal."""

    reason = forms.CharField(max_length=LONGEST, widget=forms.Textarea({"rows": 2}))


def caller(request: HttpRequest) -> Caller:
    """Return who acts, with the roles of the account."""
    return Caller.of_user(request.user, "admin")  # type: ignore[arg-type]  # admin_view lets no stranger in


class IdentityActs:
    """The addresses beside the moves. For an admin that finds requests by ``_find`` and refuses by ``_refused``."""

    _find: Callable[[HttpRequest, UUID], SubjectRequest]
    _refused: Callable[[HttpRequest, NotAllowed], HttpResponse]

    def identity_urls(self, wrap: Callable[..., Any]) -> list[Any]:
        """Return the addresses."""
        place, name = "<uuid:request_id>", "dsr_subjectrequest"
        return [
            path(f"{place}/{where}", wrap(require_POST(self._for_others(view))), name=f"{name}_{act}")
            for act, where, view in (
                ("evidence", "evidence/<uuid:piece_id>/", self.evidence_view),
                ("number", "number/", self.number_view),
                ("clear", "signals/<int:signal_id>/clear/", self.clear_view),
            )
        ]

    def _for_others(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        """Return a view that turns away whoever the case is about."""

        def guarded(request: HttpRequest, request_id: UUID, **named: Any) -> HttpResponse:
            try:
                return view(request, self._find(request, request_id), **named)
            except NotAllowed as error:
                return self._refused(request, error)

        return guarded

    def evidence_view(self, request: HttpRequest, subject: SubjectRequest, piece_id: UUID) -> HttpResponse:
        """Show one document to somebody who checks, after it is on record that they open it and why."""
        form = WhyForm(request.POST)
        if not Evidence.objects.filter(pk=piece_id, about=subject.submission_id).exists():
            raise Http404
        if not form.is_valid():
            messages.error(request, _("Say why you open it."))
            return _back(subject.pk)
        try:
            kind, data = evidence.look(piece_id, Why(form.cleaned_data["why"]), by=caller(request), at=timezone.now())
        except RecourseError as error:
            messages.error(request, str(error.sentence))
            return _back(subject.pk)
        return _document(kind, data, piece_id)

    def number_view(self, request: HttpRequest, subject: SubjectRequest) -> HttpResponse:
        """Show the number on file for a while, after that is on record."""
        at = timezone.now()
        try:
            calling.show(subject.pk, by=caller(request), at=at)
        except RecourseError as error:
            messages.error(request, str(error.sentence))
        else:
            _remember(request, subject.pk, at)
        return _back(subject.pk)

    def clear_view(self, request: HttpRequest, subject: SubjectRequest, signal_id: int) -> HttpResponse:
        """Note that a signal was looked into, for a reason that is kept."""
        form = ClearForm(request.POST)
        if not form.is_valid():
            messages.error(request, _("Say what you found out."))
            return _back(subject.pk)
        try:
            signals.clear(subject.pk, signal_id, form.cleaned_data["reason"], by=caller(request), at=timezone.now())
        except RecourseError as error:
            messages.error(request, str(error.sentence))
        else:
            messages.success(request, _("The signal is cleared, and your reason is kept."))
        return _back(subject.pk)


def numbers(request: HttpRequest, subject: SubjectRequest, at: datetime) -> tuple[str, ...]:
    """Return the number on file while this reader has it shown, nothing otherwise. The session holds no number."""
    until = request.session.get(_SHOWN, {}).get(str(subject.pk))
    if until is None or datetime.fromisoformat(until) <= at:
        return ()
    try:
        calling.check_can_show(subject, caller(request), at)
    except RecourseError:
        return ()
    return calling.on_file(subject.submission, at).numbers


def _remember(request: HttpRequest, request_id: UUID, at: datetime) -> None:
    kept = request.session.get(_SHOWN, {})
    still = {pk: until for pk, until in kept.items() if datetime.fromisoformat(until) > at}
    still[str(request_id)] = (at + revealing.LASTS).isoformat()
    request.session[_SHOWN] = still
    minutes = int(revealing.LASTS.total_seconds() // 60)
    text = ngettext(
        "The number is shown to you for %(n)d minute, and that is on record.",
        "The number is shown to you for %(n)d minutes, and that is on record.",
        minutes,
    )
    messages.info(request, text % {"n": minutes})


def _document(kind: str, data: bytes, piece_id: UUID) -> HttpResponse:
    """Return bytes that came from a stranger, written anew: a picture alone on a page without rights, else a file."""
    response = HttpResponse(data, content_type=kind if kind in _ENDINGS else "application/octet-stream")
    where = "inline" if kind.startswith("image/") and kind in _ENDINGS else "attachment"
    _headed(response, f'{where}; filename="document-{str(piece_id)[-6:]}.{_ENDINGS.get(kind, "bin")}"')
    return response


def handed_out(chunks: Iterable[bytes], size: int, file_id: UUID, ending: str) -> HttpResponseBase:
    """Return a file as it came from an owner, piece by piece: only ever to be saved, never drawn by the browser."""
    response = StreamingHttpResponse(chunks, content_type="application/octet-stream")
    response["Content-Length"] = str(size)
    _headed(response, f'attachment; filename="proof-{str(file_id)[-6:]}{ending}"')
    return response


def _headed(response: HttpResponseBase, disposition: str) -> None:
    """Say how a browser has to treat a file of somebody else."""
    # No name of ours or theirs: what a browser saves must say nothing of whom it is about.
    response["Content-Disposition"] = disposition
    response["Content-Security-Policy"] = _ALONE
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private, max-age=0"
    response["Referrer-Policy"] = "no-referrer"


def _back(request_id: UUID) -> HttpResponse:
    return redirect(f"{reverse(WORKSHEET, args=(request_id,))}#who")
