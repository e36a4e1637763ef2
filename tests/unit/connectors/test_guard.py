"""Which addresses are public, and what allowing a network means."""

from ipaddress import ip_address, ip_network

import pytest

from dsr.connectors.http_guard import METADATA, judge


@pytest.mark.parametrize("text", ["8.8.8.8", "93.184.215.14", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"])
def test_lets_public_addresses_pass(text: str) -> None:
    assert judge(ip_address(text), [])


@pytest.mark.parametrize("text", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203"])
def test_lets_an_allowed_network_pass_in_every_spelling(text: str) -> None:
    assert judge(ip_address(text), [ip_network("10.1.0.0/16")])
    assert not judge(ip_address(text), [ip_network("10.2.0.0/16")])
    assert not judge(ip_address(text), [ip_network("fd00::/16")])


@pytest.mark.parametrize("address", sorted(METADATA, key=str))
def test_lets_a_metadata_address_pass_only_when_it_is_named_alone(address: object) -> None:
    text = str(address)
    wide = "169.254.0.0/16" if text.startswith("169") else "100.64.0.0/10" if "." in text else "fd00::/16"

    assert not judge(ip_address(text), [ip_network(wide)])
    assert judge(ip_address(text), [ip_network(text)])
