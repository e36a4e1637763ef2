"""What came of a request: the ledger, what is held back, and the package."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from dsr.models.requests import SubjectRequest
from dsr.models.work import System
from notifications.models import DataKey


class LedgerOutcome(models.TextChoices):
    """What became of one data category in one system."""

    GIVEN = "given", _("given")
    CORRECTED = "corrected", _("corrected")
    ERASED = "erased", _("erased")
    RESTRICTED = "restricted", _("restricted")
    SUPPRESSED = "suppressed", _("left out from now on")
    KEPT = "kept", _("kept")
    WITHHELD = "withheld", _("held back")
    NOTHING_HELD = "nothing_held", _("nothing held")
    FAILED = "failed", _("could not be done")


class LedgerEntry(models.Model):
    """One line of the ledger. Every category of every system in scope has one; two where part was erased, part kept."""

    id = models.BigAutoField(primary_key=True)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="ledger", db_index=False)
    system = models.ForeignKey(System, on_delete=models.PROTECT, related_name="+")
    category = models.CharField(_("data category"), max_length=64)
    outcome = models.CharField(_("outcome"), max_length=16, choices=LedgerOutcome.choices)
    count = models.PositiveIntegerField(_("records"), default=0)
    ground = models.CharField(_("ground"), max_length=40, blank=True)
    until = models.DateField(_("until"), null=True)
    at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger")
        ordering = ("request", "system__key", "category")
        constraints = (
            models.UniqueConstraint(
                fields=("request", "system", "category", "outcome"), name="ledger_once_per_outcome"
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome__in=("withheld", "kept")) | ~models.Q(ground=""),
                name="ledger_kept_with_ground",
            ),
        )

    def __str__(self) -> str:
        return f"{self.category} {self.outcome}"


class Withholding(SealedRow):
    """Part of an answer that is held back: a category, everywhere or in one system, on a coded ground."""

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="withholdings")
    system = models.ForeignKey(System, on_delete=models.PROTECT, null=True, related_name="+")
    category = models.CharField(_("data category"), max_length=64)
    ground = models.CharField(_("ground"), max_length=40)
    reason_sealed = models.BinaryField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("when"))
    lifted_at = models.DateTimeField(_("lifted"), null=True)

    class Meta:
        verbose_name = _("withholding")
        verbose_name_plural = _("withholdings")
        ordering = ("at",)

    def __str__(self) -> str:
        return f"{self.category} {self.ground}"

    def sealing_key(self) -> DataKey:
        """Return the data key of the submission."""
        return self.request.submission.data_key


class ProofKind(models.TextChoices):
    """What sort of thing proves a ground."""

    DOCUMENT = "document", _("a document")
    RECORD = "record", _("a record in a system")
    CONTRACT = "contract", _("a contract")
    ORDER = "order", _("an order or a law")
    ADVICE = "advice", _("advice of a lawyer")
    PUBLISHED = "published", _("something published")
    CORRESPONDENCE = "correspondence", _("letters or messages")
    OTHER = "other", _("something else")


class Argument(SealedRow):
    """What speaks for a ground: where its proof lies, whose it is and of when, and the answers of its checklist.

    It is about the refusal that is proposed, or about one thing that is held back.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="arguments")
    withholding = models.ForeignKey(Withholding, on_delete=models.PROTECT, null=True, related_name="arguments")
    ground = models.CharField(_("ground"), max_length=40)
    proof_kind = models.CharField(_("kind of proof"), max_length=16, choices=ProofKind.choices)
    proof_on = models.DateField(_("of when the proof is"))
    place_sealed = models.BinaryField(null=True)
    author_sealed = models.BinaryField(null=True)
    answers_sealed = models.BinaryField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("when"))
    replaced_at = models.DateTimeField(_("replaced"), null=True)

    class Meta:
        verbose_name = _("argument")
        verbose_name_plural = _("arguments")
        ordering = ("at",)
        constraints = (
            models.UniqueConstraint(
                fields=("request",),
                condition=models.Q(withholding__isnull=True, replaced_at__isnull=True),
                name="argument_once_per_refusal",
            ),
            models.UniqueConstraint(
                fields=("withholding",),
                condition=models.Q(withholding__isnull=False, replaced_at__isnull=True),
                name="argument_once_per_part",
            ),
        )

    def __str__(self) -> str:
        return self.ground

    def sealing_key(self) -> DataKey:
        """Return the data key of the submission."""
        return self.request.submission.data_key


class Package(models.Model):
    """One built answer. The file is encrypted at rest; ``sha256`` and ``size`` are those of what the person gets."""

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="packages")
    number = models.PositiveSmallIntegerField(default=1)
    vault_name = models.CharField(max_length=160, blank=True, editable=False)
    size = models.BigIntegerField(_("size in bytes"), default=0)
    sha256 = models.CharField(_("digest"), max_length=64)
    manifest = models.JSONField(_("manifest"), default=dict)
    built_at = models.DateTimeField(_("built"))
    expires_at = models.DateTimeField(_("download ends"), null=True)
    destroyed_at = models.DateTimeField(_("file destroyed"), null=True)
    downloads = models.PositiveSmallIntegerField(_("downloads"), default=0)

    class Meta:
        verbose_name = _("package")
        verbose_name_plural = _("packages")
        ordering = ("request", "number")
        constraints = (models.UniqueConstraint(fields=("request", "number"), name="package_once"),)

    def __str__(self) -> str:
        return f"{self.number}"
