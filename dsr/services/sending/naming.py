"""Naming a receiver, confirming exactly what goes where, and calling it off."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.connectors import sending as wire
from dsr.connectors.base import Code, ConnectorError
from dsr.errors import Incomplete, NotFound
from dsr.lifecycle import BY_VERB
from dsr.models import SubjectRequest, Transmission, TransmissionState
from dsr.policies import check_can_make
from dsr.services._moves import Caller, holding
from dsr.services.doorbell import Bell, ring
from dsr.services.intake import clean_text
from notifications.ids import uuid7

LIVE: Final = (TransmissionState.NAMED, TransmissionState.WAITING)
_MOST_NAME: Final = 120

WHY: Final[Mapping[str, str | Promise]] = {
    Code.UNREACHABLE: gettext_lazy("There is no service that answers at this address."),
    Code.TIMED_OUT: gettext_lazy("The receiver did not answer in time."),
    Code.BUSY: gettext_lazy("The receiver was too busy each time."),
    Code.INTERRUPTED: gettext_lazy("The connection broke off each time."),
    Code.SYSTEM_ERROR: gettext_lazy("The receiver had a fault of its own each time."),
    Code.WORKER_LOST: gettext_lazy("Sending it broke off here each time."),
    Code.FAULT: gettext_lazy("Something went wrong here."),
    Code.ADDRESS_REFUSED: gettext_lazy("The address leads into a private network, where nothing is sent."),
    Code.REDIRECT_REFUSED: gettext_lazy("The address leads on to another one, which you did not confirm."),
    Code.TLS_FAILED: gettext_lazy("The receiver could not prove who it is: its certificate is not valid."),
    Code.NOT_FOUND: gettext_lazy("Nothing takes data in at this address."),
    Code.BAD_CREDENTIALS: gettext_lazy("The receiver takes nothing from us."),
    Code.PERMISSION_DENIED: gettext_lazy("The receiver takes nothing from us."),
    Code.NOT_UNDERSTOOD: gettext_lazy("The receiver refused it."),
    Code.BAD_ANSWER: gettext_lazy("The receiver gave an answer that proves nothing."),
    Code.TOO_LARGE: gettext_lazy("It is more than the receiver takes."),
    "digest_differs": gettext_lazy("The receiver says that it got something else than what was sent."),
    "answer_gone": gettext_lazy("The files were destroyed, as announced, before all of it was sent."),
    "not_released": gettext_lazy("It must not be handed over any more."),
}
"""Why a transmission did not work, in words for everybody."""


def said(code: str) -> str:
    """Return a code in words; "" for none."""
    return str(WHY.get(code, WHY[Code.FAULT])) if code else ""


def name(
    request_id: UUID, url: str, receiver: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Say to whom the answer is to be sent. Nothing goes before ``confirm``; naming again replaces what was named.

    Raises Incomplete for an address to which nothing is sent, with the reason.
    """
    request = SubjectRequest.objects.select_related("submission__data_key").filter(pk=request_id).first()
    if request is None:
        raise NotFound(_("There is no such request."))
    check_can_make(request, BY_VERB["name_receiver"], by, at)
    url, receiver = _checked(url.strip()), _name(receiver)
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        package = request.packages.filter(destroyed_at__isnull=True).exclude(vault_name="").latest("number")
        case.move(request, "name_receiver", by=by, at=at, data={"package": package.number})
        live = request.transmissions.filter(state=TransmissionState.NAMED)
        live.update(state=TransmissionState.CANCELLED, ended_at=at)
        row = Transmission(id=uuid7(at), request=request, package=package, state=TransmissionState.NAMED, named_at=at)
        row.seal_json("receiver", {"url": url, "name": receiver})
        row.save(force_insert=True)
    return request


def confirm(request_id: UUID, *, by: Caller, at: datetime, how: str = "", expect: int | None = None) -> SubjectRequest:
    """Have it sent, because the person saw exactly what goes where and said so; ``how`` where a colleague heard it."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["confirm_receiver"], by, at)
        row = request.transmissions.get(state=TransmissionState.NAMED)
        data = {"transmission": str(row.pk), **({"how": how[:16]} if how else {})}
        case.move(request, "confirm_receiver", by=by, at=at, data=data)
        row.state, row.confirmed_at, row.due_at = TransmissionState.WAITING, at, at
        row.save(update_fields=["state", "confirmed_at", "due_at"])
        ring(Bell.SEND)
    return request


def cancel(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Have nothing more sent. What the receiver has by then, it has."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, "cancel_receiver", by=by, at=at)
        call_off(request, at)
    return request


def call_off(request: SubjectRequest, at: datetime) -> None:
    """End what is named or on its way, inside the caller's transaction."""
    request.transmissions.filter(state__in=LIVE).update(
        state=TransmissionState.CANCELLED, ended_at=at, due_at=None, lease=None, claimed_until=None
    )


def live(request: SubjectRequest) -> Transmission | None:
    """Return what is named or on its way; None where nothing is."""
    return next((row for row in reversed(all_of(request)) if row.state in LIVE), None)


def all_of(request: SubjectRequest) -> list[Transmission]:
    """Return every transmission of a request, the oldest first."""
    rows = list(request.transmissions.select_related("package"))
    for row in rows:
        row.request = request
    return rows


def receiver_of(row: Transmission) -> tuple[str, str]:
    """Return name and address of a receiver."""
    found = row.open_json("receiver")
    return str(found.get("name", "")), str(found.get("url", ""))


def _checked(url: str) -> str:
    """Return an address to which something may be sent. Raises Incomplete with the reason why not."""
    parts = urlsplit(url)
    if parts.scheme != "https":
        raise Incomplete(_("The address must begin with https://, so that nobody reads along."), field="url")
    networks = tuple(settings.WEBHOOK_NETWORKS)
    if not wire.acceptable(url, networks):
        raise Incomplete(
            _("Nothing can be sent to this address. Ask the receiver for its full address, such as %(example)s")
            % {"example": "https://in.example.org/transfers"},
            field="url",
        )
    if parts.hostname == urlsplit(settings.BASE_URL).hostname and not networks:
        raise Incomplete(_("This is our own address. Name the one that is to receive the data."), field="url")
    try:
        wire.check_reachable(url, networks)
    except ConnectorError as failure:
        raise Incomplete(said(str(failure.code)), field="url") from None
    return url


def _name(receiver: str) -> str:
    try:
        receiver = clean_text(receiver, lines=False)
    except ValueError as error:
        raise Incomplete(str(error), field="receiver") from None
    if not receiver or len(receiver) > _MOST_NAME:
        raise Incomplete(
            _("Say who the receiver is, in at most %(number)d characters.") % {"number": _MOST_NAME}, field="receiver"
        )
    return receiver
