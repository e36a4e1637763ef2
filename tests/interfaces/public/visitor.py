"""A browser without scripts and without cookies: opens pages, fills in forms by their labels, presses buttons.

It sends exactly what the page holds, so a hidden field that is missing is missing here too.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.test import Client

VOID = {"input", "meta", "link", "br", "hr", "img", "path"}
INLINE = {"a", "span", "strong", "b", "time", "code", "title"}


@dataclass
class Control:
    """One field of a form."""

    name: str
    kind: str
    value: str
    on: bool = True
    ident: str = ""


@dataclass
class Form:
    """One form, as it would be sent."""

    action: str
    method: str
    controls: list[Control] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """What stands on a page: forms, links, labels, text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.labels: dict[str, str] = {}
        self.ids: list[str] = []
        self.text = ""
        self._open: list[tuple[str, dict[str, str], int]] = []
        self._form: Form | None = None
        self._select: Control | None = None
        self._is_first_option = False
        self.feed(html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = {name: value or "" for name, value in attrs}
        self.text += "" if tag in INLINE or tag == "textarea" else " "
        if "id" in given:
            self.ids.append(given["id"])
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._form)
        if tag == "input" and self._form is not None:
            kind = given.get("type", "text")
            on = kind not in ("radio", "checkbox") or "checked" in given
            value = given.get("value", "on" if kind in ("radio", "checkbox") else "")
            control = Control(given.get("name", ""), kind, value, on, given.get("id", ""))
            self._form.controls.append(control)
        if tag == "select" and self._form is not None:
            self._select = Control(given["name"], "select", "", True, given.get("id", ""))
            self._form.controls.append(self._select)
            self._is_first_option = True
        if tag == "option" and self._select is not None and ("selected" in given or self._is_first_option):
            self._select.value, self._is_first_option = given.get("value", ""), False
        if tag not in VOID:
            self._open.append((tag, given, len(self.text)))

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, given, start = self._open.pop()
            inside = self.text[start:]
            if name == "label":
                self.labels[given.get("for", "")] = " ".join(inside.split())
            if name == "a":
                self.links[" ".join(inside.split())] = given.get("href", "")
            if name == "textarea" and self._form is not None:
                self._form.controls.append(
                    Control(given["name"], "textarea", inside.lstrip("\n"), True, given.get("id", ""))
                )
            if name == "button" and self._form is not None:
                self._form.buttons.append((" ".join(inside.split()), given.get("name", ""), given.get("value", "")))
            if name == "form":
                self._form = None
            if name == "select":
                self._select = None
            if name == tag:
                self.text += "" if tag in INLINE else " "
                return

    def handle_data(self, data: str) -> None:
        self.text += data


class Visitor:
    """Somebody with a browser. Keeps no cookies; ``response`` and ``page`` are what is on the screen."""

    def __init__(self, **headers: str) -> None:
        self.client = Client(enforce_csrf_checks=True, headers={"Accept": "text/html,*/*;q=0.8", **headers})
        self.address = "/"
        self.response: Any = None
        self.page = Page("")

    def open(self, address: str) -> "Visitor":
        """Follow a link or type an address."""
        split = urlsplit(address)
        path = f"{split.path}?{split.query}" if split.query else split.path
        return self._arrived(self.client.get(path), path)

    def follow(self, text: str) -> "Visitor":
        """Follow the link with these words."""
        return self.open(urljoin(self.address, self.page.links[text]))

    def fill(self, label: str, value: str) -> "Visitor":
        """Write into the field with this label, or choose it."""
        ident = next(ident for ident, text in self.page.labels.items() if text == label or text.startswith(label))
        control = next(one for form in self.page.forms for one in form.controls if one.ident == ident)
        control.value = value
        return self

    def choose(self, *labels: str) -> "Visitor":
        """Tick these boxes; a round one takes the mark from the others of its name."""
        for label in labels:
            ident = next(ident for ident, text in self.page.labels.items() if text == label)
            form = next(form for form in self.page.forms if any(one.ident == ident for one in form.controls))
            chosen = next(one for one in form.controls if one.ident == ident)
            for other in form.controls:
                if chosen.kind == "radio" and other.name == chosen.name:
                    other.on = False
            chosen.on = True
        return self

    def clear(self) -> "Visitor":
        """Take the mark from every box."""
        for control in (one for form in self.page.forms for one in form.controls):
            control.on = control.on and control.kind not in ("radio", "checkbox")
        return self

    def sending(self, button: str) -> tuple[str, dict[str, list[str]]]:
        """Return where a button's form goes and what it carries."""
        for form in self.page.forms:
            for text, name, value in form.buttons:
                if text == button or text.startswith(button):
                    data: dict[str, list[str]] = {}
                    for control in form.controls:
                        if control.on and control.name and control.kind != "file":
                            data.setdefault(control.name, []).append(control.value)
                    if name:
                        data.setdefault(name, []).append(value)
                    return urljoin(self.address, form.action or self.address), data
        raise AssertionError(f"there is no button {button!r}: {[form.buttons for form in self.page.forms]}")

    def press(self, button: str) -> "Visitor":
        """Press a button and look at what comes, following one redirect."""
        address, data = self.sending(button)
        return self._arrived(self.client.post(address, data), address)

    def _arrived(self, response: Any, address: str) -> "Visitor":
        if response.status_code in (302, 303):
            return self.open(response["Location"])
        assert not self.client.cookies, "a public page set a cookie"
        self.address, self.response = address, response
        is_page = not response.streaming and response["Content-Type"].startswith("text/html")
        self.page = Page(response.content.decode() if is_page else "")
        return self

    @property
    def status(self) -> int:
        """Status of what is on the screen."""
        return int(self.response.status_code)

    @property
    def text(self) -> str:
        """Text on the screen."""
        return self.page.text
