"""Choices about marketing, advertising and the like: what was chosen, what stands, and each system's part in it."""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dsr.choices.marketing import Act, Purpose, Via
from dsr.models._sealed import SealedRow
from dsr.models.work import System
from notifications.models import DataKey

_PURPOSES = [purpose.value for purpose in Purpose]
_ACTS = [act.value for act in Act]
_WAYS = [via.value for via in Via]
_BY_NOBODY = [Via.IMPORT.value, Via.SIGNAL.value, Via.ONE_CLICK.value]


class Choice(SealedRow):
    """What somebody chose, and when. Never changed but for when it had taken effect.

    By whom the systems know the person is sealed under a key of its own, and forgotten once all have confirmed.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    purpose = models.CharField(_("about"), max_length=16)
    act = models.CharField(_("what"), max_length=8)
    channels = models.JSONField(_("channels"), default=list)
    topics = models.JSONField(_("topics"), default=list)
    via = models.CharField(_("how it came"), max_length=16)
    at = models.DateTimeField(_("received"))
    recorded_at = models.DateTimeField(_("entered"))
    must_by = models.DateTimeField(_("to be in effect by"))
    country = models.CharField(_("country"), max_length=2, blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    evidence = models.CharField(_("where the evidence is"), max_length=80, blank=True)
    entered_by = models.CharField(_("entered by"), max_length=40, blank=True)
    invented = models.BooleanField(_("made by the heartbeat"), default=False)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    who_sealed = models.BinaryField(null=True)
    effective_at = models.DateTimeField(_("in effect everywhere"), null=True)
    late_told_at = models.DateTimeField(_("told that it is late"), null=True)

    class Meta:
        verbose_name = _("choice")
        verbose_name_plural = _("choices")
        constraints = (
            models.CheckConstraint(condition=Q(purpose__in=_PURPOSES), name="choice_purpose_known"),
            models.CheckConstraint(condition=Q(act__in=_ACTS), name="choice_act_known"),
            models.CheckConstraint(condition=Q(via__in=_WAYS), name="choice_via_known"),
            # Nobody is written to again because of a file or of what a browser says.
            models.CheckConstraint(
                condition=Q(act=Act.STOP.value) | ~Q(via__in=_BY_NOBODY),
                name="choice_resumed_by_an_act",
            ),
        )
        indexes = (
            models.Index(fields=("recorded_at",), name="choice_unsettled", condition=Q(effective_at__isnull=True)),
            models.Index(fields=("effective_at",), name="choice_known", condition=Q(who_sealed__isnull=False)),
            models.Index(fields=("recorded_at",), name="choice_invented", condition=Q(invented=True)),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.act}"

    def sealing_key(self) -> DataKey:
        """Return the key of this choice alone."""
        return self.data_key


class Suppression(models.Model):
    """What stands for somebody who is known by a keyed hash alone: one row for each place where a choice holds.

    No end: it outlives an erasure, as the hash is what keeps a person from being taken in and written to again.
    Rows are replaced and never changed, so that whoever reads on from an id misses nothing.
    """

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(_("person"), max_length=96)
    purpose = models.CharField(_("about"), max_length=16)
    channel = models.CharField(_("channel"), max_length=8, blank=True)
    topic = models.CharField(_("topic"), max_length=40, blank=True)
    stopped = models.BooleanField(_("stopped"), default=True)
    at = models.DateTimeField(_("since"))
    written_at = models.DateTimeField(_("written"), null=True)
    # Without an index, which would cost every opt-out something, nothing may look for the rows of a choice.
    choice = models.ForeignKey(
        Choice, on_delete=models.DO_NOTHING, null=True, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        constraints = (
            models.UniqueConstraint(fields=("digest", "purpose", "channel", "topic"), name="suppression_once"),
            models.CheckConstraint(condition=Q(purpose__in=_PURPOSES), name="suppression_purpose_known"),
        )

    def __str__(self) -> str:
        return f"{self.purpose} {self.channel} {self.topic}".strip()


class Window(SealedRow):
    """One system's time to let a choice take effect: the row is the queue, and it is open until the system confirmed.

    ``due_at`` is the next try, pushed on by whoever takes it; ``look_at`` the next moment to warn somebody.
    """

    id = models.BigAutoField(primary_key=True)
    choice = models.ForeignKey(Choice, on_delete=models.PROTECT, related_name="windows")
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="+", db_index=False)
    words = models.JSONField(_("what it is told"), default=list)
    opened_at = models.DateTimeField(_("received"))
    must_by = models.DateTimeField(_("to be in effect by"))
    due_at = models.DateTimeField(_("next try"))
    look_at = models.DateTimeField(_("next warning"), null=True)
    lease = models.UUIDField(null=True, editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    code = models.CharField(_("reason code"), max_length=64, blank=True)
    cursor_sealed = models.BinaryField(null=True)
    with_owner_at = models.DateTimeField(_("with the owner since"), null=True)
    late_at = models.DateTimeField(_("late since"), null=True)
    done_at = models.DateTimeField(_("confirmed"), null=True)

    class Meta:
        verbose_name = _("window")
        verbose_name_plural = _("windows")
        constraints = (models.UniqueConstraint(fields=("choice", "system"), name="window_once_per_system"),)
        indexes = (
            models.Index(fields=("due_at", "id"), name="window_waiting", condition=Q(done_at__isnull=True)),
            models.Index(
                fields=("look_at", "id"),
                name="window_watched",
                condition=Q(done_at__isnull=True, look_at__isnull=False),
            ),
            models.Index(
                fields=("system", "must_by", "id"), name="window_by_system", condition=Q(done_at__isnull=True)
            ),
            models.Index(fields=("must_by", "id"), name="window_open", condition=Q(done_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"{self.choice_id} {self.system_id}"

    @property
    def length(self) -> timedelta:
        """Return how much time the system has in all."""
        return self.must_by - self.opened_at

    def sealing_key(self) -> DataKey:
        """Return the key of the choice."""
        return self.choice.data_key


class EffectDay(models.Model):
    """How many windows of one system closed on one day, by how long they had been open. Invented people are left out.

    A sum that grows with days and systems and not with people, so that the figures cost the same however many chose.
    """

    id = models.BigAutoField(primary_key=True)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField(_("day"))
    within = models.PositiveSmallIntegerField(_("within hours"))
    number = models.PositiveIntegerField(_("number"), default=0)

    class Meta:
        verbose_name = _("effect")
        verbose_name_plural = _("effects")
        constraints = (models.UniqueConstraint(fields=("system", "day", "within"), name="effect_once_per_day"),)

    def __str__(self) -> str:
        return f"{self.day} {self.within}"
