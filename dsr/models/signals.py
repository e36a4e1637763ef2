"""What speaks for looking twice at who asks, and the letters that asked those on file. Signals, never verdicts."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models.submissions import Submission


class Signal(models.Model):
    """One thing about a submission that a reviewer should know. ``code`` is one of the ladder's signals."""

    id = models.BigAutoField(primary_key=True)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="signals")
    code = models.CharField(_("signal"), max_length=40)
    at = models.DateTimeField(_("seen"))
    data = models.JSONField(_("particulars"), default=dict)
    cleared_at = models.DateTimeField(_("cleared"), null=True)
    cleared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("signal")
        verbose_name_plural = _("signals")
        ordering = ("at", "id")
        constraints = (models.UniqueConstraint(fields=("submission", "code"), name="signal_once_per_code"),)
        indexes = (
            models.Index(fields=("submission",), name="signal_open", condition=models.Q(cleared_at__isnull=True)),
        )

    def __str__(self) -> str:
        return self.code


class AlertAnswer(models.TextChoices):
    """What somebody on file says of a request."""

    WAS_ME = "was_me", _("this was me")
    STOP = "stop", _("stop it")


class Alert(models.Model):
    """A letter to a channel that was on file: somebody asked for your data. Its answer vouches, or stops everything."""

    id = models.UUIDField(primary_key=True, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="alerts")
    channel = models.CharField(_("channel"), max_length=16)
    fingerprint = models.CharField(max_length=96, blank=True, editable=False)
    at = models.DateTimeField(_("sent"))
    answer = models.CharField(_("answer"), max_length=8, choices=AlertAnswer.choices, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True)

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        ordering = ("at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("submission", "fingerprint"), name="alert_once_per_channel", condition=~models.Q(fingerprint="")
            ),
            models.CheckConstraint(
                name="alert_answered_whole",
                condition=models.Q(answer="", answered_at__isnull=True)
                | ~models.Q(answer="") & models.Q(answered_at__isnull=False),
            ),
        )
        indexes = (
            models.Index(fields=("fingerprint", "at"), name="alert_by_channel", condition=~models.Q(fingerprint="")),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.answer}"
