import pytest

from dsr import checks, lifecycle
from dsr.lifecycle import Actor, State
from dsr.rights import Right


@pytest.mark.parametrize("right", Right)
def test_every_right_reaches_closed_from_everywhere(right):
    onward = {state: {m.target for m in lifecycle.of(right) if state in m.sources and m.target} for state in State}

    def reached(start):
        found, waiting = {start}, [start]
        while waiting:
            fresh = onward[waiting.pop()] - found
            found |= fresh
            waiting += fresh
        return found

    for start in reached(State.RECEIVED):
        assert State.CLOSED in reached(start), start


@pytest.mark.parametrize("right", sorted(lifecycle.ANSWERED - lifecycle.CHILD))  # what was reported stays known
def test_the_person_can_always_withdraw_from_what_is_open(right):
    withdraw = next(move for move in lifecycle.of(right) if move.verb == "withdraw")

    assert withdraw.sources == lifecycle.OPEN
    assert Actor.PERSON in withdraw.actors


def test_no_verification_exists_for_a_right_that_needs_none():
    verbs = {move.verb for move in lifecycle.of(Right.BE_INFORMED)}

    assert not verbs & {"ask_identity", "confirm_identity", "lapse", "search", "prepare", "approve"}


@pytest.mark.parametrize("right", sorted(lifecycle.CHOSEN))
def test_a_choice_is_neither_checked_nor_weighed_and_nobody_but_the_system_ends_it(right):
    moves = lifecycle.of(right)

    assert {move.verb for move in moves if move.target} == {"choose", "in_effect", "chosen_anew"}
    assert all(move.actors == {Actor.SYSTEM} for move in moves if move.target)
    assert not {move.verb for move in moves} & {"withdraw", "refuse", "extend", "approve", "ask_identity", "hold"}
    assert {"note", "message", "assign"} <= {move.verb for move in moves}


UNDECIDED = ("withdraw", "fee_unanswered")
"""What ends a request without anybody deciding on it: the person's word, or a silence that the law gives a meaning."""


@pytest.mark.parametrize("right", [Right.ACCESS, Right.PORTABILITY])
def test_whatever_releases_or_refuses_needs_a_second_person_or_a_standing_rule(right):
    deciding = [
        m
        for m in lifecycle.of(right)
        if State.IN_REVIEW in m.sources and m.target in (State.FULFILLING, State.CLOSED) and m.verb not in UNDECIDED
    ]

    for move in deciding:
        assert {"another_person", "another_doubted", "standing_rule"} & set(move.needs) or move.verb == "redirect", (
            move.verb
        )


@pytest.mark.parametrize("right", Right)
def test_mermaid_draws_every_change_of_state(right):
    drawn = lifecycle.mermaid(right)

    for move in lifecycle.of(right):
        if move.target is not None:
            assert f"--> {move.target}: {move.verb}" in drawn


def test_check_finds_nothing_wrong_with_the_table():
    assert checks.lifecycle_is_whole(None) == []


def test_check_finds_a_row_without_a_method(monkeypatch):
    row = lifecycle.Move("vanish", "Vanish", frozenset({State.READY}), None, frozenset({Actor.SYSTEM}))
    monkeypatch.setitem(lifecycle.BY_VERB, "vanish", row)

    assert any("vanish" in problem.msg for problem in checks.lifecycle_is_whole(None))
