import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsr.connectors.base import FileChunk, FileStart, PermanentFailure, Piece, Row, TemporaryFailure
from dsr.packaging import parcel
from dsr.packaging.parcel import Limits, Parcel
from dsr.packaging.vault import Broken, Missing, Vault
from tests.unit.packaging.samples import (
    CUSTOMER,
    KEY,
    ORDERS,
    TICKETS,
    account_pieces,
    spooled,
    ticket_pieces,
    vault_in,
)

NAME = "parcels/one"
EVERY = (CUSTOMER, ORDERS, TICKETS)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return vault_in(tmp_path)


def write(pieces: Iterable[Piece], vault: Vault, **options: Any) -> parcel.ParcelInfo:
    return parcel.write(pieces, vault, NAME, KEY, datasets=EVERY, **options)


def rows_of(opened: Parcel, dataset: str) -> list[dict[str, Any]]:
    held = next(each for each in opened.rows if each.dataset.name == dataset)
    return list(opened.records(held))


def test_rows_come_back_by_data_set_in_their_order(vault: Vault) -> None:
    pieces = [*account_pieces(), *ticket_pieces()]
    mixed = pieces[::2] + pieces[1:6:2]

    with spooled(vault, mixed, EVERY) as opened:
        found = {each.dataset.name: list(opened.records(each)) for each in opened.rows}

    for name, rows in found.items():
        assert rows == [piece.data for piece in mixed if isinstance(piece, Row) and piece.dataset == name]


def test_parcel_can_be_read_again_and_again(vault: Vault) -> None:
    with spooled(vault, account_pieces(), EVERY) as opened:
        assert rows_of(opened, "orders") == rows_of(opened, "orders")


def test_files_come_back_as_they_were(vault: Vault) -> None:
    with spooled(vault, ticket_pieces(), EVERY) as opened:
        found = [(file.name, file.media_type, file.size, b"".join(opened.content(file))) for file in opened.files]

    assert found == [
        ("bill.pdf", "application/pdf", 19, b"%PDF-1.7 not really"),
        ("../../page.html", "text/html", 25, b"<script>alert(1)</script>"),
    ]


def test_dictionary_is_kept_as_it_was_on_that_day(vault: Vault) -> None:
    with spooled(vault, account_pieces(), EVERY) as opened:
        assert tuple(each.dataset for each in opened.rows) == EVERY


def test_write_counts_per_data_set_and_per_category(vault: Vault) -> None:
    info = write([*account_pieces(), *ticket_pieces()], vault)

    assert (info.rows, info.files) == (8, 2)
    assert info.datasets == {"customer": 1, "orders": 5, "tickets": 4}
    assert info.counts == {"account": 1, "risk": 1, "orders": 5, "tickets": 4}


def test_write_of_nothing_counts_nothing(vault: Vault) -> None:
    info = write([], vault)

    assert (info.rows, info.files, info.datasets, info.counts) == (0, 0, {}, {})
    with parcel.open_parcel(vault, NAME, KEY) as opened:
        assert all(not each.rows for each in opened.rows)


def test_types_that_occurred_are_noted_with_undeclared_fields_last(vault: Vault) -> None:
    pieces = [
        Row("orders", {"surprise": {"a": 1}, "id": 1, "total": "9.90"}),
        Row("orders", {"id": None, "total": 9.9}),
    ]

    with spooled(vault, pieces, EVERY) as opened:
        types = next(each.types for each in opened.rows if each.dataset.name == "orders")

    assert list(types) == ["id", "placed", "total", "note", "surprise"]
    assert types["id"] == {"integer", "null"}
    assert types["total"] == {"string", "number"}
    assert types["surprise"] == {"object"}


def test_large_data_sets_are_gathered_into_blocks_although_mixed(vault: Vault) -> None:
    def pieces() -> Iterator[Piece]:
        for number in range(4000):
            yield Row("orders", {"id": number, "note": "x" * 200})
            yield Row("tickets", {"subject": str(number), "body": "y" * 300})
            if number % 1000 == 0:
                yield FileStart("tickets", f"{number}.bin", "application/octet-stream", "tickets")
                yield FileChunk(bytes([number % 251]) * 300_000)

    with spooled(vault, pieces(), EVERY) as opened:
        held = {each.dataset.name: each for each in opened.rows}
        assert [row["id"] for row in rows_of(opened, "orders")] == list(range(4000))
        assert [row["subject"] for row in rows_of(opened, "tickets")] == [str(number) for number in range(4000)]
        assert [len(b"".join(opened.content(file))) for file in opened.files] == [300_000] * 4
        assert 1 < len(held["orders"].blocks) < 8


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(st.lists(st.dictionaries(st.text(st.characters(codec=None), max_size=5), st.text(st.characters(codec=None)))))
def test_any_text_comes_back_unchanged(vault: Vault, rows: list[dict[str, Any]]) -> None:
    with spooled(vault, (Row("orders", row) for row in rows), EVERY) as opened:
        assert rows_of(opened, "orders") == rows


def test_search_that_dies_halfway_leaves_nothing(vault: Vault) -> None:
    def pieces() -> Iterator[Piece]:
        yield from account_pieces()
        raise TemporaryFailure(code="unreachable")  # type: ignore[arg-type]

    with pytest.raises(TemporaryFailure):
        write(pieces(), vault)

    with pytest.raises(Missing):
        parcel.open_parcel(vault, NAME, KEY)


def test_search_that_is_run_again_replaces_what_it_found(vault: Vault) -> None:
    write(account_pieces(), vault)

    write(ticket_pieces(), vault)

    with parcel.open_parcel(vault, NAME, KEY) as opened:
        assert not rows_of(opened, "orders")
        assert len(rows_of(opened, "tickets")) == 2


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(rows=4), "too_many_rows"),
        (Limits(bytes=100), "too_large"),
        (Limits(row_bytes=40), "too_large"),
        (Limits(files=1), "too_large"),
    ],
)
def test_write_stops_when_there_is_too_much(vault: Vault, limits: Limits, code: str) -> None:
    with pytest.raises(PermanentFailure) as failure:
        write([*account_pieces(), *ticket_pieces()], vault, limits=limits)

    assert failure.value.code == code
    with pytest.raises(Missing):
        parcel.open_parcel(vault, NAME, KEY)


@pytest.mark.parametrize(
    "piece",
    [
        Row("unheard-of", {}),
        FileStart("unheard-of", "a", "text/plain", "account"),
        FileChunk(b"no file began"),
        Row("orders", {"total": float("nan")}),
        Row("orders", {"total": b"bytes"}),  # type: ignore[dict-item]
    ],
)
def test_write_refuses_pieces_that_break_the_promise(vault: Vault, piece: Piece) -> None:
    with pytest.raises(PermanentFailure) as failure:
        write([piece], vault)

    assert failure.value.code == "bad_answer"


def test_chunk_after_a_row_belongs_to_no_file(vault: Vault) -> None:
    pieces: list[Piece] = [FileStart("tickets", "a", "text/plain", "tickets"), Row("tickets", {}), FileChunk(b"x")]

    with pytest.raises(PermanentFailure):
        write(pieces, vault)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"x" * 40, json.dumps({"datasets": []}).encode() + bytes(8) + b"RPCL\x02"]
)
def test_open_refuses_objects_that_are_no_parcel(vault: Vault, data: bytes) -> None:
    with vault.writer(NAME, KEY) as out:
        out.write(data)

    with pytest.raises(Broken):
        parcel.open_parcel(vault, NAME, KEY)
