"""The CPNI ledger under many hands: no yes after an opt-out is in, and no line lost or doubled."""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic

import pytest
from django.utils import timezone

from dsr.choices.cpni import Because, Kind
from dsr.models import CpniAccount, CpniEntry, CpniUse
from dsr.services.choices import cpni
from tests.together import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]
ACCOUNT, OWN = "AC-1007", "new_services"


def _enter(kind: Kind, days_ago: int = 0, account: str = ACCOUNT) -> cpni.Entered:
    now = timezone.now()
    notice = kind is Kind.NOTICE_SENT
    line = cpni.Line(
        account=account,
        kind=kind,
        at=now - timedelta(days=days_ago),
        channel="api",
        medium="post" if notice else None,
        notice_version="1" if notice else "",
    )
    return cpni.enter(line, by="1", at=now)


def test_campaign_that_asks_while_an_opt_out_is_filed_never_gets_a_stale_yes() -> None:
    _enter(Kind.NOTICE_SENT, days_ago=40)
    filed: list[float] = []
    answers: list[tuple[float, bool]] = []

    def opt_out() -> None:
        while len(answers) < 50:
            pass
        _enter(Kind.OPT_OUT)
        filed.append(monotonic())

    def campaign() -> None:
        until = monotonic() + 30
        while monotonic() < until:
            begun = monotonic()
            found = cpni.ask_for_campaign(cpni.digests(ACCOUNT), OWN, campaign="spring", by="1", at=timezone.now())
            answers.append((begun, found.standing.allowed))
            if filed and begun > filed[0] and len(answers) > 200:
                return

    tasks: list[Callable[[], None]] = [opt_out, *[campaign] * 4]
    assert together(tasks) == [None] * 5

    before, after = ([allowed for begun, allowed in answers if (begun > filed[0]) is late] for late in (False, True))
    assert any(before)
    assert after
    assert not any(after)
    assert CpniUse.objects.count() == len(answers)


def test_lines_entered_at_once_are_all_there_in_one_chain() -> None:
    results = together([lambda: _enter(Kind.OPT_OUT)] * 8)

    assert not [result for result in results if isinstance(result, Exception)]
    lines = list(CpniEntry.objects.order_by("seq"))
    assert [line.seq for line in lines] == list(range(1, 9))
    assert [line.prev_hash for line in lines[1:]] == [line.hash for line in lines[:-1]]
    assert CpniAccount.objects.get().head == lines[-1].hash
    assert cpni.ask(ACCOUNT, OWN, moment=timezone.now()).standing.because is Because.OPTED_OUT


def test_accounts_merged_into_each_other_at_once_do_not_wait_for_each_other() -> None:
    def merge(one: str, other: str) -> cpni.Entered:
        now = timezone.now()
        line = cpni.Line(account=one, kind=Kind.ACCOUNT_TRANSFERRED, at=now, channel="api", merged=other)
        return cpni.enter(line, by="1", at=now)

    results = together([lambda: merge("A", "B"), lambda: merge("B", "A")] * 3)

    assert not [result for result in results if isinstance(result, Exception)]
    for account in "AB":
        assert cpni.ask(account, OWN, moment=timezone.now()).standing.because is Because.CLOSED
