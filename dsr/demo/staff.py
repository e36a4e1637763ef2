"""The demonstration's staff, with passwords that everybody knows."""

from django.contrib.auth.models import Group, User
from django.db import transaction

from dsr.services import roles

LOGINS = (
    ("hal", "hal-handles", "Privacy analyst"),
    ("vera", "vera-approves", "Approver"),
    ("lena", "lena-leads", "Team lead"),
    ("dora", "dora-protects-data", "Data protection officer"),
    ("ivy", "ivy-identifies", "Identity checker"),
    ("sam", "sam-supports", "Support agent"),
    ("kim", "kim-keeps-systems", "Systems manager"),
)
"""Name, password, and the group that says what each may do."""


@transaction.atomic
def sign_up() -> list[tuple[str, str, str]]:
    """Make the accounts that are missing; one whose password was changed keeps it. Returns all, as in `LOGINS`."""
    roles.set_up()
    for name, password, group in LOGINS:
        user, made = User.objects.get_or_create(
            username=name, defaults={"email": f"{name}@staff.example.com", "is_staff": True}
        )
        if made:
            user.set_password(password)
            user.save(update_fields=["password"])
            user.groups.add(Group.objects.get(name=group))
    return list(LOGINS)
