import csv
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.utils import translation

from dsr.connectors.base import Dataset, Field, FieldType, FileChunk, FileStart, Piece, Row
from dsr.packaging import builder
from dsr.packaging.contents import Kind, PackageContents, SearchOutcome, SystemPart, Withheld
from dsr.packaging.vault import Vault
from tests.unit.packaging import samples
from tests.unit.packaging.samples import AT, ORDERS, TICKETS, contents, spooled, systems, vault_in

Build = Callable[[PackageContents], dict[str, bytes]]
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><!-- more --><img src=x onerror=alert(1)>",
    "{{ secret }}{% load x %}",
    "=cmd|' /C calc'!A0",
    "photo\u202egpj.exe",
    "a\0b\x07\x1b[31m",
    "\ud800 lone",
    "x" * 6000,
    "line\r\nbreak;=1+1",
)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return vault_in(tmp_path)


def built(value: PackageContents) -> dict[str, bytes]:
    out = io.BytesIO()
    builder.build(value, out)
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def one_system(vault: Vault, pieces: list[Piece], *datasets: Dataset, **changes: Any) -> PackageContents:
    parcel = spooled(vault, pieces, datasets, "parcels/single")
    return contents((SystemPart("sys", "System", SearchOutcome.FOUND, parcel),), **changes)


def flat(data: bytes) -> str:
    return " ".join(data.decode().split())


