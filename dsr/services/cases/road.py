"""The one road along which a case of an authority changes: lock, policy, method, line of its history, save."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from dsr.caselife import BY_VERB, CASE_MOVES, CaseState
from dsr.errors import NotFound, RecourseError, Stale
from dsr.models import AuthorityCase, CaseEntry
from dsr.policies import Caller
from dsr.policies.cases import check_can_make
from dsr.services.cases import chain
from notifications.ids import uuid7

Facts = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class CaseStep:
    """One move as one caller sees it: possible, or not and why."""

    verb: str
    title: str
    allowed: bool
    inputs: tuple[str, ...]
    may_say: tuple[str, ...] = ()
    because: str = ""
    code: str = ""


def moves(case: AuthorityCase, by: Caller, at: datetime) -> list[CaseStep]:
    """List the moves that belong to the state of a case, each with the reason where this caller cannot make it."""
    found = []
    for move in CASE_MOVES:
        if CaseState(case.state) not in move.sources:
            continue
        said = (move.inputs, move.may_say)
        try:
            check_can_make(case, move, by, at)
            found.append(CaseStep(move.verb, str(move.title), True, *said))
        except RecourseError as error:
            found.append(CaseStep(move.verb, str(move.title), False, *said, str(error.sentence), error.code))
    return found


@contextmanager
def holding(case_id: UUID, *, expect: int | None = None) -> Iterator[AuthorityCase]:
    """Lock one case for a transaction, and save it where the block ends well. Raises NotFound, Stale."""
    with transaction.atomic():
        rows = AuthorityCase.objects.select_for_update(of=("self",)).select_related("data_key", "owner")
        case = rows.filter(pk=case_id).first()
        if case is None:
            raise NotFound(_("There is no such case."))
        if expect is not None and expect != case.version:
            raise Stale(_("Somebody changed this case since you looked. Look again, then decide."))
        yield case
        case.version += 1
        case.save()


def move(
    case: AuthorityCase,
    verb: str,
    *,
    by: Caller,
    at: datetime,
    data: Facts | None = None,
    text: str = "",
    **stamps: Any,
) -> None:
    """Make one move on a case that is held. ``data`` holds codes and days; ``text`` is sealed into the history.

    Raises NotAllowed or WrongState, and then nothing has changed.
    """
    check_can_make(case, BY_VERB[verb], by, at)
    source = str(case.state)
    method: Callable[..., None] = getattr(case, verb)
    method(at=at, **stamps)
    write(case, verb, by=by, at=at, source=source, data=data, text=text)


def write(
    case: AuthorityCase,
    verb: str,
    *,
    by: Caller,
    at: datetime,
    source: str = "",
    data: Facts | None = None,
    text: str = "",
) -> None:
    """Add a line to the history of a case that is held."""
    entry = CaseEntry(
        id=uuid7(at),
        case=case,
        seq=case.chain_seq + 1,
        at=at,
        verb=verb,
        actor_id=str(by.user_id or ""),
        via=by.via,
        from_state=source,
        to_state=str(case.state),
        data=dict(data or {}),
        prev_hash=case.chain_head,
    )
    entry.seal("text", text)
    entry.hash = chain.digest(entry)
    entry.save(force_insert=True)
    case.chain_seq, case.chain_head = entry.seq, entry.hash
