"""What one person filed: one public reference, one identity check, one or more requests."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from notifications.models import DataKey

if TYPE_CHECKING:
    from dsr.models.events import Event


class Channel(models.TextChoices):
    """How the submission reached the organisation. Any channel counts."""

    WEB = "web", _("web form")
    API = "api", _("programming interface")
    PHONE = "phone", _("telephone")
    EMAIL = "email", _("e-mail")
    POST = "post", _("letter")
    SUPPORT = "support", _("customer support")
    IN_PERSON = "in_person", _("in person")


class Vouched(models.TextChoices):
    """What the systems say of the identifiers that the person claims beside the contact address."""

    NOTHING = "", _("nothing is claimed")
    OPEN = "open", _("not asked yet")
    ON_FILE = "on_file", _("they are on file together with the contact address")
    ELSEWHERE = "elsewhere", _("nothing on file ties them to the contact address")
    DROPPED = "dropped", _("the person goes on without them")


class Submission(SealedRow):
    """What one person filed. Personal values are sealed; look-ups go through fingerprints."""

    id = models.UUIDField(primary_key=True, editable=False)
    reference = models.CharField(_("reference"), max_length=11, unique=True, editable=False)
    received_at = models.DateTimeField(_("received"), editable=False)
    channel = models.CharField(_("channel"), max_length=16, choices=Channel.choices)
    language = models.CharField(_("language"), max_length=12)
    country = models.CharField(_("country"), max_length=2)
    region = models.CharField(_("region"), max_length=8, blank=True)
    zone = models.CharField(_("time zone of the controller"), max_length=64)
    relationship = models.CharField(_("relationship"), max_length=64)
    notice_id = models.CharField(_("notice"), max_length=64)
    notice_version = models.CharField(_("notice version"), max_length=10)
    rules_version = models.CharField(_("rules version"), max_length=64)
    regimes = models.JSONField(_("laws that apply"), default=list)
    data_key = models.OneToOneField(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)

    idempotency_scope = models.CharField(max_length=64, blank=True, editable=False)
    idempotency_key = models.CharField(max_length=128, null=True, editable=False)
    idempotency_digest = models.CharField(max_length=64, blank=True, editable=False)

    name_sealed = models.BinaryField(null=True)
    email_sealed = models.BinaryField(null=True)
    phone_sealed = models.BinaryField(null=True)
    identifiers_sealed = models.BinaryField(null=True)
    email_fingerprint = models.CharField(max_length=96, blank=True, editable=False)
    phone_fingerprint = models.CharField(max_length=96, blank=True, editable=False)
    account_fingerprint = models.CharField(max_length=96, blank=True, editable=False)

    verified_at = models.DateTimeField(_("identity confirmed"), null=True, editable=False)
    verified_level = models.PositiveSmallIntegerField(_("identity level"), default=0, editable=False)
    verified_method = models.CharField(_("identity method"), max_length=32, blank=True, editable=False)
    proved_sealed = models.BinaryField(null=True, editable=False)
    standing_sealed = models.BinaryField(null=True, editable=False)
    looked_at = models.DateTimeField(_("systems asked who is known"), null=True, editable=False)
    vouched = models.CharField(
        _("what is claimed"),
        max_length=12,
        choices=Vouched.choices,
        blank=True,
        default="",
        db_default="",
        editable=False,
    )
    signed_in = models.BooleanField(_("proved by signing in"), default=False, db_default=False, editable=False)
    of_record = models.BooleanField(_("proved by a channel of record"), default=False, db_default=False, editable=False)
    held_until = models.DateTimeField(_("release held until"), null=True, editable=False)
    stopped_at = models.DateTimeField(_("stopped by somebody on file"), null=True, editable=False)
    for_other = models.BooleanField(_("filed for another"), default=False, db_default=False, editable=False)
    sheltered = models.BooleanField(
        _("the account of a child, opened by the service"), default=False, db_default=False, editable=False
    )
    door = models.CharField(
        _("who else it is about"), max_length=40, blank=True, default="", db_default="", editable=False
    )
    may_pass_on = models.BooleanField(_("may be passed on"), default=False, db_default=False, editable=False)
    origin_fingerprint = models.CharField(max_length=96, blank=True, default="", db_default="", editable=False)

    chain_seq = models.PositiveIntegerField(default=0, editable=False)
    chain_head = models.CharField(max_length=64, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    purge_at = models.DateTimeField(_("personal data is deleted on"), null=True, editable=False)
    purged_at = models.DateTimeField(_("personal data deleted"), null=True, editable=False)

    class Meta:
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")
        ordering = ("-received_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("idempotency_scope", "idempotency_key"), name="submission_once_per_key"),
        )
        indexes = (
            models.Index(fields=("-received_at", "-id"), name="submission_newest"),
            models.Index(
                fields=("email_fingerprint",), name="submission_by_email", condition=~models.Q(email_fingerprint="")
            ),
            models.Index(
                fields=("phone_fingerprint",), name="submission_by_phone", condition=~models.Q(phone_fingerprint="")
            ),
            models.Index(
                fields=("account_fingerprint",),
                name="submission_by_account",
                condition=~models.Q(account_fingerprint=""),
            ),
            models.Index(
                fields=("origin_fingerprint", "received_at"),
                name="submission_by_origin",
                condition=~models.Q(origin_fingerprint=""),
            ),
            models.Index(
                fields=("stopped_at",), name="submission_stopped", condition=models.Q(stopped_at__isnull=False)
            ),
            models.Index(fields=("held_until",), name="submission_held", condition=models.Q(held_until__isnull=False)),
        )

    def __str__(self) -> str:
        return self.reference

    @property
    def unwritten(self) -> "list[Event]":
        """What is happening in the present transaction and not in the history yet; kept by the case that holds us."""
        found: list[Event] = self.__dict__.setdefault("_unwritten", [])
        return found

    def sealing_key(self) -> DataKey:
        """Return this submission's own data key."""
        return self.data_key
