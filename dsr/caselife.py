"""The lifecycle of a case that an authority opens against the organisation: one table, like that of requests.

It is a kind of its own: nobody filed it, no right is asked for, its day is that of the authority's letter, and the
person whom it is about learns of it only where staff tell them. ``fsm.case_move`` binds each row to a method.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dsr.lifecycle import STAFF, Actor


class CaseState(StrEnum):
    """Where the case of an authority stands. Whether it is overdue is worked out from its day."""

    RECEIVED = "received"
    PREPARED = "prepared"
    APPROVED = "approved"
    ANSWERED = "answered"
    CLOSED = "closed"


class CaseOutcome(StrEnum):
    """How an authority ended a case."""

    NO_BREACH = "no_breach"
    SETTLED = "settled"
    WARNING = "warning"
    ORDER = "order"
    FINE = "fine"
    WITHDRAWN = "withdrawn"
    """The authority let it go before it was answered, or did not go on."""


@dataclass(frozen=True, slots=True)
class CaseMove:
    """One row: what may happen, from where, to where, by whom, and under which conditions; as ``lifecycle.Move``."""

    verb: str
    title: str | Promise
    sources: frozenset[CaseState]
    target: CaseState | None
    actors: frozenset[Actor]
    needs: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    may_say: tuple[str, ...] = ()


OPEN = frozenset(CaseState) - {CaseState.CLOSED}
WAITING = OPEN - {CaseState.ANSWERED}
"""Where the authority still waits for our answer."""
_RECEIVED, _PREPARED, _APPROVED = {CaseState.RECEIVED}, {CaseState.PREPARED}, {CaseState.APPROVED}
_ANSWERED, _CLOSED = {CaseState.ANSWERED}, {CaseState.CLOSED}
_APPROVER = {Actor.APPROVER}


def _move(
    verb: str,
    title: str | Promise,
    sources: Iterable[CaseState],
    target: CaseState | None,
    actors: Iterable[Actor],
    *needs: str,
    inputs: tuple[str, ...] = (),
    may_say: tuple[str, ...] = (),
) -> CaseMove:
    return CaseMove(verb, title, frozenset(sources), target, frozenset(actors), needs, inputs, may_say)


# fmt: off
CASE_MOVES: tuple[CaseMove, ...] = (
    _move("prepare",         _("Propose what to answer"),         _RECEIVED, CaseState.PREPARED, STAFF, "not_about_you", inputs=("text",), may_say=("place",)),
    _move("send_back",       _("Send back"),                      _PREPARED | _APPROVED, CaseState.RECEIVED, STAFF, "not_about_you", inputs=("reason",)),
    _move("approve",         _("Approve the answer"),             _PREPARED, CaseState.APPROVED, _APPROVER, "not_about_you", "second_person"),
    _move("record_sent",     _("Note that the answer was sent"),  _APPROVED, CaseState.ANSWERED, STAFF, "not_about_you", inputs=("sent_on", "place")),
    _move("write_again",     _("Note that the authority wrote again"), _ANSWERED, CaseState.RECEIVED, STAFF, "not_about_you", inputs=("received_on", "due_on", "text")),
    _move("extend",          _("Note that the authority gave more time"), WAITING, None, STAFF, "not_about_you", inputs=("due_on", "granted_on", "place")),
    _move("assign",          _("Say who works on it"),            OPEN, None, STAFF, "not_about_you", inputs=("owner",)),
    _move("link",            _("Say whom it is about"),           OPEN, None, STAFF, "not_about_you", inputs=("reference",), may_say=("request",)),
    _move("unlink",          _("Take a link out"),                OPEN, None, STAFF, "not_about_you", "is_linked", inputs=("link", "reason")),
    _move("note",            _("Add a note"),                     CaseState, None, STAFF, "not_about_you", "not_forgotten", inputs=("text",)),
    _move("order_measure",   _("Note a measure that was ordered"), OPEN, None, STAFF, "not_about_you", inputs=("text", "owner", "due_on")),
    _move("confirm_measure", _("Confirm that a measure is done"), OPEN, None, STAFF, "not_about_you", "measure_open", inputs=("measure", "place")),
    _move("lift_measure",    _("Note that a measure was lifted"), OPEN, None, _APPROVER, "not_about_you", "measure_open", inputs=("measure", "reason")),
    _move("tell_person",     _("Tell the person of it"),          CaseState, None, _APPROVER, "not_about_you", "not_forgotten", "is_linked", inputs=("link", "text")),
    _move("close",           _("Close the case"),                 _ANSWERED, CaseState.CLOSED, _APPROVER, "not_about_you", "measures_done", inputs=("outcome", "ended_on", "text")),
    _move("drop",            _("Close it, as the authority let it go"), WAITING, CaseState.CLOSED, _APPROVER, "not_about_you", "measures_done", inputs=("ended_on", "text")),
    _move("reopen",          _("Take it up again, as the authority did"), _CLOSED, CaseState.RECEIVED, STAFF, "not_about_you", "not_forgotten", inputs=("received_on", "due_on", "text")),
)
# fmt: on
BY_VERB: dict[str, CaseMove] = {move.verb: move for move in CASE_MOVES}


def mermaid() -> str:
    """Draw the machine as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> received: enter"]
    for move in CASE_MOVES:
        if move.target is not None:
            lines += [f"    {source} --> {move.target}: {move.verb}" for source in CaseState if source in move.sources]
    lines.append("    closed --> [*]")
    return "\n".join(lines) + "\n"
