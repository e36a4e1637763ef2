"""Choices: the ledger of what customers decided about the use of data on how they use a service (CPNI)."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.choices.cpni import Authority, Because, Kind
from dsr.rules.silence import MEDIA
from notifications.models import DataKey

_KINDS = [kind.value for kind in Kind]
_AUTHORITIES = [authority.value for authority in Authority]
_APPROVING = [Kind.OPT_IN.value, Kind.REVOKE_OPT_OUT.value]
_NOTICE, _BOUNCE, _TRANSFER = Kind.NOTICE_SENT.value, Kind.NOTICE_BOUNCED.value, Kind.ACCOUNT_TRANSFERRED.value


class CpniAccount(models.Model):
    """One account that has a ledger, known by a keyed hash alone; the end of its chain, and the lock of whoever writes.

    No personal value, and no data key: the choice outlives the people who made it. 47 CFR 64.2007(a)(2)
    """

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(_("account"), max_length=96, unique=True)
    lines = models.PositiveIntegerField(default=0)
    invented = models.BooleanField(_("made up to test the pages"), default=False)
    head = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("account with CPNI choices")
        verbose_name_plural = _("accounts with CPNI choices")

    def __str__(self) -> str:
        return str(self.pk)


class CpniEntry(models.Model):
    """One line of an account's ledger. Never changed nor deleted; ``hash`` covers the line and the one before it."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(CpniAccount, on_delete=models.PROTECT, related_name="entries", db_index=False)
    seq = models.PositiveIntegerField()
    kind = models.CharField(_("what"), max_length=20)
    at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(_("entered"))
    day = models.DateField(_("day where notices are sent from"))
    channel = models.CharField(_("how it came"), max_length=16)
    authority = models.CharField(_("by which authority"), max_length=16)
    actor = models.CharField(_("who"), max_length=96, blank=True)
    uses = models.JSONField(_("uses"), default=list)
    services = models.JSONField(_("services"), default=list)
    medium = models.CharField(_("medium"), max_length=8, blank=True)
    notice_version = models.CharField(_("version of the notice"), max_length=40, blank=True)
    evidence = models.CharField(_("where the evidence is"), max_length=80, blank=True)
    about = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    merged = models.ForeignKey(CpniAccount, on_delete=models.PROTECT, null=True, related_name="+")
    entered_by = models.CharField(_("entered by"), max_length=40, blank=True)
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("CPNI choice")
        verbose_name_plural = _("CPNI choices")
        ordering = ("account", "seq")
        constraints = (
            models.UniqueConstraint(fields=("account", "seq"), name="cpni_once_per_place"),
            models.CheckConstraint(condition=models.Q(kind__in=_KINDS), name="cpni_kind_known"),
            models.CheckConstraint(condition=models.Q(authority__in=_AUTHORITIES), name="cpni_authority_known"),
            models.CheckConstraint(
                condition=(models.Q(kind=_NOTICE, medium__in=MEDIA) | ~models.Q(kind=_NOTICE) & models.Q(medium="")),
                name="cpni_notice_by_medium",
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(kind=_BOUNCE, about__isnull=False) | ~models.Q(kind=_BOUNCE) & models.Q(about__isnull=True)
                ),
                name="cpni_bounce_of_a_notice",
            ),
            models.CheckConstraint(
                condition=models.Q(merged__isnull=True)
                | models.Q(kind=_TRANSFER) & ~models.Q(merged=models.F("account")),
                name="cpni_merged_another",
            ),
            models.CheckConstraint(
                condition=(
                    ~models.Q(kind__in=_APPROVING)
                    | ~models.Q(authority=Authority.ANYBODY.value) & ~models.Q(evidence="")
                ),
                name="cpni_approval_with_authority",
            ),
        )

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"


class CpniLetter(models.Model):
    """A mail about a line, which is queued about this row. The address is under a key of its own, soon forgotten."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry = models.OneToOneField(CpniEntry, on_delete=models.PROTECT, related_name="+")
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    forgotten_at = models.DateTimeField(_("address forgotten"), null=True)

    class Meta:
        verbose_name = _("mail about a CPNI choice")
        verbose_name_plural = _("mails about CPNI choices")
        # Finds those whose address is still known.
        indexes = (
            models.Index(fields=("id",), name="cpni_letter_known", condition=models.Q(forgotten_at__isnull=True)),
        )

    def __str__(self) -> str:
        return str(self.pk)


class CpniUse(models.Model):
    """Somebody asked whether information about an account may be used, and what the answer was. 47 CFR 64.2009(c)"""

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(_("account"), max_length=96)
    campaign = models.CharField(_("campaign"), max_length=80)
    use = models.CharField(_("use"), max_length=64)
    service = models.CharField(_("service"), max_length=64, blank=True)
    at = models.DateTimeField(_("when"))
    allowed = models.BooleanField(_("allowed"))
    because = models.CharField(_("why"), max_length=16)
    entry = models.ForeignKey(CpniEntry, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    asked_by = models.CharField(_("asked by"), max_length=40)

    class Meta:
        verbose_name = _("use of CPNI asked for")
        verbose_name_plural = _("uses of CPNI asked for")
        indexes = (models.Index(fields=("at", "id"), name="cpni_use_at"),)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(because__in=[each.value for each in Because]), name="cpni_because_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.campaign} {self.because}"
