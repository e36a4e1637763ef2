"""The console in real Chromium: by keyboard, without scripts, narrow and dark, with an accessibility scan of each page.

One browser, one journey at a time: a page is looked at while the service really serves it.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from dsr.models import IncidentKind, LegalHold, Mechanism, SubjectRequest
from dsr.policies import Caller
from dsr.rights import Right
from dsr.services import evidence, holds, review, schedule, threads
from dsr.services.choices import incidents
from dsr.services.erasure import waiting
from tests import builders, casework, contesting, estate, organisation, papers
from tests.drain import drain
from tests.interfaces.admin.desk import colleague, sheet
from verification.models import Opening, Purpose

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
VICTIM, NUMBER = "victim@example.org", "+353861110000"
PASSWORD = "a-long-demonstration-word"
GRAVE = ("serious", "critical")


@pytest.fixture
def signed_in(chromium: Browser, live_server: Any, settings: Any) -> Iterator[Callable[..., Page]]:
    """Signs somebody in by hand and returns the page."""
    settings.ALLOWED_HOSTS = ["*"]
    contexts: list[BrowserContext] = []

    def sign_in(name: str, **options: Any) -> Page:
        user = colleague(name)
        user.set_password(PASSWORD)
        user.save()
        context = chromium.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.goto("/admin/")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_label("Password").press("Enter")
        page.get_by_role("heading", name="Desk").wait_for()
        return page

    yield sign_in
    for context in contexts:
        context.close()


@pytest.fixture
def cases(db: None, clock: Any, tmp_path: Any) -> dict[str, SubjectRequest]:
    """Requests that between them show every part of the worksheet."""
    organisation.desk(tmp_path, clock())
    filed = builders.file(Right.ACCESS, Right.BE_INFORMED, at=clock(), phone="+353861234567")
    builders.confirm(filed.submission, clock())
    drain(clock())
    desk = builders.again(filed.requests[0])
    threads.ask(desk.pk, "Which account?", by=builders.hal(), at=clock())
    threads.write_from_person(desk.pk, "The older one.", by=Caller.person(), at=clock())
    threads.note(desk.pk, "She called twice.", by=builders.hal(), at=clock())
    review.withhold(desk.pk, "contact_data", "third_party_rights", "Theirs.", by=builders.hal(), at=clock())
    return {
        "desk": desk,
        "prepared": builders.prepared(clock(), email="prepared@example.org"),
        "ready": builders.ready(clock(), email="ready@example.org"),
    }


def problems(page: Page, path: str) -> list[str]:
    """Open a page and everything that unfolds on it, and return what is wrong with it.

    That is: what the browser complains about, anything that makes the page scroll sideways, and what the
    accessibility rules find serious or critical.
    """
    complaints: list[str] = []

    def listen(said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            complaints.append(said.text)

    page.on("console", listen)
    page.goto(path)
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
    page.remove_listener("console", listen)  # the scan itself breaks the content policy
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
        complaints.append("scrolls sideways")
    found = Axe().run(page).response["violations"]
    grave = [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found if each["impact"] in GRAVE]
    return complaints + grave


@pytest.fixture
def above(db: None, clock: Any, tmp_path: Any) -> list[str]:
    """The pages about what is erased, kept and put right, with something on each."""
    estate.estate(estate.sqlite(tmp_path, clock()), clock())
    vera, american = Caller.of_user(colleague("vera"), "admin"), {"country": "US", "region": "CA"}
    erasure = builders.in_review(Right.DELETION, at=clock(), **american)
    waiting.confirm(erasure.pk, by=Caller.person(), at=clock())
    planned = builders.in_review(Right.DELETION, at=clock(), **american)
    review.prepare(erasure.pk, by=builders.hal(), at=clock())
    review.approve(erasure.pk, by=builders.vera(), at=clock())
    drain(timezone.now() + timedelta(days=4))
    review_on = (clock() + timedelta(days=90)).date()
    wanted = holds.Wanted("legal_claims", "A quarrel.", vera.user_id, review_on, {"email": [builders.ADA]})
    hold = holds.propose(wanted, by=vera, at=clock())
    change = schedule.propose(
        replace(schedule.as_it_stands("invoices"), floor="P8Y", reason="Why."), by=vera, at=clock()
    )
    books = "/admin/dsr/retentionchange/"
    holding = "/admin/dsr/legalhold/"
    return [
        sheet(erasure), sheet(planned), holding, f"{holding}add/", f"{holding}{hold.pk}/change/",
        books, f"{books}rows/invoices/", f"{books}{change.pk}/change/", "/admin/",
    ]  # fmt: skip


def test_pages_about_what_is_kept_are_accessible(signed_in: Callable[..., Page], above: list[str]) -> None:
    page = signed_in("dora")

    found = {path: problems(page, path) for path in above}

    assert {path: each for path, each in found.items() if each} == {}
    page.goto(next(path for path in above if path.endswith("/change/") and "legalhold" in path))
    page.get_by_text("Confirm", exact=True).first.click()
    page.get_by_role("button", name="Confirm", exact=True).click()
    page.get_by_text("Done: Confirm.").wait_for()
    assert LegalHold.objects.get().state == "in_force"


@pytest.mark.parametrize(("colours", "width"), [("light", 1400), ("dark", 360)])
def test_incident_and_its_banner_are_accessible(signed_in, db, colours, width):
    at = timezone.now() - timedelta(hours=1)
    incident = incidents.open_or_add(IncidentKind.HEARTBEAT, None, Mechanism.CPNI_PAGE, at, code="status_500")
    page = signed_in("dora", color_scheme=colours, viewport={"width": width, "height": 900})
    paths = ["/admin/", "/admin/dsr/incident/", f"/admin/dsr/incident/{incident.pk}/change/"]

    assert {path: wrong for path in paths if (wrong := problems(page, path))} == {}
    picture_of(page, paths[-1], f"incident-{colours}")
    picture_of(page, paths[0], f"banner-{colours}")


@pytest.mark.parametrize(("colours", "width"), [("light", 1400), ("dark", 360)])
def test_case_of_an_authority_and_outside_bodies_are_accessible(signed_in, clock, db, colours, width):
    complaint = contesting.ended(contesting.outside(contesting.complained(clock()), clock()), clock())
    contesting.outside(complaint, clock(), "courts", due_on=clock().date())
    case = casework.ordered(casework.opened(clock(), complaint), clock())
    page = signed_in("vera", color_scheme=colours, viewport={"width": width, "height": 900})
    books = "/admin/dsr/authoritycase/"
    paths = [books, f"{books}add/", f"{books}{case.pk}/change/", sheet(complaint), "/admin/dsr/subjectrequest/"]

    assert {path: wrong for path in paths if (wrong := problems(page, path))} == {}
    picture_of(page, paths[2], f"authority-{colours}")


@pytest.fixture
def claiming(db: None, clock: Any, tmp_path: Any) -> SubjectRequest:
    """Somebody who claims another's account from an address that looks like theirs, and has sent a picture."""
    known = [(builders.ADA, "A-1", None, None), (VICTIM, "A-9", NUMBER, None)]
    organisation.contacts(tmp_path, clock(), *known)
    filed = builders.file(at=clock(), email="vict1m@example.org", identifiers={"account": ("A-9",)})
    builders.confirm(filed.submission, clock())
    drain(clock())
    request = builders.only(filed.submission)
    evidence.receive(
        request.submission_id, Purpose.IDENTITY, papers.photo(), by=Caller.person(), at=clock(),
        wanted={Purpose.IDENTITY},
    )  # fmt: skip
    return request


