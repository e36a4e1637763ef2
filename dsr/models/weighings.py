"""Weighing an objection: for each use what was decided, on which ground, and what speaks for and against it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from dsr.models.requests import SubjectRequest
from notifications.models import DataKey


class Weighed(models.TextChoices):
    """What becomes of a use that somebody objected to."""

    STOP = "stop", _("it stops")
    PART = "part", _("a part of it stops")
    GO_ON = "go_on", _("it goes on")


class Weighing(SealedRow):
    """What became of one use, and why. The organisation bears the burden of proof. GDPR Art 21(1)

    ``mark`` is a keyed hash of what is said for the use, by which a text that was used before is known again.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="weighings")
    use = models.CharField(_("use"), max_length=64)
    basis = models.CharField(_("legal basis"), max_length=64)
    outcome = models.CharField(_("what becomes of it"), max_length=8, choices=Weighed.choices)
    ground = models.CharField(_("ground"), max_length=40, blank=True)
    vulnerable = models.BooleanField(_("about a child or somebody who needs protection"), default=False)
    mark = models.CharField(max_length=96, blank=True, editable=False)
    content_sealed = models.BinaryField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("weighing")
        verbose_name_plural = _("weighings")
        ordering = ("request", "at")
        constraints = (
            models.UniqueConstraint(fields=("request", "use"), name="weighing_once_per_use"),
            models.CheckConstraint(condition=models.Q(outcome__in=Weighed.values), name="weighing_outcome_known"),
            models.CheckConstraint(
                condition=models.Q(outcome="stop") | ~models.Q(ground=""), name="weighing_goes_on_with_ground"
            ),
        )
        indexes = (models.Index(fields=("mark",), name="weighing_mark", condition=~models.Q(mark="")),)

    def __str__(self) -> str:
        return f"{self.use} {self.outcome}"

    def sealing_key(self) -> DataKey:
        """Return the data key of the submission."""
        return self.request.submission.data_key
