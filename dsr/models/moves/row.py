"""The columns of a request, and what its moves have in common."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField

from dsr import fsm
from dsr.lifecycle import State, Turn
from dsr.models._sealed import SealedRow
from dsr.models.submissions import Submission
from dsr.rights import SPECS, Right, RightSpec
from notifications.models import DataKey


class Proposal(models.TextChoices):
    """What the preparer proposes and the approver decides on."""

    RELEASE = "release", _("do as asked")
    REFUSE = "refuse", _("refuse")
    ANSWER = "answer", _("answer so")
    UNASKED = "unasked", _("end it, as it was not asked for")


class RequestRow(fsm.ProtectedStateMixin, SealedRow):
    """The columns of one right of one submission. The moves are in the modules beside this one."""

    id = models.UUIDField(primary_key=True, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="requests")
    right = models.CharField(_("right"), max_length=40, choices=[(str(right), SPECS[right].title) for right in Right])
    state = FSMField(_("state"), max_length=16, default=str(State.RECEIVED), protected=True)
    outcome = models.CharField(_("outcome"), max_length=24, blank=True)
    turn = models.CharField(_("whose turn"), max_length=8, default=str(Turn.SYSTEMS))
    regime = models.CharField(_("governing law"), max_length=32)
    received_at = models.DateTimeField(_("received"))
    due_at = models.DateTimeField(_("due"))
    due_on = models.DateField(_("due on"))
    last_on = models.DateField(_("last lawful day"), null=True)
    slack_at = models.DateTimeField(_("start by"), null=True)
    waits_for = models.CharField(_("the clock waits for"), max_length=16, blank=True, default="", db_default="")
    fee_told_at = models.DateTimeField(_("fee told"), null=True)
    identity_floor = models.PositiveSmallIntegerField(_("identity level needed"), default=1, db_default=1)
    identity_of_record = models.BooleanField(_("only to a channel of record"), default=False, db_default=False)
    identity_doubts = models.PositiveSmallIntegerField(_("times more was asked for"), default=0, db_default=0)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    question_at = models.DateTimeField(_("question put to the person"), null=True)
    proposal = models.CharField(_("proposal"), max_length=8, choices=Proposal.choices, blank=True)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    prepared_at = models.DateTimeField(_("prepared"), null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    approved_at = models.DateTimeField(_("approved"), null=True)
    proposed_outcome = models.CharField(
        _("what it would come to"), max_length=24, blank=True, default="", db_default=""
    )
    investigator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    about = models.ForeignKey(
        "dsr.SubjectRequest",
        on_delete=models.PROTECT,
        null=True,
        related_name="contested",
        db_index=False,
        editable=False,
    )
    refusal_ground = models.CharField(_("refusal ground"), max_length=40, blank=True)
    confirmed_at = models.DateTimeField(_("erasure confirmed twice"), null=True)
    act_at = models.DateTimeField(_("carried out from"), null=True)
    searched_at = models.DateTimeField(_("systems searched"), null=True)
    ready_at = models.DateTimeField(_("answer ready"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    choice = models.ForeignKey(
        "dsr.Choice", on_delete=models.PROTECT, null=True, related_name="requests", db_index=False, editable=False
    )
    cpni_entry = models.ForeignKey(
        "dsr.CpniEntry", on_delete=models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )
    version = models.PositiveIntegerField(default=1)
    details_sealed = models.BinaryField(null=True)
    reason_sealed = models.BinaryField(null=True)

    class Meta:
        abstract = True

    @property
    def spec(self) -> RightSpec:
        """What this right means for the service."""
        return SPECS[Right(self.right)]

    def sealing_key(self) -> DataKey:
        """Return the data key of the submission."""
        return self.submission.data_key

    def _propose(self, at: datetime, by_id: int, proposal: Proposal) -> None:
        self.proposal, self.prepared_at, self.prepared_by_id = proposal, at, by_id

    def unprepare(self) -> None:
        """Forget a proposal and what came of it."""
        self.proposal, self.prepared_at, self.prepared_by_id = "", None, None
        self.approved_at, self.approved_by_id, self.refusal_ground = None, None, ""
        self.proposed_outcome = ""
        self.reason_sealed = None
