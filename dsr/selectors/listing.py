"""One page of requests at a time, by keyset: what a page costs does not grow with the table or with how far one is.

The order is (due_at, id), or (slack_at, id) of what is open. A position is the last row seen and a direction, so rows
that come and go meanwhile neither repeat nor hide others.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Q

from dsr.lifecycle import State, Turn
from dsr.models import SubjectRequest
from dsr.rights import Right
from dsr.selectors import queue
from dsr.selectors.queue import Requests, Sought

_COLUMNS = (
    *("id", "submission_id", "right", "state", "outcome", "turn", "regime", "received_at", "due_at", "due_on"),
    *("slack_at", "waits_for", "closed_at", "proposal", "question_at", "version", "assignee_id"),
    *("identity_floor", "identity_of_record", "identity_doubts", "assignee__username"),
    *(
        f"submission__{name}"
        for name in (
            *("reference", "received_at", "channel", "country", "region", "zone", "relationship", "regimes"),
            *("rules_version", "notice_id", "notice_version", "verified_level", "verified_method", "vouched"),
            *("looked_at", "signed_in", "of_record", "held_until", "stopped_at", "for_other", "sheltered"),
            # whether the address that letters go to was shown to be read is sealed with the case
            *(
                "email_sealed",
                "proved_sealed",
                "data_key__wrapped",
                "data_key__wrapped_under",
                "data_key__forgotten_at",
            ),
        )
    ),
)

Standing = State | Literal["open", "all"]
Order = Literal["due", "slack"]

_FIELDS: dict[Order, str] = {"due": "due_at", "slack": "slack_at"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests, and in which order. None means that it does not matter; ``nobody`` has those of no colleague.

    By slack only what is open can be read: nothing has to be started on what is closed, and no index holds it.
    """

    right: Right | None = None
    standing: Standing = "open"
    turn: Turn | None = None
    overdue: bool | None = None
    assignee: str | None = None
    nobody: bool = False
    sought: Sought | None = None
    order: Order = "due"
    outside: bool = False
    """Whether it is for somebody for whom the cases of children's accounts are not there."""


@dataclass(frozen=True, slots=True)
class Position:
    """A place between two rows in one of the orders, and which way to read from it."""

    at: datetime
    id: UUID
    backwards: bool = False
    order: Order = "due"


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, and where the neighbouring pages begin; None where there is none."""

    rows: list[SubjectRequest]
    following: Position | None
    preceding: Position | None


def page(wanted: Wanted, position: Position | None, limit: int, at: datetime) -> Page:
    """Return up to ``limit`` rows from a position, or from the first row that is due.

    One statement; one more each where a person or a colleague has to be looked up first.
    """
    backwards = position is not None and position.backwards
    rows, by = _narrowed(wanted, at), _FIELDS[wanted.order]
    if wanted.order == "slack":
        rows = queue.still_open(rows).filter(slack_at__isnull=False)
    if position is not None:
        rows = rows.filter(_before(position, by) if backwards else _after(position, by))
    rows = rows.order_by(f"-{by}", "-id") if backwards else rows.order_by(by, "id")
    found = list(rows[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()
    earlier = more if backwards else position is not None
    later = True if backwards else more
    return Page(
        rows=found,
        following=_beside(found[-1], wanted.order, backwards=False) if found and later else None,
        preceding=_beside(found[0], wanted.order, backwards=True) if found and earlier else None,
    )


def _there(wanted: Wanted) -> Requests:
    rows = queue.rows().select_related("submission__data_key", "assignee").only(*_COLUMNS)
    return rows.filter(submission__sheltered=False) if wanted.outside else rows


def _narrowed(wanted: Wanted, at: datetime) -> Requests:
    rows = _there(wanted)
    if wanted.standing == "open":
        rows = queue.still_open(rows)
    elif wanted.standing != "all":
        rows = rows.filter(state=str(wanted.standing))
    if wanted.right is not None:
        rows = rows.filter(right=str(wanted.right))
    if wanted.turn is not None:
        rows = rows.filter(turn=str(wanted.turn))
    if wanted.overdue is True:
        rows = queue.overdue(rows, at)
    elif wanted.overdue is False:
        rows = rows.filter(Q(state__in=queue.ANSWERED) | Q(due_at__gt=at) | ~Q(waits_for=""))
    if wanted.nobody:
        rows = rows.filter(assignee_id=None)
    elif wanted.assignee is not None:
        # The id first: with the name in the same statement no plan knows that one index gives rows and order at once.
        colleague = get_user_model().objects.filter(username=wanted.assignee).values_list("pk", flat=True).first()
        rows = rows.filter(assignee_id=colleague) if colleague else rows.none()
    if wanted.sought is not None:
        rows = queue.found(rows, wanted.sought)
    return rows


def _after(position: Position, by: str) -> Q:
    # The first condition alone bounds the index; the second cuts off what comes at the same instant.
    later = Q(**{f"{by}__gt": position.at}) | Q(id__gt=position.id)
    return Q(**{f"{by}__gte": position.at}) & later


def _before(position: Position, by: str) -> Q:
    earlier = Q(**{f"{by}__lt": position.at}) | Q(id__lt=position.id)
    return Q(**{f"{by}__lte": position.at}) & earlier


def _beside(row: SubjectRequest, order: Order, *, backwards: bool) -> Position:
    at = row.slack_at if order == "slack" else row.due_at
    assert at is not None
    return Position(at, row.pk, backwards, order)
