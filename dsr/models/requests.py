"""One right, asked for by one person: the row that moves through the lifecycle."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField

from dsr import fsm
from dsr.lifecycle import TURN_OF, Outcome, State, Turn
from dsr.models._sealed import SealedRow
from dsr.models.submissions import Submission
from dsr.rights import SPECS, Right, RightSpec
from notifications.models import DataKey


class Proposal(models.TextChoices):
    """What the preparer proposes and the approver decides on."""

    RELEASE = "release", _("do as asked")
    REFUSE = "refuse", _("refuse")


def _one_of(field: str, values: type[Any]) -> models.Q:
    return models.Q(**{f"{field}__in": sorted(str(value) for value in values)})


class SubjectRequest(fsm.ProtectedStateMixin, SealedRow):
    """One right of one submission. Its state changes in ``services._moves.make`` and nowhere else."""

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
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        ordering = ("due_at", "id")
        permissions = (
            ("work_requests", _("Can work the review queue")),
            ("approve_requests", _("Can approve and refuse")),
            ("file_requests", _("Can file for a caller")),
            ("reveal_personal", _("Can see personal values")),
            ("audit_requests", _("Can read history and reports")),
            ("lead_requests", _("Leads the team, and is warned of dates")),
            ("officer_requests", _("Answers for data protection, and is warned of dates")),
            ("check_identity", _("Can open evidence and decide who somebody is")),
        )
        constraints = (
            models.CheckConstraint(condition=_one_of("state", State), name="request_state_known"),
            models.CheckConstraint(condition=_one_of("turn", Turn), name="request_turn_known"),
            models.CheckConstraint(
                condition=_one_of("outcome", Outcome) | models.Q(outcome=""), name="request_outcome_known"
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(state="closed", closed_at__isnull=False) & ~models.Q(outcome="")
                    | ~models.Q(state="closed") & models.Q(closed_at__isnull=True, outcome="")
                ),
                name="request_closed_with_outcome",
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(prepared_at__isnull=True, prepared_by__isnull=True, proposal="")
                    | models.Q(prepared_at__isnull=False, prepared_by__isnull=False) & ~models.Q(proposal="")
                ),
                name="request_prepared_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by__isnull=True) | ~models.Q(approved_by=models.F("prepared_by")),
                name="request_two_people",
            ),
        )
        indexes = (
            models.Index(fields=("due_at", "id"), name="request_due"),
            models.Index(fields=("due_at", "id"), name="request_open_due", condition=~models.Q(state="closed")),
            models.Index(fields=("state", "due_at", "id"), name="request_state_due"),
            models.Index(fields=("right", "due_at", "id"), name="request_right_due"),
            models.Index(fields=("slack_at", "id"), name="request_open_slack", condition=~models.Q(state="closed")),
            models.Index(
                fields=("turn", "slack_at", "id"), name="request_turn_slack", condition=~models.Q(state="closed")
            ),
            models.Index(
                fields=("assignee", "slack_at", "id"), name="request_mine_slack", condition=~models.Q(state="closed")
            ),
            models.Index(fields=("choice",), name="request_by_choice", condition=models.Q(choice__isnull=False)),
            models.Index(
                fields=("right", "-ready_at"), name="request_answered", condition=models.Q(ready_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.submission.reference} {self.right}"

    @property
    def spec(self) -> RightSpec:
        """What this right means for the service."""
        return SPECS[Right(self.right)]

    def sealing_key(self) -> DataKey:
        """Return the data key of the submission."""
        return self.submission.data_key

    # The methods below stamp fields and nothing else; see ``lifecycle.MOVES`` for when they may run.

    @fsm.move("ask_identity")
    def ask_identity(self, at: datetime) -> None:
        """Wait for the person to prove control of the address."""

    @fsm.move("begin")
    def begin(self, at: datetime) -> None:
        """Start on an answer that needs no identity."""

    @fsm.move("choose")
    def choose(self, at: datetime) -> None:
        """Let a choice stand."""

    @fsm.move("late")
    def late(self, at: datetime) -> None:
        """Note that systems do not mind a choice in time, which the person is told."""

    @fsm.move("in_effect")
    def in_effect(self, at: datetime) -> None:
        """Every system minds the choice."""

    @fsm.move("chosen_anew")
    def chosen_anew(self, at: datetime) -> None:
        """Stop, as the person chose something else since."""

    @fsm.move("confirm_identity")
    def confirm_identity(self, at: datetime) -> None:
        """Let the request through to the desk."""

    @fsm.move("ask_more")
    def ask_more(self, at: datetime) -> None:
        """Ask for one rung more of proof, as somebody has reason to doubt who is asking."""
        self.identity_doubts += 1

    @fsm.move("check_identity")
    def check_identity(self, at: datetime) -> None:
        """Record what a member of staff found out about who is asking."""

    @fsm.move("check_mandate")
    def check_mandate(self, at: datetime) -> None:
        """Record whether a member of staff accepts that one acts for another."""

    @fsm.move("revoke_mandate")
    def revoke_mandate(self, at: datetime) -> None:
        """Note that the person took the authority back."""

    @fsm.move("end_unproved")
    def end_unproved(self, at: datetime) -> None:
        """Stop, as it cannot be said who is asking."""

    @fsm.move("hold")
    def hold(self, at: datetime) -> None:
        """Release nothing for a while; until when is on the submission."""

    @fsm.move("lift_hold")
    def lift_hold(self, at: datetime) -> None:
        """Release again."""

    @fsm.move("stop")
    def stop(self, at: datetime) -> None:
        """Hold everything, as somebody on file says that they did not ask."""

    @fsm.move("resume")
    def resume(self, at: datetime) -> None:
        """Go on, as a member of staff found out that all is well."""
        self.turn = str(TURN_OF[State(self.state)])

    @fsm.move("note_unasked")
    def note_unasked(self, at: datetime) -> None:
        """Note that something came in that nobody asked for, and was destroyed."""

    @fsm.move("warn_lapse")
    def warn_lapse(self, at: datetime) -> None:
        """Note that the person was warned."""

    @fsm.move("lapse")
    def lapse(self, at: datetime) -> None:
        """Give up waiting for the identity, until the person comes back."""

    @fsm.move("reopen")
    def reopen(self, at: datetime) -> None:
        """Wait for the person again, under the same reference."""

    @fsm.move("acknowledge")
    def acknowledge(self, at: datetime) -> None:
        """Note that receipt was confirmed to the person."""

    @fsm.move("extend")
    def extend(self, at: datetime) -> None:
        """Put the answer off, which the person is told with the reasons."""

    @fsm.move("clarify")
    def clarify(self, at: datetime) -> None:
        """Put a question to the person that stops the clock."""
        self.question_at = at

    @fsm.move("tell_fee")
    def tell_fee(self, at: datetime) -> None:
        """Tell the person what answering costs, and wait for word."""
        self.fee_told_at = at

    @fsm.move("accept_fee")
    def accept_fee(self, at: datetime) -> None:
        """Go on, as the person accepts the fee."""
        self.fee_told_at = None

    @fsm.move("waive_fee")
    def waive_fee(self, at: datetime) -> None:
        """Go on without a fee."""
        self.fee_told_at = None

    @fsm.move("fee_unanswered")
    def fee_unanswered(self, at: datetime) -> None:
        """Stop, as the person did not accept the fee in time."""

    @fsm.move("miss")
    def miss(self, at: datetime) -> None:
        """Note that the promised date went by, which the person is told."""

    @fsm.move("change_laws")
    def change_laws(self, at: datetime) -> None:
        """Work the dates out under other laws; those are on the submission."""

    @fsm.move("change_rules")
    def change_rules(self, at: datetime, version: str) -> None:
        """Pin everything in the submission to other rules."""
        self.submission.rules_version = version

    @fsm.move("search")
    def search(self, at: datetime) -> None:
        """Ask the systems."""
        self.searched_at = None

    @fsm.move("found")
    def found(self, at: datetime) -> None:
        """Every system has answered, or somebody decided to go on without it."""
        self.searched_at = at

    @fsm.move("retry_system")
    def retry_system(self, at: datetime) -> None:
        """Ask one system once more."""
        self.searched_at = None

    @fsm.move("go_without")
    def go_without(self, at: datetime) -> None:
        """Record that one system is left out, which the person is told."""

    @fsm.move("assign")
    def assign(self, at: datetime, assignee_id: int | None) -> None:
        """Give the request to a colleague, or back to the queue."""
        self.assignee_id = assignee_id

    @fsm.move("note")
    def note(self, at: datetime) -> None:
        """Keep a note among staff."""

    @fsm.move("ask")
    def ask(self, at: datetime) -> None:
        """Put a question to the person."""
        self.question_at = at

    @fsm.move("answer")
    def answer(self, at: datetime) -> None:
        """Take the person's answer to an open question."""
        self.question_at = None

    @fsm.move("message")
    def message(self, at: datetime) -> None:
        """Keep a message, either way."""

    @fsm.move("withhold")
    def withhold(self, at: datetime) -> None:
        """Keep part of the answer back, on a coded ground."""

    @fsm.move("release")
    def release(self, at: datetime) -> None:
        """Undo a withholding."""

    @fsm.move("prepare")
    def prepare(self, at: datetime, by_id: int) -> None:
        """Propose to give what was found."""
        self._propose(at, by_id, Proposal.RELEASE)

    @fsm.move("propose_refusal")
    def propose_refusal(self, at: datetime, by_id: int, ground: str) -> None:
        """Propose to refuse, on a coded ground."""
        self._propose(at, by_id, Proposal.REFUSE)
        self.refusal_ground = ground

    @fsm.move("send_back")
    def send_back(self, at: datetime) -> None:
        """Return a proposal to the desk."""
        self.unprepare()

    @fsm.move("approve")
    def approve(self, at: datetime, by_id: int) -> None:
        """Release the answer, as the second person; a question that nobody answered is not waited for any longer."""
        self.approved_by_id, self.approved_at = by_id, at
        self.question_at = None

    @fsm.move("approve_by_rule")
    def approve_by_rule(self, at: datetime) -> None:
        """Release the answer under a rule the organisation has set for simple cases."""
        self.approved_at = at
        self.question_at = None

    @fsm.move("refuse")
    def refuse(self, at: datetime, by_id: int) -> None:
        """Refuse, as the second person."""
        self.approved_by_id, self.approved_at = by_id, at

    @fsm.move("refuse_late")
    def refuse_late(self, at: datetime, by_id: int) -> None:
        """Refuse after the last day for it, as the second person."""
        self.approved_by_id, self.approved_at = by_id, at

    @fsm.move("redirect")
    def redirect(self, at: datetime, by_id: int) -> None:
        """Send the person to the organisation that decides about this data."""
        self.approved_by_id, self.approved_at = by_id, at

    @fsm.move("built")
    def built(self, at: datetime) -> None:
        """Hold the finished answer ready."""
        self.ready_at = at

    @fsm.move("build_failed")
    def build_failed(self, at: datetime) -> None:
        """Bring an answer that could not be built back to the desk."""
        self.unprepare()

    @fsm.move("collect")
    def collect(self, at: datetime) -> None:
        """The person has the answer."""

    @fsm.move("warn_expiry")
    def warn_expiry(self, at: datetime) -> None:
        """Note that the person was warned."""

    @fsm.move("expire")
    def expire(self, at: datetime) -> None:
        """Stop holding an answer ready that nobody collected."""

    @fsm.move("reissue")
    def reissue(self, at: datetime) -> None:
        """Hold the same answer ready once more."""
        self.ready_at = at

    @fsm.move("renew")
    def renew(self, at: datetime) -> None:
        """Search and answer again, under the same reference."""
        self.searched_at = self.ready_at = None
        self.unprepare()

    @fsm.move("confirm_erasure")
    def confirm_erasure(self, at: datetime) -> None:
        """Note that the person wants it all the same, knowing what follows."""
        self.confirmed_at = at

    @fsm.move("remind_to_confirm")
    def remind_to_confirm(self, at: datetime) -> None:
        """Note that the person was reminded."""

    @fsm.move("erasure_unconfirmed")
    def erasure_unconfirmed(self, at: datetime) -> None:
        """Stop, as the person did not say a second time that this is wanted."""

    @fsm.move("take_up")
    def take_up(self, at: datetime) -> None:
        """Go on after all, under the same reference."""
        self.searched_at = None
        self.unprepare()

    @fsm.move("add_item")
    def add_item(self, at: datetime) -> None:
        """Add one thing that is said to be wrong."""

    @fsm.move("decide_item")
    def decide_item(self, at: datetime) -> None:
        """Decide one thing that is said to be wrong."""

    @fsm.move("disagree")
    def disagree(self, at: datetime) -> None:
        """Keep the person's statement beside the data."""

    @fsm.move("halt")
    def halt(self, at: datetime) -> None:
        """Bring what was approved back to the desk before more of it is carried out."""
        self.act_at = self.searched_at = None
        self.unprepare()

    @fsm.move("begin_acting")
    def begin_acting(self, at: datetime) -> None:
        """Carry out what was approved."""
        self.act_at = None

    @fsm.move("retry_task")
    def retry_task(self, at: datetime) -> None:
        """Have a system try its part once more."""

    @fsm.move("accept_failure")
    def accept_failure(self, at: datetime) -> None:
        """Go on without one system's part, which the person is told."""

    @fsm.move("acted")
    def acted(self, at: datetime) -> None:
        """Every system has done its part."""

    @fsm.move("erased_later")
    def erased_later(self, at: datetime) -> None:
        """Note that the day of something that was kept has come, and that it is gone."""

    @fsm.move("reappeared")
    def reappeared(self, at: datetime) -> None:
        """Note that something that was erased is there again."""

    @fsm.move("erase_again")
    def erase_again(self, at: datetime) -> None:
        """Have what is there again erased again."""

    @fsm.move("tell_lifting")
    def tell_lifting(self, at: datetime) -> None:
        """Tell the person that the restriction ends, before it does."""

    @fsm.move("lift_restriction")
    def lift_restriction(self, at: datetime) -> None:
        """Let the data be used again, after the notice."""

    @fsm.move("withdraw")
    def withdraw(self, at: datetime) -> None:
        """Stop because the person asked."""

    def _propose(self, at: datetime, by_id: int, proposal: Proposal) -> None:
        self.proposal, self.prepared_at, self.prepared_by_id = proposal, at, by_id

    def unprepare(self) -> None:
        """Forget a proposal and what came of it."""
        self.proposal, self.prepared_at, self.prepared_by_id = "", None, None
        self.approved_at, self.approved_by_id, self.refusal_ground = None, None, ""
        self.reason_sealed = None
