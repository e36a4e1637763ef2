"""What figures find in the database before they begin. Runs inside an installation."""

from collections.abc import Sequence
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


def integrator() -> str:
    """Make the account of a system that asks before it writes to people, and return a token of it."""
    return _token_of("ines", scopes=("integrator",))


def _token_of(name: str, *groups: str, scopes: Sequence[str] = ("agent", "staff")) -> str:
    roles.set_up()
    owner = User.objects.create_user(name, f"{name}@staff.example.org", is_staff=True)
    owner.groups.set(Group.objects.filter(name__in=groups))
    _row, secret = ApiToken.objects.create(user=owner, expiry=timedelta(days=1), name="bench", scopes=list(scopes))
    return str(secret)
