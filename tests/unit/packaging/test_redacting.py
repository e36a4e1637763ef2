"""What was marked is found in every disguise, is taken out of everything that is built, and is proved to be gone."""

import base64
import csv
import html
import io
import json
import quopri
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsr.connectors.base import Dataset, FileChunk, FileStart, Piece, Row
from dsr.packaging import builder
from dsr.packaging.contents import Kind, PackageContents, Removed, SearchOutcome, SystemPart
from dsr.packaging.parcel import Parcel, open_parcel
from dsr.packaging.redacting import documents
from dsr.packaging.redacting.documents import Treatment
from dsr.packaging.redacting.finding import BLACK, Finder, Term
from dsr.packaging.redacting.leaks import Leak, leaks
from dsr.packaging.redacting.parcels import Blackened, Blackening, Cell, redact_parcel
from dsr.packaging.vault import Vault
from tests.unit.packaging.pdfs import pdf
from tests.unit.packaging.samples import KEY, TICKETS, contents, spooled, vault_in

NAME, NUMBER = "Zoë Müller-Kraus", "+353 87 123 4567"
FINDER = Finder([Term("name", NAME), Term("number", NUMBER, "IE"), Term("short", "Kai")])
_numbers = count()


def _quoted(text: str) -> str:
    return quopri.encodestring(text.encode(), quotetabs=True).decode()


DISGUISES: dict[str, str] = {
    "as it is": f"Please ring {NAME} about it",
    "in other case": f"PLEASE RING {NAME.upper()}",
    "without accents": "Zoe Muller-Kraus rang",
    "decomposed": unicodedata.normalize("NFD", f"It was {NAME}."),
    "in compatible letters": unicodedata.normalize("NFC", "\U0001d419oë Müller-Kraus"),
    "in full width": "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in "Zoe Muller-Kraus"),
    "with soft hyphens": "Zo\u00adë Mül\u00adler-Kr\u00adaus",
    "with joiners that nobody sees": "Zo\u200bë\u2060 Müller\u200d-Kraus",
    "with other spaces": "Zoë\u00a0\u2003Müller\u2011Kraus",
    "spaced out": "Z o ë  M ü l l e r - K r a u s",
    "over the end of a line": "wrote Zoë\r\n  Müller-\r\nKraus herself",
    "the family name first": "Müller-Kraus, Zoë",
    "with a ligature of words": "ZoëMüllerKraus42",
    "in a nested list": json.dumps({"people": [{"names": ["x", NAME]}]}),
    "in escapes of JSON": json.dumps(NAME),
    "in escapes twice": json.dumps(json.dumps({"by": NAME})),
    "in entities": "".join(f"&#{ord(each)};" for each in NAME),
    "in named entities": "Zo&euml; M&uuml;ller-Kraus",
    "in a web address": f"https://example.org/find?q={quote(NAME)}&page=2",
    "in a web address, plus for space": f"https://example.org/?by={quote('Zoë')}+{quote('Müller-Kraus')}",
    "encoded twice": quote(quote(NAME)),
    "split by a tag": "<p>Zo<b>ë</b> M<i>ü</i>ller-Kraus</p>",
    "split by a comment": "Zoë Mü<!-- here -->ller-Kraus",
    "in base64": base64.b64encode(f"by {NAME}, yesterday".encode()).decode(),
    "in base64 for addresses": base64.urlsafe_b64encode(f"??{NAME}??>>".encode()).decode().rstrip("="),
    "in base64 in the middle of an address": f"/open/{base64.b64encode(NAME.encode()).decode()}/now",
    "in base64 over lines": base64.encodebytes(f"{'x' * 70}{NAME}{'y' * 70}".encode()).decode(),
    "in base64 of sixteen bits": base64.b64encode(NAME.encode("utf-16-le")).decode(),
    "in base64 twice": base64.b64encode(base64.b64encode(NAME.encode())).decode(),
    "in hexadecimal": NAME.encode().hex(),
    "quoted printable": _quoted(f"Yours, {NAME}"),
    "in a name for machines": "xn--" + "zoëmüllerkraus".encode("punycode").decode(),
    "with quotes inside": 'Zoë "Müller"-Kraus',
    "between formulas": "=HYPERLINK(Zoë;Müller-Kraus)",
    "a number as in its country": "Call 087 123 4567",
    "a number from abroad": "00353 87-123-45-67",
    "a number with its zero": "+353 (0)87 1234567",
    "a number to press": '<a href="tel:+353871234567">ring</a>',
    "a number in other digits": "٠٨٧ ١٢٣ ٤٥٦٧",
    "a number in points": "353.87.123.4567",
    "a short name by itself": "Kai, could you look?",
    "a short name in an address": "kai@example.org",
}


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return vault_in(tmp_path)


