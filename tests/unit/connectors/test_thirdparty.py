"""What every connector of somebody else's service keeps to, beside a server that does as the service's pages say."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dsr.connectors import (
    Ability,
    Code,
    Connector,
    ConnectorError,
    Erased,
    PermanentFailure,
    TemporaryFailure,
    Term,
    close_all,
    open_connector,
)
from tests.thirdparty import opendsr, segment, sendgrid, twilio
from tests.thirdparty.serving import Answer, ThirdParty

ADA, MAX = "ada@example.org", "max@example.org"
ACCOUNT, OTHER = "customer-8151", "customer-7000"


@dataclass
class Bench:
    """One service with something of Ada's and something of somebody else's."""

    kind: str
    party: ThirdParty
    config: Callable[..., dict[str, Any]]
    who: dict[str, list[str]]
    terms: tuple[Term, ...]
    held: Callable[[], bool]
    """Whether anything of hers is there."""
    others: Callable[[], bool]
    """Whether all of somebody else's is."""
    effects: list[str]
    """What was done to anybody, in order, where suppressing is a part of erasing."""
    wrong: dict[str, Any]
    too_many: Callable[[int], Answer]
    untrue: Code = Code.BAD_ANSWER
    """What it fails with that did not come from the service: where answers are signed, that is seen first."""
    many: list[str] = field(default_factory=list)
    """More values of one identifier than fit into one call; none where each is asked for alone."""

    def open(self, **more: Any) -> Connector:
        """A connector that knows nothing of any before it, as after a restart."""
        close_all()
        return open_connector(self.kind, self.config(**more))


def _segment(stack: ExitStack) -> Bench:
    party = stack.enter_context(segment.running())
    party.users |= {ACCOUNT, OTHER}
    return Bench(
        kind="segment",
        party=party,
        config=party.config,
        who={"account": [ACCOUNT]},
        terms=(Term("events", "online_activity_data"),),
        held=lambda: ACCOUNT in party.users,
        others=lambda: OTHER in party.users and OTHER not in party.suppressed,
        effects=party.effects,
        wrong={"token": "sgp_another"},
        too_many=lambda seconds: segment.too_many(seconds * 1000),
        many=[f"customer-{number}" for number in range(segment.MOST + 1)],
    )


def _sendgrid(stack: ExitStack) -> Bench:
    party = stack.enter_context(sendgrid.running())
    for email in (ADA, MAX):
        party.contact(email)
        party.messages[email] = 3
    return Bench(
        kind="sendgrid",
        party=party,
        config=party.config,
        who={"email": [ADA]},
        terms=(Term("contacts", "contact_data"), Term("messages", "communications_usage_data")),
        held=lambda: ADA in party.messages or ADA in {each["email"] for each in party.contacts.values()},
        others=lambda: (
            MAX in party.messages
            and MAX in {each["email"] for each in party.contacts.values()}
            and MAX not in party.suppressed["global"]
        ),
        effects=party.effects,
        wrong={"api_key": "SG.another"},
        too_many=sendgrid.too_many,
        many=[f"{number}@example.org" for number in range(sendgrid.MOST_ERASED + 1)],
    )


def _twilio(stack: ExitStack) -> Bench:
    party = stack.enter_context(twilio.running())
    party.message(1)
    kept = party.message(1, from_=twilio.MAX)
    return Bench(
        kind="twilio",
        party=party,
        config=party.config,
        who={"phone": [twilio.ADA]},
        terms=(Term("messages", "communications_content"),),
        held=lambda: party.left("messages") != [kept],
        others=lambda: kept in party.left("messages"),
        effects=[],
        wrong={"secret": "another token of the account"},
        too_many=lambda seconds: Answer(429, {"code": 20429}, {"Retry-After": str(seconds)}),
    )


def _opendsr(stack: ExitStack) -> Bench:
    party = stack.enter_context(opendsr.running())
    party.people |= {ACCOUNT, OTHER}
    party.acts = True
    return Bench(
        kind="opendsr",
        party=party,
        config=party.config,
        who={"account": [ACCOUNT]},
        terms=(Term("profiles", "usage_data"),),
        held=lambda: ACCOUNT in party.people,
        others=lambda: OTHER in party.people,
        effects=[],
        wrong={"secret": "another secret"},
        too_many=lambda seconds: Answer(429, None, {"Retry-After": str(seconds)}),
        untrue=Code.BAD_SIGNATURE,
    )


