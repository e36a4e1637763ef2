"""Files on the worksheet for a task: proof of what was done, such as a report or a picture of the screen."""

from datetime import datetime
from http import HTTPStatus

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dsr.connectors.manual import safe_name
from dsr.errors import Incomplete
from dsr.public import pages, sniffing, tasksheets, throttle, tickets
from dsr.public.guard import public, typed
from dsr.public.tasksheets import ProofForm
from dsr.public.worksheets import is_too_large
from dsr.services import taskpaper, taskproof
from dsr.services.taskpaper import TaskSheet
from verification import grants


@public("POST", spools=True)
def add(request: HttpRequest) -> HttpResponse:
    """Keep one file; pressed twice, it is kept once."""
    at, key = timezone.now(), request.GET.get("key", "")  # in the address, so that it is known before the body is read
    try:
        sheet = taskpaper.sheet_of(key, at)
    except grants.NoGrant:
        return _ended(request)
    if not sheet.open or sheet.file_rules is None:
        return tasksheets.show(request, sheet, key)
    if is_too_large(request, sheet.file_rules):
        return tasksheets.show(request, sheet, key, proof=_refused(sheet, _("This file is too large.")))
    form = ProofForm(request.POST, request.FILES, endings=sheet.file_rules.endings)
    if form.is_valid():
        try:
            with throttle.once(f"proof:{key}", typed(request, "nonce")) as is_first:
                if is_first:
                    _keep(key, sheet, form.cleaned_data["file"], at)
            return pages.see_other(f"{reverse('public:worksheet')}?key={key}#files")
        except grants.NoGrant:  # it ended while the file was on its way
            return _ended(request)
        except Incomplete as error:
            form.add_error("file", error.sentence)
    return tasksheets.show(request, sheet, key, proof=form)


def _keep(key: str, sheet: TaskSheet, upload: "UploadedFile[bytes]", at: datetime) -> None:
    assert sheet.file_rules is not None
    name = safe_name(upload.name or "")
    media_type = sniffing.media_type(name, sniffing.head(upload), sheet.file_rules)
    taskproof.add(key, name, media_type, upload.chunks(), at=at)


def _refused(sheet: TaskSheet, sentence: str) -> ProofForm:
    """Return a form about a file that was not even read."""
    assert sheet.file_rules is not None
    form = ProofForm({}, {}, endings=sheet.file_rules.endings)
    form.errors.clear()
    form.add_error("file", forms.ValidationError(sentence))
    return form


@public("POST")
def remove(request: HttpRequest) -> HttpResponse:
    """Take a file back."""
    key = typed(request, "key")
    try:
        taskproof.remove(key, tickets.uuid(typed(request, "file")), at=timezone.now())
    except grants.NoGrant:
        return _ended(request)
    return pages.see_other(f"{reverse('public:worksheet')}?key={key}#files")


def _ended(request: HttpRequest) -> HttpResponse:
    return pages.page(request, "worksheets/ended", status=HTTPStatus.NOT_FOUND)
