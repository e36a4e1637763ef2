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
    SMS = "sms", _("telephone number")


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


class CheckState(models.TextChoices):
    """Where a check stands."""

    OPEN = "open", _("open")
    PASSED = "passed", _("passed")
    FAILED = "failed", _("failed")
    ENDED = "ended", _("ended without a result")


class Check(models.Model):
    """One way of proving who somebody is, tried once about one thing: its workings while it runs, then its result.

    ``workings_sealed`` holds what the method needs on its way (which questions were put, the nonce of a sign-in) and is
    emptied when it ends: method, level, result, time and verifier are all that is kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    about = models.UUIDField(editable=False)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    method = models.CharField(_("method"), max_length=32, choices=Method.choices, editable=False)
    level = models.PositiveSmallIntegerField(_("identity level"), default=Level.NOTHING, editable=False)
    state = models.CharField(
        _("state"), max_length=8, choices=CheckState.choices, default=CheckState.OPEN, editable=False
    )
    token_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)
    workings_sealed = models.BinaryField(null=True, editable=False)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0, editable=False)
    verifier = models.CharField(_("verified by"), max_length=64, blank=True, editable=False)
    started_at = models.DateTimeField(_("started"), editable=False)
    expires_at = models.DateTimeField(_("ends"), editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, editable=False)

    class Meta:
        verbose_name = _("identity check")
        verbose_name_plural = _("identity checks")
        constraints = (
            models.CheckConstraint(name="check_state_known", condition=Q(state__in=CheckState.values)),
            models.CheckConstraint(name="check_method_known", condition=Q(method__in=Method.values)),
            models.CheckConstraint(
                name="check_ended_is_empty",
                condition=Q(state=CheckState.OPEN, ended_at__isnull=True)
                | ~Q(state=CheckState.OPEN)
                & Q(ended_at__isnull=False, workings_sealed__isnull=True, token_hash__isnull=True),
            ),
            models.CheckConstraint(
                name="check_level_by_passing", condition=Q(level=Level.NOTHING) | Q(state=CheckState.PASSED)
            ),
        )
        indexes = (
            models.Index(fields=("about", "started_at"), name="check_about"),
            models.Index(fields=("expires_at",), name="check_open", condition=Q(state=CheckState.OPEN)),
        )

    def __str__(self) -> str:
        return str(self.id)

    def place(self) -> str:
        """Return the context that binds the sealed workings to this row."""
        return f"check:{self.pk}:workings"


class Purpose(models.TextChoices):
    """What a piece of evidence was asked for."""

    IDENTITY = "identity", _("to see who is asking")
    MANDATE = "mandate", _("to see that somebody may ask for another")
    DECLARATION = "declaration", _("a signed declaration")
    CORRECTION = "correction", _("to show what is right")
    REPRESENTATION = "representation", _("for the review of a decision")


class Evidence(models.Model):
    """A file that somebody was asked for, under a key of its own. Destroyed, only that it was there is left."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    about = models.UUIDField(editable=False)
    purpose = models.CharField(_("asked for"), max_length=16, choices=Purpose.choices, editable=False)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    vault_name = models.CharField(max_length=160, blank=True, editable=False)
    media_type = models.CharField(_("type"), max_length=40, blank=True, editable=False)
    size = models.BigIntegerField(_("size in bytes"), null=True, editable=False)
    received_at = models.DateTimeField(_("received"), editable=False)
    destroy_at = models.DateTimeField(_("destroyed on"), null=True, editable=False)
    """The day on which it goes at the latest; None where it goes together with what it is about, and not before."""
    destroyed_at = models.DateTimeField(_("destroyed"), null=True, editable=False)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        constraints = (
            models.CheckConstraint(name="evidence_purpose_known", condition=Q(purpose__in=Purpose.values)),
            models.CheckConstraint(
                name="evidence_destroyed_is_empty",
                condition=Q(destroyed_at__isnull=True) & ~Q(vault_name="")
                | Q(destroyed_at__isnull=False, vault_name="", media_type="", size__isnull=True),
            ),
        )
        indexes = (
            models.Index(fields=("about", "received_at"), name="evidence_about"),
            models.Index(fields=("destroy_at",), name="evidence_to_destroy", condition=Q(destroyed_at__isnull=True)),
        )

    def __str__(self) -> str:
        return str(self.id)


class Why(models.TextChoices):
    """Why somebody opened a piece of evidence."""

    CHECK = "check", _("to check it")
    SECOND_LOOK = "second_look", _("to look at it a second time, as another asked")
    COMPLAINT = "complaint", _("to answer a complaint about the check")


