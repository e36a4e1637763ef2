import json
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command

from dsr.models import ApiToken
from dsr.services import roles
from tests.interfaces.admin.desk import ROLES, administrator, colleague, signed_in, text

TOKENS = "/admin/dsr/apitoken/"


def test_roles_are_made_once_and_brought_back(db):
    first, again = StringIO(), StringIO()
    call_command("setup_roles", "--json", stdout=first)
    group = Group.objects.get(name="Support agent")
    group.permissions.add(Permission.objects.get(codename="reveal_personal"))

    call_command("setup_roles", "--json", stdout=again)

    assert all(each["made"] for each in json.loads(first.getvalue())["roles"])
    assert not any(each["made"] for each in json.loads(again.getvalue())["roles"])
    assert Group.objects.count() == len(roles.ROLES)
    assert not group.permissions.filter(codename="reveal_personal").exists()


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("hal", {"work_requests", "reveal_personal", "handle_mail"}),
        (
            "vera",
            {
                "work_requests",
                "approve_requests",
                "reveal_personal",
                "audit_requests",
                "set_holds",
                "edit_retention",
                "handle_incidents",
                "handle_mail",
            },
        ),
        ("sam", {"file_requests", "handle_mail"}),
        ("audrey", {"audit_requests"}),
        ("syl", set()),
    ],
)
def test_role_gives_what_it_should_and_no_more(name, may, db):
    user = colleague(name)
    above = ("set_holds", "edit_retention", "handle_incidents", "handle_mail")
    every = ("work_requests", "approve_requests", "file_requests", "reveal_personal", "audit_requests", *above)

    assert {code for code in every if user.has_perm(f"dsr.{code}")} == may
    changing = [each for each in user.get_all_permissions() if ".view_" not in each and each.split(".")[1] not in every]
    assert set(changing) == ({"dsr.add_system", "dsr.change_system"} if name == "syl" else set())


@pytest.mark.parametrize("name", [*ROLES, "newcomer"])
@pytest.mark.parametrize(
    "path", ["/admin/auth/user/", "/admin/auth/group/", "/admin/auth/user/add/", TOKENS, f"{TOKENS}add/"]
)
def test_accounts_roles_and_tokens_are_for_administrators(name, path, db):
    client = signed_in(name)

    assert client.get(path).status_code == 403
    assert client.post(path, {}).status_code == 403


@pytest.mark.parametrize(
    "path", ["/admin/auth/user/", "/admin/auth/group/", "/admin/auth/user/add/", "/admin/auth/group/add/"]
)
def test_administrators_look_after_accounts_and_roles(path, db):
    assert administrator().get(path).status_code == 200


def test_second_factors_and_their_secrets_are_in_no_list():
    for model in (Authenticator, EmailAddress):
        assert not admin.site.is_registered(model)


def test_account_is_switched_off_rather_than_deleted(db):
    hal = colleague("hal")

    assert administrator().post(f"/admin/auth/user/{hal.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(username="hal").exists()


def test_address_cannot_try_out_password_digests(db):
    assert administrator().get("/admin/auth/user/?password__startswith=pbkdf2").status_code == 400


def test_token_is_shown_once(db):
    client, owner = administrator(), colleague("sam")

    said = text(client.post(f"{TOKENS}add/", {"user": owner.pk, "name": "Help desk", "scopes": ["agent"], "days": 30}))

    token = ApiToken.objects.get()
    shown = [word for word in said.replace("<", " ").replace(">", " ").split() if word.startswith("rec_")]
    assert len(shown) == 1
    assert shown[0].startswith(token.token_key)
    assert (token.user, token.scopes, token.name) == (owner, ["agent"], "Help desk")
    listed = text(client.get(TOKENS))
    assert token.token_key in listed
    assert shown[0] not in listed


@pytest.mark.parametrize(
    "changes", [{"scopes": ["root"]}, {"scopes": []}, {"days": 0}, {"days": 99_999}, {"user": 999}, {"name": ""}]
)
def test_token_without_owner_scope_or_end_is_not_made(db, changes):
    given = {"user": colleague("sam").pk, "name": "Help desk", "scopes": ["agent"], "days": 30, **changes}

    said = text(administrator().post(f"{TOKENS}add/", given))

    assert "errorlist" in said
    assert not ApiToken.objects.exists()


def test_token_is_revoked_at_once(db):
    client = administrator()
    token, _secret = ApiToken.objects.create(user=colleague("sam"), name="Help desk", scopes=["agent"])

    client.post(f"{TOKENS}{token.pk}/revoke/")

    assert not ApiToken.objects.exists()


def test_token_is_revoked_by_administrators_only(db):
    token, _secret = ApiToken.objects.create(user=colleague("sam"), name="Help desk", scopes=["agent"])

    assert signed_in("vera").post(f"{TOKENS}{token.pk}/revoke/").status_code == 403
    assert ApiToken.objects.exists()
