"""Data keys, and messages with where each one has got to. Nothing here sends."""

import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications import sealing
from notifications.ids import uuid7
from notifications.sealing import Forgotten

__all__ = ["Channel", "DataKey", "Forgotten", "Message", "MessageState"]


class DataKey(models.Model):
    """The key under which everything about one person's filing is sealed. Without it, those values are noise."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    wrapped = models.BinaryField(null=True)
    wrapped_under = models.CharField(max_length=16, editable=False)
    created_at = models.DateTimeField(_("made"), editable=False)
    forgotten_at = models.DateTimeField(_("forgotten"), null=True, editable=False)

    class Meta:
        verbose_name = _("data key")
        verbose_name_plural = _("data keys")
        constraints = (
            models.CheckConstraint(
                name="data_key_forgotten_or_whole",
                condition=Q(wrapped__isnull=False, forgotten_at__isnull=True)
                | Q(wrapped__isnull=True, forgotten_at__isnull=False),
            ),
        )
        # Finds what is still wrapped under an older master key.
        indexes = (
            models.Index(fields=("wrapped_under", "id"), name="data_key_to_rewrap", condition=Q(wrapped__isnull=False)),
        )

    _key: bytes | None = None

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def new(cls, at: datetime) -> Self:
        """Return a fresh key, not saved yet and ready to seal."""
        key = sealing.new_key()
        row = cls(id=uuid7(at), wrapped=sealing.wrap(key), wrapped_under=sealing.current_key_id(), created_at=at)
        row._key = key
        return row

    def _open(self) -> bytes:
        if self.wrapped is None:
            raise Forgotten("this data key was forgotten")
        if self._key is None:
            self._key = sealing.unwrap(bytes(self.wrapped))
        return self._key

    def seal(self, text: str, context: str) -> bytes:
        """Seal a text for the place that `context` names. Raises Forgotten, SealBroken."""
        return sealing.seal(self._open(), text.encode(), context=context)

    def unseal(self, blob: bytes | memoryview, context: str) -> str:
        """Return the text sealed for a place. Raises Forgotten, SealBroken."""
        return sealing.unseal(self._open(), bytes(blob), context=context).decode()

    def seal_bytes(self, data: bytes, context: str) -> bytes:
        """Seal bytes for the place that `context` names. Raises Forgotten, SealBroken."""
        return sealing.seal(self._open(), data, context=context)

    def unseal_bytes(self, blob: bytes | memoryview, context: str) -> bytes:
        """Return the bytes sealed for a place. Raises Forgotten, SealBroken."""
        return sealing.unseal(self._open(), bytes(blob), context=context)

    def key_bytes(self) -> bytes:
        """Return the 32 bytes themselves, for what seals in streams. Raises Forgotten, SealBroken."""
        return self._open()

    def forget(self, at: datetime) -> None:
        """Destroy the key, for good. Forgetting what was forgotten changes nothing."""
        type(self).objects.filter(pk=self.pk, wrapped__isnull=False).update(wrapped=None, forgotten_at=at)
        self.wrapped = None
        self.forgotten_at = self.forgotten_at or at
        self._key = None


class Channel(models.TextChoices):
    """How a message travels."""

    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message")


class MessageState(models.TextChoices):
    """Where a message has got to."""

    WAITING = "waiting", _("waiting")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")
    BOUNCED = "bounced", _("returned")
    DROPPED = "dropped", _("not sent: the person was forgotten")


TROUBLE = (MessageState.FAILED, MessageState.BOUNCED)


class Message(models.Model):
    """One message to one address: first the intention, then the record of what was sent.

    The row is the queue: `due_at` says when to try next, `claimed_until` and `lease` who is trying now. Codes hold a
    word of ours, never a server's own text, which tends to repeat the address.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=64, editable=False)
    language = models.CharField(_("language"), max_length=12, editable=False)
    channel = models.CharField(
        _("channel"), max_length=16, choices=Channel.choices, default=Channel.EMAIL, editable=False
    )
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    about = models.UUIDField(editable=False)
    dedupe_key = models.CharField(max_length=128, null=True, unique=True, editable=False)

    to_sealed = models.BinaryField(null=True)
    to_fingerprint = models.CharField(max_length=96, blank=True, editable=False)
    context_sealed = models.BinaryField(null=True)
    body_sealed = models.BinaryField(null=True)

    state = models.CharField(
        _("state"), max_length=16, choices=MessageState.choices, default=MessageState.WAITING, editable=False
    )
    due_at = models.DateTimeField(_("next try"), editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    lease = models.UUIDField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0, editable=False)
    tries = models.JSONField(_("tries so far"), default=list, editable=False)
    error_code = models.CharField(_("error"), max_length=64, blank=True, editable=False)
    transport_id = models.CharField(_("Message-ID"), max_length=255, blank=True, editable=False)
    created_at = models.DateTimeField(_("made"), editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, editable=False)
    settled_at = models.DateTimeField(_("settled"), null=True, editable=False)
    noted_at = models.DateTimeField(_("trouble noted"), null=True, editable=False)
    reported_at = models.DateTimeField(_("trouble reported"), null=True, editable=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ("-created_at", "-id")
        constraints = (
            models.CheckConstraint(name="message_state_known", condition=Q(state__in=MessageState.values)),
            models.CheckConstraint(name="message_channel_known", condition=Q(channel__in=Channel.values)),
            models.CheckConstraint(
                name="message_waiting_or_settled",
                condition=Q(state=MessageState.WAITING, settled_at__isnull=True)
                | (~Q(state=MessageState.WAITING) & Q(settled_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="message_sent_has_time", condition=~Q(state=MessageState.SENT) | Q(sent_at__isnull=False)
            ),
            models.CheckConstraint(
                name="message_claimed_by_lease",
                condition=Q(claimed_until__isnull=True, lease__isnull=True)
                | Q(claimed_until__isnull=False, lease__isnull=False),
            ),
        )
        indexes = (
            models.Index(fields=("due_at", "id"), name="message_due", condition=Q(state=MessageState.WAITING)),
            models.Index(fields=("about", "created_at"), name="message_about"),
            models.Index(
                fields=("settled_at",), name="message_trouble", condition=Q(state__in=TROUBLE, noted_at__isnull=True)
            ),
            models.Index(
                fields=("settled_at",), name="message_news", condition=Q(state__in=TROUBLE, reported_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return str(self.id)

    def _context(self, name: str) -> str:
        return f"message:{self.pk}:{name}"

    def seal(self, name: str, text: str) -> None:
        """Seal a text into ``<name>_sealed``. Raises Forgotten."""
        setattr(self, f"{name}_sealed", self.data_key.seal(text, self._context(name)))

    def open(self, name: str) -> str:
        """Return the text in ``<name>_sealed``, "" when there is none. Raises Forgotten, SealBroken."""
        sealed = getattr(self, f"{name}_sealed")
        return "" if sealed is None else self.data_key.unseal(sealed, self._context(name))
