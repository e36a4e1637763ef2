"""Joins model methods to the rows of the lifecycle table, through django-fsm.

django-fsm keeps the graph; the table says what is in it. A method names its row with ``@move("verb")`` and stamps
fields, nothing else. ``problems`` compares the two, and ``manage.py check`` refuses to start on a difference.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from django.db import models
from django_fsm import FSMField, transition

from dsr import caselife, lifecycle

_VERB = "_recourse_verb"
Method = TypeVar("Method", bound=Callable[..., None])


def move(verb: str) -> Callable[[Method], Method]:
    """Bind a method of SubjectRequest to its row of the table. Raises KeyError for a verb without a row."""
    row = lifecycle.BY_VERB[verb]

    def applies(instance: Any) -> bool:
        return instance.right in row.rights

    def decorate(method: Method) -> Method:
        bound: Method = transition(
            field="state",
            source=sorted(str(state) for state in row.sources),
            target=None if row.target is None else str(row.target),
            conditions=[applies],
        )(method)
        setattr(bound, _VERB, verb)
        return bound

    return decorate


def case_move(verb: str) -> Callable[[Method], Method]:
    """Bind a method of AuthorityCase to its row of the table of cases. Raises KeyError for a verb without a row."""
    row = caselife.BY_VERB[verb]

    def decorate(method: Method) -> Method:
        bound: Method = transition(
            field="state",
            source=sorted(str(state) for state in row.sources),
            target=None if row.target is None else str(row.target),
        )(method)
        setattr(bound, _VERB, verb)
        return bound

    return decorate


def methods(model: type[models.Model]) -> Mapping[str, str]:
    """Return the bound methods of a model and of what it is made of: verb -> attribute name."""
    return {
        getattr(value, _VERB): name
        for part in reversed(model.__mro__)
        for name, value in vars(part).items()
        if callable(value) and hasattr(value, _VERB)
    }


def problems(model: type[models.Model], table: Iterable[str] = lifecycle.BY_VERB) -> Iterator[str]:
    """Yield a sentence for each row without a method and each method under another name than its verb."""
    bound = methods(model)
    for verb in table:
        if verb not in bound:
            yield f"The move {verb!r} has no method on {model.__name__}: add one under @move({verb!r})."
        elif bound[verb] != verb:
            yield f"The method {bound[verb]!r} performs the move {verb!r}: give it the name of its verb."


class ProtectedStateMixin(models.Model):
    """Lets Django reload a row whose state field is protected against assignment.

    django-fsm's own mixin switches the protection off on the shared field object while it reloads, which leaves it
    off for other threads, and for good after an error. Taking the value out of this instance first needs no switch.
    """

    class Meta:
        abstract = True

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Reload, keeping the old state when the reload fails."""
        fields = kwargs.get("fields") or (args[1] if len(args) > 1 else None)
        names = [
            field.attname
            for field in self._meta.concrete_fields
            if isinstance(field, FSMField) and field.protected and (fields is None or field.name in fields)
        ]
        kept = {name: self.__dict__.pop(name) for name in names if name in self.__dict__}
        try:
            super().refresh_from_db(*args, **kwargs)
        except BaseException:
            self.__dict__.update(kept)
            raise
