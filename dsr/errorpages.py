"""What people see when something did not work: a page, or a problem document where programs call."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from dsr import gpc

_BARE = "<!doctype html><title>Error</title><p>Something went wrong on our side. Please try again in a few minutes."


def _answer(request: HttpRequest, status: HTTPStatus) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        body = {"type": "about:blank", "title": status.phrase, "status": int(status)}
        return JsonResponse(body, status=status, content_type="application/problem+json")
    return _page(request, f"{int(status)}.html", status)


def _page(request: HttpRequest, template: str, status: HTTPStatus) -> HttpResponse:
    # Without the request, so that nothing of it can break the page.
    return gpc.vary(HttpResponse(render_to_string(template, gpc.shown(request)), status=status))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: what came cannot be read."""
    return _answer(request, HTTPStatus.BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: not for this person."""
    return _answer(request, HTTPStatus.FORBIDDEN)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: nothing here, or nothing for this person."""
    return _answer(request, HTTPStatus.NOT_FOUND)


def server_error(request: HttpRequest, *_: Any) -> HttpResponse:
    """500: our fault. Says so in bare words where even the page cannot be made."""
    try:
        return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR)
    except Exception:  # noqa: BLE001 - whatever broke the page may have broken this one too
        return HttpResponse(_BARE, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that did not come from our page."""
    return _page(request, "403_csrf.html", HTTPStatus.FORBIDDEN)
