"""Leaving somebody out before they are erased, where the owner of a system does it by hand.

Systems that are told by a machine are told to suppress first. An owner is asked the same, as a question of its own:
what is erased must not come back with the next mailing list.
"""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dsr.models import Task, TaskKind

COULD_NOT_CODE = "owner_could_not_leave_out"
"""Why a task waits for staff whose owner could not leave the person out."""


class LeftOut(StrEnum):
    """What an owner says of leaving somebody out of mailings and lists before erasing."""

    DONE = "done"
    NOT_APPLICABLE = "not_applicable"
    COULD_NOT = "could_not"


WORDS: Mapping[LeftOut, str | Promise] = {
    LeftOut.DONE: gettext_lazy("The person is left out from now on"),
    LeftOut.NOT_APPLICABLE: gettext_lazy("Nothing is sent or taken in there, so there is nothing to leave out"),
    LeftOut.COULD_NOT: gettext_lazy("I could not do it, and have deleted nothing"),
}


def is_asked(task: Task) -> bool:
    """Whether the owner has to say so: of an erasure, but not of what comes due when all else is long gone."""
    return task.kind == TaskKind.ERASE and not task.late


def problems(task: Task, word: str, note: str) -> dict[str, str]:
    """Return what is wrong with what an owner says, by field."""
    if not is_asked(task):
        return {}
    if word not in set(LeftOut):
        return {"left_out": _("Say whether the person is left out.")}
    if word == LeftOut.COULD_NOT and not note.strip():
        return {"note": _("Say what stood in the way.")}
    return {}
