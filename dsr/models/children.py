"""What was found out about an account that was reported as a child's. Whoever reported it never sees any of this."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from dsr.models.requests import SubjectRequest
from dsr.models.submissions import Submission
from notifications.models import DataKey


class Found(models.TextChoices):
    """What a report of a child's account comes to."""

    CHILD = "child", _("a child's account")
    NOT_CHILD = "not_child", _("no child's account")
    UNCLEAR = "unclear", _("it cannot be said")
    NOBODY = "nobody", _("there is no such account")


class AgeFinding(SealedRow):
    """One look at one reported account: where it was looked for, what speaks for which age, who found what.

    ``shelter`` is the case of the account, which is none of the reporter's business: it has a key, a reference and
    letters of its own. ``under`` is the age in years that ``law`` sets there.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.OneToOneField(SubjectRequest, on_delete=models.PROTECT, related_name="age", editable=False)
    shelter = models.OneToOneField(
        Submission, on_delete=models.PROTECT, null=True, related_name="sheltered_by", editable=False
    )
    under = models.PositiveSmallIntegerField(_("a child is under"))
    law = models.CharField(_("by"), max_length=64, blank=True)
    found = models.CharField(_("finding"), max_length=12, choices=Found.choices, blank=True)
    signs = models.JSONField(_("signs"), default=list)
    conflict = models.CharField(_("conflict"), max_length=32, blank=True)
    guidance = models.JSONField(_("guidance followed"), default=list)
    tell_account = models.BooleanField(_("the account's own address is written to"), default=True)
    looked_at = models.DateTimeField(_("looked for"))
    found_at = models.DateTimeField(_("found"), null=True)
    found_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    final_at = models.DateTimeField(_("final"), null=True)
    reason_sealed = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("finding on a child's account")
        verbose_name_plural = _("findings on children's accounts")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(found__in=Found.values) | models.Q(found=""), name="age_finding_known"
            ),
            models.CheckConstraint(
                condition=models.Q(final_at__isnull=True) | ~models.Q(found=""), name="age_final_is_found"
            ),
            models.CheckConstraint(
                condition=models.Q(final_at__isnull=True)
                | models.Q(found__in=("child", "nobody"), conflict="")
                | models.Q(confirmed_by__isnull=False),
                name="age_two_people",
            ),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True) | ~models.Q(confirmed_by=models.F("found_by")),
                name="age_another_person",
            ),
        )

    def __str__(self) -> str:
        return f"{self.request_id} {self.found}"

    def sealing_key(self) -> DataKey:
        """Return the data key of the report."""
        return self.request.submission.data_key
