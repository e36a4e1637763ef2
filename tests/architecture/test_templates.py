"""Templates escape everything, act without scripts of their own, and stay within their app."""

import re
from pathlib import Path

import pytest

from tests.architecture.habits import ROOT

TEMPLATES = sorted(
    path.relative_to(ROOT)
    for folder in ("templates", "dsr", "verification", "notifications")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in (".html", ".txt") and "templates" in path.parts
)
#: A package is opened from disk, where no server sends a content policy and no second file may be loaded.
OFFLINE = Path("templates/package")


@pytest.mark.parametrize("path", TEMPLATES, ids=str)
def test_template_marks_nothing_safe(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")

    found = re.findall(r"\|\s*(?:safe|safeseq)\b|\{%\s*autoescape\s+off", text)

    # Plain text is no markup: there, escaping would show people `&amp;`.
    assert not found or path.suffix == ".txt"


@pytest.mark.parametrize("path", [path for path in TEMPLATES if path.suffix == ".html"], ids=str)
def test_template_needs_no_exception_from_the_content_policy(path: Path) -> None:
    if path.is_relative_to(OFFLINE) or path.is_relative_to(Path("templates/messages")):
        return
    text = (ROOT / path).read_text(encoding="utf-8")

    inline = re.findall(r"<script(?![^>]*\b(?:src|type=\"application/json\"))[^>]*>|\son\w+=|\sstyle=|<style", text)
    foreign = re.findall(r"(?:src|href)=\"(?:https?:)?//[^\"{]+\"", text)

    assert not inline
    assert not foreign


@pytest.mark.parametrize("path", [path for path in TEMPLATES if "messages" in path.parts], ids=str)
def test_message_uses_only_templates_of_messages(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")

    used = re.findall(r"\{%\s*(?:extends|include)\s+\"([^\"]+)\"", text)

    assert all(name.startswith("messages/") for name in used)
