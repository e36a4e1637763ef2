"""What figures find in the database before they begin. Runs inside an installation."""

from datetime import timedelta

from django.contrib.auth.models import Group, User

from dsr.models import ApiToken
from dsr.services import roles


def token() -> str:
    """Make an account that files and works the queue, and return a token of it."""
    return _token_of("hal", "Privacy analyst", "Support agent")


def approver() -> str:
    """Make the account of the second person, who approves, and return a token of it."""
    return _token_of("vera", "Approver")


def _token_of(name: str, *groups: str) -> str:
    roles.set_up()
    owner = User.objects.create_user(name, f"{name}@staff.example.org", is_staff=True)
    owner.groups.set(Group.objects.filter(name__in=groups))
    _row, secret = ApiToken.objects.create(
        user=owner, expiry=timedelta(days=1), name="bench", scopes=["agent", "staff"]
    )
    return str(secret)
