"""How Hypothesis drives a state machine whose steps are use cases on a real database."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

PATIENCE = 1200
"""Seconds that one machine may take on a slow machine with neighbours; alone it takes about one minute."""


def drive(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    """Run a machine. Its first failure is told as it was found.

    Making it shorter takes longer than the whole suite: the run would end with a time-out, and the failure be lost.
    """
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