@pytest.mark.parametrize(("colours", "width"), [("light", 1400), ("dark", 360)])
def test_worksheet_of_who_is_asking_is_accessible(signed_in, claiming, colours, width):
    page = signed_in("ivy", color_scheme=colours, viewport={"width": width, "height": 900})
    page.goto(sheet(claiming))
    page.get_by_role("button", name="Show the number on file").click()
    page.get_by_text(NUMBER).wait_for()

    assert problems(page, sheet(claiming)) == []
    assert problems(page, "/admin/dsr/subjectrequest/?check=waits") == []
    picture_of(page, sheet(claiming), f"asking-{colours}")


def test_checker_rings_opens_and_records_by_mouse_without_scripts(signed_in, claiming):
    page = signed_in("ivy", java_script_enabled=False)
    page.goto(sheet(claiming))

    page.get_by_role("button", name="Show the number on file").click()
    page.get_by_text(NUMBER).wait_for()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Open the document").click()
    opened.value.wait_for_load_state()
    shown = opened.value.locator("img").count()
    opened.value.close()
    page.locator("summary", has_text="Record what the call showed").click()
    page.get_by_label("The identifiers that were given").check()
    page.get_by_role("button", name="Record what the call showed").click()

    page.get_by_role("status").filter(has_text="Done: Record a check of who is asking.").wait_for()
    assert shown == 1
    assert Opening.objects.count() == 1
    assert builders.again(claiming).submission.verified_level == 2


def picture_of(page: Page, path: str, name: str) -> None:
    """Leave a picture for people to look at, where a folder for such is named."""
    if folder := os.environ.get("PICTURES"):
        page.goto(path)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize(("colours", "width"), [("light", 1400), ("dark", 360)])
