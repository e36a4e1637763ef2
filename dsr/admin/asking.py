"""The part of a request's page that says who is asking: what is needed, shown and missing, and the worksheets for it.

Nothing here is an address or a number, but for the number on file while a checker has it shown in order to ring it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr import demands
from dsr.admin import words
from dsr.admin.happenings import Words
from dsr.admin.moveforms import MoveForm, move_form
from dsr.errors import RecourseError
from dsr.lifecycle import IDENTIFIED, State
from dsr.models import Alert, Signal, Submission, Vouched
from dsr.policies import Caller
from dsr.reckoning import rules_of
from dsr.rights import Right
from dsr.rules import NotInRules
from dsr.rules.ladder import Demand
from dsr.selectors import asker
from dsr.selectors.casefile import CaseFile
from dsr.services import calling, evidence, signals, ties
from dsr.services._moves import OpenMove
from notifications.models import Forgotten
from verification.evidence import WITH_THE_CASE, is_gone
from verification.models import Evidence, Opening, Purpose, Why
from verification.proofs import Method

CHECK = "check_identity"
_SAY: tuple[Words, ...] = (
    gettext_lazy("Say your name and the organisation, and that you ring about a request that reached us."),
    gettext_lazy("Ask: “Did you make a request to us yourself, and for what?” Let them say it; do not tell them."),
    gettext_lazy("If they did: record that it is the person."),
    gettext_lazy("If they did not: say that nothing was handed over, thank them, and record that it was not shown."),
    gettext_lazy("If nobody answers, leave no message about the request, and try at another hour."),
)
_NEVER: tuple[Words, ...] = (
    gettext_lazy("Never ask for any of these: %(what)s; nor for a code, nor for what is to be handed over."),
    gettext_lazy("Never ring another number that you are told, and never have yourself put through."),
)


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """One reason for what is needed: the sentence, where it stands, whose it is and how surely that was read."""

    sentence: str
    source: str
    law: str
    confidence: str


@dataclass(frozen=True, slots=True)
class TryRow:
    """One try at showing who is asking."""

    how: str
    result: str
    level: str
    at: datetime
    who: str


@dataclass(frozen=True, slots=True)
class StandingRow:
    """What is on file of one thing that the person is known by, and what was changed last."""

    title: str
    known: bool
    phone: bool
    changed: str


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A signal with what it means, what it does, and who looked into it."""

    row: Signal
    title: str
    meaning: str
    effect: str
    particulars: str
    cleared_by: str
    may_clear: bool


@dataclass(frozen=True, slots=True)
class PieceRow:
    """A document that was handed in, and who has opened it and why."""

    row: Evidence
    purpose: str
    openings: list[tuple[Opening, str, str]]
    may_open: bool
    picture: bool


