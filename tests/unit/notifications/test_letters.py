"""Letters: typed context in, plain text and HTML out; nobody writes a message into our message."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar

import pytest

from notifications import letters
from notifications.letters import Letter, one_line, pack, render, stated, unpack
from tests.postbox import Note, template_folder, write_templates

pytestmark = pytest.mark.usefixtures("note")


def _note(**fields: Any) -> Note:
    return Note(**{"organisation": "Example Telecom", "reference": "7K3MX-9TCRA", **fields})


def test_unpack_returns_what_was_packed() -> None:
    letter = _note(link="https://x/?key=1", words="one\ntwo", rights=("access", "deletion"), day=date(2026, 4, 1))

    assert unpack(Note.kind, pack(letter)) == letter


def test_unpack_refuses_fields_of_another_kind() -> None:
    with pytest.raises(ValueError):
        unpack(Note.kind, '{"organisation": "Example Telecom"}')
    with pytest.raises(KeyError):
        unpack("no_such_kind", "{}")


def test_render_fills_all_three_parts() -> None:
    rendered = render(_note(rights=("access", "deletion")), "en")

    assert rendered.subject == "Request 7K3MX-9TCRA"
    assert "7K3MX-9TCRA" in rendered.text
    assert "- access\n- deletion\n" in rendered.text
    assert "Example Telecom, privacy requests" in rendered.text
    assert "12 March 2026" in rendered.text
    assert '<html lang="en" dir="ltr">' in rendered.html
    assert "<title>Request 7K3MX-9TCRA</title>" in rendered.html
    assert "<li>access</li>" in rendered.html


def test_render_escapes_in_html_and_not_in_text() -> None:
    rendered = render(_note(words="<b>Ada & Max</b>", reference="<i>"), "en")

    assert "<b>Ada & Max</b>" in rendered.text
    assert "&lt;b&gt;Ada &amp; Max&lt;/b&gt;" in rendered.html
    assert "<b>" not in rendered.html
    assert rendered.subject == "Request <i>"
    assert "<title>Request &lt;i&gt;</title>" in rendered.html


def test_render_keeps_a_value_on_one_line_when_it_is_no_paragraph() -> None:
    rendered = render(_note(reference="Ada\r\nBcc: max@example.org\n\nClick here", rights=("a\nb",)), "en")

    assert rendered.subject == "Request Ada Bcc: max@example.org Click here"
    assert "Ada Bcc: max@example.org Click here" in rendered.text
    assert "- a b\n" in rendered.text


def test_render_keeps_lines_in_paragraphs() -> None:
    rendered = render(_note(words="one\r\ntwo\u2028three"), "en")

    assert "one\ntwo\nthree" in rendered.text
    assert "one<br>two<br>three" in rendered.html


@pytest.mark.parametrize("trick", ["\x00", "\x07", "\x1b[31m", "\u202e", "\u2066", "\x85", "\ud800"])
def test_render_drops_control_characters_and_overrides_of_direction(trick: str) -> None:
    rendered = render(_note(reference=f"a{trick}b", words=f"c{trick}d"), "en")

    for part in (rendered.subject, rendered.text, rendered.html):
        assert trick[0] not in part


def test_render_blots_out_secrets_in_the_copy_that_is_kept() -> None:
    letter = _note(link="https://example.org/?key=secret")

    sent, kept = render(letter, "en"), render(letter, "en", blot=True)

    assert "key=secret" in sent.text
    assert "key=secret" in sent.html
    assert "secret" not in kept.text + kept.html
    assert letters.BLOT in kept.text
    assert kept.subject == sent.subject


def test_render_speaks_the_language_asked_for(settings: Any) -> None:
    settings.LANGUAGES = [("en", "English"), ("de", "German"), ("ar", "Arabic")]

    german, arabic = render(_note(), "de-AT"), render(_note(), "ar")

    assert "12 März 2026" in german.text
    assert '<html lang="de" dir="ltr">' in german.html
    assert '<html lang="ar" dir="rtl">' in arabic.html


@pytest.mark.parametrize("language", ["xx", "", "../../etc", "tlh-Latn"])
def test_render_falls_back_to_our_language_when_it_has_no_other(language: str) -> None:
    assert '<html lang="en"' in render(_note(), language).html


def test_render_shows_an_instant_in_the_zone_it_carries(settings: Any, tmp_path: Path, monkeypatch: Any) -> None:
    @dataclass(frozen=True, kw_only=True)
    class Dated(Letter):
        kind: ClassVar[str] = "test_dated"
        when: datetime

    write_templates(tmp_path, "test_dated", dict.fromkeys(letters.PARTS, "{{ when|date:'H:i' }}"))
    template_folder(settings, tmp_path)
    monkeypatch.setitem(letters.REGISTRY, "test_dated", letters.REGISTRY.pop("test_dated"))
    dublin = timezone(timedelta(hours=1))

    letter = unpack("test_dated", pack(Dated(organisation="x", when=datetime(2026, 7, 1, 9, 30, tzinfo=dublin))))

    assert render(letter, "en").text == "09:30\n"
    assert letter == Dated(organisation="x", when=datetime(2026, 7, 1, 8, 30, tzinfo=UTC))


def test_base_layout_brings_nothing_in_from_elsewhere() -> None:
    html = render(_note(), "en").html

    for forbidden in ("<img", "<script", "<link", "src=", "url(", "@import", "<iframe"):
        assert forbidden not in html


def test_kind_is_refused_when_it_is_taken_or_no_word() -> None:
    with pytest.raises(TypeError, match="belongs to Note"):
        type("Other", (Letter,), {"kind": Note.kind})
    with pytest.raises(TypeError, match="lower-case word"):
        type("Other", (Letter,), {"kind": "../secrets"})


def test_one_line_collapses_every_kind_of_white_space() -> None:
    assert one_line("  a\t b\u2029c\u00a0d\r\n") == "a b c d"


def test_letter_shows_nothing_of_what_it_says_when_printed() -> None:
    letter = _note(link="https://example.org/?key=secret")

    assert repr(letter) == "<Note>"
    assert "7K3MX" not in repr(render(letter, "en"))


# --- What a letter states --------------------------------------------------------------------------------------------


def _write(settings: Any, folder: Path, text: str, html: str) -> None:
    load = "{% load letters %}"
    write_templates(folder, Note.kind, {"body.txt": load + text, "body.html": load + html})
    template_folder(settings, folder)


def test_stated_tells_the_words_of_each_passage_as_a_reader_sees_them(settings: Any, tmp_path: Path) -> None:
    passage = "{% states 'reasons' %}<p>Because {{ words|linebreaks }}</p>{% endstates %}{{ reference }}"
    _write(settings, tmp_path, "{% states 'reasons' %}Because\n  {{ words }}{% endstates %}", passage)

    said = stated(_note(words="Max & <b>Ada</b>\nwrote it"), "en")

    assert said.text == {"reasons": "Because Max & <b>Ada</b> wrote it"}
    assert said.html == {"reasons": "Because Max & <b>Ada</b> wrote it"}


def test_stated_leaves_out_what_comes_to_no_words(settings: Any, tmp_path: Path) -> None:
    _write(
        settings,
        tmp_path,
        "{% states 'reasons' %} {{ words }}\n{% endstates %}{% if 0 %}{% states 'a' %}x{% endstates %}{% endif %}",
        "{% states 'reasons' %}<ul>{% for right in rights %}<li>{{ right }}</li>{% endfor %}</ul>&nbsp;{% endstates %}",
    )

    said = stated(_note(), "en")

    assert (said.text, said.html) == ({}, {})


def test_stated_puts_passages_together_and_sees_those_inside_others(settings: Any, tmp_path: Path) -> None:
    text = "{% states 'a' %}one {% states 'b' %}two{% endstates %}{% endstates %} {% states 'a' %}three{% endstates %}"
    block = "{% extends 'messages/base.html' %}{% block body %}{% states 'a' %}<i>four</i>{% endstates %}{% endblock %}"
    write_templates(tmp_path, Note.kind, {"body.txt": "{% load letters %}" + text})
    write_templates(tmp_path, Note.kind, {"body.html": block.replace("%}", "%}{% load letters %}", 1)})
    template_folder(settings, tmp_path)

    said = stated(_note(), "en")

    assert said.text == {"a": "one two three", "b": "two"}
    assert said.html == {"a": "four"}


def test_mark_leaves_no_trace_in_what_is_sent(settings: Any, tmp_path: Path) -> None:
    _write(settings, tmp_path, "x{% states 'a' %} y {% endstates %}z", "<p>{% states 'a' %}<i>{% endstates %}</i></p>")

    rendered = render(_note(), "en")

    assert (rendered.text, rendered.html) == ("x y z\n", "<p><i></i></p>\n")


def test_guard_keeps_a_kind_from_being_written(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def guard(kind: str) -> None:
        asked.append(kind)
        if len(asked) > 1:
            raise ValueError("not this one")

    monkeypatch.setattr(letters, "GUARDS", [guard])

    assert render(_note(), "en").subject == "Request 7K3MX-9TCRA"
    with pytest.raises(ValueError, match="not this one"):
        render(_note(), "en")
    assert asked == [Note.kind, Note.kind]
    assert stated(_note(), "en").text == {}
