"""Choices on the use of data on how a service is used (CPNI): entered by those who hear them, asked at each use."""

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr.api import scopes
from dsr.api.answers import Answer, answer, respond, show
from dsr.api.endpoint import Endpoint
from dsr.api.idempotency import once
from dsr.api.problems import Problem
from dsr.api.reading import body, no_parameters, parameters
from dsr.api.schema import IDEMPOTENT, query_of
from dsr.api.scopes import bearing
from dsr.api.shapes import choices
from dsr.errors import Incomplete
from dsr.services.choices import cpni, cpniletters
from dsr.services.choices.words import sentence

_INTEGRATORS = frozenset({scopes.INTEGRATOR})


class Cpni(Endpoint):
    """The ledger."""

    scopes = {"GET": _INTEGRATORS | {scopes.AUDITOR}, "POST": _INTEGRATORS}

    @extend_schema(
        operation_id="check_cpni",
        summary="Ask whether the data of an account may be used for a purpose, now or at a moment of the past",
        description=(
            "A campaign asks before each use, and its name is kept with the answer. What is not known is not approved. "
            "An answer is good for its moment alone and must not be cached. A caller that keeps account numbers out of "
            "addresses gives the `digest`, of the kind `account`, made with the key of `manage.py tombstones key`."
        ),
        parameters=query_of(choices.CpniAsked),
        responses={200: choices.CpniAnswer},
        tags=["choices"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Return whether, why and since when."""
        asked = parameters(request, choices.CpniAsked)
        now, service = timezone.now(), asked.service or ""
        whose = [asked.digest] if asked.digest else cpni.digests(asked.account or "")
        if asked.campaign is None:
            moment = asked.at or now
            if moment > now:
                raise Incomplete(_("This cannot be answered."), problems={"at": _("This is still to come.")})
            known_at = moment if asked.as_known else None
            return _answered(cpni.ask_by(whose, asked.purpose, service, moment=moment, known_at=known_at))
        if not bearing(request).has(scopes.INTEGRATOR):
            raise Problem("insufficient-scope", _("Who looks at what was may not ask for a campaign: give `at`."))
        if request.method == "HEAD":  # whoever asks for the head of an answer uses nothing
            return _answered(cpni.ask_by(whose, asked.purpose, service, moment=now))
        return _answered(
            cpni.ask_for_campaign(whose, asked.purpose, service, campaign=asked.campaign, by=_who(request), at=now)
        )

    @extend_schema(
        operation_id="record_cpni",
        summary="Enter what a customer decided, was told, or became of an account",
        description=(
            "A denial takes effect at once, by any channel and from anybody; no identity is asked for. Only the holder "
            "or an authorised representative approves or revokes, by an act with evidence and never by an import. "
            "Nothing that is entered is ever changed: what was wrong is followed by what is right."
        ),
        parameters=[IDEMPOTENT],
        request=choices.CpniLine,
        responses={201: choices.CpniEntered},
        tags=["choices"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Enter a line and return it with its receipt."""
        no_parameters(request)
        given = body(request, choices.CpniLine)
        return respond(once(request, lambda: _enter(given, _who(request))))


class CpniNotices(Endpoint):
    """Notices to customers, sent by us."""

    scopes = {"POST": _INTEGRATORS}

    @extend_schema(
        operation_id="send_cpni_notice",
        summary="Send a customer the notice on CPNI by mail, and enter that it was sent",
        description=(
            "The mail states what the law wants of it and is entered as `notice_sent` in the same transaction. Where "
            "it comes back, or cannot be sent, that is entered as `notice_bounced` by itself: give the notice in "
            "another way then. It may be repeated at any time, and has to be within two years."
        ),
        parameters=[IDEMPOTENT],
        request=choices.CpniNotice,
        responses={201: choices.CpniNoticeSent},
        tags=["choices"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Queue the mail and return its line."""
        no_parameters(request)
        given = body(request, choices.CpniNotice)
        return respond(once(request, lambda: _send(given, _who(request))))


def _send(given: choices.CpniNotice, by: str) -> Answer:
    made = cpniletters.send_notice(
        given.account,
        given.email,
        consented=given.consented,
        version=given.version,
        by=by,
        at=timezone.now(),
    )
    shown = choices.CpniNoticeSent(
        number=made.entry.pk,
        at=made.entry.at,
        version=made.entry.notice_version,
        runs_out=made.runs_out,
        next_notice_due=made.next_notice_due,
        receipt=dict(made.receipt),
    )
    return answer(shown, status=201)


def _who(request: Request) -> str:
    return str(request.user.pk)


def _enter(given: choices.CpniLine, by: str) -> Answer:
    now = timezone.now()
    line = cpni.Line(
        account=given.account,
        kind=given.kind,
        at=given.at or now,
        channel=given.channel,
        authority=given.authority,
        actor=given.actor or "",
        uses=tuple(given.purposes),
        services=tuple(given.services),
        medium=given.medium,
        mail_consented=given.mail_consented,
        notice_version=given.notice_version,
        evidence=given.evidence,
        about=given.about,
        merged=given.merged or "",
    )
    made, tell_owner = cpniletters.enter(line, given.owner_email, by=by, at=now)
    shown = choices.CpniEntered(
        number=made.entry.pk,
        kind=made.entry.kind,
        at=made.entry.at,
        effective=made.effective,
        tell_owner=tell_owner,
        receipt=made.receipt,
    )
    return answer(shown, status=201)


def _answered(found: cpni.Answer) -> HttpResponse:
    standing = found.standing
    shown = choices.CpniAnswer(
        allowed=standing.allowed,
        because=standing.because,
        sentence=sentence(standing),
        needs=found.needs,
        since=standing.since,
        until=standing.until,
        line=standing.place,
        at=found.at,
    )
    return show(shown, headers={"Cache-Control": "no-store"})
