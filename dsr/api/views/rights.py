"""GET /rights: what somebody may ask, and what may be asked of them."""

from dataclasses import asdict
from datetime import date

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr.api import scopes
from dsr.api.answers import show
from dsr.api.endpoint import Endpoint
from dsr.api.problems import Fault, Problem
from dsr.api.reading import parameters
from dsr.api.schema import query_of
from dsr.api.shapes import inputs, outputs
from dsr.rights import SPECS, Floor, Right
from dsr.rules import COUNTRIES, ClockEvent, EventKind, Notice, NotInRules, Regime, RulePack, clocks, pack
from dsr.rules.schema.offers import Channel, Offer, Relationship
from dsr.selectors import asking

_METHODS = {Floor.NOTHING: [], Floor.MAIL_CONTROL: ["mail_link", "mail_code"]}


class Rights(Endpoint):
    """What the notice offers to somebody."""

    scopes = {"GET": scopes.ANY}

    @extend_schema(
        operation_id="list_rights",
        summary="What may be asked, by whom, until when, and which questions go with it",
        parameters=query_of(inputs.RightsAsked),
        responses={200: outputs.RightsShown},
        tags=["rights"],
    )
    def get(self, request: Request) -> HttpResponse:
        """Answer from the rule files alone."""
        asked = parameters(request, inputs.RightsAsked)
        rules, today = pack(), timezone.now().date()
        notice = rules.notice_in_force(today)
        relationship = _relationship(notice, asked)
        found = [rules.regime(name, today) for name in rules.propose(asked.country, asked.region, today)]
        offers = notice.offers_for(asked.relationship, asked.country, asked.region)
        return show(
            outputs.RightsShown(
                notice=outputs.NoticeShown(id=notice.id, version=notice.version.isoformat()),
                country=asked.country,
                region=asked.region,
                relationship=asked.relationship,
                in_scope=relationship.in_scope,
                route=relationship.wording("route") or None,
                regimes=[outputs.NamedLaw(id=law.id, title=law.wording("title"), law=law.law) for law in found],
                rights=[_right(rules, notice, offer, asked, today) for offer in offers],
            )
        )


def _relationship(notice: Notice, asked: inputs.RightsAsked) -> Relationship:
    if asked.country not in COUNTRIES:
        fault = Fault(_("There is no such country. Use a code of ISO 3166-1, such as GB."), parameter="country")
        raise Problem("bad-parameter", _("Some parameters cannot be used."), [fault])
    try:
        return notice.relationship(asked.relationship)
    except NotInRules:
        known = ", ".join(each.id for each in notice.relationships)
        fault = Fault(_("Choose one of: %(expected)s.") % {"expected": known}, parameter="relationship")
        raise Problem("bad-parameter", _("Some parameters cannot be used."), [fault]) from None


def _right(rules: RulePack, notice: Notice, offer: Offer, asked: inputs.RightsAsked, today: date) -> outputs.RightShown:
    laws = rules.regimes_for(offer.right, asked.country, asked.region, today)
    right = Right(offer.right) if offer.right in set(Right) else None
    questions = asking.questions(right) if right else []
    barred = asking.must_not_ask(right) if right else []
    return outputs.RightShown(
        right=offer.right,
        title=offer.wording("title"),
        description=offer.wording("description"),
        filed_here=right is not None,
        identity=_identity(right) if right else None,
        clocks=[clock for law in laws for clock in _forecast(rules, notice, law, offer.right, today)],
        questions=[outputs.QuestionShown(**asdict(each)) for each in questions],
        must_not_ask=[outputs.BarredShown(**asdict(each)) for each in barred],
        ways=[_way(notice.channel(name)) for name in offer.how],
    )


def _identity(right: Right) -> outputs.Identity:
    floor = SPECS[right].floor
    return outputs.Identity(floor=floor.name.lower(), asked=floor > Floor.NOTHING, methods=_METHODS[floor])


def _forecast(rules: RulePack, notice: Notice, law: Regime, right: str, today: date) -> list[outputs.ClockForecast]:
    received = [ClockEvent(EventKind.RECEIVED, today)]
    return [
        outputs.ClockForecast(
            kind=clock.kind,
            regime=clock.regime,
            due_on=clock.due,
            promised_on=clock.promised,
            rule=clock.rule,
            source=clock.source,
            policy=clock.policy,
        )
        for clock in clocks(law, right, received, calendar=rules.calendar_for(notice, law))
    ]


def _way(channel: Channel) -> outputs.WayShown:
    return outputs.WayShown(id=channel.id, title=channel.wording("title"), email=channel.email, url=channel.url)
