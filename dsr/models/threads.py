"""The conversation about a submission: with the person, and notes among staff."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from dsr.models.requests import SubjectRequest
from dsr.models.submissions import Submission
from notifications.models import DataKey


class Direction(models.TextChoices):
    """Who wrote to whom."""

    FROM_PERSON = "from_person", _("from the person")
    TO_PERSON = "to_person", _("to the person")
    NOTE = "note", _("note among staff")


class Post(SealedRow):
    """One message or note. The text is sealed."""

    id = models.UUIDField(primary_key=True, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="posts")
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, null=True, related_name="posts")
    direction = models.CharField(_("direction"), max_length=12, choices=Direction.choices)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    body_sealed = models.BinaryField(null=True)
    at = models.DateTimeField(_("when"))
    read_at = models.DateTimeField(_("read"), null=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.direction} {self.at:%Y-%m-%d %H:%M}"

    def sealing_key(self) -> DataKey:
        """Return the data key of the submission."""
        return self.submission.data_key
