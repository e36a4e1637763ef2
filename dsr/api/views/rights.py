"""GET /rights: what somebody may ask, and what may be asked of them."""

from dataclasses import asdict
from datetime import date

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr.api import presenting, scopes
from dsr.api.answers import show
from dsr.api.endpoint import Endpoint
from dsr.api.problems import Fault, Problem
from dsr.api.reading import parameters
from dsr.api.schema import query_of
from dsr.api.shapes import inputs, offered, outputs
from dsr.rights import OFFERED, Right
from dsr.rules import COUNTRIES, ClockEvent, EventKind, Notice, NotInRules, Regime, RulePack, clocks, pack
from dsr.rules.ladder import Demand, demanded
from dsr.rules.schema.ladder import Ladder
from dsr.rules.schema.offers import Channel, Offer, Relationship
from dsr.selectors import asking
from dsr.services.asked import available
from verification.proofs import Level


class Rights(Endpoint):
    """What the notice offers to somebody."""

    scopes = {"GET": scopes.ANY}

    @extend_schema(
        operation_id="list_rights",
        summary="What may be asked, by whom, until when, and which questions go with it",
        parameters=query_of(inputs.RightsAsked),
        responses={200: offered.RightsShown},
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
            offered.RightsShown(
                notice=outputs.NoticeShown(id=notice.id, version=notice.version.isoformat()),
                country=asked.country,
                region=asked.region,
                relationship=asked.relationship,
                in_scope=relationship.in_scope,
                route=relationship.wording("route") or None,
                elsewhere=[
                    presenting.door(each)
                    for each in notice.fitting(asked.relationship, "", asked.country, asked.region)
                ],
                regimes=[offered.NamedLaw(id=law.id, title=law.wording("title"), law=law.law) for law in found],
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


def _right(rules: RulePack, notice: Notice, offer: Offer, asked: inputs.RightsAsked, today: date) -> offered.RightShown:
    laws = rules.regimes_for(offer.right, asked.country, asked.region, today)
    right = Right(offer.right) if offer.right in OFFERED else None
    demand = demanded(
        rules,
        offer.right,
        tuple(law.id for law in laws),
        today,
        relationship=asked.relationship,
        channel=asked.channel,
        country=asked.country,
    )
    questions = asking.questions(right, notice, asked.relationship) if right else []
    barred = asking.must_not_ask(offer.right, demand, rules.ladder)
    return offered.RightShown(
        right=offer.right,
        title=offer.wording("title"),
        description=offer.wording("description"),
        filed_here=right is not None,
        identity=_identity(demand, rules.ladder),
        clocks=[clock for law in laws for clock in _forecast(rules, notice, law, offer.right, today)],
        questions=[offered.QuestionShown(**asdict(each)) for each in questions],
        must_not_ask=[offered.BarredShown(**asdict(each)) for each in barred],
        ways=[_way(notice.channel(name)) for name in offer.how],
    )


def _identity(demand: Demand, ladder: Ladder) -> offered.Identity:
    methods = available(demand)
    return offered.Identity(
        floor=Level(demand.level).name.lower(),
        level=demand.level,
        asked=demand.level > Level.NOTHING,
        of_record=demand.of_record,
        login_suffices=demand.login_suffices,
        methods=list(methods),
        proofs=[_proof(ladder, method) for method in methods],
        barred=[offered.MethodBarred(method=method, because=because) for method, because in demand.barred],
        because=[offered.Reason(**asdict(reason)) for reason in demand.because],
    )


def _proof(ladder: Ladder, method: str) -> offered.Proof:
    way = ladder.way(method)
    return offered.Proof(
        method=method,
        title=way.wording("title"),
        asks=way.wording("asks"),
        kept=way.wording("kept"),
        last_resort=way.last_resort,
        sign_off=way.sign_off,
    )


def _forecast(rules: RulePack, notice: Notice, law: Regime, right: str, today: date) -> list[offered.ClockForecast]:
    received = [ClockEvent(EventKind.RECEIVED, today)]
    return [
        offered.ClockForecast(
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


def _way(channel: Channel) -> offered.WayShown:
    return offered.WayShown(id=channel.id, title=channel.wording("title"), email=channel.email, url=channel.url)
