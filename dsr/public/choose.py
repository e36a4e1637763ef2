"""The page of choices: what is asked to show who one is, why, every way that would do, and who helps if none does."""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.errors import NotFound, WrongState
from dsr.policies import Caller
from dsr.public import pages, proofs, throttle, tickets
from dsr.public.door import address, carried, with_grant
from dsr.public.forms import LONGEST_TEXT, PlainText, PublicForm
from dsr.public.guard import public, typed
from dsr.selectors import tracker as selector
from dsr.services import asked, proving, threads

DONE: dict[str, str | Promise] = {
    "confirmed": gettext_lazy("Thank you, your address is confirmed. One more step is needed; here is why, and how."),
    "proved": gettext_lazy("Thank you, that is noted. For what is listed here something is still missing."),
    "signed-in": gettext_lazy("Thank you, your sign-in is noted. For what is listed here something is still missing."),
    "helped": gettext_lazy("Your message is with us. A person reads it and writes to you."),
    "ring": gettext_lazy(
        "Somebody will ring the number on file, if there is one. Whatever comes of it, we write to you."
    ),
    "without": gettext_lazy(
        "We go on with your mail address alone. For what is listed here, something is missing still."
    ),
    "sent": gettext_lazy("The document is with us. A person looks at it, and then it is destroyed."),
}
_RING = gettext_lazy("Please ring me at the telephone number on file, if there is one.")
_NONE = gettext_lazy("I cannot show what was asked in any of the ways that were offered. Please help me.")


class HelpForm(PublicForm):
    """What somebody writes who can do none of what is offered."""

    text = PlainText(
        lines=True,
        required=False,
        max_length=LONGEST_TEXT,
        label=gettext_lazy("What should we know? (optional)"),
        help_text=gettext_lazy("For example that you have a new address. Please send no copies of documents."),
        widget=django_forms.Textarea(attrs={"rows": 3}),
    )


class RingForm(PublicForm):
    """When somebody can be reached."""

    when = PlainText(
        required=False,
        max_length=200,
        label=gettext_lazy("When can we reach you? (optional)"),
        help_text=gettext_lazy("For example weekdays after 17:00. We ring no number that you tell us here."),
        widget=django_forms.TextInput(attrs={"autocomplete": "off"}),
    )


@public("GET")
@with_grant
def choose(request: HttpRequest, reference: str, submission_id: UUID, at: datetime) -> HttpResponse:
    """Show what is asked, and every way."""
    return _show(request, reference, submission_id, at)


def _show(
    request: HttpRequest,
    reference: str,
    submission_id: UUID,
    at: datetime,
    *,
    helping: HelpForm | None = None,
    ringing: RingForm | None = None,
) -> HttpResponse:
    found = selector.filed(submission_id)
    if found is None:
        raise NotFound(_("There is no such request."))
    wrong = helping or ringing
    context = {
        **around(request, reference),
        "choice": proofs.choice(found.submission, found.requests, at),
        "done": DONE.get(request.GET.get("done", "")),
        "help_form": helping or HelpForm(auto_id="help-%s"),
        "ring_form": ringing or RingForm(auto_id="ring-%s"),
        "form": wrong,
        "problems": wrong is not None,
        "nonce": tickets.nonce(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    with timezone.override(ZoneInfo(found.submission.zone)):
        return pages.page(request, "verify/choose", context, status=status)


def around(request: HttpRequest, reference: str) -> dict[str, Any]:
    """Return what every page about proof knows: the reference, the key of the link, and the ways back."""
    key = carried(request, "key")
    return {
        "reference": reference,
        "key": key,
        "tracker": pages.tracker_address(reference, key),
        "choices": address("choose", request, reference),
        "here": "tracker",
    }


def onward(request: HttpRequest, reference: str, submission_id: UUID, at: datetime, done: str) -> HttpResponse:
    """Lead to the tracker when all is known that was asked, otherwise to what is still missing."""
    found = selector.filed(submission_id)
    if found is not None and asked.open_for(found.submission, found.requests):
        return pages.see_other(address("choose", request, reference, done=done))
    return pages.see_other(pages.tracker_address(reference, carried(request, "key"), done))


@public("POST")
@with_grant
def none_of_these(request: HttpRequest, reference: str, submission_id: UUID, at: datetime) -> HttpResponse:
    """Call a person to help; pressed twice, one is called once."""
    form = HelpForm(request.POST, auto_id="help-%s")
    if not form.is_valid():
        return _show(request, reference, submission_id, at, helping=form)
    text = "\n\n".join(part for part in (str(_NONE), form.cleaned_data["text"]) if part)
    return _call(request, reference, submission_id, at, text, "helped")


@public("POST")
@with_grant
def ring(request: HttpRequest, reference: str, submission_id: UUID, at: datetime) -> HttpResponse:
    """Have somebody ring the number on file. Whether there is one is not said, nor is any other number taken."""
    form = RingForm(request.POST, auto_id="ring-%s")
    if not form.is_valid():
        return _show(request, reference, submission_id, at, ringing=form)
    found = selector.filed(submission_id)
    if found is None or not proofs.is_for(found.submission, found.requests, "call_back"):
        raise WrongState(_("A call would not be enough here. Choose another way."), code="not-this-way")
    text = "\n\n".join(part for part in (str(_RING), form.cleaned_data["when"]) if part)
    return _call(request, reference, submission_id, at, text, "ring")


def _call(
    request: HttpRequest, reference: str, submission_id: UUID, at: datetime, text: str, done: str
) -> HttpResponse:
    throttle.spend(request, throttle.POSTS, at)
    with throttle.once(f"{done}:{submission_id}", typed(request, "nonce")) as is_first:
        if is_first:
            threads.call_for_help(submission_id, text, by=Caller.person(), at=at)
    return pages.see_other(address("choose", request, reference, done=done))


@public("POST")
@with_grant
def without(request: HttpRequest, reference: str, submission_id: UUID, at: datetime) -> HttpResponse:
    """Go on without what was given to be found by; pressed twice, it is done once."""
    throttle.spend(request, throttle.POSTS, at)
    try:
        proving.go_without(submission_id, by=Caller.person(), at=at)
    except WrongState as error:
        if error.code != "nothing-claimed":
            raise
    return onward(request, reference, submission_id, at, "without")
