"""The check that holds kinds and templates together finds each way in which they can come apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.template import engines

from notifications import letters
from notifications.checks import check_letters, used_names
from notifications.letters import Letter
from tests.postbox import TEMPLATES, Note, template_folder, write_templates
from tests.textbox import PIN_TEMPLATES, Pin, pin

__all__ = ["pin"]


@pytest.fixture(autouse=True)
def _only_the_note(note: type[Note], monkeypatch: pytest.MonkeyPatch) -> None:
    """Judge one kind, whatever else was imported."""
    monkeypatch.setattr(letters, "REGISTRY", {Note.kind: Note})


def _ids() -> list[str]:
    return [str(message.id).removeprefix("notifications.") for message in check_letters()]


def _rewrite(settings: Any, folder: Path, part: str, text: str) -> None:
    write_templates(folder, Note.kind, TEMPLATES | {part: text})
    template_folder(settings, folder)


def test_check_is_content_when_templates_and_fields_fit() -> None:
    assert check_letters() == []


@pytest.mark.parametrize("part", letters.PARTS)
def test_check_names_the_template_that_is_missing(tmp_path: Path, settings: Any, part: str) -> None:
    (tmp_path / "messages" / Note.kind / part).unlink()
    template_folder(settings, tmp_path)

    messages = check_letters()

    assert _ids() == ["E001"]
    assert f"messages/test_note/{part}" in messages[0].msg


@pytest.mark.parametrize(
    ("part", "text", "found"),
    [
        ("body.txt", "{{ reference }} {{ refrence }}", ["E003"]),
        ("body.txt", "{% if reference and urgent %}x{% endif %}", ["E003"]),
        (
            "body.txt",
            "{% load i18n %}{{ reference }}{% blocktranslate %}Dear {{ nobody }}{% endblocktranslate %}",
            ["E003"],
        ),
        ("body.txt", "{{ reference|default:fallback }}", ["E003"]),
        ("body.txt", "{{ reference }}{% for right in wrongs %}{{ right }}{% endfor %}", ["E003"]),
        ("body.txt", "{{ reference }}{% for right in rights %}{% endfor %}{{ right }}", ["E003"]),
        ("subject.txt", "{{ subject }}", ["E003"]),
        ("body.txt", "Nothing to quote", ["E004"]),
        ("body.html", "<p>Nothing to quote</p>", ["E004"]),
        ("body.html", "{{ reference }}<img alt='' src='https://example.org/x.gif'>", ["E005"]),
        ("body.html", "{{ reference }}<p style='background:url(x)'>", ["E005"]),
        ("body.txt", "{{ reference", ["E004"]),
        ("body.txt", "{% iff reference %}", ["E002"]),
        ("body.txt", "{% load letters %}{{ reference }}{% states 'reasns' %}x{% endstates %}", ["E008"]),
        ("body.txt", "{% load letters %}{{ reference }}{% states 'a' %}{% states 'reasons' %}x", ["E002"]),
        ("body.txt", "{% load letters %}{{ reference }}{% states reasons %}x{% endstates %}", ["E002"]),
        ("body.txt", "{% load letters %}{{ reference }}{% states %}x{% endstates %}", ["E002"]),
        ("body.txt", "{% load letters %}{{ reference }}{% states 'reasons' %}{{ nothing }}{% endstates %}", ["E003"]),
    ],
)
def test_check_finds_a_template_that_does_not_fit(
    settings: Any, tmp_path: Path, part: str, text: str, found: list[str]
) -> None:
    _rewrite(settings, tmp_path, part, text)

    assert _ids() == found


@pytest.mark.parametrize(
    "text",
    [
        "{{ reference }}{% for right in rights %}{{ forloop.counter }} {{ right }}{% empty %}none{% endfor %}",
        "{{ reference }}{% with first=rights.0 %}{{ first }}{% endwith %}",
        "{% load i18n %}{{ reference }}{% translate 'x' as title %}{{ title }}",
        "{% load i18n %}{{ reference }}{% blocktranslate with r=rights.0 %}{{ r }}{% endblocktranslate %}",
        "{% load i18n %}{{ reference }}{% blocktrans count n=rights|length %}1{% plural %}{{ n }}{% endblocktrans %}",
        "{{ reference }}{{ language }}{{ site }}{{ subject }}",
        "{% load letters %}{% states 'reasons' %}{{ reference }}{% endstates %}",
    ],
)
def test_check_knows_names_that_the_template_makes_itself(settings: Any, tmp_path: Path, text: str) -> None:
    _rewrite(settings, tmp_path, "body.txt", text)

    assert _ids() == []


def test_check_finds_a_kind_that_is_no_frozen_dataclass(monkeypatch: pytest.MonkeyPatch) -> None:
    class Loose(Letter):
        kind: ClassVar[str] = "test_loose"

    monkeypatch.setattr(letters, "REGISTRY", {"test_loose": Loose})

    assert _ids() == ["E006"]


def test_check_finds_a_duty_to_show_what_is_no_field(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Odd(Note):
        must_show: ClassVar[frozenset[str]] = frozenset({"reference", "refrence"})

    monkeypatch.setattr(letters, "REGISTRY", {Note.kind: Odd})

    assert "E007" in _ids()


def test_check_finds_an_element_that_quotes_no_field(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Odd(Note):
        states: ClassVar[Mapping[str, tuple[str, ...]]] = {"reasons": ("reference", "refrence")}

    monkeypatch.setattr(letters, "REGISTRY", {Note.kind: Odd})

    [message] = check_letters()

    assert message.id == "notifications.E009"
    assert message.msg.endswith("Odd.states['reasons'] quotes no field: refrence.")


def test_used_names_include_those_of_the_layout() -> None:
    template = engines["django"].from_string("{% extends 'messages/base.txt' %}{% block body %}{{ x.y }}{% endblock %}")

    assert used_names(template.template) == {"x", "organisation", "site", "preferences"}  # type: ignore[attr-defined]


# --- Text messages


@pytest.fixture
def _only_the_pin(pin: type[Pin], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "REGISTRY", {Pin.kind: Pin})


@pytest.mark.usefixtures("_only_the_pin")
def test_check_is_content_with_a_text_message_that_is_short_and_tells_little() -> None:
    assert check_letters() == []


@pytest.mark.usefixtures("_only_the_pin")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{{ code }} {{ link }}", ["E003"]),
        ("{{ code }} for {{ name }}", ["E010"]),
        ("{{ code }} from {{ organisation }} " + "and so on " * 12, ["E011"]),
    ],
)
def test_check_finds_a_text_message_that_shows_or_says_too_much(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, found: list[str]
) -> None:
    @dataclass(frozen=True)
    class Named(Pin):
        kind: ClassVar[str] = "test_named"
        name: str = ""

    monkeypatch.setattr(letters, "REGISTRY", {Named.kind: Named})
    write_templates(tmp_path, Named.kind, PIN_TEMPLATES | {"sms.txt": text})
    template_folder(settings, tmp_path)

    assert _ids() == found


@pytest.mark.usefixtures("_only_the_pin")
@pytest.mark.parametrize(
    ("channels", "missing", "found"),
    [
        ({"sms"}, "body.html", []),
        ({"sms"}, "sms.txt", ["E001"]),
        ({"email"}, "sms.txt", []),
        ({"email", "sms"}, "body.html", ["E001"]),
        ({"email", "post"}, "sms.txt", ["E012"]),
        (set(), "sms.txt", ["E012"]),
    ],
)
def test_check_wants_the_templates_of_the_channels_that_a_kind_goes_by(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, channels: set[str], missing: str, found: list[str]
) -> None:
    monkeypatch.setattr(Pin, "channels", frozenset(channels))
    (tmp_path / "messages" / Pin.kind / missing).unlink()
    template_folder(settings, tmp_path)

    assert _ids() == found
