"""Carrying a decision out in the systems: tasks, what is kept and until when, who was erased, certificates."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from dsr.models.holds import LegalHold
from dsr.models.requests import SubjectRequest
from dsr.models.work import System
from notifications.models import DataKey


class TaskKind(models.TextChoices):
    """What one system is to do."""

    ERASE = "erase", _("erase")
    CORRECT = "correct", _("correct")
    ANNOTATE = "annotate", _("keep the person's statement")
    RESTRICT = "restrict", _("restrict")
    UNRESTRICT = "unrestrict", _("lift the restriction")
    TELL = "tell", _("tell the recipient")
    RECHECK = "recheck", _("look again")


class TaskState(models.TextChoices):
    """Where a task stands."""

    WAITING = "waiting", _("waiting")
    WITH_OWNER = "with_owner", _("with the owner")
    DONE = "done", _("done")
    STUCK = "stuck", _("needs a decision")
    CALLED_OFF = "called_off", _("called off")


class TaskResult(models.TextChoices):
    """What a task came to."""

    DONE = "done", _("done")
    NOTHING_HELD = "nothing_held", _("nothing held")
    KEPT = "kept", _("kept")
    LEFT_OUT = "left_out", _("left out")
    DISMISSED = "dismissed", _("looked at, nothing to do")


REAPPEARED = "reappeared"
"""The code of a task by which something was found again that had been erased."""
OVER = (TaskState.DONE, TaskState.CALLED_OFF)


class Kept(SealedRow):
    """Records that stay after an erasure: why, until when, and by which handles they are found then.

    Has a key of its own: it outlives the personal data of its case, and is forgotten once nothing is kept any more.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="kept")
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="+")
    dataset = models.CharField(_("kind of data"), max_length=64)
    category = models.CharField(_("data category"), max_length=64)
    ground = models.CharField(_("ground"), max_length=40)
    rule = models.CharField(_("rule"), max_length=80, blank=True)
    hold = models.ForeignKey(LegalHold, on_delete=models.PROTECT, null=True, related_name="kept")
    count = models.PositiveIntegerField(_("records"))
    until = models.DateField(_("until"), null=True)
    check_at = models.DateTimeField(_("looked at again"), null=True)
    ended_at = models.DateTimeField(_("erased"), null=True)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    handles_sealed = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("kept records")
        verbose_name_plural = _("kept records")
        ordering = ("request", "system__key", "category")
        constraints = (
            models.UniqueConstraint(
                fields=("request", "system", "dataset", "category"),
                name="kept_once_per_category",
                condition=models.Q(ended_at__isnull=True),
            ),
        )
        indexes = (
            models.Index(fields=("check_at", "id"), name="kept_waiting", condition=models.Q(ended_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"{self.category} {self.ground}"

    def sealing_key(self) -> DataKey:
        """Return the key of these records alone."""
        return self.data_key


class Task(SealedRow):
    """One system's part in carrying out a decision: leased while somebody works on it, and resumable for days."""

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="tasks")
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="tasks")
    kind = models.CharField(_("what"), max_length=12, choices=TaskKind.choices)
    ordinal = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(_("state"), max_length=12, choices=TaskState.choices, default=TaskState.WAITING)
    result = models.CharField(_("result"), max_length=16, choices=TaskResult.choices, blank=True)
    code = models.CharField(_("reason code"), max_length=64, blank=True)
    late = models.BooleanField(_("of records that were kept"), default=False)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, null=True, related_name="+", editable=False)
    terms = models.JSONField(_("what is to be done"), default=dict)
    lines = models.JSONField(_("what was done"), default=list)
    cursor_sealed = models.BinaryField(null=True)
    known_as = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    changes_sealed = models.BinaryField(null=True)
    note_sealed = models.BinaryField(null=True)
    due_at = models.DateTimeField(_("next try"))
    claimed_until = models.DateTimeField(null=True, editable=False)
    lease = models.UUIDField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    reminders = models.PositiveSmallIntegerField(_("reminders sent"), default=0)
    made_at = models.DateTimeField(_("made"))
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ("system__key", "kind", "ordinal")
        constraints = (
            models.UniqueConstraint(fields=("request", "system", "kind", "ordinal"), name="task_once"),
            models.CheckConstraint(condition=models.Q(state__in=TaskState.values), name="task_state_known"),
            models.CheckConstraint(
                condition=(
                    models.Q(state="done", finished_at__isnull=False) & ~models.Q(result="")
                    | ~models.Q(state="done") & models.Q(result="")
                ),
                name="task_done_with_result",
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at", "id"), name="task_waiting", condition=models.Q(state__in=("waiting", "with_owner"))
            ),
            models.Index(fields=("kind", "made_at"), name="task_stuck", condition=models.Q(state="stuck")),
            models.Index(
                fields=("known_as",),
                name="task_known_as",
                condition=models.Q(state="waiting") & ~models.Q(known_as=""),
            ),
            models.Index(
                fields=("system", "request"),
                name="task_reappeared",
                condition=models.Q(kind="recheck", code="reappeared"),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    def sealing_key(self) -> DataKey:
        """Return the data key of the submission, or the task's own where it may come after that one is forgotten."""
        return self.data_key or self.request.submission.data_key


class Tombstone(models.Model):
    """Somebody who was erased, as a keyed hash: enough to know them again, not to find or reach them."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(_("kind of identifier"), max_length=16)
    digest = models.CharField(_("keyed hash"), max_length=96)
    purpose = models.CharField(_("what for"), max_length=16, default="erasure")
    country = models.CharField(_("country"), max_length=2)
    region = models.CharField(_("region"), max_length=8, blank=True)
    regimes = models.JSONField(_("laws"), default=list)
    at = models.DateTimeField(_("erased"))

    class Meta:
        verbose_name = _("tombstone")
        verbose_name_plural = _("tombstones")
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("digest", "purpose"), name="tombstone_once"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d}"


class Certificate(models.Model):
    """A signed statement of what was done, without the data. Outlives the personal data of its case."""

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="certificates")
    number = models.PositiveSmallIntegerField(default=1)
    document = models.JSONField(_("as signed"))
    at = models.DateTimeField(_("made"))

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        ordering = ("request", "number")
        constraints = (models.UniqueConstraint(fields=("request", "number"), name="certificate_once"),)

    def __str__(self) -> str:
        return f"{self.number}"