def _parcel(vault: Vault, pieces: list[Piece], dataset: Dataset = TICKETS) -> Parcel:
    return spooled(vault, pieces, (dataset,), f"parcels/found-{next(_numbers)}")


def _ticket(**values: Any) -> Row:
    return Row("tickets", {"subject": "Hello", "body": "Nothing.", "tags": [], **values})


def _package(parcel: Parcel, **changes: Any) -> io.BytesIO:
    out = io.BytesIO()
    builder.build(_contents(parcel, **changes), out)
    return out


def _contents(parcel: Parcel, **changes: Any) -> PackageContents:
    return contents((SystemPart("sys", "System", SearchOutcome.FOUND, parcel),), **changes)


def _redacted(vault: Vault, parcel: Parcel, how: Blackening) -> tuple[Parcel, Blackened]:
    name = f"parcels/made-{next(_numbers)}"
    done = redact_parcel(parcel, how, vault, name, KEY)
    return open_parcel(vault, name, KEY), done


def _found(package: io.BytesIO, finder: Finder = FINDER, passed: tuple[str, ...] = ()) -> list[Leak]:
    return list(leaks(package, finder, passed=passed))


# --- Each disguise: seen by the search of the finished package, and taken out before it ------------------------------


@pytest.mark.parametrize("disguise", DISGUISES)
def test_leak_is_found_in_a_package_from_which_nothing_was_taken(disguise, vault):
    parcel = _parcel(vault, [_ticket(body=DISGUISES[disguise])])

    found = _found(_package(parcel))

    assert {leak.place for leak in found} >= {"data/sys/tickets.json", "data/sys/tickets.csv"}
    assert not any("ller" in leak.place for leak in found)


@pytest.mark.parametrize("disguise", DISGUISES)
def test_nothing_is_left_of_what_was_marked(disguise, vault):
    parcel = _parcel(vault, [_ticket(body=DISGUISES[disguise])])

    made, done = _redacted(vault, parcel, Blackening(FINDER))

    with made:
        assert _found(_package(made)) == []
        [record] = made.records(made.rows[0])
    assert BLACK in str(record["body"])
    assert done.places.total() == 1
    assert done.touched == {"tickets": 1}


LEAKS: dict[str, Callable[[], list[Piece]]] = {
    "in another field": lambda: [_ticket(subject=f"From {NAME}")],
    "in a list": lambda: [_ticket(tags=["late", NAME])],
    "over two items of a list": lambda: [_ticket(tags=["Zoë", "Müller-Kraus"])],
    "over two fields": lambda: [Row("tickets", {"subject": "Zoë", "body": "Müller-Kraus", "tags": None})],
    "in a key": lambda: [_ticket(tags={NAME: "3 calls"})],
    "in an unknown field": lambda: [_ticket(extra=NAME)],
    "in the name of a field": lambda: [Row("tickets", {"subject": "x", NAME: "y"})],
    "as a number": lambda: [_ticket(tags={"caller": 353871234567})],
    "in the name of a file": lambda: [FileStart("tickets", f"{NAME}.txt", "text/plain", "tickets"), FileChunk(b"Hi.")],
    "in a text file": lambda: [
        FileStart("tickets", "a.txt", "text/plain", "tickets"), FileChunk(f"Dear {NAME}".encode()),
    ],
    "in a text file of sixteen bits": lambda: [
        FileStart("tickets", "a.txt", "text/plain", "tickets"), FileChunk(f"Dear {NAME}".encode("utf-16")),
    ],
    "in a mail": lambda: [
        FileStart("tickets", "a.eml", "message/rfc822", "tickets"),
        FileChunk(f"Content-Transfer-Encoding: quoted-printable\n\n{_quoted('Dear ' + NAME)}".encode()),
    ],
    "in a table with quotes": lambda: [
        FileStart("tickets", "a.csv", "text/csv", "tickets"), FileChunk('"x","Zoë ""Müller""-Kraus"\r\n'.encode()),
    ],
    "in a page": lambda: [
        FileStart("tickets", "a.html", "text/html", "tickets"), FileChunk("<p>Zo&euml; <b>Müller</b>-Kraus".encode()),
    ],
    "in the text of a PDF file": lambda: [
        FileStart("tickets", "a.pdf", "application/pdf", "tickets"), FileChunk(pdf(f"Call {NAME} now")),
    ],
    "in what a PDF file says of itself": lambda: [
        FileStart("tickets", "a.pdf", "application/pdf", "tickets"), FileChunk(pdf("Hello", title=NAME)),
    ],
    "in what is attached to a PDF file": lambda: [
        FileStart("tickets", "a.pdf", "application/pdf", "tickets"),
        FileChunk(pdf("Hello", attached=f"of {NAME}".encode())),
    ],
}  # fmt: skip


