"""Sending the answer to somebody else: named, shown exactly as it would go, confirmed, and watched."""

import json
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.errors import Incomplete, NotFound, RecourseError
from dsr.lifecycle import State
from dsr.models import SubjectRequest, Transmission, TransmissionState
from dsr.policies import Caller, reason_against
from dsr.public import pages, throttle
from dsr.public.door import with_grant
from dsr.public.forms import PlainText, PublicForm
from dsr.public.guard import public, typed
from dsr.public.tracker import back, the_request
from dsr.rights import Right
from dsr.services import login
from dsr.services.sending import naming


class ReceiverForm(PublicForm):
    """To whom somebody wants it sent."""

    receiver = PlainText(
        max_length=120,
        label=gettext_lazy("Who is to get your data?"),
        help_text=gettext_lazy("The name of the company or service."),
        error_messages={"required": gettext_lazy("Say who the receiver is.")},
    )
    url = PlainText(
        max_length=500,
        label=gettext_lazy("Its address for transfers"),
        help_text=gettext_lazy("Ask the receiver for it. It begins with https://"),
        widget=django_forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Give the address that the receiver told you.")},
    )


@public("GET", "POST")
@with_grant
def send(request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID) -> HttpResponse:
    """Show where it stands and what can be done; on POST, name, confirm or call off."""
    subject = the_request(submission_id, request_id)
    if subject.right != Right.PORTABILITY or subject.submission.purged_at is not None:
        raise NotFound(_("There is nothing to send."))
    if request.method != "POST":
        return _page(request, subject, ReceiverForm(), at)
    throttle.spend(request, throttle.POSTS, at)
    act, by = typed(request, "act"), Caller.person()
    if act == "confirm" and typed(request, "transmission") == str(getattr(naming.live(subject), "pk", "")):
        naming.confirm(request_id, by=by, at=at)
        return back(request, reference, "sending")
    if act == "cancel":
        naming.cancel(request_id, by=by, at=at)
        return back(request, reference, "not-sending")
    if act != "name":
        return _page(request, subject, ReceiverForm(), at)
    form = ReceiverForm(request.POST)
    if form.is_valid():
        try:
            naming.name(request_id, form.cleaned_data["url"], form.cleaned_data["receiver"], by=by, at=at)
        except Incomplete as error:
            form.add_error(error.field if error.field in form.fields else None, str(error.sentence))
        else:
            return pages.see_other(f"{request.path}?key={typed(request, 'key')}")
    return _page(request, subject, form, at, HTTPStatus.UNPROCESSABLE_ENTITY)


def _page(
    request: HttpRequest, subject: SubjectRequest, form: ReceiverForm, at: datetime, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    rows = naming.all_of(subject)
    live = next((row for row in rows if row.state in naming.LIVE), None)
    against: RecourseError | None = reason_against(subject, "name_receiver", Caller.person(), at)
    context = {
        "reference": subject.submission.reference,
        "key": typed(request, "key"),
        "address": request.path,
        "form": form,
        "live": live,
        "receiver": naming.receiver_of(live) if live else None,
        "is_named": live is not None and live.state == TransmissionState.NAMED,
        "sentence": str(against.sentence) if against and live is None else "",
        "is_ready": subject.state == State.READY,
        "needs_proof": against is not None and against.code == "stronger-proof",
        "sign_in": login.offered(),
        "earlier": [
            (row, naming.receiver_of(row)[0], naming.said(row.code)) for row in rows if row.state not in naming.LIVE
        ],
        "here": "tracker",
    }
    return pages.page(request, "tracker/send", context, status=status)


@public("GET")
@with_grant
def receipt(request: HttpRequest, reference: str, submission_id: UUID, at: datetime, request_id: UUID) -> HttpResponse:
    """Hand out what the receiver confirmed, signed."""
    subject = the_request(submission_id, request_id)
    done = [row for row in naming.all_of(subject) if row.state == TransmissionState.DONE]
    wanted = next((row for row in done if str(row.pk) == typed(request, "transmission")), None)
    return _file(wanted, reference)


def _file(row: Transmission | None, reference: str) -> HttpResponse:
    if row is None or row.request.submission.purged_at is not None:
        raise NotFound(_("There is no such receipt."))
    body = json.dumps(row.open_json("receipt"), ensure_ascii=False, indent=2)
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="receipt-{reference}.json"'
    return response
