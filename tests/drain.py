"""Runs the sweeps that production runs, until nothing is due."""

from datetime import datetime

from dsr.services import sweeping

_ROUNDS = 50


def drain(at: datetime) -> int:
    """Sweep until a sweep finds nothing to do, and return how much was done. Fails when it never ends."""
    done = 0
    for _round in range(_ROUNDS):
        tally = sweeping.sweep(at)
        assert not tally.failures, tally
        if not tally.total:
            return done
        done += tally.total
    raise AssertionError("the sweep never ran dry")
