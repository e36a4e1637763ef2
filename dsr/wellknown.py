"""Pages at addresses that others' standards fix."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from dsr import rules
from notifications.sealing import key_ids, public_key

_A_DAY: Final = 86_400


@require_safe
@cache_control(public=True, max_age=_A_DAY)
def gpc_json(request: HttpRequest) -> HttpResponse:
    """That Global Privacy Control is honoured here, and since which notice (Global Privacy Control, section 4)."""
    notice = rules.pack().notice_in_force(timezone.now().date())
    return JsonResponse({"gpc": True, "lastUpdate": notice.in_force_from.isoformat()})


@require_safe
@cache_control(public=True, max_age=_A_DAY)
def signing_keys(request: HttpRequest) -> HttpResponse:
    """The public keys by which others check what we sign: receipts, packages, and what is sent (RFC 8037)."""
    keys = [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "use": "sig",
            "alg": "EdDSA",
            "kid": key_id,
            "x": base64.urlsafe_b64encode(public_key(key_id)).decode().rstrip("="),
        }
        for key_id in key_ids()
    ]
    return JsonResponse({"keys": keys}, content_type="application/jwk-set+json")


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Where to report a weakness (RFC 9116)."""
    return HttpResponse(_security_txt(timezone.now()), content_type="text/plain; charset=utf-8")


def _security_txt(at: datetime) -> str:
    # Valid for half a year from the start of the month: a page that is the same for a month can be kept.
    start = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    expires = (start + timedelta(days=182)).strftime("%Y-%m-%dT%H:%M:%SZ")
    canonical = f"{settings.BASE_URL}/.well-known/security.txt"
    return (
        f"Contact: {settings.SECURITY_CONTACT}\nExpires: {expires}\nPreferred-Languages: en\nCanonical: {canonical}\n"
    )