@pytest.mark.parametrize("place", LEAKS)
def test_leak_is_found_wherever_it_stands(place, vault):
    assert _found(_package(_parcel(vault, LEAKS[place]())))


@pytest.mark.parametrize("place", LEAKS)
def test_nothing_is_left_wherever_it_stood(place, vault):
    made, _ = _redacted(vault, _parcel(vault, LEAKS[place]()), Blackening(FINDER))

    with made:
        assert _found(_package(made)) == []


@pytest.mark.parametrize("changed", ["title", "description"])
def test_words_about_a_data_set_hold_nothing_that_was_marked_either(changed, vault):
    dataset = replace(TICKETS, **{changed: f"Letters from {NAME}"})  # type: ignore[arg-type]
    parcel = _parcel(vault, [_ticket()], dataset)
    assert _found(_package(parcel))

    made, _ = _redacted(vault, parcel, Blackening(FINDER))

    with made:
        assert _found(_package(made)) == []


@pytest.mark.parametrize("changes", [
    {"withheld": None}, {"complain": (f"Write to {NAME}.",)}, {"reference": NAME}, {"person_hint": NAME},
])  # fmt: skip
def test_leak_in_our_own_words_is_found(changes, vault):
    if "withheld" in changes:
        changes = {"removed": (Removed("a name", 1, "A ground", f"It is {NAME}."),)}

    assert _found(_package(_parcel(vault, [_ticket()]), **changes))


# --- What is taken out, and what is not ------------------------------------------------------------------------------


def test_whole_fields_go_and_the_rest_stays(vault):
    parcel = _parcel(vault, [_ticket(subject="One", body="First"), _ticket(subject="Two", body="Second")])
    cells = {Cell("tickets", "body", 2): "a", Cell("tickets", "subject"): "b"}

    made, done = _redacted(vault, parcel, Blackening(Finder([]), cells))

    with made:
        records = list(made.records(made.rows[0]))
    assert [(each["subject"], each["body"]) for each in records] == [(BLACK, "First"), (BLACK, BLACK)]
    assert done.places == {"a": 1, "b": 2}
    assert done.touched == {"tickets": 2}


@pytest.mark.parametrize("text", [
    "The annual kaiak race", "Mukai and Kaito", "information about registration", "2026-03-05T09:30:00Z",
    "Müller alone, Kraus alone", "087 123 4568",
])  # fmt: skip
def test_what_only_looks_alike_stays(text):
    assert FINDER.blacken(text) == (text, [])


def test_package_says_what_kinds_of_things_were_taken_out_and_never_what(vault):
    made, done = _redacted(vault, _parcel(vault, [_ticket(body=f"{NAME} and {NAME}")]), Blackening(FINDER))
    removed = (Removed("the name of somebody else", done.places["name"], "It would disclose somebody else", "Why."),)

    with made, zipfile.ZipFile(_package(made, removed=removed)) as archive:
        page, text = archive.read("OPEN-ME.html").decode(), archive.read("searched.txt").decode()

    assert "The name of somebody else, taken out in 2 places" in page
    assert "The name of somebody else, taken out in 2 places" in text
    assert "exactly as they were found" not in page


def test_types_in_the_schema_hold_for_what_was_blackened(vault):
    parcel = _parcel(vault, [_ticket(tags={"caller": 353871234567}), _ticket(tags={"caller": 5})])

    made, _ = _redacted(vault, parcel, Blackening(FINDER))

    with made:
        assert [record["tags"] for record in made.records(made.rows[0])] == [{"caller": BLACK}, {"caller": 5}]


