"""Bearer tokens: who owns them and what the owner may do, in one statement."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db.models import Aggregate, CharField, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from rest_framework.request import Request

from dsr.api import throttles
from dsr.api.problems import Problem
from dsr.models import ApiToken

_LONGEST_TOKEN = 200


class Bearer(TokenAuthentication):  # type: ignore[misc] # the package has no types
    """Finds the token by its digest, together with its owner and the owner's permissions here."""

    def authenticate_header(self, request: Request) -> str:
        """Return the word before the token."""
        return "Bearer"

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """Return owner and token, or None without the header. Raises Problem for a token that cannot be used."""
        word, _space, token = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
        if not word:
            return None
        try:
            found = self._find(word, token.strip())
        except Problem:
            throttles.count_stranger(request)
            raise
        return found.user, found

    def _find(self, word: str, token: str) -> ApiToken:
        at = timezone.now()
        usable = word.lower() == "bearer" and token.isascii() and 0 < len(token) <= _LONGEST_TOKEN
        found = lookup(hash_token(token), at) if usable else None
        if found is None:
            raise Problem(
                "invalid-token",
                _("This token is not valid."),
                headers={"WWW-Authenticate": 'Bearer realm="recourse", error="invalid_token"'},
            )
        today = at.date()
        if found.last_used_on != today:
            ApiToken.objects.filter(pk=found.pk).update(last_used_on=today)
        return found


class _Joined(Aggregate):
    """Words of a group as one text with commas, on both databases."""

    function = "GROUP_CONCAT"
    template = "%(function)s(%(expressions)s, ',')"
    output_field = CharField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, function="STRING_AGG", **extra)


def _permissions() -> QuerySet[Permission]:
    """The owner's permissions in this app, direct and by group, as one text."""
    own = Q(user=OuterRef("user_id")) | Q(group__user=OuterRef("user_id"))
    ours = Permission.objects.filter(own, content_type__app_label="dsr", content_type__model="subjectrequest")
    return ours.order_by().values("content_type_id").annotate(names=_Joined("codename")).values("names")  # type: ignore[no-any-return,misc]


def lookup(digest: str, at: datetime) -> ApiToken | None:
    """Return a token that may be used now, with its owner, who knows the permissions already. One statement."""
    found: ApiToken | None = (
        ApiToken.objects.select_related("user")
        .filter(Q(expiry=None) | Q(expiry__gt=at), digest=digest, user__is_active=True)
        .annotate(permissions=Subquery(_permissions()))
        .only(
            *("digest", "scopes", "last_used_on", "user__username", "user__email"),
            *("user__is_active", "user__is_superuser"),
        )
        .first()
    )
    if found is not None:
        names = (found.permissions or "").split(",")  # type: ignore[attr-defined]
        # Where Django's own backend keeps what it has looked up, so that has_perm asks the database nothing more.
        found.user._perm_cache = {f"dsr.{name}" for name in names if name}
    return found


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the description names it."""

    target_class = "dsr.api.authentication.Bearer"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer", "description": "Made with `manage.py api_token create`."}
