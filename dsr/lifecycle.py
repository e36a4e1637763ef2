"""The whole lifecycle on one screen: every move a request can make, for every right.

A rule that is not in this table does not exist. ``fsm.move`` binds each row to a model method, the service
``_moves.make`` is the only caller of those methods, and the diagrams in the reference are drawn from here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dsr.rights import SPECS, Floor, Right


class State(StrEnum):
    """Where a request stands. Why it closed is an Outcome; a pause is a span beside the state."""

    RECEIVED = "received"
    VERIFYING = "verifying"
    IN_REVIEW = "in_review"
    FULFILLING = "fulfilling"
    READY = "ready"
    CLOSED = "closed"


class Outcome(StrEnum):
    """Why a request closed."""

    FULFILLED = "fulfilled"
    PARTLY_FULFILLED = "partly_fulfilled"
    NOTHING_HELD = "nothing_held"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    UNVERIFIED = "unverified"
    REDIRECTED = "redirected"
    UPHELD = "upheld"
    OVERTURNED = "overturned"
    PARTLY_OVERTURNED = "partly_overturned"
    JUSTIFIED = "justified"
    PARTLY_JUSTIFIED = "partly_justified"
    NOT_JUSTIFIED = "not_justified"
    NOT_ESTABLISHED = "not_established"
    """Of a complaint: what is said cannot be shown to be so, nor to be otherwise."""
    MISUNDERSTOOD = "misunderstood"
    """Somebody of ours read it into the person's words; nothing was done, and it goes on if it was meant."""


class Actor(StrEnum):
    """Who acts. A member of staff may be several of these at once."""

    PERSON = "person"
    SUPPORT = "support"
    ANALYST = "analyst"
    APPROVER = "approver"
    SYSTEM = "system"


class Turn(StrEnum):
    """Whose turn it is, as told to the person."""

    PERSON = "person"
    STAFF = "staff"
    SYSTEMS = "systems"
    NOBODY = "nobody"


TURN_OF: dict[State, Turn] = {
    State.RECEIVED: Turn.SYSTEMS,
    State.VERIFYING: Turn.PERSON,
    State.IN_REVIEW: Turn.STAFF,
    State.FULFILLING: Turn.SYSTEMS,
    State.READY: Turn.PERSON,
    State.CLOSED: Turn.NOBODY,
}
OPEN = frozenset(State) - {State.CLOSED}
STAFF = frozenset({Actor.ANALYST, Actor.APPROVER})
ANYBODY = frozenset(Actor)
PEOPLE = ANYBODY - {Actor.SYSTEM}

EVERY = frozenset(Right)
SEARCHED = frozenset(right for right, spec in SPECS.items() if spec.searches)
IDENTIFIED = frozenset(right for right, spec in SPECS.items() if spec.floor > Floor.NOTHING)
CHOSEN = frozenset(right for right, spec in SPECS.items() if spec.chooses)
JUDGED = frozenset(right for right, spec in SPECS.items() if spec.judges)
ANSWERED = EVERY - CHOSEN
STATED = ANSWERED - SEARCHED - JUDGED
ACTED = frozenset(right for right, spec in SPECS.items() if spec.acts)
HANDED = ANSWERED - ACTED - JUDGED
COPIED = SEARCHED & HANDED
"""Those that hand over what was found."""
REFUSABLE = SEARCHED | {Right.AUTOMATED_DECISION_REVIEW}
"""Rights that the desk may refuse: what is looked for. A right that is weighed joins here with its machine."""
DELETION, CORRECTION, RESTRICTION, PORTABILITY, OBJECTION, REVIEW, CHILD, APPEAL = (
    frozenset({right})
    for right in (
        Right.DELETION,
        Right.CORRECTION,
        Right.RESTRICTION,
        Right.PORTABILITY,
        Right.OBJECTION,
        Right.AUTOMATED_DECISION_REVIEW,
        Right.CHILD_ACCOUNT,
        Right.APPEAL,
    )
)
ROUTED = (SEARCHED | JUDGED) - CHILD - APPEAL - REVIEW
"""What can be for somebody else to answer. A choice takes effect at once, and what is answered by itself is answered."""
COMPLAINTS = frozenset({Right.COMPLAINT, Right.BCR_COMPLAINT})
BACKED = CORRECTION | REVIEW
"""Where people may add documents unasked, until it is decided."""
MISREAD = (SEARCHED | JUDGED) - APPEAL - CHILD
"""What may be read into a message that did not ask for it, and waits long enough for somebody to notice."""
APPEALED = (SEARCHED | JUDGED) - APPEAL - CHILD
"""What can be appealed against, once it was not answered in full; whoever reports a child learns nothing of it."""


