"""The worksheet of a system's owner: what to look for, what came of it, and the files that were found."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.connectors.manual import FileRules, OwnerOutcome, safe_name
from dsr.errors import Incomplete
from dsr.public import pages, sniffing, tasksheets, throttle, tickets
from dsr.public.forms import PlainText, PublicForm
from dsr.public.guard import public, typed
from dsr.services import worksheets
from verification import grants

_ENVELOPE = 65_536
"""Bytes that a form may have around a file."""


class ReportForm(PublicForm):
    """What came of the search."""

    outcome = forms.ChoiceField(
        widget=forms.RadioSelect,
        label=gettext_lazy("What came of it?"),
        choices=[(str(word), word.label) for word in OwnerOutcome],
        error_messages={
            "required": gettext_lazy("Choose what came of your search."),
            "invalid_choice": gettext_lazy("Choose one of these."),
        },
    )
    reason = PlainText(
        lines=True,
        required=False,
        max_length=4000,
        label=gettext_lazy("What should the privacy team know? (optional)"),
        help_text=gettext_lazy("If it may not be given out, or you could not search, say why."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class FileForm(PublicForm):
    """One file, and what kind of thing it is."""

    dataset = forms.ChoiceField(
        label=gettext_lazy("What is it?"),
        error_messages={
            "required": gettext_lazy("Say what kind of thing this file is."),
            "invalid_choice": gettext_lazy("Choose one of these."),
        },
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "empty": gettext_lazy("This file is empty."),
            "invalid": gettext_lazy("Choose a file first."),
        },
    )

    def __init__(self, *args: Any, kinds: Sequence[tuple[str, str]], endings: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dataset"].choices = kinds if len(kinds) == 1 else [("", "\u2014"), *kinds]  # type: ignore[attr-defined]
        self.fields["file"].widget.attrs["accept"] = ",".join(endings)


@public("GET", "POST")
def sheet(request: HttpRequest) -> HttpResponse:
    """Show what is asked of an owner, or what became of it; on POST, take the report."""
    at, key = timezone.now(), typed(request, "key")
    try:
        found = worksheets.look(key, at)
        if request.method != "POST" or found.task is None:
            return _show(request, found, key)
        form = ReportForm(request.POST)
        if form.is_valid():
            worksheets.report(key, form.cleaned_data["outcome"], form.cleaned_data["reason"], at=at)
            return pages.see_other(f"{reverse('public:worksheet')}?key={key}")
    except grants.NoGrant:
        return tasksheets.answer(request, key, at)
    except Incomplete as error:
        _explain(form, error)
    return _show(request, found, key, report=form)


@public("POST", spools=True)
def add_file(request: HttpRequest) -> HttpResponse:
    """Keep one file; pressed twice, it is kept once."""
    form: FileForm | None = None
    at, key = timezone.now(), request.GET.get("key", "")  # in the address, so that it is known before the body is read
    try:
        found = worksheets.look(key, at)
        if found.task is None:
            return _show(request, found, key)
        if is_too_large(request, found.task.files):
            raise Incomplete(_("This file is too large."), field="file")
        form = _file_form(found, request.POST, request.FILES)
        if form.is_valid():
            upload: UploadedFile[bytes] = form.cleaned_data["file"]
            name = safe_name(upload.name or "")
            with throttle.once(f"file:{key}", typed(request, "nonce")) as is_first:
                if is_first:
                    media_type = sniffing.media_type(name, sniffing.head(upload), found.task.files)
                    dataset = form.cleaned_data["dataset"]
                    worksheets.add_file(key, dataset, name, media_type, upload.chunks(), at=at)
            return pages.see_other(f"{reverse('public:worksheet')}?key={key}#files")
    except grants.NoGrant:
        return pages.page(request, "worksheets/ended", status=HTTPStatus.NOT_FOUND)
    except Incomplete as error:
        form = form or _file_form(found, {}, {})
        _explain(form, error)
    return _show(request, found, key, file=form)


def is_too_large(request: HttpRequest, rules: FileRules) -> bool:
    """Say whether a form tells itself that its file is too large, before any of it is read."""
    told = str(request.META.get("CONTENT_LENGTH") or "0")
    return not told.isdecimal() or int(told) > rules.max_bytes + _ENVELOPE


@public("POST")
def remove_file(request: HttpRequest) -> HttpResponse:
    """Take a file back."""
    key = typed(request, "key")
    try:
        worksheets.remove_file(key, tickets.uuid(typed(request, "file")), at=timezone.now())
    except grants.NoGrant:
        return pages.page(request, "worksheets/ended", status=HTTPStatus.NOT_FOUND)
    return pages.see_other(f"{reverse('public:worksheet')}?key={key}#files")


def _show(
    request: HttpRequest,
    found: worksheets.Sheet,
    key: str,
    *,
    report: ReportForm | None = None,
    file: FileForm | None = None,
) -> HttpResponse:
    if found.task is None:
        return pages.page(request, "worksheets/done", {"sheet": found})
    wrong = report or file
    context = {
        "sheet": found,
        "task": found.task,
        "who": tasksheets.known_by(found.task.who),
        "report": report or ReportForm(),
        "file": file or _file_form(found),
        "wrong": wrong,
        "problems": wrong is not None,
        "key": key,
        "nonce": tickets.nonce(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return pages.page(request, "worksheets/sheet", context, status=status)


def _file_form(found: worksheets.Sheet, *data: Any) -> FileForm:
    assert found.task is not None
    kinds = [(part.name, part.title) for part in found.task.datasets]
    return FileForm(*data, kinds=kinds, endings=found.task.files.endings)


def _explain(form: PublicForm, error: Incomplete) -> None:
    """Put what the service found wrong beside the field it belongs to."""
    for field, sentence in error.problems.items():
        name = field if field in form.fields else "file" if "file" in form.fields else "outcome"
        form.add_error(name, sentence)
