"""The base of every call: which scopes it takes, which methods it has, and headers that all answers carry."""

from typing import Any, NoReturn

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.views import APIView

from dsr.api.authentication import Bearer
from dsr.api.problems import Problem
from dsr.api.reading import JSONBytes
from dsr.api.scopes import ScopeRequired, Scopes
from dsr.api.throttles import PerToken


class Endpoint(APIView):
    """A call of the interface. ``scopes`` names, for each method, the scopes of which one is enough."""

    scopes: Scopes = {}
    authentication_classes = (Bearer,)
    permission_classes = (ScopeRequired,)
    throttle_classes = (PerToken,)
    parser_classes = (JSONBytes,)
    http_method_names = ("get", "post", "head")

    @property
    def default_response_headers(self) -> dict[str, str]:
        """No header by default; Allow belongs to 405."""
        return {}

    def http_method_not_allowed(self, request: HttpRequest | Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Say which methods there are."""
        headers = {"Allow": ", ".join(name for name in self.allowed_methods if name != "OPTIONS")}
        raise Problem("method-not-allowed", _("This address does not take this method."), headers=headers)

    def finalize_response(  # type: ignore[override] # the framework takes any response; its types say less
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Add what the throttle counted."""
        for name, value in getattr(request, "rate_headers", {}).items():
            response.setdefault(name, value)
        return response
