"""Codes in words: why a step or task failed, why a request came back to the desk, what a system remarked."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from dsr.connectors import Remark
from dsr.connectors.reasons import reason

WORDS: Mapping[str, str | Promise] = {
    "request_closed": gettext_lazy("The request was closed before this system answered."),
    "by_staff": gettext_lazy("A colleague brought it back."),
    "hold_set": gettext_lazy("A legal hold has been set since it was approved."),
    "must_be_kept": gettext_lazy("Something has to be kept by now that was to be erased when it was approved."),
    "more_found": gettext_lazy("There is more by now than when it was approved."),
    "not_now": gettext_lazy("Something stood in the way when it was to be carried out."),
    "stopped": gettext_lazy("Somebody on file stopped the request."),
    "held": gettext_lazy("The release is held, as a signal asks for a wait."),
    "no-authority": gettext_lazy("The authority to act for the person no longer holds."),
    "owner_could_not": gettext_lazy("The owner of the system could not do it."),
    "owner_could_not_leave_out": gettext_lazy(
        "The owner could not see to it that the person is left out, and has erased nothing."
    ),
    "owner_refused": gettext_lazy("The owner of the system refused to do it."),
    "inactive": gettext_lazy("The system was switched off."),
    "not_taken": gettext_lazy("The deciding system answered that it did not take the change."),
    "accepted_not_applied": gettext_lazy("The deciding system took the change, and has not confirmed its effect."),
    "owner_silent": gettext_lazy("The owner of the deciding system has not confirmed."),
    "seal_broken": gettext_lazy("How the system is reached can no longer be read."),
    "reappeared": gettext_lazy("Something that was erased is there again."),
}
"""The service's own codes, beside those of connectors."""
LONGEST = 64
"""Characters that rows keep of a code, or of several."""
_FOR_THE_PERSON = (
    Remark.DOWNSTREAM_NOT_GUARANTEED,
    Remark.DOWNSTREAM_NOT_TOLD,
    Remark.PARTLY_DONE,
    Remark.ACCEPTED_NOT_CONFIRMED,
    Remark.TAKES_EFFECT_LATER,
)
"""What changes how an answer is to be taken. How a service counts does not."""


def joined(notes: tuple[str, ...]) -> str:
    """Return remarks as rows keep them, those that have words here first: of too many the last are left out."""
    kept = ""
    for note in sorted(dict.fromkeys(notes), key=lambda note: note not in list(Remark)):
        longer = f"{kept},{note}" if kept else str(note)
        kept = longer if len(longer) <= LONGEST else kept
    return kept


def said(code: str) -> str:
    """Return codes in sentences, "" for none."""
    return " ".join(str(WORDS[each]) if each in WORDS else reason(each) for each in code.split(",") if each)


def qualifying(code: str) -> list[str]:
    """Return those of a system's remarks that matter to the person."""
    return [each for each in code.split(",") if each in _FOR_THE_PERSON]


def remarked(code: str) -> str:
    """Return the same in sentences, "" for none."""
    return " ".join(map(reason, qualifying(code)))
