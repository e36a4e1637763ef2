"""Every reason has a sentence that can be said with what the arithmetic gives it."""

from datetime import date

import pytest
from django.utils import translation

from dsr.reasons import SENTENCES, DaysOff, Reason, sentence

EVERYTHING = {
    "n": 2,
    "first": 1,
    "last": 3,
    "total": 10,
    "day": date(2026, 4, 5),
    "names": DaysOff(((date(2026, 4, 4), ""), (date(2026, 4, 6), "Easter Monday"))),
}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_can_be_said(reason: Reason) -> None:
    with translation.override("en"):
        said = sentence(reason, EVERYTHING)

    assert said.endswith(".")
    assert "%" not in said
    assert set(SENTENCES) == set(Reason)


def test_a_day_is_written_out_and_a_day_off_has_its_name_or_that_of_the_weekday() -> None:
    with translation.override("en"):
        assert sentence(Reason.ROLLED, EVERYTHING) == (
            "The period would end on Sunday 5 April 2026. It ends on the next working day instead; "
            "left out: Saturday, Easter Monday."
        )
        assert sentence(Reason.GOES_ON, {"n": 1}) == "The clock runs again, for the 1 day that was left."
