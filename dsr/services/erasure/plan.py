"""The plan of an erasure: what is there, what would go and what would stay, why and until when, before anybody decides.

Made by a dry run in every system, kept with each system's step, and told in the same words to everybody.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from dsr.connectors import Code, Dataset, Identifiers, Line, PermanentFailure, open_connector
from dsr.deadlines import local_date
from dsr.errors import WrongState
from dsr.models import Proposal, Step, StepResult, SubjectRequest
from dsr.rights import Right
from dsr.services.erasure import terms
from dsr.services.erasure.terms import Judged
from dsr.services.identifiers import known_identifiers

Lines = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """What would become of one category in one system. ``found`` is ``erase`` plus ``keep``."""

    system: str
    name: str
    category: str
    found: int
    erase: int
    keep: int
    ground: str
    until: date | None
    rule: str
    silent: bool
    by_hand: bool = False
    """The owner of the system looks when it is carried out."""
    left_out: bool = False
    """The system does not answer, and somebody decided to go on without it."""


def look(step: Step, who: Identifiers, at: datetime) -> Lines:
    """Judge what a system holds of a person and count what would go, without changing anything.

    Raises ConnectorError; `PermanentFailure(unable)` where the system cannot be looked at before it is told to erase.
    """
    connector = open_connector(step.system.connector, step.system.open_json("config"))
    on = local_date(at, step.request.submission.zone)
    judged = terms.judge(step.request, step.system.key, connector.describe(), who, on)
    found = connector.preview(who, [each.term for each in judged], key=f"{step.pk}:plan")
    return merged(judged, found.lines, on)


def merged(judged: Iterable[Judged], counted: Iterable[Line], on: date) -> Lines:
    """Return what was judged together with what was counted, a line for each category of each data set.

    Raises PermanentFailure(bad_answer) where the system did not count what it was asked about, or its numbers do not
    add up: nothing must be lost between found, gone and kept.
    """
    numbers = {(line.dataset, line.category): line for line in counted}
    lines = []
    for each in judged:
        line = numbers.get((each.term.dataset, each.term.category))
        if line is None or line.found != line.erase + line.keep:
            raise PermanentFailure(Code.BAD_ANSWER, f"{each.term.dataset}.{each.term.category}")
        lines.append(counted_line(each, line, on))
    return lines


def counted_line(each: Judged, line: Line, on: date) -> dict[str, Any]:
    """Return one line of a plan. ``until`` is the last day of the record that stays longest, where one is known.

    What has no day of its own is kept from the erasure on, which ends the account and every dealing with the person.
    """
    found = {
        **each.as_json(),
        "found": line.found,
        "erase": line.erase,
        "keep": line.keep,
        "open": line.open,
        "first": line.first_kept.isoformat() if line.first_kept else None,
        "last": line.last_kept.isoformat() if line.last_kept else None,
    }
    if line.keep and not found["ground"]:
        found["ground"] = terms.UNSETTLED if line.open else terms.UNKNOWN
    day = line.last_kept if each.term.before else on
    until = terms.kept_until(found, day) if line.keep and not line.open else None
    return {**found, "until": until.isoformat() if until else None}


def check_it_holds(request: SubjectRequest, at: datetime) -> None:
    """Raise WrongState where the schedule or a hold lets less go by now than a plan says that is to be approved."""
    if request.right != Right.DELETION or request.proposal != Proposal.RELEASE:
        return
    on = local_date(at, request.submission.zone)
    judge = terms.judge_of(request, known_identifiers(request.submission), on)
    for step in request.steps.select_related("system").exclude(plan=[]):
        for line in step.plan:
            dataset = Dataset(line["dataset"], "", "", line["category"], event=line["day_of"])
            now = judge.judged(step.system.key, dataset, line["category"])
            if terms.allows_less(now.term, terms.term_of(line)):
                raise WrongState(
                    _(
                        "Something must be kept now that the plan would erase. Send the proposal back and have the "
                        "systems asked again."
                    ),
                    code="plan-changed",
                )


def counts(lines: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return how many records there are, by category."""
    total: dict[str, int] = {}
    for line in lines:
        total[line["category"]] = total.get(line["category"], 0) + int(line["found"])
    return total


def parts(request: SubjectRequest) -> list[Part]:
    """Return the plan of a request as it is shown: a row for every category of every system in scope."""
    steps = request.steps.select_related("system").order_by("system__key")
    return [part for step in steps for part in _parts_of(step)]


def _parts_of(step: Step) -> list[Part]:
    system = step.system
    if step.result in (StepResult.BY_HAND, StepResult.LEFT_OUT):
        by_hand = step.result == StepResult.BY_HAND
        return [
            Part(system.key, system.name, category, 0, 0, 0, "", None, "", False, by_hand, not by_hand)
            for category in system.categories
        ]
    by_category: dict[str, list[Mapping[str, Any]]] = {category: [] for category in system.categories}
    for line in step.plan:
        by_category.setdefault(line["category"], []).append(line)
    return [_part(system.key, system.name, category, lines) for category, lines in by_category.items()]


def _part(key: str, name: str, category: str, lines: Sequence[Mapping[str, Any]]) -> Part:
    kept = [line for line in lines if line["keep"]]
    first = next(iter(kept), {})
    days = [line["until"] for line in kept]
    until = max(days) if days and all(days) else None
    return Part(
        system=key,
        name=name,
        category=category,
        found=sum(line["found"] for line in lines),
        erase=sum(line["erase"] for line in lines),
        keep=sum(line["keep"] for line in lines),
        ground=str(first.get("ground", "")),
        until=date.fromisoformat(until) if until else None,
        rule=str(first.get("rule", "")),
        silent=any(line.get("silent") for line in kept),
    )
