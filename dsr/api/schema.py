"""The description of the interface (OpenAPI 3.1), made from the same models that read and write."""

from collections.abc import Mapping
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _
from drf_spectacular.contrib.pydantic import PydanticExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiParameter
from pydantic import BaseModel

from dsr.api import problems
from dsr.api.catalogue import TYPES

Schema = dict[str, Any]

IDEMPOTENT = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": r'^"?[!#-~]{1,128}"?$'},
    OpenApiParameter.HEADER,
    description="The same key and content get the first answer again. Kept for two days.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": r'^(\*|(W/)?"[!#-~]*")$'},
    OpenApiParameter.HEADER,
    description="The ETag on which the decision is based. Answered by 412 when it is no longer the present one.",
)
_REFUSALS = (400, 401, 403, 405, 406, 429, 500, 503)
_REFUSALS_OF_POST = (409, 412, 413, 415, 422)
_MORE_REFUSALS = {"post": _REFUSALS_OF_POST, "patch": _REFUSALS_OF_POST, "delete": (412,)}


class Described(PydanticExtension):  # type: ignore[no-untyped-call]
    """Models as schemas: bodies as they are read, answers as they are written."""

    priority = 1

    def map_serializer(self, auto_schema: AutoSchema, direction: Literal["request", "response"]) -> Schema:
        """Return the schema of a model, its parts among the components."""
        mode: Literal["validation", "serialization"] = "validation" if direction == "request" else "serialization"
        schema = self.target.model_json_schema(ref_template="#/components/schemas/{model}", mode=mode)
        for name, part in schema.pop("$defs", {}).items():
            component = ResolvedComponent(  # type: ignore[no-untyped-call]
                name=name, type=ResolvedComponent.SCHEMA, object=name, schema=_plain(part)
            )
            auto_schema.registry.register_on_missing(component)
        described: Schema = _plain(schema)
        return described


def _plain(schema: Any) -> Any:
    """Drop the titles that the library makes up from names."""
    if isinstance(schema, dict):
        return {key: _plain(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}
    if isinstance(schema, list):
        return [_plain(value) for value in schema]
    return schema


def query_of(model: type[BaseModel]) -> list[OpenApiParameter]:
    """Return the parameters that a model reads from the address."""
    schema = model.model_json_schema(mode="validation")
    parts = schema.get("$defs", {})
    return [
        OpenApiParameter(
            name,
            _inlined(_plain({key: value for key, value in field.items() if key != "description"}), parts),
            OpenApiParameter.QUERY,
            required=name in schema.get("required", ()),
            description=field.get("description", ""),
        )
        for name, field in schema["properties"].items()
    ]


def _inlined(field: Any, parts: Mapping[str, Schema]) -> Any:
    """Put the parts in their places: a parameter stands alone. Leave out null, which no address can say."""
    if isinstance(field, list):
        return [_inlined(each, parts) for each in field]
    if not isinstance(field, dict):
        return field
    if "$ref" in field:
        return _plain(parts[field["$ref"].rpartition("/")[2]])
    choices = [each for each in field.get("anyOf", []) if each.get("type") != "null"]
    rest = {key: value for key, value in field.items() if key not in ("anyOf", "default") or value is not None}
    if len(choices) == 1:
        return {**{key: value for key, value in rest.items() if key != "anyOf"}, **_inlined(choices[0], parts)}
    if choices:
        rest["anyOf"] = choices
    return {key: _inlined(value, parts) for key, value in rest.items()}


def add_problems(result: Schema, **_options: Any) -> Schema:
    """Add to every call the problems it can answer with; all have one shape."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _problem_schema()
    components["responses"] = {
        f"Problem{status}": _problem_response(status) for status in (*_REFUSALS, 404, *_REFUSALS_OF_POST)
    }
    for path, calls in result.get("paths", {}).items():
        for method, call in calls.items():
            statuses = {*_REFUSALS, *_MORE_REFUSALS.get(method, ()), *((404,) if "{" in path else ())}
            for status in sorted(statuses):
                call["responses"][str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
            for parameter in call.get("parameters", []):
                if parameter["in"] == "path":
                    parameter.setdefault("description", "")
    return result


def _problem_response(status: int) -> Schema:
    names = ", ".join(f"`{kind.code}`" for kind in TYPES.values() if kind.status == status)
    response: Schema = {
        "description": names or "See `code`.",
        "content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status in (429, 503):
        response["headers"] = {
            "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
        }
    return response


def _problem_schema() -> Schema:
    text = {"type": "string"}
    fault = {
        "type": "object",
        "properties": {
            "pointer": {**text, "description": "Place in the body: a JSON pointer (RFC 6901) as a URI fragment."},
            "parameter": {**text, "description": "Name of a parameter in the address."},
            "header": {**text, "description": "Name of a header."},
            "detail": text,
        },
        "required": ["detail"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "description": str(_("What did not work (RFC 9457).")),
        "properties": {
            "type": {**text, "format": "uri", "description": "Stable for each code, and the address of its page."},
            "title": text,
            "status": {"type": "integer"},
            "detail": {**text, "description": "A sentence for people."},
            "code": {**text, "enum": list(TYPES)},
            "errors": {"type": "array", "items": fault},
            "because": {"type": "array", "items": text},
            "rule": {**text, "description": "The rule that forbids it, where a law does: regime, window and rule."},
            "source": {**text, "description": "Where that rule stands."},
        },
        "required": ["type", "title", "status", "detail", "code"],
        "additionalProperties": False,
    }
