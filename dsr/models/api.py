"""What the REST interface remembers: tokens with scopes, and answers already given."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken


class Scope(models.TextChoices):
    """What a token may do."""

    AGENT = "agent", _("file, read masked, message")
    STAFF = "staff", _("work the queue with all the owner's permissions")
    INTEGRATOR = "integrator", _("choices and webhooks")
    AUDITOR = "auditor", _("read reports and history")


class ApiToken(AbstractAuthToken):  # type: ignore[misc] # the library has no types
    """A bearer token of one user, limited to scopes. Only its digest is stored."""

    name = models.CharField(_("name"), max_length=80, blank=True)
    scopes = models.JSONField(_("scopes"), default=list)
    last_used_on = models.DateField(_("last used"), null=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")


class IdempotentAnswer(models.Model):
    """The answer once given to a POST with an Idempotency-Key, so that a repeat gets the same one."""

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=64)
    key = models.CharField(max_length=128)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("remembered answer")
        verbose_name_plural = _("remembered answers")
        constraints = (models.UniqueConstraint(fields=("scope", "key"), name="answer_once_per_key"),)
        indexes = (models.Index(fields=("at",), name="answer_oldest"),)

    def __str__(self) -> str:
        return f"{self.scope} {self.status}"
