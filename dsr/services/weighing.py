"""Objections: each use is weighed by one person and decided by another; what has to stop is stopped in every system.

The organisation bears the burden of proof: what goes on does so on a coded ground and for reasons that were written for
this very case. GDPR Art 21(1)
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from dsr import reckoning
from dsr.choices import uses
from dsr.choices.marketing import Act, Purpose
from dsr.deadlines import local_date
from dsr.errors import Incomplete
from dsr.lifecycle import BY_VERB, State
from dsr.logs import get_logger, places
from dsr.models import Proposal, SubjectRequest, Weighed, Weighing
from dsr.policies import Caller, can_make, check_can_make
from dsr.policies.objecting import wanted
from dsr.rights import Right
from dsr.rules import pack
from dsr.services import letters, links, pausing, taskwork, telling
from dsr.services._moves import Case, holding
from dsr.services.choices import deciding, requested
from dsr.services.identifiers import known_identifiers
from dsr.services.threads import checked_text, keep_note
from dsr.services.ties import together
from notifications import sealing
from notifications.ids import uuid7

log = get_logger(__name__)
LEAST: Final = 40
"""So many characters at least say something of one case."""
TEXTS: Final = ("interest", "compelling", "alternatives", "effect")
"""What is said of a use that goes on although it can be weighed."""
_GROUNDS_OF: Final[dict[str, frozenset[str]]] = {
    uses.CONSENT: frozenset({"rests_on_consent"}),
    "contract": frozenset({"contract_needed"}),
    "legal_obligation": frozenset({"law_demands_use", "legal_obligation_retain"}),
}
"""On which ground alone something goes on whose legal basis leaves nothing to be weighed."""
_SYSTEM = Caller.system()


@dataclass(frozen=True, slots=True)
class Weight:
    """What somebody found about one use: the legal basis, what speaks for it and against it, what becomes of it."""

    use: str
    basis: str
    outcome: str
    reason: str
    """For the person."""
    ground: str = ""
    interest: str = ""
    compelling: str = ""
    alternatives: str = ""
    effect: str = ""
    vulnerable: bool = False
    remains: str = ""
    """What goes on where a part stops."""

    @property
    def weighs(self) -> bool:
        """Whether something goes on that has to be weighed."""
        return self.outcome != Weighed.STOP and self.basis not in _GROUNDS_OF


# --- Weighing --------------------------------------------------------------------------------------------------------


def weigh(request_id: UUID, weight: Weight, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Keep what was found about one use. Raises Incomplete with a sentence for each thing that is missing."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["weigh"], by, at)
        problems = _problems(request, weight)
        if problems:
            raise Incomplete(_("This has not been weighed yet."), problems=problems)
        data = {"use": weight.use, "basis": weight.basis, "outcome": weight.outcome, "ground": _ground(weight)}
        case.move(request, "weigh", by=by, at=at, data=data)
        row = request.weighings.filter(use=weight.use).first() or Weighing(
            id=uuid7(at), request=request, use=weight.use
        )
        assert by.user is not None  # staff alone weigh
        row.request, row.by, row.at = request, by.user, at
        row.basis, row.outcome, row.ground = weight.basis, weight.outcome, _ground(weight)
        row.vulnerable, row.mark = weight.vulnerable, _mark(weight)
        said = {name: getattr(weight, name).strip() for name in ("reason", "remains", *TEXTS)}
        row.seal_json("content", {name: text for name, text in said.items() if text})
        row.save()
    return request


def _ground(weight: Weight) -> str:
    return "" if weight.outcome == Weighed.STOP else weight.ground


def _problems(request: SubjectRequest, weight: Weight) -> dict[str, str]:
    notice = reckoning.notice_of(request.submission)
    problems: dict[str, str] = {}
    if weight.use not in set(wanted(request)) | {row.id for row in notice.purposes}:
        problems["use"] = _("Choose a use that the person objects to, or another purpose of the notice.")
    elif weight.basis not in uses.bases(weight.use, notice):
        names = ", ".join(uses.bases(weight.use, notice))
        problems["basis"] = _("The notice does not base this use on that: give one of %(names)s.") % {"names": names}
    if weight.outcome not in Weighed.values:
        problems["outcome"] = _("Say what becomes of this use.")
    if len(weight.reason.strip()) < (LEAST if weight.outcome != Weighed.STOP else 1):
        problems["reason"] = _("Say why, in words that the person understands and that are about this case.")
    if weight.outcome == Weighed.STOP:
        return problems
    if not problems:
        problems |= _no_ground(weight)
    if weight.outcome == Weighed.PART and len(weight.remains.strip()) < LEAST:
        problems["remains"] = _("Say what goes on and what stops, so that an owner of a system can do it.")
    if weight.weighs:
        problems |= _unweighed(weight)
    return problems or _template(request, weight)


def _no_ground(weight: Weight) -> dict[str, str]:
    row = pack().refusals.get(weight.ground)
    if row is None or Right.OBJECTION not in row.rights:
        return {"ground": _("Choose the ground on which it goes on.")}
    fixed = _GROUNDS_OF.get(weight.basis)
    if fixed is not None and weight.ground not in fixed:
        return {"ground": _("With this legal basis nothing is weighed; the ground has to say so: %s.") % _names(fixed)}
    if fixed is None and any(weight.ground in grounds for grounds in _GROUNDS_OF.values()):
        return {"ground": _("This ground belongs to another legal basis.")}
    return {}


def _names(grounds: Iterable[str]) -> str:
    return ", ".join(sorted(grounds))


def _unweighed(weight: Weight) -> dict[str, str]:
    """Say what is missing of the weighing of a use that shall go on."""
    sentences = {
        "interest": _("Say which interest of ours this use serves in this case."),
        "compelling": _("Say why that interest is compelling, and weighs more than what the person says."),
        "alternatives": _("Say which milder ways were looked at, and why they do not do."),
        "effect": _("Say what the use means for this person."),
    }
    said = {name: _plain(getattr(weight, name)) for name in TEXTS}
    short = {name: sentences[name] for name, text in said.items() if len(text) < LEAST}
    twice = {name: sentences[name] for name, text in said.items() if list(said.values()).count(text) > 1}
    return short | twice


def _template(request: SubjectRequest, weight: Weight) -> dict[str, str]:
    """Say where a text was written for no case or for another one: a template weighs nothing."""
    field = "compelling" if weight.weighs else "reason"
    ground = pack().refusals[weight.ground]
    same = {_plain(words) for words in (ground.why(), ground.wording("title"), ground.evidence)}
    for name in (field, "reason"):
        if _plain(getattr(weight, name)) in same:
            return {name: _("These are the words of the ground. Say what makes it hold in this case.")}
    marks = sealing.fingerprints("weighing", _plain(getattr(weight, field)))
    if weight.weighs and Weighing.objects.filter(mark__in=marks).exclude(request=request).exists():
        return {field: _("The same was written about somebody else. Weigh this case by itself.")}
    return {}


def _mark(weight: Weight) -> str:
    return sealing.fingerprint("weighing", _plain(weight.compelling)) if weight.weighs else ""


def _plain(text: str) -> str:
    return " ".join("".join(mark if mark.isalnum() else " " for mark in text.lower()).split())


# --- Deciding --------------------------------------------------------------------------------------------------------


def propose(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Propose what was weighed; it is a refusal where nothing stops."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        stops = request.weighings.exclude(outcome=Weighed.GO_ON).exists()
        proposal = Proposal.RELEASE if stops else Proposal.REFUSE
        case.move(request, "propose_decision", by=by, at=at, by_id=by.user_id, proposal=proposal)
    return request


def decide(request_id: UUID, *, by: Caller, at: datetime, expect: int | None = None) -> SubjectRequest:
    """Decide as proposed, as the second person: stop what has to stop, and tell each decision with its reasons.

    Raises Unlawful once the law's last day has gone by for telling that something goes on.
    """
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        case.move(request, "decide_objection", by=by, at=at, by_id=by.user_id)
        _carry_out(case, request, by, at, late=False)
    return request


def decide_late(
    request_id: UUID, reason: str, *, by: Caller, at: datetime, expect: int | None = None
) -> SubjectRequest:
    """Decide although the last day for it has gone by; why it is late is kept, and the letter says that it is."""
    with holding(request_id=request_id) as case:
        request = case.request(request_id, expect=expect)
        check_can_make(request, BY_VERB["decide_objection_late"], by, at)
        post = keep_note(case, request, checked_text(reason, "reason"), by, at)
        case.move(request, "decide_objection_late", by=by, at=at, data={"post": str(post.pk)}, by_id=by.user_id)
        _carry_out(case, request, by, at, late=True)
    return request


def _carry_out(case: Case, request: SubjectRequest, by: Caller, at: datetime, *, late: bool) -> None:
    rows = _rows(request)
    words = [*_uses(rows, Weighed.STOP), *map(uses.part, _uses(rows, Weighed.PART))]
    taskwork.call_off(request)  # what was to be paused and is not yet: the decision takes its place
    if words:
        request.choice = deciding.decide(_wish(request, words, at), by=str(by.user_id or ""), at=at).choice
        case.touch(request)
    over = can_make(request, "objection_over", _SYSTEM, at)
    _tell_decided(case, request, rows, at, late=late)
    if over:
        _close(case, request, at)


def _rows(request: SubjectRequest) -> list[Weighing]:
    rows = list(request.weighings.order_by("at", "id"))
    for row in rows:
        row.request = request
    return rows


def _uses(rows: Iterable[Weighing], *outcomes: Weighed) -> list[str]:
    return [row.use for row in rows if row.outcome in outcomes]


def _wish(request: SubjectRequest, words: Collection[str], at: datetime) -> deciding.Wish:
    submission = request.submission
    paused = [task.open_json("changes").get("who", {}) for task in _tasks(request)]
    known = together(known_identifiers(submission), *paused)
    who = {kind: [value for value in values if deciding.writable(kind, value)] for kind, values in known.items()}
    return deciding.Wish(
        identifiers={kind: values for kind, values in who.items() if values and kind in deciding.KINDS},
        act=Act.STOP,
        via=requested.came(submission.channel),
        at=at,
        purpose=Purpose.OBJECTION,
        topics=tuple(words),
        country=submission.country,
        language=submission.language,
        evidence=submission.reference,
        anew=True,
    )


def _tasks(request: SubjectRequest) -> list[Any]:
    tasks = list(request.tasks.all())
    for task in tasks:
        task.request = request
    return tasks


def _tell_decided(case: Case, request: SubjectRequest, rows: Sequence[Weighing], at: datetime, *, late: bool) -> None:
    submission, stops = case.submission, any(row.outcome != Weighed.GO_ON for row in rows)
    with override(submission.language):
        letter = letters.ObjectionDecided(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            stops=tuple(_said(row) for row in rows if row.outcome == Weighed.STOP),
            parts=tuple(_said(row) for row in rows if row.outcome == Weighed.PART),
            goes_on=tuple(_said(row) for row in rows if row.outcome == Weighed.GO_ON),
            ends_on=None if stops else pausing.end(request, at),
            late=late,
            remedies=telling.remedies(submission),
            tracker=links.tracker(submission.reference, telling.tracker_pass(case, at)),
        )
    telling.tell_in(case, letter, at=at, dedupe=f"objection:{request.pk}:{request.version}", about=[request])


def _said(row: Weighing) -> str:
    """Return what was decided about one use, as the person is told it."""
    submission = row.request.submission
    title = uses.title(row.use, reckoning.notice_of(submission), submission.language)
    said = row.open_json("content")
    ground = pack().refusals[row.ground].why(language=submission.language) if row.ground else ""
    return " ".join(text for text in (f"{title}:", ground, said.get("remains", ""), said["reason"]) if text)


# --- The end ---------------------------------------------------------------------------------------------------------


def close(at: datetime, choices: Collection[UUID] | None = None) -> int:
    """Close the objections of which everything is stopped: some choices', or a batch. Returns how many."""
    found = SubjectRequest.objects.filter(right=Right.OBJECTION, state=State.FULFILLING)
    if choices is not None:
        found = found.filter(choice__in=list(choices))
    over = found.filter(choice__effective_at__isnull=False).values_list("pk", flat=True)
    return sum(_closed(request_id, at) for request_id in list(over[: requested.BATCH]))


