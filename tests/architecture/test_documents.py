"""What the documentation points to is there: files, headings, pictures, commands, targets of make, settings."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
_LABEL = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")


def links(page: Path) -> Iterator[str]:
    """Where the links and pictures of a page lead."""
    text = _CODE.sub("", _FENCED.sub("", page.read_text(encoding="utf-8")))
    for match in _LINK.finditer(text):
        yield match[1] or match[2]


def anchors(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))
    plain = (_LABEL.sub(r"\1", heading).replace("`", "").lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in plain}


def broken(page: Path) -> Iterator[str]:
    """The links of a page that lead nowhere."""
    for link in links(page):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not target.is_relative_to(ROOT) or not target.exists():
            yield f"{link}: no such file"
        elif parts.fragment and target.suffix == ".md" and unquote(parts.fragment) not in anchors(target):
            yield f"{link}: no such heading"


@pytest.mark.parametrize("name", [str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_leads_somewhere(name: str) -> None:
    assert list(broken(ROOT / name)) == []


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (page.parent / unquote(urlsplit(link).path)).resolve()
        for page in PAGES
        for link in links(page)
        if not urlsplit(link).scheme
    }
    folders = {target for target in linked if target.is_dir()}
    alone = [
        str(page.relative_to(ROOT))
        for page in PAGES
        if page.is_relative_to(ROOT / "docs") and page not in linked and page.parent not in folders
    ]

    assert alone == []


def test_every_picture_is_shown() -> None:
    shown = {(page.parent / unquote(link)).resolve() for page in PAGES for link in links(page)}

    assert [str(path.relative_to(ROOT)) for path in (ROOT / "docs" / "images").iterdir() if path not in shown] == []


def mentions(pattern: str) -> dict[str, str]:
    """What is mentioned on any page by this pattern, with a page where it is."""
    return {
        match[1]: str(page.relative_to(ROOT))
        for page in PAGES
        for match in re.finditer(pattern, page.read_text(encoding="utf-8"), re.MULTILINE)
    }


def test_decisions_are_numbered_one_by_one() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert [int(each.name[:4]) for each in records] == list(range(1, len(records) + 1))
    for each in records:
        assert each.read_text(encoding="utf-8").startswith(f"# {int(each.name[:4])}. "), each.name


def test_every_command_that_is_mentioned_exists() -> None:
    commands = mentions(r"manage\.py ([a-z_]+)")

    assert {"verify_history", "api_token", "rules"} <= commands.keys()
    assert {name: page for name, page in commands.items() if name not in get_commands()} == {}


def test_every_target_of_make_that_is_mentioned_exists() -> None:
    targets = mentions(r"(?:`|^ {4}|^\$ |^)make ([a-z]+)")
    known = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)

    assert {"run", "test", "check"} <= targets.keys()
    assert {name: page for name, page in targets.items() if name not in known} == {}


def test_every_setting_that_is_mentioned_exists() -> None:
    known = {*settings.ENVIRONMENT.variables, "NAME"}  # stands for all of them where files are explained
    named = mentions(r"`([A-Z]{2,}(?:_[A-Z]+)+)(?:=[^`]*)?`")

    assert {"DATABASE_URL", "FIELD_KEYS"} <= named.keys()
    assert {name: page for name, page in named.items() if name.removesuffix("_FILE") not in known} == {}


def test_a_link_to_nowhere_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "# A `heading`, [linked](page.md)\n[here](#a-heading-linked) [there](#nowhere) [file](gone.md) ![x](no.png)\n"
        "```\n[in code](gone.md)\n```\n[far](https://example.org/) [up](../out.md) [named][one]\n\n[one]: lost.md\n"
    )

    found = [line.partition(":")[0] for line in broken(page)]

    assert found == ["#nowhere", "gone.md", "no.png", "../out.md", "lost.md"]
