"""The moves of complaints and appeals: from the words of a body to the use cases."""

from collections.abc import Callable
from typing import Any

from dsr.api.reading import Body
from dsr.api.shapes import complaints as shapes
from dsr.api.shapes import inputs
from dsr.services.complaints import answering, appeals, looking, outside, promises

Make = Callable[[Any, Any], object]


def _enquire(do: Any, given: shapes.WithEnquiry) -> object:
    return looking.enquire(whom=given.whom, text=given.text, **do.how)


def _note_reply(do: Any, given: shapes.WithReply) -> object:
    return looking.note_reply(number=given.enquiry, text=given.text, **do.how)


def _drop_finding(do: Any, given: shapes.WithFindingNumber) -> object:
    return looking.drop_finding(number=given.finding, **do.how)


def _drop_promise(do: Any, given: shapes.WithRemedy) -> object:
    return looking.drop_promise(number=given.remedy, **do.how)


def _add_finding(do: Any, given: shapes.WithFinding) -> object:
    return looking.add_finding(found=looking.Found(**given.model_dump()), **do.how)


def _promise(do: Any, given: shapes.WithPromise) -> object:
    return looking.promise(text=given.text, owner=given.owner, due_on=given.due_on, **do.how)


def _note_outside(do: Any, given: shapes.WithOutside) -> object:
    return outside.note(taken=outside.Taken(**given.model_dump()), **do.how)


def _redate_outside(do: Any, given: shapes.WithOutsideDay) -> object:
    return outside.redate(number=given.outside, due_on=given.due_on, reason=given.reason, **do.how)


def _end_outside(do: Any, given: shapes.WithOutsideEnd) -> object:
    ended = outside.Ended(given.result, given.ended_on, given.text)
    return outside.end(number=given.outside, ended=ended, **do.how)


def _propose_ruling(do: Any, given: shapes.WithDecision) -> object:
    return appeals.propose(decision=given.decision, text=given.text, **do.how)


MOVES: dict[str, tuple[type[Body], Make]] = {
    "take_complaint": (inputs.Nothing, lambda do, _given: looking.take(**do.how)),
    "enquire": (shapes.WithEnquiry, _enquire),
    "note_reply": (shapes.WithReply, _note_reply),
    "add_finding": (shapes.WithFinding, _add_finding),
    "drop_finding": (shapes.WithFindingNumber, _drop_finding),
    "promise": (shapes.WithPromise, _promise),
    "drop_promise": (shapes.WithRemedy, _drop_promise),
    "keep_promise": (shapes.WithRemedy, lambda do, given: promises.keep(number=given.remedy, **do.how)),
    "news": (inputs.WithText, lambda do, given: looking.news(text=given.text, **do.how)),
    "propose_answer": (inputs.WithText, lambda do, given: answering.propose(text=given.text, **do.how)),
    "answer_complaint": (inputs.Nothing, lambda do, _given: answering.answer(**do.how)),
    "note_outside": (shapes.WithOutside, _note_outside),
    "redate_outside": (shapes.WithOutsideDay, _redate_outside),
    "end_outside": (shapes.WithOutsideEnd, _end_outside),
    "appeal": (inputs.WithText, lambda do, given: appeals.file(text=given.text, **do.how)),
    "propose_ruling": (shapes.WithDecision, _propose_ruling),
    "decide_appeal": (inputs.Nothing, lambda do, _given: appeals.decide(**do.how)),
}
"""Verb to the body that it takes and the use case that makes the move."""
