"""Looking into a complaint: what was asked of whom, what was found point by point, what was promised, where it went."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from dsr.models.requests import SubjectRequest
from notifications.models import DataKey


class PointVerdict(models.TextChoices):
    """What was found about one point."""

    JUSTIFIED = "justified", _("justified")
    PARTLY = "partly", _("partly justified")
    NOT_JUSTIFIED = "not_justified", _("not justified")
    NOT_ESTABLISHED = "not_established", _("cannot be established")


class _Row(SealedRow):
    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="%(class)ss")
    number = models.PositiveSmallIntegerField(_("number"))
    at = models.DateTimeField(_("when"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.number}"

    def sealing_key(self) -> DataKey:
        """Return the data key of the submission."""
        return self.request.submission.data_key


class Enquiry(_Row):
    """What was asked of whom, and what came of it."""

    whom_sealed = models.BinaryField(null=True)
    asked_sealed = models.BinaryField(null=True)
    reply_sealed = models.BinaryField(null=True)
    replied_at = models.DateTimeField(_("reply noted"), null=True)

    class Meta:
        verbose_name = _("enquiry")
        verbose_name_plural = _("enquiries")
        ordering = ("request", "number")
        constraints = (models.UniqueConstraint(fields=("request", "number"), name="enquiry_once"),)


class Finding(_Row):
    """One point complained of, and what was found: facts for the file, reasons for the person, what it is held to."""

    verdict = models.CharField(_("finding"), max_length=16, choices=PointVerdict.choices)
    point_sealed = models.BinaryField(null=True)
    facts_sealed = models.BinaryField(null=True)
    measure_sealed = models.BinaryField(null=True)
    reason_sealed = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")
        ordering = ("request", "number")
        constraints = (
            models.UniqueConstraint(fields=("request", "number"), name="finding_once"),
            models.CheckConstraint(condition=models.Q(verdict__in=PointVerdict.values), name="finding_verdict_known"),
        )


class Remedy(_Row):
    """Something that the answer promises to put right: by whom, by when, and when it was done."""

    what_sealed = models.BinaryField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    due_on = models.DateField(_("promised by"))
    done_at = models.DateTimeField(_("done"), null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        ordering = ("request", "number")
        constraints = (
            models.UniqueConstraint(fields=("request", "number"), name="remedy_once"),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True, done_by__isnull=True)
                | models.Q(done_at__isnull=False, done_by__isnull=False),
                name="remedy_done_by_somebody",
            ),
        )
        indexes = (models.Index(fields=("due_on",), name="remedy_open", condition=models.Q(done_at__isnull=True)),)


class OutsideResult(models.TextChoices):
    """What came of a matter at an outside body."""

    SETTLED = "settled", _("settled")
    FOR_PERSON = "for_person", _("found for the person")
    PARTLY = "partly", _("found for the person in part")
    AGAINST = "against", _("found against the person")
    DROPPED = "dropped", _("not taken up, or withdrawn")


class DaySetBy(models.TextChoices):
    """Who set the day by which an outside body is answered."""

    NOBODY = "", _("nobody")
    LETTER = "letter", _("its letter")
    RULE = "rule", _("the rule")


class OutsideReference(_Row):
    """A complaint that went to an outside body: which, under what number, by when it is answered, what came of it."""

    body = models.CharField(_("body"), max_length=200)
    reference_sealed = models.BinaryField(null=True)
    received_on = models.DateField(_("received"))
    due_on = models.DateField(_("answer due"), null=True)
    set_by = models.CharField(_("day set by"), max_length=8, choices=DaySetBy.choices, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    result = models.CharField(_("what came of it"), max_length=12, choices=OutsideResult.choices, blank=True)
    ended_on = models.DateField(_("over since"), null=True)
    outcome_sealed = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("outside reference")
        verbose_name_plural = _("outside references")
        ordering = ("request", "number")
        constraints = (
            models.UniqueConstraint(fields=("request", "number"), name="outside_once"),
            models.CheckConstraint(condition=models.Q(set_by__in=DaySetBy.values), name="outside_set_by_known"),
            models.CheckConstraint(
                condition=models.Q(result__in=OutsideResult.values, ended_on__isnull=False)
                | models.Q(result="", ended_on__isnull=True),
                name="outside_ended_with_result",
            ),
            models.CheckConstraint(
                condition=models.Q(due_on__isnull=True, set_by="")
                | models.Q(due_on__isnull=False) & ~models.Q(set_by=""),
                name="outside_day_set_by_somebody",
            ),
        )
        indexes = (
            models.Index(fields=("request", "due_on"), name="outside_open", condition=models.Q(ended_on__isnull=True)),
        )
