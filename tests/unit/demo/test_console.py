"""The demonstration's console beside the service: where it listens, who is announced, and codes as apps make them."""

import socket
from dataclasses import replace
from typing import Any

import pytest

from dsr.demo import console
from dsr.demo.console.people import SignIn, by_name, known
from dsr.demo.people import ADA, ADA_EMAIL, NORA_EMAIL, customers
from dsr.management.commands import serve


def test_codes_are_those_of_the_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cases of RFC 6238, appendix B, cut to six digits."""
    monkeypatch.setattr(SignIn, "key", b"12345678901234567890")
    sign_in = SignIn("x", "y", ADA)

    codes = {seconds: sign_in.code(seconds) for seconds in (59, 1111111109, 1111111111, 1234567890, 2000000000)}

    assert codes == {
        59: "287082",
        1111111109: "081804",
        1111111111: "050471",
        1234567890: "005924",
        2000000000: "279037",
    }


@pytest.mark.parametrize(("later", "taken"), [(0, True), (30, True), (-30, True), (90, False), (-90, False)])
def test_code_is_good_for_a_moment(later: int, taken: bool) -> None:
    sign_in = by_name()["codes"]

    assert sign_in.takes(sign_in.code(1_700_000_000), 1_700_000_000 + later) is taken


def test_every_customer_can_sign_in_and_nobody_else() -> None:
    assert len(by_name()) == len(customers())
    assert by_name()["ada"].person.email == ADA_EMAIL
    assert NORA_EMAIL not in {sign_in.person.email for sign_in in by_name().values()}
    assert len({sign_in.person.number for sign_in in by_name().values()}) == len(customers())


def test_those_who_are_announced_differ() -> None:
    assert [(one.has_second_factor, one.address_verified) for one in known()] == [
        (False, True), (True, True), (False, False)
    ]  # fmt: skip
    assert replace(known()[0], has_second_factor=True).remark == ", with a second factor"


def test_console_takes_the_next_free_port(settings: Any) -> None:
    settings.OIDC_ISSUER = ""
    with socket.socket() as taken:
        taken.bind((console.HOST, 0))
        taken.listen()
        settings.DEMO_PORT = taken.getsockname()[1] - 1

        port = serve._console_port()

    assert settings.DEMO_PORT + 1 < port <= settings.DEMO_PORT + 21
    lines = serve._console_lines(port)
    assert f"http://127.0.0.1:{port}/" in lines[0]
    assert "ada / ada-counts-engines" in lines[1]


@pytest.mark.parametrize("elsewhere", [{"OIDC_ISSUER": "https://login.example.org"}, {"SECURE": True}])
def test_no_console_where_people_sign_in_elsewhere(settings: Any, elsewhere: dict[str, Any]) -> None:
    for name, value in {"OIDC_ISSUER": "", "SECURE": False, **elsewhere}.items():
        setattr(settings, name, value)

    assert serve._console_port() == 0
    assert serve._console_lines(0) == []
    assert "demo-console" not in {child.name for child in serve._children("127.0.0.1", web_only=False)}


def test_every_part_of_the_service_knows_the_console(settings: Any, tmp_path: Any) -> None:
    settings.DATA_DIR = tmp_path

    children = serve._children("127.0.0.1", web_only=False, console_port=9_999)

    assert "demo-console" in {child.name for child in children}
    assert {child.env["OIDC_ISSUER"] for child in children} == {"http://127.0.0.1:9999/o"}
    command = next(child.command for child in children if child.name == "demo-console")
    assert not set(command) & set(children[0].env["OIDC_CLIENT_SECRET"].split())
