"""Incidents: choices that come too late or to nothing, means of choosing that fail, and the probes that find out."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from dsr.models.work import System
from notifications.models import DataKey


class IncidentKind(models.TextChoices):
    """What went wrong."""

    CHOICE_LATE = "choice_late", _("choices took effect too late")
    CHOICE_FAILING = "choice_failing", _("choices are not taken")
    HEARTBEAT = "heartbeat", _("a test choice came to nothing")


class Mechanism(models.TextChoices):
    """The means by which somebody chooses, or the system that has to follow. Those of CPNI begin with its name."""

    ONE_CLICK = "one_click", _("unsubscribe link, one click")
    PREFERENCES = "preferences", _("page of preferences")
    CPNI_PAGE = "cpni_page", _("page for CPNI choices")
    CPNI_API = "cpni_api", _("API for CPNI choices")
    API = "api", _("API for choices")
    SYSTEM = "system", _("system that has to follow")


class IncidentMove(models.TextChoices):
    """What happened to an incident."""

    OPENED = "opened", _("Opened")
    AGAIN = "again", _("Seen again")
    RECOVERED = "recovered", _("Works again")
    TOLD = "told", _("Colleagues were written to")
    WARNED = "warned", _("Colleagues were warned of the date")
    ACKNOWLEDGED = "acknowledged", _("Somebody looks after it")
    WRITTEN = "written", _("Notice to the authority written")
    REPORTED = "reported", _("Authority told")
    CLOSED = "closed", _("Closed")


class Incident(SealedRow):
    """Something about choices that a person has to look after. It closes by a person alone, whatever recovers."""

    id = models.UUIDField(primary_key=True, editable=False)
    kind = models.CharField(_("what"), max_length=20, choices=IncidentKind.choices)
    system = models.ForeignKey(System, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("system"))
    mechanism = models.CharField(_("means"), max_length=20, choices=Mechanism.choices)
    opened_at = models.DateTimeField(_("known since"))
    due_on = models.DateField(_("authority to be told by"), null=True)
    warn_at = models.DateTimeField(_("colleagues warned of the date"), null=True)
    working = models.BooleanField(_("works again"), default=False)
    acknowledged_at = models.DateTimeField(_("looked after since"), null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    reported_at = models.DateTimeField(_("authority told"), null=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    closed_at = models.DateTimeField(_("closed"), null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    notice_sealed = models.BinaryField(null=True)
    reason_sealed = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        ordering = ("-opened_at",)
        permissions = (("handle_incidents", _("Can look after incidents and close them")),)
        constraints = (
            models.CheckConstraint(condition=models.Q(kind__in=IncidentKind.values), name="incident_kind_known"),
            models.CheckConstraint(condition=models.Q(mechanism__in=Mechanism.values), name="incident_means_known"),
            # Two, as nothing is not equal to nothing.
            models.UniqueConstraint(
                fields=("kind", "system", "mechanism"),
                name="incident_open_once",
                condition=models.Q(closed_at__isnull=True, system__isnull=False),
            ),
            models.UniqueConstraint(
                fields=("kind", "mechanism"),
                name="incident_open_once_anywhere",
                condition=models.Q(closed_at__isnull=True, system__isnull=True),
            ),
            *(
                models.CheckConstraint(
                    condition=models.Q(**{f"{verb}_at__isnull": True, f"{verb}_by__isnull": True})
                    | models.Q(**{f"{verb}_at__isnull": False, f"{verb}_by__isnull": False}),
                    name=f"incident_{verb}_by_somebody",
                )
                for verb in ("acknowledged", "reported", "closed")
            ),
        )
        indexes = (
            models.Index(fields=("opened_at",), name="incident_open", condition=models.Q(closed_at__isnull=True)),
            models.Index(fields=("warn_at",), name="incident_warn", condition=models.Q(warn_at__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.mechanism}"

    def sealing_key(self) -> DataKey:
        """Return the incident's own key."""
        return self.data_key


class IncidentEntry(models.Model):
    """One line of an incident's time line: a code and figures, and never who was concerned. Never changed."""

    id = models.BigAutoField(primary_key=True)
    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="entries")
    at = models.DateTimeField(_("when"))
    move = models.CharField(_("what"), max_length=16, choices=IncidentMove.choices)
    facts = models.JSONField(_("particulars"), default=dict)
    by = models.CharField(_("who"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("line of an incident")
        verbose_name_plural = _("lines of incidents")
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(condition=models.Q(move__in=IncidentMove.values), name="incident_move_known"),
        )

    def __str__(self) -> str:
        return self.move


class ProbeStage(models.TextChoices):
    """How far a test choice is."""

    SENDING = "sending", _("to be made")
    LOOKING = "looking", _("looked after")
    ENDED = "ended", _("over")


class ProbeResult(models.TextChoices):
    """What came of a test choice."""

    NONE = "", _("nothing yet")
    TAKEN = "taken", _("taken everywhere")
    NOT_ANSWERED = "not_answered", _("the page did not answer as it should")
    NOT_TAKEN = "not_taken", _("not taken in time")


class Probe(models.Model):
    """A choice that an invented person makes by a public path, to see whether it is taken. Names nobody."""

    id = models.UUIDField(primary_key=True, editable=False)
    path = models.CharField(_("means"), max_length=20, choices=Mechanism.choices)
    made_at = models.DateTimeField(_("begun"))
    sent_at = models.DateTimeField(_("made"), null=True)
    stage = models.CharField(_("stage"), max_length=10, choices=ProbeStage.choices, default=ProbeStage.SENDING)
    result = models.CharField(_("result"), max_length=16, choices=ProbeResult.choices, blank=True)
    code = models.CharField(_("code"), max_length=40, blank=True)
    systems = models.JSONField(_("systems"), default=dict)
    due_at = models.DateTimeField(_("next look"))
    claimed_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(_("over"), null=True)

    class Meta:
        verbose_name = _("test choice")
        verbose_name_plural = _("test choices")
        ordering = ("-made_at",)
        constraints = (
            models.CheckConstraint(condition=models.Q(stage__in=ProbeStage.values), name="probe_stage_known"),
            models.CheckConstraint(condition=models.Q(result__in=ProbeResult.values), name="probe_result_known"),
            models.CheckConstraint(
                condition=models.Q(stage="ended", ended_at__isnull=False) & ~models.Q(result="")
                | ~models.Q(stage="ended") & models.Q(ended_at__isnull=True, result=""),
                name="probe_ended_with_result",
            ),
        )
        indexes = (
            models.Index(fields=("due_at",), name="probe_due", condition=models.Q(ended_at__isnull=True)),
            models.Index(fields=("path", "made_at"), name="probe_by_path"),
        )

    def __str__(self) -> str:
        return f"{self.path} {self.stage}"
