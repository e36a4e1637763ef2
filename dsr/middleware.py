"""What happens around every web request: one log line, headers, and the second factor of staff."""

import re
from collections.abc import Callable
from time import perf_counter
from typing import Any
from uuid import uuid4

import structlog
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import resolve
from django.utils import translation
from django.utils.cache import has_vary_header
from django.utils.translation import get_language_from_request

from dsr.logs import get_logger

log = get_logger("dsr.web")
Handler = Callable[[HttpRequest], HttpResponseBase]

_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_UNLOGGED = frozenset({"/healthz", "/readyz", "/metrics"})
#: Nothing of a browser's sensors or payment is ever needed here.
_PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb", "serial")
)
#: The API's reference page styles itself. The staff console needs no exception: it uses its theme without its scripts.
_EXCEPTIONS: tuple[tuple[str, dict[str, Any]], ...] = (("/api/docs/", {"style-src": ["'unsafe-inline'"]}),)
_CALLS = "/api/v1/"
_UNSUBSCRIBE = "/unsubscribe/"
_HEADERS_OF_CALLS = {
    "Cache-Control": "no-store, private",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": _PERMISSIONS,
    "X-Frame-Options": "DENY",
}


class RequestLog:
    """One line per request: method, route, status, time. Never the path, the query, an address or a body."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Name the request, pass it on, write its line."""
        given = request.headers.get("X-Request-ID", "") if settings.TRUSTED_PROXIES else ""
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = perf_counter()
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        if request.path_info not in _UNLOGGED:
            match = request.resolver_match
            log.info(
                "request",
                method=request.method,
                route=match.route if match else "",
                status=response.status_code,
                duration_ms=round((perf_counter() - started) * 1000, 1),
            )
        return response


class Direct:
    """Calls of the API, and of mail programs that unsubscribe, go straight to their view.

    They carry a token of their own and bring neither session nor form; the rest of the chain would cost each of them
    time and give it nothing. Headers that every answer should have are set here.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Find the view and call it; anything else goes on along the chain."""
        if not (request.path_info.startswith(_CALLS) or _is_one_click(request)):
            return self.get_response(request)
        request.get_host()  # raises for a host that is not ours
        language = get_language_from_request(request) if "HTTP_ACCEPT_LANGUAGE" in request.META else None
        # The thread may still speak the language of the page it made before.
        translation.activate(language or settings.LANGUAGE_CODE)
        match = resolve(request.path_info)
        request.resolver_match = match
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        for name, value in _HEADERS_OF_CALLS.items():
            response.setdefault(name, value)
        if isinstance(response, HttpResponse):
            response.setdefault("Content-Length", str(len(response.content)))
        return response


def _is_one_click(request: HttpRequest) -> bool:
    """Whether a program posts to an unsubscribe link. It wants no page and gets none. RFC 8058"""
    is_press = request.method == "POST" and request.path_info.startswith(_UNSUBSCRIBE)
    return is_press and "text/html" not in request.META.get("HTTP_ACCEPT", "")


class SecurityHeaders:
    """Headers that Django has no setting for, and the exceptions to the content policy, by path."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add them to whatever comes back."""
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", _PERMISSIONS)
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if not response.has_header("Cache-Control") and not has_vary_header(response, "Accept-Encoding"):
            # Pages are about somebody until shown otherwise; what may be kept says so itself.
            response["Cache-Control"] = "no-store, private"
        for prefix, update in _EXCEPTIONS:
            if request.path_info.startswith(prefix):
                response._csp_update = update  # type: ignore[attr-defined]
        return response


class StaffSecondFactor:
    """Sends staff without a second factor to enrolment before the console opens."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Look only at the console; signing in and out stay reachable."""
        if (
            settings.STAFF_MFA
            and request.path_info.startswith("/admin/")
            and not request.path_info.startswith(("/admin/login/", "/admin/logout/", "/admin/jsi18n/"))
            and request.user.is_authenticated
            and not is_mfa_enabled(request.user)
        ):
            response: HttpResponse = redirect("mfa_activate_totp")
            return response
        return self.get_response(request)