@dataclass(frozen=True, slots=True)
class Asking:
    """Everything that the template draws."""

    case: CaseFile
    asker: asker.Asker
    at: datetime
    by: Caller
    moves: Mapping[str, OpenMove]
    bound: Mapping[str, forms.Form]
    numbers: tuple[str, ...]
    """The number on file, while it is shown."""

    @property
    def submission(self) -> Submission:
        """The submission."""
        return self.case.request.submission

    @property
    def demand(self) -> Demand:
        """What is needed for this request as it stands."""
        return demands.demand_of(self.case.request)

    @property
    def needed(self) -> str:
        """What is needed, in words."""
        return str(words.LEVELS[self.demand.level])

    @property
    def because(self) -> list[ReasonRow]:
        """Every reason for what is needed."""
        return [
            ReasonRow(
                each.sentence,
                each.source,
                words.regime_title(each.regime) if each.regime else "",
                words.confidence(each.confidence),
            )
            for each in self.demand.because
        ]

    @property
    def ways(self) -> list[str]:
        """What would do, the mildest first."""
        return [self._way(method) for method in self.demand.methods]

    @property
    def barred(self) -> list[tuple[str, str]]:
        """What must not be used, each with the reason."""
        return [(self._way(method), sentence) for method, sentence in self.demand.barred]

    def _way(self, method: str) -> str:
        try:
            return rules_of(self.submission).ladder.way(method).wording("title")
        except NotInRules:
            return method

    @property
    def shown(self) -> str:
        """The rung that was reached, and how; "" for none."""
        submission = self.submission
        if not submission.verified_level:
            return ""
        method = words.METHODS.get(submission.verified_method, submission.verified_method)
        return f"{words.LEVELS[submission.verified_level]} · {method}"

    @property
    def missing(self) -> str:
        """What stands in the way, as a sentence; "" when it is known who asks."""
        if self.case.request.state == State.CLOSED:
            return ""
        found = demands.missing(self.case.request)
        return found.sentence if found else ""

    @property
    def claimed(self) -> str:
        """What kinds of identifier are claimed beside the contact address, without their values."""
        return ", ".join(self._claims)

    @property
    def _claims(self) -> list[str]:
        try:
            contact = self.submission.open("email")
            given = self.submission.open_json("identifiers")
        except Forgotten:
            return []
        return [kind for kind, values in given.items() for value in values if (kind, value) != ("email", contact)]

    @property
    def vouched(self) -> str:
        """What the systems say of what is claimed, "" where nothing is."""
        return "" if self.submission.vouched == Vouched.NOTHING else self.submission.get_vouched_display()

    @property
    def standing(self) -> list[StandingRow]:
        """What is on file, without a single address: whether, and what was changed when."""
        claims = self._claims
        return [
            StandingRow(_standing_title(each.name, claims), each.known, bool(each.phone), _changed(each))
            for each in self.asker.standing
        ]

    @property
    def tries(self) -> list[TryRow]:
        """What was tried, the oldest first."""
        return [
            TryRow(
                str(words.METHODS.get(each.kind, each.kind)),
                str(words.RESULTS[each.state]),
                str(words.LEVELS[each.level]) if each.level else "",
                each.at,
                self._colleague(each.verifier) if each.verifier else "",
            )
            for each in self.asker.tries
        ]

    def _colleague(self, user_id: str) -> str:
        user = self.case.staff.get(int(user_id)) if user_id.isdigit() else None
        return words.colleague(user) or _("a colleague")

    @property
    def signals(self) -> list[SignalRow]:
        """What speaks for looking twice."""
        may = self._may_clear()
        return [self._signal(row, may) for row in self.asker.signals]

    def _signal(self, row: Signal, may: bool) -> SignalRow:
        try:
            rule = rules_of(self.submission).ladder.signal(row.code)
            title, meaning, effect = rule.wording("title"), rule.wording("meaning"), str(words.EFFECTS[rule.effect])
        except NotInRules:
            title, meaning, effect = row.code, "", ""
        return SignalRow(
            row, title, meaning, effect, _particulars(row), words.colleague(row.cleared_by),
            may and row.cleared_at is None,
        )  # fmt: skip

    def _may_clear(self) -> bool:
        try:
            signals.check_can_clear(self.case.request, self.by, self.at)
        except RecourseError:
            return False
        return True

    @property
    def alerts(self) -> list[tuple[Alert, str]]:
        """The letters to channels on file that somebody asked, and what came back: the row, and the channel's name."""
        return [(alert, str(words.CHANNELS.get(alert.channel, alert.channel))) for alert in self.asker.alerts]

    @property
    def pieces(self) -> list[PieceRow]:
        """The documents that were handed in to show who asks."""
        return [self._piece(row) for row in self.asker.pieces if row.purpose not in WITH_THE_CASE]

    @property
    def backing(self) -> list[PieceRow]:
        """The documents that were handed in to show what is right: they stand beside what is decided about."""
        return [self._piece(row) for row in self.asker.pieces if row.purpose == Purpose.CORRECTION]

    @property
    def heard(self) -> list[PieceRow]:
        """The documents that the person sent for the review of a decision."""
        return [self._piece(row) for row in self.asker.pieces if row.purpose == Purpose.REPRESENTATION]

    def _piece(self, row: Evidence) -> PieceRow:
        return PieceRow(
            row,
            row.get_purpose_display(),
            [(each, str(Why(each.why).label), self._colleague(each.by)) for each in row.openings.all()],
            evidence.may_look(Purpose(row.purpose), self.by, [self.case.request]) and not is_gone(row),
            row.media_type.startswith("image/"),
        )

    @property
    def whys(self) -> list[tuple[str, str]]:
        """The reasons for which a document is opened."""
        return [(str(value), str(label)) for value, label in Why.choices]

    @property
    def held(self) -> bool:
        """Whether a hold on the release is running."""
        return self.submission.held_until is not None and self.submission.held_until > self.at

    @property
    def rings(self) -> bool:
        """Whether this reader may find out by a call: while it is asked who asks, and after a stop."""
        request, user = self.case.request, self.by.user
        check = self.moves.get(CHECK)
        asked = request.state == State.VERIFYING or self.submission.stopped_at is not None
        asked = asked or (request.state == State.READY and check is not None and check.allowed)
        may = user is not None and user.has_perm("dsr.check_identity")
        return may and asked and request.state != State.CLOSED and bool(self.by.roles)

    @property
    def ring(self) -> MoveForm | None:
        """The result of a call to the number on file."""
        return self._check(Method.CALL_BACK, _("Record what the call showed"))

    @property
    def look(self) -> MoveForm | None:
        """The result of a look at a document, for those who may sign off."""
        officer = self.by.user is not None and self.by.user.has_perm("dsr.officer_requests")
        is_excess = self.case.request.state == State.READY  # the answer is there, and can be handed over without one
        return self._check(Method.DOCUMENT, _("Record what the document showed")) if officer and not is_excess else None

    def _check(self, method: Method, title: str) -> MoveForm | None:
        move = self.moves.get(CHECK)
        if move is None or not move.allowed:
            return None
        return replace(move_form(move, self.case, self.bound, self.at, method=str(method)), title=title)

    @property
    def why_not_ring(self) -> str:
        """Why there is no number to ring, "" when there is one."""
        return calling.on_file(self.submission, self.at).sentence

    @property
    def script(self) -> list[tuple[str, bool]]:
        """What to say on the telephone; the flag marks what must never be done."""
        barred = rules_of(self.submission).ladder.facts_barred
        what = ", ".join(row.wording("title").lower() for row in barred if row.id != "other")
        never = [(str(line) % {"what": what}, True) for line in _NEVER]
        return [*((str(line), False) for line in _SAY), *never]


