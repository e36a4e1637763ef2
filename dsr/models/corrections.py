"""What a person says is wrong, field by field, and data whose use is restricted."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from dsr.models.requests import SubjectRequest
from dsr.models.work import System
from notifications.models import DataKey


class ItemDecision(models.TextChoices):
    """What was decided about one thing that is said to be wrong."""

    CORRECT = "correct", _("corrected")
    REFUSE = "refuse", _("left as it is")


class CorrectionItem(SealedRow):
    """One thing that is said to be wrong: what, as it should be, and what was decided.

    ``places`` are the fields that it is decided about, as ``system.dataset.field``: put right there and nowhere else.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="items")
    number = models.PositiveSmallIntegerField(_("number"))
    about_sealed = models.BinaryField(null=True)
    held_sealed = models.BinaryField(null=True)
    asked_sealed = models.BinaryField(null=True)
    places = models.JSONField(_("where"), default=list)
    is_login = models.BooleanField(_("one signs in with it"), default=False)
    decision = models.CharField(_("decision"), max_length=8, choices=ItemDecision.choices, blank=True)
    ground = models.CharField(_("ground"), max_length=40, blank=True)
    reason_sealed = models.BinaryField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    decided_at = models.DateTimeField(_("decided"), null=True)
    statement_sealed = models.BinaryField(null=True)
    statement_at = models.DateTimeField(_("statement of the person"), null=True)

    class Meta:
        verbose_name = _("thing to correct")
        verbose_name_plural = _("things to correct")
        ordering = ("request", "number")
        constraints = (
            models.UniqueConstraint(fields=("request", "number"), name="item_once"),
            models.CheckConstraint(
                condition=models.Q(decision="", decided_at__isnull=True)
                | ~models.Q(decision="") & models.Q(decided_at__isnull=False),
                name="item_decided_whole",
            ),
            models.CheckConstraint(
                condition=~models.Q(decision="refuse") | ~models.Q(ground=""), name="item_refused_with_ground"
            ),
        )

    def __str__(self) -> str:
        return f"{self.number} {self.decision}"

    def sealing_key(self) -> DataKey:
        """Return the data key of the submission."""
        return self.request.submission.data_key


class Restriction(models.Model):
    """The data of a person in one system may only be stored, until the person has been told that this ends."""

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="restrictions")
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(_("since"))
    told_at = models.DateTimeField(_("told that it ends"), null=True)
    ends_at = models.DateTimeField(_("ends"), null=True)
    lifted_at = models.DateTimeField(_("lifted"), null=True)

    class Meta:
        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")
        ordering = ("request", "system__key")
        constraints = (
            models.UniqueConstraint(fields=("request", "system"), name="restriction_once_per_system"),
            models.CheckConstraint(
                condition=models.Q(lifted_at__isnull=True) | models.Q(told_at__isnull=False),
                name="restriction_lifted_after_notice",
            ),
        )

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d}"
