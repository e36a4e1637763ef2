"""What goes back when all is well: a model as JSON, with its version where it has one."""

from collections.abc import Mapping
from typing import NamedTuple

from django.http import HttpResponse
from pydantic import BaseModel, ConfigDict

MEDIA_TYPE = "application/json"


class Shown(BaseModel):
    """The base of everything that is answered. The description is made from the same classes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(NamedTuple):
    """An answer before it is a response, so that it can be kept and given again."""

    status: int
    body: str
    headers: dict[str, str]


def answer(content: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Return a model as an answer."""
    return Answer(status, content.model_dump_json(by_alias=True), dict(headers or {}))


def respond(given: Answer) -> HttpResponse:
    """Return the answer as a response."""
    return HttpResponse(given.body, status=given.status, content_type=MEDIA_TYPE, headers=given.headers)


def show(content: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """Return a model as a response."""
    return respond(answer(content, status, headers))


def etag(version: int) -> dict[str, str]:
    """Return the header that names a version."""
    return {"ETag": f'"{version}"'}
