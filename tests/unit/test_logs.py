"""Only what is on the list reaches a line, whoever writes it and whatever goes wrong."""

import io
import json
import logging
import logging.config
from collections.abc import Iterator
from typing import Any

import pytest

from dsr import logs

CANARY = "ada.lovelace@example.org"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What a logger of our configuration writes, at the most talkative level."""
    stream = io.StringIO()
    configuration: dict[str, Any] = logs.configuration("DEBUG")["formatters"]["lines"]
    handler = logs.Handler(stream)
    formatter = dict(configuration)
    handler.setFormatter(formatter.pop("()")(**formatter))
    logger = logging.getLogger("tests.logs")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    yield stream
    logger.removeHandler(handler)
    logger.propagate = True


def last(stream: io.StringIO) -> dict[str, Any]:
    """The newest line, parsed."""
    line: dict[str, Any] = json.loads(stream.getvalue().splitlines()[-1])
    return line


def test_line_keeps_listed_keys_and_drops_the_others(lines: io.StringIO) -> None:
    logs.get_logger("tests.logs").info("filed", verb="file", email=CANARY, request_id="r1")

    line = last(lines)

    assert (line["event"], line["verb"], line["request_id"]) == ("filed", "file", "r1")
    assert CANARY not in lines.getvalue()


def test_foreign_line_loses_its_arguments(lines: io.StringIO) -> None:
    logging.getLogger("tests.logs").warning("no mailbox for %s", CANARY)

    assert last(lines)["event"] == "no mailbox for %s"
    assert CANARY not in lines.getvalue()


def test_foreign_line_that_was_built_beforehand_becomes_a_place(lines: io.StringIO) -> None:
    logging.getLogger("tests.logs").warning(f"no mailbox for {CANARY}")  # noqa: G004 - that is the point

    assert last(lines)["event"].startswith("line ")
    assert CANARY not in lines.getvalue()


@pytest.mark.parametrize("ours", [True, False])
def test_exception_is_a_class_and_places_without_its_text(lines: io.StringIO, ours: bool) -> None:
    try:
        raise ValueError(CANARY)
    except ValueError:
        if ours:
            logs.get_logger("tests.logs").exception("failed")
        else:
            logging.getLogger("tests.logs").exception("failed with %s", CANARY)

    line = last(lines)

    assert line["error"] == "builtins.ValueError"
    assert any("test_logs.py" in place for place in line["where"])
    assert CANARY not in lines.getvalue()


def test_value_cannot_forge_a_line(lines: io.StringIO) -> None:
    logs.get_logger("tests.logs").info("sent", code='x\n{"event": "forged"}\u2028')

    assert len(lines.getvalue().splitlines()) == 1
    assert "\n" not in last(lines)["code"]


def test_line_that_cannot_be_written_says_where_and_not_what(lines: io.StringIO) -> None:
    handler = logging.getLogger("tests.logs").handlers[0]

    handler.handle(logging.LogRecord("tests.logs", logging.WARNING, __file__, 7, Unprintable(), (), None))

    assert last(lines) == {"event": "unloggable line", "logger": "tests.logs", "line": 7}


def test_error_report_keeps_classes_and_places_only() -> None:
    event = {
        "event_id": "1",
        "message": CANARY,
        "request": {"url": f"https://x/?mail={CANARY}"},
        "user": {"email": CANARY},
        "breadcrumbs": [{"message": CANARY}],
        "exception": {"values": [{"type": "ValueError", "value": CANARY, "stacktrace": {"frames": []}}]},
    }

    kept = logs.scrub(event, {})

    assert CANARY not in json.dumps(kept)
    assert kept["exception"]["values"][0]["type"] == "ValueError"


class Unprintable:
    """An object whose text is personal and whose making of it fails."""

    def __str__(self) -> str:
        raise RuntimeError(CANARY)


def test_web_server_hands_its_exceptions_to_our_lines() -> None:
    loggers = logs.configuration("INFO")["loggers"]

    assert loggers["_granian"] == {"level": "WARNING", "handlers": [], "propagate": True}
