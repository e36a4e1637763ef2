"""When silence counts as approval; days worked out by hand, each with where the law says so."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.rules import NotInRules, silence_after
from dsr.rules.schema.periods import NoticeRule
from dsr.rules.silence import Medium
from tests.unit.rules.packs import shipped

WAIT = "47 CFR 64.2008(d)(1)"
AGAIN = "47 CFR 64.2008(d)(2)"
DAYS = st.dates(date(2008, 1, 1), date(2090, 12, 31))
MEDIA: st.SearchStrategy[Medium] = st.sampled_from(["email", "post"])


def _rule() -> NoticeRule:
    rule = shipped().regime("us_cpni", date(2026, 6, 1)).notices
    assert rule is not None
    return rule


@pytest.mark.parametrize(
    ("source", "medium", "sent", "runs_out", "first_use", "again"),
    [
        (WAIT, "email", date(2026, 6, 1), date(2026, 7, 1), date(2026, 7, 2), date(2028, 6, 1)),
        (WAIT, "post", date(2026, 6, 1), date(2026, 7, 4), date(2026, 7, 5), date(2028, 6, 1)),
        (WAIT, "email", date(2026, 12, 2), date(2027, 1, 1), date(2027, 1, 2), date(2028, 12, 2)),  # a holiday
        (WAIT, "post", date(2027, 12, 29), date(2028, 1, 31), date(2028, 2, 1), date(2029, 12, 29)),
        (WAIT, "email", date(2028, 1, 30), date(2028, 2, 29), date(2028, 3, 1), date(2030, 1, 30)),
        (WAIT, "email", date(2027, 1, 30), date(2027, 3, 1), date(2027, 3, 2), date(2029, 1, 30)),
        (AGAIN, "post", date(2028, 2, 29), date(2028, 4, 2), date(2028, 4, 3), date(2030, 2, 28)),
    ],
)
def test_silence_counts_after_the_wait_and_until_the_notice_is_due_again(
    source: str, medium: Medium, sent: date, runs_out: date, first_use: date, again: date
) -> None:
    found = silence_after(_rule(), sent, medium)

    assert (found.runs_out, found.first_use, found.next_notice_due) == (runs_out, first_use, again), source
    assert [found.approves(day) for day in (sent, runs_out, first_use, again)] == [False, False, True, True]
    assert not found.approves(again + timedelta(days=1))


def test_every_day_of_the_wait_has_its_reason() -> None:
    segments = silence_after(_rule(), date(2026, 6, 1), "post").segments

    assert [(part.start.day, part.end.day, part.counts) for part in segments] == [
        (1, 3, False),
        (4, 4, False),
        (5, 4, True),
    ]
    assert segments[0].because == "On its way: what is sent like this counts from 3 days after it was sent."
    assert {part.source for part in segments} == {"47 CFR 64.2008(d)(1) and (2)"}


def test_programs_are_told_the_same() -> None:
    told = silence_after(_rule(), date(2026, 6, 1), "email").as_dict()

    assert (told["runs_out"], told["first_use"], told["next_notice_due"]) == ("2026-07-01", "2026-07-02", "2028-06-01")
    assert (told["source"], told["confidence"]) == ("47 CFR 64.2008(d)(1) and (2)", "GK")


def test_a_notice_cannot_be_given_by_what_the_law_does_not_know() -> None:
    by_mail = _rule().model_copy(update={"media": _rule().media[:1]})

    with pytest.raises(NotInRules, match="cannot be given by 'post'; known are email"):
        silence_after(by_mail, date(2026, 6, 1), "post")


@given(DAYS, MEDIA)
def test_segments_cover_the_wait_without_a_gap_and_count_thirty_days(sent: date, medium: Medium) -> None:
    found = silence_after(_rule(), sent, medium)

    days = [part.start + timedelta(days=n) for part in found.segments for n in range((part.end - part.start).days + 1)]
    assert days == [sent + timedelta(days=n) for n in range((found.runs_out - sent).days + 1)]
    assert sum((part.end - part.start).days + 1 for part in found.segments if part.counts) == 30


@given(DAYS, MEDIA, st.integers(0, 60))
def test_a_later_notice_never_counts_earlier(sent: date, medium: Medium, later: int) -> None:
    one, two = (silence_after(_rule(), sent + timedelta(days=n), medium) for n in (0, later))

    assert one.first_use <= two.first_use
    assert one.next_notice_due <= two.next_notice_due
