"""Enter a request that came by telephone, by letter or in person: filed as anywhere, with its day of receipt."""

from datetime import date, datetime, time
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.admin import acts
from dsr.admin.filing import FilingForm
from dsr.admin.identity import caller
from dsr.admin.queue import WORKSHEET
from dsr.errors import RecourseError
from dsr.models import Channel
from dsr.rights import SPECS, Right
from dsr.rules import pack
from dsr.services import intake

_WAYS = (
    (Channel.PHONE, gettext_lazy("by telephone")),
    (Channel.POST, gettext_lazy("by letter")),
    (Channel.SUPPORT, gettext_lazy("to customer support")),
    (Channel.IN_PERSON, gettext_lazy("in person")),
)


class EnteringForm(FilingForm):
    """A filing with the way it came and the day on which it did."""

    channel = forms.ChoiceField(choices=_WAYS)
    day = forms.DateField(widget=forms.DateInput({"type": "date"}))
    nonce = forms.UUIDField(widget=forms.HiddenInput())
    groups_of = (("channel", "day"), *FilingForm.groups_of)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].label = _("How it came")
        self.fields["day"].label = _("Day on which it came")


def page(request: HttpRequest, given: dict[str, Any]) -> HttpResponse:
    """Draw the form; a POST shows which dates follow, and files once that was seen and is sent again."""
    at = timezone.now()
    if request.method != "POST":
        form = EnteringForm(on=at.date(), initial={"day": at.date(), "nonce": uuid4(), "language": "en"})
        return _drawn(request, given, form, [])
    form = EnteringForm(request.POST, on=at.date())
    dates: list[tuple[str, date]] = []
    if form.is_valid():
        try:
            filing = _filing(form, at)
            if "file" in request.POST:
                return _filed(request, filing, at)
            dates = [
                (str(SPECS[Right(each.right)].title), each.due_on)
                for each in intake.foreseen(filing, by=caller(request), at=at)
            ]
        except RecourseError as error:
            acts.refuse(form, error)
            messages.error(request, str(error.sentence))
    return _drawn(request, given, form, dates, 200 if dates else 422)


def _filed(request: HttpRequest, filing: intake.Filing, at: datetime) -> HttpResponse:
    filed = intake.file(filing, by=caller(request), at=at)
    said = _("Filed as %(reference)s. Tell the person this reference.") % {"reference": filed.submission.reference}
    messages.success(request, said)
    return redirect(WORKSHEET, filed.requests[0].pk)


def _drawn(
    request: HttpRequest, given: dict[str, Any], form: EnteringForm, dates: list[tuple[str, date]], status: int = 200
) -> HttpResponse:
    context = {**given, "title": _("Enter a request"), "form": form, "dates": dates}
    return TemplateResponse(request, "admin/dsr/inboundmail/enter.html", context, status=status)


def _filing(form: EnteringForm, at: datetime) -> intake.Filing:
    said = form.cleaned_data
    names = ("email", "country", "relationship", "name", "region", "language")
    return intake.Filing(
        channel=Channel(said["channel"]),
        wants=form.wants(),
        received_at=_received(said["day"], said["country"], said["region"], at),
        idempotency_scope="entered",
        idempotency_key=str(said["nonce"]),
        **{name: said[name] for name in names},
    )


def _received(day: date, country: str, region: str, at: datetime) -> datetime:
    """Return the instant that stands for a day of receipt: its noon where it is answered, and never later than now.

    A later day stays later, so that intake says what is wrong with it.
    """
    rules = pack()
    regimes = rules.propose(country, region, day)
    zone = ZoneInfo(rules.notice_then(day).seat_for(regimes[0]).zone)
    noon = datetime.combine(day, time(12), zone)
    return min(noon, at) if day <= at.astimezone(zone).date() else noon
