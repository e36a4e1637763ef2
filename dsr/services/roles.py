"""The groups that staff belong to, and what each may do."""

from collections.abc import Mapping

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_noop

_CASE = (
    "dsr.view_subjectrequest", "dsr.view_submission", "dsr.view_step", "dsr.view_withholding", "dsr.view_ledgerentry",
    "dsr.view_package", "dsr.view_deadline",
)  # fmt: skip
_LETTERS = ("notifications.view_message",)
_PROOF = ("dsr.view_event", "dsr.view_checkpoint")

ROLES: Mapping[str, tuple[str, ...]] = {
    gettext_noop("Privacy analyst"): (
        *_CASE, *_LETTERS, "dsr.view_post", "dsr.view_system", "dsr.work_requests", "dsr.reveal_personal",
    ),
    gettext_noop("Approver"): (
        *_CASE, *_LETTERS, *_PROOF, "dsr.view_post", "dsr.view_system", "dsr.work_requests", "dsr.approve_requests",
        "dsr.reveal_personal", "dsr.audit_requests",
    ),
    gettext_noop("Team lead"): (
        *_CASE, *_LETTERS, "dsr.view_post", "dsr.view_system", "dsr.work_requests", "dsr.lead_requests",
        "dsr.reveal_personal",
    ),
    gettext_noop("Data protection officer"): (
        *_CASE, *_LETTERS, *_PROOF, "dsr.view_system", "dsr.audit_requests", "dsr.officer_requests",
    ),
    gettext_noop("Support agent"): (*_CASE, *_LETTERS, "dsr.view_post", "dsr.file_requests"),
    gettext_noop("Auditor"): (*_CASE, *_LETTERS, *_PROOF, "dsr.view_system", "dsr.audit_requests"),
    gettext_noop("Systems manager"): ("dsr.view_system", "dsr.add_system", "dsr.change_system"),
}  # fmt: skip
"""Name of the group to its permissions. Who manages connections sees no cases; who audits changes nothing."""


@transaction.atomic
def set_up() -> dict[str, bool]:
    """Make every group, or bring it back to what is written here. Returns, by name, whether it was made.

    Permissions that somebody added to one of these groups by hand are taken away again: make a group of your own.
    """
    made = {}
    for name, wanted in ROLES.items():
        group, made[name] = Group.objects.get_or_create(name=name)
        group.permissions.set(_permissions(wanted))
    return made


def _permissions(wanted: tuple[str, ...]) -> list[Permission]:
    either = Q()
    for dotted in wanted:
        app, _, codename = dotted.partition(".")
        either |= Q(content_type__app_label=app, codename=codename)
    found = list(Permission.objects.filter(either).select_related("content_type"))
    missing = set(wanted) - {f"{each.content_type.app_label}.{each.codename}" for each in found}
    if missing:
        raise LookupError(f"no such permission: {', '.join(sorted(missing))}; has the database been migrated?")
    return found
