"""Erasing in one system: a last look, suppression first, then the erasure, then a look whether it is so."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from dsr.connectors import (
    Ability,
    Code,
    Connector,
    Erased,
    Handles,
    Line,
    PermanentFailure,
    TemporaryFailure,
    Term,
    open_connector,
    stricter,
)
from dsr.deadlines import local_date
from dsr.models import StepResult, SubjectRequest, System, Task, TaskKind, TaskResult, TaskState
from dsr.services import codes, recipients, taskwork
from dsr.services._moves import Case
from dsr.services.erasure import closing, kept, plan, terms, tombstones
from dsr.services.erasure.terms import Judged
from dsr.services.identifiers import identifiers_for
from dsr.services.taskwork import BackToReview, Came, Claim
from dsr.services.ties import together

Lines = list[dict[str, Any]]
ALL_PURPOSES = ("marketing",)
"""From what somebody who was erased is left out: everything that is sent without being asked for."""
AGAIN_AT_LEAST = 1.0
_Wanted = tuple[System, Mapping[str, Sequence[str]], Lines]


def prepare(request: SubjectRequest, at: datetime) -> Any:
    """Look at every system once more before the first is told anything, and return what makes the tasks.

    By what the person is known is gathered now: once one system has erased it, it cannot tell the others any more.
    Raises BackToReview where less may go, or more is there, than when it was approved, and TemporaryFailure while it
    is still being found out what became of an erasure that was called off.
    """
    if request.tasks.filter(kind=TaskKind.ERASE, state=TaskState.WAITING).exists():
        raise TemporaryFailure(Code.BUSY)
    wanted, unknown = _wanted(request, at)
    everything = together(*(who for _, who, _ in wanted))
    by_hand = [category for system, _, lines in wanted if not lines for category in system.categories]
    what = recipients.going((line for _, _, lines in wanted for line in lines), by_hand)

    def ready(case: Case, request: SubjectRequest, at: datetime) -> None:
        for system, who, lines in wanted:
            taskwork.make(
                case,
                request,
                system.pk,
                TaskKind.ERASE,
                at=at,
                terms={"lines": lines},
                changes={"who": {kind: list(values) for kind, values in who.items()}, "about": everything},
            )
        tombstones.lay(everything, terms.Place.of(request.submission), at)
        closing.note_left_out(request, at)
        for system in unknown:
            closing.enter_in_ledger(request, system, [], at)
        recipients.make_tasks(case, request, everything, what, at)

    return ready


def _wanted(request: SubjectRequest, at: datetime) -> tuple[list[_Wanted], list[System]]:
    """Return every system with by what it knows the person and what was decided, and those that cannot know them."""
    wanted: list[_Wanted] = []
    unknown: list[System] = []
    erased = request.tasks.filter(kind=TaskKind.ERASE, state=TaskState.DONE)
    done = set(erased.values_list("system_id", flat=True))
    for step in request.steps.select_related("system__data_key").exclude(result=StepResult.LEFT_OUT):
        step.request = request
        who = identifiers_for(step)
        known = set(who) & set(step.system.identifiers)
        if not known:
            unknown.append(step.system)  # nothing that it knows people by is on file for this person anywhere
            continue
        if step.result == StepResult.BY_HAND:
            if step.system_id in done:
                continue  # before it came back to the desk; nobody is asked to do it twice
        else:
            _compare(step.plan, plan.look(step, who, at))
        wanted.append((step.system, who, step.plan))
    return wanted, unknown


def _compare(then: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]]) -> None:
    """Raise BackToReview where a plan as it is now must not be carried out on the strength of the earlier decision."""
    decided = {(line["dataset"], line["category"]): line for line in then}
    for line in now:
        earlier = decided.get((line["dataset"], line["category"]))
        if earlier is None:
            if line["found"]:
                raise BackToReview("more_found")
        elif terms.allows_less(terms.term_of(line), terms.term_of(earlier)):
            raise BackToReview("hold_set" if line["hold"] and not line["silent"] else "must_be_kept")
        elif line["found"] > earlier["found"] or line["open"] > earlier["open"]:
            raise BackToReview("more_found")


@dataclass(frozen=True, slots=True)
class _Job:
    """What one erasure needs to know: whom, what may go, and what is found there."""

    connector: Connector
    who: dict[str, list[str]]
    beside: dict[str, list[str]] | None
    """By which keys records are found that nothing names any more; with nobody in ``who``, those alone."""
    judge: Callable[[], list[Judged]]
    """Judges anew, as things stand when it is called."""
    terms: list[Term]
    """What may go and was decided on. Written down before the first call, so that whoever goes on says the same."""
    lines: Lines = field(default_factory=list)
    """What was found before anything was done; nothing where the system does not say."""
    staying: dict[str, list[str]] = field(default_factory=dict)
    """The keys of what stays."""
    cursor: str = ""
    again: int = 0
    """How often staff had it tried anew."""

    def written(self) -> dict[str, Any]:
        """Return what somebody else needs to go on."""
        pinned = [{**asdict(term), "before": term.before.isoformat() if term.before else None} for term in self.terms]
        return {"handles": self.staying, "terms": pinned, "cursor": self.cursor, "again": self.again}


def erase(task: Task, claim: Claim, at: datetime) -> Came:
    """Erase in one system what may go. What is going to be done is written down before it is."""
    on = local_date(at, task.request.submission.zone)
    job = _job(task, claim, on)
    still = _still(claim, job)
    if not job.cursor and not still():
        return _called_off(task, job)
    if not job.cursor and Ability.SUPPRESS in job.connector.abilities() and job.who:
        job.connector.suppress(job.who, ALL_PURPOSES, key=f"{task.pk}:suppress")
    try:
        erased = job.connector.erase(
            job.who, job.terms, key=taskwork.key_of(task, "erase"), handles=job.beside, cursor=job.cursor, still=still
        )
    except PermanentFailure as failure:
        if failure.code != Code.CALLED_OFF:
            raise
        return _called_off(task, job)
    if not erased.finished:
        cursor = json.dumps(replace(job, cursor=erased.cursor).written())
        wait = max(erased.again_after, AGAIN_AT_LEAST)
        return Came(cursor=cursor, again_after=wait, known_as=erased.known_as, lines=job.lines)
    lines = _outcome(job, erased, on)
    _see_that_it_is_so(task, job, lines)
    gone = kept.gone_since(task, job.connector, job.terms)
    return _came(task, lines, {**job.staying, **_listed(erased.handles)}, erased.notes, gone)


def _job(task: Task, claim: Claim, on: date) -> _Job:
    """Return what is to be done, as it was written down before or after looking once more."""
    connector = open_connector(task.system.connector, task.system.open_json("config"))
    who = task.open_json("changes").get("who", {})
    beside: dict[str, list[str]] | None = None
    if task.late:
        rows = kept.due_rows(task.request_id, task.system_id, task.made_at)
        who, beside = {}, kept.handles_of(rows)
    elif task.terms.get("again"):
        # What came back lies beside what is kept: both are looked at together, so that none of it is lost sight of.
        beside = kept.handles_of(kept.open_rows(task.request_id, task.system_id)) or None

    def judge() -> list[Judged]:
        if task.late:
            return kept.judge(rows, task.request.submission, connector.describe(), on)
        return terms.judge(task.request, task.system.key, connector.describe(), taskwork.about(task), on)

    workings = task.open_json("cursor")
    again = workings.get("again", 0)
    if "terms" in workings:
        pinned = [Term(**{**term, "before": _day(term["before"])}) for term in workings["terms"]]
        staying, cursor = _listed(workings["handles"]), str(workings["cursor"])
        return _Job(connector, who, beside, judge, pinned, task.lines, staying, cursor, again)
    judged = judge()
    decided = {(line["dataset"], line["category"]): terms.term_of(line) for line in task.terms.get("lines", ())}
    agreed = [stricter(each.term, decided.get((each.term.dataset, each.term.category), each.term)) for each in judged]
    job = _looked(task, _Job(connector, who, beside, judge, agreed, again=again), judged, on)
    if not claim.note(job.lines, job.written()):
        raise PermanentFailure(Code.CALLED_OFF)
    return job


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _listed(handles: Handles) -> dict[str, list[str]]:
    return {name: list(keys) for name, keys in handles.items()}


def _looked(task: Task, job: _Job, judged: list[Judged], on: date) -> _Job:
    """Look once more, and hold what is there against what was decided."""
    try:
        found = job.connector.preview(job.who, job.terms, key=f"{task.pk}:look", handles=job.beside)
    except PermanentFailure as failure:
        if failure.code == Code.UNABLE:
            return job
        raise
    agreed = [replace(each, term=term) for each, term in zip(judged, job.terms, strict=True)]
    lines = plan.merged(agreed, found.lines, on)
    if not task.late:
        _compare(task.terms.get("lines", ()), plan.merged(judged, found.lines, on))
    return replace(job, lines=lines, staying=_listed(found.handles))


def _protected(job: _Job) -> Judged | None:
    """Return the first of what was to go that something protects by now."""
    now = {(each.term.dataset, each.term.category): each for each in job.judge()}
    for term in job.terms:
        each = now.get((term.dataset, term.category), Judged(replace(term, erase=False)))
        if terms.allows_less(each.term, term):
            return each
    return None


def _still(claim: Claim, job: _Job) -> Callable[[], bool]:
    """Return what says whether the task is still ours, and nothing protects what it did not protect a moment ago."""
    return lambda: claim.still() and _protected(job) is None


def _called_off(task: Task, job: _Job) -> Came:
    """Find out what is gone all the same: somebody may have died on it who had erased already.

    All of it: then it is done, and recorded so. Else raises BackToReview, with what is gone.
    """
    protected = _protected(job)
    why = str(Code.CALLED_OFF)
    if protected is not None:
        why = "hold_set" if protected.hold and not protected.silent else "must_be_kept"
    if not any(line["erase"] for line in job.lines):
        raise BackToReview(why)
    found = job.connector.preview(job.who, job.terms, key=f"{task.pk}:left", handles=job.beside)
    if not any(line.erase for line in found.lines):
        return _came(task, job.lines, job.staying)
    there = {(line.dataset, line.category): line.found for line in found.lines}
    raise BackToReview(why, [_left(line, there.get((line["dataset"], line["category"]))) for line in job.lines])


def _left(line: dict[str, Any], there: int | None) -> dict[str, Any]:
    """Return what is left of a line where so many records are still there, and how many have gone."""
    found = line["found"] if there is None else min(there, line["found"])
    keep = min(line["keep"], found)
    return {**line, "found": found, "keep": keep, "erase": found - keep, "gone": line["found"] - found}


def _outcome(job: _Job, erased: Erased, on: date) -> Lines:
    """Return what became of every category of every data set.

    What was found is what was written down before: a second try, after the first had done it all, finds nothing and
    must say the same. What the system kept beyond that is kept, whatever was planned.
    """
    said = {(line.dataset, line.category): line for line in erased.lines}
    if not job.lines:
        return [_unforeseen(each, said.get((each.term.dataset, each.term.category)), on) for each in job.judge()]
    return [_as_it_came(line, said.get((line["dataset"], line["category"]))) for line in job.lines]


def _unforeseen(each: Judged, line: Line | None, on: date) -> dict[str, Any]:
    found = line or Line(each.term.dataset, each.term.category, 0)
    return {**plan.counted_line(each, found, on), "refused": found.refused}


def _as_it_came(line: dict[str, Any], said: Line | None) -> dict[str, Any]:
    keep, refused, going_on = line["keep"], 0, line["open"]
    if said is not None:
        keep, refused, going_on = max(keep, said.keep), said.refused, max(going_on, said.open)
    keep = min(keep, line["found"])
    now = {**line, "keep": keep, "erase": line["found"] - keep, "refused": refused, "open": min(going_on, keep)}
    if refused and not now["ground"]:
        now["ground"] = "legal_hold"
    if keep and not now["ground"]:
        now["ground"] = terms.UNSETTLED
    return now


def _see_that_it_is_so(task: Task, job: _Job, lines: Lines) -> None:
    """Look again. Raises PermanentFailure(nothing_changed) where something is still there that should have gone."""
    try:
        now = job.connector.preview(job.who, job.terms, key=f"{task.pk}:after", handles=job.beside)
    except PermanentFailure as failure:
        if failure.code in (Code.UNABLE, Code.NO_IDENTIFIER):
            return
        raise
    excused = {(line["dataset"], line["category"]): line.get("refused", 0) + line["open"] for line in lines}
    for line in now.lines:
        if line.erase > excused.get((line.dataset, line.category), 0):
            raise PermanentFailure(Code.NOTHING_CHANGED, line.dataset)


def _came(
    task: Task,
    lines: Lines,
    handles: dict[str, list[str]],
    notes: tuple[str, ...] = (),
    since: set[tuple[str, str]] | None = None,
) -> Came:
    gone, left = sum(line["erase"] for line in lines), sum(line["keep"] for line in lines)
    result = TaskResult.DONE if gone else TaskResult.KEPT if left else TaskResult.NOTHING_HELD
    who = taskwork.about(task)

    def then(case: Case, task: Task, at: datetime) -> None:
        request = case.request(task.request_id)
        if task.late:
            kept.came_due(case, request, task.system, lines, handles, at)
        else:
            kept.keep(case, request, task.system, lines, handles, who, at, since)
            closing.enter_in_ledger(request, task.system, lines, at)

    return Came(result, lines, code=codes.joined(notes), then=then)
