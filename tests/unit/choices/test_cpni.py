"""What the CPNI ledger comes to: each rule once by hand, and what may never happen whatever was entered."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.choices.cpni import Authority, Because, Entry, Kind, Ledger, Needs, Standing, standing
from dsr.rules.schema.periods import NoticeRule
from tests.unit.rules.packs import shipped

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
OWN, VOICE = "own_marketing", "voice"
ANA, BEN = "ana", "ben"
FIRST, SECOND, THIRD = "first", "second", "third"


def _rule() -> NoticeRule:
    rule = shipped().regime("us_cpni", date(2026, 6, 1)).notices
    assert rule is not None
    return rule


RULE = _rule()


class Book:
    """A ledger that is written in order, a line a day unless told otherwise."""

    def __init__(self) -> None:
        self.lines: list[Entry] = []
        self._places = count(1)

    def enter(self, kind: Kind, day: int, account: str = FIRST, **rest: Any) -> Entry:
        """Write a line on a day after the start."""
        at = START + timedelta(days=day)
        line = Entry(place=next(self._places), account=account, kind=kind, at=at, day=at.date(), **rest)
        self.lines.append(line)
        return line

    def notice(self, day: int, account: str = FIRST) -> Entry:
        """Send a notice by mail."""
        return self.enter(Kind.NOTICE_SENT, day, account, medium="email")

    def on(self, day: int, account: str = FIRST, *, needs: Needs = Needs.SILENCE, service: str = "") -> Standing:
        """Ask on a day."""
        return asked(self.lines, START + timedelta(days=day), account, needs=needs, service=service)


def asked(
    lines: Sequence[Entry], at: datetime, account: str = FIRST, *, needs: Needs = Needs.SILENCE, service: str = ""
) -> Standing:
    return standing(Ledger.at(account, lines, at), OWN, service, needs, RULE, at.date())


@pytest.fixture
def book() -> Book:
    return Book()


def test_unknown_is_not_approved(book: Book) -> None:
    assert book.on(400) == Standing(allowed=False, because=Because.NO_NOTICE)
    assert book.on(400, needs=Needs.YES).because is Because.NEEDS_YES
    assert book.on(400, needs=Needs.NOTHING) == Standing(allowed=True, because=Because.NONE_NEEDED)


def test_silence_approves_after_the_wait_until_the_notice_is_late(book: Book) -> None:
    sent = book.notice(0)

    waiting, first, last, late = book.on(30), book.on(31), book.on(730), book.on(731)

    assert (waiting.because, waiting.until) == (Because.WAITING, date(2026, 2, 4))
    assert first == Standing(
        allowed=True, because=Because.SILENT, since=sent.at, place=sent.place, until=date(2028, 1, 5)
    )
    assert (last.allowed, late.allowed, late.because) == (True, False, Because.NOTICE_LATE)
    assert book.on(40, needs=Needs.YES).because is Because.NEEDS_YES


def test_notice_repeated_in_time_goes_on_and_one_that_was_late_begins_anew(book: Book) -> None:
    book.notice(0)
    book.notice(725)
    assert book.on(740).because is Because.SILENT

    book.notice(725 + 760)
    assert book.on(725 + 750).because is Because.NOTICE_LATE
    assert book.on(725 + 770).because is Because.WAITING
    assert book.on(725 + 795).because is Because.SILENT


def test_notice_that_came_back_was_none(book: Book) -> None:
    sent = book.notice(0)
    book.enter(Kind.NOTICE_BOUNCED, 40, about=sent.place)

    assert [book.on(39).allowed, book.on(40).because] == [True, Because.NO_NOTICE]


@pytest.mark.parametrize("day", [5, 35])
def test_opt_out_within_the_wait_or_after_it_lasts_through_every_later_notice(book: Book, day: int) -> None:
    book.notice(0)
    said = book.enter(Kind.OPT_OUT, day)
    book.notice(720)

    assert book.on(2000) == Standing(allowed=False, because=Because.OPTED_OUT, since=said.at, place=said.place)


def test_revocation_is_an_act_of_its_own(book: Book) -> None:
    book.notice(0)
    book.enter(Kind.OPT_OUT, 5, authority=Authority.REPRESENTATIVE, actor=ANA)
    book.enter(Kind.OPT_IN, 50, authority=Authority.HOLDER, actor=BEN)
    assert book.on(51).because is Because.OPTED_OUT

    book.enter(Kind.REVOKE_OPT_OUT, 60, authority=Authority.HOLDER, actor=BEN)
    assert book.on(61).because is Because.SILENT
    assert book.on(61, needs=Needs.YES).because is Because.NEEDS_YES, "a yes said against a denial is none"

    book.enter(Kind.OPT_IN, 70, authority=Authority.HOLDER, actor=BEN)
    assert book.on(71, needs=Needs.YES).because is Because.OPTED_IN


@pytest.mark.parametrize(
    ("authority", "actor", "ends"),
    [
        (Authority.HOLDER, BEN, True),
        (Authority.REPRESENTATIVE, ANA, True),
        (Authority.REPRESENTATIVE, BEN, False),
        (Authority.REPRESENTATIVE, "", False),
        (Authority.ANYBODY, ANA, False),
    ],
)
def test_most_protective_of_two_wins_unless_the_holder_speaks(
    book: Book, authority: Authority, actor: str, ends: bool
) -> None:
    book.notice(0)
    book.enter(Kind.OPT_OUT, 40, authority=Authority.REPRESENTATIVE, actor=ANA)
    book.enter(Kind.REVOKE_OPT_OUT, 41, authority=authority, actor=actor)

    assert book.on(42).allowed is ends


def test_limit_denies_its_part_alone_and_what_is_asked_of_everything_touches_it(book: Book) -> None:
    book.notice(0)
    book.enter(Kind.LIMIT, 40, services=frozenset({VOICE}))

    assert [book.on(50, service=VOICE).because, book.on(50, service="sms").allowed] == [Because.LIMITED, True]
    assert not book.on(50).allowed


def test_revoking_for_one_service_leaves_the_rest_denied(book: Book) -> None:
    book.notice(0)
    book.enter(Kind.OPT_OUT, 40, authority=Authority.HOLDER, actor=ANA)
    book.enter(Kind.REVOKE_OPT_OUT, 41, authority=Authority.HOLDER, actor=ANA, services=frozenset({VOICE}))

    assert [book.on(42, service=VOICE).allowed, book.on(42, service="sms").allowed] == [True, False]
    assert not book.on(42).allowed


def test_another_holder_begins_without_approval_and_with_every_denial(book: Book) -> None:
    book.notice(0)
    book.enter(Kind.OPT_IN, 1, authority=Authority.HOLDER, actor=ANA)
    book.enter(Kind.ACCOUNT_TRANSFERRED, 100)
    assert [book.on(101).because, book.on(101, needs=Needs.YES).because] == [Because.NO_NOTICE, Because.NEEDS_YES]

    book.enter(Kind.OPT_OUT, 110)
    book.enter(Kind.ACCOUNT_TRANSFERRED, 120)
    book.notice(121)
    assert book.on(300).because is Because.OPTED_OUT


def test_account_merged_into_another_brings_its_denial_and_not_its_approval(book: Book) -> None:
    book.notice(0, FIRST)
    book.notice(0, SECOND)
    book.enter(Kind.OPT_OUT, 35, SECOND)
    assert book.on(40, FIRST).allowed

    book.enter(Kind.ACCOUNT_TRANSFERRED, 50, FIRST, merged=SECOND)

    assert book.on(51, FIRST).because is Because.OPTED_OUT
    assert not book.on(51, SECOND).allowed
    book.enter(Kind.ACCOUNT_TRANSFERRED, 60, THIRD, merged=FIRST)
    book.notice(60, THIRD)
    assert book.on(100, THIRD).because is Because.OPTED_OUT


def test_who_gave_an_account_up_has_no_more_say_and_who_took_it_has(book: Book) -> None:
    book.notice(0, FIRST)
    book.enter(Kind.OPT_OUT, 5, SECOND, authority=Authority.HOLDER, actor=BEN)
    book.enter(Kind.ACCOUNT_TRANSFERRED, 50, FIRST, merged=SECOND)

    book.enter(Kind.REVOKE_OPT_OUT, 60, SECOND, authority=Authority.HOLDER, actor=BEN)
    assert not book.on(61, FIRST).allowed

    book.enter(Kind.REVOKE_OPT_OUT, 70, FIRST, authority=Authority.HOLDER, actor=ANA)
    assert book.on(71, FIRST).allowed


def test_another_customer_who_names_the_account_as_its_own_revokes_nothing(book: Book) -> None:
    book.notice(0, FIRST)
    book.enter(Kind.OPT_OUT, 5, SECOND)
    book.enter(Kind.ACCOUNT_TRANSFERRED, 10, FIRST, merged=SECOND)
    book.enter(Kind.ACCOUNT_TRANSFERRED, 11, THIRD, merged=SECOND)

    book.enter(Kind.REVOKE_OPT_OUT, 12, THIRD, authority=Authority.HOLDER, actor=BEN)

    assert book.on(40, FIRST).because is Because.OPTED_OUT


def test_merger_entered_later_with_an_earlier_day_widens_no_revocation(book: Book) -> None:
    book.notice(0, FIRST)
    book.enter(Kind.OPT_OUT, 5, SECOND)
    book.enter(Kind.OPT_OUT, 6, FIRST, authority=Authority.HOLDER, actor=ANA)
    book.enter(Kind.REVOKE_OPT_OUT, 20, FIRST, authority=Authority.HOLDER, actor=ANA)
    assert book.on(40, FIRST).allowed

    book.enter(Kind.ACCOUNT_TRANSFERRED, 10, FIRST, merged=SECOND)

    assert book.on(40, FIRST).because is Because.OPTED_OUT


def test_denial_entered_after_a_revocation_stands_whatever_moment_it_bears(book: Book) -> None:
    book.notice(0)
    book.enter(Kind.REVOKE_OPT_OUT, 40, authority=Authority.HOLDER, actor=ANA)

    book.enter(Kind.OPT_OUT, 39)

    assert book.on(41).because is Because.OPTED_OUT


def test_representative_of_an_earlier_holder_has_no_say_for_the_next(book: Book) -> None:
    book.enter(Kind.OPT_OUT, 0, authority=Authority.REPRESENTATIVE, actor=ANA)
    book.enter(Kind.ACCOUNT_TRANSFERRED, 10)
    book.notice(20)

    book.enter(Kind.REVOKE_OPT_OUT, 60, authority=Authority.REPRESENTATIVE, actor=ANA)
    assert book.on(61).because is Because.OPTED_OUT

    book.enter(Kind.REVOKE_OPT_OUT, 62, authority=Authority.HOLDER, actor=BEN)
    assert book.on(63).because is Because.SILENT


def test_closed_account_is_never_approved(book: Book) -> None:
    book.notice(0)
    book.enter(Kind.OPT_IN, 1, authority=Authority.HOLDER)
    book.enter(Kind.ACCOUNT_CLOSED, 100)
    book.notice(101)

    assert book.on(200).because is Because.CLOSED


# --- Whatever was entered --------------------------------------------------------------------------------------------

ACCOUNTS = st.sampled_from([FIRST, SECOND, THIRD])
SCOPES = st.sampled_from([frozenset[str](), frozenset({VOICE}), frozenset({"sms"})])


@st.composite
def ledgers(draw: st.DrawFn) -> list[Entry]:
    """Lines of three accounts over about six years, in any order of kinds and days."""
    lines: list[Entry] = []
    for place in range(1, draw(st.integers(1, 14)) + 1):
        kind = draw(st.sampled_from(Kind))
        at = START + timedelta(days=draw(st.integers(0, 2200)))
        account = draw(ACCOUNTS)
        notices = [line.place for line in lines if line.kind is Kind.NOTICE_SENT]
        lines.append(
            Entry(
                place=place,
                account=account,
                kind=kind,
                at=at,
                day=at.date(),
                authority=draw(st.sampled_from(Authority)),
                actor=draw(st.sampled_from(["", ANA, BEN])),
                services=draw(SCOPES) if kind in (Kind.LIMIT, Kind.OPT_IN, Kind.REVOKE_OPT_OUT) else frozenset(),
                medium=draw(st.sampled_from(["email", "post"])) if kind is Kind.NOTICE_SENT else None,
                about=draw(st.sampled_from(notices)) if kind is Kind.NOTICE_BOUNCED and notices else None,
                merged=draw(st.sampled_from(["", FIRST, SECOND, THIRD])) if kind is Kind.ACCOUNT_TRANSFERRED else "",
            )
        )
    return lines


MOMENTS = st.integers(0, 3000).map(lambda day: START + timedelta(days=day))
SERVICES = st.sampled_from(["", VOICE, "sms"])
NEEDS = st.sampled_from([Needs.SILENCE, Needs.YES])


def reached(lines: Sequence[Entry], account: str, at: datetime) -> set[str]:
    """Accounts into which one went, by hand: again and again until nothing is added."""
    found = {account}
    for _round in range(4):
        found |= {
            line.account
            for line in lines
            if line.kind is Kind.ACCOUNT_TRANSFERRED and line.at <= at and line.merged in found
        }
    return found


@given(ledgers(), MOMENTS, SERVICES, NEEDS)
def test_nothing_but_a_revocation_by_who_may_turns_a_denial_into_approval(
    lines: list[Entry], at: datetime, service: str, needs: Needs
) -> None:
    # Whatever anybody without authority enters stays in; what may revoke is taken out.
    lines = [line for line in lines if line.kind is not Kind.REVOKE_OPT_OUT or line.authority is Authority.ANYBODY]

    for denied in lines:
        if denied.kind is Kind.OPT_OUT and denied.at <= at:
            for account in reached(lines, denied.account, at):
                assert not asked(lines, at, account, needs=needs, service=service).allowed


@given(ledgers(), MOMENTS, SERVICES, NEEDS)
def test_an_opt_out_takes_effect_at_once_whatever_was_there(
    lines: list[Entry], at: datetime, service: str, needs: Needs
) -> None:
    said = Entry(place=99, account=FIRST, kind=Kind.OPT_OUT, at=at, day=at.date())

    assert not asked([*lines, said], at, needs=needs, service=service).allowed


@given(ledgers(), MOMENTS, ACCOUNTS, SERVICES, NEEDS, st.randoms(use_true_random=False))
def test_a_past_moment_replays_whatever_came_later_and_in_whatever_order_it_is_read(
    lines: list[Entry], at: datetime, account: str, service: str, needs: Needs, dice: Any
) -> None:
    then = [line for line in lines if line.at <= at]
    shuffled = list(lines)
    dice.shuffle(shuffled)

    found = {asked(some, at, account, needs=needs, service=service) for some in (lines, then, shuffled)}

    assert len(found) == 1


@given(ledgers(), MOMENTS, ACCOUNTS, SERVICES)
def test_what_needs_a_yes_is_allowed_only_on_one_by_who_may_give_it(
    lines: list[Entry], at: datetime, account: str, service: str
) -> None:
    found = asked(lines, at, account, needs=Needs.YES, service=service)

    if found.allowed:
        (line,) = [line for line in lines if line.place == found.place]
        assert (line.kind, line.account) == (Kind.OPT_IN, account)
        assert line.authority is not Authority.ANYBODY


@given(ledgers(), MOMENTS, ACCOUNTS)
def test_what_is_approved_for_all_services_is_approved_for_each(lines: list[Entry], at: datetime, account: str) -> None:
    if asked(lines, at, account).allowed:
        assert all(asked(lines, at, account, service=service).allowed for service in (VOICE, "sms", "other"))
