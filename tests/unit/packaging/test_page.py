"""OPEN-ME.html in a real browser, opened from disk as people open it."""

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from dsr.connectors.base import Row
from dsr.packaging import builder
from dsr.packaging.contents import Kind, PackageContents, SearchOutcome, SystemPart
from tests.unit.packaging.samples import ORDERS, contents, spooled, systems, vault_in

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Open]:
    """Opens a page from disk; fails the test on any message of its console and on any request but its own."""
    contexts, trouble, requested, asked = [], [], [], []

    def opener(path: Path, **options: Any) -> Page:
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: requested.append(request.url))
        page.goto(path.as_uri())
        asked.append(path.as_uri())
        return page

    yield opener
    for context in contexts:
        context.close()
    assert (trouble, requested) == ([], asked)


def unpacked(folder: Path, value: PackageContents) -> Path:
    with (folder / "package.zip").open("wb") as out:
        builder.build(value, out)
    zipfile.ZipFile(folder / "package.zip").extractall(folder / "unpacked")
    return folder / "unpacked"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    vault = vault_in(tmp_path)
    rows = (Row("orders", {"id": number, "note": f"needle {number} " + "hay " * 100}) for number in range(300))
    long = SystemPart("long", "Long", SearchOutcome.FOUND, spooled(vault, rows, (ORDERS,), "parcels/long"))
    return unpacked(tmp_path, contents((*systems(vault), long)))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_page_has_no_barriers(opened: Open, folder: Path, scheme: str, width: int) -> None:
    for name in ("OPEN-ME.html", "statement/about-your-data.html"):
        page = opened(folder / name, bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800})

        found = Axe().run(page).response["violations"]

        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []


def test_statement_alone_has_no_barriers(opened: Open, tmp_path: Path) -> None:
    page = opened(unpacked(tmp_path, contents(kind=Kind.STATEMENT)) / "OPEN-ME.html", bypass_csp=True)

    assert Axe().run(page).response["violations"] == []


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_page_never_scrolls_sideways(opened: Open, folder: Path, width: int) -> None:
    page = opened(folder / "OPEN-ME.html", viewport={"width": width, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_search_leaves_matching_records_and_tells_how_many(opened: Open, folder: Path) -> None:
    page = opened(folder / "OPEN-ME.html")

    page.get_by_role("searchbox", name="Search your data").fill("RING twice")
    result = page.get_by_text("Matches: 1, in collections: 1")
    result.wait_for()

    assert page.get_by_role("cell", name="Please ring twice").is_visible()
    assert not page.get_by_role("cell", name="ada@example.org").is_visible()
    assert not page.get_by_role("heading", name="Letters to support").is_visible()


def test_search_is_undone_by_its_button(opened: Open, folder: Path) -> None:
    page = opened(folder / "OPEN-ME.html")
    page.get_by_role("searchbox").fill("no such words")
    page.get_by_text("Nothing on this page matches.").wait_for()

    page.get_by_role("button", name="Show everything").click()

    assert page.get_by_role("cell", name="ada@example.org").is_visible()
    assert page.get_by_role("searchbox").input_value() == ""
    assert page.get_by_role("searchbox").evaluate("box => box === document.activeElement")


def test_page_is_whole_without_scripts(opened: Open, folder: Path) -> None:
    page = opened(folder / "OPEN-ME.html", java_script_enabled=False)

    assert page.get_by_role("cell", name="Please ring twice").is_visible()
    assert not page.get_by_role("searchbox").is_visible()
    assert page.get_by_text("use your browser’s search").is_visible()
    page.get_by_text("What each column means").first.click()
    assert page.get_by_text("In euro, tax included.").first.is_visible()


def test_keyboard_reaches_the_content_past_the_list_of_contents(opened: Open, folder: Path) -> None:
    page = opened(folder / "OPEN-ME.html")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


def test_printed_page_unfolds_everything_and_leaves_the_controls_out(opened: Open, folder: Path) -> None:
    page = opened(folder / "OPEN-ME.html")

    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")

    assert page.get_by_text("In euro, tax included.").first.is_visible()
    assert not page.get_by_role("searchbox").is_visible()
    assert not page.get_by_role("navigation").is_visible()


def test_links_open_members_of_the_package(opened: Open, folder: Path, chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto((folder / "OPEN-ME.html").as_uri())

    page.get_by_role("link", name="How your data is used").click()

    assert page.get_by_role("heading", name="How your data is used", level=1).is_visible()
    context.close()
