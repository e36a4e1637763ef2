"""Numbers, and what each answer of a service behind HTTP means."""

import json
import logging
import socket
from pathlib import Path
from typing import Any

import pytest

from notifications import sms, wire
from notifications.addresses import METADATA
from notifications.failures import PermanentFailure, TemporaryFailure
from tests.textbox import ACCOUNT, NUMBER, SENDER, TOKEN, Textbox, textbox

__all__ = ["textbox"]


# --- Numbers


@pytest.mark.parametrize(
    ("written", "region", "sent_to"),
    [
        ("+353 87 123 4567", "", NUMBER),
        ("00353 (0)87 123 4567", "", NUMBER),
        ("＋３５３ ８７ １２３ ４５６７", "", NUMBER),
        ("087 123 4567", "IE", NUMBER),
        (" +44 7700 900123 ", "", "+447700900123"),
        ("+1 (415) 555-2671", "", "+14155552671"),
    ],
)
def test_number_is_brought_to_its_international_form(written: str, region: str, sent_to: str) -> None:
    assert sms.deliverable(written, region) == sent_to
    assert sms.deliverable(sent_to) == sent_to


@pytest.mark.parametrize(
    "written",
    ["", "ada@example.org", "087 123 4567", "+353", "+3538712345678901234", "+999123456789", "+44 909 879 0123",
     "+1 900 555 1234", "+1 555 2671", "\x00", "+" * 1000],
)  # fmt: skip
def test_what_is_no_number_to_write_to_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(ValueError, match=r"^(this is not a telephone number|no text messages)") as refusal:
        sms.deliverable(written)

    assert not written.strip() or written not in str(refusal.value)


# --- Composing


def test_text_in_typographic_signs_is_sent_in_plain_ones() -> None:
    assert sms.compose("k", NUMBER, "Don’t – “ever” …").text == 'Don\'t - "ever" ...'


def test_text_that_comes_to_three_segments_is_not_sent() -> None:
    sms.compose("k", NUMBER, "a" * 306)

    with pytest.raises(PermanentFailure, match="text-too-long"):
        sms.compose("k", NUMBER, "a" * 307)


def test_text_keeps_itself_out_of_what_is_printed() -> None:
    assert repr(sms.compose("k", NUMBER, "123456")) == "Text(key='k')"


# --- Which provider


def test_without_a_provider_messages_wait_and_no_code_is_offered(settings: Any) -> None:
    settings.SMS_URL = ""

    assert not sms.offered()
    with pytest.raises(TemporaryFailure, match="no-provider"):
        sms.provider()


def test_id_that_holds_the_number_is_not_kept(textbox: Textbox) -> None:
    textbox.answers = [(201, json.dumps({"id": f"msg:{NUMBER}"}).encode()), (201, b'{"id": "two words"}')]

    with sms.Channel() as channel:
        ids = [channel.send(sms.compose(key, NUMBER, "123456")) for key in ("one", "two", "three")]

    assert ids == ["one", "two", "three"]


def test_files_are_for_their_owner_only(settings: Any, tmp_path: Path) -> None:
    settings.SMS_URL = f"file://{tmp_path}/a%20b"

    sms.provider().send(NUMBER, "123456", "../../key/1")

    [path] = (tmp_path / "a b").iterdir()
    assert path.name == "key-1.txt"
    assert path.stat().st_mode & 0o777 == 0o600


# --- Answers of a gateway


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "unreachable"),
    [
        (422, {"code": "opted_out"}, PermanentFailure, "refused-opted_out", None),
        (422, {"code": NUMBER}, PermanentFailure, "refused-422", None),
        (422, "nonsense", PermanentFailure, "refused-422", None),
        (400, {}, PermanentFailure, "refused-400", None),
        (413, {}, PermanentFailure, "refused-413", None),
        (401, {}, TemporaryFailure, "service-401", True),
        (403, {}, TemporaryFailure, "service-403", True),
        (404, {}, TemporaryFailure, "service-404", True),
        (429, {}, TemporaryFailure, "service-429", True),
        (503, {}, TemporaryFailure, "service-503", True),
        (500, {}, TemporaryFailure, "service-500", False),
        (409, {}, TemporaryFailure, "service-409", False),
        (302, {}, TemporaryFailure, "service-302", True),
        (204, {}, TemporaryFailure, "service-204", True),
        (200, "<html>sign in to this network</html>", TemporaryFailure, "bad-answer", True),
        (200, {"id": ""}, TemporaryFailure, "bad-answer", True),
        (200, {"id": 7}, TemporaryFailure, "bad-answer", True),
        (200, [1], TemporaryFailure, "bad-answer", True),
        (200, "[" * 60_000, TemporaryFailure, "bad-answer", True),
        (200, "x" * 70_000, TemporaryFailure, "answer-too-large", True),
    ],
)
def test_answer_of_a_gateway_decides_whether_it_is_tried_again(
    textbox: Textbox, status: int, body: Any, kind: type[Exception], code: str, unreachable: bool | None
) -> None:
    textbox.answers = [(status, body.encode() if isinstance(body, str) else json.dumps(body).encode())]
    if status == 204:
        textbox.answers = [(204, b"")]

    with pytest.raises(kind) as failure:
        sms.provider().send(NUMBER, "123456", "key")

    assert getattr(failure.value, "code", "") == code
    assert getattr(failure.value, "unreachable", None) == unreachable
    assert textbox.paths == ["/messages"]