@dataclass(frozen=True, slots=True)
class Move:
    """One row: what may happen, from where, to where, by whom, and under which conditions.

    ``target`` None leaves the state alone. ``outcome`` "computed" is worked out from the ledger.
    ``needs`` are names of policies; each raises a plain sentence when it does not hold.
    ``inputs`` are the words a caller must send with the move, ``may_say`` those that may come with it.
    ``tells`` are kinds of letter: one of them is queued in the same transaction, or the move is not made.
    """

    verb: str
    title: str | Promise
    sources: frozenset[State]
    target: State | None
    actors: frozenset[Actor]
    needs: tuple[str, ...] = ()
    outcome: Outcome | str | None = None
    rights: frozenset[Right] = EVERY
    inputs: tuple[str, ...] = ()
    turn: Turn | None = None
    tells: tuple[str, ...] = ()
    may_say: tuple[str, ...] = ()


def _move(
    verb: str,
    title: str | Promise,
    sources: Iterable[State],
    target: State | None,
    actors: Iterable[Actor],
    *needs: str,
    outcome: Outcome | str | None = None,
    rights: frozenset[Right] = EVERY,
    inputs: tuple[str, ...] = (),
    turn: Turn | None = None,
    tells: tuple[str, ...] = (),
    may_say: tuple[str, ...] = (),
) -> Move:
    return Move(
        verb, title, frozenset(sources), target, frozenset(actors), needs, outcome, rights, inputs, turn, tells, may_say
    )


_RECEIVED, _VERIFYING, _IN_REVIEW = {State.RECEIVED}, {State.VERIFYING}, {State.IN_REVIEW}
_FULFILLING, _READY, _CLOSED = {State.FULFILLING}, {State.READY}, {State.CLOSED}
_SYSTEM, _APPROVER = {Actor.SYSTEM}, {Actor.APPROVER}
_UNANSWERED = OPEN - {State.READY}

