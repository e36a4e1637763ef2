"""Getting in by the link to a tracker: one closed door for whoever's link does not open it, always the same page."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dsr import gpc, ids
from dsr.errors import RecourseError, TooMany
from dsr.public import forms, pages
from dsr.public.guard import typed
from dsr.services import tracking
from dsr.services.choices import signals
from verification import grants, mail

View = Callable[..., HttpResponse]


def with_grant(view: View) -> View:
    """Let in whoever's link opens the reference, which stands in the path, the address or the form.

    The view gets the reference, the submission's id and the instant.
    """

    @wraps(view)
    def admitted(request: HttpRequest, reference: str = "", **kwargs: Any) -> HttpResponse:
        at = timezone.now()
        try:
            reference = ids.clean_reference((reference or carried(request, "reference"))[:60])
            submission_id = tracking.admit(reference, carried(request, "key"), at=at)
        except (ValueError, grants.NoGrant):
            return pages.page(request, "tracker/closed_door", {"form": forms.TrackForm()}, status=HTTPStatus.NOT_FOUND)
        if (sent := gpc.sent(request)) and signals.hear_on_tracker(submission_id, sent, at=at):
            gpc.of_somebody(request)
        back = pages.tracker_address(reference, carried(request, "key"))
        try:
            return view(request, reference, submission_id, at, **kwargs)
        except mail.TooSoon as error:
            wait = _("A mail was sent a moment ago. You can have another one in %(wait)s.")
            sentence = wait % {"wait": pages.wait_until(error.retry_at)}
            response = pages.problem(request, sentence, status=HTTPStatus.TOO_MANY_REQUESTS, back=back)
            response["Retry-After"] = pages.seconds_until(error.retry_at)
            return response
        except TooMany:
            raise  # has a page of its own, which keeps what was typed
        except RecourseError as error:
            return pages.problem(request, error.sentence, status=error.status, back=back)

    return admitted


def carried(request: HttpRequest, name: str) -> str:
    """Return a short value of the address or else of the form: a body that holds a file is not read for it."""
    value = request.GET.get(name)
    if value is None:
        return typed(request, name)
    return value if len(value) <= 200 else ""


def address(name: str, request: HttpRequest, reference: str, **more: str) -> str:
    """Return where another page of the same request is, with the link's key."""
    query = {"reference": reference, "key": carried(request, "key"), **more}
    return f"{reverse(f'public:{name}')}?{urlencode(query)}"
