"""Where processors report by themselves. Whatever is sent, the answer is the same: it tells nothing of what we know."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dsr.public import throttle
from dsr.public.guard import public
from dsr.services import callbacks

MOST = 65_536
"""Bytes that a report may have; what is longer is not read."""


@public("POST")
def opendsr(request: HttpRequest) -> HttpResponse:
    """Take the report of a processor that speaks OpenDSR."""
    at = timezone.now()
    throttle.spend(request, throttle.CALLBACKS, at)
    if _fits(request.headers.get("Content-Length", "")) and len(body := request.body) <= MOST:
        callbacks.opendsr(body, request.headers, at=at)
    return HttpResponse(status=HTTPStatus.ACCEPTED, content_type="text/plain")


def _fits(length: str) -> bool:
    """Say whether a body of this length is read; one of which it is not told is measured."""
    return len(length) <= len(str(MOST)) and (not length.isdecimal() or int(length) <= MOST)
