"""What is taken out of an answer because it is about others, and who says so."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.models._sealed import SealedRow
from dsr.models.requests import SubjectRequest
from dsr.models.work import Step
from notifications.models import DataKey


class MarkWhat(models.TextChoices):
    """What a mark covers."""

    TEXT = "text", _("a text, wherever it stands")
    FIELD = "field", _("a whole field")
    FILE = "file", _("a file, which is left out")
    PASS = "pass", _("a file, which goes as it is although no program can read it")


class MarkKind(models.TextChoices):
    """What kind of thing is taken out. The person is told this, and never the thing."""

    NAME = "name", _("the name of somebody else")
    ADDRESS = "address", _("an address of somebody else")
    NUMBER = "number", _("a number of somebody else")
    WORDS = "words", _("what somebody else said")
    STAFF = "staff", _("who of our staff it was")
    SECRET = "secret", _("a password or another secret")
    TRADE_SECRET = "trade_secret", _("a trade secret")
    FILE = "file", _("a document about somebody else")


class MarkState(models.TextChoices):
    """Whether a mark counts."""

    PROPOSED = "proposed", _("proposed by a program")
    MARKED = "marked", _("marked")
    REJECTED = "rejected", _("not taken up")
    LIFTED = "lifted", _("taken back")


class Mark(SealedRow):
    """One thing that is taken out. What a program proposes is nobody's mark until a member of staff takes it up."""

    id = models.UUIDField(primary_key=True, editable=False)
    request = models.ForeignKey(SubjectRequest, on_delete=models.PROTECT, related_name="marks")
    step = models.ForeignKey(Step, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    parcel = models.CharField(max_length=160, blank=True, editable=False)
    what = models.CharField(_("what"), max_length=8, choices=MarkWhat.choices)
    kind = models.CharField(_("kind"), max_length=16, choices=MarkKind.choices)
    ground = models.CharField(_("ground"), max_length=40)
    state = models.CharField(_("state"), max_length=8, choices=MarkState.choices)
    dataset = models.CharField(_("data set"), max_length=128, blank=True)
    field = models.CharField(_("field"), max_length=128, blank=True)
    record = models.PositiveIntegerField(_("record"), null=True)
    file = models.PositiveIntegerField(_("file"), null=True)
    text_sealed = models.BinaryField(null=True)
    reason_sealed = models.BinaryField(null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(_("when"))
    looked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    looked_at = models.DateTimeField(_("looked over"), null=True)
    ended_at = models.DateTimeField(_("taken back or not taken up"), null=True)

    class Meta:
        verbose_name = _("mark")
        verbose_name_plural = _("marks")
        ordering = ("at", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(looked_by__isnull=True) | ~models.Q(looked_by=models.F("by")),
                name="mark_two_people",
            ),
            models.CheckConstraint(
                condition=models.Q(state="proposed", by__isnull=True) | ~models.Q(state="proposed"),
                name="mark_proposed_by_nobody",
            ),
            models.CheckConstraint(
                condition=models.Q(state="marked", by__isnull=False, reason_sealed__isnull=False)
                | ~models.Q(state="marked"),
                name="mark_by_somebody_with_reason",
            ),
        )

    def __str__(self) -> str:
        return f"{self.what} {self.kind}"

    def sealing_key(self) -> DataKey:
        """Return the data key of the submission."""
        return self.request.submission.data_key
