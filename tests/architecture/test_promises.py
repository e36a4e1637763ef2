"""Every promise has a test that exists, or names those who keep it; every right is walked by both roads."""

from pathlib import Path

import pytest

from dsr.management.promises import Register

ROOT = Path(__file__).resolve().parents[2]
GOOD = """
[rows]
{rows}
[journeys]
[[parts]]
title = "One"
promises = [{promise}]
"""


def test_every_promise_is_proved_or_says_who_keeps_it() -> None:
    register = Register(ROOT)

    assert list(register.problems()) == []
    assert len(list(register.promises)) > 90


@pytest.mark.parametrize(
    ("promise", "problem"),
    [
        (
            '{ v = "both", says = "A", proof = ["unit/test_ids::test_nothing"] }',
            "A: there is no test",
        ),
        (
            '{ v = "both", says = "A", proof = ["unit/test_gone::test_a"] }',
            "A: there is no test",
        ),
        ('{ v = "both", says = "A", proof = [] }', "A has no proof"),
        ('{ v = "both", says = "A", proof = [], planned = "access" }', "A has no proof"),
        ('{ v = "never", says = "A", by = "People." }', "A: no version never"),
        ('{ v = "both", says = "A", by = "B." }, { v = "both", says = "A", by = "B." }', "A is said twice"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, promise: str, problem: str) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "promises.toml").write_text(GOOD.format(rows="", promise=promise))

    problems = list(Register(tmp_path).problems())

    assert any(each.startswith(problem) for each in problems), problems
    assert "R7 is missing" in problems
    assert "deletion has no journey by web" in problems


def test_tests_of_classes_are_found_by_both_names() -> None:
    register = Register(ROOT)

    assert register.exists("impossible/test_must_be_impossible::TestExtending::test_twice")
    assert not register.exists("impossible/test_must_be_impossible::test_twice")
