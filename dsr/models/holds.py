"""What stands above a request: legal holds, and changes of the retention schedule. Two people make each."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from notifications.models import DataKey


class HoldState(models.TextChoices):
    """Where a legal hold stands. One that is proposed protects already; nothing is erased while people decide."""

    PROPOSED = "proposed", _("proposed")
    IN_FORCE = "in_force", _("in force")
    REJECTED = "rejected", _("not confirmed")
    LIFTED = "lifted", _("lifted")


class LegalHold(SealedRow):
    """Nothing in its scope may be erased: for whom, what, where and of when; why, until when it is looked at again.

    An empty list of categories or systems means all. Without people it is about everybody.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    ground = models.CharField(_("ground"), max_length=40)
    silent = models.BooleanField(_("the law forbids to say more than that it must be kept"), default=False)
    everybody = models.BooleanField(_("about everybody"), default=False)
    categories = models.JSONField(_("data categories"), default=list)
    systems = models.JSONField(_("systems"), default=list)
    from_on = models.DateField(_("records from"), null=True)
    to_on = models.DateField(_("records to"), null=True)
    review_on = models.DateField(_("reviewed on"))
    reminded_on = models.DateField(_("owner reminded"), null=True)
    state = models.CharField(_("state"), max_length=12, choices=HoldState.choices, default=HoldState.PROPOSED)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("owner")
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    proposed_at = models.DateTimeField(_("proposed"))
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    lifting_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    lifting_at = models.DateTimeField(_("lifting proposed"), null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField(_("ended"), null=True)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    matter_sealed = models.BinaryField(null=True)
    lifting_reason_sealed = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("legal hold")
        verbose_name_plural = _("legal holds")
        ordering = ("-proposed_at",)
        permissions = (("set_holds", _("Can set and lift legal holds")),)
        constraints = (
            models.CheckConstraint(condition=models.Q(state__in=HoldState.values), name="hold_state_known"),
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True) | ~models.Q(confirmed_by=models.F("proposed_by")),
                name="hold_two_people",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="lifted") | ~models.Q(ended_by=models.F("lifting_by")),
                name="hold_lifted_by_two_people",
            ),
        )
        indexes = (
            models.Index(
                fields=("review_on",), name="hold_protects", condition=models.Q(state__in=("proposed", "in_force"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.ground} {self.state}"

    def sealing_key(self) -> DataKey:
        """Return the hold's own key."""
        return self.data_key


class HeldPerson(models.Model):
    """Whom a hold is about, as a keyed fingerprint of an identifier."""

    id = models.BigAutoField(primary_key=True)
    hold = models.ForeignKey(LegalHold, on_delete=models.PROTECT, related_name="people")
    kind = models.CharField(_("kind of identifier"), max_length=16)
    fingerprint = models.CharField(max_length=96, db_index=True)

    class Meta:
        verbose_name = _("person under a hold")
        verbose_name_plural = _("people under a hold")
        constraints = (models.UniqueConstraint(fields=("hold", "fingerprint"), name="held_once"),)

    def __str__(self) -> str:
        return self.kind


class ChangeState(models.TextChoices):
    """Where a proposed change stands."""

    PROPOSED = "proposed", _("proposed")
    PUBLISHED = "published", _("published")
    REJECTED = "rejected", _("rejected")


class RetentionChange(models.Model):
    """A change of one row of the retention schedule. The newest published one of a row holds; none is ever edited."""

    id = models.UUIDField(primary_key=True, editable=False)
    rule = models.CharField(_("rule"), max_length=80, db_index=True)
    event = models.CharField(_("counts from"), max_length=40, blank=True)
    floor = models.CharField(_("kept at least"), max_length=16, blank=True)
    ceiling = models.CharField(_("kept at most"), max_length=16, blank=True)
    yields = models.BooleanField(_("yields to a request"))
    ground = models.CharField(_("ground"), max_length=40, blank=True)
    reason = models.TextField(_("why"))
    number = models.PositiveIntegerField(_("version"), null=True)
    state = models.CharField(_("state"), max_length=12, choices=ChangeState.choices, default=ChangeState.PROPOSED)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    proposed_at = models.DateTimeField(_("proposed"))
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(_("decided"), null=True)

    class Meta:
        verbose_name = _("change of the retention schedule")
        verbose_name_plural = _("changes of the retention schedule")
        ordering = ("-proposed_at",)
        permissions = (("edit_retention", _("Can propose and publish changes of the retention schedule")),)
        constraints = (
            models.UniqueConstraint(fields=("number",), name="retention_change_number"),
            models.CheckConstraint(condition=models.Q(state__in=ChangeState.values), name="retention_state_known"),
            models.CheckConstraint(
                condition=(
                    models.Q(state="published", number__isnull=False)
                    | ~models.Q(state="published") & models.Q(number__isnull=True)
                ),
                name="retention_published_with_number",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="published") | ~models.Q(decided_by=models.F("proposed_by")),
                name="retention_two_people",
            ),
        )

    def __str__(self) -> str:
        return f"{self.rule} {self.state}"
