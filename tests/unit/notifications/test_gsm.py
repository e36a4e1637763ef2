"""How long a text is on its way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import gsm


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ж" * 70, 1),
        ("ж" * 71, 2),
        ("ж" * 134, 2),
        ("ж" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("a" * 69 + "ж", 1),
        ("a" * 70 + "ж", 2),
    ],
)
def test_segments_are_counted_in_the_alphabet_of_the_text(text: str, segments: int) -> None:
    assert gsm.segments(text) == segments


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Zürich à la carte", "Zürich à la carte"),
        ("L’été – « bien »", 'L\'été - " bien "'),
        ("Łódź", "Łódź"),
        ("Příliš", "Prilis"),
        ("Ж – х", "Ж – х"),
        ("a\u00a0b\u202fc", "a b c"),
    ],
)
def test_plain_takes_off_only_what_would_make_it_longer(text: str, plain: str) -> None:
    assert gsm.plain(text) == plain


@given(st.text(max_size=200))
def test_plain_is_settled_and_never_longer_on_its_way(text: str) -> None:
    plain = gsm.plain(text)

    assert gsm.plain(plain) == plain
    assert gsm.fits(plain) or plain == text
