"""Webhooks: who wants to be told what, and what there is to tell. No personal value is ever in what is told."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from notifications.models import DataKey


class WebhookKind(models.TextChoices):
    """What somebody can be told of."""

    CHOICE_RECORDED = "choice.recorded", _("a choice was recorded")
    CHOICE_EFFECTIVE = "choice.effective", _("a choice has taken effect everywhere")
    CHOICE_LATE = "choice.late", _("a choice has not taken effect in time")
    INCIDENT_OPENED = "incident.opened", _("an incident was opened")
    INCIDENT_CLOSED = "incident.closed", _("an incident was closed")
    REQUEST_CLOSED = "request.closed", _("a request was closed")


WEBHOOK_TEST = "webhook.test"
"""Asked for by the owner; nobody subscribes to it."""


class WebhookOff(models.TextChoices):
    """Why a webhook is off."""

    OWNER = "owner", _("switched off by its owner")
    GONE = "gone", _("the receiver said that it is gone")
    FAILING = "failing", _("nothing got through for days")


class Webhook(SealedRow):
    """An address that is told of what happens. Its address and secrets are sealed under a key of its own."""

    id = models.UUIDField(primary_key=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("owner")
    )
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    name = models.CharField(_("name"), max_length=80, blank=True)
    kinds = models.JSONField(_("told of"), default=list)
    url_sealed = models.BinaryField(null=True, editable=False)
    secret_sealed = models.BinaryField(null=True, editable=False)
    old_secret_sealed = models.BinaryField(null=True, editable=False)
    old_secret_until = models.DateTimeField(null=True)
    active = models.BooleanField(_("on"), default=True)
    made_at = models.DateTimeField(_("made"))
    disabled_at = models.DateTimeField(_("off since"), null=True)
    disabled_because = models.CharField(_("why it is off"), max_length=8, choices=WebhookOff.choices, blank=True)
    failing_since = models.DateTimeField(_("nothing got through since"), null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(active=True, disabled_at__isnull=True, disabled_because="")
                | models.Q(active=False, disabled_at__isnull=False, disabled_because__in=WebhookOff.values),
                name="webhook_off_since_and_why",
            ),
            models.CheckConstraint(
                condition=models.Q(old_secret_sealed__isnull=True, old_secret_until__isnull=True)
                | models.Q(old_secret_sealed__isnull=False, old_secret_until__isnull=False),
                name="webhook_old_secret_ends",
            ),
        )

    def __str__(self) -> str:
        return self.name or str(self.pk)

    def sealing_key(self) -> DataKey:
        """Return the key of this webhook alone."""
        return self.data_key


class WebhookDelivery(models.Model):
    """One thing that one webhook is to be told. The row is the queue: waiting until it is done or given up."""

    id = models.UUIDField(primary_key=True, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    event = models.UUIDField()
    kind = models.CharField(max_length=24)
    body = models.TextField()
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    code = models.CharField(max_length=24, blank=True)
    done_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints = (
            models.UniqueConstraint(fields=("webhook", "event"), name="webhook_told_once"),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True) | models.Q(given_up_at__isnull=True),
                name="webhook_done_or_given_up",
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at", "id"),
                name="webhook_waiting",
                condition=models.Q(done_at__isnull=True, given_up_at__isnull=True),
            ),
            models.Index(fields=("webhook", "id"), name="webhook_deliveries"),
            models.Index(fields=("made_at",), name="webhook_oldest"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.attempts}"