def build(
    case: CaseFile,
    by: Caller,
    at: datetime,
    moves: Mapping[str, OpenMove],
    bound: Mapping[str, forms.Form],
    numbers: tuple[str, ...],
) -> Asking | None:
    """Return the section for one reader; None for what nobody has to show anything for."""
    if Right(case.request.right) not in IDENTIFIED:
        return None
    return Asking(case, asker.load(case.request.submission), at, by, moves, bound, numbers)


def _standing_title(name: str, claims: list[str]) -> str:
    if name == asker.CONTACT:
        return _("the contact address")
    if name.startswith(ties.PROVED):
        return _("what was signed in to, or shown beside that")
    number = name.removeprefix(ties.CLAIM)
    kind = claims[int(number)] if number.isdigit() and int(number) < len(claims) else _("an identifier")
    return _("what is claimed: %(kind)s") % {"kind": kind}


def _changed(row: asker.Standing) -> str:
    found = [f"{words.CHANGED[kind]} {words.day(row.changed[kind])}" for kind in asker.CHANGES if kind in row.changed]
    return ", ".join(found)


def _particulars(row: Signal) -> str:
    """Return what a signal adds: a number, a day, the names of systems. Never who."""
    told = {name: each for name, each in row.data.items() if name != signals.WAITS}
    values = [", ".join(map(str, each)) if isinstance(each, list) else str(each) for each in told.values()]
    if signals.WAITS in row.data:
        values.append(_("has its effect once what is claimed is proved"))
    return " · ".join(values)
