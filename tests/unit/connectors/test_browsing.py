"""Visiting pages of our own: forms as they stand on a page, answers that are none, and nowhere else."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from dsr.connectors import browsing
from dsr.connectors.browsing import Seen, Unanswered, Visitor
from tests.unit.connectors.conftest import free_port

PAGE = """<form action="/find/"><input name="sought"></form>
<form method="post" action="../choose/">
<input type="hidden" name="key" value="a&amp;b"><input type="radio" name="what" value="all" checked>
<input type="radio" name="what" value="some"><input type="checkbox" name="news"><textarea name="why"></textarea>
<input name="email"><input type="file" name="paper"><button name="go" value="1">Go</button></form>"""


class Pages(BaseHTTPRequestHandler):
    """Answers as a test says, and remembers what it was asked."""

    protocol_version = "HTTP/1.1"
    answers: dict[str, tuple[int, str, bytes]]
    asked: list[tuple[str, str, dict[str, str], bytes]]
    release: threading.Event

    def log_message(self, format: str, *args: Any) -> None:
        """Tests read what was asked instead."""

    def do_GET(self) -> None:
        """Answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append((self.command, self.path, dict(self.headers), body))
        if self.path == "/slow/":
            self.release.wait(timeout=30)
        status, location, page = self.answers.get(self.path, (404, "", b""))
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    do_POST = do_GET


@pytest.fixture
def pages() -> Iterator[Any]:
    """A server on a free port."""
    handler: Any = type("Handler", (Pages,), {"answers": {}, "asked": [], "release": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    handler.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield handler
    handler.release.set()
    server.shutdown()
    server.server_close()
    thread.join()


def visitor(pages: Any, *, encrypted: bool = False) -> Visitor:
    """Somebody who visits them by the name that people use."""
    return Visitor(pages.url, "privacy.example.org", encrypted=encrypted)


def seen(body: str = PAGE, path: str = "/a/b/") -> Seen:
    """A page."""
    return Seen(path, 200, "", body.encode())


def test_takes_a_form_as_a_browser_would_send_it() -> None:
    form = seen().form("email", "why")

    assert (form.action, form.method) == ("../choose/", "post")
    assert form.fields == {"key": "a&b", "what": "all", "email": ""}
    assert form.names == {"key", "what", "news", "why", "email", "paper", "go"}
    with pytest.raises(Unanswered) as caught:
        seen().form("telephone")
    assert caught.value.code == "no_form"


def test_fills_in_sends_and_opens_what_it_leads_to(pages: Any) -> None:
    pages.answers["/a/choose/"] = 303, "done/?ticket=t", b""
    pages.answers["/a/choose/done/?ticket=t"] = 200, "", b"Done"
    visits, page = visitor(pages, encrypted=True), seen()

    found = visits.send(page, page.form("email"), {"email": "ada@example.org"})

    assert (found.status, found.body) == (200, b"Done")
    [(method, _path, headers, body), _second] = pages.asked
    assert (method, body) == ("POST", b"key=a%26b&what=all&email=ada%40example.org")
    assert (headers["Host"], headers["X-Forwarded-Proto"]) == ("privacy.example.org", "https")


@pytest.mark.parametrize("location", ["https://elsewhere.example.org/", "//elsewhere.example.org/", ""])
def test_goes_nowhere_else(pages: Any, location: str) -> None:
    pages.answers["/a/choose/"] = 303, location, b""
    pages.answers["/"] = pages.answers["/a/b/"] = 200, "", b""
    page = seen()

    if location:
        with pytest.raises(Unanswered) as caught:
            visitor(pages).send(page, page.form("email"), {})
        assert caught.value.code == "redirect_refused"
        assert len(pages.asked) == 1
    else:
        with pytest.raises(Unanswered):
            visitor(pages).send(page, page.form("email"), {})


def test_says_how_a_page_did_not_answer(pages: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "SECONDS", 0.3)
    pages.answers["/moved/"] = 302, "/elsewhere/", b""
    pages.answers["/long/"] = 200, "", b"x" * 100

    def code(path: str, visits: Visitor) -> str:
        with pytest.raises(Unanswered) as caught:
            visits.get(path)
        assert caught.value.__context__ is None
        return caught.value.code

    codes = [code(path, visitor(pages)) for path in ("/nothing/", "/moved/", "/slow/")]
    monkeypatch.setattr(browsing, "LONGEST_PAGE", 99)
    codes.append(code("/long/", visitor(pages)))
    codes.append(code("/", Visitor(f"http://127.0.0.1:{free_port()}", "here", encrypted=False)))

    assert codes == ["status_404", "status_302", "timed_out", "too_large", "unreachable"]
