"""Documents beside a correction or for the review of a decision: taken until it is decided, and kept with the case.

The file is never put on a disk as it came, and is never shown again on this page.
"""

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr import uploading
from dsr.deadlines import local_date
from dsr.errors import WrongState
from dsr.models import SubjectRequest
from dsr.public import pages, throttle, tickets
from dsr.public.door import carried, with_grant
from dsr.public.forms import PublicForm
from dsr.public.guard import public
from dsr.public.papers import TAKEN, is_taken
from dsr.public.tracker import the_request
from dsr.services import evidence
from verification.evidence import live
from verification.models import Purpose


class BackingForm(PublicForm):
    """One document."""

    file = django_forms.FileField(
        label=gettext_lazy("Document"),
        help_text=gettext_lazy("A photo or screenshot (JPEG or PNG) or a PDF file, up to 10 MB."),
        widget=django_forms.FileInput(attrs={"accept": TAKEN}),
        error_messages={
            "required": gettext_lazy("Choose a file first."),
            "empty": gettext_lazy("This file is empty. Choose another one."),
            "invalid": gettext_lazy("Choose a file first."),
        },
    )


@public("GET", "POST")
@uploading.in_memory
@with_grant
def backing(request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID) -> HttpResponse:
    """Say which documents may help; on POST, take one. Pressed twice, it is taken once."""
    subject = the_request(submission_id, request_id)
    purpose = evidence.backing_of(subject)
    if purpose is None:
        raise WrongState(_("No documents can be added to this request any more."), code="evidence-not-asked")
    if request.method != "POST":
        return _show(request, reference, subject, purpose, BackingForm())
    throttle.spend(request, throttle.POSTS, at)
    form = BackingForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, reference, subject, purpose, form)
    if not is_taken(request, form, submission_id, purpose, at):
        return _show(request, reference, subject, purpose, form)
    return pages.see_other(pages.tracker_address(reference, carried(request, "key"), "backed"))


def _show(
    request: HttpRequest, reference: str, subject: SubjectRequest, purpose: Purpose, form: BackingForm
) -> HttpResponse:
    here = live(subject.submission_id).filter(purpose=purpose)
    days = [local_date(piece.received_at, subject.submission.zone) for piece in here]
    context = {
        "reference": reference,
        "key": carried(request, "key"),
        "address": request.path,
        "for_review": purpose == Purpose.REPRESENTATION,
        "form": form,
        "problems": form.is_bound,
        "nonce": tickets.nonce(),
        "here_already": days,
        "is_full": len(days) >= evidence.MOST,
        "here": "tracker",
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return pages.page(request, "tracker/backing", context, status=status)