@pytest.mark.parametrize(("name", "media_type", "data"), [
    ("scan.pdf", "application/pdf", pdf("", picture=True)),
    ("letter.pdf", "application/pdf", pdf("Some text", picture=True)),
    ("broken.pdf", "application/pdf", b"%PDF-1.4 and then nothing"),
    ("photo.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(64)),
    ("all.zip", "application/zip", b"PK\x03\x04" + bytes(64)),
    ("what", "application/octet-stream", b"\x00\x01\x02"),
    ("mail.eml", "message/rfc822", base64.encodebytes(bytes(range(256)) * 8)),
    ("not.txt", "text/plain", bytes(range(256))),
])  # fmt: skip
def test_file_that_no_program_can_read_is_left_out_unless_two_people_let_it_go(name, media_type, data, vault):
    parcel = _parcel(vault, [FileStart("tickets", name, media_type, "tickets"), FileChunk(data)])

    made, done = _redacted(vault, parcel, Blackening(FINDER))
    passed, _ = _redacted(vault, parcel, Blackening(FINDER, passed=[1]))

    assert (made.files, done.unreadable) == ((), {"tickets": 1})
    with passed:
        assert b"".join(passed.content(passed.files[0])) == data
        assert _found(_package(passed), passed=(name,)) == []
    made.close()


def test_file_that_is_marked_is_left_out(vault):
    parcel = _parcel(vault, [FileStart("tickets", "a.txt", "text/plain", "tickets"), FileChunk(b"Hi.")])

    made, done = _redacted(vault, parcel, Blackening(Finder([]), left_out={1: "whole"}))

    assert (made.files, done.places) == ((), {"whole": 1})
    made.close()


def test_pdf_file_comes_out_as_pictures_with_nothing_beneath():
    treated = documents.treat(pdf(f"Call {NAME} now", title="About Ada"), "a.pdf", "application/pdf", FINDER)

    assert (treated.treatment, treated.marks) == (Treatment.CHANGED, ("name",))
    assert not any(text.strip() for text in documents.pdf_texts(treated.data) if not text.startswith("D:"))
    assert b"/Font" not in treated.data


def test_pdf_file_without_what_was_marked_is_drawn_anew_all_the_same():
    treated = documents.treat(pdf("Hello"), "a.pdf", "application/pdf", FINDER)

    assert treated.treatment is Treatment.SAME
    assert b"/Font" not in treated.data


# --- Whatever the text and whatever the marks ------------------------------------------------------------------------


def _plain(text: str) -> str:
    """Our own idea of what reads the same, made without anything of the code under test."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold()).casefold()
    return "".join(each for each in decomposed if each.isalnum())


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield from (key, *_strings(each))
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, str | int):
        yield str(value)


def _everything(package: io.BytesIO) -> Iterator[str]:
    """Every text in the parts of a package that are about the person."""
    with zipfile.ZipFile(package) as archive:
        for name in archive.namelist():
            data = archive.read(name)
            yield name
            if name.startswith("data/") and name.endswith(".json"):
                yield from _strings(json.loads(data))
            elif name.startswith("data/"):
                for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
                    yield from row
            elif name.startswith("files/"):
                yield data.decode("utf-8", "replace")
            elif name == "OPEN-ME.html":
                cells = re.findall(r"<(?:td|dd)[^>]*>(.*?)</(?:td|dd)>", data.decode(), re.DOTALL)
                yield from (html.unescape(re.sub(r"<[^>]*>", "", cell)) for cell in cells)


_LETTERS = "abkmozABKMOZäöüßéñøłŁİıſﬁ 0123456789-.,'\"&<>;%=+/\\\u00ad\u200b\u0301\u0308"
_TEXT = st.text(alphabet=_LETTERS, max_size=40)
_VALUES = st.recursive(
    _TEXT | st.integers(0, 10**12) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
_MARKS = st.lists(
    st.text(alphabet=_LETTERS, min_size=5, max_size=12).filter(lambda text: len(_plain(text)) >= 5),
    min_size=1,
    max_size=3,
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=_TEXT, tags=_VALUES, marks=_MARKS, pieces=st.lists(st.sampled_from([0, 1, 2]), max_size=4))
def test_no_marked_text_is_in_the_result_whatever_was_found(body, tags, marks, pieces, tmp_path):
    vault = vault_in(tmp_path / str(next(_numbers)))
    seeded = body + "".join(marks[each % len(marks)] for each in pieces)
    files: list[Piece] = [FileStart("tickets", f"{seeded}.txt", "text/plain", "tickets"), FileChunk(seeded.encode())]
    parcel = _parcel(vault, [_ticket(subject=marks[0], body=seeded, tags=[tags, *marks]), *files])
    finder = Finder([Term(str(number), text) for number, text in enumerate(marks)])

    made, _ = _redacted(vault, parcel, Blackening(finder))

    with made:
        package = _package(made, kind=Kind.FULL)
    texts = [_plain(text) for text in _everything(package)]
    shell = [_plain(text) for text in _everything(_package(_parcel(vault, [_ticket()])))]
    for mark in marks:
        assert not any(_plain(mark) in text and text not in shell for text in texts), mark
