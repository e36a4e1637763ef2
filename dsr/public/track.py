"""Asking for a link to the tracker: the answer is always the same and always takes as long."""

from http import HTTPStatus
from time import monotonic, sleep

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dsr.public import forms, pages, throttle
from dsr.public.guard import public
from dsr.services import tracking

PACE = 0.3
"""Seconds that every answer takes. The work below stays well under it, whether or not there is somebody to write to."""


@public("GET", "POST")
def track(request: HttpRequest) -> HttpResponse:
    """Ask for reference and address; mail a link when both belong together; never say whether they do."""
    form = forms.TrackForm(request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return pages.may_go_back(pages.page(request, "track", {"form": form, "here": "track"}))
    if not form.is_valid():
        context = {"form": form, "problems": True, "here": "track"}
        return pages.page(request, "track", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    at, started = timezone.now(), monotonic()
    throttle.spend(request, throttle.LINKS, at)
    tracking.send_link(form.cleaned_data["reference"], form.cleaned_data["email"], at=at)
    sleep(max(0.0, PACE - (monotonic() - started)))
    return pages.page(request, "track_sent", {"here": "track"})
