"""What ``manage.py check`` refuses to start with: a lifecycle table and a model that disagree, bad rule files."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.template import TemplateDoesNotExist, TemplateSyntaxError

from dsr import caselife, fsm, lifecycle
from dsr.lifecycle import Outcome, State
from dsr.rights import Right
from dsr.rules import RulesBroken, pack


def register() -> None:
    """Hang the checks up."""
    checks.register(lifecycle_is_whole)
    checks.register(rules_are_sound)
    checks.register(letters_say_what_laws_want)


def lifecycle_is_whole(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Compare the lifecycle table with the model, the policies and itself."""
    return [checks.Error(problem, id="dsr.E001") for problem in _problems()]


def rules_are_sound(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Read every rule file; each mistake is told with the file and the key."""
    try:
        pack()
    except RulesBroken as broken:
        return [checks.Error(str(problem), id="dsr.E002") for problem in broken.problems]
    return []


def letters_say_what_laws_want(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Render every letter that a law makes demands of; each element that is left out is told with the template."""
    from dsr.services import letterlint

    hint = "Mark the passage with {% states %} and let it say so: docs/how-to/letters.md."
    try:
        return [checks.Error(str(fault), hint=hint, id="dsr.E010") for fault in letterlint.faults()]
    except RulesBroken:
        return []  # rules_are_sound tells
    except ImproperlyConfigured as error:
        return [checks.Error(str(error), id="dsr.E010")]
    except (TemplateDoesNotExist, TemplateSyntaxError):
        return []  # the checks of notifications tell


def _problems() -> Iterator[str]:
    from dsr.models import SubjectRequest
    from dsr.policies import NEEDS

    yield from fsm.problems(SubjectRequest)
    verbs = [move.verb for move in lifecycle.MOVES]
    for verb in sorted({verb for verb in verbs if verbs.count(verb) > 1}):
        yield f"The move {verb!r} has more than one row."
    for move in lifecycle.MOVES:
        for need in move.needs:
            if need not in NEEDS:
                yield f"The move {move.verb!r} needs {need!r}, which no policy decides."
        if (move.target == State.CLOSED) != (move.outcome is not None):
            yield f"The move {move.verb!r} must name an outcome if, and only if, it closes."
        if isinstance(move.outcome, str) and move.outcome != lifecycle.COMPUTED and move.outcome not in set(Outcome):
            yield f"The move {move.verb!r} names an unknown outcome."
    for right in Right:
        yield from _dead_ends(right)
    yield from _problems_of_cases()


def _problems_of_cases() -> Iterator[str]:
    from dsr.models import AuthorityCase
    from dsr.policies.cases import NEEDS

    yield from fsm.problems(AuthorityCase, caselife.BY_VERB)
    for move in caselife.CASE_MOVES:
        for need in move.needs:
            if need not in NEEDS:
                yield f"The move {move.verb!r} of a case needs {need!r}, which no policy decides."


def _dead_ends(right: Right) -> Iterator[str]:
    """Every state that a right can reach must have a way on."""
    reached, waiting = {State.RECEIVED}, [State.RECEIVED]
    while waiting:
        state = waiting.pop()
        onward = {move.target for move in lifecycle.of(right) if state in move.sources and move.target}
        if state != State.CLOSED and not onward:
            yield f"A request for {right} is stuck in {state}."
        waiting += onward - reached
        reached |= onward
