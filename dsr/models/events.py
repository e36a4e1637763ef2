"""History: append-only, hash-chained per submission, with signed checkpoints over all chains.

No personal value is ever stored here, so history outlives the person's data. Triggers in the database refuse
UPDATE, DELETE and TRUNCATE on both tables.
"""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dsr.models.requests import SubjectRequest
from dsr.models.submissions import Submission


class Event(models.Model):
    """One thing that happened. ``seq`` counts within the submission; ``hash`` covers the event and ``prev_hash``."""

    id = models.BigAutoField(primary_key=True)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="events", db_index=False)
    request = models.ForeignKey(
        SubjectRequest, on_delete=models.PROTECT, related_name="events", null=True, db_index=False
    )
    seq = models.PositiveIntegerField()
    at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(db_default=Now())
    verb = models.CharField(_("what"), max_length=40)
    actor = models.CharField(_("who"), max_length=16)
    actor_id = models.CharField(_("which of them"), max_length=40, blank=True)
    via = models.CharField(_("through"), max_length=16)
    from_state = models.CharField(max_length=16, blank=True)
    to_state = models.CharField(max_length=16, blank=True)
    data = models.JSONField(default=dict)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("history")
        ordering = ("submission", "seq")
        constraints = (models.UniqueConstraint(fields=("submission", "seq"), name="event_once_per_place"),)

    def __str__(self) -> str:
        return f"{self.seq} {self.verb}"


class Checkpoint(models.Model):
    """A signed digest over all events up to one, chained to the checkpoint before it."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(_("when"))
    first_event = models.BigIntegerField(unique=True)
    last_event = models.BigIntegerField()
    count = models.BigIntegerField()
    prev_root = models.CharField(max_length=64, blank=True)
    root = models.CharField(max_length=64)
    key_id = models.CharField(max_length=32)
    signature = models.CharField(max_length=128)

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.first_event}-{self.last_event}"