def sheet(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


class Page(HTMLParser):
    """What a browser would make of a page: tags with their attributes, and the text."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(data.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def count(self, tag: str) -> int:
        return sum(1 for name, _ in self.tags if name == tag)


def test_full_package_opens_with_its_page_and_holds_everything(vault: Vault) -> None:
    members = built(contents(systems(vault)))

    assert list(members) == [
        "OPEN-ME.html",
        "searched.txt",
        "statement/about-your-data.html",
        "statement/about-your-data.txt",
        "data/accounts/customer.json",
        "data/accounts/customer.csv",
        "schema/accounts/customer.schema.json",
        "data/accounts/orders.json",
        "data/accounts/orders.csv",
        "schema/accounts/orders.schema.json",
        "data/support/tickets.json",
        "data/support/tickets.csv",
        "schema/support/tickets.schema.json",
        "files/support/bill.pdf",
        "files/support/page.html",
        "files/index.json",
        "manifest.json",
        "manifest.sig",
    ]


def test_portable_package_is_machine_readable_first(vault: Vault) -> None:
    members = list(built(contents(systems(vault), kind=Kind.PORTABLE)))

    assert members[:3] == ["README.txt", "data/accounts/customer.json", "data/accounts/customer.csv"]
    assert members.index("OPEN-ME.html") > members.index("files/index.json")


def test_statement_package_holds_only_the_statement(vault: Vault) -> None:
    members = built(contents(kind=Kind.STATEMENT))

    assert list(members) == [
        "OPEN-ME.html",
        "statement/about-your-data.html",
        "statement/about-your-data.txt",
        "manifest.json",
        "manifest.sig",
    ]
    assert "What is collected" in Page(members["OPEN-ME.html"]).text


def test_equal_contents_give_equal_bytes(vault: Vault) -> None:
    value = contents(systems(vault))
    one, other = io.BytesIO(), io.BytesIO()

    builder.build(value, one)
    builder.build(value, other)

    assert one.getvalue() == other.getvalue()


def test_language_of_the_caller_does_not_matter(vault: Vault) -> None:
    value = contents(systems(vault))

    with translation.override("de"):
        german_caller = built(value)

    assert german_caller == built(value)


def test_json_is_faithful_and_csv_says_the_same(vault: Vault) -> None:
    members = built(contents(systems(vault)))

    records = json.loads(members["data/accounts/orders.json"])
    lines = sheet(members["data/accounts/orders.csv"])

    assert records == [piece.data for piece in samples.account_pieces() if isinstance(piece, Row)][1:]
    assert lines[0] == ["Order number", "Placed on", "Total", "Note"]
    assert lines[1:] == [["" if value is None else str(value) for value in record.values()] for record in records]


def test_csv_begins_with_the_mark_and_ends_lines_as_its_standard_says(vault: Vault) -> None:
    data = built(contents(systems(vault)))["data/accounts/orders.csv"]

    assert data.startswith(b"\xef\xbb\xbfOrder number,")
    assert data.count(b"\r\n") == data.count(b"\n") == 6


def test_csv_of_a_portable_package_has_the_names_that_programs_know(vault: Vault) -> None:
    data = built(contents(systems(vault), kind=Kind.PORTABLE))["data/accounts/orders.csv"]

    assert sheet(data)[0] == ["id", "placed", "total", "note"]


def test_columns_with_the_same_title_are_told_apart(vault: Vault) -> None:
    twins = Dataset("t", "T", "", "orders", (Field("a", "Date", "", "orders"), Field("b", "Date", "", "orders")))

    members = built(one_system(vault, [Row("t", {"a": "1", "b": "2"})], twins))

    assert sheet(members["data/sys/t.csv"])[0] == ["Date (a)", "Date (b)"]


def test_records_may_lack_fields_and_have_undeclared_ones(vault: Vault) -> None:
    pieces: list[Piece] = [Row("orders", {"id": 1}), Row("orders", {"id": 2, "odd": [1, 2], "flag": True})]

    members = built(one_system(vault, pieces, ORDERS))

    assert json.loads(members["data/sys/orders.json"]) == [{"id": 1}, {"id": 2, "odd": [1, 2], "flag": True}]
    assert sheet(members["data/sys/orders.csv"])[1:] == [
        ["1", "", "", "", "", ""],
        ["2", "", "", "", "true", "[1, 2]"],
    ]


def test_every_schema_is_valid_and_holds_for_its_data(vault: Vault) -> None:
    odd: list[Piece] = [Row("orders", {"id": "not a number", "total": 5, "x": None}), Row("orders", {"total": 5.5})]
    parts = (
        *systems(vault),
        SystemPart("odd", "Odd", SearchOutcome.FOUND, spooled(vault, odd, (ORDERS,), "parcels/o")),
    )
    members = built(contents(parts))

    schemas = [name for name in members if name.startswith("schema/")]

    assert len(schemas) == 4
    for name in schemas:
        schema = json.loads(members[name])
        jsonschema.Draft202012Validator.check_schema(schema)
        data = name.replace("schema/", "data/").replace(".schema.json", ".json")
        jsonschema.Draft202012Validator(schema).validate(json.loads(members[data]))


def test_schema_explains_every_field_from_the_dictionary(vault: Vault) -> None:
    schema = json.loads(built(contents(systems(vault)))["schema/accounts/customer.schema.json"])

    score = schema["items"]["properties"]["risk_score"]

    assert (score["title"], score["description"]) == ("Risk score", "From 0, none, to 100.")
    assert score["x-category"]["title"] == "Risk marks"
    assert score["x-category"]["source"] == "Worked out by us"


def test_schema_refuses_what_the_data_does_not_hold(vault: Vault) -> None:
    schema = json.loads(built(contents(systems(vault)))["schema/accounts/orders.schema.json"])

    errors = list(jsonschema.Draft202012Validator(schema).iter_errors([{"id": "x", "new": 1}]))

    assert len(errors) == 3


def test_what_is_withheld_is_nowhere_in_the_package(vault: Vault) -> None:
    secret = "canary-7f3a"
    pieces: list[Piece] = [
        Row("customer", {"id": 1, "name": "Ada", "risk_score": secret}),
        Row("tickets", {"subject": secret, "body": secret}),
        FileStart("tickets", f"{secret}.txt", "text/plain", "tickets"),
        FileChunk(secret.encode()),
    ]
    withheld = (
        Withheld("risk", "Abuse", "It would help abusers."),
        Withheld("tickets", "Others", "Names others.", "sys"),
    )

    members = built(one_system(vault, pieces, samples.CUSTOMER, TICKETS, withheld=withheld))

    assert not [name for name, data in members.items() if secret in name or secret.encode() in data]
    assert "It would help abusers." in members["searched.txt"].decode()
    assert "Letters to support, in System" in members["searched.txt"].decode()
    assert json.loads(members["data/sys/customer.json"]) == [{"id": 1, "name": "Ada"}]


def test_category_withheld_in_one_system_is_given_from_another(vault: Vault) -> None:
    withheld = (Withheld("orders", "Trade secret", "", "accounts"),)

    members = built(contents(systems(vault), withheld=withheld))

    assert "data/accounts/orders.json" not in members
    assert "data/accounts/customer.json" in members


def test_portable_package_leaves_out_what_was_worked_out_and_says_so(vault: Vault) -> None:
    full = built(contents(systems(vault)))
    portable = built(contents(systems(vault), kind=Kind.PORTABLE))

    assert json.loads(full["data/accounts/customer.json"])[0]["risk_score"] == "12.50"
    assert "risk_score" not in json.loads(portable["data/accounts/customer.json"])[0]
    for name in ("README.txt", "searched.txt"):
        assert "Risk marks" in flat(portable[name])


def test_category_that_the_dictionary_does_not_know_is_not_portable(vault: Vault) -> None:
    strange = Dataset("s", "S", "", "unheard_of", (Field("a", "A", "", "unheard_of"),))

    members = built(one_system(vault, [Row("s", {"a": "x"})], strange, kind=Kind.PORTABLE))

    assert "data/sys/s.json" not in members
    assert "unheard_of" in members["README.txt"].decode()


def test_searched_text_tells_every_system_result_and_the_way_to_complain(vault: Vault) -> None:
    text = flat(built(contents(systems(vault)))["searched.txt"])

    for words in (
        "7K3MX-9TCRA",
        "Accounts and billing: Data found",
        "Orders: 5 records",
        "Marketing: Nothing held about you",
        "It is being rebuilt; ask again in May.",
        "Your account: Password",
        "Data Protection Commission",
        "privacy@brightwater.example",
    ):
        assert words in text


def test_files_are_as_found_under_safe_names_with_the_old_ones_listed(vault: Vault) -> None:
    members = built(contents(systems(vault)))

    index = json.loads(members["files/index.json"])

    assert members["files/support/page.html"] == b"<script>alert(1)</script>"
    assert [(each["path"], each["original_name"]) for each in index] == [
        ("files/support/bill.pdf", "bill.pdf"),
        ("files/support/page.html", "../../page.html"),
    ]


def test_names_that_would_meet_are_numbered(vault: Vault) -> None:
    pieces: list[Piece] = []
    for name in ("a.txt", "A.txt", "./a.txt"):
        pieces += [FileStart("tickets", name, "text/plain", "tickets"), FileChunk(name.encode())]

    members = built(one_system(vault, pieces, TICKETS))

    assert [name for name in members if name.startswith("files/sys/")] == [
        "files/sys/a.txt",
        "files/sys/A (2).txt",
        "files/sys/a (3).txt",
    ]


@pytest.mark.parametrize("several", [False, True], ids=["one record", "several"])
def test_hostile_values_do_nothing_on_the_page(vault: Vault, several: bool) -> None:
    fields = tuple(Field(f"f{number}{text[:9]}", text, text, "orders") for number, text in enumerate(HOSTILE))
    nasty = Dataset("../nasty", HOSTILE[0], HOSTILE[1], "orders", fields)
    row = Row("../nasty", {field.name: text for field, text in zip(fields, HOSTILE, strict=True)})
    pieces: list[Piece] = [row] * (3 if several else 1)
    pieces += [FileStart("../nasty", HOSTILE[1] + "/" + HOSTILE[4], HOSTILE[0], "orders"), FileChunk(b"x")]
    value = one_system(vault, pieces, nasty, person_hint=HOSTILE[0], withheld=(Withheld("risk", *HOSTILE[:2]),))
    value = replace(value, systems=(replace(value.systems[0], title=HOSTILE[1], note=HOSTILE[0]),))

    members = built(value)
    page, plain = Page(members["OPEN-ME.html"]), Page(built(contents(systems(vault)))["OPEN-ME.html"])

    assert page.count("script") == plain.count("script") == 1
    assert page.count("img") == 0
    assert not [name for tag, attrs in page.tags for name in attrs if name.startswith("on") or name == "style"]
    assert "\0" not in page.text
    assert "\u202e" not in page.text
    assert not {name for name in members if ".." in name or "\u202e" in name}
    assert json.loads(members["data/sys/nasty.json"])[0] == row.data


def test_formulas_are_defused_in_every_cell_and_heading(vault: Vault) -> None:
    nasty = Dataset("n", "N", "", "orders", (Field("f", "=HYPERLINK(1)", "", "orders"), Field("g", "G", "", "orders")))
    pieces: list[Piece] = [Row("n", {"f": text, "g": "-7", "=extra": 1}) for text in HOSTILE]

    lines = sheet(built(one_system(vault, pieces, nasty))["data/sys/n.csv"])

    assert lines[0][0] == "'=HYPERLINK(1)"
    assert lines[0][2] == "'=extra"
    assert {line[1] for line in lines[1:]} == {"-7"}
    assert not [part for line in lines for part in line if part[:1] in ("=", "+", "@")]


def test_page_needs_nothing_from_outside_and_allows_nothing(vault: Vault) -> None:
    page = Page(built(contents(systems(vault)))["OPEN-ME.html"])

    policy = next(attrs["content"] for tag, attrs in page.tags if tag == "meta" and "content" in attrs) or ""
    links = [attrs.get("href") or attrs.get("src") or "" for _, attrs in page.tags]

    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not [link for link in links if ":" in link or link.startswith("//")]


def test_links_of_the_page_lead_to_members_and_headings(vault: Vault) -> None:
    members = built(contents(systems(vault)))
    page = Page(members["OPEN-ME.html"])
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]

    links = [attrs["href"] or "" for tag, attrs in page.tags if tag == "a"]

    assert len(ids) == len(set(ids))
    assert [link for link in links if link.startswith("#") and link[1:] not in ids] == []
    assert [link for link in links if not link.startswith("#") and link not in members] == []


def test_page_does_not_link_what_could_run(vault: Vault) -> None:
    page = Page(built(contents(systems(vault)))["OPEN-ME.html"])

    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]

    assert "files/support/bill.pdf" in links
    assert "files/support/page.html" not in links
    assert "files/support/page.html" in page.text


def test_page_explains_every_field_with_category_source_and_purpose(vault: Vault) -> None:
    text = " ".join(Page(built(contents(systems(vault)))["OPEN-ME.html"]).text.split())

    for words in (
        "As you wrote it.",
        "Account details",
        "Comes from: You, when you signed up or changed it",
        "Used for: To run your account (contract); To prevent abuse (legitimate interests)",
        "In euro, tax included.",
        "Comes from: Worked out by us",
        "Password (kept only as a one-way digest)",
    ):
        assert words in text


def test_page_shows_the_beginning_of_long_data_sets_and_points_to_the_files(vault: Vault) -> None:
    pieces: list[Piece] = [Row("orders", {"id": number, "note": f"note {number}."}) for number in range(1, 1001)]

    members = built(one_system(vault, pieces, ORDERS))
    page = Page(members["OPEN-ME.html"])

    assert "The first 200 of 1,000 records" in page.text
    assert "note 200." in page.text
    assert "note 201." not in page.text
    assert len(json.loads(members["data/sys/orders.json"])) == 1000


def test_page_shows_values_for_people(vault: Vault) -> None:
    kinds = Dataset(
        "k", "K", "", "orders",
        tuple(Field(kind.value, kind.value, "", "orders", kind) for kind in FieldType),
    )  # fmt: skip
    row = Row(
        "k",
        {
            "text": "x", "integer": 5, "decimal": "1.50", "boolean": False, "date": "2026-03-05",
            "datetime": "2026-03-05T09:30:00Z", "json": ["a", "b"], "binary": "AAECAwQF",
        },
    )  # fmt: skip

    text = Page(built(one_system(vault, [row, row], kinds))["OPEN-ME.html"]).text

    for words in ("2026-03-05 09:30:00 UTC", "a, b", "no", "1.50", "(binary data, in the JSON file)"):
        assert words in text
    assert "AAECAwQF" not in text


def test_manifest_lists_members_counts_and_data(vault: Vault) -> None:
    out = io.BytesIO()
    manifest = builder.build(contents(systems(vault)), out)

    document = json.loads(zipfile.ZipFile(out).read("manifest.json"))

    assert document == manifest.document
    assert document["made_at"] == "2026-03-05T09:30:00Z"
    assert document["counts"] == {"accounts": {"customer": 1, "orders": 5}, "support": {"tickets": 4}}
    assert {each["path"] for each in document["members"]} == set(zipfile.ZipFile(out).namelist()) - {
        "manifest.json",
        "manifest.sig",
    }


def test_summary_names_no_file_and_nobody(vault: Vault) -> None:
    manifest = builder.build(contents(systems(vault)), io.BytesIO())

    summary = json.dumps(manifest.summary)

    assert "bill.pdf" not in summary
    assert "a…@example.org" not in summary
    assert manifest.summary["data_digest"] == manifest.document["data_digest"]
    assert AT.isoformat()[:10] in summary
