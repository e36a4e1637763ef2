"""Normal forms: the same thing written differently is one thing; different things stay different."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.normal import normalise


@pytest.mark.parametrize(
    ("kind", "written", "normal"),
    [
        ("email", "  Ada@Example.ORG\n", "ada@example.org"),
        ("email", "ａda@example.org", "ada@example.org"),
        ("email", "ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("email", "ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"),
        ("email", "no at sign", "no at sign"),
        ("email", "", ""),
        ("phone", "+353 1 234 5678", "+35312345678"),
        ("phone", "00353 (1) 234-5678", "+35312345678"),
        ("phone", "+353\u00a01\u2011234\u20115678", "+35312345678"),
        ("phone", "01 234 5678", "012345678"),
        ("phone", "١٢٣", "123"),
        ("phone", "none", ""),
        ("account", "  AC-12  34 ", "ac-12 34"),
        ("name", "ADA\tLovelace", "ada lovelace"),
        ("name", "Straße", "strasse"),
        ("ip", "2001:DB8:0:0::1", "2001:db8::1"),
        ("ip", "::ffff:192.0.2.1", "192.0.2.1"),
        ("ip", "not an address", "not an address"),
    ],
)
def test_normalise_writes_one_form(kind: str, written: str, normal: str) -> None:
    assert normalise(kind, written) == normal


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada+privacy@example.org", "ada@example.org"),
        ("a.da@example.org", "ada@example.org"),
        ("ada@example.org", "ada@example.com"),
    ],
)
def test_normalise_keeps_mailboxes_apart_that_only_look_alike(one: str, other: str) -> None:
    assert normalise("email", one) != normalise("email", other)


@given(kind=st.sampled_from(["email", "phone", "account", "name", "ip"]), value=st.text(max_size=40))
def test_normalise_never_fails_and_is_stable(kind: str, value: str) -> None:
    once = normalise(kind, value)

    assert normalise(kind, once) == once
