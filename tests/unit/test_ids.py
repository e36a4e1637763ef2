import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsr.ids import ALPHABET, clean_reference, is_reference, new_reference

references = st.builds(lambda _seed: new_reference(), st.integers())


def test_new_reference_avoids_symbols_that_look_alike():
    families = ["0ODQ", "1IL", "2Z", "5S", "6G", "8B", "UV"]

    for family in families:
        assert sum(symbol in ALPHABET for symbol in family) <= 1, family


@given(references)
def test_clean_reference_accepts_what_people_type(reference):
    spoken = reference.lower().replace("-", " ")

    assert clean_reference(spoken) == reference
    assert clean_reference(f" {reference} ") == reference


@given(references, st.integers(0, 9), st.sampled_from(ALPHABET))
def test_clean_reference_catches_every_single_wrong_symbol(reference, place, symbol):
    symbols = list(reference.replace("-", ""))
    changed = symbols[place] != symbol
    symbols[place] = symbol

    assert is_reference("".join(symbols)) != changed


@given(references, st.integers(0, 9), st.integers(0, 9))
def test_clean_reference_catches_every_swap(reference, one, other):
    symbols = list(reference.replace("-", ""))
    changed = symbols[one] != symbols[other]
    symbols[one], symbols[other] = symbols[other], symbols[one]

    assert is_reference("".join(symbols)) != changed


@pytest.mark.parametrize(
    ("text", "why"), [("", "length"), ("AAAA", "length"), ("0OIL1-AAAAA", "symbol"), ("22222-22223", "check")]
)
def test_clean_reference_says_what_is_wrong(text, why):
    with pytest.raises(ValueError, match=why):
        clean_reference(text)
