"""Members of staff who can be written to, by what they may do."""

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import QuerySet


def with_permission(permission: str) -> list[User]:
    """Return who has a permission by account or group. To be a superuser is no part in a team."""
    return reachable(get_user_model().objects.with_perm(permission, include_superusers=False))


def reachable(people: QuerySet[User]) -> list[User]:
    """Return those of some people who are active and have an address, in the order of their accounts."""
    return list(people.filter(is_active=True).exclude(email="").order_by("pk"))
