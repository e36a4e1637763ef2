"""What people read about the interface: its description, a reference to browse, and a page for each type of problem."""

from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularSwaggerSplitView

from dsr import gpc
from dsr.api.catalogue import TYPES

_JSON = ("application/json", "application/vnd.oai.openapi+json")
_A_DAY = 86_400


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """Return the description of the interface."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    made: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


@lru_cache(maxsize=2)
def description_text(form: str = "yaml") -> str:
    """Return the description as the text of a file: ``yaml``, or ``json``."""
    renderer = OpenApiJsonRenderer() if form == "json" else OpenApiYamlRenderer()
    text: bytes = renderer.render(description(), renderer_context={})
    return text.decode()


@require_safe
@cache_control(public=True, max_age=300)
def schema(request: HttpRequest) -> HttpResponse:
    """The description as YAML, or as JSON where the caller asks for it: ``?format=json`` or by Accept."""
    wants = request.headers.get("Accept", "")
    as_json = request.GET.get("format") == "json" or any(name in wants for name in _JSON)
    if as_json:
        return HttpResponse(description_text("json"), content_type="application/vnd.oai.openapi+json; charset=utf-8")
    return HttpResponse(description_text(), content_type="application/vnd.oai.openapi; charset=utf-8")


class Reference(SpectacularSwaggerSplitView):
    """The description to browse and try, from our own origin."""

    url_name = "api-schema"
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()


@require_safe
@cache_control(public=True, max_age=_A_DAY)
def problems(request: HttpRequest) -> HttpResponse:
    """Every type of problem."""
    return gpc.vary(render(request, "api/problems.html", {"types": list(TYPES.values())}))


@require_safe
@cache_control(public=True, max_age=_A_DAY)
def problem(request: HttpRequest, code: str) -> HttpResponse:
    """One type of problem: what it means and what to do."""
    if code not in TYPES:
        raise Http404
    return gpc.vary(render(request, "api/problem.html", {"type": TYPES[code]}))
