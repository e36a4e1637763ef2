"""Sending an answer to somebody else: how surely it must be known who asks, and what was said before."""

from datetime import datetime

from django.utils.translation import gettext as _

from dsr import demands
from dsr.errors import NotAllowed, WrongState
from dsr.models import SubjectRequest, TransmissionState
from dsr.policies.base import Caller, need
from verification.proofs import Level


def level_for_sending(request: SubjectRequest) -> Level:
    """Return how surely it must be known who asks: one rung more than for the answer itself, and two at least."""
    return Level(min(max(int(demands.demand_of(request).level) + 1, Level.KNOWN), Level.STRONG))


@need
def proved_for_sending(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """It is known more surely who asks than for a download, as the data goes where it has never gone."""
    if request.submission.verified_level < level_for_sending(request):
        raise NotAllowed(
            _(
                "To send this to somebody else we have to know more surely that it is you: the data would go to an "
                "address that was not on file before. Show that in another way first, or download it and hand it over "
                "yourself."
            ),
            code="stronger-proof",
        )


@need
def receiver_named(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Somebody was named to whom it is to be sent, and that is not confirmed yet."""
    if not request.transmissions.filter(state=TransmissionState.NAMED).exists():
        raise WrongState(_("Nobody is named to whom this could be sent."), code="no-receiver")


@need
def receiver_open(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Something is to be sent, or is on its way."""
    live = (TransmissionState.NAMED, TransmissionState.WAITING)
    if not request.transmissions.filter(state__in=live).exists():
        raise WrongState(_("Nothing is to be sent that could be called off."), code="no-receiver")


@need
def nothing_on_its_way(request: SubjectRequest, by: Caller, at: datetime) -> None:
    """Nothing is being sent at the moment."""
    if request.transmissions.filter(state=TransmissionState.WAITING).exists():
        raise WrongState(_("It is being sent already. Call that off first."), code="on-its-way")
