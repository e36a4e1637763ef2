"""Waiting work as rows: deadlines, steps in systems, and each attempt at them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from dsr.models.requests import SubjectRequest
from dsr.models.submissions import Submission
from notifications.models import DataKey


class DeadlineKind(models.TextChoices):
    """What falls due."""

    ACKNOWLEDGE = "acknowledge", _("acknowledge")
    RESPOND = "respond", _("answer")
    FEE_REPLY = "fee_reply", _("word about the fee")
    WATCH = "watch", _("look whether the answer will be in time")
    LAPSE_WARNING = "lapse_warning", _("warn that the request will lapse")
    LAPSE = "lapse", _("lapse for want of identity")
    LOOK = "look", _("ask the systems who is known")
    HOLD_ENDS = "hold_ends", _("end of the wait before release")
    EVIDENCE = "evidence", _("destroy evidence")
    BUILD = "build", _("build the answer")
    EXPIRY_WARNING = "expiry_warning", _("warn that the download ends")
    EXPIRY = "expiry", _("download ends")
    CONFIRM_REMINDER = "confirm_remind", _("remind to confirm the erasure")
    CONFIRM_END = "confirm_end", _("end for want of the second confirmation")
    ACT = "act", _("carry out")
    KEPT = "kept", _("look again at what was kept")
    RECHECK = "recheck", _("look whether it stayed erased")
    LIFT = "lift", _("lift the restriction")
    PROMISE = "promise", _("look whether a promise was kept")
    OUTSIDE = "outside", _("look whether an outside body was answered")
    DESTROY = "destroy", _("destroy the files")
    PURGE = "purge", _("delete the personal data of the case")


ACTED_ON = (
    DeadlineKind.ACKNOWLEDGE,
    DeadlineKind.FEE_REPLY,
    DeadlineKind.WATCH,
    DeadlineKind.LAPSE_WARNING,
    DeadlineKind.LAPSE,
    DeadlineKind.LOOK,
    DeadlineKind.HOLD_ENDS,
    DeadlineKind.EVIDENCE,
    DeadlineKind.BUILD,
    DeadlineKind.EXPIRY_WARNING,
    DeadlineKind.EXPIRY,
    DeadlineKind.CONFIRM_REMINDER,
    DeadlineKind.CONFIRM_END,
    DeadlineKind.ACT,
    DeadlineKind.KEPT,
    DeadlineKind.RECHECK,
    DeadlineKind.LIFT,
    DeadlineKind.PROMISE,
    DeadlineKind.OUTSIDE,
    DeadlineKind.DESTROY,
    DeadlineKind.PURGE,
)
"""Kinds on which the sweeper acts; the others are dates that people keep."""


class Deadline(models.Model):
    """One date that something must happen by. A statutory one keeps the rule it comes from, a watch its next mark."""

    id = models.BigAutoField(primary_key=True)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="deadlines", db_index=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="deadlines", null=True)
    kind = models.CharField(_("kind"), max_length=16, choices=DeadlineKind.choices)
    ordinal = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(_("due"))
    regime = models.CharField(_("law"), max_length=32, blank=True)
    rule = models.CharField(_("rule"), max_length=120, blank=True)
    done_at = models.DateTimeField(_("done"), null=True)
    claimed_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        ordering = ("due_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("submission", "request", "kind", "regime", "ordinal"), name="deadline_once_per_kind"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=DeadlineKind.values), name="deadline_kind_known"),
        )
        indexes = (
            models.Index(
                fields=("due_at", "id"),
                name="deadline_waiting",
                condition=models.Q(done_at__isnull=True, kind__in=[str(kind) for kind in ACTED_ON]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at:%Y-%m-%d}"


class ConnectorKind(models.TextChoices):
    """How we speak to a system."""

    SQL = "sql", _("database")
    HTTP = "http", _("web service")
    MANUAL = "manual", _("worksheet for its owner")
    SEGMENT = "segment", "Segment"
    SENDGRID = "sendgrid", "SendGrid"
    TWILIO = "twilio", "Twilio"
    OPENDSR = "opendsr", "OpenDSR"


class Role(models.TextChoices):
    """What a system is to us."""

    OWN = "own", _("our data is in it")
    RECIPIENT = "recipient", _("it was given data of ours")


class System(SealedRow):
    """A system that holds personal data, who owns it, and how it is asked."""

    id = models.UUIDField(primary_key=True, editable=False)
    key = models.SlugField(_("key"), max_length=48, unique=True)
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("what it is"), blank=True)
    owner_name = models.CharField(_("owner"), max_length=120)
    owner_email = models.EmailField(_("owner's mail address"))
    connector = models.CharField(_("connector"), max_length=16, choices=ConnectorKind.choices)
    config_sealed = models.BinaryField(null=True, editable=False)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    categories = models.JSONField(_("data categories"), default=list)
    identifiers = models.JSONField(_("identifiers it understands"), default=list)
    role = models.CharField(
        _("role"), max_length=12, choices=Role.choices, default=str(Role.OWN), db_default=str(Role.OWN)
    )
    active = models.BooleanField(_("searched"), default=True)
    leaves_out = models.JSONField(_("what it can leave people out of"), null=True)

    class Meta:
        verbose_name = _("system")
        verbose_name_plural = _("systems")
        ordering = ("key",)

    def __str__(self) -> str:
        return self.name

    def sealing_key(self) -> DataKey:
        """Return the key of this system's own configuration."""
        return self.data_key


