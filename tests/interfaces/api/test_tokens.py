"""Tokens: who gets in, how far, and how tokens are made."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from knox.crypto import hash_token

from dsr.api import authentication
from dsr.models import ApiToken, Scope
from tests import builders
from tests.interfaces.api import client
from tests.interfaces.api.client import Api

pytestmark = pytest.mark.django_db
RIGHTS = "/rights?country=IE&relationship=customer"


def run(*arguments: str) -> Any:
    out = StringIO()
    call_command("api_token", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def test_token_of_the_command_opens_the_interface() -> None:
    builders.staff("sam")

    made = run("create", "--user", "sam", "--scope", "agent", "--name", "help desk")

    assert Api(made["token"]).get(RIGHTS).status == 200
    assert (made["scopes"], made["without_permission"]) == (["agent"], [])
    assert ApiToken.objects.get().name == "help desk"


def test_token_is_shown_once_and_kept_as_a_digest() -> None:
    builders.staff("sam")

    made = run("create", "--user", "sam", "--scope", "agent", "staff", "--scope", "auditor")

    row = ApiToken.objects.values().get()
    assert made["token"] not in str(row)
    assert row["scopes"] == ["agent", "auditor", "staff"]
    assert made["without_permission"] == ["auditor"]
    assert made["token"] not in json.dumps(run("list"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("--user", "nobody", "--scope", "agent"),
        ("--user", "sam", "--scope", "god"),
        ("--user", "sam"),
        ("--user", "sam", "--scope", "agent", "--days", "0"),
        ("--user", "sam", "--scope", "agent", "--name", "x" * 81),
    ],
)
def test_command_refuses_what_makes_no_sense(arguments: tuple[str, ...]) -> None:
    builders.staff("sam")

    with pytest.raises(CommandError):
        run("create", *arguments)


def test_revoked_token_opens_nothing() -> None:
    builders.staff("sam")
    made = run("create", "--user", "sam", "--scope", "agent")

    run("revoke", made["key"])

    assert Api(made["token"]).get(RIGHTS).code == "invalid-token"
    with pytest.raises(CommandError):
        run("revoke", made["key"])


def test_without_a_token_nothing_is_open(stranger: Api) -> None:
    for path in ("/rights", "/submissions", "/requests", f"/requests/{'0' * 8}-0000-7000-8000-{'0' * 12}"):
        answered = stranger.get(path)

        assert (answered.status, answered.code) == (401, "not-authenticated")
        assert answered.headers["WWW-Authenticate"] == 'Bearer realm="recourse"'


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer x", "Bearer rec_" + "0" * 60, "Bearer \u00e4", "Bearer a b", "Bearer " + "x" * 5000],
)
def test_token_that_is_none_is_refused(stranger: Api, header: str) -> None:
    stranger.headers = {"Authorization": header}

    answered = stranger.get(RIGHTS)

    assert (answered.status, answered.code) == (401, "invalid-token")
    assert 'error="invalid_token"' in answered.headers["WWW-Authenticate"]


def test_other_ways_to_sign_in_are_refused(sam: Api) -> None:
    secret = sam.headers["Authorization"].removeprefix("Bearer ")
    for header in (f"Token {secret}", f"Basic {secret}", secret):
        sam.headers = {"Authorization": header}

        assert sam.get(RIGHTS).code == "invalid-token"


def test_session_of_the_console_opens_nothing(stranger: Api) -> None:
    stranger.client.force_login(builders.staff("vera"))

    assert stranger.get("/requests").code == "not-authenticated"


def test_ended_token_and_closed_account_look_like_no_token(sam: Api) -> None:
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    ended = sam.get(RIGHTS).json
    ApiToken.objects.update(expiry=None)
    User.objects.update(is_active=False)
    closed = sam.get(RIGHTS).json

    assert ended == closed
    assert ended["code"] == "invalid-token"


def test_token_is_looked_up_in_one_statement(sam: Api) -> None:
    sam.get(RIGHTS)

    with CaptureQueriesContext(connection) as captured:
        sam.get(RIGHTS)

    assert len(captured) == 1


def test_busy_token_is_looked_up_once_in_a_while(sam: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "BELIEVED", 3600.0)
    sam.get(RIGHTS)

    with CaptureQueriesContext(connection) as captured:
        sam.get(RIGHTS)
    ApiToken.objects.all().delete()
    believed = sam.get(RIGHTS).status
    authentication.forget()

    assert (len(captured), believed) == (0, 200)
    assert sam.get(RIGHTS).code == "invalid-token"


def test_day_of_last_use_is_noted_once_a_day(sam: Api) -> None:
    sam.get(RIGHTS)

    assert ApiToken.objects.get().last_used_on == timezone.now().date()


def test_owner_has_exactly_the_permissions_that_the_account_has() -> None:
    user = builders.staff("gwen")
    ours = Permission.objects.filter(content_type__app_label="dsr", content_type__model="subjectrequest")
    own, by_group = ours.get(codename="file_requests"), ours.get(codename="audit_requests")
    foreign = Permission.objects.get(content_type__app_label="auth", codename="add_user")
    user.user_permissions.add(own, foreign)
    group = Group.objects.create(name="auditors")
    group.permissions.add(by_group, own)
    user.groups.add(group)
    Group.objects.create(name="others").permissions.add(ours.get(codename="approve_requests"))

    found = authentication.lookup(hash_token(client.token(user, Scope.AGENT)), timezone.now())

    assert found is not None
    fresh = User.objects.get(pk=user.pk)
    expected = {name for name in fresh.get_all_permissions() if name.startswith("dsr.")}
    assert found.user.get_all_permissions() == expected == {"dsr.file_requests", "dsr.audit_requests"}
    assert not found.user.has_perm("dsr.approve_requests")
    assert (found.user.email, found.user.pk, found.scopes) == (user.email, user.pk, ["agent"])


def test_superuser_may_what_the_scopes_allow() -> None:
    root = User.objects.create_superuser("root", "root@staff.example.org", "x")

    assert Api(client.token(root, Scope.STAFF)).get("/requests").status == 200
    assert Api(client.token(root, Scope.INTEGRATOR)).get("/requests").code == "insufficient-scope"


def test_token_loses_what_its_owner_loses(hal: Api) -> None:
    assert hal.get("/requests").status == 200

    builders.staff("hal").user_permissions.clear()

    assert hal.get("/requests").code == "not-permitted"


def test_scope_cuts_the_owner_down() -> None:
    vera_as_agent = Api(client.token(builders.staff("vera", "file_requests"), Scope.AGENT))
    request = builders.in_review(at=timezone.now())

    assert vera_as_agent.move(request.pk, "prepare").code == "not-your-move"


# --- The matrix ------------------------------------------------------------------------------------------------------

_OPEN: dict[str, set[str]] = {
    "GET /rights?country=IE&relationship=customer": {"agent", "staff", "integrator", "auditor"},
    "POST /submissions": {"agent", "staff"},
    "GET /submissions?reference=x": {"agent", "staff"},
    "GET /submissions/{submission}": {"agent", "staff"},
    "GET /requests": {"agent", "staff", "auditor"},
    "GET /requests/{request}": {"agent", "staff", "auditor"},
    "GET /requests/{request}/clock": {"agent", "staff", "auditor"},
    "GET /requests/{request}/history": {"agent", "staff", "auditor"},
    "GET /requests/{request}/ledger": {"agent", "staff", "auditor"},
    "GET /requests/{request}/moves": {"agent", "staff"},
    "POST /requests/{request}/moves/note": {"agent", "staff"},
    "GET /requests/{request}/messages": {"agent", "staff"},
    "POST /requests/{request}/messages": {"agent", "staff"},
}


@pytest.mark.parametrize("scope", Scope.values)
@pytest.mark.parametrize("call", _OPEN)
def test_scope_opens_what_it_should_and_nothing_else(call: str, scope: str) -> None:
    root = User.objects.create_superuser("root", "root@staff.example.org", "x")
    request = builders.in_review(at=timezone.now())
    api = Api(client.token(root, scope))
    method, _, path = call.partition(" ")
    path = path.format(submission=request.submission_id, request=request.pk)

    answered = api.get(path) if method == "GET" else api.post(path, {})

    if scope in _OPEN[call]:
        assert answered.status in (200, 422)
    else:
        assert (answered.status, answered.code) == (403, "insufficient-scope")
        assert "root" not in answered.response.content.decode()
