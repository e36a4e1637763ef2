"""Signing in at the console, anew when that is asked for, with a code where the person has a second factor."""

import time
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import authenticate, login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from oauth2_provider.views import AuthorizationView

from dsr.demo.console.people import by_name


class Authorize(AuthorizationView):  # type: ignore[misc]
    """The authorization endpoint; `max_age` (OpenID Connect Core 1.0, section 3.1.2.1) is looked after here."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Send to the sign-in whoever has to prove themselves again."""
        if "login" not in request.GET.get("prompt", "").split() and self._is_stale(request):
            return redirect(f"/sign-in/?{_next(request.get_full_path())}")
        request.user.signed_in = {name: request.session.get(name) for name in ("auth_time", "amr")}  # type: ignore[union-attr]
        return super().get(request, *args, **kwargs)

    def _is_stale(self, request: HttpRequest) -> bool:
        most = request.GET.get("max_age", "")
        # Somebody who comes from the sign-in has done what was asked, even where that was a second ago.
        just_now = request.session.pop("just_now", False)
        return most.isdigit() and not just_now and _seconds() - request.session.get("auth_time", 0) >= int(most)


@sensitive_post_parameters()
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for name and password, then for the code where there is one. Being signed in already spares nothing."""
    leads = request.POST.get("next", request.GET.get("next", ""))
    if not url_has_allowed_host_and_scheme(leads, allowed_hosts=None):
        leads = "/"
    if request.method != "POST":
        request.session.pop("half", None)
        return _ask(request, leads)
    if "code" in request.POST:
        return _second(request, leads)
    user = authenticate(request, username=request.POST.get("name", ""), password=request.POST.get("password", ""))
    if user is None:
        return _ask(request, leads, wrong=True)
    if by_name()[user.get_username()].has_second_factor:
        request.session["half"] = user.get_username()
        return _ask(request, leads)
    return _enter(request, user.get_username(), ["pwd"], leads)


def _second(request: HttpRequest, leads: str) -> HttpResponse:
    name = request.session.get("half", "")
    if name not in by_name():
        return _ask(request, leads)
    if not by_name()[name].takes(request.POST["code"].strip(), _seconds()):
        return _ask(request, leads, wrong=True)
    return _enter(request, name, ["pwd", "otp", "mfa"], leads)


def _enter(request: HttpRequest, name: str, amr: list[str], leads: str) -> HttpResponse:
    login(request, User.objects.get(username=name), backend="django.contrib.auth.backends.ModelBackend")
    request.session.pop("half", None)
    request.session.update({"auth_time": _seconds(), "amr": amr, "just_now": True})
    return redirect(leads)


def _ask(request: HttpRequest, leads: str, *, wrong: bool = False) -> HttpResponse:
    half = by_name().get(request.session.get("half", ""))
    known = {"leads": leads, "wrong": wrong, "half": half, "code": half.code(_seconds()) if half else ""}
    return render(request, "console/sign_in.html", known, status=401 if wrong else 200)


def home(request: HttpRequest) -> HttpResponse:
    """Say where somebody is who came without an errand."""
    name = request.user.get_username() if request.user.is_authenticated else ""
    return render(request, "console/home.html", {"name": name})


def style(request: HttpRequest) -> HttpResponse:
    """Return how the pages look."""
    return render(request, "console/console.css", content_type="text/css")


def _seconds() -> int:
    return int(time.time())


def _next(path: str) -> str:
    return urlencode({"next": path})
