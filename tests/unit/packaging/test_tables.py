from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dsr.packaging.tables import _column
from dsr.packaging.text import cell

TEXTS = st.none() | st.text(st.characters(codec=None), max_size=20) | st.text(" ;|=+-@'\"ab1.\t\n＝", max_size=6)


@given(st.lists(TEXTS, max_size=8))
def test_column_judged_at_once_is_what_its_cells_would_be(values: list[str | None]) -> None:
    records: list[dict[str, Any]] = [{"a": value} for value in values]

    column = _column(records, "a", frozenset({"string", "null"}))

    assert ["" if value is None else value for value in column] == [cell(value) for value in values]


def test_column_of_numbers_stays_numbers() -> None:
    records: list[dict[str, Any]] = [{"a": -1}, {}, {"a": 2.5}]

    assert list(_column(records, "a", frozenset({"integer", "number"}))) == [-1, None, 2.5]
