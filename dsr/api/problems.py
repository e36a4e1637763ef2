"""Errors as problem documents (RFC 9457): one shape for everything that did not work, from routes to rules."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions

from dsr.api.catalogue import TYPES
from dsr.errors import Incomplete, NotFound, RecourseError, TooMany, Unlawful
from dsr.logs import get_logger

log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_MOST_ERRORS = 50
_RETRY_SOON = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where: a JSON pointer into the body, a parameter or a header."""

    detail: str
    pointer: str = ""
    parameter: str = ""
    header: str = ""

    def as_dict(self) -> dict[str, str]:
        """For programs; without the places that do not apply."""
        places = {"pointer": self.pointer, "parameter": self.parameter, "header": self.header}
        return {**{name: value for name, value in places.items() if value}, "detail": self.detail}


class Problem(Exception):
    """Raised anywhere in the interface; becomes the answer. ``code`` names its type, ``detail`` is a sentence."""

    def __init__(
        self,
        code: str,
        detail: str,
        faults: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        because: Sequence[str] = (),
        law: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code, self.detail, self.faults, self.because = code, detail, faults, because
        self.headers, self.law = dict(headers or {}), dict(law or {})


def type_url(code: str) -> str:
    """The stable address of a type, which is also its page."""
    return f"{settings.BASE_URL.rstrip('/')}/api/problems/{code}/"


def document(problem: Problem, status: int | None = None) -> dict[str, Any]:
    """Return the members of a problem document."""
    kind = TYPES[problem.code]
    members: dict[str, Any] = {
        "type": type_url(problem.code),
        "title": str(kind.title),
        "status": status or kind.status,
        "detail": problem.detail,
        "code": problem.code,
    }
    if problem.faults:
        members["errors"] = [fault.as_dict() for fault in problem.faults[:_MOST_ERRORS]]
    if problem.because:
        members["because"] = list(problem.because)
    return members | problem.law


def response(problem: Problem, status: int | None = None) -> HttpResponse:
    """Return a problem as an HTTP answer."""
    members = document(problem, status)
    return HttpResponse(
        json.dumps(members, ensure_ascii=False),
        status=members["status"],
        content_type=MEDIA_TYPE,
        headers=problem.headers,
    )


def pointer(field_name: str) -> str:
    """Return the JSON pointer (as a URI fragment) of a field written with dots: ``contact.email``."""
    return "#/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in field_name.split("."))


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse:
    """Answer any exception of a view. What nobody expected is logged and says nothing about itself."""
    if isinstance(error, Problem):
        return response(error)
    if isinstance(error, RecourseError):
        return response(of_service(error), error.status)
    if isinstance(error, Http404):
        return response(Problem("not-found", _("There is no such thing.")))
    if isinstance(error, PermissionDenied):
        return response(Problem("not-allowed", _("This is not allowed.")))
    if isinstance(error, exceptions.APIException):
        return response(_of_framework(error, context))
    if isinstance(error, SuspiciousOperation):
        return response(Problem("unreadable", _("The request cannot be read: it holds more, or other, than it may.")))
    if isinstance(error, OperationalError):
        log.error("database unavailable", error=type(error).__name__)
        retry = {"Retry-After": str(_RETRY_SOON)}
        return response(Problem("unavailable", _("The service is not available. Please repeat it."), headers=retry))
    log.error("unexpected", exc_info=error)
    return response(Problem("unexpected", _("Something went wrong here. It has been recorded.")))


def of_service(error: RecourseError) -> Problem:
    """Translate an error of a use case. A code without a page of its own takes that of its family."""
    code = error.code if error.code in TYPES else error.default_code
    faults: list[Fault] = []
    headers: dict[str, str] = {}
    if isinstance(error, Incomplete):
        faults = [Fault(sentence, pointer=pointer(name)) for name, sentence in error.problems.items()]
    if isinstance(error, TooMany):
        headers["Retry-After"] = str(retry_after(error.retry_at))
    if isinstance(error, NotFound):
        return Problem("not-found", str(error), because=error.because)
    law = {"rule": error.rule, "source": error.source} if isinstance(error, Unlawful) else None
    return Problem(code, str(error), faults, headers, error.because, law)


def retry_after(at: datetime) -> int:
    """Return the whole seconds until an instant, at least one."""
    return max(1, ceil((at - timezone.now()).total_seconds()))


def method_not_allowed(methods: Sequence[str]) -> Problem:
    """Return the problem of a method that does not fit, with those that do."""
    headers = {"Allow": ", ".join(name for name in methods if name != "OPTIONS")}
    return Problem("method-not-allowed", _("This address does not take this method."), headers=headers)


def _of_framework(error: exceptions.APIException, context: Mapping[str, Any]) -> Problem:
    """Translate an error of the framework, whose own texts are not shown: they may repeat what was sent."""
    match error:
        case exceptions.NotAuthenticated():
            bearer = {"WWW-Authenticate": 'Bearer realm="recourse"'}
            return Problem("not-authenticated", _("Send a bearer token in the header Authorization."), headers=bearer)
        case exceptions.AuthenticationFailed():
            bearer = {"WWW-Authenticate": 'Bearer realm="recourse", error="invalid_token"'}
            return Problem("invalid-token", _("This token is not valid."), headers=bearer)
        case exceptions.PermissionDenied():
            return Problem("not-allowed", _("This is not allowed."))
        case exceptions.MethodNotAllowed():
            return method_not_allowed(context["view"].allowed_methods)
        case exceptions.NotAcceptable():
            return Problem("not-acceptable", _("Answers are application/json, which the header Accept leaves out."))
        case exceptions.UnsupportedMediaType():
            taken = context["view"].get_parsers()[0].media_type
            return Problem("unsupported-media-type", _("Send the body as %(type)s.") % {"type": taken})
        case exceptions.ParseError():
            return Problem("unreadable", _("The body cannot be read as JSON."))
        case exceptions.NotFound():
            return Problem("not-found", _("There is no such thing."))
    log.error("unexpected", error=type(error).__name__)
    return Problem("unexpected", _("Something went wrong here. It has been recorded."))