@pytest.mark.parametrize(
    ("status", "code", "kind", "kept"),
    [
        (400, 21610, PermanentFailure, "refused-21610"),
        (400, 21614, PermanentFailure, "refused-21614"),
        (400, 21606, TemporaryFailure, "service-21606"),
        (400, "21610", PermanentFailure, "refused-400"),
        (401, 20003, TemporaryFailure, "service-401"),
        (429, 20429, TemporaryFailure, "service-429"),
    ],
)
def test_answer_of_a_messages_resource_decides_whether_it_is_tried_again(
    textbox: Textbox, settings: Any, status: int, code: Any, kind: type[Exception], kept: str
) -> None:
    settings.SMS_URL = textbox.messages
    textbox.answers = [(status, json.dumps({"code": code, "message": f"about {NUMBER}"}).encode())]

    with pytest.raises(kind) as failure:
        sms.provider().send(NUMBER, "123456", "key")

    assert getattr(failure.value, "code", "") == kept


def test_sender_may_be_a_pool_of_numbers(textbox: Textbox, settings: Any) -> None:
    settings.SMS_URL = textbox.messages
    settings.SMS_FROM = f"MG{'0' * 32}"

    sms.provider().send(NUMBER, "123456", "key")

    assert textbox.senders == [settings.SMS_FROM]
    assert textbox.paths == [f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"]


# --- Connections


def test_service_that_is_not_there_is_unreachable(textbox: Textbox, settings: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.SMS_URL = f"http://127.0.0.1:{taken.getsockname()[1]}/messages"

        with pytest.raises(TemporaryFailure, match="connect-error") as failure:
            sms.provider().send(NUMBER, "123456", "key")

    assert failure.value.unreachable


def test_service_that_is_too_slow_is_hung_up_on(textbox: Textbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "CALL_WITHIN", 0.2)
    textbox.delay = 0.6

    with pytest.raises(TemporaryFailure, match="lost-timeout"):
        sms.provider().send(NUMBER, "123456", "key")


def test_service_that_does_not_speak_tls_gets_nothing(textbox: Textbox, settings: Any) -> None:
    settings.SMS_URL = f"https://127.0.0.1:{textbox.port}/messages?allow=127.0.0.0/8"

    with pytest.raises(TemporaryFailure, match="connect-tls"):
        sms.provider().send(NUMBER, "123456", "key")

    assert textbox.taken() == []


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "[::1]", "169.254.169.254", "[::ffff:10.0.0.1]"])
def test_address_inside_is_not_connected_to_unless_it_is_allowed(textbox: Textbox, settings: Any, host: str) -> None:
    settings.SMS_URL = f"https://{host}:{textbox.port}/messages"

    with pytest.raises(TemporaryFailure, match="address-refused"):
        sms.provider().send(NUMBER, "123456", "key")

    assert textbox.paths == []


def test_metadata_of_a_cloud_is_not_part_of_a_network_that_is_allowed(settings: Any) -> None:
    settings.SMS_FROM, settings.SMS_TOKEN, settings.SMS_ACCOUNT = SENDER, TOKEN, ACCOUNT
    for address in METADATA:
        host = f"[{address}]" if address.version == 6 else str(address)
        network = "fd00::/16" if address.version == 6 else f"{str(address).split('.')[0]}.0.0.0/8"
        settings.SMS_URL = f"https://{host}/messages?allow={network}"
        with pytest.raises(TemporaryFailure, match="address-refused"):
            sms.provider().send(NUMBER, "123456", "key")


def test_name_that_does_not_exist_is_unreachable(textbox: Textbox, settings: Any) -> None:
    settings.SMS_URL = "https://gateway.invalid/messages"

    with pytest.raises(TemporaryFailure, match="connect-name"):
        sms.provider().send(NUMBER, "123456", "key")


def test_number_text_and_token_are_in_no_line_of_a_log(textbox: Textbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    textbox.answers = [(500, b"{}")]

    with pytest.raises(TemporaryFailure):
        sms.provider().send(NUMBER, "code 123456", "key")
    sms.provider().send(NUMBER, "code 123456", "key")

    kept = [record for record in caplog.records if not record.name.startswith("httpcore")]
    said = " ".join(record.getMessage() for record in kept)
    for secret in (NUMBER, "123456", TOKEN):
        assert secret not in said
