"""What a system is searched by when it does not know people by their mail address."""

import pytest

from dsr.models import Step, StepResult, StepState
from dsr.services.systems import Entry, enter
from tests import builders, organisation

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def records(clock, tmp_path, systems):
    """A system that knows people by their account number only."""
    tables = [{**organisation.TABLES[0], "identity": [{"kind": "account", "column": "number"}], "resolves": []}]
    entry = Entry(
        "records",
        "Records",
        "Olga Owner",
        "olga@staff.example.org",
        "sql",
        {"url": organisation.database(tmp_path, "records"), "tables": tables},
    )
    return enter(entry, at=clock())


def step_of(records, **changes):
    request = builders.in_review(**changes)
    return Step.objects.get(request=request, system=records)


def test_search_uses_what_is_on_file_under_the_proved_address(clock, records):
    step = step_of(records, at=clock())

    assert step.result == StepResult.FOUND


def test_search_holds_nothing_when_nothing_is_on_file_and_nothing_was_claimed(clock, records):
    step = step_of(records, at=clock(), email="nobody@example.org")

    assert (step.state, step.result, step.code) == (StepState.DONE, StepResult.NOTHING_HELD, "no_identifier")


def test_search_never_uses_a_number_that_was_claimed_and_given_up(clock, records):
    step = step_of(records, at=clock(), email="nobody@example.org", identifiers={"account": ("A-1",)})

    assert (step.state, step.result, step.code) == (StepState.DONE, "nothing_held", "no_identifier")
