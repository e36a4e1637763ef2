"""When browsers last said by themselves that they refuse: no more than it takes not to ask them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BrowserHeard(models.Model):
    """When one browser, known by a keyed hash alone, last sent a signal. The refusal itself is a choice.

    Written anew only where that puts off the day from which somebody may be asked to agree. 11 CCR 7026(k)
    """

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(_("browser"), max_length=96, unique=True)
    at = models.DateTimeField(_("last heard"))

    class Meta:
        verbose_name = _("browser that was heard")
        verbose_name_plural = _("browsers that were heard")
        indexes = (models.Index(fields=("at",), name="browser_heard_at"),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"