def _closed(request_id: UUID, at: datetime) -> bool:
    try:
        with holding(request_id=request_id) as case:
            request = case.request(request_id)
            if can_make(request, "objection_over", _SYSTEM, at):
                _close(case, request, at)
    except Exception as error:  # noqa: BLE001 - whatever it is, the others are closed, and the next round tries again
        log.error("objection not closed", id=request_id, error=type(error).__name__, where=places(error.__traceback__))
        return False
    return True


def _close(case: Case, request: SubjectRequest, at: datetime) -> None:
    windows = list(request.choice.windows.select_related("system").order_by("system__name")) if request.choice else []
    requested.enter_in_ledger(request, windows)
    case.move(request, "objection_over", by=_SYSTEM, at=at, data={"systems": len(windows)})
    if request.choice is None:
        return  # nothing stops: that is told with the decision
    submission, rows = case.submission, _rows(request)
    notice = reckoning.notice_of(submission)
    with override(submission.language):
        letter = letters.ObjectionOver(
            reference=submission.reference,
            organisation=telling.organisation(submission),
            stopped=tuple(
                uses.title(row.use if row.outcome == Weighed.STOP else uses.part(row.use), notice, submission.language)
                for row in rows
                if row.outcome != Weighed.GO_ON
            ),
            systems=tuple(
                f"{window.system.name}: {date_format(local_date(window.done_at, submission.zone))}"
                for window in windows
                if window.done_at is not None
            ),
            ends_on=pausing.end(request, at),
            was_late=request.choice.late_told_at is not None,
            remedies=telling.remedies(submission),
            tracker=links.tracker(submission.reference, telling.tracker_pass(case, at)),
        )
    telling.tell_in(case, letter, at=at, dedupe=f"objection_over:{request.pk}", about=[request])
