"""Every code that a system gives, or that the service stores beside a task, is told in sentences."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from dsr.connectors import Code, Foreign, RefusalCode, Remark
from dsr.connectors.manual import OwnerOutcome
from dsr.connectors.reasons import SENTENCES
from dsr.services import codes

ROOT = Path(__file__).resolve().parents[2]
_GIVEN_TO = {"BackToReview": 0, "bring_back": 2, "stick": 2}
"""Where the code stands among the arguments of what stores it."""


def stored(source: str) -> Iterator[str]:
    """Every code that a module of services writes down by name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            place = _GIVEN_TO.get(called)
            if place is not None and len(node.args) > place:
                yield from texts(node.args[place])
        elif isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
            for target, value in pairs:
                if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                    pairs += list(zip(target.elts, value.elts, strict=True))
                elif isinstance(target, ast.Attribute) and target.attr == "code":
                    yield from texts(value)


def texts(node: ast.expr) -> Iterator[str]:
    """The codes in an expression; what a condition or a call looks at is none."""
    if isinstance(node, ast.IfExp):
        yield from (*texts(node.body), *texts(node.orelse))
    elif isinstance(node, ast.BoolOp):
        yield from (each for value in node.values for each in texts(value))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value


SERVICES = sorted({code for path in (ROOT / "dsr/services").rglob("*.py") for code in stored(path.read_text())})


def test_codes_are_found_where_they_are_stored():
    assert {"inactive", "owner_could_not", "more_found", "hold_set", "must_be_kept", "by_staff"} <= set(SERVICES)


@pytest.mark.parametrize("code", [*Code, *RefusalCode, *Remark, *SERVICES, *codes.WORDS])
def test_every_code_has_words(code):
    with translation.override("en"):
        said = codes.said(code)

    assert code in SENTENCES or code in codes.WORDS
    assert said.endswith((".", "?"))
    assert "no words" not in said


@pytest.mark.parametrize("word", [OwnerOutcome.COULD_NOT, OwnerOutcome.REFUSED])
def test_what_an_owner_answers_instead_of_doing_it_has_words(word):
    assert f"owner_{word}" in codes.WORDS


def test_several_codes_are_told_one_after_the_other_and_a_foreign_one_by_itself():
    with translation.override("en"):
        said = codes.said(codes.joined((Foreign("own_word"), Remark.PARTLY_DONE)))

    assert said.startswith("At least one of those to whom it passed data on did not do the same. ")
    assert said.endswith("own_word.")


def test_of_more_remarks_than_a_row_has_room_for_those_with_words_stay():
    kept = codes.joined((*(Foreign(f"word_{n:02}") for n in range(20)), Remark.ACCEPTED_NOT_CONFIRMED))

    assert len(kept) <= codes.LONGEST
    assert kept.startswith("accepted_not_confirmed,word_00")


def test_the_person_reads_what_qualifies_an_answer_and_nothing_else():
    with translation.override("en"):
        remarked = codes.remarked("counted_by_identifier,accepted_not_confirmed,own_word")

    assert remarked == "It took the order and does not confirm when it is done."
