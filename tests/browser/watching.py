"""Windows of a real browser, and what must hold in each of them whatever a test is about.

Every page is scanned for barriers, wide and light as well as narrow and dark, with everything unfolded. Nothing may be
asked of another host, no page may come without the strict content policy, the console stays silent, and where people
are not staff no cookie is set.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, Response, Route, expect

SIZE: Any = {"viewport": {"width": 1200, "height": 900}, "color_scheme": "light", "locale": "en-IE"}
VIEWS: Mapping[str, Any] = {
    "wide": ({"width": 1280, "height": 800}, "light"),
    "narrow": ({"width": 320, "height": 640}, "dark"),
}
"""How pages are scanned. Colours know nothing of widths, so both kinds are seen in two scans and not in four."""
POLICY = {
    "default-src": {"'none'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "img-src": {"'self'", "data:"},
    "font-src": {"'self'"},
    "connect-src": {"'self'"},
    "form-action": {"'self'"},
    "base-uri": {"'none'"},
    "frame-ancestors": {"'none'"},
    "object-src": {"'none'"},
}
"""The most that a page may allow itself."""
HEADERS = {"x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "same-origin"}
_UNFOLD = "document.querySelectorAll('details').forEach(part => part.open = true)"
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_SECRET = re.compile(r'(?<=value=")[^"]{20,}(?=")|(?<=(?:key|ket)=)[^"&]+')
"""Values that differ each time a page is shown: keys, tickets, names of one showing of a form."""


class Watch:
    """Opens windows on one service and keeps what went wrong in any of them until `close`, which tells."""

    _scanned: ClassVar[set[str]] = set()
    """Pages that were scanned in this run, by what they say; one that says the same holds no other barrier."""

    def __init__(self, browser: Browser, base: str) -> None:
        self.base = base
        self._browser = browser
        self._faults: list[str] = []
        self._contexts: list[BrowserContext] = []
        self._cookieless: list[BrowserContext] = []
        self._elsewhere = ""
        """The one other site that a window may go to."""
        self._looked_at: set[str] = set()
        self._arrived_at: dict[str, str] = {}
        # Scans are none of the page's own scripts, so its policy need not allow them.
        self._scanner = self._page(bypass_csp=True, reduced_motion="reduce")

    def window(self, signals: Mapping[str, str] | None = None) -> "Window":
        """Open a window as everybody has it who is not staff: scripts off, and nobody may set a cookie.

        ``signals`` are headers that this person's browser sends with everything.
        """
        page = self._page(base_url=self.base, java_script_enabled=False, extra_http_headers=signals)
        self._cookieless.append(page.context)
        return self._watched(page)

    def customer(self, console: str) -> "Window":
        """Open a window as a person has it who also signs in at another site, whose pages are none of ours."""
        self._elsewhere = console
        return self._watched(self._page(base_url=self.base, java_script_enabled=False))

    def desk(self) -> "Window":
        """Open a window as staff have it: with scripts, and with the cookie of their session."""
        return self._watched(self._page(base_url=self.base))

    def file(self, path: Path) -> Page:
        """Open a page from disk, with scripts and without a network; it may ask for nothing but itself."""
        page, address = self._page(offline=True, bypass_csp=True), path.as_uri()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._faults.append(f"error in a script: {error}"))
        page.on("request", lambda asked: self._faults.extend([f"asked for {asked.url}"] * (asked.url != address)))
        page.goto(address)
        self._scan(page, path.name)
        return page

    def look(self, page: Page) -> None:
        """Scan what a window shows, once. Raises AssertionError, so that a test stops where the barrier is."""
        self._looked_at.add(_place(page.url))
        html = page.content()
        if (known := _SECRET.sub("", html)) in self._scanned:
            return
        self._scanned.add(known)
        # Where people are scripts are off, and a scan is one; so it looks at a copy, which has the same origin.
        copy = f"{self.base}/copy-for-the-scan"

        def fulfil(route: Route) -> None:
            route.fulfill(body=html, content_type="text/html; charset=utf-8")

        self._scanner.route(copy, fulfil)
        self._scanner.goto(copy)
        self._scanner.unroute(copy)
        self._scan(self._scanner, f"{_place(page.url)} ({page.title()})")

    def close(self) -> None:
        """Close all windows and fail on everything that was noted, and on every page that nobody looked at."""
        for context in self._contexts:
            for cookie in context.cookies():
                if context in self._cookieless or not cookie.get("httpOnly") or cookie.get("sameSite") != "Lax":
                    self._faults.append(f"a cookie: {cookie}")
        missed = self._arrived_at.keys() - self._looked_at
        self._faults += [f"nobody looked at {self._arrived_at[place]}" for place in sorted(missed)]
        for context in self._contexts:
            context.close()
        assert not self._faults, "\n".join(self._faults)

    def _page(self, **options: Any) -> Page:
        context = self._browser.new_context(**SIZE, **options)
        self._contexts.append(context)
        context.set_default_timeout(15_000)
        return context.new_page()

    def _watched(self, page: Page) -> "Window":
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._faults.append(f"error in a script: {error}"))
        page.on("request", self._requested)
        page.on("response", self._answered)
        return Window(page, self)

    def _scan(self, page: Page, name: str) -> None:
        for view, (size, scheme) in VIEWS.items():
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            page.evaluate(_UNFOLD)
            found = Axe().run(page).response["violations"]
            told = [f"{one['id']} ({one['impact']}): {[node['html'] for node in one['nodes']]}" for one in found]
            assert not told, "\n".join((f"barriers in {name}, {view}:", *told))
            assert page.evaluate(_TOO_WIDE) <= 0, f"{name} scrolls sideways, {view}"
        page.set_viewport_size(SIZE["viewport"])
        page.emulate_media(color_scheme="light")

    def _heard(self, message: ConsoleMessage) -> None:
        place = message.location.get("url", "")
        if self._elsewhere and place.startswith(f"{self._elsewhere}/"):
            return  # none of our pages
        # The browser itself remarks on pages that say that something is wrong; tests look at those by their words.
        if not message.text.startswith("Failed to load resource: the server responded with a status of 4"):
            self._faults.append(f"console: {message.text} at {place}")

    def _requested(self, request: Request) -> None:
        parts = urlsplit(request.url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in (self.base, self._elsewhere) and parts.scheme != "data":
            self._faults.append(f"asked of somebody else: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self._faults.append(f"{response.status} from {response.url}")
        if not response.headers.get("content-type", "").startswith("text/html"):
            return
        if self._elsewhere and response.url.startswith(f"{self._elsewhere}/"):
            return
        self._faults += [f"{fault} at {response.url}" for fault in _loose(response.headers)]
        if not 300 <= response.status < 400:
            self._arrived_at.setdefault(_place(response.url), f"{response.status} {response.url}")


class Window:
    """One window, used as people use it: by the names of links, labels and buttons. Each step says what comes next."""

    def __init__(self, page: Page, watch: Watch) -> None:
        self.page = page
        self._watch = watch

    def arrived(self, heading: str) -> None:
        """Wait for the page with this heading and look at it."""
        expect(self.page.get_by_role("heading", level=1, name=heading)).to_be_visible()
        self.page.wait_for_load_state()
        self._watch.look(self.page)

    def open(self, address: str, heading: str) -> None:
        """Go to an address, as from a mail."""
        self.page.goto(address)
        self.arrived(heading)

    def follow(self, link: str, heading: str) -> None:
        """Follow the first link with this name."""
        self.page.get_by_role("link", name=link, exact=True).first.click()
        self.arrived(heading)

    def press(self, button: str, heading: str) -> None:
        """Press the button with this name."""
        self.page.get_by_role("button", name=button, exact=True).click()
        self.arrived(heading)

    def fill(self, label: str, text: str) -> None:
        """Write into the field with this label."""
        self.page.get_by_label(label).fill(text)

    def choose(self, label: str, option: str = "") -> None:
        """Tick the box with this label, or choose an option of the list with it."""
        field = self.page.get_by_label(label)
        if option:
            field.select_option(label=option)
        else:
            field.check()

    def unfold(self, summary: str) -> Locator:
        """Unfold the part with these words on it and return it."""
        words = self.page.locator("summary").filter(has_text=re.compile(rf"^\s*{re.escape(summary)}\s*$"))
        part = self.page.locator("details").filter(has=words)
        words.click()
        return part

    def sign_in(self, name: str, password: str) -> None:
        """Go to the console and sign in."""
        self.open("/admin/", "Sign in")
        self.fill("Username", name)
        self.fill("Password", password)
        self.press("Sign in", "Desk")

    def says(self, *texts: str) -> None:
        """Make sure that the page says all of this, where it can be seen."""
        for text in texts:
            expect(self.page.get_by_text(text).first).to_be_visible()


def _loose(headers: Mapping[str, str]) -> Iterator[str]:
    """Yield what a page's headers allow beyond what they may."""
    directives = (part.split() for part in headers.get("content-security-policy", "").split(";") if part.strip())
    policy = {name: set(sources) for name, *sources in directives}
    for name, allowed in POLICY.items():
        if name not in policy or not policy[name] <= allowed:
            yield f"{name} allows {policy.get(name, 'everything')}"
    for name, value in HEADERS.items():
        if headers.get(name) != value:
            yield f"{name} is {headers.get(name)}"


def _place(url: str) -> str:
    """Return which page an address is of, whatever it is about."""
    parts = urlsplit(url).path.split("/")
    return "/".join("*" if any(sign.isdigit() for sign in part) else part for part in parts)
