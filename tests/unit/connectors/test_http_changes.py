"""What is particular to services that are told to change something: nothing believed that cannot be true."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from dsr.connectors import (
    Change,
    Code,
    Connector,
    ConnectorError,
    Note,
    PermanentFailure,
    RefusalCode,
    Refused,
    TemporaryFailure,
    Term,
    open_connector,
)
from dsr.connectors.http_answers import ChangeAnswer, EraseAnswer, PreviewAnswer
from dsr.connectors.http_wire import parse
from tests import builders
from tests.outpost import ABILITIES, BREAK, BROKEN, BUSY, Outpost, outpost
from tests.outpost_changes import DECLINE, LATER, LIE
from tests.unit.connectors.test_contract import fresh
from tests.unit.connectors.test_protocol import fits

BY_ADA = {"email": [builders.ADA]}
SEGMENT = Term("profiles", "marketing_communications_data")
SCORE = Term("profiles", "data_enrichment_services")
ALL = [SEGMENT, SCORE]
__all__ = ["outpost"]


@pytest.fixture
def connector(outpost: Outpost) -> Iterator[Connector]:
    """A connector for the outpost, which can be told everything."""
    opened = open_connector("http", outpost.config(abilities=ABILITIES))
    yield opened
    opened.close()


def code_of(call: Any) -> Code | RefusalCode:
    """Why a call comes to nothing."""
    with pytest.raises(ConnectorError) as caught:
        call()
    return caught.value.code


def test_tells_an_old_service_nothing(outpost: Outpost) -> None:
    old = open_connector("http", outpost.config())

    assert old.abilities() == frozenset()
    assert code_of(lambda: old.erase(BY_ADA, ALL, key=fresh())) == Code.UNABLE
    assert outpost.holdings.told == []


def test_reports_what_a_service_cannot_be_told(outpost: Outpost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.outpost.ABILITIES", ["erase"])

    problems = open_connector("http", outpost.config(abilities=["erase", "roster"])).check()

    assert [(problem.code, problem.where) for problem in problems] == [("missing_ability", "roster")]


def test_repeats_with_the_same_key_what_nobody_heard_of(outpost: Outpost, connector: Connector) -> None:
    outpost.holdings.orders = [BREAK]
    key = fresh()
    assert code_of(lambda: connector.erase(BY_ADA, ALL, key=key)) == Code.INTERRUPTED

    done = connector.erase(BY_ADA, ALL, key=key)

    assert done.rows == {"profiles": 2}
    assert [line.erase for line in done.lines] == [2, 2]


def test_refuses_one_key_for_two_things(outpost: Outpost, connector: Connector) -> None:
    connector.restrict(BY_ADA, True, key="one key")

    assert code_of(lambda: connector.restrict(BY_ADA, False, key="one key")) == Code.KEY_REUSED
    assert outpost.holdings.restricted == {builders.ADA}


def test_takes_terms_that_were_judged_anew_for_another_call(outpost: Outpost, connector: Connector) -> None:
    outpost.holdings.orders = [LATER]
    connector.erase(BY_ADA, ALL, key="one key")

    done = connector.erase(BY_ADA, [SCORE, Term(*KEEP[0])], key="one key")

    assert [(line.erase, line.keep) for line in done.lines] == [(2, 0), (0, 2)]


def test_asks_again_with_the_cursor_until_it_is_done(outpost: Outpost, connector: Connector) -> None:
    outpost.holdings.orders = [LATER, LATER]
    key = fresh()

    first = connector.erase(BY_ADA, ALL, key=key)
    second = connector.erase(BY_ADA, ALL, key=key, cursor=first.cursor)
    last = connector.erase(BY_ADA, ALL, key=key, cursor=second.cursor)

    assert [(one.finished, one.again_after) for one in (first, second, last)] == [(False, 30), (False, 30), (True, 0)]
    assert outpost.rows == {}
    assert len({call["key"] for call in outpost.holdings.told}) == 4


def test_erases_nothing_once_it_is_called_off(outpost: Outpost, connector: Connector) -> None:
    assert code_of(lambda: connector.erase(BY_ADA, ALL, key=fresh(), still=lambda: False)) == Code.CALLED_OFF
    assert outpost.holdings.told == []
    assert connector.erase(BY_ADA, ALL, key=fresh(), still=lambda: True).finished


def test_does_not_believe_that_it_is_done_when_it_is_not(outpost: Outpost, connector: Connector) -> None:
    outpost.holdings.orders = [LIE]

    assert code_of(lambda: connector.erase(BY_ADA, ALL, key=fresh())) == Code.NOTHING_CHANGED


def test_passes_on_what_the_service_must_keep(outpost: Outpost, connector: Connector) -> None:
    outpost.holdings.on_hold = {builders.ADA}

    done = connector.erase(BY_ADA, ALL, key=fresh())

    assert {(line.keep, line.refused) for line in done.lines} == {(2, 2)}
    assert len(done.handles["profiles"]) == 2


@pytest.mark.parametrize(
    ("manner", "kind", "code"),
    [
        (BUSY, TemporaryFailure, Code.BUSY),
        (BROKEN, PermanentFailure, Code.UNABLE),
        (DECLINE, Refused, RefusalCode.LEGAL_HOLD),
    ],
)
def test_tells_why_nothing_was_done(
    outpost: Outpost, connector: Connector, manner: str, kind: type[ConnectorError], code: Code
) -> None:
    for call in (
        lambda: connector.erase(BY_ADA, ALL, key=fresh()),
        lambda: connector.correct(BY_ADA, [Change("profiles", "score", "8")], key=fresh()),
        lambda: connector.annotate(BY_ADA, [Note("profiles", "No.")], key=fresh()),
        lambda: connector.restrict(BY_ADA, True, key=fresh()),
        lambda: connector.suppress(BY_ADA, ["marketing"], key=fresh()),
    ):
        outpost.holdings.orders = [manner]
        with pytest.raises(kind) as caught:
            call()
        assert caught.value.code == code


def test_says_where_a_service_is_unable(connector: Connector) -> None:
    with pytest.raises(PermanentFailure) as caught:
        connector.erase(BY_ADA, [SEGMENT], key=fresh())

    assert (caught.value.code, caught.value.where) == (Code.NO_STRATEGY, "profiles")


def test_asks_only_a_service_that_can_tell(outpost: Outpost, connector: Connector) -> None:
    deaf = open_connector("http", outpost.config(abilities=["suppress"]))

    assert deaf.suppressed(BY_ADA, ["marketing"], key=fresh()) is None
    assert connector.suppressed(BY_ADA, [], key=fresh()) is None
    assert connector.suppressed(BY_ADA, ["marketing"], key=fresh()) is False
    assert fits("suppressed.request", {"identifiers": BY_ADA, "purposes": ["marketing"]})
    assert [fits("suppressed.response", {"suppressed": said}) for said in (True, None, "yes")] == [True, True, False]


def test_sends_what_the_schema_says(outpost: Outpost, connector: Connector) -> None:
    terms = [Term(SEGMENT.dataset, SEGMENT.category, before=date(2026, 1, 1)), SCORE]
    handles = connector.preview(BY_ADA, [Term(*each) for each in KEEP], key=fresh()).handles
    outpost.holdings.orders = [LATER]

    connector.erase(BY_ADA, ALL, key=fresh(), handles=handles)
    connector.erase({}, ALL, key=fresh(), handles=handles, cursor="soon")
    connector.preview(BY_ADA, terms, key=fresh())
    connector.correct(BY_ADA, [Change("profiles", "score", None, held="7")], key=fresh())
    connector.annotate(BY_ADA, [Note("profiles", "Not I.")], key=fresh())
    connector.restrict(BY_ADA, True, key=fresh())
    connector.suppress(BY_ADA, ["marketing"], key=fresh())

    assert {call["verb"] for call in outpost.holdings.told} == {
        "preview", "erase", "correct", "annotate", "restrict", "suppress",
    }  # fmt: skip
    assert [call for call in outpost.holdings.told if not fits(f"{call['verb']}.request", call["body"])] == []


KEEP = [(SEGMENT.dataset, SEGMENT.category, False), (SCORE.dataset, SCORE.category, False)]
GOOD = {"dataset": "profiles", "category": SEGMENT.category, "found": 3, "erase": 3}
KEPT = {**GOOD, "erase": 1, "keep": 2}
HANDLES = {"handles": {"profiles": ["1", "2"]}}
DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("term", "answer", "code"),
    [
        (SEGMENT, {"lines": []}, Code.BAD_ANSWER),
        (SEGMENT, {"lines": [GOOD, GOOD]}, Code.BAD_ANSWER),
        (SEGMENT, {"lines": [GOOD, {**GOOD, "category": "other"}]}, Code.BAD_ANSWER),
        (SEGMENT, {"lines": [{**GOOD, "dataset": "secrets"}]}, Code.BAD_ANSWER),
        (SEGMENT, {"lines": [{**GOOD, "erase": 2}]}, Code.BAD_ANSWER),
        (SEGMENT, {"lines": [{**GOOD, "found": -1, "erase": -1}]}, Code.BAD_ANSWER),
        (SEGMENT, {"lines": [{**KEPT, "open": 2, "refused": 1}], **HANDLES}, Code.BAD_ANSWER),
        (SEGMENT, {"lines": [{**KEPT, "refused": 2}]}, Code.BAD_ANSWER),
        (SEGMENT, {"lines": [{**KEPT, "refused": 2}], "handles": {"profiles": ["1", "1"]}}, Code.BAD_ANSWER),
        (SEGMENT, {"lines": [GOOD], "handles": {"secrets": ["1"]}}, Code.BAD_ANSWER),
        (SEGMENT, {"lines": [GOOD], "cursor": "x"}, Code.BAD_ANSWER),
        (SEGMENT, {"outcome": "accepted", "lines": []}, Code.BAD_ANSWER),
        (SEGMENT, {"outcome": "unable", "code": "ada@example.org"}, Code.BAD_ANSWER),
        (SEGMENT, {"lines": [GOOD], "hello": 1}, Code.BAD_ANSWER),
        (Term(*KEEP[0]), {"lines": [GOOD]}, Code.BAD_ANSWER),
        (SEGMENT, {"lines": [{**KEPT, "first_kept": "2026-01-01"}], **HANDLES}, Code.BAD_ANSWER),
        (SEGMENT, {"lines": [KEPT], **HANDLES}, Code.NOTHING_CHANGED),
        (SEGMENT, {"lines": [{**KEPT, "open": 1}], **HANDLES}, Code.NOTHING_CHANGED),
        (
            Term(SEGMENT.dataset, SEGMENT.category, before=DAY),
            {"lines": [{**KEPT, "first_kept": "2026-02-28", "last_kept": "2026-04-01"}], **HANDLES},
            Code.NOTHING_CHANGED,
        ),
    ],
)
def test_believes_no_erasure_that_cannot_be(term: Term, answer: dict[str, Any], code: Code) -> None:
    assert code_of(lambda: parse(EraseAnswer, as_body(answer)).erased([term])) == code


@pytest.mark.parametrize(
    ("term", "line"),
    [
        (SEGMENT, {**KEPT, "open": 1, "refused": 1}),
        (Term(*KEEP[0]), {**KEPT, "found": 2, "erase": 0}),
        (
            Term(SEGMENT.dataset, SEGMENT.category, before=DAY),
            {**KEPT, "first_kept": "2026-03-01", "last_kept": "2026-04-01"},
        ),
        (
            Term(SEGMENT.dataset, SEGMENT.category, before=DAY),
            {**KEPT, "open": 1, "first_kept": "2026-02-01", "last_kept": "2026-04-01"},
        ),
        (Term(SEGMENT.dataset, SEGMENT.category, before=DAY), KEPT),
    ],
)
def test_believes_what_is_kept_for_a_reason(term: Term, line: dict[str, Any]) -> None:
    answer = {"outcome": "done", "lines": [line], **HANDLES}

    assert fits("erase.response", answer)
    assert parse(EraseAnswer, as_body(answer)).erased([term]).handles == {"profiles": ("1", "2")}


def test_believes_no_other_answer_that_cannot_be() -> None:
    def changed(answer: dict[str, Any], *, may_wait: bool = False) -> Any:
        return parse(ChangeAnswer, as_body(answer)).changed({"profiles"}, {"profiles"}, may_wait=may_wait)

    assert changed({"records": {"profiles": 0}}).records == {"profiles": 0}
    assert changed({"outcome": "accepted", "cursor": "x"}, may_wait=True).again_after == 60
    for wrong in (
        {},
        {"records": {"secrets": 1}},
        {"records": {"profiles": "1"}},
        {"outcome": "accepted", "cursor": "x"},
        {"records": {"profiles": 1}, "notes": ["Ada Lovelace"]},
    ):
        assert code_of(lambda wrong=wrong: changed(wrong)) == Code.BAD_ANSWER
    assert code_of(lambda: parse(PreviewAnswer, as_body({"lines": []})).preview([SEGMENT])) == Code.BAD_ANSWER


def as_body(answer: dict[str, Any]) -> bytes:
    """An answer as it travels."""
    return json.dumps({"outcome": "done", **answer}).encode()
