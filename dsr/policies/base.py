"""Who acts, and the one place where a move is judged: role, right, state, then each need of its row."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.errors import NotAllowed, RecourseError, WrongState
from dsr.lifecycle import BY_VERB, Actor, Move, State
from dsr.models import (
    DeadlineKind,
    SubjectRequest,
)
from dsr.rights import Right

if TYPE_CHECKING:
    from django.contrib.auth.models import User


STATE_TITLES: dict[State, str | Promise] = {
    State.RECEIVED: gettext_lazy("received"),
    State.VERIFYING: gettext_lazy("waiting for identity"),
    State.IN_REVIEW: gettext_lazy("in review"),
    State.FULFILLING: gettext_lazy("being answered"),
    State.READY: gettext_lazy("ready"),
    State.CLOSED: gettext_lazy("closed"),
}


_ROLE_PERMISSIONS = {
    Actor.ANALYST: "dsr.work_requests",
    Actor.APPROVER: "dsr.approve_requests",
    Actor.SUPPORT: "dsr.file_requests",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who acts, in which roles, and through which door. Never holds a personal value but the staff account."""

    roles: frozenset[Actor]
    via: str
    user: "User | None" = None

    @classmethod
    def system(cls, via: str = "worker") -> "Caller":
        """Return the service itself."""
        return cls(frozenset({Actor.SYSTEM}), via)

    @classmethod
    def person(cls, via: str = "web") -> "Caller":
        """Return the individual, known by a grant or a proof."""
        return cls(frozenset({Actor.PERSON}), via)

    @classmethod
    def of_user(cls, user: "User", via: str, only: Iterable[Actor] = tuple(_ROLE_PERMISSIONS)) -> "Caller":
        """Return a member of staff with the roles that the account's permissions give, cut down to ``only``."""
        roles = {role for role in only if role in _ROLE_PERMISSIONS and user.has_perm(_ROLE_PERMISSIONS[role])}
        return cls(frozenset(roles), via, user)

    @property
    def user_id(self) -> int | None:
        """Primary key of the staff account, if there is one."""
        return self.user.pk if self.user else None

    def acting_as(self, move: Move) -> Actor | None:
        """Return the role in which this caller makes a move, the least powerful that suffices."""
        return next((actor for actor in Actor if actor in self.roles & move.actors), None)


Need = Callable[[SubjectRequest, Caller, datetime], None]


NEEDS: dict[str, Need] = {}


def need(check: Need) -> Need:
    """Register a check under its name, by which rows of the lifecycle call for it."""
    NEEDS[check.__name__] = check
    return check


def check_can_make(request: SubjectRequest, move: Move, by: Caller, at: datetime) -> None:
    """Raise the first reason why this caller may not make this move now.

    Raises NotAllowed, WrongState or Incomplete with a sentence that says what stands in the way.
    """
    if by.acting_as(move) is None:
        raise NotAllowed(_("This is not yours to do."), code="not-your-move")
    if Right(request.right) not in move.rights:
        raise WrongState(_("This kind of request has no such step."), code="not-for-this-right")
    if State(request.state) not in move.sources:
        raise WrongState(
            _("The request is %(state)s, so this cannot be done now.") % {"state": STATE_TITLES[State(request.state)]}
        )
    for name in move.needs:
        NEEDS[name](request, by, at)


def reason_against(request: SubjectRequest, verb: str, by: Caller, at: datetime) -> RecourseError | None:
    """Return what ``check_can_make`` would raise, or None."""
    try:
        check_can_make(request, BY_VERB[verb], by, at)
    except RecourseError as error:
        return error
    return None


def can_make(request: SubjectRequest, verb: str, by: Caller, at: datetime) -> bool:
    """Say whether ``check_can_make`` would pass."""
    return reason_against(request, verb, by, at) is None


def due(request: SubjectRequest, kind: DeadlineKind, at: datetime) -> bool:
    """Whether a date of this kind has come and nothing was done about it yet."""
    return request.deadlines.filter(kind=kind, done_at__isnull=True, due_at__lte=at).exists()
