"""One right, asked for by one person: the row that moves through the lifecycle."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from dsr.lifecycle import Outcome, State, Turn
from dsr.models.moves.choosing import ChoosingMoves
from dsr.models.moves.complaining import ComplainingMoves
from dsr.models.moves.desk import DeskMoves
from dsr.models.moves.doing import DoingMoves
from dsr.models.moves.handing import HandingMoves
from dsr.models.moves.identity import IdentityMoves
from dsr.models.moves.judging import JudgingMoves
from dsr.models.moves.objecting import ObjectingMoves
from dsr.models.moves.redaction import RedactionMoves
from dsr.models.moves.referring import ReferringMoves
from dsr.models.moves.reviewing import ReviewingMoves
from dsr.models.moves.row import Proposal
from dsr.models.moves.sending import SendingMoves
from dsr.models.moves.sheltering import ShelteringMoves
from dsr.models.moves.time import TimeMoves

__all__ = ["Proposal", "SubjectRequest"]


def _one_of(field: str, values: type[Any]) -> models.Q:
    return models.Q(**{f"{field}__in": sorted(str(value) for value in values)})


class SubjectRequest(
    IdentityMoves,
    TimeMoves,
    DeskMoves,
    RedactionMoves,
    HandingMoves,
    SendingMoves,
    DoingMoves,
    ChoosingMoves,
    JudgingMoves,
    ShelteringMoves,
    ReviewingMoves,
    ObjectingMoves,
    ReferringMoves,
    ComplainingMoves,
):
    """One right of one submission. Its state changes in ``services._moves.make`` and nowhere else."""

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
            models.UniqueConstraint(
                fields=("about",),
                name="request_one_appeal_at_a_time",
                condition=models.Q(right="appeal") & ~models.Q(state="closed"),
            ),
            models.CheckConstraint(
                condition=~models.Q(right="appeal") | models.Q(about__isnull=False), name="request_appeal_about"
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
            models.Index(fields=("about",), name="request_by_about", condition=models.Q(about__isnull=False)),
            models.Index(fields=("choice",), name="request_by_choice", condition=models.Q(choice__isnull=False)),
            models.Index(
                fields=("right", "-ready_at"), name="request_answered", condition=models.Q(ready_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.submission.reference} {self.right}"