# fmt: off
MOVES: tuple[Move, ...] = (
    # getting in
    _move("ask_identity",     _("Ask to confirm the address"), _RECEIVED, State.VERIFYING, _SYSTEM, rights=IDENTIFIED),
    _move("begin",            _("Begin"),                      _RECEIVED, State.FULFILLING, _SYSTEM, rights=STATED),
    _move("choose",           _("Let a choice stand"),         _RECEIVED, State.FULFILLING, _SYSTEM, rights=CHOSEN),
    _move("take_in",          _("Put before somebody who decides"), _RECEIVED, State.IN_REVIEW, _SYSTEM, rights=JUDGED - IDENTIFIED),
    _move("confirm_identity", _("Confirm identity"),           _VERIFYING, State.IN_REVIEW, {Actor.PERSON, Actor.SYSTEM}, "not_stopped", "identity_proved", rights=IDENTIFIED),
    _move("ask_more",         _("Ask for more proof"),         _VERIFYING | _IN_REVIEW, State.VERIFYING, STAFF | _SYSTEM, "not_own_case", "not_prepared", "more_may_be_asked", rights=IDENTIFIED, inputs=("doubt", "reason"), tells=("identity_asked",)),
    _move("check_identity",   _("Record a check of who is asking"), _VERIFYING | _READY, None, STAFF, "not_own_case", "may_check_identity", "check_is_asked", rights=IDENTIFIED, inputs=("method", "result"), may_say=("claims",)),
    _move("check_mandate",    _("Record a check of the authority"), _VERIFYING, None, STAFF, "not_own_case", "may_check_identity", "filed_for_another", rights=IDENTIFIED, inputs=("result",), may_say=("checks", "until", "claims", "to_person", "reason")),
    _move("revoke_mandate",   _("Record that the authority was withdrawn"), OPEN, None, STAFF | {Actor.SUPPORT}, "not_own_case", "filed_for_another", rights=IDENTIFIED, inputs=("reason",), tells=("mandate_ended",)),
    _move("end_unproved",     _("End, as nobody could be identified"), _VERIFYING | _IN_REVIEW | _READY, State.CLOSED, _APPROVER, "not_own_case", "doubt_recorded", "another_doubted", outcome=Outcome.UNVERIFIED, rights=IDENTIFIED, inputs=("reason",), tells=("not_identified",)),
    # a shield against impostors
    _move("hold",             _("Hold the release"),           OPEN, None, STAFF | _SYSTEM, "not_own_case", rights=IDENTIFIED, inputs=("reason",), tells=("held",)),
    _move("lift_hold",        _("Lift the hold"),              OPEN, None, _APPROVER, "not_own_case", "is_held", "not_stopped", rights=IDENTIFIED, inputs=("reason",)),
    _move("stop",             _("Stop, as somebody on file did not ask"), OPEN, None, {Actor.PERSON, Actor.SUPPORT} | STAFF, "not_own_case", "not_stopped", rights=IDENTIFIED, inputs=("reason",), turn=Turn.STAFF),
    _move("resume",           _("Go on after a stop"),         State, None, _APPROVER, "not_own_case", "not_purged", "is_stopped", rights=IDENTIFIED, inputs=("reason",)),
    _move("note_unasked",     _("Note what came in unasked"),  State, None, STAFF | {Actor.SUPPORT}, "not_own_case", "not_purged", inputs=("kind",), tells=("unasked",)),
    _move("warn_lapse",       _("Warn that it will lapse"),    _VERIFYING, None, _SYSTEM, rights=IDENTIFIED),
    _move("lapse",            _("Lapse"),                      _VERIFYING, State.CLOSED, _SYSTEM, "lapse_is_due", outcome=Outcome.UNVERIFIED, rights=IDENTIFIED, tells=("lapsed", "not_identified")),
    _move("reopen",           _("Reopen"),                     _CLOSED, State.VERIFYING, {Actor.PERSON, Actor.SUPPORT} | STAFF, "closed_unverified", "not_purged", "not_stopped", rights=IDENTIFIED),
    _move("acknowledge",      _("Acknowledge"),                _UNANSWERED, None, _SYSTEM, tells=("acknowledged", "received")),
    # time
    _move("extend",           _("Put the answer off"),         _UNANSWERED, None, STAFF, "not_own_case", "extension_allowed", rights=ANSWERED, inputs=("ground", "reason"), may_say=("until",), tells=("extended",)),
    _move("clarify",          _("Ask what is meant, and stop the clock"), _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "question_stops_clock", rights=SEARCHED, inputs=("text",), turn=Turn.PERSON, tells=("question",)),
    _move("tell_fee",         _("Tell the person about a fee"), _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "fee_allowed", "no_fee_open", rights=SEARCHED, inputs=("amount", "reason"), turn=Turn.PERSON, tells=("fee_told",)),
    _move("accept_fee",       _("The fee is accepted"),        _IN_REVIEW, None, {Actor.PERSON, Actor.SUPPORT} | STAFF, "fee_open", rights=SEARCHED, turn=Turn.STAFF),
    _move("waive_fee",        _("Answer without the fee"),     _IN_REVIEW, None, STAFF, "not_own_case", "fee_open", rights=SEARCHED, turn=Turn.STAFF),
    _move("fee_unanswered",   _("End, as the fee was not accepted"), _IN_REVIEW, State.CLOSED, _SYSTEM, "fee_reply_over", outcome=Outcome.WITHDRAWN, rights=SEARCHED, tells=("closed",)),
    _move("miss",             _("Miss the date"),              _UNANSWERED, None, _SYSTEM, "is_overdue", rights=ANSWERED, tells=("overdue",)),
    _move("change_laws",      _("Change the laws that apply"), _UNANSWERED, None, STAFF, "not_own_case", inputs=("regimes", "reason")),
    _move("change_rules",     _("Go over to the rules in force"), _UNANSWERED, None, STAFF, "not_own_case", "under_earlier_rules", inputs=("reason",)),
    # finding what there is
    _move("search",           _("Search the systems"),         _IN_REVIEW, None, _SYSTEM, "not_stopped", "identity_proved", rights=SEARCHED, turn=Turn.SYSTEMS),
    _move("found",            _("All systems have answered"),  _IN_REVIEW, None, _SYSTEM, "all_systems_answered", rights=SEARCHED, turn=Turn.STAFF),
    _move("retry_system",     _("Ask a system again"),         _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", rights=SEARCHED, inputs=("step",), turn=Turn.SYSTEMS),
    _move("go_without",       _("Go on without a system"),     _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", rights=SEARCHED, inputs=("step", "reason")),
    # deciding, by two people
    _move("assign",           _("Assign"),                     OPEN, None, STAFF, "not_own_case", inputs=("assignee",)),
    _move("note",             _("Add a note"),                 State, None, STAFF | {Actor.SUPPORT}, "not_purged", inputs=("text",)),
    _move("ask",              _("Ask the person"),             _IN_REVIEW, None, STAFF, "not_own_case", rights=SEARCHED | JUDGED, inputs=("text",), turn=Turn.PERSON, tells=("new_message",)),
    _move("answer",           _("Answer"),                     _IN_REVIEW, None, {Actor.PERSON, Actor.SUPPORT}, "question_open", rights=SEARCHED | JUDGED, inputs=("text",), turn=Turn.STAFF),
    _move("message",          _("Send a message"),             State, None, PEOPLE, "not_own_case", "not_purged", inputs=("text",)),
    _move("withhold",         _("Hold something back"),        _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", rights=SEARCHED, inputs=("category", "ground", "reason")),
    _move("release",          _("Give it after all"),          _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", rights=SEARCHED, inputs=("withholding",)),
    _move("prepare",          _("Propose to do as asked"),     _IN_REVIEW, None, STAFF, "not_own_case", "search_complete", "not_prepared", "items_decided", "no_mark_proposed", rights=SEARCHED),
    _move("propose_refusal",  _("Propose to refuse"),          _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "nothing_done_yet", rights=REFUSABLE, inputs=("ground", "reason")),
    _move("argue_refusal",    _("Say what proves the ground"), _IN_REVIEW, None, STAFF, "not_own_case", "ground_is_ones_own", rights=REFUSABLE, inputs=("proof_kind", "proof_place", "proof_author", "proof_on"), may_say=("withholding", "answers")),
    _move("send_back",        _("Send back"),                  _VERIFYING | _IN_REVIEW, None, STAFF, "not_own_case", "is_prepared", rights=SEARCHED | COMPLAINTS | APPEAL | OBJECTION | REFUSABLE, inputs=("reason",)),
    _move("approve",          _("Approve"),        _IN_REVIEW, State.FULFILLING, _APPROVER, "not_own_case", "release_prepared", "another_person", "parts_argued", "search_complete", "not_stopped", "looked", "not_held", "authority_holds", "erasure_confirmed", "marks_looked_over", rights=SEARCHED),
    _move("approve_by_rule",  _("Approve by standing rule"),   _IN_REVIEW, State.FULFILLING, _SYSTEM, "standing_rule", "search_complete", "not_prepared", "not_stopped", "looked", "not_held", "authority_holds", "nothing_marked", rights=SEARCHED & HANDED),
    _move("refuse",           _("Refuse"),                     _IN_REVIEW, State.CLOSED, _APPROVER, "not_own_case", "refusal_prepared", "another_person", "officer_agrees", "refusal_argued", "refusal_in_time", outcome=Outcome.REFUSED, rights=REFUSABLE, tells=("refused",)),
    _move("refuse_late",      _("Refuse too late, and say so"), _IN_REVIEW, State.CLOSED, _APPROVER, "not_own_case", "refusal_prepared", "another_person", "officer_agrees", "refusal_argued", "refusal_is_late", outcome=Outcome.REFUSED, rights=REFUSABLE, inputs=("reason",), tells=("refused",)),
    _move("redirect",         _("Direct to whoever decides or answers"), _VERIFYING | _IN_REVIEW, State.CLOSED, _APPROVER, "not_own_case", "nothing_done_yet", "not_sheltered", outcome=Outcome.REDIRECTED, rights=ROUTED, inputs=("text",), may_say=("customer", "known", "door", "pass_on", "agreed", "whole"), tells=("closed", "routed")),
    # taking out what is about others
    _move("seek_marks",       _("Look for what is about others"), _IN_REVIEW, None, STAFF, "not_own_case", "search_complete", "not_prepared", rights=COPIED),
    _move("mark",             _("Mark something to be taken out"), _IN_REVIEW, None, STAFF, "not_own_case", "search_complete", "not_prepared", rights=COPIED, inputs=("what", "kind", "ground", "reason"), may_say=("passage", "system", "dataset", "record", "field", "file")),
    _move("unmark",           _("Leave in what was to be taken out"), _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "is_marked", rights=COPIED, inputs=("mark",)),
    _move("decide_mark",      _("Decide on what a program proposes to take out"), _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "mark_is_proposed", rights=COPIED, inputs=("marks", "decision")),
    _move("look_over",        _("Confirm what others marked"), _IN_REVIEW, None, STAFF, "not_own_case", "marks_to_look_over", rights=COPIED),
    _move("leak_found",       _("Something that was taken out still stood in the answer"), _FULFILLING, State.IN_REVIEW, _SYSTEM, rights=COPIED),
    # sending it to somebody else
    _move("name_receiver",    _("Name somebody to send it to"), _READY, None, PEOPLE, "not_own_case", "not_stopped", "not_held", "authority_holds", "answer_built", "nothing_on_its_way", "proved_for_sending", rights=PORTABILITY, inputs=("url", "receiver")),
    _move("confirm_receiver", _("Have it sent"),               _READY, None, PEOPLE, "not_own_case", "receiver_named", "not_stopped", "not_held", "authority_holds", "answer_built", "proved_for_sending", rights=PORTABILITY, turn=Turn.SYSTEMS, may_say=("how",)),
    _move("cancel_receiver",  _("Have nothing more sent"),     _READY, None, PEOPLE, "not_own_case", "receiver_open", rights=PORTABILITY, turn=Turn.PERSON),
    _move("transmitted",      _("It was received"),            _READY, State.CLOSED, _SYSTEM, outcome="computed", rights=PORTABILITY, tells=("sent_on",)),
    _move("transmission_failed", _("It could not be sent"),    _READY, None, _SYSTEM, rights=PORTABILITY, turn=Turn.PERSON, tells=("not_sent_on",)),
    # handing over
    _move("built",            _("The answer is ready"),        _FULFILLING, State.READY, _SYSTEM, "not_stopped", "not_held", "answer_built", rights=HANDED, tells=("answer_ready",)),
    _move("build_failed",     _("The answer could not be built"), _FULFILLING, State.IN_REVIEW, _SYSTEM, rights=SEARCHED & HANDED),
    _move("collect",          _("Collect"),                    _READY, State.CLOSED, {Actor.PERSON, Actor.SYSTEM}, outcome="computed", rights=HANDED),
    _move("warn_expiry",      _("Warn that the download ends"), _READY, None, _SYSTEM, rights=HANDED),
    _move("expire",           _("Close uncollected"),          _READY, State.CLOSED, _SYSTEM, "download_ended", outcome="computed", rights=HANDED),
    _move("reissue",          _("Issue again"),                _CLOSED, State.READY, {Actor.PERSON, Actor.SUPPORT} | STAFF, "answer_kept", "not_purged", "not_stopped", rights=HANDED, tells=("answer_ready",)),
    _move("renew",            _("Search and answer again"),    _CLOSED, State.IN_REVIEW, {Actor.PERSON, Actor.SUPPORT} | STAFF, "answer_gone", "not_purged", "not_stopped", rights=SEARCHED & HANDED, turn=Turn.SYSTEMS),
    # doing it in the systems
    _move("confirm_erasure",  _("Confirm the erasure"),        _IN_REVIEW, None, PEOPLE, "not_own_case", "not_stopped", "erasure_unconfirmed_yet", rights=DELETION, turn=Turn.STAFF, may_say=("how",)),
    _move("remind_to_confirm", _("Remind to confirm the erasure"), _IN_REVIEW, None, _SYSTEM, "erasure_unconfirmed_yet", rights=DELETION, tells=("erasure_confirm",)),
    _move("erasure_unconfirmed", _("End, as the erasure was not confirmed"), _IN_REVIEW, State.CLOSED, _SYSTEM, "erasure_unconfirmed_yet", "confirmation_over", outcome=Outcome.WITHDRAWN, rights=DELETION, tells=("erasure_unconfirmed",)),
    _move("take_up",          _("Go on after all"),            _CLOSED, State.IN_REVIEW, PEOPLE, "not_own_case", "ended_unconfirmed", "not_purged", "not_stopped", rights=DELETION, turn=Turn.SYSTEMS),
    _move("add_item",         _("Add something said to be wrong"), _IN_REVIEW, None, STAFF | {Actor.SUPPORT}, "not_own_case", "not_prepared", rights=CORRECTION, inputs=("about", "asked")),
    _move("decide_item",      _("Decide on something said to be wrong"), _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "search_complete", rights=CORRECTION, inputs=("item", "decision"), may_say=("places", "ground", "reason")),
    _move("disagree",         _("Add a statement of disagreement"), _IN_REVIEW | _FULFILLING | _CLOSED, None, {Actor.PERSON, Actor.SUPPORT}, "not_own_case", "not_purged", rights=CORRECTION, inputs=("item", "text")),
    _move("halt",             _("Bring back to the desk before it is carried out"), _FULFILLING, State.IN_REVIEW, STAFF | _SYSTEM, "not_own_case", rights=ACTED, inputs=("reason",), turn=Turn.STAFF),
    _move("begin_acting",     _("Carry out"),                  _FULFILLING, None, _SYSTEM, "not_stopped", "not_held", "authority_holds", "copy_delivered", "shut_first", rights=ACTED, turn=Turn.SYSTEMS),
    _move("retry_task",       _("Have a system try again"),    _FULFILLING | _IN_REVIEW | _CLOSED, None, STAFF, "not_own_case", rights=ACTED | OBJECTION, inputs=("task",)),
    _move("accept_failure",   _("Go on without a system's part"), _FULFILLING | _IN_REVIEW | _CLOSED, None, _APPROVER, "not_own_case", rights=ACTED | OBJECTION, inputs=("task", "reason")),
    _move("acted",            _("Every system has done its part"), _FULFILLING, State.CLOSED, _SYSTEM, "all_tasks_done", outcome="computed", rights=ACTED, tells=("carried_out",)),
    _move("erased_later",     _("Erase what was kept, as its day has come"), _CLOSED, None, _SYSTEM, rights=DELETION),
    _move("reappeared",       _("Something that was erased is there again"), _CLOSED, None, _SYSTEM, rights=DELETION, turn=Turn.STAFF),
    _move("erase_again",      _("Erase again what is there again"), _CLOSED, None, _APPROVER, "not_own_case", "not_purged", rights=DELETION, inputs=("task",), turn=Turn.SYSTEMS),
    _move("tell_lifting",     _("Tell the person that the restriction ends"), _CLOSED, None, _APPROVER, "not_own_case", "not_purged", "is_restricted", rights=RESTRICTION, inputs=("reason",), tells=("restriction_ends",)),
    _move("lift_restriction", _("Lift the restriction"),       _CLOSED, None, _SYSTEM, "lifting_told", rights=RESTRICTION | OBJECTION),
    # having systems mind what somebody chose
    _move("late",             _("Say that not every system minds it in time"), _FULFILLING, None, _SYSTEM, "choice_is_late", rights=CHOSEN | OBJECTION, tells=("choice_late",)),
    _move("in_effect",        _("Every system minds it"),      _FULFILLING, State.CLOSED, _SYSTEM, "choice_in_effect", outcome=Outcome.FULFILLED, rights=CHOSEN, tells=("in_effect",)),
    _move("chosen_anew",      _("End, as something else was chosen since"), _FULFILLING, State.CLOSED, _SYSTEM, "choice_taken_back", outcome=Outcome.WITHDRAWN, rights=CHOSEN, tells=("closed",)),
    # weighing an objection
    _move("weigh",            _("Weigh one use"),              _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "not_stopped", "pause_applied", rights=OBJECTION, inputs=("use", "basis", "outcome", "reason"), may_say=("ground", "interest", "compelling", "alternatives", "effect", "vulnerable", "remains")),
    _move("propose_decision", _("Propose what was weighed"),   _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "all_weighed", rights=OBJECTION),
    _move("decide_objection", _("Decide on the objection"),    _IN_REVIEW, State.FULFILLING, _APPROVER, "not_own_case", "decision_proposed", "another_person", "all_weighed", "not_stopped", "not_held", "authority_holds", "decision_in_time", rights=OBJECTION, tells=("objection_decided",)),
    _move("decide_objection_late", _("Decide too late, and say so"), _IN_REVIEW, State.FULFILLING, _APPROVER, "not_own_case", "decision_proposed", "another_person", "all_weighed", "not_stopped", "not_held", "authority_holds", "decision_is_late", rights=OBJECTION, inputs=("reason",), tells=("objection_decided",)),
    _move("objection_over",   _("What has to stop has stopped"), _FULFILLING, State.CLOSED, _SYSTEM, "stops_confirmed", outcome="computed", rights=OBJECTION, tells=("objection_decided", "objection_over")),
    # reviewing what a machine decided
    _move("link_decision",    _("Say which decision it is about"), _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "review_not_taken", rights=REVIEW, inputs=("decision",)),
    _move("record_decision",  _("Write down a decision that no system told"), _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "review_not_taken", rights=REVIEW, inputs=("system", "kind", "decided_on", "output", "effect", "owner"), may_say=("number",)),
    _move("take_review",      _("Take the review"),            _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "decision_linked", "review_not_taken", "independent_reviewer", rights=REVIEW),
    _move("hand_over",        _("Leave the review to another"), _IN_REVIEW, None, STAFF, "not_own_case", "review_taken", rights=REVIEW, inputs=("reason",)),
    _move("ask_representations", _("Ask what the person has to say"), _IN_REVIEW, None, STAFF, "not_own_case", "is_reviewer", rights=REVIEW, tells=("representations_asked",)),
    _move("represent",        _("Say something about the decision"), _IN_REVIEW, None, {Actor.PERSON, Actor.SUPPORT}, "not_own_case", rights=REVIEW, inputs=("text",), turn=Turn.STAFF),
    _move("none_sent",        _("Note that nothing was sent"), _IN_REVIEW, None, STAFF, "not_own_case", "is_reviewer", "representations_over", rights=REVIEW),
    _move("open_material",    _("Open what it rests on"),      _IN_REVIEW, None, STAFF, "not_own_case", "is_reviewer", rights=REVIEW, inputs=("material",)),
    _move("weigh_information", _("Note what else was weighed"), _IN_REVIEW, None, STAFF, "not_own_case", "is_reviewer", rights=REVIEW, inputs=("text",)),
    _move("raise_point",      _("Note a point that the person makes"), _IN_REVIEW, None, STAFF, "not_own_case", "is_reviewer", rights=REVIEW, inputs=("text",)),
    _move("answer_point",     _("Answer a point"),             _IN_REVIEW, None, STAFF, "not_own_case", "is_reviewer", "point_open", rights=REVIEW, inputs=("point", "text")),
    _move("interim_measure",  _("Ease the effect meanwhile"),  _IN_REVIEW, None, STAFF, "not_own_case", "is_reviewer", rights=REVIEW, inputs=("measure", "reason")),
    _move("uphold",           _("Let the decision stand"),     _IN_REVIEW, State.CLOSED, STAFF, "not_own_case", "not_prepared", "is_reviewer", "independent_reviewer", "review_record_complete", outcome=Outcome.UPHELD, rights=REVIEW, inputs=("reasons", "why_right", "alternatives", "plain"), tells=("review_decided",)),
    _move("overturn",         _("Change the decision"),        _IN_REVIEW, State.FULFILLING, STAFF, "not_own_case", "not_prepared", "is_reviewer", "independent_reviewer", "review_record_complete", rights=REVIEW, inputs=("verdict", "change", "reasons", "alternatives", "plain"), tells=("review_decided",)),
    _move("effect_failed",    _("Say that it was not confirmed"), _FULFILLING, None, _SYSTEM, "effect_open", rights=REVIEW, turn=Turn.STAFF),
    _move("retry_effect",     _("Tell the deciding system again"), _FULFILLING, None, STAFF, "not_own_case", "effect_open", rights=REVIEW, turn=Turn.SYSTEMS),
    _move("record_effect",    _("Record that the owner confirmed it"), _FULFILLING, None, STAFF, "not_own_case", "effect_open", "not_the_reviewer", rights=REVIEW, inputs=("signed_by", "reason")),
    _move("effect_applied",   _("The change is in effect"),    _FULFILLING, State.CLOSED, _SYSTEM, "effect_confirmed", outcome="computed", rights=REVIEW, tells=("review_effect",)),
    _move("review_again",     _("Have somebody else look once more"), _CLOSED, State.IN_REVIEW, PEOPLE, "not_own_case", "may_review_again", "not_purged", "not_stopped", rights=REVIEW, turn=Turn.STAFF),
    # looking into a complaint
    _move("take_complaint",   _("Look into it"),               _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "unconnected", rights=COMPLAINTS),
    _move("enquire",          _("Ask somebody about it"),      _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "investigates", rights=COMPLAINTS, inputs=("whom", "text")),
    _move("note_reply",       _("Note what came of an enquiry"), _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "investigates", rights=COMPLAINTS, inputs=("enquiry", "text")),
    _move("add_finding",      _("Add a finding"),              _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "investigates", rights=COMPLAINTS, inputs=("point", "verdict", "facts", "measure", "reason")),
    _move("drop_finding",     _("Take a finding back"),        _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "investigates", rights=COMPLAINTS, inputs=("finding",)),
    _move("promise",          _("Promise something"),          _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "investigates", rights=COMPLAINTS, inputs=("text", "owner", "due_on")),
    _move("drop_promise",     _("Take a promise out"),         _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "investigates", rights=COMPLAINTS, inputs=("remedy",)),
    _move("keep_promise",     _("Note that a promise was kept"), _CLOSED, None, STAFF, "not_own_case", rights=COMPLAINTS, inputs=("remedy",)),
    _move("news",             _("Tell how it goes"),           _IN_REVIEW, None, STAFF, "not_own_case", "investigates", rights=COMPLAINTS, inputs=("text",), tells=("complaint_news",)),
    _move("propose_answer",   _("Propose the answer"),         _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "investigates", "findings_complete", rights=COMPLAINTS, inputs=("text",)),
    _move("answer_complaint", _("Give the answer"),            _IN_REVIEW, State.CLOSED, _APPROVER, "not_own_case", "answer_proposed", "another_person", "unconnected", outcome="computed", rights=COMPLAINTS, tells=("complaint_answered",)),
    _move("note_outside",     _("Note that it went to an outside body"), State, None, STAFF, "not_own_case", "not_purged", rights=COMPLAINTS, inputs=("body", "received_on", "owner"), may_say=("reference", "due_on")),
    _move("redate_outside",   _("Note another day of an outside body"), State, None, STAFF, "not_own_case", "not_purged", "is_outside", rights=COMPLAINTS, inputs=("outside", "due_on", "reason")),
    _move("end_outside",      _("Note what came of it at an outside body"), State, None, STAFF, "not_own_case", "not_purged", "is_outside", rights=COMPLAINTS, inputs=("outside", "result", "ended_on", "text")),
    # deciding an appeal
    _move("appeal",           _("Appeal against what was decided"), State, None, PEOPLE, "not_own_case", "not_purged", "not_stopped", "may_be_appealed", "second_review_had", "no_appeal_open", "appeal_in_time", rights=APPEALED, inputs=("text",), tells=("received",)),
    _move("propose_ruling",   _("Propose what to decide"),     _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "had_no_part", rights=APPEAL, inputs=("decision", "text")),
    _move("decide_appeal",    _("Decide the appeal"),          _IN_REVIEW, State.CLOSED, _APPROVER, "not_own_case", "answer_proposed", "another_person", "had_no_part", outcome="computed", rights=APPEAL, tells=("appeal_decided",)),
    _move("reconsider",       _("Go on, as an appeal was won"), _CLOSED, State.IN_REVIEW, _SYSTEM, "not_purged", "appeal_won", rights=APPEALED, turn=Turn.STAFF),
    # a child's account
    _move("find_account",     _("Look for the account"),       _IN_REVIEW, None, STAFF, "not_own_case", "age_open", "not_prepared", rights=CHILD, may_say=("account",)),
    _move("assess_age",       _("Say whether it is a child's"), _IN_REVIEW, None, STAFF, "not_own_case", "age_open", "not_prepared", "account_looked_for", rights=CHILD, inputs=("finding", "reason"), may_say=("signs", "conflict", "guidance", "tell_account")),
    _move("confirm_age",      _("Agree with what was found"),  _IN_REVIEW, None, STAFF, "not_own_case", "age_open", "is_prepared", "another_person", rights=CHILD),
    _move("weigh_age_anew",   _("Have it weighed anew"),       _IN_REVIEW, None, STAFF, "not_own_case", "age_open", "is_prepared", rights=CHILD, inputs=("reason",)),
    _move("settle",           _("Say that the report was dealt with"), _IN_REVIEW, State.CLOSED, _SYSTEM, "age_found", "settling_is_due", outcome=Outcome.FULFILLED, rights=CHILD, tells=("dealt_with",)),
    _move("shut",             _("Shut the account"),           _IN_REVIEW, State.FULFILLING, _SYSTEM, "is_sheltered", "search_complete", rights=RESTRICTION, turn=Turn.SYSTEMS),
    _move("leave_be",         _("End, as it is no child's account"), _IN_REVIEW, State.CLOSED, _SYSTEM, "is_sheltered", "nothing_done_yet", outcome=Outcome.WITHDRAWN, rights=RESTRICTION | DELETION),
    # the wrong door
    _move("refer",            _("Direct elsewhere with part of it"), _VERIFYING | _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "not_sheltered", rights=ROUTED, may_say=("customer", "known", "categories", "door", "pass_on", "agreed", "text"), tells=("referred", "routed")),
    _move("referral_answered", _("Note the other side's word"), State, None, STAFF, "not_own_case", rights=ROUTED, inputs=("referral",), may_say=("word",)),
    _move("add_right",        _("Add a right that the words also ask for"), State, None, STAFF | {Actor.SUPPORT}, "not_own_case", "not_purged", "not_sheltered", inputs=("right", "reason"), may_say=("details",), tells=("right_added",)),
    # a message that was misread
    _move("propose_misunderstood", _("Propose to end it, as it was not asked for"), _VERIFYING | _IN_REVIEW, None, STAFF, "not_own_case", "not_prepared", "not_stopped", "read_by_us", "another_stands", "untouched", "nothing_done_yet", "no_fee_open", rights=MISREAD, inputs=("reason",)),
    _move("close_misunderstood", _("End it, as it was not asked for"), _VERIFYING | _IN_REVIEW, State.CLOSED, _APPROVER, "not_own_case", "misreading_proposed", "another_person", "not_stopped", "read_by_us", "another_stands", "untouched", "nothing_done_yet", outcome=Outcome.MISUNDERSTOOD, rights=MISREAD, tells=("misunderstood",)),
    _move("meant",            _("Go on, as it was meant after all"), _CLOSED, State.IN_REVIEW, PEOPLE, "not_own_case", "ended_misunderstood", "not_purged", "not_stopped", "back_to_the_desk", rights=MISREAD, tells=("right_added",)),
    _move("meant_unproved",   _("Go on, as it was meant after all, once it is known who asks"), _CLOSED, State.VERIFYING, PEOPLE, "not_own_case", "ended_misunderstood", "not_purged", "not_stopped", "back_to_waiting", rights=MISREAD & IDENTIFIED, tells=("right_added",)),
    # stopping
    _move("withdraw",         _("Withdraw"),                   OPEN, State.CLOSED, PEOPLE, "nothing_done_yet", "not_sheltered", outcome=Outcome.WITHDRAWN, rights=ANSWERED - CHILD, tells=("closed",)),
)
# fmt: on

BY_VERB: dict[str, Move] = {move.verb: move for move in MOVES}
COMPUTED = "computed"


def of(right: Right) -> tuple[Move, ...]:
    """Return the machine of one right: its rows of the table, in order."""
    return tuple(move for move in MOVES if right in move.rights)


def mermaid(right: Right) -> str:
    """Draw the machine of one right as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> received: file"]
    for move in of(right):
        if move.target is None:
            continue
        lines += [f"    {source} --> {move.target}: {move.verb}" for source in State if source in move.sources]
    lines.append("    closed --> [*]")
    return "\n".join(lines) + "\n"