class StepState(models.TextChoices):
    """Where one system's part stands."""

    WAITING = "waiting", _("waiting")
    WITH_OWNER = "with_owner", _("with the owner")
    DONE = "done", _("done")
    STUCK = "stuck", _("needs a decision")


class StepResult(models.TextChoices):
    """What one system's part came to."""

    FOUND = "found", _("found")
    NOTHING_HELD = "nothing_held", _("nothing held")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("failed")
    LEFT_OUT = "left_out", _("left out")
    BY_HAND = "by_hand", _("looked at when it is carried out")


class Step(SealedRow):
    """One system's part in one request: leased while somebody works on it, and resumable."""

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="steps")
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(_("state"), max_length=12, choices=StepState.choices, default=StepState.WAITING)
    result = models.CharField(_("result"), max_length=16, choices=StepResult.choices, blank=True)
    code = models.CharField(_("reason code"), max_length=64, blank=True)
    counts = models.JSONField(_("found, by category"), default=dict)
    plan = models.JSONField(
        _("what would be erased and kept"), default=list, db_default=models.Value([], models.JSONField())
    )
    parcel = models.CharField(max_length=160, blank=True, editable=False)
    reason_sealed = models.BinaryField(null=True)
    due_at = models.DateTimeField(_("next try"))
    claimed_until = models.DateTimeField(null=True, editable=False)
    lease = models.UUIDField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    reminders = models.PositiveSmallIntegerField(_("reminders sent"), default=0)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        ordering = ("system__key",)
        constraints = (
            models.UniqueConstraint(fields=("request", "system"), name="step_once_per_system"),
            models.CheckConstraint(
                condition=(
                    models.Q(state="done", finished_at__isnull=False) & ~models.Q(result="")
                    | ~models.Q(state="done") & models.Q(finished_at__isnull=True)
                ),
                name="step_done_with_result",
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at", "id"), name="step_waiting", condition=models.Q(state__in=("waiting", "with_owner"))
            ),
            models.Index(fields=("request",), name="step_stuck", condition=models.Q(state="stuck")),
        )

    def __str__(self) -> str:
        return f"{self.system_id} {self.state}"

    def sealing_key(self) -> DataKey:
        """Return the data key of the submission."""
        return self.request.submission.data_key


class Stage(models.TextChoices):
    """Work that an answer takes, one after the other."""

    SEARCHING = "searching", _("searching")
    REVIEWING = "reviewing", _("reviewing")
    APPROVING = "approving", _("approving")
    BUILDING = "building", _("building")


class Pace(models.Model):
    """How long one stage of one right takes here: four of five were done within ``seconds``."""

    id = models.BigAutoField(primary_key=True)
    right = models.CharField(_("right"), max_length=40)
    stage = models.CharField(_("stage"), max_length=12, choices=Stage.choices)
    seconds = models.PositiveIntegerField(_("seconds"))
    n = models.PositiveIntegerField(_("requests measured"))
    measured_at = models.DateTimeField(_("measured"))

    class Meta:
        verbose_name = _("pace")
        verbose_name_plural = _("paces")
        constraints = (models.UniqueConstraint(fields=("right", "stage"), name="pace_once_per_stage"),)

    def __str__(self) -> str:
        return f"{self.right} {self.stage} {self.seconds}"


class WorksheetFile(SealedRow):
    """A file that the owner of a system handed in: found in a search, or proof of what was done as a task.

    What was found stays until it goes into the step's parcel, proof until the case is forgotten.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    step = models.ForeignKey(Step, on_delete=models.PROTECT, null=True, related_name="files")
    task = models.ForeignKey("dsr.Task", on_delete=models.PROTECT, null=True, related_name="files")
    dataset = models.CharField(_("kind of data"), max_length=64, blank=True)
    name_sealed = models.BinaryField(null=True)
    media_type = models.CharField(_("type"), max_length=80)
    size = models.BigIntegerField(_("size in bytes"))
    vault_name = models.CharField(max_length=160, editable=False)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("worksheet file")
        verbose_name_plural = _("worksheet files")
        ordering = ("at", "id")
        constraints = (
            models.CheckConstraint(
                condition=(
                    models.Q(step__isnull=False, task__isnull=True) | models.Q(step__isnull=True, task__isnull=False)
                ),
                name="worksheet_file_of_one",
            ),
        )

    def __str__(self) -> str:
        return f"{self.dataset} {self.size}"

    def sealing_key(self) -> DataKey:
        """Return the data key of the submission."""
        worksheet = self.step or self.task
        assert worksheet is not None  # the database sees to it
        return worksheet.request.submission.data_key


class Attempt(models.Model):
    """One try at one step, as it went."""

    id = models.BigAutoField(primary_key=True)
    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="tries")
    number = models.PositiveSmallIntegerField()
    lease = models.UUIDField()
    started_at = models.DateTimeField(_("started"))
    ended_at = models.DateTimeField(_("ended"), null=True)
    result = models.CharField(_("result"), max_length=16, blank=True)
    code = models.CharField(_("reason code"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ("step", "number")
        constraints = (models.UniqueConstraint(fields=("step", "number"), name="attempt_once"),)

    def __str__(self) -> str:
        return f"{self.number} {self.result}"
