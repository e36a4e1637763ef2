"""Downloading an answer: a fresh code, then a page with the file, which can be resumed where it broke off."""

from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone

from dsr.models import Package
from dsr.policies import Caller
from dsr.public import forms, pages, ranges, throttle, tickets, verify
from dsr.public.guard import public, typed
from dsr.rights import SPECS, Right
from dsr.selectors import tracker as selector
from dsr.services import delivery, tracking
from dsr.services.assembling import mask
from verification import grants, mail

DOWNLOAD = "download"
"""Purpose of the ticket that leads from the tracker to the code and the file."""


@public("GET", "POST")
def code(request: HttpRequest) -> HttpResponse:
    """Take the code; lead to the file."""
    at, ticket = timezone.now(), typed(request, "ticket", 1000)
    try:
        held = tickets.read(ticket, DOWNLOAD, at)
    except tickets.NoTicket:
        return pages.page(request, "downloads/ended", status=HTTPStatus.NOT_FOUND)
    if request.method != "POST":
        return _ask(request, forms.CodeForm(), ticket, held["submission"])
    throttle.spend(request, throttle.CODES, at)
    form = forms.CodeForm(request.POST)
    if form.is_valid():
        try:
            token = _open(held["request"], held["challenge"], form.cleaned_data["code"], at)
        except mail.CheckError as error:
            form.add_error("code", verify.why(error, at))
        else:
            return pages.see_other(f"{reverse('public:download-ready')}?{urlencode({'key': token})}")
    return _ask(request, form, ticket, held["submission"])


def _open(request_id: UUID, challenge_id: UUID, digits: str, at: datetime) -> str:
    return delivery.open_download(request_id, challenge_id, digits, by=Caller.person(), at=at)


def _ask(request: HttpRequest, form: forms.CodeForm, ticket: str, submission_id: UUID) -> HttpResponse:
    found = selector.filed(submission_id)
    masked = mask(found.address) if found and found.address else ""
    context = {"form": form, "problems": form.is_bound, "ticket": ticket, "masked": masked}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return pages.page(request, "downloads/code", context, status=status)


@public("GET")
def ready(request: HttpRequest) -> HttpResponse:
    """Show what is about to be downloaded."""
    key = typed(request, "key")
    try:
        package = tracking.opened(key, at=timezone.now())
    except grants.NoGrant:
        return pages.page(request, "downloads/ended", status=HTTPStatus.NOT_FOUND)
    title = SPECS[Right(package.request.right)].title
    context = {"package": package, "reference": package.request.submission.reference, "title": title, "key": key}
    return pages.page(request, "downloads/ready", context)


@public("GET")
def file(request: HttpRequest) -> HttpResponseBase:
    """Send the file, or the part of it that is asked for."""
    at, key = timezone.now(), typed(request, "key")
    try:
        package = tracking.opened(key, at=at)
    except grants.NoGrant:
        return pages.page(request, "downloads/ended", status=HTTPStatus.NOT_FOUND)
    if request.method == "HEAD":
        return _headed(HttpResponse(), package, length=package.size)
    try:
        first, last = ranges.wanted(request, _etag(package))
        found = delivery.stream(key, first=first, last=last, at=at)
    except (ranges.NoRange, ValueError):
        response = _headed(HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE), package, length=0)
        response["Content-Range"] = f"bytes */{package.size}"
        return response
    response = _headed(StreamingHttpResponse(found.chunks), package, length=found.end - found.start + 1)
    if (first, last) != (None, None):
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response["Content-Range"] = f"bytes {found.start}-{found.end}/{found.size}"
    return response


def _etag(package: Package) -> str:
    return f'"{package.sha256}"'


def _headed(response: HttpResponseBase, package: Package, *, length: int) -> HttpResponseBase:
    name = f"{package.request.submission.reference}-{package.number}.zip"
    response["Content-Type"] = "application/zip"
    response["Content-Length"] = str(length)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = _etag(package)
    response["X-Content-Type-Options"] = "nosniff"
    return response