def test_every_page_is_accessible(signed_in, cases, colours, width):
    page = signed_in("vera", color_scheme=colours, viewport={"width": width, "height": 900})
    system = cases["desk"].steps.get().system
    pages = [
        "/admin/",
        "/admin/dsr/subjectrequest/",
        "/admin/dsr/subjectrequest/?state=closed",
        *(sheet(request) for request in cases.values()),
        "/admin/notifications/message/?which=waiting",
        "/admin/dsr/system/",
        f"/admin/dsr/system/{system.pk}/change/",
        f"/admin/dsr/system/{system.pk}/dictionary/",
        "/admin/dsr/event/",
        "/admin/dsr/checkpoint/",
        "/admin/dsr/cpnientry/",
    ]

    found = {path: problems(page, path) for path in pages}

    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_pages_of_an_administrator_are_accessible(signed_in, cases):
    colleague("root", is_superuser=True)
    page = signed_in("root")
    paths = ("auth/user/", "auth/user/add/", "auth/group/add/", "dsr/system/add/", "dsr/apitoken/", "dsr/apitoken/add/")

    found = {path: problems(page, f"/admin/{path}") for path in paths}

    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def focused(page: Page) -> str:
    return str(page.evaluate("(document.activeElement.innerText || document.activeElement.name || '').trim()"))


def tab_to(page: Page, name: str, most: int = 80) -> None:
    """Press the tabulator until something of that name has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if focused(page).splitlines()[:1] == [name]:
            return
    raise AssertionError(f"{name!r} cannot be reached by keyboard")


def test_answer_is_proposed_by_keyboard_alone(signed_in, cases, clock):
    request = builders.in_review(at=clock(), email="keys@example.org")
    page = signed_in("hal")

    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    tab_to(page, "sought")
    page.keyboard.type(request.submission.reference.lower())
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=request.submission.reference).wait_for()
    tab_to(page, "Propose to give the data ▾".removesuffix(" ▾"))
    page.keyboard.press("Enter")
    tab_to(page, "Propose to give the data", most=2)
    page.keyboard.press("Enter")

    page.get_by_role("status").filter(has_text="Done: Propose to give the data.").wait_for()
    assert builders.again(request).proposal == "release"


def test_somebody_signs_out_by_keyboard(signed_in, cases):
    page = signed_in("hal")

    tab_to(page, "hal")
    page.keyboard.press("Enter")
    tab_to(page, "Sign out", most=10)
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Sign in").wait_for()


def test_console_works_without_scripts(signed_in, cases):
    page = signed_in("vera", java_script_enabled=False)
    request = cases["prepared"]

    page.get_by_role("link", name="Requests", exact=True).click()
    page.get_by_label("State").select_option("in_review")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name=request.submission.reference).click()
    page.locator("summary", has_text="Approve and release").click()
    page.get_by_role("button", name="Approve and release").click()

    page.get_by_role("status").filter(has_text="Done: Approve and release.").wait_for()
    assert builders.again(request).state == "fulfilling"


def test_colours_stay_as_chosen(signed_in, cases):
    page = signed_in("hal", color_scheme="light")

    page.get_by_text("hal", exact=True).first.click()
    page.get_by_role("button", name="Dark").click()
    page.reload()

    assert "dark" in str(page.evaluate("document.documentElement.className"))


def test_usual_request_is_entered_on_one_screen_without_scripts(signed_in, db):
    page = signed_in("sam", java_script_enabled=False, viewport={"width": 1280, "height": 800})
    page.goto("/admin/dsr/inboundmail/enter/")
    button = page.get_by_role("button", name="Show the dates")
    place = button.bounding_box()
    assert place is not None
    assert place["y"] + place["height"] <= 800
    wrong = page.get_by_label("What is wrong", exact=True)
    assert not wrong.is_visible()

    page.get_by_label("How it came").select_option("in_person")
    page.get_by_label("Mail address for answers").fill(builders.ADA)
    page.get_by_label("Country where the person lives").select_option("IE")
    page.get_by_label("How the person knows").select_option("customer")
    page.get_by_label("Correct your data").check()
    wrong.fill("My name.")
    page.get_by_label("What it should say").fill("Ada King")
    button.click()
    page.get_by_role("status").get_by_role("button", name="File it").click()

    page.get_by_text("Tell the person this reference").wait_for()
    request = SubjectRequest.objects.select_related("submission").get()
    assert (request.right, request.submission.channel) == ("correction", "in_person")


@pytest.mark.parametrize("width", [1280, 360])
def test_page_on_which_requests_are_entered_is_accessible_with_every_question_open(signed_in, db, width):
    page = signed_in("sam", viewport={"width": width, "height": 900})
    page.goto("/admin/dsr/inboundmail/enter/")
    for box in page.locator("input[name=rights]").all():
        box.check()
    assert page.get_by_label("What is wrong", exact=True).is_visible()
    assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")

    found = Axe().run(page).response["violations"]

    assert [each["id"] for each in found if each["impact"] in GRAVE] == []
