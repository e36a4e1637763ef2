"""How a webhook call is signed, and which addresses may be called."""

import base64
from ipaddress import ip_network
from typing import Any

import pytest

from dsr.connectors import webhook
from dsr.connectors.base import Code, PermanentFailure

VECTOR = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
"""Published with the libraries of Standard Webhooks."""
LOCAL = [ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16")]


def test_signature_is_that_of_the_published_vector() -> None:
    assert webhook.sign(*VECTOR) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("part", range(4))
def test_signature_covers_secret_id_time_and_body(part: int) -> None:
    other = ["whsec_" + base64.b64encode(bytes(32)).decode(), "msg_other", 1614265331, b'{"test": 2432232315}'][part]
    changed: Any = (*VECTOR[:part], other, *VECTOR[part + 1 :])

    assert webhook.sign(*changed) != webhook.sign(*VECTOR)


def test_headers_carry_one_signature_for_each_secret() -> None:
    secrets = [webhook.new_secret(), webhook.new_secret()]

    made = webhook.headers(secrets, "a", 7, b"{}")

    assert made["webhook-id"] == "a"
    assert made["webhook-timestamp"] == "7"
    assert made["webhook-signature"].split() == [webhook.sign(secret, "a", 7, b"{}") for secret in secrets]


def test_secrets_are_as_long_as_the_specification_wants_and_never_the_same() -> None:
    made = {webhook.new_secret() for _ in range(20)}

    assert len(made) == 20
    assert {len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) for secret in made} == {32}


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/hook",
        "https://example.org:8443/?a=b",
        "https://93.184.215.14/",
        "https://[2606:2800:220::1]/",
    ],
)
def test_public_address_with_encryption_is_usable(url: str) -> None:
    assert webhook.usable(url, [])


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.org", "//example.org/", "ftp://example.org/", "https://", "https:///hook", "file:///etc/passwd"),
        *("https://ana:x@example.org/", "https://@example.org/", "https://example.org/#part", "https://example.org:x/"),
        *("https://exa mple.org/", "https://example.org/\nX: y", "https://ex\u00e4mple.org/", "https://example.org/\x00"),
        *("https://127.0.0.1/", "https://10.1.2.3/", "https://169.254.169.254/", "https://[::1]/", "https://[::ffff:10.1.2.3]/"),
        *("http://example.org/hook", "http://93.184.215.14/", "https://example.org/" + "a" * 500),
    ],
)  # fmt: skip
def test_other_addresses_are_not(url: str) -> None:
    assert not webhook.usable(url, [])


def test_network_that_is_named_may_be_called_without_encryption_too() -> None:
    assert webhook.usable("http://127.0.0.1:8000/hook", LOCAL)
    assert webhook.usable("https://10.1.2.3/", LOCAL)
    assert webhook.usable("http://crm.internal/", LOCAL)
    assert not webhook.usable("http://93.184.215.14/", LOCAL)
    assert not webhook.usable("http://10.2.0.1/", LOCAL)


@pytest.mark.parametrize("url", ["https://localhost/", "http://localhost/", "http://93.184.215.14/"])
def test_what_a_name_leads_to_is_judged_when_it_is_called(url: str) -> None:
    with pytest.raises(PermanentFailure) as refused:
        webhook.call(url, {}, b"{}", networks=(ip_network("10.1.0.0/16"),))

    assert refused.value.code == Code.ADDRESS_REFUSED
