"""Twilio, against an account that is as Twilio's pages say."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from dsr.connectors import (
    Ability,
    BadConfig,
    Code,
    Connector,
    ConnectorError,
    Erased,
    FileChunk,
    FileStart,
    Line,
    Outcome,
    PermanentFailure,
    Row,
    Standing,
    TemporaryFailure,
    Term,
    open_connector,
)
from tests.thirdparty import twilio
from tests.thirdparty.serving import Answer
from tests.thirdparty.twilio import ADA, MAX, OURS, Twilio

WHO = {"phone": [ADA]}
CONTENT, USAGE = "communications_content", "communications_usage"
ALL = (Term("messages", CONTENT), Term("calls", USAGE), Term("recordings", CONTENT))


@pytest.fixture
def account() -> Iterator[Twilio]:
    """An account of this test's own."""
    with twilio.running() as running:
        yield running


def opened(account: Twilio, **more: Any) -> Connector:
    """A connector for it."""
    return open_connector("twilio", account.config(**more))


def until_done(
    connector: Connector, terms: tuple[Term, ...] = ALL, who: dict[str, list[str]] = WHO, **more: Any
) -> list[Erased]:
    """Erase as a worker does: again and again with the last cursor, whatever comes between."""
    found: list[Erased] = []
    for _turn in range(200):
        try:
            cursor = found[-1].cursor if found else ""
            found.append(connector.erase(who, terms, key="k", cursor=cursor, **more))
        except TemporaryFailure:
            continue
        if found[-1].finished:
            return found
    raise AssertionError("it comes to an end")


def a_life(account: Twilio) -> dict[str, list[str]]:
    """What passed between Ada and us, and some of somebody else's."""
    calls = [account.call(1), account.call(2, to=OURS, from_=ADA), account.call(400)]
    messages = [account.message(days) for days in (0, 3, 500)]
    messages.append(account.message(5, to=f"whatsapp:{ADA}", from_=f"whatsapp:{OURS}", status="read"))
    account.message(1, from_=MAX)
    account.recording(account.call(1, to=MAX))
    return {
        "messages": messages,
        "calls": calls,
        "recordings": [account.recording(calls[0]), account.recording(calls[2], 400)],
    }


def test_finds_both_ends_of_a_number_over_many_pages(account: Twilio) -> None:
    held = a_life(account)
    connector = opened(account, page_size=2)

    located = connector.locate(WHO, key="k")
    rows = [piece for piece in connector.collect(WHO, key="k") if isinstance(piece, Row)]

    assert isinstance(connector, Connector)
    assert located.outcome is Outcome.FOUND
    assert located.datasets == {"messages": 4, "calls": 3, "recordings": 2}
    assert located.counts == {CONTENT: 6, USAGE: 3}
    assert {name: sorted(str(row.data["sid"]) for row in rows if row.dataset == name) for name in held} == held
    [newest] = [row.data for row in rows if row.data["sid"] == held["messages"][0]]
    assert newest == {
        "sid": held["messages"][0],
        "direction": "inbound",
        "from": ADA,
        "to": OURS,
        "body": "Hello",
        "date_sent": "2026-06-01T12:00:00+00:00",
        "status": "received",
        "num_media": 0,
    }


def test_hands_over_the_sound_of_recordings(account: Twilio) -> None:
    call = account.call(1)
    silent, sounding = account.recording(call), account.recording(call)
    account.silent.add(silent)

    pieces = list(opened(account).collect(WHO, key="k"))
    with pytest.raises(PermanentFailure) as caught:
        list(opened(account, limits={"max_bytes": 100_000}).collect(WHO, key="k"))

    [start] = [piece for piece in pieces if isinstance(piece, FileStart)]
    assert start == FileStart("recordings", f"{sounding}.mp3", "audio/mpeg", CONTENT)
    assert b"".join(piece.data for piece in pieces if isinstance(piece, FileChunk)) == twilio.SOUND
    assert [piece.data["sid"] for piece in pieces if isinstance(piece, Row)] == [call, sounding, silent]
    assert caught.value.code is Code.TOO_LARGE


def test_counts_what_passed_between_two_numbers_of_one_person_once(account: Twilio) -> None:
    account.message(1, to=ADA, from_=MAX)
    account.message(1, to=MAX, from_=ADA)

    located = opened(account).locate({"phone": [ADA, MAX]}, key="k")

    assert located.datasets == {"messages": 2}