class Opening(models.Model):
    """That somebody opened a piece of evidence, when and why. Written before the first byte is shown."""

    id = models.BigAutoField(primary_key=True)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="openings", editable=False)
    by = models.CharField(_("opened by"), max_length=64, editable=False)
    why = models.CharField(_("why"), max_length=16, choices=Why.choices, editable=False)
    at = models.DateTimeField(_("when"), editable=False)

    class Meta:
        verbose_name = _("opening of evidence")
        verbose_name_plural = _("openings of evidence")
        constraints = (models.CheckConstraint(name="opening_why_known", condition=Q(why__in=Why.values)),)

    def __str__(self) -> str:
        return str(self.pk)


class Agency(models.Model):
    """An organisation that files for many people, and how far its own checks are relied on."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120, unique=True)
    domain = models.CharField(
        _("mail domain"), max_length=253, unique=True, help_text=_("It writes from addresses of this domain.")
    )
    trusted_level = models.PositiveSmallIntegerField(
        _("trusted to identity level"),
        default=Level.NOTHING,
        help_text=_(
            "0: known, and each case is checked here. 1 to 3: what it says it checked counts up to this level."
        ),
    )
    active = models.BooleanField(_("in use"), default=True)
    since = models.DateTimeField(_("known since"), editable=False)

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering = ("name",)
        constraints = (models.CheckConstraint(name="agency_level_known", condition=Q(trusted_level__lte=Level.STRONG)),)

    def __str__(self) -> str:
        return self.name


class MandateState(models.TextChoices):
    """Where somebody's authority stands."""

    CLAIMED = "claimed", _("to be shown")
    SHOWN = "shown", _("to be checked")
    CHECKED = "checked", _("checked")
    REFUSED = "refused", _("not accepted")
    REVOKED = "revoked", _("withdrawn")


class Mandate(models.Model):
    """That one person acts for another: who, for what, on which paper, until when, and what came of checking it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    about = models.UUIDField(unique=True, editable=False)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    kind = models.CharField(_("kind"), max_length=32, editable=False)
    scope = models.JSONField(_("for which rights"), default=list, editable=False)
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, related_name="mandates", verbose_name=_("agency"), editable=False
    )
    agent_name_sealed = models.BinaryField(null=True, editable=False)
    agent_email_sealed = models.BinaryField(null=True, editable=False)
    agent_fingerprint = models.CharField(max_length=96, blank=True, editable=False)
    principal_name_sealed = models.BinaryField(null=True, editable=False)
    principal_email_sealed = models.BinaryField(null=True, editable=False)
    may_receive = models.BooleanField(_("may receive the answer"), default=False, editable=False)
    child_age = models.PositiveSmallIntegerField(_("age of the child"), null=True, editable=False)
    state = models.CharField(
        _("state"), max_length=8, choices=MandateState.choices, default=MandateState.CLAIMED, editable=False
    )
    checks = models.JSONField(_("what the checker found"), default=list, editable=False)
    expires_on = models.DateField(_("ends on"), null=True, editable=False)
    made_at = models.DateTimeField(_("made"), editable=False)
    agent_confirmed_at = models.DateTimeField(_("agent's address confirmed"), null=True, editable=False)
    principal_confirmed_at = models.DateTimeField(_("confirmed by the person"), null=True, editable=False)
    checked_at = models.DateTimeField(_("checked"), null=True, editable=False)
    checked_by = models.CharField(_("checked by"), max_length=64, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("withdrawn"), null=True, editable=False)

    class Meta:
        verbose_name = _("mandate")
        verbose_name_plural = _("mandates")
        constraints = (
            models.CheckConstraint(name="mandate_state_known", condition=Q(state__in=MandateState.values)),
            models.CheckConstraint(
                name="mandate_checked_by_somebody",
                condition=Q(checked_at__isnull=True, checked_by="") | Q(checked_at__isnull=False) & ~Q(checked_by=""),
            ),
        )
        indexes = (
            models.Index(
                fields=("agent_fingerprint", "made_at"), name="mandate_by_agent", condition=~Q(agent_fingerprint="")
            ),
        )

    def __str__(self) -> str:
        return str(self.id)

    def _place(self, name: str) -> str:
        return f"mandate:{self.pk}:{name}"

    def seal(self, name: str, text: str) -> None:
        """Seal a text into ``<name>_sealed``; an empty one empties it. Raises notifications.sealing.Forgotten."""
        setattr(self, f"{name}_sealed", self.data_key.seal(text, self._place(name)) if text else None)

    def open(self, name: str) -> str:
        """Return the text in ``<name>_sealed``, "" when there is none. Raises notifications.sealing.Forgotten."""
        sealed = getattr(self, f"{name}_sealed")
        return "" if sealed is None else self.data_key.unseal(sealed, self._place(name))
