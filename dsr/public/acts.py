"""What a person does about what is done in the systems: the second word, a statement against it, certificates."""

import json
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.errors import NotFound
from dsr.lifecycle import State
from dsr.models import Certificate
from dsr.policies import Caller
from dsr.public import certificates, details, pages, sight, throttle
from dsr.public.door import with_grant
from dsr.public.forms import LONGEST_TEXT, PlainText, PublicForm
from dsr.public.guard import public, typed
from dsr.public.tracker import back, the_request
from dsr.rules import pack
from dsr.selectors import tracker as selector
from dsr.services import correction
from dsr.services.erasure import waiting


class StatementForm(PublicForm):
    """What somebody says against something that was not put right."""

    text = PlainText(
        lines=True,
        max_length=LONGEST_TEXT,
        label=gettext_lazy("Your statement"),
        help_text=gettext_lazy(
            "Whoever uses the data reads it there, in every system that can keep it. Please write no passwords, card "
            "numbers or identity numbers here."
        ),
        widget=django_forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Write something first.")},
    )


@public("GET", "POST")
@with_grant
def erasure(request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID) -> HttpResponse:
    """Say once more what a deletion means and what it would delete; on POST, take the second word."""
    part = _part(submission_id, request_id, at)
    if part.deed is None or not part.deed.needs_word:
        return back(request, reference)
    if request.method == "POST":
        waiting.confirm(request_id, by=Caller.person(), at=at)
        return back(request, reference, "sure")
    context = {
        "reference": reference,
        "key": typed(request, "key"),
        "address": request.path,
        "deed": part.deed,
        "consequences": details.CONSEQUENCES,
        "here": "tracker",
    }
    return pages.page(request, "tracker/erasure", context)


@public("POST")
@with_grant
def take_up(request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID) -> HttpResponse:
    """Go on with a deletion that ended for want of the second word; pressed twice, it is done once."""
    subject = the_request(submission_id, request_id)
    if subject.state == State.CLOSED:
        waiting.take_up(subject.pk, by=Caller.person(), at=at)
    return back(request, reference, "taken-up")


@public("GET", "POST")
@with_grant
def disagree(
    request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID, number: int
) -> HttpResponse:
    """Show what was not put right and why; on POST, keep what the person says against it."""
    part = _part(submission_id, request_id, at)
    items = part.deed.items if part.deed else ()
    item = next((row for row in items if row.number == number and row.may_disagree), None)
    if item is None:
        raise NotFound(_("There is nothing here to disagree with."))
    form = StatementForm(request.POST if request.method == "POST" else None, initial={"text": item.statement})
    if form.is_bound and form.is_valid():
        throttle.spend(request, throttle.POSTS, at)
        correction.disagree(request_id, number, form.cleaned_data["text"], by=Caller.person(), at=at)
        return back(request, reference, "disagreed")
    context = {
        "reference": reference,
        "key": typed(request, "key"),
        "address": request.path,
        "item": item,
        "form": form,
        "problems": form.is_bound,
        "here": "tracker",
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return pages.page(request, "tracker/disagree", context, status=status)


@public("GET")
@with_grant
def certificate(
    request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID, number: int
) -> HttpResponse:
    """Show a signed statement of what was done, so that it can be printed."""
    found = _certificate(submission_id, request_id, number)
    submission = found.request.submission
    notice = pack().notice(submission.notice_id, submission.notice_version)
    context = {
        "reference": reference,
        "key": typed(request, "key"),
        "address": request.path,
        "told": certificates.told(found.document, notice),
        "here": "tracker",
    }
    return pages.page(request, "tracker/certificate", context)


@public("GET")
@with_grant
def certificate_file(
    request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID, number: int
) -> HttpResponse:
    """Hand the same statement out as the file that was signed."""
    found = _certificate(submission_id, request_id, number)
    body = json.dumps(found.document, ensure_ascii=False, indent=1) + "\n"
    response = HttpResponse(body, content_type="application/json")
    name = f"{reference}-{found.request.right}-{found.number}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _part(submission_id: UUID, request_id: UUID, at: datetime) -> sight.Part:
    seen = selector.see(submission_id)
    parts = sight.page(seen, at).parts if seen else ()
    found = next((part for part in parts if part.request.pk == request_id), None)
    if found is None:
        raise NotFound(_("There is no such request."))
    return found


def _certificate(submission_id: UUID, request_id: UUID, number: int) -> Certificate:
    subject = the_request(submission_id, request_id)
    found = subject.certificates.filter(number=number).first()
    if found is None:
        raise NotFound(_("There is no such statement."))
    found.request = subject
    return found