def test_holds_nothing_of_somebody_unknown(account: Twilio) -> None:
    a_life(account)

    located = opened(account).locate({"phone": ["+353209100001"]}, key="k")

    assert located.outcome is Outcome.NOTHING_HELD


@pytest.mark.parametrize("number", ["5558675309", "whatsapp:+15558675309", "+1 555 867 5309", "+15558675309&To=x", ""])
def test_does_not_look_for_what_is_no_whole_number(account: Twilio, number: str) -> None:
    a_life(account)

    for call in CALLS.values():
        with pytest.raises(PermanentFailure) as caught:
            call(opened(account), {"phone": [number], "email": ["ada@example.org"]})

        assert caught.value.code is Code.NO_IDENTIFIER
    assert account.asked == []


CALLS: dict[str, Callable[[Connector, dict[str, list[str]]], object]] = {
    "locate": lambda connector, who: connector.locate(who, key="k"),
    "collect": lambda connector, who: list(connector.collect(who, key="k")),
    "preview": lambda connector, who: connector.preview(who, ALL, key="k"),
    "erase": lambda connector, who: connector.erase(who, ALL, key="k"),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_names_what_went_wrong(account: Twilio, call: Callable[[Connector, dict[str, list[str]]], object]) -> None:
    a_life(account)

    for changed, at_once, code in (
        ({"secret": "wrong"}, None, Code.BAD_CREDENTIALS),
        ({"account_sid": "AC" + "6" * 32, "secret": "x"}, None, Code.BAD_CREDENTIALS),
        ({}, twilio.TOO_MANY, Code.BUSY),
        ({}, Answer(500), Code.SYSTEM_ERROR),
        ({}, Answer(200, {"next_page_uri": None}), Code.BAD_ANSWER),
        ({}, Answer(200, b"<TwilioResponse/>"), Code.BAD_ANSWER),
        ({}, Answer(200, {"messages": [], "next_page_uri": "https://elsewhere.example/"}), Code.BAD_ANSWER),
        ({}, Answer(200, {"messages": [{"sid": "../Accounts"}]}), Code.BAD_ANSWER),
    ):
        account.planned.clear()
        if at_once:
            account.breaks(0, at_once)
        with pytest.raises(ConnectorError) as caught:
            call(opened(account, **changed), WHO)

        assert caught.value.code is code
        assert ADA not in str(caught.value)
    account.breaks(0, twilio.TOO_MANY)
    with pytest.raises(TemporaryFailure) as busy:
        call(opened(account), WHO)
    assert busy.value.retry_after == 7


def test_previews_by_the_day_of_each_record_and_changes_nothing(account: Twilio) -> None:
    a_life(account)
    account.message(700, status="sending", direction="outbound-api")
    terms = (
        Term("messages", CONTENT, before=date(2026, 5, 29)),
        Term("calls", USAGE, erase=False),
        Term("recordings", CONTENT),
        Term("orders", CONTENT),
        Term("calls", CONTENT),
    )

    preview = opened(account, page_size=1).preview(WHO, terms, key="k")

    first, last = date(2024, 7, 1), date(2026, 6, 1)
    assert preview.lines == (
        Line("messages", CONTENT, 5, erase=2, keep=3, open=1, first_kept=first, last_kept=last),
        Line("calls", USAGE, 3, keep=3, first_kept=date(2025, 4, 27), last_kept=date(2026, 5, 31)),
        Line("calls", CONTENT, 0),
        Line("recordings", CONTENT, 2, erase=2),
        Line("orders", CONTENT, 0),
    )
    assert {kind: len(sids) for kind, sids in preview.handles.items()} == {"messages": 3, "calls": 3}
    assert account.methods() == []


def test_erases_everything_recordings_before_their_calls_and_proves_it(account: Twilio) -> None:
    held = a_life(account)

    found = until_done(opened(account))

    assert found[-1].lines == (
        Line("messages", CONTENT, 4, erase=4),
        Line("calls", USAGE, 3, erase=3),
        Line("recordings", CONTENT, 2, erase=2),
    )
    assert found[-1].handles == {}
    assert {kind: len(account.left(kind)) for kind in account.held} == {"messages": 1, "calls": 1, "recordings": 1}
    assert sum(sum(each.rows.values()) for each in found) == 9
    done = [each.rpartition("/")[2].removesuffix(".json") for each in account.methods()]
    assert done.index(held["recordings"][0]) < done.index(held["calls"][0])
    assert found[-1].rows == {}, "the last pass finds nothing left"


def test_does_nothing_the_second_time(account: Twilio) -> None:
    a_life(account)
    until_done(opened(account))
    account.asked.clear()

    [again] = until_done(opened(account))

    assert again.lines == (Line("messages", CONTENT, 0), Line("calls", USAGE, 0), Line("recordings", CONTENT, 0))
    assert account.methods() == []


def test_keeps_by_day_and_finds_what_it_kept_again_by_handles(account: Twilio) -> None:
    held = a_life(account)
    terms = (
        Term("messages", CONTENT, before=date(2026, 5, 30)),
        Term("calls", USAGE, before=date(2026, 1, 1)),
        Term("recordings", CONTENT, before=date(2026, 1, 1)),
    )

    kept = until_done(opened(account), terms)[-1]
    twice = opened(account).preview(WHO, ALL, key="k", handles=kept.handles)
    later = until_done(opened(account), ALL, {}, handles=kept.handles)[-1]

    assert kept.lines == (
        Line("messages", CONTENT, 4, 3, 1, first_kept=date(2026, 6, 1), last_kept=date(2026, 6, 1)),
        Line("calls", USAGE, 3, 1, 2, first_kept=date(2026, 5, 30), last_kept=date(2026, 5, 31)),
        Line("recordings", CONTENT, 2, 1, 1, first_kept=date(2026, 6, 1), last_kept=date(2026, 6, 1)),
    )
    assert {kind: sorted(sids) for kind, sids in kept.handles.items()} == {
        "messages": held["messages"][:1],
        "calls": held["calls"][:2],
        "recordings": held["recordings"][:1],
    }
    assert [(line.found, line.erase) for line in twice.lines] == [(1, 1), (2, 2), (1, 1)]
    assert [(line.found, line.erase) for line in later.lines] == [(1, 1), (2, 2), (1, 1)]
    assert {kind: len(account.left(kind)) for kind in account.held} == {"messages": 1, "calls": 1, "recordings": 1}


def test_keeps_a_call_while_a_recording_of_it_stays(account: Twilio) -> None:
    call, other = account.call(10), account.call(10)
    account.on_hold.add(account.recording(call, 10))
    account.recording(other, 10, status="processing")

    found = until_done(opened(account))[-1]

    day = date(2026, 5, 22)
    assert found.lines[1:] == (
        Line("calls", USAGE, 2, keep=2, open=1, refused=1, first_kept=day, last_kept=day),
        Line("recordings", CONTENT, 2, keep=2, open=1, refused=1, first_kept=day, last_kept=day),
    )
    assert account.left("calls") == [call, other]


def test_counts_as_refused_what_a_legal_hold_of_theirs_keeps(account: Twilio) -> None:
    held = a_life(account)
    account.on_hold.update(held["messages"][:2])
    account.unfinished.add(held["messages"][2])

    found = until_done(opened(account))[-1]

    [line] = [each for each in found.lines if each.dataset == "messages"]
    assert (line.found, line.erase, line.keep, line.refused, line.open) == (4, 1, 3, 2, 1)
    assert sorted(found.handles["messages"]) == held["messages"][:3]


def test_goes_on_where_it_stopped_whatever_comes_between(account: Twilio) -> None:
    for number in range(40):
        account.message(number)
    kept = [account.call(1, status="in-progress") for _number in range(12)]
    connector = opened(account, page_size=10, work_per_call=5)
    account.breaks(9, twilio.TOO_MANY)
    account.breaks(17, Answer(503))
    account.breaks(20, Answer(500))

    found = until_done(connector)

    assert max(sum(each.rows.values()) for each in found) <= 6
    assert 7.0 in {each.again_after for each in found}
    assert found[-1].lines[0] == Line("messages", CONTENT, 40, erase=40)
    assert found[-1].lines[1].open == len(kept)
    assert account.left("messages") == []


def test_counts_what_was_deleted_though_the_answer_was_lost(account: Twilio) -> None:
    a_life(account)
    until_done(opened(account))
    calls = len(account.asked)

    for lost in range(calls):
        with twilio.running() as another:
            a_life(another)
            another.lost = {lost}
            found = until_done(opened(another))[-1]

            assert [(line.found, line.erase) for line in found.lines] == [(4, 4), (3, 3), (2, 2)]


def test_begins_a_list_again_when_the_address_of_its_page_has_expired(account: Twilio) -> None:
    kept = [account.message(1) for _number in range(3)]
    for _number in range(9):
        account.message(900)
    terms = (Term("messages", CONTENT, before=date(2026, 1, 1)),)
    connector = opened(account, page_size=4, work_per_call=6)
    first = connector.erase(WHO, terms, key="k")
    assert '"page":"/2010' in first.cursor
    account.tokens_live = False

    second = connector.erase(WHO, terms, key="k", cursor=first.cursor)
    account.tokens_live = True
    while not second.finished:
        second = connector.erase(WHO, terms, key="k", cursor=second.cursor)

    assert second.lines[0] == Line(
        "messages", CONTENT, 12, erase=9, keep=3, first_kept=date(2026, 5, 31), last_kept=date(2026, 5, 31)
    )
    assert account.left("messages") == kept


@pytest.mark.parametrize("kind", ["messages", "recordings"])
def test_does_not_believe_that_it_is_gone_while_it_is_listed(account: Twilio, kind: str) -> None:
    held = a_life(account)
    account.deaf.add(held[kind][0])

    with pytest.raises(PermanentFailure) as caught:
        until_done(opened(account))

    assert caught.value.code is Code.NOTHING_CHANGED
    assert held[kind][0] in account.left(kind)
    assert (held["calls"][0] in account.left("calls")) == (kind == "recordings")


def test_does_not_take_a_missing_account_for_missing_records(account: Twilio) -> None:
    held = a_life(account)
    account.breaks(0, Answer(404, {"code": 20404}))

    with pytest.raises(PermanentFailure) as caught:
        opened(account).erase({}, ALL, key="k", handles={"messages": held["messages"]})

    assert caught.value.code is Code.NOT_FOUND


def test_stops_before_the_next_deletion_when_it_is_called_off(account: Twilio) -> None:
    a_life(account)
    wanted = iter([True, True, False])

    with pytest.raises(PermanentFailure) as caught:
        opened(account).erase(WHO, ALL, key="k", still=lambda: next(wanted))

    assert caught.value.code is Code.CALLED_OFF
    assert len(account.gone) == 2


def test_deletes_nothing_where_the_configuration_forbids_it(account: Twilio) -> None:
    a_life(account)
    reader = opened(account, read_only=True)

    assert opened(account).abilities() == {Ability.ERASE}
    assert reader.abilities() == frozenset()
    for call in ("preview", "erase"):
        with pytest.raises(PermanentFailure) as caught:
            CALLS[call](reader, WHO)
        assert caught.value.code is Code.UNABLE
    assert account.asked == []


def test_asks_and_tells_nothing_else(account: Twilio) -> None:
    connector = opened(account)

    assert connector.identifiers() == {"phone"}
    assert {each.name: (each.event, each.open_while) for each in connector.describe()} == {
        "messages": ("message_sent", "message_in_flight"),
        "calls": ("call_made", "call_in_progress"),
        "recordings": ("call_made", "recording_in_progress"),
    }
    assert connector.resolve(WHO, key="k") == {}
    assert connector.facts() == ()
    assert connector.standing(WHO, key="k") == Standing()
    assert account.asked == []


def test_checks_the_account_and_each_list(account: Twilio) -> None:
    assert opened(account).check() == []

    account.status = "suspended"
    assert [each.code for each in opened(account).check()] == ["account_not_active"]
    assert [each.code for each in opened(account, secret="wrong").check()] == ["bad_credentials"]
    account.breaks(2, Answer(403, {"code": 20003}))
    assert [each.code for each in opened(account).check()] == ["permission_denied"]


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"categories": {"recordings": "communications_content"}}, "categories"),
        ({"categories": {}}, "categories"),
        ({"account_sid": "AC123"}, "account_sid"),
        ({"url": "http://api.twilio.com", "allow_http": False}, "url"),
        ({"page_size": 5000}, "page_size"),
    ],
)
def test_says_what_is_wrong_with_a_configuration(account: Twilio, changed: dict[str, Any], where: str) -> None:
    with pytest.raises(BadConfig) as caught:
        opened(account, **changed)

    assert where in str(caught.value)
