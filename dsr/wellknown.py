"""Pages at addresses that others' standards fix."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe


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
