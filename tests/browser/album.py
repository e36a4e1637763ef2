"""The pictures of the docs, taken while the journey passes by: `PICTURES=1` writes them to `docs/images`."""

import os
from pathlib import Path

from playwright.sync_api import Page

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images"
_MOST = 300_000


def keep(page: Page, name: str, height: int, *, width: int = 1200) -> None:
    """Keep the upper part of a page, where pictures are wanted. Sizes are in pixels; the width is the window's."""
    if os.environ.get("PICTURES") != "1":
        return
    usual = page.viewport_size
    assert usual is not None
    path = FOLDER / f"{name}.png"
    page.set_viewport_size({"width": width, "height": usual["height"]})
    page.screenshot(path=path, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})
    page.set_viewport_size(usual)
    assert path.stat().st_size < _MOST, f"{name} is too large for a page of the docs"
