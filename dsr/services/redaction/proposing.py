"""What a program takes for somebody else's: addresses, numbers, and names beside them. People decide on each."""

import re
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from dsr.connectors.base import Json
from dsr.errors import NotFound
from dsr.lifecycle import BY_VERB
from dsr.models import MarkKind, SubjectRequest, Submission
from dsr.packaging.redacting.documents import text_of
from dsr.packaging.redacting.finding import squeezed
from dsr.policies import check_can_make
from dsr.services._moves import Caller, holding
from dsr.services.identifiers import known_identifiers
from dsr.services.redaction import marking, terms
from notifications.normal import normalise

MOST: Final = 200
"""Proposals at a time; there are more when these are decided on."""
_MOST_RECORDS: Final = 20_000
_MOST_READ: Final = 4 * 1024 * 1024
_ADDRESS: Final = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_NAMED: Final = re.compile(r"[\"']?([^\"'<>@,;]{3,80}?)[\"']?\s*<[^<>@\s]+@[^<>\s]+>")
_NAME: Final = re.compile(r"[^\W\d_][\w.'\u2019-]*(?: [^\W\d_][\w.'\u2019-]*){1,3}")
_OF_SOMEBODY: Final = re.compile(
    r"(^|_)(from|to|cc|bcc|sender|recipient|author|agent|contact|colleague|caller|callee|by|attendee|participant|"
    r"reporter|handled|assignee)(_|$)|name$",
    re.IGNORECASE,
)
"""Fields that name people."""


def seek(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Look through what was found for what may be about others, and propose it. Nothing is taken out by that."""
    request = SubjectRequest.objects.select_related("submission__data_key").filter(pk=request_id).first()
    if request is None:
        raise NotFound(_("There is no such request."))
    check_can_make(request, BY_VERB["seek_marks"], by, at)
    found = _found(request, at)
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        known = {squeezed(text) for text in _texts(request)}
        new = {text: kind for text, kind in found.items() if squeezed(text) not in known}
        case.move(request, "seek_marks", by=by, at=at, data={"proposed": len(new)}, proposed=len(new))
        marking.keep_proposals(case, request, [(kind, text) for text, kind in new.items()], at)
    return request


def _texts(request: SubjectRequest) -> Iterator[str]:
    for mark in request.marks.exclude(text_sealed=None):
        mark.request = request
        yield mark.open("text")


def _found(request: SubjectRequest, at: datetime) -> dict[str, MarkKind]:
    own, shell = _Own(request.submission), terms.Shell(request, at)
    known = {squeezed(text) for text in _texts(request)}
    found: dict[str, MarkKind] = {}
    seen: set[str] = set()
    for kind, text in _candidates(request):
        key = squeezed(text)
        if key in seen or len(key) < 4 or len(text) > marking.LONGEST:
            continue
        seen.add(key)
        if key not in known and not own.has(kind, text) and not shell.holds(text):
            found[text] = kind
            if len(found) == MOST:
                break
    return found


def _candidates(request: SubjectRequest) -> Iterator[tuple[MarkKind, str]]:
    region = request.submission.country
    for step in request.steps.exclude(parcel="").select_related("system").order_by("system__key"):
        step.request = request
        with terms.opened(step) as parcel:
            for held in parcel.rows:
                for record in islice(parcel.records(held), _MOST_RECORDS):
                    for name, value in record.items():
                        yield from _in_value(name, value, region)
            for file in parcel.files:
                yield from _in_text("", file.name, region)
                if file.size <= _MOST_READ:
                    text = text_of(b"".join(parcel.content(file)), file.name, file.media_type)
                    yield from _in_text("", text or "", region)


def _in_value(name: str, value: Json, region: str) -> Iterator[tuple[MarkKind, str]]:
    if isinstance(value, str):
        yield from _in_text(name, value, region)
    elif isinstance(value, list):
        for each in value:
            yield from _in_value(name, each, region)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _in_value(key, each, region)


def _in_text(name: str, text: str, region: str) -> Iterator[tuple[MarkKind, str]]:
    for match in _ADDRESS.finditer(text):
        yield MarkKind.ADDRESS, match[0].rstrip(".")
    for match in _NAMED.finditer(text):
        yield MarkKind.NAME, match[1].strip()
    if name and _OF_SOMEBODY.search(name) and len(text) <= 80 and _NAME.fullmatch(text.strip()):
        yield MarkKind.NAME, text.strip()
    if any(char.isdigit() for char in text):
        yield from ((MarkKind.NUMBER, each) for each in _phones(text, region))


def _phones(text: str, region: str) -> Iterator[str]:
    # Costs 90 ms to import, and most processes never see a number.
    import phonenumbers

    for match in phonenumbers.PhoneNumberMatcher(text, region or None):
        yield match.raw_string.strip()


class _Own:
    """What is the person's own, which is not about others."""

    def __init__(self, submission: Submission) -> None:
        identifiers = submission.open_json("identifiers")
        pairs = [("email", submission.open("email")), ("phone", submission.open("phone"))]
        for known in (identifiers, known_identifiers(submission)):
            pairs += [(kind, str(value)) for kind, each in known.items() for value in _listed(each)]
        self._values = {normalise(kind, value) for kind, value in pairs if value}
        self._digits = {squeezed(value)[-9:] for kind, value in pairs if kind == "phone" and value}
        self._name = {squeezed(part) for part in submission.open("name").split()}

    def has(self, kind: MarkKind, text: str) -> bool:
        """Whether a text is something of the person's own."""
        if kind is MarkKind.NAME:
            return {squeezed(part) for part in text.split()} <= self._name
        if kind is MarkKind.NUMBER:
            return squeezed(text)[-9:] in self._digits
        return normalise("email", text) in self._values


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]
