"""Headers of every answer, the line of every request, and the second factor of staff."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client


def csp(response: Any) -> dict[str, list[str]]:
    """The content policy as {directive: values}."""
    parts = (part.split() for part in response["Content-Security-Policy"].split(";"))
    return {part[0]: part[1:] for part in parts}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nothing-here", "/accounts/login/", "/.well-known/security.txt", "/healthz"])
def test_answer_carries_strict_headers(client: Client, path: str) -> None:
    response = client.get(path)

    assert csp(response)["default-src"] == ["'none'"]
    assert csp(response)["script-src"] == ["'self'"]
    assert csp(response)["style-src"] == ["'self'"]
    assert csp(response)["frame-ancestors"] == ["'none'"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/login/", "/admin", "/accounts/login/", "/api/docs/", "/x/admin/"])
def test_nothing_may_evaluate_anywhere(client: Client, path: str) -> None:
    response = client.get(path)

    assert csp(response)["script-src"] == ["'self'"]


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "styles"), [("/api/docs/", True), ("/api/docsx", False), ("/admin/login/", False)])
def test_only_the_reference_of_the_api_may_style_itself(client: Client, path: str, styles: bool) -> None:
    response = client.get(path)

    assert ("'unsafe-inline'" in csp(response)["style-src"]) is styles
    assert csp(response)["script-src"] == ["'self'"]


def test_request_id_of_a_stranger_is_not_taken_over(client: Client) -> None:
    response = client.get("/healthz", headers={"X-Request-ID": "chosen-by-me"})

    assert re.fullmatch(r"[0-9a-f]{32}", response["X-Request-ID"])


@pytest.mark.parametrize(("given", "kept"), [("abc-12345", True), ("x", False), ('a"b<c>defgh', False)])
def test_request_id_of_a_proxy_is_kept_when_it_is_one(client: Client, settings: Any, given: str, kept: bool) -> None:
    settings.TRUSTED_PROXIES = 1

    response = client.get("/healthz", headers={"X-Request-ID": given})

    assert (response["X-Request-ID"] == given) is kept


def test_line_of_a_request_has_neither_path_nor_query(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")

    client.get("/requests/ADA-SECRET/?mail=ada@example.org", headers={"User-Agent": "Ada's browser"})

    assert "ADA-SECRET" not in caplog.text
    assert "ada@example.org" not in caplog.text
    assert "browser" not in caplog.text


@pytest.fixture
def hal(client: Client) -> User:
    """A member of staff, signed in with a password alone."""
    user = User.objects.create_superuser("hal", password="correct horse battery")
    client.force_login(user)
    return user


@pytest.mark.django_db
def test_staff_without_second_factor_are_sent_to_enrol(client: Client, settings: Any, hal: User) -> None:
    settings.STAFF_MFA = True

    response = client.get("/admin/")

    assert (response.status_code, response["Location"]) == (302, "/accounts/2fa/totp/activate/")


@pytest.mark.django_db
def test_staff_with_second_factor_come_in(client: Client, settings: Any, hal: User) -> None:
    settings.STAFF_MFA = True
    Authenticator.objects.create(user=hal, type=Authenticator.Type.TOTP, data={"secret": "x"})

    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_staff_come_in_without_second_factor_when_none_is_asked_for(client: Client, hal: User) -> None:
    assert client.get("/admin/").status_code == 200


@pytest.mark.django_db
def test_enrolment_page_opens_for_staff_who_gave_their_password_again(client: Client, settings: Any, hal: User) -> None:
    settings.STAFF_MFA = True

    response = client.post(
        "/accounts/reauthenticate/?next=/accounts/2fa/totp/activate/",
        {"password": "correct horse battery"},
        follow=True,
    )

    assert response.status_code == 200
    assert response.request["PATH_INFO"] == "/accounts/2fa/totp/activate/"
    assert b"Authenticator secret" in response.content


@pytest.mark.django_db
def test_nobody_signs_up(client: Client) -> None:
    before = User.objects.count()

    response = client.post("/accounts/signup/", {"username": "max", "password1": "correct horse battery"})

    assert response.status_code == 200
    assert User.objects.count() == before


@pytest.mark.django_db
def test_console_signs_in_through_the_page_that_limits_tries(client: Client) -> None:
    response = client.get("/admin/login/", follow=True)

    assert response.redirect_chain[-1][0].startswith("/accounts/login/")


@pytest.mark.parametrize("path", ["/api/v1/nothing-here"])
def test_programs_get_a_problem_document(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == 404


def test_security_txt_follows_its_standard(client: Client) -> None:
    text = client.get("/.well-known/security.txt").content.decode()

    assert re.search(r"^Contact: (mailto|https):", text, re.MULTILINE)
    assert re.search(r"^Expires: \d{4}-\d\d-\d\dT00:00:00Z$", text, re.MULTILINE)
