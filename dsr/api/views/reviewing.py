"""The moves by which a human reviews what a machine decided: from the words of a body to the use cases."""

from collections.abc import Callable
from typing import Any

from dsr.api.reading import Body
from dsr.api.shapes import inputs
from dsr.api.shapes import reviews as shapes
from dsr.models import Verdict
from dsr.services.reviews import concluding, effects, working

Make = Callable[[Any, Any], object]


def _record(do: Any, given: shapes.WithDecisionByHand) -> object:
    known = working.ByHand(
        given.system, given.kind, given.decided_on, given.output, given.effect, given.owner, given.number
    )
    return working.record_by_hand(known=known, **do.how)


def _uphold(do: Any, given: shapes.WithUpholding) -> object:
    found = concluding.Conclusion(given.reasons, given.alternatives, given.plain, given.why_right)
    return concluding.uphold(found=found, **do.how)


def _overturn(do: Any, given: shapes.WithOverturning) -> object:
    found = concluding.Conclusion(
        given.reasons, given.alternatives, given.plain, verdict=Verdict(given.verdict), change=given.change
    )
    return concluding.overturn(found=found, **do.how)


def _open(do: Any, given: shapes.WithMaterial) -> object:
    return working.open_material(material=given.material, **do.how)


def _answer(do: Any, given: shapes.WithPoint) -> object:
    return working.answer_point(number=given.point, text=given.text, **do.how)


def _ease(do: Any, given: shapes.WithMeasure) -> object:
    return working.ease(measure=given.measure, reason=given.reason, **do.how)


def _signed(do: Any, given: shapes.WithSignature) -> object:
    return effects.record(signed_by=given.signed_by, reason=given.reason, **do.how)


MOVES: dict[str, tuple[type[Body], Make]] = {
    "link_decision": (shapes.WithDecision, lambda do, given: working.link(decision_id=given.decision, **do.how)),
    "record_decision": (shapes.WithDecisionByHand, _record),
    "take_review": (inputs.Nothing, lambda do, _given: working.take(**do.how)),
    "hand_over": (inputs.WithReason, lambda do, given: working.hand_over(reason=given.reason, **do.how)),
    "ask_representations": (inputs.Nothing, lambda do, _given: working.ask(**do.how)),
    "represent": (inputs.WithText, lambda do, given: working.represent(text=given.text, **do.how)),
    "none_sent": (inputs.Nothing, lambda do, _given: working.none_sent(**do.how)),
    "open_material": (shapes.WithMaterial, _open),
    "weigh_information": (inputs.WithText, lambda do, given: working.weigh(text=given.text, **do.how)),
    "raise_point": (inputs.WithText, lambda do, given: working.raise_point(text=given.text, **do.how)),
    "answer_point": (shapes.WithPoint, _answer),
    "interim_measure": (shapes.WithMeasure, _ease),
    "uphold": (shapes.WithUpholding, _uphold),
    "overturn": (shapes.WithOverturning, _overturn),
    "retry_effect": (inputs.Nothing, lambda do, _given: effects.retry(**do.how)),
    "record_effect": (shapes.WithSignature, _signed),
    "review_again": (inputs.Nothing, lambda do, _given: concluding.again(**do.how)),
}
"""Verb to the body that it takes and the use case that makes the move."""
