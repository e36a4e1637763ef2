"""Appealing on the tracker: what it means, until when, and the reasons that the person gives."""

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from dsr.lifecycle import BY_VERB
from dsr.policies import Caller, check_can_make
from dsr.public import pages, throttle
from dsr.public.door import with_grant
from dsr.public.forms import LONGEST_TEXT, PlainText, PublicForm
from dsr.public.guard import public, typed
from dsr.public.tracker import back, the_request
from dsr.rights import SPECS, Right
from dsr.services.complaints import appeals


class AppealForm(PublicForm):
    """Why somebody wants a decision looked at again."""

    text = PlainText(
        lines=True,
        max_length=LONGEST_TEXT,
        label=gettext_lazy("What do you think is wrong?"),
        help_text=gettext_lazy(
            "What we did not take into account, or got wrong. You need not know any law. Please write no passwords, "
            "card numbers or identity numbers here."
        ),
        widget=django_forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": gettext_lazy("Write something first.")},
    )


@public("GET", "POST")
@with_grant
def appeal(request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID) -> HttpResponse:
    """Say what an appeal is and until when it can be made; on POST, take it. What stands against it is said."""
    subject, by = the_request(submission_id, request_id), Caller.person()
    check_can_make(subject, BY_VERB["appeal"], by, at)
    form = AppealForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        throttle.spend(request, throttle.POSTS, at)
        appeals.file(subject.pk, form.cleaned_data["text"], by=by, at=at)
        return back(request, reference, "appealed")
    context = {
        "reference": reference,
        "key": typed(request, "key"),
        "address": request.path,
        "title": SPECS[Right(subject.right)].title,
        "until": appeals.until(subject, at),
        "form": form,
        "problems": form.is_bound,
        "here": "tracker",
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return pages.page(request, "tracker/appeal", context, status=status)
