"""Choices on marketing and the like: entered by those who hear them, asked before a campaign, one or very many."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import IO, Any
from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from dsr.api import presenting, scopes
from dsr.api.answers import Answer, answer, respond, show
from dsr.api.endpoint import Endpoint
from dsr.api.idempotency import once
from dsr.api.problems import Fault, Problem
from dsr.api.reading import JSONBytes, body, idempotency_key, no_parameters, parameters, raw_body
from dsr.api.schema import IDEMPOTENT, query_of
from dsr.api.shapes import wishes as shapes
from dsr.choices.marketing import Act, Purpose
from dsr.choices.replies import stops
from dsr.errors import Incomplete
from dsr.models import Choice
from dsr.services import links
from dsr.services.choices import asking, deciding, limits, tokens
from dsr.services.choices.tokens import Bearer

_INTEGRATORS = frozenset({scopes.INTEGRATOR})
_RIGHTS = {
    Purpose.MARKETING: deciding.MARKETING_OPT_OUT,
    Purpose.ADVERTISING: "targeted_advertising_opt_out",
    Purpose.SENSITIVE: "sensitive_data_limit",
    Purpose.DISCLOSURE: "third_party_disclosure_opt_out",
    Purpose.CONSENT: "consent_withdrawal",
    Purpose.OBJECTION: "objection",
}
_NO_IS_KEPT = f"private, max-age={int(asking.NO_IS_GOOD_FOR.total_seconds())}"


class Marketing(Endpoint):
    """What people chose, as others heard it."""

    scopes = {"POST": _INTEGRATORS | {scopes.AGENT}}

    @extend_schema(
        operation_id="record_choice",
        summary="Enter what somebody chose about marketing, advertising, sensitive data or disclosure to others",
        description=(
            "It stands at once and no identity is asked for; systems follow within three days at most. Only a person "
            "resumes, by an act with evidence and never by an import. The same choice again changes nothing."
        ),
        parameters=[IDEMPOTENT],
        request=shapes.Wish,
        responses={201: shapes.WishMade},
        tags=["choices"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Enter a choice and return it with its receipt."""
        no_parameters(request)
        given = body(request, shapes.Wish)
        return respond(once(request, lambda: _enter(given, str(request.user.pk))))


def _enter(given: shapes.Wish, by: str) -> Answer:
    at = timezone.now()
    if given.reply is not None and not stops(given.reply):
        sentence = _("This reply does not plainly ask to stop. Have somebody read it, and enter what is meant.")
        raise Incomplete(_("This cannot be entered."), problems={"reply": sentence})
    wish = deciding.Wish(
        identifiers=given.identifiers,
        act=given.choice or Act.STOP,
        via=given.via,
        at=given.at or at,
        purpose=given.purpose,
        channels=tuple(given.channels),
        topics=tuple(given.topics),
        country=given.country or "",
        language=given.language,
        evidence=given.evidence,
    )
    made = deciding.decide(wish, by=by, at=at)
    return answer(_made(made.choice, new=made.new, receipt=made.receipt), status=201)


def _made(choice: Choice, *, new: bool, receipt: dict[str, Any]) -> shapes.WishMade:
    found = limits.latest(_RIGHTS[Purpose(choice.purpose)], choice.at) if choice.act == Act.STOP else []
    return shapes.WishMade(
        id=str(choice.pk),
        new=new,
        choice=choice.act,
        received_at=choice.at,
        in_effect_by=choice.must_by,
        limits=[
            shapes.Limit(regime=each.law.id, title=each.law.wording("title"), due_on=each.due, source=each.rule.source)
            for each in found
        ],
        receipt=receipt,
    )


