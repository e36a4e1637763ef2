"""Signing in anew at the organisation's console, about one submission: set out, come back, and say that it is theirs.

What a sign-in is worth for a request is decided in `dsr.services.proving`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from dsr.errors import NotFound, WrongState
from dsr.lifecycle import State
from dsr.logs import get_logger
from dsr.models import Submission
from dsr.services import links, mandated, proving, telling
from dsr.services._moves import Caller, holding
from verification import oidc
from verification.errors import CheckError, LoginRefused, LoginUnreachable

log = get_logger(__name__)


class Door(StrEnum):
    """From where somebody set out, which says where they may be led afterwards."""

    TRACKER = "tracker"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in, and the submission that it is about. ``tracker_token`` is "" unless they came from the tracker."""

    submission: Submission
    login: oidc.Login
    token: str = field(repr=False)
    door: Door
    tracker_token: str = field(default="", repr=False)


def offered() -> str:
    """Return what people call the console that they can sign in to, "" where there is none."""
    return settings.OIDC_TITLE if settings.OIDC_ISSUER else ""


def begin(submission_id: UUID, *, door: Door, at: datetime, second_factor: bool = False) -> oidc.Started:
    """Begin a sign-in about a submission; the caller leads the browser away and gives it the secret to bring back.

    Raises NotFound, WrongState where nothing is open any more, and what `verification.oidc.begin` raises. Nothing is
    locked meanwhile: the console may take its time.
    """
    submission = Submission.objects.select_related("data_key").filter(pk=submission_id, purged_at=None).first()
    if submission is None:
        raise NotFound(_("There is no such request."))
    if not submission.requests.exclude(state=State.CLOSED).exists():
        raise WrongState(_("Nothing of this is open any more, so nobody needs to sign in for it."))
    try:
        return oidc.begin(
            submission.pk,
            submission.data_key,
            at,
            redirect_uri=links.login_back(),
            note=door,
            second_factor=second_factor,
        )
    except CheckError as error:
        _note(error)
        raise


def come_back(state: str, browser: str, *, at: datetime, code: str = "", error: str = "", issuer: str = "") -> str:
    """Take what the console sent somebody back with; return the token by which they say that it is theirs.

    Raises what `verification.oidc.come_back` raises.
    """
    try:
        found = oidc.come_back(state, browser, at, code=code, error=error, issuer=issuer)
        if not proved(found.login):  # somebody signed in, and nothing says who
            oidc.disown(found.token, browser, at)
            raise LoginRefused("email")
        return found.token
    except CheckError as failure:
        _note(failure)
        raise


def look(token: str, browser: str, *, at: datetime) -> SignedIn:
    """Return a sign-in that waits for the person's word. Raises what `verification.oidc.look` raises, and NotFound."""
    found = oidc.look(token, browser, at)
    submission = Submission.objects.select_related("data_key").filter(pk=found.login.about, purged_at=None).first()
    if submission is None:
        raise NotFound(_("There is no such request."))
    return SignedIn(submission, found.login, token, Door(found.note))


def finish(token: str, browser: str, *, by: Caller, at: datetime) -> SignedIn:
    """Make a sign-in count for its submission, because the person said that it is theirs. Raises as `look` does.

    Every request for which it is enough goes on, and the person is told so by letter.
    """
    about = look(token, browser, at=at).submission.pk
    with holding(submission_id=about) as case:  # before its check, as everywhere: the other way round two could block
        done = oidc.finish(token, browser, at)
        mandated.check_sign_in(case.submission, proved(done.login))
        proving.record(case, done.login.method, by=by, at=at, proved=proved(done.login))
        door = Door(done.note)
        # Whoever came with a ticket has shown nothing that opens the tracker, and a sign-in is not asked to.
        pass_on = telling.tracker_pass(case, at) if door is Door.TRACKER else ""
        return SignedIn(case.submission, done.login, token, door, pass_on)


def disown(token: str, browser: str, *, by: Caller, at: datetime) -> SignedIn:
    """End a sign-in without effect, because the person said that it is not their request. Raises as `look` does."""
    found = look(token, browser, at=at)
    with holding(submission_id=found.submission.pk):
        oidc.disown(token, browser, at)
    log.warning("sign-in disowned", submission=str(found.submission.pk))
    return found


def proved(login: oidc.Login) -> dict[str, list[str]]:
    """Return the identifiers that a console vouches for, by kind. An address that it has not verified is none."""
    told = {"email": login.email if login.email_verified else "", "account": login.account}
    return {kind: [value] for kind, value in told.items() if value}


def _note(error: CheckError) -> None:
    """Tell the operator what went wrong with the console; who it was stays unsaid."""
    if isinstance(error, LoginRefused | LoginUnreachable):
        log.warning("console not believed", code=error.code, result=error.reason)
