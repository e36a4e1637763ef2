"""Who else answers: the directory of doors and customers, and the register of people who were sent to one of them."""

from datetime import date

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from dsr.api import pagination, presenting, scopes
from dsr.api.answers import show
from dsr.api.endpoint import Endpoint
from dsr.api.reading import parameters
from dsr.api.schema import query_of
from dsr.api.shapes import elsewhere as shapes
from dsr.api.shapes import inputs
from dsr.models import Customer, Referral
from dsr.rules import pack
from dsr.selectors import register

_TAGS = ["elsewhere"]
_LOOKERS = frozenset({scopes.STAFF, scopes.AUDITOR})


class Doors(Endpoint):
    """The directory of the notice."""

    scopes = {"GET": scopes.ANY}

    @extend_schema(
        operation_id="list_doors",
        summary="Who else answers: desks for applicants, other brands, other companies",
        parameters=query_of(shapes.DoorsWanted),
        responses={200: shapes.DoorList},
        tags=_TAGS,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return those of the notice in force; with a country, those who answer its residents."""
        asked = parameters(request, shapes.DoorsWanted)
        notice = pack().notice_then(timezone.now().date())
        found = notice.doors_for(asked.country, asked.region) if asked.country else notice.doors
        return show(shapes.DoorList(results=[presenting.door(each) for each in found]))


class Customers(Endpoint):
    """The directory of customers."""

    scopes = {"GET": frozenset({scopes.STAFF})}

    @extend_schema(
        operation_id="list_customers",
        summary="Customers on whose behalf data is processed, the newest first",
        parameters=query_of(inputs.Paging),
        responses={200: shapes.CustomerPage},
        tags=_TAGS,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return one page."""
        asked = parameters(request, inputs.Paging)
        rows = Customer.objects.order_by("-id")
        if before := pagination.row(asked.cursor):
            rows = rows.filter(pk__lt=before)
        found = list(rows[: asked.limit + 1])
        page = found[: asked.limit]
        following = pagination.link(request, pagination.of_row(page[-1].pk) if len(found) > len(page) else None)
        names = ("id", "name", "agreement", "answers_within", "active")
        results = [shapes.CustomerShown(**{name: getattr(each, name) for name in names}) for each in page]
        return show(
            shapes.CustomerPage(results=results, next=following), headers=pagination.links_header(next=following)
        )


class Referrals(Endpoint):
    """The register."""

    scopes = {"GET": _LOOKERS}

    @extend_schema(
        operation_id="list_referrals",
        summary="The register of people who were sent to a customer or to whoever else answers, the newest first",
        parameters=query_of(shapes.ReferralsWanted),
        responses={200: shapes.ReferralPage},
        tags=_TAGS,
    )
    def get(self, request: Request) -> HttpResponse:
        """Return one page."""
        asked, today = parameters(request, shapes.ReferralsWanted), timezone.now().date()
        rows = register.lines(asked.state, today=today, door=asked.door or "")
        if before := pagination.row(asked.cursor):
            rows = rows.filter(pk__lt=before)
        found = list(rows[: asked.limit + 1])
        page = found[: asked.limit]
        following = pagination.link(request, pagination.of_row(page[-1].pk) if len(found) > len(page) else None)
        results = [_shown(each, today) for each in page]
        return show(
            shapes.ReferralPage(results=results, next=following), headers=pagination.links_header(next=following)
        )


def _shown(row: Referral, today: date) -> shapes.ReferralShown:
    same = ("id", "number", "door", "known", "made_at", "told_person_at", "agreed", "due_on", "reminders")
    return shapes.ReferralShown(
        **{name: getattr(row, name) for name in (*same, "confirmed_at", "word")},
        reference=row.request.submission.reference,
        request=row.request_id,
        right=row.request.right,
        kind=register.kind(row),
        whom=register.whom(row),
        customer=row.customer_id,
        passed_on=row.told_customer_at is not None,
        late=register.is_late(row, today),
    )
