import csv
import io
import json
import unicodedata
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dsr.packaging.text import Names, cell, json_line, visible, words

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)
TRIGGERS = "=+-@\uff1d\uff0b\uff0d\uff20"


@pytest.mark.parametrize(
    "value",
    [
        "=1+1", "+1+1", "-1+1", "@SUM(A1)", " =1", '"=1', "'=1", "＝1", "＋1", "－1", "＠1",
        "=cmd|' /C calc'!A0", "+353 1 555", "--", "-", "-1e5",
    ],
)  # fmt: skip
def test_cell_defuses_what_could_be_a_formula(value: str) -> None:
    assert cell(value) == f"'{value}"


@pytest.mark.parametrize("value", ["\tx", "\rx", "\nx", "\t=1", "\r\n=1"])
def test_cell_never_begins_with_what_ends_one(value: str) -> None:
    assert cell(value).startswith(f"'{value[0]}")


@pytest.mark.parametrize("value", ["", "Ada", "1", "-1", "-12.50", "0", "a=b", "x-y", "1+1", "ada@example.org", "日本"])
def test_cell_leaves_harmless_text_and_numbers_alone(value: str) -> None:
    assert cell(value) == value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (-5, "-5"),
        (-1.5, "-1.5"),
        (0, "0"),
        (10**20, "1" + "0" * 20),
        (True, "true"),
        (None, ""),
        ([], "[]"),
        ({"a": 1}, '{"a": 1}'),
    ],
)
def test_cell_keeps_numbers_numeric_and_writes_out_the_rest(value: object, expected: str) -> None:
    assert cell(value) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["x;=1+1", "x\t=1+1", "x\n=1+1", 'x;"=1', "x; =1"])
def test_cell_defuses_what_another_locale_takes_for_a_new_cell(value: str) -> None:
    spot = next(number for number, char in enumerate(value) if char in ";\t\n") + 1

    assert cell(value) == f"{value[:spot]}'{value[spot:]}"


@given(ANY_TEXT)
def test_no_cell_begins_like_a_formula_under_any_separator(value: str) -> None:
    buffer = io.StringIO()
    csv.writer(buffer).writerow(["x", cell(value)])

    for separator in (",", ";", "\t"):
        for row in csv.reader(io.StringIO(buffer.getvalue(), newline=""), delimiter=separator):
            for part in row:
                text = part.strip().lstrip("\"' ") if part[:1] != "'" else ""
                number = text.replace(".", "", 1).replace("-", "", 1)
                assert text[:1] not in tuple(TRIGGERS) or number.isdecimal()


@given(ANY_TEXT)
def test_visible_text_holds_nothing_unseen(value: str) -> None:
    shown = visible(value)

    assert not [char for char in shown if char not in "\t\n\r" and unicodedata.category(char) in ("Cc", "Cs")]
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
    shown.encode()


def test_visible_spells_out_what_would_turn_text_round() -> None:
    assert visible("photo\u202egpj.exe") == "photo⟨U+202E⟩gpj.exe"


@pytest.mark.parametrize("value", ["שלום", "مرحبا", "日本語", "Zoë", "a\tb\nc", "👩‍🚀"])
def test_visible_leaves_writing_alone(value: str) -> None:
    assert visible(value) == value


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(JSON_VALUES)
@example({"a\x7fb": "c\x7f"})
def test_json_line_is_faithful_and_one_line_without_anything_unseen(value: object) -> None:
    line = json_line(value)  # type: ignore[arg-type]

    assert json.loads(line) == value
    assert b"\n" not in line
    assert not [
        char
        for char in line.decode()
        if unicodedata.category(char) in ("Cc", "Zl", "Zp") or "\u202a" <= char <= "\u202e"
    ]


def test_json_line_refuses_what_json_cannot_hold() -> None:
    with pytest.raises(ValueError):
        json_line(float("nan"))
    with pytest.raises(TypeError):
        json_line(b"bytes")  # type: ignore[arg-type]


def test_words_keep_nested_values_as_json() -> None:
    assert words({"a": [1, None, "x\u202e"]}) == '{"a": [1, null, "x⟨U+202E⟩"]}'


@pytest.mark.parametrize(
    ("wanted", "given_name"),
    [
        ("bill.pdf", "bill.pdf"),
        ("../../etc/passwd", "etc_passwd"),
        ("..\\..\\windows\\system.ini", "windows_system.ini"),
        ("/", "file"),
        ("", "file"),
        ("...", "file"),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("LPT1 .txt", "_LPT1 .txt"),
        ("a\0b\nc.txt", "abc.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("trailing. . ", "trailing"),
        ("a  b\u00a0c.txt", "a b c.txt"),
        ("Ä\u0308.txt", "Ä̈.txt"),
    ],
)
def test_names_are_safe_to_unpack_anywhere(wanted: str, given_name: str) -> None:
    assert Names().take(wanted) == unicodedata.normalize("NFC", given_name)


def test_names_are_numbered_when_taken_whatever_the_capitals() -> None:
    names = Names()

    taken = [names.take(wanted) for wanted in ("a.txt", "A.TXT", "a.txt", "a/../a.txt", "ａ.txt", "noext", "NOEXT")]

    assert taken == ["a.txt", "A (2).TXT", "a (3).txt", "a_a.txt", "ａ (4).txt", "noext", "NOEXT (2)"]


def test_long_names_are_cut_and_keep_their_extension() -> None:
    name = Names().take("ж" * 200 + ".jpeg")

    assert len(name.encode()) <= 120
    assert name.endswith("ж.jpeg")


@given(st.lists(ANY_TEXT, max_size=6))
def test_any_names_stay_in_their_folder_and_apart(wanted: list[str]) -> None:
    names = Names()

    taken = [names.take(each) for each in wanted]

    assert len({unicodedata.normalize("NFKC", name).casefold() for name in taken}) == len(taken)
    for name in taken:
        assert PurePosixPath(name).name == name == PureWindowsPath(name).name
        assert name not in (".", "..")
        assert not PureWindowsPath(name).is_reserved()
        assert not name.endswith((".", " "))