class Check(Endpoint):
    """Whether one person may be written to."""

    scopes = {"GET": _INTEGRATORS}

    @extend_schema(
        operation_id="check_choice",
        summary="Ask whether somebody may be written to, right before it is done",
        description=(
            "By keyed hash, made with the key of `manage.py tombstones key`, so that no address stands in an address; "
            "while keys are exchanged, by one under each of them, with commas between, or the answer is no. "
            "A no may be kept until `valid_until`; a yes must be asked for again at the next use."
        ),
        parameters=query_of(shapes.Asked),
        responses={200: shapes.Told},
        tags=["choices"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Return whether, why, since when, and for how long that may be kept."""
        asked, at = parameters(request, shapes.Asked), timezone.now()
        use = _use(asked, at)
        found = asking.check_hashes(asked.digest.split(","), use, at)
        return show(_told(found), headers={"Cache-Control": _NO_IS_KEPT if found.valid_until > at else "no-store"})


def _use(asked: shapes.Asked | shapes.AskedMany, at: datetime) -> asking.Use:
    try:
        return asking.use_of(asked.purpose, asked.channel, asked.topic or "", at)
    except Incomplete as error:
        faults = [Fault(sentence, parameter=name) for name, sentence in error.problems.items()]
        raise Problem("bad-parameter", _("Some parameters cannot be used."), faults) from None


def _told(found: asking.Answer) -> shapes.Told:
    return shapes.Told(
        allowed=found.allowed,
        because=found.because,
        since=found.since,
        at=found.at,
        valid_until=found.valid_until,
    )


class Lines(BaseParser):
    """Hands the bytes of a body of lines on, up to a limit."""

    media_type = "text/plain"
    most = 16 * 1024 * 1024

    def parse(  # type: ignore[override] # bytes are no mapping, and are not treated as one
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return the bytes. Raises Problem when there are too many."""
        data = stream.read(self.most + 1)
        if len(data) > self.most:
            raise Problem("too-large", _("Send at most %(number)d bytes.") % {"number": self.most})
        return data


class CheckMany(Endpoint):
    """Whether many people may be written to."""

    scopes = {"POST": _INTEGRATORS}
    parser_classes: tuple[type[BaseParser], ...] = (Lines,)

    @extend_schema(
        operation_id="check_choices",
        summary="Ask it of many at once: a line for each",
        description=(
            f"Up to {shapes.MOST_ASKED} hashes (as for `check_choice`), or identifiers of one `kind`, each on a line. "
            "The answer comes as it is found, a line of JSON for each in the same order, as `check_choice` answers. "
            "Changes nothing, so it can be repeated at will; nothing of what is asked is kept."
        ),
        parameters=[IDEMPOTENT, *query_of(shapes.AskedMany)],
        request={"text/plain": {"type": "string"}},
        responses={(200, "application/x-ndjson"): OpenApiResponse({"type": "string"}, description="A line for each.")},
        tags=["choices"],
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Stream a line for each that is asked about."""
        idempotency_key(request)
        asked, at = parameters(request, shapes.AskedMany), timezone.now()
        use = _use(asked, at)
        values = _lines(raw_body(request))
        lines = _streamed(asking.many(values, asked.kind, use, at))
        return StreamingHttpResponse(lines, content_type="application/x-ndjson", headers={"Cache-Control": "no-store"})


def _lines(raw: bytes) -> list[str]:
    try:
        values = [line.rstrip("\r") for line in raw.decode().removesuffix("\n").split("\n")] if raw else []
    except UnicodeDecodeError as error:
        raise Problem(
            "unreadable", _("The body is not UTF-8: see byte %(number)d.") % {"number": error.start}
        ) from None
    if not values:
        raise Problem("unreadable", _("The body is empty. Send a hash or an identifier on each line."))
    if len(values) > shapes.MOST_ASKED:
        raise Incomplete(_("Give at most %(number)d in one call.") % {"number": shapes.MOST_ASKED}, field="body")
    return values


def _streamed(found: Iterator[asking.Answer]) -> Iterator[bytes]:
    """Yield the answers as lines, some thousands together. Of most people nothing is known: that line is made once."""
    known: dict[asking.Answer, bytes] = {}
    together: list[bytes] = []
    for each in found:
        line = known.get(each)
        if line is None:
            line = _told(each).model_dump_json().encode() + b"\n"
            if each.since is None:
                known[each] = line
        together.append(line)
        if len(together) == asking.CHUNK:
            yield b"".join(together)
            together = []
    yield b"".join(together)


class Changes(Endpoint):
    """What was chosen."""

    scopes = {"GET": _INTEGRATORS}

    @extend_schema(
        operation_id="list_choices",
        summary="What stands, as keyed hashes, from one id on",
        description=(
            "For who sends for hours, or keeps a copy of the list. Where somebody has chosen anew, what stood for that "
            "person and purpose before is replaced by the rows of the newest id."
        ),
        parameters=query_of(shapes.ChangesWanted),
        responses={200: shapes.ChangePage},
        tags=["choices"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Return one part of the list."""
        asked = parameters(request, shapes.ChangesWanted)
        found = asking.changes(asked.after, asked.limit, timezone.now())
        rows = [
            shapes.Change(
                id=row.pk,
                digest=row.digest,
                purpose=row.purpose,
                channel=row.channel,
                topic=row.topic,
                stopped=row.stopped,
                at=row.at,
            )
            for row in found
        ]
        following = urlencode({"after": rows[-1].id, "limit": asked.limit}) if len(rows) == asked.limit else ""
        address = f"{presenting.url('choices', 'changes')}?{following}" if following else None
        return show(shapes.ChangePage(results=rows, next=address))


class LongJSON(JSONBytes):
    """A body with room for the addresses of a mailing."""

    most = 1024 * 1024


class Links(Endpoint):
    """Ways out for mailings that other systems send."""

    scopes = {"POST": _INTEGRATORS}
    parser_classes: tuple[type[BaseParser], ...] = (LongJSON,)

    @extend_schema(
        operation_id="make_unsubscribe_links",
        summary="Get the one-click headers and the link to the preferences for the mails of a mailing",
        description=f"Up to {shapes.MOST_LINKS} addresses. Nothing is kept; links to unsubscribe never run out.",
        parameters=[IDEMPOTENT],
        request=shapes.LinksWanted,
        responses={200: shapes.LinksMade},
        tags=["choices"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Return what goes into each mail, in the order asked."""
        no_parameters(request)
        idempotency_key(request)
        wanted, at = body(request, shapes.LinksWanted), timezone.now()
        _linkable(wanted, at)
        about = wanted.channel, wanted.topic or "", wanted.language
        return show(shapes.LinksMade(results=[_link(Bearer("email", each, *about), at) for each in wanted.email]))


def _linkable(wanted: shapes.LinksWanted, at: datetime) -> None:
    """Raise Incomplete for what a link could not end: an address that is none, a topic that belongs to the service."""
    problems = {
        f"email.{number}": _("One of these is not written as it should be.")
        for number, each in enumerate(wanted.email)
        if not deciding.writable("email", each)
    }
    if asking.use_of(Purpose.MARKETING, wanted.channel, wanted.topic or "", at).service:
        problems["topic"] = _("This belongs to the service and goes on while there is an account.")
    if problems:
        raise Incomplete(_("This cannot be entered."), problems=problems)


def _link(bearer: Bearer, at: datetime) -> shapes.LinkMade:
    return shapes.LinkMade(
        list_unsubscribe=f"<{links.unsubscribe(tokens.unsubscribe(bearer))}>",
        list_unsubscribe_post="List-Unsubscribe=One-Click",
        preferences=links.preferences(tokens.preferences(bearer, at)),
    )
