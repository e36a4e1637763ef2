"""Letters that came by mail: each is a row before it is anything else, and waits for a person to say what it is."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from dsr.models.submissions import Submission
from notifications.models import DataKey


class MailState(models.TextChoices):
    """Where a letter stands."""

    KEPT = "kept", _("kept, not looked at yet")
    WAITING = "waiting", _("waits for somebody")
    DONE = "done", _("dealt with")


class MailKind(models.TextChoices):
    """What a letter seems to be."""

    REQUEST = "request", _("a request")
    REPLY = "reply", _("about a case of ours")
    REGULATOR = "regulator", _("from an authority")
    LAW_ENFORCEMENT = "law_enforcement", _("from the police or a court")
    LEGAL_CLAIM = "legal_claim", _("a legal claim")
    APPLICANT = "applicant", _("about a job")
    SALES = "sales", _("advertising")
    BOUNCE = "bounce", _("a letter of ours that came back")
    AUTOMATIC = "automatic", _("written by a machine")
    UNCLEAR = "unclear", _("not clear")
    UNREADABLE = "unreadable", _("could not be read")


class MailEnd(models.TextChoices):
    """What became of a letter."""

    NONE = "", _("nothing yet")
    FILED = "filed", _("filed as a request")
    TIED = "tied", _("added to a case")
    NOT_OURS = "not_ours", _("nothing of ours")
    FORWARDED = "forwarded", _("handed to others")
    RETURNED = "returned", _("noted at the letter that came back")


class MailCode(models.TextChoices):
    """Why a letter is nothing of ours, or to whom it was handed."""

    NONE = "", _("no more to say")
    SPAM = "spam", _("spam or advertising")
    MACHINE = "machine", _("an automatic answer")
    AGAIN = "again", _("the same as another letter")
    OTHER_COMPANY = "other_company", _("meant for another organisation")
    NO_REQUEST = "no_request", _("nothing is asked of us")
    DECEIT = "deceit", _("an attempt to deceive")
    APPLICANTS = "applicants", _("those who deal with applicants")
    LAW = "law", _("those who deal with the police and courts")
    LEGAL = "legal", _("the lawyers")
    AUTHORITIES = "authorities", _("those who answer authorities")
    SUPPORT = "support", _("customer support")


NOT_OURS = (
    *(MailCode.SPAM, MailCode.MACHINE, MailCode.AGAIN),
    *(MailCode.OTHER_COMPANY, MailCode.NO_REQUEST, MailCode.DECEIT),
)
QUEUES = (MailCode.APPLICANTS, MailCode.LAW, MailCode.LEGAL, MailCode.AUTHORITIES, MailCode.SUPPORT)


class MailMove(models.TextChoices):
    """What happened to a letter."""

    KEPT = "kept", _("Came in")
    READ = "read", _("Was taken apart")
    OPENED = "opened", _("Opened")
    FILED = "filed", _("Filed as a request")
    TIED = "tied", _("Added to a case")
    PROPOSED = "proposed", _("Proposed to be done with it")
    SENT_BACK = "sent_back", _("Proposal sent back")
    NOT_OURS = "not_ours", _("Found to be nothing of ours")
    FORWARDED = "forwarded", _("Handed to others")
    RETURNED = "returned", _("Noted at the letter that came back")
    REOPENED = "reopened", _("Opened again")
    WARNED = "warned", _("Colleagues were warned of the date")
    EMPTIED = "emptied", _("What came along was taken out of what is kept")
    FORGOTTEN = "forgotten", _("The letter was destroyed")


class InboundMail(SealedRow):
    """One letter. Its bytes lie in the vault under a key of its own; the row says how far we are with it."""

    id = models.UUIDField(primary_key=True, editable=False)
    mail_fingerprint = models.CharField(max_length=96, null=True, unique=True, editable=False)
    sender_fingerprint = models.CharField(max_length=96, blank=True, editable=False)
    validity = models.BigIntegerField(editable=False)
    uid = models.BigIntegerField(editable=False)
    received_at = models.DateTimeField(_("received"), editable=False)
    kept_at = models.DateTimeField(_("kept"), editable=False)
    moved_at = models.DateTimeField(_("moved aside in the mailbox"), null=True, editable=False)
    stays = models.BooleanField(_("copied, and left marked"), default=False, db_default=False, editable=False)
    """Whether the mail server can only mark what is to go, so that the message is met again as long as it does not."""
    size = models.BigIntegerField(_("size in bytes"), editable=False)
    whole = models.BooleanField(_("kept whole"), default=True, editable=False)
    vault_name = models.CharField(max_length=160, blank=True, editable=False)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)

    state = models.CharField(_("state"), max_length=10, choices=MailState.choices, default=MailState.KEPT)
    claimed_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    read_at = models.DateTimeField(_("read"), null=True, editable=False)
    kind = models.CharField(_("what it seems to be"), max_length=16, choices=MailKind.choices, blank=True)
    rights = models.JSONField(_("rights proposed"), default=list)
    flags = models.JSONField(_("warnings"), default=list)
    rank = models.PositiveSmallIntegerField(_("what goes first"), default=5)
    due_at = models.DateTimeField(_("to be looked at by"))
    warned_at = models.DateTimeField(_("warned"), null=True, editable=False)
    sender_sealed = models.BinaryField(null=True)
    subject_sealed = models.BinaryField(null=True)
    because_sealed = models.BinaryField(null=True)
    case = models.ForeignKey(Submission, on_delete=models.PROTECT, null=True, related_name="mail", editable=False)

    end = models.CharField(_("what became of it"), max_length=10, choices=MailEnd.choices, blank=True)
    code = models.CharField(_("why"), max_length=16, choices=MailCode.choices, blank=True)
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    done_at = models.DateTimeField(_("dealt with on"), null=True, editable=False)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    rounds = models.PositiveSmallIntegerField(_("how often it was opened again"), default=0, editable=False)
    purge_at = models.DateTimeField(_("destroyed on"), null=True, editable=False)
    purged_at = models.DateTimeField(_("destroyed"), null=True, editable=False)

    class Meta:
        verbose_name = _("letter by mail")
        verbose_name_plural = _("letters by mail")
        ordering = ("rank", "received_at", "id")
        permissions = (("handle_mail", _("Can deal with letters that came by mail, and enter requests")),)
        constraints = (
            models.CheckConstraint(condition=models.Q(state__in=MailState.values), name="mail_state_known"),
            models.CheckConstraint(condition=models.Q(end__in=MailEnd.values), name="mail_end_known"),
            models.CheckConstraint(condition=models.Q(code__in=MailCode.values), name="mail_code_known"),
            models.CheckConstraint(
                condition=models.Q(state="done", done_at__isnull=False) & ~models.Q(end="")
                | ~models.Q(state="done") & models.Q(done_at__isnull=True, done_by__isnull=True),
                name="mail_done_says_how_and_when",
            ),
        )
        indexes = (
            models.Index(
                fields=("rank", "received_at", "id"), name="mail_waiting", condition=models.Q(state="waiting")
            ),
            models.Index(fields=("received_at",), name="mail_to_read", condition=models.Q(state="kept")),
            models.Index(
                fields=("due_at",), name="mail_to_warn", condition=models.Q(state="waiting", warned_at__isnull=True)
            ),
            models.Index(fields=("-done_at", "id"), name="mail_done", condition=models.Q(state="done")),
            models.Index(
                fields=("purge_at",), name="mail_to_purge", condition=models.Q(purged_at__isnull=True, state="done")
            ),
            models.Index(fields=("validity", "uid"), name="mail_left", condition=models.Q(whole=False)),
            models.Index(fields=("validity", "uid"), name="mail_stays", condition=models.Q(stays=True)),
        )

    def __str__(self) -> str:
        return str(self.pk)

    def sealing_key(self) -> DataKey:
        """Return the letter's own key."""
        return self.data_key


class MailEntry(models.Model):
    """One line of what happened to a letter: codes and who, never what it says. Never changed."""

    id = models.BigAutoField(primary_key=True)
    mail = models.ForeignKey(InboundMail, on_delete=models.PROTECT, related_name="entries")
    at = models.DateTimeField(_("when"))
    move = models.CharField(_("what"), max_length=10, choices=MailMove.choices)
    facts = models.JSONField(_("particulars"), default=dict)
    by = models.CharField(_("who"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("line about a letter")
        verbose_name_plural = _("lines about letters")
        ordering = ("id",)
        constraints = (models.CheckConstraint(condition=models.Q(move__in=MailMove.values), name="mail_move_known"),)

    def __str__(self) -> str:
        return self.move


class MailboxState(models.Model):
    """How it stands with the one mailbox that is read. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    reached_at = models.DateTimeField(_("last reached"), null=True)
    failing_since = models.DateTimeField(_("not reached since"), null=True)
    error = models.CharField(_("error"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("mailbox")
        verbose_name_plural = _("mailboxes")
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="mailbox_is_one"),)

    def __str__(self) -> str:
        return self.error or "reached"
