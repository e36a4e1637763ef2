"""What every public page has in common: methods, where a form may come from, errors as pages, nothing kept by caches.

There is no cookie, session or login on these pages, so a form that another site makes a browser send carries no
authority of that browser's owner. Why that makes the usual token needless is in docs/decisions/0005.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from dsr import uploading
from dsr.errors import RecourseError, TooMany
from dsr.public import pages

View = Callable[..., HttpResponseBase]
_OURS = frozenset({"same-origin", "none"})


def public(*methods: str, spools: bool = False) -> Callable[[View], View]:
    """Make a function a public page that answers to ``methods``; GET brings HEAD with it.

    Large files lie on the disk while they come only where it ``spools``, which is for pages that look who sends them
    first. Every other page refuses a file unread, unless it takes them ``in_memory``.
    """
    allowed = (*methods, "HEAD") if "GET" in methods else methods

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in allowed:
                return pages.wrong_method(request, allowed)
            if request.method == "POST" and comes_from_elsewhere(request):
                return pages.from_elsewhere(request)
            if request.method == "POST" and not spools:
                request.upload_handlers = [uploading.InMemory(request, most=0)]
            try:
                response = view(request, *args, **kwargs)
                response.setdefault("Cache-Control", "no-store, private")
                return response
            except uploading.TooLarge:
                return pages.file_too_large(request)
            except (RequestDataTooBig, TooManyFieldsSent):
                return pages.too_large(request)
            except TooMany as error:
                return pages.too_many(request, error.retry_at)
            except RecourseError as error:
                return pages.problem(request, error.sentence, status=error.status)

        return csrf_exempt(guarded)

    return wrap


def comes_from_elsewhere(request: HttpRequest) -> bool:
    """Say whether the browser tells that another site had it send this form. What tells nothing is let through."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in _OURS
    origin = request.headers.get("Origin", "null")
    if origin == "null":
        return False
    try:
        return urlsplit(origin).netloc not in {request.get_host(), urlsplit(settings.BASE_URL).netloc}
    except ValueError:
        return True


def typed(request: HttpRequest, name: str, limit: int = 200) -> str:
    """Return one short value of the form or the address, "" when it is missing or longer than anything we make."""
    value = (request.POST if request.method == "POST" else request.GET).get(name, "")
    return value if len(value) <= limit else ""
