"""The cast at the console: each signed in, in the role that the shipped groups give."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from dsr.models import SubjectRequest
from dsr.services import roles
from tests import builders

ROLES = {
    "hal": "Privacy analyst",
    "vera": "Approver",
    "ivy": "Identity checker",
    "dora": "Data protection officer",
    "sam": "Support agent",
    "audrey": "Auditor",
    "syl": "Systems manager",
}
QUEUE = "/admin/dsr/subjectrequest/"


def colleague(name: str, **changes: object) -> User:
    """Return one of the cast with a role and nothing more; somebody outside it has none."""
    user, _made = User.objects.get_or_create(
        username=name, defaults={"email": f"{name}@staff.example.org", "is_staff": True, **changes}
    )
    user.user_permissions.clear()
    if name in ROLES:
        if not Group.objects.exists():
            roles.set_up()
        user.groups.set([Group.objects.get(name=ROLES[name])])
    return User.objects.get(pk=user.pk)


def signed_in(name: str, **changes: object) -> Client:
    """Return a browser in which somebody has signed in."""
    client = Client()
    client.force_login(colleague(name, **changes))
    return client


def administrator() -> Client:
    """Return a browser in which an administrator has signed in."""
    return signed_in("root", is_superuser=True)


def sheet(request: SubjectRequest) -> str:
    """Return the address of a request's worksheet."""
    return reverse("admin:dsr_subjectrequest_change", args=(request.pk,))


def move(client: Client, request: SubjectRequest, verb: str, **given: object) -> Any:
    """Send one move as the page does, with the version that is there now unless another is given."""
    data = {"version": builders.again(request).version, **given}
    return client.post(reverse("admin:dsr_subjectrequest_move", args=(request.pk, verb)), data)


def text(answer: Any) -> str:
    """Return what a page says."""
    return str(answer.content.decode())
