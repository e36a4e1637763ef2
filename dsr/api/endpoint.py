"""The base of every call: which scopes it takes, which methods it has, and headers that all answers carry."""

from collections.abc import Iterable
from typing import Any, NoReturn

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from dsr.api.answers import MEDIA_TYPE
from dsr.api.authentication import Bearer
from dsr.api.problems import MEDIA_TYPE as PROBLEM
from dsr.api.problems import method_not_allowed
from dsr.api.reading import JSONBytes
from dsr.api.scopes import ScopeRequired, Scopes
from dsr.api.throttles import PerToken


class JSONOnly(BaseContentNegotiation):
    """Everything is JSON here, so there is nothing to choose, only to refuse."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """Return the parser if the body is JSON by its header."""
        name = request.content_type.partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == name), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer unless the caller leaves JSON out."""
        accepted = {part.partition(";")[0].strip().lower() for part in request.META.get("HTTP_ACCEPT", "").split(",")}
        if not accepted & {"", "*/*", "application/*", MEDIA_TYPE, PROBLEM}:
            raise NotAcceptable
        return next(iter(renderers)), MEDIA_TYPE


class Endpoint(APIView):
    """A call of the interface. ``scopes`` names, for each method, the scopes of which one is enough."""

    scopes: Scopes = {}
    authentication_classes = (Bearer,)
    permission_classes = (ScopeRequired,)
    throttle_classes = (PerToken,)
    parser_classes: tuple[type[BaseParser], ...] = (JSONBytes,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = JSONOnly
    http_method_names: tuple[str, ...] = ("get", "post", "head")

    @property
    def default_response_headers(self) -> dict[str, str]:
        """No header by default; Allow belongs to 405."""
        return {}

    def http_method_not_allowed(self, request: HttpRequest | Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Say which methods there are."""
        raise method_not_allowed(self.allowed_methods)

    def finalize_response(  # type: ignore[override] # the framework takes any response; its types say less
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Add what the throttle counted."""
        for name, value in getattr(request, "rate_headers", {}).items():
            response.setdefault(name, value)
        return response
