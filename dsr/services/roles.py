"""The groups that staff belong to, and what each may do."""

from collections.abc import Mapping

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import gettext_noop

_CASE = (
    "dsr.view_subjectrequest", "dsr.view_submission", "dsr.view_step", "dsr.view_withholding", "dsr.view_ledgerentry",
    "dsr.view_package", "dsr.view_deadline",
)  # fmt: skip
_LETTERS = ("notifications.view_message",)
_MAIL = ("dsr.view_inboundmail", "dsr.handle_mail")
_REVIEWERS = ("dsr.view_reviewer", "dsr.add_reviewer", "dsr.change_reviewer")
_AGENCIES = ("verification.view_agency", "verification.add_agency", "verification.change_agency")
_REGISTER = ("dsr.view_referral",)
"""It names customers, which whoever speaks to people must not be able to let slip."""
_CUSTOMERS = ("dsr.view_customer", "dsr.add_customer", "dsr.change_customer")
_AUTHORITIES = ("dsr.view_authoritycase",)
"""What authorities ask is the business of those who answer them, and of whoever audits that."""
_GUARDING = ("dsr.set_holds", "dsr.edit_retention", "dsr.view_legalhold", "dsr.view_retentionchange")
"""Above single requests: legal holds and the retention schedule. Two roles have it, as two people decide."""
_PROOF = ("dsr.view_event", "dsr.view_checkpoint", "dsr.view_cpnientry", "dsr.view_incident", "dsr.view_window",
          "dsr.view_reviewer")  # fmt: skip

ROLES: Mapping[str, tuple[str, ...]] = {
    gettext_noop("Privacy analyst"): (
        *_CASE, *_LETTERS, *_MAIL, "dsr.view_post", "dsr.view_system", "dsr.work_requests", "dsr.reveal_personal",
        *_REGISTER, *_AUTHORITIES,
    ),
    gettext_noop("Approver"): (
        *_CASE, *_LETTERS, *_MAIL, *_AUTHORITIES, *_PROOF, "dsr.view_post", "dsr.view_system", "dsr.work_requests",
        "dsr.approve_requests", "dsr.reveal_personal", "dsr.audit_requests", "dsr.handle_incidents", *_GUARDING,
        *_REGISTER,
    ),
    gettext_noop("Team lead"): (
        *_CASE, *_LETTERS, *_MAIL, "dsr.view_post", "dsr.view_system", "dsr.work_requests", "dsr.lead_requests",
        "dsr.reveal_personal", "dsr.check_identity", "dsr.view_incident", "dsr.view_window", *_REGISTER, *_AUTHORITIES,
    ),
    gettext_noop("Data protection officer"): (
        *_CASE, *_LETTERS, *_MAIL, *_AUTHORITIES, *_PROOF, "dsr.view_post", "dsr.view_system", "dsr.work_requests",
        "dsr.approve_requests", "dsr.audit_requests", "dsr.officer_requests", "dsr.check_identity",
        "dsr.handle_incidents", *_AGENCIES, *_CUSTOMERS, *_GUARDING, *_REGISTER, *_REVIEWERS,
    ),
    gettext_noop("Identity checker"): (*_CASE, "dsr.work_requests", "dsr.check_identity"),
    gettext_noop("Support agent"): (*_CASE, *_LETTERS, *_MAIL, "dsr.view_post", "dsr.file_requests"),
    gettext_noop("Auditor"): (*_CASE, *_LETTERS, *_AUTHORITIES, *_PROOF, "dsr.view_system", "dsr.audit_requests"),
    gettext_noop("Systems manager"): ("dsr.view_system", "dsr.add_system", "dsr.change_system"),
}  # fmt: skip
"""Name of the group to its permissions. Who manages connections sees no cases; who audits changes nothing."""


@transaction.atomic
def set_up() -> dict[str, bool]:
    """Make every group, or bring it back to what is written here. Returns, by name, whether it was made.

    Permissions that somebody added to one of these groups by hand are taken away again: make a group of your own.
    Raises LookupError for a permission that the database does not have.
    """
    keys = _keys()
    made = {name: Group.objects.get_or_create(name=name) for name in ROLES}
    holds = Group.permissions.through
    wanted = {(made[name][0].pk, keys[dotted]) for name, permissions in ROLES.items() for dotted in permissions}
    rows = holds.objects.filter(group__name__in=ROLES).values_list("group_id", "permission_id", "pk")
    there = {(group_id, permission_id): pk for group_id, permission_id, pk in rows}
    holds.objects.filter(pk__in=[pk for pair, pk in there.items() if pair not in wanted]).delete()
    missing = wanted - there.keys()
    new = [holds(group_id=group_id, permission_id=permission_id) for group_id, permission_id in missing]
    holds.objects.bulk_create(new, ignore_conflicts=True)
    return {name: was_made for name, (_group, was_made) in made.items()}


def _keys() -> dict[str, int]:
    """Return the primary keys of all permissions that the roles hold, by their dotted names."""
    wanted = {dotted for permissions in ROLES.values() for dotted in permissions}
    apps = {dotted.partition(".")[0] for dotted in wanted}
    rows = Permission.objects.filter(content_type__app_label__in=apps)
    keys = {f"{app}.{name}": pk for pk, app, name in rows.values_list("pk", "content_type__app_label", "codename")}
    if missing := wanted - keys.keys():
        raise LookupError(f"no such permission: {', '.join(sorted(missing))}; has the database been migrated?")
    return keys