BENCHES: dict[str, Callable[[ExitStack], Bench]] = {
    "segment": _segment,
    "sendgrid": _sendgrid,
    "twilio": _twilio,
    "opendsr": _opendsr,
}


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Each service in turn."""
    with ExitStack() as stack:
        yield BENCHES[request.param](stack)


def until_done(bench: Bench, cursor: str = "", **more: Any) -> Erased:
    """Erase as workers do that are replaced after each step, and that go on after what may pass."""
    for _ in range(100):
        try:
            found = bench.open().erase(bench.who, bench.terms, key="k", cursor=cursor, **more)
        except TemporaryFailure:
            continue
        if found.finished:
            return found
        cursor = found.cursor
    raise AssertionError("it comes to an end")


def failure(call: Callable[[], object]) -> ConnectorError:
    """What a call fails with."""
    with pytest.raises(ConnectorError) as caught:
        call()
    return caught.value


def test_is_whole_and_says_what_it_can_do(bench: Bench) -> None:
    connector = bench.open()

    assert isinstance(connector, Connector)
    assert connector.automatic
    assert {(part.name, part.category) for part in connector.describe()} >= {
        (term.dataset, term.category) for term in bench.terms
    }
    assert Ability.ERASE in connector.abilities()
    assert connector.resolve(bench.who, key="k") == {}
    assert connector.standing(bench.who, key="k").people == 0
    assert connector.check() == []


def test_takes_the_examples_of_the_documentation() -> None:
    text = Path("docs/how-to/connect-third-parties.md").read_text(encoding="utf-8")
    parts = [part.partition("\n") for part in text.split("\n## ")[1:]]

    examples = [
        (name.lower(), json.loads(block))
        for name, _, body in parts
        for block in re.findall(r"```json\n(.*?)```", body, re.DOTALL)
    ]

    assert {kind for kind, _ in examples} == set(BENCHES)
    assert [open_connector(kind, example).kind for kind, example in examples] == [kind for kind, _ in examples]


def test_erases_to_the_end_over_restarts(bench: Bench) -> None:
    found = until_done(bench)

    assert not bench.held()
    assert bench.others()
    assert {(line.dataset, line.found, line.erase, line.keep) for line in found.lines} == {
        (term.dataset, 1, 1, 0) for term in bench.terms
    }


@pytest.mark.parametrize("bench", ["segment", "sendgrid"], indirect=True)
def test_suppresses_before_it_erases(bench: Bench) -> None:
    until_done(bench)

    done = [effect.partition(" ")[0] for effect in bench.effects]
    assert set(done) == {"suppress", "erase"}
    assert done == sorted(done, reverse=True)


def test_cannot_tell_whether_somebody_is_left_out(bench: Bench) -> None:
    connector = bench.open()

    assert connector.suppressed(bench.who, ["marketing"], key="k") is None
    assert Ability.SUPPRESSED not in connector.abilities()
    assert bench.party.asked == []


def test_does_the_same_twice_without_harm(bench: Bench) -> None:
    until_done(bench)

    again = until_done(bench)

    assert not bench.held()
    assert bench.others()
    assert all(line.keep == 0 for line in again.lines)


def test_goes_on_wherever_an_answer_was_lost(bench: Bench) -> None:
    until_done(bench)
    calls = len(bench.party.asked)

    for lost in range(calls):
        with ExitStack() as stack:
            fresh = BENCHES[bench.kind](stack)
            fresh.party.lost = {lost}
            found = until_done(fresh)

            assert not fresh.held()
            assert fresh.others()
            assert all(line.keep == 0 for line in found.lines)


def test_starts_anew_where_the_cursor_was_lost(bench: Bench) -> None:
    bench.open().erase(bench.who, bench.terms, key="k")

    until_done(bench, cursor="")

    assert not bench.held()
    assert bench.others()


def test_stops_before_what_cannot_be_undone_when_called_off(bench: Bench) -> None:
    found = failure(lambda: until_done(bench, still=lambda: False))

    assert (type(found), found.code) == (PermanentFailure, Code.CALLED_OFF)
    assert bench.held()
    assert not any(effect.startswith("erase") for effect in bench.effects)


def test_keeps_what_no_term_lets_go(bench: Bench) -> None:
    bench.terms = tuple(Term(term.dataset, term.category, erase=False) for term in bench.terms)

    found = until_done(bench)

    assert bench.held()
    assert bench.effects == []
    assert {(line.found, line.erase, line.keep) for line in found.lines} == {(1, 0, 1)}


@pytest.mark.parametrize("bench", ["segment", "sendgrid"], indirect=True)
def test_cuts_what_is_too_much_for_one_call(bench: Bench) -> None:
    [kind] = bench.who
    bench.who = {kind: [*bench.many, *bench.who[kind]]}

    until_done(bench)

    assert not bench.held()


@pytest.mark.parametrize("after", range(3))
def test_waits_as_long_as_it_is_told(bench: Bench, after: int) -> None:
    bench.party.breaks(after, bench.too_many(37))
    cursor, told = "", (Code.BUSY, 0.0)

    while bench.party.planned:
        try:
            found = bench.open().erase(bench.who, bench.terms, key="k", cursor=cursor)
            cursor, told = found.cursor, (Code.BUSY, found.again_after)
        except TemporaryFailure as failed:
            told = Code(failed.code), failed.retry_after or 0.0

    assert told == (Code.BUSY, 37)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (Answer(500, {"errors": []}), TemporaryFailure, Code.SYSTEM_ERROR),
        (Answer(503), TemporaryFailure, Code.BUSY),
        (Answer(403, {"errors": []}), PermanentFailure, Code.PERMISSION_DENIED),
        (Answer(302, headers={"Location": "http://127.0.0.1:9/"}), PermanentFailure, Code.REDIRECT_REFUSED),
        (Answer(200, {"unheard": "of"}), PermanentFailure, Code.BAD_ANSWER),
        (Answer(200, b"<html>"), PermanentFailure, Code.BAD_ANSWER),
        (Answer(200, b"[" * 100_000), PermanentFailure, Code.BAD_ANSWER),
        (Answer(200, b" " * 9_000_000), PermanentFailure, Code.TOO_LARGE),
    ],
    ids=["broken", "down", "forbidden", "elsewhere", "unheard of", "no json", "nested", "huge"],
)
def test_tells_what_may_pass_from_what_will_not(bench: Bench, answer: Answer, kind: type, code: Code) -> None:
    bench.party.breaks(0, answer)

    found = failure(lambda: bench.open().erase(bench.who, bench.terms, key="k"))

    assert (type(found), found.code) == (kind, bench.untrue if code is Code.BAD_ANSWER else code)
    assert bench.held()


def test_says_that_its_credentials_are_wrong(bench: Bench) -> None:
    connector = bench.open(**bench.wrong)

    found = failure(lambda: connector.erase(bench.who, bench.terms, key="k"))

    assert (type(found), found.code) == (PermanentFailure, Code.BAD_CREDENTIALS)
    assert [problem.code for problem in connector.check()] == ["bad_credentials"]


def test_goes_nowhere_that_it_may_not(bench: Bench) -> None:
    found = failure(lambda: bench.open(allow_networks=[]).erase(bench.who, bench.terms, key="k"))

    assert found.code == Code.ADDRESS_REFUSED
    assert bench.party.asked == []


def test_never_takes_not_searched_for_nothing_held(bench: Bench) -> None:
    connector = bench.open()

    for call in (
        lambda: connector.locate({"shoe_size": ["39"]}, key="k"),
        lambda: list(connector.collect({}, key="k")),
        lambda: connector.erase({}, bench.terms, key="k"),
    ):
        assert failure(call).code == Code.NO_IDENTIFIER
    assert bench.party.asked == []


def test_writes_no_personal_value_down(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    [[value]] = bench.who.values()
    bad = [Answer(400, {"errors": [{"message": f"{value} is not valid"}]}), Answer(200, {"unheard": value})]

    found = []
    for answer in bad:
        bench.party.breaks(0, answer)
        found.append(failure(lambda: bench.open().erase(bench.who, bench.terms, key="k")))
    until_done(bench)

    assert [(each.__context__, each.__cause__) for each in found] == [(None, None)] * 2
    assert value not in caplog.text + repr(found)


@pytest.mark.parametrize("bench", ["segment", "sendgrid", "opendsr"], indirect=True)
def test_keeps_personal_values_out_of_addresses(bench: Bench) -> None:
    [[value]] = bench.who.values()

    until_done(bench)

    assert not any(value in asked.target or value.replace("@", "%40") in asked.target for asked in bench.party.asked)
