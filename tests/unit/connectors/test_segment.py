"""Segment, against a workspace that is as Segment's pages say."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from dsr.connectors import (
    Ability,
    BadConfig,
    Code,
    Connector,
    ConnectorError,
    PermanentFailure,
    TemporaryFailure,
    Term,
    open_connector,
)
from tests.thirdparty import segment
from tests.thirdparty.segment import Segment
from tests.thirdparty.serving import Answer

WHO = {"account": ["customer-8151"]}
ALL = (Term("events", "online_activity_data"),)


@pytest.fixture
def workspace() -> Iterator[Segment]:
    """A workspace of this test's own."""
    with segment.running() as running:
        running.users |= {"customer-8151", "customer-7000"}
        yield running


def opened(workspace: Segment, **more: Any) -> Connector:
    """A connector for it."""
    return open_connector("segment", workspace.config(**more))


def test_does_not_say_what_is_held(workspace: Segment) -> None:
    connector = opened(workspace)

    for call in (
        lambda: connector.locate(WHO, key="k"),
        lambda: list(connector.collect(WHO, key="k")),
        lambda: connector.preview(WHO, ALL, key="k"),
        lambda: connector.erase({}, ALL, key="k", handles={"events": ["1"]}),
    ):
        with pytest.raises(PermanentFailure) as caught:
            call()
        assert caught.value.code == Code.UNABLE
    assert workspace.asked == []


@pytest.mark.parametrize(
    ("forward", "steps", "kind", "notes"),
    [
        (True, ["FINISHED"], "SUPPRESS_WITH_DELETE", ("downstream_not_guaranteed",)),
        (True, ["RUNNING", "PARTIAL_SUCCESS"], "SUPPRESS_WITH_DELETE", ("downstream_not_guaranteed", "partly_done")),
        (False, ["FINISHED"], "SUPPRESS_WITH_DELETE_INTERNAL", ("downstream_not_told",)),
    ],
    ids=["forwarded", "partly", "inside"],
)
def test_says_how_far_it_reaches(
    workspace: Segment, forward: bool, steps: list[str], kind: str, notes: tuple[str, ...]
) -> None:
    workspace.steps = steps
    connector, cursor = opened(workspace, forward=forward), ""
    waits: list[float] = []

    while not waits or cursor:
        found = connector.erase(WHO, ALL, key="k", cursor=cursor)
        cursor = found.cursor
        waits.append(found.again_after)

    assert waits == [6 * 3600.0] * len(steps) + [0]
    assert found.notes == ("counted_by_identifier", *notes)
    assert [each["type"] for each in workspace.regulations.values()] == [kind]
    assert workspace.users == {"customer-7000"}


@pytest.mark.parametrize(
    ("forward", "status", "code"),
    [
        (True, "FAILED", Code.NOTHING_CHANGED),
        (False, "PARTIAL_SUCCESS", Code.NOTHING_CHANGED),
        (True, "INVALID", Code.NOT_UNDERSTOOD),
        (True, "NOT_SUPPORTED", Code.UNABLE),
        (True, "UNHEARD_OF", Code.BAD_ANSWER),
    ],
)
def test_never_takes_a_failure_for_done(workspace: Segment, forward: bool, status: str, code: Code) -> None:
    workspace.steps = [status]
    connector = opened(workspace, forward=forward)
    begun = connector.erase(WHO, ALL, key="k")

    with pytest.raises(PermanentFailure) as caught:
        connector.erase(WHO, ALL, key="k", cursor=begun.cursor)

    assert caught.value.code == code


def test_needs_somebody_where_a_regulation_was_forgotten(workspace: Segment) -> None:
    connector = opened(workspace)
    begun = connector.erase(WHO, ALL, key="k")
    workspace.regulations.clear()

    with pytest.raises(PermanentFailure) as caught:
        connector.erase(WHO, ALL, key="k", cursor=begun.cursor)

    assert caught.value.code == Code.NOT_FOUND


def test_takes_the_wait_from_the_body_or_the_header(workspace: Segment) -> None:
    workspace.breaks(0, segment.too_many(57_647), Answer(429, {"errors": []}), Answer(429, b"", {"Retry-After": "9"}))
    found: list[ConnectorError] = []

    for _ in range(3):
        with pytest.raises(ConnectorError) as caught:
            opened(workspace).erase(WHO, ALL, key="k")
        found.append(caught.value)

    assert [getattr(each, "retry_after", None) for each in found] == [57.647, None, 9.0]
    assert {type(each) for each in found} == {TemporaryFailure}


def test_lets_a_user_go_whole_or_not_at_all(workspace: Segment) -> None:
    profiles = {"name": "profiles", "title": "Profile", "category": "contact_data"}
    connector = opened(workspace, datasets=[*workspace.config()["datasets"], profiles])
    until = Term("events", "online_activity_data", before=date(2020, 1, 1))

    kept = connector.erase(WHO, [until], key="k")
    with pytest.raises(PermanentFailure) as partly:
        connector.erase(WHO, ALL, key="k")
    with pytest.raises(PermanentFailure) as unknown:
        connector.erase(WHO, [Term("orders", "contact_data")], key="k")

    assert [(line.erase, line.keep) for line in kept.lines] == [(0, 1)]
    assert (partly.value.code, partly.value.where) == (Code.NO_STRATEGY, "profiles")
    assert unknown.value.code == Code.SCHEMA_MISMATCH
    assert workspace.asked == []


def test_suppresses_and_restricts_only_as_configured(workspace: Segment) -> None:
    plain, able = opened(workspace), opened(workspace, purposes=["advertising"], restricts=True)

    begun = able.suppress(WHO, ["advertising"], key="k")
    cursor = begun.cursor
    while cursor:
        done = able.suppress(WHO, ["advertising"], key="k", cursor=cursor)
        cursor = done.cursor
    suppressed = set(workspace.suppressed)
    lifted = able.restrict(WHO, on=False, key="k")

    assert plain.abilities() == {Ability.ERASE}
    assert able.abilities() == {Ability.ERASE, Ability.SUPPRESS, Ability.RESTRICT}
    assert done.records == {"events": 1}
    assert suppressed == {"customer-8151"}
    assert workspace.suppressed == set()
    assert lifted.notes == ("counted_by_identifier", "takes_effect_later")
    assert workspace.users == {"customer-8151", "customer-7000"}
    for refused in (
        lambda: plain.suppress(WHO, ["advertising"], key="k"),
        lambda: able.suppress(WHO, ["marketing"], key="k"),
        lambda: plain.restrict(WHO, on=True, key="k"),
    ):
        with pytest.raises(PermanentFailure) as caught:
            refused()
        assert caught.value.code == Code.UNABLE


@pytest.mark.parametrize("wrong", [{"token": ""}, {"datasets": []}, {"identifiers": []}, {"url": "http://a.example"}])
def test_refuses_a_wrong_configuration(workspace: Segment, wrong: dict[str, Any]) -> None:
    with pytest.raises(BadConfig) as caught:
        opened(workspace, **wrong, allow_http=False)

    assert segment.TOKEN not in str(caught.value)


def test_does_not_go_on_from_a_cursor_it_did_not_write(workspace: Segment) -> None:
    with pytest.raises(PermanentFailure) as caught:
        opened(workspace).erase(WHO, ALL, key="k", cursor='{"waiting": ["../suppressions"]}')

    assert caught.value.code == Code.NOT_UNDERSTOOD
