"""What every provider of text messages promises, asked of the fake and of each real one over a real connection."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from notifications import sms
from notifications.failures import PermanentFailure, TemporaryFailure
from notifications.sms import SmsProvider
from tests.textbox import ACCOUNT, NUMBER, SENDER, TOKEN, Memory, running

TEXT = "123456 is your code: don't give it to anybody, [really] – ü ж &amp; 100 %"


@dataclass
class World:
    """A provider and what is behind it."""

    provider: SmsProvider
    behind: Memory
    folder: Path | None = None
    tells_copies: bool = True
    judges_numbers: bool = True

    def taken(self) -> list[tuple[str, str]]:
        """Return number and text of each message that arrived."""
        if self.folder is None:
            return self.behind.taken()
        files = [path.read_text(encoding="utf-8") for path in sorted(self.folder.glob("*.txt"))]
        return [
            (head.removeprefix("To: "), text.removesuffix("\n"))
            for head, _, text in (file.partition("\n\n") for file in files)
        ]

    def busy(self, is_so: bool) -> None:
        """Let it take nothing for now."""
        self.behind.busy = is_so
        if self.folder is not None:
            if is_so:
                self.folder.write_text("in the way")
            else:
                self.folder.unlink()


@pytest.fixture(params=["memory", "files", "gateway", "messages"])
def world(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> Iterator[World]:
    """Each provider in turn, set up as the settings say."""
    if request.param == "memory":
        memory = Memory()
        yield World(memory, memory)
        return
    if request.param == "files":
        settings.SMS_URL = f"file://{tmp_path}/texts"
        yield World(sms.provider(), Memory(), folder=tmp_path / "texts", judges_numbers=False)
        return
    with running() as box:
        settings.SMS_URL = getattr(box, request.param)
        settings.SMS_FROM, settings.SMS_ACCOUNT, settings.SMS_TOKEN = SENDER, ACCOUNT, TOKEN
        yield World(sms.provider(), box, tells_copies=request.param == "gateway")


def test_text_arrives_as_it_was_written(world: World) -> None:
    given = world.provider.send(NUMBER, TEXT, "key-1")

    assert world.taken() == [(NUMBER, TEXT)]
    assert 0 < len(given) <= 255
    assert given.isascii()
    assert given.isprintable()
    assert NUMBER.lstrip("+") not in given


def test_messages_with_keys_of_their_own_are_messages_of_their_own(world: World) -> None:
    ids = {world.provider.send(NUMBER, TEXT, f"key-{number}") for number in range(3)}

    assert len(ids) == 3
    assert len(world.taken()) == 3


def test_message_sent_twice_under_one_key_arrives_once_where_the_provider_can_tell(world: World) -> None:
    first = world.provider.send(NUMBER, TEXT, "key-1")
    second = world.provider.send(NUMBER, TEXT, "key-1")

    assert len(world.taken()) == (1 if world.tells_copies else 2)
    assert (first == second) == world.tells_copies


def test_number_that_is_none_fails_for_good_and_the_next_message_goes(world: World) -> None:
    if not world.judges_numbers:
        assert world.provider.send("+353870000000", TEXT, "key-1")
        return
    world.behind.refused = {"+353870000000"}

    with pytest.raises(PermanentFailure) as failure:
        world.provider.send("+353870000000", TEXT, "key-1")
    world.provider.send(NUMBER, TEXT, "key-2")

    assert failure.value.code.startswith("refused-")
    assert "353870000000" not in repr(failure.value)
    assert world.taken() == [(NUMBER, TEXT)]


def test_provider_that_takes_nothing_for_now_says_so_and_takes_it_later(world: World) -> None:
    world.busy(True)
    with pytest.raises(TemporaryFailure) as failure:
        world.provider.send(NUMBER, TEXT, "key-1")
    world.busy(False)
    world.provider.send(NUMBER, TEXT, "key-1")

    assert failure.value.unreachable
    assert failure.value.code
    assert world.taken() == [(NUMBER, TEXT)]


def test_failure_holds_neither_number_nor_text_nor_token(world: World) -> None:
    world.busy(True)

    with pytest.raises(TemporaryFailure) as failure:
        world.provider.send(NUMBER, TEXT, "key-1")

    said = (
        repr(failure.value)
        + str(failure.value)
        + repr(world.provider if not isinstance(world.provider, Memory) else "")
    )
    for secret in (NUMBER, "123456", TOKEN, ACCOUNT):
        assert secret not in said
    assert failure.value.__context__ is None or failure.value.__suppress_context__
