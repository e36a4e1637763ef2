"""The rules that submissions are pinned to, each version kept whole."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class RuleBook(models.Model):
    """The documents of one version of the rules. Never changed or deleted: triggers refuse it, as for history.

    ``documents`` is written and read by ``dsr.rules.books`` and holds no personal value; ``form`` says how.
    """

    version = models.CharField(_("version"), max_length=64, primary_key=True, editable=False)
    form = models.PositiveSmallIntegerField(_("form"), editable=False)
    documents = models.BinaryField(_("documents"))
    made_at = models.DateTimeField(_("first used"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("rule book")
        verbose_name_plural = _("rule books")
        ordering = ("made_at",)

    def __str__(self) -> str:
        return self.version
