"""Asking for a second review, and the worksheet by which the owner of a deciding system confirms a change."""

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.errors import Incomplete, NotFound
from dsr.lifecycle import State
from dsr.policies import Caller
from dsr.public import pages
from dsr.public.door import with_grant
from dsr.public.forms import PlainText, PublicForm
from dsr.public.guard import public, typed
from dsr.public.tracker import back, the_request
from dsr.services.reviews import concluding, effects
from verification import grants

_LONGEST_NAME = 120


@public("POST")
@with_grant
def again(request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID) -> HttpResponse:
    """Have somebody else look once more; pressed twice, it is asked once."""
    subject = the_request(submission_id, request_id)
    if subject.state == State.CLOSED:
        concluding.again(subject.pk, by=Caller.person(), at=at)
    return back(request, reference, "second-review")


class SignForm(PublicForm):
    """Who confirms."""

    name = PlainText(
        label=gettext_lazy("Your name"),
        max_length=_LONGEST_NAME,
        error_messages={"required": gettext_lazy("Sign with your name.")},
    )


@public("GET", "POST")
def sheet(request: HttpRequest) -> HttpResponse:
    """Show the owner of a deciding system what is changed; on POST, take the word that it is in effect."""
    at, key = timezone.now(), typed(request, "key")
    form = SignForm(request.POST if request.method == "POST" else None)
    try:
        if request.method == "POST" and form.is_valid():
            try:
                effects.report(key, form.cleaned_data["name"], at=at)
                return pages.see_other(f"{reverse('public:effect-sheet')}?key={key}")
            except Incomplete as error:
                form.add_error("name", str(error.sentence))
        found = effects.look(key, at)
    except grants.NoGrant:
        raise NotFound(_("This link is over. Ask the privacy team for a new one.")) from None
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"sheet": found, "form": form, "problems": form.is_bound, "key": key}
    return pages.page(request, "worksheets/decision", context, status=status)
