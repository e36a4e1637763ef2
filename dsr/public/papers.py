"""Showing a document, where it is asked for and nothing milder is left: how to cover it, and what becomes of it.

The file is never put on a disk as it came, and is never shown again on this page.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr import uploading
from dsr.deadlines import local_date
from dsr.errors import Incomplete, NotFound
from dsr.policies import Caller
from dsr.public import pages, proofs, throttle, tickets
from dsr.public.choose import around
from dsr.public.door import address, with_grant
from dsr.public.forms import PublicForm
from dsr.public.guard import public, typed
from dsr.selectors import tracker as selector
from dsr.services import evidence
from verification.evidence import live
from verification.models import Purpose
from verification.proofs import Method

TAKEN = ".jpg,.jpeg,.png,.webp,.pdf"


class DocumentForm(PublicForm):
    """One picture of a document, and the word that it is covered."""

    file = django_forms.FileField(
        label=gettext_lazy("Picture of the document"),
        help_text=gettext_lazy("A photo (JPEG or PNG) or a PDF file, up to 10 MB."),
        widget=django_forms.FileInput(attrs={"accept": TAKEN}),
        error_messages={
            "required": gettext_lazy("Choose a picture first."),
            "empty": gettext_lazy("This file is empty. Choose another one."),
            "invalid": gettext_lazy("Choose a picture first."),
        },
    )
    covered = django_forms.BooleanField(
        label=gettext_lazy("Everything that is not needed is covered"),
        error_messages={"required": gettext_lazy("Cover what we do not need, then tick that you did.")},
    )


@public("GET", "POST")
@uploading.in_memory
@with_grant
def document(request: HttpRequest, reference: str, submission_id: UUID, at: datetime) -> HttpResponse:
    """Say how to show a document; on POST, take one. Pressed twice, it is taken once."""
    found = selector.filed(submission_id)
    if found is None:
        raise NotFound(_("There is no such request."))
    if not proofs.is_for(found.submission, found.requests, Method.DOCUMENT):
        return pages.page(request, "verify/document_not", around(request, reference), status=HTTPStatus.CONFLICT)
    if request.method != "POST":
        return _show(request, reference, found, DocumentForm())
    throttle.spend(request, throttle.POSTS, at)
    form = DocumentForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, reference, found, form)
    if not is_taken(request, form, submission_id, Purpose.IDENTITY, at):
        return _show(request, reference, found, form)
    return pages.see_other(address("choose", request, reference, done="sent"))


def is_taken(request: HttpRequest, form: PublicForm, submission_id: UUID, purpose: Purpose, at: datetime) -> bool:
    """Take the ``file`` of a valid form, once however often it is pressed; where it cannot be, the form says why."""
    upload: UploadedFile[bytes] = form.cleaned_data["file"]
    try:
        with throttle.once(f"{purpose}:{submission_id}", typed(request, "nonce")) as is_first:
            if is_first:
                evidence.receive(submission_id, purpose, upload.read(), by=Caller.person(), at=at)
    except Incomplete as error:
        form.add_error("file", error.sentence)
        return False
    return True


def _show(request: HttpRequest, reference: str, found: selector.Filed, form: DocumentForm) -> HttpResponse:
    zone = found.submission.zone
    here = live(found.submission.pk).filter(purpose=Purpose.IDENTITY)
    context: dict[str, Any] = {
        **around(request, reference),
        "form": form,
        "problems": form.is_bound,
        "nonce": tickets.nonce(),
        "action": address("document", request, reference),
        "here_already": [
            (local_date(piece.received_at, zone), local_date(piece.destroy_at, zone))
            for piece in here
            if piece.destroy_at is not None
        ],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return pages.page(request, "verify/document", context, status=status)
