"""Sending an answer to somebody whom the person named: who, what was confirmed, how far it came, and the receipt."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from dsr.models.answers import Package
from dsr.models.requests import SubjectRequest
from notifications.models import DataKey


class TransmissionState(models.TextChoices):
    """Where a transmission stands."""

    NAMED = "named", _("named, not confirmed")
    WAITING = "waiting", _("being sent")
    DONE = "done", _("received")
    FAILED = "failed", _("could not be sent")
    CANCELLED = "cancelled", _("called off")


class Transmission(SealedRow):
    """One answer on its way to one receiver. The row is the queue: waiting until it is received or given up."""

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="transmissions")
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(_("state"), max_length=12, choices=TransmissionState.choices)
    receiver_sealed = models.BinaryField(null=True)
    place_sealed = models.BinaryField(null=True)
    offset = models.BigIntegerField(_("bytes received"), default=0)
    named_at = models.DateTimeField(_("named"))
    confirmed_at = models.DateTimeField(_("confirmed"), null=True)
    ended_at = models.DateTimeField(_("ended"), null=True)
    due_at = models.DateTimeField(_("next try"), null=True)
    claimed_until = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    code = models.CharField(_("why not"), max_length=32, blank=True)
    receipt_sealed = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("transmission")
        verbose_name_plural = _("transmissions")
        ordering = ("named_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("request",),
                condition=models.Q(state__in=("named", "waiting")),
                name="transmission_one_at_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="waiting") | models.Q(due_at__isnull=False, confirmed_at__isnull=False),
                name="transmission_confirmed_first",
            ),
        )
        indexes = (
            models.Index(fields=("due_at", "id"), name="transmission_waiting", condition=models.Q(state="waiting")),
        )

    def __str__(self) -> str:
        return f"{self.state} {self.attempts}"

    def sealing_key(self) -> DataKey:
        """Return the data key of the submission."""
        return self.request.submission.data_key
