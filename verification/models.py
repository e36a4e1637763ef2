"""Challenges that somebody has to answer, and grants that somebody bears. Only digests of secrets are kept."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from notifications.models import DataKey
from verification.proofs import Level, Method


class Channel(models.TextChoices):
    """What a challenge proves control of."""

    EMAIL = "email", _("mail address")


class Challenge(models.Model):
    """One address that somebody is asked to prove control of, by a link or by a code that is sent there.

    Open until confirmed, superseded by a corrected address, or expired. `about` is whatever the caller is checking.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    about = models.UUIDField(editable=False)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    channel = models.CharField(
        _("channel"), max_length=16, choices=Channel.choices, default=Channel.EMAIL, editable=False
    )
    level = models.PositiveSmallIntegerField(_("identity level"), default=Level.CHANNEL, editable=False)
    method = models.CharField(_("confirmed by"), max_length=32, choices=Method.choices, blank=True, editable=False)

    address_sealed = models.BinaryField(null=True)
    address_fingerprint = models.CharField(max_length=96, blank=True, editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    code_hash = models.CharField(max_length=96, blank=True, editable=False)
    code_expires_at = models.DateTimeField(_("code ends"), editable=False)

    tries = models.PositiveSmallIntegerField(_("wrong codes since the last was sent"), default=0, editable=False)
    wrong = models.PositiveSmallIntegerField(_("wrong codes"), default=0, editable=False)
    sends = models.PositiveSmallIntegerField(_("times sent"), default=1, editable=False)

    created_at = models.DateTimeField(_("made"), editable=False)
    last_sent_at = models.DateTimeField(_("last sent"), editable=False)
    expires_at = models.DateTimeField(_("ends"), editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, editable=False)
    superseded_at = models.DateTimeField(_("superseded"), null=True, editable=False)
    lapsed_at = models.DateTimeField(_("lapse noted"), null=True, editable=False)

    class Meta:
        verbose_name = _("challenge")
        verbose_name_plural = _("challenges")
        constraints = (
            models.CheckConstraint(
                name="challenge_confirmed_by_method",
                condition=Q(confirmed_at__isnull=True, method="")
                | Q(confirmed_at__isnull=False, method__in=Method.values),
            ),
            models.CheckConstraint(
                name="challenge_one_ending", condition=Q(confirmed_at__isnull=True) | Q(superseded_at__isnull=True)
            ),
            models.CheckConstraint(name="challenge_ends_later", condition=Q(expires_at__gt=F("created_at"))),
        )
        indexes = (
            models.Index(fields=("about", "created_at"), name="challenge_about"),
            models.Index(
                fields=("address_fingerprint", "created_at"),
                name="challenge_address",
                condition=~Q(address_fingerprint=""),
            ),
            models.Index(
                fields=("expires_at",),
                name="challenge_to_lapse",
                condition=Q(confirmed_at__isnull=True, superseded_at__isnull=True, lapsed_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return str(self.id)

    def place(self) -> str:
        """Return the context that binds the sealed address to this row."""
        return f"challenge:{self.pk}:address"

    def address(self) -> str:
        """Return the address. Raises notifications.sealing.Forgotten."""
        return "" if self.address_sealed is None else self.data_key.unseal(self.address_sealed, self.place())


class Link(models.Model):
    """A further link to a challenge, from when it was sent again. Earlier links go on working: mails cross."""

    challenge = models.ForeignKey(Challenge, on_delete=models.CASCADE, related_name="links", editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    sent_at = models.DateTimeField(_("sent"), editable=False)

    class Meta:
        verbose_name = _("further link")
        verbose_name_plural = _("further links")

    def __str__(self) -> str:
        return str(self.pk)


class Grant(models.Model):
    """Lets whoever bears its token do one thing about one subject, for a time and perhaps a number of times."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(_("purpose"), max_length=32, editable=False)
    about = models.UUIDField(editable=False)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("made"), editable=False)
    expires_at = models.DateTimeField(_("ends"), editable=False)
    uses_left = models.PositiveIntegerField(_("uses left"), null=True, editable=False)
    spent_at = models.DateTimeField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    class Meta:
        verbose_name = _("grant")
        verbose_name_plural = _("grants")
        constraints = (
            models.CheckConstraint(name="grant_ends_later", condition=Q(expires_at__gt=F("created_at"))),
            models.CheckConstraint(name="grant_has_purpose", condition=~Q(purpose="")),
        )
        indexes = (
            models.Index(fields=("about", "purpose"), name="grant_about"),
            models.Index(fields=("expires_at",), name="grant_expires"),
        )

    def __str__(self) -> str:
        return str(self.id)
