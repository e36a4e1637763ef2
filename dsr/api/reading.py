"""What a caller sends: body, parameters and headers, read strictly. Nothing is guessed, and every fault is named."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import IO, Any, TypeVar

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from dsr.api.problems import Fault, Problem

Model = TypeVar("Model", bound=BaseModel)

MOST_BYTES = 256 * 1024
_LONGEST_NAME = 80
_KEY = re.compile(r'(?P<quote>"?)(?P<value>[\x21\x23-\x7e]{1,128})(?P=quote)')
_ETAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')

_SENTENCES = {
    "missing": gettext_lazy("This is needed."),
    "extra_forbidden": gettext_lazy("There is no such field."),
    "string_type": gettext_lazy("Give a text."),
    "string_too_short": gettext_lazy("Write at least %(min_length)s characters."),
    "string_too_long": gettext_lazy("Use at most %(max_length)s characters."),
    "string_pattern_mismatch": gettext_lazy("This is not written as it should be."),
    "literal_error": gettext_lazy("Choose one of: %(expected)s."),
    "enum": gettext_lazy("Choose one of: %(expected)s."),
    "list_type": gettext_lazy("Give a list."),
    "tuple_type": gettext_lazy("Give a list."),
    "too_short": gettext_lazy("Give at least %(min_length)s."),
    "too_long": gettext_lazy("Give at most %(max_length)s."),
    "dict_type": gettext_lazy("Give an object."),
    "model_type": gettext_lazy("Give an object."),
    "model_attributes_type": gettext_lazy("Give an object."),
    "bool_type": gettext_lazy("Give true or false."),
    "bool_parsing": gettext_lazy("Give true or false."),
    "int_type": gettext_lazy("Give a whole number."),
    "int_parsing": gettext_lazy("Give a whole number."),
    "int_from_float": gettext_lazy("Give a whole number."),
    "int_parsing_size": gettext_lazy("Give a smaller number."),
    "greater_than_equal": gettext_lazy("Give at least %(ge)s."),
    "less_than_equal": gettext_lazy("Give at most %(le)s."),
    "uuid_type": gettext_lazy("Give an id, which is a UUID."),
    "uuid_parsing": gettext_lazy("Give an id, which is a UUID."),
    "timezone_aware": gettext_lazy("Give the time zone too, for example 2026-03-05T09:30:00Z."),
    "datetime_type": gettext_lazy("Give date and time as ISO 8601, for example 2026-03-05T09:30:00Z."),
    "datetime_parsing": gettext_lazy("Give date and time as ISO 8601, for example 2026-03-05T09:30:00Z."),
    "datetime_from_date_parsing": gettext_lazy("Give date and time as ISO 8601, for example 2026-03-05T09:30:00Z."),
    "datetime_object_invalid": gettext_lazy("There is no such date."),
}


class Body(BaseModel):
    """The base of every body: unknown fields and look-alike types are refused."""

    # What was sent stands in no exception: those may end up in a report of errors.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class Parameters(BaseModel):
    """The base of every set of parameters: text in the address is read as the type that is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class JSONBytes(BaseParser):
    """Hands the bytes of a JSON body on unread, up to a limit; the model reads and checks them in one go."""

    media_type = "application/json"
    most = MOST_BYTES

    def parse(  # type: ignore[override] # bytes are no mapping, and are not treated as one
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return the bytes. Raises Problem when there are too many."""
        request = (parser_context or {}).get("request")
        if request is not None and int(request.META.get("CONTENT_LENGTH") or 0) > self.most:
            raise _too_large(self.most)
        data = stream.read(self.most + 1)
        if len(data) > self.most:
            raise _too_large(self.most)
        return data


def _too_large(most: int) -> Problem:
    return Problem("too-large", _("Send at most %(number)d bytes.") % {"number": most})


def raw_body(request: Request) -> bytes:
    """Return the body as it came, empty when none came. Raises Problem, also for what is not JSON by its header."""
    given: Any = request.data
    return given if isinstance(given, bytes) else b""


def body(request: Request, model: type[Model]) -> Model:
    """Return the body as a model. Raises Problem: unreadable, or incomplete with every fault at its place."""
    raw = raw_body(request)
    if not raw.strip():
        raise Problem("unreadable", _("The body is empty. Send a JSON object."))
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        if details[0]["type"] == "json_invalid":
            raise _unreadable(raw, details[0]) from None
        raise Problem("incomplete", _("Some values are missing or cannot be used."), faults(details)) from None


def checked(given: Mapping[str, Any], model: type[Model]) -> Model:
    """Return a part of a body that was read already as a model. Raises Problem with every fault at its place in it."""
    try:
        return model.model_validate_json(json.dumps(given))
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise Problem("incomplete", _("Some values are missing or cannot be used."), faults(details)) from None


def _unreadable(raw: bytes, detail: ErrorDetails) -> Problem:
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        return Problem("unreadable", _("The body is not UTF-8: see byte %(number)d.") % {"number": error.start})
    if raw.startswith(b"\xef\xbb\xbf"):
        return Problem("unreadable", _("The body starts with a byte order mark. Send it without."))
    reason = str(detail.get("ctx", {}).get("error", ""))
    if "recursion" in reason:
        return Problem("unreadable", _("The body is nested too deeply."))
    return Problem("unreadable", _("The body is not JSON: %(reason)s.") % {"reason": reason})


def faults(details: Iterable[ErrorDetails]) -> list[Fault]:
    """Return what a model found wrong as faults, each at its place."""
    return [Fault(_sentence(detail), pointer=_pointer(detail["loc"])) for detail in details]


def _pointer(place: tuple[int | str, ...]) -> str:
    parts = (str(part)[:_LONGEST_NAME].replace("~", "~0").replace("/", "~1") for part in place)
    return "#/" + "/".join(parts) if place else "#"


def _sentence(detail: ErrorDetails) -> str:
    sentence = _SENTENCES.get(detail["type"])
    if sentence is None:
        # A check of our own; its sentence is fixed and repeats nothing that was sent.
        return str(detail.get("ctx", {}).get("error", "")) or _("This cannot be used.")
    return str(sentence) % detail.get("ctx", {})


def parameters(request: Request, model: type[Model]) -> Model:
    """Return the parameters of the address as a model. Raises Problem with a sentence for each that is wrong."""
    given: QueryDict = request.GET
    faults = [
        Fault(_("Give this once."), parameter=name[:_LONGEST_NAME]) for name, values in given.lists() if len(values) > 1
    ]
    if not faults:
        try:
            return model.model_validate(given.dict())
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
        for detail in details:
            sentence = _("There is no such parameter.") if detail["type"] == "extra_forbidden" else _sentence(detail)
            name = str(detail["loc"][0] if detail["loc"] else "")
            faults.append(Fault(sentence, parameter=name[:_LONGEST_NAME]))
    raise Problem("bad-parameter", _("Some parameters cannot be used."), faults)


def no_parameters(request: Request) -> None:
    """Raise Problem when an address that takes no parameters was given one."""
    parameters(request, Parameters)


def idempotency_key(request: Request) -> str | None:
    """Return the Idempotency-Key, with or without its quotes; None without one. Raises Problem."""
    given = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if given is None:
        return None
    found = _KEY.fullmatch(given.strip())
    if found is None:
        raise _bad_header("Idempotency-Key", _("Use 1 to 128 visible ASCII characters."))
    return found["value"]


def expected_version(request: Request) -> int | None:
    """Return the version that If-Match names; None without one or for ``*``. Raises Problem.

    A weak or foreign tag matches no version, which the use case then says; 0 is a version that nothing has.
    """
    given = request.META.get("HTTP_IF_MATCH", "").strip()
    if given in ("", "*"):
        return None
    found = _ETAG.fullmatch(given)
    if found is None:
        raise _bad_header("If-Match", _('Give one ETag as we gave it, in its quotes: "3".'))
    weak, tag = found.groups()
    return int(tag) if not weak and tag.isdecimal() and len(tag) < 10 else 0


def _bad_header(name: str, sentence: str) -> Problem:
    return Problem("bad-header", _("A header cannot be used."), [Fault(sentence, header=name)])
