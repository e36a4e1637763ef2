"""What a token reaches: the scopes it has, cut down to what its owner may do. Nothing is open unless a view says so."""

from collections.abc import Mapping
from functools import cached_property

from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from dsr.api.problems import Problem
from dsr.lifecycle import Actor
from dsr.models import ApiToken, Scope
from dsr.policies import Caller

AGENT, STAFF, INTEGRATOR, AUDITOR = Scope.AGENT, Scope.STAFF, Scope.INTEGRATOR, Scope.AUDITOR
ANY = frozenset(Scope)
DESK = frozenset({AGENT, STAFF})
READERS = frozenset({AGENT, STAFF, AUDITOR})

Scopes = Mapping[str, frozenset[Scope]]
"""HTTP method to the scopes of which one is enough."""

_ROLES: dict[Scope, tuple[Actor, ...]] = {
    Scope.AGENT: (Actor.SUPPORT,),
    Scope.STAFF: (Actor.SUPPORT, Actor.ANALYST, Actor.APPROVER),
}
_BACKING: dict[Scope, tuple[str, ...]] = {
    Scope.AGENT: ("dsr.file_requests",),
    Scope.STAFF: ("dsr.work_requests", "dsr.approve_requests", "dsr.file_requests"),
    Scope.AUDITOR: ("dsr.audit_requests",),
    Scope.INTEGRATOR: (),
}
"""The permissions of which the owner needs one for the scope to count."""


class Bearing:
    """What one token, in the hands of its owner, may do."""

    def __init__(self, user: User, token: ApiToken) -> None:
        self.user = user
        self.claimed = frozenset(Scope(name) for name in token.scopes if name in Scope.values)

    @cached_property
    def scopes(self) -> frozenset[Scope]:
        """The scopes of the token that the owner's permissions back."""
        return frozenset(scope for scope in self.claimed if self._backed(scope))

    @cached_property
    def caller(self) -> Caller:
        """The owner, in the roles that the scopes allow."""
        roles = tuple(role for scope in self.scopes for role in _ROLES.get(scope, ()))
        return Caller.of_user(self.user, "api", only=roles)

    def has(self, scope: Scope) -> bool:
        """Whether the token has a scope and the owner may use it."""
        return scope in self.scopes

    def _backed(self, scope: Scope) -> bool:
        needed = _BACKING[scope]
        return not needed or any(self.user.has_perm(name) for name in needed)


def bearing(request: Request) -> Bearing:
    """Return what the caller of a request may do. Only behind ``ScopeRequired``."""
    return request.bearing  # type: ignore[attr-defined,no-any-return]


class ScopeRequired(BasePermission):
    """Lets through a token with one of the scopes that the view names for the method."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Raise Problem with the scopes that would do."""
        if not isinstance(request.auth, ApiToken):
            return False
        method = "GET" if request.method == "HEAD" else request.method
        wanted: frozenset[Scope] | None = getattr(view, "scopes", {}).get(method)
        if wanted is None:
            view.http_method_not_allowed(request)
            return False
        found = Bearing(request.auth.user, request.auth)
        if found.scopes & wanted:
            request.bearing = found  # type: ignore[attr-defined]
            return True
        names = ", ".join(sorted(wanted))
        if found.claimed & wanted:
            raise Problem("not-permitted", _("The owner of this token lacks the permission that its scope needs."))
        raise Problem(
            "insufficient-scope", _("This needs a token with one of these scopes: %(names)s.") % {"names": names}
        )
