"""How staff sign in."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by an administrator; people who ask for their data need none."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False
