"""Cases that authorities open: what each asks, whom it is about, what it ordered, and a history of their own."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.caselife import CaseOutcome, CaseState
from dsr.models._sealed import SealedRow
from dsr.models.moves.casework import CaseMoves
from dsr.models.requests import SubjectRequest
from dsr.models.submissions import Submission
from notifications.models import DataKey


def _together(*fields: str) -> models.Q:
    """Either all of some fields, or none."""
    return models.Q(**{f"{field}__isnull": True for field in fields}) | models.Q(
        **{f"{field}__isnull": False for field in fields}
    )


class AuthorityCase(CaseMoves):
    """A case that an authority opened. Its state changes in ``services.cases.road`` and nowhere else."""

    class Meta:
        verbose_name = _("case of an authority")
        verbose_name_plural = _("cases of authorities")
        ordering = ("due_on", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state__in=[str(each) for each in CaseState]), name="case_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state="closed",
                    closed_at__isnull=False,
                    ended_on__isnull=False,
                    outcome__in=[str(each) for each in CaseOutcome],
                )
                | ~models.Q(state="closed") & models.Q(closed_at__isnull=True, ended_on__isnull=True, outcome=""),
                name="case_closed_with_outcome",
            ),
            models.CheckConstraint(condition=_together("prepared_at", "prepared_by"), name="case_prepared_whole"),
            models.CheckConstraint(condition=_together("approved_at", "approved_by"), name="case_approved_whole"),
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("prepared_by")),
                name="case_two_people",
            ),
            models.CheckConstraint(
                condition=~models.Q(state__in=("approved", "answered")) | models.Q(approved_by__isnull=False),
                name="case_answer_was_approved",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="answered") | models.Q(sent_on__isnull=False), name="case_answered_on_a_day"
            ),
        )
        indexes = (
            models.Index(fields=("due_on", "id"), name="case_open", condition=~models.Q(state="closed")),
            models.Index(fields=("warn_at",), name="case_warn", condition=models.Q(warn_at__isnull=False)),
            models.Index(
                fields=("purge_at",),
                name="case_purge",
                condition=models.Q(purge_at__isnull=False, purged_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.authority} {self.due_on}"


class _CaseChild(SealedRow):
    id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField(_("when"))

    class Meta:
        abstract = True

    case: Any

    def sealing_key(self) -> DataKey:
        """Return the key of the case."""
        key: DataKey = self.case.data_key
        return key


class CaseLink(models.Model):
    """Whom a case is about: a filing, or one request of it. The filing is not forgotten while the case is open."""

    id = models.UUIDField(primary_key=True, editable=False)
    case = models.ForeignKey(AuthorityCase, on_delete=models.PROTECT, related_name="links")
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="authority_links")
    request = models.ForeignKey(
        SubjectRequest, on_delete=models.PROTECT, null=True, related_name="authority_links", db_index=False
    )
    at = models.DateTimeField(_("when"))
    told_at = models.DateTimeField(_("person told"), null=True)

    class Meta:
        verbose_name = _("link of a case")
        verbose_name_plural = _("links of cases")
        ordering = ("at", "id")
        constraints = (models.UniqueConstraint(fields=("case", "submission"), name="case_links_a_filing_once"),)

    def __str__(self) -> str:
        return str(self.pk)


class CaseMeasure(_CaseChild):
    """Something that an authority ordered: by whom and by when it is done, and who saw that it is."""

    case = models.ForeignKey(AuthorityCase, on_delete=models.PROTECT, related_name="measures")
    number = models.PositiveSmallIntegerField(_("number"))
    due_on = models.DateField(_("by"))
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    warn_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(_("done"), null=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    lifted_at = models.DateTimeField(_("lifted"), null=True)
    what_sealed = models.BinaryField(null=True)
    place_sealed = models.BinaryField(null=True)

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        ordering = ("case", "number")
        constraints = (
            models.UniqueConstraint(fields=("case", "number"), name="case_measure_once"),
            models.CheckConstraint(condition=_together("done_at", "done_by"), name="case_measure_done_by_somebody"),
            models.CheckConstraint(
                condition=models.Q(done_at__isnull=True) | models.Q(lifted_at__isnull=True),
                name="case_measure_ends_once",
            ),
        )
        indexes = (
            models.Index(fields=("warn_at",), name="case_measure_warn", condition=models.Q(warn_at__isnull=False)),
            models.Index(
                fields=("case",),
                name="case_measure_open",
                condition=models.Q(done_at__isnull=True, lifted_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.number}"


class CaseEntry(_CaseChild):
    """One line of the history of a case: what happened, with codes and days. Its words are sealed. Never changed."""

    case = models.ForeignKey(AuthorityCase, on_delete=models.PROTECT, related_name="entries")
    seq = models.PositiveIntegerField()
    verb = models.CharField(_("what"), max_length=24)
    actor_id = models.CharField(_("who"), max_length=40, blank=True)
    via = models.CharField(_("through"), max_length=16)
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    data = models.JSONField(_("particulars"), default=dict)
    text_sealed = models.BinaryField(null=True)
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("line of a case")
        verbose_name_plural = _("lines of cases")
        ordering = ("case", "seq")
        constraints = (models.UniqueConstraint(fields=("case", "seq"), name="case_entry_once"),)

    def __str__(self) -> str:
        return f"{self.seq} {self.verb}"
