"""The page on which somebody looks through what was found and marks what is about others. Needs no script."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from dsr.admin import words
from dsr.admin.consequences import title_of
from dsr.admin.identity import caller
from dsr.admin.moveforms import MoveForm, attempt, form_for, key_of, move_form
from dsr.admin.page import MARKING
from dsr.errors import NotAllowed, RecourseError
from dsr.lifecycle import BY_VERB, COPIED
from dsr.models import Mark, MarkState, MarkWhat, SubjectRequest
from dsr.rights import Right
from dsr.selectors import casefile
from dsr.services._moves import open_moves
from dsr.services.redaction import seeing
from dsr.services.revealing import LASTS, check_can_reveal
from dsr.services.threads import LONGEST

_SHOWN = "found_shown"
PAGE = "admin:dsr_subjectrequest_redact"


class LookForm(forms.Form):
    """Why somebody looks through what was found."""

    reason = forms.CharField(label=gettext_lazy("Why you look"), max_length=LONGEST, widget=forms.Textarea({"rows": 2}))


@dataclass(frozen=True, slots=True)
class MarkRow:
    """A mark as the page shows it."""

    row: Mark
    what: str
    kind: str
    ground: str
    text: str
    reason: str
    place: str
    by: str
    looked: str
    unmark: MoveForm | None


class RedactActs:
    """The page and its acts. For an admin that finds requests by ``_find`` and refuses by ``_refused``."""

    admin_site: Any
    opts: Any
    _find: Callable[[HttpRequest, UUID], SubjectRequest]
    _refused: Callable[[HttpRequest, NotAllowed], HttpResponse]

    def redact_urls(self, wrap: Callable[..., Any]) -> list[Any]:
        """Return the addresses."""
        place, name = "<uuid:request_id>/redact", "dsr_subjectrequest_redact"
        return [
            path(f"{place}/", wrap(require_GET(self.redact_view)), name=name),
            path(f"{place}/look/", wrap(require_POST(self.look_view)), name=f"{name}_look"),
            path(f"{place}/moves/<slug:verb>/", wrap(require_POST(self.redact_move_view)), name=f"{name}_move"),
        ]

    def redact_view(self, request: HttpRequest, request_id: UUID) -> HttpResponseBase:
        """Draw the page."""
        try:
            subject = self._copied(request, request_id)
        except NotAllowed as error:
            return self._refused(request, error)
        return self._page(request, subject, timezone.now(), {})

    def look_view(self, request: HttpRequest, request_id: UUID) -> HttpResponseBase:
        """Show for a while what was found, for a reason that is kept."""
        form, at = LookForm(request.POST), timezone.now()
        try:
            subject = self._copied(request, request_id)
            if form.is_valid():
                seeing.look(subject.pk, form.cleaned_data["reason"], by=caller(request), at=at)
                kept = {pk: until for pk, until in request.session.get(_SHOWN, {}).items() if until > at.isoformat()}
                request.session[_SHOWN] = {**kept, str(request_id): (at + LASTS).isoformat()}
            else:
                messages.error(request, _("Say why you look."))
        except NotAllowed as error:
            return self._refused(request, error)
        except RecourseError as error:
            messages.error(request, str(error.sentence))
        return redirect(_here(request, request_id))

    def redact_move_view(self, request: HttpRequest, request_id: UUID, verb: str) -> HttpResponseBase:
        """Make one move; what stands in the way is said on the page, with what was typed still there."""
        if verb not in MARKING:
            raise Http404
        try:
            subject = self._copied(request, request_id)
        except NotAllowed as error:
            return self._refused(request, error)
        at = timezone.now()
        case = casefile.load(subject)
        form = form_for(verb, case, request.POST)
        refusal = attempt(form, verb, subject, caller(request), at)
        if refusal is None and form.is_valid():
            done = title_of(verb, subject.right, str(BY_VERB[verb].title))
            messages.success(request, _("Done: %(move)s.") % {"move": done})
            return redirect(_here(request, request_id))
        said = refusal.sentence if refusal else _("Nothing was done: something is missing or cannot be used.")
        messages.error(request, str(said))
        key = key_of(verb, request.POST)
        form.auto_id = f"id_{key}_%s"
        response = self._page(request, self._copied(request, request_id), at, {key: form})
        response.status_code = refusal.status if refusal else 422
        return response

    def _copied(self, request: HttpRequest, request_id: UUID) -> SubjectRequest:
        subject = self._find(request, request_id)
        if Right(subject.right) not in COPIED or subject.submission.purged_at is not None:
            raise Http404
        return subject

    def _page(
        self, request: HttpRequest, subject: SubjectRequest, at: datetime, bound: Mapping[str, forms.Form]
    ) -> HttpResponse:
        case, by = casefile.load(subject), caller(request)
        shown = _is_shown(request, subject, at)
        moves = {move.verb: move for move in open_moves(subject, by, at) if move.verb in MARKING}

        def form_of(verb: str, **initial: Any) -> MoveForm | None:
            move = moves.get(verb)
            return move_form(move, case, bound, at, **initial) if move and move.allowed else None

        rows = [_row(mark, shown=shown, unmark=form_of) for mark in seeing.marks(subject)]
        wanted = {name: request.GET.get(name) or request.POST.get(f"at_{name}", "") for name in ("system", "dataset")}
        number = request.GET.get("page", "1")
        sheet = None
        if shown and wanted["system"]:
            page = int(number) if number.isdigit() else 1
            sheet = seeing.sheet(subject, wanted["system"], wanted["dataset"], page)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": subject.submission.reference,
            "subject": subject,
            "submission": subject.submission,
            "right": words.right_title(subject.right),
            "shown": shown,
            "look": LookForm(label_suffix=""),
            "why_not": _why_not(subject, by, at),
            "marked": [row for row in rows if row.row.state == MarkState.MARKED],
            "proposed": [row for row in rows if row.row.state == MarkState.PROPOSED],
            "impossible": [(str(move.title), move.because) for move in moves.values() if not move.allowed],
            "shelves": seeing.shelves(subject),
            "files": [
                (step, number, file if shown else None, file.size) for step, number, file in seeing.files(subject)
            ],
            "sheet": sheet,
            **{verb: form_of(verb) for verb in ("seek_marks", "mark", "decide_mark", "look_over")},
        }
        return TemplateResponse(request, "admin/dsr/subjectrequest/redact.html", context)


def _here(request: HttpRequest, request_id: UUID) -> str:
    """The page again, at what was being looked at."""
    place = reverse(PAGE, args=(request_id,))
    system, dataset = (request.POST.get(f"at_{name}", "") for name in ("system", "dataset"))
    return f"{place}?{urlencode({'system': system, 'dataset': dataset})}#found" if system else place


def _is_shown(request: HttpRequest, subject: SubjectRequest, at: datetime) -> bool:
    until = request.session.get(_SHOWN, {}).get(str(subject.pk), "")
    may: bool = request.user.has_perm("dsr.reveal_personal")
    return may and until > at.isoformat()


def _why_not(subject: SubjectRequest, by: Any, at: datetime) -> str:
    try:
        check_can_reveal(subject, by, at)
    except RecourseError as error:
        return str(error.sentence)
    return ""


def _row(mark: Mark, *, shown: bool, unmark: Callable[..., MoveForm | None]) -> MarkRow:
    place = [mark.step.system.name] if mark.step else [_("wherever it stands")]
    if mark.dataset:
        place.append(f"{mark.dataset}.{mark.field}")
        place.append(_("record %(n)d") % {"n": mark.record} if mark.record else _("every record"))
    if mark.file:
        place.append(_("file %(n)d") % {"n": mark.file})
    return MarkRow(
        row=mark,
        what=mark.get_what_display(),
        kind=mark.get_kind_display(),
        ground=words.ground_title(mark.ground),
        text=(mark.open("text") if shown else "\u2022" * 3) if mark.what == MarkWhat.TEXT else "",
        reason=mark.open("reason"),
        place=" · ".join(str(each) for each in place),
        by=words.colleague(mark.by) if mark.by else "",
        looked=words.colleague(mark.looked_by) if mark.looked_by else "",
        unmark=unmark("unmark", mark=mark.pk) if mark.state == MarkState.MARKED else None,
    )
