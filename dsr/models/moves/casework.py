"""The moves of a case that an authority opened.

The methods stamp fields and nothing else; see ``caselife.CASE_MOVES`` for when they may run.
"""

from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField

from dsr import fsm
from dsr.caselife import CaseOutcome, CaseState
from dsr.models._sealed import SealedRow
from notifications.models import DataKey


class CaseRow(fsm.ProtectedStateMixin, SealedRow):
    """The columns of a case of an authority."""

    id = models.UUIDField(primary_key=True, editable=False)
    authority = models.CharField(_("authority"), max_length=200)
    office = models.CharField(_("office"), max_length=200, blank=True)
    state = FSMField(_("state"), max_length=12, default=str(CaseState.RECEIVED), protected=True)
    outcome = models.CharField(_("outcome"), max_length=12, blank=True)
    received_on = models.DateField(_("letter received"))
    due_on = models.DateField(_("answer due"))
    zone = models.CharField(max_length=64)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    entered_at = models.DateTimeField(_("entered"))
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    prepared_at = models.DateTimeField(_("prepared"), null=True)
    prepared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    approved_at = models.DateTimeField(_("approved"), null=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    sent_on = models.DateField(_("answered"), null=True)
    closed_at = models.DateTimeField(_("closed"), null=True)
    ended_on = models.DateField(_("ended by the authority"), null=True)
    warn_at = models.DateTimeField(null=True)
    purge_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    chain_seq = models.PositiveIntegerField(default=0)
    chain_head = models.CharField(max_length=64, blank=True)
    data_key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="+", editable=False)
    reference_sealed = models.BinaryField(null=True)
    subject_sealed = models.BinaryField(null=True)
    answer_sealed = models.BinaryField(null=True)
    place_sealed = models.BinaryField(null=True)

    class Meta:
        abstract = True

    def sealing_key(self) -> DataKey:
        """Return the case's own key."""
        return self.data_key


class CaseMoves(CaseRow):
    """What can happen to a case."""

    class Meta:
        abstract = True

    @fsm.case_move("prepare")
    def prepare(self, at: datetime, by_id: int) -> None:
        """Propose what to answer."""
        self.prepared_at, self.prepared_by_id = at, by_id

    @fsm.case_move("send_back")
    def send_back(self, at: datetime) -> None:
        """Have it prepared anew."""
        self._unprepare()

    @fsm.case_move("approve")
    def approve(self, at: datetime, by_id: int) -> None:
        """Agree with what is proposed, as the second person."""
        self.approved_at, self.approved_by_id = at, by_id

    @fsm.case_move("record_sent")
    def record_sent(self, at: datetime, sent_on: date) -> None:
        """Note on which day the answer went out."""
        self.sent_on = sent_on

    @fsm.case_move("write_again")
    def write_again(self, at: datetime, due_on: date) -> None:
        """Begin anew with another letter and its own day."""
        self._begin(due_on)

    @fsm.case_move("extend")
    def extend(self, at: datetime, due_on: date) -> None:
        """Go by the day that the authority granted."""
        self.due_on = due_on

    @fsm.case_move("assign")
    def assign(self, at: datetime, owner_id: int) -> None:
        """Say who works on it."""
        self.owner_id = owner_id

    @fsm.case_move("link")
    def link(self, at: datetime) -> None:
        """Say whom it is about."""

    @fsm.case_move("unlink")
    def unlink(self, at: datetime) -> None:
        """Take out whom it is not about."""

    @fsm.case_move("note")
    def note(self, at: datetime) -> None:
        """Keep a note among staff."""

    @fsm.case_move("order_measure")
    def order_measure(self, at: datetime) -> None:
        """Keep what the authority ordered."""

    @fsm.case_move("confirm_measure")
    def confirm_measure(self, at: datetime) -> None:
        """Keep that somebody saw that it is done."""

    @fsm.case_move("lift_measure")
    def lift_measure(self, at: datetime) -> None:
        """Keep that the authority does not want it any more."""

    @fsm.case_move("tell_person")
    def tell_person(self, at: datetime) -> None:
        """Keep that somebody told the person."""

    @fsm.case_move("close")
    def close(self, at: datetime, outcome: str, ended_on: date) -> None:
        """End it as the authority did."""
        self.closed_at, self.outcome, self.ended_on = at, outcome, ended_on

    @fsm.case_move("drop")
    def drop(self, at: datetime, ended_on: date) -> None:
        """End it without an answer, as the authority wants none."""
        self.closed_at, self.outcome, self.ended_on = at, str(CaseOutcome.WITHDRAWN), ended_on

    @fsm.case_move("reopen")
    def reopen(self, at: datetime, due_on: date) -> None:
        """Begin anew after its end."""
        self.closed_at, self.outcome, self.ended_on = None, "", None
        self._begin(due_on)

    def _begin(self, due_on: date) -> None:
        self.due_on, self.sent_on = due_on, None
        self._unprepare()

    def _unprepare(self) -> None:
        self.prepared_at = self.prepared_by_id = self.approved_at = self.approved_by_id = None
