"""Bodies that bring a file: a form with one, read in memory and never from a disk."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import TooManyFilesSent
from django.core.files.uploadedfile import UploadedFile
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from django.utils.translation import gettext as _
from pydantic import ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from dsr.api.problems import Problem
from dsr.api.reading import Model, faults
from dsr.uploading import InMemory, TooLarge
from verification.uploads import MOST_BYTES


class Form(dict[str, Any]):
    """The values of a form by name, files as bytes. A name that came twice has a list, which no field takes."""


class FormInMemory(BaseParser):
    """Reads ``multipart/form-data`` (RFC 7578) into a `Form`."""

    media_type = "multipart/form-data"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Form:
        """Return the form. Raises Problem for what is too large or no form."""
        request: Request = (parser_context or {})["request"]
        try:
            fields, files = MultiPartParser(request.META, stream, [InMemory()], "utf-8").parse()
        except TooLarge:
            raise Problem("too-large", _("Send a file of at most %(number)d bytes.") % {"number": MOST_BYTES}) from None
        except (MultiPartParserError, TooManyFilesSent):
            raise Problem("unreadable", _("The body is no form as its header says.")) from None
        values: dict[str, list[Any]] = {name: list(given) for name, given in fields.lists()}
        for name, given in files.lists():
            values.setdefault(name, []).extend(_bytes(each) for each in given)
        return Form({name: given[0] if len(given) == 1 else given for name, given in values.items()})


def _bytes(upload: "UploadedFile[bytes]") -> bytes:
    data: bytes = upload.read()
    return data


def form(request: Request, model: type[Model]) -> Model:
    """Return a form as a model. Raises Problem: unreadable, or incomplete with every fault at its place."""
    given: Any = request.data
    if not isinstance(given, Form):
        raise Problem("unreadable", _("The body is empty. Send a form."))
    try:
        return model.model_validate(given)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        raise Problem("incomplete", _("Some values are missing or cannot be used."), faults(details)) from None


def content_of(*values: str | bytes) -> bytes:
    """Return what stands for a form where two are compared: a digest, as the form itself is large."""
    parts = (value.encode() if isinstance(value, str) else value for value in values)
    return b"".join(hashlib.sha256(part).digest() for part in parts)
