"""A code by text message to the number on file: asked for, entered, sent again; and the way back to the others.

The pages say the same, in the same time, whether or not there is such a number.
"""

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dsr.errors import NotFound
from dsr.policies import Caller
from dsr.public import forms, pages, proofs, throttle
from dsr.public.choose import around, onward
from dsr.public.door import address, with_grant
from dsr.public.guard import public
from dsr.selectors import tracker as selector
from dsr.services import numbers
from verification import sms
from verification.proofs import Method


class TextCodeForm(forms.CodeForm):
    """Where the code from the text message goes."""

    code = forms.SixDigits()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.help_text = _("It is in the newest text message, six digits such as 042 519.")
        field.error_messages["required"] = _("Enter the six digits from the text message.")


_WHY: dict[type[sms.CheckError], Any] = {
    sms.TooMany: gettext_lazy("There were too many wrong codes, so this one has ended. Have a new one sent."),
    sms.Expired: gettext_lazy("This code was valid for half an hour. Have a new one sent."),
}


@public("GET", "POST")
@with_grant
def text(request: HttpRequest, reference: str, submission_id: UUID, at: datetime) -> HttpResponse:
    """Say what a text message would do; on POST, ask for one, or for another one."""
    found = _found(submission_id)
    if not proofs.is_for(found.submission, found.requests, Method.SMS_CODE):
        return pages.see_other(address("choose", request, reference))
    if request.method != "POST":
        return pages.page(request, "verify/text", around(request, reference))
    throttle.spend(request, throttle.LINKS, at)
    try:
        numbers.send(submission_id, at=at)
    except sms.TooSoon as error:
        return _later(request, reference, error.retry_at)
    return pages.see_other(address("text-code", request, reference, sent="1"))


def _found(submission_id: UUID) -> selector.Filed:
    found = selector.filed(submission_id)
    if found is None:
        raise NotFound(_("There is no such request."))
    return found


def _later(request: HttpRequest, reference: str, retry_at: datetime) -> HttpResponse:
    """Say when another one can be sent, and let the last one be entered."""
    context = {**around(request, reference), "form": TextCodeForm(), "wait": pages.wait_until(retry_at)}
    response = pages.page(request, "verify/text_code", context, status=HTTPStatus.TOO_MANY_REQUESTS)
    response["Retry-After"] = pages.seconds_until(retry_at)
    return response


@public("GET", "POST")
@with_grant
def code(request: HttpRequest, reference: str, submission_id: UUID, at: datetime) -> HttpResponse:
    """Take the six digits from the text message."""
    challenge = sms.current(submission_id)
    if challenge is None:
        return pages.see_other(address("choose", request, reference))
    context = {**around(request, reference), "sent": "sent" in request.GET}
    if request.method != "POST":
        return pages.page(request, "verify/text_code", {**context, "form": TextCodeForm()})
    throttle.spend(request, throttle.CODES, at)
    form = TextCodeForm(request.POST)
    if form.is_valid():
        try:
            numbers.confirm(submission_id, challenge.pk, form.cleaned_data["code"], by=Caller.person(), at=at)
            return onward(request, reference, submission_id, at, "proved")
        except sms.CheckError as error:
            form.add_error("code", _why(error))
    context |= {"form": form, "problems": True, "sent": False}
    return pages.page(request, "verify/text_code", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _why(error: sms.CheckError) -> str:
    """Return in words why a code was not taken."""
    if isinstance(error, sms.WrongCode) and error.tries_left > 0:
        left = ngettext("You can try %(n)d more time.", "You can try %(n)d more times.", error.tries_left)
        return _("This is not the code in the newest text message.") + " " + left % {"n": error.tries_left}
    if isinstance(error, sms.WrongCode):
        return str(_WHY[sms.TooMany])
    return str(_WHY.get(type(error), _("This code cannot be used any more. Have a new one sent.")))
