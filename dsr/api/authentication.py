"""Bearer tokens: who owns them and what the owner may do, in one statement."""

import json
from datetime import datetime
from time import monotonic
from typing import Any, NamedTuple, TypeVar

from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from rest_framework.request import Request

from dsr.api import throttles
from dsr.api.problems import Problem
from dsr.models import ApiToken

BELIEVED = 1.0
"""How long a process goes by what it found about a token, in seconds."""
_MOST_KNOWN = 1000
_LONGEST_TOKEN = 200
Row = TypeVar("Row", bound=Model)


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
        if str(found.last_used_on) != today.isoformat():  # SQLite has dates as text
            ApiToken.objects.filter(pk=found.pk).update(last_used_on=today)
            found.last_used_on = today
        return found


class _Known(NamedTuple):
    """A token that was looked up a moment ago."""

    token: ApiToken
    until: float


_known: dict[str, _Known] = {}


def lookup(digest: str, at: datetime) -> ApiToken | None:
    """Return a token that may be used now, with its owner, who knows the permissions already. One statement at most.

    What was found is believed for a moment, so that a busy token costs the database no more than a quiet one. A token
    that ends, or an owner who loses a permission, is thereby found out a moment later and never more than that.
    """
    known = _known.get(digest)
    if known is not None and monotonic() < known.until:
        return known.token
    token = _find(digest, at)
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    if token is not None:
        _known[digest] = _Known(token, monotonic() + BELIEVED)
    return token


def forget() -> None:
    """Look every token up anew."""
    _known.clear()


def _find(digest: str, at: datetime) -> ApiToken | None:
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT[connection.vendor], [digest, at])
        row = cursor.fetchone()
    if row is None:
        return None
    scopes, last_used_on, pk, username, email, superuser, names = row
    user = _loaded(User, id=pk, username=username, email=email, is_active=True, is_superuser=bool(superuser))
    token = _loaded(ApiToken, digest=digest, user_id=pk, scopes=json.loads(scopes), last_used_on=last_used_on)
    token.user = user
    # Where Django's own backend keeps what it has looked up, so that has_perm asks the database nothing more.
    user._perm_cache = {f"dsr.{name}" for name in (names or "").split(",") if name}  # type: ignore[attr-defined]
    return token


def _loaded(model: type[Row], **values: object) -> Row:
    """Return a row as if the database had loaded these columns of it; the others are fetched when asked for."""
    in_order = [field.attname for field in model._meta.concrete_fields if field.attname in values]
    return model.from_db(connection.alias, in_order, [values[name] for name in in_order])


_OWNER = """
SELECT t.scopes, t.last_used_on, u.id, u.username, u.email, u.is_superuser, (
    SELECT {joined}(p.codename, ',')
    FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id
    WHERE c.app_label = 'dsr' AND c.model = 'subjectrequest' AND (
        p.id IN (SELECT permission_id FROM auth_user_user_permissions WHERE user_id = u.id)
        OR p.id IN (
            SELECT g.permission_id
            FROM auth_group_permissions g JOIN auth_user_groups m ON m.group_id = g.group_id
            WHERE m.user_id = u.id
        )
    )
)
FROM dsr_apitoken t JOIN auth_user u ON u.id = t.user_id
WHERE t.digest = %s AND (t.expiry IS NULL OR t.expiry > %s) AND u.is_active
"""
#: Written out, because every call starts with it and putting it together anew took five times as long as running it.
_STATEMENT = {
    "postgresql": _OWNER.format(joined="STRING_AGG"),
    "sqlite": _OWNER.format(joined="GROUP_CONCAT"),
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the description names it."""

    target_class = "dsr.api.authentication.Bearer"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the scheme."""
        return {"type": "http", "scheme": "bearer", "description": "Made with `manage.py api_token create`."}
